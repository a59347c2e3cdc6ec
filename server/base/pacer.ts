import type { Clock } from './clock.ts';

/** Does the same thing at most once at a time, and once in a while, for each key; what comes meanwhile is done as one. */
export interface Pacer<V> {
  /** Resolves, or rejects, with the turn in which this value was done, or one that took its place. */
  offer(key: string, value: V): Promise<void>;
  /** What waits for its turn is not to be done any more. */
  drop(key: string): void;
}

interface Turn<V> {
  readonly beganAt: number;
  readonly done: Promise<void>;
  isOver: boolean;
  /** Somebody waits to begin the next one. */
  isFollowed: boolean;
  next: (PromiseWithResolvers<void> & { value: V }) | undefined;
}

/**
 * Remembers the keys of turns that are under way or began less than `everyMs` ago, and of each one value that waits.
 *
 * @param options.merge what is done of two values that wait; without it the later one
 */
export function createPacer<V extends object>(options: {
  everyMs: number;
  clock: Pick<Clock, 'elapsed' | 'sleep'>;
  act: (value: V) => Promise<void>;
  merge?: (earlier: V, later: V) => V;
}): Pacer<V> {
  const { everyMs, clock, act, merge = (_, later) => later } = options;
  /** In the order in which they began. */
  const turns = new Map<string, Turn<V>>();

  function forgetPast(): void {
    const past = clock.elapsed() - everyMs;
    for (const [key, turn] of turns) {
      if (turn.beganAt > past) return;
      if (turn.isOver && !turn.isFollowed) turns.delete(key);
    }
  }

  function begin(key: string, value: V): Promise<void> {
    const turn: Turn<V> = {
      ...{ beganAt: clock.elapsed(), done: act(value) },
      ...{ isOver: false, isFollowed: false, next: undefined },
    };
    turns.delete(key);
    turns.set(key, turn);
    const over = () => {
      turn.isOver = true;
    };
    turn.done.then(over, over);
    return turn.done;
  }

  async function follow(key: string, turn: Turn<V>): Promise<void> {
    turn.isFollowed = true;
    await turn.done.catch(() => undefined);
    const leftMs = turn.beganAt + everyMs - clock.elapsed();
    if (leftMs > 0) await clock.sleep(leftMs);
    turn.isFollowed = false;
    const { next } = turn;
    turn.next = undefined;
    if (next !== undefined) await begin(key, next.value).then(next.resolve, next.reject);
  }

  return {
    offer: (key, value) => {
      forgetPast();
      const turn = turns.get(key);
      if (turn === undefined) return begin(key, value);
      if (turn.next === undefined) turn.next = { ...Promise.withResolvers<void>(), value };
      else turn.next.value = merge(turn.next.value, value);
      if (!turn.isFollowed) void follow(key, turn);
      return turn.next.promise;
    },
    drop: (key) => {
      const turn = turns.get(key);
      turn?.next?.resolve();
      if (turn !== undefined) turn.next = undefined;
    },
  };
}
