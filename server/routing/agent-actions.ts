import { Refusal } from '../gateway/refusal.ts';
import type { AssignOutcome } from './assigner.ts';
import type { AgentVerdict, Assign } from './decision-record.ts';
import type { Offers } from './offers.ts';
import type { RoutingCore } from './routing-core.ts';

/** What agents do by hand with what waits, under the same rules. */
export interface AgentActions {
  /**
   * The agent takes what they are asked to take. Resolves when it is stored.
   * @throws Refusal `conflict` when they are asked no more
   */
  accept(conversationId: string, agentId: string): Promise<void>;
  /** The agent says no, and is not asked again for this wait. */
  decline(conversationId: string, agentId: string): void;
  /**
   * The agent takes one by hand: this one, or the first that they can have. Resolves when it is stored.
   * @param options.override also against a rule, which is recorded
   * @returns its id, or the rule that forbids it; undefined: there is none to take
   */
  take(
    agentId: string,
    options: { conversationId?: string; override?: boolean },
  ): Promise<{ conversationId: string } | { refused: AgentVerdict | undefined }>;
}

/** @param deps.begin has it stored that somebody has it */
export function createAgentActions(deps: {
  core: Pick<RoutingCore, 'accept' | 'declined' | 'pick'>;
  offers: Offers;
  begin: (assign: Assign) => Promise<AssignOutcome>;
  now: () => number;
  soon: () => void;
}): AgentActions {
  const { core, offers, now } = deps;

  /** They are told when it is stored, or that it is not. */
  async function beginFor(assign: Assign): Promise<void> {
    const outcome = await deps.begin(assign);
    if (outcome === 'done') return;
    if (outcome === 'refused-capacity') {
      throw new Refusal('capacity-reached', 'You have as many conversations as you can take: close one first.');
    }
    if (outcome === 'failed') throw new Refusal('unavailable', 'It could not be stored now: try again shortly.');
    throw new Refusal('conflict', 'Somebody else has it by now.');
  }

  return {
    accept: async (conversationId, agentId) => {
      const assign = core.accept(conversationId, agentId, now());
      if (assign === undefined) throw new Refusal('conflict', 'You are not asked to take this one any more.');
      offers.end(conversationId, 'accepted');
      await beginFor(assign);
    },
    decline: (conversationId, agentId) => {
      if (offers.get(conversationId)?.agentId !== agentId) {
        throw new Refusal('conflict', 'You are not asked to take this one any more.');
      }
      offers.end(conversationId, 'declined');
      core.declined(conversationId, agentId, now());
      deps.soon();
    },
    take: async (agentId, options) => {
      const picked = core.pick(agentId, options, now());
      if (picked.kind === 'refused') return { refused: picked.verdict };
      offers.end(picked.conversationId, picked.why === 'accepted' ? 'accepted' : 'withdrawn');
      await beginFor(picked);
      return { conversationId: picked.conversationId };
    },
  };
}
