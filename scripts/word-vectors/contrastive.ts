import { seeded } from '../../server/base/seeded.ts';
import { createRowKernels, type RowKernels } from '../../server/bot/intent/row-kernels.ts';

/** Two texts that mean something near, each as the places of its words. */
export type Pair = readonly [one: Int32Array, other: Int32Array];

export interface ContrastiveOptions {
  readonly dimensions: number;
  readonly rounds: number;
  readonly seed: number;
  /** By word, how often it stands in a text. */
  readonly counts: readonly number[];
  /** The pairs of a round; each may be drawn anew. */
  readonly pairsOf: (random: () => number) => Pair[];
  readonly onRound?: (round: number, loss: number) => void;
}

/** So many pairs at a time: each text has to tell its own partner from those of the others. */
const batch = 128;
/** Cosines are multiplied by it before they become probabilities (a temperature of 0.07). */
const sharpness = 14;
const firstStep = 0.3;
/** A vector starts as long as this at most, so that a rare word has room to go where it belongs. */
const startLength = 0.15;

/**
 * Learns a vector for each word, so that texts that mean something near have sums of vectors of nearly one direction, and others
 * have not (InfoNCE with the other pairs of a batch as what is not meant, in both directions). The step of each word shrinks with what it
 * has moved already (Adagrad by row). How long a vector is says how much its word counts in a sum.
 *
 * @returns by word, `dimensions` numbers
 * @see van den Oord et al., "Representation Learning with Contrastive Predictive Coding", 2018
 */
export function trainContrastive(options: ContrastiveOptions): Float32Array {
  const { dimensions: width, counts, rounds } = options;
  if (width % 8 !== 0) throw new Error(`dimensions: expected a multiple of 8, got ${width}.`);
  const random = seeded(options.seed);
  const desk = createDesk(counts.length, width);
  startVectors(desk.vectors.floats, counts, width, random);
  const moved = new Float32Array(counts.length).fill(1e-6);
  for (let round = 0; round < rounds; round++) {
    const pairs = options.pairsOf(random);
    let [loss, batches] = [0, 0];
    for (let start = 0; start + batch <= pairs.length; start += batch) {
      const step = firstStep * (1 - (round + start / pairs.length) / rounds);
      const drawn = pairs.slice(start, start + batch);
      for (const [i, texts] of drawn.entries())
        for (const at of [0, 1] as const) readText(desk, desk.sides[at], i, texts[at]);
      loss += findErrors(desk);
      batches++;
      for (const [i, texts] of drawn.entries())
        for (const at of [0, 1] as const) descend(desk, moved, desk.sides[at], i, texts[at], step);
    }
    options.onRound?.(round + 1, loss / batches);
  }
  return desk.vectors.floats.slice();
}

/** Numbers in the memory of the kernels, and where they begin. */
interface Block {
  readonly address: number;
  readonly floats: Float32Array;
}

/** The texts on one side of the pairs of a batch. */
interface Side {
  /** By text, its sum of vectors at length 1. */
  readonly units: Block;
  readonly lengths: Float32Array;
  readonly errors: Block;
  /** By text and partner, how far their cosine is off: softmax over the partners, less what is right. */
  readonly shares: Block;
}

/** All that a batch is worked on with. */
interface Desk {
  readonly width: number;
  readonly kernels: RowKernels;
  readonly vectors: Block;
  readonly sides: readonly [Side, Side];
  readonly cosines: Block;
  /** 0, 1, 2 … as 32-bit integers, and as many ones. */
  readonly counting: Block;
  readonly ones: Block;
  /** The words of a text. */
  readonly words: Int32Array;
  readonly wordsAddress: number;
  /** By word of a text, how fast it moves. */
  readonly rates: Block;
}

/** Of a longer text only so many words are read. */
const mostWords = 128;

function createDesk(words: number, width: number): Desk {
  const kernels = createRowKernels(4 * (words * width + 4 * batch * width + 3 * batch * batch + 4 * mostWords));
  const { buffer } = kernels.memory;
  let next = 0;
  const take = (count: number): Block => {
    const address = next;
    next += count * 4;
    return { address, floats: new Float32Array(buffer, address, count) };
  };
  const side = (): Side => ({
    units: take(batch * width),
    lengths: new Float32Array(batch),
    errors: take(batch * width),
    shares: take(batch * batch),
  });
  const sides = [side(), side()] as const;
  const [cosines, counting, ones, list] = [take(batch * batch), take(mostWords), take(mostWords), take(mostWords)];
  new Int32Array(buffer, counting.address, mostWords).set(Array.from({ length: mostWords }, (_, at) => at));
  ones.floats.fill(1);
  const rates = take(mostWords);
  const text = new Int32Array(buffer, list.address, mostWords);
  return {
    ...{ width, kernels, sides, cosines, counting, ones, words: text, wordsAddress: list.address, rates },
    vectors: take(words * width),
  };
}

