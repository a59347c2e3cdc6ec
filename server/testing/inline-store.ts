import { DatabaseSync } from 'node:sqlite';
import { Kysely } from 'kysely';
import { migrate } from '../storage/warm/migrate.ts';
import type { Tables } from '../storage/warm/schema.ts';
import { createSqliteDialect } from '../storage/warm/sqlite-dialect.ts';
import { createSqliteEngine } from '../storage/warm/sqlite-engine.ts';
import { createSqliteSession } from '../storage/warm/sqlite-session.ts';
import { createWarmStore, type WarmStore } from '../storage/warm/warm-store.ts';

/** The database as the migrations leave it: they take longer than many a simulation. */
let migrated: Uint8Array | undefined;

/**
 * The real warm store on a database in memory, in this thread: for simulations of thousands of steps, where a thread
 * and an fsync for each would be all of the time. One piece of work runs at a time, as in the store's own thread.
 */
export async function openInlineStore(): Promise<WarmStore & { close(): void }> {
  const db = new DatabaseSync(':memory:');
  const kysely = new Kysely<Tables>({ dialect: createSqliteDialect(db) });
  if (migrated === undefined) {
    await migrate(kysely, { name: 'sqlite' });
    migrated = db.serialize();
  } else db.deserialize(migrated);
  const session = createSqliteSession(db);
  let depth = 0;
  const store = createWarmStore(
    createSqliteEngine(db, kysely, async (work) => {
      const name = `w${depth++}`;
      db.exec(`savepoint ${name}`);
      try {
        const result = await work(session);
        db.exec(`release ${name}`);
        return result;
      } catch (error) {
        db.exec(`rollback to ${name}; release ${name}`);
        throw error;
      } finally {
        depth -= 1;
      }
    }),
  );
  let last: Promise<unknown> = Promise.resolve();
  const inTurn = <T extends object>(part: T): T =>
    new Proxy(part, {
      get: (target, name) => {
        const value = Reflect.get(target, name) as unknown;
        if (typeof value !== 'function') return value;
        return (...args: unknown[]) => {
          const run = last.then(() => Reflect.apply(value, target, args) as unknown);
          last = run.catch(() => undefined);
          return run;
        };
      },
    });
  return {
    conversations: inTurn(store.conversations),
    assignments: inTurn(store.assignments),
    outbox: inTurn(store.outbox),
    queue: inTurn(store.queue),
    channels: inTurn(store.channels),
    agents: inTurn(store.agents),
    files: inTurn(store.files),
    meta: inTurn(store.meta),
    archive: inTurn(store.archive),
    archiveFiles: inTurn(store.archiveFiles),
    routing: inTurn(store.routing),
    participations: inTurn(store.participations),
    sla: inTurn(store.sla),
    waits: inTurn(store.waits),
    callBacks: inTurn(store.callBacks),
    record: inTurn(store.record),
    dryRuns: inTurn(store.dryRuns),
    modelUsage: inTurn(store.modelUsage),
    vectors: inTurn(store.vectors),
    documents: inTurn(store.documents),
    intents: inTurn(store.intents),
    intentModels: inTurn(store.intentModels),
    intentTrainings: inTurn(store.intentTrainings),
    knowledge: inTurn(store.knowledge),
    suggestions: inTurn(store.suggestions),
    botVersions: inTurn(store.botVersions),
    dialogues: inTurn(store.dialogues),
    gaps: inTurn(store.gaps),
    labels: inTurn(store.labels),
    replays: inTurn(store.replays),
    identity: inTurn(store.identity),
    surveys: inTurn(store.surveys),
    tallies: inTurn(store.tallies),
    close: () => db.close(),
  };
}
