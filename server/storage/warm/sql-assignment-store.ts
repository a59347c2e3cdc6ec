import { type Kysely, sql } from 'kysely';
import type { AssignmentStore } from '../../routing/dispatcher.ts';
import type { Waiting } from '../../routing/waiting-queue.ts';
import { sortGranularityMs } from './append.ts';
import type { Tables } from './schema.ts';
import type { SqlEngine } from './sql-engine.ts';

/** An agent's conversations are counted up to here. */
const countedLoad = 1_000;
/** And those that wait up to here. */
const countedWaiting = 100_000;
/** Agents whose loads one statement counts. */
const agentsAtOnce = 100;

/** What the dispatcher reads when it starts, looks again, and when an agent goes away. */
export class SqlAssignmentStore implements AssignmentStore {
  readonly #engine: SqlEngine;
  constructor(engine: SqlEngine) {
    this.#engine = engine;
  }
  get #db(): Kysely<Tables> {
    return this.#engine.db;
  }

  async waiting(after: Waiting | undefined, limit: number): Promise<Waiting[]> {
    let query = this.#db
      .selectFrom('conversations')
      .select(['id', 'queued_at'])
      .where('status', '=', 'queued')
      .orderBy('queued_at')
      .orderBy('id')
      .limit(limit);
    if (after !== undefined) {
      const { queuedAt, id } = after;
      // The first condition says nothing new: it lets the engine begin at the right place of the index.
      query = query
        .where('queued_at', '>=', queuedAt)
        .where((where) => where.or([where('queued_at', '>', queuedAt), where('id', '>', Number(id))]));
    }
    return (await query.execute()).map((row) => ({ id: String(row.id), queuedAt: row.queued_at ?? 0 }));
  }

  async countWaiting(): Promise<number> {
    const some = this.#db.selectFrom('conversations').select('id').where('status', '=', 'queued').limit(countedWaiting);
    const { n } = await this.#db
      .selectFrom(some.as('some'))
      .select((fields) => fields.fn.countAll<number>().as('n'))
      .executeTakeFirstOrThrow();
    return Number(n);
  }

  async loads(agentIds: readonly string[]): Promise<{ agentId: string; load: number }[]> {
    const loads: { agentId: string; load: number }[] = [];
    for (let from = 0; from < agentIds.length; from += agentsAtOnce) {
      const counts = agentIds
        .slice(from, from + agentsAtOnce)
        .map(
          (id) =>
            sql`select ${id} as agent_id, (select count(*) from (select 1 from conversations where assignee_id = ${id} and status = 'agent' limit ${sql.lit(countedLoad)}) as some) as n`,
        );
      const { rows } = await sql<{ agent_id: string; n: number }>`${sql.join(counts, sql` union all `)}`.execute(
        this.#db,
      );
      loads.push(...rows.map((row) => ({ agentId: row.agent_id, load: Number(row.n) })));
    }
    return loads;
  }

  async holders(): Promise<string[]> {
    const rows = await this.#db
      .selectFrom('agents')
      .select('id')
      .where((where) =>
        where.exists(
          where
            .selectFrom('conversations')
            .select(sql<number>`1`.as('one'))
            .whereRef('conversations.assignee_id', '=', 'agents.id')
            .where('conversations.status', '=', 'agent'),
        ),
      )
      .execute();
    return rows.map(({ id }) => id);
  }

  async unanswered(agentId: string, activeSince?: number): Promise<string[]> {
    let query = this.#db
      .selectFrom('conversations')
      .select('id')
      .where('assignee_id', '=', agentId)
      .where('status', '=', 'agent')
      .where('waiting_since', 'is not', null)
      .orderBy('queued_at');
    // The list's time follows the last message within seconds.
    if (activeSince !== undefined) query = query.where('sort_at', '>=', activeSince - sortGranularityMs);
    return (await query.execute()).map((row) => String(row.id));
  }
}
