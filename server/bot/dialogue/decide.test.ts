import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Recognition } from '../intent/recognizer.ts';
import type { FoundEntity, Passage } from '../ports.ts';
import type { BotSettings } from './bot-settings.ts';
import { decide, handOffFor } from './decide.ts';
import { decidedOn, inputOf, nothingFound, recognized, shopSettings, trackFlow, unsure } from './dialogue-fixture.ts';
import { type DialogueState, newDialogue } from './dialogue-state.ts';
import { wordsOfStages } from './explain-stages.ts';
import type { CallResult } from './run-flow.ts';

const talking = { ...newDialogue, turns: 1 };
const passage = (score: number, text = 'Parcels are packed within a day.'): Passage => ({
  id: 'p1',
  source: { kind: 'article', id: 'a1', title: 'Packing' },
  text,
  score,
});

test('an intent it is sure of is answered in the language of the customer, after a greeting the first time', () => {
  const chinese = decidedOn('我要退款', { observations: { recognition: recognized('refund', 0.9) } });
  assert.equal(chinese.decision.band, 'intent');
  assert.deepEqual(chinese.says.slice(1), ['退款需要三个工作日。']);
  assert.match(chinese.says[0] ?? '', /智能助手/);
  const english = decidedOn('refund please', {
    state: talking,
    observations: { recognition: recognized('refund', 0.9) },
  });
  assert.deepEqual(english.says, ['A refund takes 3 days.']);
  assert.deepEqual(english.decision.stages, [
    { stage: 'intent', outcome: 'sure', data: { confidence: 0.9, act: 0.8, margin: 0.85, intent: 'refund' } },
  ]);
});

test('under the bound it asks back once, with at most three choices and none of these, and does what is chosen', () => {
  const recognition = recognized('refund', 0.6, 'delivery');
  const asked = decidedOn('about my money', { state: talking, observations: { recognition } });
  assert.equal(asked.decision.band, 'did-you-mean');
  assert.deepEqual(
    asked.decision.messages[0]?.choices.map(({ label }) => label),
    ['A refund', 'A delivery', 'None of these'],
  );
  for (const answer of ['A refund', 'a refund.', '1']) {
    const chosen = decidedOn(answer, { state: asked.state });
    assert.deepEqual([chosen.decision.band, chosen.says], ['intent', ['A refund takes 3 days.']], answer);
  }
  const none = decidedOn('None of these', { state: asked.state });
  assert.equal(none.decision.band, 'miss');
  // Said in other words and not clear again: it is not asked the same way twice in a row.
  const again = decidedOn('well, my money', { state: asked.state, observations: { recognition } });
  assert.equal(again.decision.band, 'miss');
});

test('a margin that is thin is asked about, however sure the intent seems', () => {
  const recognition = {
    ...recognized('refund', 0.9),
    candidates: [
      { intent: 'refund', probability: 0.5 },
      { intent: 'delivery', probability: 0.46 },
    ],
  };
  const { decision } = decidedOn('money or parcel', { state: talking, observations: { recognition } });
  assert.equal(decision.band, 'did-you-mean');
  assert.equal(decision.stages.at(-1)?.outcome, 'thin-margin');
});

test('the record says whether an intent was told by the vector of the message, or without as it was late', () => {
  const decidedBy = (embedding: Recognition['embedding']) =>
    decidedOn('refund', { state: talking, observations: { recognition: { ...recognized('refund', 0.9), embedding } } })
      .decision;
  const stagesOf = (embedding: Recognition['embedding']) =>
    decidedBy(embedding)
      .stages.filter(({ stage }) => stage === 'intent')
      .map(({ outcome, data }) => [outcome, data.embedding]);
  assert.deepEqual(stagesOf('used'), [['sure', 'used']]);
  assert.deepEqual(stagesOf('absent'), [
    ['without-vector', undefined],
    ['sure', 'absent'],
  ]);
  assert.deepEqual(stagesOf(null), [['sure', undefined]]);
  assert.match(wordsOfStages(decidedBy('absent'))[0]?.text ?? '', /vector was not there in time/);
});

