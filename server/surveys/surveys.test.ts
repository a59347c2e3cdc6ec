import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import type { Capabilities, Content } from '@parley/sdk/protocol.ts';
import { createTestClock } from '../base/clock.ts';
import { ownLeases } from '../base/leases.ts';
import { createAppendBatcher } from '../conversation/append-batcher.ts';
import { createConversations } from '../conversation/conversations.ts';
import { createEventBus } from '../conversation/event-bus.ts';
import { channelId, inbound, openTestStore, placed } from '../testing/test-store.ts';
import { satisfactionReport } from './satisfaction.ts';
import { createSurveys } from './surveys.ts';

const minuteMs = 60_000;
const hourMs = 60 * minuteMs;
const dayMs = 24 * hourMs;
const ada = { id: '000000000agent-a', name: 'Ada' };
const url = 'https://chat.example';

/** Surveys over the real store, on a platform that customers answer by messages. */
async function openSurveys(_t: TestContext, options: { window?: Capabilities['replyWindow']; isOff?: true } = {}) {
  const store = await openTestStore();
  const clock = createTestClock();
  const bus = createEventBus((error) => assert.fail(String(error)));
  const conversations = createConversations({
    store: store.conversations,
    batcher: createAppendBatcher(store.conversations, { maxBatch: 64, maxWaiting: 1_000 }),
    ...{ bus, clock },
    channelPolicy: () => ({ outbox: false, reopenWithinMs: 72 * hourMs }),
    onError: (error) => assert.fail(String(error)),
  });
  const counted: string[] = [];
  const surveys = createSurveys({
    ...{ store: store.surveys, messages: store.conversations, conversations, meta: store.meta, clock },
    ...{ channelTypeOf: () => 'chat', replyWindowOf: () => options.window, knownTypes: new Set(['chat', 'mail']) },
    ...{ secret: 'a secret of this installation', publicUrl: url, leases: ownLeases },
    events: {
      decided: (type, outcome) => counted.push(`${type} ${outcome}`),
      answered: ({ had, score }) => counted.push(`${had} ${score}`),
    },
    onError: (error) => assert.fail(String(error)),
  });
  if (options.isOff === undefined) await surveys.change({ channelTypes: ['chat'], delayMinutes: 0 });

  let n = 0;
  const writes = async (contact: string, text: string) => {
    n += 1;
    const item = inbound(contact, {
      text,
      at: clock.now(),
      externalId: { channelId, id: `m${n}` },
      reopenWithinMs: hourMs,
    });
    return placed((await store.conversations.append([item]))[0]).conversationId;
  };
  const answers = (conversationId: string) => {
    n += 1;
    const content = { type: 'text' as const, text: 'There you are.' };
    return conversations.fromAgent({ author: ada, conversationId, clientId: `a${n}`, content, private: false });
  };
  const closes = (conversationId: string) =>
    conversations.changeOwner({ conversationId, to: 'closed', by: ada, why: 'resolved' });
  /** A conversation that an agent answered and resolved, and what came of it. */
  const resolved = async (contact: string, text = 'Where is my order?') => {
    const id = await writes(contact, text);
    await answers(id);
    await closes(id);
    await surveys.look();
    return id;
  };
  const says = (contact: string, said: { content: Content } | { pressed: string }, more: object = {}) => {
    n += 1;
    const about = { channelId, contactExternalId: contact, threadId: '', externalId: `m${n}` };
    return surveys.takeInbound({ ...about, said, receivedAt: clock.now(), ...more });
  };
  const text = (words: string) => ({ content: { type: 'text' as const, text: words } });
  const timeline = async (id: string) => {
    const entries = await store.conversations.messages(id, { limit: 100 });
    return entries.map(({ content }) => (content.type === 'system' ? content.event : content.type));
  };
  const contactOf = async (id: string) => (await store.conversations.get(id))?.contact.id ?? '';
  return {
    ...{ store, clock, surveys, conversations, counted },
    ...{ writes, answers, closes, resolved, says, text, timeline, contactOf },
  };
}

