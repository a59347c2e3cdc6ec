import type { Participant } from '@parley/sdk/protocol.ts';
import type { Clock } from '../base/clock.ts';
import type { ConversationHead } from '../conversation/conversation-store.ts';
import type { Appended, Author, Conversations } from '../conversation/conversations.ts';
import type { EventBus } from '../conversation/event-bus.ts';
import { presentIn } from '../conversation/participants.ts';
import { Refusal } from '../gateway/refusal.ts';
import type { DirectoryAgent } from './agent-watch.ts';
import { teamEntry } from './team-entries.ts';

export interface TakeOver {
  readonly conversationId: string;
  readonly by: Author & { readonly capacity: number };
  /** Refused when the owner has changed since. */
  readonly expectEpoch?: number;
  /** Who had it takes part from then on. */
  readonly formerStays?: boolean;
  /** Also when the supervisor is full, which is recorded. */
  readonly override?: boolean;
}

/** What supervisors do in conversations of others. Whoever calls has seen to it that it is one. */
export interface Supervision {
  /** Follows all that happens, unseen by the contact. The agents see it. */
  listen(conversationId: string, by: Author): Promise<void>;
  /** Takes part, and may answer. */
  join(conversationId: string, by: Author): Promise<void>;
  /** Says something to whoever has it and to those who help. @throws Refusal `conflict` when there is nobody to hear it */
  whisper(whisper: { conversationId: string; by: Author; clientId: string; text: string }): Promise<Appended>;
  /** Has it from now on, whoever had it. @throws Refusal `conflict`, `capacity-reached` without `override` */
  takeOver(takeOver: TakeOver): Promise<ConversationHead>;
}

export type SupervisorDeed = 'listen' | 'join' | 'whisper' | 'take-over' | 'take-over-full';

export function createSupervision(deps: {
  conversations: Pick<Conversations, 'head' | 'recordForAgents' | 'whisper' | 'changeOwner'>;
  bus: EventBus;
  agent: (id: string) => DirectoryAgent | undefined;
  clock: Pick<Clock, 'now'>;
  onDeed: (deed: SupervisorDeed) => void;
}): Supervision {
  const { conversations, bus, clock } = deps;

  async function enter(conversationId: string, by: Author, kind: 'listening' | 'joined'): Promise<void> {
    const participant: Participant = { agentId: by.id, kind, byId: by.id, since: clock.now() };
    const content = teamEntry(`participant.${kind}`, by);
    await conversations.recordForAgents({ conversationId, content, participants: { kind: 'enter', participant } });
    deps.onDeed(kind === 'listening' ? 'listen' : 'join');
  }

  /** Over their capacity only where they said so; what is recorded is what was the case. */
  async function changeOwner(takeOver: TakeOver, head: ConversationHead, formerId: string) {
    const { conversationId, by, expectEpoch = head.ownerEpoch, formerStays, override } = takeOver;
    const former: Participant = { agentId: formerId, kind: 'joined', byId: by.id, since: clock.now() };
    const change = (isOver: boolean) =>
      conversations.changeOwner({
        conversationId,
        to: 'agent',
        assignee: by,
        by,
        from: ['agent', 'snoozed'],
        expectEpoch,
        ...(isOver ? {} : { capacity: by.capacity }),
        ...(formerStays === true ? { participants: { kind: 'enter', participant: former } } : {}),
        why: 'assigned',
        note: { groupId: null, why: 'taken-over', record: recordOf(by, formerId, isOver) },
      });
    try {
      return { head: await change(false), isOver: false };
    } catch (error) {
      const isFull = error instanceof Refusal && error.code === 'capacity-reached';
      if (!isFull || override !== true) throw error;
      return { head: await change(true), isOver: true };
    }
  }

  return {
    listen: (conversationId, by) => enter(conversationId, by, 'listening'),
    join: (conversationId, by) => enter(conversationId, by, 'joined'),
    whisper: async ({ conversationId, by, clientId, text }) => {
      const head = await conversations.head(conversationId);
      if (head.status === 'closed') throw new Refusal('conversation-closed', 'It is closed: nobody hears a whisper.');
      const owner = head.assigneeId === null ? [] : [head.assigneeId];
      if ([...owner, ...presentIn(head)].every((id) => id === by.id)) {
        throw new Refusal('conflict', 'There is nobody beside you who could hear a whisper.');
      }
      const said = await conversations.whisper({
        conversationId,
        author: by,
        clientId,
        content: { type: 'text', text },
      });
      if (!said.duplicate) deps.onDeed('whisper');
      return said;
    },
    takeOver: async (takeOver) => {
      const { conversationId, by } = takeOver;
      const before = await conversations.head(conversationId);
      if (before.status === 'closed') throw new Refusal('conversation-closed', 'It is closed: reopen it first.');
      const formerId = before.assigneeId;
      if (formerId === null) {
        throw new Refusal('conflict', 'Nobody has it: take it from the queue.');
      }
      if (formerId === by.id) throw new Refusal('conflict', 'You have it already.');
      const { head, isOver } = await changeOwner(takeOver, before, formerId);
      deps.onDeed(isOver ? 'take-over-full' : 'take-over');
      const stays = takeOver.formerStays === true;
      const data = { conversationId, byId: by.id, byName: by.name, stays };
      bus.publish('team', { agentId: formerId, what: { event: 'conversation.taken-over', data } });
      const former = { id: formerId, name: deps.agent(formerId)?.name ?? formerId };
      await conversations.recordForAgents({
        conversationId,
        content: teamEntry('conversation.taken-over', former, by),
      });
      return head;
    },
  };
}

function recordOf(by: Author, fromId: string, isOver: boolean): string {
  return JSON.stringify({ byId: by.id, byName: by.name, fromId, ...(isOver ? { overridden: 'full' } : {}) });
}
