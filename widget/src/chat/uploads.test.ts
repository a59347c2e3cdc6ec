import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Content, Media } from '@parley/sdk/protocol.ts';
import { contentOf, createUploads } from './uploads.ts';

const file = (name: string, bytes = 3) => new File([new Uint8Array(bytes)], name, { type: 'text/plain' });

/** A server that holds every upload until it is told to answer. */
function heldServer() {
  const started: { name: string; signal: AbortSignal | undefined; done: (media: Media) => void; fail: () => void }[] =
    [];
  const uploadFile = (sent: File, { signal }: { signal?: AbortSignal } = {}) =>
    new Promise<Media>((done, reject) => {
      signal?.addEventListener('abort', () => reject(signal.reason));
      started.push({ name: sent.name, signal, done, fail: () => reject(new Error('refused')) });
    });
  const sent: Content[] = [];
  const uploads = createUploads({ api: { uploadFile }, maxFileBytes: 10, send: (content) => sent.push(content) });
  return { uploads, started, sent };
}
const settled = () => new Promise((resolve) => setImmediate(resolve));

test('files go one after the other, and become messages in the order they were chosen', async () => {
  const { uploads, started, sent } = heldServer();
  uploads.add([file('a'), file('b')]);
  await settled();
  assert.deepEqual(
    started.map(({ name }) => name),
    ['a'],
  );
  started[0]?.done({ url: '/files/a', fileName: 'a' });
  await settled();
  started[1]?.done({ url: '/files/b', fileName: 'b' });
  await settled();
  assert.deepEqual(sent, [
    { type: 'file', url: '/files/a', fileName: 'a' },
    { type: 'file', url: '/files/b', fileName: 'b' },
  ]);
  assert.deepEqual(uploads.list, []);
});

test('a cancelled file is stopped and never sent, and the next one follows', async () => {
  const { uploads, started, sent } = heldServer();
  uploads.add([file('a'), file('b')]);
  await settled();
  uploads.cancel(1);
  await settled();
  assert.equal(started[0]?.signal?.aborted, true);
  assert.deepEqual(
    started.map(({ name }) => name),
    ['a', 'b'],
  );
  assert.deepEqual(sent, []);
  assert.deepEqual(
    uploads.list.map(({ name }) => name),
    ['b'],
  );
});

test('a file that is too big, empty or refused stays on the list with its reason', async () => {
  const { uploads, started } = heldServer();
  uploads.add([file('big', 11), file('none', 0), file('bad')]);
  await settled();
  started[0]?.fail();
  await settled();
  assert.deepEqual(
    uploads.list.map(({ problem }) => problem),
    ['too-big', 'empty', 'failed'],
  );
});

test('what browsers can show or play is sent as that, all else as a file', () => {
  const kind = (mimeType?: string) => contentOf({ url: '/files/x', ...(mimeType && { mimeType }) }).type;
  assert.deepEqual(['image/png', 'video/mp4', 'audio/ogg', 'text/html', undefined].map(kind), [
    'image',
    'video',
    'audio',
    'file',
    'file',
  ]);
});
