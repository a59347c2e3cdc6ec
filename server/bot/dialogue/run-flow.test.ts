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

const cancel: Flow = {
  ...{ id: 'cancel', name: 'Cancel', enabled: true, startWords: [], first: 'call', places: {} },
  steps: [
    {
      ...{ id: 'call', kind: 'http', method: 'POST', url: 'https://shop.example/cancel', body: '{}', timeoutMs: 5_000 },
      ...{ keep: [], next: 'done', otherwise: 'failed', provenOnly: true },
      confirm: { texts: { en: 'Shall I cancel {order}?' }, declined: 'kept' },
    },
    { id: 'done', kind: 'say', texts: { en: 'Cancelled.' }, next: null },
    { id: 'kept', kind: 'say', texts: { en: 'All right, it stays.' }, next: null },
    { id: 'failed', kind: 'say', texts: { en: 'I cannot do that.' }, next: null },
  ],
};

test('a call that changes something waits for a plain yes; anything else calls nothing', () => {
  const turnOf = (text: string, before: FlowTurn | null, called = {}) =>
    runFlow({
      ...{ flow: cancel, position: before?.kind === 'waits' ? before.position : null, text, entities: [], called },
      ...{ slots: { order: 'A1' }, languages: ['en'], isProven: true, yesNo: { yes: '是', no: '否' } },
      askAgain: (question) => `Again: ${question}`,
    });
  const asked = turnOf('cancel it', null);
  assert.deepEqual(
    asked.messages.map(({ text, choices }) => [text, choices.map(({ label }) => label)]),
    [['Shall I cancel A1?', ['是', '否']]],
  );
  for (const text of ['yes', 'Yes, please!', '是', '好的', '确认', '1']) {
    assert.equal(turnOf(text, asked).kind, 'calls', text);
    const done = turnOf(text, asked, { call: { kind: 'answered', status: 200, body: {} } });
    assert.deepEqual(
      done.messages.map((message) => message.text),
      ['Cancelled.'],
      text,
    );
  }
  for (const text of ['no', '不要', '2', 'No, thanks'])
    assert.equal(turnOf(text, asked).messages[0]?.text, 'All right, it stays.', text);
  for (const text of ['yes, but change the address', '对了，还有一件事', 'what does it cost?', '好像不是这个']) {
    const again = turnOf(text, asked);
    assert.equal(again.messages[0]?.text, 'Again: Shall I cancel A1?', text);
    assert.equal(turnOf(text, again).messages[0]?.text, 'I cannot do that.', text);
  }
});

test('what is for customers who have proved who they are is called for no other one', () => {
  const turnFor = (isProven: boolean, flow: Flow = cancel) =>
    runFlow({
      ...{
        flow,
        position: null,
        text: 'cancel it',
        entities: [],
        slots: { order: 'A1' },
        languages: ['en'],
        called: {},
      },
      ...{ isProven, askAgain: (question: string) => question },
    });
  assert.equal(turnFor(true).messages[0]?.text, 'Shall I cancel A1?');
  assert.equal(turnFor(false).messages[0]?.text, 'I cannot do that.');
  const steps = cancel.steps.map((step) => (step.kind === 'http' ? { ...step, otherwise: null } : step));
  const turn = turnFor(false, { ...cancel, steps });
  assert.deepEqual([turn.kind, turn.kind === 'hands-off' && turn.why], ['hands-off', 'not-proven']);
});