test('a bound of its own holds for an intent, in the language for which it was set', () => {
  const settings = { ...shopSettings, intentThresholds: [{ intent: 'refund', language: 'zh', act: 0.95 }] };
  const observations = { recognition: recognized('refund', 0.9) };
  assert.equal(decidedOn('退款', { settings, state: talking, observations }).decision.band, 'did-you-mean');
  assert.equal(decidedOn('refund', { settings, state: talking, observations }).decision.band, 'intent');
});

test('a threshold that was chosen for the model holds for its intent and language, and the record says which and why', () => {
  const chosen = { target: 0.95, answers: 80, precision: 0.975, atLeast: 0.951 };
  const thresholds = [
    { ...chosen, intent: null, language: 'en', act: 0.72 },
    { ...chosen, intent: 'refund', language: null, act: 0.7 },
    { ...chosen, intent: 'refund', language: 'zh', act: 0.9 },
  ];
  const about = (text: string, confidence: number, more: { settings?: BotSettings; language?: string } = {}) => {
    const { settings = shopSettings, language } = more;
    const recognition = recognized('refund', confidence);
    const observations = { recognition, thresholds, ...(language === undefined ? {} : { language }) };
    const { decision } = decidedOn(text, { settings, state: talking, observations });
    return [decision.band, decision.stages.map(({ outcome }) => outcome).join(' '), decision] as const;
  };
  const zh = about('退款', 0.85, { language: 'zh-CN' });
  assert.deepEqual(zh.slice(0, 2), ['did-you-mean', 'threshold-curve not-sure'], 'the most particular one holds');
  assert.deepEqual(zh[2].stages[0]?.data, {
    ...{ act: 0.9, chosen: 0.9, scope: 'refund · zh', answers: 80, right: 97.5, target: 95, model: '1' },
  });
  const words = 'Here it acts from 0.9 on: chosen for refund · zh from 80 measured answers of model version 1';
  assert.ok(wordsOfStages(zh[2])[0]?.text.startsWith(words));
  assert.deepEqual(about('refund', 0.71).slice(0, 2), ['intent', 'threshold-curve sure'], 'any language');
  // By hand goes before it, and where it would only ask it does not act.
  const byHand = { ...shopSettings, intentThresholds: [{ intent: 'refund', language: null, act: 0.95 }] };
  assert.deepEqual(about('refund', 0.9, { settings: byHand }).slice(0, 2), [
    'did-you-mean',
    'threshold-by-hand not-sure',
  ]);
  const asking = { ...shopSettings, thresholds: { ...shopSettings.thresholds, ask: 0.75 } };
  assert.match(about('refund', 0.76, { settings: asking })[1], /^threshold-raised sure$/);
  // It was chosen from answers with vectors: without one, what holds in general does.
  const recognition = { ...recognized('refund', 0.75), embedding: 'absent' as const };
  const without = decidedOn('refund', { state: talking, observations: { recognition, thresholds } });
  assert.equal(without.decision.band, 'did-you-mean');
});

test('who asks for a person gets one, whatever else is asked and found; who refuses one does not', () => {
  for (const text of [
    '转人工',
    '人工',
    '我要找真人客服',
    'I want to talk to a human',
    'agent!',
    'Can I speak to a real person?',
  ]) {
    const { decision } = decidedOn(text, { state: talking, observations: { recognition: recognized('refund', 0.99) } });
    assert.deepEqual(decision.handOff, { reason: 'asked', groupId: 'money' }, text);
    assert.equal(decision.messages.length, 1, text);
  }
  for (const text of ['人工智能是什么', '不要转人工', "I don't want a human", '人工费多少', 'the agent of change']) {
    assert.equal(decidedOn(text, { state: talking }).decision.handOff, null, text);
  }
});

test('what is not understood twice, one after the other, goes to a person; an answer in between begins anew', () => {
  const first = decidedOn('qwerty', { state: talking });
  assert.deepEqual([first.decision.band, first.state.misses], ['miss', 1]);
  const second = decidedOn('asdf', { state: first.state });
  assert.equal(second.decision.handOff?.reason, 'not-understood');
  const answered = decidedOn('refund', {
    state: first.state,
    observations: { recognition: recognized('refund', 0.9) },
  });
  assert.equal(answered.state.misses, 0);
  const atOnce = { ...shopSettings, handOff: { ...shopSettings.handOff, whenNotSure: 'hand-off' as const } };
  assert.equal(decidedOn('qwerty', { settings: atOnce }).decision.handOff?.reason, 'not-sure');
});

