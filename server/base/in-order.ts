/**
 * Work that shares a key is done one after the other, in the order in which it was given; other work runs beside it.
 */
export interface InOrder {
  run<T>(keys: Iterable<string>, work: () => Promise<T>): Promise<T>;
}

export function createInOrder(): InOrder {
  /** The end of the last work that has each key. */
  const tails = new Map<string, Promise<unknown>>();
  return {
    run: (keys, work) => {
      const mine = [...new Set(keys)];
      const before = mine.flatMap((key) => tails.get(key) ?? []);
      const result = before.length === 0 ? work() : Promise.all(before).then(work);
      const end = result
        .catch(() => undefined)
        .then(() => {
          for (const key of mine) if (tails.get(key) === end) tails.delete(key);
        });
      for (const key of mine) tails.set(key, end);
      return result;
    },
  };
}
