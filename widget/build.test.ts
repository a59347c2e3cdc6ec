import assert from 'node:assert/strict';
import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { test } from 'node:test';
import { gzipSync } from 'node:zlib';
import { buildWidget } from './build.ts';

const kb = 1000;

test('the build gives a loader of at most 3 KB that names a chat of at most 35 KB, compressed, and nothing else', async (t) => {
  const outDir = await mkdtemp(join(tmpdir(), 'parley-widget-build-'));
  t.after(() => rm(outDir, { recursive: true, force: true }));
  await writeFile(join(outDir, 'chat-old.js'), 'an earlier build');
  const built = await buildWidget(outDir);
  const loader = await readFile(built.loader);
  const chat = await readFile(built.chat);
  const sizes = { loader: gzipSync(loader, { level: 9 }).length, chat: gzipSync(chat, { level: 9 }).length };
  t.diagnostic(`compressed: loader ${sizes.loader} bytes, chat ${sizes.chat} bytes`);
  assert.ok(sizes.loader <= 3 * kb, `loader: ${sizes.loader}`);
  assert.ok(sizes.chat <= 35 * kb, `chat: ${sizes.chat}`);
  assert.match(basename(built.chat), /^chat-[\w-]{8,}\.js$/);
  assert.ok(loader.includes(basename(built.chat)));
  assert.deepEqual((await readdir(outDir)).sort(), [basename(built.chat), 'widget.js'].sort());
});

test('the built files ask for no inline styles, no evaluation and no HTML from data', async () => {
  const outDir = await mkdtemp(join(tmpdir(), 'parley-widget-build-'));
  const built = await buildWidget(outDir);
  const loader = await readFile(built.loader, 'utf8');
  const chat = await readFile(built.chat, 'utf8');
  await rm(outDir, { recursive: true, force: true });
  assert.doesNotMatch(
    loader + chat,
    /\beval\(|new Function\(|insertAdjacentHTML|document\.write|createElement\(.style/,
  );
  assert.doesNotMatch(loader, /innerHTML/);
});
