import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { ApprovedFields } from '@parley/sdk/bot-learning.ts';
import { createTestClock } from '../../base/clock.ts';
import { noBroadcast } from '../../conversation/broadcast.ts';
import { openTestStore } from '../../testing/test-store.ts';
import { createStoredApproved } from './stored-approved.ts';

const ada = { id: 'a', name: 'Ada' };
const ben = { id: 'b', name: 'Ben' };
const parking: ApprovedFields = {
  questions: ['Is there parking at the shop?', 'Where can I park?'],
  answer: 'Behind the house, for two hours.',
  language: 'en',
  enabled: true,
  validFrom: null,
  validUntil: null,
};

async function open(t: { after(run: () => void): void }, on?: Awaited<ReturnType<typeof openTestStore>>) {
  const store = on ?? (await openTestStore());
  const onError = (error: unknown) => assert.fail(String(error));
  const clock = createTestClock(1_000);
  const approved = await createStoredApproved({ store: store.documents, broadcast: noBroadcast, clock, onError });
  t.after(() => approved.stop());
  const asked = (text: string, language: string | null = 'en', now = 1_000) => approved.find(text, { language, now });
  return { store, approved, asked };
}

test('an approved answer is found by each of its wordings, by what is nearly one, and by nothing else', async (t) => {
  const { approved, asked } = await open(t);
  const made = await approved.create(parking, ada);
  assert.equal(asked('is there parking at the shop')?.kind, 'same');
  assert.deepEqual(asked('Hello, is there parking at the shop please?'), {
    ...{ id: made.id, question: 'Is there parking at the shop?', answer: parking.answer },
    ...{ kind: 'nearly', likeness: 1 },
  });
  assert.equal(asked('where can i park?')?.id, made.id);
  for (const other of [
    'Is there no parking at the shop?',
    'Is there parking?',
    'Is there parking at the 2 shops?',
    '😀',
  ])
    assert.equal(asked(other), null, other);
});

test('it holds in its time, while it is enabled, and in the language that is spoken before another', async (t) => {
  const { approved, asked } = await open(t);
  const wifi = { ...parking, questions: ['WiFi?'], answer: 'Ask the staff.' };
  await approved.create({ ...wifi, validFrom: 2_000, validUntil: 3_000 }, ada);
  assert.deepEqual(
    [1_999, 2_000, 2_999, 3_000].map((now) => asked('wifi', 'en', now)?.answer),
    [undefined, wifi.answer, wifi.answer, undefined],
  );
  const chinese = await approved.create({ ...wifi, answer: '请问店员。', language: 'zh-CN' }, ada);
  assert.equal(asked('wifi', 'zh', 2_500)?.answer, '请问店员。');
  assert.equal(asked('wifi', 'en', 2_500)?.answer, wifi.answer);
  await approved.change(chinese.id, { enabled: false }, 1, ada);
  assert.equal(asked('wifi', 'zh', 2_500)?.answer, wifi.answer, 'what is not there in a language is told in another');
});

test('of two answers to what is nearly asked neither is given', async (t) => {
  const { approved, asked } = await open(t);
  await approved.create({ ...parking, questions: ['Where is the order'], answer: 'One.' }, ada);
  const other = await approved.create({ ...parking, questions: ['Where is my order'], answer: 'Two.' }, ada);
  assert.equal(asked('where is my order')?.answer, 'Two.');
  assert.equal(asked('please, where is order'), null);
  await approved.change(other.id, { answer: 'One.' }, 1, ada);
  assert.equal(asked('please, where is order')?.answer, 'One.');
});

test('what was changed by somebody else meanwhile is not changed, and the same words are answered once', async (t) => {
  const { store, approved } = await open(t);
  const { approved: elsewhere, asked } = await open(t, store);
  const made = await approved.create(parking, ada);
  await elsewhere.reload();
  const changed = await elsewhere.change(made.id, { answer: 'In front of the house.' }, 1, ben);
  assert.deepEqual([changed.revision, changed.updatedBy], [2, ben]);
  assert.equal(asked('where can I park')?.answer, 'In front of the house.');
  const late = approved.change(made.id, { answer: 'Nowhere.' }, 1, ada);
  await assert.rejects(late, { code: 'conflict', message: /Ben has changed it/ });
  const twice = approved.create({ ...parking, questions: ['New', 'where CAN I park!'] }, ada);
  await assert.rejects(twice, { code: 'conflict', message: /questions\[1\]/ });
  await approved.create({ ...parking, language: 'de' }, ada);
  await approved.change(made.id, { validUntil: 5_000 }, 2, ada);
  await approved.create({ ...parking, validFrom: 5_000 }, ada);
  await approved.remove(made.id);
  await assert.rejects(approved.remove(made.id), { code: 'not-found' });
});

test('what cannot be an approved answer is refused with its place', async (t) => {
  const { approved } = await open(t);
  for (const [fields, field] of [
    [{ questions: [] }, 'questions'],
    [{ questions: ['ok', '?!'] }, 'questions[1]'],
    [{ questions: ['x'.repeat(501)] }, 'questions[0]'],
    [{ answer: ' ' }, 'answer'],
    [{ language: 'English, please' }, 'language'],
    [{ validFrom: 5, validUntil: 5 }, 'validUntil'],
  ] as const) {
    await assert.rejects(approved.create({ ...parking, ...fields }, ada), { code: 'settings-invalid', field }, field);
  }
  assert.deepEqual(approved.all(), []);
});
