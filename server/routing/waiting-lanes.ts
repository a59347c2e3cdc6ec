/** A conversation's place in the queue. */
export interface Place {
  readonly id: string;
  /** Since when it waits; the queue is in this order. */
  readonly queuedAt: number;
}

/** Those that wait for one group, as the store has it; null: no group was said. */
export type LaneId = string | null;

/** Of one lane known at a time: enough for every agent to get one, and few enough to be held whatever waits. */
const known = 2_000;
/** Looked at again at one time: lanes that are longer together take turns. */
const lookedAt = 10_000;

/** Before everybody. */
const front: Place = { id: '0', queuedAt: -1 };

const isBefore = (a: Place, b: Place): boolean =>
  a.queuedAt < b.queuedAt || (a.queuedAt === b.queuedAt && Number(a.id) < Number(b.id));

interface Lane {
  readonly id: LaneId;
  readonly places: Map<string, Place>;
  /** Where what is known ends: whoever waits behind it is in the store alone. Undefined: everybody is known. */
  end: Place | undefined;
  /** Somebody behind the end came while the store was being read. */
  isOvertaken: boolean;
  isFilling: boolean;
  last: Promise<unknown>;
}

/**
 * Which of those that wait are known here: of each group the first 2,000, in the order in which they came. The store has
 * those behind them, and gives more when half of these are gone: so memory is bounded by the number of groups, whatever
 * waits. Groups are apart so that a long queue of one hides nobody of another.
 *
 * What it means for the order: among those that are known, priorities count as they should. In a group in which more wait
 * an urgent one is known at once when its priority puts it before the last that is known; else it is passed by those
 * before it until it comes near, as by the order in which they came.
 *
 * What comes back from agents stands where it stood, before the end: so their number is bounded by what agents held.
 */
export interface WaitingLanes {
  /**
   * It waits.
   * @param worthMs what its priority is worth
   * @returns false: its lane has more than are known, and it stands behind them
   */
  add(lane: LaneId, place: Place, worthMs: number): boolean;
  /** It waits in the lane now, whatever else waits there. */
  move(lane: LaneId, place: Place): void;
  remove(id: string): void;
  /** Where the store has more and few are left. */
  wanting(): LaneId[];
  /** Reads on in a lane. @returns those that were not known */
  fill(lane: LaneId): Promise<string[]>;
  /**
   * Reads the fronts of lanes anew, some of them at a time or all: what others have written and nobody told of.
   * @returns those that were not known, those of them that should have been, and those that wait there no longer
   */
  lookAgain(lanes: readonly LaneId[], which: 'some' | 'all'): Promise<Look>;
  /** Whether the store may have more of the lane than are known. */
  hasMore(lane: LaneId): boolean;
  readonly lanes: readonly LaneId[];
}

interface Look {
  readonly found: string[];
  /** The others stand behind what was known of their lane. */
  readonly missed: string[];
  readonly gone: string[];
}

