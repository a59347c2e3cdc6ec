import { priorities, slaTargets } from '@parley/sdk/protocol.ts';
import {
  type Action,
  type AgentSkills,
  type AttributeCondition,
  type AttributeTest,
  attributeTests,
  type Condition,
  type Escalation,
  type EscalationAction,
  type GroupMember,
  groupWithDefaults,
  type Hours,
  type Overflow,
  type OverflowCondition,
  type OverflowTarget,
  policies,
  type Relaxation,
  type RouterRule,
  type RoutingConfig,
  type Schedule,
  type SkillGroup,
  type SlaPolicy,
  type SpecialDay,
  slaPauses,
  slaStages,
  type WeeklyHours,
  weekdays,
  whenLeftKinds,
} from '@parley/sdk/routing-document.ts';
import { isTimeZone } from '../base/zone-time.ts';
import { checkReferences, type Known } from './check-routing-config.ts';
import {
  boolean,
  integer,
  list,
  nullable,
  number,
  object,
  oneKind,
  oneOf,
  optional,
  type Read,
  record,
  refuse,
  text,
  textThat,
} from './config-reader.ts';
import { defaultRoutingConfig } from './routing-config.ts';
import { parseMinutes } from './working-hours.ts';

const secondMs = 1_000;
const hourMs = 3_600 * secondMs;
const dayMs = 24 * hourMs;
const maxDepth = 5;

/**
 * Reads a routing document, whole or not at all. What is left out gets its default; a field that does not exist, a name
 * that names nothing and a circle are refused.
 *
 * @param known the agents, channels and channel types that there are
 * @throws Refusal `settings-invalid`; `field` reads like `groups[2].overflow[0].to.groupId`
 */
export function parseRoutingConfig(input: unknown, known: Known): RoutingConfig {
  const config = routingConfig(input, '');
  checkReferences(config, known);
  return config;
}

/**
 * Reads a document that was published before, perhaps by an older version: fields that are gone since are left out, and
 * what it names need not be there any more.
 *
 * @throws Refusal `settings-invalid`
 */
export function parseStoredRoutingConfig(input: unknown): RoutingConfig {
  return routingConfig(input, '', 'ignore');
}

const id = textThat((value) => /^[A-Za-z0-9_-]{1,64}$/.test(value), 'up to 64 letters, digits, - and _');
const name = text({ max: 100, what: 'a name' });
const level = integer(1, 5);
/** Milliseconds; a refusal says them as people do, too. */
const duration = (minMs: number, maxMs: number) =>
  integer(minMs, maxMs, `milliseconds (${spoken(minMs)} to ${spoken(maxMs)})`);
const languageTag = textThat(isLanguageTag, 'a language tag such as en or zh-CN');
const languages = list(languageTag, { max: 50 });
const ids = (of: { min?: number; max: number }) => list(id, of);

const hours = { from: clockTime(24 * 60 - 1), to: clockTime(48 * 60) };

/** Hours that end before they begin are a mistake; what ends after midnight says so. */
function inOrder<T extends Hours>(read: Read<T>): Read<T> {
  return (value, path, unknown) => {
    const read_ = read(value, path, unknown);
    const [from, to] = [parseMinutes(read_.from) ?? 0, parseMinutes(read_.to) ?? 0];
    if (to <= from) {
      const later = `${String(Math.floor(to / 60) + 24).padStart(2, '0')}:${read_.to.slice(3)}`;
      refuse(`${path}.to`, `${read_.to} is not after ${read_.from}; to end after midnight write ${later}`);
    }
    if (to - from > 24 * 60) refuse(`${path}.to`, `is more than a day after ${read_.from}`);
    return read_;
  };
}

const schedule = object<Schedule>({
  id,
  name,
  timeZone: textThat(isTimeZone, 'an IANA time zone such as Europe/Berlin'),
  weekly: optional(list(inOrder(object<WeeklyHours>({ ...hours, day: oneOf(weekdays) })), { max: 100 }), []),
  special: optional(
    list(
      object<SpecialDay>({
        date: textThat(isDate, 'a day as YYYY-MM-DD'),
        name,
        hours: optional(list(inOrder(object<Hours>(hours)), { max: 10 }), []),
      }),
      { max: 1_000 },
    ),
    [],
  ),
});

const overflowCondition: Read<OverflowCondition> = (value, path, unknown) => {
  const when = object<OverflowCondition>({
    afterMs: optional(duration(0, 7 * dayMs)),
    waiting: optional(integer(0, 1_000_000)),
    estimateMs: optional(duration(secondMs, 7 * dayMs)),
    outOfHours: optional(oneOf([true])),
    nobodyStaffed: optional(oneOf([true])),
  })(value, path, unknown);
  if (Object.keys(when).length === 0) refuse(path, 'says no condition: it would always hold');
  return when;
};

