import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Flow } from '@parley/sdk/flow-document.ts';
import { createEntities } from '../entities/find-entities.ts';
import { type FlowTurn, runFlow } from './run-flow.ts';

const entities = createEntities([{ name: 'order', kind: 'pattern', pattern: 'DD\\d{6}' }]);
/** Noon of Sunday, 29 November 2026, in Shanghai. */
const when = { now: Date.UTC(2026, 10, 29, 4), timeZone: 'Asia/Shanghai' };
const asks = (name: string, type: string, question: string) => ({
  ...{ name, type, question: { en: question, 'zh-CN': `${question}?` }, askAgain: false },
});
const returns: Flow = {
  ...{ id: 'returns', name: 'Returns', enabled: true, startWords: [], first: 'ask', places: {} },
  steps: [
    {
      ...{ id: 'ask', kind: 'ask', tries: 2, next: 'done', otherwise: null },
      slots: [asks('order', 'order', 'Which order?'), asks('day', 'date', 'Which day?'), asks('why', 'text', 'Why?')],
    },
    { id: 'done', kind: 'say', texts: { en: '{order} on {day}: {why}' }, next: null },
  ],
};

/** What the flow said to each of the texts; the first one begins it. */
function say(...texts: readonly string[]): { said: string[]; last: FlowTurn } {
  const said: string[] = [];
  let last: FlowTurn | undefined;
  for (const text of texts) {
    const position = last?.kind === 'waits' ? last.position : null;
    // As it is after it was stored.
    const stored = JSON.parse(JSON.stringify({ position, slots: last?.slots ?? {} }));
    last = runFlow({
      ...{ flow: returns, ...stored, text, entities: entities.find(text, when), languages: ['en'], called: {} },
      askAgain: (question) => `Again: ${question}`,
    });
    said.push(last.messages.map((message) => message.text).join(' / '));
  }
  return { said, last: last as FlowTurn };
}

test('values that are told at once, before they are asked for, are not asked for', () => {
  assert.deepEqual(say('I want to return DD123456 tomorrow', 'It is broken').said, [
    'Why?',
    'DD123456 on 2026-11-30: It is broken',
  ]);
  assert.deepEqual(say('return', 'DD123456', 'tomorrow').said, ['Which order?', 'Which day?', 'Why?']);
});

test('what was told is corrected while something else is asked for', () => {
  const { said } = say('return DD111111 or DD222222', 'no, the other order', 'I meant DD333333', 'tomorrow', 'Broken');
  assert.equal(said.at(-1), 'DD333333 on 2026-11-30: Broken');
  assert.equal(say('return DD111111 or DD222222', 'no, the other order').last.slots.order, 'DD222222');
  const moved = say('return DD111111 tomorrow', 'sorry, I meant Wednesday', 'Broken');
  assert.equal(moved.said.at(-1), 'DD111111 on 2026-12-02: Broken');
});

test('an answer that does not fit is asked for once more, and then a person is asked', () => {
  const { said, last } = say('return', 'the blue one', 'I do not know');
  assert.deepEqual(said, ['Which order?', 'Again: Which order?', '']);
  assert.deepEqual([last.kind, last.kind === 'hands-off' && last.why], ['hands-off', 'not-told']);
});

test('a flow that waits where another version had no values to ask for gives up, and breaks nothing', () => {
  const { last } = say('return');
  assert.ok(last.kind === 'waits');
  const { form: _, ...position } = last.position;
  const turn = runFlow({
    ...{ flow: returns, position, text: 'DD123456', entities: [], slots: {}, languages: ['en'], called: {} },
    askAgain: (question) => question,
  });
  assert.deepEqual([turn.kind, turn.kind === 'hands-off' && turn.why], ['hands-off', 'flow-broken']);
});

test('an amount is as large before it was asked for, with its unit, as after', () => {
  const paid: Flow = {
    ...{ id: 'paid', name: 'Paid', enabled: true, startWords: [], first: 'much', places: {} },
    steps: [
      { id: 'much', kind: 'condition', slot: 'money', is: 'at-least', value: '20', next: 'large', otherwise: 'little' },
      { id: 'little', kind: 'condition', slot: 'money', is: 'at-most', value: '19', next: 'small', otherwise: 'end' },
      { id: 'large', kind: 'say', texts: { en: 'Large' }, next: 'end' },
      { id: 'small', kind: 'say', texts: { en: 'Small' }, next: 'end' },
      { id: 'end', kind: 'end' },
    ],
  };
  const saidWith = (money: string) => {
    const turn = runFlow({
      ...{ flow: paid, position: null, text: 'paid', entities: [], slots: { money }, languages: ['en'], called: {} },
      askAgain: (question) => question,
    });
    return turn.messages.map(({ text }) => text).join();
  };
  const amounts = ['50', '50 USD', '7', '7 CNY', 'much', ' '];
  assert.deepEqual(amounts.map(saidWith), ['Large', 'Large', 'Small', 'Small', '', '']);
});
