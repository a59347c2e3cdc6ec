import type { Clock } from '../base/clock.ts';
import { continueIdsAfter, newId } from '../base/ids.ts';
import type { InboundEntry } from './channel-adapter.ts';
import { createLanes } from './lanes.ts';
import { laneOf, type MessageQueue, type QueuedEntry } from './message-queue.ts';
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
  count(): Promise<{ depth: number; newestId: string | undefined }>;
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

/**
 * The queue of a single process: entries are rows in the warm store (durable when `push` resolves, committed together
 * with whatever else is written at that moment) and, up to a bound, also in memory, where they wait in a lane for each
 * contact. Finished entries leave the log with the transaction that made them a fact, or are removed afterwards.
 */
export async function createEmbeddedQueue(
  options: EmbeddedQueueOptions,
): Promise<MessageQueue & { revive(row: QueueRow): void }> {
  const { store, clock } = options;
  const lanes = createLanes<QueuedEntry>({
    ...options,
    failed: (entry) => store.failed(entry.id, entry.attempts),
    bury: (entry, reason) => store.bury({ ...rowOf(entry), reason }),
    left: () => {
      depth -= 1;
    },
    pumped: () => {
      if (lanes.held() < options.maxHeld / 2 && readUpTo !== undefined) void fill();
    },
  });
  const stored = await store.count();
  // Read in the order of ids: what comes now stands behind what is there, also where the clock was set back meanwhile.
  continueIdsAfter(stored.newestId ?? '');
  let { depth } = stored;
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

  /** Reads on in the log, where it holds more than memory does. */
  async function fill(): Promise<void> {
    // What is on its way into memory stands before what the log holds beyond it: its end pumps again.
    if (filling || aheadUnderway > 0) return;
    filling = true;
    try {
      await readOn();
    } catch (error) {
      options.onError(error);
      // Nobody else may come by to look again.
      await clock.sleep(1_000);
    } finally {
      filling = false;
    }
    lanes.pump();
  }

  async function readOn(): Promise<void> {
    while (readUpTo !== undefined && lanes.held() < options.maxHeld) {
      const isQuiet = behindUnderway === 0;
      const begun = behindBegun;
      const rows = await store.after(readUpTo, pageSize);
      const entries: QueuedEntry[] = [];
      for (const row of rows) {
        const entry = entryOf(row);
        if (entry === undefined) await putAside(row);
        else entries.push(entry);
      }
      for (const entry of entries) lanes.admit(entry);
      readUpTo = rows.at(-1)?.id ?? readUpTo;
      lastRead = readUpTo;
      if (rows.length > 0) continue;
      // The end of a push that is under way pumps again.
      if (behindUnderway > 0) return;
      // Caught up, unless a push was under way while we read: then nobody may have seen its entries.
      if (isQuiet && begun === behindBegun) readUpTo = undefined;
    }
  }

  /** What nobody can read goes to the dead letters, and what stands behind it goes on. */
  async function putAside(row: QueueRow): Promise<void> {
    await store.bury({ ...row, reason: unreadable });
    depth -= 1;
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
        const lane = laneOf(channelId, entry.contact.externalId);
        return { id: newId(now), channelId, lane, entry, attempts: 0, enqueuedAt: now };
      });
      // While the log is ahead of memory, new entries are read from it in their turn.
      const behind = readUpTo !== undefined || lanes.held() + entries.length > options.maxHeld;
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
      if (!behind) for (const entry of queued) lanes.admit(entry);
      lanes.pump();
    },
    revive: (row) => {
      depth += 1;
      // While the log is ahead of memory, it is read from there in its turn; it may also have been already.
      if (readUpTo === undefined && row.id > lastRead) {
        if (row.id > lastIssued) lastIssued = row.id;
        const entry = entryOf(row);
        if (entry === undefined) putAside(row).catch(options.onError);
        else lanes.admit(entry);
      }
      lanes.pump();
    },
    consume: async (handle, signal) => {
      lanes.start(handle);
      if (readUpTo !== undefined) await fill();
      lanes.pump();
      await new Promise<void>((resolve) => signal.addEventListener('abort', () => resolve(), { once: true }));
      await lanes.stop();
    },
    stats: () => {
      let oldest: number | undefined;
      for (const { enqueuedAt } of lanes.fronts()) {
        if (oldest === undefined || enqueuedAt < oldest) oldest = enqueuedAt;
      }
      return { depth, oldestAgeMs: oldest === undefined ? 0 : Math.max(0, clock.now() - oldest) };
    },
  };
}

/** An entry as the log keeps it. */
export function rowOf(entry: QueuedEntry): QueueRow {
  return {
    id: entry.id,
    channel_id: entry.channelId,
    lane: entry.lane,
    payload: JSON.stringify(entry.entry),
    attempts: entry.attempts,
    enqueued_at: entry.enqueuedAt,
  };
}

/** Undefined where somebody has spoilt the payload. */
export function entryOf(row: QueueRow): QueuedEntry | undefined {
  try {
    return {
      id: row.id,
      channelId: row.channel_id,
      lane: row.lane,
      entry: JSON.parse(row.payload) as InboundEntry,
      attempts: row.attempts,
      enqueuedAt: row.enqueued_at,
    };
  } catch {
    return undefined;
  }
}

/** The reason of such a dead letter. */
export const unreadable = 'This entry cannot be read: it is not as the queue wrote it.';
