import assert from 'node:assert/strict';
import { outOfScopeId } from '../bot/intents/intent-store.ts';
import type { WarmStore } from '../storage/warm/warm-store.ts';

/** Asks a store for all that it keeps of intents, models and trainings. */
export async function exerciseIntents({ intents, intentModels, intentTrainings }: WarmStore): Promise<void> {
  const intent = { id: 'i1', name: 'refund', description: 'Money back', enabled: true, createdAt: 1, updatedAt: 1 };
  const answer = { en: 'It takes 3 days.' };
  assert.equal(await intents.add({ ...intent, answer }), true);
  assert.equal(await intents.add({ ...intent, id: 'i2', answer: null }), false);
  assert.equal(await intents.add({ ...intent, id: 'i3', name: 'delivery', answer: null }), true);
  assert.equal(await intents.change('i3', { ...intent, answer: null }), false);
  assert.equal(await intents.change('i3', { ...intent, name: 'parcel', answer: null, updatedAt: 2 }), true);
  const utterance = { intentId: 'i1', createdAt: 1 };
  const said = [
    { ...utterance, id: 'u1', text: 'Money back', key: 'money back' },
    { ...utterance, id: 'u2', text: 'money back!', key: 'money back' },
    { ...utterance, id: 'u3', text: 'refund', key: 'refund' },
  ];
  assert.equal(await intents.addUtterances(said, 3), 2);
  const more = { ...intent, id: 'i4', name: 'cancel', answer: null };
  const brought = [
    { ...utterance, id: 'u4', intentId: 'i4', text: 'Refund', key: 'refund' },
    { ...utterance, id: 'u5', intentId: outOfScopeId, text: 'hello', key: 'hello' },
    { ...utterance, id: 'u6', text: 'REFUND', key: 'refund' },
  ];
  assert.equal(await intents.bring([more], brought, 4), 2);
  assert.deepEqual(
    (await intents.list({ limit: 10 })).map(({ name, utterances, conflicts }) => [name, utterances, conflicts]),
    [
      ['cancel', 1, 1],
      ['parcel', 0, 0],
      ['refund', 2, 1],
    ],
  );
  assert.deepEqual(
    (await intents.list({ limit: 1, after: 'cancel', q: 'MONEY' })).map(({ id }) => id),
    ['i3'],
  );
  assert.deepEqual((await intents.get('i1'))?.answer, answer);
  assert.deepEqual(
    (await intents.named(['cancel', 'none'])).map(({ id }) => id),
    ['i4'],
  );
  const [first, second] = await intents.utterances('i1', { limit: 2 });
  assert.deepEqual([first?.alsoIn, second?.alsoIn], [[], [{ id: 'i4', name: 'cancel' }]]);
  assert.deepEqual(await intents.utterances('i1', { after: 'u3', limit: 2 }), []);
  assert.deepEqual(await intents.counts(), { intents: 3, utterances: 3, outOfScope: 1 });
  const [conflict] = await intents.conflicts(10);
  assert.deepEqual(conflict?.intents.map(({ name }) => name).toSorted(), ['cancel', 'refund']);
  const standing = await intents.standingIn(['refund', 'nowhere']);
  assert.deepEqual(
    [...standing].map(([key, found]) => [key, found.length]),
    [['refund', 2]],
  );
  assert.deepEqual(await intents.empty(10), [{ id: 'i3', name: 'parcel' }]);
  assert.equal((await intents.allIntents()).length, 3);
  assert.equal((await intents.allUtterances({ limit: 3 })).length, 3);
  assert.deepEqual(
    (await intents.allUtterances({ after: 'u4', limit: 3 })).map(({ id }) => id),
    ['u5'],
  );
  assert.equal(await intents.changedAt(), 4);
  assert.equal(await intents.removeUtterances('i1', ['u3', 'u4'], 5), 1);
  assert.equal(await intents.remove('i4', 6), true);
  assert.equal(await intents.remove('i4', 7), false);
  assert.deepEqual(await intents.counts(), { intents: 2, utterances: 1, outOfScope: 1 });
  await exerciseModels(intentModels);
  await exerciseTrainings(intentTrainings);
}

