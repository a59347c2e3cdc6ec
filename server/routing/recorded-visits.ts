import type { QueueRow, RecordedDecision } from './record-store.ts';

/** A time in which one agent had a conversation. */
export interface Stint {
  readonly agentId: string;
  readonly from: number;
  /** null: they have it still. */
  to: number | null;
  /** It ended because the agent was not there any more. */
  hasVanished: boolean;
}

/**
 * A stretch of a conversation in which a customer waits for an agent and is helped: from when it comes until it is closed.
 * Where an agent vanishes another one goes on with it. Who gives it back or passes it to a group has done what they could:
 * from then on it is another visit.
 */
export interface Visit {
  readonly cameAt: number;
  /** The entry that opened the conversation; null: it came from an agent. */
  readonly seq: number | null;
  /** When an agent was given it who answered, or kept it. */
  assignedAt: number | null;
  firstAnswerAt: number | null;
  agentId: string | null;
  /** Of those who had it, in order. */
  readonly stints: Stint[];
  /** Through which it came to its agent, or into which an overflow sent it. */
  groupId: string | null;
  endedAt: number | null;
  ended: 'agent' | 'customer-left' | 'elsewhere' | 'open';
  missed: number;
  accepted: number;
  requeues: number;
  /** An agent gave it to another one. */
  isPassedOn: boolean;
}

/** Why agents send a conversation on who have looked at it. */
const sentOn: ReadonlySet<string> = new Set(['given-back', 'transferred']);
/** Why a conversation comes back from an agent who is not there any more. */
const vanished = 'agent-gone';
/** Why a conversation ends that nobody had, when it is the customer who does not want to wait. */
const gaveUp: ReadonlySet<string> = new Set(['left']);

type Event = { readonly order: number; readonly at: number } & (
  | { readonly queue: QueueRow }
  | { readonly decision: RecordedDecision }
);

/**
 * The visits of one conversation, in order.
 *
 * @param answers when an agent answered first in the visits that came with these entries
 * @param to what is later is left out
 */
export function visitsOf(
  queue: readonly QueueRow[],
  decisions: readonly RecordedDecision[],
  answers: ReadonlyMap<number, number>,
  to: number,
): Visit[] {
  const visits: Visit[] = [];
  let current: Visit | undefined;
  const begin = (at: number, seq: number | null) => {
    current = newVisit(at, seq, seq === null ? null : (answers.get(seq) ?? null));
    visits.push(current);
  };
  const end = (at: number, ended: Visit['ended']) => {
    if (current === undefined) return;
    endStint(current, at);
    current.endedAt = at;
    // Who was helped, and waited once more for an agent who vanished, was helped.
    current.ended = current.assignedAt === null ? ended : 'agent';
    current = undefined;
  };
  for (const event of inOrder(queue, decisions)) {
    if (event.at >= to) break;
    if ('decision' in event) {
      // What began before the record is not known; what an agent had put off comes back.
      if (current === undefined && visits.length === 0) continue;
      if (current !== undefined && isSentOn(event.decision, current)) end(event.at, 'agent');
      if (event.decision.kind === 'end' || event.decision.kind === 'snooze') end(event.at, 'agent');
      else if (current === undefined) {
        begin(event.at, null);
        if (event.decision.kind === 'assign') follow(visits.at(-1) as Visit, event.decision);
      } else follow(current, event.decision);
    } else if (event.queue.kind === 'came') begin(event.at, event.queue.seq);
    else end(event.at, gaveUp.has(event.queue.why) ? 'customer-left' : 'elsewhere');
  }
  return visits;
}

/** By the owner's epochs, which say it also where times are equal or a clock was set. */
function inOrder(queue: readonly QueueRow[], decisions: readonly RecordedDecision[]): Event[] {
  const events: Event[] = [
    ...queue.map((row) => ({ order: row.epoch, at: row.at, queue: row })),
    // The first record of an epoch is what ended it, the others are about it.
    ...decisions.map((row) => ({ order: row.epoch + (row.n === 0 ? 1 : 0.5), at: row.at, decision: row })),
  ];
  return events.sort((a, b) => a.order - b.order);
}

function newVisit(cameAt: number, seq: number | null, firstAnswerAt: number | null): Visit {
  return {
    ...{ cameAt, seq, assignedAt: null, firstAnswerAt, agentId: null, stints: [], groupId: null, endedAt: null },
    ...{ ended: 'open', missed: 0, accepted: 0, requeues: 0, isPassedOn: false },
  };
}

/** Also what was taken from an agent who had answered before, and is there still. */
function isSentOn({ kind, why, at }: RecordedDecision, visit: Visit): boolean {
  if (kind !== 'requeue' || visit.assignedAt === null) return false;
  return sentOn.has(why) || (why !== vanished && isAnswered(visit, at));
}

/** Whether an agent has answered before this time. */
export function isAnswered({ assignedAt, firstAnswerAt }: Visit, before: number): boolean {
  return assignedAt !== null && firstAnswerAt !== null && firstAnswerAt >= assignedAt && firstAnswerAt < before;
}

function endStint(visit: Visit, at: number): Stint | undefined {
  const stint = visit.stints.at(-1);
  if (stint === undefined || stint.to !== null) return undefined;
  stint.to = at;
  return stint;
}

function follow(visit: Visit, { kind, at, agentId, groupId, why }: RecordedDecision): void {
  if (kind === 'offer-missed') visit.missed += 1;
  if (kind === 'overflow' && why === 'group') visit.groupId = groupId;
  if (kind === 'requeue') {
    visit.requeues += 1;
    const stint = endStint(visit, at);
    if (stint !== undefined) stint.hasVanished = why === vanished;
    if (!isAnswered(visit, at)) {
      visit.assignedAt = null;
      visit.agentId = null;
    }
  }
  if (kind !== 'assign') return;
  if (why === 'accepted') visit.accepted += 1;
  if (visit.stints.at(-1)?.to === null) {
    visit.isPassedOn = true;
    return;
  }
  visit.stints.push({ agentId: agentId ?? '', from: at, to: null, hasVanished: false });
  visit.groupId = groupId ?? visit.groupId;
  if (visit.assignedAt !== null) return;
  visit.assignedAt = at;
  visit.agentId = agentId;
}
