import type { Presence } from '@parley/sdk/protocol.ts';
import type { ConversationHead } from '../conversation/conversation-store.ts';
import type { Author, Conversations } from '../conversation/conversations.ts';
import { Refusal } from '../gateway/refusal.ts';
import type { DirectoryAgent } from './agent-watch.ts';
import type { AssignmentStore } from './assignment-store.ts';
import { storedRouting } from './stored-routing.ts';

export interface Transfer {
  readonly conversationId: string;
  /** null: nobody did, a rule says so. */
  readonly by: Author | null;
  /** One of the two. */
  readonly toAgentId?: string;
  readonly toGroupId?: string;
  /** For whoever gets it: a note in the conversation. */
  readonly note?: string;
  /** Refused when the owner has changed since. */
  readonly expectEpoch?: number;
  /** Also over the agent's capacity, which is recorded. */
  readonly override?: boolean;
  /** The rule that whoever passes it on goes against; null: none; absent: it was not asked. */
  readonly against?: string | null | undefined;
}

/** Passes conversations on, from whoever has them to an agent or into the queue of a group. */
export interface Transfers {
  /** @throws Refusal `bad-request` with the field, `conflict`, `capacity-reached`; nothing has changed then */
  transfer(transfer: Transfer): Promise<ConversationHead>;
}

export function createTransfers(deps: {
  conversations: Pick<Conversations, 'head' | 'changeOwner' | 'fromAgent'>;
  store: Pick<AssignmentStore, 'routingOf'>;
  agent: (id: string) => DirectoryAgent | undefined;
  presence: (agentId: string) => Presence;
  group: (id: string) => { readonly name: string } | undefined;
  /** How many conversations a transfer may put on top of what somebody can take. */
  margin: () => number;
  now: () => number;
  newId: () => string;
}): Transfers {
  const { conversations } = deps;

  async function toAgent(transfer: Transfer, head: ConversationHead, toAgentId: string): Promise<ConversationHead> {
    const agent = deps.agent(toAgentId);
    if (agent?.enabled !== true) throw bad('toAgentId', 'there is no such agent, or it is switched off');
    if (toAgentId === head.assigneeId) throw bad('toAgentId', `${agent.name} has the conversation already`);
    if (toAgentId === transfer.by?.id) throw bad('toAgentId', 'this is yourself: take the conversation instead');
    if (deps.presence(toAgentId) === 'offline') {
      throw bad('toAgentId', `${agent.name} is offline: choose somebody who is there, or a group`);
    }
    const give = (beyond: number) =>
      conversations.changeOwner({
        ...commonOf(transfer, head),
        to: 'agent',
        assignee: agent,
        ...(transfer.override === true ? {} : { capacity: agent.capacity + beyond }),
        why: 'assigned',
        note: reason(transfer, null, beyond),
      });
    const margin = deps.margin();
    try {
      return await give(0);
    } catch (error) {
      const isFull = error instanceof Refusal && error.code === 'capacity-reached';
      if (!isFull || margin === 0) throw error;
      return give(margin);
    }
  }

  async function toGroup(transfer: Transfer, head: ConversationHead, groupId: string): Promise<ConversationHead> {
    const group = deps.group(groupId);
    if (group === undefined) throw bad('toGroupId', 'there is no such group in the routing configuration');
    const said = storedRouting(await deps.store.routingOf(head.id), head.queuedAt);
    const since = head.queuedAt ?? deps.now();
    const routing = {
      ...said,
      // Said by a person: the rules have nothing to say of this wait any more, and who passed it on does not get it back.
      queuedAt: since,
      forAgent: null,
      minLevel: 1,
      notAgents: head.assigneeId === null ? [] : [head.assigneeId],
      groupSince: deps.now(),
      overflows: 0,
      visited: [],
    };
    return conversations.changeOwner({
      ...commonOf(transfer, head),
      to: 'queued',
      assignee: null,
      queue: { groupId, routing: JSON.stringify(routing), since },
      why: 'transferred',
      groupName: group.name,
      note: reason(transfer, groupId),
    });
  }

  return {
    transfer: async (transfer) => {
      const { toAgentId, toGroupId, note, by, conversationId } = transfer;
      const head = await conversations.head(conversationId);
      if (head.status === 'closed') throw new Refusal('conversation-closed', 'It is closed: reopen it first.');
      if ((toAgentId === undefined) === (toGroupId === undefined)) {
        throw bad('toAgentId', 'say either an agent or a group (toGroupId)');
      }
      const moved =
        toAgentId === undefined
          ? await toGroup(transfer, head, toGroupId ?? '')
          : await toAgent(transfer, head, toAgentId);
      if (note !== undefined && by !== null) {
        const content = { type: 'text' as const, text: note };
        await conversations.fromAgent({ author: by, conversationId, clientId: deps.newId(), content, private: true });
      }
      return moved;
    },
  };
}

/** The owner that was looked at is the one that is changed. */
function commonOf({ conversationId, by, expectEpoch }: Transfer, head: ConversationHead) {
  return {
    conversationId,
    ...(by === null ? {} : { by }),
    expectEpoch: expectEpoch ?? head.ownerEpoch,
    from: ['agent', 'queued', 'snoozed'] as const,
  };
}

function reason({ by, override, toAgentId, against }: Transfer, groupId: string | null, margin = 0) {
  const who = by === null ? {} : { byId: by.id, byName: by.name };
  const overridden = against === undefined && override === true && toAgentId !== undefined ? 'full' : against;
  const over = overridden == null ? {} : { overridden };
  return {
    groupId,
    why: 'transferred',
    record: JSON.stringify({ ...who, ...over, ...(margin > 0 ? { margin } : {}) }),
  };
}

function bad(field: string, what: string): Refusal {
  return new Refusal('bad-request', `${field}: ${what}.`, { field });
}