test('anger, a sensitive topic and a VIP go to a person, with what told it', () => {
  const angry = decidedOn('你们就是骗子！！', { state: talking });
  assert.equal(angry.decision.handOff?.reason, 'anger');
  assert.equal(angry.decision.stages[0]?.data.atLeast, 0.8);
  const legal = decidedOn('I will call my lawyer', { state: talking });
  assert.deepEqual(legal.decision.stages[0], {
    stage: 'policy',
    outcome: 'sensitive',
    data: { topic: 'legal', word: 'lawyer' },
  });
  assert.equal(decidedOn('the courtesy of it', { state: talking }).decision.handOff, null);
  const vip = { ...shopSettings, handOff: { ...shopSettings.handOff, vip: true } };
  assert.equal(decidedOn('hello', { settings: vip, observations: { vip: true } }).decision.handOff?.reason, 'vip');
  assert.equal(decidedOn('hello', { settings: vip }).decision.band, 'request');
});

test('outside the hours it says so and offers to leave a message, which then goes to the people with its reason', () => {
  const closed = { isOpen: false, opensAt: '09:00' };
  const offer = decidedOn('人工', { state: talking, observations: closed });
  assert.equal(offer.decision.act, 'ask');
  assert.match(offer.says[0] ?? '', /09:00/);
  const write = decidedOn('我要留言', { state: offer.state, observations: closed });
  assert.equal(write.decision.band, 'leave-message');
  const taken = decidedOn('我的订单少了一件，律师函我会寄', { state: write.state, observations: closed });
  assert.deepEqual(taken.decision.handOff, { reason: 'asked', groupId: null });
  assert.ok(taken.state.asked.includes('我的订单少了一件，律师函我会寄'));
  // Whoever writes on without a button has written it; whoever declines stays with the bot.
  assert.equal(decidedOn('my parcel is lost', { state: offer.state, observations: closed }).decision.act, 'hand-off');
  const declined = decidedOn('不用了', { state: offer.state, observations: closed });
  assert.deepEqual([declined.decision.act, declined.state.pending], ['answer', null]);
});

test('the graph answers, or asks the one question that separates; its choice comes back to it', () => {
  const graph = {
    kind: 'ask',
    question: 'Which phone?',
    choices: [{ id: 'x1', label: 'X1' }],
    path: ['phone'],
  } as const;
  const asked = decidedOn('battery of the phone', { state: talking, observations: { graph } });
  assert.equal(asked.decision.band, 'graph');
  const needs = decide({ ...inputOf('X1', { state: asked.state }), observations: withoutGraph() });
  assert.deepEqual(needs, { kind: 'needs', need: { kind: 'graph', text: 'battery of the phone', chosen: 'x1' } });
  const answer = { kind: 'answer', text: 'It lasts 9 hours.', confidence: 0.9, path: ['X1', 'battery'] } as const;
  const answered = decidedOn('X1', { state: asked.state, observations: { graph: answer } });
  assert.deepEqual(answered.says, ['It lasts 9 hours.']);
  assert.deepEqual(answered.state.about, ['phone', 'X1', 'battery']);
  const unsureGraph = decidedOn('X1', { state: talking, observations: { graph: { ...answer, confidence: 0.3 } } });
  assert.equal(unsureGraph.decision.band, 'miss');
});

