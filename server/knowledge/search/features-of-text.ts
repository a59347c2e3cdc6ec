import { stemWord } from './stem-word.ts';
import { tokensOf } from './tokens-of-text.ts';

/**
 * What the index sees of a text: numbers that stand for stems of words, two stems in a row, four characters inside a word
 * (its ends included; they bear with typos), one sign of a run without blanks, and two of them. Texts themselves are not
 * kept: a feature is a hash of 29 bits with its kind in the lowest three.
 */
const [stem, pair, gram, sign, signs] = [0, 1, 2, 3, 4];

/** How much a kind of feature counts beside the others. By kind; the same for every corpus, chosen on five public sets. */
export const kindWeights = Float64Array.of(1, 0.5, 0.5, 1, 1, 0, 0, 0);

export const kindOf = (feature: number): number => feature & 7;

/** A word longer than this is cut: nobody's language has one, and a text may be one of 10,000 letters. */
const maxWordCharacters = 24;

/** @param emit is called for each feature as often as it is there, in the order of the text */
export function eachFeature(text: string, emit: (feature: number) => void): void {
  let previous = 0;
  for (const token of tokensOf(text)) {
    if (token.isRun) {
      previous = 0;
      eachOfRun(token.folded, emit);
    } else previous = eachOfWord(token.folded, previous, emit);
  }
}

/** @returns the hash of the word's stem, for the pair with the next */
function eachOfWord(folded: string, previous: number, emit: (feature: number) => void): number {
  const word = folded.length > maxWordCharacters ? folded.slice(0, maxWordCharacters) : folded;
  const stemHash = hashOf(stemWord(word));
  emit(featureOf(stemHash, stem));
  if (previous !== 0) emit(featureOf(mix(previous, stemHash), pair));
  const bounded = `<${word}>`;
  for (let at = 0; at + 4 <= bounded.length; at++) emit(featureOf(hashPart(bounded, at, at + 4), gram));
  return stemHash;
}

function eachOfRun(run: string, emit: (feature: number) => void): void {
  let previous = 0;
  for (let at = 0; at < run.length; at++) {
    const code = run.codePointAt(at) as number;
    if (code > 0xff_ff) at++;
    const hash = mix(offset, code);
    emit(featureOf(hash, sign));
    if (previous !== 0) emit(featureOf(mix(previous, hash), signs));
    previous = hash;
  }
}

// FNV-1a over UTF-16 code units, and MurmurHash3's last step, which spreads its bits.
const offset = 0x81_1c_9d_c5;
const prime = 0x01_00_01_93;

const mix = (hash: number, value: number): number => Math.imul(hash ^ value, prime);

function hashPart(text: string, from: number, to: number): number {
  let hash = offset;
  for (let at = from; at < to; at++) hash = mix(hash, text.charCodeAt(at));
  return hash;
}

const hashOf = (text: string): number => hashPart(text, 0, text.length);

function featureOf(hash: number, kind: number): number {
  let spread = hash ^ (hash >>> 16);
  spread = Math.imul(spread, 0x85_eb_ca_6b);
  spread ^= spread >>> 13;
  spread = Math.imul(spread, 0xc2_b2_ae_35);
  spread ^= spread >>> 16;
  return ((spread & ~7) | kind) >>> 0;
}

/** The features of a text, each once, ascending, and how often each is there (255 at most). */
export interface CountedFeatures {
  readonly features: Uint32Array;
  readonly counts: Uint8Array;
}

let scratch = new Uint32Array(4_096);
let length = 0;

function keep(feature: number): void {
  if (length === scratch.length) {
    const larger = new Uint32Array(scratch.length * 2);
    larger.set(scratch);
    scratch = larger;
  }
  scratch[length++] = feature;
}

/** @param texts are read as one, but nothing runs from one into the next */
export function countFeatures(...texts: readonly string[]): CountedFeatures {
  length = 0;
  for (const text of texts) eachFeature(text, keep);
  const sorted = scratch.subarray(0, length).sort();
  let distinct = 0;
  for (let at = 0; at < length; at++) if (at === 0 || sorted[at] !== sorted[at - 1]) distinct++;
  const features = new Uint32Array(distinct);
  const counts = new Uint8Array(distinct);
  let place = -1;
  let last = -1;
  for (let at = 0; at < length; at++) {
    const feature = sorted[at] as number;
    if (feature !== last) features[++place] = last = feature;
    if ((counts[place] as number) < 255) counts[place] = (counts[place] as number) + 1;
  }
  return { features, counts };
}
