import type { Clock } from '../base/clock.ts';
import type { Conversations } from '../conversation/conversations.ts';
import { Refusal } from '../gateway/refusal.ts';
import type { Assign } from './decision-record.ts';

/** Assignments under way at once: they share transactions, and so syncs. */
const maxConcurrent = 512;

/** What the store said of an assignment; `gone`: somebody was faster (took it, closed it), and nothing is left to do. */
export type AssignOutcome = 'done' | 'gone' | 'refused-capacity' | 'failed';

/** Carries assignments out, each in one transaction: the owner, whether there is room, the timeline, and why. */
export interface Assigner {
  /** @returns what the store said, also where it was told from elsewhere */
  begin(assign: Assign): Promise<AssignOutcome>;
  get(conversationId: string): Assign | undefined;
  /** How many are being given to the agent. */
  countOf(agentId: string): number;
  /** What became of it is known from elsewhere. @returns whether it was under way */
  end(assign: Assign, outcome: 'done' | 'gone'): boolean;
}

export function createAssigner(deps: {
  conversations: Pick<Conversations, 'changeOwner'>;
  clock: Clock;
  /** Who is to get it, and what it takes of their capacity. */
  termsOf: (assign: Assign) => { name: string; capacity: number; loadWeight: number };
  /** Called with each that was under way until then. */
  onOutcome: (assign: Assign, outcome: AssignOutcome) => Promise<void> | void;
  /** Called with each that was stored, whoever was told first. */
  onStored: (assign: Assign, tookMs: number) => void;
  onError: (error: unknown) => void;
  /** Keeps whoever waits for everything waiting for it. */
  workOn: (work: Promise<void>) => void;
}): Assigner {
  const underway = new Map<string, { assign: Assign; resolve: (outcome: AssignOutcome) => void }>();
  const givenTo = new Map<string, number>();
  const untried: Assign[] = [];
  let trying = 0;

  function end(assign: Assign, outcome: AssignOutcome): boolean {
    const known = underway.get(assign.conversationId);
    if (known?.assign !== assign) return false;
    underway.delete(assign.conversationId);
    count(assign.agentId, -1);
    known.resolve(outcome);
    return true;
  }

  function count(agentId: string, by: 1 | -1): void {
    const given = (givenTo.get(agentId) ?? 0) + by;
    if (given > 0) givenTo.set(agentId, given);
    else givenTo.delete(agentId);
  }

  function tryNext(): void {
    while (trying < maxConcurrent) {
      const assign = untried.shift();
      if (assign === undefined) return;
      if (underway.get(assign.conversationId)?.assign !== assign) continue;
      trying += 1;
      const tried = carryOut(assign).finally(() => {
        trying -= 1;
        tryNext();
      });
      deps.workOn(tried);
    }
  }

  async function carryOut(assign: Assign): Promise<void> {
    const begun = deps.clock.elapsed();
    const outcome = await store(assign);
    if (outcome === 'done') deps.onStored(assign, deps.clock.elapsed() - begun);
    if (end(assign, outcome)) await deps.onOutcome(assign, outcome);
  }

  async function store(assign: Assign): Promise<AssignOutcome> {
    const { conversationId, agentId, epoch, groupId, why, record } = assign;
    const { name, capacity, loadWeight } = deps.termsOf(assign);
    try {
      await deps.conversations.changeOwner({
        conversationId,
        to: 'agent',
        assignee: { id: agentId, name },
        from: ['queued'],
        expectEpoch: epoch,
        // Who has gone against a rule has gone against this one, too.
        ...(record.overridden === undefined ? { capacity } : {}),
        loadWeight,
        why: 'assigned',
        note: { groupId, why, record: JSON.stringify(record) },
      });
      return 'done';
    } catch (error) {
      if (error instanceof Refusal && (error.code === 'conflict' || error.code === 'not-found')) return 'gone';
      if (error instanceof Refusal && error.code === 'capacity-reached') return 'refused-capacity';
      if (!(error instanceof Refusal)) deps.onError(error);
      return 'failed';
    }
  }

  return {
    begin: (assign) => {
      const before = underway.get(assign.conversationId);
      if (before !== undefined) end(before.assign, 'gone');
      const settled = new Promise<AssignOutcome>((resolve) => underway.set(assign.conversationId, { assign, resolve }));
      count(assign.agentId, 1);
      untried.push(assign);
      tryNext();
      return settled;
    },
    get: (conversationId) => underway.get(conversationId)?.assign,
    countOf: (agentId) => givenTo.get(agentId) ?? 0,
    end,
  };
}
