import { mkdir } from 'node:fs/promises';
import { dirname } from 'node:path';
import { ConfigError, readConfig } from '../config.ts';
import { unfinishedCopy } from '../storage/warm/migrate.ts';
import { migrations } from '../storage/warm/migrations.ts';
import { type Command, type Io, readArguments, UsageError } from './command.ts';
import { showProgress } from './progress.ts';
import type { Row } from './row-checksum.ts';
import { schemaAge } from './schema-step.ts';
import { type Database, placeOf, refuseInUse, type SqlConnection, withConnection } from './sql-connection.ts';
import { type TableShape, tableShapes } from './table-shapes.ts';
import {
  checksumOf,
  countRows,
  dropStore,
  existingTables,
  firstFilledTable,
  keyOf,
  pageRows,
  pages,
  progressTable,
  rowsPerCommit,
  stepsDone,
} from './tables.ts';

/** Moves a store from one engine to the other, or from one server to another one. */
export const migrateStore: Command = {
  name: 'migrate-store',
  summary: 'move a store to another database: sqlite:… mysql://… and back',
  usage: `usage: parley migrate-store SOURCE TARGET [--restart]

Copies every table of SOURCE into TARGET (sqlite:<file> or mysql://user:password@host:port/database) and compares both
in the end. Every process of Parley has to be stopped. SOURCE is not changed. A run that was cut short is gone on with by
the same command. Files that people sent, and the archive, lie in folders and are not moved.

An address may be env:NAME, for the variable that holds it: other users of the machine can read a command's words.

  --restart   begin anew what was begun before
`,
  run: async (args, io) => {
    const { options, positionals } = readArguments(args, { restart: 'flag' }, ['SOURCE', 'TARGET']);
    const [from = '', to = ''] = positionals;
    const [source, target] = [databaseFrom('SOURCE', from, io.env), databaseFrom('TARGET', to, io.env)];
    if (placeOf(source) === placeOf(target)) throw new UsageError('SOURCE and TARGET are the same');
    await refuseInUse(source);
    await refuseInUse(target);
    if (target.engine === 'sqlite') await mkdir(dirname(target.path), { recursive: true });
    const rows = await withConnection(source, 'read', (read) =>
      withConnection(target, 'write', (write) => move(read, write, { mayRestart: options.restart, io })),
    );
    const places = `from ${placeOf(source)} to ${placeOf(target)}`;
    io.out(`Moved ${rows} rows ${places}; every table was compared. ${next(target)}\n`);
    return 0;
  },
};

const next = ({ engine }: Database) =>
  `Start Parley with PARLEY_DATABASE_URL=${engine}:… of the target, and keep the source until all is well.`;

/** @throws UsageError for what is no address of a database */
function databaseFrom(word: string, address: string, env: Io['env']): Database {
  const name = /^env:(\w+)$/.exec(address)?.[1];
  const url = name === undefined ? address : env[name];
  if (url === undefined || url === '') throw new UsageError(`${word}: ${name ?? 'the address'} is not set`);
  try {
    return readConfig({ PARLEY_DATABASE_URL: url }).database;
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error;
    throw new UsageError(error.message.replace('PARLEY_DATABASE_URL', word), { cause: error });
  }
}

interface Options {
  readonly mayRestart: boolean;
  readonly io: Io;
}

async function move(source: SqlConnection, target: SqlConnection, { mayRestart, io }: Options): Promise<number> {
  refuseSource(source.place, await stepsDone(source));
  const shapes = await tableShapes(migrations);
  await beginOrGoOn(target, { identity: await identityOf(source), shapes, mayRestart });
  const done = await progressOf(target);
  const total = await countAll(source, shapes);
  const copied = [...done.values()].reduce((sum, table) => sum + table.copied, 0);
  const copying = showProgress(io, { label: 'copying', total, unit: 'rows', done: copied });
  for (const shape of shapes)
    await copyTable({ source, target, shape, done: done.get(shape.name), onRows: copying.add });
  copying.end();
  const comparing = showProgress(io, { label: 'comparing', total: 2 * total, unit: 'rows' });
  for (const shape of shapes) await compare({ source, target, shape, onRows: comparing.add });
  comparing.end();
  await finish(target);
  return total;
}

function refuseSource(place: string, steps: readonly string[]): void {
  if (steps.includes(unfinishedCopy.name)) throw new Error(`${place}: a copy into it has not come to its end.`);
  const age = schemaAge(steps);
  if (age === 'current') return;
  const why = {
    empty: 'holds no store of Parley',
    older: 'is of an older version: start this version of Parley on it once, and stop it',
    newer: 'was written by a newer version of Parley: move it with that one',
  };
  throw new Error(`${place} ${why[age]}.`);
}

