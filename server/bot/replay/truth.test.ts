import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Decision } from '../dialogue/decision.ts';
import { gradeOf, type JudgedDecision, labelledTruth, truthsOf } from './truth.ts';

const hour = 3_600_000;
const now = 100 * hour;
const alone = { hadAgent: false, nextContactAt: null };

/** A decision at an hour, as the log has it. */
function decided(at: number, record: Partial<Decision>, more: Partial<JudgedDecision> = {}): JudgedDecision {
  const whole = { act: 'answer', band: 'intent', messages: [], stages: [], ...record } as const;
  return { seq: at, epoch: 1, at: at * hour, reason: null, intent: null, helped: null, record: whole, ...more };
}
const sure = (intent: string): Partial<Decision> => ({
  stages: [{ stage: 'intent', outcome: 'sure', data: { intent } }],
});
const pending = (outcome: string): Partial<Decision> => ({
  stages: [{ stage: 'pending', outcome, data: { asked: 'did-you-mean' } }],
});
const handedOff = (reason: string) => decided(2, { act: 'hand-off', band: 'hand-off' }, { reason });
const asked: Partial<Decision> = {
  ...{ act: 'ask', band: 'did-you-mean' },
  messages: [{ text: 'Which?', choices: ['refund', 'delivery', '-none-'].map((id) => ({ id, label: id })) }],
};

test('an answer held where no person was needed and the customer did not come back within a day', () => {
  const held = [{ kind: 'is', intent: 'refund', by: 'held' }];
  const one = [decided(1, sure('refund'))];
  assert.deepEqual(truthsOf(one, alone, now), held);
  assert.deepEqual(truthsOf(one, { ...alone, nextContactAt: 30 * hour }, now), held);
  assert.deepEqual(truthsOf(one, { ...alone, nextContactAt: 20 * hour }, now), [undefined], 'back within a day');
  assert.deepEqual(truthsOf(one, { ...alone, hadAgent: true }, now), [undefined], 'a person had it');
  assert.deepEqual(truthsOf(one, alone, 20 * hour), [undefined], 'too young');
  assert.deepEqual(
    truthsOf([...one, decided(2, { act: 'ask', band: 'miss' })], alone, now)[0],
    undefined,
    'it asked on',
  );
});

test('an answer before a hand-off that says that it did not help was wrong; others are not known', () => {
  const after = (reason: string) => truthsOf([decided(1, sure('refund')), handedOff(reason)], alone, now)[0];
  assert.deepEqual(after('asked'), { kind: 'not', intents: ['refund'], by: 'handed-off' });
  assert.equal(after('not-understood')?.kind, 'not');
  assert.equal(after('sensitive'), undefined);
  assert.equal(after('vip'), undefined);
});

test('what the customer chooses of what was offered is right, and none of it says that all of it is not', () => {
  const chosen = decided(2, pending('chosen'), { intent: 'delivery' });
  assert.deepEqual(truthsOf([decided(1, asked), chosen], alone, now)[0], {
    ...{ kind: 'is', intent: 'delivery', by: 'chosen' },
  });
  assert.deepEqual(truthsOf([decided(1, asked), decided(2, pending('none'))], alone, now)[0], {
    ...{ kind: 'not', intents: ['refund', 'delivery'], by: 'chosen' },
  });
  assert.equal(truthsOf([decided(1, asked), decided(2, pending('other'))], alone, now)[0], undefined);
  assert.equal(truthsOf([decided(1, asked)], alone, now)[0], undefined);
});

test('acting on another intent than the one that is known to be wrong is neither right nor wrong', () => {
  const not = { kind: 'not', intents: ['refund'], by: 'handed-off' } as const;
  assert.deepEqual(
    ['refund', 'delivery', null].map((acted) => gradeOf(acted, not)),
    ['wrong', 'unknown', 'none'],
  );
  const is = { kind: 'is', intent: 'refund', by: 'held' } as const;
  assert.deepEqual(
    ['refund', 'delivery', null].map((acted) => gradeOf(acted, is)),
    ['right', 'wrong', 'none'],
  );
});

test('what agents said of the messages of a turn is its truth, where they do not say different things', () => {
  const labels = [
    { seq: 3, intent: 'refund' },
    { seq: 5, intent: 'delivery' },
    { seq: 6, intent: 'delivery' },
    { seq: 8, intent: null },
  ];
  const of = (fromSeq: number, seq: number) => labelledTruth(labels, { fromSeq, seq });
  assert.deepEqual(of(4, 6), { kind: 'is', intent: 'delivery', by: 'labelled' });
  assert.deepEqual(of(8, 8), { kind: 'is', intent: null, by: 'labelled' });
  assert.deepEqual([of(3, 6), of(4, 4)], [undefined, undefined]);
});

test('where no intent was right, acting on one is wrong and acting on none is better', () => {
  const truth = { kind: 'is', intent: null, by: 'labelled' } as const;
  assert.deepEqual(
    ['refund', null].map((acted) => gradeOf(acted, truth)),
    ['wrong', 'none'],
  );
});

test('what the customer said of an answer goes before what came of it', () => {
  const one = decided(1, sure('refund'));
  const said = (helped: boolean) => decided(2, { act: 'silent', band: 'silent' }, { helped });
  assert.deepEqual(truthsOf([one, said(true)], { ...alone, hadAgent: true }, now)[0], {
    ...{ kind: 'is', intent: 'refund', by: 'helped' },
  });
  assert.deepEqual(truthsOf([one, said(false)], alone, now)[0], {
    ...{ kind: 'not', intents: ['refund'], by: 'not-helped' },
  });
});
