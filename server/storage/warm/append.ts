import type { ConversationStatus } from '@parley/sdk/protocol.ts';
import { newId } from '../../base/ids.ts';
import { wordsOf } from '../../conversation/contact-words.ts';
import type {
  AppendItem,
  AppendResult,
  AppendTarget,
  DecisionNote,
  Transition,
} from '../../conversation/conversation-store.ts';
import { isRefusal } from '../../conversation/participants.ts';
import { whisperMark } from '../../conversation/stored-message.ts';
import type { InboundContact } from '../../gateway/channel-adapter.ts';
import {
  type ConversationRow,
  cameOrLeft,
  checkParticipants,
  coldColumns,
  conversationColumns,
  countUnread,
  countWhole,
  headOf,
  holderOf,
  hotColumns,
  moveTo,
  noteOwed,
  participantsAfter,
  refuse,
  setParticipants,
  showLast,
  slaKindsOf,
  type Tracked,
  wholeWeightOf,
} from './append-row.ts';
import { conversationNo } from './conversation-no.ts';
import { participantsFrom, writeParticipations } from './participant-rows.ts';
import type { SqlValue, WriteSession } from './sql-session.ts';

/** An index entry of the lists is rewritten at most this often for one conversation, and not with every message. */
export const sortGranularityMs = 5_000;

/** What it is called when nobody holds it any more. */
const kindsOfLeaving: Readonly<Partial<Record<Transition['to'], string>>> = { queued: 'requeue', snoozed: 'snooze' };
/** A conversation that takes one place of an agent's capacity. */
const fullWeight = 100;
/** What is kept of a change that nobody gave a reason for: whoever answers has it, else a person did it. */
const answered: DecisionNote = { groupId: null, why: 'answered', record: '{}' };
const byHand: DecisionNote = { groupId: null, why: 'by-hand', record: '{}' };

const keyOf = (a: string | number, b: string, c = '') => `${a}\u0000${b}\u0000${c}`;

const targetKey = (target: Exclude<AppendTarget, { conversationId: string }>) =>
  'contactId' in target ? target.contactId : `\u0001${target.contact.externalId}`;

/**
 * Stores a batch of entries inside the caller's transaction: duplicates are answered from the unique keys, missing
 * contacts and conversations are made, every entry gets its conversation's next `seq`, and all rows are written in one
 * go for each table. The rows of conversations are locked in sorted order, so that two batches cannot deadlock.
 *
 * The decisions are taken in memory, item by item in the order given; reading comes before and writing after.
 */
export async function appendBatch(
  session: WriteSession,
  items: readonly AppendItem[],
  options: { notesSla: boolean },
): Promise<AppendResult[]> {
  const batch = new Batch(session, options.notesSla);
  await batch.load(items);
  const results: AppendResult[] = new Array(items.length);
  for (let i = 0; i < items.length; i++) {
    const item = items[i] as AppendItem;
    const step = batch.place(item);
    results[i] = step instanceof Promise ? await step : step;
  }
  await batch.write();
  return results;
}

