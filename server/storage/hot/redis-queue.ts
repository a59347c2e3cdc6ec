import { type Batcher, createBatcher } from '../../base/batcher.ts';
import type { Clock } from '../../base/clock.ts';
import { newId } from '../../base/ids.ts';
import { entryOf, type QueueRow, rowOf, unreadable } from '../../gateway/embedded-queue.ts';
import { createLanes } from '../../gateway/lanes.ts';
import { laneOf, type MessageQueue, type QueuedEntry } from '../../gateway/message-queue.ts';
import { Refusal } from '../../gateway/refusal.ts';
import type { Redis } from './redis.ts';
import { defaultPartitions, keysOf, ownersOf, partitionOf, registry } from './redis-partitions.ts';
import * as scripts from './redis-queue-scripts.ts';

export interface RedisQueueOptions {
  readonly redis: Redis;
  readonly clock: Clock;
  /** The same on every node, which `agreeOnPartitions` has made sure of. */
  readonly partitions?: number;
  /** Entries in all partitions together at which `push` refuses with 503; each partition takes its share. */
  readonly maxDepth: number;
  /** Entries that one worker holds in memory. */
  readonly maxHeld: number;
  /** Lanes that one worker works on at once. */
  readonly concurrency: number;
  readonly maxAttempts: number;
  readonly retryMs: (attempt: number) => number;
  /** See `queueLeaseMs`. */
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
  /**
   * Redis has lost a partition (FLUSHALL, a data directory that is gone); told by one process.
   *
   * @param lost.entries how many lay there at the last look, and are not in its memory; 0 where the log has them
   */
  onLost(lost: { partition: number; entries: number }): void;
  onError(error: unknown): void;
}

/** What a partition was when this process last looked at it, and since when it is not that any more. */
interface Look {
  readonly epoch: string;
  readonly depth: number;
  readonly at: number;
  goneAt?: number;
}

/** A partition while this worker holds its lease. */
interface Tenure {
  readonly partition: number;
  /** On the monotonic clock; renewed before. Nothing is given out later. */
  until: number;
  /** When the lease was taken, on the same clock. */
  since: number;
  /** Under way when the lease was found to be gone. */
  retaking: Promise<void> | undefined;
  state: 'active' | 'leaving' | 'over';
  /** Entries in the handler. */
  running: number;
  reading: boolean;
  /** '>' when everything that a former owner left has been read. */
  cursor: string;
  hasMore: boolean;
  /** Stream ids of what was read and is not yet removed. */
  readonly held: Set<string>;
  readonly tries: ReadonlyMap<string, number>;
}
type HeldEntry = QueuedEntry & { readonly streamId: string; readonly tenure: Tenure };
type Leaving = Pick<HeldEntry, 'id' | 'streamId' | 'tenure'>;

const pageSize = 200;
const pollMs = 250;
/** A worker that says nothing for so long loses its partitions. */
export const queueLeaseMs = 10_000;
/** How often a worker renews its leases, and looks which partitions are its own: so many times in the time of a lease. */
export const looksInLease = 5;
/** Every process looks at every partition: the more there are, the more seldom. */
const sampleMs = (partitions: number) => Math.min(5_000, Math.max(1_000, partitions * 15));
/** A loss that no worker has told of by then, because none was there or awake, is told by whoever saw it. */
const tellMs = 3_000;

/**
 * The queue on Redis Streams. Contacts are spread over partitions; a partition is worked on by one worker at a time,
 * which holds a lease and keeps the order of each contact as the embedded queue does. Every step that depends on the
 * lease checks it in the same script, so that a worker that slept through its lease can take nothing.
 */
