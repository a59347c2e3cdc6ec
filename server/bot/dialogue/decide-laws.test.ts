import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { decide } from './decide.ts';
import type { Observations } from './decision.ts';
import {
  inputOf,
  nothingFound,
  recognized,
  shopRecognizer,
  shopSettings,
  trackFlow,
  unsure,
} from './dialogue-fixture.ts';
import { type DialogueState, newDialogue } from './dialogue-state.ts';

const words = fc.constantFrom(
  ...[
    '你好',
    '我要退款',
    '人工',
    '1',
    '2',
    '都不是',
    'None of these',
    '不用了',
    '我要留言',
    'track',
    '查物流',
    'stop',
    'A17',
  ],
  ...[
    'refund',
    'hello',
    'thanks',
    '',
    '   ',
    '😀',
    '骗子！！',
    'lawyer',
    '算了',
    'where is my parcel',
    '哈'.repeat(3_000),
  ],
);
const text = fc.oneof(words, fc.string({ unit: 'grapheme', maxLength: 40 }));
const recognition = fc.oneof(
  fc.constant(unsure),
  fc.constant(null),
  fc
    .record({
      intent: fc.constantFrom('refund', 'delivery', 'complaint', 'strange'),
      confidence: fc.double({ min: 0, max: 1, noNaN: true }),
    })
    .map(({ intent, confidence }) => recognized(intent, confidence, 'delivery')),
);
const passages = fc.array(
  fc
    .record({
      id: fc.constant('p'),
      text: fc.constantFrom('Answer one.', 'Answer two.'),
      score: fc.double({ min: 0, max: 1, noNaN: true }),
    })
    .map((each) => ({ ...each, source: { kind: 'article' as const, id: 'a', title: 'Title' } })),
  { maxLength: 2 },
);
const found = fc.record({
  recognition,
  isOpen: fc.boolean(),
  graph: fc.constantFrom(
    null,
    { kind: 'nothing' as const },
    { kind: 'answer' as const, text: 'From the graph.', confidence: 0.9, path: ['a'] },
    { kind: 'ask' as const, question: 'Which?', choices: [{ id: 'a', label: 'A' }], path: ['a'] },
  ),
  passages: fc.oneof(fc.constant(null), passages),
  grounded: fc.constantFrom(
    null,
    { kind: 'abstained' as const, why: 'no' },
    { kind: 'answered' as const, text: 'Written.', citations: ['p'] },
    { kind: 'failed' as const, why: 'down' },
  ),
  called: fc.constantFrom<Observations['called']>(
    { call: { kind: 'failed', why: 'down' } },
    { call: { kind: 'answered', status: 200, body: { order: { status: 'sent' } } } },
    { call: { kind: 'answered', status: 500, body: 'x' } },
  ),
  entities: fc.constantFrom([], [{ type: 'order', text: 'A17', start: 0, end: 3, value: 'A17' }]),
});

test('whatever customers say and whatever is found, the bot speaks a bounded number of times, then a person has it', () => {
  const maxTurns = 6;
  const settings = { ...shopSettings, handOff: { ...shopSettings.handOff, maxTurns } };
  fc.assert(
    fc.property(fc.array(fc.tuple(text, found), { minLength: 1, maxLength: 40 }), (said) => {
      let state: DialogueState = newDialogue;
      let spoken = 0;
      for (const [words, observations] of said) {
        const outcome = decide(inputOf(words, { state, settings, observations }));
        // All that it can need is there: it is never asked for the same again.
        assert.equal(outcome.kind, 'decided');
        if (outcome.kind !== 'decided') return;
        const { decision } = outcome;
        if (decision.act === 'silent') assert.equal(decision.messages.length, 0);
        else {
          spoken += 1;
          assert.ok(decision.messages.length > 0 && decision.messages.every(({ text: each }) => each.trim() !== ''));
        }
        assert.equal(decision.act === 'hand-off', decision.handOff !== null);
        assert.ok(decision.stages.length > 0 || decision.band === 'request');
        assert.ok(JSON.stringify(outcome.state).length < 20_000);
        if (decision.act === 'hand-off') return;
        state = outcome.state;
        assert.ok(spoken <= maxTurns);
      }
    }),
    { numRuns: 1_000 },
  );
});

test('asked with ever more of what it needs, it decides after a few rounds', () => {
  fc.assert(
    fc.property(text, found, (words, all) => {
      let observations: Observations = {
        ...nothingFound,
        recognition: all.recognition,
        entities: all.entities,
        isOpen: all.isOpen,
      };
      for (const key of ['graph', 'passages', 'grounded'] as const)
        delete (observations as unknown as Record<string, unknown>)[key];
      for (let round = 0; round < 6; round++) {
        const outcome = decide({ ...inputOf(words), observations });
        if (outcome.kind === 'decided') return;
        const { need } = outcome;
        if (need.kind === 'call')
          observations = { ...observations, called: { [need.call.stepId]: { kind: 'failed', why: '' } } };
        else if (need.kind === 'send-code' || need.kind === 'type-code') assert.fail('No flow here asks for one.');
        else observations = { ...observations, [need.kind]: all[need.kind] };
      }
      assert.fail('It asks on and on.');
    }),
    { numRuns: 500 },
  );
});

test('with a recogniser that was trained on a few utterances it answers what was taught, in both languages, and no nonsense', () => {
  const recognizer = shopRecognizer();
  const said = (words: string) => {
    const outcome = decide(
      inputOf(words, { observations: { recognition: recognizer.recognize(words) }, flows: { flows: [trackFlow] } }),
    );
    return outcome.kind === 'decided' ? outcome.decision : undefined;
  };
  for (const words of ['我要退款', 'how do i get a refund']) {
    const decision = said(words);
    assert.ok(decision?.band === 'intent' || decision?.band === 'did-you-mean', words);
  }
  for (const words of ['秦始皇统一了六国', 'the mitochondria powers the cell'])
    assert.equal(said(words)?.band, 'miss', words);
});
