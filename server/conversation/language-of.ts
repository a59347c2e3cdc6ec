/** Letters of each script that names a language by itself, or nearly. */
const scripts: readonly (readonly [language: string, letters: RegExp])[] = [
  ['ja', /[\p{Script=Hiragana}\p{Script=Katakana}]/gu],
  ['ko', /\p{Script=Hangul}/gu],
  ['zh', /\p{Script=Han}/gu],
  ['th', /\p{Script=Thai}/gu],
  ['ar', /\p{Script=Arabic}/gu],
  ['he', /\p{Script=Hebrew}/gu],
  ['ru', /\p{Script=Cyrillic}/gu],
  ['el', /\p{Script=Greek}/gu],
];
/** A language of Latin letters is known by its smallest words alone. */
const smallWords: readonly (readonly [language: string, words: RegExp])[] = [
  [
    'en',
    /\b(?:the|is|my|to|and|of|you|it|what|how|for|can|have|not|this|do|please|hi|hello|thanks|where|when|order)\b/gi,
  ],
  ['es', /\b(?:el|los|las|que|por|para|una|mi|está|gracias|hola|cómo|cuándo|dónde)\b/gi],
  ['fr', /\b(?:le|les|des|est|une|pour|bonjour|merci|mon|je|vous|où|quand)\b/gi],
  ['de', /\b(?:der|die|das|und|ist|nicht|ich|mein|meine|wo|wann|bitte|danke|hallo)\b/gi],
];

/** How much each language has for it in a text: letters of its script, or words of its own. */
export function languageMarks(text: string): Record<string, number> {
  const head = text.slice(0, 1_000);
  const marks: Record<string, number> = {};
  for (const [language, letters] of scripts) count(language, head.match(letters)?.length);
  for (const [language, words] of smallWords) count(language, 3 * (head.match(words)?.length ?? 0));
  // Kana stands between Chinese characters only where the text is Japanese.
  if (marks.ja !== undefined && marks.zh !== undefined && marks.ja * 4 >= marks.zh) {
    marks.ja += marks.zh;
    delete marks.zh;
  }
  return marks;

  function count(language: string, found: number | undefined): void {
    if (found !== undefined && found > 0) marks[language] = found;
  }
}

/** The language for which most speaks; undefined where nothing does. */
export function languageFrom(marks: Readonly<Record<string, number>>): string | undefined {
  return Object.entries(marks).toSorted(([, a], [, b]) => b - a)[0]?.[0];
}
