import assert from 'node:assert/strict';
import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { DuckDBInstance } from '@duckdb/node-api';
import { archived, coldSuite, inChunks, type TestColdStore } from '../../testing/cold-suite.ts';
import { openTestStore } from '../../testing/test-store.ts';
import { createParquetStore } from './parquet-store.ts';

async function openParquet(): Promise<TestColdStore & { readonly dir: string; pieces(): Promise<string[]> }> {
  const dir = await mkdtemp(join(tmpdir(), "parley-cold-it's-"));
  const warm = await openTestStore();
  const cold = createParquetStore({ dir, files: warm.archiveFiles, memory: '256MB', now: Date.now });
  const pieces = async () =>
    (await readdir(dir, { recursive: true })).filter((name) => name.endsWith('.parquet')).sort();
  return {
    cold,
    dir,
    pieces,
    damage: async (conversationId, seq) => {
      for (const name of await pieces()) await damageFile(join(dir, name), conversationId, seq);
    },
    [Symbol.asyncDispose]: async () => {
      await cold.close();
      await rm(dir, { recursive: true, force: true });
    },
  };
}

async function damageFile(path: string, conversationId: number, seq: number): Promise<void> {
  const instance = await DuckDBInstance.create(':memory:');
  const connection = await instance.connect();
  const quoted = path.replaceAll("'", "''");
  await connection.run(
    `create table t as select * replace (case when conversation_id = ${conversationId} and seq = ${seq} then replace(content, 'm', 'n') else content end as content) from read_parquet('${quoted}')`,
  );
  await connection.run(`copy t to '${quoted}' (format parquet)`);
  connection.closeSync();
  instance.closeSync();
}

coldSuite('Parquet', openParquet, { skip: false });

test('a file that is cut short is noticed, and one that nobody knows is swept away', async () => {
  await using store = await openParquet();
  const { cold, dir } = store;
  await cold.write('b0001', inChunks([archived(1, 1), archived(2, 1)]));
  const [name] = await store.pieces();
  const bytes = await readFile(join(dir, String(name)));
  await writeFile(join(dir, '2026-10', 'b0000.parquet'), bytes);
  await writeFile(join(dir, 'tmp', 'b0009.ndjson'), '{');
  await cold.sweep();
  assert.deepEqual(await store.pieces(), [name]);
  assert.deepEqual(await readdir(join(dir, 'tmp')), []);
  await writeFile(join(dir, String(name)), bytes.subarray(0, bytes.length - 20));
  await assert.rejects(cold.verify('b0001'), /parquet|magic|footer/i);
});

test('many small files of a month become one', async () => {
  await using store = await openParquet();
  for (let i = 1; i <= 9; i++) await store.cold.write(`b000${i}`, inChunks([archived(i, 1)]));
  assert.equal((await store.pieces()).length, 9);
  await store.cold.compact();
  assert.equal((await store.pieces()).length, 1);
});
