import { migrations } from '../storage/warm/migrations.ts';
import { type Row, RowChecksum } from './row-checksum.ts';
import { names, type SqlConnection } from './sql-connection.ts';
import { type TableShape, tableShapes } from './table-shapes.ts';

/** Rows read at once: few enough that the longest texts fit into memory many times over. */
export const pageRows = 500;
/** Rows of one transaction: each costs a sync. */
export const rowsPerCommit = 10 * pageRows;
/** Where a move notes how far it is, in its target. */
export const progressTable = 'copy_progress';

/** The names of the steps that a database has had; none when it is empty. */
export async function stepsDone(connection: SqlConnection): Promise<string[]> {
  if (!(await existingTables(connection)).has('schema_steps')) return [];
  return (await connection.rows('select name from schema_steps order by name')).map(([name]) => String(name));
}

/** The names of the tables that a database has. */
export async function existingTables(connection: SqlConnection): Promise<Set<string>> {
  const sql =
    connection.engine === 'sqlite'
      ? "select name from sqlite_schema where type = 'table'"
      : 'select table_name from information_schema.tables where table_schema = database()';
  return new Set((await connection.rows(sql)).map(([name]) => String(name)));
}

/** The first of these tables in which something lies; `counters` begins with a row. */
export async function firstFilledTable(
  connection: SqlConnection,
  shapes: readonly TableShape[],
): Promise<string | undefined> {
  const existing = await existingTables(connection);
  for (const { name } of shapes) {
    if (name === 'counters' || !existing.has(name)) continue;
    if ((await connection.rows(`select 1 from \`${name}\` limit 1`)).length > 0) return name;
  }
  return undefined;
}

/** Takes away all tables of ours: what a former store or a copy that did not end left behind. */
export async function dropStore(connection: SqlConnection): Promise<void> {
  const existing = await existingTables(connection);
  const ours = [...(await tableShapes(migrations)).map(({ name }) => name), progressTable, 'schema_steps'];
  for (const name of ours.filter((one) => existing.has(one))) await connection.run(`drop table \`${name}\``);
}

/** How many rows a table has, as far as this connection sees. */
export async function countRows(connection: SqlConnection, { name }: TableShape): Promise<number> {
  const [row] = await connection.rows(`select count(*) from \`${name}\``);
  return Number(row?.[0]);
}

/** Reads a table along its primary key, a page at a time, from behind the given key on. */
export async function* pages(
  connection: SqlConnection,
  shape: TableShape,
  behind?: Row,
  size: number = pageRows,
): AsyncGenerator<Row[]> {
  for (let last = behind; ; ) {
    const page = await readPage(connection, shape, last, size);
    if (page.length > 0) yield page;
    if (page.length < size) return;
    last = keyOf(shape, page.at(-1) as Row);
  }
}

/** The values of a row's primary key. */
export function keyOf({ columns, key }: TableShape, row: Row): Row {
  return key.map((column) => row[columns.indexOf(column)] ?? null);
}

function readPage(connection: SqlConnection, shape: TableShape, behind: Row | undefined, size: number): Promise<Row[]> {
  const [where, values] = behind === undefined ? ['', []] : afterKey(connection.engine, shape.key, behind);
  const order = `order by ${names(shape.key)} limit ${size}`;
  return connection.rows(`select ${names(shape.columns)} from \`${shape.name}\` ${where} ${order}`, values);
}

/**
 * What lies behind a key in the key's own order, in the form that each engine serves from the index: SQLite compares
 * rows, MySQL takes ranges only from the comparisons written out.
 */
function afterKey(engine: SqlConnection['engine'], key: readonly string[], behind: Row): [string, Row] {
  if (engine === 'sqlite' || key.length === 1) {
    return [`where (${names(key)}) > (${key.map(() => '?').join(', ')})`, behind];
  }
  const ranges = key.map((_, length) => {
    const same = key.slice(0, length).map((column) => `\`${column}\` = ?`);
    return `(${[...same, `\`${key[length]}\` > ?`].join(' and ')})`;
  });
  return [`where ${ranges.join(' or ')}`, key.flatMap((_, length) => behind.slice(0, length + 1))];
}

/** Reads a whole table and sums it up. */
export async function checksumOf(
  connection: SqlConnection,
  shape: TableShape,
  onRows: (rows: number) => void = () => undefined,
): Promise<RowChecksum> {
  const sum = new RowChecksum();
  for await (const page of pages(connection, shape)) {
    for (const row of page) sum.add(JSON.stringify(row));
    onRows(page.length);
  }
  return sum;
}
