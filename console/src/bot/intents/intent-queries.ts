import type { NamedIntent } from '@parley/sdk/bot-learning.ts';
import type { Page } from '@parley/sdk/protocol.ts';
import { infiniteQueryOptions, queryOptions } from '@tanstack/react-query';
import { api } from '../../app/api.ts';

export interface Intent extends NamedIntent {
  readonly description: string;
  readonly enabled: boolean;
  readonly answer: Readonly<Record<string, string>> | null;
  readonly utterances: number;
  /** Of them, those that stand in another intent too. */
  readonly conflicts: number;
}
export interface Utterance {
  readonly id: string;
  readonly text: string;
  readonly alsoIn: readonly NamedIntent[];
}
export interface IntentProblems {
  readonly counts: { readonly intents: number; readonly utterances: number; readonly outOfScope: number };
  readonly conflicts: readonly { readonly text: string; readonly intents: readonly NamedIntent[] }[];
  readonly empty: readonly NamedIntent[];
}
export type FileFormat = 'tsv' | 'csv';

/** What belongs to no intent lies beside the intents, under this id. */
export const outOfScopeId = 'out-of-scope';

const path = '/api/v1/intents';
/** All of them begin so: a change of one may change the conflicts of others. */
export const intentsKey = ['intents'] as const;

export const intentsQuery = (q: string) =>
  infiniteQueryOptions({
    queryKey: [...intentsKey, 'list', q],
    queryFn: ({ pageParam, signal }) => {
      const query = new URLSearchParams({ limit: '100', ...(q === '' ? {} : { q }) });
      if (pageParam !== null) query.set('cursor', pageParam);
      return api.call<Page<Intent>>('GET', `${path}?${query}`, undefined, { signal });
    },
    initialPageParam: null as string | null,
    getNextPageParam: (page) => page.nextCursor,
  });

export const intentQuery = (id: string) =>
  queryOptions({
    queryKey: [...intentsKey, 'one', id],
    queryFn: ({ signal }) => api.call<Intent>('GET', `${path}/${id}`, undefined, { signal }),
  });

export const utterancesQuery = (id: string) =>
  infiniteQueryOptions({
    queryKey: [...intentsKey, 'utterances', id],
    queryFn: ({ pageParam, signal }) => {
      const query = new URLSearchParams({ limit: '200' });
      if (pageParam !== null) query.set('cursor', pageParam);
      return api.call<Page<Utterance>>('GET', `${path}/${id}/utterances?${query}`, undefined, { signal });
    },
    initialPageParam: null as string | null,
    getNextPageParam: (page) => page.nextCursor,
  });

export const problemsQuery = queryOptions({
  queryKey: [...intentsKey, 'problems'],
  queryFn: ({ signal }) => api.call<IntentProblems>('GET', `${path}/problems`, undefined, { signal }),
});

export type IntentFields = Partial<Pick<Intent, 'name' | 'description' | 'enabled' | 'answer'>>;

export const createIntent = (fields: IntentFields & { utterances: readonly string[] }): Promise<Intent> =>
  api.call('POST', path, fields);
export const changeIntent = (id: string, fields: IntentFields): Promise<Intent> =>
  api.call('PATCH', `${path}/${id}`, fields);
export const removeIntent = (id: string): Promise<void> => api.call('DELETE', `${path}/${id}`);
export const addUtterances = (id: string, utterances: readonly string[]): Promise<{ added: number; known: number }> =>
  api.call('POST', `${path}/${id}/utterances`, { utterances });
export const removeUtterances = (id: string, ids: readonly string[]): Promise<{ removed: number }> =>
  api.call('POST', `${path}/${id}/utterances/remove`, { ids });
export const importFile = (
  text: string,
  format: FileFormat,
): Promise<{ intents: number; added: number; known: number }> => api.call('POST', `${path}/import`, { text, format });
export const exportAddress = (format: FileFormat): string => `${path}/export?format=${format}`;
