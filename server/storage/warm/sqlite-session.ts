import type { DatabaseSync, StatementSync } from 'node:sqlite';
import type { TableName } from './schema.ts';
import type { Find, Insert, Row, SqlValue, Sums, Update, WriteSession } from './sql-session.ts';

const quoted = (names: readonly string[]) => names.map((name) => `\`${name}\``).join(', ');
const equal = (names: readonly string[], glue: string) => names.map((name) => `\`${name}\` = ?`).join(glue);

type ReadRow = (values: readonly SqlValue[]) => unknown;

/**
 * Makes rows of a statement's values, written out for its columns: all rows are objects of one shape then. Those that
 * node:sqlite makes are dictionaries, which take twice as long to make and to read.
 *
 * @param columns names that the code knows, never what somebody said
 */
function rowReader(columns: readonly string[]): ReadRow {
  const fields = columns.map((column, at) => `${JSON.stringify(column)}: values[${at}]`);
  return new Function('values', `return { ${fields.join(', ')} };`) as ReadRow;
}

/** The set operations on SQLite: one prepared statement each, kept, and run for every row. */
export function createSqliteSession(db: DatabaseSync): WriteSession {
  const prepared = new Map<string, StatementSync>();
  const prepare = (sql: string): StatementSync => {
    let statement = prepared.get(sql);
    if (statement === undefined) {
      statement = db.prepare(sql);
      prepared.set(sql, statement);
    }
    return statement;
  };
  const finds = new Map<string, { statement: StatementSync; read: ReadRow }>();
  const prepareFind = (sql: string, columns: readonly string[]) => {
    let known = finds.get(sql);
    if (known === undefined) {
      known = { statement: db.prepare(sql), read: rowReader(columns) };
      known.statement.setReturnArrays(true);
      finds.set(sql, known);
    }
    return known;
  };
  const runAll = (sql: string, rows: readonly (readonly SqlValue[])[]) => {
    const statement = prepare(sql);
    for (const row of rows) statement.run(...row);
  };
  return {
    async find<T extends TableName>(find: Find<T>, keys: readonly (readonly SqlValue[])[]) {
      const { statement, read } = prepareFind(
        `select ${quoted(find.columns)} from \`${find.table}\` where ${equal(find.key, ' and ')}`,
        find.columns,
      );
      return keys.map((key) => {
        // Typed as an object whatever is asked for.
        const values = statement.get(...key) as unknown as SqlValue[] | undefined;
        return values === undefined ? undefined : (read(values) as Row<T>);
      });
    },
    async insert<T extends TableName>(insert: Insert<T>, rows: readonly (readonly SqlValue[])[]) {
      const verb = insert.ignoreTaken === true ? 'insert or ignore' : 'insert';
      const marks = insert.columns.map(() => '?').join(', ');
      runAll(`${verb} into \`${insert.table}\` (${quoted(insert.columns)}) values (${marks})`, rows);
    },
    async update<T extends TableName>(update: Update<T>, rows: readonly (readonly SqlValue[])[]) {
      runAll(`update \`${update.table}\` set ${equal(update.set, ', ')} where ${equal(update.key, ' and ')}`, rows);
    },
    async remove(table, key, keys) {
      runAll(`delete from \`${table}\` where ${equal(key, ' and ')}`, keys);
    },
    async sums<T extends TableName>({ table, of, by, where }: Sums<T>, values: readonly SqlValue[]) {
      const conditions = equal([by, ...Object.keys(where)], ' and ');
      const statement = prepare(`select sum(\`${of}\`) as total from \`${table}\` where ${conditions}`);
      return values.map((value) => Number(statement.get(value, ...Object.values(where))?.total ?? 0));
    },
  };
}
