import { type CSSProperties, useState } from 'react';
import { safeMediaUrl } from '../messages/rich-text.ts';
import styles from './face.module.css';

/** Quiet, distinguishable, and dark enough for white letters (WCAG AA). */
const tones = ['#4a5fae', '#2f7467', '#8a5a2b', '#7d4b8f', '#a0475c', '#3d6f94', '#5c6b3a', '#6b5b53'];

/** A person's picture, or their initial on a colour that stays theirs. Decorative: the name stands beside it. */
export function Face(props: { id: string; name: string; size: number; url?: string | undefined }) {
  const [broken, setBroken] = useState(false);
  const url = safeMediaUrl(props.url);
  const style = { '--face-size': `${props.size}px`, '--face-tone': tones[hash(props.id) % tones.length] };
  return (
    // The letter is drawn by the style sheet: it is a picture, and no part of what a button is called.
    <span
      className={styles.face}
      style={style as CSSProperties}
      data-initial={initialOf(props.name)}
      aria-hidden="true"
    >
      {url !== undefined && !broken && (
        <img src={url} alt="" loading="lazy" referrerPolicy="no-referrer" onError={() => setBroken(true)} />
      )}
    </span>
  );
}

/** The first letter (or two Latin ones) of a name. */
export function initialOf(name: string): string {
  const words = name.trim().split(/\s+/);
  const [first = '', second = ''] = words.map((word) => [...word][0] ?? '');
  const isLatin = /^\p{Script=Latin}$/u.test(first) && /^\p{Script=Latin}$/u.test(second);
  return (isLatin ? first + second : first).toUpperCase() || '?';
}

function hash(text: string): number {
  let value = 0;
  for (const char of text) value = (Math.imul(value, 31) + (char.codePointAt(0) ?? 0)) >>> 0;
  return value;
}
