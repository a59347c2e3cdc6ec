import type { Content, Message, MessageState, SenderType } from '@parley/sdk/protocol.ts';
import type { ArchivedMessage } from './cold-store.ts';

/** In the column `private`: more than 0 is for agents alone, and this a supervisor's whisper. */
export const whisperMark = 2;

/** A message's own columns, in whichever tier. */
export type StoredMessage = Omit<ArchivedMessage, 'channel_id' | 'contact_id' | 'change_no'>;

/** What the contact has read shows as read, whatever the platform said of its delivery. */
function shownState(
  row: { readonly direction: string; readonly seq: number; readonly state: string },
  contactReadSeq: number,
): MessageState {
  const seen =
    row.direction === 'out' && row.seq <= contactReadSeq && (row.state === 'sent' || row.state === 'delivered');
  return seen ? 'read' : (row.state as MessageState);
}

/** A message is named by its conversation and place in it: unique by construction, no column and no index needed. */
export function messageId(conversationId: string | number, seq: number): string {
  return `${conversationId}.${seq}`;
}

/** Files of ours that a content names, whatever its type: what was sent with the message. */
export function fileIdsIn(content: string): string[] {
  return [...content.matchAll(/"\/files\/([0-9a-z]{16})\//g)].map(([, id]) => id as string);
}

/** A message as the API shows it, from its columns. `contactReadSeq`: what the contact has read. */
export function messageFromRow(row: StoredMessage, contactReadSeq: number): Message {
  return {
    id: messageId(row.conversation_id, row.seq),
    conversationId: String(row.conversation_id),
    seq: row.seq,
    ...(row.client_id === null ? {} : { clientId: row.client_id }),
    direction: row.direction as 'in' | 'out',
    sender: {
      type: row.sender_type as SenderType,
      ...(row.sender_id === null ? {} : { id: row.sender_id }),
      ...(row.sender_name === null ? {} : { name: row.sender_name }),
    },
    content: JSON.parse(row.content) as Content,
    private: row.private >= 1,
    ...(row.private === whisperMark ? { whisper: true as const } : {}),
    state: shownState(row, contactReadSeq),
    ...(row.state_reason === null ? {} : { stateReason: row.state_reason }),
    ...(row.delivered_as === null ? {} : { deliveredAs: JSON.parse(row.delivered_as) as Content }),
    ...(row.recalled_at === null ? {} : { recalledAt: row.recalled_at }),
    ...(row.edited_at === null ? {} : { editedAt: row.edited_at }),
    ...(row.sent_at === null ? {} : { sentAt: row.sent_at }),
    createdAt: row.created_at,
  };
}
