import { type ChildProcess, execFile, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { freePort } from './child-server.ts';

const run = promisify(execFile);
/** Far more than anything takes: a machine on which much else runs is slow. */
const startWithinMs = 60_000;

/** One real redis-server, or the masters of a cluster, that a test may stop, kill, pause and start again. */
export interface TestRedis extends AsyncDisposable {
  /** What `connectRedis` takes. */
  readonly url: string;
  readonly nodes: readonly TestRedisNode[];
  /** On every node. */
  flushAll(): Promise<void>;
}

export interface TestRedisNode {
  readonly port: number;
  readonly pid: number;
  /** Sends one command by `redis-cli`; answers its raw output. Throws what the server answers as an error. */
  cli(...args: string[]): Promise<string>;
  /** Ends the server as an operator does. */
  stop(): Promise<void>;
  /** `kill -9`. */
  kill(): Promise<void>;
  /** SIGSTOP: connections stay open and nothing is answered. */
  pause(): void;
  resume(): void;
  /** Starts the server again on the same port and data, after `stop` or `kill`. */
  restart(): Promise<void>;
}

/**
 * Why suites on Redis are skipped; `false` when they can run. A machine of CI has to have the program, so that no suite
 * is left out there unseen.
 * @throws Error with `CI=true` and no redis-server
 */
export function redisMissing(): string | false {
  if (spawnSync('redis-server', ['--version']).status === 0 && spawnSync('redis-cli', ['--version']).status === 0) {
    return false;
  }
  const reason = 'redis-server is not installed: install the Debian package redis-server';
  if (process.env.CI === 'true') throw new Error(reason);
  return reason;
}

type Settings = Readonly<Record<string, string>>;

/** Starts one server, durable as the queue asks for; `options` are settings as in redis.conf, `env` stands beside ours. */
export async function startRedis(options: Settings = {}, env: Settings = {}): Promise<TestRedis> {
  const node = await startNode(options, env);
  return together(`redis://127.0.0.1:${node.port}`, [node]);
}

/** Starts a cluster of three masters without replicas, each with a third of the slots. */
export async function startRedisCluster(options: Settings = {}, env: Settings = {}): Promise<TestRedis> {
  const masters: OwnedNode[] = [];
  // Until all of them stand: what is left running would keep the test from its end.
  try {
    for (let i = 0; i < 3; i++) {
      masters.push(await startNode({ 'cluster-enabled': 'yes', 'cluster-node-timeout': '2000', ...options }, env));
      const first = Math.ceil((16_384 * i) / 3);
      const last = Math.ceil((16_384 * (i + 1)) / 3) - 1;
      await masters[i]?.cli('cluster', 'addslotsrange', String(first), String(last));
      await masters[0]?.cli('cluster', 'meet', '127.0.0.1', String(masters[i]?.port), String(masters[i]?.bus));
    }
    const agree = async () => {
      const infos = await Promise.all(masters.map((node) => node.cli('cluster', 'info')));
      return infos.every((info) => info.includes('cluster_state:ok') && info.includes('cluster_size:3'));
    };
    // It takes two seconds whatever we do, and each look starts three programs.
    await within('the cluster to agree', agree, startWithinMs, 100);
    return together(masters.map(({ port }) => `redis://127.0.0.1:${port}`).join(','), masters);
  } catch (error) {
    // One that does not come up leaves nothing running.
    await Promise.all(masters.map((master) => master.remove()));
    throw error;
  }
}

type OwnedNode = TestRedisNode & {
  /** Where the nodes of a cluster hear each other; a server of its own does not listen there. */
  readonly bus: number;
  remove(): Promise<void>;
};

function together(url: string, nodes: readonly OwnedNode[]): TestRedis {
  return {
    url,
    nodes,
    flushAll: async () => {
      await Promise.all(nodes.map((node) => node.cli('flushall')));
    },
    [Symbol.asyncDispose]: async () => {
      await Promise.all(nodes.map((node) => node.remove()));
    },
  };
}

/** The server has ended by itself. */
class Ended extends Error {}

/** Between asking which port is free and listening there, something else may have taken it: then it is another one's turn. */
const tries = 5;

async function startNode(options: Settings, env: Settings): Promise<OwnedNode> {
  for (let tried = 1; ; tried++) {
    try {
      return await startNodeAt(await freePort(), await freePort(), options, env);
    } catch (error) {
      if (!(error instanceof Ended) || tried === tries) throw error;
    }
  }
}

async function startNodeAt(port: number, bus: number, options: Settings, env: Settings): Promise<OwnedNode> {
  const dir = await mkdtemp(join(tmpdir(), 'parley-redis-'));
  const settings = {
    port: String(port),
    'cluster-port': String(bus),
    bind: '127.0.0.1',
    dir,
    save: '',
    appendonly: 'yes',
    appendfsync: 'always',
    'maxmemory-policy': 'noeviction',
    ...options,
  };
  const args = Object.entries(settings).flatMap(([name, value]) => [`--${name}`, value]);
  let server: ChildProcess | undefined;

  async function cli(...command: string[]): Promise<string> {
    const { stdout } = await run('redis-cli', ['-e', '-p', String(port), ...command]);
    return stdout.trim();
  }

  async function restart(): Promise<void> {
    const child = spawn('redis-server', args, { stdio: 'ignore', env: { ...process.env, ...env } });
    server = child;
    await within(`redis-server on port ${port}`, async () => {
      if (child.exitCode !== null) throw new Ended(`redis-server ended with ${child.exitCode}`);
      return (await cli('ping').catch(() => '')) === 'PONG';
    });
  }

  async function end(signal: NodeJS.Signals): Promise<void> {
    const child = server;
    server = undefined;
    if (child === undefined || child.exitCode !== null || child.signalCode !== null) return;
    const exited = once(child, 'exit');
    child.kill(signal);
    // A paused server takes its end only when it runs again.
    child.kill('SIGCONT');
    await exited;
  }

  try {
    await restart();
  } catch (error) {
    await end('SIGKILL');
    await rm(dir, { recursive: true, force: true });
    throw error;
  }
  return {
    port,
    bus,
    get pid() {
      return server?.pid ?? 0;
    },
    cli,
    restart,
    stop: () => end('SIGTERM'),
    kill: () => end('SIGKILL'),
    pause: () => void server?.kill('SIGSTOP'),
    resume: () => void server?.kill('SIGCONT'),
    remove: async () => {
      await end('SIGKILL');
      await rm(dir, { recursive: true, force: true });
    },
  };
}

/** Waits for a condition, with a deadline. */
export async function within(
  what: string,
  holds: () => boolean | Promise<boolean>,
  ms = startWithinMs,
  everyMs = 5,
): Promise<void> {
  for (const deadline = Date.now() + ms; !(await holds()); ) {
    if (Date.now() > deadline) throw new Error(`waited ${ms} ms in vain for ${what}`);
    await new Promise((resolve) => setTimeout(resolve, everyMs));
  }
}
