import type { Contact, Conversation, Message } from '@parley/sdk/protocol.ts';
import type { Clock } from '../base/clock.ts';
import { type Articles, createArticles } from './articles.ts';
import { type CannedReplies, createCannedReplies, type ReplySituation } from './canned-replies.ts';
import { type Categories, createCategories } from './categories.ts';
import { createHelpCentre, type HelpCentre } from './help-centre.ts';
import { articlesAsCsv, articlesAsMarkdown, repliesAsCsv } from './import/export-texts.ts';
import { createImporter, type Importer } from './import/importer.ts';
import { createKnowledgeBase, type KnowledgeBase } from './knowledge-base.ts';
import type { KnowledgeKind } from './knowledge-item.ts';
import { createKnowledgeSearch, type KnowledgeSearch } from './knowledge-search.ts';
import type { KnowledgeStore } from './knowledge-store.ts';
import type { PassageIndex } from './passage-index.ts';

/** The knowledge base, put together. */
export interface Knowledge {
  readonly base: KnowledgeBase;
  readonly replies: CannedReplies;
  readonly articles: Articles;
  readonly categories: Categories;
  readonly search: KnowledgeSearch;
  readonly help: HelpCentre;
  readonly importer: Importer;
  /** All of a kind as a file: its bytes, its type, its name. */
  exported(kind: KnowledgeKind, format: 'csv' | 'markdown'): Promise<[string | Buffer, string, string]>;
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
/** Read together for an export. */
const articlesAtOnce = 200;

/** Begins to read what is stored; whoever asks before that is done waits for it. */
export function createKnowledge(deps: {
  readonly store: KnowledgeStore;
  readonly meta: { get(name: string): Promise<string | undefined>; set(name: string, value: string): Promise<void> };
  readonly secret: string;
  readonly index: PassageIndex;
  readonly questionVector?: Parameters<typeof createKnowledgeSearch>[0]['questionVector'];
  readonly focus?: Parameters<typeof createKnowledgeSearch>[0]['focus'];
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

  async function exported(kind: KnowledgeKind, format: 'csv' | 'markdown'): Promise<[string | Buffer, string, string]> {
    await base.catchUp();
    if (kind === 'canned-reply')
      return [repliesAsCsv([...base.replies()]), 'text/csv; charset=utf-8', 'canned-replies.csv'];
    const ids = [...base.articles()].map(({ id }) => id);
    const articles = [];
    for (let from = 0; from < ids.length; from += articlesAtOnce)
      articles.push(...(await store.articles(ids.slice(from, from + articlesAtOnce))));
    const names = await store.categoryNames();
    return format === 'csv'
      ? [articlesAsCsv(articles, names), 'text/csv; charset=utf-8', 'articles.csv']
      : [articlesAsMarkdown(articles, names), 'application/zip', 'articles.zip'];
  }

  const categories = createCategories({ base, store });
  const replies = createCannedReplies({ base, store, clock, newId, situation });
  const search = createKnowledgeSearch({
    ...{ base, clock, groupsOf, onError: deps.onError },
    ...{ questionVector: deps.questionVector, focus: deps.focus },
  });
  return {
    base,
    replies,
    articles: createArticles({ base, store, categories, clock, newId }),
    categories,
    search,
    help: createHelpCentre({ base, store, meta: deps.meta, search, categories, secret: deps.secret, clock }),
    importer: createImporter({ base, store, clock, newId }),
    exported,
    groupsOf,
  };
}
