import type { Conversation } from '@parley/sdk/protocol.ts';
import type { RoutingConfig } from '@parley/sdk/routing-document.ts';
import type { Clock } from '../../base/clock.ts';
import { hashOf } from '../../base/hash.ts';
import type { Leases } from '../../base/leases.ts';
import type { Conversations } from '../../conversation/conversations.ts';
import type { EventBus } from '../../conversation/event-bus.ts';
import type { RuleEffects } from '../intake.ts';
import type { RoutingConfigs } from '../routing-configs.ts';
import type { Transfers } from '../transfers.ts';
import { createEscalation } from './sla-escalation.ts';
import type { Folded } from './sla-fold.ts';
import { createSlaKeeper, noTargets, type SlaKeeper } from './sla-keeper.ts';
import { createSlaPolicies, type SlaPolicies } from './sla-policies.ts';
import type { SlaStore } from './sla-store.ts';

/** How often the store is looked at for what we were not told: by other processes, and by nobody. */
const sharedLookMs = 1_000;
const ownLookMs = 15_000;
/** People see a clock set so late, at the most, and what goes fast costs less. */
const gatherMs = 200;
/** By then every process has heard of another configuration. */
const heardByMs = 20_000;

/** What became of a target, for the metrics. */
export type CountSla = (of: { target: string; groupId: string; outcome: string }) => void;

/** The service levels of a process: what happens is noted in each of them, and one at a time keeps the clocks. */
export async function createSla(deps: {
  store: SlaStore;
  notes: Parameters<typeof createSlaKeeper>[0]['notes'];
  configs: Pick<RoutingConfigs, 'current' | 'onChange'>;
  conversations: Pick<Conversations, 'fromServer' | 'patch'>;
  show: (conversationId: string) => Promise<Conversation | undefined>;
  transfers: Transfers;
  effects: RuleEffects;
  supervisors: () => readonly string[];
  leases: Leases;
  bus: EventBus;
  clock: Clock;
  isShared: boolean;
  /** As the keeper has it; absent: a fifth of a second. */
  gatherMs?: number;
  counted: CountSla;
  onError: (error: unknown) => void;
}): Promise<Pick<SlaKeeper, 'run'>> {
  const { store, configs, bus, clock, isShared } = deps;
  let measured = measuredBy(configs.current.document);

  const keeper = createSlaKeeper({
    store,
    notes: deps.notes,
    policies: () => measured,
    escalate: createEscalation({
      ...deps,
      callWebhook: deps.effects.callWebhook,
      policies: () => measured.policies,
      now: clock.now,
    }),
    leases: deps.leases,
    clock,
    gatherMs: deps.gatherMs ?? gatherMs,
    lookAgainMs: () => (isShared && !measured.policies.isEmpty ? sharedLookMs : ownLookMs),
    walkAgainMs: isShared ? heardByMs : null,
    onStored: (stored) => {
      for (const { save, happened } of stored) {
        for (const { target, kind } of happened) {
          deps.counted({ target, groupId: save.groupId, outcome: kind });
        }
      }
      show(stored);
    },
    onError: deps.onError,
  });

  function show(stored: readonly Folded[]): void {
    if (stored.length > 0) bus.publish('clocks.changed', { conversationIds: stored.map(({ save }) => save.id) });
  }

  configs.onChange(() => {
    measured = measuredBy(configs.current.document);
    store.watch(!measured.policies.isEmpty).then(keeper.wake, deps.onError);
  });
  const wake = () => {
    if (!measured.policies.isEmpty) keeper.wake();
  };
  bus.subscribe('message.created', wake);
  bus.subscribe('owner.changed', wake);
  bus.subscribe('queue.changed', wake);
  await store.watch(!measured.policies.isEmpty);
  return keeper;
}

function measuredBy(config: RoutingConfig): { policies: SlaPolicies; mark: string } {
  const { sla, schedules, defaultGroupId } = config;
  const groupIds = config.groups.map(({ id }) => id);
  const mark =
    sla.length === 0 ? noTargets : hashOf(JSON.stringify([sla, schedules, defaultGroupId, groupIds])).toString(36);
  return { policies: createSlaPolicies(config), mark };
}
