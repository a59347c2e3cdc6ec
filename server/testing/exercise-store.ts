import assert from 'node:assert/strict';
import { newSlaCase } from '../routing/sla/sla-case.ts';
import type { WarmStore } from '../storage/warm/warm-store.ts';
import { exerciseDialogue } from './exercise-dialogue.ts';
import { exerciseDocuments } from './exercise-documents.ts';
import { exerciseGaps } from './exercise-gaps.ts';
import { exerciseIdentity } from './exercise-identity.ts';
import { exerciseIntents } from './exercise-intents.ts';
import { exerciseKnowledge } from './exercise-knowledge.ts';
import { exerciseLabels } from './exercise-labels.ts';
import { exerciseModels } from './exercise-models.ts';
import { exerciseRecord } from './exercise-record.ts';
import { exerciseReplays } from './exercise-replays.ts';
import { exerciseSurveys } from './exercise-surveys.ts';
import { channelId, inbound, moved, reply } from './test-store.ts';

/**
 * Asks a store for everything that it can do: whoever notes its statements has all of them, each list from its beginning
 * and from a later page.
 */
export async function exerciseStore(store: WarmStore): Promise<void> {
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
    { assigneeId: 'a', status: 'snoozed' as const },
    { assigneeId: 'a', status: 'open' as const },
    { assigneeId: 'a' },
    { assigneeId: 'none', status: 'open' as const },
    { channelId },
    { contactId },
    { channelId, status: 'queued' as const },
    { channelId, assigneeId: 'a' },
    { contactId, status: 'open' as const },
    { skillGroupIds: ['sales', null], status: 'agent' as const },
    { skillGroupIds: ['sales'], status: 'agent' as const, q: 'ann' },
    { assigneeId: 'a', skillGroupIds: ['sales'], status: 'agent' as const },
    { sla: {} },
    { sla: { overdueAt: 9 } },
    { sla: {}, assigneeId: 'a' },
    { sla: { overdueAt: 9 }, assigneeId: 'none' },
    { q: 'ann' },
    { q: 'ann lee', status: 'open' as const },
    { q: 'ann', channelId, assigneeId: 'none' },
  ];
  const cursor = Buffer.from('1:1').toString('base64url');
  for (const filter of filters) {
    await conversations.list(filter, { limit: 10 });
    await conversations.list(filter, { limit: 10, cursor });
  }
  await conversations.counts('a');
  await exerciseParticipants(store, id);
  await conversations.heads([id]);
  for (const range of [{ after: 1 }, { before: 9, fromEnd: true }, { publicOnly: true }]) {
    await conversations.messages(id, { limit: 10, ...range });
  }
  await conversations.changeMessage({ conversationId: id, seq: 1, recalledAt: 1 });
  await conversations.changedSince(id, 0, 10);
  await conversations.warmChanges(id, 0, 10);
  await conversations.warmMessages(id, { limit: 10 });
  await conversations.archivedSeq(id);
  await conversations.get(id);
  await conversations.getAll([id]);
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
  for (const lane of [null, 'sales']) {
    await assignments.owed(lane, false, 10);
    await assignments.owed(lane, true, 10);
    await assignments.waiting(lane, undefined, 10);
    await assignments.waiting(lane, { id: '1', queuedAt: 1 }, 10);
    await assignments.countWaiting(lane);
  }
  await assignments.countWaiting();
  await assignments.snoozed(10);
  await assignments.quiet(['a', 'b'], 1);
  await assignments.lightened(['a', 'b']);
  await assignments.weigh([{ id: '1', agentId: 'a', channelId, epoch: 1, weight: 100, wholeWeight: 100, to: 50 }]);
  await assignments.lanes();
  await assignments.waitingRows([id]);
  await assignments.openRows([id]);
  await assignments.lastServed([{ id, contactId }]);
  await assignments.ruleSubjects([id]);
  await exerciseRouting(store);
  await exerciseSla(store, id);
  await exerciseWaits(store, id, contactId);
  await exerciseRecord(store);
  await exerciseDialogue(store);
  await exerciseIdentity(store);
  await exerciseModels(store);
  await exerciseDocuments(store);
  await exerciseIntents(store);
  await exerciseReplays(store);
  await exerciseKnowledge(store);
  await assignments.loads(['a', 'b']);
  await assignments.holdings(['a', 'b']);
  await assignments.holders();
  await assignments.unanswered('a');
  await assignments.unanswered('a', 9_000);
  const [delivery] = (await outbox.due(channelId, 9_000, 10)).deliveries;
  assert.ok(delivery);
  await outbox.nextAt(channelId, 0);
  await outbox.putBehind(channelId, 9_000, 10);
  await outbox.begin(delivery.id, delivery.attempts);
  await outbox.partSent(delivery.id, 1);
  await outbox.finish(delivery, { kind: 'later', at: 1, reason: 'busy' }, 9_000);
  const again = { ...delivery, attempts: delivery.attempts + 1 };
  await outbox.begin(again.id, again.attempts);
  await outbox.finish(again, { kind: 'failed', reason: 'no' }, 9_000);
  await outbox.dead({ limit: 10 });
  await outbox.dead({ limit: 10, after: 'zz' });
  await outbox.deadById(delivery.id);
  await outbox.resend(id, delivery.message.seq, 1);
  await outbox.bringForward(channelId, 1, 10);
  await outbox.finish(delivery, { kind: 'sent', externalId: 's1' }, 9_000);
  await outbox.removeDead(delivery.id);
  await outbox.counts();
  await exerciseDeliveries(store);
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
  await queue.count();
  await queue.countDead();
  await queue.deadById('q2');
  await queue.dead({ limit: 1 });
  await queue.dead({ limit: 1, after: 'zz' });
  await queue.revive('q2', 'q3');
  await queue.remove(['q3']);
  await queue.removeDead('q3');
  await exerciseSuggestions(store, id, contactId);
  await exerciseGaps(store, id, contactId);
  await exerciseLabels(store, id, contactId);
  await store.dialogues.forget(8_890_000, 9);
  await exerciseArchive(store, id, contactId);
  await exerciseSurveys(store);
  await store.channels.all();
  await store.channels.remove(channelId, 1);
  const agent = {
    id: 'a',
    email: 'a@example.com',
    name: 'A',
    role: 'agent' as const,
    passwordHash: 'h',
    enabled: true,
  };
  await store.agents.insert({ ...agent, capacity: 1, createdAt: 1 });
  await store.agents.update({ ...agent, capacity: 2, createdAt: 1 });
  await store.agents.all();
  await store.agents.insertSession({ tokenHash: 'h', agentId: 'a', createdAt: 1, expiresAt: 2 });
  await store.agents.session('h');
  await store.agents.aliveSessions(['h']);
  await store.agents.removeSession('h');
  await store.agents.removeSessionsOf('a');
  await store.agents.removeExpiredSessions(1);
  await store.files.insert({
    id: 'f',
    name: 'f',
    mimeType: 'text/plain',
    sizeBytes: 1,
    owner: 'agent:a',
    createdAt: 1,
  });
  await store.files.get('f');
  await store.meta.getOrSet('m', 'v');
  await store.meta.set('m', 'w');
  await store.meta.get('m');
  await store.meta.now();
  const author = { id: 'a', name: 'A' };
  const version = { version: 1, document: '{}', author, note: null, publishedAt: 1, despite: null };
  await store.routing.add(version);
  await store.routing.newest(0);
  await store.routing.get(1);
  await store.routing.list({ before: 9, limit: 10 });
  await store.routing.begun({ after: 0, limit: 10 });
}

