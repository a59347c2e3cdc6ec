import { createHash } from 'node:crypto';
import { createClient, createCluster, ErrorReply } from '@redis/client';
import { backoffMs } from '../../base/backoff.ts';
import { Refusal } from '../../gateway/refusal.ts';

/** A reply as RESP 2 gives it. */
export type RedisReply = string | number | null | readonly RedisReply[];

/** A Lua script, sent by its hash. */
export interface RedisScript {
  readonly lua: string;
  readonly sha: string;
}
export const redisScript = (lua: string): RedisScript => ({
  lua,
  sha: createHash('sha1').update(lua).digest('hex'),
});

/** Begins a script that needs the time: Redis' own, as `now`, because the clocks of the processes may differ. */
export const redisNow = `local time = redis.call('time')
local now = time[1] * 1000 + math.floor(time[2] / 1000)`;

/**
 * Within a script: `key` lasts ARGV[2] ms at most, whatever its expiry says. Where the clock of Redis was set back an hour,
 * what a dead process had would stay its own for an hour.
 */
export const lastsNoLonger = (key: string) =>
  `if redis.call('pttl', ${key}) > tonumber(ARGV[2]) then redis.call('pexpire', ${key}, ARGV[2]) end`;

/** The same for the members of the sorted set KEYS[1] whose scores are times: none is later than the variable `latest`. */
export const noneLater = (latest: string) => `
for _, member in ipairs(redis.call('zrangebyscore', KEYS[1], '(' .. ${latest}, '+inf')) do
  redis.call('zadd', KEYS[1], ${latest}, member)
end`;

/** Begins a script that takes `key` for ARGV[1] for ARGV[2] ms, or ends it with 0 where another one holds it. */
export const refuseWhereHeld = (key: string) => `
local holder = redis.call('get', ${key})
if holder and holder ~= ARGV[1] then
  ${lastsNoLonger(key)}
  return 0
end`;

/** Gives KEYS[1] up where ARGV[1] holds it. */
export const releaseScript = redisScript(`
if redis.call('get', KEYS[1]) == ARGV[1] then return redis.call('del', KEYS[1]) end
return 0`);

/**
 * One Redis or a cluster of them behind one face. While the server is away every call fails at once, and while it hangs
 * after a few seconds, with a Refusal `unavailable`; nothing waits in memory for it to come back. An answer that is an
 * error is thrown as the server's `ErrorReply`.
 */
export interface Redis {
  readonly isCluster: boolean;
  /** Sends one command to the node that holds `key`. Commands of one turn share a write. */
  send(key: string, ...args: readonly string[]): Promise<RedisReply>;
  /** Runs a script on the node of its keys, which share a hash tag. */
  run(script: RedisScript, keys: readonly [string, ...string[]], args: readonly string[]): Promise<RedisReply>;
  /** Sends one command to every master. */
  everywhere(...args: readonly string[]): Promise<RedisReply[]>;
  /** Sharded on a cluster, so that a message goes to one node and not to all. */
  publish(channel: string, payload: string): Promise<void>;
  /** One listener for each channel. Subscriptions are made again by themselves after a lost connection. */
  subscribe(channels: readonly string[], listener: RedisListener): Promise<void>;
  unsubscribe(channels: readonly string[], listener: RedisListener): Promise<void>;
  /** A lost connection came back: what was published in between is missing. */
  onReconnected(listener: () => void): () => void;
  close(): Promise<void>;
}
export type RedisListener = (payload: string, channel: string) => void;

const connectTimeoutMs = 3_000;
/** A server that has not answered by then hangs; nobody at our doors would wait longer. */
const answerWithinMs = 5_000;
/** Commands without an answer, beyond which more are refused: bounds the memory while the server hangs. */
const maxUnanswered = 20_000;
const retryAfterMs = 2_000;

const connectionOptions = {
  RESP: 2,
  disableOfflineQueue: true,
  socket: {
    connectTimeout: connectTimeoutMs,
    reconnectStrategy: (retries: number) => backoffMs(retries + 1, Math.random(), { baseMs: 50, maxMs: 2_000 }),
  },
} as const;

/**
 * Connects to `redis://[user:password@]host:port[/db]`; of a cluster, some of its nodes separated by commas.
 *
 * @throws Error that says what is wrong with the address, or that no server answers there (without the password)
 */
export async function connectRedis(urls: string): Promise<Redis> {
  const nodes = urls.split(',').map((url) => parseNode(url.trim()));
  const isCluster = await findOut(nodes);
  if (!isCluster && nodes.length > 1) {
    throw new Error(`PARLEY_REDIS_URL: ${nodes[0]?.host} is no cluster: name one server, or the nodes of a cluster.`);
  }
  return isCluster ? connectToCluster(nodes) : connectToOne(nodes[0] as Node);
}

interface Node {
  readonly url: string;
  readonly host: string;
  readonly credentials: { username?: string; password?: string };
}

