import { queryOptions } from '@tanstack/react-query';
import { api } from '../../app/api.ts';

export type EmbeddingSource = 'none' | 'server' | 'local';

export type EmbeddingSettings = {
  readonly intents: EmbeddingSource;
  readonly search: EmbeddingSource;
  readonly waitMs: number;
  readonly queryPrefix: string;
  readonly passagePrefix: string;
};

/** How the vectors for one use come, in the process that answered. */
type EmbeddingUse = {
  readonly model: string | null;
  readonly answered: number;
  readonly missed: number;
  readonly problem: string | null;
};

export type ModelSettings = {
  readonly enabled: boolean;
  readonly baseUrl: string;
  readonly apiKey: { readonly set: boolean; readonly unreadable: boolean };
  readonly model: string;
  readonly embeddingModel: string | null;
  readonly temperature: number | null;
  readonly noStorage: boolean;
  readonly timeoutMs: number;
  readonly silenceMs: number;
  readonly maxAnswerTokens: number;
  readonly maxConcurrent: number;
  readonly uses: { readonly answers: boolean; readonly assist: boolean; readonly embeddings: boolean };
  readonly embeddings: EmbeddingSettings;
  readonly channelsOff: readonly string[];
  readonly budget: {
    readonly tokensPerDay: number | null;
    readonly tokensPerConversation: number | null;
    readonly costPerDay: number | null;
    readonly costPerConversation: number | null;
  };
  readonly prices: {
    readonly input: number;
    readonly output: number;
    readonly embedding: number;
    readonly currency: string;
  };
};

export type ShownModel = {
  readonly settings: ModelSettings;
  readonly today: { readonly day: string; readonly tokens: number; readonly cost: number; readonly calls: number };
  readonly state: { readonly circuit: 'closed' | 'open' | 'half-open'; readonly retryInMs: number };
  readonly embeddings: {
    readonly local: {
      readonly state: 'loading' | 'ready' | 'unusable' | 'ended';
      readonly dir: string;
      readonly name?: string;
      readonly dimensions?: number;
      readonly msPerText?: number;
      readonly detail?: string;
    } | null;
    readonly intents: EmbeddingUse;
    readonly search: EmbeddingUse & { readonly serving: string | null; readonly building: string | null };
  };
};

export type ModelCheck = {
  readonly ok: boolean;
  readonly tookMs?: number;
  readonly dimensions?: number | null;
  readonly kind?: string;
  readonly problem?: string;
};

/** What is sent of a form: the key only where one was typed. */
export type ModelPatch = Omit<ModelSettings, 'apiKey'> & { readonly apiKey?: string };

export const modelQuery = queryOptions({
  queryKey: ['language-model'],
  queryFn: ({ signal }) => api.call<ShownModel>('GET', '/api/v1/language-model', undefined, { signal }),
  refetchInterval: ({ state }) => (state.data !== undefined && isUnderWay(state.data) ? lookAgainMs : false),
});

const lookAgainMs = 2_000;

/** A model that is being loaded, or vectors that are being fetched. */
function isUnderWay({ settings, embeddings }: ShownModel): boolean {
  const { local, search } = embeddings;
  const isAwaited = settings.embeddings.search !== 'none' && search.serving === null && search.problem === null;
  return local?.state === 'loading' || search.building !== null || isAwaited;
}

export const saveModel = (patch: ModelPatch) => api.call<ShownModel>('PATCH', '/api/v1/language-model', patch);
export const checkModel = (patch: ModelPatch) => api.call<ModelCheck>('POST', '/api/v1/language-model/check', patch);
