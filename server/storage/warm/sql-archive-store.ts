import type { Kysely } from 'kysely';
import { firstIdAt } from '../../base/ids.ts';
import type {
  ArchiveBatch,
  ArchiveEntry,
  ArchiveSlice,
  ArchiveStore,
  Erasure,
  ExportChunk,
  ExportPart,
  ExportQuery,
  IdPage,
  WarmFound,
  WarmSearch,
} from '../../conversation/archive-store.ts';
import {
  type ArchiveChunk,
  type ArchivedMessage,
  ChunkWriter,
  lineOf,
  type Tally,
} from '../../conversation/cold-store.ts';
import { wordsOf } from '../../conversation/contact-words.ts';
import { fileIdsIn, messageFromRow } from '../../conversation/stored-message.ts';
import { laneOf } from '../../gateway/message-queue.ts';
import type { Tables } from './schema.ts';
import { leavingTaken, locking, type SqlEngine } from './sql-engine.ts';
import { contactQuota } from './sql-identity-store.ts';
import { searchMessages } from './sql-message-search.ts';

/** The warm store's side of the archive, in SQL. */
export class SqlArchiveStore implements ArchiveStore {
  readonly #engine: SqlEngine;
  constructor(engine: SqlEngine) {
    this.#engine = engine;
  }
  get #db(): Kysely<Tables> {
    return this.#engine.db;
  }

  begin({ id, dueBefore, maxMessages, at, after }: Parameters<ArchiveStore['begin']>[0]) {
    return this.#engine.transaction(async (transaction) => {
      let query = transaction
        .selectFrom('conversations')
        .select(['id', 'archived_seq as archivedSeq', 'last_seq as lastSeq', 'changes', 'archive_due_at as dueAt'])
        .where('archive_due_at', '<', dueBefore);
      if (after !== undefined) {
        query = query
          .where('archive_due_at', '>=', after.dueAt)
          .where((is) => is.or([is('archive_due_at', '>', after.dueAt), is('id', '>', after.id)]));
      }
      const due = await query.orderBy('archive_due_at').orderBy('id').limit(maxConversations).execute();
      const taken = upToMessages(due, maxMessages);
      const last = taken.at(-1);
      if (last === undefined) return undefined;
      const entries = taken.map(({ dueAt: _, ...entry }) => entry).sort((a, b) => a.id - b.id);
      await transaction
        .insertInto('archive_batches')
        .values({
          id,
          state: 'writing',
          conversations: JSON.stringify(entries),
          message_count: 0,
          checksum: '0',
          created_at: at,
        })
        .execute();
      return { id, state: 'writing' as const, entries, last: { dueAt: last.dueAt ?? 0, id: last.id } };
    });
  }

  async unfinished(): Promise<ArchiveBatch[]> {
    const rows = await this.#db
      .selectFrom('archive_batches')
      .select(['id', 'state', 'conversations'])
      .where('state', 'in', ['writing', 'verified'])
      .orderBy('id')
      .execute();
    return rows.map(({ id, state, conversations }) => ({
      id,
      state: state as 'writing' | 'verified',
      entries: JSON.parse(conversations) as ArchiveEntry[],
    }));
  }

  async read(slices: readonly ArchiveSlice[]): Promise<ArchiveChunk> {
    const ids = slices.map(({ id }) => id);
    const range = new Map(slices.map((slice) => [slice.id, slice]));
    const owners = await this.#db
      .selectFrom('conversations')
      .select(['id', 'channel_id', 'contact_id'])
      .where('id', 'in', ids)
      .execute();
    const ownerOf = new Map(owners.map((row) => [row.id, row]));
    const changeOf = await this.#lastChanges(slices);
    const [only] = slices;
    let query = this.#db.selectFrom('messages').select(restoredColumns).where('conversation_id', 'in', ids);
    // Part of one long conversation, or the whole of several.
    if (only !== undefined && slices.length === 1)
      query = query.where('seq', '>', only.afterSeq).where('seq', '<=', only.toSeq);
    const rows = await this.#engine.arrays(query.orderBy('conversation_id').orderBy('seq'));
    const chunk = new ChunkWriter();
    for (const row of rows) {
      const [id, seq] = row as [number, number];
      const owner = ownerOf.get(id);
      if (owner === undefined || seq > (range.get(id)?.toSeq ?? 0)) continue;
      const changeNo = changeOf.size === 0 ? 0 : (changeOf.get(`${id}.${seq}`) ?? 0);
      // The columns of an archived line: the store's own, with the owner between number and content, and the change last.
      const [, , ...said] = row;
      chunk.add(id, seq, lineOf([id, seq, owner.channel_id, owner.contact_id, ...said, changeNo]));
    }
    return chunk.end();
  }

  async #lastChanges(slices: readonly ArchiveSlice[]): Promise<Map<string, number>> {
    const rows = await this.#db
      .selectFrom('message_changes')
      .select(['conversation_id', 'seq', (fields) => fields.fn.max('change_no').as('change_no')])
      .where(
        'conversation_id',
        'in',
        slices.map(({ id }) => id),
      )
      .groupBy(['conversation_id', 'seq'])
      .execute();
    return new Map(rows.map((row) => [`${row.conversation_id}.${row.seq}`, Number(row.change_no)]));
  }

  async markVerified(batchId: string, tally: Tally): Promise<void> {
    await this.#db
      .updateTable('archive_batches')
      .set({ state: 'verified', message_count: tally.count, checksum: tally.checksum })
      .where('id', '=', batchId)
      .execute();
  }

  settle(slices: readonly ArchiveSlice[]): Promise<{ taken: number; left: number }> {
    return this.#engine.transaction(async (transaction) => {
      const ids = slices.map(({ id }) => id).sort((a, b) => a - b);
      const rows = await locking(
        this.#engine,
        transaction
          .selectFrom('conversations')
          .select(['id', 'status', 'last_seq', 'changes', 'archived_seq', 'archive_due_at'])
          .where('id', 'in', ids)
          .orderBy('id'),
      ).execute();
      const found = new Map(rows.map((row) => [row.id, row]));
      const taken = slices.filter((slice) => {
        const row = found.get(slice.id);
        const isSame = row?.status === 'closed' && row.last_seq === slice.lastSeq && row.changes === slice.changes;
        return isSame && row.archive_due_at !== null;
      });
      const reached = (slice: ArchiveSlice) => Math.max(slice.toSeq, found.get(slice.id)?.archived_seq ?? 0);
      if (taken.length > 0) await this.#take(transaction, taken, reached);
      return { taken: taken.length, left: slices.length - taken.length };
    });
  }

  /** `reached`: how far the archive has the conversation then; further than the slice when a killed archiver had come further. */
  async #take(
    transaction: Kysely<Tables>,
    slices: readonly ArchiveSlice[],
    reached: (slice: ArchiveSlice) => number,
  ): Promise<void> {
    const ids = slices.map(({ id }) => id);
    // What a person may still resend stays, and so is newer than what the archive has of it.
    const waiting = await transaction
      .selectFrom('outbox')
      .select(['conversation_id', 'seq'])
      .where('conversation_id', 'in', ids)
      .execute();
    const held = new Set(waiting.map((row) => row.conversation_id));
    const isWhole = (slice: ArchiveSlice) => slice.toSeq === slice.lastSeq && !held.has(slice.id);
    const whole = slices.flatMap((slice) => (isWhole(slice) ? [slice.id] : []));
    if (whole.length > 0) {
      await transaction.deleteFrom('messages').where('conversation_id', 'in', whole).execute();
      await transaction.deleteFrom('message_changes').where('conversation_id', 'in', whole).execute();
    }
    for (const slice of slices) {
      if (!isWhole(slice)) {
        const seqs = waiting.flatMap((row) => (row.conversation_id === slice.id ? [row.seq] : []));
        await takePart(transaction, slice, seqs);
      }
      const isEnd = slice.toSeq === slice.lastSeq;
      await transaction
        .updateTable('conversations')
        .set({ archived_seq: reached(slice), ...(isEnd ? { archive_due_at: null } : {}) })
        .where('id', '=', slice.id)
        .execute();
    }
  }

  async markDone(batchId: string): Promise<void> {
    await this.#db
      .updateTable('archive_batches')
      .set({ state: 'done', conversations: '[]' })
      .where('id', '=', batchId)
      .execute();
  }

  async forget(batchId: string): Promise<void> {
    await this.#db.deleteFrom('archive_batches').where('id', '=', batchId).execute();
  }

  async totals(): Promise<{ batches: number; messages: number }> {
    const { n, messages } = await this.#db
      .selectFrom('archive_batches')
      .select((fields) => [fields.fn.countAll<number>().as('n'), fields.fn.sum<number>('message_count').as('messages')])
      .where('state', '=', 'done')
      .executeTakeFirstOrThrow();
    return { batches: Number(n), messages: Number(messages ?? 0) };
  }

  restore(rows: readonly ArchivedMessage[]): Promise<void> {
    return this.#engine.write(async (session) => {
      const columns = restoredColumns.map((name) => name);
      await session.insert(
        { table: 'messages', columns, ignoreTaken: true },
        rows.map((row) => restoredColumns.map((name) => row[name])),
      );
    });
  }

  async onlyArchived(places: readonly { conversationId: number; seq: number }[]): Promise<Map<string, number>> {
    if (places.length === 0) return new Map();
    const ids = [...new Set(places.map(({ conversationId }) => conversationId))];
    const here = await this.#db
      .selectFrom('messages')
      .select(['conversation_id', 'seq'])
      .where('conversation_id', 'in', ids)
      .where('seq', 'in', [...new Set(places.map(({ seq }) => seq))])
      .execute();
    const taken = new Set(here.map((row) => `${row.conversation_id}.${row.seq}`));
    const heads = await this.#db
      .selectFrom('conversations')
      .select(['id', 'archived_seq', 'contact_read_seq'])
      .where('id', 'in', ids)
      .execute();
    const headOf = new Map(heads.map((row) => [row.id, row]));
    const found = new Map<string, number>();
    for (const { conversationId, seq } of places) {
      const head = headOf.get(conversationId);
      const key = `${conversationId}.${seq}`;
      if (head !== undefined && seq <= head.archived_seq && !taken.has(key)) found.set(key, head.contact_read_seq);
    }
    return found;
  }

  search(query: WarmSearch): Promise<WarmFound> {
    return searchMessages(this.#engine, query);
  }

  async archivedOf(contactId: string): Promise<number[] | undefined> {
    const contact = await this.#db.selectFrom('contacts').select('id').where('id', '=', contactId).executeTakeFirst();
    if (contact === undefined) return undefined;
    const rows = await this.#db
      .selectFrom('conversations')
      .select('id')
      .where('contact_id', '=', contactId)
      .where('archived_seq', '>', 0)
      .execute();
    return rows.map((row) => row.id);
  }

  exportPlan({ after, limit, contactId }: ExportQuery): Promise<{ id: number; lastSeq: number }[]> {
    let heads = this.#db.selectFrom('conversations').select(['id', 'last_seq as lastSeq']).where('id', '>', after);
    if (contactId !== undefined) heads = heads.where('contact_id', '=', contactId);
    return heads.orderBy('id').limit(limit).execute();
  }

  async exportChunk({ ids, afterSeq, toSeq, from, to }: ExportPart): Promise<ExportChunk> {
    let query = this.#db.selectFrom('messages').selectAll().where('conversation_id', 'in', ids);
    if (afterSeq !== undefined) query = query.where('seq', '>', afterSeq);
    if (toSeq !== undefined) query = query.where('seq', '<=', toSeq);
    if (from !== undefined) query = query.where('created_at', '>=', from);
    if (to !== undefined) query = query.where('created_at', '<', to);
    const rows = await query.orderBy('conversation_id').orderBy('seq').execute();
    const conversations = await this.#db
      .selectFrom('conversations')
      .select([
        'id',
        'archived_seq as archivedSeq',
        'contact_read_seq as contactReadSeq',
        'contact_id as contactId',
        'channel_id as channelId',
      ])
      .where('id', 'in', ids)
      .orderBy('id')
      .execute();
    const readSeq = new Map(conversations.map((row) => [row.id, row.contactReadSeq]));
    return { messages: rows.map((row) => messageFromRow(row, readSeq.get(row.conversation_id) ?? 0)), conversations };
  }

  async erase(contactId: string, by: { agentId: string; at: number }): Promise<Erasure | undefined> {
    await this.#engine.transaction(async (transaction) => {
      const conversations = await transaction
        .selectFrom('conversations')
        .select('id')
        .where('contact_id', '=', contactId)
        .execute();
      const contact = await transaction
        .selectFrom('contacts')
        .select(['name', 'email', 'phone'])
        .where('id', '=', contactId)
        .executeTakeFirst();
      if (contact === undefined) return;
      const ids = conversations.map(({ id }) => id);
      await leavingTaken(
        this.#engine,
        transaction.insertInto('erasures').values({
          contact_id: contactId,
          conversations: JSON.stringify(ids),
          files: JSON.stringify(await filesNamed(transaction, ids)),
          requested_by: by.agentId,
          requested_at: by.at,
          erased_at: null,
        }),
        'contact_id',
      ).execute();
      const identities = await transaction
        .selectFrom('identities')
        .select(['channel_id', 'external_id'])
        .where('contact_id', '=', contactId)
        .execute();
      const lanes = identities.map((row) => laneOf(row.channel_id, row.external_id));
      if (lanes.length > 0) await transaction.deleteFrom('inbound_dead').where('lane', 'in', lanes).execute();
      // From here on nobody's message can find the contact, and what is written to it makes a new one.
      await transaction.deleteFrom('identities').where('contact_id', '=', contactId).execute();
      await transaction.deleteFrom('current_conversations').where('contact_id', '=', contactId).execute();
      const words = wordsOf(contact);
      if (words.length > 0) {
        const own = transaction.deleteFrom('contact_words').where('contact_id', '=', contactId);
        await own.where('word', 'in', words).execute();
      }
    });
    const erasure = await this.#erasure(contactId);
    if (erasure === undefined) return undefined;
    for (const ids of pieces(erasure.conversationIds, removedAtOnce)) {
      await this.#engine.transaction((transaction) => removeConversations(transaction, ids));
    }
    await this.#db.deleteFrom('contacts').where('id', '=', contactId).execute();
    // Added while the conversations were being removed: from here on there is no contact to add any of.
    await this.#db.deleteFrom('answer_pairs').where('contact_id', '=', contactId).execute();
    await this.#db.deleteFrom('bot_gaps').where('contact_id', '=', contactId).execute();
    await this.#db.deleteFrom('identity_quotas').where('quota', '=', contactQuota(contactId)).execute();
    return erasure;
  }

  async #erasure(contactId: string): Promise<Erasure | undefined> {
    const row = await this.#db
      .selectFrom('erasures')
      .select(['contact_id', 'conversations', 'files'])
      .where('contact_id', '=', contactId)
      .where('erased_at', 'is', null)
      .executeTakeFirst();
    return row === undefined ? undefined : this.#withFiles(row);
  }

  async unfinishedErasures(): Promise<Erasure[]> {
    const rows = await this.#db
      .selectFrom('erasures')
      .select(['contact_id', 'conversations', 'files'])
      .where('erased_at', 'is', null)
      .execute();
    return Promise.all(rows.map((row) => this.#withFiles(row)));
  }

  async #withFiles(row: { contact_id: string; conversations: string; files: string }): Promise<Erasure> {
    const brought = await this.#db
      .selectFrom('files')
      .select('id')
      .where('owner', '=', `contact:${row.contact_id}`)
      .execute();
    return {
      contactId: row.contact_id,
      conversationIds: JSON.parse(row.conversations) as number[],
      fileIds: [...new Set([...(JSON.parse(row.files) as string[]), ...brought.map(({ id }) => id)])],
    };
  }

  async markErased(contactId: string, at: number): Promise<void> {
    await this.#db
      .updateTable('erasures')
      .set({ erased_at: at, conversations: '[]', files: '[]' })
      .where('contact_id', '=', contactId)
      .execute();
  }

  async filesBefore(at: number, limit: number): Promise<string[]> {
    const query = this.#db.selectFrom('files').select('id').where('id', '<', firstIdAt(at)).orderBy('id').limit(limit);
    return (await query.execute()).map(({ id }) => id);
  }

  async forgetFiles(ids: readonly string[]): Promise<void> {
    for (const some of pieces(ids, maxConversations)) {
      await this.#db.deleteFrom('files').where('id', 'in', some).execute();
    }
  }

  dropClosed(before: number, limit: number): Promise<number> {
    return this.#engine.transaction(async (transaction) => {
      const rows = await locking(
        this.#engine,
        transaction
          .selectFrom('conversations')
          .select('id')
          .where('status', '=', 'closed')
          .where('sort_at', '<', before)
          .orderBy('sort_at')
          .limit(limit),
      ).execute();
      if (rows.length > 0) {
        await removeConversations(
          transaction,
          rows.map(({ id }) => id),
        );
      }
      return rows.length;
    });
  }

  async hasErased(): Promise<boolean> {
    const first = this.#db.selectFrom('erasures').select('contact_id').where('contact_id', '>', '').limit(1);
    return (await first.executeTakeFirst()) !== undefined;
  }

  async channelIds(): Promise<string[]> {
    return (await this.#db.selectFrom('channels').select('id').execute()).map(({ id }) => id);
  }

  async dropIds({ table, channelId, after, receivedBefore, limit }: IdPage): Promise<string | undefined> {
    const rows: (Tables['sent_ids'] & Partial<Tables['received_ids']>)[] = await this.#db
      .selectFrom(table)
      .selectAll()
      .where('channel_id', '=', channelId)
      .where('external_id', '>', after)
      .orderBy('external_id')
      .limit(limit)
      .execute();
    if (rows.length === 0) return undefined;
    // Read after the ids: one that is there by now was there before.
    const there = await this.#db
      .selectFrom('conversations')
      .select('id')
      .where('id', 'in', [...new Set(rows.map((row) => row.conversation_id))])
      .execute();
    const known = new Set(there.map(({ id }) => id));
    const strays = rows
      .filter((row) => !known.has(row.conversation_id) && (row.created_at ?? 0) < receivedBefore)
      .map((row) => row.external_id);
    if (strays.length > 0) {
      await this.#db.deleteFrom(table).where('channel_id', '=', channelId).where('external_id', 'in', strays).execute();
    }
    return rows.at(-1)?.external_id;
  }
}

