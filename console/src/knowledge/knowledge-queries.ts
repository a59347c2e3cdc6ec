import type { Media, Page } from '@parley/sdk/protocol.ts';
import { infiniteQueryOptions, queryOptions } from '@tanstack/react-query';
import { api } from '../app/api.ts';

export interface ReplyVariant {
  readonly language: string | null;
  readonly channelType: string | null;
  readonly body: string;
}

export interface CannedReply {
  readonly id: string;
  readonly title: string;
  readonly shortCode: string | null;
  readonly body: string;
  readonly language: string | null;
  readonly variants: readonly ReplyVariant[];
  readonly attachments: readonly Media[];
  readonly visibility: 'private' | 'groups' | 'all';
  readonly groupIds: readonly string[];
  readonly channelTypes: readonly string[] | null;
  readonly externalKey: string | null;
  readonly validFrom: number | null;
  readonly validUntil: number | null;
  readonly ownerId: string;
  readonly rev: number;
  readonly uses: number;
  readonly usedAt: number | null;
  readonly updatedAt: number;
}

/** Offered for a conversation, and how it reads there. */
export interface UsableReply extends CannedReply {
  readonly reads: string;
}

export interface Rendered {
  readonly text: string;
  readonly missing: readonly string[];
  readonly attachments: readonly Media[];
}

export interface Preview {
  readonly text: string;
  readonly missing: readonly string[];
  readonly problems: readonly { readonly line: number; readonly column: number; readonly message: string }[];
}

const pathOf = (path: string, query: Readonly<Record<string, string | number | undefined>>): string => {
  const given = Object.entries(query).filter(([, value]) => value !== undefined && value !== '');
  return `${path}?${new URLSearchParams(given.map(([name, value]) => [name, String(value)]))}`;
};

export const repliesKey = ['canned-replies'] as const;

export const repliesQuery = (filter: { q: string; scope: 'mine' | 'all'; unusedDays?: number | undefined }) =>
  infiniteQueryOptions({
    queryKey: [...repliesKey, 'list', filter],
    queryFn: ({ pageParam, signal }): Promise<Page<CannedReply>> =>
      api.call('GET', pathOf('/api/v1/canned-replies', { ...filter, cursor: pageParam }), undefined, { signal }),
    initialPageParam: undefined as string | undefined,
    getNextPageParam: (page) => page.nextCursor ?? undefined,
  });

/** What may be put into a conversation, for what was typed behind the slash. */
export const usableRepliesQuery = (conversationId: string, q: string) =>
  queryOptions({
    queryKey: [...repliesKey, 'usable', conversationId, q],
    queryFn: async ({ signal }): Promise<readonly UsableReply[]> => {
      const path = pathOf('/api/v1/canned-replies', { scope: 'usable', conversationId, q, limit: 20 });
      return (await api.call<Page<UsableReply>>('GET', path, undefined, { signal })).items;
    },
    staleTime: 10_000,
  });

export function renderReply(id: string, conversationId: string): Promise<Rendered> {
  return api.call('POST', `/api/v1/canned-replies/${id}/render`, { conversationId, use: true });
}

export function previewReply(body: string, signal: AbortSignal): Promise<Preview> {
  return api.call('POST', '/api/v1/canned-replies/preview', { body }, { signal });
}

export interface ArticleVersion {
  readonly language: string;
  readonly title: string;
  readonly body: string;
}

interface ArticleShared {
  readonly category: string;
  readonly status: 'draft' | 'published' | 'archived';
  readonly audience: 'public' | 'agents';
  readonly channelTypes: readonly string[] | null;
  readonly externalKey: string | null;
  readonly validFrom: number | null;
  readonly validUntil: number | null;
}

export interface ArticleText extends ArticleShared {
  readonly versions: readonly ArticleVersion[];
}

export interface Article extends ArticleText {
  readonly id: string;
  readonly rev: number;
  readonly updatedAt: number;
}

export interface ListedArticle extends ArticleShared {
  readonly id: string;
  readonly rev: number;
  readonly updatedAt: number;
  readonly versions: readonly { readonly language: string; readonly title: string }[];
  readonly helpful: number;
  readonly unhelpful: number;
}

export interface Revision {
  readonly rev: number;
  readonly author: { readonly id: string; readonly name: string };
  readonly at: number;
}

export const articlesKey = ['articles'] as const;

