import { createHmac } from 'node:crypto';
import type { Clock } from '../base/clock.ts';
import { Refusal } from '../gateway/refusal.ts';
import type { Categories } from './categories.ts';
import type { KnowledgeBase } from './knowledge-base.ts';
import { type Article, type ArticleHead, isValidAt } from './knowledge-item.ts';
import type { KnowledgeSearch } from './knowledge-search.ts';
import type { KnowledgeStore, MissedSearch } from './knowledge-store.ts';
import { bestVersion } from './languages.ts';
import { foldForSearch } from './reply-match.ts';

export interface HelpSettings {
  /** null: open as soon as there is an article for everybody. */
  readonly enabled: boolean | null;
  /** By language. */
  readonly titles: Readonly<Record<string, string>>;
}

export interface HelpArticleLink {
  readonly id: string;
  readonly title: string;
  readonly language: string;
  readonly updatedAt: number;
}

export interface HelpHit extends HelpArticleLink {
  readonly excerpt: string;
}

/** What customers read: articles for everybody that are published and hold now. */
export interface HelpCentre {
  settings(): Promise<HelpSettings & { readonly isOpen: boolean }>;
  change(patch: Partial<HelpSettings>): Promise<HelpSettings & { readonly isOpen: boolean }>;
  /** Languages that there is something to read in. */
  languages(): Promise<string[]>;
  /** By what the category is called in the language, each article in the one that fits best. '' stands last. */
  categories(language: string): Promise<{ name: string; articles: HelpArticleLink[] }[]>;
  /** What a category is called in a language. */
  categoryName(category: string, language: string): Promise<string>;
  /** undefined: there is none, or it is not for everybody now. */
  article(id: string): Promise<Article | undefined>;
  /** Where it is read below this server, in the language that fits best; undefined: nobody can read it now. */
  pathOf(id: string, language: string | undefined): Promise<string | undefined>;
  /** Best first; what nothing answers in the language is looked for in the others. Notes what was looked for in vain in all. */
  search(q: string, language: string): Promise<HelpHit[]>;
  /** Articles whose titles complete what is being typed, best first; in the other languages where none in this one does. */
  complete(typed: string, language: string): Promise<HelpArticleLink[]>;
  /** @param visitor a random text that the visitor's browser keeps; never stored as it is */
  vote(articleId: string, visitor: string, helpful: boolean): Promise<void>;
  misses(page: { cursor?: string; limit: number }): Promise<{ items: MissedSearch[]; nextCursor: string | null }>;
  forgetMiss(miss: { text: string; language: string }): Promise<void>;
  /** All that may be read, for a map of the site. */
  readable(): Promise<ArticleHead[]>;
}

const settingsName = 'help-centre';
/** Questions that are kept; the oldest make room. */
const missesKept = 5_000;
const longestMiss = 100;
/** What scores less has little to do with the question. */
const worthShowing = 0.2;
const hits = 20;
const completions = 8;

/** Where an article is read, below this server. */
export const helpPathOf = (id: string, language: string): string => `/help/${language}/articles/${id}`;

