import { type Kysely, type Nullable, sql } from 'kysely';
import type {
  AgentTotal,
  AssignmentStore,
  DecisionRow,
  HeldRow,
  LastServed,
  OwedRow,
  RuleSubject,
  Said,
  SnoozedRow,
  UnansweredRow,
  WaitingRow,
  WeighedRow,
} from '../../routing/assignment-store.ts';
import type { Told } from '../../routing/wait-store.ts';
import type { LaneId, Place } from '../../routing/waiting-lanes.ts';
import { sortGranularityMs } from './append.ts';
import { conversationNo } from './conversation-no.ts';
import type { Tables } from './schema.ts';
import type { SlaLog } from './sla-log.ts';
import { locking, type SqlEngine } from './sql-engine.ts';

/** An agent's conversations are counted, and read, up to here. */
const countedLoad = 1_000;
/** And those that wait up to here. */
const countedWaiting = 100_000;
/** Agents, or conversations, that one statement asks about. */
const atOnce = 100;
/** Entries in which the customer's last words are looked for, and a contact's conversations in which an agent is. */
const entriesRead = 50;

/** What the dispatcher reads when it starts, looks again, and when somebody comes or goes; and what it keeps. */
export class SqlAssignmentStore implements AssignmentStore {
  readonly #engine: SqlEngine;
  readonly #slaLog: SlaLog;
  constructor(engine: SqlEngine, slaLog: SlaLog) {
    this.#engine = engine;
    this.#slaLog = slaLog;
  }
  get #db(): Kysely<Tables> {
    return this.#engine.db;
  }

  async waiting(lane: LaneId, after: Place | undefined, limit: number): Promise<Place[]> {
    let query = this.#waitingIn(lane).select(['id', 'queued_at']).orderBy('queued_at').orderBy('id').limit(limit);
    if (after !== undefined) {
      const { queuedAt, id } = after;
      // The first condition says nothing new: it lets the engine begin at the right place of the index.
      query = query
        .where('queued_at', '>=', queuedAt)
        .where((where) => where.or([where('queued_at', '>', queuedAt), where('id', '>', Number(id))]));
    }
    return (await query.execute()).map((row) => ({ id: String(row.id), queuedAt: row.queued_at ?? 0 }));
  }

  #waitingIn(lane: LaneId) {
    const queued = this.#db.selectFrom('conversations').where('status', '=', 'queued');
    return lane === null ? queued.where('skill_group_id', 'is', null) : queued.where('skill_group_id', '=', lane);
  }

  /** One step of the index for each: there are few groups, and many conversations. */
  async lanes(): Promise<LaneId[]> {
    const [nobodys] = await this.waiting(null, undefined, 1);
    const lanes: LaneId[] = nobodys === undefined ? [] : [null];
    for (let after = ''; ; ) {
      const row = await this.#db
        .selectFrom('conversations')
        .select('skill_group_id')
        .where('status', '=', 'queued')
        .where('skill_group_id', '>', after)
        .orderBy('skill_group_id')
        .limit(1)
        .executeTakeFirst();
      if (!row?.skill_group_id) return lanes;
      after = row.skill_group_id;
      lanes.push(after);
    }
  }

  waitingRows(ids: readonly string[]): Promise<WaitingRow[]> {
    return this.#rowsIn(ids, ['queued']);
  }

  openRows(ids: readonly string[]): Promise<WaitingRow[]> {
    return this.#rowsIn(ids, ['bot', 'queued', 'agent', 'snoozed']);
  }

  async #rowsIn(ids: readonly string[], statuses: readonly Tables['conversations']['status'][]): Promise<WaitingRow[]> {
    const found: WaitingRow[] = [];
    for (let from = 0; from < ids.length; from += rowsAtOnce) {
      const rows = await this.#db
        .selectFrom('conversations')
        .innerJoin('contacts', 'contacts.id', 'conversations.contact_id')
        .leftJoin('waits', (join) =>
          join
            .onRef('waits.conversation_id', '=', 'conversations.id')
            .onRef('waits.queued_at', '=', 'conversations.queued_at'),
        )
        .select([
          'conversations.id',
          'owner_epoch',
          'conversations.queued_at',
          'channel_id',
          'contact_id',
          'skill_group_id',
          'language',
          'priority',
          'tags',
          'routing',
          'abandoned_at',
          'told_at',
          'told_low_ms',
          'told_high_ms',
          'left_at',
        ])
        .select(attributesAsked.as('attributes'))
        .where('conversations.id', 'in', ids.slice(from, from + rowsAtOnce).map(conversationNo))
        .where('status', 'in', statuses)
        .execute();
      for (const row of rows) {
        const { vip = null, language = null } = row.attributes === null ? {} : attributesOf(row.attributes);
        found.push({
          id: String(row.id),
          queuedAt: row.queued_at ?? 0,
          epoch: row.owner_epoch,
          channelId: row.channel_id,
          contactId: row.contact_id,
          groupId: row.skill_group_id,
          language: row.language ?? language,
          priority: row.priority,
          tags: JSON.parse(row.tags) as string[],
          vip,
          routing: row.routing,
          abandonedAt: row.abandoned_at,
          told: row.left_at === null ? toldOf(row) : null,
        });
      }
    }
    return found;
  }

  async countWaiting(lane?: LaneId): Promise<number> {
    const queued = this.#db.selectFrom('conversations').where('status', '=', 'queued');
    const some = (lane === undefined ? queued : this.#waitingIn(lane)).select('id').limit(countedWaiting);
    const { n } = await this.#db
      .selectFrom(some.as('some'))
      .select((fields) => fields.fn.countAll<number>().as('n'))
      .executeTakeFirstOrThrow();
    return Number(n);
  }

  async loads(agentIds: readonly string[]): Promise<AgentTotal[]> {
    const ofOne = (id: string) =>
      sql`select ${id} as agent_id, count(*) as n, coalesce(sum(load_weight), 0) as units from (select load_weight from conversations where assignee_id = ${id} and status = 'agent' limit ${sql.lit(countedLoad)}) as some`;
    const rows = await this.#each<{ agent_id: string; n: number; units: number }>(agentIds.map(ofOne));
    return rows.map((row) => ({ agentId: row.agent_id, load: Number(row.n), units: Number(row.units) }));
  }

  async holdings(agentIds: readonly string[]): Promise<HeldRow[]> {
    const ofOne = (id: string) =>
      sql`select * from (select id, assignee_id, owner_epoch, channel_id, load_weight, queued_at from conversations where assignee_id = ${id} and status = 'agent' limit ${sql.lit(countedLoad)}) as some`;
    type Held = Pick<
      Tables['conversations'],
      'id' | 'assignee_id' | 'owner_epoch' | 'channel_id' | 'load_weight' | 'queued_at'
    >;
    return (await this.#each<Held>(agentIds.map(ofOne))).map((row) => ({
      id: String(row.id),
      agentId: row.assignee_id ?? '',
      epoch: row.owner_epoch,
      channelId: row.channel_id,
      weight: row.load_weight,
      queuedAt: row.queued_at,
    }));
  }

  #each<R>(questions: readonly ReturnType<typeof sql>[]): Promise<R[]> {
    return unionOf<R>(this.#db, questions);
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

  async unanswered(agentId: string, activeSince?: number): Promise<UnansweredRow[]> {
    let query = this.#db
      .selectFrom('conversations')
      .select(['id', 'channel_id', 'is_answered'])
      .where('assignee_id', '=', agentId)
      .where('status', '=', 'agent')
      .where('waiting_since', 'is not', null)
      .orderBy('queued_at');
    // The list's time follows the last message within seconds.
    if (activeSince !== undefined) query = query.where('sort_at', '>=', activeSince - sortGranularityMs);
    return (await query.execute()).map((row) => ({
      id: String(row.id),
      channelId: row.channel_id,
      isAnswered: row.is_answered === 1,
    }));
  }

  async owed(lane: LaneId, isAnswered: boolean, limit: number): Promise<OwedRow[]> {
    const rows = await this.#db
      .selectFrom('conversations')
      .select(['id', 'assignee_id', 'owner_epoch', 'queued_at', 'owed_since', 'routing'])
      .where('skill_group_id', lane === null ? 'is' : '=', lane)
      .where('is_answered', '=', isAnswered ? 1 : 0)
      .where('owed_since', 'is not', null)
      .orderBy('owed_since')
      .orderBy('id')
      .limit(limit)
      .execute();
    return rows.map((row) => ({
      id: String(row.id),
      agentId: row.assignee_id ?? '',
      epoch: row.owner_epoch,
      queuedAt: row.queued_at,
      owedSince: row.owed_since ?? 0,
      routing: row.routing,
    }));
  }

  quiet(agentIds: readonly string[], before: number): Promise<WeighedRow[]> {
    return this.#weighed(
      agentIds,
      sql`sort_at <= ${before} and full_weight is null and is_answered = 1 and owed_since is null`,
    );
  }

  lightened(agentIds: readonly string[]): Promise<WeighedRow[]> {
    return this.#weighed(agentIds, sql`full_weight is not null`);
  }

  async #weighed(agentIds: readonly string[], which: ReturnType<typeof sql>): Promise<WeighedRow[]> {
    const ofOne = (id: string) =>
      sql`select * from (select id, assignee_id, channel_id, owner_epoch, load_weight, full_weight from conversations where assignee_id = ${id} and status = 'agent' and ${which} limit ${sql.lit(countedLoad)}) as some`;
    type Weighed = Pick<
      Tables['conversations'],
      'id' | 'assignee_id' | 'channel_id' | 'owner_epoch' | 'load_weight' | 'full_weight'
    >;
    return (await this.#each<Weighed>(agentIds.map(ofOne))).map((row) => ({
      id: String(row.id),
      agentId: row.assignee_id ?? '',
      channelId: row.channel_id,
      epoch: row.owner_epoch,
      weight: row.load_weight,
      wholeWeight: row.full_weight ?? row.load_weight,
    }));
  }

  async weigh(rows: readonly (WeighedRow & { readonly to: number })[]): Promise<WeighedRow[]> {
    if (rows.length === 0) return [];
    // In the order in which everybody locks them.
    const sorted = rows.toSorted((a, b) => conversationNo(a.id) - conversationNo(b.id));
    return this.#engine.transaction(async (transaction) => {
      const changed: WeighedRow[] = [];
      for (const row of sorted) {
        const { numUpdatedRows } = await transaction
          .updateTable('conversations')
          .set({ load_weight: row.to, full_weight: row.to === row.wholeWeight ? null : row.wholeWeight })
          .where('id', '=', conversationNo(row.id))
          .where('status', '=', 'agent')
          .where('owner_epoch', '=', row.epoch)
          .where('load_weight', '=', row.weight)
          .where('owed_since', 'is', null)
          .executeTakeFirst();
        if (Number(numUpdatedRows) > 0) changed.push({ ...row, weight: row.to });
      }
      return changed;
    });
  }

  async snoozed(limit: number): Promise<SnoozedRow[]> {
    const rows = await this.#db
      .selectFrom('conversations')
      .select(['id', 'assignee_id', 'owner_epoch', 'snoozed_until', 'routing'])
      .where('snoozed_until', 'is not', null)
      .orderBy('snoozed_until')
      .orderBy('id')
      .limit(limit)
      .execute();
    return rows.map((row) => ({
      id: String(row.id),
      agentId: row.assignee_id ?? '',
      epoch: row.owner_epoch,
      until: row.snoozed_until ?? 0,
      routing: row.routing,
    }));
  }

  async lastServed(of: readonly { id: string; contactId: string }[]): Promise<LastServed[]> {
    // Its own records tell of a conversation that came back or was reopened; who gave it back has done with it.
    const own = await this.#each<{ id: number; agent_id: string; at: number }>(
      of.map(
        ({ id }) =>
          sql`select * from (select conversation_id as id, case when why in ('given-back', 'no-first-answer', 'inactivity') then '' else agent_id end as agent_id, at from routing_decisions where conversation_id = ${conversationNo(id)} and n = 0 order by epoch desc limit 1) as some`,
      ),
    );
    const others = await this.#each<{ id: number; agent_id: string; at: number }>(
      of.map(
        ({ id, contactId }) =>
          sql`select * from (select ${conversationNo(id)} as id, assignee_id as agent_id, coalesce(closed_at, updated_at) as at from (select assignee_id, closed_at, updated_at, sort_at from conversations where contact_id = ${contactId} order by sort_at desc limit ${sql.lit(entriesRead)}) as recent where assignee_id is not null order by sort_at desc limit 1) as some`,
      ),
    );
    const last = new Map<string, LastServed>();
    for (const row of [...own, ...others]) {
      const found = { id: String(row.id), agentId: row.agent_id, at: Number(row.at) };
      if (found.at > (last.get(found.id)?.at ?? 0)) last.set(found.id, found);
    }
    return [...last.values()].filter(({ agentId }) => agentId !== '');
  }

  async ruleSubjects(ids: readonly string[]): Promise<RuleSubject[]> {
    if (ids.length === 0) return [];
    const rows = await this.#db
      .selectFrom('conversations')
      .innerJoin('contacts', 'contacts.id', 'conversations.contact_id')
      .select(['conversations.id', 'contacts.attributes'])
      .select((fields) =>
        fields
          .exists(
            fields
              .selectFrom('conversations as other')
              .select(sql<number>`1`.as('one'))
              .whereRef('other.contact_id', '=', 'conversations.contact_id')
              .whereRef('other.id', '<>', 'conversations.id'),
          )
          .as('is_returning'),
      )
      .where('conversations.id', 'in', ids.map(conversationNo))
      .execute();
    const written = await this.#each<{ id: number; content: string; at: number; seq: number }>(
      ids.map(
        (id) =>
          sql`select * from (select conversation_id as id, content, created_at as at, seq, direction from messages where conversation_id = ${conversationNo(id)} order by seq desc limit ${sql.lit(entriesRead)}) as recent where direction = 'in'`,
      ),
    );
    const byConversation = Map.groupBy(
      written.sort((a, b) => a.seq - b.seq),
      ({ id }) => id,
    );
    return rows.map((row) => ({
      id: String(row.id),
      attributes: attributesOf(row.attributes),
      written: (byConversation.get(row.id) ?? []).map(({ content, at }) => ({ content, at: Number(at) })),
      isReturning: Number(row.is_returning) === 1,
    }));
  }

  route(
    row: Pick<WaitingRow, 'id' | 'epoch' | 'routing'>,
    said: Said | undefined,
    note?: Omit<DecisionRow, 'epoch' | 'n'>,
  ): Promise<boolean> {
    const no = conversationNo(row.id);
    return this.#engine.transaction(async (transaction) => {
      const stored = await locking(
        this.#engine,
        transaction.selectFrom('conversations').select(['owner_epoch', 'status', 'routing']).where('id', '=', no),
      ).executeTakeFirst();
      const isSame = stored?.owner_epoch === row.epoch && stored.status === 'queued' && stored.routing === row.routing;
      if (!isSame) return false;
      if (said !== undefined) await keepSaid(transaction, no, said);
      const counts = said?.groupId !== undefined || said?.priority !== undefined;
      // When is not said: no earlier than what else is known of the conversation.
      if (counts) await this.#slaLog.note(transaction, no, note?.at ?? 0, 'changed');
      if (note !== undefined) await keepNote(transaction, no, row.epoch, note);
      return true;
    });
  }

  async routingOf(conversationId: string): Promise<string | null> {
    const row = await this.#db
      .selectFrom('conversations')
      .select('routing')
      .where('id', '=', conversationNo(conversationId))
      .executeTakeFirst();
    return row?.routing ?? null;
  }

  async decisions(
    conversationId: string,
    { before, limit }: { before?: Pick<DecisionRow, 'epoch' | 'n'>; limit: number },
  ): Promise<DecisionRow[]> {
    let query = this.#db
      .selectFrom('routing_decisions')
      .selectAll()
      .where('conversation_id', '=', conversationNo(conversationId))
      .orderBy('epoch', 'desc')
      .orderBy('n', 'desc')
      .limit(limit);
    if (before !== undefined) {
      const { epoch, n } = before;
      query = query
        .where('epoch', '<=', epoch)
        .where((where) => where.or([where('epoch', '<', epoch), where('n', '<', n)]));
    }
    return (await query.execute()).map(({ agent_id: agentId, group_id: groupId, conversation_id: _, ...row }) => ({
      ...row,
      agentId,
      groupId,
    }));
  }
}

