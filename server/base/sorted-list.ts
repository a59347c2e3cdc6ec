/** Few enough that shifting them is one short copy, many enough that the list of chunks stays short. */
const maxChunk = 256;

const none: never[] = [];

/**
 * A list that is always in order. Adding, taking out and asking for a place cost about the logarithm of the size, also
 * with hundreds of thousands of items. What an item is ordered by must not change while it is in the list.
 *
 * Numbers by which most items differ lie beside them in memory: a search through items that lie all over the heap would
 * wait for memory at each step.
 */
export class SortedList<T> {
  /** In chunks, in order, none of them empty; with the keys of the items, and of the last item of each. */
  #items: T[][] = none;
  #keys: number[][] = none;
  #lastKeys: number[] = none;
  readonly #compare: (a: T, b: T) => number;
  readonly #keyOf: (item: T) => number;
  #size = 0;
  /**
   * @param compare below zero when `a` comes first; zero for the same item alone
   * @param keyOf a number by which `compare` decides first: where it is smaller, the item comes before
   */
  constructor(compare: (a: T, b: T) => number, keyOf: (item: T) => number = () => 0) {
    this.#compare = compare;
    this.#keyOf = keyOf;
  }

  get size(): number {
    return this.#size;
  }

  first(): T | undefined {
    return this.#items[0]?.[0];
  }

  add(item: T): void {
    this.#size += 1;
    const key = this.#keyOf(item);
    const at = Math.min(this.#chunkOf(item, key), this.#items.length - 1);
    const items = this.#items[at];
    const keys = this.#keys[at];
    if (items === undefined || keys === undefined) {
      // Of many lists with one item each none takes more room than that: an array that is pushed to would.
      this.#items = [[item]];
      this.#keys = [[key]];
      this.#lastKeys = [key];
      return;
    }
    const place = this.#placeIn(items, keys, item, key);
    items.splice(place, 0, item);
    keys.splice(place, 0, key);
    if (items.length > maxChunk) {
      const upperKeys = keys.splice(maxChunk / 2);
      this.#items.splice(at + 1, 0, items.splice(maxChunk / 2));
      this.#keys.splice(at + 1, 0, upperKeys);
      this.#lastKeys.splice(at + 1, 0, upperKeys.at(-1) as number);
    }
    this.#lastKeys[at] = keys.at(-1) as number;
  }

  /** @returns whether it was there */
  delete(item: T): boolean {
    const at = this.#chunkOfItem(item);
    const items = this.#items[at];
    const keys = this.#keys[at];
    if (items === undefined || keys === undefined) return false;
    // Looked for among neighbours in memory: comparing it would have to fetch others from all over.
    const place = items.indexOf(item);
    if (place < 0) return false;
    this.#size -= 1;
    if (items.length === 1 && this.#items.length === 1) {
      [this.#items, this.#keys, this.#lastKeys] = [none, none, none];
      return true;
    }
    if (items.length === 1) {
      this.#items.splice(at, 1);
      this.#keys.splice(at, 1);
      this.#lastKeys.splice(at, 1);
      return true;
    }
    items.splice(place, 1);
    keys.splice(place, 1);
    this.#lastKeys[at] = keys.at(-1) as number;
    return true;
  }

  /** How many come before the item, whether or not it is in the list. */
  rank(item: T): number {
    const key = this.#keyOf(item);
    const at = this.#chunkOf(item, key);
    let before = 0;
    for (let i = 0; i < at; i++) before += this.#items[i]?.length ?? 0;
    const items = this.#items[at];
    const keys = this.#keys[at];
    return items === undefined || keys === undefined ? before : before + this.#placeIn(items, keys, item, key);
  }

  /** The first, in order, of which it is true. */
  find(isWanted: (item: T) => boolean): T | undefined {
    for (const items of this.#items) {
      for (const item of items) if (isWanted(item)) return item;
    }
    return undefined;
  }

  *[Symbol.iterator](): Iterator<T> {
    for (const items of this.#items) yield* items;
  }

  /** Where it is when it is there. */
  #chunkOfItem(item: T): number {
    return this.#items.length <= 1 || this.first() === item ? 0 : this.#chunkOf(item, this.#keyOf(item));
  }

  /** The first chunk that does not end before the item; the only one whether or not it does. */
  #chunkOf(item: T, key: number): number {
    const lastKeys = this.#lastKeys;
    if (lastKeys.length === 1) return 0;
    let [low, high] = [0, lastKeys.length];
    while (low < high) {
      const middle = (low + high) >> 1;
      const last = lastKeys[middle] as number;
      const endsBefore = last < key || (last === key && this.#compare(this.#items[middle]?.at(-1) as T, item) < 0);
      if (endsBefore) low = middle + 1;
      else high = middle;
    }
    return low;
  }

  #placeIn(items: readonly T[], keys: readonly number[], item: T, key: number): number {
    let [low, high] = [0, keys.length];
    while (low < high) {
      const middle = (low + high) >> 1;
      const other = keys[middle] as number;
      if (other < key || (other === key && this.#compare(items[middle] as T, item) < 0)) low = middle + 1;
      else high = middle;
    }
    return low;
  }
}
