/**
 * Whether one of the languages will do for the wanted one; all in lower case. A tag without a region speaks all of its
 * regions, and is content with any: `zh` and `zh-cn` understand each other, `zh-cn` and `zh-tw` do not.
 */
export function speaks(languages: readonly string[], wanted: string): boolean {
  for (const language of languages) {
    if (language === wanted || isWithin(language, wanted) || isWithin(wanted, language)) return true;
  }
  return false;
}

/** Lower case, in order, each once: two lists of the same languages are the same. */
export function asLanguages(tags: readonly string[]): string[] {
  return [...new Set(tags.map((tag) => tag.toLowerCase()))].sort();
}

/** What is no tag is said by nobody whom one could ask for. */
export function languageTag(said: string | null | undefined): string | null {
  return said != null && /^[a-z]{2,3}(-[a-z0-9]{1,8})*$/i.test(said) ? said : null;
}

function isWithin(tag: string, wider: string): boolean {
  return tag.length > wider.length && tag[wider.length] === '-' && tag.startsWith(wider);
}
