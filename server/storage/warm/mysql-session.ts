import mysql, { type PoolConnection, type RowDataPacket } from 'mysql2';
import type { TableName } from './schema.ts';
import type { Find, Insert, Row, SqlValue, Sums, Update, WriteSession } from './sql-session.ts';

type Rows = readonly (readonly SqlValue[])[];

/** Rows in one statement: few enough to be parsed at once. */
const maxRows = 256;
/** Characters sent at once: far below `max_allowed_packet`, also with the longest texts. */
const maxPacketLength = 2 * 1024 * 1024;
const quote = (name: string) => `\`${name}\``;
const list = (names: readonly string[]) => names.map(quote).join(', ');
const keyText = (key: readonly SqlValue[]) => key.join('\u0000');

/** One transaction on one connection. */
export interface MysqlSession extends WriteSession {
  /** Sends what waits and commits; rejects when anything failed that was sent or waited. */
  commit(): Promise<void>;
  /** Takes back what was sent; what waits is not sent. */
  rollback(): Promise<void>;
}

interface Statement {
  readonly text: string;
  /** Of whoever waits for its rows. */
  readonly answer?: { resolve(rows: RowDataPacket[]): void; reject(error: unknown): void };
}

/**
 * The set operations on MySQL and MariaDB: one statement for all rows. A round trip costs more than most statements, so
 * what is written waits until something is read or committed, and what is read in one turn is asked for together. The
 * server works on the statements of a packet in order, and on none behind one that failed: on no commit either.
 *
 * @param connection one that takes several statements at once (`multipleStatements`), with backslashes as escapes
 */
export function createMysqlSession(connection: PoolConnection): MysqlSession {
  const waiting: Statement[] = [{ text: 'begin' }];
  let hasBegun = false;
  let failure: { readonly error: unknown } | undefined;
  let sending: Promise<void> | undefined;

  const write = (text: string) => void waiting.push({ text });

  function ask(text: string): Promise<RowDataPacket[]> {
    return new Promise((resolve, reject) => {
      waiting.push({ text, answer: { resolve, reject } });
      // Not at once: what is asked for in the same turn goes with it.
      sending ??= Promise.resolve().then(sendAll);
    });
  }

  /** One packet after the other, and none behind one that failed. */
  async function sendAll(): Promise<void> {
    while (waiting.length > 0) {
      const packet = takePacket(waiting);
      try {
        if (failure !== undefined) throw failure.error;
        hasBegun = true;
        const results = await send(connection, packet);
        for (const [index, { answer }] of packet.entries()) answer?.resolve(results[index] ?? []);
      } catch (error) {
        failure ??= { error };
        for (const { answer } of packet) answer?.reject(error);
      }
    }
    sending = undefined;
  }

  return {
    async find<T extends TableName>(find: Find<T>, keys: Rows) {
      const answers = await Promise.all(inParts(keys).map((part) => ask(selectText(find, part))));
      const found = new Map<string, Row<T>>();
      for (const row of answers.flat()) {
        found.set(keyText(find.key.map((name) => row[name] as SqlValue)), row as unknown as Row<T>);
      }
      return keys.map((key) => found.get(keyText(key)));
    },
    async insert<T extends TableName>({ table, columns, ignoreTaken }: Insert<T>, rows: Rows) {
      const [first = ''] = columns;
      // Not `insert ignore`, which would also cut what is too long.
      const taken = ignoreTaken === true ? ` on duplicate key update ${quote(first)} = ${quote(first)}` : '';
      for (const part of inParts(rows)) {
        write(`insert into ${quote(table)} (${list(columns)}) values ${tuples(part)}${taken}`);
      }
    },
    async update<T extends TableName>({ table, set, key }: Update<T>, rows: Rows) {
      const names = [...set, ...key];
      const on = key.map((name) => `t.${quote(name)} = v.${quote(name)}`).join(' and ');
      const changes = set.map((name) => `t.${quote(name)} = v.${quote(name)}`).join(', ');
      for (const part of inParts(rows)) {
        write(`update ${quote(table)} t join (${asTable(names, part)}) v on ${on} set ${changes}`);
      }
    },
    async remove(table, key, keys) {
      for (const part of inParts(keys)) write(`delete from ${quote(table)} where ${matching(key, part)}`);
    },
    async sums<T extends TableName>({ table, of, by, where }: Sums<T>, values: readonly SqlValue[]) {
      const conditions = Object.entries(where).map(([name, value]) => `${quote(name)} = ${literal(value)}`);
      const parts = inParts(values.map((value) => [value])).map((part) => {
        const all = [matching([by], part), ...conditions].join(' and ');
        return ask(
          `select ${quote(by)} as of_what, sum(${quote(of)}) as total from ${quote(table)} where ${all} group by ${quote(by)}`,
        );
      });
      const totals = new Map(
        (await Promise.all(parts)).flat().map((row) => [row.of_what as SqlValue, Number(row.total)]),
      );
      return values.map((value) => totals.get(value) ?? 0);
    },
    commit: async () => {
      // Nothing was read and nothing is to be written.
      if (!hasBegun && waiting.length === 1) return;
      await ask('commit');
    },
    rollback: async () => {
      failure ??= { error: new Error('This transaction is taken back.') };
      await sending;
      if (hasBegun) await send(connection, [{ text: 'rollback' }]);
    },
  };
}