export function createRedisQueue(
  options: RedisQueueOptions,
): MessageQueue & { revive(row: QueueRow): Promise<void>; close(): void } {
  const { redis, clock, log, partitions = defaultPartitions, leaseMs = queueLeaseMs, logGraceMs = 5_000 } = options;
  const worker = newId();
  const numbers = Array.from({ length: partitions }, (_, partition) => partition);
  const keys = numbers.map(keysOf);
  const partitionAt = new Map(keys.map((key, partition) => [key[5], partition]));
  const publish = redis.isCluster ? 'spublish' : 'publish';
  const tenures = new Map<number, Tenure>();
  const seen = new Map<number, Look>();
  const taking = new Set<number>();
  /** Partitions of our share, of whose news we hear. */
  const heard = new Set<number>();
  /** Of each partition. */
  const bound = Math.ceil(options.maxDepth / partitions);
  /** Entries of pushes that have found room and are not in Redis yet. */
  const underway = numbers.map(() => 0);
  const pushes = numbers.map(pusher);
  const removals = numbers.map(remover);
  let stats = { depth: 0, oldestAgeMs: 0 };
  /** Entries of each partition, as far as is known. */
  let lengths = numbers.map(() => 0);
  /** Redis does not tell: what we take meanwhile into the log is counted here, so that there is a bound without it too. */
  let isBlind = false;
  let consuming = false;
  let closed = false;
  let hasBeenDivided = false;
  let division: { of: string; owners: readonly string[] } = { of: '', owners: [] };

  const lanes = createLanes<HeldEntry>({
    ...options,
    failed: async (entry) => {
      await run(scripts.failedScript, entry.tenure.partition, entry.id, String(entry.attempts));
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

  function pusher(partition: number): Batcher<{ row: QueueRow; isBounded: boolean }, boolean> {
    return createBatcher({
      maxBatch: 256,
      isFault: () => true,
      run: async (items) => {
        const rows = items.flatMap(({ row, isBounded }) => [row.id, JSON.stringify(row), isBounded ? '1' : '']);
        const unique = log ? 'unique' : '';
        const taken = await run(
          scripts.pushScript,
          partition,
          String(bound),
          publish,
          unique,
          String(partitions),
          ...rows,
        );
        return (taken as number[]).map((each) => each === 1);
      },
    });
  }

  function remover(partition: number): Batcher<Leaving, undefined> {
    return createBatcher({
      maxBatch: 256,
      isFault: () => true,
      run: async (entries) => {
        await run(scripts.removeScript, partition, ...entries.flatMap((entry) => [entry.streamId, entry.id]));
        return entries.map(() => undefined);
      },
    });
  }

  async function add(rows: readonly QueueRow[], isBounded = true): Promise<void> {
    let taken: boolean[];
    try {
      const adding = rows.map(
        (row) => pushes[partitionOf(row.lane, partitions)]?.add({ row, isBounded }) as Promise<boolean>,
      );
      taken = await Promise.all(adding);
    } catch (error) {
      if (!(error instanceof Error)) throw error;
      if (error.message.startsWith('OOM')) throw new QueueFull('Redis is out of memory', error);
      if (!error.message.startsWith('PARTITIONS')) throw error;
      if (!hasBeenDivided) options.onError(error);
      hasBeenDivided = true;
      throw new QueueFull('The queue was divided anew, and this process has to be started again', error);
    }
    if (taken.includes(false)) throw new QueueFull('Too many messages wait to be processed');
  }

  /**
   * Takes all of them or none. What is refused comes again whole: were a part of it taken, every repeat would fill the
   * queue with what waits there already. So room is looked for first, and the bound may be exceeded by one such push of
   * each process.
   */
  async function addTogether(rows: readonly QueueRow[]): Promise<void> {
    if (rows.length === 1) return add(rows);
    const places = rows.map((row) => partitionOf(row.lane, partitions));
    const wanted = [...new Set(places)];
    const others = wanted.map((partition) => underway[partition] ?? 0);
    const count = (by: number) => {
      for (const place of places) underway[place] = (underway[place] ?? 0) + by;
    };
    count(1);
    try {
      const counts = await Promise.all(wanted.map((partition) => run(scripts.lengthScript, partition)));
      const isOver = counts.some((length, at) => Number(length) + (others[at] ?? 0) >= bound);
      if (isOver) throw new QueueFull('Too many messages wait to be processed');
      await add(rows, false);
    } finally {
      count(-1);
    }
  }

  /** What was handled must leave, or the next owner handles it again: tried until it has, or the partition is another's. */
  async function remove(entry: Leaving): Promise<void> {
    for (let failures = 0; ; failures++) {
      try {
        await removals[entry.tenure.partition]?.add(entry);
        entry.tenure.held.delete(entry.streamId);
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
        // Redis is away: not at once again, but with the next look that time brings. The answer may have been lost when
        // Redis had given the entries out already, so that look begins with what counts as given out.
        tenure.cursor = '0';
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
      const asked = performance.now();
      const reply = await run(scripts.readScript, tenure.partition, worker, String(pageSize), tenure.cursor);
      if (reply === 0) return lostLease(tenure, asked);
      const entries = reply as [string, string[]][];
      for (const [streamId, fields] of entries) {
        if (tenure.held.has(streamId)) continue;
        tenure.held.add(streamId);
        admit(tenure, streamId, fields);
      }
      const isRecovering = tenure.cursor !== '>';
      if (isRecovering) tenure.cursor = entries.at(-1)?.[0] ?? '>';
      if (isRecovering || entries.length === pageSize) tenure.hasMore = true;
      lanes.pump();
    }
  }

  function admit(tenure: Tenure, streamId: string, fields: readonly string[]): void {
    const row = readRow(fields[1]);
    const entry = row === undefined ? undefined : entryOf(row);
    if (entry === undefined) void putAside(tenure, streamId, row ?? strangeRow(streamId, fields));
    else lanes.admit({ ...entry, attempts: tenure.tries.get(entry.id) ?? entry.attempts, streamId, tenure });
  }

  /** What nobody can read is no entry of any lane: it goes to the dead letters, and what stands behind it goes on. */
  async function putAside(tenure: Tenure, streamId: string, row: QueueRow): Promise<void> {
    try {
      await options.bury({ ...row, reason: unreadable });
    } catch (error) {
      options.onError(error);
      // Read again with what counts as given out.
      tenure.held.delete(streamId);
      tenure.cursor = '0';
      return;
    }
    await remove({ id: row.id, streamId, tenure });
  }

  /** Renews what is ours, gives back what is another's share, and takes what is free of ours. */
  async function share(): Promise<void> {
    const asked = performance.now();
    const present = (await redis.run(scripts.registerScript, [registry], [worker, String(leaseMs)])) as string[];
    // By name: every worker must come to the same division, whoever renewed last.
    const workers = present.toSorted();
    const of = workers.join();
    if (division.of !== of) division = { of, owners: ownersOf(partitions, workers) };
    await Promise.all(
      numbers.flatMap((partition) => {
        const isMine = division.owners[partition] === worker;
        return [hold(partition, isMine, asked), listen(partition, isMine && consuming)];
      }),
    );
  }

  async function hold(partition: number, isMine: boolean, asked: number): Promise<void> {
    const tenure = tenures.get(partition);
    if (tenure === undefined) {
      if (isMine && consuming) await take(partition);
      return;
    }
    if (!isMine && tenure.state === 'active') tenure.state = 'leaving';
    if (hasLeft(tenure)) return give(tenure);
    if (!isOurs(tenure)) return end(tenure);
    const isRenewed = (await run(scripts.renewScript, partition, worker, String(leaseMs))) !== 0;
    if (!isRenewed) return lostLease(tenure, asked);
    tenure.until = Math.max(tenure.until, asked + leaseMs);
  }

  const hasLeft = ({ state, running }: Tenure) => state === 'leaving' && running === 0;

  /** Nobody hears of partitions that are not its own: the more workers there were, the more each entry would cost. */
  async function listen(partition: number, isMine: boolean): Promise<void> {
    if (isMine === heard.has(partition)) return;
    const channels = [keys[partition]?.[5] as string];
    if (isMine) await redis.subscribe(channels, told);
    else await redis.unsubscribe(channels, told);
    if (isMine) heard.add(partition);
    else heard.delete(partition);
  }

  async function take(partition: number): Promise<void> {
    if (taking.has(partition) || tenures.has(partition)) return;
    taking.add(partition);
    await takeFree(partition).finally(() => taking.delete(partition));
  }

  /** Undefined where another worker has it. `held`: how many of its entries are in our memory. */
  async function lease(partition: number, held: number) {
    const asked = performance.now();
    const reply = await run(scripts.takeScript, partition, worker, String(leaseMs), newId(), String(partitions));
    if (reply === 0) return undefined;
    const [epoch, made, tries] = reply as [string, number, string[]];
    const before = seen.get(partition);
    const isOther = before !== undefined && before.epoch !== epoch;
    if (before === undefined) seen.set(partition, { epoch, depth: 0, at: asked });
    else if (isOther && asked - before.at < 2 * sampleMs(partitions)) {
      seen.set(partition, { epoch, depth: 0, at: asked });
      tell(partition, before, Math.max(0, before.depth - held)).catch(options.onError);
    }
    return { until: asked + leaseMs, since: performance.now(), isMadeAnew: made === 1, tries };
  }

  /** The loss of what it was is told once, by whichever process is first. */
  async function tell(partition: number, lost: Look, entries: number): Promise<void> {
    const isFirst = (await run(scripts.tellScript, partition, lost.epoch)) === 1;
    if (isFirst) options.onLost({ partition, entries: log === undefined ? entries : 0 });
  }

  async function lookAt(partition: number, epoch: string, depth: number): Promise<void> {
    const known = seen.get(partition);
    const at = performance.now();
    if (known === undefined || known.epoch === epoch) {
      if (epoch !== '') seen.set(partition, { epoch, depth, at });
      return;
    }
    known.goneAt ??= at;
    if (at - known.goneAt < tellMs) return;
    await tell(partition, known, known.depth);
    if (seen.get(partition) !== known) return;
    // What lies there now may be lost before the next look.
    if (epoch === '') seen.delete(partition);
    else seen.set(partition, { epoch, depth, at });
  }

  async function takeFree(partition: number): Promise<void> {
    const taken = await lease(partition, 0);
    if (taken === undefined || !consuming) return;
    const { until, since } = taken;
    const tries = new Map<string, number>();
    for (let i = 0; i + 1 < taken.tries.length; i += 2) tries.set(taken.tries[i] as string, Number(taken.tries[i + 1]));
    const state = { state: 'active', running: 0, reading: false, cursor: '0', hasMore: true } as const;
    const tenure: Tenure = { partition, until, since, retaking: undefined, ...state, held: new Set(), tries };
    tenures.set(partition, tenure);
    read(tenure);
  }

  /**
   * The lease that was ours when we `asked` is not. Where Redis has lost the whole partition, and nobody was faster than
   * we, it goes on with what is in our memory: that lies nowhere else now.
   */
  function lostLease(tenure: Tenure, asked: number): Promise<void> {
    if (tenure.state !== 'active') end(tenure);
    if (tenure.state === 'over' || tenure.since > asked) return Promise.resolve();
    tenure.retaking ??= retake(tenure).finally(() => {
      tenure.retaking = undefined;
    });
    return tenure.retaking;
  }

  async function retake(tenure: Tenure): Promise<void> {
    const taken = await lease(tenure.partition, tenure.held.size);
    if (taken?.isMadeAnew !== true) return end(tenure);
    tenure.until = taken.until;
    tenure.since = taken.since;
    tenure.cursor = '0';
    tenure.hasMore = true;
  }

  /** Nothing is given out any more and nothing runs: the next owner may begin. */
  async function give(tenure: Tenure): Promise<void> {
    end(tenure);
    await removals[tenure.partition]?.drained();
    await run(scripts.releaseScript, tenure.partition, worker, publish);
  }

  /** Puts rows of the log into Redis again that are not there: their push, or Redis, died in between. */
  async function mend(): Promise<void> {
    if (log === undefined || !tenures.has(0)) return;
    for (let after = ''; !closed; ) {
      const rows = await log.after(after, 500);
      // What seems to come from the future was written before the clock was set back.
      const due = rows.filter((row) => Math.abs(clock.now() - row.enqueued_at) > logGraceMs);
      if (due.length > 0) await add(due);
      if (due.length < 500) return;
      after = due.at(-1)?.id ?? after;
    }
  }

  async function sample(): Promise<void> {
    isBlind = true;
    const samples = await Promise.all(numbers.map((partition) => run(scripts.sampleScript, partition)));
    isBlind = false;
    lengths = samples.map((reply) => (reply as [number])[0]);
    let depth = 0;
    let oldestAgeMs = 0;
    for (const [partition, reply] of samples.entries()) {
      const [length, ageMs, epoch] = reply as [number, number, string];
      depth += length;
      oldestAgeMs = Math.max(oldestAgeMs, ageMs);
      await lookAt(partition, epoch, length);
    }
    stats = { depth, oldestAgeMs };
  }

  const sampling = repeat(sample, sampleMs(partitions));
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
      void remove(entry);
    } finally {
      tenure.running -= 1;
      // Whose share it is now waits for it.
      if (hasLeft(tenure)) give(tenure).catch(options.onError);
    }
  }

  /** Something was put into a partition of our share, or its former owner has let go of it. */
  function told(news: string, channel: string): void {
    const partition = partitionAt.get(channel) as number;
    const tenure = tenures.get(partition);
    if (tenure !== undefined) read(tenure);
    else if (news === 'free' && consuming) take(partition).catch(options.onError);
  }

  return {
    push: async (channelId, entries) => {
      if (stats.depth + entries.length > options.maxDepth)
        throw new QueueFull('Too many messages wait to be processed');
      const now = clock.now();
      const rows = entries.map((entry) => {
        const lane = laneOf(channelId, entry.contact.externalId);
        return rowOf({ id: newId(now), channelId, lane, entry, attempts: 0, enqueuedAt: now });
      });
      if (log === undefined) return addTogether(rows);
      const places = rows.map((row) => partitionOf(row.lane, partitions));
      if (places.some((place) => (lengths[place] ?? 0) >= bound))
        throw new QueueFull('Too many messages wait to be processed');
      await log.push(rows.map((row) => Object.values(row)));
      if (isBlind) stats = { ...stats, depth: stats.depth + rows.length };
      // Durable already: what does not reach Redis now is found in the log.
      add(rows).catch((error: unknown) => {
        // Not a second one into the log, until somebody has looked again.
        if (error instanceof QueueFull) for (const place of places) lengths[place] = bound;
        else options.onError(error);
      });
    },
    revive: (row) => add([row]),
    consume: async (handler, signal) => {
      consuming = true;
      lanes.start((entry) => handleWith(handler, entry));
      const loops = [
        repeat(share, leaseMs / looksInLease),
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
      const deaf = [...heard].map((partition) => listen(partition, false));
      // Redis may be away: leases and registry run out by themselves.
      await Promise.allSettled([...leaving, farewell, ...deaf]);
    },
    stats: () => stats,
    close: () => {
      closed = true;
      void sampling.stop();
    },
  };
}

/** What the push script wrote; undefined where something else wrote there. */
function readRow(json: string | undefined): QueueRow | undefined {
  try {
    const row = JSON.parse(json ?? '') as Partial<QueueRow> | null;
    const texts = [row?.id, row?.channel_id, row?.lane, row?.payload];
    return texts.every((text) => typeof text === 'string') ? (row as QueueRow) : undefined;
  } catch {
    return undefined;
  }
}

/** A row for the dead letters of what is none. */
function strangeRow(streamId: string, fields: readonly string[]): QueueRow {
  const enqueued_at = Number.parseInt(streamId, 10);
  return { id: newId(), channel_id: '', lane: '', payload: fields.join(' '), attempts: 0, enqueued_at };
}

/** There is no room in the queue, or none that this process may use; a Redis that is away says `unavailable` otherwise. */
class QueueFull extends Refusal {
  constructor(what: string, cause?: unknown) {
    super('unavailable', `${what}: send it again later.`, { retryAfterMs: 5_000, cause });
  }
}
