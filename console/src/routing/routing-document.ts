/** The routing document as the server takes and gives it: see docs/routing.md. Fields that no page shows are kept as they are. */
export interface RoutingDocument {
  readonly groups: readonly SkillGroup[];
  readonly rules: readonly RouterRule[];
  readonly schedules: readonly Schedule[];
  readonly sla: readonly SlaPolicy[];
  readonly defaultGroupId: string | null;
  readonly weights: Readonly<Record<string, number>>;
  readonly exclusive: readonly string[];
  readonly agents: Readonly<Record<string, AgentSkills>>;
  readonly presence: {
    readonly autoAwayMs: number | null;
    readonly missesToBreak: number;
    readonly missWindowMs: number;
  };
  readonly ageing: Readonly<Record<Priority | 'vip', number>>;
}

export interface AgentSkills {
  readonly languages: readonly string[];
  readonly channelCaps?: Readonly<Record<string, number>>;
}

export const priorities = ['low', 'normal', 'high', 'urgent'] as const;
export type Priority = (typeof priorities)[number];
export const policies = ['best-skill', 'least-loaded', 'longest-idle', 'round-robin', 'manual'] as const;
export type Policy = (typeof policies)[number];
/** The group of all agents, where nothing else is said. */
export const everyoneId = 'everyone';

export const whenLeftKinds = ['stays', 'behind', 'leaves'] as const;
export type WhenLeft = (typeof whenLeftKinds)[number];

export interface SkillGroup {
  readonly id: string;
  readonly name: string;
  readonly policy: Policy;
  readonly members: readonly { readonly agentId: string; readonly level: number }[];
  readonly channels: readonly string[] | null;
  readonly languages: readonly string[] | null;
  readonly scheduleId: string | null;
  readonly minLevel: number;
  readonly history: { readonly withinMs: number; readonly waitAtMostMs: number } | null;
  readonly offer: { readonly mode: 'auto' } | { readonly mode: 'ring'; readonly timeoutMs: number };
  readonly relax: Relaxation;
  readonly overflow: readonly Overflow[];
  readonly maxHops: number;
  readonly floodPerMinute: number | null;
  readonly firstAnswerMs: number | null;
  readonly inactivityMs: number | null;
  readonly waitAnswer: Readonly<Record<string, string>> | null;
  readonly whenLeft: WhenLeft;
}

export interface Relaxation {
  readonly dropLanguageAfterMs?: number;
  readonly lowerLevelAfterMs?: number;
  readonly widenAfterMs?: number;
  readonly widenTo?: readonly string[];
}

export interface Overflow {
  readonly when: OverflowCondition;
  readonly to: OverflowTarget;
}
export interface OverflowCondition {
  readonly afterMs?: number;
  readonly waiting?: number;
  readonly estimateMs?: number;
  readonly outOfHours?: true;
  readonly nobodyStaffed?: true;
}
export const overflowKinds = ['group', 'agent', 'bot', 'message-form', 'call-back'] as const;
export type OverflowTarget =
  | { readonly kind: 'group'; readonly groupId: string }
  | { readonly kind: 'agent'; readonly agentId: string }
  | { readonly kind: 'bot' | 'message-form' | 'call-back' };

export interface RouterRule {
  readonly id: string;
  readonly name: string;
  readonly enabled: boolean;
  readonly when: Condition;
  readonly actions: readonly Action[];
  readonly stop: boolean;
}