/** Says twice of one that waits where it waits, so that the second record follows the first. */
async function exerciseRouting({ conversations, assignments }: WarmStore): Promise<void> {
  const [waits] = await conversations.append([inbound('dora')]);
  assert.ok(waits !== undefined && waits.kind !== 'refused');
  const row = { id: waits.conversationId, epoch: 1, routing: null };
  const note = { at: 1, kind: 'overflow', agentId: null, groupId: 'sales', why: 'group', record: '{}' };
  const said = { groupId: 'sales', priority: 'high' as const, tags: ['a'] };
  assert.equal(await assignments.route(row, { ...said, routing: '1' }, note), true);
  assert.equal(await assignments.route(row, { ...said, routing: '2' }, note), false);
  assert.equal(await assignments.route({ ...row, routing: '1' }, { routing: '2' }, note), true);
  assert.equal(await assignments.route({ ...row, routing: '2' }, undefined, note), true);
  assert.equal(await assignments.routingOf(row.id), '2');
  const [, second] = await assignments.decisions(row.id, { limit: 2 });
  assert.equal(second?.n, 2);
  const [first] = await assignments.decisions(row.id, { limit: 9, before: second });
  assert.equal(first?.n, 1);
}

async function exerciseSla({ sla, conversations, assignments }: WarmStore, id: string): Promise<void> {
  await sla.watch(true);
  const [waits] = await conversations.append([inbound('ida')]);
  assert.ok(waits !== undefined && waits.kind !== 'refused');
  await conversations.patch(id, { priority: 'high' }, 1);
  await assignments.route({ id: waits.conversationId, epoch: 1, routing: null }, { routing: '1', groupId: 'sales' });
  const events = await sla.events(10);
  assert.equal(events.length, 3);
  const state = newSlaCase({ at: 1, status: 'queued', isAsked: true, isAnswered: false, isSnoozed: false });
  const breach = { target: 'resolution', n: 1, at: 1, policyId: 'p', priority: 'normal' } as const;
  const save = { id, state, groupId: 'sales', assigneeId: null, dueAt: 1, nextAt: 1 };
  const results = [{ ...breach, outcome: 'breached' as const }];
  const eventIds = events.map((event) => event.id);
  assert.equal(await sla.save([{ ...save, rev: 0, results }], eventIds), true);
  const late = [{ ...breach, outcome: 'late' as const, tookMs: 2, lateMs: 1 }];
  assert.equal(await sla.save([{ ...save, rev: 1, results: late }], []), true);
  await sla.subjects([id]);
  await sla.due(9, 10);
  await sla.nextAt();
  await sla.open('queued', undefined, 10);
  await sla.open('queued', { id, sortAt: 1 }, 10);
  await sla.forget(['99']);
  await sla.summary({ now: 9, soonMs: 1, since: [0] });
  await sla.results({ outcome: 'breached', limit: 10 });
  await sla.results({ outcome: 'breached', limit: 10, before: { at: 1, conversationId: id, target: 'x', n: 1 } });
  await sla.removeCountsBefore(1);
  await sla.watch(false);
}

