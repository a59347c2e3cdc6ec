/** A slash that somebody began to type a canned reply's name behind. */
export interface SlashToken {
  /** Where the slash stands. */
  readonly start: number;
  readonly end: number;
  readonly query: string;
}

const longest = 40;

/**
 * The slash before the caret, at the beginning of the text or behind a space: what stands in a word, a date or an address
 * is none. Full-width slashes count, and at the beginning of a line the `、` too, which Chinese input methods type for it.
 */
export function slashBefore(text: string, caret: number): SlashToken | undefined {
  const before = text.slice(0, caret);
  const found = /(?:^|\s)([/／])([^\s/／]*)$/u.exec(before) ?? /(?:^|\n)(、)([^\s、]*)$/u.exec(before);
  const [, sign = '', query = ''] = found ?? [];
  if (found === null || query.length > longest) return undefined;
  return { start: caret - query.length - sign.length, end: caret, query };
}
