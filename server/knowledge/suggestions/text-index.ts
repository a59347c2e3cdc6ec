/** Features of a query that are looked at: the rarest ones say most. */
const queryFeatures = 32;
/** A text is read up to here. */
const maxLength = 600;

export interface Hit {
  readonly id: number;
  /** How like the query it is: 0 … 1 (cosine of TF-IDF). */
  readonly score: number;
}

interface Entry {
  readonly id: number;
  readonly features: readonly string[];
  /** The length of its vector when it came; what comes later moves it little. */
  norm: number;
}

/**
 * Short texts that can be found by likeness while they come and go: words of scripts with blanks and characters in pairs of
 * those without, weighed by how rare they are.
 */
export class TextIndex {
  readonly #entries = new Map<number, Entry>();
  readonly #postings = new Map<string, Set<Entry>>();

  get size(): number {
    return this.#entries.size;
  }

  add(id: number, text: string): void {
    this.remove(id);
    const entry: Entry = { id, features: [...featuresOf(text)], norm: 0 };
    this.#entries.set(id, entry);
    for (const feature of entry.features) {
      const there = this.#postings.get(feature);
      if (there === undefined) this.#postings.set(feature, new Set([entry]));
      else there.add(entry);
    }
    entry.norm = this.#length(entry.features);
  }

  remove(id: number): void {
    const entry = this.#entries.get(id);
    if (entry === undefined) return;
    this.#entries.delete(id);
    for (const feature of entry.features) {
      const there = this.#postings.get(feature);
      there?.delete(entry);
      if (there?.size === 0) this.#postings.delete(feature);
    }
  }

  /** The likest first. */
  search(text: string, limit: number): Hit[] {
    const features = [...featuresOf(text)];
    const length = this.#length(features);
    if (length === 0) return [];
    const weighed = features
      .map((feature) => ({ feature, weight: this.#weight(feature) }))
      .toSorted((a, b) => b.weight - a.weight)
      .slice(0, queryFeatures);
    const sums = new Map<Entry, number>();
    for (const { feature, weight } of weighed) {
      for (const entry of this.#postings.get(feature) ?? []) {
        sums.set(entry, (sums.get(entry) ?? 0) + weight * weight);
      }
    }
    const hits: Hit[] = [];
    for (const [{ id, norm }, sum] of sums) hits.push({ id, score: Math.min(1, sum / (norm * length)) });
    return hits.toSorted((a, b) => b.score - a.score || b.id - a.id).slice(0, limit);
  }

  #weight(feature: string): number {
    const found = this.#postings.get(feature)?.size ?? 0;
    return Math.log(1 + (this.#entries.size + 1) / (found + 0.5));
  }

  #length(features: readonly string[]): number {
    let sum = 0;
    for (const feature of features) sum += this.#weight(feature) ** 2;
    return Math.sqrt(sum);
  }
}

/** What texts are compared by. */
export function featuresOf(text: string): Set<string> {
  const features = new Set<string>();
  const folded = text.slice(0, maxLength).normalize('NFKC').toLowerCase();
  for (const [run] of folded.matchAll(
    /[\p{Script=Han}\p{Script=Hiragana}\p{Script=Katakana}\p{Script=Thai}]+|[\p{L}\p{N}{}.']+/gu,
  )) {
    if (/^[\p{Script=Han}\p{Script=Hiragana}\p{Script=Katakana}\p{Script=Thai}]/u.test(run)) pairsIn(run, features);
    else wordIn(run.replace(/^[.']+|[.']+$/g, ''), features);
  }
  return features;
}

function pairsIn(run: string, features: Set<string>): void {
  const characters = [...run];
  if (characters.length === 1) features.add(run);
  for (let at = 0; at + 1 < characters.length; at++) features.add(`${characters[at]}${characters[at + 1]}`);
}

/** A word, and its beginning, so that its forms find each other. */
function wordIn(word: string, features: Set<string>): void {
  if (word === '') return;
  features.add(word);
  if (word.length > 5 && !word.startsWith('{')) features.add(`${word.slice(0, 5)}*`);
}
