/** How well a text's language fits the one that is asked for: 2 the same, 1 the same but for region or script, 0 not. */
export function languageFit(has: string | null, wanted: string | undefined): 0 | 1 | 2 {
  if (has === null || wanted === undefined) return 0;
  const [a, b] = [has.toLowerCase(), wanted.toLowerCase()];
  if (a === b) return 2;
  return a.split('-')[0] === b.split('-')[0] ? 1 : 0;
}

/** The one that fits best; the first where none does. */
export function bestVersion<T extends { readonly language: string }>(
  versions: readonly T[],
  wanted: string | undefined,
): T | undefined {
  let best = versions[0];
  for (const version of versions) {
    if (languageFit(version.language, wanted) > languageFit(best?.language ?? null, wanted)) best = version;
  }
  return best;
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

function likely(tag: string): string {
  try {
    return new Intl.Locale(tag).maximize().toString();
  } catch {
    return tag;
  }
}
