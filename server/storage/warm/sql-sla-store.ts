import type { ConversationStatus, Priority } from '@parley/sdk/protocol.ts';
import { type Kysely, sql } from 'kysely';
import type { SlaCase } from '../../routing/sla/sla-case.ts';
import type {
  OpenPlace,
  ResultPlace,
  SlaEventRow,
  SlaGroupTotals,
  SlaResult,
  SlaResultChange,
  SlaSave,
  SlaStore,
  SlaSubject,
} from '../../routing/sla/sla-store.ts';
import { conversationNo } from './conversation-no.ts';
import type { Tables } from './schema.ts';
import type { SlaLog } from './sla-log.ts';
import type { SqlEngine } from './sql-engine.ts';
import type { SqlValue, WriteSession } from './sql-session.ts';

/** Results are counted by the half hour: days begin at whole and half hours nearly everywhere. */
const slotMs = 30 * 60_000;
/** Numbers above say "this many or more". */
const counted = 10_000;

/** The clocks of service levels in SQL. */
export class SqlSlaStore implements SlaStore {
  readonly #engine: SqlEngine;
  readonly #log: SlaLog;
  constructor(engine: SqlEngine, log: SlaLog) {
    this.#engine = engine;
    this.#log = log;
  }
  get #db(): Kysely<Tables> {
    return this.#engine.db;
  }

  async watch(on: boolean): Promise<void> {
    this.#log.isOn = on;
  }

  async events(limit: number): Promise<SlaEventRow[]> {
    const front = this.#db.selectFrom('sla_events').selectAll().where('id', '>', 0);
    const rows = await front.orderBy('id').limit(limit).execute();
    return rows.map(({ id, conversation_id: no, at, kinds }) => ({ id, conversationId: String(no), at, kinds }));
  }

  async due(at: number, limit: number): Promise<string[]> {
    const rows = await this.#db
      .selectFrom('sla_clocks')
      .select('conversation_id')
      .where('next_at', '<=', at)
      .orderBy('next_at')
      .orderBy('conversation_id')
      .limit(limit)
      .execute();
    return rows.map((row) => String(row.conversation_id));
  }

  async nextAt(): Promise<number | null> {
    const first = this.#db.selectFrom('sla_clocks').select('next_at').where('next_at', '>', 0);
    return (await first.orderBy('next_at').limit(1).executeTakeFirst())?.next_at ?? null;
  }

  async subjects(ids: readonly string[]): Promise<SlaSubject[]> {
    if (ids.length === 0) return [];
    const rows = await this.#db
      .selectFrom('conversations')
      .leftJoin('sla_clocks', 'sla_clocks.conversation_id', 'conversations.id')
      .select([
        'conversations.id',
        'status',
        'skill_group_id',
        'priority',
        'conversations.assignee_id',
        'waiting_since',
        'last_sender',
        'last_message_at',
        'closed_at',
        'rev',
        'state',
      ])
      .select(hasAnswer.as('is_answered'))
      .where('conversations.id', 'in', ids.map(conversationNo))
      .execute();
    return rows.map((row) => ({
      id: String(row.id),
      // Put off, it is with its agent still.
      status: row.status === 'snoozed' ? 'agent' : row.status,
      groupId: row.skill_group_id,
      priority: row.priority,
      assigneeId: row.assignee_id,
      isAsked: row.waiting_since !== null,
      lastSender: row.last_sender,
      lastMessageAt: row.last_message_at,
      closedAt: row.closed_at,
      isAnswered: Number(row.is_answered) === 1,
      isSnoozed: row.status === 'snoozed',
      kept: row.rev === null ? undefined : { rev: row.rev, state: JSON.parse(row.state ?? '') as SlaCase },
    }));
  }

  async open(status: ConversationStatus, after: OpenPlace | undefined, limit: number): Promise<OpenPlace[]> {
    let query = this.#db
      .selectFrom('conversations')
      .select(['id', 'sort_at'])
      .where('status', '=', status)
      .orderBy('sort_at')
      .orderBy('id')
      .limit(limit);
    if (after !== undefined) {
      const { sortAt, id } = after;
      query = query
        .where('sort_at', '>=', sortAt)
        .where((where) => where.or([where('sort_at', '>', sortAt), where('id', '>', conversationNo(id))]));
    }
    return (await query.execute()).map((row) => ({ id: String(row.id), sortAt: row.sort_at }));
  }

  async save(saves: readonly SlaSave[], eventIds: readonly number[]): Promise<boolean> {
    try {
      await this.#engine.write((session) => store(session, saves, eventIds));
      return true;
    } catch (error) {
      if (error instanceof TooLate) return false;
      throw error;
    }
  }

  async forget(ids: readonly string[]): Promise<void> {
    await this.#db.deleteFrom('sla_clocks').where('conversation_id', 'in', ids.map(conversationNo)).execute();
  }

  async removeCountsBefore(at: number): Promise<void> {
    await this.#db.deleteFrom('sla_counts').where('slot', '<', slotOf(at)).execute();
  }

  async summary({ now, soonMs, since }: { now: number; soonMs: number; since: readonly number[] }) {
    const totals = new Map<string, SlaGroupTotals>();
    const none = since.map(() => ({ met: 0, breached: 0 }));
    for (const groupId of await this.#groupsWithClocks()) {
      const within = async (from: number, to: number) => {
        const some = sql`select 1 from sla_clocks where group_id = ${groupId} and due_at > ${from} and due_at <= ${to} limit ${sql.lit(counted)}`;
        const { rows } = await sql<{ n: number }>`select count(*) as n from (${some}) as some`.execute(this.#db);
        return Number(rows[0]?.n ?? 0);
      };
      totals.set(groupId, {
        groupId,
        running: await within(now, Number.MAX_SAFE_INTEGER),
        dueSoon: await within(now, now + soonMs),
        overdue: await within(0, now),
        since: none,
      });
    }
    for (const [at, from] of since.entries()) {
      const rows = await this.#db
        .selectFrom('sla_counts')
        .select('group_id')
        .select((fn) => [fn.fn.sum<number>('met').as('met'), fn.fn.sum<number>('breached').as('breached')])
        .where('slot', '>=', slotOf(from))
        .groupBy('group_id')
        .execute();
      for (const { group_id: groupId, met, breached } of rows) {
        const known = totals.get(groupId) ?? { groupId, running: 0, dueSoon: 0, overdue: 0, since: none };
        totals.set(groupId, {
          ...known,
          since: known.since.with(at, { met: Number(met), breached: Number(breached) }),
        });
      }
    }
    return [...totals.values()];
  }

  /** One step of the index for each: there are few groups, and many clocks. */
  async #groupsWithClocks(): Promise<string[]> {
    const found: string[] = [];
    for (let after = ''; ; ) {
      const row = await this.#db
        .selectFrom('sla_clocks')
        .select('group_id')
        .where('group_id', '>', after)
        .orderBy('group_id')
        .limit(1)
        .executeTakeFirst();
      if (row === undefined) return found;
      after = row.group_id;
      found.push(after);
    }
  }

  async results(of: { outcome: 'met' | 'breached'; before?: ResultPlace; limit: number }): Promise<SlaResult[]> {
    const order = ['at', 'conversation_id', 'target', 'n'] as const;
    let query = this.#db.selectFrom('sla_results').selectAll().where('outcome', '=', of.outcome).limit(of.limit);
    for (const column of order) query = query.orderBy(column, 'desc');
    if (of.before !== undefined) {
      const { at, conversationId, target, n } = of.before;
      const no = conversationNo(conversationId);
      query = query
        .where('at', '<=', at)
        .where(sql<boolean>`(at, conversation_id, target, n) < (${at}, ${no}, ${target}, ${n})`);
    }
    return (await query.execute()).map((row) => ({
      conversationId: String(row.conversation_id),
      target: row.target,
      n: row.n,
      outcome: row.outcome,
      at: row.at,
      policyId: row.policy_id,
      groupId: row.group_id,
      priority: row.priority as Priority,
      agentId: row.agent_id,
      tookMs: row.took_ms,
      lateMs: row.late_ms,
    }));
  }
}

