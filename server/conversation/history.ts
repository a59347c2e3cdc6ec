import type { Message } from '@parley/sdk/protocol.ts';
import { Refusal } from '../gateway/refusal.ts';
import type { ArchiveStore, ExportPart } from './archive-store.ts';
import type { ArchivedMessage, ColdStore, Place, TimeRange } from './cold-store.ts';
import { messageFromRow } from './stored-message.ts';
import { reading } from './tiered-conversations.ts';

/** A message beside whose it is, as an export has it. */
export type ExportedMessage = Message & { readonly contactId: string; readonly channelId: string };

/** What was said, whichever tier it lies in: found, taken along, and erased. */
export interface History {
  /**
   * A contact's messages, newest first. A page may be shorter than its limit before the end.
   * @throws Refusal `not-found`, `cursor-invalid`
   */
  search(query: HistoryQuery): Promise<{ items: Message[]; nextCursor: string | null }>;
  /**
   * All messages within the time in order of (conversation, seq), read bit by bit. What is written meanwhile may be among them or
   * not.
   */
  export(range: TimeRange & { readonly contactId?: string }): AsyncGenerator<ExportedMessage[]>;
}

export interface HistoryQuery extends TimeRange {
  readonly contactId: string;
  readonly text?: string;
  readonly cursor?: string;
  readonly limit: number;
}

export function createHistory(deps: {
  archive: Pick<ArchiveStore, 'search' | 'archivedOf' | 'onlyArchived' | 'exportPlan' | 'exportChunk'>;
  cold: Pick<ColdStore, 'search' | 'ofConversations' | 'messages'>;
  /** Messages of an export that are in memory at once. */
  messagesAtOnce?: number;
}): History {
  const { archive, cold, messagesAtOnce = 5_000 } = deps;

  async function search({ contactId, cursor, ...query }: HistoryQuery) {
    const page = { ...query, ...(cursor === undefined ? {} : { before: placeOf(cursor) }) };
    const { found: here, edge: edgeHere } = await archive.search({ contactId, ...page });
    // Read after what is here, so that what moves into the archive meanwhile is found at least once.
    const conversationIds = await archive.archivedOf(contactId);
    if (conversationIds === undefined) throw new Refusal('not-found', 'There is no such contact.');
    const there = conversationIds.length === 0 ? [] : await reading(cold.search({ conversationIds, ...page }));
    const counts = await archive.onlyArchived(
      there.map((row) => ({ conversationId: row.conversation_id, seq: row.seq })),
    );
    const found = [...here];
    for (const row of there) {
      const place = placeOfRow(row);
      const contactReadSeq = counts.get(keyOf(place));
      if (contactReadSeq !== undefined) found.push({ place, message: messageFromRow(row, contactReadSeq) });
    }
    // The archive says nothing of what is older than the last entry of a full page.
    const edges = [
      edgeHere,
      there.length === query.limit ? placeOfRow(there.at(-1) as ArchivedMessage) : undefined,
    ].filter((edge) => edge !== undefined);
    const edge = edges.sort(newestFirst)[0];
    const known = new Map(found.toReversed().map((one) => [keyOf(one.place), one]));
    const sure = [...known.values()]
      .filter(({ place }) => edge === undefined || newestFirst(place, edge) <= 0)
      .sort((a, b) => newestFirst(a.place, b.place));
    const items = sure.slice(0, query.limit);
    const next = sure.length > items.length ? items.at(-1)?.place : edge;
    return { items: items.map(({ message }) => message), nextCursor: next === undefined ? null : cursorOf(next) };
  }

  async function* exported({
    contactId,
    ...range
  }: TimeRange & { contactId?: string }): AsyncGenerator<ExportedMessage[]> {
    for (let after = 0; ; ) {
      const owner = contactId === undefined ? {} : { contactId };
      const plan = await archive.exportPlan({ after, limit: conversationsAtOnce, ...owner });
      const last = plan.at(-1);
      if (last === undefined) return;
      after = last.id;
      for (const part of partsOf(plan, messagesAtOnce)) yield await exportPart({ ...part, ...range });
    }
  }

  async function exportPart(part: ExportPart): Promise<ExportedMessage[]> {
    const { messages, conversations } = await archive.exportChunk(part);
    const ownerOf = new Map(conversations.map((one) => [one.id, one]));
    const archivedIds = conversations.filter(({ archivedSeq }) => archivedSeq > 0).map(({ id }) => id);
    const bySeq = new Map<string, Message>();
    for (const row of archivedIds.length === 0 ? [] : await reading(archivedOf(cold, archivedIds, part))) {
      const owner = ownerOf.get(row.conversation_id);
      if (owner === undefined || row.seq > owner.archivedSeq) continue;
      bySeq.set(keyOf(placeOfRow(row)), messageFromRow(row, owner.contactReadSeq));
    }
    // What came back from the archive is newer here.
    for (const message of messages) bySeq.set(message.id, message);
    const inOrder = [...bySeq.values()].sort(
      (a, b) => Number(a.conversationId) - Number(b.conversationId) || a.seq - b.seq,
    );
    return inOrder.flatMap((message) => {
      const owner = ownerOf.get(Number(message.conversationId));
      return owner === undefined ? [] : { ...message, contactId: owner.contactId, channelId: owner.channelId };
    });
  }

  return { search, export: exported };
}

