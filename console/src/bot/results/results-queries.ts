import { queryOptions } from '@tanstack/react-query';
import { api } from '../../app/api.ts';

/** What became of the conversations in which the bot spoke; see the server's report. */
export interface BotResults {
  readonly from: number;
  readonly to: number;
  readonly conversations: number;
  readonly handedOff: number;
  readonly withPeople: number;
  readonly open: number;
  readonly solved: number;
  readonly cameBack: number;
  readonly unhelped: number;
  readonly confirmed: number;
  readonly helped: { readonly yes: number; readonly no: number };
  readonly solvedShare: number | null;
  readonly handOffShare: number | null;
  readonly handOffs: Readonly<Record<string, number>>;
  readonly turns: Readonly<Record<string, number>>;
  readonly within72h: {
    readonly of: number;
    readonly repeated: number;
    readonly botAlone: number;
    readonly reopened: number;
  };
  readonly afterHandOff: {
    readonly looked: number;
    readonly answered: number;
    readonly toHumanMs: { readonly p50: number; readonly p95: number; readonly p99: number } | null;
    readonly hadAnswers: number;
    readonly repeatedBot: number;
  };
  readonly labelled: { readonly right: number; readonly wrong: number };
  readonly answers: {
    readonly given: number;
    readonly abstained: number;
    readonly right: number;
    readonly wrong: number;
  };
  /** null: none was asked in that time. */
  readonly languageModel: ModelResults | null;
  readonly intents: readonly {
    readonly intent: string;
    readonly conversations: number;
    readonly solved: number;
    readonly handedOff: number;
  }[];
  readonly isCut: boolean;
}

interface Percentiles {
  readonly p50: number;
  readonly p95: number;
  readonly p99: number;
  readonly of: number;
}
interface Tokens {
  readonly input: number;
  readonly output: number;
  readonly cached: number;
}
/** What a language model did for customers in whole days (UTC), and what it took. */
export interface ModelResults {
  readonly from: string;
  readonly to: string;
  readonly asked: number;
  readonly answered: number;
  readonly refused: number;
  readonly cannotTell: number;
  readonly fellBack: number;
  readonly sentences: { readonly held: number; readonly dropped: number };
  readonly citations: { readonly held: number; readonly of: number };
  readonly firstTokenMs: Percentiles | null;
  readonly wholeMs: Percentiles | null;
  readonly requests: number;
  readonly errors: Readonly<Record<string, number>>;
  readonly tokens: { readonly answers: Tokens; readonly all: Tokens };
  readonly cost: {
    readonly currency: string;
    readonly answers: number | null;
    readonly all: number | null;
    readonly unpricedTokens: number;
    readonly solved: number;
    readonly perSolved: number | null;
  };
  readonly vectors: { readonly memory: number; readonly asked: number; readonly missed: number };
}

export const resultsQuery = (days: number) =>
  queryOptions({
    queryKey: ['bot', 'report', days],
    queryFn: ({ signal }) => api.call<BotResults>('GET', `/api/v1/bot/report?days=${days}`, undefined, { signal }),
  });