/** Read for one batch: beyond it the next batch takes them. */
const maxConversations = 20_000;
/** Conversations that one transaction removes, so that nobody else's message waits long for it. */
const removedAtOnce = 50;

function upToMessages<T extends ArchiveEntry>(due: readonly T[], maxMessages: number): T[] {
  const entries: T[] = [];
  let messages = 0;
  for (const entry of due) {
    messages += entry.lastSeq - entry.archivedSeq;
    if (entries.length > 0 && messages > maxMessages) break;
    entries.push(entry);
  }
  return entries;
}

/** Files that messages of these conversations show or offer. */
async function filesNamed(transaction: Kysely<Tables>, ids: readonly number[]): Promise<string[]> {
  const files = new Set<string>();
  for (const some of pieces(ids, removedAtOnce)) {
    const rows = await transaction
      .selectFrom('messages')
      .select('content')
      .where('conversation_id', 'in', some)
      .where('content', 'like', '%/files/%')
      .execute();
    for (const { content } of rows) for (const id of fileIdsIn(content)) files.add(id);
  }
  return [...files];
}

function* pieces<T>(all: readonly T[], size: number): Generator<readonly T[]> {
  for (let i = 0; i < all.length; i += size) yield all.slice(i, i + size);
}

async function takePart(transaction: Kysely<Tables>, slice: ArchiveSlice, kept: readonly number[]): Promise<void> {
  let messages = transaction
    .deleteFrom('messages')
    .where('conversation_id', '=', slice.id)
    .where('seq', '<=', slice.toSeq);
  if (kept.length > 0) messages = messages.where('seq', 'not in', kept);
  await messages.execute();
  await transaction
    .deleteFrom('message_changes')
    .where('conversation_id', '=', slice.id)
    .where('seq', '<=', slice.toSeq)
    .execute();
}

