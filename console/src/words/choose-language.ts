export const languages = ['en', 'zh-CN'] as const;
export type Language = (typeof languages)[number];

/** Each language by its own name, which is not translated. */
export const languageNames: Record<Language, string> = { en: 'English', 'zh-CN': '简体中文' };

/** The language that was set before, else the first of the browser's that we speak, else English. */
export function chooseLanguage(stored: string | null, wanted: readonly string[]): Language {
  const set = languages.find((language) => language === stored);
  if (set !== undefined) return set;
  for (const tag of wanted) {
    if (/^zh\b/i.test(tag)) return 'zh-CN';
    if (/^en\b/i.test(tag)) return 'en';
  }
  return 'en';
}
