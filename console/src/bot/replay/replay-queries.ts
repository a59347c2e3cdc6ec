import { queryOptions } from '@tanstack/react-query';
import { api } from '../../app/api.ts';

export type CandidateKind = 'model' | 'settings' | 'flows';
export type Candidate =
  | { readonly kind: 'model'; readonly version: number }
  | { readonly kind: 'settings' | 'flows'; readonly document: object };

export interface ReplayEntry {
  readonly id: string;
  readonly state: 'running' | 'done' | 'failed' | 'cancelled';
  readonly progress: number;
  readonly kind: CandidateKind;
  /** The version of a model. */
  readonly candidate: string;
  readonly isCurrent: boolean;
  readonly days: number;
  readonly createdAt: number;
}
export interface SideCounts {
  readonly answers: number;
  readonly asks: number;
  readonly handsOver: number;
  readonly acts: number;
}
export interface Grades {
  readonly right: number;
  readonly wrong: number;
  readonly none: number;
}
interface Measured {
  readonly accuracy: number | null;
  readonly precision: number | null;
  readonly coverage: number | null;
}
export interface TurnOutcome {
  readonly does: 'answers' | 'asks' | 'hands-over' | 'silent';
  readonly by: string;
  readonly intent: string | null;
}
export const changes = ['worse', 'better', 'unknown', 'words'] as const;
export interface Disagreement {
  readonly before: TurnOutcome;
  readonly after: TurnOutcome;
  readonly change: (typeof changes)[number];
  readonly count: number;
  readonly examples: readonly {
    readonly conversationId: string;
    readonly seq: number;
    readonly at: number;
    readonly text: string | null;
  }[];
}
export const objectionCodes = [
  'answers-worse',
  'precision',
  'troubles',
  'moved',
  'accuracy',
  'measured-precision',
  'not-measured',
] as const;
export interface ReplayResult {
  readonly from: number;
  readonly to: number;
  readonly turns: number;
  readonly firstQuestions: number;
  readonly isCut: boolean;
  readonly leftOut: Readonly<Record<'withoutState' | 'withoutWords' | 'stepGone' | 'diverged', number>>;
  readonly before: SideCounts;
  readonly after: SideCounts;
  readonly pairs: { readonly known: number; readonly before: Grades; readonly after: Grades };
  readonly knownBy: Readonly<Record<'labelled' | 'helped' | 'not-helped' | 'chosen' | 'held' | 'handed-off', number>>;
  readonly notComparable: number;
  readonly measured: { readonly before: Measured | null; readonly after: Measured | null } | null;
  readonly changed: number;
  readonly disagreements: readonly Disagreement[];
  readonly verdict: {
    readonly by: 'turns' | 'utterances';
    readonly objections: readonly {
      readonly code: (typeof objectionCodes)[number];
      readonly data: Readonly<Record<string, number>>;
      readonly text: string;
    }[];
  };
}
export interface Replay extends ReplayEntry {
  readonly result: ReplayResult | null;
  readonly problem: { readonly code: string; readonly detail: string } | null;
}

export const usualDays = 30;
export const mostDays = 90;
const path = '/api/v1/bot/replays';
const lookAgainMs = 700;
const key = ['bot', 'replays'] as const;

export const replaysQuery = queryOptions({
  queryKey: key,
  queryFn: async ({ signal }) =>
    (await api.call<{ items: readonly ReplayEntry[] }>('GET', path, undefined, { signal })).items,
  refetchInterval: (query) => (query.state.data?.[0]?.state === 'running' ? lookAgainMs : false),
});

export const replayQuery = (id: string | undefined) =>
  queryOptions({
    queryKey: [...key, id],
    queryFn: ({ signal }) => api.call<Replay>('GET', `${path}/${id}`, undefined, { signal }),
    enabled: id !== undefined,
    refetchInterval: (query) => (query.state.data?.state === 'running' ? lookAgainMs : false),
  });

export const beginReplay = (candidate: Candidate, days: number): Promise<ReplayEntry> =>
  api.call('POST', path, { ...candidate, days });
export const cancelReplay = (id: string): Promise<void> => api.call('DELETE', `${path}/${id}`);
