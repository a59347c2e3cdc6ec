import { createHash } from 'node:crypto';
import { type Batcher, createBatcher } from '../../base/batcher.ts';
import type { Clock } from '../../base/clock.ts';
import { newId } from '../../base/ids.ts';
import { entryOf, type QueueRow, rowOf } from '../../gateway/embedded-queue.ts';
import { createLanes } from '../../gateway/lanes.ts';
import type { MessageQueue, QueuedEntry } from '../../gateway/message-queue.ts';
import { Refusal } from '../../gateway/refusal.ts';
import type { Redis } from './redis.ts';
import * as scripts from './redis-queue-scripts.ts';

export interface RedisQueueOptions {
  readonly redis: Redis;
  readonly clock: Clock;
  /** The same on every node, and never changed while entries wait. */
  readonly partitions?: number;
  /** Entries in all partitions together at which `push` refuses with 503; each partition takes its share. */
  readonly maxDepth: number;
  /** Entries that one worker holds in memory. */
  readonly maxHeld: number;
  /** Lanes that one worker works on at once. */
  readonly concurrency: number;
  readonly maxAttempts: number;
  readonly retryMs: (attempt: number) => number;
  /** A worker that says nothing for so long loses its partitions. */
  readonly leaseMs?: number;
  /** Writes a dead letter, for good when it resolves. */
  bury(row: QueueRow & { readonly reason: string }): Promise<void>;
  /**
   * The log that makes a push durable where Redis alone does not; a row leaves it with what the handler commits. Absent:
   * a push is durable when Redis has answered, which asks for `appendfsync always`.
   */
  readonly log?: {
    push(rows: readonly (readonly (string | number)[])[]): Promise<void>;
    after(id: string, limit: number): Promise<QueueRow[]>;
  };
  /** Rows of the log that are older and not in Redis are put there again. */
  readonly logGraceMs?: number;
  /** Redis has lost a partition (FLUSHALL, a data directory that is gone); told by one worker. */
  onLost(lost: { partition: number }): void;
  onError(error: unknown): void;
}

/** A partition while this worker holds its lease. */
interface Tenure {
  readonly partition: number;
  /** On the monotonic clock; renewed before. Nothing is given out later. */
  until: number;
  state: 'active' | 'leaving' | 'over';
  /** Entries in the handler. */
  running: number;
  reading: boolean;
  /** '>' when everything that a former owner left has been read. */
  cursor: string;
  hasMore: boolean;
  readonly tries: ReadonlyMap<string, number>;
}
type HeldEntry = QueuedEntry & { readonly streamId: string; readonly tenure: Tenure };

const pageSize = 200;
const pollMs = 250;
const sampleMs = 1_000;
const registry = 'parley:workers';

/**
 * The queue on Redis Streams. Contacts are spread over partitions; a partition is worked on by one worker at a time,
 * which holds a lease and keeps the order of each contact as the embedded queue does. Every step that depends on the
 * lease checks it in the same script, so that a worker that slept through its lease can take nothing.
 */
