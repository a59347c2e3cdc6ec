import { Heap } from '../../server/base/heap.ts';
import type { Random } from '../../server/routing/simulation/random.ts';
import type { Crowd } from './crowd.ts';

export interface QueueOptions {
  readonly crowd: Crowd;
  readonly partitions: number;
  /** Which worker has which partition. */
  readonly owners: readonly number[];
  readonly perSecond: number;
  readonly seconds: number;
  /** CPU of one entry on its worker, milliseconds. */
  readonly serviceMs: number;
  readonly service: 'exponential' | 'constant';
  /** From there until it is committed, which costs the worker nothing; the contact's next entry waits for it. */
  readonly commitMs: number;
  /** How many a contact writes at once, on average (geometric). */
  readonly burst: number;
}

export interface QueueResult {
  /** From the arrival until its worker begins with it, milliseconds, each entry's; in no order. */
  readonly waits: Float64Array;
  /** Entries that had to wait for an earlier one of the same contact. */
  readonly behindOwn: number;
  /** How busy each worker was. */
  readonly utilisations: readonly number[];
}

/** Contacts whose next entry may begin, by the time from which on. */
interface Turn {
  readonly at: number;
  readonly contact: number;
}

/**
 * The queue with its lanes: entries come at random, go to the worker of their partition, and are worked on in the order in
 * which they may begin; those of one contact one after the other. Event by event, in milliseconds.
 */
export function simulateQueue(options: QueueOptions, random: Random): QueueResult {
  const { crowd, owners, perSecond, serviceMs, commitMs, burst } = options;
  const places = crowd.partitionsOf(options.partitions);
  const workers = Math.max(...owners) + 1;
  const free = new Float64Array(workers);
  const busy = new Float64Array(workers);
  /** When the last entry of a contact that was begun is committed. */
  const committed = new Float64Array(crowd.size).fill(Number.NEGATIVE_INFINITY);
  const lanes = new Map<number, number[]>();
  const turns = new Heap<Turn>((a, b) => a.at < b.at);
  const endMs = options.seconds * 1_000;
  const waits = new Float64Array(Math.ceil(perSecond * options.seconds * 1.2) + 1_000);
  let begun = 0;
  let behindOwn = 0;

  function begin(contact: number, arrivedAt: number, now: number): void {
    const worker = owners[places[contact] ?? 0] ?? 0;
    const service = options.service === 'constant' ? serviceMs : random.exponential(serviceMs);
    const start = Math.max(now, free[worker] ?? 0);
    free[worker] = start + service;
    busy[worker] = (busy[worker] ?? 0) + service;
    committed[contact] = start + service + commitMs;
    if (begun < waits.length) waits[begun] = start - arrivedAt;
    begun += 1;
  }

  function arrive(contact: number, now: number): void {
    const lane = lanes.get(contact);
    if (lane !== undefined) {
      lane.push(now);
      behindOwn += 1;
    } else if ((committed[contact] ?? 0) <= now) begin(contact, now, now);
    else {
      lanes.set(contact, [now]);
      turns.push({ at: committed[contact] ?? 0, contact });
      behindOwn += 1;
    }
  }

  function takeTurns(until: number): void {
    for (let turn = turns.peek(); turn !== undefined && turn.at <= until; turn = turns.peek()) {
      turns.pop();
      const { at, contact } = turn;
      const lane = lanes.get(contact) as number[];
      begin(contact, lane.shift() as number, at);
      if (lane.length === 0) lanes.delete(contact);
      else turns.push({ at: committed[contact] ?? 0, contact });
    }
  }

  const meanGapMs = (1_000 * burst) / perSecond;
  for (let now = random.exponential(meanGapMs); now < endMs; now += random.exponential(meanGapMs)) {
    takeTurns(now);
    const contact = crowd.draw(random);
    do arrive(contact, now);
    while (random.uniform() < 1 - 1 / burst);
  }
  return {
    waits: waits.subarray(0, Math.min(begun, waits.length)),
    behindOwn,
    utilisations: Array.from(busy, (ms) => ms / endMs),
  };
}
