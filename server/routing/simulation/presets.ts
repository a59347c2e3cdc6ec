import { groupWithDefaults, type Policy, type RoutingConfig } from '@parley/sdk/routing-document.ts';
import { defaultRoutingConfig } from '../routing-config.ts';
import type { ArrivalPattern } from './arrivals.ts';
import type { Duration } from './random.ts';
import type { Scenario } from './scenario.ts';
import { type Customer, type Needs, plainConduct, type Worker, type Workload } from './workload.ts';

/** What can be turned at a scenario. */
export interface Dials {
  readonly agents: number;
  /** Work that comes over work that can be done, in the mean of the whole time. */
  readonly load: number;
  readonly hours: number;
  /** Conversations at once. */
  readonly capacity: number;
  readonly handling: Duration;
  readonly patience: Duration | 'endless';
  readonly pattern: 'steady' | 'day' | 'bursts';
  readonly slowdown: number;
}

export const usualDials: Dials = {
  agents: 20,
  load: 0.85,
  hours: 10,
  capacity: 1,
  handling: { kind: 'exponential', meanMs: 300_000 },
  patience: 'endless',
  pattern: 'steady',
  slowdown: 0,
};

/** A Monday, as good as another: a simulation knows no today. */
const startAt = Date.UTC(2026, 0, 5, 8);
const hourMs = 3_600_000;

const poolId = 'pool';

const anyNeeds: Needs = {
  groupId: poolId,
  channelId: 'web',
  channelType: 'web',
  language: null,
  minLevel: 1,
  priority: 'normal',
  vip: false,
};

/** One pool, one skill: what theory has exact results for. */
export function poolScenario(dials: Dials): Scenario {
  return {
    ...common(dials),
    name: 'one pool',
    needs: [{ weight: 1, value: anyNeeds }],
    workers: team(dials),
    config: { ...defaultRoutingConfig, groups: [poolOf(agentIds(dials.agents))] },
  };
}

const poolOf = (ids: readonly string[]) =>
  groupWithDefaults({ id: poolId, name: 'Pool', members: ids.map((agentId) => ({ agentId, level: 3 })) });

/** The same customers and agents, when everybody can answer everything and nobody comes before another. */
export function pooled(workload: Workload): Workload {
  const { language, minLevel, priority, vip } = anyNeeds;
  return {
    ...workload,
    customers: workload.customers.map((one) => ({ ...one, groupId: poolId, language, minLevel, priority, vip })),
    config: { ...workload.config, groups: [poolOf(workload.workers.map(({ id }) => id))], agents: {} },
  };
}

const skills = ['sales', 'support', 'billing', 'technology'] as const;
/** What customers speak, and the share of agents who do. Everybody speaks English. */
const tongues = [
  { language: 'en', weight: 60, everyNth: 1 },
  { language: 'de', weight: 25, everyNth: 2 },
  { language: 'zh', weight: 15, everyNth: 3 },
] as const;

/**
 * Four skills and three languages: each agent knows one skill well and the next one a little; every second one also
 * speaks German, every third Chinese. One customer in twenty is a VIP, one in ten urgent.
 */
export function skillsScenario(dials: Dials): Scenario {
  const ids = agentIds(dials.agents);
  const groups = skills.map((id, skill) =>
    groupWithDefaults({
      id,
      name: id,
      members: ids.flatMap((agentId, i) => {
        if (i % skills.length === skill) return [{ agentId, level: 5 }];
        return (i + 1) % skills.length === skill ? [{ agentId, level: 3 }] : [];
      }),
    }),
  );
  const agents = ids.map((id, i) => {
    // Counted within those of one skill, so that each skill has speakers of each language.
    const rank = Math.floor(i / skills.length);
    return [id, { languages: tongues.filter(({ everyNth }) => rank % everyNth === 0).map((one) => one.language) }];
  });
  const needs = skills.flatMap((groupId) =>
    tongues.flatMap(({ language, weight }) =>
      kinds.map((kind) => ({
        weight: weight * kind.weight,
        value: { ...anyNeeds, ...kind.value, groupId, language },
      })),
    ),
  );
  return {
    ...common(dials),
    name: 'skills and languages',
    needs,
    workers: team(dials),
    config: { ...defaultRoutingConfig, groups, agents: Object.fromEntries(agents) },
  };
}

/**
 * A working day of chats: the skills above, arrivals that rise and fall, three shifts, a break for each agent, offers that
 * have to be accepted and are sometimes missed, agents who vanish, customers who lose patience.
 */
