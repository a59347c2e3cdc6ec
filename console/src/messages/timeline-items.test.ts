import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Message } from '@parley/sdk/protocol.ts';
import { messageOf } from '../testing/samples.ts';
import { timelineItems } from './timeline-items.ts';

const noon = new Date(2026, 4, 20, 12).getTime();
const minuteMs = 60_000;
const at = (seq: number, minutes: number, patch: Partial<Message> = {}) =>
  messageOf({ seq, createdAt: noon + minutes * minuteMs, ...patch });
const shapeOf = (messages: Message[], readSeq?: number) =>
  timelineItems(messages, readSeq).map((item) =>
    item.kind === 'message' ? `${item.message.seq}${item.startsGroup ? ' named' : ''}` : item.kind,
  );

test('each day begins with a divider, in the time zone of the reader', () => {
  assert.deepEqual(shapeOf([at(1, 0), at(2, 1), at(3, 24 * 60)]), ['day', '1 named', '2', 'day', '3 named']);
});

test('messages of one sender in a row stand under one name, until some minutes have passed', () => {
  assert.deepEqual(shapeOf([at(1, 0), at(2, 1), at(3, 9), at(4, 9, { direction: 'out' })]), [
    'day',
    '1 named',
    '2',
    '3 named',
    '4 named',
  ]);
});

test('a note stands apart from a reply of the same agent', () => {
  const [reply, note] = [at(1, 0, { direction: 'out' }), at(2, 0, { direction: 'out', private: true })];
  assert.deepEqual(shapeOf([reply, note]), ['day', '1 named', '2 named']);
});

test("one divider stands before the first customer's message that was not read", () => {
  const messages = [at(1, 0), at(2, 1, { direction: 'out' }), at(3, 2), at(4, 3)];
  assert.deepEqual(shapeOf(messages, 1), ['day', '1 named', '2 named', 'new', '3 named', '4']);
  assert.deepEqual(shapeOf(messages, 4), ['day', '1 named', '2 named', '3 named', '4']);
});
