import { type ConversationStatus, conversationStatuses } from '@parley/sdk/protocol.ts';
import { type Kysely, type RawBuilder, sql } from 'kysely';
import { hasWords, wordsSought } from '../../conversation/contact-words.ts';
import type { ConversationFilter, ListCounts } from '../../conversation/conversation-store.ts';
import { type Cursor, decodeCursor } from './cursor.ts';
import type { Tables } from './schema.ts';
import type { SqlEngine } from './sql-engine.ts';

/** Where a conversation stands in a list. */
export interface ListPlace {
  readonly id: number;
  readonly sort_at: number;
}

/** Conversations of a list, the newest, that a search looks through word by word. */
const lookedThrough = 1_000;
/** Contacts that have the words looked for, beyond which the newest are taken. */
const maxContacts = 500;
/** Of the contacts that have a word that many have, so many of the newest are looked at for the other words. */
const lookedAt = 5_000;
/** Numbers above say "this many or more": nobody counts further, and so they cost nobody more. */
const countedOpen = 10_000;
const countedMine = 1_000;
/** Behind every word that begins with the same signs. */
const endOfWords = '\u{10ffff}';

/** The states of which a list shows conversations: each is one range of the index. */
const statesOf = ({ status }: ConversationFilter): readonly ConversationStatus[] =>
  status === 'open'
    ? conversationStatuses.filter((one) => one !== 'closed')
    : status === undefined
      ? conversationStatuses
      : [status];

/**
 * The lists of conversations, each read along one index from where the page before it ended: as many rows as are shown,
 * however many conversations there are. The index is named in the statement, so that no engine's statistics lead it elsewhere.
 */