class Batch {
  readonly #session: WriteSession;
  readonly #notesSla: boolean;
  readonly #currentKeys = new Map<AppendTarget, string>();
  /** Where a channel's external id was stored. */
  readonly #received = new Map<string, { conversationNo: number; seq: number }>();
  /** The `seq` of a conversation's client id. */
  readonly #clientIds = new Map<string, number>();
  readonly #contactIds = new Map<string, string>();
  readonly #current = new Map<string, number>();
  readonly #conversations = new Map<number, Tracked>();
  readonly #erased = new Set<string>();
  #freeNumbers: number[] = [];
  /** What the open conversations of those weigh together who are to get one, with what this batch has changed. */
  readonly #loads = new Map<string, number>();
  readonly #rows = {
    contacts: [] as SqlValue[][],
    identities: [] as SqlValue[][],
    newCurrent: [] as SqlValue[][],
    movedCurrent: [] as SqlValue[][],
    messages: [] as SqlValue[][],
    receivedIds: [] as SqlValue[][],
    outbox: [] as SqlValue[][],
    doneQueueEntries: [] as SqlValue[][],
    decisions: [] as SqlValue[][],
    slaEvents: [] as SqlValue[][],
    queueRecord: [] as SqlValue[][],
  };

  constructor(session: WriteSession, notesSla: boolean) {
    this.#session = session;
    this.#notesSla = notesSla;
  }

  async load(items: readonly AppendItem[]): Promise<void> {
    // What is asked for together travels together, and is done in this order.
    await Promise.all([this.#loadReceived(items), this.#loadContacts(items)]);
    const wanted = await this.#loadCurrent(items);
    for (const known of this.#received.values()) wanted.add(known.conversationNo);
    await Promise.all([this.#loadConversations(wanted), this.#lockAgents(items), this.#loadClientIds(items)]);
    await this.#reserveNumbers(items);
  }

  async #loadReceived(items: readonly AppendItem[]): Promise<void> {
    const keys = new Map<string, readonly SqlValue[]>();
    for (const { externalId } of items) {
      if (externalId !== undefined)
        keys.set(keyOf(externalId.channelId, externalId.id), [externalId.channelId, externalId.id]);
    }
    if (keys.size === 0) return;
    const rows = await this.#session.find(
      {
        table: 'received_ids',
        key: ['channel_id', 'external_id'],
        columns: ['channel_id', 'external_id', 'conversation_id', 'seq'],
      },
      [...keys.values()],
    );
    for (const row of rows) {
      if (row === undefined) continue;
      this.#received.set(keyOf(row.channel_id, row.external_id), { conversationNo: row.conversation_id, seq: row.seq });
    }
  }

  /** Client ids are looked up in the conversation that the item would go to; that row is locked by now. */
  async #loadClientIds(items: readonly AppendItem[]): Promise<void> {
    const keys: SqlValue[][] = [];
    for (const item of items) {
      const no = item.clientId === undefined ? undefined : this.#knownConversation(item.target);
      if (no !== undefined) keys.push([no, item.clientId as string]);
    }
    if (keys.length === 0) return;
    const rows = await this.#session.find(
      { table: 'messages', key: ['conversation_id', 'client_id'], columns: ['conversation_id', 'client_id', 'seq'] },
      keys,
    );
    for (const row of rows) {
      if (row !== undefined) this.#clientIds.set(keyOf(row.conversation_id, row.client_id as string), row.seq);
    }
  }

  #knownConversation(target: AppendTarget): number | undefined {
    if ('conversationId' in target) return conversationNo(target.conversationId);
    const contactId = this.#contactIdOf(target);
    return contactId === undefined ? undefined : this.#current.get(this.#currentKeyOf(target, contactId));
  }

  /** Made once for each item: it is asked for several times, and text that was just put together is hashed anew. */
  #currentKeyOf(target: Exclude<AppendTarget, { conversationId: string }>, contactId: string): string {
    let key = this.#currentKeys.get(target);
    if (key === undefined) {
      key = keyOf(contactId, target.channelId, target.threadId);
      this.#currentKeys.set(target, key);
    }
    return key;
  }

  /** Conversations get their numbers from one counter, taken for the batch at once. */
  async #reserveNumbers(items: readonly AppendItem[]): Promise<void> {
    const needed = new Set<string>();
    const contactIds = new Set<string>();
    for (const { target } of items) {
      if ('conversationId' in target || this.#hasOpen(target)) continue;
      needed.add(keyOf(targetKey(target), target.channelId, target.threadId));
      if ('contactId' in target) contactIds.add(target.contactId);
    }
    if (contactIds.size > 0) await this.#missErased([...contactIds]);
    if (needed.size > 0) await this.#takeNumbers(needed.size);
  }

  /** A token outlives the contact that was erased: nothing begins anew for somebody who is not there. */
  async #missErased(contactIds: readonly string[]): Promise<void> {
    const rows = await this.#session.find(
      { table: 'contacts', key: ['id'], columns: ['id'] },
      contactIds.map((id) => [id]),
    );
    for (const [index, row] of rows.entries()) if (row === undefined) this.#erased.add(contactIds[index] as string);
  }

  #hasOpen(target: AppendTarget): boolean {
    const no = this.#knownConversation(target);
    return no !== undefined && this.#conversations.get(no)?.row.status !== 'closed';
  }

  async #takeNumbers(count: number): Promise<void> {
    const find = { table: 'counters', key: ['name'], columns: ['value'], lock: true } as const;
    const [counter] = await this.#session.find(find, [['conversations']]);
    const last = counter?.value ?? 0;
    const value = last + count;
    await this.#session.update({ table: 'counters', set: ['value'], key: ['name'] }, [[value, 'conversations']]);
    for (let no = value; no > last; no--) this.#freeNumbers.push(no);
  }

  async #loadContacts(items: readonly AppendItem[]): Promise<void> {
    const keys = new Map<string, readonly SqlValue[]>();
    for (const { target } of items) {
      if ('contact' in target)
        keys.set(keyOf(target.channelId, target.contact.externalId), [target.channelId, target.contact.externalId]);
    }
    if (keys.size === 0) return;
    const rows = await this.#session.find(
      { table: 'identities', key: ['channel_id', 'external_id'], columns: ['channel_id', 'external_id', 'contact_id'] },
      [...keys.values()],
    );
    for (const row of rows) {
      if (row !== undefined) this.#contactIds.set(keyOf(row.channel_id, row.external_id), row.contact_id);
    }
  }

  async #loadCurrent(items: readonly AppendItem[]): Promise<Set<number>> {
    const wanted = new Set<number>();
    const keys = new Map<string, readonly SqlValue[]>();
    for (const { target } of items) {
      if ('conversationId' in target) {
        wanted.add(conversationNo(target.conversationId));
      } else {
        const contactId = this.#contactIdOf(target);
        if (contactId !== undefined) {
          keys.set(this.#currentKeyOf(target, contactId), [contactId, target.channelId, target.threadId]);
        }
      }
    }
    if (keys.size === 0) return wanted;
    const rows = await this.#session.find(
      {
        table: 'current_conversations',
        key: ['contact_id', 'channel_id', 'thread_id'],
        columns: ['contact_id', 'channel_id', 'thread_id', 'conversation_id'],
        // Two processes that find the same conversation closed must not both begin another one.
        lock: true,
      },
      [...keys].sort(([a], [b]) => (a < b ? -1 : 1)).map(([, key]) => key),
    );
    for (const row of rows) {
      if (row === undefined) continue;
      this.#current.set(keyOf(row.contact_id, row.channel_id, row.thread_id), row.conversation_id);
      wanted.add(row.conversation_id);
    }
    return wanted;
  }

  async #loadConversations(numbers: ReadonlySet<number>): Promise<void> {
    const rows = await this.#session.find(
      { table: 'conversations', key: ['id'], columns: conversationColumns, lock: true },
      [...numbers].sort((a, b) => a - b).map((no) => [no]),
    );
    for (const row of rows) {
      if (row !== undefined) {
        const agentId = holderOf(row);
        const heldBefore = agentId === null ? null : { agentId, weight: row.load_weight };
        const { participants: participantsBefore } = row;
        this.#conversations.set(row.id, { row, participantsBefore, heldBefore, isNew: false, hot: false, cold: false });
      }
    }
  }

  /** Whoever gives an agent another conversation waits for the one before: else both would count the same load. */
  async #lockAgents(items: readonly AppendItem[]): Promise<void> {
    const ids = new Set<string>();
    for (const { transition } of items) {
      if (transition?.capacity !== undefined && transition.assigneeId) ids.add(transition.assigneeId);
    }
    if (ids.size === 0) return;
    const agentIds = [...ids].sort();
    const find = { table: 'agents', key: ['id'], columns: ['id'], lock: true } as const;
    const held = { table: 'conversations', of: 'load_weight', by: 'assignee_id', where: { status: 'agent' } } as const;
    // In this order: what they hold is read when nobody else can give them anything.
    const [, loads] = await Promise.all([
      this.#session.find(
        find,
        agentIds.map((id) => [id]),
      ),
      this.#session.sums(held, agentIds),
    ]);
    for (const [at, id] of agentIds.entries()) this.#loads.set(id, loads[at] ?? 0);
  }

  #contactIdOf(target: Exclude<AppendTarget, { conversationId: string }>): string | undefined {
    return 'contactId' in target
      ? target.contactId
      : this.#contactIds.get(keyOf(target.channelId, target.contact.externalId));
  }

  /** Decides one item against what the batch knows by now. */
  place(item: AppendItem): AppendResult | Promise<AppendResult> {
    if (!hasStorableIds(item)) return refuse('bad-request', 'An id of this message is not well-formed text.');
    const duplicate = this.#answerDuplicate(item);
    if (duplicate !== undefined) return duplicate;
    if (this.#freeNumbers.length === 0 && !('conversationId' in item.target) && !this.#hasOpen(item.target)) {
      // An earlier item of this very batch closed the conversation that this one was to continue.
      return this.#takeNumbers(1).then(() => this.place(item));
    }
    const found = this.#conversationFor(item);
    if (found === undefined) return refuse('not-found', 'There is no such conversation, or its contact was erased.');
    const refusal = this.#checkOwner(found.tracked.row, item) ?? checkParticipants(found.tracked.row, item);
    if (refusal !== undefined) return refusal;
    const capacity = item.transition?.capacity;
    const assigneeId = item.transition?.assigneeId;
    if (capacity !== undefined && assigneeId !== undefined && assigneeId !== null) {
      const full = this.#checkCapacity(found.tracked.row, item.transition?.loadWeight, { assigneeId, capacity });
      if (full !== undefined) return full;
    }
    return this.#store(item, found);
  }

  #checkCapacity(
    row: ConversationRow,
    weight: number = wholeWeightOf(row),
    limit: { assigneeId: string; capacity: number },
  ): AppendResult | undefined {
    const most = limit.capacity * fullWeight;
    const load = this.#loads.get(limit.assigneeId) ?? 0;
    const before = holderOf(row) === limit.assigneeId ? row.load_weight : 0;
    // What weighs more than all of the capacity needs all of it; what the agent has already takes no more room.
    if (before >= weight || load - before + Math.min(weight, most) <= most) return undefined;
    const held = `${load / fullWeight} of ${limit.capacity}`;
    return refuse('capacity-reached', `This agent already has ${held} conversations, by what they weigh.`);
  }

  #answerDuplicate(item: AppendItem): AppendResult | undefined {
    const known = this.#knownEntry(item);
    if (known === undefined) return undefined;
    if (item.queueEntryId !== undefined) this.#rows.doneQueueEntries.push([item.queueEntryId]);
    const tracked = this.#conversations.get(known.conversationNo);
    if (tracked === undefined) return refuse('not-found', 'The conversation of this message was removed.');
    return {
      kind: 'duplicate',
      conversationId: String(known.conversationNo),
      seq: known.seq,
      previousPublicSeq: tracked.row.last_public_seq,
      head: headOf(tracked.row),
      ownerChanged: false,
      previousAssigneeId: tracked.row.assignee_id,
      previousHolderId: holderOf(tracked.row),
    };
  }

  #knownEntry(item: AppendItem): { conversationNo: number; seq: number } | undefined {
    if (item.externalId !== undefined) return this.#received.get(keyOf(item.externalId.channelId, item.externalId.id));
    const no = item.clientId === undefined ? undefined : this.#knownConversation(item.target);
    if (no === undefined) return undefined;
    const seq = this.#clientIds.get(keyOf(no, item.clientId as string));
    return seq === undefined ? undefined : { conversationNo: no, seq };
  }

  #conversationFor(item: AppendItem): { tracked: Tracked; opened?: 'created' | 'reopened' } | undefined {
    const { target } = item;
    if ('conversationId' in target) {
      const tracked = this.#conversations.get(conversationNo(target.conversationId));
      return tracked === undefined ? undefined : { tracked };
    }
    if ('contactId' in target && this.#erased.has(target.contactId)) return undefined;
    const contactId = this.#contactIdOf(target) ?? this.#createContact(target, item.at);
    const key = this.#currentKeyOf(target, contactId);
    const currentNo = this.#current.get(key);
    const current = currentNo === undefined ? undefined : this.#conversations.get(currentNo);
    if (current !== undefined && current.row.status !== 'closed') return { tracked: current };
    if (current !== undefined && item.at - (current.row.closed_at ?? 0) <= (item.reopenWithinMs ?? 0)) {
      moveTo(current, { to: 'queued', assigneeId: null }, item.at);
      return { tracked: current, opened: 'reopened' };
    }
    const created = this.#createConversation({ ...target, contactId }, item.at, item.loadWeight);
    return { tracked: created, opened: 'created' };
  }

  #createContact(target: { channelId: string; contact: InboundContact } | { contactId: string }, at: number): string {
    if (!('contact' in target)) return target.contactId;
    const { contact, channelId } = target;
    const id = newId(at);
    this.#contactIds.set(keyOf(channelId, contact.externalId), id);
    this.#rows.contacts.push(contactValues(id, contact, { verified: false, at }));
    this.#rows.identities.push([channelId, contact.externalId, id]);
    return id;
  }

  #createConversation(
    of: { contactId: string; channelId: string; threadId: string },
    at: number,
    loadWeight: number = fullWeight,
  ): Tracked {
    const id = this.#freeNumbers.pop();
    if (id === undefined) throw new Error('A conversation is made for which no number was reserved.');
    const row: ConversationRow = {
      id,
      channel_id: of.channelId,
      contact_id: of.contactId,
      thread_id: of.threadId,
      status: 'queued',
      owner_epoch: 1,
      assignee_id: null,
      last_seq: 0,
      last_public_seq: 0,
      changes: 0,
      agent_read_seq: 0,
      unread: 0,
      last_direction: null,
      last_sender: null,
      last_preview: null,
      last_message_seq: 0,
      last_message_at: at,
      waiting_since: null,
      queued_at: at,
      sort_at: at,
      updated_at: at,
      closed_at: null,
      archive_due_at: null,
      language: null,
      load_weight: loadWeight,
      full_weight: null,
      skill_group_id: null,
      routing: null,
      owed_since: null,
      is_answered: 0,
      snoozed_until: null,
      participants: null,
    };
    const tracked: Tracked = {
      row,
      participantsBefore: null,
      heldBefore: null,
      isNew: true,
      hot: false,
      cold: false,
    };
    this.#conversations.set(id, tracked);
    const key = keyOf(of.contactId, of.channelId, of.threadId);
    if (this.#current.has(key)) this.#rows.movedCurrent.push([id, of.contactId, of.channelId, of.threadId]);
    else this.#rows.newCurrent.push([of.contactId, of.channelId, of.threadId, id]);
    this.#current.set(key, id);
    return tracked;
  }

  #checkOwner(row: ConversationRow, item: AppendItem): AppendResult | undefined {
    const { transition, whileOwned: owned } = item;
    if (owned !== undefined && (row.status !== owned.status || row.owner_epoch !== owned.epoch)) {
      return refuse(
        'conflict',
        `The conversation is ${row.status} since epoch ${row.owner_epoch}: this came too late.`,
      );
    }
    if (transition !== undefined) {
      if (transition.expectEpoch !== undefined && transition.expectEpoch !== row.owner_epoch) {
        return refuse(
          'conflict',
          `The conversation's owner has changed (epoch ${row.owner_epoch}): look again, then decide.`,
        );
      }
      if (transition.from !== undefined && !transition.from.includes(row.status)) {
        return refuse('conflict', `The conversation is ${row.status}: this needs ${transition.from.join(' or ')}.`);
      }
      if (transition.owedSince !== undefined && transition.owedSince !== row.owed_since) {
        return refuse('conflict', 'The agent has answered by now.');
      }
      return undefined;
    }
    const speaksToCustomer = item.direction === 'out' && !item.private && item.senderType !== 'system';
    if (row.status === 'closed' && speaksToCustomer) {
      return refuse('conversation-closed', `Conversation ${row.id} is closed: reopen it, or start a new one.`);
    }
    return undefined;
  }

  #store(item: AppendItem, found: { tracked: Tracked; opened?: 'created' | 'reopened' }): AppendResult {
    const { tracked, opened } = found;
    const { row } = tracked;
    const previousAssigneeId = row.assignee_id;
    const previousHolderId = holderOf(row);
    const participants = participantsFrom(row.participants);
    const { owner_epoch: epoch, waiting_since: waitingSince, last_sender: lastSender } = row;
    const before = opened === undefined ? row.status : 'closed';
    this.#changeOwner(tracked, item);
    const next =
      participants.length + (item.participants === undefined ? 0 : 1) > 0 ? participantsAfter(row, item) : [];
    if (!isRefusal(next)) setParticipants(tracked, next);
    const previousPublicSeq = row.last_public_seq;
    const seq = row.last_seq + 1;
    row.last_seq = seq;
    if (!item.private) row.last_public_seq = seq;
    row.updated_at = item.at;
    tracked.hot = true;
    // A note to a closed conversation: what is archived with it must be as old as everything else there.
    if (row.status === 'closed' && row.archive_due_at !== item.at) {
      row.archive_due_at = item.at;
      tracked.cold = true;
    }
    countUnread(row, item, seq);
    noteOwed(tracked, item);
    const isWhole = this.#countWhole(tracked, item);
    if (this.#notesSla) {
      const kinds = slaKindsOf(item, row, { epoch, waitingSince, lastSender, opened });
      if (kinds !== '') this.#rows.slaEvents.push([row.id, item.at, kinds]);
    }
    if (item.preview !== undefined && !item.private) showLast(row, item, seq);
    if (item.at - row.sort_at >= sortGranularityMs) {
      row.sort_at = item.at;
      tracked.cold = true;
    }
    this.#pushRows(item, row, seq);
    this.#noteQueue(row, before, opened ?? item.transition?.note?.why ?? byHand.why, { seq, at: item.at });
    return {
      kind: 'stored',
      conversationId: String(row.id),
      seq,
      previousPublicSeq,
      head: headOf(row),
      ownerChanged: opened !== undefined || row.owner_epoch !== epoch,
      previousAssigneeId,
      previousHolderId,
      ...(participants.length === 0 ? {} : { participantsBefore: participants }),
      ...(opened === undefined ? {} : { opened }),
      ...(isWhole ? { isWhole: true as const } : {}),
    };
  }

  /** @returns whether it takes more of its agent from now on */
  #countWhole(tracked: Tracked, item: AppendItem): boolean {
    const more = countWhole(tracked, item);
    const holder = holderOf(tracked.row);
    if (holder !== null && more > 0) this.#countLoad(holder, more);
    return holder !== null && more > 0;
  }

  #changeOwner(tracked: Tracked, item: AppendItem): void {
    const { row } = tracked;
    const unowned = row.status === 'queued' || row.status === 'bot';
    const transition: Transition | undefined =
      item.transition ??
      (item.claimFor !== undefined && unowned ? { to: 'agent', assigneeId: item.claimFor, note: answered } : undefined);
    if (transition === undefined) return;
    const { owner_epoch: epoch, load_weight: weight } = row;
    const before = holderOf(row);
    const snoozer = row.status === 'snoozed' ? row.assignee_id : null;
    moveTo(tracked, transition, item.at);
    const after = holderOf(row);
    if (before !== null) this.#countLoad(before, -weight);
    if (after !== null) this.#countLoad(after, row.load_weight);
    this.#noteDecision(row, { epoch, before: before ?? snoozer, after }, transition, item.at);
  }

  #countLoad(agentId: string, by: number): void {
    const load = this.#loads.get(agentId);
    if (load !== undefined) this.#loads.set(agentId, load + by);
  }

  /** The first record of the epoch that ends with it: whoever came to it in between is told by the change of owner. */
  #noteDecision(
    row: ConversationRow,
    { epoch, before, after }: { epoch: number; before: string | null; after: string | null },
    { to, note = byHand }: Transition,
    at: number,
  ): void {
    const kind = after !== null ? 'assign' : (kindsOfLeaving[to] ?? 'end');
    const agentId = after ?? before;
    if (agentId === null) return;
    this.#rows.decisions.push([row.id, epoch, 0, at, kind, agentId, note.groupId, note.why, note.record]);
  }

  /** What no decision tells, since no agent has it before or after. */
  #noteQueue(
    row: ConversationRow,
    before: ConversationStatus,
    why: string,
    { seq, at }: { seq: number; at: number },
  ): void {
    const kind = cameOrLeft(before, row.status);
    if (kind !== undefined) this.#rows.queueRecord.push([at, row.id, row.owner_epoch, kind, why, seq]);
  }

  #pushRows(item: AppendItem, row: ConversationRow, seq: number): void {
    this.#rows.messages.push([
      row.id,
      seq,
      item.clientId ?? null,
      item.direction,
      item.senderType,
      item.senderId ?? (item.senderType === 'contact' ? row.contact_id : null),
      item.senderName ?? null,
      item.content,
      item.private ? (item.whisper === true ? whisperMark : 1) : 0,
      item.state,
      item.sentAt ?? null,
      item.at,
    ]);
    if (item.clientId !== undefined) this.#clientIds.set(keyOf(row.id, item.clientId), seq);
    if (item.externalId !== undefined) {
      const { channelId, id } = item.externalId;
      this.#received.set(keyOf(channelId, id), { conversationNo: row.id, seq });
      this.#rows.receivedIds.push([channelId, id, row.id, seq, item.at]);
    }
    if (item.deliver === true) {
      this.#rows.outbox.push([newId(item.at), row.channel_id, row.id, seq, 'queued', 0, item.at, 0, item.at]);
    }
    if (item.queueEntryId !== undefined) this.#rows.doneQueueEntries.push([item.queueEntryId]);
  }

  async write(): Promise<void> {
    const { contacts, identities, newCurrent, movedCurrent, messages, receivedIds, outbox, doneQueueEntries } =
      this.#rows;
    const { decisions, slaEvents, queueRecord } = this.#rows;
    const session = this.#session;
    await insertContacts(session, contacts);
    if (identities.length > 0) {
      await session.insert({ table: 'identities', columns: ['channel_id', 'external_id', 'contact_id'] }, identities);
    }
    await this.#writeConversations();
    if (newCurrent.length > 0) {
      const columns = ['contact_id', 'channel_id', 'thread_id', 'conversation_id'] as const;
      await session.insert({ table: 'current_conversations', columns }, newCurrent);
    }
    if (movedCurrent.length > 0) {
      const key = ['contact_id', 'channel_id', 'thread_id'] as const;
      await session.update({ table: 'current_conversations', set: ['conversation_id'], key }, movedCurrent);
    }
    if (messages.length > 0) await session.insert({ table: 'messages', columns: messageColumns }, messages);
    if (receivedIds.length > 0)
      await session.insert({ table: 'received_ids', columns: receivedIdColumns }, receivedIds);
    if (outbox.length > 0) await session.insert({ table: 'outbox', columns: outboxColumns }, outbox);
    if (decisions.length > 0) await session.insert({ table: 'routing_decisions', columns: decisionColumns }, decisions);
    if (slaEvents.length > 0) await session.insert({ table: 'sla_events', columns: slaEventColumns }, slaEvents);
    if (queueRecord.length > 0) {
      const columns = ['at', 'conversation_id', 'epoch', 'kind', 'why', 'seq'] as const;
      await session.insert({ table: 'queue_record', columns }, queueRecord);
    }
    if (doneQueueEntries.length > 0) await session.remove('inbound_queue', ['id'], doneQueueEntries);
  }

  async #writeConversations(): Promise<void> {
    const added: SqlValue[][] = [];
    const hot: SqlValue[][] = [];
    const cold: SqlValue[][] = [];
    const changed: Parameters<typeof writeParticipations>[1][number][] = [];
    for (const { row, participantsBefore, isNew, hot: isHot, cold: isCold } of this.#conversations.values()) {
      const { participants } = row;
      if (participants !== participantsBefore) {
        changed.push({ no: row.id, before: participantsBefore, after: participants });
      }
      if (isNew) added.push(newConversationValues(row));
      else {
        if (isHot) hot.push([...hotColumns.map((column) => row[column]), row.id]);
        if (isCold) cold.push([...coldColumns.map((column) => row[column]), row.id]);
      }
    }
    const session = this.#session;
    if (added.length > 0) await session.insert({ table: 'conversations', columns: newConversationColumns }, added);
    if (hot.length > 0) await session.update({ table: 'conversations', set: hotColumns, key: ['id'] }, hot);
    if (cold.length > 0) await session.update({ table: 'conversations', set: coldColumns, key: ['id'] }, cold);
    await writeParticipations(session, changed);
  }
}