const overflow = object<Overflow>({
  when: overflowCondition,
  to: oneKind<OverflowTarget>({
    group: object({ kind: oneOf(['group']), groupId: id }),
    agent: object({ kind: oneOf(['agent']), agentId: id }),
    bot: object({ kind: oneOf(['bot']) }),
    'message-form': object({ kind: oneOf(['message-form']) }),
    'call-back': object({ kind: oneOf(['call-back']) }),
  }),
});

const relaxation: Read<Relaxation> = (value, path, unknown) => {
  const relax = object<Relaxation>({
    dropLanguageAfterMs: optional(duration(0, 7 * dayMs)),
    lowerLevelAfterMs: optional(duration(secondMs, 7 * dayMs)),
    widenAfterMs: optional(duration(0, 7 * dayMs)),
    widenTo: optional(ids({ min: 1, max: 20 })),
  })(value, path, unknown);
  if (relax.widenAfterMs !== undefined && relax.widenTo === undefined) refuse(`${path}.widenTo`, 'is missing');
  if (relax.widenTo !== undefined && relax.widenAfterMs === undefined) refuse(`${path}.widenAfterMs`, 'is missing');
  return relax;
};

const groupDefaults = groupWithDefaults({ id: '', name: '' });
const group = object<SkillGroup>({
  id,
  name,
  policy: optional(oneOf(policies), groupDefaults.policy),
  members: optional(list(object<GroupMember>({ agentId: id, level }), { max: 20_000 }), []),
  channels: optional(nullable(ids({ min: 1, max: 1_000 })), null),
  languages: optional(nullable(list(languageTag, { min: 1, max: 50 })), null),
  scheduleId: optional(nullable(id), null),
  minLevel: optional(level, groupDefaults.minLevel),
  history: optional(
    nullable(object({ withinMs: duration(secondMs, 365 * dayMs), waitAtMostMs: duration(0, hourMs) })),
    null,
  ),
  offer: optional((value, path, unknown) => {
    const { mode, timeoutMs } = object<{ mode: 'auto' | 'ring'; timeoutMs?: number }>({
      mode: oneOf(['auto', 'ring']),
      timeoutMs: optional(duration(5 * secondMs, 600 * secondMs)),
    })(value, path, unknown);
    if (mode === 'auto' && timeoutMs !== undefined) refuse(`${path}.timeoutMs`, 'nobody is asked when mode is auto');
    return mode === 'auto' ? { mode } : { mode, timeoutMs: timeoutMs ?? refuse(`${path}.timeoutMs`, 'is missing') };
  }, groupDefaults.offer),
  relax: optional(relaxation, {}),
  overflow: optional(list(overflow, { max: 20 }), []),
  maxHops: optional(integer(0, 10), groupDefaults.maxHops),
  floodPerMinute: optional(nullable(integer(1, 60)), null),
  firstAnswerMs: optional(nullable(duration(10 * secondMs, dayMs)), null),
  inactivityMs: optional(nullable(duration(60 * secondMs, 30 * dayMs)), null),
  waitAnswer: optional(nullable(answerTexts), null),
  whenLeft: optional(oneOf(whenLeftKinds), groupDefaults.whenLeft),
});

const texts = list(text({ max: 200 }), { min: 1, max: 100 });
const attributeName = text({ max: 100, what: "an attribute's name" });
type AttributeThat<Is extends AttributeTest> = Extract<AttributeCondition, { readonly is: Is }>;
const attributeFields = { kind: oneOf(['attribute']), name: attributeName };
const attributeIsThere = object<AttributeThat<'set' | 'not-set'>>({
  ...attributeFields,
  is: oneOf(['set', 'not-set']),
});
const attributeReads = object<AttributeThat<'equal' | 'not-equal' | 'containing'>>({
  ...attributeFields,
  is: oneOf(['equal', 'not-equal', 'containing']),
  value: text({ max: 500 }),
});
const attributeCounts = object<AttributeThat<'at-least' | 'at-most'>>({
  ...attributeFields,
  is: oneOf(['at-least', 'at-most']),
  value: number(-1e15, 1e15),
});
const attribute: Read<AttributeCondition> = (value, path, unknown) => {
  const given = (value as { is?: unknown } | null)?.is;
  const is = given === undefined ? undefined : oneOf(attributeTests)(given, `${path}.is`);
  if (is === 'set' || is === 'not-set') return attributeIsThere(value, path, unknown);
  if (is === 'at-least' || is === 'at-most') return attributeCounts(value, path, unknown);
  return attributeReads(value, path, unknown);
};