function parseNode(url: string): Node {
  const parsed = URL.parse(url);
  if (parsed === null || !/^rediss?:$/.test(parsed.protocol) || parsed.hostname === '') {
    throw new Error('PARLEY_REDIS_URL: expected redis://[user:password@]host:port[/db], several separated by commas.');
  }
  const credentials = {
    ...(parsed.username === '' ? {} : { username: decodeURIComponent(parsed.username) }),
    ...(parsed.password === '' ? {} : { password: decodeURIComponent(parsed.password) }),
  };
  return { url, host: parsed.host, credentials };
}

/** Asks the first node that answers whether it is part of a cluster. */
async function findOut(nodes: readonly Node[]): Promise<boolean> {
  let cause: unknown;
  for (const { url } of nodes) {
    const client = createClient({
      url,
      RESP: 2,
      socket: { connectTimeout: connectTimeoutMs, reconnectStrategy: false },
    });
    client.on('error', () => undefined);
    try {
      await client.connect();
      return /cluster_enabled:1/.test(String(await client.sendCommand(['INFO', 'cluster'])));
    } catch (error) {
      cause = error;
    } finally {
      if (client.isOpen) client.destroy();
    }
  }
  const hosts = nodes.map(({ host }) => host).join(', ');
  throw new Error(`PARLEY_REDIS_URL: no Redis can be used at ${hosts}: ${(cause as Error).message}`, { cause });
}

/** What differs between one server and a cluster. */
interface Wire {
  readonly isCluster: boolean;
  send(key: string, args: readonly string[]): Promise<unknown>;
  everywhere(args: readonly string[]): Promise<unknown[]>;
  subscribe(channels: readonly string[], listener: RedisListener): Promise<unknown>;
  unsubscribe(channels: readonly string[], listener: RedisListener): Promise<unknown>;
  close(): Promise<unknown>;
}

async function connectToOne({ url }: Node): Promise<Redis> {
  const client = createClient({ url, ...connectionOptions });
  const subscriber = client.duplicate();
  const returns = createReturns();
  let wasLost = false;
  // The client reconnects by itself; whoever sends a command meanwhile is told by its refusal.
  client.on('error', () => undefined);
  subscriber.on('error', () => (wasLost = true));
  subscriber.on('ready', () => {
    if (wasLost) returns.tell();
    wasLost = false;
  });
  await Promise.all([client.connect(), subscriber.connect()]);
  return redisOn(returns, {
    isCluster: false,
    send: (_key, args) => client.sendCommand(args),
    everywhere: async (args) => [await client.sendCommand(args)],
    subscribe: (channels, listener) => subscriber.subscribe([...channels], listener),
    unsubscribe: (channels, listener) => subscriber.unsubscribe([...channels], listener),
    close: async () => {
      client.destroy();
      subscriber.destroy();
    },
  });
}

async function connectToCluster(nodes: readonly Node[]): Promise<Redis> {
  const credentials = nodes[0]?.credentials ?? {};
  const cluster = createCluster({
    RESP: 2,
    rootNodes: nodes.map(({ url }) => ({ url, socket: { connectTimeout: connectTimeoutMs } })),
    defaults: { disableOfflineQueue: true, socket: connectionOptions.socket, ...credentials },
  });
  const returns = createReturns();
  const lost = new Set<string>();
  const nameOf = ({ host, port }: { host: string; port: number }) => `${host}:${port}`;
  cluster.on('error', () => undefined);
  cluster.on('node-error', (_error, node) => lost.add(nameOf(node)));
  cluster.on('node-ready', (node) => {
    if (lost.delete(nameOf(node))) returns.tell();
  });
  await cluster.connect();
  return redisOn(returns, {
    isCluster: true,
    send: (key, args) => cluster.sendCommand(key, false, [...args]),
    everywhere: (args) =>
      Promise.all(cluster.masters.map(async (master) => (await cluster.nodeClient(master)).sendCommand(args))),
    // A channel at a time, because each has a slot of its own; the client writes all of one turn together.
    subscribe: (channels, listener) => Promise.all(channels.map((channel) => cluster.sSubscribe(channel, listener))),
    unsubscribe: (channels, listener) =>
      Promise.all(channels.map((channel) => cluster.sUnsubscribe(channel, listener))),
    close: async () => cluster.destroy(),
  });
}

function createReturns() {
  const listeners = new Set<() => void>();
  return {
    tell: () => {
      for (const listener of listeners) listener();
    },
    add: (listener: () => void) => {
      listeners.add(listener);
      return () => void listeners.delete(listener);
    },
  };
}

