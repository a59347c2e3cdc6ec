import type { Contact, Conversation, Message, Page } from '@parley/sdk/protocol.ts';
import { type ExpressionBuilder, type Kysely, sql } from 'kysely';
import { newId } from '../../base/ids.ts';
import { type FindableContact, wordsOf } from '../../conversation/contact-words.ts';
import type {
  AppendItem,
  AppendResult,
  ContactPatch,
  ConversationFilter,
  ConversationHead,
  ConversationPatch,
  EntryPlace,
  ListCounts,
  MessageChange,
  MessageRange,
} from '../../conversation/conversation-store.ts';
import { messageFromRow } from '../../conversation/stored-message.ts';
import type { WarmChanges, WarmConversations, WarmMessages } from '../../conversation/tiered-conversations.ts';
import type { InboundContact } from '../../gateway/channel-adapter.ts';
import { appendBatch, contactValues, insertContacts } from './append.ts';
import { conversationNo } from './conversation-no.ts';
import { encodeCursor } from './cursor.ts';
import { shownParticipants } from './participant-rows.ts';
import { type ConversationListRow, contactFromRow, conversationFromRow } from './rows.ts';
import type { Tables } from './schema.ts';
import type { SlaLog } from './sla-log.ts';
import { SqlConversationLists } from './sql-conversation-lists.ts';
import { leavingTaken, locking, type SqlEngine } from './sql-engine.ts';

/** Entries of which one statement reads what was said before. */
const placesAtOnce = 50;

