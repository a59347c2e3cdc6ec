import { priorities } from '@parley/sdk/protocol.ts';
import {
  groupWithDefaults,
  type Overflow,
  policies,
  type RoutingConfig,
  type SkillGroup,
} from '@parley/sdk/routing-document.ts';
import fc from 'fast-check';
import { defaultRoutingConfig } from './routing-config.ts';

/** Random configurations and days, small enough that everything meets everything. */

export const begin = Date.UTC(2026, 5, 1, 8);
const minuteMs = 60_000;
export const agentIds = ['ada', 'bob', 'cleo', 'dan', 'eve'];
const groupIds = ['sales', 'help', 'night'];
const channelIds = ['web', 'mail', 'phone'];
export const typeOf: Readonly<Record<string, string>> = { web: 'web', mail: 'email', phone: 'call' };
const languages = ['en', 'de', 'zh-CN'];

const perhaps = <T>(some: fc.Arbitrary<T>, freq = 2) => fc.option(some, { nil: null, freq });
const minutes = (max: number) => fc.integer({ min: 0, max: max * 4 }).map((quarters) => quarters * 15_000);

const overflow = (own: string): fc.Arbitrary<Overflow> =>
  fc.record({
    when: fc.oneof(
      minutes(10).map((afterMs) => ({ afterMs })),
      fc.integer({ min: 0, max: 4 }).map((waiting) => ({ waiting })),
      minutes(5).map((estimateMs) => ({ estimateMs })),
      fc.constant({ outOfHours: true as const }),
      fc.constant({ nobodyStaffed: true as const }),
      minutes(5).map((afterMs) => ({ afterMs, nobodyStaffed: true as const })),
    ),
    to: fc.oneof(
      fc.constantFrom(...groupIds.filter((id) => id !== own)).map((groupId) => ({ kind: 'group' as const, groupId })),
      fc.constantFrom(...agentIds).map((agentId) => ({ kind: 'agent' as const, agentId })),
      fc.constantFrom({ kind: 'bot' as const }, { kind: 'message-form' as const }, { kind: 'call-back' as const }),
    ),
  });

const group = (id: string): fc.Arbitrary<SkillGroup> =>
  fc
    .record({
      policy: fc.constantFrom(...policies),
      members: fc
        .subarray(agentIds)
        .chain((ids) =>
          fc.tuple(...ids.map((agentId) => fc.integer({ min: 1, max: 5 }).map((level) => ({ agentId, level })))),
        ),
      channels: perhaps(fc.subarray(channelIds, { minLength: 1 })),
      languages: perhaps(fc.subarray(languages, { minLength: 1 })),
      scheduleId: perhaps(fc.constant('shifts')),
      minLevel: fc.constantFrom(1, 1, 2, 4),
      history: perhaps(fc.record({ withinMs: minutes(60), waitAtMostMs: minutes(4) })),
      offer: fc.oneof(
        fc.constant({ mode: 'auto' as const }),
        minutes(1).map((timeoutMs) => ({ mode: 'ring' as const, timeoutMs: timeoutMs + 10_000 })),
      ),
      relax: fc.record(
        {
          dropLanguageAfterMs: minutes(4),
          lowerLevelAfterMs: minutes(4).map((ms) => ms + 15_000),
          widenAfterMs: minutes(4),
          widenTo: fc.subarray(groupIds.filter((other) => other !== id)),
        },
        { requiredKeys: [] },
      ),
      overflow: fc.array(overflow(id), { maxLength: 2 }),
      maxHops: fc.integer({ min: 0, max: 3 }),
      floodPerMinute: perhaps(fc.integer({ min: 1, max: 3 })),
    })
    .map((of) => groupWithDefaults({ ...of, id, name: id }));

const hours = [
  { from: '08:00', to: '08:12' },
  { from: '08:20', to: '08:50' },
  { from: '09:00', to: '33:00' },
];

