/** Something that lies in a numbered map. */
export interface Numbered<K> {
  readonly key: K;
  /** Where its number lies; the map's own. */
  at: number;
}

/**
 * Things by name, in no order, each with a number by which most are passed over. The numbers lie side by side in memory: who
 * looks for a few among many reads those alone, and does not wait for memory at each of the things.
 */
export class NumberedMap<K, T extends Numbered<K>> {
  readonly #byKey = new Map<K, T>();
  readonly #items: T[] = [];
  readonly #numbers: number[] = [];

  get size(): number {
    return this.#items.length;
  }

  /** The number of each is at the same place in `numbers`. Both only until the next change. */
  get items(): readonly T[] {
    return this.#items;
  }

  get numbers(): readonly number[] {
    return this.#numbers;
  }

  get(key: K): T | undefined {
    return this.#byKey.get(key);
  }

  add(item: T, number: number): void {
    item.at = this.#items.length;
    this.#byKey.set(item.key, item);
    this.#items.push(item);
    this.#numbers.push(number);
  }

  setNumber(item: T, number: number): void {
    this.#numbers[item.at] = number;
  }

  /** It must be there. */
  delete(item: T): void {
    this.#byKey.delete(item.key);
    const last = this.#items.pop() as T;
    const number = this.#numbers.pop() as number;
    if (last === item) return;
    this.#items[item.at] = last;
    this.#numbers[item.at] = number;
    last.at = item.at;
  }

  clear(): void {
    this.#byKey.clear();
    this.#items.length = 0;
    this.#numbers.length = 0;
  }
}
