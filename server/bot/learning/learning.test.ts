import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Content, Message } from '@parley/sdk/protocol.ts';
import { createTestClock } from '../../base/clock.ts';
import { ownLeases } from '../../base/leases.ts';
import { noBroadcast } from '../../conversation/broadcast.ts';
import type { AppendItem } from '../../conversation/conversation-store.ts';
import { append, channelId, inbound, openTestStore, reply, type TestStore } from '../../testing/test-store.ts';
import { createStoredApproved } from '../approved/stored-approved.ts';
import { decidedOn, recognized } from '../dialogue/dialogue-fixture.ts';
import { type DialogueState, newDialogue } from '../dialogue/dialogue-state.ts';
import { saidIn } from '../dialogue/said.ts';
import { createIntentLibrary } from '../intents/intents.ts';
import { comesBackMs } from './find-returns.ts';
import { createGapFinder } from './gap-finder.ts';
import { createLearning } from './learning.ts';

const ada = { id: 'a', name: 'Ada' };
const minuteMs = 60_000;
const wrapped = [
  'Can you gift wrap my order?',
  'Do you offer gift wrapping?',
  'Is gift wrapping possible for this order?',
  'How much is gift wrapping?',
];

/** What looks and what decides over a store, and customers who talk to a bot that knows nothing but what is said here. */
async function openLearning(t: { after(run: () => void): void }, on?: TestStore) {
  const store = on ?? (await openTestStore());
  const clock = createTestClock();
  const onError = (error: unknown) => assert.fail(String(error));
  const deps = { store: store.gaps, conversations: store.conversations, dialogues: store.dialogues, meta: store.meta };
  const finder = createGapFinder({
    ...{ ...deps, lowScores: store.surveys, leases: ownLeases, clock, onError, settleMs: 0 },
  });
  const approved = await createStoredApproved({ store: store.documents, broadcast: noBroadcast, clock, onError });
  const library = createIntentLibrary({ store: store.intents, clock });
  const learning = createLearning({
    ...{ store: store.gaps, library, intents: store.intents, approved, clock },
    answers: { answersTo: () => [{ text: 'Yes, for 3 €.', times: 2, isDirect: true, language: 'en' }] },
  });
  t.after(() => {
    approved.stop();
    learning.stop();
  });
  /** Decisions of before now. */
  const look = async () => {
    await clock.advance(10 * minuteMs);
    return finder.look();
  };
  const view = async () => {
    await clock.advance(10 * minuteMs);
    return learning.view();
  };
  return { store, clock, learning, library, approved, finder, look, view };
}

type Opened = Awaited<ReturnType<typeof openLearning>>;
let people = 0;

/** A conversation in which somebody writes and the bot decides, each in their turn. */
async function talk({ store, clock }: Opened, name = 'Zoe Lee') {
  people += 1;
  const externalId = `p${people}`;
  let state: DialogueState = newDialogue;
  let id = '';
  return {
    id: () => id,
    contactId: async () => (await store.conversations.get(id))?.contact.id ?? '',
    says: async (
      said: string | Content,
      { epoch = 1, ...more }: NonNullable<Parameters<typeof decidedOn>[1]> & { epoch?: number } = {},
    ) => {
      const text = typeof said === 'string' ? said : '';
      const content: Content = typeof said === 'string' ? { type: 'text', text } : said;
      const item: AppendItem = { ...inbound(externalId, { at: clock.now() }), content: JSON.stringify(content) };
      const target = id === '' ? { contact: { externalId, name }, channelId, threadId: '' } : { conversationId: id };
      const [placed] = await append(store, { ...item, target });
      const { conversationId, seq } = placed as { conversationId: string; seq: number };
      id = conversationId;
      const told = saidIn([{ content } as Message]);
      const decided = decidedOn(text, { ...more, said: told, state });
      ({ state } = decided);
      const { act, band, handOff } = decided.decision;
      const row = { conversationId, seq, epoch, at: clock.now(), act, band, reason: handOff?.reason ?? null };
      const kept = { intent: null, helped: told.helped ?? null, record: JSON.stringify(decided.decision) };
      await store.dialogues.decide({ ...row, ...kept }, '{}');
      const bot = { senderType: 'bot', senderId: 'bot', senderName: 'Bot', at: clock.now() } as const;
      for (const words of decided.says) await append(store, { ...reply(id, { text: words }), ...bot });
      await clock.advance(minuteMs);
      return decided;
    },
  };
}

