import assert from 'node:assert/strict';
import type { WarmStore } from '../storage/warm/warm-store.ts';
import type { Survey } from '../surveys/survey-store.ts';
import { channelId, inbound, moved } from './test-store.ts';

/** Asks a store for all that it keeps of what customers say once a conversation is resolved. */
export async function exerciseSurveys({ conversations, surveys }: WarmStore): Promise<void> {
  const [stored] = await conversations.append([inbound('sue', { at: 7_770_000 })]);
  assert.ok(stored !== undefined && stored.kind !== 'refused');
  const { conversationId, head } = stored;
  const start = { at: 7_769_999, no: 0 };
  assert.deepEqual(await surveys.closed(start, 7_780_000, 9), []);
  await conversations.append([moved({ conversationId }, { to: 'closed' }, { at: 7_770_001 })]);
  const [resolved, ...others] = await surveys.closed(start, 7_780_000, 9);
  assert.deepEqual([resolved?.id, resolved?.closedAt, others], [conversationId, 7_770_001, []]);
  const { contactId } = head;
  assert.equal(await surveys.lastAsked(contactId), null);

  const nothing = { score: null, comment: null, answeredAt: null, via: null, asks: false };
  const survey: Survey = {
    ...{ conversationId, contactId, channelId, channelType: 'web', state: 'skipped', why: 'recent', ...nothing },
    ...{ closedAt: 7_770_000, askedAt: 7_770_002, had: 'bot', agentId: null, groupId: 'sales', language: 'zh' },
  };
  assert.equal(await surveys.put({ ...survey, conversationId: '999999' }), false, 'there is no such conversation');
  assert.equal(await surveys.put(survey), true);
  assert.equal((await surveys.closed(start, 7_780_000, 9)).length, 1, 'it was closed anew since');
  assert.equal(await surveys.lastAsked(contactId), null, 'nobody was asked');
  const asked: Survey = { ...survey, state: 'asked', why: null, closedAt: 7_770_001 };
  assert.equal(await surveys.put({ ...asked, state: 'asking' }), true);
  assert.equal((await surveys.closed(start, 7_780_000, 9)).length, 1, 'whoever comes next says it');
  assert.equal(await surveys.lastAsked(contactId), null, 'not yet');
  assert.equal(await surveys.put(asked), true);
  assert.equal(await surveys.put(asked), false, 'once');
  assert.deepEqual(await surveys.closed(start, 7_780_000, 9), []);
  assert.equal(await surveys.lastAsked(contactId), 7_770_002);
  assert.deepEqual(await surveys.get(conversationId), asked);

  const answer = { score: 2, comment: 'why? 为什么😀', via: 'reply', asks: true, at: 7_770_009 } as const;
  assert.equal(await surveys.answer(conversationId, answer, asked), true);
  assert.equal(await surveys.answer(conversationId, answer, asked), false, 'somebody was faster');
  assert.equal(await surveys.answer('999999', answer, asked), false);
  const { at: answeredAt, ...kept } = answer;
  const answered: Survey = { ...asked, ...kept, state: 'answered', answeredAt };
  assert.deepEqual(await surveys.get(conversationId), answered);
  const places = { low: { at: 0, no: 0 }, until: 9_000_000 };
  const low = { conversationId, at: answeredAt, no: Number(conversationId) };
  assert.deepEqual(await surveys.lowAfter(places.low, places.until, 9), [low]);
  assert.deepEqual(await surveys.lowAfter(low, places.until, 9), []);
  assert.equal(await surveys.answer(conversationId, { ...answer, score: 4, at: 7_770_010 }, answered), true);
  assert.deepEqual(await surveys.scores([conversationId, '999999']), new Map([[conversationId, 4]]));
  assert.deepEqual(await surveys.lowAfter(places.low, places.until, 9), []);

  const { comment: _, ...outline } = { ...answered, score: 4, no: Number(conversationId) };
  const span = { from: 7_770_000, to: 7_780_000 };
  assert.deepEqual(await surveys.asked(span, { at: 0, no: 0 }, 9), [outline]);
  assert.deepEqual(await surveys.asked(span, { at: 7_770_002, no: Number(conversationId) }, 9), []);
  assert.equal((await surveys.answered(null, 9))[0]?.answeredAt, answeredAt, 'a change is no later answer');
  assert.deepEqual(await surveys.answered({ at: answeredAt, no: Number(conversationId) }, 9), []);
}
