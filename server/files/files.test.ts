import assert from 'node:assert/strict';
import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { buffer } from 'node:stream/consumers';
import { type TestContext, test } from 'node:test';
import { maxFileBytes } from '@parley/sdk/protocol.ts';
import { parseContent } from '../gateway/content.ts';
import { Refusal } from '../gateway/refusal.ts';
import { openTestStore } from '../testing/test-store.ts';
import { createFiles } from './files.ts';

async function openFiles(t: TestContext) {
  const store = await openTestStore();
  const dir = await mkdtemp(join(tmpdir(), 'parley-files-'));
  t.after(() => rm(dir, { recursive: true, force: true }));
  const files = await createFiles({ dir, secret: 'secret', store: store.files, now: () => 1_700_000_000_000 });
  const keep = (name: string, bytes: Uint8Array = Buffer.from('bytes'), mimeType = 'image/png') =>
    files.keep({ bytes, name, mimeType, owner: 'agent:1' });
  return { store, dir, files, keep };
}
const partsOf = (url: string) => url.split('/').slice(2) as [id: string, signature: string, name: string];
const isNotFound = (error: unknown) => error instanceof Refusal && error.code === 'not-found';

test('a kept file is found by its address, whole, and its address can stand in a message', async (t) => {
  const { files, keep } = await openFiles(t);
  const bytes = Buffer.from(Array.from({ length: 1_000 }, (_, i) => i % 256));
  const kept = await keep("photo (1) of 'Ann'*!.png", bytes);
  const [id, signature] = partsOf(kept.url);
  const file = await files.find(id, signature);
  assert.deepEqual([file.sizeBytes, file.mimeType, file.owner], [1_000, 'image/png', 'agent:1']);
  assert.deepEqual(await buffer(files.stream(file)), bytes);
  assert.deepEqual(await buffer(files.stream(file, { start: 10, end: 19 })), bytes.subarray(10, 20));
  assert.deepEqual(Buffer.from((await files.read(kept.url)).bytes), bytes);
  assert.doesNotThrow(() => parseContent({ type: 'image', ...kept }));
});

test('no address but the one that was given opens a file', async (t) => {
  const { files, keep } = await openFiles(t);
  const [first, second] = [await keep('a.png'), await keep('b.png')];
  const [id, signature] = partsOf(first.url);
  const [otherId, otherSignature] = partsOf(second.url);
  const last = signature.endsWith('A') ? 'B' : 'A';
  for (const [anId, aSignature] of [
    [id, otherSignature],
    [otherId, signature],
    [id, `${signature.slice(0, -1)}${last}`],
    [id, ''],
    [id, 'ü'.repeat(11)],
    ['../../parley.db', signature],
  ] as const) {
    await assert.rejects(files.find(anId, aSignature), isNotFound);
  }
  for (const url of ['https://a.example/files/x/y/z', '/files/x', '/files/../x/y', '']) {
    await assert.rejects(files.read(url), isNotFound, url);
  }
});

test('a file whose bytes are gone is not found, and no defect', async (t) => {
  const { files, keep, dir } = await openFiles(t);
  const { url } = await keep('a.png');
  await rm(dir, { recursive: true });
  await assert.rejects(files.read(url), isNotFound);
});

test('names and types are made harmless and stay recognisable', async (t) => {
  const { keep } = await openFiles(t);
  for (const [given, kept] of [
    ['../../etc/passwd', '__.._etc_passwd'],
    ['C:\\temp\\x.doc', 'C_temp_x.doc'],
    ['.htaccess', '_htaccess'],
    ['a\u0000b\u202egnp.exe', 'a_b_gnp.exe'],
    ['', 'file'],
    ['退款 凭证.pdf', '退款 凭证.pdf'],
  ]) {
    assert.equal((await keep(given ?? '')).fileName, kept);
  }
  const long = (await keep(`${'🧾'.repeat(300)}.pdf`)).fileName;
  assert.ok([...long].length === 120 && long.endsWith('.pdf'));
  assert.equal((await keep('a', Buffer.from('x'), 'Text/HTML; charset=utf-8')).mimeType, 'text/html');
  assert.equal((await keep('a', Buffer.from('x'), 'x"\r\nSet-Cookie: a')).mimeType, 'application/octet-stream');
});

test('a file over the bound is refused and leaves nothing behind', async (t) => {
  const { keep, dir, store } = await openFiles(t);
  await assert.rejects(
    keep('big', new Uint8Array(maxFileBytes + 1)),
    (error) => error instanceof Refusal && error.code === 'body-too-large',
  );
  assert.deepEqual([await readdir(dir), await store.rows('select * from files')], [[], []]);
});
