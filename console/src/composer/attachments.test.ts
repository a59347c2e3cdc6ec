import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type Media, maxFileBytes } from '@parley/sdk/protocol.ts';
import { contentOf, createAttachments } from './attachments.ts';

const fileOf = (name: string, sizeBytes = 3) => new File([new Uint8Array(sizeBytes)], name, { type: 'text/plain' });

/** Uploads that end when the test says so. */
function manualUploads() {
  const running: { file: File; signal: AbortSignal; resolve(media: Media): void; reject(error: Error): void }[] = [];
  const attachments = createAttachments(
    (file, { signal }) =>
      new Promise((resolve, reject) => {
        signal.addEventListener('abort', () => reject(signal.reason));
        running.push({ file, signal, resolve, reject });
      }),
  );
  return { attachments, running };
}
const settled = () => new Promise((resolve) => setImmediate(resolve));

test('too large and empty files are refused before anything is uploaded', () => {
  const { attachments, running } = manualUploads();
  const refused = attachments.add([fileOf('ok.txt'), fileOf('big.bin', maxFileBytes + 1), fileOf('empty.txt', 0)]);
  assert.deepEqual(
    refused.map(({ file, why }) => [file.name, why]),
    [
      ['big.bin', 'too-large'],
      ['empty.txt', 'empty'],
    ],
  );
  assert.deepEqual(
    running.map(({ file }) => file.name),
    ['ok.txt'],
  );
});

test('what is ready is taken once; what still uploads stays', async () => {
  const { attachments, running } = manualUploads();
  attachments.add([fileOf('a.txt'), fileOf('b.txt')]);
  running[1]?.resolve({ url: '/files/b' });
  await settled();
  assert.deepEqual(
    attachments.takeReady().map(({ media }) => media?.url),
    ['/files/b'],
  );
  assert.deepEqual(
    attachments.list.get().map(({ file }) => file.name),
    ['a.txt'],
  );
});

test('taking a file away stops its upload', () => {
  const { attachments, running } = manualUploads();
  attachments.add([fileOf('a.txt')]);
  attachments.remove(attachments.list.get()[0]?.id ?? '');
  assert.equal(running[0]?.signal.aborted, true);
  assert.deepEqual(attachments.list.get(), []);
});

test('a failed upload says why and can be begun again', async () => {
  const { attachments, running } = manualUploads();
  attachments.add([fileOf('a.txt')]);
  running[0]?.reject(new Error('no line'));
  await settled();
  assert.equal(attachments.list.get()[0]?.state, 'failed');
  assert.match(attachments.list.get()[0]?.error ?? '', /no line/);
  attachments.retry(attachments.list.get()[0]?.id ?? '');
  running[1]?.resolve({ url: '/files/a' });
  await settled();
  assert.equal(attachments.list.get()[0]?.state, 'ready');
});

test('a file becomes the message that shows it best; a drawing that could carry scripts is only a file', () => {
  const typeOf = (mimeType: string) => contentOf({ url: '/files/1', mimeType }).type;
  assert.deepEqual(['image/png', 'audio/mpeg', 'video/mp4', 'application/pdf', 'image/svg+xml', ''].map(typeOf), [
    'image',
    'audio',
    'video',
    'file',
    'file',
    'file',
  ]);
});
