import assert from 'node:assert/strict';
import { test } from 'node:test';
import { channelId } from '../testing/test-store.ts';
import { satisfactionReport } from './satisfaction.ts';
import { ada, dayMs, hourMs, minuteMs, openSurveys } from './surveys-fixture.ts';

test('a customer is asked once about a conversation that was resolved, in the language that they wrote', async () => {
  const { store, surveys, resolved, counted, clock } = await openSurveys();
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

test('the survey is off at first; what was resolved before it was switched on is not asked about', async () => {
  const { surveys, resolved, counted, clock } = await openSurveys({ isOff: true });
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

test('nobody is asked without an answer, about spam, twice in a week, or where the platform takes nothing any more', async () => {
  const window = { durationMs: 48 * hourMs, messages: 5 };
  const { store, surveys, writes, answers, closes, resolved, counted, clock } = await openSurveys({ window });
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

test('one that is open again before its time is asked about when it is resolved for good', async () => {
  const { surveys, writes, answers, closes, counted, clock, timeline } = await openSurveys();
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

test('what was asked, and could not be noted, is noted by the next look and asked once', async () => {
  const { store, surveys, writes, answers, closes, counted, timeline } = await openSurveys();
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

test('a number within the hour is the answer: nothing is reopened, nobody is asked for, and agents see that there is one', async () => {
  const { store, surveys, resolved, says, text, timeline, counted, clock } = await openSurveys();
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

test('what is no score, comes after an hour, or into an open conversation is an ordinary message', async () => {
  const { conversations, resolved, says, text, clock, surveys } = await openSurveys();
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

test('a repeat of an answer changes nothing that was said since; a button of ours is never a message', async () => {
  const { resolved, says, text, surveys, clock } = await openSurveys();
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

test('a visitor may change the answer for a day, and adds words that agents look at where they ask something', async () => {
  const { surveys, resolved, contactOf, timeline, clock, store } = await openSurveys();
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

test('a link answers once, is nobody else’s, ends, and stands in no agent’s sight', async () => {
  const { store, surveys, resolved, clock } = await openSurveys();
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

test('one that cannot be asked about keeps nobody else from being asked', async () => {
  const errors: unknown[] = [];
  const desk = await openSurveys({ onError: (error) => errors.push(error) });
  const [first, second] = [await desk.writes('ann', 'Hello?'), await desk.writes('ben', 'Hello?')];
  for (const id of [first, second]) {
    await desk.answers(id);
    await desk.closes(id);
  }
  desk.torn.add(first);
  await desk.surveys.look();
  assert.deepEqual(
    [(await desk.surveys.of(first))?.state, (await desk.surveys.of(second))?.state],
    [undefined, 'asked'],
  );
  assert.deepEqual(errors.map(String), ['Error: torn']);
  desk.torn.delete(first);
  await desk.surveys.look();
  assert.equal((await desk.surveys.of(first))?.state, 'asked');
});

test('erasing the contact removes what they said', async () => {
  const { store, surveys, resolved, contactOf } = await openSurveys();
  const id = await resolved('ann');
  const contactId = await contactOf(id);
  await surveys.answerAsVisitor({ contactId, channelId }, { score: 1, comment: 'I am Ann' });
  await store.archive.erase(contactId, { agentId: 'a', at: 1 });
  assert.deepEqual(await store.rows('select * from surveys'), []);
});

test('shares stand beside what they are shares of, and what the bot had alone says nothing of an agent', async () => {
  const { store, surveys, resolved, contactOf, clock } = await openSurveys();
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
