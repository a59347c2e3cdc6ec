import type { Random } from '../../server/routing/simulation/random.ts';
import { partitionOf } from '../../server/storage/hot/redis-partitions.ts';

/** Customers, how much each writes, and where the queue puts it. */
export interface Crowd {
  readonly size: number;
  /** Shares of all that is written; all together 1. */
  readonly weights: Float64Array;
  partitionsOf(partitions: number): Int32Array;
  /** One of them, as often as it writes. */
  draw(random: Random): number;
}

export interface CrowdOptions {
  readonly contacts: number;
  /** Zipf's: the n-th writes as much as n to the power of minus this. 0: all the same. */
  readonly exponent: number;
  /** Share of all that one more contact writes: a system behind one name. */
  readonly hottest: number;
  /** Makes other names. */
  readonly seed: number;
}

export function createCrowd({ contacts, exponent, hottest, seed }: CrowdOptions): Crowd {
  const size = contacts + 1;
  const weights = new Float64Array(size);
  weights[0] = hottest;
  let sum = 0;
  for (let n = 1; n < size; n++) sum += n ** -exponent;
  for (let n = 1; n < size; n++) weights[n] = ((1 - hottest) * n ** -exponent) / sum;
  const hashes = hashesOf(size, seed);
  const alias = createAlias(weights);
  return {
    size,
    weights,
    partitionsOf: (partitions) => Int32Array.from(hashes, (hash) => hash % partitions),
    draw: (random) => {
      const at = Math.floor(random.uniform() * size);
      return random.uniform() < (alias.share[at] ?? 0) ? at : (alias.other[at] ?? 0);
    },
  };
}

const known = new Map<string, Float64Array>();

/** The product's own function, with as many partitions as it has hashes: the remainder by fewer is the same. */
function hashesOf(size: number, seed: number): Float64Array {
  const key = `${size} ${seed}`;
  let hashes = known.get(key);
  if (hashes === undefined) {
    hashes = Float64Array.from({ length: size }, (_, n) => partitionOf(`channel/${seed}-customer-${n}`, 2 ** 32));
    known.set(key, hashes);
  }
  return hashes;
}

/** M. Vose's alias method: draws one of many by weight in constant time. */
function createAlias(weights: Float64Array): { share: Float64Array; other: Int32Array } {
  const size = weights.length;
  const share = Float64Array.from(weights, (weight) => weight * size);
  const other = Int32Array.from(weights, (_, index) => index);
  const small: number[] = [];
  const large: number[] = [];
  for (let i = 0; i < size; i++) ((share[i] ?? 0) < 1 ? small : large).push(i);
  while (small.length > 0 && large.length > 0) {
    const [less, more] = [small.pop() as number, large.pop() as number];
    other[less] = more;
    share[more] = (share[more] ?? 0) - (1 - (share[less] ?? 0));
    ((share[more] ?? 0) < 1 ? small : large).push(more);
  }
  for (const rest of [...small, ...large]) share[rest] = 1;
  return { share, other };
}

/** What comes to each partition, as a share of all. */
export function sharesOf(crowd: Crowd, partitions: number): Float64Array {
  const shares = new Float64Array(partitions);
  const places = crowd.partitionsOf(partitions);
  for (let n = 0; n < crowd.size; n++) {
    const place = places[n] ?? 0;
    shares[place] = (shares[place] ?? 0) + (crowd.weights[n] ?? 0);
  }
  return shares;
}
