import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Condition, RoutingConfig } from '@parley/sdk/routing-document.ts';
import { mistakesOf } from './check-document.ts';
import {
  attributeCondition,
  comparedWith,
  moved,
  newAction,
  newCondition,
  newGroup,
  newRule,
  newSchedule,
  placeOfField,
} from './routing-edits.ts';

function documentOf(patch: Partial<RoutingConfig>): RoutingConfig {
  return {
    groups: [],
    rules: [],
    schedules: [],
    sla: [],
    defaultGroupId: null,
    weights: {},
    exclusive: [],
    agents: {},
    capacity: { quietAfterMs: null, quietPercent: 50, transferMargin: 0 },
    presence: { autoAwayMs: null, missesToBreak: 3, missWindowMs: 600_000, staysWithAgent: [] },
    ageing: { low: 0, normal: 5, high: 15, urgent: 60, vip: 10 },
    ...patch,
  };
}
const mistakes = (patch: Partial<RoutingConfig>) => [...mistakesOf(documentOf(patch))];

test('a field of the document leads to the part of the page that shows it, and to the entry', () => {
  const group = newGroup();
  const schedule = newSchedule('UTC');
  const document = documentOf({ groups: [newGroup(), group], schedules: [schedule] });
  assert.deepEqual(placeOfField(document, 'groups[1].overflow[0].to.groupId'), { part: 'groups', open: group.id });
  assert.deepEqual(placeOfField(document, 'schedules[0].weekly[3].to'), { part: 'hours', open: schedule.id });
  assert.deepEqual(placeOfField(document, 'rules[7].when'), { part: 'rules' });
  assert.deepEqual(placeOfField(document, 'weights.call'), { part: 'general' });
});

test('what is new lacks a name, what it looks for and what it does', () => {
  assert.deepEqual(mistakes({ groups: [newGroup()] }), [['groups[0].name', 'name']]);
  assert.deepEqual(mistakes({ rules: [newRule()] }), [
    ['rules[0].name', 'name'],
    ['rules[0].when.of[0].in', 'empty'],
    ['rules[0].actions', 'noActions'],
  ]);
  const two = [newGroup(), newGroup()].map((group) => ({ ...group, name: 'Sales' }));
  assert.deepEqual(mistakes({ groups: two }), [['groups[1].name', 'nameTwice']]);
});

test('a line that sends on lacks a destination, or a reason', () => {
  const overflow = [
    { when: { afterMs: 1 }, to: { kind: 'group', groupId: '' } },
    { when: {}, to: { kind: 'agent', agentId: '' } },
  ] as const;
  assert.deepEqual(mistakes({ groups: [{ ...newGroup(), name: 'g', overflow }] }), [
    ['groups[0].overflow[0].to.groupId', 'choose'],
    ['groups[0].overflow[1].when', 'noCondition'],
    ['groups[0].overflow[1].to.agentId', 'choose'],
  ]);
});

test('each kind of condition and of action says what is not filled in yet', () => {
  const at = (when: Condition) =>
    mistakes({ rules: [{ ...newRule(), name: 'r', when, actions: [newAction('to-bot')] }] }).map(([path]) => path);
  assert.deepEqual(at(newCondition('page')), ['rules[0].when.text']);
  assert.deepEqual(at(newCondition('time')), ['rules[0].when.scheduleId']);
  assert.deepEqual(at(newCondition('attribute')), ['rules[0].when.name', 'rules[0].when.value']);
  assert.deepEqual(at({ kind: 'not', of: newCondition('tag') }), ['rules[0].when.of.in']);
  assert.deepEqual(at({ kind: 'any', of: [] }), ['rules[0].when.of']);
  assert.deepEqual(at({ kind: 'vip' }), []);
  const actions = (['to-group', 'to-agent', 'tag', 'auto-answer', 'webhook', 'priority'] as const).map((kind) =>
    newAction(kind),
  );
  assert.deepEqual(
    mistakes({ rules: [{ ...newRule(), name: 'r', when: { kind: 'always' }, actions }] }).map(([path]) => path),
    ['[0].groupId', '[1].agentId', '[2].tag', '[3].texts.default', '[4].url'].map((end) => `rules[0].actions${end}`),
  );
});

test('an attribute keeps what it is compared with where it can, and a number that is still to be typed is missing', () => {
  const typed = attributeCondition('vip', 'at-least', 3);
  assert.deepEqual(attributeCondition('vip', 'equal', 3), { kind: 'attribute', name: 'vip', is: 'equal', value: '3' });
  assert.deepEqual(attributeCondition('vip', 'set', 3), { kind: 'attribute', name: 'vip', is: 'set' });
  assert.equal(comparedWith(typed), '3');
  const emptied = attributeCondition('vip', 'at-least', Number.NaN);
  assert.equal(comparedWith(emptied), '');
  assert.equal(comparedWith(attributeCondition('vip', 'equal', Number.NaN)), '');
  const rule = { ...newRule(), name: 'r', when: emptied, actions: [newAction('to-bot')] };
  assert.deepEqual(mistakes({ rules: [rule] }), [['rules[0].when.value', 'empty']]);
});

test('hours are times, the end after the beginning; a night is written past 24:00', () => {
  const at = (from: string, to: string) =>
    mistakes({ schedules: [{ ...newSchedule('UTC'), name: 'h', weekly: [{ day: 'fri', from, to }] }] });
  assert.deepEqual(at('22:00', '30:00'), []);
  assert.deepEqual(at('17:00', '09:00'), [['schedules[0].weekly[0].to', 'order']]);
  assert.deepEqual(at('9', '17:00'), [['schedules[0].weekly[0].from', 'time']]);
  assert.deepEqual(at('09:00', '49:00'), [['schedules[0].weekly[0].to', 'time']]);
});

test('an entry moves one place, and not beyond the ends', () => {
  assert.deepEqual(moved(['a', 'b', 'c'], 1, -1), ['b', 'a', 'c']);
  assert.deepEqual(moved(['a', 'b', 'c'], 2, 1), ['a', 'b', 'c']);
  assert.deepEqual(moved(['a', 'b', 'c'], 0, -1), ['a', 'b', 'c']);
});