async function asks(opened: Opened, ...questions: string[]): Promise<void> {
  for (const question of questions) await (await talk(opened)).says(question);
}

test('what the bot answered last before a customer was not satisfied with it alone is kept as asked', async (t) => {
  const opened = await openLearning(t);
  const { store, clock, look } = opened;
  const sure = { observations: { recognition: recognized('refund', 0.95) } };
  const rated = async (name: string, had: 'bot' | 'mixed', score: number) => {
    const talked = await talk(opened, name);
    await talked.says(`a refund for ${name}'s shoes`, sure);
    const conversationId = talked.id();
    const nothing = { why: null, agentId: null, groupId: null, language: 'en', comment: null, asks: false };
    const at = clock.now();
    await store.surveys.put({
      ...{ ...nothing, conversationId, contactId: await talked.contactId(), channelId, channelType: 'web' },
      ...{ state: 'answered', had, score, closedAt: at, askedAt: at, answeredAt: at, via: 'web' },
    });
    return conversationId;
  };
  const low = await rated('Ann', 'bot', 2);
  await rated('Bob', 'bot', 3);
  await rated('Cid', 'mixed', 1);
  assert.equal(await look(), 1);
  const kept = await store.gaps.open(9);
  assert.deepEqual(
    kept.map(({ conversationId, why }) => [conversationId, why]),
    [[low, 'low-score']],
  );
  assert.equal(await look(), 0);
});

test('what the bot did not understand, was not sure of or was marked as no help is kept with what was asked, and nothing else', async (t) => {
  const opened = await openLearning(t);
  const missed = await talk(opened);
  await missed.says('Can I take a dog into the shop? I am Zoe, 138 1234 5678');
  await missed.says('And a cat?');
  const unsure = await talk(opened);
  const recognition = recognized('refund', 0.6, 'delivery');
  const sure = { observations: { recognition: recognized('refund', 0.95) } };
  await unsure.says('something about my money', { observations: { recognition } });
  await unsure.says('None of these');
  const chosen = await talk(opened);
  await chosen.says('about my cash', { observations: { recognition } });
  await chosen.says('A refund');
  const abstained = await talk(opened);
  const source = { kind: 'article' as const, id: 'a1', title: 'Pets' };
  const passages = [{ id: 'p1', source, text: 'Dogs.', score: 0.9 }];
  await abstained.says('what about parrots', {
    observations: { passages, grounded: { kind: 'abstained', why: 'none' } },
  });
  const reworded = await talk(opened);
  await reworded.says('how about my euros', { observations: { recognition } });
  await reworded.says('a refund please', sure);
  const rated = await talk(opened);
  await rated.says('refund for shoes', sure);
  await rated.says({ type: 'rating', scale: 5, score: 2 });
  const happy = await talk(opened);
  await happy.says('refund for a hat', sure);
  await happy.says({ type: 'rating', scale: 5, score: 5 });
  const wordless = await talk(opened);
  await wordless.says('12345678');

  assert.equal(await opened.look(), 6);
  const found = await opened.store.gaps.open(99);
  assert.deepEqual(found.map(({ why, question }) => [why, question]).toReversed(), [
    ['not-understood', 'Can I take a dog into the shop? I am …, 00000'],
    ['not-understood', 'And a cat?'],
    ['not-sure', 'something about my money'],
    ['abstained', 'what about parrots'],
    ['not-sure', 'how about my euros'],
    ['no-help', 'refund for shoes'],
  ]);
  assert.equal(await opened.look(), 0, 'each is kept once');
});

