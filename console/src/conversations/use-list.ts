import type { Conversation } from '@parley/sdk/protocol.ts';
import { keepPreviousData, useInfiniteQuery } from '@tanstack/react-query';
import { useCallback, useMemo, useRef, useState } from 'react';
import { type Listing, listQuery } from './conversation-queries.ts';
import { arrangeRows, type Held, sortRows } from './list-order.ts';

const none: readonly Conversation[] = [];

/** A list's rows, kept still while `hold` says so. */
export function useList(listing: Listing) {
  const query = useInfiniteQuery({ ...listQuery(listing), placeholderData: keepPreviousData });
  const conversations = useMemo(
    () => (query.data === undefined ? none : unique(query.data.pages.flatMap((page) => page.items))),
    [query.data],
  );
  const [held, setHeld] = useState<Held>();
  const latest = useRef(conversations);
  latest.current = conversations;
  const { rows, fresh } = useMemo(() => arrangeRows(conversations, held), [conversations, held]);
  /** Nothing moves from now on, until `release`. */
  const hold = useCallback(() => setHeld((before) => before ?? { rows: sortRows(latest.current) }), []);
  const release = useCallback(() => setHeld(undefined), []);
  return { query, rows, fresh, hold, release };
}

/** A conversation that moved up between two pages comes twice; the first (newer) one counts. */
function unique(conversations: readonly Conversation[]): Conversation[] {
  return [...new Map(conversations.toReversed().map((conversation) => [conversation.id, conversation])).values()];
}
