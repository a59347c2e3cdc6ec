import type { BotResults } from '@parley/sdk/bot-measures.ts';
import { queryOptions } from '@tanstack/react-query';
import { api } from '../../app/api.ts';

export const resultsQuery = (days: number) =>
  queryOptions({
    queryKey: ['bot', 'report', days],
    queryFn: ({ signal }) => api.call<BotResults>('GET', `/api/v1/bot/report?days=${days}`, undefined, { signal }),
  });