test('a passage answers from the floor on; a language model over it answers in its place, or abstains', () => {
  const low = decidedOn('packing', { state: talking, observations: { passages: [passage(0.49)] } });
  assert.equal(low.decision.band, 'miss');
  const found = { passages: [passage(0.3, 'Other'), passage(0.8)] };
  const extract = decidedOn('packing', { state: talking, observations: found });
  assert.deepEqual([extract.decision.band, extract.says], ['knowledge', ['Parcels are packed within a day.']]);
  assert.deepEqual(extract.state.tried, [{ text: 'Parcels are packed within a day.', source: 'article Packing' }]);
  const written = { kind: 'answered', text: 'Within a day.', citations: ['p1'] } as const;
  const model = decidedOn('packing', { state: talking, observations: { ...found, grounded: written } });
  assert.deepEqual([model.decision.band, model.says], ['language-model', ['Within a day.']]);
  const abstained = { kind: 'abstained', why: 'not in the passages' } as const;
  assert.equal(
    decidedOn('packing', { state: talking, observations: { ...found, grounded: abstained } }).decision.band,
    'miss',
  );
  const failed = { kind: 'failed', why: 'time-out' } as const;
  assert.equal(
    decidedOn('packing', { state: talking, observations: { ...found, grounded: failed } }).decision.band,
    'knowledge',
  );
});

test('words that stand in every sentence, one sign and bare amounts are answered by no passage', () => {
  const number = (text: string) => ({ type: 'number', text, start: 0, end: text.length, value: '2' });
  const bandOf = (text: string, entities: readonly FoundEntity[] = []) =>
    decidedOn(text, { state: talking, observations: { passages: [passage(0.9)], entities } }).decision.band;
  for (const text of ['how are you', 'the', 'x', '天', '?! to']) assert.equal(bandOf(text), 'miss', text);
  for (const text of ['two', '三']) assert.equal(bandOf(text, [number(text)]), 'miss', text);
  for (const text of ['packing', '能退吗', '包装', 'упаковка', 'does it float'])
    assert.equal(bandOf(text), 'knowledge', text);
  assert.equal(bandOf('two parcels', [number('two')]), 'knowledge');
});

test('it asks for one thing after the other, and for a language model only over passages that may answer', () => {
  const { graph: _g, passages: _p, grounded: _l, ...bare } = nothingFound;
  const first = decide({ ...inputOf('packing'), observations: bare });
  assert.deepEqual(first, { kind: 'needs', need: { kind: 'graph', text: 'packing', chosen: null } });
  const second = decide({ ...inputOf('packing'), observations: { ...bare, graph: null } });
  assert.deepEqual(second, { kind: 'needs', need: { kind: 'passages', text: 'packing' } });
  const third = decide({ ...inputOf('packing'), observations: { ...bare, graph: null, passages: [passage(0.9)] } });
  assert.equal(third.kind === 'needs' && third.need.kind, 'grounded');
  const none = decide({ ...inputOf('packing'), observations: { ...bare, graph: null, passages: [passage(0.2)] } });
  assert.equal(none.kind, 'decided');
});

test('a flow asks for its value, calls, and says what was answered; a failed call goes to a person', () => {
  const begun = decidedOn('查物流', { state: talking });
  assert.deepEqual([begun.decision.band, begun.says], ['flow', ['请问订单号是多少？']]);
  const order = { type: 'order', text: 'A1/7', start: 0, end: 4, value: 'A1/7' };
  const input = inputOf('A1/7', { state: begun.state, observations: { entities: [order] } });
  const calls = decide(input);
  assert.ok(calls.kind === 'needs' && calls.need.kind === 'call');
  assert.equal(calls.need.call.url, 'https://shop.example/orders/A1%2F7');
  const answered = { kind: 'answered', status: 200, body: { order: { status: '已发货' } } } as const;
  const told = decidedOn('A1/7', {
    state: begun.state,
    observations: { entities: [order], called: { call: answered } },
  });
  assert.deepEqual([told.says, told.state.flow], [['订单A1/7的状态：已发货。'], null]);
  const failed = { kind: 'failed', why: 'no connection' } as const;
  const broken = decidedOn('A1/7', {
    state: begun.state,
    observations: { entities: [order], called: { call: failed } },
  });
  assert.equal(broken.decision.handOff?.reason, 'tool-failed');
});

