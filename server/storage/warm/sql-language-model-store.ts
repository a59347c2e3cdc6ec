import type { Kysely } from 'kysely';
import { sql } from 'kysely';
import type { StoredVector, VectorStore } from '../../bot/embeddings/embedder.ts';
import type { Account, Spent, UsageStore } from '../../bot/language-model/usage-store.ts';
import type { Tables } from './schema.ts';
import { leavingTaken, locking, type SqlEngine } from './sql-engine.ts';

type Amount = { readonly tokens: number; readonly costMicros: number };

/** What language models took, in SQL: one count of all processes. */
export class SqlModelUsageStore implements UsageStore {
  readonly #engine: SqlEngine;
  constructor(engine: SqlEngine) {
    this.#engine = engine;
  }

  reserve(accounts: readonly Account[], amount: Amount, at: number): Promise<Account | undefined> {
    // In one order, so that two who reserve do not wait for each other.
    const sorted = accounts.toSorted((a, b) => (a.scope < b.scope ? -1 : 1));
    return this.#engine.transaction(async (db) => {
      for (const { scope, name } of sorted) {
        const row = { scope, name, tokens: 0, cost_micros: 0, calls: 0, used_at: at };
        await leavingTaken(this.#engine, db.insertInto('model_usage').values(row), 'scope').execute();
      }
      for (const account of sorted) {
        const query = db
          .selectFrom('model_usage')
          .select(['tokens', 'cost_micros'])
          .where('scope', '=', account.scope)
          .where('name', '=', account.name);
        const row = await locking(this.#engine, query).executeTakeFirstOrThrow();
        if (isOver(row, amount, account)) return account;
      }
      for (const account of sorted) await add(db, account, amount, at, 1);
      return undefined;
    });
  }

  async settle(accounts: readonly Pick<Account, 'scope' | 'name'>[], difference: Amount, at: number): Promise<void> {
    const sorted = accounts.toSorted((a, b) => (a.scope < b.scope ? -1 : 1));
    await this.#engine.transaction(async (db) => {
      for (const account of sorted) await add(db, account, difference, at, 0);
    });
  }

  async spent(scope: Account['scope'], name: string): Promise<Spent> {
    const row = await this.#engine.db
      .selectFrom('model_usage')
      .select(['tokens', 'cost_micros', 'calls'])
      .where('scope', '=', scope)
      .where('name', '=', name)
      .executeTakeFirst();
    return {
      tokens: Number(row?.tokens ?? 0),
      costMicros: Number(row?.cost_micros ?? 0),
      calls: Number(row?.calls ?? 0),
    };
  }

  async forget(scope: Account['scope'], before: number): Promise<number> {
    const { numDeletedRows } = await this.#engine.db
      .deleteFrom('model_usage')
      .where('scope', '=', scope)
      .where('used_at', '<', before)
      .executeTakeFirst();
    return Number(numDeletedRows);
  }
}

function isOver(row: { tokens: number; cost_micros: number }, amount: Amount, account: Account): boolean {
  const { mostTokens, mostCostMicros } = account;
  return (
    (mostTokens !== null && Number(row.tokens) + amount.tokens > mostTokens) ||
    (mostCostMicros !== null && Number(row.cost_micros) + amount.costMicros > mostCostMicros)
  );
}

async function add(
  db: Kysely<Tables>,
  { scope, name }: Pick<Account, 'scope' | 'name'>,
  { tokens, costMicros }: Amount,
  at: number,
  calls: number,
): Promise<void> {
  await db
    .updateTable('model_usage')
    .set({
      tokens: sql`tokens + ${tokens}`,
      cost_micros: sql`cost_micros + ${costMicros}`,
      calls: sql`calls + ${calls}`,
      used_at: at,
    })
    .where('scope', '=', scope)
    .where('name', '=', name)
    .execute();
}

/** Vectors of our own texts, in SQL. */
export class SqlVectorStore implements VectorStore {
  readonly #engine: SqlEngine;
  constructor(engine: SqlEngine) {
    this.#engine = engine;
  }
  get #db(): Kysely<Tables> {
    return this.#engine.db;
  }

  async find(hashes: readonly string[]): Promise<StoredVector[]> {
    if (hashes.length === 0) return [];
    return await this.#db.selectFrom('text_vectors').select(['hash', 'vector']).where('hash', 'in', hashes).execute();
  }

  async add(vectors: readonly StoredVector[], at: number): Promise<void> {
    if (vectors.length === 0) return;
    const rows = vectors.map(({ hash, vector }) => ({ hash, vector, created_at: at }));
    await leavingTaken(this.#engine, this.#db.insertInto('text_vectors').values(rows), 'hash').execute();
  }

  async forget(before: number): Promise<number> {
    const { numDeletedRows } = await this.#db
      .deleteFrom('text_vectors')
      .where('created_at', '<', before)
      .executeTakeFirst();
    return Number(numDeletedRows);
  }
}