export const configs: fc.Arbitrary<RoutingConfig> = fc
  .record({
    groups: fc.tuple(...groupIds.map(group)),
    defaultGroupId: fc.constantFrom(null, 'help'),
    skills: fc.tuple(
      ...agentIds.map(() =>
        fc.record(
          {
            languages: fc.subarray(languages),
            channelCaps: fc.dictionary(fc.constantFrom('web', 'email', 'call'), fc.integer({ min: 0, max: 2 })),
          },
          { requiredKeys: ['languages'] },
        ),
      ),
    ),
    missesToBreak: fc.integer({ min: 1, max: 3 }),
  })
  .map(({ groups, defaultGroupId, skills, missesToBreak }) => ({
    ...defaultRoutingConfig,
    groups,
    defaultGroupId,
    schedules: [
      {
        id: 'shifts',
        name: 'Shifts',
        timeZone: 'UTC',
        weekly: hours.map((span) => ({ day: 'mon' as const, ...span })),
        special: [],
      },
    ],
    agents: Object.fromEntries(agentIds.map((id, index) => [id, skills[index] ?? { languages: [] }])),
    presence: { autoAwayMs: null, missesToBreak, missWindowMs: 3 * minuteMs, staysWithAgent: [] },
  }));

/** Who waits, without what only the run knows. */
const arrival = fc.record({
  groupId: fc.constantFrom(...groupIds, 'everyone', 'no more'),
  channelId: fc.constantFrom('web', 'web', 'web', 'mail', 'phone'),
  language: perhaps(fc.constantFrom('en', 'de', 'zh')),
  minLevel: fc.constantFrom(1, 1, 1, 2, 3, 5),
  priority: fc.constantFrom('normal' as const, ...priorities),
  vip: fc.boolean(),
  lastAgent: perhaps(fc.record({ id: fc.constantFrom(...agentIds, 'zoe'), at: fc.constant(begin - minuteMs) })),
  forAgent: perhaps(fc.constantFrom(...agentIds), 1),
  notAgents: fc.subarray(agentIds, { maxLength: 1 }),
  staysFromBot: fc.boolean(),
  /** How long ago the customer began to wait: what a process finds that comes to lead. */
  agoMs: fc.oneof({ weight: 3, arbitrary: fc.constant(0) }, { weight: 1, arbitrary: minutes(20) }),
});
export type Arrival = typeof arrival extends fc.Arbitrary<infer T> ? T : never;

/** `nth` counts those to whom it can happen, round and round. */
const nth = fc.nat(20);
export const steps = fc.oneof(
  { weight: 6, arbitrary: fc.record({ kind: fc.constant('arrive' as const), arrival }) },
  { weight: 3, arbitrary: fc.record({ kind: fc.constant('finish' as const), nth }) },
  {
    weight: 3,
    arbitrary: fc.record({
      kind: fc.constant('presence' as const),
      agentId: fc.constantFrom(...agentIds),
      presence: fc.constantFrom(
        'online' as const,
        'online' as const,
        'online' as const,
        'away' as const,
        'busy' as const,
        'offline' as const,
      ),
      capacity: fc.integer({ min: 1, max: 6 }),
    }),
  },
  {
    weight: 4,
    arbitrary: fc.record({
      kind: fc.constant('pass' as const),
      ms: fc.oneof(fc.integer({ min: 1, max: 90_000 }), minutes(10)),
    }),
  },
  { weight: 2, arbitrary: fc.record({ kind: fc.constant('pass-to-next' as const) }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('abandon' as const), nth }) },
  { weight: 3, arbitrary: fc.record({ kind: fc.constant('accept' as const), nth }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('decline' as const), nth }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('give-back' as const), nth }) },
  {
    weight: 1,
    arbitrary: fc.record({ kind: fc.constant('transfer' as const), nth, agentId: fc.constantFrom(...agentIds) }),
  },
  {
    weight: 1,
    arbitrary: fc.record({ kind: fc.constant('weigh' as const), nth, weight: fc.constantFrom(10, 30, 100) }),
  },
  {
    weight: 1,
    arbitrary: fc.record({
      kind: fc.constant('store-refuses' as const),
      outcome: fc.constantFrom('refused-capacity' as const, 'gone' as const, 'failed' as const),
    }),
  },
  {
    weight: 1,
    arbitrary: fc.record({
      kind: fc.constant('pick' as const),
      agentId: fc.constantFrom(...agentIds),
      override: fc.boolean(),
      nth: perhaps(nth),
    }),
  },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('configure' as const), which: fc.nat(1) }) },
);
export type Step = typeof steps extends fc.Arbitrary<infer T> ? T : never;