test('a customer is asked once about a conversation that was resolved, in the language that they wrote', async (t) => {
  const { store, surveys, resolved, counted, clock } = await openSurveys(t);
  const id = await resolved('li', '我的订单在哪里');
  const [last] = await store.conversations.messages(id, { limit: 1, fromEnd: true });
  const survey = { look: 'faces', comment: true };
  assert.deepEqual(last?.content, { type: 'rating', scale: 5, question: '您对本次服务满意吗？', survey });
  assert.equal((await store.conversations.get(id))?.status, 'closed');
  await surveys.look();
  await clock.advance(2 * minuteMs);
  await surveys.look();
  assert.deepEqual(counted, ['chat asked']);
  const kept = await surveys.of(id);
  assert.deepEqual([kept?.state, kept?.had, kept?.agentId, kept?.language], ['asked', 'person', ada.id, 'zh']);
});

test('the survey is off at first; what was resolved before it was switched on is not asked about', async (t) => {
  const { surveys, resolved, counted, clock } = await openSurveys(t, { isOff: true });
  assert.deepEqual((await surveys.settings()).channelTypes, []);
  await resolved('before');
  await clock.advance(1);
  await surveys.change({ channelTypes: ['chat'], delayMinutes: 0 });
  await surveys.look();
  assert.deepEqual(counted, []);
  await resolved('after');
  assert.deepEqual(counted, ['chat asked']);
  await assert.rejects(surveys.change({ channelTypes: ['pigeon'] }), {
    code: 'settings-invalid',
    field: 'channelTypes',
  });
  await assert.rejects(surveys.change({ everyDays: -1 }), { code: 'settings-invalid', field: 'everyDays' });
});

test('nobody is asked without an answer, about spam, twice in a week, or where the platform takes nothing any more', async (t) => {
  const window = { durationMs: 48 * hourMs, messages: 5 };
  const { store, surveys, writes, answers, closes, resolved, counted, clock } = await openSurveys(t, { window });
  await closes(await writes('unanswered', 'Hello?'));
  const spam = await writes('spammer', 'Buy!');
  await answers(spam);
  await store.conversations.patch(spam, { tags: ['spam'] }, clock.now());
  await closes(spam);
  const late = await writes('slow', 'Hello?');
  await clock.advance(49 * hourMs);
  await answers(late);
  await closes(late);
  const much = await writes('much', 'Hello?');
  for (let i = 0; i < 5; i++) await answers(much);
  await closes(much);
  await surveys.look();
  assert.deepEqual(counted.toSorted(), ['chat excluded', 'chat no-answer', 'chat window', 'chat window']);
  counted.length = 0;
  await resolved('ann');
  await clock.advance(2 * hourMs);
  const second = await resolved('ann');
  assert.deepEqual(counted, ['chat asked', 'chat recent']);
  assert.equal((await surveys.of(second))?.why, 'recent');
  await clock.advance(7 * dayMs);
  await resolved('ann');
  assert.deepEqual(counted.at(-1), 'chat asked');
});

test('one that is open again before its time is asked about when it is resolved for good', async (t) => {
  const { surveys, writes, answers, closes, counted, clock, timeline } = await openSurveys(t);
  await surveys.change({ delayMinutes: 10 });
  const id = await writes('ann', 'Hello?');
  await answers(id);
  await closes(id);
  await clock.advance(5 * minuteMs);
  await surveys.look();
  await writes('ann', 'One more thing');
  await clock.advance(6 * minuteMs);
  await surveys.look();
  assert.deepEqual(counted, []);
  await closes(id);
  await clock.advance(9 * minuteMs);
  await surveys.look();
  assert.deepEqual(counted, []);
  await clock.advance(minuteMs + 1);
  await surveys.look();
  assert.deepEqual(counted, ['chat asked']);
  assert.equal((await timeline(id)).at(-1), 'rating');
});

test('what was asked, and could not be noted, is noted by the next look and asked once', async (t) => {
  const { store, surveys, writes, answers, closes, counted, timeline } = await openSurveys(t);
  const id = await writes('ann', 'Hello?');
  await answers(id);
  await closes(id);
  await store.breakInserts('surveys', "new.state = 'asked'");
  await assert.rejects(surveys.look());
  assert.equal((await timeline(id)).at(-1), 'rating');
  await store.mend();
  await surveys.look();
  assert.deepEqual(counted, ['chat asked']);
  assert.equal((await timeline(id)).filter((entry) => entry === 'rating').length, 1);
});