/** @param read the first who wait behind the given one, in the order of the queue */
export function createWaitingLanes(
  read: (lane: LaneId, after: Place | undefined, limit: number) => Promise<readonly Place[]>,
  limit: number = known,
): WaitingLanes {
  const lanes = new Map<LaneId, Lane>();
  const laneOf = new Map<string, Lane>();
  let nextLook = 0;
  /** What has left while the store was being read, by each reading. */
  const readings = new Set<Set<string>>();

  function laneFor(id: LaneId): Lane {
    let lane = lanes.get(id);
    if (lane === undefined) {
      lane = { id, places: new Map(), end: undefined, isOvertaken: false, isFilling: false, last: Promise.resolve() };
      lanes.set(id, lane);
    }
    return lane;
  }

  function insert(lane: Lane, place: Place): void {
    remove(place.id, false);
    lane.places.set(place.id, place);
    laneOf.set(place.id, lane);
    // It may have been the last of its lane, and that was given up.
    lanes.set(lane.id, lane);
  }

  function remove(id: string, hasLeft = true): void {
    if (hasLeft) for (const left of readings) left.add(id);
    const lane = laneOf.get(id);
    if (lane === undefined) return;
    laneOf.delete(id);
    lane.places.delete(id);
    if (lane.places.size === 0 && lane.end === undefined && !lane.isFilling) lanes.delete(lane.id);
  }

  function isBeyond({ end }: Lane, { id, queuedAt }: Place, worthMs: number): boolean {
    return end !== undefined && isBefore(end, { id, queuedAt: queuedAt - worthMs });
  }

  /** One after the other: each says anew where what is known of the lane ends. */
  function inTurn<T>(lane: Lane, work: () => Promise<T>): Promise<T> {
    const done = lane.last.then(work, work);
    lane.last = done.catch(() => undefined);
    return done;
  }

  /** @returns what was read, those of them that were not known, and what has left meanwhile */
  async function readNow(lane: Lane, after: Place | undefined) {
    lane.isOvertaken = false;
    const left = new Set<string>();
    readings.add(left);
    try {
      const rows = await read(lane.id, after, limit);
      const { end } = lane;
      const found: string[] = [];
      const missed: string[] = [];
      for (const place of rows) {
        // What is known of another lane has moved, and is told of.
        if (left.has(place.id) || laneOf.has(place.id)) continue;
        insert(lane, place);
        found.push(place.id);
        if (end === undefined || isBefore(place, end)) missed.push(place.id);
      }
      // Who came meanwhile, and found no place here, may stand before those that were read.
      if (lane.isOvertaken) lane.end = after ?? front;
      else lane.end = rows.length === limit ? rows.at(-1) : undefined;
      if (lane.places.size > 0 || lane.end !== undefined) lanes.set(lane.id, lane);
      return { rows, found, missed, left };
    } finally {
      readings.delete(left);
    }
  }

  async function look(id: LaneId): Promise<Look & { rows: number }> {
    const lane = laneFor(id);
    const before = new Set(lane.places.keys());
    const { rows, found, missed, left } = await inTurn(lane, () => readNow(lane, undefined));
    const read = new Set([...rows.map((place) => place.id), ...left]);
    const last = rows.length === limit ? rows.at(-1) : undefined;
    const gone = [...lane.places.values()].filter(
      (place) => before.has(place.id) && !read.has(place.id) && (last === undefined || isBefore(place, last)),
    );
    if (lane.places.size === 0 && lane.end === undefined) lanes.delete(id);
    return { found, missed, gone: gone.map((place) => place.id), rows: rows.length };
  }

  return {
    add: (laneId, place, worthMs) => {
      const lane = laneFor(laneId);
      const isFull = lane.places.size >= limit && !lane.places.has(place.id);
      // From here on the store remembers for us: what is known ends with the last of them.
      if (lane.end === undefined && isFull) {
        lane.end = [...lane.places.values()].reduce((a, b) => (isBefore(a, b) ? b : a));
      }
      if (isBeyond(lane, place, worthMs)) {
        lane.isOvertaken = true;
        return false;
      }
      insert(lane, place);
      return true;
    },
    move: (laneId, place) => insert(laneFor(laneId), place),
    remove: (id) => remove(id),
    wanting: () =>
      [...lanes.values()]
        .filter((lane) => lane.end !== undefined && !lane.isFilling && lane.places.size <= limit / 2)
        .map(({ id }) => id),
    fill: async (laneId) => {
      const lane = laneFor(laneId);
      lane.isFilling = true;
      try {
        return (await inTurn(lane, () => readNow(lane, lane.end))).found;
      } finally {
        lane.isFilling = false;
      }
    },
    lookAgain: async (laneIds, which) => {
      const result: Look = { found: [], missed: [], gone: [] };
      let rows = 0;
      for (let looked = 0; looked < laneIds.length && (which === 'all' || rows < lookedAt); looked++) {
        nextLook = (nextLook + 1) % laneIds.length;
        const seen = await look(laneIds[nextLook] ?? null);
        result.found.push(...seen.found);
        result.missed.push(...seen.missed);
        result.gone.push(...seen.gone);
        rows += seen.rows;
      }
      return result;
    },
    hasMore: (laneId) => lanes.get(laneId)?.end !== undefined,
    get lanes() {
      return [...lanes.keys()];
    },
  };
}
