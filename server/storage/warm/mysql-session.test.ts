import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import fc from 'fast-check';
import mysql, { type Pool, type PoolConnection } from 'mysql2';
import { type MariaDb, mariadbMissing, startMariaDb } from '../../testing/mariadb.ts';
import { createMysqlSession, type MysqlSession } from './mysql-session.ts';
import { connectionOptions, openMysqlStore } from './mysql-store.ts';

const value = { table: 'meta', key: ['name'], columns: ['value'] } as const;
const insert = { table: 'meta', columns: ['name', 'value'] } as const;
const update = { table: 'meta', set: ['value'], key: ['name'] } as const;

describe('a transaction of several statements in a packet', { skip: mariadbMissing }, () => {
  let mariadb: MariaDb;
  let pool: Pool;

  before(async () => {
    mariadb = await startMariaDb();
    const url = await mariadb.createDatabase();
    await (await openMysqlStore(url)).close();
    pool = mysql.createPool({ ...connectionOptions(url), connectionLimit: 4, multipleStatements: true });
  });
  after(async () => {
    await pool?.promise().end();
    await mariadb?.[Symbol.asyncDispose]();
  });

  /** Runs on a connection of its own, as a batch does. */
  async function within<T>(run: (session: MysqlSession) => Promise<T>): Promise<T> {
    const connection = await new Promise<PoolConnection>((resolve, reject) =>
      pool.getConnection((error, made) => (error === null ? resolve(made) : reject(error))),
    );
    try {
      return await run(createMysqlSession(connection));
    } finally {
      connection.release();
    }
  }
  const stored = (name: string) => within(async (session) => (await session.find(value, [[name]]))[0]?.value);

  test('whatever people write comes back as it was, and ends no statement', async () => {
    const hostile = fc.constantFrom(
      "'",
      '"',
      '\\',
      "\\'",
      '`',
      ';',
      '--',
      '/*',
      '\u0000',
      '\n',
      '\u001a',
      '%',
      '{"a":"b\\"c"}',
      '😀',
      '退款',
    );
    const written = fc.array(fc.oneof(hostile, fc.string({ unit: 'grapheme', maxLength: 8 })), { maxLength: 12 });
    let n = 0;
    await fc.assert(
      fc.asyncProperty(fc.array(written, { minLength: 1, maxLength: 20 }), async (texts) => {
        const rows = texts.map((parts) => [`n${n++}`, parts.join('')] as const);
        const found = await within(async (session) => {
          await session.insert(insert, rows);
          const read = await session.find(
            value,
            rows.map(([name]) => [name]),
          );
          await session.commit();
          return read;
        });
        assert.deepEqual(
          found.map((row) => row?.value),
          rows.map(([, text]) => text),
        );
      }),
      { numRuns: 60 },
    );
  });

  test('more rows than one statement takes are all written, changed and taken away, in the order of what was asked', async () => {
    const rows = Array.from({ length: 1_000 }, (_, at) => [`many${at}`, `${at} ${'x'.repeat(5_000)}`]);
    const names = rows.map(([name]) => [name as string]);
    await within(async (session) => {
      await session.insert(insert, rows);
      await session.update(
        update,
        rows.map(([name], at) => [`changed ${at}`, name as string]),
      );
      await session.commit();
    });
    const backwards = await within((session) => session.find(value, names.toReversed()));
    assert.deepEqual(
      backwards.map((row) => row?.value),
      rows.map((_, at) => `changed ${at}`).toReversed(),
    );
    await within(async (session) => {
      await session.remove('meta', ['name'], names.slice(1));
      await session.commit();
    });
    const left = await within((session) => session.find(value, names));
    assert.equal(left.filter((row) => row !== undefined).length, 1);
  });

  test('nothing behind a statement that failed is done, the commit neither; whoever waits is told why', async () => {
    await within(async (session) => {
      await session.insert(insert, [['taken', 'first']]);
      await session.commit();
    });
    await within(async (session) => {
      await session.insert(insert, [['before', 'x']]);
      await session.insert(insert, [['taken', 'second']]);
      await session.insert(insert, [['behind', 'x']]);
      const read = session.find(value, [['before']]);
      await assert.rejects(read, /Duplicate entry/);
      await assert.rejects(session.commit(), /Duplicate entry/);
      await session.rollback();
    });
    assert.deepEqual(
      [await stored('taken'), await stored('before'), await stored('behind')],
      ['first', undefined, undefined],
    );
  });

  test('a row whose key is taken is left as it is where that is said', async () => {
    await within(async (session) => {
      await session.insert({ ...insert, ignoreTaken: true }, [
        ['kept', 'first'],
        ['kept', 'second'],
      ]);
      await session.commit();
    });
    assert.equal(await stored('kept'), 'first');
  });

  test('what was taken back is gone, also what waited and was never sent', async () => {
    await within(async (session) => {
      await session.insert(insert, [['sent', 'x']]);
      await session.find(value, [['sent']]);
      await session.insert(insert, [['waiting', 'x']]);
      await session.rollback();
    });
    assert.deepEqual([await stored('sent'), await stored('waiting')], [undefined, undefined]);
  });
});
