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
  readonly intents: readonly {
    readonly intent: string;
    readonly conversations: number;
    readonly solved: number;
    readonly handedOff: number;
  }[];
  readonly isCut: boolean;
}

export const resultsQuery = (days: number) =>
  queryOptions({
    queryKey: ['bot', 'report', days],
    queryFn: ({ signal }) => api.call<BotResults>('GET', `/api/v1/bot/report?days=${days}`, undefined, { signal }),
  });