/** What tells one store from another: a copy is gone on with only from where it was begun. */
async function identityOf(source: SqlConnection): Promise<string> {
  const [[epoch] = []] = await source.rows("select value from meta where name = 'epoch'");
  return String(epoch ?? source.place);
}

/** The row of the progress table that names the source; no table has this name. */
const sourceRow = '';

/** Leaves the target with its tables, marked as unfinished, and with the table of progress. */
async function beginOrGoOn(
  target: SqlConnection,
  { identity, shapes, mayRestart }: { identity: string; shapes: readonly TableShape[]; mayRestart: boolean },
): Promise<void> {
  const isBegun = (await stepsDone(target)).includes(unfinishedCopy.name);
  const from = isBegun ? await begunFrom(target) : undefined;
  if (from === identity && !mayRestart) return;
  if (isBegun && !mayRestart) {
    throw new Error(`${target.place} was begun from another store: name another target, or say --restart to lose it.`);
  }
  if (!isBegun) await refuseTarget(target, shapes);
  await dropStore(target);
  await target.migrate([unfinishedCopy, ...migrations]);
  for (const { name } of shapes) await target.run(`delete from \`${name}\``);
  await target.run(
    `create table ${progressTable} (name varchar(64) primary key not null, last_key text, copied bigint not null)`,
  );
  await target.insert(progressTable, progressColumns, [[sourceRow, identity, 0]]);
}

const progressColumns = ['name', 'last_key', 'copied'];

async function begunFrom(target: SqlConnection): Promise<string | undefined> {
  if (!(await existingTables(target)).has(progressTable)) return undefined;
  const [row] = await target.rows(`select last_key from ${progressTable} where name = ?`, [sourceRow]);
  return row === undefined ? undefined : String(row[0]);
}

async function refuseTarget(target: SqlConnection, shapes: readonly TableShape[]): Promise<void> {
  const isNewer = schemaAge(await stepsDone(target)) === 'newer';
  const holds = isNewer ? 'tables of a newer version' : await firstFilledTable(target, shapes);
  if (holds !== undefined) throw new Error(`${target.place} is not empty (${holds}): name an empty database.`);
}

interface TableProgress {
  /** Behind which key to go on. */
  readonly last: Row;
  readonly copied: number;
}

async function progressOf(target: SqlConnection): Promise<Map<string, TableProgress>> {
  const rows = await target.rows(`select name, last_key, copied from ${progressTable} where name <> ?`, [sourceRow]);
  return new Map(
    rows.map(([name, last, copied]) => [
      String(name),
      { last: JSON.parse(String(last)) as Row, copied: Number(copied) },
    ]),
  );
}

async function countAll(source: SqlConnection, shapes: readonly TableShape[]): Promise<number> {
  let total = 0;
  for (const shape of shapes) total += await countRows(source, shape);
  return total;
}

interface Both {
  readonly source: SqlConnection;
  readonly target: SqlConnection;
  readonly shape: TableShape;
  readonly onRows: (rows: number) => void;
}

/** How far it is, is written in the transaction of the rows: a kill at any point leaves both or neither. */
async function copyTable(both: Both & { readonly done: TableProgress | undefined }): Promise<void> {
  const { source, target, shape, done, onRows } = both;
  let copied = done?.copied ?? 0;
  let last = done?.last;
  let uncommitted = 0;
  const commit = async () => {
    if (last !== undefined) await noteProgress(target, shape.name, { last, copied });
    await target.run('commit');
    uncommitted = 0;
  };
  await target.run('begin');
  for await (const page of pages(source, shape, done?.last, pageRows)) {
    await target.insert(shape.name, shape.columns, page);
    copied += page.length;
    uncommitted += page.length;
    last = keyOf(shape, page.at(-1) as Row);
    onRows(page.length);
    if (uncommitted < rowsPerCommit) continue;
    await commit();
    await target.run('begin');
  }
  await commit();
}

async function noteProgress(target: SqlConnection, table: string, { last, copied }: TableProgress): Promise<void> {
  await target.run(`delete from ${progressTable} where name = ?`, [table]);
  await target.insert(progressTable, progressColumns, [[table, JSON.stringify(last), copied]]);
}

/** Both are read anew, so that a row is noticed that somebody changed behind the copy. */
async function compare({ source, target, shape, onRows }: Both): Promise<void> {
  const [here, there] = [await checksumOf(source, shape, onRows), await checksumOf(target, shape, onRows)];
  if (here.rows === there.rows && here.value === there.value) return;
  throw new Error(
    `${shape.name} has ${here.rows} rows in the source and ${there.rows} in the target, or not the same ones: something wrote meanwhile. Stop every process of Parley and run this again with --restart.`,
  );
}

/** From here on a server starts on it. */
async function finish(target: SqlConnection): Promise<void> {
  await target.run('delete from schema_steps where name = ?', [unfinishedCopy.name]);
  await target.run(`drop table ${progressTable}`);
}
