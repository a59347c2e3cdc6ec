export type TextPart = { kind: 'text'; text: string } | { kind: 'link'; text: string; href: string };

const addressPattern = /https?:\/\/[^\s<>"'，。；：！？、（）【】《》「」]+/gi;
/** Punctuation that ends the sentence rather than the address. */
const tailPattern = /[.,;:!?)\]}'"]+$/;

/** Finds the web addresses in a text. Nothing else is interpreted: what a person wrote is shown as written. */
export function textParts(text: string): TextPart[] {
  const parts: TextPart[] = [];
  let end = 0;
  for (const match of text.matchAll(addressPattern)) {
    const address = trimTail(match[0]);
    const href = safeHref(address);
    if (href === undefined) continue;
    if (match.index > end) parts.push({ kind: 'text', text: text.slice(end, match.index) });
    parts.push({ kind: 'link', text: address, href });
    end = match.index + address.length;
  }
  if (end < text.length) parts.push({ kind: 'text', text: text.slice(end) });
  return parts;
}

/** A closing bracket stays where the address opened one: `…/Parley_(chat)`. */
function trimTail(address: string): string {
  const tail = tailPattern.exec(address)?.[0] ?? '';
  const keep = tail.startsWith(')') && address.includes('(') ? 1 : 0;
  return address.slice(0, address.length - tail.length + keep);
}

/** The address where a link in a message may lead: http and https only, never a script. */
export function safeHref(url: string | undefined): string | undefined {
  if (url === undefined || !URL.canParse(url)) return undefined;
  const { protocol, href } = new URL(url);
  return protocol === 'http:' || protocol === 'https:' ? href : undefined;
}

/** Where media in a message may be loaded from: our own files, or https. */
export function safeMediaUrl(url: string | undefined): string | undefined {
  if (url === undefined || url === '') return undefined;
  if (/^\/(?![/\\])/.test(url)) return url;
  return /^https:/i.test(url) || (typeof location !== 'undefined' && url.startsWith(`${location.origin}/`))
    ? safeHref(url)
    : undefined;
}
