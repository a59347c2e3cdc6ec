import type { RoutingConfig } from '@parley/sdk/routing-document.ts';
import type { Decision } from '../decision-record.ts';
import { weightOf } from '../routing-config.ts';
import { createRoutingCore } from '../routing-core.ts';
import type { WaitingEntry } from '../routing-facts.ts';
import { tellable } from '../wait-estimate.ts';
import type { Router, Step, Waiting } from './router.ts';

/**
 * The dispatcher itself: the same core that decides live, with a store that agrees to everything at once.
 *
 * @param onDecision sees what the core decided, with its record
 */
export function createCoreRouter(config: RoutingConfig, onDecision: (decision: Decision) => void = () => {}): Router {
  const core = createRoutingCore({ config, version: 1 });

  function follow(decision: Decision, now: number): Step[] {
    onDecision(decision);
    switch (decision.kind) {
      case 'assign':
        core.settle(decision.conversationId, 'done', now);
        return [{ kind: 'give', customerId: decision.conversationId, workerId: decision.agentId }];
      case 'offer': {
        const { conversationId: customerId, agentId: workerId, expiresAt } = decision;
        return [{ kind: 'offer', customerId, workerId, expiresAt }];
      }
      case 'offer-missed':
        return [{ kind: 'missed', customerId: decision.conversationId, workerId: decision.agentId }];
      case 'agent-break':
        return [{ kind: 'break', workerId: decision.agentId }];
      case 'overflow':
        // To another group or agent it goes by itself; a form or a call back is only offered, and the customer waits on.
        return decision.to.kind === 'bot' ? [{ kind: 'deflected', customerId: decision.conversationId }] : [];
      case 'wait': {
        const estimate = tellable(decision.estimate);
        return estimate === 'unknown' ? [] : [{ kind: 'told', customerId: decision.conversationId, estimate }];
      }
      case 'offer-withdrawn':
      case 'relax':
        return [];
      default:
        return decision satisfies never;
    }
  }

  return {
    presence: ({ id, name, capacity }, presence, now) => {
      core.agent({ id, name, enabled: true, capacity, presence, onlineSince: now }, now);
    },
    arrive: (waiting, now) => core.enqueue(entryOf(waiting, config), now),
    abandon: (customerId, now) => core.leave(customerId, now, 'abandoned'),
    finish: (customerId, _, now) => core.release(customerId, now),
    accept: (customerId, workerId, now) => {
      if (core.accept(customerId, workerId, now) === undefined) return false;
      core.settle(customerId, 'done', now);
      return true;
    },
    decide: (now) => core.decide(now).flatMap((decision) => follow(decision, now)),
    nextAt: () => core.nextAt(),
  };
}

function entryOf({ customer, epoch, lastAgent }: Waiting, config: RoutingConfig): WaitingEntry {
  return {
    conversationId: customer.id,
    epoch,
    groupId: customer.groupId,
    channelId: customer.channelId,
    channelType: customer.channelType,
    weight: weightOf(config, customer.channelType),
    language: customer.language,
    minLevel: customer.minLevel,
    priority: customer.priority,
    vip: customer.vip,
    // Who comes back keeps the place.
    enqueuedAt: customer.at,
    lastAgent,
    forAgent: customer.forAgent ?? null,
    notAgents: customer.notAgents ?? [],
    hops: 0,
  };
}
