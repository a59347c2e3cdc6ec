/** Numbers the features 0, 1, 2 … in the order in which they come, and counts the passages that have each. */
export class TermTable {
  #size = 0;
  /** By place of its hash a feature and beside it its term plus one; 0 is free. */
  #slots = new Int32Array(4_096);
  #features = new Uint32Array(1_024);
  #passages = new Int32Array(1_024);

  get size(): number {
    return this.#size;
  }

  get bytes(): number {
    return this.#slots.byteLength + this.#features.byteLength + this.#passages.byteLength;
  }

  /** @returns -1 for a feature that no passage ever had */
  find(feature: number): number {
    return (this.#slots[this.#place(feature)] as number) - 1;
  }

  add(feature: number): number {
    const place = this.#place(feature);
    const known = (this.#slots[place] as number) - 1;
    if (known >= 0) return known;
    if (this.#size === this.#features.length) this.#growTerms();
    const term = this.#size++;
    this.#features[term] = feature;
    this.#slots[place - 1] = feature;
    this.#slots[place] = term + 1;
    if (this.#size * 4 > this.#slots.length) this.#growSlots();
    return term;
  }

  featureOf(term: number): number {
    return this.#features[term] as number;
  }

  /** How many passages have the term. */
  passagesWith(term: number): number {
    return this.#passages[term] as number;
  }

  count(term: number, change: 1 | -1): void {
    this.#passages[term] = (this.#passages[term] as number) + change;
  }

  /** Where its term is, or could be. */
  #place(feature: number): number {
    const slots = this.#slots;
    const mask = slots.length - 1;
    const wanted = feature | 0;
    let place = ((feature >>> 3) * 2 + 1) & mask;
    while (slots[place] !== 0 && slots[place - 1] !== wanted) place = (place + 2) & mask;
    return place;
  }

  #growTerms(): void {
    const features = new Uint32Array(this.#features.length * 2);
    features.set(this.#features);
    this.#features = features;
    const passages = new Int32Array(this.#passages.length * 2);
    passages.set(this.#passages);
    this.#passages = passages;
  }

  #growSlots(): void {
    this.#slots = new Int32Array(this.#slots.length * 2);
    for (let term = 0; term < this.#size; term++) {
      const place = this.#place(this.#features[term] as number);
      this.#slots[place - 1] = this.#features[term] as number;
      this.#slots[place] = term + 1;
    }
  }
}