test('a flow that a routing rule names begins whatever is said, but not before people; one that is not there is passed over', () => {
  const begun = decidedOn('hello', { begins: 'track' });
  assert.deepEqual([begun.decision.band, begun.says.at(-1)], ['flow', 'What is your order number?']);
  assert.deepEqual(begun.decision.stages[0], { stage: 'flow', outcome: 'ruled', data: { flow: 'Track a parcel' } });
  const picture = decidedOn('', { begins: 'track', said: { text: '', isWordless: true } });
  assert.equal(picture.decision.band, 'flow');
  assert.equal(decidedOn('a human please', { begins: 'track' }).decision.band, 'hand-off');
  const gone = decidedOn('hello', { begins: 'nowhere' });
  assert.deepEqual([gone.decision.band, gone.decision.stages[0]?.outcome], ['request', 'gone']);
  const off = decidedOn('hello', { begins: 'track', flows: { flows: [{ ...trackFlow, enabled: false }] } });
  assert.deepEqual([off.decision.band, off.decision.stages[0]?.outcome], ['request', 'switched-off']);
});

test('in a flow another question is answered beside it, and whoever does not tell what is asked gets a person', () => {
  const begun = decidedOn('track', { state: { ...talking, language: 'en' } });
  const aside = decidedOn('how long is a refund', {
    state: begun.state,
    observations: { recognition: recognized('refund', 0.9) },
  });
  assert.deepEqual(aside.says, ['A refund takes 3 days.', 'That does not seem to fit. What is your order number?']);
  assert.equal(decidedOn('no idea', { state: aside.state }).decision.handOff?.reason, 'not-told');
  const stopped = decidedOn('never mind', { state: begun.state });
  assert.deepEqual([stopped.decision.band, stopped.state.flow], ['request', null]);
});

test('a value that was told before is not asked for again', () => {
  const order = { type: 'order', text: 'A17', start: 9, end: 12, value: 'A17' };
  const input = inputOf('where is A17', {
    state: talking,
    observations: { recognition: recognized('delivery', 0.9), entities: [order] },
  });
  const outcome = decide(input);
  assert.ok(outcome.kind === 'needs' && outcome.need.kind === 'call');
  assert.equal(outcome.need.call.url, 'https://shop.example/orders/A17');
});

test('a flow that is gone, or lost its step while the customer was in it, goes to a person', () => {
  const begun = decidedOn('track', { state: talking });
  const gone = decidedOn('A17', { state: begun.state, flows: { flows: [] } });
  assert.equal(gone.decision.handOff?.reason, 'flow-broken');
  const changed = { ...trackFlow, first: 'say', steps: trackFlow.steps.slice(1) };
  assert.equal(
    decidedOn('A17', { state: begun.state, flows: { flows: [changed] } }).decision.handOff?.reason,
    'flow-broken',
  );
});

test('the same answer a third time in a row, and the turn after the last, go to a person', () => {
  const observations = { recognition: recognized('refund', 0.9) };
  let { state } = decidedOn('refund', { state: talking, observations });
  state = decidedOn('refund?', { state, observations }).state;
  assert.equal(decidedOn('refund!', { state, observations }).decision.handOff?.reason, 'repeats');
  const spent = { ...talking, turns: shopSettings.handOff.maxTurns };
  assert.equal(decidedOn('refund', { state: spent, observations }).decision.handOff?.reason, 'max-turns');
  const closed = decidedOn('refund', { state: spent, observations: { ...observations, isOpen: false } });
  assert.equal(closed.decision.handOff?.reason, 'max-turns');
});

test('what has no words is not understood, nothing at all is passed over, and an error is told to nobody but the people', () => {
  const picture = decidedOn('', { state: talking, said: { text: '', isWordless: true } });
  assert.equal(picture.decision.band, 'miss');
  assert.equal(decidedOn('   ', { state: talking }).decision.act, 'silent');
  const { decision } = handOffFor('error', inputOf('refund', { state: talking }), 'SQLITE_IOERR');
  assert.deepEqual(decision.handOff, { reason: 'error', groupId: null });
  assert.deepEqual(
    decision.messages.map(({ text }) => text.includes('SQLITE')),
    [false],
  );
});

test('it is asked again with the same and says the same', () => {
  const input = inputOf('我要退款', {
    observations: { recognition: recognized('refund', 0.7), passages: [passage(0.7)] },
  });
  assert.deepEqual(decide(structuredClone(input)), decide(input));
  assert.equal(decidedOn('x', { observations: { recognition: unsure } }).decision.versions.settings, 1);
});

