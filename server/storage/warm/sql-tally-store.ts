import { type Kysely, sql } from 'kysely';
import type { TallyStore } from '../../bot/measures/tallies.ts';
import type { Tables } from './schema.ts';
import type { SqlEngine } from './sql-engine.ts';

const rowsAtOnce = 200;

/** What is counted of the bot's answers by day, in SQL: one count of all processes. */
export class SqlTallyStore implements TallyStore {
  readonly #engine: SqlEngine;
  constructor(engine: SqlEngine) {
    this.#engine = engine;
  }
  get #db(): Kysely<Tables> {
    return this.#engine.db;
  }

  add(day: string, counts: ReadonlyMap<string, number>): Promise<void> {
    // In one order, so that two who add do not wait for each other.
    const rows = [...counts].map(([name, n]) => ({ day, name, n })).toSorted((a, b) => (a.name < b.name ? -1 : 1));
    return this.#engine.transaction(async (transaction) => {
      for (let from = 0; from < rows.length; from += rowsAtOnce) {
        const insert = transaction.insertInto('bot_tallies').values(rows.slice(from, from + rowsAtOnce));
        const added =
          this.#engine.name === 'sqlite'
            ? insert.onConflict((on) => on.columns(['day', 'name']).doUpdateSet({ n: sql`bot_tallies.n + excluded.n` }))
            : insert.onDuplicateKeyUpdate({ n: sql`n + values(n)` });
        await added.execute();
      }
    });
  }

  async between(from: string, to: string): Promise<{ day: string; name: string; n: number }[]> {
    const rows = await this.#db
      .selectFrom('bot_tallies')
      .selectAll()
      .where('day', '>=', from)
      .where('day', '<=', to)
      .orderBy('day')
      .orderBy('name')
      .execute();
    return rows.map(({ day, name, n }) => ({ day, name, n: Number(n) }));
  }

  async forget(before: string): Promise<void> {
    await this.#db.deleteFrom('bot_tallies').where('day', '<', before).execute();
  }
}
