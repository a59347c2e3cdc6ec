import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { readFile, stat } from 'node:fs/promises';
import { isAbsolute, join, normalize } from 'node:path';
import { pipeline } from 'node:stream/promises';

/** One file of a backup. */
export interface BackupPart {
  /** Below the folder of the backup, with `/`. */
  readonly path: string;
  readonly bytes: number;
  /** Of the bytes as they lie there; hexadecimal. */
  readonly sha256: string;
}

/** The rows of one table: compressed JSON lines, each an array in the order of `columns`. */
export interface BackupTable extends BackupPart {
  readonly name: string;
  readonly columns: readonly string[];
  readonly rows: number;
  /** Over the rows in any order (`RowChecksum`). */
  readonly checksum: string;
}

/** What a backup holds: `manifest.json` in its folder. Whatever is not named here is no part of it. */
export interface Manifest {
  readonly format: 'parley-backup';
  readonly formatVersion: 1;
  /** The program that made it. */
  readonly version: string;
  /** Where it came from; either engine takes it back. */
  readonly engine: 'sqlite' | 'mysql';
  /** The steps that the schema has had. */
  readonly steps: readonly string[];
  /** When the snapshot was taken: ISO 8601, UTC. */
  readonly takenAt: string;
  readonly tables: readonly BackupTable[];
  /** What people sent. */
  readonly files: readonly BackupPart[];
  /** The files of the embedded archive. */
  readonly archive: readonly BackupPart[];
}

/** The file that makes a folder a backup. */
export const manifestName = 'manifest.json';

/**
 * Reads what a backup says that it holds; the parts are not looked at yet.
 * @throws Error when the folder holds no backup, or one of a form that this version does not know
 */
export async function readManifest(folder: string): Promise<Manifest> {
  const path = join(folder, manifestName);
  const text = await readFile(path, 'utf8').catch((error: NodeJS.ErrnoException) => {
    throw new Error(`${folder} holds no backup: ${path} cannot be read (${error.code}).`, { cause: error });
  });
  const manifest = parse(path, text);
  if (manifest.format !== 'parley-backup' || !Array.isArray(manifest.tables)) {
    throw new Error(`${path} is no manifest of a backup of Parley.`);
  }
  if (manifest.formatVersion !== 1) {
    throw new Error(
      `${path}: a newer version of Parley made this backup (${manifest.version}): restore it with that one.`,
    );
  }
  for (const { path: part } of partsOf(manifest)) {
    if (isAbsolute(part) || normalize(part).startsWith('..'))
      throw new Error(`${path}: ${part} lies outside the backup.`);
  }
  return manifest;
}

function parse(path: string, text: string): Manifest {
  try {
    return JSON.parse(text) as Manifest;
  } catch (error) {
    throw new Error(`${path} is damaged: ${(error as Error).message}.`, { cause: error });
  }
}

/** Everything that the manifest names. */
export const partsOf = ({ tables, files, archive }: Manifest): readonly BackupPart[] => [
  ...tables,
  ...files,
  ...archive,
];

/** How much is in a backup, in words. */
export function contents({ tables, files, archive }: Manifest): string {
  const rows = tables.reduce((sum, table) => sum + table.rows, 0);
  const messages = tables.find(({ name }) => name === 'messages')?.rows ?? 0;
  return `${rows} rows (${messages} messages), ${files.length} files, ${archive.length} files of the archive`;
}

/**
 * Compares every part with what the manifest says of it.
 * @param onBytes told how many bytes have been looked at since the last time
 * @throws Error that names the first part that is missing or damaged
 */
export async function verifyParts(folder: string, manifest: Manifest, onBytes: (bytes: number) => void): Promise<void> {
  for (const part of partsOf(manifest)) {
    const path = join(folder, part.path);
    const size = await stat(path).then(
      (found) => found.size,
      () => undefined,
    );
    if (size === undefined) throw new Error(`The backup is not whole: ${path} is missing. Nothing was changed.`);
    if (size !== part.bytes || (await sha256Of(path)) !== part.sha256) {
      throw new Error(`The backup is damaged: ${path} is not what was written. Nothing was changed.`);
    }
    onBytes(part.bytes);
  }
}

/** Of a file's bytes; hexadecimal. */
export async function sha256Of(path: string): Promise<string> {
  const sum = createHash('sha256');
  await pipeline(createReadStream(path), sum);
  return sum.digest('hex');
}