export function createHelpCentre(deps: {
  readonly base: KnowledgeBase;
  readonly store: KnowledgeStore;
  readonly meta: { get(name: string): Promise<string | undefined>; set(name: string, value: string): Promise<void> };
  readonly search: KnowledgeSearch;
  readonly categories: Categories;
  readonly secret: string;
  readonly clock: Clock;
}): HelpCentre {
  const { base, store, meta, clock } = deps;
  const voterKey = createHmac('sha256', deps.secret).update('help centre votes').digest();

  const isReadable = (article: Pick<Article, 'status' | 'audience' | 'validFrom' | 'validUntil'>): boolean =>
    article.status === 'published' && article.audience === 'public' && isValidAt(article, clock.now());

  async function readable(): Promise<ArticleHead[]> {
    await base.catchUp();
    return [...base.articles()].filter(isReadable);
  }

  async function settings() {
    const stored = await meta.get(settingsName);
    const { enabled, titles } =
      stored === undefined ? { enabled: null, titles: {} } : (JSON.parse(stored) as HelpSettings);
    return { enabled, titles, isOpen: enabled ?? (await readable()).length > 0 };
  }

  async function noteMiss(q: string, language: string): Promise<void> {
    const text = foldForSearch(q);
    // Whoever types an address or a number of their own says something about themselves: that is not kept.
    const isPersonal = /@/.test(text) || text.replace(/\D/g, '').length >= 6;
    if (text === '' || text.length > longestMiss || isPersonal) return;
    await store.noteMiss({ text, language, at: clock.now(), keep: missesKept });
  }

  /** Without a language every version of an article is looked at, and not the one that fits best. */
  const queryFor = (text: string, language: string | undefined) =>
    ({ text, audience: 'customer', kind: 'article', ...(language === undefined ? {} : { language }) }) as const;

  /** Each article once, in the version that was found first. */
  function oncePerArticle<T extends { readonly id: string; readonly language?: string | undefined }>(
    found: readonly T[],
  ): (T & { readonly language: string; readonly updatedAt: number })[] {
    const byId = new Map<string, T & { readonly language: string; readonly updatedAt: number }>();
    for (const one of found) {
      const { id, language } = one;
      const head = base.article(id);
      if (head === undefined || language === undefined || byId.has(id)) continue;
      byId.set(id, { ...one, language, updatedAt: head.updatedAt });
    }
    return [...byId.values()];
  }

  async function titlesIn(language: string | undefined, typed: string): Promise<HelpArticleLink[]> {
    // Replies have titles, too, but no page to be read on: articles alone are asked for.
    const found = await deps.search.complete({ ...queryFor(typed, language), limit: completions });
    return oncePerArticle(found.map(({ id, title, language: own }) => ({ id, title, language: own })));
  }

  async function hitsIn(language: string | undefined, q: string): Promise<HelpHit[]> {
    const found = await deps.search.search({ ...queryFor(q, language), limit: hits * 2 });
    const worth = found.filter(({ score }) => score >= worthShowing);
    return oncePerArticle(
      worth.map(({ source, text, language: own }) => ({ ...source, excerpt: text, language: own })),
    ).slice(0, hits);
  }

  return {
    settings,
    readable,
    change: async (patch) => {
      const { enabled, titles } = await settings();
      const next: HelpSettings = { enabled, titles, ...patch };
      await meta.set(settingsName, JSON.stringify(next));
      return settings();
    },
    languages: async () => {
      const tags = (await readable()).flatMap(({ versions }) => versions.map(({ language }) => language));
      return [...new Set(tags)].sort();
    },
    categories: async (language) => {
      const nameOf = await deps.categories.namesIn(language);
      const byName = new Map<string, HelpArticleLink[]>();
      for (const { id, versions, category, updatedAt } of await readable()) {
        const version = bestVersion(versions, language);
        if (version === undefined) continue;
        // Two that are called the same in this language are one to its readers.
        const name = nameOf(category);
        const links = byName.get(name) ?? [];
        links.push({ id, title: version.title, language: version.language, updatedAt });
        byName.set(name, links);
      }
      const collator = new Intl.Collator(language);
      return [...byName]
        .map(([name, articles]) => ({ name, articles: articles.sort((a, b) => collator.compare(a.title, b.title)) }))
        .sort((a, b) => Number(a.name === '') - Number(b.name === '') || collator.compare(a.name, b.name));
    },
    categoryName: async (category, language) => (await deps.categories.namesIn(language))(category),
    article: async (id) => {
      const [article] = await store.articles([id]);
      return article !== undefined && isReadable(article) ? article : undefined;
    },
    pathOf: async (id, language) => {
      await base.catchUp();
      const article = base.article(id);
      if (article === undefined || !isReadable(article) || !(await settings()).isOpen) return undefined;
      const version = bestVersion(article.versions, language);
      return version === undefined ? undefined : helpPathOf(id, version.language);
    },
    search: async (q, language) => {
      const found = await hitsIn(language, q);
      // Whoever typed the beginning of a title is shown the title.
      if (found.length > 0 || (await titlesIn(language, q)).length > 0) return found;
      const elsewhere = await hitsIn(undefined, q);
      if (elsewhere.length === 0 && (await titlesIn(undefined, q)).length === 0) await noteMiss(q, language);
      return elsewhere;
    },
    complete: async (typed, language) => {
      const found = await titlesIn(language, typed);
      return found.length > 0 ? found : titlesIn(undefined, typed);
    },
    vote: async (articleId, visitor, helpful) => {
      const [article] = await store.articles([articleId]);
      if (article === undefined || !isReadable(article)) throw new Refusal('not-found', 'There is no such article.');
      // Another one for each article, so that nobody's reading can be put together from what is stored.
      const voter = createHmac('sha256', voterKey).update(`${articleId} ${visitor}`).digest('base64url');
      await store.vote({ articleId, voter, helpful, at: clock.now() });
    },
    misses: async ({ cursor, limit }) => {
      const before = cursor === undefined ? {} : { before: placeOf(cursor) };
      const items = await store.misses({ limit: limit + 1, ...before });
      const shown = items.slice(0, limit);
      const last = shown.at(-1);
      const hasMore = items.length > limit && last !== undefined;
      return { items: shown, nextCursor: hasMore ? cursorOf(last) : null };
    },
    forgetMiss: async (miss) => {
      if (!(await store.forgetMiss(miss))) throw new Refusal('not-found', 'There is no such search.');
    },
  };
}

function cursorOf({ lastAt, text, language }: MissedSearch): string {
  return Buffer.from(JSON.stringify([lastAt, text, language])).toString('base64url');
}

function placeOf(cursor: string): { at: number; text: string; language: string } {
  try {
    const place: unknown = JSON.parse(Buffer.from(cursor, 'base64url').toString());
    if (Array.isArray(place)) {
      const [at, text, language] = place as unknown[];
      if (typeof at === 'number' && typeof text === 'string' && typeof language === 'string')
        return { at, text, language };
    }
  } catch {
    // Said below.
  }
  throw new Refusal('cursor-invalid', 'cursor: this is not one that this list gave; begin again without it.', {
    field: 'cursor',
  });
}
