import { percentile } from './statistics.ts';

/** One conversation, as far as a bound looks at it. Times are milliseconds. */
export interface Job {
  readonly at: number;
  readonly handlingMs: number;
  readonly patienceMs: number;
}

/** What is to be kept small. */
export type Aim =
  /** The wait of each: until an agent begins, or the customer gives up. */
  | { readonly kind: 'wait' }
  /** The number that is not answered within the time. */
  | { readonly kind: 'late'; readonly withinMs: number };

export interface BoundOptions {
  readonly aim: Aim;
  readonly servers: number;
  /** A value that some schedule reaches: how far the search has to go. */
  readonly reached: number;
  readonly rounds?: number;
}

/**
 * A clairvoyant bound: no schedule whatever does better, not even one that has known from the start who will come, how
 * long each conversation will take and when each customer will give up, and that lets every agent answer everything.
 *
 * It is a Lagrangian relaxation (A. Geoffrion, "Lagrangean relaxation for integer programming", 1974; for schedules,
 * M. Dyer, L. Wolsey, "Formulating the single machine sequencing problem with release dates as a mixed integer program",
 * 1990). The one thing that ties conversations to each other is that at most N are answered at a time. In its place each
 * moment gets a price p(t) ≥ 0 that whoever is being answered then pays, and N p(t) is given back. Of a schedule that keeps
 * to N at a time, the value is at least what it costs with the prices, since no more is paid than is given back; and with
 * the prices each conversation can be planned alone, exactly, which costs at least the least for each. So
 *
 *     value of any schedule  ≥  sum over conversations of the least (cost + prices paid)  -  N times the sum of the prices
 *
 * for whatever prices. They are sought by subgradient steps (B. Polyak, 1969), which only decide how near the bound comes
 * to the best schedule, never whether it holds. Prices are constant in steps, and time stays continuous: the least lies
 * where the conversation comes, at the last time that counts, or where its beginning or end meets a step.
 *
 * @returns the mean per conversation
 */
export function clairvoyantBound(jobs: readonly Job[], options: BoundOptions): number {
  if (jobs.length === 0) return 0;
  const { servers, reached, rounds = 120 } = options;
  const prices = createPrices(jobs);
  let best = 0;
  let step = 1;
  let sinceBetter = 0;
  for (let round = 0; round < rounds; round += 1) {
    prices.integrate();
    const usage = new Float64Array(prices.count);
    let total = -servers * prices.total();
    for (const job of jobs) total += plan(job, options.aim, prices, usage);
    const value = total / jobs.length;
    if (value > best) {
      best = value;
      sinceBetter = 0;
    } else {
      sinceBetter += 1;
      if (sinceBetter % 8 === 0) step /= 2;
    }
    prices.move(usage, { servers, by: step * Math.max(1e-9, reached * 1.02 - value) * jobs.length });
  }
  return best;
}

/**
 * The cheapest plan of one job alone: its cost and prices; what time it takes is added to `usage`. Looked at are the time of
 * coming, the last one that counts, and where the beginning or the end meets a step of the prices.
 */
function plan(job: Job, aim: Aim, prices: Prices, usage: Float64Array): number {
  const { at, handlingMs, patienceMs } = job;
  const { stepMs } = prices;
  const perMs = aim.kind === 'wait' ? 1 : 0;
  const latest = at + (aim.kind === 'wait' ? patienceMs : Math.min(patienceMs, aim.withinMs));
  /** Not answered (in time): nothing is used. */
  let least = aim.kind === 'wait' ? patienceMs : 1;
  let start = Infinity;
  let nextBegin = (Math.floor(at / stepMs) + 1) * stepMs;
  let nextEnd = (Math.floor((at + handlingMs) / stepMs) + 1) * stepMs - handlingMs;
  const consider = (begin: number) => {
    const cost = perMs * (begin - at) + prices.between(begin, begin + handlingMs);
    if (cost >= least) return;
    least = cost;
    start = begin;
  };
  for (let begin = at; begin < latest && perMs * (begin - at) < least; ) {
    consider(begin);
    if (nextBegin <= nextEnd) {
      begin = nextBegin;
      nextBegin += stepMs;
    } else {
      begin = nextEnd;
      nextEnd += stepMs;
    }
  }
  if (Number.isFinite(latest)) consider(latest);
  if (start !== Infinity) prices.use(usage, start, start + handlingMs);
  return least;
}

type Prices = ReturnType<typeof createPrices>;

/** Prices of a server's time, constant within steps of a tenth of the median handling time; none after the last arrival. */
function createPrices(jobs: readonly Job[]) {
  const median = percentile(
    jobs.map(({ handlingMs }) => handlingMs).sort((a, b) => a - b),
    0.5,
  );
  const stepMs = Math.max(1, median / 10);
  const count = Math.ceil(jobs.reduce((end, job) => Math.max(end, job.at), 0) / stepMs) + 10;
  const price = new Float64Array(count);
  /** The price of all time up to the beginning of each step. */
  const upTo = new Float64Array(count + 1);
  const until = (ms: number) => {
    const at = Math.min(count - 1, Math.floor(ms / stepMs));
    return (upTo[at] as number) + (price[at] as number) * (Math.min(ms, count * stepMs) - at * stepMs);
  };
  return {
    stepMs,
    count,
    integrate: () => {
      for (let i = 0; i < count; i += 1) upTo[i + 1] = (upTo[i] as number) + (price[i] as number) * stepMs;
    },
    total: () => upTo[count] as number,
    between: (from: number, to: number) => until(to) - until(from),
    use: (usage: Float64Array, from: number, to: number) => {
      const last = Math.min(count - 1, Math.floor(to / stepMs));
      for (let i = Math.floor(from / stepMs); i <= last; i += 1) {
        usage[i] = (usage[i] as number) + Math.min(to, (i + 1) * stepMs) - Math.max(from, i * stepMs);
      }
    },
    /** Dearer where more is used than there is, cheaper elsewhere. */
    move: (usage: Float64Array, { servers, by }: { servers: number; by: number }) => {
      const excess = usage.map((used, i) => {
        const over = used - servers * stepMs;
        return over < 0 && price[i] === 0 ? 0 : over;
      });
      const length = excess.reduce((sum, over) => sum + over * over, 0);
      if (length === 0) return;
      for (let i = 0; i < count; i += 1) {
        price[i] = Math.max(0, (price[i] as number) + (by / length) * (excess[i] as number));
      }
    },
  };
}
