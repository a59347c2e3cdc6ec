import { Lru } from '../base/lru.ts';
import { speaks } from '../routing/language-tags.ts';

/**
 * How well a text's language fits the one that is asked for: 4 the same tag, 3 the same language as it is read (`zh` is
 * `zh-CN`), 2 one within the other (`zh-TW` is Chinese), 1 the same but for region or script, 0 not.
 */
export function languageFit(has: string | null, wanted: string | undefined): 0 | 1 | 2 | 3 | 4 {
  if (has === null || wanted === undefined) return 0;
  const [a, b] = [has.toLowerCase(), wanted.toLowerCase()];
  if (a === b) return 4;
  if (a.split('-')[0] !== b.split('-')[0]) return 0;
  if (isSameLanguage(a, b)) return 3;
  return speaks([a], b) ? 2 : 1;
}

/**
 * The one language, of those in which there is something, to say it in: of what fits the first that is wanted the best, where
 * nothing does of what fits the next; the first that is there where nothing fits any.
 */
export function bestLanguage(there: readonly string[], wanted: readonly string[]): string | undefined {
  for (const language of wanted) {
    const fits = there.map((tag) => languageFit(tag, language));
    const best = Math.max(0, ...fits);
    if (best > 0) return there[fits.indexOf(best as (typeof fits)[number])];
  }
  return there[0];
}

/** The version in the language that fits best; the first where none does. */
export function bestVersion<T extends { readonly language: string }>(
  versions: readonly T[],
  wanted: string | undefined,
): T | undefined {
  const tags = versions.map(({ language }) => language);
  const best = bestLanguage(tags, wanted === undefined ? [] : [wanted]);
  return versions.find(({ language }) => language === best);
}

/**
 * Whether two tags mean one language as it is read: `zh` is Chinese as in `zh-CN`, `en` is English as in `en-US`, while `zh-TW` and
 * `en-GB` are others. What is no tag is the same as itself alone.
 *
 * @see https://www.unicode.org/reports/tr35/#Likely_Subtags
 */
export function isSameLanguage(a: string, b: string): boolean {
  return likely(a) === likely(b);
}

/** Of tags that mean one language one alone, in the place of the first: the wanted one, else the first. */
export function onePerLanguage(tags: Iterable<string>, wanted?: string): string[] {
  const byLanguage = new Map<string, string>();
  for (const tag of tags) {
    const language = likely(tag);
    if (tag === wanted || !byLanguage.has(language)) byLanguage.set(language, tag);
  }
  return [...byLanguage.values()];
}

/** Asked for each passage that is found. */
const likelyTags = new Lru<string, string>(1_000);

function likely(tag: string): string {
  const known = likelyTags.get(tag);
  if (known !== undefined) return known;
  const found = maximized(tag);
  likelyTags.set(tag, found);
  return found;
}

function maximized(tag: string): string {
  try {
    return new Intl.Locale(tag).maximize().toString();
  } catch {
    return tag;
  }
}
