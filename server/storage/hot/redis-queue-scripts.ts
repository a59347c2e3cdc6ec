import { noneLater, redisNow, redisScript, refuseWhereHeld } from './redis.ts';

/** What the queue does on Redis in one step. KEYS of each are those of one partition, in the order of `keysOf`. */

/** Refuses whoever believes in another number of partitions than the mark says. */
const checkMark = (argument: string) => `
local of = redis.call('get', KEYS[7])
if of and of ~= ${argument} then
  return redis.error_reply('PARTITIONS the queue has ' .. of .. ' partitions, and this process was started with ' .. ${argument})
end`;

/** Adds entries while there is room. ARGV: bound, publish command, 'unique' to skip known ids, partitions of the queue,
 * then id, row, bounded …; bounded '' adds the entry in any case.
 * @returns for each entry 1 when it is now in the stream, else 0 */
export const pushScript = redisScript(`${checkMark('ARGV[4]')}
local room = tonumber(ARGV[1]) - redis.call('xlen', KEYS[1])
local taken = {}
for i = 5, #ARGV, 3 do
  local fits = room > 0 or ARGV[i + 2] == ''
  if fits and (ARGV[3] ~= 'unique' or redis.call('sadd', KEYS[5], ARGV[i]) == 1) then
    redis.call('xadd', KEYS[1], '*', 'e', ARGV[i + 1])
    room = room - 1
  end
  taken[#taken + 1] = fits and 1 or 0
end
redis.call(ARGV[2], KEYS[6], '')
return taken`);

/** @returns how many entries are in the stream */
export const lengthScript = redisScript("return redis.call('xlen', KEYS[1])");

/** Takes or renews the lease. ARGV: worker, lease in ms, an epoch for a partition that has none, partitions of the queue.
 * Allowed when the memory is full, because only a worker can empty the stream again.
 * @returns 0 when another worker holds it; else the epoch, 1 when it was made now, and the failed tries */
export const takeScript = redisScript(`#!lua flags=allow-oom${checkMark('ARGV[4]')}
redis.call('set', KEYS[7], ARGV[4])${refuseWhereHeld('KEYS[2]')}
redis.call('set', KEYS[2], ARGV[1], 'px', ARGV[2])
local made = redis.call('set', KEYS[3], ARGV[3], 'nx') and 1 or 0
redis.pcall('xgroup', 'create', KEYS[1], 'parley', '0', 'mkstream')
return { redis.call('get', KEYS[3]), made, redis.call('hgetall', KEYS[4]) }`);

/** Keeps the lease while it is still ours. ARGV: worker, lease in ms. @returns whether it is */
export const renewScript = redisScript(`
if redis.call('get', KEYS[2]) ~= ARGV[1] then return 0 end
return redis.call('pexpire', KEYS[2], ARGV[2])`);

/** Lets go of the lease, and tells whose share it is now. ARGV: worker, publish command. */
export const releaseScript = redisScript(`
if redis.call('get', KEYS[2]) ~= ARGV[1] then return 0 end
redis.call('del', KEYS[2])
redis.call(ARGV[2], KEYS[6], 'free')
return 1`);

/** Reads on, for the owner alone. ARGV: worker, count, id ('>' for new ones, else what a former owner left behind it).
 * All owners read as one consumer, so that what one left is the next one's own, in order.
 * @returns entries [stream id, [field, row]], or 0 when the lease is lost */
export const readScript = redisScript(`#!lua flags=allow-oom
if redis.call('get', KEYS[2]) ~= ARGV[1] then return 0 end
local streams = redis.call('xreadgroup', 'group', 'parley', 'owner', 'count', ARGV[2], 'streams', KEYS[1], ARGV[3])
return streams and streams[1] and streams[1][2] or {}`);

/** Counts a failed try. ARGV: id, tries. Allowed when the memory is full: else what fails would be tried for ever. */
export const failedScript = redisScript(`#!lua flags=allow-oom
return redis.call('hset', KEYS[4], ARGV[1], ARGV[2])`);

/** Removes entries. ARGV: stream id, id, stream id, id … */
export const removeScript = redisScript(`
for i = 1, #ARGV, 2 do
  redis.call('xack', KEYS[1], 'parley', ARGV[i])
  redis.call('xdel', KEYS[1], ARGV[i])
  redis.call('hdel', KEYS[4], ARGV[i + 1])
  redis.call('srem', KEYS[5], ARGV[i + 1])
end
return 1`);

/** @returns length, the age of the oldest entry in ms, the epoch (or '') */
export const sampleScript = redisScript(`${redisNow}
local first = redis.call('xrange', KEYS[1], '-', '+', 'count', 1)
local age = first[1] and math.max(0, now - tonumber(string.match(first[1][1], '%d+'))) or 0
return { redis.call('xlen', KEYS[1]), age, redis.call('get', KEYS[3]) or '' }`);

/** Whether nobody has told yet that the partition of this epoch is lost. ARGV: the epoch. @returns 1 the first time */
export const tellScript = redisScript(`#!lua flags=allow-oom
if redis.call('get', KEYS[8]) == ARGV[1] then return 0 end
redis.call('set', KEYS[8], ARGV[1])
return 1`);

/** Says that a worker is there and answers who else is; nobody is for longer than their expiry, also where the clock was
 * set back. KEYS: the registry. ARGV: worker, expiry in ms ('0' leaves). */
export const registerScript = redisScript(`#!lua flags=allow-oom
${redisNow}
if ARGV[2] == '0' then redis.call('zrem', KEYS[1], ARGV[1])
else
  local latest = now + ARGV[2]${noneLater('latest')}
  redis.call('zadd', KEYS[1], latest, ARGV[1])
end
redis.call('zremrangebyscore', KEYS[1], '-inf', now)
return redis.call('zrange', KEYS[1], 0, -1)`);