test('who writes anew within three days after the bot alone had answered was not helped', async (t) => {
  const opened = await openLearning(t);
  const sure = { observations: { recognition: recognized('refund', 0.95) } };
  const [back, late, served] = [await talk(opened), await talk(opened), await talk(opened)];
  for (const [at, one] of [back, late, served].entries())
    await one.says(`refund number ${['one', 'two', 'three'][at]}`, sure);
  const writes = async (one: typeof back, afterMs: number) => {
    const [other] = await append(opened.store, inbound(`again${people++}`, { at: opened.clock.now() + afterMs }));
    const no = (other as { conversationId: string }).conversationId;
    await opened.store.run(`update conversations set contact_id = '${await one.contactId()}' where id = ${no}`);
  };
  await writes(back, 2 * 24 * 60 * minuteMs);
  await writes(late, comesBackMs + 60 * minuteMs);
  assert.equal(await opened.look(), 0, 'they may still come back');
  await opened.clock.advance(comesBackMs);
  assert.equal(await opened.look(), 1);
  assert.deepEqual(
    (await opened.store.gaps.open(9)).map(({ why, question }) => [why, question]),
    [['came-back', 'refund number one']],
  );
  assert.equal(await opened.look(), 0);
});

test('what was answered or handed over and opened anew, or came back about the same, is an open question, and each counts once', async (t) => {
  const opened = await openLearning(t);
  const { store, clock } = opened;
  const sure = { observations: { recognition: recognized('refund', 0.95) } };
  const handsOver = { observations: { recognition: recognized('complaint', 0.95) } };
  const closes = async (id: string, event = 'conversation.resolved') => {
    const content = JSON.stringify({ type: 'system', event, text: 'closed' });
    const system = { direction: 'out', senderType: 'system', private: true, state: 'sent' } as const;
    await append(store, {
      target: { conversationId: id },
      content,
      at: clock.now(),
      transition: { to: 'closed' },
      ...system,
    });
  };
  const answers = async (id: string) => append(store, { ...reply(id, { text: 'Let me see.' }), at: clock.now() });
  const opensAnew = async (id: string) => {
    const system = { direction: 'out', senderType: 'system', private: true, state: 'sent' } as const;
    const content = JSON.stringify({ type: 'system', event: 'conversation.reopened', text: 'reopened' });
    await append(store, {
      target: { conversationId: id },
      content,
      at: clock.now(),
      transition: { to: 'queued' },
      ...system,
    });
  };
  const reopens = async (id: string, words: string) => {
    await opensAnew(id);
    await append(store, { ...inbound('x', { text: words, at: clock.now() }), target: { conversationId: id } });
  };

  // The bot has it anew: found at once. The same words again are no second question.
  const again = await talk(opened);
  await again.says('refund for a kettle', sure);
  await closes(again.id(), 'conversation.bot-done');
  await clock.advance(60 * minuteMs);
  await opensAnew(again.id());
  await again.says('refund for a kettle', { ...sure, epoch: 3 });
  // Handed over, solved, and opened anew, where people have it then.
  const unsolved = await talk(opened);
  await unsolved.says('the kettle is broken', handsOver);
  await answers(unsolved.id());
  await closes(unsolved.id());
  await clock.advance(60 * minuteMs);
  await reopens(unsolved.id(), 'it is broken again');
  // Who had it from an agent, and whoever was content, count nothing.
  const taken = await talk(opened);
  await taken.says('refund for a pan', sure);
  await answers(taken.id());
  await closes(taken.id());
  await reopens(taken.id(), 'one more thing');
  const served = await talk(opened);
  await served.says('refund for a pot', sure);
  await closes(served.id());
  // Not understood and handed over for that: it is an open question already, and coming back makes it no second one.
  const missed = await talk(opened);
  await missed.says('purple monkey dishwasher');
  await missed.says('monkey, purple');
  await closes(missed.id());
  await clock.advance(60 * minuteMs);
  await reopens(missed.id(), 'monkey, purple');

  await opened.look();
  const found = async () => (await store.gaps.open(99)).map(({ why, question }) => `${why}: ${question}`).toSorted();
  const atOnce = [
    'came-back: refund for a kettle',
    'not-understood: monkey, purple',
    'not-understood: purple monkey dishwasher',
  ];
  assert.deepEqual(await found(), atOnce);
  await clock.advance(comesBackMs);
  await opened.look();
  assert.deepEqual(await found(), [
    'came-back: refund for a kettle',
    'came-back: the kettle is broken',
    ...atOnce.slice(1),
  ]);
  assert.equal(await opened.look(), 0);
  const { suggestions, others } = await opened.view();
  const reasons = [...suggestions, ...others].map((group) => group.reasons);
  assert.equal(reasons.filter((of) => of['came-back'] === 1).length, 2, JSON.stringify(reasons));
});

