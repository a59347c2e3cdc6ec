import assert from 'node:assert/strict';
import { DatabaseSync } from 'node:sqlite';
import { test } from 'node:test';
import { Refusal } from '../../gateway/refusal.ts';
import { until } from '../../testing/running-program.ts';
import { append, channelId, inbound, openTestStore, reply } from '../../testing/test-store.ts';

const isUnavailable = (error: unknown) => error instanceof Refusal && error.code === 'unavailable';

test('a store that cannot write refuses with a time to come back, shows the fault, and recovers by itself', async () => {
  const store = await openTestStore();
  const [first] = await append(store, inbound('ann'));
  const other = new DatabaseSync(store.path);
  // Somebody else holds the write lock (a backup tool, a second start) for longer than the store waits.
  other.exec('begin immediate');
  const message = inbound('ann', { clientId: 'c1' });
  await assert.rejects(
    store.conversations.append([message]),
    (error) => isUnavailable(error) && (error as Refusal).retryAfterMs === 5_000,
  );
  assert.match(store.fault ?? '', /cannot write/);
  assert.equal((await store.conversations.messages(first?.conversationId ?? '', { limit: 10 })).length, 1);
  other.exec('rollback');
  other.close();
  const [again] = await append(store, message);
  assert.deepEqual([again?.kind, again?.seq], ['stored', 2]);
  // One message may find room where the longest does not: what tries that says when all is well.
  await until(() => store.fault === undefined);
});

test('a request that the data refuses is an error of that request, and no fault of the store', async () => {
  const store = await openTestStore();
  await store.breakInserts('messages');
  await assert.rejects(store.conversations.append([inbound('ann')]), /broken/);
  assert.equal(store.fault, undefined);
});

test('a request of several statements that fails in the middle is taken back whole', async () => {
  const store = await openTestStore();
  const [first] = await append(store, inbound('ann'));
  await append(store, reply(first?.conversationId ?? '', { deliver: true, at: 1_000 }));
  const [delivery] = (await store.outbox.due(channelId, 1_000, 1)).deliveries;
  assert.ok(delivery);
  await store.breakInserts('message_changes');
  await assert.rejects(store.outbox.finish(delivery, { kind: 'sent', externalId: 'wamid-1' }, 1_000), /broken/);
  assert.equal((await store.outbox.due(channelId, 1_000, 1)).deliveries.length, 1, 'it still waits to be sent');
  assert.equal(await store.conversations.findByExternalId(channelId, 'wamid-1'), undefined);
  await store.mend();
  const sent = await store.outbox.finish(delivery, { kind: 'sent', externalId: 'wamid-1' }, 1_000);
  assert.equal(sent?.message.state, 'sent');
});

test('refusals of the store keep their code and field on the way out of its thread', async () => {
  const store = await openTestStore();
  await assert.rejects(store.conversations.list({}, { cursor: 'x', limit: 10 }), (error) => {
    assert.ok(error instanceof Refusal);
    assert.deepEqual([error.code, error.field, error.status], ['cursor-invalid', 'cursor', 400]);
    return true;
  });
});

test('what was given before the end is done, and what comes after it is refused at once', async () => {
  const store = await openTestStore();
  const underway = Array.from({ length: 50 }, (_, i) => append(store, inbound('ann', { clientId: `${i}` })));
  const reopening = store.reopen();
  assert.equal((await Promise.all(underway)).length, 50);
  const reopened = await reopening;
  await assert.rejects(store.meta.get('epoch'), isUnavailable);
  await assert.rejects(store.conversations.append([inbound('ann')]), isUnavailable);
  const [conversation] = (await reopened.conversations.list({}, { limit: 1 })).items;
  assert.equal(conversation?.lastSeq, 50);
});
