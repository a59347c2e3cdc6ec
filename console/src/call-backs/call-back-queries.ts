import type { CallBack, CallBackState, Message, Page } from '@parley/sdk/protocol.ts';
import { infiniteQueryOptions, queryOptions } from '@tanstack/react-query';
import { api } from '../app/api.ts';

const listKey = 'call-backs';
export const callBacksKey = [listKey] as const;
const refreshMs = 15_000;

/** Those in a state, in the order in which they are due. */
export function callBackListQuery(state: CallBackState) {
  return infiniteQueryOptions({
    queryKey: [listKey, 'list', state],
    initialPageParam: '',
    queryFn: ({ pageParam, signal }) => {
      const cursor = pageParam === '' ? '' : `&cursor=${encodeURIComponent(pageParam)}`;
      return api.call<Page<CallBack>>('GET', `/api/v1/call-backs?state=${state}${cursor}`, undefined, { signal });
    },
    getNextPageParam: (last) => last.nextCursor,
    refetchInterval: refreshMs,
  });
}

/** Those that nobody has taken: up to fifty, above which the number says "or more". */
export const openCallBacksQuery = queryOptions({
  queryKey: [listKey, 'open'],
  queryFn: async ({ signal }) =>
    (await api.call<Page<CallBack>>('GET', '/api/v1/call-backs?state=open&limit=50', undefined, { signal })).items,
  refetchInterval: refreshMs,
});

/** Those of one conversation. `seq`: the last entry that was about one: with another one it is asked again. */
export function callBacksOfQuery(conversationId: string, seq: number) {
  return queryOptions({
    queryKey: [listKey, 'of', conversationId, seq],
    queryFn: async ({ signal }) => {
      const path = `/api/v1/call-backs?conversationId=${encodeURIComponent(conversationId)}`;
      return (await api.call<Page<CallBack>>('GET', path, undefined, { signal })).items;
    },
  });
}

/** The last entry after which there may be another request, or one in another state. */
export function lastCallBackSeq(messages: readonly Message[]): number {
  const last = messages.findLast(
    ({ content }) => content.type === 'form' || (content.type === 'system' && content.event.startsWith('call-back.')),
  );
  return last?.seq ?? 0;
}

export type Step = 'take' | 'done' | 'no-answer' | 'give-back' | 'cancel';

export function stepCallBack(id: string, step: Step): Promise<CallBack> {
  return api.call('POST', `/api/v1/call-backs/${encodeURIComponent(id)}/${step}`, {});
}
