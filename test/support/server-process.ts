import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';

const main = join(dirname(fileURLToPath(import.meta.url)), '../../server/main.ts');
/** Starting takes about a second; a machine on which much else runs may take far longer. */
const startWithinMs = 60_000;

export const admin = { email: 'admin@parley.test', password: 'correct horse 42' } as const;

export interface Exit {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
}

/** The server as a process of its own, as an operator runs it: only its port, its signals and its files are touched. */
export interface ServerProcess {
  readonly url: string;
  readonly port: number;
  readonly pid: number;
  /** Everything that it has written to standard output and standard error so far. */
  output(): string;
  /** Resolves when the process has ended, for whatever reason. */
  readonly exited: Promise<Exit>;
  isAlive(): boolean;
  /** Ends it at once, as a power cut or the kernel's memory killer does. */
  kill(): Promise<Exit>;
  /** Asks it to end. */
  stop(): Promise<Exit>;
}

export interface ServerOptions {
  readonly dataDir: string;
  /** 0 or absent: any free one. */
  readonly port?: number;
  /** Settings beside port, data folder, the administrator and visitors without limits; undefined takes one away. */
  readonly env?: Readonly<Record<string, string | undefined>>;
  /** A program and its arguments that run the server: strace, which must leave the process its own child (`-D`). */
  readonly under?: readonly string[];
}

/** A program that was started and may end before it serves. */
export interface Launched {
  readonly child: ChildProcess;
  readonly exited: Promise<Exit>;
  output(): string;
}

/** What has been started here and has not ended. */
const running = new Set<Launched & { readonly dataDir: string }>();

/** Starts the program without waiting for anything. */
export function launch(options: ServerOptions): Launched {
  const [command, ...args] = [...(options.under ?? []), process.execPath, main];
  const child = spawn(command as string, args, {
    env: { ...inherited(), ...settings(options) },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let output = '';
  for (const stream of [child.stdout, child.stderr]) {
    stream.setEncoding('utf8');
    stream.on('data', (text: string) => {
      output += text;
    });
  }
  // `close` comes after the last output.
  const exited = once(child, 'close').then(([code, signal]): Exit => ({ code, signal }));
  const launched = { child, exited, output: () => output, dataDir: options.dataDir };
  running.add(launched);
  void exited.then(() => running.delete(launched));
  return launched;
}

function inherited(): NodeJS.ProcessEnv {
  const ours = Object.entries(process.env).filter(
    ([name]) => !name.startsWith('PARLEY_') && name !== 'NODE_TEST_CONTEXT',
  );
  return Object.fromEntries(ours);
}

function settings({ dataDir, port = 0, env }: ServerOptions): Record<string, string> {
  const all = {
    PARLEY_PORT: String(port),
    PARLEY_DATA_DIR: dataDir,
    PARLEY_ADMIN_EMAIL: admin.email,
    PARLEY_ADMIN_PASSWORD: admin.password,
    // All visitors come from one address, and write faster than people.
    PARLEY_VISITOR_LIMITS: 'off',
    ...env,
  };
  return Object.fromEntries(
    Object.entries(all).flatMap(([name, value]) => (value === undefined ? [] : [[name, value]])),
  );
}

/**
 * Starts the server and waits until it says where it is and is healthy.
 * @throws Error with its output when it ends or stays silent instead
 */
export async function startServer(options: ServerOptions): Promise<ServerProcess> {
  const { child, exited, output } = launch(options);
  const stopped = { at: false };
  void exited.then(() => {
    stopped.at = true;
  });
  const url = await address(output, () => stopped.at);
  if (url === undefined) {
    child.kill('SIGKILL');
    throw new Error(`The server did not start:\n${output()}`);
  }
  const end = async (signal: NodeJS.Signals) => {
    child.kill(signal);
    return exited;
  };
  return {
    url,
    port: Number(new URL(url).port),
    pid: child.pid as number,
    output,
    exited,
    isAlive: () => !stopped.at,
    kill: () => end('SIGKILL'),
    stop: () => end('SIGTERM'),
  };
}

/** The address that it prints once it listens, as soon as it answers there. */
async function address(output: () => string, ended: () => boolean): Promise<string | undefined> {
  const until = Date.now() + startWithinMs;
  while (Date.now() < until && !ended()) {
    const url = /Console\s+(http:\/\/\S+?)\/console\//.exec(output())?.[1];
    if (url !== undefined && (await fetch(`${url}/healthz`)).ok) return url;
    await sleep(10);
  }
  return undefined;
}

interface Test {
  after(run: () => Promise<void>): void;
}

/** An empty data folder; at the end the servers on it are killed and it is removed. */
export async function makeDataDir(t: Test): Promise<string> {
  const dir = await mkdtemp(join(tmpdir(), 'parley-test-'));
  t.after(async () => {
    await killServersOn(dir);
    await rm(dir, { recursive: true, force: true });
  });
  return dir;
}

/** A data folder on a disk of its own that is soon full; undefined where disks cannot be mounted. */
export async function makeSmallDisk(t: Test, sizeBytes: number): Promise<string | undefined> {
  const dir = await mkdtemp(join(tmpdir(), 'parley-test-'));
  const { status } = spawnSync('mount', ['-t', 'tmpfs', '-o', `size=${sizeBytes}`, 'tmpfs', dir]);
  t.after(async () => {
    await killServersOn(dir);
    if (status === 0) spawnSync('umount', [dir]);
    await rm(dir, { recursive: true, force: true });
  });
  return status === 0 ? dir : undefined;
}

async function killServersOn(dataDir: string): Promise<void> {
  for (const server of [...running]) {
    if (server.dataDir !== dataDir) continue;
    server.child.kill('SIGKILL');
    await server.exited;
  }
}

/** A server on an empty data folder that ends with the test. */
export async function startTestServer(t: Test, options: Partial<ServerOptions> = {}): Promise<ServerProcess> {
  const dataDir = options.dataDir ?? (await makeDataDir(t));
  return startServer({ ...options, dataDir });
}
