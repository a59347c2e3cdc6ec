import type { Clock } from '../base/clock.ts';
import { Refusal } from '../gateway/refusal.ts';
import { type Article, type ArticleHead, type CannedReply, headOf, type KnowledgeKind } from './knowledge-item.ts';
import type { KnowledgeChange, KnowledgeStore, KnowledgeWrite } from './knowledge-store.ts';
import { plainTextOf } from './markdown.ts';
import type { IndexDocument, PassageIndex } from './passage-index.ts';

/** Changes that are taken over in one step; between two steps others get their turn. */
const stepSize = 200;

/** What is known of a document of the index: which item, and which of its wordings. */
export interface DocumentOrigin {
  readonly kind: KnowledgeKind;
  readonly itemId: string;
  /** null: not stated. */
  readonly language: string | null;
  readonly channelType: string | null;
}

/**
 * All canned replies and what articles are called, in the memory of this process, with the index of their passages. It
 * follows what any process wrote: whoever asks first catches up, which costs one look along an index where nothing changed.
 */
export interface KnowledgeBase {
  /** Everything that was written before this call is here when it resolves. */
  catchUp(): Promise<void>;
  reply(id: string): CannedReply | undefined;
  replies(): Iterable<CannedReply>;
  article(id: string): ArticleHead | undefined;
  articles(): Iterable<ArticleHead>;
  origin(docId: string): DocumentOrigin | undefined;
  /** Writes all of it or nothing, and catches up. @throws Refusal `conflict` with the field */
  write(writes: readonly KnowledgeWrite[]): Promise<void>;
  /** Counts a use. */
  used(replyId: string): Promise<void>;
  readonly index: PassageIndex;
}

export function createKnowledgeBase(deps: {
  readonly store: KnowledgeStore;
  readonly index: PassageIndex;
  readonly clock: Clock;
}): KnowledgeBase {
  const { store, index } = deps;
  const replies = new Map<string, CannedReply>();
  const articles = new Map<string, ArticleHead>();
  /** By document of the index; bounded by the numbers of replies and articles. */
  const origins = new Map<string, DocumentOrigin>();
  const documentsOf = new Map<string, { rev: number; ids: readonly string[] }>();
  let lastNo = 0;
  let running: Promise<void> | undefined;
  let next: Promise<void> | undefined;

  /** Who asks while a look is under way needs one that begins after it. */
  function catchUp(): Promise<void> {
    if (running === undefined) {
      running = lookForChanges().finally(() => {
        running = undefined;
      });
      return running;
    }
    next ??= running
      .catch(() => undefined)
      .then(() => {
        next = undefined;
        return catchUp();
      });
    return next;
  }

  async function lookForChanges(): Promise<void> {
    for (;;) {
      const changes = await store.changes(lastNo, stepSize);
      const last = changes.at(-1);
      if (last === undefined) return;
      await takeOver(changes);
      lastNo = last.no;
      if (changes.length < stepSize) return;
      await new Promise((resolve) => setImmediate(resolve));
    }
  }

  async function takeOver(changes: readonly KnowledgeChange[]): Promise<void> {
    const idsOf = (kind: KnowledgeKind) => changes.filter((change) => change.kind === kind).map(({ id }) => id);
    const [newReplies, newArticles] = await Promise.all([
      store.replies(idsOf('canned-reply')),
      store.articles(idsOf('article')),
    ]);
    const found = new Set<string>();
    const taken: TakenOver[] = [];
    for (const reply of newReplies) {
      replies.set(reply.id, reply);
      const key = keyOf('canned-reply', reply.id);
      found.add(key);
      if (documentsOf.get(key)?.rev !== reply.rev)
        taken.push({ key, rev: reply.rev, documents: documentsOfReply(reply) });
    }
    for (const article of newArticles) {
      articles.set(article.id, headOf(article));
      const key = keyOf('article', article.id);
      found.add(key);
      if (documentsOf.get(key)?.rev !== article.rev)
        taken.push({ key, rev: article.rev, documents: documentsOfArticle(article) });
    }
    for (const { kind, id } of changes) {
      const key = keyOf(kind, id);
      if (found.has(key)) continue;
      (kind === 'article' ? articles : replies).delete(id);
      taken.push({ key, rev: 0, documents: [] });
    }
    await reindex(taken);
  }

  /** What is noted of the documents is noted when the index has them: one that failed is tried again with the same changes. */
  async function reindex(taken: readonly TakenOver[]): Promise<void> {
    const documents = taken.flatMap((one) => one.documents);
    const wanted = new Set(documents.map(({ document }) => document.id));
    const unused = taken.flatMap(({ key }) => documentsOf.get(key)?.ids ?? []).filter((id) => !wanted.has(id));
    if (unused.length > 0) await index.remove(unused);
    for (const id of unused) origins.delete(id);
    if (documents.length > 0) await index.put(documents.map(({ document }) => document));
    for (const { origin, document } of documents) origins.set(document.id, origin);
    for (const { key, rev, documents: own } of taken) {
      if (own.length === 0) documentsOf.delete(key);
      else documentsOf.set(key, { rev, ids: own.map(({ document }) => document.id) });
    }
  }

  return {
    catchUp,
    reply: (id) => replies.get(id),
    replies: () => replies.values(),
    article: (id) => articles.get(id),
    articles: () => articles.values(),
    origin: (docId) => origins.get(docId),
    write: async (writes) => {
      const conflict = await store.apply(writes);
      await catchUp();
      if (conflict === undefined) return;
      const write = writes[conflict.index];
      throw conflictOf(conflict.why, write);
    },
    used: async (replyId) => {
      const at = deps.clock.now();
      await store.used(replyId, at);
      const reply = replies.get(replyId);
      if (reply !== undefined) replies.set(replyId, { ...reply, uses: reply.uses + 1, usedAt: at });
    },
    index,
  };
}

type OriginalDocument = { readonly origin: DocumentOrigin; readonly document: IndexDocument };
/** An item as it is now, for the index. */
type TakenOver = { readonly key: string; readonly rev: number; readonly documents: readonly OriginalDocument[] };
const keyOf = (kind: KnowledgeKind, id: string): string => `${kind} ${id}`;

function conflictOf(why: 'overtaken' | 'short-code' | 'external-key', write: KnowledgeWrite | undefined): Refusal {
  if (why === 'short-code') {
    const code = write?.kind === 'save-reply' ? write.reply.shortCode : '';
    return new Refusal('conflict', `shortCode: another canned reply has /${code}.`, { field: 'shortCode' });
  }
  if (why === 'external-key')
    return new Refusal('conflict', 'externalKey: another one has this key.', { field: 'externalKey' });
  return new Refusal('conflict', 'rev: somebody changed or deleted it meanwhile: load it again, then save.', {
    field: 'rev',
  });
}

function documentsOfReply(reply: CannedReply): OriginalDocument[] {
  const wordings = [{ language: reply.language, channelType: null, body: reply.body }, ...reply.variants];
  return wordings.map(({ language, channelType, body }, at) => ({
    origin: { kind: 'canned-reply', itemId: reply.id, language, channelType },
    document: {
      id: `${reply.id}.${at}`,
      title: reply.title,
      text: body,
      ...(language === null ? {} : { language }),
    },
  }));
}

/** Of what is published alone: nobody is answered by a draft. */
function documentsOfArticle(article: Article): OriginalDocument[] {
  if (article.status !== 'published') return [];
  return article.versions.map(({ language, title, body }) => ({
    origin: { kind: 'article', itemId: article.id, language, channelType: null },
    document: { id: `${article.id}.${language}`, title, text: plainTextOf(body), language },
  }));
}
