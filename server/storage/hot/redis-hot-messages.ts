import { createHash } from 'node:crypto';
import type { Clock } from '../../base/clock.ts';
import { factsKey, type HotBounds, type HotMessages, singleFlight } from '../../conversation/hot-messages.ts';
import { lastsNoLonger, type Redis, redisNow, redisScript } from './redis.ts';

/** A bound in each of them, because a script sees the keys of one slot. */
const partitions = 16;
/** A process that rebuilds and dies leaves its claim for this long. */
const claimMs = 2_000;
/** How often those who wait for another process's rebuild look. */
const lookMs = 15;
/** Longer ones are read from the warm store each time. */
const maxValueBytes = 256 * 1024;

/** KEYS: value, claim. ARGV: what the value begins with, claim in ms. @returns the value, 1 when the caller rebuilds, else 0 */
const getOrClaimScript = redisScript(`
local value = redis.call('get', KEYS[1])
if value and string.sub(value, 1, #ARGV[1]) == ARGV[1] then return value end
if redis.call('set', KEYS[2], '', 'nx', 'px', ARGV[2]) then return 1 end
${lastsNoLonger('KEYS[2]')}
return 0`);

/** KEYS: value, claim, what was written when. ARGV: value, its time in ms, how many may lie there. */
const putScript = redisScript(`${redisNow}
redis.call('set', KEYS[1], ARGV[1], 'px', ARGV[2])
redis.call('del', KEYS[2])
redis.call('zremrangebyscore', KEYS[3], '-inf', now - ARGV[2])
redis.call('zadd', KEYS[3], now, KEYS[1])
local over = redis.call('zcard', KEYS[3]) - ARGV[3]
if over > 0 then
  local oldest = redis.call('zpopmin', KEYS[3], over)
  for i = 1, #oldest, 2 do redis.call('del', oldest[i]) end
end
return 1`);

/**
 * The hot tier of several processes, in Redis: what one of them has read is there for all. While Redis is away, or has no
 * memory, each reads the warm store.
 */
export function createRedisHotMessages(
  deps: { redis: Redis; clock: Clock; onError: (error: unknown) => void } & Partial<Omit<HotBounds, 'maxBytes'>>,
): HotMessages {
  const { redis, clock, maxConversations = 32_000, maxAgeMs = 15 * 60_000 } = deps;
  const stats = { hits: 0, rebuilds: 0 };
  const once = singleFlight<unknown>();
  let isFailing = false;

  /** One line for each outage, and nobody's request fails for it. */
  async function trying<T>(work: () => Promise<T>): Promise<T | undefined> {
    try {
      const answer = await work();
      isFailing = false;
      return answer;
    } catch (error) {
      if (!isFailing) deps.onError(error);
      isFailing = true;
      return undefined;
    }
  }

  async function fromRedis<T>(keys: Keys, start: string): Promise<{ value: T } | 'claimed' | undefined> {
    for (const deadline = clock.elapsed() + claimMs; clock.elapsed() < deadline; await clock.sleep(lookMs)) {
      const reply = await trying(() =>
        redis.run(getOrClaimScript, keys.slice(0, 2) as [string, string], [start, `${claimMs}`]),
      );
      if (typeof reply === 'string') return { value: JSON.parse(reply.slice(start.length)) as T };
      if (reply === 1) return 'claimed';
      if (reply === undefined) return undefined;
    }
    return undefined;
  }

  async function obtain<T>(id: string, version: string, rebuild: () => Promise<T>): Promise<T> {
    const keys = keysOf(id, version);
    const start = `${version}\n`;
    const found = await fromRedis<T>(keys, start);
    if (typeof found === 'object') {
      stats.hits += 1;
      return found.value;
    }
    stats.rebuilds += 1;
    const rebuilt = await rebuild();
    const value = start + JSON.stringify(rebuilt);
    const isPut = found === 'claimed' && value.length <= maxValueBytes;
    const most = String(Math.ceil(maxConversations / partitions));
    if (isPut) await trying(() => redis.run(putScript, keys, [value, String(maxAgeMs), most]));
    return rebuilt;
  }

  return {
    obtain: <T>(id: string, version: string, rebuild: () => Promise<T>) =>
      once(`${id} ${version}`, () => obtain(id, version, rebuild)) as Promise<T>,
    forget: async (ids) => {
      for (const id of ids.flatMap((one) => [one, factsKey(one)])) {
        const [value, , written] = keysOf(id, '');
        // Where Redis is away, time removes it.
        await trying(() => redis.send(value, 'DEL', value));
        await trying(() => redis.send(written, 'ZREM', written, value));
      }
    },
    stats,
  };
}

type Keys = [value: string, claim: string, written: string];

function keysOf(id: string, version: string): Keys {
  const partition = createHash('sha1').update(id).digest().readUInt32BE() % partitions;
  const tag = `parley:{h${partition}}`;
  return [`${tag}:${id}`, `${tag}:${id}:${version}`, `${tag}:written`];
}
