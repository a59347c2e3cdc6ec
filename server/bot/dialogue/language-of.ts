/** Scripts that tell a language well enough to choose the words of an answer by. */
const scripts: readonly { readonly language: string; readonly signs: RegExp }[] = [
  { language: 'ja', signs: /[\p{Script=Hiragana}\p{Script=Katakana}]/gu },
  { language: 'ko', signs: /\p{Script=Hangul}/gu },
  { language: 'zh', signs: /\p{Script=Han}/gu },
  { language: 'ru', signs: /\p{Script=Cyrillic}/gu },
  { language: 'ar', signs: /\p{Script=Arabic}/gu },
  { language: 'el', signs: /\p{Script=Greek}/gu },
  { language: 'he', signs: /\p{Script=Hebrew}/gu },
  { language: 'hi', signs: /\p{Script=Devanagari}/gu },
  { language: 'th', signs: /\p{Script=Thai}/gu },
  { language: 'en', signs: /\p{Script=Latin}/gu },
];
/** A sign of these scripts says as much as several letters: an order number in a Chinese sentence makes it no English one. */
const worth: Readonly<Record<string, number>> = { ja: 6, ko: 2, zh: 3 };

/** So many words in Latin script are a change of language; fewer are a name, a code, or "ok". */
const latinWords = 3;

/**
 * The language that a text is most likely written in, by its script: all that is Latin counts as English (`LanguageTeller` looks
 * more closely).
 *
 * @param before the language spoken so far: a word or a code in Latin script does not change it
 * @returns null where nothing tells it: digits, emoji
 */
export function languageOf(text: string, before: string | null = null): string | null {
  const plain = withoutCodes(text);
  let best: { language: string; count: number } | undefined;
  for (const { language, signs } of scripts) {
    const count = (plain.match(signs)?.length ?? 0) * (worth[language] ?? 1);
    if (count > (best?.count ?? 0)) best = { language, count };
  }
  const isSmall = best?.language === 'en' && before !== null && latinWordsIn(plain) < latinWords;
  return isSmall ? before : (best?.language ?? before);
}

/** Order numbers and the like are in no language. */
export function withoutCodes(text: string): string {
  return text.replace(/[\p{Script=Latin}\d/_-]*\d[\p{Script=Latin}\d/_-]*/gu, ' ');
}

export function latinWordsIn(text: string): number {
  return text.match(/\p{Script=Latin}+/gu)?.length ?? 0;
}

/** Whether a language is written in Latin letters, as a rule. */
export function isLatin(language: string): boolean {
  try {
    return new Intl.Locale(language).maximize().script === 'Latn';
  } catch {
    return false;
  }
}