test('who was handed over and comes back about the same within three days counts, about another thing not', async (t) => {
  const opened = await openLearning(t);
  const { store, clock } = opened;
  const handsOver = { observations: { recognition: recognized('complaint', 0.95) } };
  const [same, other] = [await talk(opened), await talk(opened)];
  await same.says('the lid of my kettle is broken', handsOver);
  await other.says('the handle of my pan is loose', handsOver);
  for (const [one, words] of [
    [same, 'the lid of my kettle is broken again'],
    [other, 'when do you open on sunday'],
  ] as const) {
    await clock.advance(60 * minuteMs);
    const next = await talk(opened);
    await next.says(words, { observations: { recognition: recognized('refund', 0.9) } });
    await store.run(`update conversations set contact_id = '${await one.contactId()}' where id = ${next.id()}`);
  }
  await clock.advance(comesBackMs);
  await opened.look();
  assert.deepEqual(
    (await store.gaps.open(9)).map(({ why, question }) => [why, question]),
    [['came-back', 'the lid of my kettle is broken']],
  );
});

test('questions come together with a name, an answer and where they stand, and become an intent once', async (t) => {
  const opened = await openLearning(t);
  const { learning, library } = opened;
  const wrapping = await library.create({ name: 'wrapping', utterances: ['do you offer gift wrapping'] });
  await asks(opened, ...wrapped, 'purple monkey dishwasher');
  await opened.look();
  const { open, suggestions, others } = await opened.view();
  assert.deepEqual([open, suggestions.length, others.length], [5, 1, 1]);
  const [group] = suggestions;
  assert.ok(group !== undefined);
  assert.deepEqual([group.size, group.language, group.reasons], [4, 'en', { 'not-understood': 4 }]);
  assert.match(group.name, /wrap/);
  assert.deepEqual([group.nearest?.id, group.answers[0]?.text], [wrapping.id, 'Yes, for 3 €.']);
  assert.deepEqual(
    group.utterances.filter(({ alsoIn }) => alsoIn.length > 0).map(({ text, alsoIn }) => [text, alsoIn[0]?.name]),
    [['Do you offer gift wrapping?', 'wrapping']],
  );
  assert.deepEqual(others[0]?.utterances[0]?.text, 'purple monkey dishwasher');

  const utterances = group.utterances.map(({ text }) => text);
  const made = (texts: readonly string[], name: string) =>
    learning.makeIntent({ questions: group.questions, name, utterances: texts, answer: { en: 'Yes.' } }, ada);
  await assert.rejects(made(utterances, 'gift'), { code: 'conflict', message: /stands in “wrapping” already/ });
  const free = utterances.filter((text) => !/offer/.test(text));
  await assert.rejects(made(free, 'wrapping'), { code: 'conflict', field: 'name' });
  assert.equal((await opened.view()).open, 5, 'what was refused changed nothing');
  const outcomes = await Promise.allSettled([made(free, 'gift wrap'), made(free, 'wrap as gift')]);
  assert.deepEqual(
    outcomes.map(({ status }) => status),
    ['fulfilled', 'rejected'],
    'decided once',
  );
  const [intent] = (await library.list({ q: 'gift', limit: 9 })) ?? [];
  assert.deepEqual([intent?.name, intent?.utterances, intent?.answer], ['gift wrap', 3, { en: 'Yes.' }]);
  assert.deepEqual([(await opened.view()).open, (await opened.view()).suggestions], [1, []]);
});

test('utterances are added to an intent; one that stands in another is told before', async (t) => {
  const opened = await openLearning(t);
  const { learning, library } = opened;
  const gift = await library.create({ name: 'gift', utterances: ['do you offer gift wrapping'] });
  const price = await library.create({ name: 'price', utterances: ['How much is it?'] });
  await asks(opened, ...wrapped);
  await opened.look();
  const [group] = (await opened.view()).suggestions;
  const questions = group?.questions ?? [];
  const added = (intentId: string) => learning.addToIntent({ questions, intentId, utterances: wrapped }, ada);
  await assert.rejects(added(price.id), { code: 'conflict', field: 'utterances[1]' });
  assert.deepEqual(await added(gift.id), { added: 3, known: 1 });
  await assert.rejects(added(gift.id), { code: 'conflict', field: 'questions' });
});

