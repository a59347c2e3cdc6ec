import { type Conversation, priorities, type SlaTarget } from '@parley/sdk/protocol.ts';
import type { EscalationAction, SlaStage } from '@parley/sdk/routing-document.ts';
import type { Conversations } from '../../conversation/conversations.ts';
import type { EventBus } from '../../conversation/event-bus.ts';
import { Refusal } from '../../gateway/refusal.ts';
import type { RuleEffects } from '../intake.ts';
import type { Transfers } from '../transfers.ts';
import type { SlaTodo } from './sla-case.ts';
import type { Escalate } from './sla-keeper.ts';
import type { SlaPolicies } from './sla-policies.ts';

/**
 * Says that time runs out or has run out, to people and in the timeline, and does what the policy wants then. What was
 * done before has no effect again; a webhook is called again, with the same id, and nobody waits for its answer.
 */
export function createEscalation(deps: {
  conversations: Pick<Conversations, 'fromServer' | 'patch'>;
  show: (conversationId: string) => Promise<Conversation | undefined>;
  transfers: Transfers;
  callWebhook: RuleEffects['callWebhook'];
  policies: () => SlaPolicies;
  /** Who is told of all of it. */
  supervisors: () => readonly string[];
  bus: Pick<EventBus, 'publish'>;
  now: () => number;
}): Escalate {
  const { conversations } = deps;

  return async (todo, conversationId) => {
    const conversation = await deps.show(conversationId);
    if (conversation === undefined || conversation.status === 'closed') return;
    const actions = actionsOf(todo, deps.policies());
    await ignoringRefusals(conversations.fromServer(entryOf(todo, conversationId, actions)));
    for (const action of actions) await ignoringRefusals(carryOut(action, todo, conversation));
    tell(todo, conversation, actions);
  };

  async function carryOut(action: EscalationAction, todo: SlaTodo, conversation: Conversation): Promise<unknown> {
    const { id, priority, tags, skillGroupId } = conversation;
    switch (action.kind) {
      case 'priority': {
        const raises = priorities.indexOf(action.priority) > priorities.indexOf(priority);
        return raises ? conversations.patch(id, { priority: action.priority }) : undefined;
      }
      case 'tag':
        return tags.includes(action.tag)
          ? undefined
          : conversations.patch(id, { tags: await tagsWith(id, action.tag) });
      case 'to-group':
        if (skillGroupId === action.groupId) return undefined;
        return deps.transfers.transfer({ conversationId: id, toGroupId: action.groupId, by: null });
      case 'webhook':
        deps.callWebhook(action.url, {
          event: eventOf(todo.stage),
          id: idOf(todo, id),
          policyId: todo.policyId,
          conversationId: id,
          target: todo.target,
          dueAt: todo.dueAt,
          at: deps.now(),
        });
        return undefined;
      case 'notify':
        return undefined;
      default:
        return action satisfies never;
    }
  }

  /** As they are by now: an action before this one may have added another. */
  async function tagsWith(id: string, tag: string): Promise<string[]> {
    return [...new Set([...((await deps.show(id))?.tags ?? []), tag])];
  }

  function tell(todo: SlaTodo, conversation: Conversation, actions: readonly EscalationAction[]): void {
    const named = actions.flatMap((action) => (action.kind === 'notify' ? [...action.agentIds] : []));
    const supervisors = deps.supervisors();
    const act = actions.some((action) => action.kind === 'notify' && action.supervisors) ? supervisors : [];
    const { id: conversationId, contact, assigneeId: ownerId } = conversation;
    const toAct = [...new Set([...named, ...act])].filter((id) => id !== ownerId);
    const { target, dueAt } = todo;
    deps.bus.publish('sla.alert', {
      event: eventOf(todo.stage),
      alert: { id: idOf(todo, conversationId), conversationId, contactName: contact.name, target, dueAt },
      ownerId,
      toAct,
      others: supervisors.filter((id) => id !== ownerId && !toAct.includes(id)),
    });
  }
}

function actionsOf({ policyId, stage, target }: SlaTodo, policies: SlaPolicies): EscalationAction[] {
  const rules = policies.termsOf(policyId)?.policy.escalate ?? [];
  return rules
    .filter(({ on, targets }) => on === stage && (targets === null || targets.includes(target)))
    .flatMap(({ actions }) => actions);
}

const eventOf = (stage: SlaStage) => (stage === 'warning' ? 'sla.warned' : 'sla.breached');
const idOf = ({ stage, target, n }: SlaTodo, conversationId: string) => `${conversationId}-${stage}-${target}-${n}`;

const wordsOf: Readonly<Record<SlaTarget, string>> = {
  'first-answer': 'first answer',
  'next-answer': 'next answer',
  resolution: 'resolution',
};

function entryOf(todo: SlaTodo, conversationId: string, actions: readonly EscalationAction[]) {
  const { stage, target, n, dueAt, policyId } = todo;
  const what = wordsOf[target];
  const text = stage === 'warning' ? `The time for the ${what} runs out.` : `The time for the ${what} is over.`;
  const did = actions.map(wordOf).join(', ');
  return {
    conversationId,
    clientId: `sla-${stage}-${target}-${n}`,
    content: {
      type: 'system' as const,
      event: eventOf(stage),
      text,
      data: { target, dueAt: String(dueAt), policyId, ...(did === '' ? {} : { did }) },
    },
    private: true,
  };
}

/** What was done, for the record. */
function wordOf(action: EscalationAction): string {
  switch (action.kind) {
    case 'priority':
      return `priority ${action.priority}`;
    case 'tag':
      return `tag ${action.tag}`;
    case 'to-group':
      return `to group ${action.groupId}`;
    case 'webhook':
    case 'notify':
      return action.kind;
    default:
      return action satisfies never;
  }
}

/** It was closed, somebody was faster, the group is gone: then there is nothing to do any more. */
async function ignoringRefusals(work: Promise<unknown>): Promise<void> {
  try {
    await work;
  } catch (error) {
    if (!(error instanceof Refusal) || error.code === 'unavailable') throw error;
  }
}
