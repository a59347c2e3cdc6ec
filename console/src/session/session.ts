import { ApiError } from '@parley/sdk/http.ts';
import type { Agent } from '@parley/sdk/protocol.ts';
import { queryOptions, useQuery } from '@tanstack/react-query';
import { api } from '../app/api.ts';

/** Who is signed in here; null when nobody is. */
export const meQuery = queryOptions({
  queryKey: ['me'],
  queryFn: async ({ signal }): Promise<Agent | null> => {
    try {
      return (await api.call<{ agent: Agent }>('GET', '/api/v1/me', undefined, { signal })).agent;
    } catch (error) {
      if (error instanceof ApiError && error.status === 401) return null;
      throw error;
    }
  },
  staleTime: 60_000,
});

export async function signIn(email: string, password: string): Promise<Agent> {
  return (await api.call<{ agent: Agent }>('POST', '/api/v1/login', { email, password })).agent;
}

export async function signOut(): Promise<void> {
  await api.call('POST', '/api/v1/logout');
}

/** The signed-in agent. For components below the signed-in layout, which is not shown without one. */
export function useMe(): Agent {
  const { data } = useQuery(meQuery);
  if (data === undefined || data === null) throw new Error('useMe needs the signed-in layout around it.');
  return data;
}

/** Who may listen, whisper and take over: administrators, too. */
export function isSupervisor({ role }: Pick<Agent, 'role'>): boolean {
  return role === 'supervisor' || role === 'admin';
}
