import { crc32, inflateRawSync } from 'node:zlib';
import { decodeText } from './decode-text.ts';
import { ImportFailure } from './import-problem.ts';

export interface ZipEntry {
  readonly name: string;
  readonly bytes: Uint8Array;
}

/** What an archive may hold: a small one can claim to be endless. */
const limits = { entries: 2_000, bytes: 64 * 1024 * 1024 } as const;
const utf8Names = 0x0800;

/**
 * The files of a ZIP archive, stored or deflated, by its central directory.
 *
 * @throws ImportFailure where it is damaged, encrypted or too large
 * @see https://pkware.cachefly.net/webdocs/casestudies/APPNOTE.TXT (4.3)
 */
export function readZip(archive: Uint8Array): ZipEntry[] {
  const view = Buffer.from(archive.buffer, archive.byteOffset, archive.byteLength);
  const end = view.lastIndexOf(Buffer.from('PK\x05\x06', 'latin1'));
  if (end < 0 || end + 22 > view.length) throw new ImportFailure(1, 'This is no ZIP archive, or its end is missing.');
  const count = view.readUInt16LE(end + 10);
  if (count > limits.entries) throw new ImportFailure(1, `At most ${limits.entries} files, and this has ${count}.`);
  const entries: ZipEntry[] = [];
  let at = view.readUInt32LE(end + 16);
  let total = 0;
  for (let n = 0; n < count; n++) {
    if (at + 46 > view.length || view.readUInt32LE(at) !== 0x02014b50)
      throw new ImportFailure(1, `The archive is damaged at its entry ${n + 1}.`);
    const nameLength = view.readUInt16LE(at + 28);
    const name = nameOf(view.subarray(at + 46, at + 46 + nameLength), view.readUInt16LE(at + 8));
    if (!name.endsWith('/')) {
      const entry = readEntry(view, at, name, limits.bytes - total);
      total += entry.bytes.length;
      entries.push(entry);
    }
    at += 46 + nameLength + view.readUInt16LE(at + 30) + view.readUInt16LE(at + 32);
  }
  return entries;
}

/** Without the mark for UTF-8 a name is in the code page of who packed it, which Windows in China does in GBK. */
function nameOf(bytes: Buffer, flags: number): string {
  const marked = (flags & utf8Names) !== 0;
  return (marked ? undefined : decodeText(bytes)) ?? bytes.toString('utf8');
}

function readEntry(view: Buffer, at: number, name: string, room: number): ZipEntry {
  const [flags, method] = [view.readUInt16LE(at + 8), view.readUInt16LE(at + 10)];
  const [checksum, packed, size] = [view.readUInt32LE(at + 16), view.readUInt32LE(at + 20), view.readUInt32LE(at + 24)];
  const local = view.readUInt32LE(at + 42);
  if ((flags & 1) !== 0) throw new ImportFailure(1, `${name} is encrypted.`);
  if (size > room) throw new ImportFailure(1, `Unpacked, the archive is larger than ${limits.bytes} bytes.`);
  if (local + 30 > view.length) throw new ImportFailure(1, `${name} is damaged.`);
  const start = local + 30 + view.readUInt16LE(local + 26) + view.readUInt16LE(local + 28);
  const data = view.subarray(start, start + packed);
  const bytes = unpack(data, method, size, name);
  if (bytes.length !== size || crc32(bytes) !== checksum) throw new ImportFailure(1, `${name} is damaged.`);
  return { name, bytes };
}

function unpack(data: Buffer, method: number, size: number, name: string): Buffer {
  if (method === 0) return data;
  if (method !== 8) throw new ImportFailure(1, `${name} is packed in a way that is not known (${method}).`);
  try {
    return inflateRawSync(data, { maxOutputLength: Math.max(1, size) });
  } catch (error) {
    throw new ImportFailure(1, `${name} is damaged.`, { cause: error });
  }
}

/** A ZIP archive of these files, not packed. */
export function writeZip(entries: readonly ZipEntry[]): Buffer {
  const files: Buffer[] = [];
  const directory: Buffer[] = [];
  let at = 0;
  for (const { name, bytes } of entries) {
    const named = Buffer.from(name);
    const common = Buffer.alloc(26);
    common.writeUInt16LE(20, 0);
    common.writeUInt16LE(utf8Names, 2);
    // The first day that the format knows: what the same texts make is the same file.
    common.writeUInt16LE(0x21, 8);
    common.writeUInt32LE(crc32(bytes), 10);
    common.writeUInt32LE(bytes.length, 14);
    common.writeUInt32LE(bytes.length, 18);
    common.writeUInt16LE(named.length, 22);
    const tail = Buffer.alloc(14);
    tail.writeUInt32LE(at, 10);
    files.push(Buffer.from('PK\x03\x04', 'latin1'), common, named, Buffer.from(bytes));
    directory.push(Buffer.from('PK\x01\x02\x14\x00', 'latin1'), common, tail, named);
    at += 4 + common.length + named.length + bytes.length;
  }
  const size = directory.reduce((sum, part) => sum + part.length, 0);
  const end = Buffer.alloc(22);
  end.writeUInt32LE(0x06054b50, 0);
  end.writeUInt16LE(entries.length, 8);
  end.writeUInt16LE(entries.length, 10);
  end.writeUInt32LE(size, 12);
  end.writeUInt32LE(at, 16);
  return Buffer.concat([...files, ...directory, end]);
}
