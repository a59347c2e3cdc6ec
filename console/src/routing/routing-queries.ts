import type { Page } from '@parley/sdk/protocol.ts';
import type { Action, Condition, RoutingConfig } from '@parley/sdk/routing-document.ts';
import { infiniteQueryOptions, queryOptions } from '@tanstack/react-query';
import { api } from '../app/api.ts';

/** What the list of versions shows of one; version 0 is the default and was published by nobody. */
export interface VersionEntry {
  readonly version: number;
  readonly note: string | null;
  readonly publishedBy: { readonly id: string; readonly name: string } | null;
  readonly publishedAt: number | null;
}
export interface Published extends VersionEntry {
  readonly config: RoutingConfig;
}

const path = '/api/v1/routing';

/** The configuration in force. */
export const routingQuery = queryOptions({
  queryKey: ['routing', 'config'],
  queryFn: ({ signal }) => api.call<Published>('GET', `${path}/config`, undefined, { signal }),
  staleTime: 10_000,
});

export const versionsQuery = infiniteQueryOptions({
  queryKey: ['routing', 'versions'],
  initialPageParam: '',
  queryFn: ({ pageParam, signal }) => {
    const cursor = pageParam === '' ? '' : `&cursor=${encodeURIComponent(pageParam)}`;
    return api.call<Page<VersionEntry>>('GET', `${path}/versions?limit=20${cursor}`, undefined, { signal });
  },
  getNextPageParam: (last) => last.nextCursor,
});

/** One that was published: it never changes. */
export function versionQuery(version: number) {
  return queryOptions({
    queryKey: ['routing', 'version', version],
    queryFn: ({ signal }) => api.call<Published>('GET', `${path}/versions/${version}`, undefined, { signal }),
    staleTime: Number.POSITIVE_INFINITY,
  });
}

export function publish(config: RoutingConfig, baseVersion: number, note: string): Promise<Published> {
  return api.call('PUT', `${path}/config`, { config, baseVersion, ...(note.trim() === '' ? {} : { note }) });
}

export function restore(version: number, baseVersion: number, note: string): Promise<Published> {
  return api.call('POST', `${path}/versions/${version}/restore`, { baseVersion, note });
}

export interface ConditionVerdict {
  readonly condition: Condition;
  readonly holds: boolean;
  readonly found: string | null;
  readonly of: readonly ConditionVerdict[];
}
export type Verdict = 'applies' | 'does-not-apply' | 'disabled' | 'stopped-by-earlier' | 'too-many-hops';
export interface TestedRules {
  readonly to: {
    readonly kind: 'bot' | 'group' | 'agent';
    readonly groupId?: string;
    readonly agentId?: string;
    readonly flowId?: string | null;
  };
  readonly toRule: string | null;
  readonly priority: string | null;
  readonly minLevel: number | null;
  readonly tags: readonly string[];
  readonly notAgents: readonly string[];
  readonly rules: readonly {
    readonly ruleId: string;
    readonly name: string;
    readonly verdict: Verdict;
    readonly when: ConditionVerdict;
    readonly left: readonly { readonly action: Action; readonly why: 'decided' | 'from-bot' | 'done' }[];
  }[];
}
/** What the rules are tried on. */
export type Subject =
  | { readonly conversationId: string }
  | { readonly facts: { readonly channelId: string; readonly firstWords: string } };

export function testRules(config: RoutingConfig, subject: Subject): Promise<TestedRules> {
  return api.call('POST', `${path}/rules/test`, { ...subject, config });
}
