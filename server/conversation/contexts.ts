import type { Contact, Conversation, ConversationContext, Message } from '@parley/sdk/protocol.ts';
import type { ConversationStore } from './conversation-store.ts';
import type { HotMessages } from './hot-messages.ts';

/** How many of the last messages a context has. */
export const contextMessages = 50;

/** What is known of a conversation, for agent and bot alike: its facts from the warm store, its last messages hot. */
export interface Contexts {
  /** Undefined when there is no such conversation. */
  contextOf(conversationId: string): Promise<ConversationContext | undefined>;
  /** The newest messages in order of `seq`; undefined when more are asked for than lie there. */
  newest(
    conversationId: string,
    range: { limit: number; publicOnly: boolean },
  ): Promise<readonly Message[] | undefined>;
  /** They were erased. */
  forget(conversationIds: readonly string[]): Promise<void>;
}

export function createContexts(deps: {
  store: Pick<ConversationStore, 'get' | 'contact' | 'messages'>;
  hot: HotMessages;
  /** Of the store: after a restore the same numbers stand for other messages. */
  epoch: string;
}): Contexts {
  const { store, hot } = deps;

  /** Everything that decides how a message is shown is counted in one of these. */
  const versionOf = ({ lastSeq, changes, contactReadSeq }: Conversation) =>
    `${deps.epoch}.${lastSeq}.${changes}.${contactReadSeq}`;

  function last(conversation: Conversation): Promise<readonly Message[]> {
    return hot.obtain(conversation.id, versionOf(conversation), () =>
      store.messages(conversation.id, { limit: contextMessages, fromEnd: true }),
    );
  }

  return {
    contextOf: async (id) => {
      const conversation = await store.get(id);
      if (conversation === undefined) return undefined;
      const [contact, messages] = await Promise.all([store.contact(conversation.contact.id), last(conversation)]);
      return contact === undefined ? undefined : { conversation, contact: contact satisfies Contact, messages };
    },
    newest: async (id, { limit, publicOnly }) => {
      if (limit > contextMessages) return undefined;
      const conversation = await store.get(id);
      if (conversation === undefined) return undefined;
      const messages = await last(conversation);
      const shown = publicOnly ? messages.filter((message) => !message.private) : messages;
      // Notes that are left out make room for older messages, which lie elsewhere.
      const isAll = messages.length < contextMessages;
      return shown.length >= limit || isAll ? shown.slice(-limit) : undefined;
    },
    forget: (ids) => hot.forget(ids),
  };
}
