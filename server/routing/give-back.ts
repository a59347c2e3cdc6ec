import type { Conversations } from '../conversation/conversations.ts';
import { Refusal } from '../gateway/refusal.ts';
import type { AssignmentStore } from './assignment-store.ts';

/** Puts back into the queue what an agent who is away for good has not answered. */
export interface GiveBack {
  /** @param activeSince only what something happened in since then: the rest was given back before */
  allOf(agentId: string, activeSince?: number): Promise<void>;
  /** This one is being given back. */
  isGivingBack(conversationId: string): boolean;
}

export function createGiveBack(deps: {
  conversations: Pick<Conversations, 'head' | 'changeOwner'>;
  store: Pick<AssignmentStore, 'unanswered'>;
}): GiveBack {
  const { conversations, store } = deps;
  const underway = new Set<string>();

  async function giveBack(id: string, agentId: string): Promise<void> {
    const head = await conversations.head(id);
    // Somebody else has taken it by now.
    if (head.status !== 'agent' || head.assigneeId !== agentId) return;
    underway.add(id);
    try {
      await conversations.changeOwner({
        conversationId: id,
        to: 'queued',
        assignee: null,
        from: ['agent'],
        expectEpoch: head.ownerEpoch,
        why: 'agent-gone',
      });
    } finally {
      underway.delete(id);
    }
  }

  return {
    allOf: async (agentId, activeSince) => {
      for (const id of await store.unanswered(agentId, activeSince)) {
        await giveBack(id, agentId).catch((error: unknown) => {
          // Somebody was faster.
          if (!(error instanceof Refusal) || error.code === 'unavailable') throw error;
        });
      }
    },
    isGivingBack: (conversationId) => underway.has(conversationId),
  };
}
