import assert from 'node:assert/strict';
import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Message } from '@parley/sdk/protocol.ts';
import type { ArchiveStep } from '../../server/conversation/archiver.ts';
import type { ColdStore } from '../../server/conversation/cold-store.ts';
import { createHistory } from '../../server/conversation/history.ts';
import { tieredConversations } from '../../server/conversation/tiered-conversations.ts';
import { createClickHouseStore } from '../../server/storage/cold/clickhouse-store.ts';
import { createParquetStore } from '../../server/storage/cold/parquet-store.ts';
import { openSqliteStore } from '../../server/storage/warm/sqlite-store.ts';
import type { OpenWarmStore } from '../../server/storage/warm/warm-store.ts';
import { archiveUntilIdle, dayMs } from '../../server/testing/archive.ts';
import { clickHouseMissing, startClickHouse } from '../../server/testing/clickhouse.ts';
import { append, channelId, inbound, moved } from '../../server/testing/test-store.ts';
import type { ArchivingTask } from '../support/archiving-child.ts';
import { makeSmallDisk } from '../support/server-process.ts';

const start = Date.UTC(2026, 0, 20);
const child = join(import.meta.dirname, '../support/archiving-child.ts');
const steps: readonly ArchiveStep[] = ['recorded', 'written', 'verified', 'settling', 'settled', 'done'];

async function makeFolder(t: TestContext): Promise<string> {
  const dir = await mkdtemp(join(tmpdir(), 'parley-archive-'));
  t.after(() => rm(dir, { recursive: true, force: true }));
  return dir;
}

/** Closed conversations, one of them far longer than what goes at once. */
async function fill(database: string, conversations: number, from = 0): Promise<void> {
  const store = await openSqliteStore(database);
  const channel = { id: channelId, type: 'web', name: 'Web', settings: {}, enabled: true, createdAt: 1, updatedAt: 1 };
  await store.channels.save(channel);
  for (let i = from; i < from + conversations; i++) {
    const messages = i === from ? 200 : 1 + (i % 12);
    const said = Array.from({ length: messages }, (_, n) => inbound(`c${i}`, { text: `${i}: ${n}`, at: start + n }));
    const [first] = await append(store, ...said);
    const conversationId = first?.conversationId as string;
    await append(store, moved({ conversationId }, { to: 'closed' }, { at: start + 1_000 }));
  }
  await store.close();
}

/** All messages as an export has them; what a reader gets of some conversations must agree. */
async function everything(store: OpenWarmStore, cold: ColdStore): Promise<Message[]> {
  const conversations = tieredConversations(store.conversations, store.archive, cold);
  const all: Message[] = [];
  for await (const some of createHistory({ archive: store.archive, cold }).export({})) {
    all.push(...some.map(({ contactId: _, channelId: __, ...message }) => message));
  }
  const byConversation = Map.groupBy(all, ({ conversationId }) => conversationId);
  for (const [index, [id, messages]] of [...byConversation].entries()) {
    if (index % 15 === 0) assert.deepEqual(await conversations.messages(id, { limit: 1_000 }), messages);
  }
  return all;
}

/** @returns whether it was killed, and not at its end before */
async function archiveAndDie(task: ArchivingTask, killAfterMs?: number): Promise<boolean> {
  const running = spawn(process.execPath, [child, JSON.stringify(task)], { stdio: ['ignore', 'pipe', 'pipe'] });
  let said = '';
  running.stderr.on('data', (chunk) => {
    said += String(chunk);
  });
  const ended = once(running, 'exit') as Promise<[number | null, NodeJS.Signals | null]>;
  await Promise.race([once(running.stdout, 'data'), ended]);
  if (killAfterMs !== undefined) {
    await sleep(killAfterMs);
    running.kill('SIGKILL');
  }
  const [code, signal] = await ended;
  assert.ok(signal === 'SIGKILL' || code === 0, said);
  return signal === 'SIGKILL';
}

interface Place {
  readonly archive: ArchivingTask['archive'];
  readonly cold: (store: OpenWarmStore) => ColdStore;
}