const messageColumns = [
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
  'sent_at',
  'created_at',
] as const;
const receivedIdColumns = ['channel_id', 'external_id', 'conversation_id', 'seq', 'created_at'] as const;
const outboxColumns = [
  'id',
  'channel_id',
  'conversation_id',
  'seq',
  'state',
  'attempts',
  'next_at',
  'from_part',
  'created_at',
] as const;
const decisionColumns = [
  'conversation_id',
  'epoch',
  'n',
  'at',
  'kind',
  'agent_id',
  'group_id',
  'why',
  'record',
] as const;
const slaEventColumns = ['conversation_id', 'at', 'kinds'] as const;
const contactColumns = [
  'id',
  'name',
  'email',
  'phone',
  'avatar_url',
  'verified',
  'attributes',
  'created_at',
  'updated_at',
] as const;
const newConversationColumns = [...conversationColumns, 'priority', 'tags', 'contact_read_seq', 'created_at'] as const;

/** New contacts, and the words by which they are found. `contacts`: what `contactValues` gives. */
export async function insertContacts(session: WriteSession, contacts: readonly (readonly SqlValue[])[]): Promise<void> {
  if (contacts.length === 0) return;
  await session.insert({ table: 'contacts', columns: contactColumns }, contacts);
  const words = contacts.flatMap(([id, name, email, phone]) =>
    wordsOf({ name: name as string, email: email as string | null, phone: phone as string | null }).map((word) => [
      word,
      id as string,
    ]),
  );
  if (words.length > 0) await session.insert({ table: 'contact_words', columns: ['word', 'contact_id'] }, words);
}

export function contactValues(
  id: string,
  contact: InboundContact,
  options: { verified: boolean; at: number },
): SqlValue[] {
  return [
    id,
    contact.name ?? '',
    contact.email ?? null,
    contact.phone ?? null,
    contact.avatarUrl ?? null,
    options.verified ? 1 : 0,
    JSON.stringify(contact.attributes ?? {}),
    options.at,
    options.at,
  ];
}

function newConversationValues(row: ConversationRow): SqlValue[] {
  return [...conversationColumns.map((column) => row[column]), 'normal', '[]', 0, row.updated_at];
}

/** Half a surrogate pair cannot be stored as it is: two such ids would become one, and none would be found again. */
function hasStorableIds({ target, clientId, externalId }: AppendItem): boolean {
  if (clientId?.isWellFormed() === false || externalId?.id.isWellFormed() === false) return false;
  if ('conversationId' in target) return true;
  return target.threadId.isWellFormed() && (!('contact' in target) || target.contact.externalId.isWellFormed());
}
