import type { ConversationStatus, Participant } from '@parley/sdk/protocol.ts';
import type { AppendItem, AppendResult, ConversationHead, Transition } from '../../conversation/conversation-store.ts';
import { changeParticipants, isListener, isRefusal, remainingParticipants } from '../../conversation/participants.ts';
import { columnOf, participantsFrom, shownParticipants } from './participant-rows.ts';
import type { Row } from './sql-session.ts';

export const hotColumns = [
  'last_seq',
  'last_public_seq',
  'agent_read_seq',
  'unread',
  'last_direction',
  'last_sender',
  'last_preview',
  'last_message_seq',
  'last_message_at',
  'waiting_since',
  'updated_at',
] as const;
/** Columns that an index covers, or that change with the owner: written only when they moved. */
export const coldColumns = [
  'status',
  'owner_epoch',
  'assignee_id',
  'queued_at',
  'sort_at',
  'closed_at',
  'archive_due_at',
  'language',
  'load_weight',
  'full_weight',
  'skill_group_id',
  'routing',
  'owed_since',
  'is_answered',
  'snoozed_until',
  'participants',
] as const;
export const conversationColumns = [
  'id',
  'channel_id',
  'contact_id',
  'thread_id',
  'changes',
  ...hotColumns,
  ...coldColumns,
] as const;

/** What an entry can read and change of its conversation's row. */
export type ConversationRow = Pick<Row<'conversations'>, (typeof conversationColumns)[number]>;
/** `heldBefore`: the agent that the stored row counts for, and what it counts. `participantsBefore`: as they are stored. */
export type Tracked = {
  row: ConversationRow;
  participantsBefore: string | null;
  heldBefore: { agentId: string; weight: number } | null;
  isNew: boolean;
  hot: boolean;
  cold: boolean;
};

/** Who takes part after the entry, or why it may not be stored. */
export function participantsAfter(row: ConversationRow, item: AppendItem) {
  const { transition } = item;
  const owner =
    transition === undefined
      ? { status: row.status, assigneeId: row.assignee_id }
      : { status: transition.to, assigneeId: assigneeAfter(row, transition) };
  const remaining = remainingParticipants(participantsFrom(row.participants), owner);
  return item.participants === undefined ? remaining : changeParticipants(remaining, item.participants, owner, item.at);
}

function assigneeAfter(row: ConversationRow, { to, assigneeId }: Transition): string | null {
  return to === 'queued' || to === 'bot' ? null : (assigneeId ?? row.assignee_id);
}

/** What nobody may do who takes part as they do, or who does not. */
export function checkParticipants(row: ConversationRow, item: AppendItem): AppendResult | undefined {
  if (item.whisper === true && (!item.private || item.deliver === true)) {
    return refuse('bad-request', 'A whisper is for agents alone, and leaves through no channel.');
  }
  const next = item.participants === undefined ? [] : participantsAfter(row, item);
  if (isRefusal(next)) return refuse(next.code, next.message);
  const isSpeaking = item.senderType === 'agent' && !item.private && item.senderId !== undefined;
  if (!isSpeaking || row.participants === null) return undefined;
  return isListener({ participants: participantsFrom(row.participants) }, item.senderId ?? '')
    ? refuse('conflict', 'You listen to this conversation: join it or take it over before you write to the contact.')
    : undefined;
}

export function setParticipants(tracked: Tracked, next: readonly Participant[]): void {
  const column = columnOf(next);
  if (column === tracked.row.participants) return;
  tracked.row.participants = column;
  tracked.cold = true;
}

/** A customer's message waits to be read and answered; ours to them says that we have read. */
export function countUnread(row: ConversationRow, item: AppendItem, seq: number): void {
  if (item.private || item.senderType === 'system') return;
  if (item.direction === 'in') {
    row.unread += 1;
    row.waiting_since ??= item.at;
  } else {
    row.waiting_since = null;
    if (item.senderType === 'agent') {
      row.unread = 0;
      row.agent_read_seq = seq;
    }
  }
}

/** Who has it owes an answer from the customer's first word on; what is put off comes back as soon as they write. */
export function noteOwed(tracked: Tracked, item: AppendItem): void {
  const { row } = tracked;
  if (item.private || item.senderType === 'system') return;
  const { owed_since: owed, is_answered: isAnswered, snoozed_until: until } = row;
  if (row.status === 'snoozed' && item.direction === 'in') row.snoozed_until = Math.min(until ?? item.at, item.at);
  if (row.status === 'agent' && item.direction === 'in') row.owed_since ??= item.at;
  if (item.direction === 'out') {
    row.owed_since = null;
    if (item.senderType === 'agent' && item.senderId === holderOf(row)) row.is_answered = 1;
  }
  const isSame = row.owed_since === owed && row.is_answered === isAnswered && row.snoozed_until === until;
  if (!isSame) tracked.cold = true;
}

