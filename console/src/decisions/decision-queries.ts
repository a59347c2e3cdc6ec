import type { Page, RoutingDecision, RoutingVerdicts } from '@parley/sdk/protocol.ts';
import { queryOptions } from '@tanstack/react-query';
import { api } from '../app/api.ts';

const pathOf = (id: string) => `/api/v1/conversations/${encodeURIComponent(id)}`;

/** What was decided about a conversation, newest first. @param ownerEpoch with each change of hands there is more to say */
export function decisionsQuery(id: string, ownerEpoch: number) {
  return queryOptions({
    queryKey: ['decisions', id, ownerEpoch],
    queryFn: async ({ signal }) =>
      (await api.call<Page<RoutingDecision>>('GET', `${pathOf(id)}/decisions?limit=20`, undefined, { signal })).items,
    staleTime: 30_000,
  });
}

/** Why an agent cannot have it now, or why another one came first. */
export function verdictQuery(id: string, ownerEpoch: number, agentId: string) {
  return queryOptions({
    queryKey: ['verdict', id, ownerEpoch, agentId],
    queryFn: ({ signal }) =>
      api.call<RoutingVerdicts>('GET', `${pathOf(id)}/verdicts?agentId=${agentId}`, undefined, { signal }),
    // What keeps somebody now is over soon.
    staleTime: 0,
    retry: false,
  });
}

/** Which rule somebody goes against who gives it to this agent by hand. */
export function byHandQuery(id: string, ownerEpoch: number, agentId: string) {
  return queryOptions({
    queryKey: ['verdict', id, ownerEpoch, agentId, 'by-hand'],
    queryFn: ({ signal }) =>
      api.call<RoutingVerdicts>('GET', `${pathOf(id)}/verdicts?agentId=${agentId}&byHand=true`, undefined, { signal }),
    staleTime: 0,
    retry: false,
  });
}
