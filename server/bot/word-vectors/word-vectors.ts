import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { piecesOf } from './pieces.ts';

/** Words of a language with a vector each: what is near in meaning has vectors of nearly one direction. */
export interface WordVectors {
  /** Of which file they are (SHA-256): what was learnt with one is of no use with another. */
  readonly id: string;
  readonly dimensions: number;
  readonly words: readonly string[];
  /**
   * The vectors of the known words of a text, added up.
   * @param weightOf how much a word counts, by its place among `words`: each counts 1 without it
   * @returns `dimensions` numbers; all 0 for a text without a known word
   */
  sumOf(text: PartedText, weightOf?: (place: number) => number): Float32Array;
  /** What is added up: each known word of a text, and its vector. */
  partsOf(text: PartedText): { readonly place: number; readonly vector: Float32Array }[];
}

interface PartedText {
  readonly words: readonly string[];
  readonly runs: readonly string[];
}

/**
 * A file of word vectors: the mark, the version, the number of dimensions, the number of words and the length in bytes of the words;
 * the words (UTF-8, one a line); by word, what a 1 of it is worth (32-bit float); by word, a byte for each dimension.
 * Numbers are little-endian.
 */
const mark = 'PARLEY-WORDS';
const version = 1;
const headLength = mark.length + 16;

/** @param vectors by word, `dimensions` numbers */
export function encodeWordVectors(words: readonly string[], vectors: Float32Array, dimensions: number): Uint8Array {
  const list = Buffer.from(words.join('\n'));
  const head = Buffer.alloc(headLength);
  head.write(mark, 'latin1');
  for (const [at, number] of [version, dimensions, words.length, list.length].entries())
    head.writeUInt32LE(number, mark.length + at * 4);
  const scales = Buffer.alloc(words.length * 4);
  const bytes = new Int8Array(words.length * dimensions);
  for (let word = 0; word < words.length; word++) {
    const own = vectors.subarray(word * dimensions, (word + 1) * dimensions);
    const most = own.reduce((largest, value) => Math.max(largest, Math.abs(value)), 0);
    scales.writeFloatLE(most / 127, word * 4);
    if (most > 0)
      bytes.set(
        Array.from(own, (value) => Math.round((value / most) * 127)),
        word * dimensions,
      );
  }
  return new Uint8Array(Buffer.concat([head, list, scales, Buffer.from(bytes.buffer)]));
}

/** @throws Error for bytes that are no file of word vectors, of another version, or cut */
export function decodeWordVectors(bytes: Uint8Array): WordVectors {
  const file = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  if (file.length < headLength || file.toString('latin1', 0, mark.length) !== mark)
    throw new Error('This is no file of word vectors.');
  const number = (at: number) => file.readUInt32LE(mark.length + at * 4);
  if (number(0) !== version)
    throw new Error(`The word vectors have version ${number(0)}, this program reads version ${version}.`);
  const [dimensions, count, listLength] = [number(1), number(2), number(3)];
  if (file.length !== headLength + listLength + count * (4 + dimensions))
    throw new Error('The file of word vectors is damaged: its length is another.');
  const listEnd = headLength + listLength;
  const words = file.toString('utf8', headLength, listEnd).split('\n');
  const scales = Float32Array.from({ length: count }, (_, word) => file.readFloatLE(listEnd + word * 4));
  const numbers = new Int8Array(file.subarray(listEnd + count * 4));
  const places = new Map(words.map((word, place) => [word, place]));
  const placeOf = (word: string) => places.get(word);
  const vectorOf = (place: number) =>
    Float32Array.from(numbers.subarray(place * dimensions, (place + 1) * dimensions), (value) => {
      return value * (scales[place] as number);
    });
  return {
    id: createHash('sha256').update(file).digest('hex'),
    dimensions,
    words,
    partsOf: (text) => piecesOf(text, placeOf).map((place) => ({ place, vector: vectorOf(place) })),
    sumOf(text, weightOf = () => 1) {
      const sum = new Float32Array(dimensions);
      for (const place of piecesOf(text, placeOf)) {
        const scale = (scales[place] as number) * weightOf(place);
        const start = place * dimensions;
        for (let d = 0; d < dimensions; d++) sum[d] = (sum[d] as number) + scale * (numbers[start + d] as number);
      }
      return sum;
    },
  };
}

let shared: WordVectors | undefined;

/** The vectors that come with the program, read from disk at the first call and kept for all who ask in this process. */
export function sharedWordVectors(): WordVectors {
  shared ??= decodeWordVectors(readFileSync(fileURLToPath(new URL('word-vectors.bin', import.meta.url))));
  return shared;
}
