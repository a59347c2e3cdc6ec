import type { Page, SatisfactionReport, ShownSurvey, SurveyHad, SurveySettings } from '@parley/sdk/protocol.ts';
import { infiniteQueryOptions, queryOptions } from '@tanstack/react-query';
import { api } from '../app/api.ts';

/** An answer as it stands in the list. */
export type ListedSurvey = ShownSurvey & { readonly conversationId: string; readonly channelType: string };

export type SatisfactionFilter = {
  readonly days: number;
  readonly had?: SurveyHad | undefined;
  readonly channelType?: string | undefined;
  readonly groupId?: string | undefined;
};

export const satisfactionQuery = (filter: SatisfactionFilter) =>
  queryOptions({
    queryKey: ['satisfaction', filter],
    queryFn: ({ signal }) => {
      const stated = Object.entries(filter).flatMap(([key, value]) => (value === undefined ? [] : [[key, `${value}`]]));
      const query = new URLSearchParams(stated);
      return api.call<SatisfactionReport>('GET', `/api/v1/reports/satisfaction?${query}`, undefined, { signal });
    },
  });

export const surveySettingsQuery = queryOptions({
  queryKey: ['survey-settings'],
  queryFn: ({ signal }) => api.call<SurveySettings>('GET', '/api/v1/surveys/settings', undefined, { signal }),
});

export const changeSurveySettings = (patch: Partial<SurveySettings>): Promise<SurveySettings> =>
  api.call('PATCH', '/api/v1/surveys/settings', patch);

export const answersQuery = infiniteQueryOptions({
  queryKey: ['survey-answers'],
  queryFn: ({ pageParam, signal }) => {
    const query = pageParam === '' ? '' : `?${new URLSearchParams({ cursor: pageParam })}`;
    return api.call<Page<ListedSurvey>>('GET', `/api/v1/surveys${query}`, undefined, { signal });
  },
  initialPageParam: '',
  getNextPageParam: ({ nextCursor }) => nextCursor,
});

/** An answer makes an entry in the timeline, with which it is asked for anew. */
export const conversationSurveyQuery = (conversationId: string) =>
  queryOptions({
    queryKey: ['survey', conversationId],
    queryFn: async ({ signal }) => {
      const path = `/api/v1/conversations/${encodeURIComponent(conversationId)}/survey` as const;
      return (await api.call<{ survey: ShownSurvey | null }>('GET', path, undefined, { signal })).survey;
    },
    staleTime: 10_000,
  });
