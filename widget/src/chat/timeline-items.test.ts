import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { PendingMessage } from '@parley/sdk/client-api.ts';
import type { Message } from '@parley/sdk/protocol.ts';
import { type MessageItem, timelineItems } from './timeline-items.ts';

const noon = new Date(2026, 10, 23, 12).getTime();
const minute = 60_000;

function stored(seq: number, from: 'me' | 'agent', minutes: number, rest: Partial<Message> = {}): Message {
  return {
    id: `m${seq}`,
    conversationId: 'c',
    seq,
    direction: from === 'me' ? 'in' : 'out',
    sender: from === 'me' ? { type: 'contact' } : { type: 'agent', id: 'a', name: 'Anna' },
    content: { type: 'text', text: `text ${seq}` },
    private: false,
    state: 'received',
    createdAt: noon + minutes * minute,
    ...rest,
  };
}
function unsent(clientId: string, state: PendingMessage['state']): PendingMessage {
  const content = { type: 'text' as const, text: clientId };
  return { clientId, conversationId: 'c', content, private: false, createdAt: noon + 10 * minute, state };
}
const queued = { agent: false, readSeq: 0 };
const said = (items: ReturnType<typeof timelineItems>) =>
  items.filter((item): item is MessageItem => item.kind === 'message');

test('a divider stands before the first message of every day, and nowhere else', () => {
  const items = timelineItems([stored(1, 'me', 0), stored(2, 'agent', 1), stored(3, 'me', 24 * 60)], [], queued);
  assert.deepEqual(
    items.map(({ kind }) => kind),
    ['day', 'message', 'message', 'day', 'message'],
  );
});

test('what one side says within five minutes hangs together, until the other side or something that happened is between', () => {
  const joined = stored(4, 'agent', 4, { content: { type: 'system', event: 'conversation.assigned', text: 'joined' } });
  const messages = [stored(1, 'me', 0), stored(2, 'me', 4), stored(3, 'me', 10), joined, stored(5, 'agent', 11)];
  assert.deepEqual(
    said(timelineItems(messages, [], queued)).map(({ first, last }) => [first, last]),
    [
      [true, false],
      [false, true],
      [true, true],
      [true, true],
    ],
  );
});

test('only the last of my messages says how far it came: sent, delivered to an agent, read; every one that failed says so', () => {
  const messages = [stored(1, 'me', 0), stored(2, 'me', 1)];
  const marks = (agent: boolean, readSeq: number, pending: PendingMessage[] = []) =>
    said(timelineItems(messages, pending, { agent, readSeq })).map(({ mark }) => mark);
  assert.deepEqual(marks(false, 1), [undefined, 'sent']);
  assert.deepEqual(marks(true, 1), [undefined, 'delivered']);
  assert.deepEqual(marks(true, 2), [undefined, 'read']);
  assert.deepEqual(marks(false, 2, [unsent('x', 'failed'), unsent('y', 'waiting')]), [
    undefined,
    undefined,
    'failed',
    'sending',
  ]);
});

test('a message keeps its key when the server has stored it', () => {
  const [before] = said(timelineItems([], [unsent('x', 'sending')], queued));
  const [after] = said(timelineItems([stored(1, 'me', 10, { clientId: 'x' })], [], queued));
  assert.equal(before?.key, after?.key);
});

test('what may be answered stays open until I have said something after it', () => {
  const messages = [stored(1, 'agent', 0), stored(2, 'me', 1), stored(3, 'agent', 2), stored(4, 'agent', 3)];
  assert.deepEqual(
    said(timelineItems(messages, [], queued)).map(({ open }) => open),
    [false, false, true, true],
  );
});

test('private notes are not shown, and what was withdrawn has no content any more', () => {
  const messages = [stored(1, 'agent', 0, { private: true }), stored(2, 'agent', 1, { recalledAt: noon })];
  const items = said(timelineItems(messages, [], queued));
  assert.deepEqual(
    items.map(({ key, content }) => [key, content]),
    [['m2', undefined]],
  );
});
