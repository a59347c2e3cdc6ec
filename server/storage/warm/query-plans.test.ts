import assert from 'node:assert/strict';
import { DatabaseSync } from 'node:sqlite';
import { test } from 'node:test';
import { Kysely } from 'kysely';
import { exerciseStore } from '../../testing/exercise-store.ts';
import { migrate } from './migrate.ts';
import type { Tables } from './schema.ts';
import { createSqliteDialect } from './sqlite-dialect.ts';
import { createSqliteEngine } from './sqlite-engine.ts';
import { createSqliteSession } from './sqlite-session.ts';
import { createWarmStore } from './warm-store.ts';

/** A store whose statements are noted, on a database in memory. */
async function openNotedStore() {
  const db = new DatabaseSync(':memory:');
  await migrate(new Kysely<Tables>({ dialect: createSqliteDialect(db) }), { name: 'sqlite' });
  const statements = new Set<string>();
  const noting = new Proxy(db, {
    get: (target, name) => {
      if (name === 'prepare') {
        return (text: string) => {
          statements.add(text);
          return target.prepare(text);
        };
      }
      const value: unknown = Reflect.get(target, name);
      return typeof value === 'function' ? value.bind(target) : value;
    },
  });
  const session = createSqliteSession(noting);
  const kysely = new Kysely<Tables>({ dialect: createSqliteDialect(noting) });
  const store = createWarmStore(createSqliteEngine(kysely, (work) => work(session)));
  return { db, store, statements };
}

const stepsOf = (db: DatabaseSync, statement: string): string[] => {
  const marks = statement.match(/\?/g)?.length ?? 0;
  const plan = db.prepare(`explain query plan ${statement}`).all(...new Array<null>(marks).fill(null));
  return plan.map(({ detail }) => String(detail));
};
const isQuery = (statement: string) => /^(select|update|delete|insert)/i.test(statement);
/** Reads a table from end to end. Tables of configuration hold a handful of rows: there it is meant. */
const isFullScan = (step: string) => /^SCAN (?!channels|agents|.*USING (COVERING )?INDEX)/.test(step);
const isAnyScan = (step: string) => /^SCAN /.test(step);
const isSort = (step: string) => /TEMP B-TREE/.test(step);

test('no look-up and no list reads a whole table', async () => {
  const { db, store, statements } = await openNotedStore();
  const { lists } = await exerciseStore(store);
  assert.ok(statements.size > 60, `${statements.size} statements were noted`);
  const queries = [...statements].filter(isQuery);
  const stepsThat = (which: (step: string) => boolean, of: readonly string[]) =>
    of.flatMap((statement) =>
      stepsOf(db, statement)
        .filter(which)
        .map((step) => `${step}: ${statement}`),
    );
  assert.deepEqual(stepsThat(isFullScan, queries), []);
  const laterPages = queries.filter((statement) => /"sort_at" </.test(statement));
  assert.ok(laterPages.length >= lists);
  assert.deepEqual(stepsThat(isAnyScan, laterPages), [], 'a later page begins where the one before it ended');
  const deliveries = queries.filter((statement) => /from "outbox" as "earlier"/.test(statement));
  assert.ok(deliveries.length >= 2);
  assert.deepEqual(stepsThat(isSort, deliveries), [], 'a long backlog is not sorted for the few that are taken');
  db.close();
});
