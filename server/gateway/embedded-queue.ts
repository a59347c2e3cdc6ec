import type { Clock } from '../base/clock.ts';
import { newId } from '../base/ids.ts';
import type { InboundEntry } from './channel-adapter.ts';
import { type MessageQueue, type QueuedEntry, TryLater } from './message-queue.ts';
import { Refusal } from './refusal.ts';

/** The queue's rows as the store gives them. */
export interface QueueRow {
  readonly id: string;
  readonly channel_id: string;
  readonly lane: string;
  readonly payload: string;
  readonly attempts: number;
  readonly enqueued_at: number;
}

/** What the embedded queue needs of a store: a log with keys in the order of arrival. */
export interface QueueStore {
  push(rows: readonly (readonly (string | number)[])[]): Promise<void>;
  after(id: string, limit: number): Promise<QueueRow[]>;
  count(): Promise<{ depth: number; oldestAt: number | undefined }>;
  remove(ids: readonly string[]): Promise<void>;
  failed(id: string, attempts: number): Promise<void>;
  bury(row: QueueRow & { readonly reason: string }): Promise<void>;
}

export interface EmbeddedQueueOptions {
  readonly store: QueueStore;
  readonly clock: Clock;
  /** Entries in the log at which `push` refuses with 503. */
  readonly maxDepth: number;
  /** Entries held in memory; what is beyond is read from the log when there is room. */
  readonly maxHeld: number;
  /** Lanes that are worked on at once. */
  readonly concurrency: number;
  /** Failed tries after which an entry goes to the dead letters. */
  readonly maxAttempts: number;
  readonly retryMs: (attempt: number) => number;
  readonly onError: (error: unknown) => void;
}

/** Entries read from the log at once. */
const pageSize = 500;

/** One contact's entries: worked on one after the other. */
type Lane = { readonly entries: QueuedEntry[]; busy: boolean };

/**
 * The queue of a single process: entries are rows in the warm store (durable when `push` resolves, committed together
 * with whatever else is written at that moment) and, up to a bound, also in memory, where they wait in a lane for each
 * contact. Finished entries leave the log with the transaction that made them a fact, or are removed afterwards.
 */
