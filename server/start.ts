import pino from 'pino';
import { ConfigError, readConfig } from './config.ts';
import { type Program, runProgram } from './program.ts';

/** A drain that takes longer is cut short: what was acknowledged is in the store anyway. */
const stopWithinMs = 15_000;

/** Starts the server as a program: settings from the environment, addresses on the screen, an end on a signal. */
export async function start(env: Readonly<Record<string, string | undefined>>): Promise<void> {
  const config = orExit(() => readConfig(env));
  const logger = pino({
    level: config.logLevel,
    base: null,
    redact: ['req.headers.authorization', 'req.headers.cookie'],
  });
  const program = await runProgram(config, logger).catch((error: NodeJS.ErrnoException) => {
    const inUse =
      error.code === 'EADDRINUSE'
        ? `PARLEY_PORT: ${config.port} is in use by another program; choose another port.`
        : undefined;
    const noRight =
      error.code === 'EACCES' ? `PARLEY_PORT or PARLEY_DATA_DIR: no permission (${error.message}).` : undefined;
    exit(inUse ?? noRight ?? `Parley cannot start: ${error.message}`);
  });
  greet(program, config.adminEmail);
  let stopping = false;
  for (const signal of ['SIGINT', 'SIGTERM'] as const) {
    process.on(signal, () => {
      if (stopping) process.exit(1);
      stopping = true;
      setTimeout(() => process.exit(1), stopWithinMs + config.drainMs).unref();
      program.stop().then(
        () => process.exit(0),
        (error: unknown) => {
          logger.error({ err: error }, 'stop failed');
          process.exit(1);
        },
      );
    });
  }
}

function greet(program: Program, adminEmail: string): void {
  const { address, firstPassword, firstWebChannelId } = program;
  const lines = ['', `  Parley is running.`, '', `  Console    ${address}/console/`];
  if (firstPassword === undefined)
    lines.push(`  Sign in    ${adminEmail}, with the password that was set or shown on the first start`);
  else
    lines.push(
      `  Sign in    ${adminEmail}`,
      `  Password   ${firstPassword}   (shown this once: change it in your profile)`,
    );
  if (firstWebChannelId !== undefined) lines.push(`  Demo shop  ${address}/demo   (a page with the chat on it)`);
  lines.push(`  API        ${address}/docs`, '');
  process.stdout.write(`${lines.join('\n')}\n`);
}

function orExit<T>(read: () => T): T {
  try {
    return read();
  } catch (error) {
    if (error instanceof ConfigError) exit(error.message);
    throw error;
  }
}

function exit(message: string): never {
  process.stderr.write(`${message}\n`);
  process.exit(1);
}
