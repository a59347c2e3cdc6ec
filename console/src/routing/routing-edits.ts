import {
  type Action,
  type AttributeCondition,
  type AttributeTest,
  type Condition,
  type EscalationAction,
  groupWithDefaults,
  type OverflowTarget,
  type RouterRule,
  type RoutingConfig,
  type Schedule,
  type SkillGroup,
  type SlaPolicy,
  slaPauses,
  weekdays,
} from '@parley/sdk/routing-document.ts';

/** In the order in which they are offered. */
export const overflowKinds = [
  'group',
  'agent',
  'bot',
  'message-form',
  'call-back',
] as const satisfies readonly OverflowTarget['kind'][];
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
] as const satisfies readonly Condition['kind'][];

/** What a rule can do, and what can be done when time runs out. */
export type AnyAction = Action | EscalationAction;
export const actionKinds = [
  'to-group',
  'to-agent',
  'to-bot',
  'not-to-agent',
  'min-level',
  'priority',
  'tag',
  'auto-answer',
  'webhook',
] as const satisfies readonly Action['kind'][];
export const escalationKinds = [
  'notify',
  'priority',
  'tag',
  'to-group',
  'webhook',
] as const satisfies readonly EscalationAction['kind'][];

export function isAction(action: AnyAction): action is Action {
  return actionKinds.some((kind) => kind === action.kind);
}

export function isEscalationAction(action: AnyAction): action is EscalationAction {
  return escalationKinds.some((kind) => kind === action.kind);
}

export function newGroup(): SkillGroup {
  return groupWithDefaults({ id: newId('g'), name: '' });
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
export function newCondition(kind: Condition['kind']): Condition {
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
    case 'language':
    case 'tag':
    case 'intent':
      return { kind, in: [] };
    case 'page':
      return { kind, match: 'contains', text: '' };
    case 'time':
      return { kind, scheduleId: '', is: 'open' };
    case 'attribute':
      return attributeCondition('', 'equal', undefined);
    case 'first-words':
      return { kind, match: 'contains', in: [] };
    default:
      return kind satisfies never;
  }
}

/** @param before what it was compared with until now: it stays where it can; NaN: a number that is still to be typed */
export function attributeCondition(
  name: string,
  is: AttributeTest,
  before: string | number | undefined,
): AttributeCondition {
  switch (is) {
    case 'set':
    case 'not-set':
      return { kind: 'attribute', name, is };
    case 'at-least':
    case 'at-most':
      return { kind: 'attribute', name, is, value: typeof before === 'number' ? before : 0 };
    default:
      return { kind: 'attribute', name, is, value: Number.isNaN(before) ? '' : String(before ?? '') };
  }
}

/** What an attribute is compared with, as text; empty where that is still to be typed, or nothing is. */
export function comparedWith(condition: AttributeCondition): string {
  return 'value' in condition && !Number.isNaN(condition.value) ? String(condition.value) : '';
}

export function newAction(kind: Action['kind']): Action;
export function newAction(kind: AnyAction['kind']): AnyAction;
export function newAction(kind: AnyAction['kind']): AnyAction {
  switch (kind) {
    case 'to-bot':
      return { kind };
    case 'to-group':
      return { kind, groupId: '' };
    case 'to-agent':
    case 'not-to-agent':
      return { kind, agentId: '' };
    case 'min-level':
      return { kind, minLevel: 3 };
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
export function placeOfField(document: RoutingConfig, field: string): { part: Part; open?: string } {
  const [, list = '', index = ''] = /^(groups|rules|schedules|sla)\[(\d+)\]/.exec(field) ?? [];
  if (list === 'groups' || list === 'rules' || list === 'schedules' || list === 'sla') {
    const open = document[list][Number(index)]?.id;
    const part = list === 'schedules' ? 'hours' : list;
    return open === undefined ? { part } : { part, open };
  }
  return { part: 'general' };
}
