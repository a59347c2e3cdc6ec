import type { ConversationHead } from '../conversation/conversation-store.ts';
import type { Author, Conversations } from '../conversation/conversations.ts';
import { Refusal } from '../gateway/refusal.ts';
import type { DirectoryAgent } from './agent-watch.ts';
import type { AssignmentStore } from './assignment-store.ts';
import type { Returns } from './returns.ts';

/** Longer is no snooze: it would be forgotten. */
const longestMs = 366 * 24 * 60 * 60_000;

export interface Snooze {
  readonly conversationId: string;
  readonly by: Author;
  /** Epoch milliseconds. */
  readonly until: number;
  /** Refused when the owner has changed since. */
  readonly expectEpoch?: number;
}

/** Puts conversations off, and takes them up again by hand. */
export interface Snoozes {
  /** @throws Refusal `bad-request` with the field, `conflict` when nobody has it; nothing has changed then */
  snooze(snooze: Snooze): Promise<ConversationHead>;
  /**
   * Ends a snooze now. Whoever snoozed it has it again; where somebody else ends it, it comes back as it would by itself.
   * @throws Refusal `conflict` when it is not snoozed, `capacity-reached` when there is no room for it
   */
  wake(wake: Omit<Snooze, 'until'>): Promise<ConversationHead>;
}

export function createSnoozes(deps: {
  conversations: Pick<Conversations, 'head' | 'changeOwner'>;
  store: Pick<AssignmentStore, 'routingOf'>;
  returns: Returns;
  agent: (id: string) => DirectoryAgent | undefined;
  now: () => number;
}): Snoozes {
  const { conversations } = deps;
  return {
    snooze: async ({ conversationId, by, until, expectEpoch }) => {
      const now = deps.now();
      if (until <= now) throw bad('this is over: choose a time that is still to come');
      if (until - now > longestMs) throw bad('more than a year ahead: close it, it reopens when the customer writes');
      const head = await conversations.head(conversationId);
      if (head.status === 'closed') throw new Refusal('conversation-closed', 'It is closed: reopen it first.');
      return conversations.changeOwner({
        conversationId,
        to: 'snoozed',
        from: ['agent', 'snoozed'],
        expectEpoch: expectEpoch ?? head.ownerEpoch,
        until,
        by,
        why: 'snoozed',
      });
    },
    wake: async ({ conversationId, by, expectEpoch }) => {
      const head = await conversations.head(conversationId);
      const { id, status, assigneeId: agentId, ownerEpoch } = head;
      if (status !== 'snoozed' || agentId === null) throw new Refusal('conflict', 'It is not snoozed.');
      const epoch = expectEpoch ?? ownerEpoch;
      const agent = deps.agent(agentId);
      if (by.id !== agentId || agent === undefined) {
        return deps.returns.bringBack({ id, agentId, epoch, routing: await deps.store.routingOf(id) }, by);
      }
      return conversations.changeOwner({
        conversationId: id,
        to: 'agent',
        assignee: agent,
        from: ['snoozed'],
        expectEpoch: epoch,
        capacity: agent.capacity,
        by,
        why: 'woken',
      });
    },
  };
}

function bad(what: string): Refusal {
  return new Refusal('bad-request', `until: ${what}.`, { field: 'until' });
}