function condition(depth: number): Read<Condition> {
  const inner: Read<Condition> = (value, path, unknown) => {
    if (depth >= maxDepth) refuse(path, `is nested deeper than ${maxDepth}`);
    return condition(depth + 1)(value, path, unknown);
  };
  const several = list(inner, { min: 1, max: 50 });
  return oneKind<Condition>({
    always: object({ kind: oneOf(['always']) }),
    all: object({ kind: oneOf(['all']), of: several }),
    any: object({ kind: oneOf(['any']), of: several }),
    not: object({ kind: oneOf(['not']), of: inner }),
    channel: object({ kind: oneOf(['channel']), in: ids({ min: 1, max: 100 }) }),
    'channel-type': object({ kind: oneOf(['channel-type']), in: texts }),
    page: object({ kind: oneOf(['page']), match: oneOf(['contains', 'prefix', 'glob']), text: text({ max: 500 }) }),
    time: object({ kind: oneOf(['time']), scheduleId: id, is: oneOf(['open', 'closed']) }),
    language: object({ kind: oneOf(['language']), in: list(languageTag, { min: 1, max: 50 }) }),
    attribute,
    tag: object({ kind: oneOf(['tag']), in: texts }),
    intent: object<Extract<Condition, { kind: 'intent' }>>({
      kind: oneOf(['intent']),
      in: texts,
      atLeast: optional(number(0, 1)),
    }),
    'first-words': object({ kind: oneOf(['first-words']), match: oneOf(['contains', 'prefix']), in: texts }),
    vip: object({ kind: oneOf(['vip']) }),
    returning: object({ kind: oneOf(['returning']) }),
  });
}

type Of<K extends Action['kind']> = Extract<Action, { readonly kind: K }>;
/** What rules and escalations alike can do. */
const commonActions = {
  'to-group': object<Of<'to-group'>>({ kind: oneOf(['to-group']), groupId: id }),
  priority: object<Of<'priority'>>({ kind: oneOf(['priority']), priority: oneOf(priorities) }),
  tag: object<Of<'tag'>>({ kind: oneOf(['tag']), tag: text({ max: 60 }) }),
  webhook: object<Of<'webhook'>>({ kind: oneOf(['webhook']), url: textThat(isWebAddress, 'an http or https address') }),
};

const action = oneKind<Action>({
  ...commonActions,
  'to-bot': object<Of<'to-bot'>>({ kind: oneOf(['to-bot']), flowId: optional(id) }),
  'to-agent': object({ kind: oneOf(['to-agent']), agentId: id }),
  'not-to-agent': object({ kind: oneOf(['not-to-agent']), agentId: id }),
  'min-level': object({ kind: oneOf(['min-level']), minLevel: level }),
  'auto-answer': object({ kind: oneOf(['auto-answer']), texts: answerTexts }),
});

const rule: Read<RouterRule> = (value, path, unknown) => {
  const read = object<RouterRule>({
    id,
    name,
    enabled: optional(boolean, true),
    when: condition(1),
    actions: list(action, { min: 1, max: 20 }),
    stop: optional(boolean, false),
  })(value, path, unknown);
  const destinations = read.actions.flatMap(({ kind }, index) => (kind.startsWith('to-') ? [index] : []));
  if (destinations[1] !== undefined)
    refuse(`${path}.actions[${destinations[1]}]`, 'the rule sends it somewhere already');
  return read;
};

const notify: Read<Extract<EscalationAction, { kind: 'notify' }>> = (value, path, unknown) => {
  const read = object<Extract<EscalationAction, { kind: 'notify' }>>({
    kind: oneOf(['notify']),
    agentIds: optional(ids({ max: 50 }), []),
    supervisors: optional(boolean, false),
  })(value, path, unknown);
  if (read.agentIds.length === 0 && !read.supervisors) refuse(path, 'names nobody: say agentIds or supervisors');
  return read;
};

const escalation: Read<Escalation> = (value, path, unknown) => {
  const read = object<Escalation>({
    on: oneOf(slaStages),
    targets: optional(nullable(list(oneOf(slaTargets), { min: 1, max: slaTargets.length })), null),
    actions: list(oneKind<EscalationAction>({ ...commonActions, notify }), { min: 1, max: 20 }),
  })(value, path, unknown);
  const moves = read.actions.flatMap(({ kind }, index) => (kind === 'to-group' ? [index] : []));
  if (moves[1] !== undefined) refuse(`${path}.actions[${moves[1]}]`, 'it is moved to a group already');
  return read;
};

