import { mkdir, mkdtemp, open, readFile, rename, rm, stat } from 'node:fs/promises';
import { dirname, join, resolve } from 'node:path';
import { type Config, readConfig } from '../config.ts';
import { filePathOf } from '../files/files.ts';
import { partsAt, syncPath, takeFiles } from './backup-files.ts';
import { type Command, type Io, readArguments, UsageError } from './command.ts';
import { type BackupTable, contents, type Manifest, manifestName } from './manifest.ts';
import { showProgress } from './progress.ts';
import { schemaAge } from './schema-step.ts';
import { type SqlConnection, withConnection } from './sql-connection.ts';
import { writeTable } from './table-file.ts';
import { stepsNamed, type TableShape, tableShapes } from './table-shapes.ts';
import { countRows, pages, stepsDone } from './tables.ts';

/** Where a backup keeps the files of the embedded archive. */
export const archiveFolder = 'archive';
/** Where a backup keeps what people sent. */
export const filesFolder = 'files';

/** Saves everything that the warm store, the archive and the folder of files hold, while the server works on. */
export const backup: Command = {
  name: 'backup',
  summary: 'save database, files and archive into a folder, while the server runs',
  usage: `usage: parley backup --to FOLDER

Saves everything as it is at one moment into a new folder: the tables of the database that PARLEY_DATABASE_URL names,
the files that people sent, and the files of the archive (not what lies in ClickHouse). The server may run and write meanwhile. A backup of either
engine can be restored into either.

  --to FOLDER   must not exist yet; whoever can read it can read all conversations, and the secrets of the channels
`,
  run: async (args, io) => {
    const { options } = readArguments(args, { to: 'value' });
    if (options.to === undefined) throw new UsageError('say where: --to FOLDER');
    const target = resolve(options.to);
    await refuseExisting(target);
    const manifest = await makeBackup(readConfig(io.env), target, io);
    io.out(`Saved the state of ${manifest.takenAt} in ${target}: ${contents(manifest)}.\n`);
    return 0;
  },
};

async function refuseExisting(target: string): Promise<void> {
  const isThere = await stat(target).then(
    () => true,
    () => false,
  );
  if (isThere) throw new UsageError(`${target} exists already: name a new folder`);
}

/** Nothing has the name of the backup until it is whole. */
async function makeBackup(config: Config, target: string, io: Io): Promise<Manifest> {
  await mkdir(dirname(target), { recursive: true });
  const folder = await mkdtemp(`${target}.unfinished-`);
  try {
    await mkdir(join(folder, 'tables'));
    const manifest = await fill(config, folder, io);
    await writeSynced(join(folder, manifestName), `${JSON.stringify(manifest, undefined, 1)}\n`);
    await rename(folder, target);
    await syncPath(dirname(target));
    return manifest;
  } catch (error) {
    await rm(folder, { recursive: true, force: true });
    throw error;
  }
}

async function fill(config: Config, folder: string, io: Io): Promise<Manifest> {
  const { saved, files, archive } = await withConnection(config.database, 'read', (connection) =>
    saveSnapshot(connection, config, folder, io),
  );
  const progress = showProgress(io, { label: 'checking', total: files.bytes + archive.bytes, unit: 'bytes' });
  const parts = {
    files: await partsAt(folder, files.paths, progress.add),
    archive: await partsAt(folder, archive.paths, progress.add),
  };
  progress.end();
  return { format: 'parley-backup', formatVersion: 1, version: await ownVersion(), ...saved, ...parts };
}

/** All that has to be done while the snapshot lasts: it makes the database keep what is changed meanwhile. */
async function saveSnapshot(connection: SqlConnection, config: Config, folder: string, io: Io) {
  const steps = await stepsDone(connection);
  refuseSchema(connection.place, steps);
  const shapes = await tableShapes(stepsNamed(steps));
  const { engine } = config.archive;
  if (engine.name === 'clickhouse')
    io.err('parley backup: save ClickHouse too: what is archived there is not taken.\n');
  const from = engine.name === 'parquet' ? engine.dir : undefined;
  const { takenAt, archive } = await beginWithArchive(connection, { from, folder, shapes });
  const tables = await writeTables(connection, shapes, folder, io);
  const files = await takeUploads(connection, config.filesDir, folder, io);
  return { saved: { engine: connection.engine, steps, takenAt: takenAt.toISOString(), tables }, files, archive };
}

