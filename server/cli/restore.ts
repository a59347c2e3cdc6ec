import { randomBytes } from 'node:crypto';
import { constants, existsSync } from 'node:fs';
import { copyFile, mkdir, rename, rm } from 'node:fs/promises';
import { dirname, join, resolve } from 'node:path';
import { createInterface } from 'node:readline/promises';
import { type Config, readConfig } from '../config.ts';
import { unfinishedCopy } from '../storage/warm/migrate.ts';
import { migrations } from '../storage/warm/migrations.ts';
import { archiveFolder, filesFolder } from './backup.ts';
import { syncPath } from './backup-files.ts';
import { type Command, type Io, readArguments, UsageError } from './command.ts';
import {
  type BackupPart,
  type BackupTable,
  contents,
  type Manifest,
  partsOf,
  readManifest,
  verifyParts,
} from './manifest.ts';
import { showProgress } from './progress.ts';
import { schemaAge } from './schema-step.ts';
import { type Database, placeOf, refuseInUse, type SqlConnection, withConnection } from './sql-connection.ts';
import { readTable } from './table-file.ts';
import { stepsNamed, type TableShape, tableShapes } from './table-shapes.ts';
import { checksumOf, dropStore, firstFilledTable, pageRows, rowsPerCommit, stepsDone } from './tables.ts';

/** Brings a backup into the store that the configuration names, on either engine. */
export const restore: Command = {
  name: 'restore',
  summary: 'bring a backup into the store that the configuration names',
  usage: `usage: parley restore --from FOLDER [--check | --replace] [--yes]

Brings a backup into the database that PARLEY_DATABASE_URL names and the folders of the configuration. Every process of
Parley has to be stopped. The backup is checked whole before anything is changed, and the store after it.

  --from FOLDER   a backup made by parley backup
  --check         only look whether the backup is whole
  --replace       also when there is a store already: it is lost
  --yes           do not ask first
`,
  run: async (args, io) => {
    const { options } = readArguments(args, { from: 'value', check: 'flag', replace: 'flag', yes: 'flag' });
    if (options.from === undefined) throw new UsageError('say which backup: --from FOLDER');
    const folder = resolve(options.from);
    const config = readConfig(io.env);
    const manifest = await readManifest(folder);
    refuseNewer(manifest);
    if (options.check) {
      await verify(folder, manifest, io);
      io.out(`${folder} is whole: the state of ${manifest.takenAt}, ${contents(manifest)}.\n`);
      return 0;
    }
    refuseOtherArchive(manifest, config);
    await refuseTarget(config.database, options.replace);
    await verify(folder, manifest, io);
    if (!options.yes) await confirm(manifest, placeOf(config.database), io);
    await bring(folder, manifest, config, io);
    const into = `${placeOf(config.database)}: ${contents(manifest)}`;
    io.out(`Restored the state of ${manifest.takenAt} into ${into}. All were verified.\n`);
    return 0;
  },
};

function refuseNewer({ steps, version }: Manifest): void {
  if (schemaAge(steps) !== 'newer') return;
  throw new Error(`The backup is of a newer version of Parley (${version}): restore it with that one.`);
}

/** Files of the embedded archive are of no use to a server that looks into ClickHouse. */
function refuseOtherArchive({ archive }: Manifest, config: Config): void {
  if (config.archive.engine.name === 'parquet' || archive.length === 0) return;
  throw new Error('The backup holds an archive in files: unset PARLEY_CLICKHOUSE_URL to restore it.');
}

/** A store that somebody uses or that holds something stays as it is. */
async function refuseTarget(database: Database, mayReplace: boolean): Promise<void> {
  if (database.engine === 'sqlite' && !existsSync(database.path)) return;
  await refuseInUse(database);
  await withConnection(database, 'write', (connection) => refuseFilled(connection, mayReplace));
}

async function refuseFilled(connection: SqlConnection, mayReplace: boolean): Promise<void> {
  const steps = await stepsDone(connection);
  if (steps.includes(unfinishedCopy.name)) return;
  if (schemaAge(steps) === 'newer') {
    throw new Error(`${connection.place} was written by a newer version of Parley: name another database.`);
  }
  const filled = await firstFilledTable(connection, await tableShapes(migrations));
  if (filled !== undefined && !mayReplace) {
    throw new Error(
      `${connection.place} is not empty (${filled}): name another database, or say --replace to lose it.`,
    );
  }
}

async function verify(folder: string, manifest: Manifest, io: Io): Promise<void> {
  const total = partsOf(manifest).reduce((sum, { bytes }) => sum + bytes, 0);
  const progress = showProgress(io, { label: 'checking', total, unit: 'bytes' });
  try {
    await verifyParts(folder, manifest, progress.add);
  } finally {
    progress.end();
  }
}

async function confirm({ takenAt }: Manifest, place: string, { isTerminal }: Io): Promise<void> {
  if (!isTerminal || !process.stdin.isTTY) throw new UsageError('nobody can be asked here: say --yes');
  const terminal = createInterface({ input: process.stdin, output: process.stderr });
  try {
    const answer = await terminal.question(`Bring the state of ${takenAt} into ${place}? [y/N] `);
    if (!/^y(es)?$/i.test(answer.trim())) throw new Error('nothing was changed.');
  } finally {
    terminal.close();
  }
}