/** Looked for only where nothing is kept: where a conversation is long there is much to look through. */
const hasAnswer = sql<number>`case when sla_clocks.rev is null then exists (select 1 from messages where messages.conversation_id = conversations.id and messages.sender_type = 'agent' and messages.private = 0) else 0 end`;

/** Somebody else has stored what this was made from. */
class TooLate extends Error {}

async function store(session: WriteSession, saves: readonly SlaSave[], eventIds: readonly number[]): Promise<void> {
  const sorted = saves.toSorted((a, b) => conversationNo(a.id) - conversationNo(b.id));
  if (eventIds.length > 0) {
    const keys = [...eventIds].sort((a, b) => a - b).map((id) => [id]);
    const there = await session.find({ table: 'sla_events', key: ['id'], columns: ['id'], lock: true }, keys);
    if (there.includes(undefined)) throw new TooLate();
    await session.remove('sla_events', ['id'], keys);
  }
  await storeClocks(session, sorted);
  await storeResults(session, sorted);
}

async function storeClocks(session: WriteSession, saves: readonly SlaSave[]): Promise<void> {
  if (saves.length === 0) return;
  const find = { table: 'sla_clocks', key: ['conversation_id'], columns: ['rev'], lock: true } as const;
  const stored = await session.find(
    find,
    saves.map(({ id }) => [conversationNo(id)]),
  );
  if (saves.some(({ rev }, at) => (stored[at]?.rev ?? 0) !== rev)) throw new TooLate();
  const set = ['rev', 'state', 'group_id', 'assignee_id', 'due_at', 'next_at'] as const;
  const valuesOf = (save: SlaSave): SqlValue[] => [
    save.rev + 1,
    JSON.stringify(save.state),
    save.groupId,
    save.assigneeId,
    save.dueAt,
    save.nextAt,
    conversationNo(save.id),
  ];
  const added = saves.filter(({ rev }) => rev === 0).map(valuesOf);
  const changed = saves.filter(({ rev }) => rev > 0).map(valuesOf);
  if (added.length > 0) await session.insert({ table: 'sla_clocks', columns: [...set, 'conversation_id'] }, added);
  if (changed.length > 0) await session.update({ table: 'sla_clocks', set, key: ['conversation_id'] }, changed);
}

