import type { CoreState } from './core-state.ts';
import type { AgentVerdict, Assign } from './decision-record.ts';
import { verdictOf, waivedByHand } from './eligibility.ts';
import { accept, giveByHand, takeBack } from './giving.ts';
import { firstByHandFor } from './waiting-index.ts';

/** What came of taking a conversation by hand; without a verdict there is none to take. */
export type Pick = Assign | { readonly kind: 'refused'; readonly verdict: AgentVerdict | undefined };

/** An agent takes a conversation: the same rules hold, or it is recorded which one was gone against. */
export function pick(
  state: CoreState,
  agentId: string,
  { conversationId, override = false }: { conversationId?: string; override?: boolean },
  now: number,
): Pick {
  const agent = state.agents.get(agentId);
  if (agent?.facts === undefined) return { kind: 'refused', verdict: undefined };
  const entry = conversationId === undefined ? firstByHandFor(agent) : state.entries.get(conversationId);
  if (entry === undefined || entry.state === 'assigned') return { kind: 'refused', verdict: undefined };
  const accepted = accept(state, entry, agent, now);
  if (accepted !== undefined) return accepted;
  const verdict = verdictOf(entry, agent, now, waivedByHand);
  const isFree = verdict.key === 'can-have-it';
  if (!isFree && (!override || verdict.key === 'disabled')) return { kind: 'refused', verdict };
  takeBack(state, entry, now);
  const choice = { agent, groupId: verdict.groupId, why: 'picked' } as const;
  return giveByHand(state, entry, choice, isFree ? undefined : verdict.key, now);
}