/** What the clocks of the conversation go by, of what happened with this entry: nothing of most. */
export function slaKindsOf(
  item: AppendItem,
  row: ConversationRow,
  before: { epoch: number; waitingSince: number | null; lastSender: string | null; opened: string | undefined },
): string {
  const isOpened = before.opened !== undefined;
  const asks = before.waitingSince === null && row.waiting_since !== null;
  const answers = item.direction === 'out' && !item.private && item.senderType === 'agent';
  return [
    ...(before.opened === 'created' ? ['created'] : []),
    ...(isOpened || row.owner_epoch !== before.epoch ? [row.status] : []),
    ...(asks ? ['asked'] : []),
    // Of several answers in a row the first one counts.
    ...(answers && before.lastSender !== 'agent' ? ['answered'] : []),
  ].join(',');
}

/** Whether a change of status begins a wait for an agent, or ends one without. */
export function cameOrLeft(before: ConversationStatus, after: ConversationStatus): 'came' | 'left' | undefined {
  if (before === after) return undefined;
  const isWaited = after === 'queued' || after === 'agent';
  if (before === 'closed' || (before === 'bot' && after === 'queued')) return isWaited ? 'came' : undefined;
  return before === 'queued' && after !== 'agent' ? 'left' : undefined;
}

/** What it takes of its agent's capacity while the customer is not quiet. */
export function wholeWeightOf({ load_weight: weight, full_weight: whole }: ConversationRow): number {
  return whole ?? weight;
}

/** Who was quiet and writes again takes as much of the agent as before. @returns by how much more */
export function countWhole(tracked: Tracked, item: AppendItem): number {
  const { row } = tracked;
  if (row.full_weight === null || item.direction !== 'in') return 0;
  const more = row.full_weight - row.load_weight;
  row.load_weight = row.full_weight;
  row.full_weight = null;
  tracked.cold = true;
  return more;
}

/** The agent whose capacity the conversation takes. */
export function holderOf(row: ConversationRow): string | null {
  return row.status === 'agent' ? row.assignee_id : null;
}

/** What the lists show of its last message. */
export function showLast(row: ConversationRow, item: AppendItem, seq: number): void {
  row.last_direction = item.direction;
  row.last_sender = item.senderType;
  row.last_preview = item.preview ?? null;
  row.last_message_seq = seq;
  row.last_message_at = item.at;
}

/** It changes hands. */
export function moveTo(tracked: Tracked, transition: Transition, at: number): void {
  const { row } = tracked;
  const { to, queue } = transition;
  row.status = to;
  row.assignee_id = assigneeAfter(row, transition);
  row.owner_epoch += 1;
  const queuedAt = transition.queuedAt ?? row.queued_at ?? queue?.since ?? at;
  row.queued_at = to === 'queued' ? queuedAt : to === 'agent' ? row.queued_at : null;
  row.closed_at = to === 'closed' ? at : null;
  row.archive_due_at = row.closed_at;
  row.load_weight = transition.loadWeight ?? wholeWeightOf(row);
  row.full_weight = null;
  if (queue !== undefined) {
    if (queue.groupId !== undefined) row.skill_group_id = queue.groupId;
    row.routing = queue.routing;
  }
  if (to === 'closed') row.waiting_since = null;
  if (transition.queuedAt !== undefined) row.waiting_since ??= transition.queuedAt;
  row.snoozed_until = to === 'snoozed' ? (transition.until ?? at) : null;
  row.owed_since = to === 'agent' && row.waiting_since !== null ? at : null;
  row.is_answered = 0;
  row.updated_at = at;
  tracked.hot = true;
  tracked.cold = true;
}

/** What is kept in memory of a conversation. */
export function headOf(row: ConversationRow): ConversationHead {
  return {
    id: String(row.id),
    channelId: row.channel_id,
    contactId: row.contact_id,
    status: row.status,
    assigneeId: row.assignee_id,
    ownerEpoch: row.owner_epoch,
    queuedAt: row.queued_at,
    loadWeight: row.load_weight,
    ...shownParticipants(row.participants),
    lastSeq: row.last_seq,
    lastPublicSeq: row.last_public_seq,
    changes: row.changes,
  };
}

export function refuse(
  code: 'bad-request' | 'not-found' | 'conflict' | 'conversation-closed' | 'capacity-reached',
  message: string,
): AppendResult {
  return { kind: 'refused', code, message };
}