function withoutGraph() {
  const { graph: _, ...rest } = nothingFound;
  return rest;
}

test('an approved answer is given word for word before an intent, however sure, and the record says which', () => {
  const approved = {
    id: 'a1',
    question: 'Is it open on Sunday?',
    answer: 'No.',
    kind: 'nearly',
    likeness: 0.91,
  } as const;
  const observations = { approved, recognition: recognized('refund', 0.99) };
  const given = decidedOn('is it open on sundya', { state: talking, observations });
  assert.deepEqual([given.decision.act, given.decision.band, given.says], ['answer', 'approved', ['No.']]);
  assert.deepEqual(given.decision.stages, [
    { stage: 'approved', outcome: 'nearly', data: { answer: 'a1', question: 'Is it open on Sunday?', likeness: 0.91 } },
  ]);
});

test('no approved answer comes before policy, a person who is asked for, a flow that waits, or its start words', () => {
  const approved = { id: 'a1', question: 'x', answer: 'No.', kind: 'same', likeness: 1 } as const;
  const observations = { approved };
  assert.equal(decidedOn('I want to talk to a human', { observations }).decision.handOff?.reason, 'asked');
  assert.equal(decidedOn('My lawyer will write to you', { observations }).decision.handOff?.reason, 'sensitive');
  const begun = decidedOn('track', { state: talking, observations });
  assert.equal(begun.decision.band, 'flow');
  assert.equal(decidedOn('what?', { state: begun.state, observations }).decision.band, 'flow');
});

test('where the channel can ask, each answer is followed by whether it helped; yes ends it, and a second no goes to a person', () => {
  const settings = { ...shopSettings, askIfHelped: true };
  const sure = { settings, observations: { recognition: recognized('refund', 0.95) } };
  const asks = ({ decision }: ReturnType<typeof decidedOn>) => decision.messages.at(-1)?.asksIfHelped === true;
  const answered = decidedOn('refund', { ...sure, canRate: true });
  assert.deepEqual([asks(answered), answered.says.at(-1)], [true, 'Did this help?']);
  assert.equal(asks(decidedOn('refund', sure)), false, 'the channel cannot');
  assert.equal(asks(decidedOn('refund', { ...sure, settings: shopSettings, canRate: true })), false, 'nobody wants it');
  for (const text of ['hello', 'track', 'what']) {
    assert.equal(asks(decidedOn(text, { settings, canRate: true, state: talking })), false, text);
  }
  const rates = (helped: boolean, state: DialogueState, text = '') =>
    decidedOn(text, { settings, canRate: true, state, said: { text, isWordless: text === '', helped } });
  const yes = rates(true, answered.state);
  assert.deepEqual([yes.decision.act, yes.says], ['silent', []]);
  const no = rates(false, answered.state);
  assert.deepEqual([no.decision.act, no.decision.band], ['ask', 'miss']);
  assert.match(no.says.join(), /other words/);
  const again = decidedOn('my refund then', { ...sure, canRate: true, state: no.state });
  assert.deepEqual(rates(false, again.state).decision.handOff, { reason: 'not-helped', groupId: 'money' });
  const more = rates(true, answered.state, 'hello');
  assert.deepEqual(
    [more.decision.band, more.decision.stages[0]?.outcome],
    ['request', 'helped'],
    'what is said counts',
  );
});

const asksFirst = { ...shopSettings, handOff: { ...shopSettings.handOff, askFirst: true } };
const lost = { ...talking, misses: 1 };

