import type { Conversation, Message } from '@parley/sdk/protocol.ts';

/** A plain open conversation for tests, with what matters to the test put in. */
export function conversationOf(patch: Partial<Conversation>): Conversation {
  return {
    id: 'c1',
    channelId: 'channel-1',
    channelType: 'web',
    contact: { id: 'contact-1', name: 'Ann' },
    status: 'agent',
    ownerEpoch: 1,
    assigneeId: 'me',
    skillGroupId: null,
    priority: 'normal',
    tags: [],
    lastSeq: 0,
    changes: 0,
    contactReadSeq: 0,
    agentReadSeq: 0,
    unread: 0,
    createdAt: 1,
    updatedAt: 1,
    ...patch,
  };
}

/** A customer's plain text message for tests. */
export function messageOf(patch: Partial<Message>): Message {
  const direction = patch.direction ?? 'in';
  return {
    id: `m${patch.seq ?? 1}`,
    conversationId: 'c1',
    seq: 1,
    direction,
    sender: direction === 'in' ? { type: 'contact', id: 'contact-1' } : { type: 'agent', id: 'me' },
    content: { type: 'text', text: 'hello' },
    private: false,
    state: direction === 'in' ? 'received' : 'sent',
    createdAt: 1,
    ...patch,
  };
}
