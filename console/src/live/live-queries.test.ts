import assert from 'node:assert/strict';
import { test } from 'node:test';
import { conversationOf } from '../testing/samples.ts';
import { byUrgency } from './live-queries.ts';

test('where a customer waits longest is first, then what was answered, the oldest first', () => {
  const live = [
    conversationOf({ id: 'answered', createdAt: 5 }),
    conversationOf({ id: 'waits short', createdAt: 1, waitingSince: 90 }),
    conversationOf({ id: 'waits long', createdAt: 9, waitingSince: 10 }),
    conversationOf({ id: 'answered before', createdAt: 2 }),
  ];
  assert.deepEqual(
    live.toSorted(byUrgency).map(({ id }) => id),
    ['waits long', 'waits short', 'answered before', 'answered'],
  );
});