/** Conversations in SQL: written with Kysely and the set operations, so that both engines share every line. */
export class SqlConversationStore implements WarmConversations {
  readonly #engine: SqlEngine;
  readonly #lists: SqlConversationLists;
  readonly #slaLog: SlaLog;
  constructor(engine: SqlEngine, slaLog: SlaLog) {
    this.#engine = engine;
    this.#slaLog = slaLog;
    this.#lists = new SqlConversationLists(engine);
  }
  get #db(): Kysely<Tables> {
    return this.#engine.db;
  }

  append(items: readonly AppendItem[]): Promise<AppendResult[]> {
    return this.#engine.write((session) => appendBatch(session, items, { notesSla: this.#slaLog.isOn }));
  }

  changeMessage(change: MessageChange): Promise<ChangedMessage | undefined> {
    return this.#engine.transaction((transaction) => changeMessage(this.#engine, transaction, change));
  }

  async patch(id: string, patch: ConversationPatch, at: number): Promise<Conversation | undefined> {
    const no = conversationNo(id);
    await this.#engine.transaction(async (transaction) => {
      await transaction
        .updateTable('conversations')
        .set({
          updated_at: at,
          ...(patch.priority === undefined ? {} : { priority: patch.priority }),
          ...(patch.tags === undefined ? {} : { tags: JSON.stringify(patch.tags) }),
          ...(patch.skillGroupId === undefined ? {} : { skill_group_id: patch.skillGroupId }),
          ...(patch.subject === undefined ? {} : { subject: patch.subject }),
        })
        .where('id', '=', no)
        .execute();
      const counts = patch.priority !== undefined || patch.skillGroupId !== undefined;
      if (counts) await this.#slaLog.note(transaction, no, at, 'changed');
    });
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

  async getAll(ids: readonly string[]): Promise<Conversation[]> {
    if (ids.length === 0) return [];
    const rows = await this.#listRows().where('conversations.id', 'in', ids.map(conversationNo)).execute();
    return rows.map(conversationFromRow);
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
        'load_weight as loadWeight',
        'last_seq as lastSeq',
        'last_public_seq as lastPublicSeq',
        'changes',
        'participants',
      ])
      .where('id', 'in', ids.map(conversationNo))
      .execute();
    return rows.map(({ participants, ...row }) => ({ ...row, id: String(row.id), ...shownParticipants(participants) }));
  }

  async list(filter: ConversationFilter, page: { cursor?: string; limit: number }): Promise<Page<Conversation>> {
    const places = await this.#lists.page(filter, page);
    const shown = places.slice(0, page.limit);
    const ids = shown.map(({ id }) => id);
    const rows = ids.length === 0 ? [] : await this.#listRows().where('conversations.id', 'in', ids).execute();
    const rowOf = new Map(rows.map((row) => [row.id, row]));
    const last = places.length > page.limit ? shown.at(-1) : undefined;
    return {
      items: shown.flatMap(({ id }) => {
        const row = rowOf.get(id);
        return row === undefined ? [] : conversationFromRow(row);
      }),
      nextCursor: last === undefined ? null : encodeCursor({ at: last.sort_at, id: String(last.id) }),
    };
  }

  counts(agentId: string): Promise<ListCounts> {
    return this.#lists.counts(agentId);
  }

  async messages(id: string, range: MessageRange): Promise<Message[]> {
    return (await this.warmMessages(id, range)).messages;
  }

  async warmMessages(id: string, range: MessageRange): Promise<WarmMessages> {
    const no = conversationNo(id);
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
    // After the rows: what is archived meanwhile is then missing here and known to be there, and never in neither.
    const head = await this.#tierHead(no);
    if (head === undefined) return { messages: [], archivedSeq: 0, contactReadSeq: 0 };
    const { archivedSeq, contactReadSeq } = head;
    return { messages: rows.map((row) => messageFromRow(row, contactReadSeq)), archivedSeq, contactReadSeq };
  }

  async messagesUpTo(places: readonly EntryPlace[], span: number): Promise<Message[][]> {
    return (await this.warmMessagesUpTo(places, span)).map(({ messages }) => messages);
  }

  async warmMessagesUpTo(
    places: readonly EntryPlace[],
    span: number,
  ): Promise<Pick<WarmMessages, 'messages' | 'archivedSeq'>[]> {
    const found: Pick<WarmMessages, 'messages' | 'archivedSeq'>[] = [];
    for (let from = 0; from < places.length; from += placesAtOnce) {
      found.push(...(await this.#someUpTo(places.slice(from, from + placesAtOnce), span)));
    }
    return found;
  }

  async #someUpTo(
    places: readonly EntryPlace[],
    span: number,
  ): Promise<Pick<WarmMessages, 'messages' | 'archivedSeq'>[]> {
    const at = places.map(({ conversationId, seq }) => ({ no: conversationNo(conversationId), seq }));
    const rows = await this.#db
      .selectFrom('messages')
      .selectAll()
      .where((is) =>
        is.or(
          at.map(({ no, seq }) =>
            is.and([is('conversation_id', '=', no), is('seq', '>', seq - span), is('seq', '<=', seq)]),
          ),
        ),
      )
      .where('private', '=', 0)
      .execute();
    // After the rows, as for one conversation.
    const heads = await this.#db
      .selectFrom('conversations')
      .select(['id', 'archived_seq as archivedSeq', 'contact_read_seq as contactReadSeq'])
      .where('id', 'in', [...new Set(at.map(({ no }) => no))])
      .execute();
    const headOf = new Map(heads.map((head) => [head.id, head]));
    const rowsOf = Map.groupBy(rows, (row) => row.conversation_id);
    return at.map(({ no, seq }) => {
      const head = headOf.get(no);
      if (head === undefined) return { messages: [], archivedSeq: 0 };
      const own = (rowsOf.get(no) ?? []).filter((row) => row.seq > seq - span && row.seq <= seq);
      const inOrder = own.toSorted((a, b) => a.seq - b.seq);
      const { archivedSeq, contactReadSeq } = head;
      return { messages: inOrder.map((row) => messageFromRow(row, contactReadSeq)), archivedSeq };
    });
  }

  async changedSince(
    id: string,
    changes: number,
    limit: number,
  ): Promise<{ messages: Message[]; changes: number; more: boolean }> {
    const warm = await this.warmChanges(id, changes, limit);
    const seqs = new Set<number>();
    const messages = warm.changed.flatMap(({ message }) => {
      if (seqs.has(message.seq)) return [];
      seqs.add(message.seq);
      return [message];
    });
    const upTo = warm.nextChange === undefined ? Math.max(warm.changes, changes) : warm.nextChange - 1;
    return { messages: messages.sort((a, b) => a.seq - b.seq), changes: upTo, more: warm.nextChange !== undefined };
  }

  async warmChanges(id: string, changes: number, limit: number): Promise<WarmChanges> {
    const no = conversationNo(id);
    const known = await this.#tierHead(no);
    if (known === undefined || known.changes <= changes) {
      return { changed: [], changes: known?.changes ?? changes, archivedSeq: 0, contactReadSeq: 0 };
    }
    const numbers = await this.#db
      .selectFrom('message_changes')
      .select(['change_no', 'seq'])
      .where('conversation_id', '=', no)
      .where('change_no', '>', changes)
      .orderBy('change_no')
      .limit(limit + 1)
      .execute();
    const nextChange = numbers.length > limit ? numbers[limit]?.change_no : undefined;
    const page = numbers.slice(0, limit);
    const seqs = [...new Set(page.map((row) => row.seq))];
    const rows =
      seqs.length === 0
        ? []
        : await this.#db
            .selectFrom('messages')
            .selectAll()
            .where('conversation_id', '=', no)
            .where('seq', 'in', seqs)
            .execute();
    const head = (await this.#tierHead(no)) ?? known;
    const { archivedSeq, contactReadSeq } = head;
    const bySeq = new Map(rows.map((row) => [row.seq, messageFromRow(row, contactReadSeq)]));
    const changed = page.flatMap(({ change_no: changeNo, seq }) => {
      const message = bySeq.get(seq);
      return message === undefined ? [] : [{ changeNo, message }];
    });
    // Changes behind what was read first are for the next time.
    return {
      changed,
      changes: known.changes,
      archivedSeq,
      contactReadSeq,
      ...(nextChange === undefined ? {} : { nextChange }),
    };
  }

  async archivedSeq(id: string): Promise<number> {
    return (await this.#tierHead(conversationNo(id)))?.archivedSeq ?? 0;
  }

  #tierHead(no: number) {
    return this.#db
      .selectFrom('conversations')
      .select(['changes', 'archived_seq as archivedSeq', 'contact_read_seq as contactReadSeq'])
      .where('id', '=', no)
      .executeTakeFirst();
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
    await this.#engine.transaction(async (transaction) => {
      const before = await locking(
        this.#engine,
        transaction.selectFrom('contacts').select(['name', 'email', 'phone']).where('id', '=', id),
      ).executeTakeFirst();
      if (before === undefined) return;
      const { name, email, phone, attributes } = patch;
      const own = {
        ...(name === undefined ? {} : { name }),
        ...(email === undefined ? {} : { email }),
        ...(phone === undefined ? {} : { phone }),
      };
      await transaction
        .updateTable('contacts')
        .set({
          updated_at: at,
          ...own,
          ...(attributes === undefined ? {} : { attributes: JSON.stringify(attributes) }),
        })
        .where('id', '=', id)
        .execute();
      await changeWords(this.#engine, transaction, id, before, { ...before, ...own });
    });
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
      await insertContacts(session, [contactValues(id, contact, options)]);
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

  #listRows() {
    return (
      this.#db
        .selectFrom('conversations')
        .innerJoin('contacts', 'contacts.id', 'conversations.contact_id')
        .innerJoin('channels', 'channels.id', 'conversations.channel_id')
        .leftJoin('sla_clocks', 'sla_clocks.conversation_id', 'conversations.id')
        .selectAll('conversations')
        .select([
          'sla_clocks.state as sla_state',
          'contacts.name as contact_name',
          'contacts.avatar_url as contact_avatar_url',
          'channels.type as channel_type',
        ])
        // Attributes can be long, and few contacts have this one.
        .select(
          sql<string | null>`case when contacts.attributes like '%"vip"%' then contacts.attributes end`.as(
            'contact_vip',
          ),
        )
        .$castTo<ConversationListRow>()
    );
  }
}

