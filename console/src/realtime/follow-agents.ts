import type { ParleyClient } from '@parley/sdk/client-api.ts';
import type { Agent } from '@parley/sdk/protocol.ts';
import type { QueryClient } from '@tanstack/react-query';
import { agentsQuery } from '../agents/agent-queries.ts';
import { meQuery } from '../session/session.ts';

/** Keeps everybody's presence and load up to date. Answers what ends it. */
export function followAgents(client: ParleyClient, queryClient: QueryClient, ownId: string): () => void {
  const ends = [
    client.on('event', (frame) => {
      if (frame.event !== 'presence') return;
      const { agentId, status, reason, load, used } = frame.data;
      const change = ({ presenceReason: _, ...agent }: Agent): Agent => ({
        ...agent,
        presence: status,
        ...(reason === undefined ? {} : { presenceReason: reason }),
        load,
        used,
      });
      queryClient.setQueryData(agentsQuery.queryKey, (agents) =>
        agents?.map((agent) => (agent.id === agentId ? change(agent) : agent)),
      );
      if (agentId === ownId) queryClient.setQueryData(meQuery.queryKey, (me) => me && change(me));
    }),
    client.on('stale', () => {
      void queryClient.invalidateQueries({ queryKey: agentsQuery.queryKey });
      void queryClient.invalidateQueries({ queryKey: meQuery.queryKey });
    }),
  ];
  return () => {
    for (const end of ends) end();
  };
}