async function removeConversations(transaction: Kysely<Tables>, ids: readonly number[]): Promise<void> {
  const rows = await transaction
    .selectFrom('conversations')
    .select(['contact_id', 'channel_id', 'thread_id', 'id'])
    .where('id', 'in', ids)
    .execute();
  for (const row of rows) {
    await transaction
      .deleteFrom('current_conversations')
      .where('contact_id', '=', row.contact_id)
      .where('channel_id', '=', row.channel_id)
      .where('thread_id', '=', row.thread_id)
      .where('conversation_id', '=', row.id)
      .execute();
  }
  const theirs = [
    'outbox',
    'message_changes',
    'messages',
    'routing_decisions',
    'participations',
    'sla_clocks',
    'sla_results',
    'waits',
    'call_backs',
    'answer_pairs',
    'suggestion_outcomes',
    'bot_dialogues',
    'bot_decisions',
    'bot_gaps',
    'bot_labels',
    'identity_codes',
    'identity_checks',
  ] as const;
  for (const table of theirs) {
    await transaction.deleteFrom(table).where('conversation_id', 'in', ids).execute();
  }
  await transaction.deleteFrom('conversations').where('id', 'in', ids).execute();
}

const restoredColumns = [
  'conversation_id',
  'seq',
  'client_id',
  'direction',
  'sender_type',
  'sender_id',
  'sender_name',
  'content',
  'private',
  'state',
  'state_reason',
  'delivered_as',
  'recalled_at',
  'edited_at',
  'sent_at',
  'created_at',
] as const;
