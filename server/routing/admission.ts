import type { RoutingConfig } from '@parley/sdk/routing-document.ts';
import { Lru } from '../base/lru.ts';
import type { AssignmentStore } from './assignment-store.ts';
import type { Assign } from './decision-record.ts';
import type { DispatchWork } from './dispatch-work.ts';
import type { Intake, Waiter } from './intake.ts';
import type { Offers } from './offers.ts';
import type { Repairs } from './repairs.ts';
import type { RoutingCore } from './routing-core.ts';
import { createWaitingLanes, type LaneId, type WaitingLanes } from './waiting-lanes.ts';

/** What waits, as the core knows it: asked for when it is heard of, and read again where nobody told. */
export interface Admission {
  /** Those that the core knows to wait, until the store says that somebody has them. */
  readonly waiters: ReadonlyMap<string, Waiter>;
  readonly lanes: Pick<WaitingLanes, 'lanes' | 'hasMore'>;
  /** What is to be known of them is read, together with that of others. */
  ask(ids: Iterable<string>): void;
  /** More is read of those who wait, where few of them are known. */
  askForMore(): void;
  /** Compares what waits with what is stored. */
  lookAgain(which: 'some' | 'all'): Promise<void>;
  /** Something of it is another one now; it stays where it stands, or goes into another lane. */
  change(waiter: Waiter, options?: { toLane: string }): void;
  /** It waits no longer, and somebody else than the core said so. */
  leave(id: string, why: 'closed' | 'taken'): void;
  /** It is no waiter of ours any more; the core knows. */
  forget(id: string): void;
  /** The newest owner epoch that was heard of, where that is known. */
  epochOf(id: string): number | undefined;
  /** An owner's change is heard of. @returns the newest epoch heard of before; undefined: this is old news */
  hear(id: string, epoch: number): number | undefined;
}

/** Read of those that wait at once. */
const rowsAtOnce = 2_000;
/** Of so many conversations it is known which news are old. */
const maxEpochs = 50_000;

export function createAdmission(deps: {
  store: Pick<AssignmentStore, 'waiting' | 'waitingRows' | 'lanes'>;
  core: Pick<RoutingCore, 'enqueue' | 'leave'>;
  intake: Pick<Intake, 'take'>;
  offers: Pick<Offers, 'end'>;
  work: DispatchWork;
  config: () => { readonly config: RoutingConfig };
  now: () => number;
  /** What is being given is not looked at meanwhile. */
  givingOf: (id: string) => Assign | undefined;
  /** What a look found and nobody told of. */
  repairs: Pick<Repairs, 'found'>;
  waitAfter: (error: unknown) => Promise<void>;
}): Admission {
  const { store, core, offers, work, now, waitAfter } = deps;
  const lanes = createWaitingLanes((lane, after, limit) => store.waiting(lane, after, limit));
  const waiters = new Map<string, Waiter>();
  /** The newest owner epoch that was heard of: what is older is old news. */
  const epochs = new Lru<string, number>(maxEpochs);
  /** Conversations of which the store is asked what there is to know. */
  const asked = new Set<string>();
  let isAsking = false;

  function forget(id: string): void {
    offers.end(id, 'withdrawn');
    waiters.delete(id);
    lanes.remove(id);
  }

  function ask(ids: Iterable<string>): void {
    for (const id of ids) asked.add(id);
    if (isAsking || asked.size === 0) return;
    isAsking = true;
    // At the end of this moment: what comes together is asked for together.
    void work.workOn(
      Promise.resolve()
        .then(readAsked)
        .finally(() => {
          isAsking = false;
        }),
    );
  }

  async function readAsked(): Promise<void> {
    while (asked.size > 0 && !work.stopped) {
      const ids = [...asked].slice(0, rowsAtOnce);
      for (const id of ids) asked.delete(id);
      try {
        await admit(ids);
      } catch (error) {
        for (const id of ids) asked.add(id);
        await waitAfter(error);
      }
    }
  }

  /** @param missed those of them that a look found, and that should have been known */
  async function admit(ids: readonly string[], missed?: ReadonlySet<string>): Promise<void> {
    const rows = await store.waitingRows(ids);
    for (const { id, epoch } of rows) {
      if (missed?.has(id) === true && (epochs.get(id) ?? -1) < epoch) deps.repairs.found('waiting', id, epoch);
    }
    const taken = new Map((await deps.intake.take(rows)).map((waiter) => [waiter.row.id, waiter]));
    for (const id of ids) {
      const waiter = taken.get(id);
      if (waiter === undefined) {
        if (!waiters.has(id)) lanes.remove(id);
        continue;
      }
      // What was read is old by now, and what is new is being asked for.
      if (waiter.row.epoch < (epochs.get(id) ?? 0) || deps.givingOf(id)?.epoch === waiter.row.epoch) continue;
      enqueue(waiter);
    }
  }

  function enqueue(waiter: Waiter): void {
    const { row, entry } = waiter;
    const { ageing } = deps.config().config;
    const worthMs = 60_000 * (ageing[row.priority] + (entry.vip ? ageing.vip : 0));
    const known = waiters.get(row.id);
    // What is known of this wait is others' words by now: it is looked at anew.
    if (known?.row.epoch === row.epoch) {
      offers.end(row.id, 'withdrawn');
      const hasLeft = row.abandonedAt !== null && known.row.abandonedAt === null;
      core.leave(row.id, now(), hasLeft ? 'abandoned' : 'taken');
    }
    if (!lanes.add(row.groupId, row, worthMs)) {
      waiters.delete(row.id);
      return;
    }
    waiters.set(row.id, waiter);
    epochs.set(row.id, row.epoch);
    core.enqueue(entry, now());
  }

  async function fill(lane: LaneId): Promise<void> {
    try {
      ask(await lanes.fill(lane));
    } catch (error) {
      await waitAfter(error);
    }
  }

  return {
    waiters,
    lanes,
    ask,
    askForMore: () => {
      for (const lane of lanes.wanting()) void work.workOn(fill(lane));
    },
    lookAgain: async (which) => {
      const laneIds = new Set([...(await store.lanes()), ...lanes.lanes]);
      const { found, missed, gone } = await lanes.lookAgain([...laneIds], which);
      for (const id of gone) {
        if (deps.givingOf(id) !== undefined) continue;
        const known = waiters.get(id)?.row.epoch;
        if (known !== undefined && (epochs.get(id) ?? -1) <= known) deps.repairs.found('not-waiting', id, known + 1);
        core.leave(id, now(), 'taken');
        forget(id);
      }
      const unheard = new Set(missed);
      for (let from = 0; from < found.length; from += rowsAtOnce) {
        await admit(found.slice(from, from + rowsAtOnce), unheard);
      }
    },
    change: (waiter, options) => {
      waiters.set(waiter.row.id, waiter);
      if (options !== undefined) lanes.move(options.toLane, waiter.row);
    },
    leave: (id, why) => {
      if (!waiters.has(id)) return;
      core.leave(id, now(), why);
      forget(id);
    },
    forget,
    epochOf: (id) => epochs.get(id),
    hear: (id, epoch) => {
      const known = epochs.get(id) ?? 0;
      if (epoch < known) return undefined;
      epochs.set(id, epoch);
      return known;
    },
  };
}