async function changeWords(
  engine: SqlEngine,
  transaction: Kysely<Tables>,
  id: string,
  before: FindableContact,
  after: FindableContact,
): Promise<void> {
  const [old, words] = [wordsOf(before), wordsOf(after)];
  const gone = old.filter((word) => !words.includes(word));
  if (gone.length > 0) {
    await transaction.deleteFrom('contact_words').where('word', 'in', gone).where('contact_id', '=', id).execute();
  }
  const added = words.filter((word) => !old.includes(word)).map((word) => ({ word, contact_id: id }));
  if (added.length > 0) {
    await leavingTaken(engine, transaction.insertInto('contact_words').values(added), 'word').execute();
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
  const [changed] = await changeMessages(engine, transaction, [change]);
  return changed;
}

/**
 * The same for many, each of another conversation: as many statements as for one. One result for each, in order.
 *
 * @throws Error where two are of one conversation
 */
export async function changeMessages(
  engine: SqlEngine,
  transaction: Kysely<Tables>,
  all: readonly MessageChange[],
): Promise<(ChangedMessage | undefined)[]> {
  if (all.length === 0) return [];
  if (new Set(all.map(({ conversationId }) => conversationId)).size < all.length) {
    throw new Error('Two changes of one conversation cannot be made at once.');
  }
  const conversations = await locking(
    engine,
    transaction
      .selectFrom('conversations')
      .select(['id', 'changes', 'contact_read_seq'])
      .where('id', 'in', sortedNos(all))
      .orderBy('id'),
  ).execute();
  const conversationOf = new Map(conversations.map((one) => [one.id, one]));
  const places = all.map(({ conversationId, seq }) => ({ conversationId: conversationNo(conversationId), seq }));
  const rows = await transaction.selectFrom('messages').selectAll().where(isAtAny(places)).execute();
  const rowOf = new Map(rows.map((row) => [row.conversation_id, row]));
  const results = all.map((change) => {
    const no = conversationNo(change.conversationId);
    const [conversation, row] = [conversationOf.get(no), rowOf.get(no)];
    if (conversation === undefined || row === undefined) return undefined;
    if (change.onlyFrom !== undefined && !change.onlyFrom.includes(row.state)) return undefined;
    return { change, conversation, row, patch: changedColumns(change) };
  });
  const changed = results.filter((result) => result !== undefined);
  if (changed.length === 0) return all.map(() => undefined);
  for (const [, same] of Map.groupBy(changed, ({ patch }) => JSON.stringify(patch))) {
    const at = same.map(({ change, conversation }) => ({ conversationId: conversation.id, seq: change.seq }));
    const patch = same[0]?.patch ?? {};
    await transaction.updateTable('messages').set(patch).where(isAtAny(at)).execute();
  }
  await transaction
    .updateTable('conversations')
    .set((fields) => ({
      changes: fields('changes', '+', 1),
      // What changes after it was archived is here again, and goes there again.
      archive_due_at: fields.fn.coalesce('archive_due_at', 'closed_at'),
    }))
    .where(
      'id',
      'in',
      changed.map(({ conversation }) => conversation.id),
    )
    .execute();
  const noted = changed.map(({ change, conversation }) => ({
    conversation_id: conversation.id,
    change_no: conversation.changes + 1,
    seq: change.seq,
  }));
  await transaction.insertInto('message_changes').values(noted).execute();
  return results.map(
    (result) =>
      result && {
        message: messageFromRow({ ...result.row, ...result.patch }, result.conversation.contact_read_seq),
        changes: result.conversation.changes + 1,
      },
  );
}

/** In the order in which everybody locks them. */
const sortedNos = (all: readonly { readonly conversationId: string }[]): number[] =>
  all.map(({ conversationId }) => conversationNo(conversationId)).sort((a, b) => a - b);

/** Rows of `messages` by their places; the unique index serves each. */
export const isAtAny =
  (places: readonly { readonly conversationId: number; readonly seq: number }[]) =>
  (fields: ExpressionBuilder<Tables, 'messages'>) =>
    fields.or(
      places.map(({ conversationId, seq }) =>
        fields.and([fields('conversation_id', '=', conversationId), fields('seq', '=', seq)]),
      ),
    );

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