export const conditionKinds = [
  'first-words',
  'channel',
  'channel-type',
  'page',
  'time',
  'language',
  'attribute',
  'tag',
  'intent',
  'vip',
  'returning',
  'always',
  'all',
  'any',
  'not',
] as const;
export type ConditionKind = (typeof conditionKinds)[number];
export const attributeTests = ['equal', 'not-equal', 'containing', 'at-least', 'at-most', 'set', 'not-set'] as const;
export type AttributeTest = (typeof attributeTests)[number];
export type Condition =
  | { readonly kind: 'always' | 'vip' | 'returning' }
  | { readonly kind: 'all' | 'any'; readonly of: readonly Condition[] }
  | { readonly kind: 'not'; readonly of: Condition }
  | { readonly kind: 'channel' | 'channel-type'; readonly in: readonly string[] }
  | { readonly kind: 'language' | 'tag'; readonly in: readonly string[] }
  | { readonly kind: 'intent'; readonly in: readonly string[]; readonly atLeast?: number }
  | { readonly kind: 'page'; readonly match: 'contains' | 'prefix' | 'glob'; readonly text: string }
  | { readonly kind: 'time'; readonly scheduleId: string; readonly is: 'open' | 'closed' }
  | { readonly kind: 'attribute'; readonly name: string; readonly is: AttributeTest; readonly value?: string | number }
  | { readonly kind: 'first-words'; readonly match: 'contains' | 'prefix'; readonly in: readonly string[] };

/** What a rule can do, and what can be done when time runs out. */
export const actionKinds = ['to-group', 'to-agent', 'to-bot', 'priority', 'tag', 'auto-answer', 'webhook'] as const;
export const escalationKinds = ['notify', 'priority', 'tag', 'to-group', 'webhook'] as const;
export type ActionKind = (typeof actionKinds)[number] | (typeof escalationKinds)[number];
export type Action =
  /** `flowId`: absent, and the bot answers what the customer says. */
  | { readonly kind: 'to-bot'; readonly flowId?: string }
  | { readonly kind: 'to-group'; readonly groupId: string }
  | { readonly kind: 'to-agent'; readonly agentId: string }
  | { readonly kind: 'priority'; readonly priority: Priority }
  | { readonly kind: 'tag'; readonly tag: string }
  | { readonly kind: 'auto-answer'; readonly texts: Readonly<Record<string, string>> }
  | { readonly kind: 'webhook'; readonly url: string }
  | { readonly kind: 'notify'; readonly agentIds: readonly string[]; readonly supervisors: boolean };

export const slaTargets = ['first-answer', 'next-answer', 'resolution'] as const;
export type SlaTarget = (typeof slaTargets)[number];
export const slaPauses = ['waiting-for-customer', 'snoozed'] as const;
export type SlaPause = (typeof slaPauses)[number];
export const slaStages = ['warning', 'breach'] as const;
export type SlaStage = (typeof slaStages)[number];

export interface SlaPolicy {
  readonly id: string;
  readonly name: string;
  readonly groupId: string | null;
  readonly priority: Priority | null;
  readonly firstAnswerMs?: number;
  readonly nextAnswerMs?: number;
  readonly resolveMs?: number;
  readonly scheduleId: string | null;
  readonly warnAt: number;
  readonly pauses: readonly SlaPause[];
  readonly escalate: readonly Escalation[];
}
export interface Escalation {
  readonly on: SlaStage;
  readonly targets: readonly SlaTarget[] | null;
  readonly actions: readonly Action[];
}

export const weekdays = ['mon', 'tue', 'wed', 'thu', 'fri', 'sat', 'sun'] as const;
export type Weekday = (typeof weekdays)[number];
export interface Hours {
  readonly from: string;
  readonly to: string;
}
export interface SpecialDay {
  readonly date: string;
  readonly name: string;
  readonly hours: readonly Hours[];
}
export interface Schedule {
  readonly id: string;
  readonly name: string;
  readonly timeZone: string;
  readonly weekly: readonly (Hours & { readonly day: Weekday })[];
  readonly special: readonly SpecialDay[];
}

export function newGroup(): SkillGroup {
  return {
    id: newId('g'),
    name: '',
    policy: 'best-skill',
    members: [],
    channels: null,
    languages: null,
    scheduleId: null,
    minLevel: 1,
    history: null,
    offer: { mode: 'auto' },
    relax: {},
    overflow: [],
    maxHops: 3,
    floodPerMinute: null,
    firstAnswerMs: null,
    inactivityMs: null,
    waitAnswer: null,
    whenLeft: 'stays',
  };
}

