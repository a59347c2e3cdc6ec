import { Heap } from '../base/heap.ts';

/** A conversation that waits for an agent. */
export interface Waiting {
  readonly id: string;
  /** Since when it waits; the queue is in this order. */
  readonly queuedAt: number;
}

/** Known at a time: enough for every agent to get one, and few enough to be held in memory whatever waits. */
const known = 2_000;

/** Before everybody. */
const front: Waiting = { id: '0', queuedAt: -1 };

const isBefore = (a: Waiting, b: Waiting): boolean =>
  a.queuedAt < b.queuedAt || (a.queuedAt === b.queuedAt && Number(a.id) < Number(b.id));

/**
 * The front of the queue: the first who wait, in memory; the store has those behind them, and gives more when these
 * become few. What is told of is added where it belongs and what has left is forgotten; whatever was not told of is found
 * when the store is asked again.
 */
export interface WaitingQueue {
  add(entry: Waiting): void;
  remove(id: string): void;
  /** The first who waits. */
  first(): Waiting | undefined;
  /** Reads the front anew: what others have written, and we were not told. `isKept`: left out. */
  lookAgain(isKept: (id: string) => boolean): Promise<void>;
  /** Few are left of those who come next, and the store has more that nobody is reading. */
  readonly wantsMore: boolean;
  /** Reads on. */
  fill(isKept: (id: string) => boolean): Promise<void>;
  /** How many wait here, and whether the store has more. */
  readonly size: number;
  readonly hasMore: boolean;
}

/** @param read the first who wait behind the given one, in the order of the queue */
export function createWaitingQueue(
  read: (after: Waiting | undefined, limit: number) => Promise<readonly Waiting[]>,
  limit: number = known,
): WaitingQueue {
  const heap = new Heap<Waiting>(isBefore);
  /** Who is really waiting; the heap may hold entries that have left. */
  const waiting = new Map<string, Waiting>();
  /** Where what is known ends: whoever waits behind it is in the store alone. Undefined: everybody is known. */
  let end: Waiting | undefined;
  /** Somebody behind the end came while the store was being read. */
  let isOvertaken = false;
  let last: Promise<number> | undefined;
  let isFilling = false;

  function insert(entry: Waiting): void {
    if (waiting.has(entry.id)) return;
    waiting.set(entry.id, entry);
    heap.push(entry);
  }

  const isBeyond = (entry: Waiting): boolean => end !== undefined && isBefore(end, entry);

  /** What has left is dropped here, so that it neither counts nor piles up. */
  function top(): Waiting | undefined {
    for (let next = heap.peek(); next !== undefined; next = heap.peek()) {
      if (waiting.get(next.id) === next) return next;
      heap.pop();
    }
    return undefined;
  }

  function add(entry: Waiting): void {
    // From here on the store remembers for us: what is known ends with the last of them.
    if (end === undefined && waiting.size >= limit)
      end = [...waiting.values()].reduce((a, b) => (isBefore(a, b) ? b : a));
    if (isBeyond(entry) && waiting.size >= limit) isOvertaken = true;
    else insert(entry);
  }

  /** One after the other: each says anew where what is known ends. */
  function readOn(after: Waiting | undefined, isKept: (id: string) => boolean): Promise<number> {
    const reading = (last ?? Promise.resolve(0)).catch(() => 0).then(() => readNow(after, isKept));
    last = reading;
    return reading;
  }

  async function readNow(after: Waiting | undefined, isKept: (id: string) => boolean): Promise<number> {
    isOvertaken = false;
    const rows = await read(after, limit);
    for (const entry of rows) if (!isKept(entry.id)) insert(entry);
    // Who came meanwhile, and found no place here, may stand before those that were read.
    if (isOvertaken) end = after ?? front;
    else end = rows.length === limit ? rows.at(-1) : undefined;
    return rows.length;
  }

  return {
    add,
    remove: (id) => {
      waiting.delete(id);
    },
    first: () => {
      const next = top();
      // Those in the store come first.
      return next === undefined || isBeyond(next) ? undefined : next;
    },
    lookAgain: async (isKept) => {
      await readOn(undefined, isKept);
    },
    get wantsMore() {
      if (end === undefined || isFilling) return false;
      const next = top();
      return waiting.size <= limit / 2 || (next !== undefined && isBeyond(next));
    },
    fill: async (isKept) => {
      isFilling = true;
      try {
        await readOn(end, isKept);
      } finally {
        isFilling = false;
      }
    },
    get size() {
      return waiting.size;
    },
    get hasMore() {
      return end !== undefined;
    },
  };
}
