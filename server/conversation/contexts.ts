import type { Contact, Conversation, ConversationContext, KnownOrders, Message } from '@parley/sdk/protocol.ts';
import type { ConversationStore } from './conversation-store.ts';
import type { ValuesIn } from './facts.ts';
import type { HotMessages } from './hot-messages.ts';
import { type Former, type IntentLabelOf, type IntentsOf, knownFrom } from './known.ts';
import { createKnownFacts } from './known-facts.ts';

/** How many of the last messages a context has. */
export const contextMessages = 50;
/** How many former conversations of the contact are looked at, … */
const formerLooked = 3;
/** … where something was said in them within this time. */
const formerWithinMs = 30 * 24 * 60 * 60_000;

/** What is known of a conversation, for agent and bot alike: its facts from the warm store, the rest hot. */
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

/** Where the contact's orders come from; it answers at once with what it knows. */
export interface OrdersNow {
  known(of: { conversation: Conversation; contact: Contact }): KnownOrders;
}

const noOrders: OrdersNow = { known: () => ({ state: 'off', items: [] }) };

export function createContexts(deps: {
  store: Pick<ConversationStore, 'get' | 'contact' | 'messages' | 'changedSince' | 'list'>;
  hot: HotMessages;
  /** Of the store: after a restore the same numbers stand for other messages. */
  epoch: string;
  now?: () => number;
  /** What the bot understands of a text; absent: nothing of the kind is known. */
  values?: ValuesIn | undefined;
  /** Changes whenever the values in the same text may be others. */
  valuesVersion?: (() => string | number) | undefined;
  timeZone?: string | undefined;
  intents?: IntentsOf | undefined;
  /** Which intents messages of a conversation had, as people say. */
  labels?: ((conversationId: string) => Promise<readonly IntentLabelOf[]>) | undefined;
  orders?: OrdersNow | undefined;
}): Contexts {
  const { store, hot, orders = noOrders, now = Date.now } = deps;
  const facts = createKnownFacts({ ...deps, last });

  /** Everything that decides how a message is shown is counted in one of these. */
  function versionOf({ lastSeq, changes, contactReadSeq }: Conversation): string {
    return `${deps.epoch}.${lastSeq}.${changes}.${contactReadSeq}`;
  }

  function last(conversation: Conversation): Promise<readonly Message[]> {
    return hot.obtain(conversation.id, versionOf(conversation), () =>
      store.messages(conversation.id, { limit: contextMessages, fromEnd: true }),
    );
  }

  /** What the contact wrote elsewhere, or before. That it cannot be read keeps nothing else from being known. */
  async function former({ id, contact }: Conversation): Promise<Former[]> {
    const { items } = await store.list({ contactId: contact.id }, { limit: formerLooked + 1 });
    const since = now() - formerWithinMs;
    const theirs = items.filter((one) => one.id !== id && one.updatedAt >= since).slice(0, formerLooked);
    const read = await Promise.allSettled(
      theirs.map(async (one) => ({ conversation: one, facts: await facts.of(one) })),
    );
    return read.flatMap((one) => (one.status === 'fulfilled' ? one.value : []));
  }

  return {
    contextOf: async (id) => {
      const conversation = await store.get(id);
      if (conversation === undefined) return undefined;
      const [contact, messages, ownFacts, formerOnes, labels] = await Promise.all([
        store.contact(conversation.contact.id),
        last(conversation),
        facts.of(conversation),
        former(conversation),
        deps.labels?.(id) ?? [],
      ]);
      if (contact === undefined) return undefined;
      const known = knownFrom({
        ...{ conversation, contact, messages, facts: ownFacts, former: formerOnes },
        intents: deps.intents,
        labels,
        orders: orders.known({ conversation, contact }),
      });
      return { conversation, contact, messages, known };
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
    forget: async (ids) => {
      facts.forget(ids);
      await hot.forget(ids);
    },
  };
}
