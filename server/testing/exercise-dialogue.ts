import assert from 'node:assert/strict';
import type { WarmStore } from '../storage/warm/warm-store.ts';
import { inbound } from './test-store.ts';

/** Asks a store for all that it keeps for the bot at work. */
export async function exerciseDialogue({ conversations, botVersions, dialogues }: WarmStore): Promise<void> {
  const author = { id: 'a', name: 'Ada' };
  const version = { version: 1, document: '{}', author, note: null, publishedAt: 1, despite: '{}' };
  assert.equal(await botVersions.add('settings', version), true);
  assert.equal(await botVersions.add('settings', { ...version, publishedAt: 2 }), false);
  assert.equal((await botVersions.newest('settings', 0))?.version, 1);
  assert.equal((await botVersions.get('settings', 1))?.document, '{}');
  assert.deepEqual(
    (await botVersions.list('settings', { before: 9, limit: 9 })).map((entry) => entry.despite),
    ['{}'],
  );

  const [stored] = await conversations.append([inbound('ida', { at: 8_880_000 })]);
  const id = stored !== undefined && 'conversationId' in stored ? stored.conversationId : '';
  const toBot = { to: 'bot' as const };
  await conversations.append([
    {
      ...{ target: { conversationId: id }, direction: 'out', senderType: 'system', private: true, state: 'sent' },
      ...{ content: '{"type":"system","event":"x","text":"x"}', at: 8_880_000, transition: toBot },
    },
  ]);
  const subject = await dialogues.subject(id);
  assert.deepEqual([subject?.status, subject?.known], ['bot', null]);
  const start = { sortAt: 0, no: 0 };
  assert.deepEqual(await dialogues.owed(start, 9), { ids: [id], next: null });
  const decision = { conversationId: id, seq: 1, epoch: 2, at: 8_880_001, act: 'answer', band: 'intent' };
  const row = { ...decision, reason: null, intent: 'refund', helped: null, record: '{}' };
  assert.equal(await dialogues.decide(row, '{"a":1}'), true);
  assert.equal(await dialogues.decide(row, '{"a":2}'), false);
  assert.equal(await dialogues.decide({ ...row, epoch: 3, helped: false }, '{"a":3}'), true);
  assert.deepEqual(await dialogues.decision(id, 1, 2), row);
  assert.deepEqual(
    (await dialogues.decisions(id, { limit: 9 })).map(({ epoch }) => epoch),
    [3, 2],
  );
  const lastSeq = subject?.lastSeq ?? 0;
  await dialogues.looked(id, 3, lastSeq);
  assert.deepEqual(await dialogues.owed(start, 9), { ids: [], next: null });
  assert.deepEqual((await dialogues.subject(id))?.known, { epoch: 3, seq: 1, lookedSeq: lastSeq, state: '{"a":3}' });
  assert.deepEqual(await dialogues.quiet(8_990_000, 9), [{ id, epoch: 2 }]);
  const span = { from: 8_880_000, to: 8_890_000 };
  const found = await dialogues.decided(span, { at: 0, no: 0, seq: 0 }, 9);
  assert.deepEqual(
    found.map(({ helped }) => helped),
    [null, false],
  );
  const [last] = await dialogues.decidedLast(span, null, 1);
  assert.deepEqual([last?.conversationId, last?.intent], [id, 'refund']);
  assert.deepEqual(await dialogues.decidedLast(span, { at: 8_880_001, no: Number(id), seq: 1 }, 9), []);
  assert.deepEqual(await dialogues.outcomes([id]), [{ id, hadAgent: false, nextContactAt: null, nextId: null }]);
  await conversations.append([inbound('jo', { at: 8_880_000 })]);
  await dialogues.looked('999999', 1, 0);
}
