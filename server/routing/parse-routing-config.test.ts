import assert from 'node:assert/strict';
import { test } from 'node:test';
import { groupWithDefaults } from '@parley/sdk/routing-document.ts';
import fc from 'fast-check';
import { Refusal } from '../gateway/refusal.ts';
import { object, optional, text } from './config-reader.ts';
import { parseRoutingConfig } from './parse-routing-config.ts';
import { configs } from './random-routing-fixture.ts';
import { defaultRoutingConfig } from './routing-config.ts';

const known = {
  agentIds: new Set(['ada', 'bob']),
  channelIds: new Set(['shop', 'wechat']),
  channelTypes: new Set(['web', 'wechat-official']),
  flowIds: new Set(['track']),
};
const schedule = { id: 'office', name: 'Office', timeZone: 'Europe/Berlin', weekly: [], special: [] };
const group = (id: string, more: object = {}) => ({ id, name: `Group ${id}`, ...more });
const attribute = (more: object) => ({ kind: 'attribute', name: 'points', ...more });
const rule = (more: object = {}) => ({
  id: 'r1',
  name: 'Rule',
  when: { kind: 'always' },
  actions: [{ kind: 'to-bot' }],
  ...more,
});

const sla = (more: object) => ({ id: 's', name: 'S', resolveMs: 60_000, ...more });
const escalation = (action: object) => ({ on: 'breach', actions: [action] });

function refusalOf(input: unknown): Refusal {
  try {
    parseRoutingConfig(input, known);
  } catch (error) {
    assert.ok(error instanceof Refusal, String(error));
    assert.equal(error.code, 'settings-invalid');
    assert.ok(error.message.startsWith(error.field || 'routing'), error.message);
    return error;
  }
  return assert.fail('It was not refused.');
}

test('an empty document is one queue for everybody, and what is left out has its default', () => {
  assert.deepEqual(parseRoutingConfig({}, known), defaultRoutingConfig);
  const { groups } = parseRoutingConfig({ groups: [group('sales')] }, known);
  assert.deepEqual(groups, [groupWithDefaults({ id: 'sales', name: 'Group sales' })]);
});

test('a whole document is read as it is written', () => {
  const names = {
    agentIds: new Set(['ada', 'bob', 'cleo', 'dan', 'eve']),
    channelIds: new Set(['web', 'mail', 'phone']),
    channelTypes: new Set(['web', 'email', 'call']),
    flowIds: new Set<string>(),
  };
  fc.assert(
    fc.property(configs, (random) => {
      // Without what only some random groups could have: circles, and history of no time at all.
      const groups = random.groups.map(({ relax: { dropLanguageAfterMs = 0 }, overflow, ...of }) => ({
        ...of,
        relax: { dropLanguageAfterMs },
        overflow: overflow.filter(({ when, to }) => to.kind !== 'group' && when.estimateMs === undefined),
        history: of.history && { ...of.history, withinMs: of.history.withinMs + 1_000 },
      }));
      const config = JSON.parse(JSON.stringify({ ...random, groups }));
      assert.deepEqual(parseRoutingConfig(config, names), config);
    }),
    { numRuns: 100 },
  );
});

test('whatever is sent, it is read or refused with its field, and nothing else happens', () => {
  const anything = fc.oneof(
    fc.anything(),
    fc.record(
      { groups: fc.anything(), rules: fc.array(fc.anything()), ageing: fc.anything(), agents: fc.anything() },
      { requiredKeys: [] },
    ),
    fc.array(fc.anything()).map((groups) => ({ groups })),
  );
  fc.assert(
    fc.property(anything, (input) => {
      try {
        parseRoutingConfig(input, known);
      } catch (error) {
        assert.ok(error instanceof Refusal && error.code === 'settings-invalid', String(error));
      }
    }),
    { numRuns: 500 },
  );
});