const sla: Read<SlaPolicy> = (value, path, unknown) => {
  const target = optional(duration(secondMs, 365 * dayMs));
  const read = object<SlaPolicy>({
    id,
    name,
    groupId: optional(nullable(id), null),
    priority: optional(nullable(oneOf(priorities)), null),
    firstAnswerMs: target,
    nextAnswerMs: target,
    resolveMs: target,
    scheduleId: optional(nullable(id), null),
    warnAt: optional(number(0.01, 1), 0.8),
    pauses: optional(list(oneOf(slaPauses), { max: slaPauses.length }), [...slaPauses]),
    escalate: optional(list(escalation, { max: 20 }), []),
  })(value, path, unknown);
  const hasTarget = [read.firstAnswerMs, read.nextAnswerMs, read.resolveMs].some((ms) => ms !== undefined);
  if (!hasTarget) refuse(path, 'has no target: say firstAnswerMs, nextAnswerMs or resolveMs');
  return read;
};

const { presence, capacity, ageing } = defaultRoutingConfig;
/** Minutes, up to a week. */
const worth = integer(0, 7 * 24 * 60);
const routingConfig = object<RoutingConfig>({
  groups: optional(list(group, { max: 1_000 }), []),
  rules: optional(list(rule, { max: 500 }), []),
  schedules: optional(list(schedule, { max: 200 }), []),
  sla: optional(list(sla, { max: 200 }), []),
  defaultGroupId: optional(nullable(id), null),
  weights: optional(record(integer(1, 10_000), { max: 100 }), defaultRoutingConfig.weights),
  exclusive: optional(list(text({ max: 64 }), { max: 100 }), defaultRoutingConfig.exclusive),
  agents: optional(
    record(
      object<AgentSkills>({
        languages: optional(languages, []),
        channelCaps: optional(record(integer(0, 1_000), { max: 100 })),
      }),
      { max: 100_000 },
    ),
    {},
  ),
  presence: optional(
    object({
      autoAwayMs: optional(nullable(duration(60 * secondMs, dayMs)), presence.autoAwayMs),
      missesToBreak: optional(integer(1, 100), presence.missesToBreak),
      missWindowMs: optional(duration(60 * secondMs, dayMs), presence.missWindowMs),
      staysWithAgent: optional(list(text({ max: 64 }), { max: 100 }), presence.staysWithAgent),
    }),
    presence,
  ),
  capacity: optional(
    object({
      quietAfterMs: optional(nullable(duration(60 * secondMs, 7 * dayMs)), capacity.quietAfterMs),
      quietPercent: optional(integer(1, 100), capacity.quietPercent),
      transferMargin: optional(integer(0, 100), capacity.transferMargin),
    }),
    capacity,
  ),
  ageing: optional(
    object({
      low: optional(worth, ageing.low),
      normal: optional(worth, ageing.normal),
      high: optional(worth, ageing.high),
      urgent: optional(worth, ageing.urgent),
      vip: optional(worth, ageing.vip),
    }),
    ageing,
  ),
});

function spoken(ms: number): string {
  const units = [
    [dayMs, 'd'],
    [hourMs, 'h'],
    [60 * secondMs, 'min'],
  ] as const;
  const [size, unit] = units.find(([size]) => ms >= size && ms % size === 0) ?? [secondMs, 's'];
  return `${ms / size} ${unit}`;
}

function clockTime(maxMinutes: number): Read<string> {
  return textThat(
    (value) => (parseMinutes(value) ?? Number.POSITIVE_INFINITY) <= maxMinutes,
    `a time as HH:MM, at most ${maxMinutes === 48 * 60 ? '48:00' : '23:59'}`,
  );
}

function answerTexts(value: unknown, path: string): Readonly<Record<string, string>> {
  const read = record(text({ max: 4_000 }), { max: 50 })(value, path);
  for (const key of Object.keys(read)) {
    if (key !== 'default') languageTag(key, `${path}.${key}`);
  }
  if (read.default === undefined) refuse(`${path}.default`, 'is missing: it is said where the language has no text');
  return read;
}

function isLanguageTag(value: string): boolean {
  try {
    return Intl.getCanonicalLocales(value).length === 1;
  } catch {
    return false;
  }
}

function isDate(value: string): boolean {
  const at = /^\d{4}-\d\d-\d\d$/.test(value) ? Date.parse(value) : Number.NaN;
  return Number.isFinite(at) && new Date(at).toISOString().startsWith(value);
}

function isWebAddress(value: string): boolean {
  return value.length <= 2_000 && /^https?:\/\//i.test(value) && URL.canParse(value);
}