export function createRedisQueue(
  options: RedisQueueOptions,
): MessageQueue & { revive(row: QueueRow): Promise<void>; close(): void } {
  const { redis, clock, log, partitions = 16, leaseMs = 10_000, logGraceMs = 5_000 } = options;
  const worker = newId();
  const numbers = Array.from({ length: partitions }, (_, partition) => partition);
  const keys = numbers.map(keysOf);
  const tenures = new Map<number, Tenure>();
  const epochs = new Map<number, string>();
  const pushes = numbers.map(pusher);
  const removals = numbers.map(remover);
  let stats = { depth: 0, oldestAgeMs: 0 };
  let consuming = false;
  let closed = false;

  const lanes = createLanes<HeldEntry>({
    ...options,
    failed: async (entry) => {
      const tries = keys[entry.tenure.partition]?.[3] as string;
      await redis.send(tries, 'HSET', tries, entry.id, String(entry.attempts));
    },
    bury: async (entry, reason) => {
      await options.bury({ ...rowOf(entry), reason });
      void remove(entry);
    },
    left: () => undefined,
    pumped: () => {
      if (lanes.held() < options.maxHeld / 2) for (const tenure of tenures.values()) if (tenure.hasMore) read(tenure);
    },
  });

  const run = (script: (typeof scripts)['pushScript'], partition: number, ...args: string[]) =>
    redis.run(script, keys[partition] as [string, ...string[]], args);

  function pusher(partition: number): Batcher<{ row: QueueRow }, boolean> {
    const bound = String(Math.ceil(options.maxDepth / partitions));
    const publish = redis.isCluster ? 'spublish' : 'publish';
    return createBatcher({
      maxBatch: 256,
      isFault: () => true,
      run: async (items) => {
        const rows = items.flatMap(({ row }) => [row.id, JSON.stringify(row)]);
        const taken = Number(await run(scripts.pushScript, partition, bound, publish, log ? 'unique' : '', ...rows));
        return items.map((_, index) => index < taken);
      },
    });
  }

  function remover(partition: number): Batcher<HeldEntry, undefined> {
    return createBatcher({
      maxBatch: 256,
      isFault: () => true,
      run: async (entries) => {
        await run(scripts.removeScript, partition, ...entries.flatMap((entry) => [entry.streamId, entry.id]));
        return entries.map(() => undefined);
      },
    });
  }

  async function add(rows: readonly QueueRow[]): Promise<void> {
    let taken: boolean[];
    try {
      const adding = rows.map((row) => pushes[partitionOf(row.lane, partitions)]?.add({ row }) as Promise<boolean>);
      taken = await Promise.all(adding);
    } catch (error) {
      if (error instanceof Error && error.message.startsWith('OOM')) throw full('Redis is out of memory', error);
      throw error;
    }
    if (taken.includes(false)) throw full('Too many messages wait to be processed');
  }

  /** What was handled must leave, or the next owner handles it again: tried until it has, or the partition is another's. */
  async function remove(entry: HeldEntry): Promise<void> {
    for (let failures = 0; ; failures++) {
      try {
        await removals[entry.tenure.partition]?.add(entry);
        return;
      } catch (error) {
        if (failures === 0) options.onError(error);
        if (entry.tenure.state === 'over' || closed) return;
        await clock.sleep(1_000);
      }
    }
  }

  const isOurs = (tenure: Tenure) => tenure.state !== 'over' && performance.now() < tenure.until;

  /** What is in memory of a partition that is no longer ours falls out when its turn comes. */
  function end(tenure: Tenure): void {
    tenure.state = 'over';
    if (tenures.get(tenure.partition) === tenure) tenures.delete(tenure.partition);
  }

  function read(tenure: Tenure): void {
    if (tenure.state !== 'active') return;
    if (tenure.reading) {
      tenure.hasMore = true;
      return;
    }
    tenure.reading = true;
    readOn(tenure)
      .catch((error: unknown) => {
        // The stream or its group is gone: it is taken afresh.
        if (String(error).includes('NOGROUP')) end(tenure);
        // Redis is away: not at once again, but with the next look that time brings.
        tenure.hasMore = false;
      })
      .finally(() => {
        tenure.reading = false;
        lanes.pump();
      });
  }

  async function readOn(tenure: Tenure): Promise<void> {
    tenure.hasMore = true;
    while (tenure.state === 'active' && tenure.hasMore && lanes.held() < options.maxHeld) {
      tenure.hasMore = false;
      const reply = await run(scripts.readScript, tenure.partition, worker, String(pageSize), tenure.cursor);
      if (reply === 0) return end(tenure);
      const entries = reply as [string, [string, string]][];
      for (const [streamId, fields] of entries) lanes.admit(heldEntry(tenure, streamId, fields[1]));
      const isRecovering = tenure.cursor !== '>';
      if (isRecovering) tenure.cursor = entries.at(-1)?.[0] ?? '>';
      if (isRecovering || entries.length === pageSize) tenure.hasMore = true;
      lanes.pump();
    }
  }

  function heldEntry(tenure: Tenure, streamId: string, json: string): HeldEntry {
    const entry = entryOf(JSON.parse(json) as QueueRow);
    return { ...entry, attempts: tenure.tries.get(entry.id) ?? entry.attempts, streamId, tenure };
  }

  /** Renews what is ours, gives back what is another's share, and takes what is free of ours. */
  async function share(): Promise<void> {
    const asked = performance.now();
    const present = (await redis.run(scripts.registerScript, [registry], [worker, String(leaseMs)])) as string[];
    // By name: every worker must come to the same division, whoever renewed last.
    const workers = present.toSorted();
    const place = workers.indexOf(worker);
    await Promise.all(
      numbers.map(async (partition) => {
        const isMine = partition % workers.length === place;
        const tenure = tenures.get(partition);
        if (tenure === undefined) {
          if (isMine && consuming) await take(partition);
          return;
        }
        if (!isMine && tenure.state === 'active') tenure.state = 'leaving';
        if (tenure.state === 'leaving' && tenure.running === 0) return give(tenure);
        if (!isOurs(tenure) || (await run(scripts.renewScript, partition, worker, String(leaseMs))) === 0) end(tenure);
        else tenure.until = asked + leaseMs;
      }),
    );
  }

  async function take(partition: number): Promise<void> {
    const asked = performance.now();
    const reply = await run(scripts.takeScript, partition, worker, String(leaseMs), newId());
    if (reply === 0 || !consuming) return;
    const [epoch, made, tries] = reply as [string, number, string[]];
    notice(partition, epoch, made === 1);
    const counted = new Map<string, number>();
    for (let i = 0; i + 1 < tries.length; i += 2) counted.set(tries[i] as string, Number(tries[i + 1]));
    const until = asked + leaseMs;
    const state = { until, state: 'active', running: 0, reading: false, cursor: '0', hasMore: true } as const;
    const tenure: Tenure = { partition, ...state, tries: counted };
    tenures.set(partition, tenure);
    read(tenure);
  }

  /** Nothing is given out any more and nothing runs: the next owner may begin. */
  async function give(tenure: Tenure): Promise<void> {
    end(tenure);
    await removals[tenure.partition]?.drained();
    await run(scripts.releaseScript, tenure.partition, worker);
  }

  function notice(partition: number, epoch: string, isMadeByUs: boolean): void {
    const known = epochs.get(partition);
    epochs.set(partition, epoch);
    if (isMadeByUs && known !== undefined) options.onLost({ partition });
  }

  /** Puts rows of the log into Redis again that are not there: their push, or Redis, died in between. */
  async function mend(): Promise<void> {
    if (log === undefined || !tenures.has(0)) return;
    for (let after = ''; !closed; ) {
      const rows = await log.after(after, 500);
      const due = rows.filter((row) => row.enqueued_at < clock.now() - logGraceMs);
      if (due.length > 0) await add(due);
      if (due.length < 500) return;
      after = due.at(-1)?.id ?? after;
    }
  }

  async function sample(): Promise<void> {
    const samples = await Promise.all(numbers.map((partition) => run(scripts.sampleScript, partition)));
    let depth = 0;
    let oldest: number | undefined;
    for (const [partition, reply] of samples.entries()) {
      const [length, first, epoch] = reply as [number, string, string];
      depth += length;
      const at = Number.parseInt(first, 10);
      if (first !== '' && (oldest === undefined || at < oldest)) oldest = at;
      if (epoch !== '' && !epochs.has(partition)) epochs.set(partition, epoch);
    }
    stats = { depth, oldestAgeMs: oldest === undefined ? 0 : Math.max(0, clock.now() - oldest) };
  }

  const sampling = repeat(sample, sampleMs);
  /** Runs one piece of work after the other; while Redis is away it fails, and is reported once for each outage. */
  function repeat(work: () => Promise<unknown>, everyMs: number): { stop(): Promise<void> } {
    const ending = new AbortController();
    const loop = async () => {
      for (let isFailing = false; !ending.signal.aborted; ) {
        try {
          await work();
          isFailing = false;
        } catch (error) {
          if (!isFailing && !ending.signal.aborted) options.onError(error);
          isFailing = true;
        }
        await clock.sleep(everyMs, ending.signal).catch(() => undefined);
      }
    };
    const ended = loop();
    return {
      stop: () => {
        ending.abort();
        return ended;
      },
    };
  }

  async function handleWith(handle: (entry: QueuedEntry) => Promise<void>, entry: HeldEntry): Promise<void> {
    const { tenure } = entry;
    if (tenure.state === 'active' && !isOurs(tenure)) end(tenure);
    if (tenure.state !== 'active') return;
    tenure.running += 1;
    try {
      await handle(entry);
    } finally {
      tenure.running -= 1;
    }
    void remove(entry);
  }

  function told(_: string, channel: string): void {
    const tenure = tenures.get(keys.findIndex((key) => key[5] === channel));
    if (tenure !== undefined) read(tenure);
  }

  return {
    push: async (channelId, entries) => {
      if (stats.depth + entries.length > options.maxDepth) throw full('Too many messages wait to be processed');
      const now = clock.now();
      const rows = entries.map((entry) => {
        const lane = `${channelId}/${entry.contact.externalId}`.slice(0, 191);
        return rowOf({ id: newId(now), channelId, lane, entry, attempts: 0, enqueuedAt: now });
      });
      if (log === undefined) return add(rows);
      await log.push(rows.map((row) => Object.values(row)));
      // Durable already: what does not reach Redis now is found in the log.
      add(rows).catch(options.onError);
    },
    revive: (row) => add([row]),
    consume: async (handler, signal) => {
      consuming = true;
      lanes.start((entry) => handleWith(handler, entry));
      const channels = keys.map((key) => key[5]);
      let isListening = false;
      const loops = [
        repeat(async () => {
          await share();
          if (isListening) return;
          await redis.subscribe(channels, told);
          isListening = true;
        }, leaseMs / 5),
        repeat(async () => {
          for (const tenure of tenures.values()) read(tenure);
        }, pollMs),
        repeat(mend, Math.max(100, logGraceMs / 2)),
      ];
      if (!signal.aborted) {
        await new Promise<void>((resolve) => signal.addEventListener('abort', () => resolve(), { once: true }));
      }
      consuming = false;
      // The leases are renewed until the last entry has ended.
      await lanes.stop();
      await Promise.all(loops.map((loop) => loop.stop()));
      const leaving = [...tenures.values()].map(give);
      const farewell = redis.run(scripts.registerScript, [registry], [worker, '0']);
      // Redis may be away: leases and registry run out by themselves.
      await Promise.allSettled([...leaving, farewell, redis.unsubscribe(channels, told)]);
    },
    stats: () => stats,
    close: () => {
      closed = true;
      void sampling.stop();
    },
  };
}

/** Keys of one partition, in one slot of a cluster. */
function keysOf(partition: number): [string, string, string, string, string, string] {
  const key = (name: string) => `parley:{q${partition}}:${name}`;
  return [key('in'), key('owner'), key('epoch'), key('tries'), key('ids'), key('new')];
}

function partitionOf(lane: string, partitions: number): number {
  return createHash('sha1').update(lane).digest().readUInt32BE() % partitions;
}

function full(what: string, cause?: unknown): Refusal {
  return new Refusal('unavailable', `${what}: send it again later.`, { retryAfterMs: 5_000, cause });
}
