import { createClient } from '@parley/sdk/client.ts';
import type { ClientStatus, ParleyClient } from '@parley/sdk/client-api.ts';
import { useQueryClient } from '@tanstack/react-query';
import { createContext, type ReactNode, use, useEffect, useState } from 'react';
import { localStore } from '../app/local-store.ts';
import { meQuery, useMe } from '../session/session.ts';
import { followTeam } from '../team/follow-team.ts';
import { followAgents } from './follow-agents.ts';
import { followAlerts } from './follow-alerts.ts';
import { followCallBacks } from './follow-call-backs.ts';
import { followIntentLabels } from './follow-intent-labels.ts';
import { followLists } from './follow-lists.ts';
import { followOffers } from './follow-offers.ts';
import { followSurveys } from './follow-surveys.ts';
import { reportActivity } from './report-activity.ts';

const ClientContext = createContext<ParleyClient | undefined>(undefined);

/** Opens the one live connection of this window, and lets every list follow it. */
export function RealtimeProvider({ children }: { children: ReactNode }) {
  const { id: agentId } = useMe();
  const queryClient = useQueryClient();
  const [client, setClient] = useState<ParleyClient>();
  useEffect(() => {
    const next = createClient({
      server: '',
      role: 'agent',
      token: async () => undefined,
      storage: localStore,
      storageKey: agentId,
    });
    const ends = [
      followLists(next, queryClient, agentId),
      followAgents(next, queryClient, agentId),
      followOffers(next, queryClient),
      followAlerts(next, queryClient),
      followCallBacks(next, queryClient),
      followIntentLabels(next, queryClient),
      followSurveys(next, queryClient),
      followTeam(next, queryClient, agentId),
      reportActivity(next, () => queryClient.getQueryData(meQuery.queryKey)?.presenceReason === 'auto'),
      next.on('status', (status) => {
        if (status.refused !== undefined) void queryClient.invalidateQueries({ queryKey: meQuery.queryKey });
      }),
    ];
    next.open();
    setClient(next);
    return () => {
      for (const end of ends) end();
      next.close();
    };
  }, [agentId, queryClient]);
  if (client === undefined) return null;
  return <ClientContext value={client}>{children}</ClientContext>;
}

export function useClient(): ParleyClient {
  const client = use(ClientContext);
  if (client === undefined) throw new Error('useClient needs a RealtimeProvider around it.');
  return client;
}

export function useClientStatus(): ClientStatus {
  const client = useClient();
  const [status, setStatus] = useState(client.status);
  useEffect(() => {
    setStatus(client.status);
    return client.on('status', setStatus);
  }, [client]);
  return status;
}
