import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';

/** One meaning, and all that says it. */
export interface Synset {
  readonly id: string;
  /** Words of both languages. */
  readonly words: readonly string[];
  readonly hypernyms: readonly string[];
  readonly definition: string;
  readonly examples: readonly string[];
}

/**
 * Reads `oewn.tsv.gz` (Open English WordNet) and `cow.tsv` (Chinese Open WordNet) of a folder.
 *
 * Their ids are places in files of WordNet 3.1 and 3.0, so that the same meaning has another number in each. Between two changes
 * of the file all numbers moved by the same amount: where many neighbours moved by one amount, that is what a meaning moved by.
 */
export function readLexicon(dir: string): Synset[] {
  const english = rowsOf(gunzipSync(readFileSync(join(dir, 'oewn.tsv.gz'))).toString('utf8'));
  const chinese = rowsOf(readFileSync(join(dir, 'cow.tsv'), 'utf8'));
  const list = (text: string | undefined) => (text ?? '').split('|').filter((entry) => entry !== '');
  const translations = new Map<string, string[]>();
  const alone: Synset[] = [];
  const partOf = ([id = '']: readonly string[]) => id.slice(-1);
  for (const part of ['n', 'v', 'a', 'r']) {
    const moved = moves(
      chinese.filter((row) => partOf(row) === part).map(numberOf),
      english.filter((row) => partOf(row) === part || (part === 'a' && partOf(row) === 's')).map(numberOf),
    );
    for (const row of chinese.filter((one) => partOf(one) === part)) {
      const words = list(row[1]).map((word) => word.replace(/[;+]/g, ''));
      const to = moved.get(numberOf(row));
      if (to !== undefined) translations.set(`${part}${to}`, words);
      else alone.push({ id: `zh-${row[0]}`, words, hypernyms: [], definition: '', examples: [] });
    }
  }
  const synsets = english.map((row): Synset => {
    const [id = '', words, hypernyms, definition = '', examples] = row;
    const part = partOf(row) === 's' ? 'a' : partOf(row);
    const translated = translations.get(`${part}${numberOf(row)}`) ?? [];
    return {
      id,
      words: [...list(words), ...translated],
      hypernyms: list(hypernyms),
      definition,
      examples: list(examples),
    };
  });
  return [...synsets, ...alone];
}

function rowsOf(text: string): string[][] {
  const lines = text.split('\n').filter((line) => line.trim() !== '');
  return lines.map((line) => line.replace(/\r$/, '').split('\t'));
}

const numberOf = ([id = '']: readonly string[]) => Number(id.slice(0, 8));

/** So many neighbours before and after are asked by how much they moved, and so many have to agree. */
const neighbours = 8;
const agreeing = 7;
/** From one neighbourhood to the next the amount changes by at most this. */
const furthest = 3_000;

/** @returns by number in `from`, the number in `to` of the same meaning, where that can be told */
export function moves(from: readonly number[], to: readonly number[]): Map<number, number> {
  const [old, now] = [from.toSorted((a, b) => a - b), to.toSorted((a, b) => a - b)];
  const known = new Set(now);
  const found = new Map<number, number>();
  let amount = 0;
  for (let at = 0; at < old.length; at++) {
    const votes = new Map<number, number>();
    const around = old.slice(Math.max(0, at - neighbours), at + neighbours + 1);
    for (const one of around) {
      for (let i = firstFrom(now, one + amount - furthest); i < now.length; i++) {
        const moved = (now[i] as number) - one;
        if (moved > amount + furthest) break;
        votes.set(moved, (votes.get(moved) ?? 0) + 1);
      }
    }
    const own = old[at] as number;
    let [best, most] = [0, 0];
    for (const [moved, count] of votes) if (count > most && known.has(own + moved)) [best, most] = [moved, count];
    if (most < Math.min(agreeing, around.length)) continue;
    amount = best;
    found.set(own, own + best);
  }
  return found;
}

function firstFrom(ascending: readonly number[], least: number): number {
  let [low, high] = [0, ascending.length];
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((ascending[middle] as number) < least) low = middle + 1;
    else high = middle;
  }
  return low;
}
