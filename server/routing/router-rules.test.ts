import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Action, Condition, RouterRule, Schedule } from '@parley/sdk/routing-document.ts';
import fc from 'fast-check';
import { createRouter, type RuleFacts } from './router-rules.ts';

const facts: RuleFacts = {
  channelId: 'shop',
  channelType: 'web',
  at: Date.UTC(2026, 5, 1, 10),
  page: 'https://shop.example/Cart/checkout?step=2',
  language: 'zh-CN',
  attributes: { plan: 'Gold', spent: '1200', empty: '' },
  tags: ['VIP list'],
  intent: { name: 'refund', confidence: 0.83 },
  firstWords: '  ＨＥＬＬＯ，我想退货，订单 A-17',
  vip: false,
  returning: true,
  hops: 0,
  fromBot: false,
  doneRules: [],
};

let number = 0;
function rule(when: Condition, actions: Action[], more: Partial<RouterRule> = {}): RouterRule {
  number += 1;
  return { id: `r${number}`, name: `Rule ${number}`, enabled: true, when, actions, stop: false, ...more };
}
const always: Condition = { kind: 'always' };
const office: Schedule = {
  id: 'office',
  name: 'Office',
  timeZone: 'Asia/Shanghai',
  weekly: [{ day: 'mon', from: '09:00', to: '18:00' }],
  special: [],
};
const route = (rules: RouterRule[], of: Partial<RuleFacts> = {}) =>
  createRouter({ rules, schedules: [office] }).route({ ...facts, ...of });
const holds = (condition: Condition, of: Partial<RuleFacts> = {}) =>
  route([rule(condition, [{ kind: 'to-bot' }])], of).to !== null;

test('first words are found whatever their case and width, in Chinese too', () => {
  const words = (match: 'prefix' | 'contains', ...texts: string[]): Condition => ({
    kind: 'first-words',
    match,
    in: texts,
  });
  assert.equal(holds(words('prefix', 'hello')), true);
  assert.equal(holds(words('prefix', 'Hello,我想')), true);
  assert.equal(holds(words('contains', '退款', '退货')), true);
  assert.equal(holds(words('contains', 'ａ－１７')), true);
  assert.equal(holds(words('prefix', '退货')), false);
  assert.equal(holds(words('contains', 'x'), { firstWords: null }), false);
});

test('a page is known by its text, its beginning or a pattern, with or without its scheme', () => {
  const page = (match: 'contains' | 'prefix' | 'glob', text: string): Condition => ({ kind: 'page', match, text });
  assert.equal(holds(page('contains', '/cart/')), true);
  assert.equal(holds(page('prefix', 'shop.example/cart')), true);
  assert.equal(holds(page('prefix', 'https://shop.example/cart')), true);
  assert.equal(holds(page('prefix', 'example/cart')), false);
  assert.equal(holds(page('glob', '*/cart/*step=*')), true);
  assert.equal(holds(page('glob', 'shop.example/cart')), false);
  assert.equal(holds(page('glob', 'shop.example/*'), { page: null }), false);
});

test('a pattern for a page finds what a search for its parts in order finds, and is fast against one made to be slow', () => {
  const texts = fc.string({ unit: fc.constantFrom('a', 'b'), maxLength: 12 });
  fc.assert(
    fc.property(fc.array(texts, { minLength: 1, maxLength: 4 }), texts, (parts, page) => {
      const expected = new RegExp(`^${parts.join('.*')}$`).test(page);
      assert.equal(holds({ kind: 'page', match: 'glob', text: parts.join('*') }, { page }), expected);
    }),
    { numRuns: 500 },
  );
  const slow = `${'a*'.repeat(200)}b`;
  assert.equal(holds({ kind: 'page', match: 'glob', text: slow }, { page: 'a'.repeat(20_000) }), false);
});

test('attributes are compared as text or as numbers, and none is there that nobody gave', () => {
  const is = (condition: Record<string, unknown>) => holds({ kind: 'attribute', ...condition } as Condition);
  assert.equal(is({ name: 'plan', is: 'equal', value: 'gold' }), true);
  assert.equal(is({ name: 'plan', is: 'not-equal', value: 'silver' }), true);
  assert.equal(is({ name: 'city', is: 'not-equal', value: 'Berlin' }), true);
  assert.equal(is({ name: 'plan', is: 'containing', value: 'OLD' }), true);
  assert.equal(is({ name: 'spent', is: 'at-least', value: 1_200 }), true);
  assert.equal(is({ name: 'spent', is: 'at-most', value: 1_199 }), false);
  assert.equal(is({ name: 'empty', is: 'at-most', value: 5 }), false);
  assert.equal(is({ name: 'plan', is: 'at-least', value: 1 }), false);
  assert.equal(is({ name: 'toString', is: 'set' }), false);
  assert.equal(is({ name: 'empty', is: 'set' }), true);
});