test('an approved answer is made of questions, and counted as it is given, once whoever looks', async (t) => {
  const opened = await openLearning(t);
  const { learning, approved, store, clock } = opened;
  await asks(opened, ...wrapped);
  await opened.look();
  const [group] = (await opened.view()).suggestions;
  const texts = group?.utterances.map(({ text }) => text) ?? [];
  const fields = { answer: 'Yes.', language: 'en', enabled: true, validFrom: null, validUntil: null };
  const made = await learning.approve(
    { questions: group?.questions ?? [], fields: { ...fields, questions: texts } },
    ada,
  );
  assert.equal((await opened.view()).open, 0);
  for (let times = 0; times < 3; times++) {
    const found = approved.find('do you offer gift wrapping', { language: 'en', now: clock.now() });
    const { decision, says } = await (await talk(opened)).says('do you offer gift wrapping', {
      observations: { approved: found, recognition: recognized('refund', 0.99) },
    });
    assert.deepEqual([decision.band, says.at(-1)], ['approved', 'Yes.']);
  }
  const other = await openLearning(t, store);
  await other.clock.advance(60 * minuteMs);
  await Promise.all([opened.look(), other.finder.look()]);
  await opened.look();
  assert.equal((await store.gaps.hitsOf([made.id]))[0]?.hits, 3);
});

test('what was dismissed does not come back, nor what is like it, until it is restored', async (t) => {
  const opened = await openLearning(t);
  const { learning } = opened;
  await asks(
    opened,
    ...wrapped,
    'How long is the warranty?',
    'warranty period of the kettle',
    'Is the warranty two years?',
  );
  await opened.look();
  const group = (await opened.view()).suggestions.find(({ name }) => /wrap/.test(name));
  const questions = group?.questions ?? [];
  await learning.dismiss({ questions }, ada);
  await assert.rejects(learning.dismiss({ questions }, ada), { code: 'conflict' });
  await asks(opened, 'Can you gift wrap my orders?', 'do you offer gift wrapping please', 'is gift wrapping possible?');
  await opened.look();
  const seen = async () => JSON.stringify(await opened.view());
  assert.doesNotMatch(await seen(), /gift/);
  assert.match(await seen(), /warranty/);
  const [dismissal] = await learning.dismissed();
  assert.deepEqual([dismissal?.size, dismissal?.dismissedBy, dismissal?.utterances.length], [4, 'Ada', 4]);
  await learning.restore(dismissal?.id ?? '');
  assert.match(await seen(), /gift/);
  assert.deepEqual(await learning.dismissed(), []);
  await assert.rejects(learning.restore(dismissal?.id ?? ''), { code: 'not-found' });
});

test('erasing a contact removes what they asked, dismissed or not, and what is found of them later is not kept', async (t) => {
  const opened = await openLearning(t);
  const { store, learning } = opened;
  const zoe = await talk(opened);
  await zoe.says('Can I take a dog into the shop?');
  await opened.look();
  const [other] = (await opened.view()).others;
  await learning.dismiss({ questions: other?.questions ?? [] }, ada);
  await zoe.says('And a cat?');
  await opened.look();
  const [gap] = await store.gaps.open(9);
  assert.ok(gap !== undefined);
  assert.equal((await learning.view()).others.length, 1);
  await store.archive.erase(await zoe.contactId(), { agentId: 'a', at: 1 });
  assert.deepEqual(await store.rows('select * from bot_gaps'), []);
  learning.forget();
  assert.deepEqual([await learning.dismissed(), (await learning.view()).others], [[], []]);
  const from = (await store.meta.get('gaps-missed')) ?? null;
  await store.gaps.keep({ look: 'gaps-missed', from, to: from ?? '', gaps: [gap], hits: [] });
  assert.deepEqual(await store.rows('select * from bot_gaps'), []);
});
