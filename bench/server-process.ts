import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, mkdtemp, rm } from 'node:fs/promises';
import { createServer } from 'node:net';
import { dirname, join } from 'node:path';

const root = dirname(import.meta.dirname);
const account = { email: 'admin@example.com', password: 'benchmark-only' };

/** A server under test, in its own process. */
export interface ServerProcess extends AsyncDisposable {
  readonly pid: number;
  readonly port: number;
  /** Collects garbage, then tells what the process holds; only for a server started with `memory`. */
  memory(): Promise<MemoryUsage>;
}
export interface MemoryUsage {
  /** Bytes, all of them. */
  readonly rss: number;
  readonly heapTotal: number;
  readonly heapUsed: number;
}

/** Parley, with an administrator signed in. */
export interface ParleyProcess extends ServerProcess {
  readonly databasePath: string;
  readonly account: Account;
}
export type Account = typeof account;

/**
 * Starts Parley as `npm start` does, on a free port.
 *
 * @param options.dataDir one that the caller made and removes; without it, an empty one for this server alone
 */
export async function startParley(options: ParleyOptions = {}): Promise<ParleyProcess> {
  const dataDir = options.dataDir ?? (await makeDataDir());
  const port = await freePort();
  const env = {
    PARLEY_PORT: String(port),
    PARLEY_DATA_DIR: dataDir,
    PARLEY_ADMIN_EMAIL: account.email,
    PARLEY_ADMIN_PASSWORD: account.password,
    // All visitors come from one address, and write faster than people.
    PARLEY_VISITOR_LIMITS: 'off',
    ...options.env,
  };
  const server = await startServer(['server/main.ts'], { memory: options.memory === true, port, env });
  return {
    ...server,
    databasePath: join(dataDir, 'parley.db'),
    account,
    [Symbol.asyncDispose]: async () => {
      await server[Symbol.asyncDispose]();
      if (options.dataDir === undefined) await rm(dataDir, { recursive: true, force: true });
    },
  };
}
export interface ParleyOptions {
  /** Prepares the server for `memory()`. */
  readonly memory?: boolean;
  readonly dataDir?: string;
  /** Settings beside those that it is always given. */
  readonly env?: Readonly<Record<string, string>>;
}

/**
 * A folder for data on the project's own disk: the system's temporary folder may lie in memory, where a commit costs
 * nothing. Whoever asks for it removes it.
 */
export async function makeDataDir(): Promise<string> {
  const cache = join(root, '.cache');
  await mkdir(cache, { recursive: true });
  return mkdtemp(join(cache, 'bench-'));
}

/** One of the bare servers in `references/`. */
export async function startReference(name: string, options: { memory?: boolean } = {}): Promise<ServerProcess> {
  const port = await freePort();
  return startServer([`bench/references/${name}.ts`, String(port)], { memory: options.memory === true, port, env: {} });
}

async function startServer(
  args: readonly string[],
  options: { port: number; env: Readonly<Record<string, string>>; memory: boolean },
): Promise<ServerProcess> {
  const memoryArgs = options.memory ? ['--import', './bench/report-memory.ts'] : [];
  const child = spawn(process.execPath, [...memoryArgs, ...profileArgs(), ...args], {
    cwd: root,
    env: { ...process.env, ...options.env },
    stdio: ['ignore', 'ignore', 'pipe'],
  });
  const lines = linesOf(child);
  await untilListening(child, options.port);
  return {
    pid: child.pid ?? 0,
    port: options.port,
    memory: async () => {
      const answered = lines.next('"memoryUsage"');
      child.kill('SIGUSR2');
      const { memoryUsage } = JSON.parse(await answered) as { memoryUsage: MemoryUsage };
      return memoryUsage;
    },
    [Symbol.asyncDispose]: () => stop(child),
  };
}

/** BENCH_PROFILE_DIR: every server writes a CPU profile there when it ends (see README.md). */
export function profileArgs(): string[] {
  const dir = process.env.BENCH_PROFILE_DIR;
  return dir === undefined ? [] : ['--cpu-prof', `--cpu-prof-dir=${dir}`];
}

/** Passes a server's stderr on, except for lines that somebody waits for. */
function linesOf(child: ChildProcess): { next(holding: string): Promise<string> } {
  let wanted: { holding: string; resolve: (line: string) => void } | undefined;
  let rest = '';
  child.stderr?.setEncoding('utf8').on('data', (text: string) => {
    const lines = (rest + text).split('\n');
    rest = lines.pop() ?? '';
    for (const line of lines) {
      if (wanted === undefined || !line.includes(wanted.holding)) process.stderr.write(`${line}\n`);
      else {
        wanted.resolve(line);
        wanted = undefined;
      }
    }
  });
  return {
    next: (holding) => {
      const { promise, resolve } = Promise.withResolvers<string>();
      wanted = { holding, resolve };
      return promise;
    },
  };
}

async function untilListening(child: ChildProcess, port: number): Promise<void> {
  for (;;) {
    if (child.exitCode !== null) throw new Error(`The server ended with ${child.exitCode} before it served.`);
    const answer = await fetch(`http://127.0.0.1:${port}/healthz`).catch(() => undefined);
    await answer?.body?.cancel();
    if (answer !== undefined) return;
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}

async function stop(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const ended = once(child, 'exit');
  child.kill('SIGTERM');
  const late = setTimeout(() => child.kill('SIGKILL'), 5_000);
  await ended;
  clearTimeout(late);
}

async function freePort(): Promise<number> {
  const probe = createServer().listen(0, '127.0.0.1');
  await once(probe, 'listening');
  const address = probe.address();
  probe.close();
  await once(probe, 'close');
  if (address === null || typeof address === 'string') throw new Error('No port to be had.');
  return address.port;
}