const conversationsAtOnce = 50;

/** What the archive has of these conversations of a part. */
export async function archivedOf(
  cold: Pick<ColdStore, 'ofConversations' | 'messages'>,
  ids: readonly number[],
  part: ExportPart,
): Promise<ArchivedMessage[]> {
  const { afterSeq, toSeq, from = 0, to = Number.POSITIVE_INFINITY } = part;
  if (afterSeq === undefined || toSeq === undefined) return cold.ofConversations(ids, part);
  const range = { after: afterSeq, before: toSeq + 1, limit: toSeq - afterSeq };
  const rows = await cold.messages(ids[0] as number, range);
  return rows.filter((row) => row.created_at >= from && row.created_at < to);
}

/** As many whole conversations as have so many messages together, or pieces of one that has more by itself. */
export function* partsOf(plan: readonly { id: number; lastSeq: number }[], most: number): Generator<ExportPart> {
  let ids: number[] = [];
  let messages = 0;
  for (const { id, lastSeq } of plan) {
    if (ids.length > 0 && messages + lastSeq > most) {
      yield { ids };
      ids = [];
      messages = 0;
    }
    if (lastSeq <= most) {
      ids.push(id);
      messages += lastSeq;
      continue;
    }
    for (let afterSeq = 0; afterSeq < lastSeq; afterSeq += most) {
      yield { ids: [id], afterSeq, toSeq: Math.min(afterSeq + most, lastSeq) };
    }
  }
  if (ids.length > 0) yield { ids };
}

/** The same key as `ArchiveStore.onlyArchived` has, and as a message's id. */
const keyOf = ({ conversationId, seq }: Omit<Place, 'at'>) => `${conversationId}.${seq}`;

const placeOfRow = (row: ArchivedMessage): Place => ({
  at: row.created_at,
  conversationId: row.conversation_id,
  seq: row.seq,
});

const newestFirst = (a: Place, b: Place): number => b.at - a.at || b.conversationId - a.conversationId || b.seq - a.seq;

const cursorOf = ({ at, conversationId, seq }: Place) =>
  Buffer.from(`${at}:${conversationId}:${seq}`).toString('base64url');

function placeOf(cursor: string): Place {
  const parts = /^(\d{1,16}):(\d{1,15}):(\d{1,10})$/.exec(Buffer.from(cursor, 'base64url').toString('latin1'));
  if (parts === null) {
    throw new Refusal('cursor-invalid', 'cursor: this is not one that a search of ours gave; begin again without it.', {
      field: 'cursor',
    });
  }
  return { at: Number(parts[1]), conversationId: Number(parts[2]), seq: Number(parts[3]) };
}
