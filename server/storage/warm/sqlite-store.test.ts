import assert from 'node:assert/strict';
import { DatabaseSync } from 'node:sqlite';
import { test } from 'node:test';
import { Refusal } from '../../gateway/refusal.ts';
import { append, channelId, inbound, openTestStore, reply } from '../../testing/test-store.ts';

const isUnavailable = (error: unknown) => error instanceof Refusal && error.code === 'unavailable';

test('a full disk is a refusal with a time to come back, shows as a fault, and ends when there is room again', async () => {
  const store = await openTestStore();
  const [first] = await append(store, inbound('ann'));
  store.run('pragma wal_checkpoint(truncate)');
  // The writer's own connection has no lid to put on it from here: the trigger stands in for the engine's answer.
  store.run('create trigger full before insert on messages begin select raise(abort, "disk full"); end');
  await assert.rejects(store.conversations.append([inbound('ann')]), /disk full/);
  assert.equal(store.fault, undefined, 'one request that fails is no fault of the store');
  store.run('drop trigger full');
  const other = new DatabaseSync(store.path);
  other.exec('begin immediate');
  const blocked = store.conversations.append([inbound('ann', { clientId: 'c1' })]);
  await assert.rejects(blocked, (error) => isUnavailable(error) && (error as Refusal).retryAfterMs === 5_000);
  assert.match(store.fault ?? '', /cannot write/);
  const stored = await store.conversations.messages(first?.conversationId ?? '', { limit: 10 });
  assert.equal(stored.length, 1, 'what was stored can still be read');
  other.exec('rollback');
  other.close();
  const [again] = await append(store, inbound('ann', { clientId: 'c1' }));
  assert.deepEqual([again?.kind, again?.seq, store.fault], ['stored', 2, undefined]);
});

test('a request of several statements that fails in the middle is taken back whole', async () => {
  const store = await openTestStore();
  const [first] = await append(store, inbound('ann'));
  await append(store, reply(first?.conversationId ?? '', { deliver: true, at: 1_000 }));
  const [delivery] = await store.outbox.due(channelId, 1_000, 1);
  assert.ok(delivery);
  store.run('create trigger broken before insert on message_changes begin select raise(abort, "broken"); end');
  await assert.rejects(store.outbox.finish(delivery, { kind: 'sent', externalId: 'wamid-1' }), /broken/);
  assert.equal((await store.outbox.due(channelId, 1_000, 1)).length, 1, 'it still waits to be sent');
  assert.equal(await store.conversations.findByExternalId(channelId, 'wamid-1'), undefined);
  store.run('drop trigger broken');
  const sent = await store.outbox.finish(delivery, { kind: 'sent', externalId: 'wamid-1' });
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