/** Frequent words start with short vectors, as they say little. */
function startVectors(vectors: Float32Array, counts: readonly number[], width: number, random: () => number): void {
  const total = counts.reduce((all, count) => all + count, 0);
  for (const [word, count] of counts.entries()) {
    const weight = 1e-3 / (1e-3 + count / total);
    for (let d = 0; d < width; d++)
      vectors[word * width + d] = ((random() - 0.5) * 2 * weight * startLength) / Math.sqrt(width / 3);
  }
}

function readText(desk: Desk, side: Side, text: number, all: Int32Array): void {
  const { width, kernels, vectors, wordsAddress } = desk;
  const words = all.subarray(0, mostWords);
  desk.words.set(words);
  const start = text * width;
  const unit = side.units.floats.subarray(start, start + width).fill(0);
  const end = wordsAddress + words.length * 4;
  kernels.addRows(wordsAddress, desk.ones.address, end, vectors.address, width * 4, side.units.address + start * 4);
  let squares = 0;
  for (let d = 0; d < width; d++) squares += (unit[d] as number) ** 2;
  const length = Math.sqrt(squares) || 1;
  side.lengths[text] = length;
  for (let d = 0; d < width; d++) unit[d] = (unit[d] as number) / length;
}

/** Leaves in both sides what is wrong with them. @returns the loss, for each pair */
function findErrors({ width, kernels, sides, cosines, counting, ones }: Desk): number {
  const [left, right] = sides;
  const [first, last] = [counting.address, counting.address + batch * 4];
  for (let i = 0; i < batch; i++) {
    const [text, row] = [left.units.address + i * width * 4, cosines.address + i * batch * 4];
    kernels.blameRows(first, ones.address, last, right.units.address, width * 4, text, 0, row);
  }
  const loss = findShares(cosines.floats, left.shares.floats, right.shares.floats);
  for (const [own, other] of [sides, sides.toReversed()] as [Side, Side][]) {
    own.errors.floats.fill(0);
    for (let i = 0; i < batch; i++) {
      const [shares, errors] = [own.shares.address + i * batch * 4, own.errors.address + i * width * 4];
      kernels.addRows(first, shares, last, other.units.address, width * 4, errors);
    }
  }
  return loss;
}

/** How far each cosine should go down (up, below 0): softmax over its row and over its column, less what is right. */
function findShares(cosines: Float32Array, ofLeft: Float32Array, ofRight: Float32Array): number {
  const [rows, columns] = [new Float64Array(batch), new Float64Array(batch)];
  const raised = cosines.map((cosine) => Math.exp(sharpness * (cosine - 1)));
  for (let i = 0; i < batch; i++)
    for (let j = 0; j < batch; j++) {
      const value = raised[i * batch + j] as number;
      rows[i] = (rows[i] as number) + value;
      columns[j] = (columns[j] as number) + value;
    }
  let loss = 0;
  for (let i = 0; i < batch; i++)
    for (let j = 0; j < batch; j++) {
      const value = raised[i * batch + j] as number;
      const [ofRow, ofColumn] = [value / (rows[i] as number), value / (columns[j] as number)];
      if (i === j) loss -= Math.log(ofRow * ofColumn) / 2;
      const share = (ofRow + ofColumn) / 2 - Number(i === j);
      ofLeft[i * batch + j] = share;
      ofRight[j * batch + i] = share;
    }
  return loss / batch;
}

function descend(
  { width, kernels, vectors, words: list, wordsAddress, rates }: Desk,
  moved: Float32Array,
  { units, lengths, errors }: Side,
  text: number,
  all: Int32Array,
  step: number,
): void {
  const start = text * width;
  const [unit, error] = [units.floats.subarray(start, start + width), errors.floats.subarray(start, start + width)];
  let along = 0;
  for (let d = 0; d < width; d++) along += (error[d] as number) * (unit[d] as number);
  const length = Math.max(lengths[text] as number, 0.1);
  let squares = 0;
  for (let d = 0; d < width; d++) {
    const value = ((error[d] as number) - along * (unit[d] as number)) / length;
    error[d] = value;
    squares += value * value;
  }
  const words = all.subarray(0, mostWords);
  list.set(words);
  for (const [at, word] of words.entries()) {
    moved[word] = (moved[word] as number) + squares / width;
    rates.floats[at] = 1 / Math.sqrt((moved[word] as number) * width);
  }
  const end = wordsAddress + words.length * 4;
  const own = errors.address + start * 4;
  kernels.descendRows(wordsAddress, rates.address, end, vectors.address, width * 4, own, step);
}