/** A customer waits, is told something, leaves and comes back; another one is called back. */
async function exerciseWaits({ waits, callBacks }: WarmStore, conversationId: string, contactId: string) {
  const wait = { id: conversationId, queuedAt: 1_000 };
  await waits.states([conversationId]);
  await waits.seen([wait], 2_000);
  await waits.told([{ ...wait, lowMs: 0, highMs: 60_000, at: 2_000 }]);
  await waits.unseen(9_000, 10);
  await waits.leave(wait, 3_000);
  await waits.end([wait]);
  await waits.comeBack([conversationId]);
  const kept = await callBacks.add({
    ...{ id: 'b1', conversationId, contactId, clientId: 'c1', kind: 'call-back' },
    ...{ name: null, phone: '12345', email: null, note: null, dueAt: 5, state: 'open', tries: 0, agentId: null },
    ...{ createdAt: 1, updatedAt: 1 },
  });
  await callBacks.get(kept.id);
  await callBacks.find(conversationId, 'c1');
  await callBacks.of(conversationId);
  await callBacks.list('open', { limit: 10 });
  await callBacks.list('open', { limit: 10, cursor: '1.a' });
  assert.equal(await callBacks.change(kept, { ...kept, state: 'taken' }), true);
  assert.equal(await callBacks.change(kept, { ...kept, state: 'done' }), false);
}

async function exerciseSuggestions({ suggestions }: WarmStore, id: string, contactId: string): Promise<void> {
  const pair = {
    ...{ conversationId: id, seq: 1, contactId, agentId: 'a', channelType: 'web' },
    language: null,
    at: 1,
  };
  await suggestions.addPairs([{ ...pair, question: 'a', answer: 'b' }]);
  await suggestions.pairsAfter(0, 10);
  await suggestions.removePair(id, 1);
  await suggestions.addPairs([1, 2, 3].map((seq) => ({ ...pair, seq, question: 'a', answer: 'b' })));
  await suggestions.trimPairs(1);
  await suggestions.newestMessageId();
  await suggestions.messagesAfter(0, 9_000, 10);
  const used = { source: 'article:1', edited: true };
  const outcome = {
    ...{ conversationId: id, afterSeq: 1, agentId: 'a', at: 1 },
    situations: [''],
    shown: ['article:1'],
    used,
  };
  assert.equal(await suggestions.countOutcome(outcome), true);
  assert.equal(await suggestions.countOutcome(outcome), false);
  await suggestions.countsOf(['article:1'], ['', 'x']);
  await suggestions.tidy({ outcomes: 1, counts: 1 });
  await suggestions.decide({ key: 'k', state: 'approved', byId: 'a', at: 1 });
  await suggestions.decisions(['k']);
}

