import type { Contact, Conversation, Message } from '@parley/sdk/protocol.ts';
import type { Clock } from '../base/clock.ts';
import { type Articles, createArticles } from './articles.ts';
import { type CannedReplies, createCannedReplies, type ReplySituation } from './canned-replies.ts';
import { createKnowledgeBase, type KnowledgeBase } from './knowledge-base.ts';
import { createKnowledgeSearch, type KnowledgeSearch } from './knowledge-search.ts';
import type { KnowledgeStore } from './knowledge-store.ts';
import type { PassageIndex } from './passage-index.ts';

/** The knowledge base, put together. */
export interface Knowledge {
  readonly base: KnowledgeBase;
  readonly replies: CannedReplies;
  readonly articles: Articles;
  readonly search: KnowledgeSearch;
  /** Skill groups of an agent, as the routing configuration has them now. */
  groupsOf(agentId: string): ReadonlySet<string>;
}

/** Where conversations are read for variables. */
interface Conversations {
  get(id: string): Promise<Conversation | undefined>;
  contact(id: string): Promise<Contact | undefined>;
  messages(id: string, range: { limit: number; fromEnd: true }): Promise<Message[]>;
}

/** So many messages are looked through for the order that a conversation is about. */
const lastMessages = 50;

/** Begins to read what is stored; whoever asks before that is done waits for it. */
export function createKnowledge(deps: {
  readonly store: KnowledgeStore;
  readonly index: PassageIndex;
  readonly clock: Clock;
  readonly newId: () => string;
  readonly conversations: Conversations;
  readonly groups: () => readonly { readonly id: string; readonly members: readonly { readonly agentId: string }[] }[];
  readonly channelName: (channelId: string) => string;
  readonly onError: (error: unknown) => void;
}): Knowledge {
  const { store, clock, newId, conversations } = deps;
  const base = createKnowledgeBase({ store, index: deps.index, clock });
  base.catchUp().catch(deps.onError);

  async function situation(conversationId: string): Promise<ReplySituation | undefined> {
    const conversation = await conversations.get(conversationId);
    if (conversation === undefined) return undefined;
    const [contact, messages] = await Promise.all([
      conversations.contact(conversation.contact.id),
      conversations.messages(conversationId, { limit: lastMessages, fromEnd: true }),
    ]);
    return { conversation, contact, channelName: deps.channelName(conversation.channelId), messages };
  }

  function groupsOf(agentId: string): ReadonlySet<string> {
    const own = deps.groups().filter(({ members }) => members.some((member) => member.agentId === agentId));
    return new Set(own.map(({ id }) => id));
  }

  return {
    base,
    replies: createCannedReplies({ base, store, clock, newId, situation }),
    articles: createArticles({ base, store, clock, newId }),
    search: createKnowledgeSearch({ base, clock, groupsOf, onError: deps.onError }),
    groupsOf,
  };
}
