import type { ConversationStatus } from '@parley/sdk/protocol.ts';
import type { Clock } from '../../base/clock.ts';
import type { Leases } from '../../base/leases.ts';
import type { SlaTodo } from './sla-case.ts';
import { type Folded, foldDue, foldEvents, foldTerms, withoutTodo } from './sla-fold.ts';
import type { SlaPolicies } from './sla-policies.ts';
import type { OpenPlace, SlaEventRow, SlaStore, SlaSubject } from './sla-store.ts';

/** Keeps the clocks of an installation: one process at a time, whichever holds the lease. */
export interface SlaKeeper {
  /** Takes part in it until the signal aborts; resolves when this process does nothing more of it. */
  run(signal: AbortSignal): Promise<void>;
  /** Something may have been noted, or other targets hold. */
  wake(): void;
}

/** Says and does what a policy wants of a warning or a breach. Done again it has the effect of once, but for webhooks. */
export type Escalate = (todo: SlaTodo, conversationId: string) => Promise<void>;

/** Of one transaction: what was noted, and what is due. */
const eventsAtOnce = 1_000;
const dueAtOnce = 200;
const walkedAtOnce = 200;
/** Escalations under way at once: each is an entry of a timeline, and those share transactions. */
const escalatedAtOnce = 32;
/** So often it is noted that they are done. */
const noteTries = 10;
/** What happened in time and is stored a moment later is in time. */
const graceMs = 250;
/** Before a store that could not be read, or that somebody else has changed, is asked again. */
const retryMs = 1_000;
/** Met and breached targets by the half hour are kept so long: a year can be held against the one before. */
const countsKeptMs = 800 * 24 * 60 * 60_000;
const tidiedEveryMs = 24 * 60 * 60_000;

