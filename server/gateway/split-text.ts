const encoder = new TextEncoder();
const graphemes = new Intl.Segmenter(undefined, { granularity: 'grapheme' });
const dictionaryWords = new Intl.Segmenter(undefined, { granularity: 'word' });

/** Length in UTF-8 bytes; a lone surrogate counts as the replacement character that it is sent as. */
export function utf8Bytes(text: string): number {
  return Buffer.byteLength(text, 'utf8');
}

/**
 * Splits a text into parts of at most `maxBytes` UTF-8 bytes where a reader would: between paragraphs, lines, sentences,
 * words (those of languages without spaces too), and only then inside a word, but never inside a character as people
 * see it unless that alone is longer. The white space at a split is dropped; nothing else is.
 *
 * @param maxBytes at least 4, so that every code point fits
 * @returns one part or more; none is empty unless the text is
 */
export function splitText(text: string, maxBytes: number): string[] {
  if (maxBytes < 4) throw new RangeError(`maxBytes: expected 4 or more, got ${maxBytes}`);
  if (utf8Bytes(text) <= maxBytes) return [text];
  const scratch = new Uint8Array(maxBytes);
  const parts: string[] = [];
  let rest = text;
  while (rest !== '') {
    const { read } = encoder.encodeInto(rest, scratch);
    const end = read === rest.length ? read : splitPoint(rest, read);
    const part = end === rest.length ? rest : rest.slice(0, end).trimEnd();
    if (part.trim() !== '') parts.push(part);
    rest = rest.slice(end).trimStart();
  }
  return parts.length > 0 ? parts : [text.slice(0, encoder.encodeInto(text, scratch).read)];
}

/** Where a text may end well, best first: the border is at the start or at the end of the match. */
const boundaries: readonly { pattern: RegExp; at: 'start' | 'end' }[] = [
  { pattern: /\n[^\S\n]*\n/g, at: 'start' },
  { pattern: /\n/g, at: 'start' },
  // One closing mark at most, so that a run of marks is looked at once and not once for each of its marks.
  { pattern: /[.!?…]["'”’)\]]?(?=\s)|[。！？；][”’」』）]?/g, at: 'end' },
];

/** How far behind the reach a segmenter has to see to know where a word or a character ends. */
const lookAhead = 64;

/**
 * The border of the first part, at most `reach`. A better boundary is not worth it where it would leave the part less
 * than half full, except that what has no words to divide (an address, a token) goes whole into the next part.
 */
function splitPoint(text: string, reach: number): number {
  const visible = text.slice(0, reach + 1);
  const half = reach / 2;
  for (const { pattern, at } of boundaries) {
    const border = lastBorder(visible, pattern, at, reach);
    if (border > half) return border;
  }
  const space = lastBorder(visible, /\s+/g, 'start', reach);
  if (space > half || (space > 0 && /^[\s!-~]*$/.test(text.slice(space, reach)))) return space;
  const ahead = text.slice(0, reach + lookAhead);
  const wordStart = dictionaryWords.segment(ahead).containing(reach)?.index ?? 0;
  if (wordStart > half) return wordStart;
  const graphemeStart = graphemes.segment(ahead).containing(reach)?.index ?? 0;
  return graphemeStart > 0 ? graphemeStart : reach;
}

function lastBorder(text: string, pattern: RegExp, at: 'start' | 'end', reach: number): number {
  let border = 0;
  for (const match of text.matchAll(pattern)) {
    const candidate = at === 'start' ? match.index : match.index + match[0].length;
    if (candidate <= reach) border = candidate;
  }
  return border;
}
