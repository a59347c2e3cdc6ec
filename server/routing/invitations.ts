import type { Invitation, InvitationEnd, Participant, Presence } from '@parley/sdk/protocol.ts';
import type { Clock } from '../base/clock.ts';
import type { Leases } from '../base/leases.ts';
import type { ConversationHead } from '../conversation/conversation-store.ts';
import type { Author, Conversations } from '../conversation/conversations.ts';
import type { EventBus } from '../conversation/event-bus.ts';
import { isListener, type ParticipantChange, presentIn } from '../conversation/participants.ts';
import type { OverInvitation, ParticipationStore } from '../conversation/participation-store.ts';
import { Refusal } from '../gateway/refusal.ts';
import type { DirectoryAgent } from './agent-watch.ts';
import { type TeamEntry, teamEntry } from './team-entries.ts';

/** How long who is asked has for an answer, unless it is said otherwise. */
const defaultTimeoutMs = 60_000;
/** How often it is looked whose time is over, beside the moments that are known: another process may have asked. */
const lookMs = 2_000;
const leastPauseMs = 250;
/** Invitations that are ended between two looks. */
const atOnce = 100;

/** An agent who does something, and whether they may do what supervisors may. */
export interface Colleague extends Author {
  readonly isSupervisor: boolean;
}

export interface NewInvitation {
  readonly conversationId: string;
  readonly by: Colleague;
  readonly agentId: string;
  /** For who is asked: shown with the question, and kept in the timeline. */
  readonly note?: string;
  readonly timeoutMs?: number;
}

/** Agents ask colleagues into their conversations, who come, decline or let it pass; and leave again. */
export interface Invitations {
  /** @throws Refusal `bad-request` with the field, `forbidden`, `conflict`, `conversation-closed`; nothing has changed then */
  invite(invitation: NewInvitation): Promise<Participant>;
  /** @throws Refusal `conflict` when they are asked no more */
  accept(conversationId: string, agent: Author): Promise<void>;
  decline(conversationId: string, agent: Author): Promise<void>;
  /** The agent leaves, is sent away, or is asked no longer. @throws Refusal `not-found`, `forbidden` */
  end(conversationId: string, agentId: string, by: Colleague): Promise<void>;
  /** Ends what nobody answers in time, until the signal aborts: of all processes one does it. */
  run(signal: AbortSignal): Promise<void>;
  stop(): void;
}

