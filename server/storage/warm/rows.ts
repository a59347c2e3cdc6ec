import type { Contact, Conversation, SenderType } from '@parley/sdk/protocol.ts';
import type { SlaCase } from '../../routing/sla/sla-case.ts';
import { slaView } from '../../routing/sla/sla-view.ts';
import { isVip } from '../../routing/vip.ts';
import { shownParticipants } from './participant-rows.ts';
import type { Tables } from './schema.ts';

/** A conversation's row with what its list entry needs of contact and channel. */
export type ConversationListRow = Tables['conversations'] & {
  channel_type: string;
  contact_name: string;
  contact_avatar_url: string | null;
  /** The contact's attributes, where they say something of it. */
  contact_vip: string | null;
  /** `SlaCase` as JSON; null: nothing is measured. */
  sla_state: string | null;
};

export function conversationFromRow(row: ConversationListRow): Conversation {
  return {
    id: String(row.id),
    channelId: row.channel_id,
    channelType: row.channel_type,
    contact: {
      id: row.contact_id,
      name: row.contact_name,
      ...(row.contact_avatar_url === null ? {} : { avatarUrl: row.contact_avatar_url }),
      ...(saysVip(row.contact_vip) ? { vip: true as const } : {}),
    },
    status: row.status,
    ownerEpoch: row.owner_epoch,
    assigneeId: row.assignee_id,
    skillGroupId: row.skill_group_id,
    ...shownParticipants(row.participants),
    priority: row.priority,
    tags: JSON.parse(row.tags) as string[],
    ...(row.subject === null ? {} : { subject: row.subject }),
    ...(row.language === null ? {} : { language: row.language }),
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
    ...(row.snoozed_until === null ? {} : { snoozedUntil: row.snoozed_until }),
    ...clocksOf(row.sla_state),
    ...(row.abandoned_at === null ? {} : { abandonedAt: row.abandoned_at }),
    createdAt: row.created_at,
    updatedAt: row.updated_at,
    ...(row.closed_at === null ? {} : { closedAt: row.closed_at }),
  };
}

function saysVip(attributes: string | null): boolean {
  return attributes !== null && isVip([], (JSON.parse(attributes) as Record<string, string>).vip);
}

function clocksOf(state: string | null): Pick<Conversation, 'sla'> {
  const sla = state === null ? [] : slaView(JSON.parse(state) as SlaCase);
  return sla.length === 0 ? {} : { sla };
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
