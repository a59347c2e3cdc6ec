import type { Page } from '@parley/sdk/protocol.ts';
import type { Clock } from '../base/clock.ts';
import { Refusal } from '../gateway/refusal.ts';
import type { Categories } from './categories.ts';
import { checkArticle, limits } from './check-item.ts';
import type { KnowledgeBase } from './knowledge-base.ts';
import type { Article, ArticleHead, ArticleRevision, ArticleStatus, ArticleText, Audience } from './knowledge-item.ts';
import type { KnowledgeStore, Votes } from './knowledge-store.ts';
import { pageOf } from './paging.ts';
import { foldForSearch } from './reply-match.ts';
import type { Viewer } from './viewer.ts';

export interface ArticleQuery {
  readonly q?: string | undefined;
  readonly status?: ArticleStatus | undefined;
  readonly audience?: Audience | undefined;
  readonly category?: string | undefined;
  readonly language?: string | undefined;
  readonly cursor?: string | undefined;
  readonly limit: number;
}

/** An article in a list: what it is called, and what readers thought of it. */
export type ListedArticle = ArticleHead & Votes;

/** Articles of the knowledge base. Supervisors write them; every agent reads those that are published. */
export interface Articles {
  /** What was changed last comes first. */
  list(viewer: Viewer, query: ArticleQuery): Promise<Page<ListedArticle>>;
  /** @throws Refusal `not-found` */
  get(viewer: Viewer, id: string): Promise<Article>;
  /** @throws Refusal `content-invalid`, `conflict` */
  create(by: Author, text: ArticleText): Promise<Article>;
  /** @param rev refuse when it is another one by now */
  change(by: Author, id: string, patch: Partial<ArticleText>, rev?: number): Promise<Article>;
  remove(id: string): Promise<void>;
  /** Newest first. */
  revisions(id: string, page: { before?: number; limit: number }): Promise<ArticleRevision[]>;
  /** A former state again, as a new revision. @throws Refusal `not-found`, `conflict` */
  restore(by: Author, id: string, rev: number): Promise<Article>;
}

type Author = Pick<Viewer, 'id' | 'name'>;

export function createArticles(deps: {
  readonly base: KnowledgeBase;
  readonly store: KnowledgeStore;
  readonly categories: Categories;
  readonly clock: Clock;
  readonly newId: () => string;
}): Articles {
  const { base, store, clock } = deps;

  async function stored(id: string): Promise<Article> {
    const [article] = await store.articles([id]);
    if (article === undefined) throw new Refusal('not-found', 'There is no such article.');
    return article;
  }

  async function change(by: Author, id: string, patch: Partial<ArticleText>, rev?: number): Promise<Article> {
    const before = await stored(id);
    if (rev !== undefined && rev !== before.rev)
      throw new Refusal('conflict', `rev: revision ${before.rev} holds by now: load it again, then save.`, {
        field: 'rev',
      });
    const { versions, category, status, audience, channelTypes, externalKey, validFrom, validUntil } = before;
    const text = { versions, category, status, audience, channelTypes, externalKey, validFrom, validUntil };
    const next = checkArticle({ ...text, ...patch });
    const { createdAt } = before;
    const article = { ...next, id, rev: before.rev + 1, createdAt, updatedAt: clock.now() };
    await base.write([{ kind: 'save-article', article, expectRev: before.rev, author: { id: by.id, name: by.name } }]);
    return article;
  }

  return {
    list: async (viewer, query) => {
      await base.catchUp();
      const q = foldForSearch(query.q ?? '');
      const wordings = q === '' ? () => [] : await deps.categories.wordings();
      const found = [...base.articles()].filter(
        (article) => maySee(viewer, article) && fits(article, query, q, wordings(article.category)),
      );
      const page = pageOf(found, ({ updatedAt, id }) => [-updatedAt, id], query);
      const votes = new Map((await store.votesOf(page.items.map(({ id }) => id))).map((row) => [row.id, row]));
      const items = page.items.map((article) => {
        const { helpful = 0, unhelpful = 0 } = votes.get(article.id) ?? {};
        return { ...article, helpful, unhelpful };
      });
      return { items, nextCursor: page.nextCursor };
    },
    get: async (viewer, id) => {
      const article = await stored(id);
      if (!maySee(viewer, article)) throw new Refusal('not-found', 'There is no such article.');
      return article;
    },
    create: async (by, given) => {
      const text = checkArticle(given);
      await base.catchUp();
      if ([...base.articles()].length >= limits.articles)
        throw new Refusal('conflict', `There are ${limits.articles} articles: delete some that nobody reads.`);
      const now = clock.now();
      const article = { ...text, id: deps.newId(), rev: 1, createdAt: now, updatedAt: now };
      await base.write([{ kind: 'save-article', article, expectRev: 0, author: { id: by.id, name: by.name } }]);
      return article;
    },
    change,
    remove: async (id) => {
      await stored(id);
      await base.write([{ kind: 'remove', what: 'article', id }]);
    },
    revisions: async (id, { before = Number.MAX_SAFE_INTEGER, limit }) => {
      await stored(id);
      return store.revisions(id, { before, limit });
    },
    restore: async (by, id, rev) => {
      const revision = await store.revision(id, rev);
      if (revision === undefined) throw new Refusal('not-found', `There is no revision ${rev}.`);
      return change(by, id, revision.text);
    },
  };
}

function maySee(viewer: Viewer, { status }: Pick<Article, 'status'>): boolean {
  return viewer.isSupervisor || status === 'published';
}

/** @param categories all that its category is called */
function fits(article: ArticleHead, query: ArticleQuery, q: string, categories: readonly string[]): boolean {
  const { status, audience, category, language } = query;
  if (status !== undefined && article.status !== status) return false;
  if (audience !== undefined && article.audience !== audience) return false;
  if (category !== undefined && article.category !== category) return false;
  if (language !== undefined && !article.versions.some((version) => version.language === language)) return false;
  if (q === '') return true;
  return [...categories, article.externalKey ?? '', ...article.versions.map(({ title }) => title)].some((text) =>
    foldForSearch(text).includes(q),
  );
}