/** The rows of many questions of a kind, some of them in one statement. */
export async function unionOf<R>(db: Kysely<Tables>, questions: readonly ReturnType<typeof sql>[]): Promise<R[]> {
  const found: R[] = [];
  for (let from = 0; from < questions.length; from += atOnce) {
    const some = questions.slice(from, from + atOnce);
    found.push(...(await sql<R>`${sql.join(some, sql` union all `)}`.execute(db)).rows);
  }
  return found;
}

/** Attributes can be long, and of most contacts none of them is asked for. */
export const attributesAsked = sql<
  string | null
>`case when contacts.attributes like '%"vip"%' or contacts.attributes like '%"language"%' then contacts.attributes end`;

/** Rows that one statement names by their number. */
const rowsAtOnce = 500;

async function keepSaid(transaction: Kysely<Tables>, no: number, said: Said): Promise<void> {
  await transaction
    .updateTable('conversations')
    .set({
      routing: said.routing,
      ...(said.groupId === undefined ? {} : { skill_group_id: said.groupId }),
      ...(said.priority === undefined ? {} : { priority: said.priority }),
      ...(said.tags === undefined ? {} : { tags: JSON.stringify(said.tags) }),
    })
    .where('id', '=', no)
    .execute();
}

/** Behind those of the epoch that are there; the first is that which ends it. */
async function keepNote(
  transaction: Kysely<Tables>,
  no: number,
  epoch: number,
  { agentId, groupId, ...note }: Omit<DecisionRow, 'epoch' | 'n'>,
): Promise<void> {
  const last = await transaction
    .selectFrom('routing_decisions')
    .select('n')
    .where('conversation_id', '=', no)
    .where('epoch', '=', epoch)
    .orderBy('n', 'desc')
    .limit(1)
    .executeTakeFirst();
  await transaction
    .insertInto('routing_decisions')
    .values({
      ...note,
      conversation_id: no,
      epoch,
      n: (last?.n ?? 0) + 1,
      agent_id: agentId,
      group_id: groupId,
    })
    .execute();
}

function toldOf(row: Pick<Nullable<Tables['waits']>, 'told_at' | 'told_low_ms' | 'told_high_ms'>): Told | null {
  const { told_at: at, told_low_ms: lowMs, told_high_ms: highMs } = row;
  return at === null || lowMs === null || highMs === null ? null : { at, lowMs, highMs };
}

function attributesOf(text: string): Record<string, string> {
  return JSON.parse(text) as Record<string, string>;
}
