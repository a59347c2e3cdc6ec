import type { Kysely } from 'kysely';
import type { AssignmentStore } from '../../routing/dispatcher.ts';
import type { Tables } from './schema.ts';
import type { SqlEngine } from './sql-engine.ts';

/** What the dispatcher reads when it starts and when an agent goes away. */
export class SqlAssignmentStore implements AssignmentStore {
  readonly #db: Kysely<Tables>;
  constructor(engine: SqlEngine) {
    this.#db = engine.db;
  }

  async waiting(): Promise<{ id: string; queuedAt: number }[]> {
    const rows = await this.#db
      .selectFrom('conversations')
      .select(['id', 'queued_at', 'created_at'])
      .where('status', '=', 'queued')
      .execute();
    return rows.map((row) => ({ id: String(row.id), queuedAt: row.queued_at ?? row.created_at }));
  }

  async assigned(): Promise<{ id: string; assigneeId: string }[]> {
    const rows = await this.#db
      .selectFrom('conversations')
      .select(['id', 'assignee_id'])
      .where('status', '=', 'agent')
      .execute();
    return rows.flatMap((row) =>
      row.assignee_id === null ? [] : [{ id: String(row.id), assigneeId: row.assignee_id }],
    );
  }

  async unanswered(agentId: string): Promise<string[]> {
    const rows = await this.#db
      .selectFrom('conversations')
      .select('id')
      .where('assignee_id', '=', agentId)
      .where('status', '=', 'agent')
      .where('waiting_since', 'is not', null)
      .orderBy('queued_at')
      .execute();
    return rows.map((row) => String(row.id));
  }
}
