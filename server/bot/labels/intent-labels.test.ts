import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createTestClock } from '../../base/clock.ts';
import { createEventBus, type DomainEvents } from '../../conversation/event-bus.ts';
import { append, channelId, inbound, openTestStore, reply } from '../../testing/test-store.ts';
import { recognized } from '../dialogue/dialogue-fixture.ts';
import { createIntentLibrary } from '../intents/intents.ts';
import { createLearning } from '../learning/learning.ts';
import { createIntentLabels } from './intent-labels.ts';

const ada = { id: 'a', name: 'Ada' };
const bob = { id: 'b', name: 'Bob' };

/** Two intents, a model that takes everything for a refund, and one who wrote three messages and got an answer. */
async function openLabels(t: { after(run: () => void): void }) {
  const store = await openTestStore();
  const clock = createTestClock();
  const library = createIntentLibrary({ store: store.intents, clock });
  await library.create({ name: 'refund', utterances: ['i want my money back'] });
  const delivery = await library.create({ name: 'delivery', utterances: ['where is my parcel'] });
  const learning = createLearning({
    ...{ store: store.gaps, library, intents: store.intents, clock },
    ...{ approved: { create: () => assert.fail() }, answers: { answersTo: () => [] } },
  });
  t.after(() => learning.stop());
  const bus = createEventBus((error) => assert.fail(String(error)));
  const told: DomainEvents['intent-label.changed'][] = [];
  bus.subscribe('intent-label.changed', (data) => told.push(data));
  const labels = createIntentLabels({
    ...{ store: store.labels, messages: store.conversations, intents: store.intents, bus, clock },
    model: { recognize: () => recognized('refund', 0.9) },
  });
  const zoe = { contact: { externalId: 'zoe', name: 'Zoe Lee' }, channelId, threadId: '' };
  const writes = (text: string) => ({ ...inbound('zoe', { text }), target: zoe });
  const [first] = await append(store, writes('Where does my parcel stay? I am Zoe, 138 1234 5678'), writes('12345678'));
  const conversationId = first?.conversationId as string;
  await append(store, reply(conversationId, { text: 'It is on its way.' }), writes('my package, I said'));
  return { store, clock, told, learning, labels, delivery, conversationId };
}

test('a message that was taken for another intent is suggested as an utterance of its own, and added to it', async (t) => {
  const { store, learning, labels, delivery, conversationId } = await openLabels(t);
  const say = (seq: number, intent: string | null) => labels.put({ conversationId, seq, intent }, ada);
  const said = await say(1, 'delivery');
  assert.deepEqual([said.takenFor, said.intent, said.by], ['refund', 'delivery', ada]);
  await say(4, 'delivery');
  const { open, corrected, suggestions, others } = await learning.view();
  assert.deepEqual([open, suggestions, others], [2, [], []]);
  const [group] = corrected;
  assert.deepEqual([group?.name, group?.nearest?.id, group?.reasons], ['delivery', delivery.id, { corrected: 2 }]);
  const utterances = group?.utterances.map(({ text }) => text) ?? [];
  assert.deepEqual(utterances.toSorted(), ['Where does my parcel stay? I am …, 00000', 'my package, I said']);
  const questions = group?.questions ?? [];
  await learning.addToIntent({ questions, intentId: delivery.id, utterances: ['my package, I said'] }, ada);
  assert.deepEqual((await learning.view()).corrected, []);
  assert.equal((await store.labels.of([conversationId])).length, 2, 'it stays the truth');
});

test('what was said last holds, for everybody; what is right, taken back or has no words left is not to be learnt', async (t) => {
  const { store, clock, learning, labels, conversationId } = await openLabels(t);
  const say = (seq: number, intent: string | null, by = ada) => labels.put({ conversationId, seq, intent }, by);
  await say(1, null);
  assert.equal((await learning.view()).corrected[0]?.name, 'out-of-scope');
  await clock.advance(5);
  await say(1, 'refund', bob);
  const [label, ...more] = await store.labels.of([conversationId]);
  assert.deepEqual([label?.intent, label?.by, label?.at, more], ['refund', bob, clock.now(), []]);
  assert.deepEqual((await learning.view()).corrected, [], 'it was right');
  await say(2, 'delivery');
  assert.deepEqual((await learning.view()).corrected, [], 'numbers alone teach nothing');
  await say(4, 'delivery');
  await labels.remove(conversationId, 4);
  await assert.rejects(labels.remove(conversationId, 4), { code: 'not-found' });
  assert.deepEqual((await learning.view()).corrected, []);
});

test('what is dismissed of corrections keeps nothing that is like it from being suggested', async (t) => {
  const { store, learning, labels, conversationId } = await openLabels(t);
  await labels.put({ conversationId, seq: 4, intent: 'delivery' }, ada);
  await learning.dismiss({ questions: (await learning.view()).corrected[0]?.questions ?? [] }, ada);
  const contactId = (await store.conversations.get(conversationId))?.contact.id ?? '';
  const gap = { conversationId, contactId, askedAt: 1, why: 'not-understood', language: 'en' } as const;
  const gaps = [{ ...gap, seq: 2, question: 'my package, I said' }];
  await store.gaps.keep({ look: 'x', from: null, to: '1', gaps, hits: [] });
  const { corrected, others } = await learning.view();
  assert.deepEqual([corrected, others.map(({ utterances }) => utterances[0]?.text)], [[], ['my package, I said']]);
});

test('no intent is said of what the customer did not say, and none that there is not', async (t) => {
  const { store, labels, conversationId } = await openLabels(t);
  const say = (seq: number, intent: string | null, id = conversationId) =>
    labels.put({ conversationId: id, seq, intent }, ada);
  await assert.rejects(say(3, 'delivery'), { code: 'not-found' }, 'an answer');
  await assert.rejects(say(9, 'delivery'), { code: 'not-found' });
  await assert.rejects(say(1, 'delivery', '4711'), { code: 'not-found' });
  await assert.rejects(say(1, 'parking'), { code: 'bad-request', field: 'intent' });
  assert.deepEqual(await store.labels.of([conversationId]), []);
});

test('erasing the contact removes what was said of their messages', async (t) => {
  const { store, labels, conversationId } = await openLabels(t);
  await labels.put({ conversationId, seq: 1, intent: 'delivery' }, ada);
  const contactId = (await store.conversations.get(conversationId))?.contact.id ?? '';
  await store.archive.erase(contactId, { agentId: 'a', at: 1 });
  assert.deepEqual(
    [await store.rows('select * from bot_labels'), await store.rows('select * from bot_gaps')],
    [[], []],
  );
});

test('what is said, said anew and taken back is told once it is kept; what is refused is not', async (t) => {
  const { told, clock, labels, conversationId } = await openLabels(t);
  const at = clock.now();
  await labels.put({ conversationId, seq: 1, intent: 'delivery' }, ada);
  await labels.put({ conversationId, seq: 1, intent: null }, bob);
  await labels.remove(conversationId, 1);
  await assert.rejects(labels.remove(conversationId, 1), { code: 'not-found' });
  await assert.rejects(labels.put({ conversationId, seq: 1, intent: 'parking' }, ada), { code: 'bad-request' });
  assert.deepEqual(told, [
    { conversationId, seq: 1, label: { intent: 'delivery', by: ada, at } },
    { conversationId, seq: 1, label: { intent: null, by: bob, at } },
    { conversationId, seq: 1, label: null },
  ]);
});
