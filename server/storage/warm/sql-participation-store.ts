import type { OverInvitation, ParticipationStore } from '../../conversation/participation-store.ts';
import type { SqlEngine } from './sql-engine.ts';

/** Who takes part where, in SQL. The rows are written with the conversations' own (`append`). */
export class SqlParticipationStore implements ParticipationStore {
  readonly #engine: SqlEngine;
  constructor(engine: SqlEngine) {
    this.#engine = engine;
  }

  async of(agentId: string, limit: number): Promise<string[]> {
    const rows = await this.#engine.db
      .selectFrom('participations')
      .select('conversation_id')
      .where('agent_id', '=', agentId)
      .orderBy('conversation_id', 'desc')
      .limit(limit)
      .execute();
    return rows.map((row) => String(row.conversation_id));
  }

  async over(now: number, limit: number): Promise<OverInvitation[]> {
    const rows = await this.#engine.db
      .selectFrom('participations')
      .select(['conversation_id', 'agent_id', 'asked_until'])
      .where('asked_until', '<', now)
      .orderBy('asked_until')
      .limit(limit)
      .execute();
    return rows.map((row) => ({
      conversationId: String(row.conversation_id),
      agentId: row.agent_id,
      askedUntil: row.asked_until ?? 0,
    }));
  }

  async nextEnd(): Promise<number | undefined> {
    const row = await this.#engine.db
      .selectFrom('participations')
      .select('asked_until')
      .where('asked_until', 'is not', null)
      .orderBy('asked_until')
      .limit(1)
      .executeTakeFirst();
    return row?.asked_until ?? undefined;
  }
}