export function createSlaKeeper(deps: {
  store: SlaStore;
  /** What was kept of the work itself, over the end of a process. */
  notes: { get(name: string): Promise<string | undefined>; set(name: string, value: string): Promise<void> };
  policies: () => { readonly policies: SlaPolicies; readonly mark: string };
  escalate: Escalate;
  leases: Leases;
  clock: Clock;
  /** How often is looked for what others have noted and we did not hear of. */
  lookAgainMs: () => number;
  /** For how long what happens after a look is gathered: a conversation that goes fast is written once for several messages. */
  gatherMs: number;
  /** Where other processes go on without knowing of new targets for so long, all is walked through once more; null: they do not. */
  walkAgainMs: number | null;
  /** What was stored: counted, and shown to people. */
  onStored: (stored: readonly Folded[]) => void;
  onError: (error: unknown) => void;
}): SlaKeeper {
  const { store, clock } = deps;
  let isWanted = false;
  let wakeUp: (() => void) | undefined;

  async function lead(held: AbortSignal): Promise<void> {
    let walk: Walk | undefined = await walkOf(held);
    let tidiedAt = Number.NEGATIVE_INFINITY;
    while (!held.aborted) {
      try {
        isWanted = false;
        if (clock.elapsed() - tidiedAt >= tidiedEveryMs) {
          await store.removeCountsBefore(clock.now() - countsKeptMs);
          tidiedAt = clock.elapsed();
        }
        walk = await nextWalk(walk);
        const hasMore = await look(walk, held);
        if (hasMore || isWanted) continue;
        await rest(held, await store.nextAt(), walk);
      } catch (error) {
        deps.onError(error);
        await clock.sleep(retryMs, held).catch(() => undefined);
      }
    }
  }

  /** @returns whether there may be more to do at once */
  async function look(walk: Walk, held: AbortSignal): Promise<boolean> {
    const begun = clock.elapsed();
    const now = clock.now();
    const rows = await store.events(eventsAtOnce);
    if (rows.length > 0) await takeEvents(rows, held);
    const isBehind = rows.length === eventsAtOnce;
    const tookMs = clock.elapsed() - begun;
    // Where much is noted that was not looked at yet, time goes as far as that: an answer may be among the rest.
    const until = (isBehind ? Math.min(now, rows.at(-1)?.at ?? now) : now) - graceMs;
    const ids = await store.due(until, dueAtOnce);
    if (ids.length > 0) await takeDue(ids, until, held);
    if (rows.length > 0) await pause(isBehind ? tookMs : Math.max(tookMs, deps.gatherMs), held);
    if (rows.length > 0 || ids.length > 0) return true;
    return walkOn(walk, held);
  }

  /** Messages go before their clocks: whoever is busy with these rests as long as that took. */
  async function pause(ms: number, held: AbortSignal): Promise<void> {
    if (ms > 0) await clock.sleep(ms, held).catch(() => undefined);
  }

  async function takeEvents(rows: readonly SlaEventRow[], held: AbortSignal): Promise<void> {
    const { policies } = deps.policies();
    const byConversation = Map.groupBy(rows, ({ conversationId }) => conversationId);
    const subjects = await store.subjects([...byConversation.keys()]);
    const folded = subjects.flatMap((subject) => {
      const own = byConversation.get(subject.id) ?? [];
      return foldEvents(subject, own, policies, clock.now()) ?? [];
    });
    await keep(
      folded,
      held,
      rows.map(({ id }) => id),
    );
  }

  async function takeDue(ids: readonly string[], until: number, held: AbortSignal): Promise<void> {
    const { policies } = deps.policies();
    const subjects = await store.subjects(ids);
    const there = new Set(subjects.map(({ id }) => id));
    // Erased while its clocks were being set: they would be due for ever.
    const gone = ids.filter((id) => !there.has(id));
    if (gone.length > 0) await store.forget(gone);
    await keep(
      subjects.flatMap((subject) => foldDue(subject, policies, until) ?? []),
      held,
    );
  }

  async function keep(
    folded: readonly Folded[],
    held: AbortSignal,
    eventIds: readonly number[] = [],
  ): Promise<boolean> {
    const saves = folded.map(({ save }) => save);
    if (!(await store.save(saves, eventIds))) {
      await clock.sleep(retryMs, held).catch(() => undefined);
      return false;
    }
    deps.onStored(folded);
    await carryOut(folded.filter(({ todo }) => todo.length > 0));
    return true;
  }

  async function carryOut(stored: readonly Folded[]): Promise<void> {
    for (let from = 0; from < stored.length; from += escalatedAtOnce) {
      const some = stored.slice(from, from + escalatedAtOnce);
      const done = await Promise.all(some.map(escalateAll));
      await noteDone(new Map(done.flatMap((one) => (one === undefined ? [] : [[one.save.id, one.todo]]))));
    }
  }

  /** @returns undefined where something failed: it is tried again when the claim is over */
  async function escalateAll(stored: Folded): Promise<Folded | undefined> {
    try {
      for (const todo of stored.todo) await deps.escalate(todo, stored.save.id);
      return stored;
    } catch (error) {
      deps.onError(error);
      return undefined;
    }
  }

  /**
   * What is not noted is done again when the claim is over. Our own escalation has made news of each, which another process
   * may just be storing, and what it is too late for is refused for all: so it is read and noted anew.
   */
  async function noteDone(done: ReadonlyMap<string, readonly SlaTodo[]>): Promise<void> {
    if (done.size === 0) return;
    const { policies } = deps.policies();
    for (let tries = 0; tries < noteTries; tries++) {
      const subjects = await store.subjects([...done.keys()]);
      const noted = subjects.flatMap((subject) => withoutTodo(subject, done.get(subject.id) ?? [], policies) ?? []);
      if (await store.save(noted, [])) return;
    }
  }

  async function rest(held: AbortSignal, nextAt: number | null, walk: Walk): Promise<void> {
    const next = Math.min(nextAt ?? Number.POSITIVE_INFINITY, walk.againAt ?? Number.POSITIVE_INFINITY);
    const ms = Math.min(deps.lookAgainMs(), next + graceMs - clock.now());
    if (ms <= 0) return;
    const woken = new AbortController();
    wakeUp = () => woken.abort();
    if (isWanted) return;
    await clock.sleep(ms, AbortSignal.any([held, woken.signal])).catch(() => undefined);
    wakeUp = undefined;
  }

  /** Where the walk through all that is open stands: with the process that leads, and with the next one. */
  async function walkOf(held: AbortSignal): Promise<Walk | undefined> {
    while (!held.aborted) {
      try {
        const noted = await deps.notes.get(walkNote);
        return noted === undefined ? { mark: noTargets, at: null, againAt: null } : (JSON.parse(noted) as Walk);
      } catch (error) {
        deps.onError(error);
        await clock.sleep(retryMs, held).catch(() => undefined);
      }
    }
    return undefined;
  }

  async function nextWalk(walk: Walk = { mark: noTargets, at: null, againAt: null }): Promise<Walk> {
    const { mark } = deps.policies();
    const now = clock.now();
    let next = walk;
    if (walk.mark !== mark) {
      const againAt = deps.walkAgainMs === null ? null : now + deps.walkAgainMs;
      next = { mark, at: { status: walked[0] }, againAt };
    } else if (walk.at === null && walk.againAt !== null && walk.againAt <= now) {
      next = { ...walk, at: { status: walked[0] }, againAt: null };
    }
    if (next !== walk) await deps.notes.set(walkNote, JSON.stringify(next));
    Object.assign(walk, next);
    return walk;
  }

  async function walkOn(walk: Walk, held: AbortSignal): Promise<boolean> {
    if (walk.at === null) return false;
    const { status, after } = walk.at;
    const places = await store.open(status, after, walkedAtOnce);
    const { policies } = deps.policies();
    const subjects = await store.subjects(places.map(({ id }) => id));
    const changed = subjects.flatMap((subject) => differing(subject, foldTerms(subject, policies, clock.now())));
    if (changed.length > 0 && !(await keep(changed, held))) return true;
    const last = places.length < walkedAtOnce ? undefined : places.at(-1);
    const nextStatus = walked[walked.indexOf(status) + 1];
    if (last !== undefined) walk.at = { status, after: last };
    else walk.at = nextStatus === undefined ? null : { status: nextStatus };
    await deps.notes.set(walkNote, JSON.stringify(walk));
    return true;
  }

  return {
    run: (signal) => deps.leases.whileHeld('sla', lead, signal),
    wake: () => {
      isWanted = true;
      wakeUp?.();
    },
  };
}

/** How far all that is open has been measured by the newest targets. */
interface Walk {
  mark: string;
  /** null: to the end. */
  at: { readonly status: (typeof walked)[number]; readonly after?: OpenPlace } | null;
  againAt: number | null;
}

const walkNote = 'sla-walk';
/** Of a configuration without targets. */
export const noTargets = 'none';
const walked = ['queued', 'agent', 'snoozed', 'bot'] as const satisfies readonly ConversationStatus[];

/** What is measured as before is not written again. */
function differing(subject: SlaSubject, folded: Folded | undefined): Folded[] {
  if (folded === undefined) return [];
  const before = subject.kept?.state.clocks.map(({ policyId, targetMs, dueAt }) => [policyId, targetMs, dueAt]);
  const after = folded.save.state.clocks.map(({ policyId, targetMs, dueAt }) => [policyId, targetMs, dueAt]);
  return folded.happened.length === 0 && JSON.stringify(before) === JSON.stringify(after) ? [] : [folded];
}
