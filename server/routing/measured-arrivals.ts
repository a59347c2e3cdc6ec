import { type DayOfArrivals, type MeasuredDays, measuredDay, quarterMs, spanOf } from './arrivals-day.ts';

/** Conversations in the order of their numbers, which is about that in which they began. */
export interface BegunStore {
  /** Those with a number beyond `after`. */
  begun(page: {
    after: number;
    limit: number;
  }): Promise<readonly { readonly id: number; readonly createdAt: number }[]>;
}

/** Read in one look, so that nobody else's waits long for it. */
const atOnce = 2_000;
/** Conversations that begin at once on several processes may have numbers in another order: never so many of them. */
const outOfOrder = 2_000;

/** What began in the last whole days, as one mean day. One that was reopened counts once, when it began. */
export async function measureArrivals(store: BegunStore, measured: MeasuredDays): Promise<DayOfArrivals> {
  const { from, to } = spanOf(measured);
  const counts = new Map<number, number>();
  let after = Math.max(0, (await lastBefore(store, from)) - outOfOrder);
  for (;;) {
    const some = await store.begun({ after, limit: atOnce });
    for (const { createdAt } of some) {
      if (createdAt < from || createdAt >= to) continue;
      const quarter = createdAt - (createdAt % quarterMs);
      counts.set(quarter, (counts.get(quarter) ?? 0) + 1);
    }
    if (some.length < atOnce || some.every(({ createdAt }) => createdAt >= to)) break;
    after = some.at(-1)?.id ?? after;
  }
  const quarters = [...counts].map(([at, count]) => ({ at, count }));
  return measuredDay('measured', quarters, measured);
}

/** A number such that what has a greater one began at `time` or later, found by halving. */
async function lastBefore(store: BegunStore, time: number): Promise<number> {
  const isLater = async (id: number) => {
    const [next] = await store.begun({ after: id, limit: 1 });
    return next === undefined || next.createdAt >= time;
  };
  let [low, high] = [0, 1];
  while (!(await isLater(high))) [low, high] = [high, high * 2];
  while (high - low > 1) {
    const middle = low + Math.floor((high - low) / 2);
    if (await isLater(middle)) high = middle;
    else low = middle;
  }
  return low;
}
