/**
 * Exact results for one pool of equal agents: customers come at random (Poisson), handling and patience are exponential,
 * the first to come is served first. What the simulation is validated against, and what planning starts from.
 *
 * An agent who holds several conversations at once counts as that many servers.
 *
 * Sources: A. K. Erlang, "Solution of some problems in the theory of probabilities of significance in automatic telephone
 * exchanges" (1917), for B and C; C. Palm, "Methods of judging the annoyance caused by congestion", Tele 4 (1953), and
 * A. Mandelbaum, S. Zeltyn, "Service engineering in action: the Palm/Erlang-A queue, with applications to call centers"
 * (2007) for A.
 */

/** What comes to a pool, and how long each takes. */
export interface Offered {
  readonly servers: number;
  readonly arrivalsPerHour: number;
  /** Mean time that one server is busy with one customer. */
  readonly handlingMs: number;
}

/** What theory says of a pool in its steady state. */
export interface QueueFigures {
  /** Share of customers who find every server busy. */
  readonly waitProbability: number;
  /** Mean wait of all, of those who were answered at once and those who gave up as well; `Infinity` where it grows for ever. */
  readonly meanWaitMs: number;
  /** Share of their time that servers are busy. */
  readonly occupancy: number;
  /** Share of all customers who give up. */
  readonly abandonment: number;
  /** Share of **all** customers who are answered within the time: the service level. */
  answeredWithin(ms: number): number;
}

/** What theory also says where customers give up. */
export interface ImpatientFigures extends QueueFigures {
  /** Mean wait of those who are answered. */
  readonly meanWaitServedMs: number;
  /** Mean number of customers who wait. */
  readonly meanWaiting: number;
  /** Share of all customers whose wait ends within the time, by an answer or by giving up. */
  endsWithin(ms: number): number;
  /** Share of those who are answered that are answered within the time. */
  servedWithin(ms: number): number;
}

const hourMs = 3_600_000;

/** Load in erlangs: servers that would be busy on average if there were enough of them. */
export const offeredLoad = ({ arrivalsPerHour, handlingMs }: Omit<Offered, 'servers'>): number =>
  (arrivalsPerHour / hourMs) * handlingMs;

/**
 * Erlang B: share of customers that is lost where nobody waits. By the recursion B(n) = aB(n-1) / (n + aB(n-1)), which
 * neither overflows nor loses digits.
 */
export function erlangB(servers: number, load: number): number {
  let blocked = 1;
  for (let n = 1; n <= servers; n += 1) blocked = (load * blocked) / (n + load * blocked);
  return blocked;
}

/** Erlang C (M/M/N): everybody waits as long as it takes. At a load of one or more per server the queue grows for ever. */
export function erlangC(offered: Offered): QueueFigures {
  const { servers, handlingMs } = offered;
  const load = offeredLoad(offered);
  if (load === 0) return { ...nobodyComes, abandonment: 0, answeredWithin: () => 1 };
  if (load >= servers) {
    return { waitProbability: 1, meanWaitMs: Infinity, occupancy: 1, abandonment: 0, answeredWithin: () => 0 };
  }
  const blocked = erlangB(servers, load);
  const waitProbability = (servers * blocked) / (servers - load * (1 - blocked));
  // A customer who waits does so for an exponential time of this mean.
  const drainMs = handlingMs / (servers - load);
  return {
    waitProbability,
    meanWaitMs: waitProbability * drainMs,
    occupancy: load / servers,
    abandonment: 0,
    answeredWithin: (ms) => (ms < 0 ? 0 : 1 - waitProbability * Math.exp(-ms / drainMs)),
  };
}

const nobodyComes = { waitProbability: 0, meanWaitMs: 0, occupancy: 0 };

/**
 * Erlang A (M/M/N+M): a customer who has waited for an exponential time of mean `patienceMs` gives up. Always stable.
 *
 * The chain of customers present is solved outwards from its most likely state, so that no term overflows. A customer
 * who finds all servers busy and k waiting is answered after k+1 departures at the rates Nμ, Nμ+θ, … Nμ+kθ (those in
 * front are served or give up). For that wait V, exp(-θV) has a Beta(Nμ/θ, k+1) distribution: independent exponentials
 * of rates a, a+1, … a+k add up to -ln of such a variable (A. Rényi, "On the theory of order statistics", 1953).
 */
