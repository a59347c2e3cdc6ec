import type { Flows } from '@parley/sdk/flow-document.ts';
import type { Page, Sentence } from '@parley/sdk/protocol.ts';
import { keepPreviousData, queryOptions } from '@tanstack/react-query';
import { api } from '../../app/api.ts';
import type { BotSettings } from './bot-settings.ts';

export interface Published<T> {
  readonly version: number;
  readonly publishedBy: { readonly id: string; readonly name: string } | null;
  readonly publishedAt: number | null;
  readonly document: T;
}

const path = '/api/v1/bot';

export const botSettingsQuery = queryOptions({
  queryKey: ['bot', 'settings'],
  queryFn: ({ signal }) => api.call<Published<BotSettings>>('GET', `${path}/settings`, undefined, { signal }),
});

export const flowsQuery = queryOptions({
  queryKey: ['bot', 'flows'],
  queryFn: ({ signal }) => api.call<Published<Flows>>('GET', `${path}/flows`, undefined, { signal }),
});

export function publishDocument<T>(
  kind: 'settings' | 'flows',
  { document, on, anyway }: { document: T; on: number; anyway: boolean },
): Promise<Published<T>> {
  return api.call('PUT', `${path}/${kind}`, { document, baseVersion: on, anyway });
}

/** Former versions, the newest first. */
export function documentVersionsQuery(kind: 'settings' | 'flows', version: number) {
  return queryOptions({
    queryKey: ['bot', kind, 'versions', version],
    queryFn: async ({ signal }) =>
      (
        await api.call<Page<Omit<Published<never>, 'document'>>>(
          'GET',
          `${path}/${kind}/versions?limit=10`,
          undefined,
          {
            signal,
          },
        )
      ).items,
  });
}

export function restoreDocument<T>(
  kind: 'settings' | 'flows',
  version: number,
  baseVersion: number,
): Promise<Published<T>> {
  return api.call('POST', `${path}/${kind}/versions/${version}/restore`, { baseVersion });
}

export interface FlowProblem {
  readonly flowId: string;
  readonly stepId: string;
  readonly kind: string;
  readonly text: string;
}

export async function checkFlows(document: Flows, signal: AbortSignal): Promise<readonly FlowProblem[]> {
  const { problems } = await api.call<{ problems: FlowProblem[] }>(
    'POST',
    `${path}/flows/check`,
    { document },
    { signal },
  );
  return problems;
}

/** What the bot decided, and why. */
export interface BotDecision {
  readonly act: string;
  readonly band: string;
  readonly reason: string | null;
  readonly messages: readonly {
    readonly text: string;
    readonly choices: readonly { readonly id: string; readonly label: string }[];
    /** It asks whether the answer before it helped: yes or no. */
    readonly asksIfHelped?: boolean;
  }[];
  readonly words: readonly Sentence[];
}
export interface TriedDecision extends BotDecision {
  readonly state: object;
  readonly tookMs: number;
}

/** @param trial `helped`: what is tapped under the answer before, with an empty text; counted nowhere */
export function tryBot(trial: {
  text: string;
  helped?: boolean;
  state: object | null;
  flows?: Flows;
}): Promise<TriedDecision> {
  return api.call('POST', `${path}/try`, trial);
}

/** What the bot decided in a conversation, newest first. @param lastSeq with each entry there may be more */
export function botDecisionsQuery(id: string, lastSeq: number) {
  return queryOptions({
    queryKey: ['bot-decisions', id, lastSeq],
    queryFn: async ({ signal }) => {
      const url = `/api/v1/conversations/${encodeURIComponent(id)}/bot-decisions?limit=20`;
      return (
        await api.call<Page<BotDecision & { seq: number; epoch: number; at: number }>>('GET', url, undefined, {
          signal,
        })
      ).items;
    },
    staleTime: 30_000,
    placeholderData: keepPreviousData,
  });
}