async function exerciseModels(models: WarmStore['intentModels']): Promise<void> {
  const model = { version: 1, sizeBytes: 3, sha256: 'x', facts: '{}', summary: null, trainedBy: 'a', trainedAt: 1 };
  await models.addPieces(1, 0, [new Uint8Array([1, 255]), new Uint8Array([3])]);
  await models.add(model);
  await models.add({ ...model, version: 2 });
  await models.setEvaluation(1, { summary: '{"a":1}', whole: '{"b":2}' });
  assert.deepEqual(await models.get(1), { ...model, summary: '{"a":1}' });
  assert.equal(await models.evaluation(1), '{"b":2}');
  assert.deepEqual(await models.pieces(1, { from: 0, limit: 5 }), [new Uint8Array([1, 255]), new Uint8Array([3])]);
  assert.deepEqual(
    (await models.list()).map(({ version }) => version),
    [2, 1],
  );
  const publication = { n: 1, version: 1, author: { id: 'a', name: 'Ada' }, at: 5, despite: null };
  assert.equal(await models.publish(publication), true);
  assert.equal(await models.publish({ ...publication, version: 2 }), false);
  assert.deepEqual(await models.publications(5), [publication]);
  const set = { version: 1, n: 1, chosen: '[]', author: publication.author, at: 6 };
  assert.equal(await models.choose(set), true);
  assert.equal(await models.choose({ ...set, chosen: '[1]' }), false);
  for (const n of [2, 3, 4]) assert.equal(await models.choose({ ...set, n }), true);
  assert.equal(await models.choose({ ...set, version: 2 }), true);
  assert.deepEqual(
    (await models.thresholds(1, 9)).map(({ n }) => n),
    [4, 3, 2],
  );
  await models.addPieces(7, 0, [new Uint8Array([1])]);
  await models.keepOnly([1]);
  assert.deepEqual([(await models.thresholds(2, 9)).length, (await models.thresholds(1, 1)).length], [0, 1]);
  assert.equal(await models.get(2), undefined);
  assert.deepEqual(await models.pieces(7, { from: 0, limit: 5 }), []);
  assert.equal((await models.pieces(1, { from: 1, limit: 5 })).length, 1);
}

async function exerciseTrainings(trainings: WarmStore['intentTrainings']): Promise<void> {
  const asked = { state: 'running', stage: 'waiting', progress: 0, version: null, problem: null } as const;
  const training = { ...asked, id: 't1', requestedBy: 'a', createdAt: 1, seenAt: 1 };
  assert.equal((await trainings.begin(training, 0, '{}')).id, 't1');
  assert.equal((await trainings.begin({ ...training, id: 't2' }, 0, '{}')).id, 't1');
  assert.equal(await trainings.note('t1', { stage: 'learning', progress: 7, version: 3 }, 2), true);
  // Whoever is silent for too long loses the slot.
  assert.equal((await trainings.begin({ ...training, id: 't3', seenAt: 9 }, 5, '{"gone":1}')).id, 't3');
  assert.deepEqual(await trainings.get('t1'), {
    ...training,
    ...{ state: 'failed', stage: 'learning', progress: 7, version: 3, problem: '{"gone":1}', seenAt: 2 },
  });
  assert.equal(await trainings.note('t1', { stage: 'learning', progress: 8, version: null }, 3), false);
  assert.equal(await trainings.end('t3', 'done', null, 10), true);
  assert.equal(await trainings.end('t3', 'cancelled', null, 11), false);
  assert.deepEqual(
    (await trainings.list(5)).map(({ id, state, progress }) => [id, state, progress]),
    [
      ['t3', 'done', 100],
      ['t1', 'failed', 7],
    ],
  );
  await trainings.removeBefore(5);
  assert.deepEqual(await trainings.list(5), []);
}
