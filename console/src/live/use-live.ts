import type { Conversation, Page } from '@parley/sdk/protocol.ts';
import { type InfiniteData, useInfiniteQuery, useQueryClient } from '@tanstack/react-query';
import { useEffect, useMemo } from 'react';
import { mapItems, newer, type Pages, withMessage } from '../conversations/list-cache.ts';
import { useClient } from '../realtime/realtime.tsx';
import { byUrgency, type LiveFilter, liveKey, liveQuery } from './live-queries.ts';

/** What comes and goes is asked for again at most this often. */
const askEveryMs = 1_000;

/** The conversations that agents have now, followed live while somebody looks. */
export function useLive(filter: LiveFilter) {
  const client = useClient();
  const queryClient = useQueryClient();
  const query = useInfiniteQuery(liveQuery(filter));
  useEffect(() => {
    let timer: ReturnType<typeof setTimeout> | undefined;
    /** Only the server can tell whether it is one of a group, and what stands on the pages behind. */
    const askAgain = () => {
      timer ??= setTimeout(() => {
        timer = undefined;
        void queryClient.invalidateQueries({ queryKey: [liveKey] });
      }, askEveryMs);
    };
    const change = (id: string, to: (known: Conversation) => Conversation | undefined) => {
      let isKnown = false;
      queryClient.setQueriesData<InfiniteData<Page<Conversation>, string>>({ queryKey: [liveKey] }, (data) => {
        if (data === undefined) return data;
        isKnown ||= data.pages.some((page) => page.items.some((item) => item.id === id));
        const pages: Pages = mapItems(data.pages, id, to);
        return pages.every((page, index) => page === data.pages[index]) ? data : { ...data, pages: [...pages] };
      });
      return isKnown;
    };
    client.watch('all');
    const ends = [
      client.on('event', (frame) => {
        if (!('conversation' in frame.data)) return;
        const { conversation } = frame.data;
        const runs = conversation.status === 'agent';
        const isKnown = change(conversation.id, (known) => (runs ? newer(known, conversation) : undefined));
        if ((runs && !isKnown) || frame.event === 'conversation.assigned') askAgain();
      }),
      client.on('message', ({ message }) => {
        change(message.conversationId, (known) => withMessage(known, message));
      }),
      client.on('stale', askAgain),
    ];
    return () => {
      clearTimeout(timer);
      for (const end of ends) end();
    };
  }, [client, queryClient]);
  const conversations = useMemo(
    () => query.data?.pages.flatMap((page) => page.items).toSorted(byUrgency),
    [query.data],
  );
  return { query, conversations };
}
