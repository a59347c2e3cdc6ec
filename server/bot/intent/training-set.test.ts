import assert from 'node:assert/strict';
import { test } from 'node:test';
import { readTrainingSet } from './training-set.ts';

test('the same utterance in two intents is a conflict, is named, and is learnt by neither', () => {
  const { utterances, problems } = readTrainingSet([
    { intent: 'refund', utterances: ['Money back?', 'give me a refund'] },
    { intent: 'cancel', utterances: ['money back', 'cancel my order'] },
  ]);
  assert.deepEqual(problems, [{ kind: 'conflict', utterance: 'Money back?', intents: ['refund', 'cancel'] }]);
  assert.deepEqual(utterances, ['give me a refund', 'cancel my order']);
});

test('an intent without an utterance that says anything is named and left out', () => {
  const { intents, labels, problems } = readTrainingSet([
    { intent: 'empty', utterances: [] },
    { intent: 'smiles', utterances: ['😀'] },
    { intent: 'refund', utterances: ['refund'] },
    { intent: 'human', utterances: ['转人工'] },
  ]);
  assert.deepEqual(intents, ['refund', 'human']);
  assert.deepEqual([...labels], [0, 1]);
  assert.deepEqual(problems, [
    { kind: 'no-utterance', intent: 'empty' },
    { kind: 'no-utterance', intent: 'smiles' },
    { kind: 'unreadable', intent: 'smiles', utterance: '😀' },
  ]);
});

test('an utterance that is given twice is learnt once, also when an intent comes in two parts', () => {
  const { intents, utterances, problems } = readTrainingSet([
    { intent: 'refund', utterances: ['refund', 'Refund!'] },
    { intent: 'human', utterances: ['agent'] },
    { intent: 'refund', utterances: ['REFUND', 'money back'] },
  ]);
  assert.deepEqual(intents, ['refund', 'human']);
  assert.deepEqual(utterances, ['refund', 'agent', 'money back']);
  assert.deepEqual(problems, []);
});

test('fewer than two intents that can be learnt are refused', () => {
  for (const examples of [
    [],
    [{ intent: 'one', utterances: ['a', 'b'] }],
    ['a', 'b'].map((intent) => ({ intent, utterances: ['same'] })),
  ])
    assert.throws(() => readTrainingSet(examples), { name: 'Refusal', code: 'settings-invalid', field: 'intents' });
});
