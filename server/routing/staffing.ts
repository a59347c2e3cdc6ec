import { erlangA, erlangC, offeredLoad, type QueueFigures } from './erlang.ts';
import { meanOf } from './simulation/statistics.ts';

/** What is to be staffed: half hours in a row, as many as there are counts. */
export interface StaffingInput {
  /** Conversations that come in each half hour. */
  readonly perHalfHour: readonly number[];
  /** Mean time that an agent has a conversation, at the stated number at once. */
  readonly handlingMs: number;
  /** Mean time after which a customer gives up; null: never. */
  readonly patienceMs: number | null;
  /** Conversations that an agent has at once. */
  readonly concurrency: number;
  readonly target: { readonly share: number; readonly withinMs: number };
  /** Never fewer, also where nobody comes. */
  readonly minAgents?: number;
}

export interface HalfHourStaffing {
  readonly arrivals: number;
  /** Conversations that would be under way with agents without end, in the mean of the half hour. */
  readonly load: number;
  readonly agents: number;
  /** By theory, in the mean of the half hour. */
  readonly answeredInTime: number;
  readonly meanWaitMs: number;
  readonly abandonment: number;
  readonly occupancy: number;
}

export const halfHourMs = 1_800_000;

/** More agents than anybody has: a search for fewer ends here. */
const mostAgents = 100_000;

/**
 * How many agents each half hour needs, by Erlang A (Erlang C where nobody gives up).
 *
 * Work that came before is still under way, and what has just begun to come is not yet all there. So the number does not
 * follow how many come, but how many conversations would be under way if there were agents without end: the *modified
 * offered load* m, with m' = arrivals - m / handling time (O. Jennings, A. Mandelbaum, W. Massey, W. Whitt, "Server
 * staffing to meet time-varying demand", 1996). It is looked at at six times of the half hour: the mean over them has to
 * reach the target.
 *
 * @throws RangeError for a number that makes no sense
 */
export function staffing(input: StaffingInput): HalfHourStaffing[] {
  check(input);
  const loads = modifiedLoads(input.perHalfHour, input.handlingMs);
  return input.perHalfHour.map((arrivals, i) => {
    const within = loads[i] as readonly number[];
    const agents = agentsFor(within, input);
    const figures = within.map((load) => figuresOf(agents, load, input));
    return {
      arrivals,
      load: meanOf(within),
      agents,
      answeredInTime: meanOf(figures.map(({ answeredWithin }) => answeredWithin(input.target.withinMs))),
      meanWaitMs: meanOf(figures.map(({ meanWaitMs }) => meanWaitMs)),
      abandonment: meanOf(figures.map(({ abandonment }) => abandonment)),
      occupancy: meanOf(figures.map(({ occupancy }) => occupancy)),
    };
  });
}

/** The fewest agents that reach the target in the mean over some loads: more never do worse, so that halving finds them. */
export function agentsFor(loads: readonly number[], input: Omit<StaffingInput, 'perHalfHour'>): number {
  const { target, minAgents = 0 } = input;
  const isEnough = (agents: number) =>
    meanOf(loads.map((load) => figuresOf(agents, load, input).answeredWithin(target.withinMs))) >= target.share;
  if (loads.every((load) => load === 0) || isEnough(minAgents)) return minAgents;
  let low = minAgents;
  let high = Math.max(1, minAgents, Math.ceil(meanOf(loads) / input.concurrency));
  while (!isEnough(high) && high < mostAgents) [low, high] = [high, high * 2];
  while (high - low > 1) {
    const middle = (low + high) >> 1;
    if (isEnough(middle)) high = middle;
    else low = middle;
  }
  return high;
}

/** What theory says of a number of agents at a steady load; each counts as the number of conversations that they have at once. */
export function figuresOf(
  agents: number,
  load: number,
  { handlingMs, patienceMs, concurrency }: Pick<StaffingInput, 'handlingMs' | 'patienceMs' | 'concurrency'>,
): QueueFigures {
  const offered = { servers: agents * concurrency, handlingMs, arrivalsPerHour: (load * 3_600_000) / handlingMs };
  return patienceMs === null ? erlangC(offered) : erlangA({ ...offered, patienceMs });
}

/** The modified offered load at six times of each half hour. Nothing is under way at the beginning of the first. */
export function modifiedLoads(perHalfHour: readonly number[], handlingMs: number): number[][] {
  let before = 0;
  return perHalfHour.map((arrivals) => {
    const level = offeredLoad({ arrivalsPerHour: arrivals * 2, handlingMs });
    const start = before;
    // Within a half hour customers come evenly, so that it goes towards their level by an exponential.
    const at = (ms: number) => level + (start - level) * Math.exp(-ms / handlingMs);
    before = at(halfHourMs);
    return [1, 3, 5, 7, 9, 11].map((twelfth) => at((twelfth / 12) * halfHourMs));
  });
}

function check({ perHalfHour, handlingMs, patienceMs, concurrency, target, minAgents = 0 }: StaffingInput): void {
  const positive = (value: number) => Number.isFinite(value) && value > 0;
  if (perHalfHour.some((count) => !(Number.isFinite(count) && count >= 0))) {
    throw new RangeError('arrivals are counts of at least 0');
  }
  if (!positive(handlingMs)) throw new RangeError('the handling time is more than 0');
  if (patienceMs !== null && !positive(patienceMs)) throw new RangeError('patience is more than 0');
  if (!Number.isInteger(concurrency) || concurrency < 1)
    throw new RangeError('concurrency is a whole number from 1 on');
  if (!(target.share > 0 && target.share < 1)) throw new RangeError('the share of the target lies between 0 and 1');
  if (!(target.withinMs >= 0)) throw new RangeError('the time of the target is at least 0');
  if (!Number.isInteger(minAgents) || minAgents < 0)
    throw new RangeError('the least number of agents is a whole number');
}
