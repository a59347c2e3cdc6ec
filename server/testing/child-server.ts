import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { type AddressInfo, createServer } from 'node:net';

/** A server program of the system that a test started, and may treat as badly as life does. */
export interface ChildServer extends AsyncDisposable {
  readonly pid: number;
  /** An end that the program is told of. */
  stop(): Promise<void>;
  /** An end without notice. */
  kill(): Promise<void>;
  /** Stands still, with its sockets open, until `resume`. */
  pause(): void;
  resume(): void;
  readonly isRunning: boolean;
}

const startWithinMs = 60_000;

/**
 * Starts a program and waits until it answers.
 * @throws Error with what the program said when it ends before, or does not answer in a minute
 */
export async function startChild(
  program: string,
  args: readonly string[],
  isReady: () => Promise<boolean>,
  env: NodeJS.ProcessEnv = process.env,
): Promise<ChildServer> {
  const child = spawn(program, args, { stdio: ['ignore', 'pipe', 'pipe'], env });
  let said = '';
  for (const stream of [child.stdout, child.stderr]) {
    stream.on('data', (chunk) => {
      said = `${said}${String(chunk)}`.slice(-4_000);
    });
  }
  const isRunning = () => child.exitCode === null && child.signalCode === null && child.pid !== undefined;
  child.once('error', (error) => {
    said += error.message;
  });
  for (const deadline = Date.now() + startWithinMs; !(await isReady()); ) {
    if (!isRunning() || Date.now() > deadline) {
      child.kill('SIGKILL');
      throw new Error(`${program} does not start: ${said}`);
    }
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  const end = async (signal: NodeJS.Signals) => {
    if (!isRunning()) return;
    const ended = once(child, 'exit');
    child.kill(signal);
    // One that was paused hears of nothing but this.
    if (signal !== 'SIGKILL') child.kill('SIGCONT');
    await ended;
  };
  return {
    pid: child.pid ?? 0,
    stop: () => end('SIGTERM'),
    kill: () => end('SIGKILL'),
    pause: () => void child.kill('SIGSTOP'),
    resume: () => void child.kill('SIGCONT'),
    get isRunning() {
      return isRunning();
    },
    [Symbol.asyncDispose]: () => end('SIGKILL'),
  };
}

/** Runs a program to its end. */
export async function runToEnd(program: string, args: readonly string[]): Promise<void> {
  const child: ChildProcess = spawn(program, args, { stdio: ['ignore', 'ignore', 'pipe'] });
  let said = '';
  child.stderr?.on('data', (chunk) => {
    said += String(chunk);
  });
  const [code] = (await once(child, 'exit')) as [number | null];
  if (code !== 0) throw new Error(`${program} ended with ${code}: ${said.slice(-2_000)}`);
}

/** A port of loopback that nobody has at the moment. */
export async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, 'close');
  return port;
}

/**
 * Why a suite that needs a program is skipped, or false when it is there. In CI nothing may be skipped for that.
 * @throws Error in CI when the program is missing
 */
export function missingProgram(isThere: boolean, debianPackage: string): string | false {
  if (isThere) return false;
  const reason = `missing: apt-get install ${debianPackage}`;
  if (process.env.CI === 'true') throw new Error(reason);
  return reason;
}