async function exerciseArchive({ archive, archiveFiles, conversations }: WarmStore, id: string, contactId: string) {
  await conversations.append([moved({ conversationId: id }, { to: 'closed' }, { at: 5_000 })]);
  for (const range of [{}, { from: 1, to: 2 }]) {
    await archive.search({
      contactId,
      text: 'a',
      before: { at: 9_000, conversationId: 9, seq: 9 },
      limit: 10,
      ...range,
    });
    await archive.exportChunk({ ids: [Number(id)], ...range });
    await archive.exportChunk({ ids: [Number(id)], afterSeq: 1, toSeq: 3, ...range });
  }
  await archive.exportPlan({ after: 0, limit: 10 });
  await archive.exportPlan({ after: 0, limit: 10, contactId });
  await archive.unfinished();
  await archive.totals();
  const no = Number(id);
  const entry = { id: no, archivedSeq: 0, lastSeq: 5, changes: 1 };
  const batch = await archive.begin({ id: 'b', dueBefore: 2 ** 40, maxMessages: 10, at: 1 });
  assert.ok(batch);
  for (const slices of [
    [{ ...entry, afterSeq: 0, toSeq: 2 }],
    [
      { ...entry, afterSeq: 0, toSeq: 5 },
      { ...entry, id: 3, afterSeq: 0, toSeq: 1 },
    ],
  ]) {
    await archive.read(slices);
    await archive.settle(slices);
  }
  await archive.markVerified('b', { count: 1, checksum: '1' });
  await archive.markDone('b');
  await archive.forget('b');
  await archive.archivedOf(contactId);
  await archive.restore([]);
  await archive.onlyArchived([{ conversationId: no, seq: 1 }]);
  const file = { name: '2026-01/b.parquet', batchId: 'b', month: '2026-01', messages: 1, bytes: 1 };
  await archiveFiles.exchange([], [{ ...file, fromConversation: 1, toConversation: 9 }]);
  await archiveFiles.ofBatch('b');
  await archiveFiles.covering(no, no);
  await archiveFiles.all();
  await archiveFiles.size();
  await archiveFiles.exchange([file.name], []);
  await archive.filesBefore(1, 10);
  await archive.forgetFiles(['f']);
  await archive.dropClosed(1, 10);
  await archive.erase(contactId, { agentId: 'a', at: 1 });
  await archive.hasErased();
  await archive.channelIds();
  for (const table of ['received_ids', 'sent_ids'] as const) {
    await archive.dropIds({ table, channelId, after: '', receivedBefore: 2 ** 45, limit: 10 });
  }
  await archive.unfinishedErasures();
  await archive.markErased(contactId, 1);
}

async function exerciseParticipants({ conversations, participations }: WarmStore, id: string): Promise<void> {
  const participant = { agentId: 'b', kind: 'invited' as const, byId: 'a', since: 1, askedUntil: 2 };
  const entry = { ...reply(id), private: true };
  await conversations.append([{ ...entry, participants: { kind: 'enter', participant } }]);
  await participations.of('b', 10);
  await participations.over(9_000, 10);
  await participations.nextEnd();
  await conversations.append([{ ...entry, participants: { kind: 'decline', agentId: 'b' } }]);
}

/** Two that begin and end at the same time: on a server they share their statements. */
async function exerciseDeliveries({ conversations, outbox }: WarmStore): Promise<void> {
  for (const contact of ['cy', 'dee']) {
    const [first] = await conversations.append([inbound(contact, {})]);
    assert.ok(first !== undefined && first.kind !== 'refused');
    await conversations.append([reply(first.conversationId, { deliver: true })]);
  }
  const { deliveries } = await outbox.due(channelId, 9_000, 10, new Set(['0']));
  assert.equal(deliveries.length, 2);
  const begun = await Promise.all(deliveries.map(({ id, attempts }) => outbox.begin(id, attempts)));
  assert.deepEqual(begun, [true, true]);
  const finished = await Promise.all(
    deliveries.map((delivery) => outbox.finish(delivery, { kind: 'sent', externalId: `s ${delivery.id}` }, 9_000)),
  );
  assert.deepEqual(
    finished.map((one) => [one?.message.state, one?.hasNext]),
    [
      ['sent', false],
      ['sent', false],
    ],
  );
}
