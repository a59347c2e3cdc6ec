import type { Locale } from './api.ts';

/** The first wish that we have words for: `zh`, `zh-Hans`, `zh-TW` all read Chinese better than English. */
export function chooseLocale(wishes: readonly (string | undefined)[]): Locale {
  const wish = wishes.find((one) => /^(zh|en)\b/i.test(one ?? ''));
  return /^zh/i.test(wish ?? '') ? 'zh-CN' : 'en';
}
