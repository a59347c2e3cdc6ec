/** Something that lies in a numbered map. */
export interface Numbered<K> {
  readonly key: K;
  /** Where its numbers lie; the map's own. */
  at: number;
}

/**
 * Things by name, in no order, each with some numbers by which most are passed over. The numbers of one kind lie side by side
 * in memory: who looks for a few among many reads those alone, and does not wait for memory at each of the things.
 */
export class NumberedMap<K, T extends Numbered<K>> {
  readonly #byKey = new Map<K, T>();
  readonly #items: T[] = [];
  readonly #columns: readonly number[][];

  /** @param columns how many numbers each thing has */
  constructor(columns = 1) {
    this.#columns = Array.from({ length: columns }, () => []);
  }

  get size(): number {
    return this.#items.length;
  }

  /** The numbers of each are at the same place in the columns. All only until the next change. */
  get items(): readonly T[] {
    return this.#items;
  }

  column(n: number): readonly number[] {
    return this.#columns[n] as number[];
  }

  get(key: K): T | undefined {
    return this.#byKey.get(key);
  }

  add(item: T, numbers: readonly number[]): void {
    item.at = this.#items.length;
    this.#byKey.set(item.key, item);
    this.#items.push(item);
    for (let n = 0; n < numbers.length; n++) this.#columns[n]?.push(numbers[n] as number);
  }

  number(item: T, column: number): number {
    return this.#columns[column]?.[item.at] as number;
  }

  setNumber(item: T, column: number, number: number): void {
    (this.#columns[column] as number[])[item.at] = number;
  }

  /** It must be there. */
  delete(item: T): void {
    this.#byKey.delete(item.key);
    const last = this.#items.pop() as T;
    for (const column of this.#columns) {
      const number = column.pop() as number;
      if (last !== item) column[item.at] = number;
    }
    if (last === item) return;
    this.#items[item.at] = last;
    last.at = item.at;
  }

  clear(): void {
    this.#byKey.clear();
    this.#items.length = 0;
    for (const column of this.#columns) column.length = 0;
  }
}