function redisOn(returns: ReturnType<typeof createReturns>, wire: Wire): Redis {
  const guard = createGuard();
  const send = (key: string, args: readonly string[]) =>
    guard.bounded(() => wire.send(key, args)) as Promise<RedisReply>;
  return {
    isCluster: wire.isCluster,
    send: (key, ...args) => send(key, args),
    run: async (script, keys, args) => {
      const rest = [String(keys.length), ...keys, ...args];
      try {
        return await send(keys[0], ['EVALSHA', script.sha, ...rest]);
      } catch (error) {
        if (!(error instanceof ErrorReply && error.message.startsWith('NOSCRIPT'))) throw error;
        return send(keys[0], ['EVAL', script.lua, ...rest]);
      }
    },
    everywhere: (...args) => guard.bounded(() => wire.everywhere(args)) as Promise<RedisReply[]>,
    publish: async (channel, payload) => {
      await send(channel, [wire.isCluster ? 'SPUBLISH' : 'PUBLISH', channel, payload]);
    },
    subscribe: async (channels, listener) => {
      await guard.bounded(() => wire.subscribe(channels, listener));
    },
    unsubscribe: async (channels, listener) => {
      await guard.bounded(() => wire.unsubscribe(channels, listener));
    },
    onReconnected: (listener) => returns.add(listener),
    close: async () => {
      guard.close();
      await wire.close();
    },
  };
}

/** Bounds how long a command waits and how many do; one timer serves all of them. */
function createGuard() {
  // In the order in which they were sent, so that the sweep looks at the oldest only.
  const waiting = new Set<{ at: number; reject: (error: Error) => void }>();
  let unanswered = 0;
  let closed = false;
  const sweep = setInterval(() => {
    const due = performance.now() - answerWithinMs;
    for (const command of waiting) {
      if (command.at > due) break;
      waiting.delete(command);
      command.reject(away('Redis does not answer'));
    }
  }, 500);
  sweep.unref();

  return {
    bounded: (work: () => Promise<unknown>) =>
      new Promise<unknown>((resolve, reject) => {
        if (closed) return reject(away('The connection to Redis is closed'));
        if (unanswered >= maxUnanswered) return reject(away('Too many commands wait for Redis'));
        const command = { at: performance.now(), reject };
        waiting.add(command);
        unanswered += 1;
        const answered = () => {
          unanswered -= 1;
          waiting.delete(command);
        };
        started(work).then(
          (reply) => {
            answered();
            resolve(reply);
          },
          (error: unknown) => {
            answered();
            reject(error instanceof ErrorReply && !isAway(error) ? error : away('Redis is away', error));
          },
        );
      }),
    close: () => {
      closed = true;
      clearInterval(sweep);
      for (const command of waiting) command.reject(away('The connection to Redis is closed'));
      waiting.clear();
    },
  };
}

/** The client throws some refusals instead of rejecting. */
async function started(work: () => Promise<unknown>): Promise<unknown> {
  return work();
}

/** Answers of a server that cannot serve now: it loads its data, has lost its majority, or moves. */
function isAway(error: ErrorReply): boolean {
  return /^(LOADING|CLUSTERDOWN|TRYAGAIN|MASTERDOWN|READONLY|MISCONF|NOREPLICAS|UNBLOCKED)/.test(error.message);
}

function away(what: string, cause?: unknown): Refusal {
  return new Refusal('unavailable', `${what}: try again later.`, { retryAfterMs, cause });
}

/** How durable an answered write is: after its fsync, within a second, or not at all. */
export type RedisDurability = 'always' | 'everysec' | 'none';

/**
 * Checks at the start what the queue relies on, on every master.
 *
 * @returns the weakest durability of all masters: the start decides whether it is enough (invariant 9)
 * @throws Error with what to change: a version before 7, a `maxmemory-policy` that evicts, CONFIG forbidden
 */
export async function checkRedis(redis: Redis): Promise<RedisDurability> {
  for (const info of await redis.everywhere('INFO', 'server')) {
    const version = /redis_version:(\S+)/.exec(String(info))?.[1] ?? 'unknown';
    if (!(Number.parseInt(version, 10) >= 7))
      throw new Error(`Redis ${version} is too old: version 7 or newer is needed.`);
  }
  const [policies, appendOnly, fsyncs] = await Promise.all(
    ['maxmemory-policy', 'appendonly', 'appendfsync'].map((name) => setting(redis, name)),
  );
  const evicting = policies?.find((policy) => policy !== 'noeviction');
  if (evicting !== undefined) {
    throw new Error(
      `Redis has maxmemory-policy ${evicting}, which throws waiting messages away: set it to noeviction.`,
    );
  }
  if (appendOnly?.some((value) => value !== 'yes') || fsyncs?.includes('no')) return 'none';
  return fsyncs?.every((value) => value === 'always') ? 'always' : 'everysec';
}

/** One setting on every master. */
async function setting(redis: Redis, name: string): Promise<string[]> {
  try {
    const replies = await redis.everywhere('CONFIG', 'GET', name);
    return replies.map((reply) => String((reply as readonly RedisReply[])[1]));
  } catch (error) {
    if (!(error instanceof ErrorReply)) throw error;
    throw new Error(
      `Redis does not let us read its setting ${name} (CONFIG GET is forbidden): allow "+config|get" to our user.`,
      { cause: error },
    );
  }
}