export class SqlConversationLists {
  readonly #engine: SqlEngine;
  constructor(engine: SqlEngine) {
    this.#engine = engine;
  }
  get #db(): Kysely<Tables> {
    return this.#engine.db;
  }

  /**
   * The places of a page, newest first, and one more where there is a next page.
   * @throws Refusal `cursor-invalid`
   */
  async page(filter: ConversationFilter, page: { cursor?: string; limit: number }): Promise<ListPlace[]> {
    const after = page.cursor === undefined ? undefined : decodeCursor(page.cursor);
    const limit = page.limit + 1;
    if (filter.sla !== undefined) return this.#byDueTime({ ...filter, sla: filter.sla }, limit, after);
    const q = filter.q?.trim() ?? '';
    if (q === '') return (await this.#newest(filter, limit, after).execute(this.#db)).rows;
    const found = await Promise.all([
      this.#lookThrough(filter, q, limit, after),
      this.#ofContacts(filter, q, limit, after),
    ]);
    const byId = new Map(found.flat().map((place) => [place.id, place]));
    return [...byId.values()].sort((a, b) => b.sort_at - a.sort_at || b.id - a.id).slice(0, limit);
  }

  /** Those with a clock that runs, whose ends first; of one agent, of nobody or of all. */
  async #byDueTime(
    { sla, assigneeId }: ConversationFilter & Required<Pick<ConversationFilter, 'sla'>>,
    limit: number,
    after?: Cursor,
  ): Promise<ListPlace[]> {
    let query = this.#db
      .selectFrom('sla_clocks')
      .select(['conversation_id', 'due_at'])
      .where('due_at', '>=', after?.at ?? 0)
      .orderBy('due_at')
      .orderBy('conversation_id')
      .limit(limit);
    if ('overdueAt' in sla) query = query.where('due_at', '<=', sla.overdueAt);
    if (assigneeId !== undefined) {
      query = query.where('assignee_id', assigneeId === 'none' ? 'is' : '=', assigneeId === 'none' ? null : assigneeId);
    }
    if (after !== undefined) {
      const { at, id } = after;
      query = query.where((where) => where.or([where('due_at', '>', at), where('conversation_id', '>', Number(id))]));
    }
    return (await query.execute()).map((row) => ({ id: row.conversation_id, sort_at: row.due_at ?? 0 }));
  }

  /** One range for each state, of which no more is read than the page can hold. */
  #newest(filter: ConversationFilter, limit: number, after?: Cursor): RawBuilder<ListPlace> {
    const index = this.#along(indexFor(filter));
    const range = (states: readonly ConversationStatus[], group?: RawBuilder<unknown>) => {
      const own = group === undefined ? [] : [group];
      const conditions = [inStates(states), ...own, ...this.#conditions(filter), ...behind(after)];
      return sql<ListPlace>`select id, sort_at from conversations ${index} where ${sql.join(conditions, sql` and `)} order by sort_at desc, id desc limit ${sql.lit(limit)}`;
    };
    const states = statesOf(filter);
    const { skillGroupIds } = filter;
    if (skillGroupIds !== undefined)
      return this.#together(
        skillGroupIds.map((id) => range(states, inGroup(id))),
        limit,
      );
    // One contact's conversations are few, and in their order whatever their state.
    if (states.length === 1 || filter.contactId !== undefined) return range(states);
    return this.#together(
      states.map((state) => range([state])),
      limit,
    );
  }

  #together(parts: readonly RawBuilder<ListPlace>[], limit: number): RawBuilder<ListPlace> {
    const ranges = parts.map((part, index) => sql`select * from (${part}) as ${sql.id(`part_${index}`)}`);
    return sql<ListPlace>`select * from (${sql.join(ranges, sql` union all `)}) as ranges order by sort_at desc, id desc limit ${sql.lit(limit)}`;
  }

  #conditions({ assigneeId, channelId, contactId }: ConversationFilter): RawBuilder<unknown>[] {
    return [
      ...(assigneeId === undefined
        ? []
        : [assigneeId === 'none' ? sql`assignee_id is null` : sql`assignee_id = ${assigneeId}`]),
      ...(channelId === undefined ? [] : [sql`channel_id = ${channelId}`]),
      ...(contactId === undefined ? [] : [sql`contact_id = ${contactId}`]),
    ];
  }

  #along(index: string): RawBuilder<unknown> {
    return this.#engine.name === 'mysql' ? sql`force index (${sql.id(index)})` : sql`indexed by ${sql.id(index)}`;
  }

  /** The newest of the list in which the contact or the last message holds what is looked for, anywhere in a word. */
  async #lookThrough(filter: ConversationFilter, q: string, limit: number, after?: Cursor): Promise<ListPlace[]> {
    const pattern = `%${q.replace(/[!%_]/g, '!$&')}%`;
    const columns = ['contacts.name', 'contacts.email', 'contacts.phone', 'conversations.last_preview'];
    const holds = sql.join(
      columns.map((column) => this.#like(column, pattern)),
      sql` or `,
    );
    const conditions = [sql`(${holds})`, ...behind(after, 'newest.')];
    // In this order: each conversation of the range, then what belongs to it.
    const then = this.#engine.name === 'mysql' ? sql`straight_join` : sql`cross join`;
    const { rows } = await sql<ListPlace>`
      select newest.id, newest.sort_at from (${this.#newest(filter, lookedThrough)}) as newest
      ${then} conversations on conversations.id = newest.id
      ${then} contacts on contacts.id = conversations.contact_id
      where ${sql.join(conditions, sql` and `)}
      order by newest.sort_at desc, newest.id desc limit ${sql.lit(limit)}`.execute(this.#db);
    return rows;
  }

  /** All conversations of the list, however old, of the contacts that have the words. */
  async #ofContacts(filter: ConversationFilter, q: string, limit: number, after?: Cursor): Promise<ListPlace[]> {
    const contactIds = await this.#contactsWith(wordsSought(q));
    if (contactIds.length === 0) return [];
    const groups = filter.skillGroupIds?.map(inGroup) ?? [];
    const conditions = [
      sql`contact_id in (${sql.join(contactIds)})`,
      inStates(statesOf(filter)),
      ...(groups.length === 0 ? [] : [sql`(${sql.join(groups, sql` or `)})`]),
      ...this.#conditions(filter),
      ...behind(after),
    ];
    const { rows } = await sql<ListPlace>`
      select id, sort_at from conversations ${this.#along('conversations_of_contact')}
      where ${sql.join(conditions, sql` and `)}
      order by sort_at desc, id desc limit ${sql.lit(limit)}`.execute(this.#db);
    return rows;
  }

  /**
   * Contacts of which every word is the beginning of a word. Where too many have each of them, the newest that have them
   * whole.
   */
  async #contactsWith(words: readonly string[]): Promise<string[]> {
    const [longest, ...others] = words.toSorted((a, b) => b.length - a.length);
    if (longest === undefined) return [];
    const ids = (await this.#contactsWithOne([longest, ...others])) ?? (await this.#newestWithAll(longest, others));
    if (words.length === 1 || ids.length === 0) return ids;
    const contacts = await this.#db
      .selectFrom('contacts')
      .select(['id', 'name', 'email', 'phone'])
      .where('id', 'in', ids)
      .execute();
    return contacts.filter((contact) => hasWords(contact, words)).map(({ id }) => id);
  }

  /** All contacts of which a word begins with the first of these that few have; undefined when each is had by many. */
  async #contactsWithOne(words: readonly string[]): Promise<string[] | undefined> {
    for (const word of words) {
      const found = await this.#db
        .selectFrom('contact_words')
        .select('contact_id')
        .where('word', '>=', word)
        .where('word', '<', word + endOfWords)
        .limit(maxContacts + 1)
        .execute();
      if (found.length <= maxContacts) return [...new Set(found.map((row) => row.contact_id))];
    }
    return undefined;
  }

  /** The newest contacts that have each of the words as it is. */
  async #newestWithAll(word: string, others: readonly string[]): Promise<string[]> {
    const newest = this.#db
      .selectFrom('contact_words')
      .select('contact_id')
      .where('word', '=', word)
      .orderBy('contact_id', 'desc')
      .limit(others.length === 0 ? maxContacts : lookedAt);
    const having = others.reduce(
      (query, other) =>
        query.where((is) =>
          is.exists(
            is
              .selectFrom('contact_words')
              .select('contact_words.word')
              .where('contact_words.word', '=', other)
              .whereRef('contact_words.contact_id', '=', 'newest.contact_id'),
          ),
        ),
      this.#db.selectFrom(newest.as('newest')).select('newest.contact_id'),
    );
    const found = await having.orderBy('newest.contact_id', 'desc').limit(maxContacts).execute();
    return found.map((row) => row.contact_id);
  }

  /** Whatever the case, as people search; columns compare exactly otherwise. */
  #like(column: string, pattern: string) {
    const folded = this.#engine.name === 'mysql' ? sql` collate utf8mb4_general_ci` : sql``;
    return sql<boolean>`${sql.ref(column)}${folded} like ${pattern} escape '!'`;
  }

  /** How many there are: up to a bound, above which each number says "or more". */
  async counts(agentId: string): Promise<ListCounts> {
    const open = statesOf({ status: 'open' }).map(
      (state) =>
        sql`select ${state} as status, (select count(*) from (select 1 from conversations ${this.#along('conversations_by_status')} where status = ${state} limit ${sql.lit(countedOpen)}) as some) as n`,
    );
    const byStatus = await sql<{ status: string; n: number }>`${sql.join(open, sql` union all `)}`.execute(this.#db);
    const mine = await sql<{ n: number; unread: number | null }>`
      select count(*) as n, sum(unread) as unread from (
        select unread from conversations ${this.#along('conversations_by_assignee_status')}
        where assignee_id = ${agentId} and status = 'agent' order by sort_at desc limit ${sql.lit(countedMine)}) as mine`.execute(
      this.#db,
    );
    const snoozed = await sql<{ n: number }>`
      select count(*) as n from (select 1 from conversations ${this.#along('conversations_by_assignee_status')}
        where assignee_id = ${agentId} and status = 'snoozed' limit ${sql.lit(countedMine)}) as snoozed`.execute(
      this.#db,
    );
    const countOf = (status: string) => Number(byStatus.rows.find((row) => row.status === status)?.n ?? 0);
    const all = statesOf({ status: 'open' }).reduce((sum, status) => sum + countOf(status), 0);
    return {
      mine: Number(mine.rows[0]?.n ?? 0),
      snoozed: Number(snoozed.rows[0]?.n ?? 0),
      queue: countOf('queued'),
      all: Math.min(all, countedOpen),
      unreadMine: Number(mine.rows[0]?.unread ?? 0),
    };
  }
}