async function survivesKills(t: TestContext, place: Place, dir: string, rounds: number): Promise<void> {
  const database = join(dir, 'parley.db');
  const kills = new Map<string, number>();
  let expected: Message[] = [];
  let filled = 0;
  const look = async <T>(work: (store: OpenWarmStore, cold: ColdStore) => Promise<T>): Promise<T> => {
    const store = await openSqliteStore(database);
    const cold = place.cold(store);
    try {
      return await work(store, cold);
    } finally {
      await cold.close();
      await store.close();
    }
  };
  for (let round = 0; round < rounds; round++) {
    if (round % steps.length === 0) {
      await fill(database, 60, filled);
      filled += 60;
      expected = await look(everything);
    }
    const step = steps[round % (steps.length + 1)];
    const task = { database, archive: place.archive, now: start + 60 * dayMs };
    const isKilled =
      step === undefined
        ? await archiveAndDie(task, Math.random() * 250)
        : await archiveAndDie({ ...task, dieAt: { step, times: 1 + (Math.floor(round / 7) % 3) } });
    const at = step ?? 'any moment';
    if (isKilled) kills.set(at, (kills.get(at) ?? 0) + 1);
    assert.deepEqual(await look(everything), expected);
  }
  assert.equal(await archiveAndDie({ database, archive: place.archive, now: start + 60 * dayMs }), false);
  await look(async (store, cold) => {
    assert.deepEqual(await everything(store, cold), expected);
    assert.equal((await cold.size()).messages, expected.length, 'every message lies in the archive once');
    assert.deepEqual(await store.archive.unfinished(), []);
  });
  for (const step of steps) assert.ok((kills.get(step) ?? 0) > 0, `not tested: no kill at "${step}"`);
  const counts = [...kills].map(([at, n]) => `${at} ${n}`).join(', ');
  t.diagnostic(
    `${[...kills.values()].reduce((a, b) => a + b)} kills (${counts}), ${expected.length} messages, 0 lost, 0 doubled`,
  );
}

test('an archiver that is killed anywhere neither loses nor doubles a message in Parquet files', async (t) => {
  const dir = await makeFolder(t);
  const archive = { dir: join(dir, 'archive') };
  const cold = (store: OpenWarmStore) => createParquetStore({ ...archive, files: store.archiveFiles, now: Date.now });
  await survivesKills(t, { archive, cold }, dir, Number(process.env.PARLEY_FAULT_ROUNDS ?? 14));
});

test('an archiver that is killed anywhere neither loses nor doubles a message in ClickHouse', {
  skip: clickHouseMissing,
}, async (t) => {
  await using server = await startClickHouse();
  const archive = { url: await server.createDatabase() };
  await survivesKills(t, { archive, cold: () => createClickHouseStore(archive) }, await makeFolder(t), 7);
});

test('an archive on a full disk takes nothing away, and goes on when there is room', async (t) => {
  const dir = await makeFolder(t);
  const small = await makeSmallDisk(t, 256 * 1024);
  if (small === undefined) {
    assert.notEqual(process.env.CI, 'true', 'a small disk cannot be mounted: run as root');
    return t.skip('a small disk needs the right to mount one');
  }
  const database = join(dir, 'parley.db');
  await fill(database, 400);
  const store = await openSqliteStore(database);
  const cold = createParquetStore({ dir: small, files: store.archiveFiles, memory: '256MB', now: Date.now });
  const before = await everything(store, cold);
  const archive = () => archiveUntilIdle({ store: store.archive, cold }, start + 60 * dayMs);
  await assert.rejects(archive(), /no space left/i);
  await assert.rejects(archive(), /no space left/i);
  assert.deepEqual(await everything(store, cold), before);
  assert.equal((await cold.size()).messages, 0);
  assert.equal(spawnSync('mount', ['-o', 'remount,size=64m', small]).status, 0);
  const at = performance.now();
  const { moved } = await archive();
  assert.ok(moved > 0);
  t.diagnostic(
    `the disk was full twice, and nothing left the database; with room again ${moved} messages were archived in ${((performance.now() - at) / 1_000).toFixed(1)} s, none lost, none doubled`,
  );
  assert.deepEqual(await everything(store, cold), before);
  assert.equal((await cold.size()).messages, before.length);
  await cold.close();
  await store.close();
});
