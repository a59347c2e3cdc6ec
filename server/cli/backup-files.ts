import { constants } from 'node:fs';
import { copyFile, link, mkdir, open, rm, stat } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { type BackupPart, sha256Of } from './manifest.ts';

/** Files that are written once and never changed, so that a second name for one is as good as a copy. */
export interface TakenFiles {
  /** Where they lie in the backup, below its folder. */
  readonly paths: string[];
  /** Names of files that were not there. */
  readonly missing: string[];
}

/**
 * Brings files into a backup: by hard links on the same disk, else by copying. One that is there already is left alone.
 * @param names below `from`, and so below `<to>/<folder>`
 */
export async function takeFiles(
  names: readonly string[],
  { from, to, folder }: { from: string; to: string; folder: string },
): Promise<TakenFiles> {
  const taken: TakenFiles = { paths: [], missing: [] };
  for (const name of names) {
    const isTaken = await linkOrCopy(join(from, name), join(to, folder, name));
    if (isTaken) taken.paths.push(`${folder}/${name}`);
    else taken.missing.push(name);
  }
  return taken;
}

/** Reads what was taken, to know it again. */
export async function partsAt(
  folder: string,
  paths: readonly string[],
  onBytes: (bytes: number) => void,
): Promise<BackupPart[]> {
  const parts: BackupPart[] = [];
  for (const path of paths) {
    const { size } = await stat(join(folder, path));
    parts.push({ path, bytes: size, sha256: await sha256Of(join(folder, path)) });
    onBytes(size);
  }
  return parts;
}

async function linkOrCopy(source: string, target: string): Promise<boolean> {
  await mkdir(dirname(target), { recursive: true, mode: 0o700 });
  try {
    await link(source, target);
    return true;
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === 'EEXIST') return true;
    if (code === 'ENOENT') return false;
  }
  // Another disk, or one that knows no second names.
  return copyWhole(source, target);
}

async function copyWhole(source: string, target: string): Promise<boolean> {
  try {
    await copyFile(source, target, constants.COPYFILE_FICLONE);
    await syncPath(target);
    return true;
  } catch (error) {
    // Half a file must not be taken for a whole one when the backup begins again.
    await rm(target, { force: true });
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return false;
    throw error;
  }
}

/** Waits until a file, or the names in a folder, are on the disk. */
export async function syncPath(path: string): Promise<void> {
  const file = await open(path, 'r');
  try {
    await file.sync();
  } finally {
    await file.close();
  }
}