test('a number within the hour is the answer: nothing is reopened, nobody is asked for, and agents see that there is one', async (t) => {
  const { store, surveys, resolved, says, text, timeline, counted, clock } = await openSurveys(t);
  const id = await resolved('ann');
  await clock.advance(59 * minuteMs);
  const before = await store.conversations.get(id);
  assert.equal(await says('ann', text('4')), true);
  const after = await store.conversations.get(id);
  const moves = ['status', 'ownerEpoch', 'unread', 'waitingSince', 'sla'] as const;
  for (const key of moves) assert.deepEqual(after?.[key], before?.[key], key);
  assert.deepEqual((await timeline(id)).slice(-2), ['survey.answered', 'text']);
  const kept = await surveys.of(id);
  assert.deepEqual([kept?.score, kept?.via, kept?.answeredAt], [4, 'reply', clock.now()]);
  assert.deepEqual(counted.at(-1), 'person 4');
  const entries = await store.conversations.messages(id, { limit: 100 });
  const told = JSON.stringify(entries.slice(-2).map(({ content }) => content));
  assert.ok(!told.includes('4'), 'the timeline does not tell the score');
});

test('what is no score, comes after an hour, or into an open conversation is an ordinary message', async (t) => {
  const { conversations, resolved, says, text, clock, surveys } = await openSurveys(t);
  const id = await resolved('ann');
  for (const words of ['6', '0', '5 parcels', 'very good', '55']) assert.equal(await says('ann', text(words)), false);
  assert.equal(await says('somebody else', text('5')), false);
  await conversations.changeOwner({ conversationId: id, to: 'queued', by: ada, why: 'reopened' });
  assert.equal(await says('ann', text('5')), false);
  await conversations.changeOwner({ conversationId: id, to: 'closed', by: ada, why: 'resolved' });
  await clock.advance(hourMs);
  assert.equal(await says('ann', text('5')), false);
  assert.equal((await surveys.of(id))?.score, null);
});

test('a repeat of an answer changes nothing that was said since; a button of ours is never a message', async (t) => {
  const { resolved, says, text, surveys, clock } = await openSurveys(t);
  const id = await resolved('ann');
  const pressed = { pressed: `survey-${id}-2` };
  assert.equal(await says('bob', pressed), false, 'it was not shown to them');
  assert.equal(await says('ann', pressed, { externalId: 'press' }), true);
  assert.equal(await says('ann', text('5')), true);
  assert.equal(await says('ann', pressed, { externalId: 'press' }), true);
  assert.equal((await surveys.of(id))?.score, 5);
  await clock.advance(dayMs);
  assert.equal(await says('ann', pressed), true, 'too late, and no message');
  assert.equal((await surveys.of(id))?.score, 5);
});

test('a visitor may change the answer for a day, and adds words that agents look at where they ask something', async (t) => {
  const { surveys, resolved, contactOf, timeline, clock, store } = await openSurveys(t);
  const id = await resolved('ann');
  const visitor = { contactId: await contactOf(id), channelId };
  assert.equal(await surveys.forVisitor({ ...visitor, contactId: 'nobody' }), undefined);
  await surveys.answerAsVisitor(visitor, { score: 2 });
  await clock.advance(dayMs - 1);
  await surveys.answerAsVisitor(visitor, { score: 4, comment: ' Can I talk to a person? ' });
  await surveys.answerAsVisitor(visitor, { score: 5 });
  const kept = await surveys.of(id);
  assert.deepEqual([kept?.score, kept?.comment, kept?.asks], [5, 'Can I talk to a person?', true]);
  assert.deepEqual((await timeline(id)).slice(-2), ['survey.answered', 'survey.asks']);
  assert.equal((await store.conversations.get(id))?.status, 'closed');
  await clock.advance(1);
  await assert.rejects(surveys.answerAsVisitor(visitor, { score: 1 }), { code: 'conflict' });
  assert.equal((await surveys.forVisitor(visitor))?.isOpen, false);
});

