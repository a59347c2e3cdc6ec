import { useDebouncedValue } from '@mantine/hooks';
import type { Suggestion } from '@parley/sdk/protocol.ts';
import { keepPreviousData, useQuery } from '@tanstack/react-query';
import { useCallback, useEffect, useRef, useState } from 'react';
import { suggestionsQuery } from './suggestion-queries.ts';

/** While an agent writes, they are asked for at most so often. */
const draftMs = 250;
const none: readonly Suggestion[] = [];

/**
 * The replies to show. While `isHeld` (somebody is about to click one) they stay as they are, whatever came meanwhile.
 *
 * @param afterSeq the customer's message that waits; undefined: none does
 */
export function useSuggestions(of: {
  conversationId: string;
  afterSeq: number | undefined;
  draft: string;
  isHeld: boolean;
  enabled: boolean;
}): readonly Suggestion[] {
  const { conversationId, afterSeq, isHeld } = of;
  const [draft] = useDebouncedValue(of.draft.trim().slice(0, 500), draftMs);
  const isAsked = of.enabled && afterSeq !== undefined;
  const query = suggestionsQuery(conversationId, afterSeq ?? 0, draft.length < 2 ? '' : draft);
  const { data } = useQuery({ ...query, enabled: isAsked, placeholderData: keepPreviousData });
  const latest = isAsked ? (data ?? none) : none;
  const [held, setHeld] = useState<readonly Suggestion[]>(none);
  const wasHeld = useRef(false);
  useEffect(() => {
    if (isHeld && !wasHeld.current) setHeld(latest);
    wasHeld.current = isHeld;
  }, [isHeld, latest]);
  return isHeld && wasHeld.current && isAsked ? held : latest;
}

/** A pointer that has come to rest is not about to click, and keeps nothing back any more. */
const restMs = 4_000;

/** Whether somebody is about to click: since the pointer moved or the focus came, for some seconds. */
export function useHold(): { isHeld: boolean; hold: () => void; release: () => void } {
  const [isHeld, setHeld] = useState(false);
  const timer = useRef<ReturnType<typeof setTimeout>>(undefined);
  const release = useCallback(() => {
    clearTimeout(timer.current);
    setHeld(false);
  }, []);
  const hold = useCallback(() => {
    clearTimeout(timer.current);
    timer.current = setTimeout(() => setHeld(false), restMs);
    setHeld(true);
  }, []);
  useEffect(() => () => clearTimeout(timer.current), []);
  return { isHeld, hold, release };
}
