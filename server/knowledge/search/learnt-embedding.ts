import { seeded } from '../../base/seeded.ts';
import { unitVector } from './embedder.ts';
import { type CountedFeatures, kindOf } from './features-of-text.ts';

/** Words that occur together in the customer's own texts lie near each other. Made of what is there, with no download. */
export interface LearntEmbedding {
  readonly dimensions: number;
  /** @returns of length 1; undefined for a text without a known word */
  vectorOf(text: CountedFeatures, weightOf: (feature: number) => number): Float32Array | undefined;
  readonly bytes: number;
}

/** Stems, signs and pairs of signs; not the characters inside words, nor pairs of words. */
const readKinds: ReadonlySet<number> = new Set([0, 3, 4]);
const dimensionsAtMost = 100;
const featuresAtMost = 12_000;
const fewestUnits = 20;
const rareKeptUpTo = 6_000;
const rounds = 3;

interface Row {
  readonly places: Int32Array;
  readonly weights: Float32Array;
}

/**
 * Latent semantic analysis of sentences and phrasings: the space in which they vary most, found by subspace iteration from
 * random directions. It yields every few thousand numbers, so that a server can do something else between.
 *
 * @param units at most some thousand; more are sampled by the caller
 * @returns undefined for too few
 * @see Halko, Martinsson and Tropp, Finding structure with randomness, SIAM Review 53 (2011)
 */
export function* learnEmbedding(
  units: readonly CountedFeatures[],
  weightOf: (feature: number) => number,
): Generator<void, LearntEmbedding | undefined> {
  const places = yield* placesOf(units);
  const rows: Row[] = [];
  for (const [at, unit] of units.entries()) {
    const row = rowOf(unit, places, weightOf);
    if (row !== undefined) rows.push(row);
    if (at % 200 === 0) yield;
  }
  if (rows.length < fewestUnits) return undefined;
  const width = Math.min(dimensionsAtMost, Math.floor(rows.length / 4), places.size);
  const random = seeded(1);
  let vectors = new Float32Array(places.size * width);
  for (let at = 0; at < vectors.length; at++) {
    vectors[at] = random() + random() + random() - 1.5;
    if (at % 50_000 === 0) yield;
  }
  for (let round = 0; round < rounds; round++) {
    const ofRows = yield* project(rows, vectors, width);
    yield* orthonormalize(ofRows, width);
    vectors = yield* gather(rows, ofRows, places.size, width);
  }
  yield* orthonormalize(vectors, width);
  return createEmbedding(places, vectors, width);
}

function createEmbedding(
  places: ReadonlyMap<number, number>,
  vectors: Float32Array,
  dimensions: number,
): LearntEmbedding {
  return {
    dimensions,
    bytes: vectors.byteLength + places.size * 40,
    vectorOf(text, weightOf) {
      const row = rowOf(text, places, weightOf);
      if (row === undefined) return undefined;
      const vector = new Float32Array(dimensions);
      addRow(row, vectors, vector, 0, dimensions);
      return unitVector(vector);
    },
  };
}

/** The features that most units have, numbered. */
function* placesOf(units: readonly CountedFeatures[]): Generator<void, Map<number, number>> {
  const seen = new Map<number, number>();
  for (const [at, { features }] of units.entries()) {
    for (const feature of features) if (readKinds.has(kindOf(feature))) seen.set(feature, (seen.get(feature) ?? 0) + 1);
    if (at % 100 === 0) yield;
  }
  // What only one sentence has lies near nothing; in a small corpus nearly every word is such a one.
  const all: number[] = [];
  for (const [feature, units] of seen) if (units > 1 || seen.size <= rareKeptUpTo) all.push(feature);
  yield;
  const kept = all.length <= featuresAtMost ? all : yield* mostSeen(all, seen);
  return new Map(kept.map((feature, place) => [feature, place]));
}

/** Those that most units have. Not by a sort of all at once, which would hold everything else up. */
function* mostSeen(features: readonly number[], seen: ReadonlyMap<number, number>): Generator<void, number[]> {
  const byUnits: number[][] = [];
  for (const [at, feature] of features.entries()) {
    const units = seen.get(feature) ?? 0;
    byUnits[units] ??= [];
    byUnits[units].push(feature);
    if (at % 10_000 === 0) yield;
  }
  const most: number[] = [];
  for (let units = byUnits.length - 1; units > 0 && most.length < featuresAtMost; units--)
    most.push(...(byUnits[units] ?? []).slice(0, featuresAtMost - most.length));
  return most;
}