const resultColumns = [
  'conversation_id',
  'target',
  'n',
  'outcome',
  'at',
  'policy_id',
  'group_id',
  'priority',
  'agent_id',
  'took_ms',
  'late_ms',
] as const;
const resultKey = ['conversation_id', 'target', 'n'] as const;

async function storeResults(session: WriteSession, saves: readonly SlaSave[]): Promise<void> {
  const all = saves.flatMap((save) => save.results.map((result) => ({ save, result })));
  const keyOf = (save: SlaSave, { target, n }: SlaResultChange) => [conversationNo(save.id), target, n] as const;
  const added = all.filter(({ result }) => isKept(result));
  const rows = added.map(({ save, result }) => [
    ...keyOf(save, result),
    result.outcome,
    result.at,
    result.policyId,
    save.groupId,
    result.priority,
    save.assigneeId,
    result.tookMs ?? null,
    null,
  ]);
  if (rows.length > 0) await session.insert({ table: 'sla_results', columns: resultColumns, ignoreTaken: true }, rows);
  const done = all
    .filter(({ result }) => result.outcome === 'late')
    .map(({ save, result }) => [result.tookMs ?? null, result.lateMs ?? null, ...keyOf(save, result)]);
  if (done.length > 0) {
    await session.update({ table: 'sla_results', set: ['took_ms', 'late_ms'], key: resultKey }, done);
  }
  await count(session, all);
}

/** Of later answers there are as many as messages: those in time are counted, and no more. */
function isKept({ outcome, target }: SlaResultChange): boolean {
  return outcome === 'breached' || (outcome === 'met' && target !== 'next-answer');
}

async function count(
  session: WriteSession,
  all: readonly { readonly save: SlaSave; readonly result: SlaResultChange }[],
): Promise<void> {
  const sums = new Map<string, { key: SqlValue[]; met: number; breached: number; lateMs: number }>();
  for (const { save, result } of all) {
    const key = [slotOf(result.at), save.groupId, result.priority, result.target];
    const name = key.join('\u0000');
    const sum = sums.get(name) ?? { key, met: 0, breached: 0, lateMs: 0 };
    if (result.outcome === 'late') sum.lateMs += result.lateMs ?? 0;
    else sum[result.outcome] += 1;
    sums.set(name, sum);
  }
  if (sums.size === 0) return;
  const key = ['slot', 'group_id', 'priority', 'target'] as const;
  const set = ['met', 'breached', 'late_ms'] as const;
  const added = [...sums].sort(([a], [b]) => (a < b ? -1 : 1)).map(([, sum]) => sum);
  await session.insert(
    { table: 'sla_counts', columns: [...key, ...set], ignoreTaken: true },
    added.map((one) => [...one.key, 0, 0, 0]),
  );
  const before = await session.find(
    { table: 'sla_counts', key, columns: set, lock: true },
    added.map((one) => one.key),
  );
  await session.update(
    { table: 'sla_counts', set, key },
    added.map((one, at) => {
      const { met = 0, breached = 0, late_ms: lateMs = 0 } = before[at] ?? {};
      return [met + one.met, breached + one.breached, lateMs + one.lateMs, ...one.key];
    }),
  );
}

function slotOf(at: number): number {
  return Math.floor(at / slotMs) * slotMs;
}
