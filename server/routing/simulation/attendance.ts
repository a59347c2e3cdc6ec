import type { Presence } from '@parley/sdk/protocol.ts';
import type { EventQueue } from './event-queue.ts';
import type { GivenBack, Outage, Worker, Workload } from './workload.ts';

/** Who is there: shifts and breaks by plan, agents who vanish, and breaks that the dispatcher orders. */
export interface Attendance {
  /** Plans all comings and goings. */
  plan(): void;
  /** Sends an agent on a break who has missed too many offers. */
  rest(worker: Worker): void;
  /** Whether the agent has vanished, told or not. */
  isOut(worker: Worker, at: number): boolean;
  /** Whether the dispatcher knows that the agent is not there. */
  isGone(worker: Worker): boolean;
}

/** What follows from it. */
export interface AttendanceEffects {
  /** The dispatcher is told. */
  tell(worker: Worker, presence: Presence): void;
  /** The agent stops, or goes on with what they have. */
  pause(worker: Worker, isPaused: boolean): void;
  /** What is only in the agent's line goes back to the queue. */
  clearLine(worker: Worker): void;
  /** The agent is gone, and has done nothing since then: what they have not answered goes back, of the rest some. */
  gone(worker: Worker, how: keyof GivenBack, since: number): void;
  /** Something may be decided. */
  changed(): void;
}

export function createAttendance(workload: Workload, events: EventQueue, effects: AttendanceEffects): Attendance {
  const told = new Map<string, Presence>();
  const { breakMs, graceMs } = workload.conduct;

  const isOut = (worker: Worker, at: number) => worker.outages.some(({ from, to }) => from <= at && at < to);
  const planned = (worker: Worker): Presence =>
    worker.presence.findLast(({ at }) => at <= events.now)?.presence ?? 'offline';

  function tell(worker: Worker, presence: Presence): void {
    if (told.get(worker.id) === presence) return;
    told.set(worker.id, presence);
    effects.tell(worker, presence);
  }

  function planShift(worker: Worker): void {
    for (const { at, presence } of worker.presence) {
      events.plan(Math.max(at, events.now), () => {
        if (isOut(worker, at)) return;
        tell(worker, presence);
        if (presence === 'offline') effects.gone(worker, 'left', events.now);
        // Only a dispatcher that does not count leaves anything in line.
        else if (presence !== 'online') effects.clearLine(worker);
        effects.changed();
      });
    }
  }

  function planOutage(worker: Worker, { from, to, isNoticed }: Outage): void {
    const begins = Math.max(from, events.now);
    events.plan(begins, () => {
      effects.pause(worker, true);
      if (isNoticed !== true) return;
      tell(worker, 'away');
      effects.changed();
    });
    if (from + graceMs < to) {
      events.plan(Math.max(from + graceMs, begins), () => {
        tell(worker, 'offline');
        effects.gone(worker, 'lost', from);
        effects.changed();
      });
    }
    events.plan(Math.max(to, begins), () => {
      effects.pause(worker, false);
      tell(worker, planned(worker));
      effects.changed();
    });
  }

  return {
    plan: () => {
      for (const worker of workload.workers) {
        planShift(worker);
        for (const outage of worker.outages) planOutage(worker, outage);
      }
    },
    rest: (worker) => {
      // The dispatcher knows it: it was the one to say so.
      told.set(worker.id, 'away');
      events.plan(events.now + breakMs, () => {
        if (told.get(worker.id) === 'away') tell(worker, planned(worker));
        effects.changed();
      });
    },
    isOut,
    isGone: ({ id }) => told.get(id) === 'offline',
  };
}

/** How long an agent was there to be given something, in the time that is counted. */
export function onlineMs(worker: Worker, { countFrom, to }: Workload): number {
  const planned = worker.presence.reduce((sum, { at, presence }, i) => {
    const until = Math.min(to, worker.presence[i + 1]?.at ?? to);
    return presence === 'online' ? sum + Math.max(0, until - Math.max(countFrom, at)) : sum;
  }, 0);
  const within = (at: number) => Math.min(to, Math.max(countFrom, at));
  return planned - worker.outages.reduce((sum, out) => sum + within(out.to) - within(out.from), 0);
}
