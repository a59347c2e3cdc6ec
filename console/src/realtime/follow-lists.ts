import type { ParleyClient } from '@parley/sdk/client-api.ts';
import type { Conversation, Message } from '@parley/sdk/protocol.ts';
import type { InfiniteData, QueryClient } from '@tanstack/react-query';
import { countsQuery, type Listing, listKey } from '../conversations/conversation-queries.ts';
import {
  belongs,
  mapItems,
  type Pages,
  placeConversation,
  withMessage,
  withRead,
} from '../conversations/list-cache.ts';

/** Counts are asked for at most this often, however much happens. */
const countsEveryMs = 1_500;

/** Writes what happens on the server into every list that is cached. Answers what ends it. */
export function followLists(client: ParleyClient, queryClient: QueryClient, agentId: string): () => void {
  let countsTimer: ReturnType<typeof setTimeout> | undefined;

  function countsChanged(): void {
    countsTimer ??= setTimeout(() => {
      countsTimer = undefined;
      void queryClient.invalidateQueries({ queryKey: countsQuery.queryKey });
    }, countsEveryMs);
  }

  const ends = [
    client.on('event', (frame) => {
      if (frame.event === 'read') {
        if (frame.data.by === 'agent') markRead(queryClient, frame.data.conversationId, frame.data.seq);
        countsChanged();
      } else if (
        frame.event === 'conversation.created' ||
        frame.event === 'conversation.updated' ||
        frame.event === 'conversation.assigned'
      ) {
        placeEverywhere(queryClient, frame.data.conversation, agentId);
        countsChanged();
      }
    }),
    client.on('message', ({ message }) => {
      applyMessage(queryClient, message);
      countsChanged();
    }),
    client.on('stale', () => {
      void queryClient.invalidateQueries({ queryKey: [listKey] });
      countsChanged();
    }),
  ];
  return () => {
    clearTimeout(countsTimer);
    for (const end of ends) end();
  };
}

/** Puts the conversation into the lists where it belongs, and takes it out of the others. */
export function placeEverywhere(queryClient: QueryClient, conversation: Conversation, agentId: string): void {
  changeLists(queryClient, (pages, { tab, search }) => {
    const fits = belongs(conversation, tab, agentId);
    return placeConversation(pages, conversation, search !== '' && fits ? undefined : fits);
  });
}

/** The agents' side has read: rows and counts follow at once. */
export function markRead(queryClient: QueryClient, conversationId: string, seq: number): void {
  changeLists(queryClient, (pages) => mapItems(pages, conversationId, (item) => withRead(item, seq)));
}

function applyMessage(queryClient: QueryClient, message: Message): void {
  changeLists(queryClient, (pages) => mapItems(pages, message.conversationId, (item) => withMessage(item, message)));
}

function changeLists(queryClient: QueryClient, change: (pages: Pages, listing: Listing) => Pages): void {
  const lists = queryClient.getQueriesData<InfiniteData<Pages[number], string>>({ queryKey: [listKey] });
  for (const [key, data] of lists) {
    if (data === undefined) continue;
    const pages = change(data.pages, key[1] as Listing);
    if (pages !== data.pages) queryClient.setQueryData(key, { ...data, pages: [...pages] });
  }
}
