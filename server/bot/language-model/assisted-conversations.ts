import type { Contact, Message } from '@parley/sdk/protocol.ts';
import type { Contexts } from '../../conversation/contexts.ts';
import type { Conversations } from '../../conversation/conversations.ts';
import type { AssistedConversation } from './assist.ts';
import type { Said } from './prompts.ts';

/** What a language model needs to know of a conversation, and no more. */
export function assistedConversations(deps: {
  conversations: Pick<Conversations, 'recentHead'>;
  contexts: Pick<Contexts, 'newest'>;
  contact: (id: string) => Promise<Contact | undefined>;
  channelTypeOf: (channelId: string) => string;
}) {
  /** @throws Refusal `not-found` */
  async function aboutConversation(id: string) {
    const { channelId, contactId } = await deps.conversations.recentHead(id);
    const contact = await deps.contact(contactId);
    return { channelId, names: contact === undefined || contact.name === '' ? [] : [contact.name] };
  }

  return {
    aboutConversation,
    conversation: async (id: string): Promise<AssistedConversation> => {
      const { channelId, names } = await aboutConversation(id);
      const messages = (await deps.contexts.newest(id, { limit: lastMessages, publicOnly: true })) ?? [];
      return { channelId, channelType: deps.channelTypeOf(channelId), names, said: messages.flatMap(saidIn) };
    },
  };
}

const lastMessages = 30;

function saidIn({ content, direction, sender, recalledAt }: Message): Said[] {
  if (content.type !== 'text' || recalledAt !== undefined || sender.type === 'system') return [];
  return [{ by: direction === 'in' ? 'customer' : sender.type === 'bot' ? 'bot' : 'agent', text: content.text }];
}
