import type { Contact, Conversation, Message, Page } from '@parley/sdk/protocol.ts';
import { type Kysely, sql } from 'kysely';
import { newId } from '../../base/ids.ts';
import type {
  AppendItem,
  AppendResult,
  ContactPatch,
  ConversationFilter,
  ConversationHead,
  ConversationPatch,
  ConversationStore,
  MessageChange,
  MessageRange,
} from '../../conversation/conversation-store.ts';
import type { InboundContact } from '../../gateway/channel-adapter.ts';
import { appendBatch, contactColumns, contactValues } from './append.ts';
import { conversationNo } from './conversation-no.ts';
import { decodeCursor, encodeCursor } from './cursor.ts';
import { type ConversationListRow, contactFromRow, conversationFromRow, messageFromRow } from './rows.ts';
import type { Tables } from './schema.ts';
import { locking, type SqlEngine } from './sql-engine.ts';

/** Conversations in SQL: written with Kysely and the set operations, so that both engines share every line. */
export class SqlConversationStore implements ConversationStore {
  readonly #engine: SqlEngine;
  constructor(engine: SqlEngine) {
    this.#engine = engine;
  }
  get #db(): Kysely<Tables> {
    return this.#engine.db;
  }

  append(items: readonly AppendItem[]): Promise<AppendResult[]> {
    return this.#engine.write((session) => appendBatch(session, items));
  }

  changeMessage(change: MessageChange): Promise<ChangedMessage | undefined> {
    return this.#engine.transaction((transaction) => changeMessage(this.#engine, transaction, change));
  }

  async patch(id: string, patch: ConversationPatch, at: number): Promise<Conversation | undefined> {
    await this.#db
      .updateTable('conversations')
      .set({
        updated_at: at,
        ...(patch.priority === undefined ? {} : { priority: patch.priority }),
        ...(patch.tags === undefined ? {} : { tags: JSON.stringify(patch.tags) }),
        ...(patch.skillGroupId === undefined ? {} : { skill_group_id: patch.skillGroupId }),
        ...(patch.subject === undefined ? {} : { subject: patch.subject }),
      })
      .where('id', '=', conversationNo(id))
      .execute();
    return this.get(id);
  }

  async markRead(id: string, by: 'contact' | 'agent', seq: number, at: number): Promise<boolean> {
    const no = conversationNo(id);
    const column = by === 'contact' ? 'contact_read_seq' : 'agent_read_seq';
    return this.#engine.transaction(async (transaction) => {
      const row = await locking(
        this.#engine,
        transaction.selectFrom('conversations').select([column, 'last_seq']).where('id', '=', no),
      ).executeTakeFirst();
      if (row === undefined) return false;
      const upTo = Math.min(seq, row.last_seq);
      if (upTo <= (row[column] ?? 0)) return false;
      const unread = by === 'agent' ? await countUnreadAfter(transaction, no, upTo) : undefined;
      await transaction
        .updateTable('conversations')
        .set({ [column]: upTo, updated_at: at, ...(unread === undefined ? {} : { unread }) })
        .where('id', '=', no)
        .execute();
      return true;
    });
  }

  async get(id: string): Promise<Conversation | undefined> {
    const row = await this.#listRows().where('conversations.id', '=', conversationNo(id)).executeTakeFirst();
    return row === undefined ? undefined : conversationFromRow(row);
  }

  async heads(ids: readonly string[]): Promise<ConversationHead[]> {
    if (ids.length === 0) return [];
    const rows = await this.#db
      .selectFrom('conversations')
      .select([
        'id',
        'channel_id as channelId',
        'contact_id as contactId',
        'status',
        'assignee_id as assigneeId',
        'owner_epoch as ownerEpoch',
        'queued_at as queuedAt',
        'last_seq as lastSeq',
        'last_public_seq as lastPublicSeq',
        'changes',
      ])
      .where('id', 'in', ids.map(conversationNo))
      .execute();
    return rows.map((row) => ({ ...row, id: String(row.id) }));
  }

  async list(filter: ConversationFilter, page: { cursor?: string; limit: number }): Promise<Page<Conversation>> {
    let query = this.#listRows().orderBy('conversations.sort_at', 'desc').orderBy('conversations.id', 'desc');
    if (filter.status === 'open') query = query.where('conversations.status', 'in', ['bot', 'queued', 'agent']);
    else if (filter.status !== undefined) query = query.where('conversations.status', '=', filter.status);
    if (filter.assigneeId === 'none') query = query.where('conversations.assignee_id', 'is', null);
    else if (filter.assigneeId !== undefined) query = query.where('conversations.assignee_id', '=', filter.assigneeId);
    if (filter.channelId !== undefined) query = query.where('conversations.channel_id', '=', filter.channelId);
    if (filter.contactId !== undefined) query = query.where('conversations.contact_id', '=', filter.contactId);
    if (filter.q !== undefined && filter.q !== '') {
      const pattern = `%${filter.q.replace(/[!%_]/g, '!$&')}%`;
      const columns = ['contacts.name', 'contacts.email', 'contacts.phone', 'conversations.last_preview'];
      query = query.where((where) => where.or(columns.map((column) => this.#like(column, pattern))));
    }
    if (page.cursor !== undefined) {
      const { at, id } = decodeCursor(page.cursor);
      // The first condition says nothing new: it lets the engine begin at the right place of the index.
      query = query
        .where('conversations.sort_at', '<=', at)
        .where((where) =>
          where.or([where('conversations.sort_at', '<', at), where('conversations.id', '<', Number(id))]),
        );
    }
    const rows = await query.limit(page.limit + 1).execute();
    const last = rows.length > page.limit ? rows[page.limit - 1] : undefined;
    return {
      items: rows.slice(0, page.limit).map(conversationFromRow),
      nextCursor: last === undefined ? null : encodeCursor({ at: last.sort_at, id: String(last.id) }),
    };
  }

  async counts(agentId: string): Promise<{ mine: number; queue: number; all: number; unreadMine: number }> {
    const byStatus = await this.#db
      .selectFrom('conversations')
      .select(['status', (fn) => fn.fn.countAll<number>().as('n')])
      .where('status', 'in', ['bot', 'queued', 'agent'])
      .groupBy('status')
      .execute();
    const mine = await this.#db
      .selectFrom('conversations')
      .select([(fn) => fn.fn.countAll<number>().as('n'), (fn) => fn.fn.sum<number>('unread').as('unread')])
      .where('assignee_id', '=', agentId)
      .where('status', '=', 'agent')
      .executeTakeFirstOrThrow();
    const count = (status: string) => Number(byStatus.find((row) => row.status === status)?.n ?? 0);
    return {
      mine: Number(mine.n),
      queue: count('queued'),
      all: count('bot') + count('queued') + count('agent'),
      unreadMine: Number(mine.unread ?? 0),
    };
  }

  async messages(id: string, range: MessageRange): Promise<Message[]> {
    const no = conversationNo(id);
    const head = await this.#db
      .selectFrom('conversations')
      .select('contact_read_seq')
      .where('id', '=', no)
      .executeTakeFirst();
    if (head === undefined) return [];
    const fromEnd = range.fromEnd === true;
    let query = this.#db.selectFrom('messages').selectAll().where('conversation_id', '=', no);
    if (range.after !== undefined) query = query.where('seq', '>', range.after);
    if (range.before !== undefined) query = query.where('seq', '<', range.before);
    if (range.publicOnly === true) query = query.where('private', '=', 0);
    const rows = await query
      .orderBy('seq', fromEnd ? 'desc' : 'asc')
      .limit(range.limit)
      .execute();
    if (fromEnd) rows.reverse();
    return rows.map((row) => messageFromRow(row, head.contact_read_seq));
  }

  async changedSince(
    id: string,
    changes: number,
    limit: number,
  ): Promise<{ messages: Message[]; changes: number; more: boolean }> {
    const no = conversationNo(id);
    const head = await this.#db
      .selectFrom('conversations')
      .select(['changes', 'contact_read_seq'])
      .where('id', '=', no)
      .executeTakeFirst();
    if (head === undefined || head.changes <= changes)
      return { messages: [], changes: head?.changes ?? changes, more: false };
    const changed = await this.#db
      .selectFrom('message_changes')
      .select(['change_no', 'seq'])
      .where('conversation_id', '=', no)
      .where('change_no', '>', changes)
      .orderBy('change_no')
      .limit(limit)
      .execute();
    const seqs = [...new Set(changed.map((row) => row.seq))];
    const rows =
      seqs.length === 0
        ? []
        : await this.#db
            .selectFrom('messages')
            .selectAll()
            .where('conversation_id', '=', no)
            .where('seq', 'in', seqs)
            .orderBy('seq')
            .execute();
    const upTo = changed.at(-1)?.change_no ?? head.changes;
    return {
      messages: rows.map((row) => messageFromRow(row, head.contact_read_seq)),
      changes: upTo,
      more: upTo < head.changes,
    };
  }

  async findByExternalId(
    channelId: string,
    externalId: string,
  ): Promise<{ conversationId: string; seq: number } | undefined> {
    for (const table of ['sent_ids', 'received_ids'] as const) {
      const row = await this.#db
        .selectFrom(table)
        .select(['conversation_id', 'seq'])
        .where('channel_id', '=', channelId)
        .where('external_id', '=', externalId)
        .executeTakeFirst();
      if (row !== undefined) return { conversationId: String(row.conversation_id), seq: row.seq };
    }
    return undefined;
  }

  async contact(id: string): Promise<Contact | undefined> {
    const row = await this.#db.selectFrom('contacts').selectAll().where('id', '=', id).executeTakeFirst();
    if (row === undefined) return undefined;
    const identities = await this.#db
      .selectFrom('identities')
      .innerJoin('channels', 'channels.id', 'identities.channel_id')
      .select(['identities.channel_id', 'identities.external_id', 'channels.type as channel_type'])
      .where('identities.contact_id', '=', id)
      .execute();
    return contactFromRow(row, identities);
  }

  async patchContact(id: string, patch: ContactPatch, at: number): Promise<Contact | undefined> {
    await this.#db
      .updateTable('contacts')
      .set({
        updated_at: at,
        ...(patch.name === undefined ? {} : { name: patch.name }),
        ...(patch.email === undefined ? {} : { email: patch.email }),
        ...(patch.phone === undefined ? {} : { phone: patch.phone }),
        ...(patch.attributes === undefined ? {} : { attributes: JSON.stringify(patch.attributes) }),
      })
      .where('id', '=', id)
      .execute();
    return this.contact(id);
  }

  ensureContact(
    channelId: string,
    contact: InboundContact,
    options: { verified: boolean; at: number },
  ): Promise<string> {
    return this.#engine.write(async (session) => {
      const [known] = await session.find(
        { table: 'identities', key: ['channel_id', 'external_id'], columns: ['contact_id'], lock: true },
        [[channelId, contact.externalId]],
      );
      if (known !== undefined) return known.contact_id;
      const id = newId(options.at);
      await session.insert({ table: 'contacts', columns: contactColumns }, [contactValues(id, contact, options)]);
      await session.insert({ table: 'identities', columns: ['channel_id', 'external_id', 'contact_id'] }, [
        [channelId, contact.externalId, id],
      ]);
      return id;
    });
  }

  async findContact(channelId: string, externalId: string): Promise<string | undefined> {
    const row = await this.#db
      .selectFrom('identities')
      .select('contact_id')
      .where('channel_id', '=', channelId)
      .where('external_id', '=', externalId)
      .executeTakeFirst();
    return row?.contact_id;
  }

  async currentConversation(contactId: string, channelId: string, threadId: string): Promise<string | undefined> {
    const row = await this.#db
      .selectFrom('current_conversations')
      .select('conversation_id')
      .where('contact_id', '=', contactId)
      .where('channel_id', '=', channelId)
      .where('thread_id', '=', threadId)
      .executeTakeFirst();
    return row === undefined ? undefined : String(row.conversation_id);
  }

  async externalIdOf(contactId: string, channelId: string): Promise<string | undefined> {
    const row = await this.#db
      .selectFrom('identities')
      .select('external_id')
      .where('contact_id', '=', contactId)
      .where('channel_id', '=', channelId)
      .executeTakeFirst();
    return row?.external_id;
  }

  /** Whatever the case, as people search; columns compare exactly otherwise. */
  #like(column: string, pattern: string) {
    const folded = this.#engine.name === 'mysql' ? sql` collate utf8mb4_general_ci` : sql``;
    return sql<boolean>`${sql.ref(column)}${folded} like ${pattern} escape '!'`;
  }

  #listRows() {
    return this.#db
      .selectFrom('conversations')
      .innerJoin('contacts', 'contacts.id', 'conversations.contact_id')
      .innerJoin('channels', 'channels.id', 'conversations.channel_id')
      .selectAll('conversations')
      .select([
        'contacts.name as contact_name',
        'contacts.avatar_url as contact_avatar_url',
        'channels.type as channel_type',
      ])
      .$castTo<ConversationListRow>();
  }
}