test('where it is set, the customer is asked before a person takes over, for what is the failure of the bot alone', () => {
  const offer = decidedOn('qwerty', { state: lost, settings: asksFirst });
  assert.deepEqual([offer.decision.act, offer.decision.handOff], ['ask', null]);
  assert.deepEqual(
    offer.decision.messages[0]?.choices.map(({ label }) => label),
    ['Yes, please', 'No, thanks'],
  );
  for (const text of ['Yes, please', 'yes', 'ok', '1']) {
    const taken = decidedOn(text, { state: offer.state, settings: asksFirst });
    assert.deepEqual(taken.decision.handOff, { reason: 'not-understood', groupId: null }, text);
  }
  const declined = decidedOn('No, thanks', { state: offer.state, settings: asksFirst });
  assert.deepEqual([declined.decision.act, declined.state.misses, declined.state.pending], ['answer', 0, null]);
  // Another question is answered; what is not understood either goes to a person without being asked a second time.
  const observations = { recognition: recognized('refund', 0.9) };
  assert.equal(decidedOn('refund', { state: offer.state, settings: asksFirst, observations }).decision.band, 'intent');
  assert.equal(
    decidedOn('asdf', { state: offer.state, settings: asksFirst }).decision.handOff?.reason,
    'not-understood',
  );
  assert.equal(decidedOn('human', { state: offer.state, settings: asksFirst }).decision.handOff?.reason, 'asked');
});

test('nobody is asked whether a person shall come where policy or an error sends one', () => {
  for (const [text, reason] of [
    ['I was charged twice', 'sensitive'],
    ['你们重复扣款了', 'sensitive'],
    ['你们就是骗子！！', 'anger'],
    ['human please', 'asked'],
  ] as const)
    assert.equal(decidedOn(text, { state: lost, settings: asksFirst }).decision.handOff?.reason, reason, text);
  const input = inputOf('hello', { settings: asksFirst });
  assert.equal(handOffFor('time-out', input, 'slow').decision.handOff?.reason, 'time-out');
});

test('what is charged is no billing dispute', () => {
  for (const text of ['how much is delivery charged?', '怎么付款', 'can I pay by card', '多少钱'])
    assert.equal(decidedOn(text, { state: talking }).decision.handOff, null, text);
});

test('an answer in another language than the customer writes is never given as if it were theirs', () => {
  const inChinese = { passages: [passage(0.9, '包裹在一天之内打包发出，周末除外。')] };
  const told = decidedOn('when is my parcel packed', { state: talking, observations: inChinese });
  assert.deepEqual(told.says, ['I have this in another language only:', '包裹在一天之内打包发出，周末除外。']);
  const { stage, outcome, data } = told.decision.stages.at(-1) ?? {};
  assert.deepEqual([stage, outcome, data], ['guard', 'other-language', { language: 'en', given: 'zh' }]);
  const inEnglish = decidedOn('包裹什么时候打包', { state: talking, observations: { passages: [passage(0.9)] } });
  assert.equal(inEnglish.says[0], '这条内容目前只有其他语言的版本：');
  const german = 'Pakete werden innerhalb von einem Tag gepackt, und das ist nicht am Wochenende.';
  const saysTo = (language: string, text: string) =>
    decidedOn('Wann wird mein Paket gepackt?', {
      state: talking,
      observations: { language, passages: [passage(0.9, text)] },
    }).says;
  assert.deepEqual(saysTo('de', german), [german]);
  assert.equal(saysTo('de', 'Parcels are packed within a day, and not on the weekend.').length, 2);
  assert.deepEqual(saysTo('pt-BR', 'Os pacotes são embalados em um dia, exceto aos domingos.').length, 1);
  for (const text of ['https://shop.example/returns', 'DHL Express 24h', '请看 https://shop.example/returns/how/to']) {
    const plain = decidedOn('包裹什么时候打包', { state: talking, observations: { passages: [passage(0.9, text)] } });
    assert.deepEqual(plain.says, [text]);
  }
});

test('each call of a flow stands in the record: which step, which host, how, and what came of it', () => {
  const observations = (result: CallResult) => ({
    entities: [{ type: 'order', text: 'A17', start: 0, end: 3, value: 'A17' }],
    called: { call: result },
  });
  const begun = decidedOn('track', { state: talking });
  const callsIn = (result: CallResult) =>
    decidedOn('A17', { state: begun.state, observations: observations(result) })
      .decision.stages.filter(({ outcome }) => outcome.startsWith('call'))
      .map(({ outcome, data }) => [outcome, data]);
  const call = { step: 'call', method: 'GET', host: 'shop.example' };
  const body = { order: { status: 'sent' } };
  assert.deepEqual(callsIn({ kind: 'answered', status: 200, body }), [['called', { ...call, status: 200 }]]);
  assert.deepEqual(callsIn({ kind: 'failed', why: 'no answer' }), [['call-failed', { ...call, why: 'no answer' }]]);
  assert.deepEqual(callsIn({ kind: 'answered', status: 503, body: '' }), [['called', { ...call, status: 503 }]]);
});

