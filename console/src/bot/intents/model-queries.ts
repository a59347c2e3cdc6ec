import { queryOptions } from '@tanstack/react-query';
import { api } from '../../app/api.ts';

type Share = number | null;
export interface Embedding {
  readonly model: string;
  readonly prefix: string;
}
export interface Training {
  readonly id: string;
  readonly state: 'running' | 'done' | 'failed' | 'cancelled';
  readonly stage: 'waiting' | 'reading' | 'embedding' | 'learning' | 'storing' | 'checking' | 'done';
  readonly progress: number;
  readonly version: number | null;
  readonly createdAt: number;
  readonly problem: { readonly code: string; readonly detail: string } | null;
}
export interface Summary {
  readonly accuracy: Share;
  readonly calibrationError: Share;
  readonly actFrom: number;
  readonly precision: Share;
  readonly coverage: Share;
  readonly outOfScopeRecall: Share;
}
export interface Model {
  readonly version: number;
  readonly sizeBytes: number;
  readonly trainedAt: number;
  readonly intents: number;
  readonly utterances: number;
  readonly seconds: number;
  readonly problemCount: number;
  /** What it was trained with beside the words; null: nothing. */
  readonly embedding: Embedding | null;
  readonly summary: Summary | null;
}
export interface Models {
  readonly items: readonly Model[];
  readonly published: {
    readonly version: number;
    readonly author: { readonly name: string };
    readonly at: number;
    /** What spoke against it when its author published it all the same. */
    readonly despite: object | null;
  } | null;
  readonly former: number | null;
  readonly serving: number | null;
  readonly problem: { readonly version: number; readonly detail: string } | null;
  readonly changedAt: number | null;
  readonly embedding: {
    readonly isWanted: boolean;
    readonly current: Embedding | null;
    /** What the version that serves was trained with, and answers without, as it is not there now. */
    readonly unused: Embedding | null;
  };
}
export interface IntentFigures {
  readonly intent: string;
  readonly utterances: number;
  readonly measured: number;
  readonly precision: Share;
  readonly recall: Share;
}
export interface Evaluation extends Summary {
  /** Absent in what an older program measured. */
  readonly withoutVectors?: Pick<Summary, 'accuracy' | 'precision' | 'coverage'> | null;
  readonly macroF1?: Share;
  readonly languages?: readonly { readonly language: string; readonly asked: number; readonly accuracy: Share }[];
  readonly folds: number;
  readonly asked: number;
  readonly outOfScopeAsked: number;
  readonly outOfScopeList: { readonly asked: number; readonly recall: Share } | null;
  readonly intents: readonly IntentFigures[];
  readonly confusions: readonly { readonly expected: number; readonly answered: number; readonly count: number }[];
  readonly reliability: readonly {
    readonly from: number;
    readonly answers: number;
    readonly meanConfidence: number;
    readonly right: number;
  }[];
  readonly curve: readonly { readonly from: number; readonly precision: Share; readonly coverage: Share }[];
  readonly misses: readonly {
    readonly utterance: string;
    readonly expected: string;
    readonly answered: string;
    readonly confidence: number;
  }[];
}
export interface Recognised {
  readonly version: number;
  readonly recognition: {
    readonly intent: string | null;
    readonly confidence: number;
    readonly familiarity: number;
    readonly candidates: readonly { readonly intent: string; readonly probability: number }[];
    readonly doubt: 'nothing-to-read' | 'too-long' | 'repeated' | 'unknown-words' | 'refused' | null;
    readonly embedding: 'used' | 'absent' | null;
  };
  readonly explanation: {
    readonly against: string | null;
    readonly features: readonly { readonly kind: string; readonly text: string; readonly weight: number }[];
    readonly nearest: readonly { readonly utterance: string; readonly intent: string; readonly likeness: number }[];
  };
}
export interface Answer {
  readonly intent: string | null;
  readonly confidence: number;
}
export interface Comparison {
  readonly from: number;
  readonly to: number;
  readonly texts: number;
  readonly changed: number;
  readonly worse: number;
  readonly better: number;
  readonly acts: { readonly before: number; readonly after: number };
  readonly withVectors: boolean | null;
  readonly differences: readonly {
    readonly text: string;
    readonly expected: string | null;
    readonly before: Answer;
    readonly after: Answer;
  }[];
}

/** From here on the bot acts. */
export const actFrom = 0.8;

const path = '/api/v1/bot';
const lookAgainMs = 700;

export const modelsQuery = queryOptions({
  queryKey: ['intent-models'],
  queryFn: ({ signal }) => api.call<Models>('GET', `${path}/models`, undefined, { signal }),
});

export const evaluationQuery = (version: number | undefined) =>
  queryOptions({
    queryKey: ['intent-models', version],
    queryFn: ({ signal }) =>
      api.call<{ model: Model; evaluation: Evaluation | null }>('GET', `${path}/models/${version}`, undefined, {
        signal,
      }),
    enabled: version !== undefined,
  });

/** The newest training first; looked at again while one is under way, whoever began it. */
export const trainingsQuery = queryOptions({
  queryKey: ['intent-trainings'],
  queryFn: async ({ signal }) =>
    (await api.call<{ items: readonly Training[] }>('GET', `${path}/trainings`, undefined, { signal })).items,
  refetchInterval: (query) => (query.state.data?.[0]?.state === 'running' ? lookAgainMs : false),
});

export const beginTraining = (): Promise<Training> => api.call('POST', `${path}/trainings`, {});
export const cancelTraining = (id: string): Promise<void> => api.call('DELETE', `${path}/trainings/${id}`);
export const publishModel = (version: number, anyway: boolean): Promise<Models> =>
  api.call('POST', `${path}/models/${version}/publish`, { anyway });
export const recognise = (text: string): Promise<Recognised> => api.call('POST', `${path}/recognize`, { text });
export const compareModels = (from: number, to: number, texts: readonly string[]): Promise<Comparison> =>
  api.call('POST', `${path}/models/compare`, { from, to, texts });

/** As a person reads a share: `97.1 %`; nothing to take a share of: a dash. */
export const percent = (share: Share | undefined): string =>
  share === null || share === undefined ? '–' : `${(100 * share).toFixed(1)} %`;
