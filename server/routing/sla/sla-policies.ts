import type { Priority, SlaTarget } from '@parley/sdk/protocol.ts';
import { everyoneId, type RoutingConfig, type SlaPause, type SlaPolicy } from '@parley/sdk/routing-document.ts';
import { alwaysOpen, createWorkingHours, type WorkingHours } from '../working-hours.ts';

/** What a conversation is measured by: a policy, made fast to ask. */
export interface SlaTerms {
  readonly policy: SlaPolicy;
  readonly targets: Readonly<Partial<Record<SlaTarget, number>>>;
  readonly hours: WorkingHours;
  readonly pauses: ReadonlySet<SlaPause>;
}

export interface SlaPolicies {
  /** Without any, nothing is measured and nothing is kept. */
  readonly isEmpty: boolean;
  /** What holds for a conversation of the group (null: of the default group) with the priority; undefined: nothing. */
  termsFor(of: { groupId: string | null; priority: Priority }): SlaTerms | undefined;
  /** Those of a policy, by its id. */
  termsOf(policyId: string | null): SlaTerms | undefined;
  /** The group that a conversation counts for. */
  groupOf(groupId: string | null): string;
}

/** The policy that holds for a conversation: the first whose group and priority are its own, or left open. */
export function slaPolicyFor(
  policies: readonly SlaPolicy[],
  { groupId, priority }: { readonly groupId: string; readonly priority: Priority },
): SlaPolicy | undefined {
  return policies.find(
    (policy) => (policy.groupId ?? groupId) === groupId && (policy.priority ?? priority) === priority,
  );
}

export function createSlaPolicies(
  config: Pick<RoutingConfig, 'sla' | 'schedules' | 'groups' | 'defaultGroupId'>,
): SlaPolicies {
  const hours = new Map(config.schedules.map((schedule) => [schedule.id, createWorkingHours(schedule)]));
  const groupIds = new Set(config.groups.map(({ id }) => id));
  const terms = new Map(config.sla.map((policy) => [policy.id, compile(policy, hours)]));
  /** There are four priorities for each group: each is looked for once. */
  const found = new Map<string, SlaTerms | undefined>();

  function groupOf(groupId: string | null): string {
    return groupId !== null && groupIds.has(groupId) ? groupId : (config.defaultGroupId ?? everyoneId);
  }

  return {
    isEmpty: config.sla.length === 0,
    termsFor: ({ groupId, priority }) => {
      const group = groupOf(groupId);
      const key = `${priority} ${group}`;
      if (!found.has(key)) {
        const policy = slaPolicyFor(config.sla, { groupId: group, priority });
        found.set(key, policy && terms.get(policy.id));
      }
      return found.get(key);
    },
    termsOf: (policyId) => (policyId === null ? undefined : terms.get(policyId)),
    groupOf,
  };
}

function compile(policy: SlaPolicy, hours: ReadonlyMap<string, WorkingHours>): SlaTerms {
  const { firstAnswerMs, nextAnswerMs, resolveMs } = policy;
  return {
    policy,
    targets: {
      ...(firstAnswerMs === undefined ? {} : { 'first-answer': firstAnswerMs }),
      ...(nextAnswerMs === undefined ? {} : { 'next-answer': nextAnswerMs }),
      ...(resolveMs === undefined ? {} : { resolution: resolveMs }),
    },
    hours: hours.get(policy.scheduleId ?? '') ?? alwaysOpen,
    pauses: new Set(policy.pauses),
  };
}
