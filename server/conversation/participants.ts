import type { ConversationStatus, Participant } from '@parley/sdk/protocol.ts';

/** Beside the owner nobody needs more at one conversation; each of them is told of all that happens in it. */
export const maxParticipants = 10;

/** What changes about who takes part in a conversation: refused when somebody was faster, and it is not as it was. */
export type ParticipantChange =
  /** Asked in, or come by themselves; who listened may join. */
  | { readonly kind: 'enter'; readonly participant: Participant }
  | { readonly kind: 'accept'; readonly agentId: string }
  | { readonly kind: 'decline'; readonly agentId: string }
  /** Their time is over. `askedUntil`: of this invitation, and no later one. */
  | { readonly kind: 'miss'; readonly agentId: string; readonly askedUntil: number }
  /** Left, sent away, or no longer asked. `isAsked`: whether they were only asked when that was decided. */
  | { readonly kind: 'end'; readonly agentId: string; readonly isAsked: boolean };

export interface ParticipantRefusal {
  readonly code: 'conflict' | 'conversation-closed';
  readonly message: string;
}

/** Who has the conversation, or has snoozed it, when the change is made. */
export interface ChangedOwner {
  readonly status: ConversationStatus;
  readonly assigneeId: string | null;
}

/** Who takes part after the change, or why it cannot be. */
export function changeParticipants(
  present: readonly Participant[],
  change: ParticipantChange,
  owner: ChangedOwner,
  at: number,
): readonly Participant[] | ParticipantRefusal {
  const agentId = change.kind === 'enter' ? change.participant.agentId : change.agentId;
  const known = present.find((each) => each.agentId === agentId);
  const others = present.filter((each) => each !== known);
  const isAsked = known?.askedUntil !== undefined;
  switch (change.kind) {
    case 'enter':
      return enter({ others, known }, change.participant, owner);
    case 'accept': {
      if (known?.askedUntil === undefined) return notAsked;
      if (at > known.askedUntil) return conflict('The time to answer this invitation is over.');
      const { askedUntil: _, note: __, ...comes } = known;
      return [...others, { ...comes, since: at }];
    }
    case 'decline':
      return isAsked ? others : notAsked;
    case 'miss':
      return known?.askedUntil === change.askedUntil ? others : notAsked;
    case 'end':
      return known !== undefined && isAsked === change.isAsked ? others : conflict('They do not take part any more.');
    default:
      return change satisfies never;
  }
}

function enter(
  { others, known }: { others: readonly Participant[]; known: Participant | undefined },
  next: Participant,
  owner: ChangedOwner,
): readonly Participant[] | ParticipantRefusal {
  if (owner.status === 'closed') {
    return { code: 'conversation-closed', message: 'It is closed: reopen it first.' };
  }
  if (owner.assigneeId === next.agentId) return conflict('This agent has it already.');
  const isSame = known?.kind === next.kind && known.askedUntil === undefined;
  if (known !== undefined && (next.askedUntil !== undefined || isSame)) {
    return conflict('This agent takes part already, or is being asked.');
  }
  if (others.length >= maxParticipants) {
    return conflict(`${maxParticipants} agents take part already: somebody has to leave first.`);
  }
  return [...others, next];
}

/** Whoever has it now takes part no longer beside themselves, and nobody does when it is closed. */
export function remainingParticipants(present: readonly Participant[], owner: ChangedOwner): readonly Participant[] {
  if (owner.status === 'closed') return [];
  return present.filter(({ agentId }) => agentId !== owner.assigneeId);
}

export function isRefusal(answer: readonly Participant[] | ParticipantRefusal): answer is ParticipantRefusal {
  return 'code' in answer;
}

type Followed = { readonly participants?: readonly Participant[] };

/** Those who have come, and hear of all that happens in it. */
export function presentIn({ participants = [] }: Followed): string[] {
  return participants.flatMap(({ agentId, askedUntil }) => (askedUntil === undefined ? [agentId] : []));
}

/** The agent only follows it: nothing of what they do may be noticed by the contact. */
export function isListener({ participants = [] }: Followed, agentId: string): boolean {
  return participants.some((each) => each.agentId === agentId && each.kind === 'listening');
}

const notAsked = conflict('This agent is not asked any more.');

function conflict(message: string): ParticipantRefusal {
  return { code: 'conflict', message };
}
