export type TextPart = { text: string; href?: string };

// Up to a blank, a quote or Chinese punctuation, which is never part of an address that somebody pasted.
const address = /https?:\/\/[^\s<>"'“”‘’，。！？；：、（）《》【】]+/gi;

/** Splits a text at its web addresses. What closes a sentence or a bracket that was opened outside stays text. */
export function linkify(text: string): TextPart[] {
  const parts: TextPart[] = [];
  let end = 0;
  for (const match of text.matchAll(address)) {
    const href = trimEnd(match[0]);
    if (!URL.canParse(href)) continue;
    if (match.index > end) parts.push({ text: text.slice(end, match.index) });
    parts.push({ text: href, href: new URL(href).href });
    end = match.index + href.length;
  }
  if (end < text.length) parts.push({ text: text.slice(end) });
  return parts;
}

/** One walk from the end: texts come from strangers, and a pattern that looks again and again would stop the page. */
function trimEnd(found: string): string {
  const opened = found.includes('(');
  let end = found.length;
  while (end > 0 && ('.,;:!?'.includes(found.charAt(end - 1)) || (found[end - 1] === ')' && !opened))) end--;
  return found.slice(0, end);
}