test('where it is set, an answer names the articles that it is from, and no canned reply', () => {
  const settings = { ...shopSettings, citeSources: true };
  const found = [
    passage(0.9),
    { ...passage(0.8), id: 'p2', source: { kind: 'article' as const, id: 'a2', title: 'Days' } },
  ];
  const saysWith = (observations: object) =>
    decidedOn('when is it packed', { settings, state: talking, observations: { passages: found, ...observations } })
      .says;
  assert.deepEqual(saysWith({}), ['Parcels are packed within a day.\n\nSource: Packing']);
  const grounded = { kind: 'answered' as const, text: 'Within a day.', citations: ['p1', 'p2'] };
  assert.deepEqual(saysWith({ grounded }), ['Within a day.\n\nSource: Packing · Days']);
  const reply = { ...passage(0.9), source: { kind: 'canned-reply' as const, id: 'r', title: 'PK-7' } };
  assert.deepEqual(saysWith({ passages: [reply] }), ['Parcels are packed within a day.']);
  const linked = found.map((one) => ({
    ...one,
    source: { ...one.source, url: `https://chat.example/help/en/articles/${one.id}` },
  }));
  assert.deepEqual(saysWith({ passages: linked }), [
    'Parcels are packed within a day.\n\nSource: Packing https://chat.example/help/en/articles/p1',
  ]);
  assert.deepEqual(saysWith({ passages: [linked[0], found[1]], grounded }), [
    'Within a day.\n\nSource: Packing https://chat.example/help/en/articles/p1\nDays',
  ]);
  const plain = decidedOn('when is it packed', { state: talking, observations: { passages: found } });
  assert.deepEqual(plain.says, ['Parcels are packed within a day.']);
});

test('the record says by which names passages were looked for, and what is about another thing is no answer', () => {
  const other = { ...passage(0.9), relation: 'other' as const };
  const searchPath = {
    linked: [
      { said: '小白', names: ['Aurora Air'], above: ['headphones', 'electronics'] },
      { said: '洗', names: ['cleaning'], above: [] },
    ],
    widened: ['Aurora Air', '极光耳机'],
    putDown: [{ title: 'Cleaning the Max', about: ['Aurora Max'] }],
  };
  const { decision } = decidedOn('小白怎么洗', { state: talking, observations: { passages: [other], searchPath } });
  assert.equal(decision.band, 'miss');
  assert.deepEqual(
    wordsOfStages(decision).map(({ key, text }) => [key, text]),
    [
      ['intent.unknown', 'No intent was clear enough: 0, and it asks from 0.5 on.'],
      [
        'knowledge.linked',
        'For the search the question names: “小白” → Aurora Air (headphones, electronics) · “洗” → cleaning.',
      ],
      ['knowledge.widened', 'It was also searched for: Aurora Air · 极光耳机.'],
      ['knowledge.put-down', 'Left out, because it is about something else: “Cleaning the Max” (Aurora Max).'],
      ['knowledge.nothing', 'Nothing in the knowledge base fits: 0 at best, from 0.5 on.'],
      ['miss.not-understood', 'It was not understood: 1 of 2 times.'],
    ],
  );
  const before = { linked: [{ said: null, names: ['Aurora Air'], above: [] }], widened: [], putDown: [] };
  const named = { ...passage(0.9), relation: 'named' as const };
  const again = decidedOn('how is it cleaned', {
    state: talking,
    observations: { passages: [other, named], searchPath: before },
  });
  assert.equal(again.decision.band, 'knowledge');
  assert.deepEqual(
    again.decision.stages.filter(({ stage }) => stage === 'knowledge').map(({ outcome }) => outcome),
    ['linked-before', 'answers'],
  );
});
