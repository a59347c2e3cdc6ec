import type { Contact, Content, Conversation, Message, MessageState, SenderType } from '@parley/sdk/protocol.ts';
import type { Tables } from './schema.ts';

/** A conversation's row with what its list entry needs of contact and channel. */
export type ConversationListRow = Tables['conversations'] & {
  channel_type: string;
  contact_name: string;
  contact_avatar_url: string | null;
};

/** A message as the API shows it. `contactReadSeq`: what the contact has read, so that `sent` shows as `read`. */
export function messageFromRow(row: Tables['messages'], contactReadSeq: number): Message {
  const seen =
    row.direction === 'out' && row.seq <= contactReadSeq && (row.state === 'sent' || row.state === 'delivered');
  const state: MessageState = seen ? 'read' : row.state;
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
    private: row.private === 1,
    state,
    ...(row.state_reason === null ? {} : { stateReason: row.state_reason }),
    ...(row.delivered_as === null ? {} : { deliveredAs: JSON.parse(row.delivered_as) as Content }),
    ...(row.recalled_at === null ? {} : { recalledAt: row.recalled_at }),
    ...(row.edited_at === null ? {} : { editedAt: row.edited_at }),
    ...(row.sent_at === null ? {} : { sentAt: row.sent_at }),
    createdAt: row.created_at,
  };
}

/** A message is named by its conversation and place in it: unique by construction, no column and no index needed. */
export function messageId(conversationId: string | number, seq: number): string {
  return `${conversationId}.${seq}`;
}

export function conversationFromRow(row: ConversationListRow): Conversation {
  return {
    id: String(row.id),
    channelId: row.channel_id,
    channelType: row.channel_type,
    contact: {
      id: row.contact_id,
      name: row.contact_name,
      ...(row.contact_avatar_url === null ? {} : { avatarUrl: row.contact_avatar_url }),
    },
    status: row.status,
    ownerEpoch: row.owner_epoch,
    assigneeId: row.assignee_id,
    skillGroupId: row.skill_group_id,
    priority: row.priority,
    tags: JSON.parse(row.tags) as string[],
    ...(row.subject === null ? {} : { subject: row.subject }),
    lastSeq: row.last_seq,
    changes: row.changes,
    contactReadSeq: row.contact_read_seq,
    agentReadSeq: row.agent_read_seq,
    unread: row.unread,
    ...(row.last_message_seq === 0
      ? {}
      : {
          lastMessage: {
            seq: row.last_message_seq,
            direction: row.last_direction as 'in' | 'out',
            senderType: row.last_sender as SenderType,
            preview: row.last_preview ?? '',
            createdAt: row.last_message_at,
          },
        }),
    ...(row.waiting_since === null ? {} : { waitingSince: row.waiting_since }),
    createdAt: row.created_at,
    updatedAt: row.updated_at,
    ...(row.closed_at === null ? {} : { closedAt: row.closed_at }),
  };
}

export function contactFromRow(
  row: Tables['contacts'],
  identities: readonly { channel_id: string; external_id: string; channel_type: string }[],
): Contact {
  return {
    id: row.id,
    name: row.name,
    ...(row.email === null ? {} : { email: row.email }),
    ...(row.phone === null ? {} : { phone: row.phone }),
    ...(row.avatar_url === null ? {} : { avatarUrl: row.avatar_url }),
    verified: row.verified === 1,
    attributes: JSON.parse(row.attributes) as Record<string, string>,
    identities: identities.map((identity) => ({
      channelId: identity.channel_id,
      channelType: identity.channel_type,
      externalId: identity.external_id,
    })),
    createdAt: row.created_at,
    updatedAt: row.updated_at,
  };
}