function rowOf(
  { features, counts }: CountedFeatures,
  places: ReadonlyMap<number, number>,
  weightOf: (feature: number) => number,
): Row | undefined {
  const [at, weights]: [number[], number[]] = [[], []];
  let squares = 0;
  for (let i = 0; i < features.length; i++) {
    const place = places.get(features[i] as number);
    if (place === undefined) continue;
    const weight = (1 + Math.log(counts[i] as number)) * weightOf(features[i] as number);
    squares += weight * weight;
    at.push(place);
    weights.push(weight);
  }
  if (squares === 0) return undefined;
  const length = Math.sqrt(squares);
  return { places: Int32Array.from(at), weights: Float32Array.from(weights, (weight) => weight / length) };
}

function addRow(row: Row, vectors: Float32Array, into: Float32Array, start: number, width: number): void {
  for (let at = 0; at < row.places.length; at++) {
    const from = (row.places[at] as number) * width;
    const weight = row.weights[at] as number;
    for (let i = 0; i < width; i++)
      into[start + i] = (into[start + i] as number) + weight * (vectors[from + i] as number);
  }
}

function* project(rows: readonly Row[], vectors: Float32Array, width: number): Generator<void, Float32Array> {
  const ofRows = new Float32Array(rows.length * width);
  for (const [at, row] of rows.entries()) {
    addRow(row, vectors, ofRows, at * width, width);
    if (at % 100 === 0) yield;
  }
  return ofRows;
}

function* gather(
  rows: readonly Row[],
  ofRows: Float32Array,
  features: number,
  width: number,
): Generator<void, Float32Array<ArrayBuffer>> {
  const vectors = new Float32Array(features * width);
  for (const [at, { places, weights }] of rows.entries()) {
    const from = at * width;
    for (let i = 0; i < places.length; i++) {
      const to = (places[i] as number) * width;
      const weight = weights[i] as number;
      for (let j = 0; j < width; j++)
        vectors[to + j] = (vectors[to + j] as number) + weight * (ofRows[from + j] as number);
    }
    if (at % 100 === 0) yield;
  }
  return vectors;
}

/** Makes the columns orthonormal by Cholesky's factor of their inner products: row by row, as the rows lie in memory. */
function* orthonormalize(matrix: Float32Array, width: number): Generator<void> {
  const rows = matrix.length / width;
  const inner = new Float64Array(width * width);
  for (let row = 0; row < rows; row++) {
    const at = row * width;
    for (let i = 0; i < width; i++) {
      const value = matrix[at + i] as number;
      if (value === 0) continue;
      for (let j = 0; j <= i; j++)
        inner[i * width + j] = (inner[i * width + j] as number) + value * (matrix[at + j] as number);
    }
    if (row % 200 === 0) yield;
  }
  choleskyInPlace(inner, width);
  for (let row = 0; row < rows; row++) {
    const at = row * width;
    for (let i = 0; i < width; i++) {
      let value = matrix[at + i] as number;
      for (let j = 0; j < i; j++) value -= (inner[i * width + j] as number) * (matrix[at + j] as number);
      matrix[at + i] = value / (inner[i * width + i] as number);
    }
    if (row % 200 === 0) yield;
  }
}

/** The lower triangle L of L·Lᵀ; a direction that is a mix of others gets a pivot so large that its column vanishes. */
function choleskyInPlace(inner: Float64Array, width: number): void {
  for (let i = 0; i < width; i++) {
    const own = inner[i * width + i] as number;
    for (let j = 0; j <= i; j++) {
      let sum = inner[i * width + j] as number;
      for (let k = 0; k < j; k++) sum -= (inner[i * width + k] as number) * (inner[j * width + k] as number);
      if (i !== j) inner[i * width + j] = sum / (inner[j * width + j] as number);
      else inner[i * width + i] = sum > own * 1e-6 && sum > 0 ? Math.sqrt(sum) : 1e12;
    }
  }
}
