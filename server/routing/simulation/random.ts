/**
 * A stream of random numbers that a seed decides: the same seed gives the same numbers on every machine.
 *
 * xoshiro128** 1.1 by D. Blackman and S. Vigna ("Scrambled linear pseudorandom number generators", 2021): 128 bits of
 * state, period 2^128 - 1. Its state is filled by SplitMix32, so that neighbouring seeds give unrelated streams. For
 * simulation alone: what it says can be foretold.
 *
 * @see https://prng.di.unimi.it/xoshiro128starstar.c
 */
export class Random {
  readonly #state: Uint32Array;

  /** @param seed any number of integers: a run, and what in it this stream is for */
  constructor(...seed: readonly number[]) {
    this.#state = new Uint32Array(4);
    let mixed = 0;
    for (const part of seed) mixed = splitMix(mixed ^ part).value;
    for (let i = 0; i < 4; i += 1) {
      const { state, value } = splitMix(mixed);
      mixed = state;
      this.#state[i] = value;
    }
  }

  /** Takes the generator's own state, to compare it with the published code. */
  static fromState(state: readonly [number, number, number, number]): Random {
    const random = new Random(0);
    random.#state.set(state);
    return random;
  }

  /** An integer from 0 to 2^32 - 1. */
  uint32(): number {
    const s = this.#state as unknown as [number, number, number, number];
    const result = Math.imul(rotate(Math.imul(s[1], 5), 7), 9) >>> 0;
    const shifted = s[1] << 9;
    s[2] ^= s[0];
    s[3] ^= s[1];
    s[1] ^= s[2];
    s[0] ^= s[3];
    s[2] ^= shifted;
    s[3] = rotate(s[3], 11);
    return result;
  }

  /** Evenly in [0, 1), with 53 bits. */
  uniform(): number {
    return ((this.uint32() >>> 5) * 2 ** 26 + (this.uint32() >>> 6)) / 2 ** 53;
  }

  /** An integer from 0 to `below` - 1. */
  integer(below: number): number {
    return Math.floor(this.uniform() * below);
  }

  /** By inversion, so that one draw takes one number whatever comes out. */
  exponential(mean: number): number {
    return -Math.log1p(-this.uniform()) * mean;
  }

  /** How many of what happens independently come to be at a mean; above fifty by the normal distribution. */
  poisson(mean: number): number {
    if (mean > 50) return Math.max(0, Math.round(mean + Math.sqrt(mean) * this.normal()));
    let count = -1;
    for (let left = mean; left >= 0; left -= this.exponential(1)) count += 1;
    return count;
  }

  /** Box and Muller, "A note on the generation of random normal deviates" (1958). */
  normal(): number {
    const radius = Math.sqrt(-2 * Math.log1p(-this.uniform()));
    return radius * Math.cos(2 * Math.PI * this.uniform());
  }

  /** @param variation standard deviation over mean */
  lognormal(mean: number, variation: number): number {
    const sigma2 = Math.log1p(variation ** 2);
    return mean * Math.exp(Math.sqrt(sigma2) * this.normal() - sigma2 / 2);
  }

  /** One of the things, each as often as its weight says. */
  pick<T>(things: readonly { readonly value: T; readonly weight: number }[]): T {
    const total = things.reduce((sum, { weight }) => sum + weight, 0);
    let left = this.uniform() * total;
    for (const { value, weight } of things) {
      left -= weight;
      if (left < 0) return value;
    }
    return (things.at(-1) as { value: T }).value;
  }
}

const rotate = (x: number, by: number) => (x << by) | (x >>> (32 - by));

/** SplitMix32: G. Steele, D. Lea, C. Flood, "Fast splittable pseudorandom number generators" (2014), with 32 bits. */
function splitMix(before: number): { state: number; value: number } {
  const state = (before + 0x9e3779b9) >>> 0;
  let z = state;
  z = Math.imul(z ^ (z >>> 16), 0x85ebca6b);
  z = Math.imul(z ^ (z >>> 13), 0xc2b2ae35);
  return { state, value: (z ^ (z >>> 16)) >>> 0 };
}

/** How long something takes: a distribution by its name and its mean. */
export type Duration =
  | { readonly kind: 'constant'; readonly meanMs: number }
  | { readonly kind: 'exponential'; readonly meanMs: number }
  /** As handling times are found to be (L. Brown et al., "Statistical analysis of a telephone call center", 2005). */
  | { readonly kind: 'lognormal'; readonly meanMs: number; readonly variation: number };

/** @returns milliseconds, not rounded */
export function drawDuration(random: Random, duration: Duration): number {
  switch (duration.kind) {
    case 'constant':
      return duration.meanMs;
    case 'exponential':
      return random.exponential(duration.meanMs);
    case 'lognormal':
      return random.lognormal(duration.meanMs, duration.variation);
    default:
      return duration satisfies never;
  }
}
