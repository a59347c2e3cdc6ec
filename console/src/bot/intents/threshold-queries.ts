import { queryOptions } from '@tanstack/react-query';
import { api } from '../../app/api.ts';

/** What a threshold holds for; null: any. */
export interface Scope {
  readonly intent: string | null;
  readonly language: string | null;
}
export interface Acted {
  readonly asked: number;
  readonly right: number;
  readonly wrong: number;
  /** To what is about something else, weighed. */
  readonly outside: number;
}
export interface ChosenThreshold extends Scope {
  readonly act: number;
  readonly target: number;
  readonly answers: number;
  readonly precision: number;
  readonly atLeast: number;
}
export type Proposal =
  | {
      readonly kind: 'proposed';
      readonly act: number;
      readonly answers: number;
      readonly precision: number;
      readonly atLeast: number;
      readonly isAtFloor: boolean;
    }
  | { readonly kind: 'too-few'; readonly answers: number; readonly needed: number }
  | { readonly kind: 'nowhere'; readonly answers: number };
export interface ThresholdGroup extends Scope {
  readonly belong: number;
  readonly now: { readonly act: number; readonly why: 'general' | 'by-hand' | 'curve' } | null;
  readonly proposal: Proposal;
  readonly before: Acted;
  readonly after: Acted | null;
  readonly chosen: ChosenThreshold | null;
}
export interface Measured {
  readonly groups: readonly ThresholdGroup[];
  readonly before: Acted;
  readonly after: Acted;
  readonly checked: { readonly before: Acted; readonly after: Acted };
}
export interface Thresholds {
  readonly version: number;
  readonly isServing: boolean;
  readonly target: number;
  readonly act: number;
  readonly ask: number;
  readonly needed: number;
  readonly measured: Measured | null;
  readonly chosen: {
    readonly n: number;
    readonly by: string;
    readonly at: number;
    readonly thresholds: readonly ChosenThreshold[];
  } | null;
  readonly back: number | null;
  readonly former: { readonly version: number; readonly thresholds: number } | null;
}
export interface CurvePoint {
  readonly from: number;
  readonly precision: number | null;
  readonly atLeast: number | null;
  readonly coverage: number | null;
  readonly answers: number;
}

const path = (version: number) => `/api/v1/bot/models/${version}/thresholds`;

export const thresholdsQuery = (version: number) =>
  queryOptions({
    queryKey: ['intent-models', version, 'thresholds'],
    queryFn: ({ signal }) => api.call<Thresholds>('GET', path(version), undefined, { signal }),
  });

export const curveQuery = (version: number, { intent, language }: Scope) =>
  queryOptions({
    queryKey: ['intent-models', version, 'thresholds', 'curve', intent, language],
    queryFn: async ({ signal }) => {
      const query = new URLSearchParams();
      if (intent !== null) query.set('intent', intent);
      if (language !== null) query.set('language', language);
      return (
        await api.call<{ points: readonly CurvePoint[] }>('GET', `${path(version)}/curve?${query}`, undefined, {
          signal,
        })
      ).points;
    },
  });

export const changeThresholds = (
  version: number,
  change: { readonly take?: 'all' | readonly Scope[]; readonly drop?: readonly Scope[]; readonly base: number | null },
): Promise<Thresholds> => api.call('POST', path(version), change);
export const stepBack = (version: number): Promise<Thresholds> => api.call('POST', `${path(version)}/back`, {});
