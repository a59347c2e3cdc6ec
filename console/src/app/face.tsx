import { Avatar } from '@mantine/core';

/** Quiet, distinguishable, and dark enough for white letters (WCAG AA). */
const tones = ['#4a5fae', '#2f7467', '#8a5a2b', '#7d4b8f', '#a0475c', '#3d6f94', '#5c6b3a', '#6b5b53'];

/** A person's picture, or their initial on a colour that stays theirs. Decorative: the name stands beside it. */
export function Face(props: { id: string; name: string; size: number; url?: string | undefined }) {
  const tone = tones[hash(props.id) % tones.length];
  return (
    <Avatar
      src={safeImageUrl(props.url)}
      alt=""
      size={props.size}
      radius="xl"
      variant="filled"
      color={tone ?? 'gray'}
      imageProps={{ loading: 'lazy', referrerPolicy: 'no-referrer' }}
      aria-hidden="true"
    >
      {initialOf(props.name)}
    </Avatar>
  );
}

/** The first letter (or two Latin ones) of a name. */
export function initialOf(name: string): string {
  const words = name.trim().split(/\s+/);
  const [first = '', second = ''] = words.map((word) => [...word][0] ?? '');
  const isLatin = /^\p{Script=Latin}$/u.test(first) && /^\p{Script=Latin}$/u.test(second);
  return (isLatin ? first + second : first).toUpperCase() || '?';
}

function safeImageUrl(url: string | undefined): string | null {
  return url !== undefined && /^(https:\/\/|\/)/i.test(url) ? url : null;
}

function hash(text: string): number {
  let value = 0;
  for (const char of text) value = (Math.imul(value, 31) + (char.codePointAt(0) ?? 0)) >>> 0;
  return value;
}