function refuseSchema(place: string, steps: readonly string[]): void {
  const age = schemaAge(steps);
  if (age === 'empty') throw new Error(`${place} holds no store of Parley: there is nothing to save.`);
  if (age === 'newer') {
    throw new Error(
      `${place} was written by a newer version of Parley, or a copy into it has not ended: see parley doctor.`,
    );
  }
}

/** Paths in the backup, and about how many bytes they are. */
type Sized = { readonly paths: readonly string[]; readonly bytes: number };

/** Snapshots that are taken anew because an archived file was replaced by another one meanwhile. */
const maxSnapshots = 10;

/**
 * Takes a snapshot all of whose archived files are in the backup. They never change, but a larger one may take the
 * place of several: then the next snapshot names that one, and what has been copied is not copied again.
 * @param from the folder of the embedded archive; undefined: it lies elsewhere
 */
async function beginWithArchive(
  connection: SqlConnection,
  { from, folder, shapes }: { from: string | undefined; folder: string; shapes: readonly TableShape[] },
): Promise<{ takenAt: Date; archive: Sized }> {
  const everTaken = new Set<string>();
  for (let attempt = 1; ; attempt++) {
    await connection.beginSnapshot();
    const takenAt = new Date();
    if (from === undefined) return { takenAt, archive: { paths: [], bytes: 0 } };
    const { names, bytes } = await archived(connection, shapes);
    const { paths, missing } = await takeFiles(names, { from, to: folder, folder: archiveFolder });
    for (const path of paths) everTaken.add(path);
    if (missing.length === 0) {
      for (const path of everTaken.difference(new Set(paths))) await rm(join(folder, path));
      return { takenAt, archive: { paths, bytes } };
    }
    await connection.run('rollback');
    if (attempt === maxSnapshots) {
      throw new Error(`${from} lacks files of the archive that the database names, such as ${missing[0]}.`);
    }
  }
}

async function archived(connection: SqlConnection, shapes: readonly TableShape[]) {
  if (!shapes.some(({ name }) => name === 'archive_files')) return { names: [], bytes: 0 };
  const rows = await connection.rows('select name, size_bytes from archive_files order by name');
  return { names: rows.map(([name]) => String(name)), bytes: rows.reduce((sum, [, bytes]) => sum + Number(bytes), 0) };
}

async function writeTables(
  connection: SqlConnection,
  shapes: readonly TableShape[],
  folder: string,
  io: Io,
): Promise<BackupTable[]> {
  let total = 0;
  for (const shape of shapes) total += await countRows(connection, shape);
  const progress = showProgress(io, { label: 'saving', total, unit: 'rows' });
  const tables: BackupTable[] = [];
  for (const shape of shapes) {
    const path = `tables/${shape.name}.jsonl.zst`;
    tables.push(await writeTable(connection, shape, { folder, path, onRows: progress.add }));
  }
  progress.end();
  return tables;
}

/** The files that the snapshot names: each was on disk before its row was written. */
async function takeUploads(connection: SqlConnection, from: string, folder: string, io: Io): Promise<Sized> {
  const shape = { name: 'files', columns: ['id', 'size_bytes'], key: ['id'] };
  const total = await countRows(connection, shape);
  const progress = showProgress(io, { label: 'files', total, unit: 'rows' });
  const all = { paths: [] as string[], bytes: 0 };
  const lost: string[] = [];
  for await (const page of pages(connection, shape)) {
    const names = page.map(([id]) => filePathOf(String(id)));
    const { paths, missing } = await takeFiles(names, { from, to: folder, folder: filesFolder });
    all.paths.push(...paths);
    all.bytes += page.reduce((sum, [, bytes]) => sum + Number(bytes), 0);
    lost.push(...missing);
    progress.add(page.length);
  }
  progress.end();
  if (lost.length > 0) {
    io.err(`parley backup: ${from} lacks ${lost.length} of the files that the database names, such as ${lost[0]}.\n`);
  }
  return all;
}

async function ownVersion(): Promise<string> {
  const text = await readFile(new URL('../package.json', import.meta.url), 'utf8');
  return (JSON.parse(text) as { version: string }).version;
}

async function writeSynced(path: string, text: string): Promise<void> {
  const file = await open(path, 'wx', 0o600);
  try {
    await file.writeFile(text);
    await file.sync();
  } finally {
    await file.close();
  }
}
