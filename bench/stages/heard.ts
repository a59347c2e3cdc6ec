import { createTestClock } from '../../server/base/clock.ts';
import { noBroadcast } from '../../server/conversation/broadcast.ts';
import { connectRedis } from '../../server/storage/hot/redis.ts';
import { createRedisBroadcast } from '../../server/storage/hot/redis-bus.ts';
import { createRedisPresence } from '../../server/storage/hot/redis-presence.ts';
import { startRedis } from '../../server/testing/redis.ts';
import { cpuMs } from '../process-usage.ts';

const messages = 40_000;
const atOnce = 500;
const payload = 'x'.repeat(300);

/** CPU of one message that one process says to the others, in microseconds. */
export interface HeardCosts {
  /** Of Redis and of a process, for each process that hears it. */
  readonly redisUs: number;
  readonly processUs: number;
}

/** What each further process costs that hears a message: the slope between two and eight of them. */
export async function measureHeard(): Promise<HeardCosts> {
  const [few, many] = [await say(2), await say(8)];
  return { redisUs: (many.redisUs - few.redisUs) / 6, processUs: (many.processUs - few.processUs) / 6 };
}

/** CPU for each message with so many listeners, which share this process with who speaks. */
async function say(listeners: number): Promise<HeardCosts> {
  await using parts = new AsyncDisposableStack();
  const server = parts.use(await startRedis());
  const join = async (node: string) => {
    const redis = await connectRedis(server.url);
    const broadcast = createRedisBroadcast({ redis, node, onError: () => undefined });
    parts.defer(async () => {
      await broadcast.close();
      await redis.close();
    });
    return broadcast;
  };
  const speaker = await join('speaker');
  let heard = 0;
  for (let i = 0; i < listeners; i++) {
    const listener = await join(`listener ${i}`);
    await listener.subscribe('topic', () => (heard += 1)).ready;
  }
  const redisPid = server.nodes[0]?.pid ?? 0;
  const speak = async (count: number) => {
    for (let said = 0; said < count; said += atOnce) {
      for (let i = 0; i < atOnce; i++) speaker.publish('topic', payload);
      const due = heard + atOnce * listeners;
      while (heard < due) await new Promise((resolve) => setImmediate(resolve));
    }
  };
  await speak(messages / 4);
  const before = { redis: cpuMs(redisPid), own: process.cpuUsage() };
  await speak(messages);
  const own = process.cpuUsage(before.own);
  return {
    redisUs: ((cpuMs(redisPid) - before.redis) * 1_000) / messages,
    processUs: (own.user + own.system) / messages,
  };
}

const agentsThere = 5_000;
const processesThere = 10;
const looks = 30;

/** What one look costs for each agent who is there, when a process looks who is; each does every three seconds. */
export async function measureDirectory(): Promise<HeardCosts> {
  await using parts = new AsyncDisposableStack();
  const server = parts.use(await startRedis());
  const clock = createTestClock();
  const join = async (node: string) => {
    const redis = await connectRedis(server.url);
    parts.defer(() => redis.close());
    return createRedisPresence({ redis, broadcast: noBroadcast, node, clock, onError: () => undefined });
  };
  for (let i = 0; i < processesThere; i++) {
    const one = await join(`process ${i}`);
    for (let agent = i; agent < agentsThere; agent += processesThere) {
      one.announce(`agent${String(agent).padStart(11, '0')}`, {
        sockets: 1,
        isIdle: false,
        chosen: { status: 'online', reason: null },
      });
    }
    await one.start(() => undefined);
  }
  const redisPid = server.nodes[0]?.pid ?? 0;
  const newcomer = await join('newcomer');
  const look = () => newcomer.start(() => undefined);
  for (let i = 0; i < looks / 3; i++) await look();
  const before = { redis: cpuMs(redisPid), own: process.cpuUsage() };
  for (let i = 0; i < looks; i++) await look();
  const own = process.cpuUsage(before.own);
  return {
    redisUs: ((cpuMs(redisPid) - before.redis) * 1_000) / looks / agentsThere,
    processUs: (own.user + own.system) / looks / agentsThere,
  };
}
