import type { Capabilities, Channel, ChannelType, Page } from '@parley/sdk/protocol.ts';
import { queryOptions, useQuery } from '@tanstack/react-query';
import { api } from '../app/api.ts';

export const channelsQuery = queryOptions({
  queryKey: ['channels'],
  queryFn: async ({ signal }): Promise<readonly Channel[]> =>
    (await api.call<Page<Channel>>('GET', '/api/v1/channels', undefined, { signal })).items,
  staleTime: 15_000,
});

/** The adapters of this installation: they change only with it. */
export const channelTypesQuery = queryOptions({
  queryKey: ['channel-types'],
  queryFn: async ({ signal }): Promise<readonly ChannelType[]> =>
    (await api.call<Page<ChannelType>>('GET', '/api/v1/channel-types', undefined, { signal })).items,
  staleTime: Number.POSITIVE_INFINITY,
});

export function useChannel(id: string): Channel | undefined {
  const { data } = useQuery(channelsQuery);
  return data?.find((channel) => channel.id === id);
}

/** What the channel type can carry, once it is known. */
export function useCapabilities(type: string | undefined): Capabilities | undefined {
  const { data } = useQuery(channelTypesQuery);
  return data?.find((known) => known.type === type)?.capabilities;
}
