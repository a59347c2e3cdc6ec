import assert from 'node:assert/strict';
import { join } from 'node:path';
import { after, before, suite, test } from 'node:test';
import { systemClock } from '../base/clock.ts';
import { readConfig } from '../config.ts';
import { type ArchivedMessage, type ColdStore, encodeChunk } from '../conversation/cold-store.ts';
import { createHistory } from '../conversation/history.ts';
import { openEngines } from '../engines.ts';
import { createClickHouseStore } from '../storage/cold/clickhouse-store.ts';
import { createParquetStore } from '../storage/cold/parquet-store.ts';
import type { OpenWarmStore } from '../storage/warm/warm-store.ts';
import { archiveUntilIdle, dayMs } from '../testing/archive.ts';
import { type ClickHouse, clickHouseMissing, startClickHouse } from '../testing/clickhouse.ts';
import { moved, reply } from '../testing/test-store.ts';
import { parley, temporaryFolder } from './cli-fixture.ts';
import { fillStore, openStoreAt } from './filled-store-fixture.ts';
import { moveArchive } from './migrate-archive.ts';

const silent = { out: () => undefined, err: () => undefined, isTerminal: false, env: {} };

/** A database whose conversations were closed and archived into `archive/`, but for a word that came later. */
async function makeArchived(dir: string): Promise<OpenWarmStore> {
  const store = await openStoreAt(`sqlite:${dir}/parley.db`);
  await fillStore(store, 12, 5);
  const { items } = await store.conversations.list({}, { limit: 100 });
  const [long] = items;
  await store.conversations.append(Array.from({ length: 60 }, () => reply(long?.id ?? '')));
  await store.conversations.append(
    items.map(({ id }) => moved({ conversationId: id }, { to: 'closed' }, { at: 5_000 })),
  );
  const cold = filesIn(join(dir, 'archive'), store);
  await archiveUntilIdle({ store: store.archive, cold, batchMessages: 40 }, 40 * dayMs);
  await cold.close();
  await store.conversations.append([reply(long?.id ?? '', { private: true, text: 'a late note' })]);
  return store;
}

const filesIn = (dir: string, store: OpenWarmStore): ColdStore =>
  createParquetStore({ dir, files: store.archiveFiles, memory: '256MB', now: Date.now });

async function everything(store: OpenWarmStore, cold: ColdStore): Promise<unknown[]> {
  const found = [];
  for await (const messages of createHistory({ archive: store.archive, cold }).export({})) found.push(...messages);
  return found;
}

suite('migrate-archive', { skip: clickHouseMissing }, () => {
  let server: ClickHouse;
  before(async () => {
    server = await startClickHouse();
  });
  after(() => server[Symbol.asyncDispose]());

  test('an archive is moved to ClickHouse and back, and reads the same in either place', async () => {
    await using dir = await temporaryFolder();
    const store = await makeArchived(dir.path);
    const files = filesIn(join(dir.path, 'archive'), store);
    const was = await everything(store, files);
    assert.ok(was.length > 100 && (await files.size()).messages > 100);
    await files.close();
    await store.close();
    const url = await server.createDatabase();
    const env = { PARLEY_DATA_DIR: dir.path, PARLEY_PORT: '0' };
    const onClickHouse = { ...env, PARLEY_CLICKHOUSE_URL: url };

    const early = await parley(onClickHouse, 'doctor');
    assert.match(early.out, /^problem {2}PARLEY_CLICKHOUSE_URL: \d+ archived messages lie in Parquet files/m);
    const tell = { onError: () => undefined, onWarning: () => undefined };
    const starting = openEngines(readConfig(onClickHouse), systemClock, tell);
    await assert.rejects(starting, /archived messages lie in Parquet files/);
    const there = await parley(env, 'migrate-archive', `dir:${dir.path}/archive`, url);
    assert.equal(there.code, 0, there.err);
    assert.doesNotMatch((await parley(onClickHouse, 'doctor')).out, /Parquet files/);
    const again = await openStoreAt(`sqlite:${dir.path}/parley.db`);
    const clickHouse = createClickHouseStore({ url });
    assert.deepEqual(await everything(again, clickHouse), was);
    await clickHouse.close();
    await again.close();

    const back = await parley({ ...env, FROM: url }, 'migrate-archive', 'env:FROM', `dir:${dir.path}/back`);
    assert.equal(back.code, 0, back.err);
    const last = await openStoreAt(`sqlite:${dir.path}/parley.db`);
    const filesAgain = filesIn(join(dir.path, 'back'), last);
    assert.deepEqual(await everything(last, filesAgain), was);
    await filesAgain.close();
    await last.close();
  });

  test('a move that was cut short goes on with what is not there yet, and a foreign archive is left alone', async () => {
    await using dir = await temporaryFolder();
    const store = await makeArchived(dir.path);
    const source = filesIn(join(dir.path, 'archive'), store);
    const url = await server.createDatabase();
    const target = createClickHouseStore({ url });
    const written: string[] = [];
    /** Fails in the middle of a write, after so many. */
    const until = (most: number): ColdStore => ({
      ...target,
      write: async (batch, chunks) => {
        await target.write(batch, chunks);
        if (written.push(batch) > most) throw new Error('cut short');
      },
    });
    const move = (to: ColdStore) =>
      moveArchive({ archive: store.archive, source, target: to, io: silent, messagesAtOnce: 25 });
    await assert.rejects(move(until(2)), /cut short/);
    const begun = written.splice(0);
    await move(until(100));
    assert.ok(written.length > 1 && begun.length === 3);
    assert.deepEqual(
      written.filter((batch) => begun.includes(batch)),
      [],
      'what is whole is not written again',
    );
    assert.deepEqual(await everything(store, target), await everything(store, source));
    assert.equal((await target.size()).messages, (await source.size()).messages);
    const row = await firstRow(source);
    await target.write('1m8jse6mn1gmzygy', one(row));
    await assert.rejects(move(target), /holds \d+ messages where \d+ were brought/);

    const foreign = createClickHouseStore({ url: await server.createDatabase() });
    await foreign.write('1m8jse6mn1gmzygy', one(row));
    await assert.rejects(move(foreign), /holds an archive already/);
    for (const cold of [foreign, target, source]) await cold.close();
    await store.close();
  });
});

async function* one(row: ArchivedMessage) {
  yield encodeChunk([row]);
}

async function firstRow(source: ColdStore): Promise<ArchivedMessage> {
  const [row] = await source.messages(1, { before: 9, limit: 1 });
  assert.ok(row);
  return row;
}

test('places that are none, two folders, and a database that is not there are refused', async () => {
  await using dir = await temporaryFolder();
  const env = { PARLEY_DATA_DIR: dir.path };
  assert.equal((await parley(env, 'migrate-archive', 'archive', 'http://127.0.0.1:1/a')).code, 2);
  assert.equal((await parley(env, 'migrate-archive', 'dir:a', 'dir:b')).code, 2);
  const missing = await parley(env, 'migrate-archive', 'dir:a', 'http://127.0.0.1:1/a');
  assert.deepEqual([missing.code, /there is no such database/.test(missing.err)], [1, true]);
});
