import { withRoom } from './with-room.ts';

/** A table grows alone: with a million features one of them is made anew in less than a millisecond, all would take a hundred. */
const tables = 64;

/** Numbers the features 0, 1, 2 … in the order in which they come, and counts the passages that have each. */
export class TermTable {
  #size = 0;
  /** By place of its hash a feature and beside it its term plus one; 0 is free. */
  readonly #slots = Array.from({ length: tables }, () => new Int32Array(64));
  readonly #used = new Int32Array(tables);
  #features = new Uint32Array(1_024);
  #passages = new Int32Array(1_024);

  get size(): number {
    return this.#size;
  }

  get bytes(): number {
    const slots = this.#slots.reduce((sum, { byteLength }) => sum + byteLength, 0);
    return slots + this.#features.byteLength + this.#passages.byteLength;
  }

  /** @returns -1 for a feature that no passage ever had */
  find(feature: number): number {
    const slots = this.#slotsOf(feature);
    return (slots[placeIn(slots, feature)] as number) - 1;
  }

  add(feature: number): number {
    const slots = this.#slotsOf(feature);
    const place = placeIn(slots, feature);
    const known = (slots[place] as number) - 1;
    if (known >= 0) return known;
    const term = this.#size++;
    this.#features = withRoom(this.#features, this.#size);
    this.#passages = withRoom(this.#passages, this.#size);
    this.#features[term] = feature;
    slots[place - 1] = feature;
    slots[place] = term + 1;
    const table = tableOf(feature);
    this.#used[table] = (this.#used[table] as number) + 1;
    if ((this.#used[table] as number) * 4 > slots.length) this.#slots[table] = twiceAsLarge(slots);
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

  #slotsOf(feature: number): Int32Array<ArrayBuffer> {
    return this.#slots[tableOf(feature)] as Int32Array<ArrayBuffer>;
  }
}

const tableOf = (feature: number): number => (feature >>> 3) % tables;

/** Where a feature's term is, or could be. */
function placeIn(slots: Int32Array, feature: number): number {
  const mask = slots.length - 1;
  const wanted = feature | 0;
  let place = ((feature >>> 9) * 2 + 1) & mask;
  while (slots[place] !== 0 && slots[place - 1] !== wanted) place = (place + 2) & mask;
  return place;
}

function twiceAsLarge(slots: Int32Array): Int32Array<ArrayBuffer> {
  const larger = new Int32Array(slots.length * 2);
  for (let at = 1; at < slots.length; at += 2) {
    if (slots[at] === 0) continue;
    const place = placeIn(larger, (slots[at - 1] as number) >>> 0);
    larger[place - 1] = slots[at - 1] as number;
    larger[place] = slots[at] as number;
  }
  return larger;
}