export function erlangA(offered: Offered & { readonly patienceMs: number }): ImpatientFigures {
  const { servers, patienceMs, handlingMs } = offered;
  const load = offeredLoad(offered);
  if (load === 0) {
    const all = () => 1;
    const none = { ...nobodyComes, abandonment: 0, meanWaitServedMs: 0, meanWaiting: 0 };
    return { ...none, answeredWithin: all, endsWithin: all, servedWithin: all };
  }
  /** Nμ/θ: customers who could give up in the time that one is served. */
  const pace = (servers * patienceMs) / handlingMs;
  const found = stateProbabilities(servers, load, { pace, patienceLoad: (load * patienceMs) / handlingMs });
  const waitProbability = sum(found);
  const meanWaiting = sum(found.map((p, k) => p * k));
  const perMs = offered.arrivalsPerHour / hourMs;
  const abandonment = servers === 0 ? 1 : Math.min(1, meanWaiting / patienceMs / perMs);
  const servedShare = 1 - abandonment;
  const answeredWithin = (ms: number) => share(1 - waitProbability + servedAfterWait(found, pace, ms / patienceMs));
  return {
    waitProbability,
    abandonment,
    meanWaiting,
    meanWaitMs: meanWaiting / perMs,
    meanWaitServedMs: servers === 0 ? 0 : (patienceMs * servedWait(found, pace)) / servedShare,
    occupancy: servers === 0 ? 0 : (load * servedShare) / servers,
    answeredWithin: (ms) => (ms < 0 || servers === 0 ? 0 : answeredWithin(ms)),
    endsWithin: (ms) => {
      if (ms < 0) return 0;
      return share(1 - Math.exp(-ms / patienceMs) * waitsLonger(found, pace, ms / patienceMs));
    },
    servedWithin: (ms) => (ms < 0 || servers === 0 ? 0 : share(answeredWithin(ms) / servedShare)),
  };
}

/** Rounding may lead a hair out of it. */
const share = (value: number) => Math.min(1, Math.max(0, value));

/** Smaller than this beside the most likely state, and getting smaller: it changes no digit. */
const negligible = 1e-19;

/** @returns the probability of finding all servers busy and k waiting, by k */
function stateProbabilities(
  servers: number,
  load: number,
  { pace, patienceLoad }: { pace: number; patienceLoad: number },
): number[] {
  /** How much likelier n present are than n-1. */
  const ratio = (n: number) => (n <= servers ? load / n : patienceLoad / (pace + n - servers));
  const mode = load < servers ? Math.floor(load) : servers + Math.max(0, Math.floor(patienceLoad - pace));
  const waiting = new Map<number, number>();
  let total = 0;
  const add = (n: number, p: number) => {
    total += p;
    if (n >= servers) waiting.set(n - servers, p);
  };
  add(mode, 1);
  for (let n = mode, p = 1; n > 0 && p > negligible; n -= 1) {
    p /= ratio(n);
    add(n - 1, p);
  }
  let highest = mode;
  for (let p = 1; p > negligible || highest < servers; ) {
    highest += 1;
    p *= ratio(highest);
    add(highest, p);
  }
  return Array.from({ length: highest - servers + 1 }, (_, k) => (waiting.get(k) ?? 0) / total);
}

/**
 * The probability of coming to a wait that has not ended after the time, for one who never gives up.
 *
 * @param time in means of patience
 */
function waitsLonger(found: readonly number[], pace: number, time: number): number {
  const longer = betaBelow(pace, time);
  return sum(found.map((p) => p * longer.next().value));
}

/** The probability of coming to a wait and being answered within the time: the mean of exp(-θV) over those V. */
function servedAfterWait(found: readonly number[], pace: number, time: number): number {
  const later = betaBelow(pace + 1, time);
  return sum(found.map((p, k) => ((p * pace) / (pace + k + 1)) * (1 - later.next().value)));
}

/** The mean of V exp(-θV) over all who come, in means of patience: what those who are answered have waited. */
function servedWait(found: readonly number[], pace: number): number {
  let harmonic = 0;
  return sum(
    found.map((p, k) => {
      harmonic += 1 / (pace + k + 1);
      return ((p * pace) / (pace + k + 1)) * harmonic;
    }),
  );
}

/**
 * For k = 0, 1, 2 …: the probability that a Beta(a, k+1) variable is below exp(-time), by the recursion
 * I(a, b+1) = I(a, b) + x^a (1-x)^b Γ(a+b) / (Γ(a) b!) (Abramowitz, Stegun, "Handbook of mathematical functions", 26.5.16).
 * The terms are positive, and kept as logarithms: x^a alone is below the smallest number for some thousand servers.
 */
function* betaBelow(a: number, time: number): Generator<number, never> {
  const above = Math.log(-Math.expm1(-time));
  let term = -a * time;
  let below = Math.exp(term);
  for (let b = 1; ; b += 1) {
    yield Math.min(1, below);
    term += above + Math.log((a + b - 1) / b);
    below += Math.exp(term);
  }
}

/** Small terms are not lost beside large ones (W. Kahan, "Further remarks on reducing truncation errors", 1965). */
function sum(terms: readonly number[]): number {
  let total = 0;
  let lost = 0;
  for (const term of terms) {
    const corrected = term - lost;
    const next = total + corrected;
    lost = next - total - corrected;
    total = next;
  }
  return total;
}
