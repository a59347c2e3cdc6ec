import assert from 'node:assert/strict';
import type { WarmStore } from '../storage/warm/warm-store.ts';
import { channelId, inbound, moved, reply } from './test-store.ts';

/**
 * Asks a store for everything that it can do, once: whoever notes its statements has all of them.
 * @returns how many kinds of list were read, each from its beginning and from a later page
 */
export async function exerciseStore(store: WarmStore): Promise<{ lists: number }> {
  const { conversations, outbox, queue, assignments } = store;
  const channel = { id: channelId, type: 'web', name: 'Web', settings: {}, enabled: true, createdAt: 1, updatedAt: 1 };
  await store.channels.save(channel);
  const [first] = await conversations.append([
    inbound('ann', { clientId: 'c1' }),
    inbound('ann', { externalId: { channelId, id: 'e1' }, queueEntryId: 'q1' }),
  ]);
  assert.ok(first !== undefined && first.kind !== 'refused');
  const id = first.conversationId;
  const { contactId } = first.head;
  await conversations.append([
    reply(id, { deliver: true, clientId: 'c2' }),
    moved({ conversationId: id }, { to: 'agent', assigneeId: 'a', capacity: 1 }),
  ]);
  const filters = [
    {},
    { status: 'open' as const },
    { status: 'queued' as const },
    { assigneeId: 'a', status: 'open' as const },
    { assigneeId: 'a' },
    { assigneeId: 'none', status: 'open' as const },
    { channelId },
    { contactId },
    { q: 'ann' },
    { q: 'ann', status: 'open' as const },
  ];
  const cursor = Buffer.from('1:1').toString('base64url');
  for (const filter of filters) {
    await conversations.list(filter, { limit: 10 });
    await conversations.list(filter, { limit: 10, cursor });
  }
  await conversations.counts('a');
  await conversations.heads([id]);
  for (const range of [{ after: 1 }, { before: 9, fromEnd: true }, { publicOnly: true }]) {
    await conversations.messages(id, { limit: 10, ...range });
  }
  await conversations.changeMessage({ conversationId: id, seq: 1, recalledAt: 1 });
  await conversations.changedSince(id, 0, 10);
  await conversations.patch(id, { tags: ['a'] }, 1);
  await conversations.markRead(id, 'agent', 1, 1);
  await conversations.markRead(id, 'contact', 1, 1);
  await conversations.findByExternalId(channelId, 'e1');
  await conversations.contact(contactId);
  await conversations.patchContact(contactId, { name: 'Ann' }, 1);
  await conversations.ensureContact(channelId, { externalId: 'ben' }, { verified: true, at: 1 });
  await conversations.findContact(channelId, 'ben');
  await conversations.currentConversation(contactId, channelId, '');
  await conversations.externalIdOf(contactId, channelId);
  await assignments.waiting();
  await assignments.assigned();
  await assignments.unanswered('a');
  const [delivery] = await outbox.due(channelId, 9_000, 10);
  assert.ok(delivery);
  await outbox.nextAt(channelId, 0);
  await outbox.begin(delivery.id, delivery.attempts);
  await outbox.partSent(delivery.id, 1);
  await outbox.finish(delivery, { kind: 'later', at: 1, reason: 'busy' });
  await outbox.finish(delivery, { kind: 'failed', reason: 'no' });
  await outbox.dead({ limit: 10, after: 'zz' });
  await outbox.deadById(delivery.id);
  await outbox.resend(id, delivery.message.seq, 1);
  await outbox.finish(delivery, { kind: 'sent', externalId: 's1' });
  await outbox.removeDead(delivery.id);
  await outbox.counts();
  await queue.push([['q2', channelId, 'l', '{}', 0, 1]]);
  await queue.after('', 10);
  await queue.failed('q2', 1);
  await queue.bury({
    id: 'q2',
    channel_id: channelId,
    lane: 'l',
    payload: '{}',
    attempts: 1,
    enqueued_at: 1,
    reason: 'r',
  });
  await queue.dead({ limit: 1, after: 'zz' });
  await queue.revive('q2', 'q3');
  await queue.remove(['q3']);
  await store.agents.session('h');
  await store.agents.removeSession('h');
  await store.agents.removeSessionsOf('a');
  await store.files.get('f');
  await store.meta.getOrSet('m', 'v');
  return { lists: filters.length };
}
