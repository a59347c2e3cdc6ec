import type { Media } from '@parley/sdk/protocol.ts';
import { keepPreviousData, useQuery } from '@tanstack/react-query';
import { type KeyboardEvent, type RefObject, useId, useRef, useState } from 'react';
import { notifyFailure } from '../app/notify.ts';
import { renderReply, type UsableReply, usableRepliesQuery } from './knowledge-queries.ts';
import { type SlashToken, slashBefore } from './slash-token.ts';

/** The list that a slash opens over the composer. */
export interface Slash {
  readonly listId: string;
  /** undefined: closed. */
  readonly replies: readonly UsableReply[] | undefined;
  readonly query: string;
  readonly chosen: number;
  /** True: the key was for the list. */
  onKey(event: KeyboardEvent<HTMLTextAreaElement>): boolean;
  choose(index: number): void;
  insert(reply: UsableReply): void;
  close(): void;
  /** For the text field, so that a screen reader tells of the list. */
  readonly fieldProps: Readonly<Record<string, unknown>>;
}

export function useSlash(props: {
  conversationId: string;
  text: string;
  area: RefObject<HTMLTextAreaElement | null>;
  /** The text with the reply in it, where the caret stands then, and the files that go with it. */
  onInsert: (text: string, caret: number, files: readonly Media[]) => void;
}): Slash {
  const { conversationId, text, area } = props;
  const listId = useId();
  const composing = useRef(false);
  const [token, setToken] = useState<SlashToken>();
  const [chosen, setChosen] = useState(0);
  /** Where Escape closed the list: it stays closed for that slash. */
  const dismissed = useRef<number>(undefined);
  const latest = useRef(text);
  latest.current = text;
  const { data } = useQuery({
    ...usableRepliesQuery(conversationId, token?.query ?? ''),
    enabled: token !== undefined,
    placeholderData: keepPreviousData,
  });
  const replies = token === undefined ? undefined : data;
  const index = Math.min(chosen, (replies?.length ?? 1) - 1);

  function look(): void {
    const field = area.current;
    // What an input method composes is no word yet; the list stands still until it is.
    if (field === null || composing.current) return;
    const next =
      field.selectionStart === field.selectionEnd ? slashBefore(field.value, field.selectionStart) : undefined;
    if (next?.start !== dismissed.current) dismissed.current = undefined;
    const shown = next !== undefined && dismissed.current === undefined ? next : undefined;
    if (shown?.query !== token?.query) setChosen(0);
    setToken(shown);
  }

  function close(): void {
    dismissed.current = token?.start;
    setToken(undefined);
  }

  async function insert(reply: UsableReply): Promise<void> {
    if (token === undefined) return;
    setToken(undefined);
    try {
      const rendered = await renderReply(reply.id, conversationId);
      const now = latest.current;
      // What was typed meanwhile stays; the slash is taken out where it still stands.
      const isThere = now.slice(token.start, token.end) === text.slice(token.start, token.end);
      const end = isThere ? token.end : token.start;
      const next = now.slice(0, token.start) + rendered.text + now.slice(end);
      props.onInsert(next, token.start + rendered.text.length, rendered.attachments);
    } catch (error) {
      notifyFailure(error);
    }
  }

  return {
    listId,
    replies,
    query: token?.query ?? '',
    chosen: index,
    choose: setChosen,
    insert: (reply) => void insert(reply),
    close,
    onKey: (event) => {
      if (replies === undefined) return false;
      const reply = replies[index];
      if (event.key === 'Escape') close();
      else if (reply === undefined) return false;
      else if (event.key === 'ArrowDown') setChosen((index + 1) % replies.length);
      else if (event.key === 'ArrowUp') setChosen((index - 1 + replies.length) % replies.length);
      else if ((event.key === 'Enter' && !event.shiftKey) || event.key === 'Tab') void insert(reply);
      else return false;
      event.preventDefault();
      return true;
    },
    fieldProps: {
      onSelect: look,
      onCompositionStart: () => {
        composing.current = true;
      },
      onCompositionEnd: () => {
        composing.current = false;
        look();
      },
      'aria-autocomplete': 'list',
      ...(replies === undefined ? {} : { 'aria-controls': listId }),
      ...(replies?.[index] === undefined ? {} : { 'aria-activedescendant': `${listId}-${index}` }),
    },
  };
}
