import assert from 'node:assert/strict';
import { hash } from 'node:crypto';
import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { DuckDBInstance } from '@duckdb/node-api';
import { encodeChunk } from '../../conversation/cold-store.ts';
import { archived, coldSuite, inChunks, type TestColdStore } from '../../testing/cold-suite.ts';
import { openTestStore } from '../../testing/test-store.ts';
import { createParquetStore } from './parquet-store.ts';

async function openParquet(
  memory = '256MB',
): Promise<TestColdStore & { readonly dir: string; pieces(): Promise<string[]> }> {
  const dir = await mkdtemp(join(tmpdir(), "parley-cold-it's-"));
  const warm = await openTestStore();
  const cold = createParquetStore({ dir, files: warm.archiveFiles, memory, now: Date.now });
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

coldSuite('Parquet', () => openParquet(), { skip: false });

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

test('what a batch has left is made small once, however little it is', async () => {
  await using store = await openParquet();
  const { cold, pieces } = store;
  await cold.write('b0001', inChunks([archived(1, 1)]));
  const [fresh] = await pieces();
  await cold.compact();
  const [small] = await pieces();
  assert.notEqual(small, fresh);
  await cold.compact();
  assert.deepEqual(await pieces(), [small]);
  assert.equal((await cold.messages(1, { before: 10, limit: 10 })).length, 1);
});

test('a batch of long texts is archived, compared and put together in little memory', async () => {
  await using store = await openParquet('100MB');
  const { cold } = store;
  // Ten thousand signs that cannot be made small, some 15 MB of them: compared at once, they take ten times as much.
  const words = (n: number) => Array.from({ length: 1_250 }, (_, i) => hash('md5', `${n} ${i}`).slice(0, 8)).join('');
  const rows = Array.from({ length: 1_500 }, (_, n) => ({
    ...archived(1 + Math.floor(n / 100), 1 + (n % 100)),
    content: JSON.stringify({ type: 'text', text: words(n) }),
  }));
  await cold.write('b0001', inChunks(rows.slice(0, 1_000), rows.slice(1_000)));
  assert.ok((await store.pieces()).length > 1, 'not tested: it was written as one part');
  const { count, checksum } = encodeChunk(rows);
  assert.deepEqual(await cold.verify('b0001'), { count, checksum });
  await cold.compact();
  assert.equal((await cold.size()).messages, rows.length);
  const read = await cold.messages(10, { before: 1_000, limit: 1_000 });
  assert.deepEqual(
    read.map(({ content }) => content),
    rows.slice(900, 1_000).map(({ content }) => content),
  );
});
