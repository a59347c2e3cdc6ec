import type { Condition, Hours, RoutingConfig, SlaPolicy } from '@parley/sdk/routing-document.ts';
import { type AnyAction, comparedWith } from './routing-edits.ts';

/** What is wrong with a field, as a key of the words. */
export type FieldMistake =
  | 'name'
  | 'nameTwice'
  | 'empty'
  | 'choose'
  | 'noActions'
  | 'noTarget'
  | 'nobody'
  | 'noCondition'
  | 'time'
  | 'order'
  | 'date'
  | 'url';

/**
 * What the server would refuse as well, said at once and in the person's language. All else the server knows better.
 *
 * @returns by path, as the server writes it: `groups[0].name`
 */
export function mistakesOf(document: RoutingConfig): ReadonlyMap<string, FieldMistake> {
  const mistakes = new Map<string, FieldMistake>();
  for (const part of ['groups', 'rules', 'schedules', 'sla'] as const) checkNames(document[part], part, mistakes);
  for (const [i, group] of document.groups.entries()) {
    for (const [n, { when, to }] of group.overflow.entries()) {
      const path = `groups[${i}].overflow[${n}]`;
      if (Object.keys(when).length === 0) mistakes.set(`${path}.when`, 'noCondition');
      if (to.kind === 'group' && to.groupId === '') mistakes.set(`${path}.to.groupId`, 'choose');
      if (to.kind === 'agent' && to.agentId === '') mistakes.set(`${path}.to.agentId`, 'choose');
    }
  }
  for (const [i, rule] of document.rules.entries()) {
    checkCondition(rule.when, `rules[${i}].when`, mistakes);
    if (rule.actions.length === 0) mistakes.set(`rules[${i}].actions`, 'noActions');
    for (const [n, action] of rule.actions.entries()) checkAction(action, `rules[${i}].actions[${n}]`, mistakes);
  }
  for (const [i, schedule] of document.schedules.entries()) {
    for (const [n, hours] of schedule.weekly.entries()) checkHours(hours, `schedules[${i}].weekly[${n}]`, mistakes);
    for (const [n, day] of schedule.special.entries()) {
      const path = `schedules[${i}].special[${n}]`;
      if (day.name.trim() === '') mistakes.set(`${path}.name`, 'name');
      if (!/^\d{4}-\d\d-\d\d$/.test(day.date)) mistakes.set(`${path}.date`, 'date');
      for (const [h, hours] of day.hours.entries()) checkHours(hours, `${path}.hours[${h}]`, mistakes);
    }
  }
  for (const [i, policy] of document.sla.entries()) checkSla(policy, `sla[${i}]`, mistakes);
  return mistakes;
}

function checkSla(policy: SlaPolicy, path: string, mistakes: Mistakes): void {
  const { firstAnswerMs, nextAnswerMs, resolveMs } = policy;
  if ([firstAnswerMs, nextAnswerMs, resolveMs].every((ms) => ms === undefined)) {
    mistakes.set(`${path}.firstAnswerMs`, 'noTarget');
  }
  for (const [n, { actions }] of policy.escalate.entries()) {
    const at = `${path}.escalate[${n}].actions`;
    if (actions.length === 0) mistakes.set(at, 'noActions');
    for (const [a, action] of actions.entries()) checkAction(action, `${at}[${a}]`, mistakes);
  }
}

type Mistakes = Map<string, FieldMistake>;

function checkNames(entries: readonly { readonly name: string }[], part: string, mistakes: Mistakes): void {
  const seen = new Set<string>();
  for (const [i, { name }] of entries.entries()) {
    if (name.trim() === '') mistakes.set(`${part}[${i}].name`, 'name');
    else if (seen.has(name)) mistakes.set(`${part}[${i}].name`, 'nameTwice');
    seen.add(name);
  }
}

function checkCondition(condition: Condition, path: string, mistakes: Mistakes): void {
  switch (condition.kind) {
    case 'all':
    case 'any':
      if (condition.of.length === 0) mistakes.set(`${path}.of`, 'empty');
      for (const [i, each] of condition.of.entries()) checkCondition(each, `${path}.of[${i}]`, mistakes);
      return;
    case 'not':
      checkCondition(condition.of, `${path}.of`, mistakes);
      return;
    case 'page':
      if (condition.text.trim() === '') mistakes.set(`${path}.text`, 'empty');
      return;
    case 'time':
      if (condition.scheduleId === '') mistakes.set(`${path}.scheduleId`, 'choose');
      return;
    case 'attribute':
      if (condition.name.trim() === '') mistakes.set(`${path}.name`, 'empty');
      if ('value' in condition && comparedWith(condition) === '') mistakes.set(`${path}.value`, 'empty');
      return;
    case 'always':
    case 'vip':
    case 'returning':
      return;
    default:
      if (condition.in.length === 0) mistakes.set(`${path}.in`, 'empty');
  }
}

function checkAction(action: AnyAction, path: string, mistakes: Mistakes): void {
  if (action.kind === 'to-group' && action.groupId === '') mistakes.set(`${path}.groupId`, 'choose');
  const isOfAgent = action.kind === 'to-agent' || action.kind === 'not-to-agent';
  if (isOfAgent && action.agentId === '') mistakes.set(`${path}.agentId`, 'choose');
  if (action.kind === 'tag' && action.tag.trim() === '') mistakes.set(`${path}.tag`, 'empty');
  if (action.kind === 'webhook' && !/^https?:\/\/./i.test(action.url)) mistakes.set(`${path}.url`, 'url');
  if (action.kind === 'notify' && action.agentIds.length === 0 && !action.supervisors) {
    mistakes.set(`${path}.agentIds`, 'nobody');
  }
  if (action.kind === 'auto-answer') {
    for (const [language, text] of Object.entries(action.texts)) {
      if (text.trim() === '') mistakes.set(`${path}.texts.${language}`, 'empty');
    }
  }
}

/** Minutes from midnight; up to 48:00, so that a night ends on its own day. */
function minutesOf(time: string): number | undefined {
  const match = /^(\d\d):([0-5]\d)$/.exec(time);
  return match === null ? undefined : Number(match[1]) * 60 + Number(match[2]);
}

function checkHours({ from, to }: Hours, path: string, mistakes: Mistakes): void {
  const [begin, end] = [minutesOf(from), minutesOf(to)];
  if (begin === undefined || begin >= 24 * 60) mistakes.set(`${path}.from`, 'time');
  else if (end === undefined || end > 48 * 60) mistakes.set(`${path}.to`, 'time');
  else if (end <= begin) mistakes.set(`${path}.to`, 'order');
}
