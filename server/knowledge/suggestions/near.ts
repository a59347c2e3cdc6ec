import { hashOf } from '../../base/hash.ts';

/**
 * Texts that have 0.8 in common share a band with a probability of 98 %, those that have 0.3 in common one of 6 %: 1 - (1 -
 * s ** rows) ** bands.
 */
const bands = 8;
const rowsOfBand = 4;
const hashes = bands * rowsOfBand;
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
  return shinglesIn(plain(text));
}

function shinglesIn(words: string): Set<string> {
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

/** A text that is there once or more often, but for case and punctuation, and where it belongs. */
interface KnownText {
  readonly words: string;
  readonly group: NearGroup;
  times: number;
}

/**
 * Texts that are nearly the same, found as they come: each belongs to one group. Candidates share a band of a MinHash
 * signature (Broder 1997), and are then compared.
 */
export class NearGroups {
  readonly #bands = new Map<number, Set<NearGroup>>();
  /** What is said in the same words again and again, as canned replies are, is compared with nothing. */
  readonly #texts = new Map<string, KnownText>();
  readonly #textOf = new Map<number, KnownText>();
  readonly #all = new Set<NearGroup>();

  add(id: number, text: string): NearGroup {
    const words = plain(text);
    let known = this.#texts.get(words);
    if (known === undefined) {
      known = { words, group: this.#groupFor(words), times: 0 };
      this.#texts.set(words, known);
    }
    known.times += 1;
    known.group.ids.add(id);
    this.#textOf.set(id, known);
    return known.group;
  }

  of(id: number): NearGroup | undefined {
    return this.#textOf.get(id)?.group;
  }

  remove(id: number): void {
    const known = this.#textOf.get(id);
    if (known === undefined) return;
    this.#textOf.delete(id);
    known.times -= 1;
    if (known.times === 0) this.#texts.delete(known.words);
    const { group } = known;
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

  /** @param words of a text, plain */
  #groupFor(words: string): NearGroup {
    const shingles = shinglesIn(words);
    const bandsOfText = bandsOf(shingles);
    const found = this.#near(shingles, bandsOfText);
    if (found !== undefined) return found;
    const group = { key: keyIn(words), shingles, ids: new Set<number>() };
    this.#all.add(group);
    for (const band of bandsOfText) {
      const there = this.#bands.get(band) ?? new Set();
      this.#bands.set(band, there.add(group));
    }
    return group;
  }

  #near(shingles: ReadonlySet<string>, bandsOfText: readonly number[]): NearGroup | undefined {
    const compared = new Set<NearGroup>();
    for (const band of bandsOfText) {
      for (const candidate of this.#bands.get(band) ?? []) {
        if (compared.has(candidate)) continue;
        compared.add(candidate);
        if (areNearEqual(candidate.shingles, shingles)) return candidate;
      }
    }
    return undefined;
  }
}

/** Where one is much larger than the other they have too little in common, whatever they consist of. */
function areNearEqual(a: ReadonlySet<string>, b: ReadonlySet<string>): boolean {
  return Math.min(a.size, b.size) >= nearEqual * Math.max(a.size, b.size) && likeness(a, b) >= nearEqual;
}

/** The first words make the key: two texts with the same key are the same, but for case and punctuation. */
export function keyOf(text: string): string {
  return keyIn(plain(text));
}

function keyIn(words: string): string {
  return `${hashOf(words).toString(36)}${hashOf(`${words}#`).toString(36)}`;
}

/** Two that share a number share a band, but for one in billions. */
function bandsOf(shingles: ReadonlySet<string>): number[] {
  const least = new Uint32Array(hashes).fill(0xffffffff);
  for (const shingle of shingles) {
    const hash = hashOf(shingle);
    for (let n = 0; n < hashes; n++) {
      // Each of them another order of the same hashes (multiplicative hashing with odd factors).
      const other = Math.imul(hash ^ (n * 0x9e3779b9), 0x85ebca6b + 2 * n) >>> 0;
      const mixed = (other ^ (other >>> 15)) >>> 0;
      if (mixed < (least[n] as number)) least[n] = mixed;
    }
  }
  return Array.from({ length: bands }, (_, band) => {
    let mixed = band;
    for (let row = 0; row < rowsOfBand; row++) {
      mixed = Math.imul(mixed ^ (least[band * rowsOfBand + row] as number), 0x9e3779b1);
      mixed ^= mixed >>> 15;
    }
    return band * 2 ** 32 + (mixed >>> 0);
  });
}
