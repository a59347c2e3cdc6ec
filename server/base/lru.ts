/** A map of bounded size: what was used longest ago goes when a new entry needs its place. */
export class Lru<K, V> {
  readonly #entries = new Map<K, V>();
  readonly #max: number;
  readonly #onRemoved: ((value: V) => void) | undefined;
  /** @param onRemoved told of every value that leaves, also of one that another takes the place of */
  constructor(max: number, onRemoved?: (value: V) => void) {
    this.#max = max;
    this.#onRemoved = onRemoved;
  }

  get size(): number {
    return this.#entries.size;
  }

  get(key: K): V | undefined {
    const value = this.#entries.get(key);
    if (value === undefined) return undefined;
    this.#entries.delete(key);
    this.#entries.set(key, value);
    return value;
  }

  set(key: K, value: V): void {
    this.delete(key);
    this.#entries.set(key, value);
    if (this.#entries.size > this.#max) this.deleteOldest();
  }

  delete(key: K): void {
    const value = this.#entries.get(key);
    if (!this.#entries.delete(key) || value === undefined) return;
    this.#onRemoved?.(value);
  }

  /** Looks at every key: for what happens rarely. */
  deleteWhere(isMeant: (key: K) => boolean): void {
    for (const key of [...this.#entries.keys()]) if (isMeant(key)) this.delete(key);
  }

  /** Removes what was used longest ago; nothing where there is nothing. */
  deleteOldest(): void {
    const oldest = this.#entries.keys().next();
    if (oldest.done !== true) this.delete(oldest.value);
  }
}