/** A message after a change, and the number of the change in its conversation. */
export interface ChangedMessage {
  readonly message: Message;
  readonly changes: number;
}

/** One change within the caller's transaction; undefined where nothing changed. */
export async function changeMessage(
  engine: SqlEngine,
  transaction: Kysely<Tables>,
  change: MessageChange,
): Promise<ChangedMessage | undefined> {
  const no = conversationNo(change.conversationId);
  const conversation = await locking(
    engine,
    transaction.selectFrom('conversations').select(['changes', 'contact_read_seq']).where('id', '=', no),
  ).executeTakeFirst();
  const row = await selectMessage(transaction, no, change.seq);
  if (conversation === undefined || row === undefined) return undefined;
  if (change.onlyFrom !== undefined && !change.onlyFrom.includes(row.state)) return undefined;
  const patch = changedColumns(change);
  const changes = conversation.changes + 1;
  await transaction
    .updateTable('messages')
    .set(patch)
    .where('conversation_id', '=', no)
    .where('seq', '=', change.seq)
    .execute();
  await transaction.updateTable('conversations').set({ changes }).where('id', '=', no).execute();
  await transaction
    .insertInto('message_changes')
    .values({ conversation_id: no, change_no: changes, seq: change.seq })
    .execute();
  return { message: messageFromRow({ ...row, ...patch }, conversation.contact_read_seq), changes };
}

function selectMessage(db: Kysely<Tables>, conversationId: number, seq: number) {
  return db
    .selectFrom('messages')
    .selectAll()
    .where('conversation_id', '=', conversationId)
    .where('seq', '=', seq)
    .executeTakeFirst();
}

function changedColumns(change: MessageChange): Partial<Tables['messages']> {
  return {
    ...(change.state === undefined ? {} : { state: change.state }),
    ...(change.stateReason === undefined ? {} : { state_reason: change.stateReason }),
    ...(change.deliveredAs === undefined ? {} : { delivered_as: change.deliveredAs }),
    ...(change.recalledAt === undefined ? {} : { recalled_at: change.recalledAt }),
    ...(change.edited === undefined ? {} : { content: change.edited.content, edited_at: change.edited.at }),
  };
}

async function countUnreadAfter(db: Kysely<Tables>, conversationId: number, seq: number): Promise<number> {
  const { n } = await db
    .selectFrom('messages')
    .select((fn) => fn.fn.countAll<number>().as('n'))
    .where('conversation_id', '=', conversationId)
    .where('seq', '>', seq)
    .where('direction', '=', 'in')
    .where('private', '=', 0)
    .executeTakeFirstOrThrow();
  return Number(n);
}
