import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { RoutingConfig } from '@parley/sdk/routing-document.ts';
import { changesOf, isSame } from './changes.ts';
import { newGroup, newRule } from './routing-edits.ts';

const empty: RoutingConfig = {
  groups: [],
  rules: [],
  schedules: [],
  sla: [],
  defaultGroupId: null,
  weights: { call: 500 },
  exclusive: [],
  agents: {},
  capacity: { quietAfterMs: null, quietPercent: 50, transferMargin: 0 },
  presence: { autoAwayMs: null, missesToBreak: 3, missWindowMs: 600_000, staysWithAgent: [] },
  ageing: { low: 0, normal: 5, high: 15, urgent: 60, vip: 10 },
};
const [sales, care] = ['Sales', 'Care'].map((name) => ({ ...newGroup(), name })) as [
  ReturnType<typeof newGroup>,
  ReturnType<typeof newGroup>,
];
const [first, second] = ['First', 'Second'].map((name) => ({ ...newRule(), name })) as [
  ReturnType<typeof newRule>,
  ReturnType<typeof newRule>,
];

test('what was added, taken out and changed is told by name', () => {
  const before = { ...empty, groups: [sales], rules: [first] };
  const after = { ...empty, groups: [{ ...care }], rules: [{ ...first, stop: true }] };
  assert.deepEqual(changesOf(before, after), [
    { kind: 'added', part: 'groups', name: 'Care' },
    { kind: 'removed', part: 'groups', name: 'Sales' },
    { kind: 'changed', part: 'rules', name: 'First' },
  ]);
});

test('another order of the rules is a change, one that comes or goes is no other order', () => {
  const both = { ...empty, rules: [first, second] };
  assert.deepEqual(changesOf(both, { ...empty, rules: [second, first] }), [{ kind: 'reordered', part: 'rules' }]);
  assert.deepEqual(changesOf(both, { ...empty, rules: [second] }), [{ kind: 'removed', part: 'rules', name: 'First' }]);
});

test('what holds for all is told by its part', () => {
  const after = { ...empty, exclusive: ['call'], defaultGroupId: 'g', ageing: { ...empty.ageing, vip: 20 } };
  assert.deepEqual(
    changesOf(empty, after).map((change) => 'part' in change && change.part),
    ['defaultGroupId', 'ageing', 'weights'],
  );
});

test('fields in another order say the same, entries of a list do not', () => {
  assert.ok(isSame({ a: 1, b: { c: 2, d: 3 } }, { b: { d: 3, c: 2 }, a: 1 }));
  assert.ok(!isSame(['a', 'b'], ['b', 'a']));
  assert.deepEqual(
    changesOf(empty, {
      ...empty,
      presence: { staysWithAgent: [], missWindowMs: 600_000, missesToBreak: 3, autoAwayMs: null },
    }),
    [],
  );
});
