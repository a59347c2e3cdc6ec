import { randomUUID } from 'node:crypto';
import type { Clock } from '../../base/clock.ts';
import type { ChannelContext } from '../../gateway/channel-adapter.ts';
import { type Redis, redisScript, refuseWhereHeld, releaseScript } from './redis.ts';

type Shared = ChannelContext<unknown>['shared'];
type Entry = { readonly value: string; readonly expiresAt: number };

/** A renewal that hangs must not keep every sender waiting for ever; its lock ends with it. */
const renewMs = 20_000;
const lockOf = (key: string) => `${key}:lock`;

/** Who waits for another process's renewal gives up later than its lock ends. */
const longestWaitMs = renewMs + 1_000;
/** How often those who wait for it look. */
const lookMs = 50;

const lockScript = redisScript(`${refuseWhereHeld('KEYS[1]')}
redis.call('set', KEYS[1], ARGV[1], 'px', ARGV[2])
return 1`);

/**
 * Access tokens and the like, one for all processes: whoever finds none renews it under a lock, the others wait for what
 * it writes. While Redis is away, or has no memory for it, each process renews for itself, which a platform that hands
 * out the same token however often it is asked does not mind.
 */
export function createRedisSharedValues(deps: { redis: Redis; clock: Clock }): (channelId: string) => Shared {
  const { redis, clock } = deps;
  const own = new Map<string, Entry>();
  const renewals = new Map<string, Promise<Entry>>();

  const isGood = (entry: Entry | undefined, stale: string | undefined): entry is Entry =>
    entry !== undefined && entry.value !== stale && entry.expiresAt > clock.now();

  async function read(key: string): Promise<Entry | undefined> {
    const text = await redis.send(key, 'get', key);
    return typeof text === 'string' ? (JSON.parse(text) as Entry) : undefined;
  }

  /** What another process has renewed; undefined when it is our turn, or Redis cannot say whose. */
  async function waitForTurn(key: string, mine: string, stale: string | undefined): Promise<Entry | undefined> {
    const takeLock = () => redis.run(lockScript, [lockOf(key)], [mine, String(renewMs)]);
    for (const deadline = clock.elapsed() + longestWaitMs; ; await clock.sleep(lookMs)) {
      try {
        const known = await read(key);
        if (isGood(known, stale)) return known;
        if ((await takeLock()) === 1) return undefined;
      } catch {
        return undefined;
      }
      if (clock.elapsed() > deadline)
        throw new Error('Another process renews a value that is shared, and does not end.');
    }
  }

  async function obtain(key: string, renew: Parameters<Shared>[1], stale: string | undefined): Promise<Entry> {
    const mine = randomUUID();
    const known = await waitForTurn(key, mine, stale);
    if (known !== undefined) return known;
    try {
      const entry = await renew(AbortSignal.timeout(renewMs));
      const ttlMs = Math.max(1_000, entry.expiresAt - clock.now());
      // Where Redis does not take it, the others renew too.
      await redis.send(key, 'set', key, JSON.stringify(entry), 'px', String(ttlMs)).catch(() => undefined);
      return entry;
    } finally {
      await redis.run(releaseScript, [lockOf(key)], [mine]).catch(() => undefined);
    }
  }

  return (channelId) => async (name, renew, options) => {
    const key = `parley:value:{${channelId}/${name}}`;
    const known = own.get(key);
    if (isGood(known, options?.stale)) return known.value;
    let renewal = renewals.get(key);
    if (renewal === undefined) {
      renewal = obtain(key, renew, options?.stale).finally(() => renewals.delete(key));
      renewals.set(key, renewal);
    }
    const entry = await renewal;
    own.set(key, entry);
    return entry.value;
  };
}