test('what names nothing is refused by its field, with what there is', () => {
  const to = { kind: 'group', groupId: 'x' };
  const cases: [input: object, field: string][] = [
    [{ groups: [group('a', { members: [{ agentId: 'zoe', level: 1 }] })] }, 'groups[0].members[0].agentId'],
    [{ groups: [group('a', { channels: ['shop', 'fax'] })] }, 'groups[0].channels[1]'],
    [{ groups: [group('a', { scheduleId: 'night' })] }, 'groups[0].scheduleId'],
    [{ groups: [group('a', { overflow: [{ when: { afterMs: 1 }, to }] })] }, 'groups[0].overflow[0].to.groupId'],
    [{ groups: [group('a', { relax: { widenAfterMs: 1, widenTo: ['x'] } })] }, 'groups[0].relax.widenTo[0]'],
    [{ defaultGroupId: 'x' }, 'defaultGroupId'],
    [{ agents: { zoe: {} } }, 'agents.zoe'],
    [{ agents: { ada: { channelCaps: { fax: 1 } } } }, 'agents.ada.channelCaps.fax'],
    [{ weights: { fax: 100 } }, 'weights.fax'],
    [{ presence: { staysWithAgent: ['email', 'fax'] } }, 'presence.staysWithAgent[1]'],
    [{ rules: [rule({ actions: [{ kind: 'to-group', groupId: 'x' }] })] }, 'rules[0].actions[0].groupId'],
    [{ rules: [rule({ actions: [{ kind: 'to-agent', agentId: 'zoe' }] })] }, 'rules[0].actions[0].agentId'],
    [{ rules: [rule({ actions: [{ kind: 'not-to-agent', agentId: 'zoe' }] })] }, 'rules[0].actions[0].agentId'],
    [
      { rules: [rule({ when: { kind: 'all', of: [{ kind: 'not', of: { kind: 'channel', in: ['fax'] } }] } })] },
      'rules[0].when.of[0].of.in[0]',
    ],
    [{ rules: [rule({ when: { kind: 'time', scheduleId: 'x', is: 'open' } })] }, 'rules[0].when.scheduleId'],
    [{ sla: [{ id: 's', name: 'S', groupId: 'x', firstAnswerMs: 60_000 }] }, 'sla[0].groupId'],
  ];
  for (const [input, field] of cases) {
    const refusal = refusalOf(input);
    assert.equal(refusal.field, field);
    assert.match(refusal.message, /there is no (group|agent|channel|schedule|channel type) "/);
  }
  const one = refusalOf({ groups: [group('a')], defaultGroupId: 'x' });
  assert.equal(one.message, 'defaultGroupId: there is no group "x"; there are a.');
});

test('a circle of overflows, or of widenings, is refused and named', () => {
  const on = (groupId: string) => ({ overflow: [{ when: { afterMs: 1_000 }, to: { kind: 'group', groupId } }] });
  const circle = refusalOf({ groups: [group('a', on('b')), group('b', on('c')), group('c', on('b'))] });
  assert.equal(circle.field, 'groups[2].overflow[0].to.groupId');
  assert.match(circle.message, /"Group b" → "Group c" → "Group b" is a circle of overflows/);
  assert.match(refusalOf({ groups: [group('a', on('a'))] }).message, /"Group a" → "Group a"/);
  const widen = (id: string) => ({ relax: { widenAfterMs: 1_000, widenTo: [id] } });
  const wide = refusalOf({ groups: [group('a', widen('b')), group('b', widen('a'))] });
  assert.deepEqual([wide.field, /circle of widenings/.test(wide.message)], ['groups[1].relax.widenTo[0]', true]);
  // A chain, and two ways to one group, are none.
  parseRoutingConfig({ groups: [group('a', { ...on('c'), ...widen('b') }), group('b', on('c')), group('c')] }, known);
});

test('hours that end before they begin are refused, with how to say that they end after midnight', () => {
  const open = (from: string, to: string) => ({ schedules: [{ ...schedule, weekly: [{ day: 'mon', from, to }] }] });
  const backwards = refusalOf(open('22:00', '06:00'));
  assert.equal(backwards.field, 'schedules[0].weekly[0].to');
  assert.match(backwards.message, /06:00 is not after 22:00; to end after midnight write 30:00/);
  assert.equal(refusalOf(open('09:00', '09:00')).field, 'schedules[0].weekly[0].to');
  assert.equal(refusalOf(open('09:00', '34:00')).field, 'schedules[0].weekly[0].to');
  assert.equal(refusalOf(open('24:00', '25:00')).field, 'schedules[0].weekly[0].from');
  assert.equal(refusalOf(open('9:00', '17:00')).field, 'schedules[0].weekly[0].from');
  parseRoutingConfig(open('22:00', '30:00'), known);
  const special = { date: '2026-12-25', name: 'Christmas', hours: [{ from: '12:00', to: '10:00' }] };
  assert.equal(
    refusalOf({ schedules: [{ ...schedule, special: [special] }] }).field,
    'schedules[0].special[0].hours[0].to',
  );
});

test('what is out of range, empty, unknown or there twice is refused by its field', () => {
  const cases: [input: unknown, field: string][] = [
    [null, ''],
    [{ group: [] }, 'group'],
    [{ groups: [group('a', { policy: 'random' })] }, 'groups[0].policy'],
    [{ groups: [group('a', { minLevel: 6 })] }, 'groups[0].minLevel'],
    [{ groups: [group('a', { members: [{ agentId: 'ada', level: 0 }] })] }, 'groups[0].members[0].level'],
    [{ groups: [group('a', { floodPerMinute: 0 })] }, 'groups[0].floodPerMinute'],
    [{ groups: [group('a', { offer: { mode: 'ring' } })] }, 'groups[0].offer.timeoutMs'],
    [{ groups: [group('a', { offer: { mode: 'auto', timeoutMs: 9_000 } })] }, 'groups[0].offer.timeoutMs'],
    [{ groups: [group('a', { overflow: [{ when: {}, to: { kind: 'bot' } }] })] }, 'groups[0].overflow[0].when'],
    [
      { groups: [group('a', { overflow: [{ when: { afterMs: 1 }, to: { kind: 'fax' } }] })] },
      'groups[0].overflow[0].to.kind',
    ],
    [{ groups: [group('a', { relax: { widenAfterMs: 5 } })] }, 'groups[0].relax.widenTo'],
    [{ groups: [group('a', { languages: ['not a tag'] })] }, 'groups[0].languages[0]'],
    [{ groups: [group('a', { color: 'red' })] }, 'groups[0].color'],
    [{ groups: [{ id: 'a' }] }, 'groups[0].name'],
    [{ groups: [group('a'), { id: 'a', name: 'Other' }] }, 'groups[1].id'],
    [{ groups: [group('a'), { id: 'b', name: 'Group a' }] }, 'groups[1].name'],
    [{ groups: [group('everyone')] }, 'groups[0].id'],
    [
      {
        groups: [
          group('a', {
            members: [
              { agentId: 'ada', level: 1 },
              { agentId: 'ada', level: 2 },
            ],
          }),
        ],
      },
      'groups[0].members[1].agentId',
    ],
    [{ schedules: [{ ...schedule, timeZone: 'Mars/Olympus' }] }, 'schedules[0].timeZone'],
    [{ schedules: [{ ...schedule, special: [{ date: '2026-02-30', name: 'X' }] }] }, 'schedules[0].special[0].date'],
    [
      { schedules: [{ ...schedule, special: ['a', 'b'].map((name) => ({ date: '2026-01-01', name })) }] },
      'schedules[0].special[1].date',
    ],
    [{ weights: { web: 0 } }, 'weights.web'],
    [{ weights: { web: 12.5 } }, 'weights.web'],
    [{ agents: { ada: { channelCaps: { web: -1 } } } }, 'agents.ada.channelCaps.web'],
    [{ presence: { missesToBreak: 0 } }, 'presence.missesToBreak'],
    [{ capacity: { quietAfterMs: 1_000 } }, 'capacity.quietAfterMs'],
    [{ capacity: { quietPercent: 0 } }, 'capacity.quietPercent'],
    [{ capacity: { transferMargin: -1 } }, 'capacity.transferMargin'],
    [{ ageing: { high: 2 } }, 'ageing.high'],
    [{ ageing: { vip: -1 } }, 'ageing.vip'],
    [{ rules: [rule({ actions: [] })] }, 'rules[0].actions'],
    [{ rules: [rule({ actions: [{ kind: 'min-level', minLevel: 6 }] })] }, 'rules[0].actions[0].minLevel'],
    [{ rules: [rule({ actions: [{ kind: 'to-bot' }, { kind: 'to-agent', agentId: 'ada' }] })] }, 'rules[0].actions[1]'],
    [{ rules: [rule({ actions: [{ kind: 'to-bot', flowId: 'gone' }] })] }, 'rules[0].actions[0].flowId'],
    [{ rules: [rule({ when: { kind: 'all', of: [] } })] }, 'rules[0].when.of'],
    [{ rules: [rule({ when: { kind: 'moon' } })] }, 'rules[0].when.kind'],
    [{ rules: [rule({ when: { kind: 'intent', in: ['x'], atLeast: 2 } })] }, 'rules[0].when.atLeast'],
    [{ rules: [rule({ when: attribute({ is: 'around', value: 5 }) })] }, 'rules[0].when.is'],
    [{ rules: [rule({ when: attribute({}) })] }, 'rules[0].when.is'],
    [{ rules: [rule({ when: attribute({ is: 'at-least', value: '5' }) })] }, 'rules[0].when.value'],
    [{ rules: [rule({ when: attribute({ is: 'equal', value: 5 }) })] }, 'rules[0].when.value'],
    [{ rules: [rule({ when: attribute({ is: 'set', value: 'x' }) })] }, 'rules[0].when.value'],
    [{ rules: [rule({ actions: [{ kind: 'webhook', url: 'ftp://x' }] })] }, 'rules[0].actions[0].url'],
    [
      { rules: [rule({ actions: [{ kind: 'auto-answer', texts: { en: 'Hi' } }] })] },
      'rules[0].actions[0].texts.default',
    ],
    [{ sla: [{ id: 's', name: 'S' }] }, 'sla[0]'],
    [{ sla: [{ id: 's', name: 'S', resolveMs: 60_000, warnAt: 1.5 }] }, 'sla[0].warnAt'],
    [{ sla: [sla({ pauses: ['lunch'] })] }, 'sla[0].pauses[0]'],
    [{ sla: [sla({ escalate: [{ on: 'never', actions: [] }] })] }, 'sla[0].escalate[0].on'],
    [{ sla: [sla({ escalate: [{ on: 'breach', actions: [] }] })] }, 'sla[0].escalate[0].actions'],
    [
      { sla: [sla({ escalate: [escalation({ kind: 'to-agent', agentId: 'ada' })] })] },
      'sla[0].escalate[0].actions[0].kind',
    ],
    [
      { sla: [sla({ escalate: [escalation({ kind: 'to-group', groupId: 'x' })] })] },
      'sla[0].escalate[0].actions[0].groupId',
    ],
    [{ sla: [sla({ escalate: [escalation({ kind: 'notify' })] })] }, 'sla[0].escalate[0].actions[0]'],
    [
      { sla: [sla({ escalate: [escalation({ kind: 'notify', agentIds: ['ada', 'nobody'] })] })] },
      'sla[0].escalate[0].actions[0].agentIds[1]',
    ],
  ];
  for (const [input, field] of cases) assert.equal(refusalOf(input).field, field, JSON.stringify(input));
  let deep: object = { kind: 'vip' };
  for (let i = 0; i < 6; i++) deep = { kind: 'not', of: deep };
  assert.match(refusalOf({ rules: [rule({ when: deep })] }).message, /nested deeper than 5/);
});

test('a reader that gives another shape than the type does not compile', () => {
  const word = text({ max: 10 });
  type Named = { readonly name: string; readonly note?: string };
  // @ts-expect-error: a name is always there
  object<Named>({ name: optional(word), note: optional(word) });
  // @ts-expect-error: a note may be
  object<Named>({ name: word });
  // @ts-expect-error: there is no colour
  object<Named>({ name: word, note: optional(word), colour: word });
  assert.deepEqual(object<Named>({ name: optional(word, 'none'), note: optional(word) })({}, ''), { name: 'none' });
});
