import { hashOf } from '../../base/hash.ts';

const hashes = 8;
const rowsOfBand = 2;
/** From here on two texts say the same in nearly the same words. */
const nearEqual = 0.8;

/** A text without case, punctuation and blanks that part nothing: two that differ only in these are the same. */
export function plain(text: string): string {
  return text
    .normalize('NFKC')
    .toLowerCase()
    .replace(/[^\p{L}\p{N}{}.]+/gu, ' ')
    .replace(/(?<!\{[a-z.]*)\.|\.(?=\s|$)/g, ' ')
    .replace(/\s+/g, ' ')
    .trim();
}

/** Every three characters of a text that follow each other. */
export function shinglesOf(text: string): Set<string> {
  const words = plain(text);
  const shingles = new Set<string>();
  if (words.length < 3) shingles.add(words);
  for (let at = 0; at + 3 <= words.length && at < 1_500; at++) shingles.add(words.slice(at, at + 3));
  return shingles;
}

/** How much two texts have in common: 0 … 1 (Jaccard on shingles). */
export function likeness(a: ReadonlySet<string>, b: ReadonlySet<string>): number {
  if (a.size === 0 || b.size === 0) return 0;
  const [small, large] = a.size < b.size ? [a, b] : [b, a];
  let common = 0;
  for (const shingle of small) if (large.has(shingle)) common += 1;
  return common / (a.size + b.size - common);
}

export interface NearGroup {
  /** The same in every process that has seen the same texts: of its first text. */
  readonly key: string;
  readonly shingles: ReadonlySet<string>;
  readonly ids: Set<number>;
}

/**
 * Texts that are nearly the same, found as they come: each belongs to one group. Candidates share a band of a MinHash
 * signature (Broder 1997), and are then compared.
 */
export class NearGroups {
  readonly #bands = new Map<string, Set<NearGroup>>();
  readonly #groups = new Map<number, NearGroup>();
  readonly #all = new Set<NearGroup>();

  add(id: number, text: string): NearGroup {
    const shingles = shinglesOf(text);
    const bands = bandsOf(shingles);
    let group: NearGroup | undefined;
    for (const band of bands) {
      for (const candidate of this.#bands.get(band) ?? []) {
        if (likeness(candidate.shingles, shingles) >= nearEqual) group ??= candidate;
      }
    }
    if (group === undefined) {
      group = { key: keyOf(text), shingles, ids: new Set() };
      this.#all.add(group);
      for (const band of bands) {
        const there = this.#bands.get(band) ?? new Set();
        this.#bands.set(band, there.add(group));
      }
    }
    group.ids.add(id);
    this.#groups.set(id, group);
    return group;
  }

  of(id: number): NearGroup | undefined {
    return this.#groups.get(id);
  }

  remove(id: number): void {
    const group = this.#groups.get(id);
    this.#groups.delete(id);
    if (group === undefined) return;
    group.ids.delete(id);
    if (group.ids.size > 0) return;
    this.#all.delete(group);
    for (const band of bandsOf(group.shingles)) {
      const there = this.#bands.get(band);
      there?.delete(group);
      if (there?.size === 0) this.#bands.delete(band);
    }
  }

  all(): Iterable<NearGroup> {
    return this.#all;
  }
}

/** The first words make the key: two texts with the same key are the same, but for case and punctuation. */
export function keyOf(text: string): string {
  const words = plain(text);
  return `${hashOf(words).toString(36)}${hashOf(`${words}#`).toString(36)}`;
}

function bandsOf(shingles: ReadonlySet<string>): string[] {
  const least = new Array<number>(hashes).fill(0xffffffff);
  for (const shingle of shingles) {
    const hash = hashOf(shingle);
    for (let n = 0; n < hashes; n++) {
      // Each of them another order of the same hashes (multiplicative hashing with odd factors).
      const other = Math.imul(hash ^ (n * 0x9e3779b9), 0x85ebca6b + 2 * n) >>> 0;
      const mixed = (other ^ (other >>> 15)) >>> 0;
      if (mixed < (least[n] as number)) least[n] = mixed;
    }
  }
  return Array.from(
    { length: hashes / rowsOfBand },
    (_, band) => `${band} ${least.slice(band * rowsOfBand, (band + 1) * rowsOfBand).join(' ')}`,
  );
}
