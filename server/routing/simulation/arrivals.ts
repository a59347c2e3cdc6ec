import type { Random } from './random.ts';

/** How often customers come, as a function of the time. */
export type ArrivalPattern =
  | { readonly kind: 'steady'; readonly perHour: number }
  /** A day by half hours, from the start on; it repeats. */
  | { readonly kind: 'by-half-hour'; readonly perHalfHour: readonly number[] }
  /** What else comes, and now and then many at once: each burst adds customers at a rate that dies away. */
  | {
      readonly kind: 'bursts';
      readonly base: ArrivalPattern;
      /** Mean time between the beginnings of two bursts. */
      readonly everyMs: number;
      /** Customers that a burst brings on average. */
      readonly size: number;
      /** In this time its rate falls to a third (1/e). */
      readonly fadeMs: number;
    };

const hourMs = 3_600_000;
const halfHourMs = hourMs / 2;

/** Customers per millisecond at a time after the start, and the most that it can be. */
interface Rate {
  at(ms: number): number;
  readonly most: number;
}

/**
 * The times at which customers come, milliseconds from the start, in order: a Poisson process whose rate changes, by
 * thinning (P. Lewis, G. Shedler, "Simulation of nonhomogeneous Poisson processes by thinning", 1979).
 */
export function drawArrivals(random: Random, pattern: ArrivalPattern, lengthMs: number): number[] {
  const rate = rateOf(random, pattern, lengthMs);
  const times: number[] = [];
  if (rate.most === 0) return times;
  for (let at = random.exponential(1 / rate.most); at < lengthMs; at += random.exponential(1 / rate.most)) {
    if (random.uniform() * rate.most < rate.at(at)) times.push(at);
  }
  return times;
}

function rateOf(random: Random, pattern: ArrivalPattern, lengthMs: number): Rate {
  switch (pattern.kind) {
    case 'steady':
      return { at: () => pattern.perHour / hourMs, most: pattern.perHour / hourMs };
    case 'by-half-hour': {
      const rates = pattern.perHalfHour.map((count) => count / halfHourMs);
      return { at: (ms) => rates[Math.floor(ms / halfHourMs) % rates.length] ?? 0, most: Math.max(0, ...rates) };
    }
    case 'bursts':
      return withBursts(random, pattern, lengthMs);
    default:
      return pattern satisfies never;
  }
}

function withBursts(random: Random, pattern: ArrivalPattern & { kind: 'bursts' }, lengthMs: number): Rate {
  const base = rateOf(random, pattern.base, lengthMs);
  const { size, fadeMs, everyMs } = pattern;
  const starts: number[] = [];
  for (let at = random.exponential(everyMs); at < lengthMs; at += random.exponential(everyMs)) starts.push(at);
  const ofBursts = (ms: number) =>
    starts.reduce((sum, start) => (ms < start ? sum : sum + (size / fadeMs) * Math.exp((start - ms) / fadeMs)), 0);
  // The rate only ever rises at the start of a burst.
  return { at: (ms) => base.at(ms) + ofBursts(ms), most: base.most + Math.max(0, ...starts.map(ofBursts)) };
}