function inStates(states: readonly ConversationStatus[]): RawBuilder<unknown> {
  return states.length === 1 ? sql`status = ${states[0]}` : sql`status in (${sql.join(states)})`;
}

function inGroup(id: string | null): RawBuilder<unknown> {
  return id === null ? sql`skill_group_id is null` : sql`skill_group_id = ${id}`;
}

/** The index that has the list in its order, whichever of its states; what else is asked for is looked up in it, too. */
function indexFor({ assigneeId, channelId, contactId, skillGroupIds }: ConversationFilter): string {
  if (contactId !== undefined) return 'conversations_of_contact';
  if (assigneeId !== undefined) return 'conversations_by_assignee_status';
  // Not in the list's order: asked for those alone that agents have, which are as many as agents can take.
  if (skillGroupIds !== undefined) return 'conversations_by_group_queue';
  return channelId !== undefined ? 'conversations_by_channel_status' : 'conversations_by_status';
}

/** The first condition says nothing new: it lets the engine begin at the right place of the index. */
function behind(after: Cursor | undefined, table: '' | 'newest.' = ''): RawBuilder<unknown>[] {
  if (after === undefined) return [];
  const [at, id] = [sql.ref(`${table}sort_at`), sql.ref(`${table}id`)];
  return [sql`${at} <= ${after.at}`, sql`(${at} < ${after.at} or ${id} < ${Number(after.id)})`];
}