export function newRule(): RouterRule {
  return { id: newId('r'), name: '', enabled: true, when: newCondition('all'), actions: [], stop: false };
}

export function newSchedule(timeZone: string): Schedule {
  const weekly = weekdays.slice(0, 5).map((day) => ({ day, from: '09:00', to: '17:00' }));
  return { id: newId('h'), name: '', timeZone, weekly, special: [] };
}

export function newSlaPolicy(): SlaPolicy {
  return {
    id: newId('s'),
    name: '',
    groupId: null,
    priority: null,
    firstAnswerMs: 5 * 60_000,
    scheduleId: null,
    warnAt: 0.8,
    pauses: slaPauses,
    escalate: [],
  };
}

/** A condition of a kind, still to be filled in. */
export function newCondition(kind: ConditionKind): Condition {
  switch (kind) {
    case 'always':
    case 'vip':
    case 'returning':
      return { kind };
    case 'all':
    case 'any':
      return { kind, of: [newCondition('first-words')] };
    case 'not':
      return { kind, of: newCondition('first-words') };
    case 'channel':
    case 'channel-type':
      return { kind, in: [] };
    case 'language':
    case 'tag':
      return { kind, in: [] };
    case 'intent':
      return { kind, in: [] };
    case 'page':
      return { kind, match: 'contains', text: '' };
    case 'time':
      return { kind, scheduleId: '', is: 'open' };
    case 'attribute':
      return { kind, name: '', is: 'equal', value: '' };
    case 'first-words':
      return { kind, match: 'contains', in: [] };
    default:
      return kind satisfies never;
  }
}

export function newAction(kind: ActionKind): Action {
  switch (kind) {
    case 'to-bot':
      return { kind };
    case 'to-group':
      return { kind, groupId: '' };
    case 'to-agent':
      return { kind, agentId: '' };
    case 'priority':
      return { kind, priority: 'high' };
    case 'tag':
      return { kind, tag: '' };
    case 'auto-answer':
      return { kind, texts: { default: '' } };
    case 'webhook':
      return { kind, url: '' };
    case 'notify':
      return { kind, agentIds: [], supervisors: true };
    default:
      return kind satisfies never;
  }
}

/** Ids are no business of people: they are made up once, and stay whatever the thing is called later. */
function newId(letter: string): string {
  return `${letter}-${[...crypto.getRandomValues(new Uint8Array(6))].map((byte) => (byte % 36).toString(36)).join('')}`;
}

export const replaced = <T>(list: readonly T[], index: number, value: T): readonly T[] => list.with(index, value);
export const without = <T>(list: readonly T[], index: number): readonly T[] => list.toSpliced(index, 1);
/** The entry one place up (-1) or down (1); at the end of the list nothing changes. */
export function moved<T>(list: readonly T[], index: number, by: -1 | 1): readonly T[] {
  const [one, other] = [list[index], list[index + by]];
  if (one === undefined || other === undefined) return list;
  return list.with(index, other).with(index + by, one);
}

export const parts = ['groups', 'rules', 'hours', 'sla', 'general', 'versions'] as const;
/** A part of the routing page. */
export type Part = (typeof parts)[number];

/** On which part a field of the document stands, and in which of its entries. */
export function placeOfField(document: RoutingDocument, field: string): { part: Part; open?: string } {
  const [, list = '', index = ''] = /^(groups|rules|schedules|sla)\[(\d+)\]/.exec(field) ?? [];
  if (list === 'groups' || list === 'rules' || list === 'schedules' || list === 'sla') {
    const open = document[list][Number(index)]?.id;
    const part = list === 'schedules' ? 'hours' : list;
    return open === undefined ? { part } : { part, open };
  }
  return { part: 'general' };
}
