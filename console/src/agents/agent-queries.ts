import type { Agent, Page } from '@parley/sdk/protocol.ts';
import { queryOptions, useQuery } from '@tanstack/react-query';
import { api } from '../app/api.ts';

/** Everybody who has an account, with presence and load; followed live. */
export const agentsQuery = queryOptions({
  queryKey: ['agents'],
  queryFn: async ({ signal }): Promise<readonly Agent[]> =>
    (await api.call<Page<Agent>>('GET', '/api/v1/agents', undefined, { signal })).items,
  staleTime: 30_000,
});

/** The agent with this id, once the list is there. */
export function useAgent(id: string | null | undefined): Agent | undefined {
  const { data } = useQuery(agentsQuery);
  return data?.find((agent) => agent.id === id);
}
