import { type RefObject, useCallback, useEffect, useLayoutEffect, useRef, useState } from 'react';

/** This near the end counts as being there. */
const nearPx = 48;
/** This near the beginning, older messages are asked for. */
const topPx = 300;

/**
 * Keeps a timeline where its reader is: at the end while they are at the end, and on the same message while older ones
 * come in above.
 *
 * @param firstKey the first entry that is shown; a change with the same end means that something came in above
 */
export function useStickToEnd(options: {
  scroll: RefObject<HTMLDivElement | null>;
  content: RefObject<HTMLDivElement | null>;
  firstKey: string | undefined;
  onTop: () => void;
}) {
  const { scroll, content, firstKey, onTop } = options;
  const [atEnd, setAtEnd] = useState(true);
  const sticks = useRef(true);
  const fromEndPx = useRef(0);
  const shownFirst = useRef(firstKey);

  const toEnd = useCallback(() => {
    const box = scroll.current;
    if (box === null) return;
    sticks.current = true;
    setAtEnd(true);
    box.scrollTop = box.scrollHeight;
  }, [scroll]);

  const onScroll = useCallback(() => {
    const box = scroll.current;
    if (box === null) return;
    fromEndPx.current = box.scrollHeight - box.scrollTop;
    sticks.current = fromEndPx.current - box.clientHeight < nearPx;
    setAtEnd(sticks.current);
    if (box.scrollTop < topPx && !sticks.current) onTop();
  }, [scroll, onTop]);

  useLayoutEffect(() => {
    const box = scroll.current;
    if (box === null) return;
    if (sticks.current) box.scrollTop = box.scrollHeight;
    else if (shownFirst.current !== firstKey) box.scrollTop = box.scrollHeight - fromEndPx.current;
    shownFirst.current = firstKey;
    fromEndPx.current = box.scrollHeight - box.scrollTop;
  });

  // Pictures that load, a composer that grows, a phone's keyboard: all change the room without a render here.
  useEffect(() => {
    const box = scroll.current;
    const inner = content.current;
    if (box === null || inner === null) return;
    const observer = new ResizeObserver(() => {
      if (sticks.current) box.scrollTop = box.scrollHeight;
    });
    observer.observe(box);
    observer.observe(inner);
    return () => observer.disconnect();
  }, [scroll, content]);

  return { atEnd, toEnd, onScroll };
}
