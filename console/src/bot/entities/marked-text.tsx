import styles from './entities.module.css';
import type { FoundValue } from './entity-queries.ts';

/** A text with the stretches that were found in it marked; of what overlaps, what begins first. */
export function MarkedText({ text, found }: { text: string; found: readonly Pick<FoundValue, 'start' | 'end'>[] }) {
  const parts: { readonly at: number; readonly text: string; readonly isFound: boolean }[] = [];
  let at = 0;
  for (const { start, end } of found.toSorted((a, b) => a.start - b.start || b.end - a.end)) {
    if (start < at) continue;
    if (start > at) parts.push({ at, text: text.slice(at, start), isFound: false });
    parts.push({ at: start, text: text.slice(start, end), isFound: true });
    at = end;
  }
  parts.push({ at, text: text.slice(at), isFound: false });
  return (
    <p className={styles.marked}>
      {parts.map((part) =>
        part.isFound ? <mark key={part.at}>{part.text}</mark> : <span key={part.at}>{part.text}</span>,
      )}
    </p>
  );
}
