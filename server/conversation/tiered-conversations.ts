import type { Message } from '@parley/sdk/protocol.ts';
import { Refusal } from '../gateway/refusal.ts';
import type { ArchiveStore } from './archive-store.ts';
import type { ArchivedMessage, ColdStore } from './cold-store.ts';
import type { ConversationStore, EntryPlace, MessageChange, MessageRange } from './conversation-store.ts';
import { messageFromRow } from './stored-message.ts';

/** Entries that are in the warm store, and how far the archive has the conversation (read after them). */
export interface WarmMessages {
  readonly messages: Message[];
  /** Entries up to this one lie in the archive; one that is among `messages` too is newer there. */
  readonly archivedSeq: number;
  readonly contactReadSeq: number;
}

export interface WarmChanges {
  /** In order of the change number; a message that changed twice is there twice, as it is now. */
  readonly changed: { readonly changeNo: number; readonly message: Message }[];
  /** The conversation's latest change. */
  readonly changes: number;
  /** The first change that the limit left out. */
  readonly nextChange?: number;
  readonly archivedSeq: number;
  readonly contactReadSeq: number;
}

/** The warm store's conversations, which also say what lies elsewhere. */
export interface WarmConversations extends ConversationStore {
  warmMessages(id: string, range: MessageRange): Promise<WarmMessages>;
  /** As `messagesUpTo`, in the order of the places. */
  warmMessagesUpTo(
    places: readonly EntryPlace[],
    span: number,
  ): Promise<Pick<WarmMessages, 'messages' | 'archivedSeq'>[]>;
  warmChanges(id: string, changes: number, limit: number): Promise<WarmChanges>;
  archivedSeq(id: string): Promise<number>;
}

/**
 * Conversations across the tiers, without the caller knowing: what the archive took is read from there, and comes back
 * when it changes. An entry that is in both is newer in the warm store.
 */
export function tieredConversations(
  warm: WarmConversations,
  archive: Pick<ArchiveStore, 'restore'>,
  cold: ColdStore,
): ConversationStore {
  async function messages(id: string, range: MessageRange): Promise<Message[]> {
    const { messages: here, archivedSeq, contactReadSeq } = await warm.warmMessages(id, range);
    const last = Math.min(archivedSeq, (range.before ?? Number.POSITIVE_INFINITY) - 1);
    const first = (range.after ?? 0) + 1;
    if (last < first) return here;
    const isFull = here.length === range.limit;
    // A full page of what is newer has no place for what is older.
    if (range.fromEnd === true && isFull && (here[0]?.seq ?? 0) > last) return here;
    const there = await reading(
      cold.messages(Number(id), {
        before: last + 1,
        limit: range.limit,
        ...(range.after === undefined ? {} : { after: range.after }),
        ...(range.publicOnly === undefined ? {} : { publicOnly: range.publicOnly }),
        ...(range.fromEnd === undefined ? {} : { fromEnd: range.fromEnd }),
      }),
    );
    const merged = mergeBySeq(here, there, contactReadSeq);
    return range.fromEnd === true ? merged.slice(-range.limit) : merged.slice(0, range.limit);
  }

  /** Most of what is asked for is young: the archive is read for the few of which it has a part. */
  async function messagesUpTo(places: readonly EntryPlace[], span: number): Promise<Message[][]> {
    const here = await warm.warmMessagesUpTo(places, span);
    const found: Message[][] = [];
    for (const [at, { conversationId, seq }] of places.entries()) {
      const { messages: young = [], archivedSeq = 0 } = here[at] ?? {};
      const range = { after: Math.max(0, seq - span), before: seq + 1, limit: span, publicOnly: true };
      found.push(archivedSeq > range.after ? await messages(conversationId, range) : young);
    }
    return found;
  }

  async function changedSince(id: string, changes: number, limit: number) {
    const here = await warm.warmChanges(id, changes, limit);
    const there = here.archivedSeq === 0 ? [] : await reading(cold.changedAfter(Number(id), changes, limit + 1));
    const known = new Set(here.changed.map(({ message }) => message.seq));
    const all = [
      ...here.changed,
      ...there
        .filter(({ seq }) => seq <= here.archivedSeq && !known.has(seq))
        .map((row) => ({ changeNo: row.change_no, message: messageFromRow(row, here.contactReadSeq) })),
    ].sort((a, b) => a.changeNo - b.changeNo);
    const nextThere = there.length > limit ? there[limit]?.change_no : undefined;
    const next = Math.min(
      here.nextChange ?? Number.POSITIVE_INFINITY,
      nextThere ?? Number.POSITIVE_INFINITY,
      all[limit]?.changeNo ?? Number.POSITIVE_INFINITY,
    );
    const bySeq = new Map<number, Message>();
    for (const { changeNo, message } of all) if (changeNo < next) bySeq.set(message.seq, message);
    return {
      messages: [...bySeq.values()].sort((a, b) => a.seq - b.seq),
      changes: next === Number.POSITIVE_INFINITY ? Math.max(here.changes, changes) : next - 1,
      more: next !== Number.POSITIVE_INFINITY,
    };
  }

  async function changeMessage(change: MessageChange) {
    const changed = await warm.changeMessage(change);
    if (changed !== undefined) return changed;
    const isArchived = change.seq <= (await warm.archivedSeq(change.conversationId));
    if (!isArchived) return undefined;
    // A late receipt, an edit: the entry comes back, and is archived again in its time.
    const rows = await reading(
      cold.messages(Number(change.conversationId), {
        after: change.seq - 1,
        before: change.seq + 1,
        limit: 1,
      }),
    );
    if (rows.length === 0) return undefined;
    await archive.restore(rows);
    return warm.changeMessage(change);
  }

  return {
    append: (items) => warm.append(items),
    patch: (id, patch, at) => warm.patch(id, patch, at),
    markRead: (id, by, seq, at) => warm.markRead(id, by, seq, at),
    get: (id) => warm.get(id),
    getAll: (ids) => warm.getAll(ids),
    heads: (ids) => warm.heads(ids),
    list: (filter, page) => warm.list(filter, page),
    counts: (agentId) => warm.counts(agentId),
    findByExternalId: (channelId, externalId) => warm.findByExternalId(channelId, externalId),
    contact: (id) => warm.contact(id),
    patchContact: (id, patch, at) => warm.patchContact(id, patch, at),
    ensureContact: (channelId, contact, options) => warm.ensureContact(channelId, contact, options),
    findContact: (channelId, externalId) => warm.findContact(channelId, externalId),
    currentConversation: (contactId, channelId, threadId) => warm.currentConversation(contactId, channelId, threadId),
    externalIdOf: (contactId, channelId) => warm.externalIdOf(contactId, channelId),
    messages,
    messagesUpTo,
    changedSince,
    changeMessage,
  };
}

/** The archive may be away while everything else is there: who asked may ask again. */
export async function reading<T>(rows: Promise<T>): Promise<T> {
  try {
    return await rows;
  } catch (error) {
    throw new Refusal('unavailable', 'The archive cannot be read now: ask again later.', {
      cause: error,
      retryAfterMs: 10_000,
    });
  }
}

function mergeBySeq(here: readonly Message[], there: readonly ArchivedMessage[], contactReadSeq: number): Message[] {
  const bySeq = new Map<number, Message>();
  for (const row of there) bySeq.set(row.seq, messageFromRow(row, contactReadSeq));
  for (const message of here) bySeq.set(message.seq, message);
  return [...bySeq.values()].sort((a, b) => a.seq - b.seq);
}
