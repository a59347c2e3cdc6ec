import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { CallBack } from '@parley/sdk/protocol.ts';
import { withCallBack } from './call-back-queries.ts';

const callBack = (id: string, dueAt: number, state: CallBack['state'] = 'open'): CallBack => ({
  ...{ id, dueAt, state, conversationId: '1', contactId: 'c', kind: 'call-back', name: null, phone: '1', email: null },
  ...{ note: null, tries: 0, agentId: null, createdAt: 1, updatedAt: 1 },
});
const ids = (known: readonly CallBack[] | undefined) => known?.map(({ id }) => id);

test('an event puts what is open where it is due, takes out what is not, and has it asked for where more may follow', () => {
  const known = [callBack('a', 1), callBack('c', 3)];
  assert.deepEqual(ids(withCallBack(known, callBack('b', 2))), ['a', 'b', 'c']);
  assert.deepEqual(ids(withCallBack(known, callBack('a', 9))), ['c', 'a']);
  assert.deepEqual(ids(withCallBack(known, callBack('a', 1, 'taken'))), ['c']);
  assert.deepEqual(ids(withCallBack(known, callBack('x', 1, 'done'))), ['a', 'c']);
  const full = Array.from({ length: 50 }, (_, i) => callBack(`n${String(i).padStart(2, '0')}`, i));
  assert.equal(ids(withCallBack(full, callBack('z', -1)))?.length, 50);
  assert.equal(withCallBack(full, callBack('n00', 0, 'cancelled')), undefined);
  assert.equal(ids(withCallBack(full, callBack('y', 0, 'cancelled')))?.length, 50);
});
