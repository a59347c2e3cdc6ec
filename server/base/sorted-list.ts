/** Few enough that shifting them is one short copy, many enough that the list of chunks stays short. */
const maxChunk = 256;

/**
 * A list that is always in order. Adding, taking out and asking for a place cost about the logarithm of the size, also
 * with hundreds of thousands of items. What an item is ordered by must not change while it is in the list.
 */
export class SortedList<T> {
  /** In order, none of them empty. */
  readonly #chunks: T[][] = [];
  readonly #compare: (a: T, b: T) => number;
  #size = 0;
  /** @param compare below zero when `a` comes first; zero for the same item alone */
  constructor(compare: (a: T, b: T) => number) {
    this.#compare = compare;
  }

  get size(): number {
    return this.#size;
  }

  first(): T | undefined {
    return this.#chunks[0]?.[0];
  }

  add(item: T): void {
    this.#size += 1;
    const chunks = this.#chunks;
    const at = Math.min(this.#chunkOf(item), chunks.length - 1);
    const chunk = chunks[at];
    if (chunk === undefined) {
      chunks.push([item]);
      return;
    }
    chunk.splice(this.#placeIn(chunk, item), 0, item);
    if (chunk.length > maxChunk) chunks.splice(at + 1, 0, chunk.splice(maxChunk / 2));
  }

  /** @returns whether it was there */
  delete(item: T): boolean {
    const at = this.#chunkOf(item);
    const chunk = this.#chunks[at];
    if (chunk === undefined) return false;
    const place = this.#placeIn(chunk, item);
    if (chunk[place] !== item) return false;
    chunk.splice(place, 1);
    if (chunk.length === 0) this.#chunks.splice(at, 1);
    this.#size -= 1;
    return true;
  }

  /** How many come before the item, whether or not it is in the list. */
  rank(item: T): number {
    const at = this.#chunkOf(item);
    let before = 0;
    for (let i = 0; i < at; i++) before += this.#chunks[i]?.length ?? 0;
    const chunk = this.#chunks[at];
    return chunk === undefined ? before : before + this.#placeIn(chunk, item);
  }

  /** The first, in order, of which it is true. */
  find(isWanted: (item: T) => boolean): T | undefined {
    for (const chunk of this.#chunks) {
      for (const item of chunk) if (isWanted(item)) return item;
    }
    return undefined;
  }

  *[Symbol.iterator](): Iterator<T> {
    for (const chunk of this.#chunks) yield* chunk;
  }

  /** The first chunk that does not end before the item. */
  #chunkOf(item: T): number {
    let [low, high] = [0, this.#chunks.length];
    while (low < high) {
      const middle = (low + high) >> 1;
      const last = this.#chunks[middle]?.at(-1) as T;
      if (this.#compare(last, item) < 0) low = middle + 1;
      else high = middle;
    }
    return low;
  }

  #placeIn(chunk: readonly T[], item: T): number {
    let [low, high] = [0, chunk.length];
    while (low < high) {
      const middle = (low + high) >> 1;
      if (this.#compare(chunk[middle] as T, item) < 0) low = middle + 1;
      else high = middle;
    }
    return low;
  }
}
