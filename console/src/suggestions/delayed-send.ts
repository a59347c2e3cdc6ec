import { useCallback, useEffect, useEffectEvent, useRef, useState } from 'react';

/** How long what was chosen by one key can be kept from leaving. */
const undoMs = 3_000;

/**
 * Sends a text after some seconds in which it can be undone. Another one that is chosen meanwhile takes its place; whoever
 * leaves the conversation or closes the page has sent it.
 */
export function useDelayedSend(send: (text: string) => void) {
  const [text, setText] = useState<string>();
  const waiting = useRef<string>(undefined);
  const timer = useRef<ReturnType<typeof setTimeout>>(undefined);
  const leave = useEffectEvent((words: string) => send(words));

  const now = useCallback(() => {
    clearTimeout(timer.current);
    const words = waiting.current;
    waiting.current = undefined;
    setText(undefined);
    if (words !== undefined) leave(words);
  }, []);
  const undo = useCallback(() => {
    clearTimeout(timer.current);
    waiting.current = undefined;
    setText(undefined);
  }, []);
  const start = useCallback(
    (words: string) => {
      clearTimeout(timer.current);
      waiting.current = words;
      setText(words);
      timer.current = setTimeout(now, undoMs);
    },
    [now],
  );
  useEffect(() => {
    addEventListener('pagehide', now);
    return () => {
      removeEventListener('pagehide', now);
      now();
    };
  }, [now]);
  return { text, start, undo, now };
}