export async function createEmbeddedQueue(
  options: EmbeddedQueueOptions,
): Promise<MessageQueue & { revive(row: QueueRow): void }> {
  const { store, clock } = options;
  const lanes = new Map<string, Lane>();
  const ready: Lane[] = [];
  let held = 0;
  let depth = (await store.count()).depth;
  /** Everything up to here has been read into memory; undefined: all of it. */
  let readUpTo: string | undefined = depth === 0 ? undefined : '';
  /** The newest id that went into memory or is on its way there, and the newest that was read from the log. */
  let lastIssued = '';
  let lastRead = '';
  /** Pushes on their way: into log and memory, and into the log alone (of those also how many there ever were). */
  let aheadUnderway = 0;
  let behindUnderway = 0;
  let behindBegun = 0;
  let filling = false;
  let running = 0;
  let handler: ((entry: QueuedEntry) => Promise<void>) | undefined;
  let finished: (() => void) | undefined;

  function admit(entry: QueuedEntry): void {
    let lane = lanes.get(entry.lane);
    if (lane === undefined) {
      lane = { entries: [], busy: false };
      lanes.set(entry.lane, lane);
    }
    lane.entries.push(entry);
    held += 1;
    if (!lane.busy && lane.entries.length === 1) ready.push(lane);
  }

  function pump(): void {
    while (handler !== undefined && running < options.concurrency) {
      const lane = ready.shift();
      if (lane === undefined) break;
      lane.busy = true;
      running += 1;
      void work(lane, handler);
    }
    if (held < options.maxHeld / 2 && readUpTo !== undefined) fill().catch(options.onError);
  }

  async function work(lane: Lane, handle: (entry: QueuedEntry) => Promise<void>): Promise<void> {
    const entry = lane.entries[0] as QueuedEntry;
    const retryMs = await attempt(entry, handle);
    running -= 1;
    if (retryMs === undefined) {
      lane.entries.shift();
      held -= 1;
      depth -= 1;
    }
    if (retryMs !== undefined && retryMs > 0) rest(lane, retryMs);
    else release(lane, entry.lane);
    if (running === 0 && handler === undefined) finished?.();
    pump();
  }

  function release(lane: Lane, name: string): void {
    lane.busy = false;
    if (lane.entries.length > 0) ready.push(lane);
    else lanes.delete(name);
  }

  /** A lane that failed waits aside: it keeps its contact's order and nobody else's place. */
  function rest(lane: Lane, ms: number): void {
    void clock.sleep(ms).then(() => {
      lane.busy = false;
      ready.push(lane);
      pump();
    });
  }

  /** Undefined when the entry has left the queue; else the time after which to try it again. */
  async function attempt(
    entry: QueuedEntry,
    handle: (entry: QueuedEntry) => Promise<void>,
  ): Promise<number | undefined> {
    try {
      await handle(entry);
      return undefined;
    } catch (error) {
      return afterFailure(entry, error);
    }
  }

  async function afterFailure(entry: QueuedEntry, error: unknown): Promise<number | undefined> {
    const later = error instanceof TryLater || (error instanceof Refusal && error.code === 'unavailable');
    if (later) return options.retryMs(1);
    options.onError(error);
    entry.attempts += 1;
    try {
      if (entry.attempts >= options.maxAttempts) {
        await store.bury({ ...rowOf(entry), reason: (error as Error).message });
        return undefined;
      }
      await store.failed(entry.id, entry.attempts);
    } catch (storeError) {
      options.onError(storeError);
    }
    return options.retryMs(entry.attempts);
  }

  /** Reads on in the log, where it holds more than memory does. */
  async function fill(): Promise<void> {
    // What is on its way into memory stands before what the log holds beyond it: its end pumps again.
    if (filling || aheadUnderway > 0) return;
    filling = true;
    try {
      while (readUpTo !== undefined && held < options.maxHeld) {
        const isQuiet = behindUnderway === 0;
        const begun = behindBegun;
        const rows = await store.after(readUpTo, pageSize);
        for (const row of rows) admit(entryOf(row));
        readUpTo = rows.at(-1)?.id ?? readUpTo;
        lastRead = readUpTo;
        if (rows.length > 0) continue;
        // The end of a push that is under way pumps again.
        if (behindUnderway > 0) return;
        // Caught up, unless a push was under way while we read: then nobody may have seen its entries.
        if (isQuiet && begun === behindBegun) readUpTo = undefined;
      }
    } finally {
      filling = false;
    }
    pump();
  }

  return {
    push: async (channelId, entries) => {
      if (depth + entries.length > options.maxDepth) {
        throw new Refusal('unavailable', 'Too many messages wait to be processed: send it again later.', {
          retryAfterMs: 5_000,
        });
      }
      depth += entries.length;
      const now = clock.now();
      const queued = entries.map((entry): QueuedEntry => {
        const lane = `${channelId}/${entry.contact.externalId}`.slice(0, 191);
        return { id: newId(now), channelId, lane, entry, attempts: 0, enqueuedAt: now };
      });
      // While the log is ahead of memory, new entries are read from it in their turn.
      const behind = readUpTo !== undefined || held + entries.length > options.maxHeld;
      if (behind) {
        readUpTo ??= lastIssued;
        behindUnderway += 1;
        behindBegun += 1;
      } else aheadUnderway += 1;
      lastIssued = queued.at(-1)?.id ?? lastIssued;
      try {
        await store.push(queued.map((entry) => Object.values(rowOf(entry))));
      } catch (error) {
        depth -= entries.length;
        throw error;
      } finally {
        if (behind) behindUnderway -= 1;
        else aheadUnderway -= 1;
      }
      if (!behind) for (const entry of queued) admit(entry);
      pump();
    },
    revive: (row) => {
      depth += 1;
      // While the log is ahead of memory, it is read from there in its turn; it may also have been already.
      if (readUpTo === undefined && row.id > lastRead) {
        if (row.id > lastIssued) lastIssued = row.id;
        admit(entryOf(row));
      }
      pump();
    },
    consume: async (handle, signal) => {
      handler = handle;
      if (readUpTo !== undefined) await fill();
      pump();
      await new Promise<void>((resolve) => signal.addEventListener('abort', () => resolve(), { once: true }));
      handler = undefined;
      if (running > 0) await new Promise<void>((resolve) => (finished = resolve));
    },
    stats: () => {
      let oldest: number | undefined;
      for (const { entries } of lanes.values()) {
        const at = entries[0]?.enqueuedAt;
        if (at !== undefined && (oldest === undefined || at < oldest)) oldest = at;
      }
      return { depth, oldestAgeMs: oldest === undefined ? 0 : Math.max(0, clock.now() - oldest) };
    },
  };
}

function rowOf(entry: QueuedEntry): QueueRow {
  return {
    id: entry.id,
    channel_id: entry.channelId,
    lane: entry.lane,
    payload: JSON.stringify(entry.entry),
    attempts: entry.attempts,
    enqueued_at: entry.enqueuedAt,
  };
}

function entryOf(row: QueueRow): QueuedEntry {
  return {
    id: row.id,
    channelId: row.channel_id,
    lane: row.lane,
    entry: JSON.parse(row.payload) as InboundEntry,
    attempts: row.attempts,
    enqueuedAt: row.enqueued_at,
  };
}
