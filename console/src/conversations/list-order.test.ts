import assert from 'node:assert/strict';
import { test } from 'node:test';
import { conversationOf } from '../testing/samples.ts';
import { arrangeRows } from './list-order.ts';

const at = (id: string, createdAt: number) => conversationOf({ id, createdAt });
const idsOf = (arranged: ReturnType<typeof arrangeRows>) => arranged.rows.map((row) => row.conversation.id);

test('a list that nobody looks at shows the newest activity first', () => {
  assert.deepEqual(idsOf(arrangeRows([at('a', 1), at('c', 3), at('b', 2)], undefined)), ['c', 'b', 'a']);
});

test('a held list keeps every row in its place, whatever happens in it', () => {
  const held = { rows: [at('c', 3), at('b', 2), at('a', 1)] };
  const { rows, fresh } = arrangeRows([at('a', 9), at('b', 2), at('c', 3)], held);
  assert.deepEqual(
    rows.map((row) => row.conversation.id),
    ['c', 'b', 'a'],
  );
  assert.equal(rows[2]?.conversation.createdAt, 9, 'the row itself is up to date');
  assert.equal(fresh, 0);
});

test('what comes new to a held list is counted instead of shown', () => {
  const arranged = arrangeRows([at('new', 9), at('b', 2), at('a', 1)], { rows: [at('b', 2), at('a', 1)] });
  assert.deepEqual(idsOf(arranged), ['b', 'a']);
  assert.equal(arranged.fresh, 1);
});

test('what left a held list stays where it was, marked as gone', () => {
  const { rows } = arrangeRows([at('a', 1)], { rows: [at('b', 2), at('a', 1)] });
  assert.deepEqual(
    rows.map((row) => [row.conversation.id, row.gone]),
    [
      ['b', true],
      ['a', false],
    ],
  );
});

test('an older page goes below a held list, and is not counted as new', () => {
  const arranged = arrangeRows([at('b', 5), at('a', 4), at('old', 1)], { rows: [at('b', 5), at('a', 4)] });
  assert.deepEqual(idsOf(arranged), ['b', 'a', 'old']);
  assert.equal(arranged.fresh, 0);
});
