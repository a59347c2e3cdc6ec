import type { Random } from '../../server/routing/simulation/random.ts';

/** Nothing is taken out of a partition from one moment to another, milliseconds from the beginning. */
export interface Closure {
  readonly from: number;
  readonly until: number;
  /** Nothing can be put into it either: what comes is refused, and sent again by the platform. */
  readonly refuses?: boolean;
}

export interface OutageOptions {
  /** What comes to each partition, as a share of all. */
  readonly shares: Float64Array;
  readonly perSecond: number;
  /** CPU of one entry on its worker, milliseconds. */
  readonly serviceMs: number;
  /** Who has the partition at a time; workers by number. */
  readonly ownerAt: (partition: number, now: number) => number;
  readonly workers: number;
  readonly closureOf: (partition: number) => Closure | undefined;
  /** Entries of one partition at which further ones are refused. */
  readonly bound: number;
  /** After which time the platform sends again what was refused, at the earliest and at the latest. */
  readonly retryMs: readonly [number, number];
  readonly seconds: number;
}

export interface OutageResult {
  /** Entries that wait, at most. */
  readonly peakBacklog: number;
  /** Of one partition. */
  readonly peakOfPartition: number;
  /** Since the beginning, until nowhere more waits than comes there in half a second, for good; the end when it never does. */
  readonly recoveredMs: number;
  readonly refused: number;
}

const stepMs = 20;

/** Entries as a flow in steps of 20 ms, with the chance that is in arrivals; what a worker can do is shared by its backlogs. */
export function simulateOutage(options: OutageOptions, random: Random): OutageResult {
  const { shares, perSecond, workers, bound } = options;
  const partitions = shares.length;
  const steps = Math.ceil((options.seconds * 1_000) / stepMs);
  const backlog = new Float64Array(partitions);
  const again = Array.from({ length: steps + 1 }, () => new Map<number, number>());
  const perStep = stepMs / options.serviceMs;
  const wantedBy = new Float64Array(workers);
  let [peakBacklog, peakOfPartition, refused, recoveredMs] = [0, 0, 0, 0];

  function refuse(partition: number, count: number, step: number): void {
    refused += count;
    const [least, most] = options.retryMs;
    const pieces = 10;
    for (let piece = 0; piece < pieces; piece++) {
      const delay = least + (most - least) * random.uniform();
      const slot = again[Math.min(steps, step + Math.ceil(delay / stepMs))] as Map<number, number>;
      slot.set(partition, (slot.get(partition) ?? 0) + count / pieces);
    }
  }

  for (let step = 0; step < steps; step++) {
    const now = step * stepMs;
    wantedBy.fill(0);
    const isOpen = (closure: Closure | undefined) =>
      closure === undefined || now < closure.from || now >= closure.until;
    for (let partition = 0; partition < partitions; partition++) {
      const closure = options.closureOf(partition);
      const open = isOpen(closure);
      const mean = ((shares[partition] ?? 0) * perSecond * stepMs) / 1_000;
      const coming = random.poisson(mean) + (again[step]?.get(partition) ?? 0);
      const room = !open && closure?.refuses === true ? 0 : Math.max(0, bound - (backlog[partition] ?? 0));
      const taken = Math.min(coming, room);
      if (coming > taken) refuse(partition, coming - taken, step);
      backlog[partition] = (backlog[partition] ?? 0) + taken;
      peakOfPartition = Math.max(peakOfPartition, backlog[partition] ?? 0);
      const owner = options.ownerAt(partition, now);
      if (open) wantedBy[owner] = (wantedBy[owner] ?? 0) + (backlog[partition] ?? 0);
    }
    let waiting = 0;
    let isBehind = false;
    for (let partition = 0; partition < partitions; partition++) {
      const has = backlog[partition] ?? 0;
      const wanted = wantedBy[options.ownerAt(partition, now)] ?? 0;
      if (isOpen(options.closureOf(partition)) && has > 0) {
        backlog[partition] = has - Math.min(has, (perStep * has) / Math.max(wanted, perStep));
      }
      const left = backlog[partition] ?? 0;
      waiting += left;
      // Of a partition to which hardly anything comes a few entries are no backlog.
      isBehind ||= left > Math.max(10, ((shares[partition] ?? 0) * perSecond) / 2);
    }
    peakBacklog = Math.max(peakBacklog, waiting);
    if (isBehind) recoveredMs = now + stepMs;
  }
  return { peakBacklog, peakOfPartition, recoveredMs, refused };
}
