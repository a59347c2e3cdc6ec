import { createHash } from 'node:crypto';
import { hashOf } from '../../base/hash.ts';
import { type Redis, redisNow, redisScript } from './redis.ts';

/** What an installation has that never said another number. */
export const defaultPartitions = 16;
/** Workers that are there, by the time at which they are forgotten. */
export const registry = 'parley:workers';

/**
 * Keys of one partition, in one slot of a cluster: stream, owner, epoch, failed tries, ids in the stream, the channel on
 * which new entries are told, the mark: how many partitions the queue has, and the epoch whose loss was told last.
 */
export function keysOf(partition: number): [string, string, string, string, string, string, string, string] {
  const key = (name: string) => `parley:{q${partition}}:${name}`;
  return [key('in'), key('owner'), key('epoch'), key('tries'), key('ids'), key('new'), key('of'), key('told')];
}

/** Where the entries of a lane go: the same for every process that knows the same number. */
export function partitionOf(lane: string, partitions: number): number {
  return createHash('sha1').update(lane).digest().readUInt32BE() % partitions;
}

/**
 * Which worker each partition belongs to: every worker comes to the same division by itself. Shares differ by one at most,
 * and few partitions change hands when a worker comes or goes: each has its own order of preference (rendezvous hashing,
 * D. Thaler and C. Ravishankar, "Using Name-Based Mappings to Increase Hit Rates", 1998), and a worker whose share is full
 * is passed over.
 */
export function ownersOf(partitions: number, workers: readonly string[]): string[] {
  if (workers.length === 0) return [];
  const share = Math.floor(partitions / workers.length);
  let larger = partitions % workers.length;
  const loads = new Map(workers.map((worker) => [worker, 0]));
  const hasRoom = (worker: string) => {
    const load = loads.get(worker) ?? 0;
    return load < share || (load === share && larger > 0);
  };
  return Array.from({ length: partitions }, (_, partition) => {
    const preferred = workers
      .map((worker) => ({ worker, weight: hashOf(`${partition} ${worker}`) }))
      .sort((a, b) => b.weight - a.weight || (a.worker < b.worker ? -1 : 1));
    const { worker } = preferred.find((one) => hasRoom(one.worker)) as { worker: string };
    const load = loads.get(worker) ?? 0;
    if (load === share) larger -= 1;
    loads.set(worker, load + 1);
    return worker;
  });
}

/** What the queue in Redis is divided into, and whether it could be divided anew. */
export interface Division {
  readonly partitions: number;
  /** Workers that were heard of in the last seconds. */
  readonly workers: number;
  /** Entries that wait, in all partitions. */
  readonly waiting: number;
}

const workersScript = redisScript(`${redisNow}
return redis.call('zcount', KEYS[1], now, '+inf')`);

/** Reads it; changes nothing. */
export async function divisionOf(redis: Redis): Promise<Division> {
  const mark = keysOf(0)[6];
  const [marked, workers] = await Promise.all([
    redis.send(mark, 'GET', mark),
    redis.run(workersScript, [registry], []),
  ]);
  const partitions = marked === null ? defaultPartitions : Number(marked);
  return { partitions, workers: Number(workers), waiting: await waitingIn(redis, partitions) };
}

async function waitingIn(redis: Redis, partitions: number): Promise<number> {
  const lengths = await Promise.all(
    Array.from({ length: partitions }, (_, partition) => {
      const [stream] = keysOf(partition);
      return redis.send(stream, 'XLEN', stream);
    }),
  );
  return lengths.reduce((sum: number, length) => sum + Number(length), 0);
}

/** Marks a partition, unless what waits in it was put there by another division. ARGV: partitions, those of a queue
 * without marks. @returns 1 when it bears the mark */
const markScript = redisScript(`#!lua flags=allow-oom
local of = redis.call('get', KEYS[7])
if of == ARGV[1] then return 1 end
if (of or ARGV[2]) ~= ARGV[1] and redis.call('xlen', KEYS[1]) > 0 then return 0 end
redis.call('set', KEYS[7], ARGV[1])
return 1`);

/**
 * Makes sure that the queue has as many partitions as this process believes. The number may only be changed while nobody
 * works and nothing waits, for a contact's entries in two partitions would lose their order. Every partition is marked
 * with it, and refuses what comes by another one: from a process that slept through the change, say.
 *
 * @throws Error that names the setting and says what to do
 */
export async function agreeOnPartitions(redis: Redis, wanted: number): Promise<void> {
  const found = await divisionOf(redis);
  if (found.partitions !== wanted && (found.workers > 0 || found.waiting > 0)) throw new Error(whyNot(found, wanted));
  const mark = async (partition: number) => {
    const isMarked = await redis.run(markScript, keysOf(partition), [String(wanted), String(defaultPartitions)]);
    if (isMarked !== 1) throw new Error(whyNot(await divisionOf(redis), wanted));
  };
  const others = Math.max(wanted, found.partitions) - 1;
  await Promise.all(Array.from({ length: others }, (_, index) => mark(index + 1)));
  // What the first one says is what counts, should this be cut short.
  await mark(0);
}

/** What keeps the queue from being divided into another number now, in words for an operator. */
export function whyNot({ partitions, workers, waiting }: Division, wanted: number): string {
  const at = workers > 0 ? `${workers} of its workers are there` : `${waiting} entries wait in it`;
  return `PARLEY_QUEUE_PARTITIONS: ${wanted}, and the queue in Redis has ${partitions} while ${at}. Set ${partitions} in every process; to change it, stop the gateways, let the workers empty the queue, stop them too, and wait ten seconds.`;
}
