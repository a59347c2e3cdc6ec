import type { ConversationHead } from '../conversation/conversation-store.ts';
import type { Admission } from './admission.ts';
import type { LateAnswer } from './answer-times.ts';
import type { Assigner } from './assigner.ts';
import type { AssignmentStore } from './assignment-store.ts';
import type { Assign } from './decision-record.ts';
import { createHeldWork } from './held-work.ts';
import type { Repairs } from './repairs.ts';
import { unitsPerConversation } from './routing-config.ts';
import type { RoutingCore } from './routing-core.ts';

/** Why a conversation went back to the queue. */
export type Requeued = 'agent-gone' | 'given-back' | LateAnswer;

/** Who has which conversation: as it is given here, as others say, and as it is stored. */
export interface OwnerChanges {
  /** Heard of a change, ours or somebody else's. */
  changed(head: ConversationHead, previousHolderId: string | null): void;
  /** An assignment of ours is stored. */
  hasIt(assign: Assign): void;
  /** Of these agents, and of all who are known to have something, what they have is compared with what is stored. */
  compareAll(holders: readonly string[]): Promise<void>;
  /** @returns whether anything was not known */
  compare(agentIds: readonly string[]): Promise<boolean>;
  /** It takes more or less of the agent who has it from now on. */
  weighs(of: { id: string; agentId: string; weight: number }): void;
  /** Those who have anything. */
  readonly agentIds: readonly string[];
  /** How many conversations the agent has, those included that are being given. */
  loadOf(agentId: string): number;
  /** How many the agent has may be another number now. */
  tell(agentId: string): void;
}

export function createOwnerChanges(deps: {
  store: Pick<AssignmentStore, 'loads' | 'holdings'>;
  core: Pick<RoutingCore, 'hold' | 'release' | 'settle' | 'setWeight' | 'usedOf'>;
  admission: Admission;
  assigner: Pick<Assigner, 'get' | 'end' | 'countOf'>;
  /** Why a conversation is just being taken from its agent here; undefined: it is not. */
  takenBackFor: (conversationId: string) => Requeued | undefined;
  /** What a look found and nobody told of. */
  repairs: Pick<Repairs, 'found'>;
  channelTypeOf: (channelId: string) => string;
  now: () => number;
  events: {
    load(agentId: string, load: number, used: number): void;
    requeued(why: Requeued): void;
  };
  soon: () => void;
}): OwnerChanges {
  const { core, admission, assigner, events, now } = deps;
  const held = createHeldWork(deps.store);
  const told = new Map<string, string>();

  const loadOf = (agentId: string): number => held.countOf(agentId) + assigner.countOf(agentId);

  function tell(agentId: string): void {
    const load = loadOf(agentId);
    const used = core.usedOf(agentId) / unitsPerConversation;
    const both = `${load} ${used}`;
    if (told.get(agentId) === both) return;
    told.set(agentId, both);
    events.load(agentId, load, used);
  }

  function hasIt({ conversationId, agentId }: Assign): void {
    const weight = admission.waiters.get(conversationId)?.entry.weight ?? unitsPerConversation;
    core.settle(conversationId, 'done', now());
    admission.forget(conversationId);
    held.take(conversationId, { agentId, weight });
    tell(agentId);
  }

  function changed(head: ConversationHead, previousHolderId: string | null): void {
    const known = admission.hear(head.id, head.ownerEpoch);
    if (known === undefined) return;
    const assign = assigner.get(head.id);
    const isOurs =
      head.status === 'agent' && assign?.agentId === head.assigneeId && assign.epoch + 1 === head.ownerEpoch;
    if (assign !== undefined && assigner.end(assign, isOurs ? 'done' : 'gone') && isOurs) {
      hasIt(assign);
      deps.soon();
      return;
    }
    if (assign !== undefined) tell(assign.agentId);
    const holderBefore = held.get(head.id)?.agentId ?? previousHolderId;
    if (head.status === 'agent' && head.assigneeId !== null) take(head, head.assigneeId);
    else letGo(head);
    if (holderBefore !== null) tell(holderBefore);
    if (head.status === 'queued') {
      if (previousHolderId !== null && head.ownerEpoch > known) {
        events.requeued(deps.takenBackFor(head.id) ?? 'given-back');
      }
      admission.ask([head.id]);
    }
    deps.soon();
  }

  /** A person took it, or it was answered, or another process gave it. */
  function take({ id, channelId, loadWeight }: ConversationHead, agentId: string): void {
    const groupId = admission.waiters.get(id)?.entry.groupId ?? null;
    admission.forget(id);
    held.take(id, { agentId, weight: loadWeight });
    core.hold(id, agentId, { weight: loadWeight, channelType: deps.channelTypeOf(channelId), groupId }, now());
    tell(agentId);
  }

  function letGo({ id, status }: ConversationHead): void {
    if (held.get(id) !== undefined) {
      held.drop(id);
      core.release(id, now());
    }
    if (status !== 'queued') admission.leave(id, status === 'closed' ? 'closed' : 'taken');
  }

  function weighs({ id, agentId, weight }: { id: string; agentId: string; weight: number }): void {
    const work = held.get(id);
    // Of one that somebody else has by now we hear with the change of hands, or have heard.
    if (work?.agentId !== agentId || work.weight === weight) return;
    held.take(id, { agentId, weight });
    core.setWeight(id, weight, now());
    tell(agentId);
    deps.soon();
  }

  async function compare(agentIds: readonly string[]): Promise<boolean> {
    const { found, lost } = await held.compare(agentIds);
    for (const { id, agentId, weight, channelId, queuedAt, epoch } of found) {
      if (assigner.get(id) !== undefined) continue;
      if ((admission.epochOf(id) ?? -1) < epoch) deps.repairs.found('held', id, epoch);
      admission.hear(id, epoch);
      admission.forget(id);
      // About when they got it: as if they had got all of it now, nobody would have had less work than others.
      const since = Math.min(now(), queuedAt ?? now());
      core.hold(id, agentId, { weight, channelType: deps.channelTypeOf(channelId), groupId: null, since }, now());
    }
    for (const id of lost) {
      deps.repairs.found('not-held', id);
      core.release(id, now());
    }
    for (const agentId of agentIds) tell(agentId);
    return found.length + lost.length > 0;
  }

  return {
    changed,
    hasIt,
    compareAll: async (holders) => {
      await compare([...new Set([...held.agentIds, ...holders])]);
    },
    compare,
    weighs,
    get agentIds() {
      return held.agentIds;
    },
    loadOf,
    tell,
  };
}
