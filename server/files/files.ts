import { createHmac, timingSafeEqual } from 'node:crypto';
import { createReadStream, type ReadStream } from 'node:fs';
import { mkdir, open, readFile, rename, rm, unlink } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { maxFileBytes } from '@parley/sdk/protocol.ts';
import { newId } from '../base/ids.ts';
import { Refusal } from '../gateway/refusal.ts';
import type { FileRecord, FileStore } from './file-store.ts';

/** A kept file as a message's content names it. */
export interface KeptFile {
  readonly url: string;
  readonly fileName: string;
  readonly mimeType: string;
  readonly sizeBytes: number;
}

/**
 * Files that people send: bytes in the data folder, named by id; what is known of them in the store. An address
 * carries a signature, so that it works for whoever was given it and cannot be guessed for any other file.
 */
export interface Files {
  /** @throws Refusal `body-too-large`, `unavailable` on a full disk */
  keep(file: { bytes: Uint8Array; name: string; mimeType: string; owner: string }): Promise<KeptFile>;
  /** @throws Refusal `not-found` */
  find(id: string, signature: string): Promise<FileRecord>;
  stream(file: FileRecord, range?: { start: number; end: number }): ReadStream;
  /** Removes the bytes, so that no address of the file works any more; nothing where there are none. */
  discard(id: string): Promise<void>;
  /** The file behind one of our own addresses. @throws Refusal `not-found` */
  read(url: string): Promise<{ bytes: Uint8Array; fileName: string; mimeType: string }>;
}

/** Where a kept file lies, below the folder of files. */
export const filePathOf = (id: string): string => join(id.slice(-2), id);

export async function createFiles(deps: {
  dir: string;
  secret: string;
  store: FileStore;
  now: () => number;
}): Promise<Files> {
  const { dir, store } = deps;
  await mkdir(dir, { recursive: true });
  const key = createHmac('sha256', deps.secret).update('file addresses').digest();
  const signatureOf = (id: string) => createHmac('sha256', key).update(id).digest('base64url').slice(0, 22);
  const pathOf = (id: string) => join(dir, filePathOf(id));

  async function find(id: string, signature: string): Promise<FileRecord> {
    const expected = Buffer.from(signatureOf(id));
    const given = Buffer.from(signature);
    const isOurs = given.length === expected.length && timingSafeEqual(given, expected);
    const file = isOurs ? await store.get(id) : undefined;
    if (file === undefined) throw new Refusal('not-found', 'There is no such file.');
    return file;
  }

  return {
    keep: async ({ bytes, name, mimeType, owner }) => {
      if (bytes.byteLength > maxFileBytes)
        throw new Refusal('body-too-large', `A file may have ${maxFileBytes} bytes.`);
      const id = newId(deps.now());
      await writeDurably(pathOf(id), bytes).catch((error: unknown) => {
        throw new Refusal('unavailable', 'The file cannot be stored now.', { cause: error, retryAfterMs: 10_000 });
      });
      const fileName = cleanName(name);
      const record = {
        id,
        name: fileName,
        mimeType: cleanType(mimeType),
        sizeBytes: bytes.byteLength,
        owner,
        createdAt: deps.now(),
      };
      await store.insert(record);
      return {
        url: `/files/${id}/${signatureOf(id)}/${encodeURIComponent(fileName).replace(/['()*!]/g, (c) => `%${c.charCodeAt(0).toString(16)}`)}`,
        fileName,
        mimeType: record.mimeType,
        sizeBytes: record.sizeBytes,
      };
    },
    find,
    discard: (id) => rm(pathOf(id), { force: true }),
    stream: (file, range) => createReadStream(pathOf(file.id), range),
    read: async (url) => {
      const [, id, signature] = /^\/files\/([^/]+)\/([^/]+)\//.exec(url) ?? [];
      if (id === undefined || signature === undefined) throw new Refusal('not-found', 'This is not a file of ours.');
      const file = await find(id, signature);
      const bytes = await readFile(pathOf(id)).catch((error: NodeJS.ErrnoException) => {
        if (error.code !== 'ENOENT') throw error;
        throw new Refusal('not-found', 'The bytes of this file are gone.', { cause: error });
      });
      return { bytes, fileName: file.name, mimeType: file.mimeType };
    },
  };
}

/** Written aside, synced, then moved into place: a file that is named by a message is whole. */
async function writeDurably(path: string, bytes: Uint8Array): Promise<void> {
  const folder = dirname(path);
  const made = await mkdir(folder, { recursive: true });
  const aside = `${path}.part`;
  try {
    const handle = await open(aside, 'w', 0o600);
    try {
      await handle.writeFile(bytes);
      await handle.sync();
    } finally {
      await handle.close();
    }
    await rename(aside, path);
    // A file is found by its folder's entry: that must be on disk too before a message names it.
    await syncFolder(folder);
    if (made !== undefined) await syncFolder(dirname(folder));
  } catch (error) {
    await unlink(aside).catch(() => undefined);
    throw error;
  }
}

async function syncFolder(path: string): Promise<void> {
  const handle = await open(path);
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}

function cleanName(name: string): string {
  const base = name
    .toWellFormed()
    .replace(/[\p{Cc}\p{Cf}/\\:*?"<>|]+/gu, '_')
    .replace(/^\.+/, '_')
    .trim();
  const points = [...(base === '' ? 'file' : base)];
  return points.length <= 120 ? points.join('') : [...points.slice(0, 100), ...points.slice(-20)].join('');
}

function cleanType(mimeType: string): string {
  const type = mimeType.split(';', 1)[0]?.trim().toLowerCase() ?? '';
  return /^[a-z0-9.+-]{1,60}\/[a-z0-9.+-]{1,60}$/.test(type) ? type : 'application/octet-stream';
}