export function createInvitations(deps: {
  conversations: Pick<Conversations, 'head' | 'recordForAgents'>;
  store: ParticipationStore;
  bus: EventBus;
  agent: (id: string) => DirectoryAgent | undefined;
  presence: (agentId: string) => Presence;
  leases: Leases;
  clock: Clock;
  /** Counts what became of an invitation. */
  onInvitation: (outcome: 'asked' | InvitationEnd) => void;
  onError: (error: unknown) => void;
}): Invitations {
  const { conversations, bus, clock } = deps;

  const named = (id: string): Author => ({ id, name: deps.agent(id)?.name ?? id });

  async function change(
    conversationId: string,
    entry: { event: TeamEntry; agentId: string; by?: Author; note?: string },
    participants: ParticipantChange,
  ): Promise<ConversationHead> {
    const content = teamEntry(entry.event, named(entry.agentId), entry.by, entry.note);
    return conversations.recordForAgents({ conversationId, content, participants });
  }

  /** Everybody who waits for it learns what became of it. */
  function tellEnd(
    head: Pick<ConversationHead, 'id' | 'assigneeId'>,
    { agentId, byId }: Pick<Participant, 'agentId' | 'byId'>,
    why: InvitationEnd,
  ): void {
    deps.onInvitation(why);
    const data = { conversationId: head.id, agentId, why };
    for (const to of new Set([agentId, byId, head.assigneeId])) {
      if (to !== null) bus.publish('team', { agentId: to, what: { event: 'invitation.ended', data } });
    }
  }

  async function answer(conversationId: string, agent: Author, kind: 'accept' | 'decline'): Promise<void> {
    const asked = participantIn(await conversations.head(conversationId), agent.id);
    const event = kind === 'accept' ? 'participant.came' : 'participant.declined';
    const head = await change(conversationId, { event, agentId: agent.id }, { kind, agentId: agent.id });
    if (asked !== undefined) tellEnd(head, asked, kind === 'accept' ? 'accepted' : 'declined');
  }

  async function miss({ conversationId, agentId, askedUntil }: OverInvitation): Promise<void> {
    try {
      const asked = participantIn(await conversations.head(conversationId), agentId);
      const missed = { kind: 'miss', agentId, askedUntil } as const;
      const head = await change(conversationId, { event: 'participant.missed', agentId }, missed);
      if (asked !== undefined) tellEnd(head, asked, 'missed');
    } catch (error) {
      // Answered in the last moment, or closed.
      if (!(error instanceof Refusal) || error.code === 'unavailable') throw error;
    }
  }

  /** @returns how long there is nothing to do */
  async function endOver(): Promise<number> {
    const over = await deps.store.over(clock.now(), atOnce);
    for (const each of over) await miss(each);
    const next = await deps.store.nextEnd();
    return Math.min(lookMs, Math.max(leastPauseMs, next === undefined ? lookMs : next + 1 - clock.now()));
  }

  async function lookWhile(held: AbortSignal): Promise<void> {
    while (!held.aborted) {
      const pauseMs = await endOver().catch((error: unknown) => {
        deps.onError(error);
        return lookMs;
      });
      await clock.sleep(pauseMs, held).catch(() => undefined);
    }
  }

  // Closed, or theirs by now, before they had answered.
  const stopListening = bus.subscribe('conversation.changed', (changed) => {
    if (changed.isInternal === true || changed.participantsBefore === undefined) return;
    const { id, assigneeId, participants = [] } = changed.conversation;
    for (const before of changed.participantsBefore) {
      const isStill = participants.some(({ agentId }) => agentId === before.agentId);
      if (before.askedUntil !== undefined && !isStill) tellEnd({ id, assigneeId }, before, 'withdrawn');
    }
  });

  return {
    invite: async ({ conversationId, by, agentId, note, timeoutMs = defaultTimeoutMs }) => {
      const head = await conversations.head(conversationId);
      checkInvitation(head, by);
      checkInvited(head, by, { agentId, agent: deps.agent(agentId), presence: deps.presence(agentId) });
      const since = clock.now();
      const expiresAt = since + timeoutMs;
      const asked = { askedUntil: expiresAt, ...(note === undefined ? {} : { note }) };
      const participant: Participant = { agentId, kind: 'invited', byId: by.id, since, ...asked };
      const entry = { event: 'participant.invited', agentId, by, ...(note === undefined ? {} : { note }) } as const;
      await change(conversationId, entry, { kind: 'enter', participant });
      deps.onInvitation('asked');
      const invitation = invitationOf(conversationId, participant);
      if (invitation !== undefined) {
        bus.publish('team', { agentId, what: { event: 'invitation.made', data: { invitation } } });
      }
      return participant;
    },
    accept: (conversationId, agent) => answer(conversationId, agent, 'accept'),
    decline: (conversationId, agent) => answer(conversationId, agent, 'decline'),
    end: async (conversationId, agentId, by) => {
      const head = await conversations.head(conversationId);
      const known = participantIn(head, agentId);
      if (known === undefined) throw new Refusal('not-found', 'This agent takes no part in the conversation.');
      if (!mayEnd(head, known, by)) {
        throw new Refusal(
          'forbidden',
          'Who has the conversation may send away whom it invited, a supervisor everybody.',
        );
      }
      const isAsked = known.askedUntil !== undefined;
      const event = isAsked ? 'participant.withdrawn' : by.id === agentId ? 'participant.left' : 'participant.removed';
      const after = await change(conversationId, { event, agentId, by }, { kind: 'end', agentId, isAsked });
      if (isAsked) tellEnd(after, known, 'withdrawn');
    },
    run: (signal) => deps.leases.whileHeld('invitations', lookWhile, signal),
    stop: stopListening,
  };
}

/** What the agent who is asked is shown; undefined where they are not asked (any more). */
export function invitationOf(conversationId: string, participant: Participant): Invitation | undefined {
  const { byId, note, since, askedUntil } = participant;
  if (askedUntil === undefined) return undefined;
  const timeoutMs = askedUntil - since;
  return { conversationId, byId, expiresAt: askedUntil, timeoutMs, ...(note === undefined ? {} : { note }) };
}

function participantIn({ participants = [] }: ConversationHead, agentId: string): Participant | undefined {
  return participants.find((each) => each.agentId === agentId);
}

function checkInvitation(head: ConversationHead, by: Colleague): void {
  if (head.status === 'closed') throw new Refusal('conversation-closed', 'It is closed: reopen it first.');
  if (head.assigneeId === null) throw new Refusal('conflict', 'Nobody has it yet: take it first, then invite.');
  const helps = presentIn(head).includes(by.id) && !isListener(head, by.id);
  if (head.assigneeId === by.id || by.isSupervisor || helps) return;
  throw new Refusal('forbidden', 'Only who has the conversation, who helps in it, or a supervisor may invite.');
}

function checkInvited(
  head: ConversationHead,
  by: Author,
  { agentId, agent, presence }: { agentId: string; agent: DirectoryAgent | undefined; presence: Presence },
): void {
  if (agent?.enabled !== true) throw bad('there is no such agent, or it is switched off');
  if (agentId === by.id) throw bad('this is yourself');
  if (agentId === head.assigneeId) throw bad(`${agent.name} has the conversation already`);
  const known = participantIn(head, agentId);
  if (known !== undefined) {
    throw bad(`${agent.name} ${known.askedUntil === undefined ? 'takes part already' : 'is being asked already'}`);
  }
  if (presence === 'offline') throw bad(`${agent.name} is offline: choose somebody who is there`);
}

function mayEnd(head: ConversationHead, known: Participant, by: Colleague): boolean {
  if (known.agentId === by.id || by.isSupervisor) return true;
  return known.kind === 'invited' && (head.assigneeId === by.id || known.byId === by.id);
}

function bad(what: string): Refusal {
  return new Refusal('bad-request', `agentId: ${what}.`, { field: 'agentId' });
}
