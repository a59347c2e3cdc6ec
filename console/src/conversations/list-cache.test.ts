import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Conversation, Message } from '@parley/sdk/protocol.ts';
import { conversationOf, messageOf } from '../testing/samples.ts';
import { tabs } from './conversation-queries.ts';
import { belongs, mapItems, newer, type Pages, placeConversation, withMessage, withRead } from './list-cache.ts';

const pagesOf = (...items: Conversation[]): Pages => [{ items, nextCursor: null }];
const idsOf = (pages: Pages) => pages.flatMap((page) => page.items.map((item) => item.id));

test('a conversation belongs to the tabs of its state and owner', () => {
  const mine = conversationOf({ status: 'agent', assigneeId: 'me' });
  const queued = conversationOf({ status: 'queued', assigneeId: null });
  const snoozed = conversationOf({ status: 'snoozed', assigneeId: 'me', snoozedUntil: 9 });
  const closed = conversationOf({ status: 'closed', assigneeId: 'me' });
  const tabsOf = (conversation: Conversation) => tabs.filter((tab) => belongs(conversation, tab, 'me'));
  assert.deepEqual(tabsOf(mine), ['mine', 'all']);
  assert.deepEqual(tabsOf(queued), ['queue', 'all']);
  assert.deepEqual(tabsOf(snoozed), ['snoozed', 'all']);
  assert.deepEqual(tabsOf({ ...snoozed, assigneeId: 'other' }), ['all']);
  assert.deepEqual(tabsOf(closed), ['closed']);
  assert.deepEqual(tabsOf({ ...mine, assigneeId: 'other' }), ['all']);
});

test('what is new and belongs goes in front; what is known changes in its place; what left is gone', () => {
  const a = conversationOf({ id: 'a' });
  const b = conversationOf({ id: 'b' });
  const pages = placeConversation(pagesOf(a), b, true);
  assert.deepEqual(idsOf(pages), ['b', 'a']);
  const changed = placeConversation(pages, { ...a, priority: 'urgent', updatedAt: a.updatedAt + 1 }, true);
  assert.deepEqual(idsOf(changed), ['b', 'a']);
  assert.equal(changed[0]?.items[1]?.priority, 'urgent');
  assert.deepEqual(idsOf(placeConversation(changed, a, false)), ['b']);
});

test('a search keeps what it found up to date and takes in nothing that nobody searched for', () => {
  const found = conversationOf({ id: 'a' });
  assert.deepEqual(idsOf(placeConversation(pagesOf(found), conversationOf({ id: 'b' }), undefined)), ['a']);
  const changed = placeConversation(pagesOf(found), { ...found, tags: ['vip'], updatedAt: 99 }, undefined);
  assert.deepEqual(changed[0]?.items[0]?.tags, ['vip']);
});

test('nothing to change leaves the same pages, so that nothing renders again', () => {
  const a = conversationOf({ id: 'a' });
  const pages = pagesOf(a);
  assert.equal(placeConversation(pages, a, true)[0]?.items[0], a);
  assert.equal(mapItems(pages, 'b', () => undefined)[0], pages[0]);
});

test('an older event changes nothing, and one that does not know the last message keeps it', () => {
  const known = conversationOf({
    updatedAt: 10,
    lastSeq: 7,
    unread: 2,
    waitingSince: 5,
    lastMessage: { seq: 7, direction: 'in', senderType: 'contact', preview: 'seven', createdAt: 5 },
  });
  assert.equal(newer(known, conversationOf({ updatedAt: 9 })), known);
  const { lastMessage: _, waitingSince: __, ...before } = known;
  const heard = newer(known, { ...before, updatedAt: 11, lastSeq: 6, unread: 1, priority: 'high' });
  assert.equal(heard.priority, 'high');
  assert.deepEqual([heard.lastSeq, heard.unread, heard.waitingSince, heard.lastMessage?.preview], [7, 2, 5, 'seven']);
});

test("a customer's message counts as unread and starts the waiting once; an answer ends it; a note does neither", () => {
  const message = (seq: number, patch: Partial<Message>) => messageOf({ seq, createdAt: seq * 100, ...patch });
  let row = conversationOf({ lastSeq: 0, unread: 0 });
  row = withMessage(row, message(1, { direction: 'in', content: { type: 'text', text: 'first\n line' } }));
  row = withMessage(row, message(2, { direction: 'in' }));
  assert.deepEqual([row.unread, row.waitingSince, row.lastSeq], [2, 100, 2]);
  const note = withMessage(row, message(3, { direction: 'out', private: true }));
  assert.deepEqual([note.waitingSince, note.lastMessage?.seq, note.lastSeq], [100, 2, 3]);
  const answered = withMessage(note, message(4, { direction: 'out' }));
  assert.equal(answered.waitingSince, undefined);
  assert.equal(answered.lastMessage?.direction, 'out');
});

test('the same message twice counts once', () => {
  const message = messageOf({ seq: 1, direction: 'in' });
  const row = withMessage(conversationOf({ lastSeq: 0, unread: 0 }), message);
  assert.equal(withMessage(row, message), row);
});

test('reading to the end clears the count; reading a part of it does not; going back changes nothing', () => {
  const row = conversationOf({ lastSeq: 5, agentReadSeq: 1, unread: 4 });
  assert.equal(withRead(row, 5).unread, 0);
  assert.equal(withRead(row, 3).unread, 4);
  assert.equal(withRead(row, 1), row);
});
