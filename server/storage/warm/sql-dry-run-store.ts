import type { Kysely } from 'kysely';
import type { DryRunStore, StoredDryRun } from '../../routing/dry-run-store.ts';
import type { Tables } from './schema.ts';
import type { SqlEngine } from './sql-engine.ts';

/** Dry runs and their results, in SQL. There are a handful of them. */
export class SqlDryRunStore implements DryRunStore {
  readonly #engine: SqlEngine;
  constructor(engine: SqlEngine) {
    this.#engine = engine;
  }
  get #db(): Kysely<Tables> {
    return this.#engine.db;
  }

  async add(run: StoredDryRun): Promise<void> {
    const { id, state, progress, days, baseVersion, result, requestedBy, createdAt, seenAt } = run;
    const row = { id, state, progress, days, base_version: baseVersion, result, requested_by: requestedBy };
    await this.#db
      .insertInto('dry_runs')
      .values({ ...row, created_at: createdAt, seen_at: seenAt })
      .execute();
  }

  async get(id: string): Promise<StoredDryRun | undefined> {
    const row = await this.#db.selectFrom('dry_runs').selectAll().where('id', '=', id).executeTakeFirst();
    if (row === undefined) return undefined;
    const {
      base_version: baseVersion,
      requested_by: requestedBy,
      created_at: createdAt,
      seen_at: seenAt,
      ...same
    } = row;
    return { ...same, baseVersion, requestedBy, createdAt, seenAt };
  }

  async note(id: string, progress: number, at: number): Promise<boolean> {
    await this.#db.updateTable('dry_runs').set({ progress, seen_at: at }).where('id', '=', id).execute();
    // The number of changed rows would not do: a row that is as it should be is not changed.
    return (await this.#db.selectFrom('dry_runs').select('id').where('id', '=', id).executeTakeFirst()) !== undefined;
  }

  async end(id: string, state: 'done' | 'failed', result: string, at: number): Promise<void> {
    await this.#db
      .updateTable('dry_runs')
      .set({ state, result, progress: 100, seen_at: at })
      .where('id', '=', id)
      .execute();
  }

  async remove(id: string): Promise<boolean> {
    const { numDeletedRows } = await this.#db.deleteFrom('dry_runs').where('id', '=', id).executeTakeFirst();
    return numDeletedRows > 0n;
  }

  async removeBefore(createdAt: number): Promise<void> {
    await this.#db.deleteFrom('dry_runs').where('created_at', '<', createdAt).execute();
  }
}
