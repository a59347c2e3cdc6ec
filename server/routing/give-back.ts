import type { RoutingConfig } from '@parley/sdk/routing-document.ts';
import type { Conversations } from '../conversation/conversations.ts';
import { Refusal } from '../gateway/refusal.ts';
import type { AgentDirectory } from './agent-watch.ts';
import type { AssignmentStore } from './assignment-store.ts';

/** Puts back into the queue what an agent who is away for good has not answered. */
export interface GiveBack {
  /**
   * @param activeSince only what something happened in since then: the rest was given back before
   * @returns what went back
   */
  allOf(agentId: string, activeSince?: number): Promise<string[]>;
  /** This one is being given back. */
  isGivingBack(conversationId: string): boolean;
}

export function createGiveBack(deps: {
  conversations: Pick<Conversations, 'head' | 'changeOwner'>;
  store: Pick<AssignmentStore, 'unanswered'>;
  agents: Pick<AgentDirectory, 'get'>;
  config: () => { readonly config: RoutingConfig };
  channelTypeOf: (channelId: string) => string;
  /** What the agent has answered is kept for them a while longer. */
  isLost?: (agentId: string) => boolean;
}): GiveBack {
  const { conversations, store } = deps;
  const underway = new Set<string>();

  /** An agent who is switched off does not come back to it. */
  function staysWith(agentId: string, channelId: string): boolean {
    const { staysWithAgent } = deps.config().config.presence;
    return staysWithAgent.includes(deps.channelTypeOf(channelId)) && deps.agents.get(agentId)?.enabled === true;
  }

  /** @returns whether it went back */
  async function giveBack(id: string, agentId: string): Promise<boolean> {
    const head = await conversations.head(id);
    // Somebody else has taken it by now.
    if (head.status !== 'agent' || head.assigneeId !== agentId) return false;
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
      return true;
    } finally {
      underway.delete(id);
    }
  }

  return {
    allOf: async (agentId, activeSince) => {
      const given: string[] = [];
      for (const { id, channelId, isAnswered } of await store.unanswered(agentId, activeSince)) {
        if (staysWith(agentId, channelId) || (isAnswered && deps.isLost?.(agentId) === true)) continue;
        try {
          if (await giveBack(id, agentId)) given.push(id);
        } catch (error) {
          // Somebody was faster.
          if (!(error instanceof Refusal) || error.code === 'unavailable') throw error;
        }
      }
      return given;
    },
    isGivingBack: (conversationId) => underway.has(conversationId),
  };
}
