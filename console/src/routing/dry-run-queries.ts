import type { RoutingConfig } from '@parley/sdk/routing-document.ts';
import { queryOptions } from '@tanstack/react-query';
import { api } from '../app/api.ts';

/** A mean, and between which values it lies as far as chance goes (95 %). */
export interface Interval {
  readonly mean: number;
  readonly low: number;
  readonly high: number;
}
export interface Figure {
  readonly happened: number;
  readonly current: Interval;
  readonly proposed: Interval;
  readonly change: Interval;
}
export const figureNames = [
  'meanWaitMs',
  'p90WaitMs',
  'answeredInTime',
  'abandonment',
  'occupancy',
  'missedPer100',
  'requeuesPer100',
  'slaMet',
] as const;
export type FigureName = (typeof figureNames)[number];
export type Figures = Readonly<Partial<Record<FigureName, Figure>>>;

export interface Assumption {
  readonly kind: string;
  readonly conversations: number;
  readonly meanMs?: number;
  readonly share?: number;
}
export interface DryRunResult {
  readonly from: number;
  readonly to: number;
  readonly runs: number;
  readonly withinMs: number;
  readonly conversations: number;
  readonly all: Figures;
  readonly byGroup: readonly { readonly groupId: string; readonly name: string; readonly figures: Figures }[];
  readonly assumed: readonly Assumption[];
}
export interface DryRun {
  readonly id: string;
  readonly state: 'running' | 'done' | 'failed' | 'interrupted';
  readonly progress: number;
  readonly days: number;
  readonly result: DryRunResult | null;
  readonly problem: { readonly code: string; readonly detail: string } | null;
}

const path = '/api/v1/routing/dry-runs';
const lookAgainMs = 1_000;

export const dryRunQuery = (id: string | undefined) =>
  queryOptions({
    queryKey: ['routing', 'dry-run', id],
    queryFn: ({ signal }) => api.call<DryRun>('GET', `${path}/${id}`, undefined, { signal }),
    enabled: id !== undefined,
    refetchInterval: (query) => (query.state.data?.state === 'running' ? lookAgainMs : false),
    staleTime: Number.POSITIVE_INFINITY,
  });

export function beginDryRun(config: RoutingConfig, days: number): Promise<DryRun> {
  return api.call('POST', path, { config, days });
}

export async function cancelDryRun(id: string): Promise<void> {
  await api.call('DELETE', `${path}/${id}`);
}