export const articlesQuery = (filter: { q: string; status?: string | undefined }) =>
  infiniteQueryOptions({
    queryKey: [...articlesKey, 'list', filter],
    queryFn: ({ pageParam, signal }): Promise<Page<ListedArticle>> =>
      api.call('GET', pathOf('/api/v1/articles', { ...filter, cursor: pageParam }), undefined, { signal }),
    initialPageParam: undefined as string | undefined,
    getNextPageParam: (page) => page.nextCursor ?? undefined,
  });

export const articleQuery = (id: string) =>
  queryOptions({
    queryKey: [...articlesKey, 'one', id],
    queryFn: ({ signal }): Promise<Article> => api.call('GET', `/api/v1/articles/${id}`, undefined, { signal }),
  });

export const revisionsQuery = (id: string) =>
  queryOptions({
    queryKey: [...articlesKey, 'revisions', id],
    queryFn: async ({ signal }): Promise<readonly Revision[]> =>
      (await api.call<Page<Revision>>('GET', `/api/v1/articles/${id}/revisions`, undefined, { signal })).items,
  });

export const previewQuery = (body: string) =>
  queryOptions({
    queryKey: ['article-preview', body],
    queryFn: async ({ signal }): Promise<string> =>
      (await api.call<{ html: string }>('POST', '/api/v1/articles/preview', { body }, { signal })).html,
    staleTime: Number.POSITIVE_INFINITY,
  });

export interface FoundKnowledge {
  readonly id: string;
  readonly source: { readonly kind: 'article' | 'canned-reply'; readonly id: string; readonly title: string };
  readonly text: string;
  readonly score: number;
  readonly language?: string;
  /** Where customers read it. */
  readonly helpPath?: string;
}

export const knowledgeSearchQuery = (query: {
  q: string;
  language?: string | undefined;
  channelType?: string | undefined;
}) =>
  queryOptions({
    queryKey: ['knowledge-search', query],
    queryFn: async ({ signal }): Promise<readonly FoundKnowledge[]> => {
      const path = pathOf('/api/v1/knowledge/search', query);
      return (await api.call<{ items: FoundKnowledge[] }>('GET', path, undefined, { signal })).items;
    },
    staleTime: 10_000,
  });

export interface KnowledgeTitle {
  readonly kind: 'article' | 'canned-reply';
  readonly id: string;
  readonly title: string;
}

/** Titles that complete what is being typed. */
export const titlesQuery = (query: { q: string; language?: string | undefined; channelType?: string | undefined }) =>
  queryOptions({
    queryKey: ['knowledge-titles', query],
    queryFn: async ({ signal }): Promise<readonly KnowledgeTitle[]> => {
      const path = pathOf('/api/v1/knowledge/titles', query);
      return (await api.call<{ items: KnowledgeTitle[] }>('GET', path, undefined, { signal })).items;
    },
    staleTime: 10_000,
  });

export interface HelpSettings {
  /** null: as soon as there is something to read. */
  readonly enabled: boolean | null;
  readonly titles: Readonly<Record<string, string>>;
  /** In which a title is there, or may well be. */
  readonly titleLanguages: readonly string[];
  readonly isOpen: boolean;
}

export const helpSettingsQuery = queryOptions({
  queryKey: ['help-centre'],
  queryFn: ({ signal }): Promise<HelpSettings> => api.call('GET', '/api/v1/help-centre', undefined, { signal }),
});

export interface Category {
  /** What articles name it by. */
  readonly name: string;
  /** By language. */
  readonly names: Readonly<Record<string, string>>;
  /** What it is called in the language that was asked for. */
  readonly shown: string;
  readonly articles: number;
}

/** Below those of the articles: a category comes and goes with them. */
export const categoriesKey = [...articlesKey, 'categories'] as const;

export const categoriesQuery = (language: string) =>
  queryOptions({
    queryKey: [...categoriesKey, language],
    queryFn: async ({ signal }): Promise<readonly Category[]> =>
      (await api.call<Page<Category>>('GET', pathOf('/api/v1/article-categories', { language }), undefined, { signal }))
        .items,
  });

export interface MissedSearch {
  readonly text: string;
  readonly language: string;
  readonly count: number;
  readonly lastAt: number;
}

export const missesQuery = infiniteQueryOptions({
  queryKey: ['missed-searches'],
  queryFn: ({ pageParam, signal }): Promise<Page<MissedSearch>> =>
    api.call('GET', pathOf('/api/v1/knowledge/searches', { cursor: pageParam }), undefined, { signal }),
  initialPageParam: undefined as string | undefined,
  getNextPageParam: (page) => page.nextCursor ?? undefined,
});
