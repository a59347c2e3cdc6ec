import { createHmac } from 'node:crypto';
import type { Clock } from '../base/clock.ts';
import { Refusal } from '../gateway/refusal.ts';
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
  /** By category, each article in the language that fits best. '' stands last. */
  categories(language: string): Promise<{ name: string; articles: HelpArticleLink[] }[]>;
  /** undefined: there is none, or it is not for everybody now. */
  article(id: string): Promise<Article | undefined>;
  /** Best first. Notes what was looked for in vain. */
  search(q: string, language: string): Promise<HelpHit[]>;
  /** Articles whose titles complete what is being typed, best first. */
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

export function createHelpCentre(deps: {
  readonly base: KnowledgeBase;
  readonly store: KnowledgeStore;
  readonly meta: { get(name: string): Promise<string | undefined>; set(name: string, value: string): Promise<void> };
  readonly search: KnowledgeSearch;
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

  async function complete(typed: string, language: string): Promise<HelpArticleLink[]> {
    // Replies have titles, too, but no page to be read on.
    const query = { text: typed, language, audience: 'customer', limit: completions, kind: 'article' } as const;
    return (await deps.search.complete(query)).flatMap(({ id, title, language: own }) => {
      const head = base.article(id);
      return head === undefined ? [] : [{ id, title, language: own ?? language, updatedAt: head.updatedAt }];
    });
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
      const byName = new Map<string, HelpArticleLink[]>();
      for (const { id, versions, category, updatedAt } of await readable()) {
        const version = bestVersion(versions, language);
        if (version === undefined) continue;
        const links = byName.get(category) ?? [];
        links.push({ id, title: version.title, language: version.language, updatedAt });
        byName.set(category, links);
      }
      const collator = new Intl.Collator(language);
      return [...byName]
        .map(([name, articles]) => ({ name, articles: articles.sort((a, b) => collator.compare(a.title, b.title)) }))
        .sort((a, b) => Number(a.name === '') - Number(b.name === '') || collator.compare(a.name, b.name));
    },
    article: async (id) => {
      const [article] = await store.articles([id]);
      return article !== undefined && isReadable(article) ? article : undefined;
    },
    search: async (q, language) => {
      const found = await deps.search.search({ text: q, language, audience: 'customer', limit: hits * 2 });
      const seen = new Set<string>();
      const shown: HelpHit[] = [];
      for (const { source, text, score, language: own } of found) {
        const head = base.article(source.id);
        if (head === undefined || score < worthShowing || seen.has(source.id)) continue;
        seen.add(source.id);
        const { id, updatedAt } = head;
        shown.push({ id, title: source.title, language: own ?? language, updatedAt, excerpt: text });
      }
      // Whoever typed the beginning of a title is shown the title.
      if (shown.length === 0 && (await complete(q, language)).length === 0) await noteMiss(q, language);
      return shown.slice(0, hits);
    },
    complete,
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