/** As many statements as travel together, at least one. */
function takePacket(waiting: Statement[]): Statement[] {
  let length = 0;
  const behind = waiting.findIndex(({ text }, index) => {
    length += text.length;
    return index > 0 && length > maxPacketLength;
  });
  return waiting.splice(0, behind < 0 ? waiting.length : behind);
}

/** @returns of each statement, the rows that it found */
function send(connection: PoolConnection, statements: readonly Statement[]): Promise<readonly RowDataPacket[][]> {
  return new Promise((resolve, reject) => {
    connection.query<RowDataPacket[][]>(statements.map(({ text }) => text).join(';\n'), (error, results) => {
      if (error !== null) reject(error);
      else resolve(statements.length === 1 ? [results as unknown as RowDataPacket[]] : results);
    });
  });
}

/** Few enough rows for one statement, and short enough for one packet. */
function inParts(rows: Rows): Rows[] {
  const parts: (readonly SqlValue[])[][] = [];
  let length = Number.POSITIVE_INFINITY;
  for (const row of rows) {
    const own = row.reduce<number>((sum, value) => sum + (typeof value === 'string' ? value.length : 8), 0);
    length += own;
    if (length > maxPacketLength || parts.at(-1)?.length === maxRows) {
      parts.push([]);
      length = own;
    }
    parts.at(-1)?.push(row);
  }
  return parts;
}

function selectText<T extends TableName>(find: Find<T>, keys: Rows): string {
  const columns = [...new Set<string>([...find.columns, ...find.key])];
  const order = find.lock === true ? ` order by ${list(find.key)} for update` : '';
  return `select ${list(columns)} from ${quote(find.table)} where ${matching(find.key, keys)}${order}`;
}

/** Rows as a table that can be joined: the first one names the columns. */
function asTable(names: readonly string[], [first = [], ...further]: Rows): string {
  const named = first.map((value, index) => `${literal(value)} as ${quote(names[index] ?? '')}`).join(', ');
  return [named, ...further.map((row) => row.map(literal).join(', '))]
    .map((row) => `select ${row}`)
    .join(' union all ');
}

/** A condition that both engines serve from the index on the key, for one column and for several. */
function matching(key: readonly string[], keys: Rows): string {
  if (key.length === 1) return `${quote(key[0] ?? '')} in ${literals(keys.flat())}`;
  return `(${list(key)}) in (${tuples(keys)})`;
}

const tuples = (rows: Rows): string => rows.map(literals).join(', ');
const literals = (values: readonly SqlValue[]): string => `(${values.map(literal).join(', ')})`;

/** What ends a string, begins an escape, or is no printed character. A double quote stands for itself. */
// biome-ignore lint/suspicious/noControlCharactersInRegex: these are what the driver escapes
const special = /[\u0000-\u001f'\\]/;

/** Most texts hold nothing to escape, and are full of the double quotes of JSON, which the driver would escape. */
function literal(value: SqlValue): string {
  if (typeof value === 'string' && !special.test(value)) return `'${value}'`;
  return mysql.escape(value);
}
