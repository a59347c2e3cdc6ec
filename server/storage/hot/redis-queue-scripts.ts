import { redisScript } from './redis.ts';

/**
 * What the queue does on Redis in one step. KEYS of each are those of one partition, in the order of `keysOf`:
 * stream, owner, epoch, failed tries, ids in the stream, and the channel on which new entries are told.
 */

/** Adds entries while there is room. ARGV: bound, publish command, 'unique' to skip known ids, then id, row, id, row …
 * @returns how many of the entries, from the first, are now in the stream */
export const pushScript = redisScript(`
local room = tonumber(ARGV[1]) - redis.call('xlen', KEYS[1])
local taken = 0
for i = 4, #ARGV, 2 do
  if room <= 0 then break end
  if ARGV[3] ~= 'unique' or redis.call('sadd', KEYS[5], ARGV[i]) == 1 then
    redis.call('xadd', KEYS[1], '*', 'e', ARGV[i + 1])
    room = room - 1
  end
  taken = taken + 1
end
if taken > 0 then redis.call(ARGV[2], KEYS[6], '') end
return taken`);

/** Takes or renews the lease. ARGV: worker, lease in ms, an epoch for a partition that has none. Allowed when the
 * memory is full, because only a worker can empty the stream again.
 * @returns 0 when another worker holds it; else the epoch, 1 when it was made now, and the failed tries */
export const takeScript = redisScript(`#!lua flags=allow-oom
local owner = redis.call('get', KEYS[2])
if owner and owner ~= ARGV[1] then return 0 end
redis.call('set', KEYS[2], ARGV[1], 'px', ARGV[2])
local made = redis.call('set', KEYS[3], ARGV[3], 'nx') and 1 or 0
redis.pcall('xgroup', 'create', KEYS[1], 'parley', '0', 'mkstream')
return { redis.call('get', KEYS[3]), made, redis.call('hgetall', KEYS[4]) }`);

/** Keeps the lease while it is still ours. ARGV: worker, lease in ms. @returns whether it is */
export const renewScript = redisScript(`
if redis.call('get', KEYS[2]) ~= ARGV[1] then return 0 end
return redis.call('pexpire', KEYS[2], ARGV[2])`);

export const releaseScript = redisScript(`
if redis.call('get', KEYS[2]) == ARGV[1] then redis.call('del', KEYS[2]) end
return 1`);

/** Reads on, for the owner alone. ARGV: worker, count, id ('>' for new ones, else what a former owner left behind it).
 * All owners read as one consumer, so that what one left is the next one's own, in order.
 * @returns entries [stream id, [field, row]], or 0 when the lease is lost */
export const readScript = redisScript(`#!lua flags=allow-oom
if redis.call('get', KEYS[2]) ~= ARGV[1] then return 0 end
local streams = redis.call('xreadgroup', 'group', 'parley', 'owner', 'count', ARGV[2], 'streams', KEYS[1], ARGV[3])
return streams and streams[1] and streams[1][2] or {}`);

/** Removes entries. ARGV: stream id, id, stream id, id … */
export const removeScript = redisScript(`
for i = 1, #ARGV, 2 do
  redis.call('xack', KEYS[1], 'parley', ARGV[i])
  redis.call('xdel', KEYS[1], ARGV[i])
  redis.call('hdel', KEYS[4], ARGV[i + 1])
  redis.call('srem', KEYS[5], ARGV[i + 1])
end
return 1`);

/** @returns length, the oldest entry's stream id (or ''), the epoch (or '') */
export const sampleScript = redisScript(`
local first = redis.call('xrange', KEYS[1], '-', '+', 'count', 1)
return { redis.call('xlen', KEYS[1]), first[1] and first[1][1] or '', redis.call('get', KEYS[3]) or '' }`);

/** Says that a worker is there and answers who else is. KEYS: the registry. ARGV: worker, expiry in ms ('0' leaves). */
export const registerScript = redisScript(`#!lua flags=allow-oom
local time = redis.call('time')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
if ARGV[2] == '0' then redis.call('zrem', KEYS[1], ARGV[1])
else redis.call('zadd', KEYS[1], now + ARGV[2], ARGV[1]) end
redis.call('zremrangebyscore', KEYS[1], '-inf', now)
return redis.call('zrange', KEYS[1], 0, -1)`);