export function dayScenario(dials: Dials): Scenario {
  const day = skillsScenario({ ...dials, pattern: 'day', hours: dayShape.length / 2 });
  const workers = day.workers.map((worker, i) => ({ ...worker, presence: shift(i) }));
  const offer = { mode: 'ring', timeoutMs: 15_000 } as const;
  return {
    ...day,
    name: 'a working day',
    workers,
    // Shorter shifts do less: what comes is measured by who is there.
    arrivals: arrivalsOf({ ...dials, pattern: 'day', agents: (dials.agents * (shiftMs - breakMs)) / day.lengthMs }),
    outages: { everyMs: 4 * hourMs, lastMs: 180_000 },
    config: { ...day.config, groups: day.config.groups.map((group) => ({ ...group, offer })) },
    conduct: { ...day.conduct, noviceSlower: 0.3, missShare: 0.03 },
  };
}

const shiftMs = 8 * hourMs;
const breakMs = hourMs / 2;

/** Three shifts, an hour apart, and breaks that do not all fall together. */
function shift(index: number): Worker['presence'] {
  const from = startAt + (index % 3) * hourMs;
  const pause = from + 3 * hourMs + (Math.floor(index / 3) % 4) * breakMs;
  return [
    { at: from, presence: 'online' },
    { at: pause, presence: 'away' },
    { at: pause + breakMs, presence: 'online' },
    { at: from + shiftMs, presence: 'offline' },
  ];
}

const kinds = [
  { weight: 85, value: { priority: 'normal', vip: false } },
  { weight: 10, value: { priority: 'urgent', vip: false } },
  { weight: 5, value: { priority: 'normal', vip: true } },
] as const;

function common(dials: Dials): Omit<Scenario, 'name' | 'needs' | 'workers' | 'config'> {
  const { hours, handling, patience, slowdown, load } = dials;
  return {
    load,
    startAt,
    lengthMs: hours * hourMs,
    warmUpMs: 0,
    arrivals: arrivalsOf(dials),
    contacts: 100_000,
    patience,
    handling,
    conduct: { ...plainConduct, slowdown },
  };
}

/** How a working day rises and falls, by half hours; its mean is 1. */
const dayShape = [
  0.4, 0.6, 0.85, 1.1, 1.3, 1.4, 1.3, 1.1, 0.95, 1, 1.1, 1.2, 1.2, 1.15, 1.05, 0.95, 0.9, 0.85, 0.8, 0.8,
];

function arrivalsOf({ agents, capacity, load, handling, slowdown, pattern }: Dials): ArrivalPattern {
  // At full capacity every conversation takes so much longer.
  const fullMs = handling.meanMs * (1 + slowdown * (capacity - 1));
  const perHour = (load * agents * capacity * hourMs) / fullMs;
  switch (pattern) {
    case 'steady':
      return { kind: 'steady', perHour };
    case 'day':
      return { kind: 'by-half-hour', perHalfHour: dayShape.map((part) => (part * perHour) / 2) };
    case 'bursts': {
      // A fifth of all comes in bursts, one in two hours.
      const base = { kind: 'steady' as const, perHour: 0.8 * perHour };
      return { kind: 'bursts', base, everyMs: 2 * hourMs, size: 0.4 * perHour, fadeMs: 300_000 };
    }
    default:
      return pattern satisfies never;
  }
}

const agentIds = (count: number) => Array.from({ length: count }, (_, i) => `a${String(i + 1).padStart(3, '0')}`);

function team({ agents, capacity }: Dials): Worker[] {
  return agentIds(agents).map((id) => ({
    id,
    name: id,
    capacity,
    presence: [{ at: startAt, presence: 'online' }],
    outages: [],
  }));
}

/** The same with one policy for every group. */
export function withPolicy(config: RoutingConfig, policy: Policy): RoutingConfig {
  return { ...config, groups: config.groups.map((group) => ({ ...group, policy })) };
}

/** Whether an agent knows what a customer needs, as the configuration has it: for what looks at it otherwise. */
export function suitsBy({ groups, agents }: RoutingConfig): (worker: Worker, customer: Customer) => boolean {
  const levels = new Map(groups.map(({ id, members }) => [id, new Map(members.map((m) => [m.agentId, m.level]))]));
  return (worker, { groupId, minLevel, language }) => {
    const spoken = agents[worker.id]?.languages ?? [];
    const speaks = language === null || spoken.length === 0 || spoken.includes(language);
    return speaks && (levels.get(groupId)?.get(worker.id) ?? 0) >= minLevel;
  };
}
