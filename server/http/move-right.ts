import type { ConversationHead } from '../conversation/conversation-store.ts';
import { Refusal } from '../gateway/refusal.ts';
import type { AgentRecord } from '../identity/agent-store.ts';
import { isSupervisor } from './auth.ts';

/**
 * Who has a conversation passes it on, or a supervisor does; what waits anybody may take.
 *
 * @param field of the request, which the refusal names
 * @param seen the owner's epoch of which the request knows: who was overtaken is told that (409), and not that they may not
 * @returns the owner's epoch that the change depends on, as somebody may take it before it is written; nothing for supervisors
 * @throws Refusal `forbidden`
 */
export function checkMayMove(
  { status, assigneeId, ownerEpoch }: Pick<ConversationHead, 'status' | 'assigneeId' | 'ownerEpoch'>,
  by: AgentRecord,
  field: string,
  nameOf: (agentId: string) => string | undefined,
  seen: number | undefined,
): { ownerEpoch?: number } {
  if (isSupervisor(by)) return {};
  const isHeld = status === 'agent' || status === 'snoozed';
  if (!isHeld || assigneeId === null || assigneeId === by.id) return { ownerEpoch };
  // Epochs only grow: the change is refused where it is written.
  if (seen !== undefined && seen !== ownerEpoch) return { ownerEpoch: seen };
  const holder = nameOf(assigneeId) ?? 'Another agent';
  throw new Refusal('forbidden', `${field}: ${holder} has this conversation: ask them or a supervisor to pass it on.`, {
    field,
  });
}