/** The database comes last: whoever finds its rows finds the files that they name. */
async function bring(folder: string, manifest: Manifest, config: Config, io: Io): Promise<void> {
  await putFiles(folder, manifest.files, { below: filesFolder, to: config.filesDir });
  const { engine } = config.archive;
  if (engine.name === 'parquet') await putFiles(folder, manifest.archive, { below: archiveFolder, to: engine.dir });
  if (config.database.engine === 'sqlite') await bringIntoFile(folder, manifest, config.database.path, io);
  else await withConnection(config.database, 'write', (connection) => bringInto(connection, folder, manifest, io));
}

/** Each is whole when it has its name. */
async function putFiles(
  folder: string,
  parts: readonly BackupPart[],
  { below, to }: { below: string; to: string },
): Promise<void> {
  for (const { path } of parts) {
    const target = join(to, path.slice(below.length + 1));
    await mkdir(dirname(target), { recursive: true });
    await copyFile(join(folder, path), `${target}.part`, constants.COPYFILE_FICLONE);
    await syncPath(`${target}.part`);
    await rename(`${target}.part`, target);
  }
}

/** Made beside the file that counts, which it replaces in one step. */
async function bringIntoFile(folder: string, manifest: Manifest, path: string, io: Io): Promise<void> {
  const beside = `${path}.restoring`;
  await mkdir(dirname(path), { recursive: true });
  await removeSqlite(beside);
  try {
    await withConnection({ engine: 'sqlite', path: beside }, 'write', async (connection) => {
      // The file counts when it is whole and synced, and is thrown away otherwise.
      await connection.run('pragma synchronous = off');
      await bringInto(connection, folder, manifest, io);
    });
    await syncPath(beside);
    // The log of the former file must not be applied to this one. It is empty: nobody has the file open.
    await rm(`${path}-wal`, { force: true });
    await rm(`${path}-shm`, { force: true });
    await rename(beside, path);
    await syncPath(dirname(path));
  } catch (error) {
    await removeSqlite(beside);
    throw error;
  }
}

async function removeSqlite(path: string): Promise<void> {
  for (const suffix of ['', '-journal', '-wal', '-shm']) await rm(path + suffix, { force: true });
}

/** Makes the tables as they were when the backup was taken, fills them, looks at them, and brings them up to date. */
async function bringInto(connection: SqlConnection, folder: string, manifest: Manifest, io: Io): Promise<void> {
  const steps = stepsNamed(manifest.steps);
  await dropStore(connection);
  await connection.migrate([unfinishedCopy, ...steps]);
  const shapes = await tableShapes(steps);
  const total = manifest.tables.reduce((sum, { rows }) => sum + rows, 0);
  const loading = showProgress(io, { label: 'restoring', total, unit: 'rows' });
  for (const shape of shapes) await fillTable(connection, shape, { folder, manifest, onRows: loading.add });
  loading.end();
  const looking = showProgress(io, { label: 'verifying', total, unit: 'rows' });
  for (const shape of shapes) await compare(connection, shape, { manifest, onRows: looking.add });
  looking.end();
  await connection.migrate([unfinishedCopy, ...migrations]);
  await begin(connection);
}

interface Source {
  readonly folder: string;
  readonly manifest: Manifest;
  readonly onRows: (rows: number) => void;
}

async function fillTable(
  connection: SqlConnection,
  shape: TableShape,
  { folder, manifest, onRows }: Source,
): Promise<void> {
  const { path } = tableOf(manifest, shape);
  let written = 0;
  await connection.run('begin');
  await connection.run(`delete from \`${shape.name}\``);
  for await (const rows of readTable(join(folder, path), pageRows)) {
    await connection.insert(shape.name, shape.columns, rows);
    written += rows.length;
    if (written % rowsPerCommit === 0) {
      await connection.run('commit');
      await connection.run('begin');
    }
    onRows(rows.length);
  }
  await connection.run('commit');
}

function tableOf({ tables }: Manifest, { name, columns }: TableShape): BackupTable {
  const table = tables.find((one) => one.name === name);
  if (table === undefined) throw new Error(`The backup lacks the table ${name}.`);
  if (table.columns.join() === columns.join()) return table;
  throw new Error(
    `The backup's table ${name} has the columns ${table.columns.join(', ')}: ${columns.join(', ')} expected.`,
  );
}

async function compare(
  connection: SqlConnection,
  shape: TableShape,
  { manifest, onRows }: Omit<Source, 'folder'>,
): Promise<void> {
  const expected = tableOf(manifest, shape);
  const found = await checksumOf(connection, shape, onRows);
  if (found.rows === expected.rows && found.value === expected.checksum) return;
  throw new Error(
    `${connection.place}: ${shape.name} has ${found.rows} rows that are not the ${expected.rows} of the backup. No server starts on it; restore again.`,
  );
}

/**
 * The last steps, in one transaction. A new epoch tells every client to load afresh: numbers that it knows may come
 * again with other messages. What waited for delivery may have been delivered since the backup was taken; nobody knows,
 * so each is treated as an attempt that a crash interrupted.
 */
async function begin(connection: SqlConnection): Promise<void> {
  await connection.run('begin');
  await connection.run("update outbox set state = 'sending' where state = 'queued'");
  await connection.run("delete from meta where name = 'epoch'");
  await connection.run("insert into meta (name, value) values ('epoch', ?)", [randomBytes(9).toString('base64url')]);
  await connection.run('delete from schema_steps where name = ?', [unfinishedCopy.name]);
  await connection.run('commit');
}
