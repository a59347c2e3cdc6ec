import { bestLanguage } from '../../knowledge/languages.ts';

/** What the graph says itself, in the two languages that it speaks; what it answers is the shop's. */
export interface GraphWords {
  readonly which: string;
  readonly whatAbout: (name: string) => string;
  readonly none: string;
}

export const wordsOf = (language: 'zh' | 'en'): GraphWords => words[language];

const words: Readonly<Record<'zh' | 'en', GraphWords>> = {
  zh: { which: '您指的是哪一个？', whatAbout: (name) => `关于“${name}”，您想了解什么？`, none: '都不是' },
  en: {
    which: 'Which do you mean?',
    whatAbout: (name) => `What would you like to know about ${name}?`,
    none: 'None of these',
  },
};

/** The languages that a text may be in, by its script: what is written in Latin letters may be any that is. */
export function speaks(text: string): (language: string) => boolean {
  const family = familyOf(text);
  if (family !== undefined) return (language) => language.toLowerCase().split('-')[0] === family;
  return (language) => !/^(?:zh|ja|ko|ru|uk|bg|sr|ar|he|th|el|hi)(?:-|$)/i.test(language);
}

function familyOf(text: string): string | undefined {
  if (/[\p{Script=Hiragana}\p{Script=Katakana}]/u.test(text)) return 'ja';
  if (/\p{Script=Han}/u.test(text)) return 'zh';
  if (/\p{Script=Hangul}/u.test(text)) return 'ko';
  if (/\p{Script=Cyrillic}/u.test(text)) return 'ru';
  if (/\p{Script=Arabic}/u.test(text)) return 'ar';
  if (/\p{Script=Thai}/u.test(text)) return 'th';
  return undefined;
}

/** What a text may be answered in: what its letters allow, and of that what is wanted most, first. */
export interface Tongue {
  readonly speaks: (language: string) => boolean;
  readonly wanted: readonly string[];
}

/** The language, of those in which something can be said, to say it in: one that the letters of the text allow, where one does. */
export function languageToSpeak(there: readonly string[], { speaks, wanted }: Tongue): string | undefined {
  const spoken = there.filter(speaks);
  return bestLanguage(spoken.length > 0 ? spoken : there, wanted);
}

/** The name of a node in the language to speak in. */
export function nameIn(names: Readonly<Record<string, string>>, tongue: Tongue): string {
  return names[languageToSpeak(Object.keys(names), tongue) ?? ''] ?? '';
}

/** Words that a question is made of whatever it is about. */
const common =
  /(?<![a-z])(?:a|an|the|is|are|was|do|does|did|can|could|would|will|i|me|my|you|your|we|our|it|its|it's|this|that|these|those|of|for|on|in|at|to|with|about|and|or|what|what's|how|which|when|where|please|tell|know|want|like|hi|hello|hey|there|have|has|any|get|much|many|long)(?![a-z])|请问|你好|您好|我想|想问|问下|问一下|一下|知道|了解|告诉|咨询|你们|我们|咱们|这个|那个|这款|那款|什么|怎么样|怎么|多少|多久|多长|几个|有没有|是不是|是什么|可以|能不能|关于|[的了吗呢啊呀吧哦嘛是有在和与跟我你您它要请想问会能都也就还呗哈]/gu;

/** How many words or signs of a text say something beside the stretches that are understood. */
export function unexplained(
  folded: string,
  understood: readonly { readonly start: number; readonly end: number }[],
): number {
  let rest = '';
  let at = 0;
  for (const { start, end } of understood.toSorted((a, b) => a.start - b.start)) {
    rest += `${folded.slice(at, Math.max(at, start))} `;
    at = Math.max(at, end);
  }
  rest = (rest + folded.slice(at)).replace(common, ' ');
  const signs = rest.match(/\p{Script=Han}/gu)?.length ?? 0;
  const latin = rest.match(/[\p{L}\p{N}]+/gu)?.filter((word) => !/\p{Script=Han}/u.test(word)).length ?? 0;
  // Two Chinese signs are about a word.
  return signs / 2 + latin;
}
