import type { RowDataPacket } from 'mysql2';
import type { PoolConnection } from 'mysql2/promise';
import type { TableName } from './schema.ts';
import type { Find, Insert, Row, SqlValue, Update, WriteSession } from './sql-session.ts';

type Rows = readonly (readonly SqlValue[])[];

/** Rows in one statement: far below `max_allowed_packet` with the longest texts, and few enough to be parsed at once. */
const maxRows = 256;

const quote = (name: string) => `\`${name}\``;
const list = (names: readonly string[]) => names.map(quote).join(', ');
const keyText = (key: readonly SqlValue[]) => key.join('\u0000');

/** The set operations on MySQL and MariaDB, within the transaction of a connection: one statement for all rows. */
export function createMysqlSession(connection: PoolConnection): WriteSession {
  async function inParts(rows: Rows, run: (part: Rows) => Promise<unknown>): Promise<void> {
    for (let from = 0; from < rows.length; from += maxRows) await run(rows.slice(from, from + maxRows));
  }

  async function select<T extends TableName>(find: Find<T>, keys: Rows): Promise<RowDataPacket[]> {
    const columns = [...new Set<string>([...find.columns, ...find.key])];
    const [where, values] = matching(find.key, keys);
    const order = find.lock === true ? ` order by ${list(find.key)} for update` : '';
    const statement = `select ${list(columns)} from ${quote(find.table)} where ${where}${order}`;
    const [rows] = await connection.query<RowDataPacket[]>(statement, values);
    return rows;
  }

  return {
    async find<T extends TableName>(find: Find<T>, keys: Rows) {
      const found = new Map<string, Row<T>>();
      await inParts(keys, async (part) => {
        for (const row of await select(find, part)) {
          found.set(keyText(find.key.map((name) => row[name] as SqlValue)), row as unknown as Row<T>);
        }
      });
      return keys.map((key) => found.get(keyText(key)));
    },

    async insert<T extends TableName>(insert: Insert<T>, rows: Rows) {
      const [first = ''] = insert.columns;
      // Not `insert ignore`, which would also cut what is too long.
      const taken = insert.ignoreTaken === true ? ` on duplicate key update ${quote(first)} = ${quote(first)}` : '';
      const statement = `insert into ${quote(insert.table)} (${list(insert.columns)}) values ?${taken}`;
      await inParts(rows, (part) => connection.query(statement, [part]));
    },

    async update<T extends TableName>(update: Update<T>, rows: Rows) {
      const names = [...update.set, ...update.key];
      const first = `select ${names.map((name) => `? as ${quote(name)}`).join(', ')}`;
      const further = ` union all select ${names.map(() => '?').join(', ')}`;
      const on = update.key.map((name) => `t.${quote(name)} = v.${quote(name)}`).join(' and ');
      const set = update.set.map((name) => `t.${quote(name)} = v.${quote(name)}`).join(', ');
      await inParts(rows, (part) => {
        const values = `${first}${further.repeat(part.length - 1)}`;
        return connection.query(`update ${quote(update.table)} t join (${values}) v on ${on} set ${set}`, part.flat());
      });
    },

    async remove(table, key, keys) {
      await inParts(keys, (part) => {
        const [where, values] = matching(key, part);
        return connection.query(`delete from ${quote(table)} where ${where}`, values);
      });
    },

    async count(table, where) {
      const conditions = Object.keys(where).map((name) => `${quote(name)} in (?)`);
      const values = Object.values(where).map((value) => (Array.isArray(value) ? value : [value]));
      const statement = `select count(*) as n from ${quote(table)} where ${conditions.join(' and ')}`;
      const [rows] = await connection.query<RowDataPacket[]>(statement, values);
      return Number(rows[0]?.n ?? 0);
    },
  };
}

/** A condition that both engines serve from the index on the key, for one column and for several. */
function matching(key: readonly string[], keys: Rows): [text: string, values: unknown[]] {
  if (key.length === 1) return [`${quote(key[0] ?? '')} in (?)`, [keys.flat()]];
  return [`(${list(key)}) in (?)`, [keys]];
}
