import type { CallBack, CallBackState, Message, Page } from '@parley/sdk/protocol.ts';
import { infiniteQueryOptions, type QueryClient, queryOptions } from '@tanstack/react-query';
import { api } from '../app/api.ts';

const listKey = 'call-backs';
export const callBacksKey = [listKey] as const;
/** They are told of by event; now and then they are asked for all the same, since an event may be missed. */
const refreshMs = 5 * 60_000;
const openKnown = 50;

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
    (await api.call<Page<CallBack>>('GET', `/api/v1/call-backs?state=open&limit=${openKnown}`, undefined, { signal }))
      .items,
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

/** What an event says of one, put into what this window knows; only where that is not enough it is asked again. */
export function showCallBack(queryClient: QueryClient, callBack: CallBack): void {
  const known = queryClient.getQueryData(openCallBacksQuery.queryKey);
  const next = known === undefined ? undefined : withCallBack(known, callBack);
  if (next === undefined) void queryClient.invalidateQueries({ queryKey: openCallBacksQuery.queryKey });
  else queryClient.setQueryData(openCallBacksQuery.queryKey, next);
  void queryClient.invalidateQueries({ queryKey: [listKey, 'list'] });
  void queryClient.invalidateQueries({ queryKey: [listKey, 'of', callBack.conversationId] });
}

/** Those that are open after one of them changed; undefined: there may be more than are known. */
export function withCallBack(known: readonly CallBack[], callBack: CallBack): CallBack[] | undefined {
  const others = known.filter(({ id }) => id !== callBack.id);
  if (callBack.state === 'open') return [...others, callBack].sort(byDue).slice(0, openKnown);
  return known.length === openKnown && others.length < known.length ? undefined : others;
}

const byDue = (a: CallBack, b: CallBack) => a.dueAt - b.dueAt || (a.id < b.id ? -1 : 1);

export type Step = 'take' | 'done' | 'no-answer' | 'give-back' | 'cancel';

export function stepCallBack(id: string, step: Step): Promise<CallBack> {
  return api.call('POST', `/api/v1/call-backs/${encodeURIComponent(id)}/${step}`, {});
}
