import type { CannedReply } from './knowledge-item.ts';

/** One case, full-width letters as half-width ones: as people mean what they type. */
export const foldForSearch = (text: string): string => text.normalize('NFKC').toLowerCase().trim().replace(/\s+/g, ' ');

/**
 * How well a reply fits what was typed behind the slash; less is better, undefined: not at all. Its code counts most, then
 * its title, then its text; letters of a code or title may be left out.
 *
 * @param q folded
 */
export function matchOf(reply: CannedReply, q: string): number | undefined {
  const { code, title, text } = foldedOf(reply);
  if (code === q) return 0;
  if (code.startsWith(q)) return 1;
  if (title.startsWith(q)) return 2;
  if (code.includes(q)) return 3;
  if (title.includes(q)) return 4;
  const words = q.split(' ');
  if (words.every((word) => title.includes(word) || code.includes(word))) return 5;
  if (text.includes(q)) return 6;
  if (words.every((word) => text.includes(word) || title.includes(word))) return 7;
  return q.length >= 3 && (isSubsequence(q, code) || isSubsequence(q, title)) ? 8 : undefined;
}

/** Goes with the reply itself: a changed one is another object. */
const folded = new WeakMap<CannedReply, { code: string; title: string; text: string }>();

function foldedOf(reply: CannedReply) {
  const known = folded.get(reply);
  if (known !== undefined) return known;
  const bodies = [reply.body, ...reply.variants.map(({ body }) => body)];
  const made = {
    code: foldForSearch(reply.shortCode ?? ''),
    title: foldForSearch(reply.title),
    text: foldForSearch(bodies.join('\n')),
  };
  folded.set(reply, made);
  return made;
}

function isSubsequence(short: string, long: string): boolean {
  let at = 0;
  for (const letter of long) if (letter === short[at]) at += 1;
  return at >= short.length;
}
