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
import { createWarmStore, type WarmStore } from './warm-store.ts';

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
  const store = createWarmStore(createSqliteEngine(noting, kysely, (work) => work(session)));
  return { db, store, statements };
}

const stepsOf = (db: DatabaseSync, statement: string): string[] => {
  const marks = statement.match(/\?/g)?.length ?? 0;
  const plan = db.prepare(`explain query plan ${statement}`).all(...new Array<null>(marks).fill(null));
  return plan.map(({ detail }) => String(detail));
};
const isQuery = (statement: string) => /^(select|update|delete|insert)/i.test(statement);
/** Tables of configuration and of the archive's files hold a handful of rows: reading them whole is meant. */
const small = [
  'channels',
  'agents',
  'archive_files',
  'meta',
  'counters',
  'dry_runs',
  'taught_areas',
  'intents',
  'intent_models',
  'intent_trainings',
  'intent_publications',
  'intent_thresholds',
  'bot_replays',
  'category_names',
];
/** Reads a table from end to end, or one of its indexes. What is made within the statement is no table. */
const scanOf =
  (tables: ReadonlySet<string>) =>
  (step: string): boolean =>
    tables.has(/^SCAN (\w+)/.exec(step)?.[1] ?? '');
/**
 * How much waits is counted once, at a start; the first few of all dead letters end with their limit. Utterances are counted,
 * and looked through for the same ones, along an index, when an administrator looks at them.
 */
const isMeant = (statement: string) =>
  /^select count\("id"\) as "n" from "intent_utterances"$|from "intent_utterances" group by|^select count\(\*\).* from "inbound_queue"$|from "inbound_dead" (order by "id" desc )?limit \?/.test(
    statement,
  );
const isSort = (step: string) => /TEMP B-TREE/.test(step);

/** Notes which methods of a store's parts are called. */
function notingCalls(store: WarmStore): { noted: WarmStore; missing: () => string[] } {
  const called = new Set<string>();
  const parts = Object.entries(store) as [string, object][];
  const noting = (name: string, part: object) =>
    new Proxy(part, {
      get: (target, method) => {
        called.add(`${name}.${String(method)}`);
        const value: unknown = Reflect.get(target, method);
        return typeof value === 'function' ? value.bind(target) : value;
      },
    });
  const all = parts.flatMap(([name, part]) =>
    Object.getOwnPropertyNames(Object.getPrototypeOf(part))
      .filter((method) => method !== 'constructor')
      .map((method) => `${name}.${method}`),
  );
  return {
    noted: Object.fromEntries(parts.map(([name, part]) => [name, noting(name, part)])) as unknown as WarmStore,
    missing: () => all.filter((method) => !called.has(method)),
  };
}

test('no look-up and no list reads a whole table', async () => {
  const { db, store, statements } = await openNotedStore();
  const { noted, missing } = notingCalls(store);
  await exerciseStore(noted);
  assert.deepEqual(missing(), [], 'everything that the store can be asked has been asked');
  assert.ok(statements.size > 60, `${statements.size} statements were noted`);
  const queries = [...statements].filter((statement) => isQuery(statement) && !isMeant(statement));
  const stepsThat = (which: (step: string) => boolean, of: readonly string[]) =>
    of.flatMap((statement) =>
      stepsOf(db, statement)
        .filter(which)
        .map((step) => `${step}: ${statement}`),
    );
  const tables = db.prepare("select name from sqlite_schema where type = 'table'").all();
  const large = new Set(tables.map(({ name }) => String(name)).filter((name) => !small.includes(name)));
  assert.deepEqual(stepsThat(scanOf(large), queries), []);
  const deliveries = queries.filter((statement) => /from "outbox" as "earlier"/.test(statement));
  assert.ok(deliveries.length >= 2);
  assert.deepEqual(stepsThat(isSort, deliveries), [], 'a long backlog is not sorted for the few that are taken');
  const clocks = queries.filter((statement) => /from "sla_(events|clocks|results)"/.test(statement));
  assert.ok(clocks.length >= 10);
  assert.deepEqual(stepsThat(isSort, clocks), [], 'nor are the clocks of all that is open');
  db.close();
});