test('a link answers once, is nobody else’s, ends, and stands in no agent’s sight', async (t) => {
  const { store, surveys, resolved, clock } = await openSurveys(t);
  const id = await resolved('ann');
  const [asked] = await store.conversations.messages(id, { limit: 1, fromEnd: true });
  assert.ok(asked !== undefined);
  const plain = { content: ['text' as const] };
  assert.equal(surveys.deliveryOf(asked, { content: ['text', 'rating'] }), undefined, 'the channel shows ratings');
  const delivered = surveys.deliveryOf(asked, plain);
  assert.ok(delivered?.content.type === 'text' && delivered.shown.type === 'text');
  const [, token = ''] = /\/survey\/(\S+)$/.exec(delivered.content.text) ?? [];
  assert.ok(!delivered.shown.text.includes(token));
  const buttons = surveys.deliveryOf(asked, { content: ['text', 'choices'], maxChoices: 10 });
  assert.ok(buttons?.content.type === 'choices' && buttons.content.choices[0]?.id === `survey-${id}-5`);
  assert.equal(surveys.deliveryOf(asked, { content: ['text', 'choices'], maxChoices: 3 })?.content.type, 'text');
  const other = token.replace(/^\d+/, (no) => String(Number(no) + 1));
  for (const wrong of [other, `${token.slice(0, -1)}_`, '', 'x'.repeat(500)])
    assert.equal(await surveys.behindLink(wrong), undefined, wrong);
  assert.equal((await surveys.behindLink(token))?.isOpen, true);
  assert.equal(await surveys.answerByLink(token, { score: 1, comment: 'No' }), true);
  assert.equal(await surveys.answerByLink(token, { score: 5 }), false);
  assert.equal((await surveys.of(id))?.score, 1);
  await clock.advance(7 * dayMs + 1_000);
  assert.equal(await surveys.behindLink(token), undefined);
});

test('erasing the contact removes what they said', async (t) => {
  const { store, surveys, resolved, contactOf } = await openSurveys(t);
  const id = await resolved('ann');
  const contactId = await contactOf(id);
  await surveys.answerAsVisitor({ contactId, channelId }, { score: 1, comment: 'I am Ann' });
  await store.archive.erase(contactId, { agentId: 'a', at: 1 });
  assert.deepEqual(await store.rows('select * from surveys'), []);
});

test('shares stand beside what they are shares of, and what the bot had alone says nothing of an agent', async (t) => {
  const { store, surveys, resolved, contactOf, clock } = await openSurveys(t);
  const from = clock.now();
  for (const [contact, score] of Object.entries({ a: 5, b: 4, c: 1, d: null })) {
    const id = await resolved(contact);
    if (score !== null) await surveys.answerAsVisitor({ contactId: await contactOf(id), channelId }, { score });
  }
  await clock.advance(2 * hourMs);
  await resolved('a');
  const about = { contactId: 'x', channelId, channelType: 'chat', state: 'answered', why: null, closedAt: 1 } as const;
  const rest = { comment: null, answeredAt: 1, via: 'web', asks: false, groupId: 'g', language: 'en' } as const;
  const byBot = {
    ...about,
    ...rest,
    conversationId: '1',
    askedAt: clock.now(),
    had: 'bot',
    agentId: null,
    score: 3,
  } as const;
  const asked = async (...[range, after, limit]: Parameters<typeof store.surveys.asked>) => [
    ...(await store.surveys.asked(range, after, limit)),
    { ...byBot, no: 1 },
  ];
  const report = await satisfactionReport({ asked }, { from, to: clock.now() + 1 });
  const { total, had, agents, skipped } = report;
  assert.deepEqual([total.asked, total.answers, total.satisfied, total.unsatisfied], [5, 4, 2, 1]);
  assert.deepEqual([total.share, total.answerRate, total.mean], [0.5, 0.8, 3.25]);
  assert.deepEqual([had.bot.answers, had.person.answers, had.mixed.asked], [1, 3, 0]);
  assert.deepEqual([had.mixed.share, had.mixed.low, had.mixed.answerRate], [null, null, null]);
  assert.deepEqual(
    agents.map(({ id, answers }) => [id, answers]),
    [[ada.id, 3]],
  );
  assert.deepEqual(skipped, { recent: 1 });
  const narrowed = await satisfactionReport({ asked }, { from, to: clock.now() + 1 }, { groupId: 'g' });
  assert.deepEqual([narrowed.total.answers, narrowed.skipped], [1, {}]);
});