test('language, tag, intent, channel, time, VIP and returning', () => {
  assert.equal(holds({ kind: 'language', in: ['zh'] }), true);
  assert.equal(holds({ kind: 'language', in: ['zh-TW', 'en'] }), false);
  assert.equal(holds({ kind: 'tag', in: ['vip LIST'] }), true);
  assert.equal(holds({ kind: 'intent', in: ['refund'], atLeast: 0.8 }), true);
  assert.equal(holds({ kind: 'intent', in: ['refund'], atLeast: 0.9 }), false);
  assert.equal(holds({ kind: 'channel', in: ['shop'] }), true);
  assert.equal(holds({ kind: 'channel-type', in: ['email'] }), false);
  // Ten in the morning in London is six in the evening in Shanghai.
  assert.equal(holds({ kind: 'time', scheduleId: 'office', is: 'closed' }), true);
  assert.equal(holds({ kind: 'time', scheduleId: 'office', is: 'open' }, { at: facts.at - 1 }), true);
  assert.equal(holds({ kind: 'vip' }), false);
  assert.equal(holds({ kind: 'returning' }), true);
});

test('rules apply in their order: the first says where to and how urgent, tags and answers add up', () => {
  const answer: Action = { kind: 'auto-answer', texts: { default: 'We will be with you.' } };
  const first = rule(always, [
    { kind: 'tag', tag: 'web' },
    { kind: 'priority', priority: 'high' },
    { kind: 'min-level', minLevel: 4 },
  ]);
  const second = rule(always, [{ kind: 'to-group', groupId: 'sales' }, { kind: 'tag', tag: 'sale' }, answer]);
  const third = rule(always, [
    { kind: 'to-agent', agentId: 'ada' },
    { kind: 'priority', priority: 'low' },
    { kind: 'not-to-agent', agentId: 'bob' },
    { kind: 'not-to-agent', agentId: 'bob' },
    { kind: 'min-level', minLevel: 2 },
  ]);
  const off = rule(always, [{ kind: 'tag', tag: 'never' }], { enabled: false });
  const outcome = route([first, second, third, off]);
  assert.deepEqual(outcome.to, { kind: 'group', groupId: 'sales' });
  assert.deepEqual([outcome.toRule, outcome.priority, outcome.tags], [second.id, 'high', ['web', 'sale']]);
  assert.deepEqual([outcome.notAgents, outcome.minLevel], [['bob'], 4]);
  assert.deepEqual(outcome.answers, [{ ruleId: second.id, texts: { default: 'We will be with you.' } }]);
  assert.deepEqual(
    outcome.rules.map(({ verdict, left }) => [verdict, left.map(({ why }) => why)]),
    [
      ['applies', []],
      ['applies', []],
      ['applies', ['decided', 'decided', 'decided']],
      ['disabled', []],
    ],
  );
});

test('a rule that stops keeps later ones from applying, and they still say whether they would hold', () => {
  const stopper = rule({ kind: 'vip' }, [{ kind: 'tag', tag: 'vip' }], { stop: true });
  const later = rule(always, [{ kind: 'to-bot', flowId: 'track' }]);
  assert.deepEqual(route([stopper, later]).to, { kind: 'bot', flowId: 'track' });
  const { to, rules } = route([stopper, later], { vip: true });
  assert.equal(to, null);
  assert.deepEqual([rules[1]?.verdict, rules[1]?.when.holds], ['stopped-by-earlier', true]);
});

test('every condition tells whether it holds and what it found, also where the answer was known before', () => {
  const when: Condition = {
    kind: 'any',
    of: [
      { kind: 'returning' },
      { kind: 'all', of: [{ kind: 'vip' }, { kind: 'not', of: { kind: 'language', in: ['en'] } }] },
    ],
  };
  const [verdict] = route([rule(when, [{ kind: 'to-bot' }])]).rules;
  const [returning, both] = verdict?.when.of ?? [];
  assert.deepEqual([verdict?.when.holds, returning?.holds, both?.holds], [true, true, false]);
  assert.deepEqual(
    both?.of.map(({ holds: each }) => each),
    [false, true],
  );
  assert.deepEqual(both?.of[1]?.of[0]?.found, 'zh-CN');
});

test('no conversation goes round for ever: not back to the bot, no answer or webhook twice, and not on after five times', () => {
  const answer: Action = { kind: 'auto-answer', texts: { default: 'Hello.' } };
  const hook: Action = { kind: 'webhook', url: 'https://crm.example/hook' };
  const all = rule(always, [{ kind: 'to-bot' }, answer, hook]);
  const again = route([all], { fromBot: true, doneRules: [all.id] });
  assert.deepEqual([again.to, again.answers, again.webhooks], [null, [], []]);
  assert.deepEqual(
    again.rules[0]?.left.map(({ why }) => why),
    ['from-bot', 'done', 'done'],
  );
  assert.equal(route([all], { hops: 4 }).to?.kind, 'bot');
  const tooOften = route([all], { hops: 5 });
  assert.deepEqual([tooOften.to, tooOften.rules[0]?.verdict], [null, 'too-many-hops']);
});
