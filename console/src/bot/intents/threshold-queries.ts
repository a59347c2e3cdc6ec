import type { ThresholdPoint, ThresholdScope, ThresholdsView } from '@parley/sdk/bot-measures.ts';
import { queryOptions } from '@tanstack/react-query';
import { api } from '../../app/api.ts';

const path = (version: number) => `/api/v1/bot/models/${version}/thresholds`;

export const thresholdsQuery = (version: number) =>
  queryOptions({
    queryKey: ['intent-models', version, 'thresholds'],
    queryFn: ({ signal }) => api.call<ThresholdsView>('GET', path(version), undefined, { signal }),
  });

export const curveQuery = (version: number, { intent, language }: ThresholdScope) =>
  queryOptions({
    queryKey: ['intent-models', version, 'thresholds', 'curve', intent, language],
    queryFn: async ({ signal }) => {
      const query = new URLSearchParams();
      if (intent !== null) query.set('intent', intent);
      if (language !== null) query.set('language', language);
      return (
        await api.call<{ points: readonly ThresholdPoint[] }>('GET', `${path(version)}/curve?${query}`, undefined, {
          signal,
        })
      ).points;
    },
  });

export const changeThresholds = (
  version: number,
  change: {
    readonly take?: 'all' | readonly ThresholdScope[];
    readonly drop?: readonly ThresholdScope[];
    readonly base: number | null;
  },
): Promise<ThresholdsView> => api.call('POST', path(version), change);
export const stepBack = (version: number): Promise<ThresholdsView> => api.call('POST', `${path(version)}/back`, {});
