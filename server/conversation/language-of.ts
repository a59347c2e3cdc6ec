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
/** A language of Latin letters is known by its smallest words, and by those with which people greet and thank. */
const smallWords: Readonly<Record<string, string>> = {
  en: 'the is my to and of you it what how for can have not this do please hi hello thanks where when order',
  es: 'el los las que por para una mi está gracias hola cómo cuándo dónde buenos buenas',
  fr: 'le les des est une pour bonjour bonsoir merci mon je vous où quand',
  de: 'der die das und ist nicht ich mein meine wo wann bitte danke hallo guten vielen dank',
  pt: 'olá obrigado obrigada não você vocês meu minha onde',
  it: 'ciao grazie buongiorno buonasera sono mio dov perché vorrei',
  nl: 'hoi goedemorgen goedemiddag dank bedankt een niet ik mijn waar',
  pl: 'cześć dziękuję proszę jest gdzie moje dzień dobry',
  sv: 'hej tack och inte är jag',
  tr: 'merhaba teşekkürler nerede siparişim için bir',
  vi: 'xin chào cảm ơn tôi của không',
  id: 'terima kasih saya tidak selamat',
};
const wordsOf = Object.entries(smallWords).map(([language, words]) => [language, new Set(words.split(' '))] as const);

/** How much each language has for it in a text: letters of its script, or words of its own. */
export function languageMarks(text: string): Record<string, number> {
  const head = text.slice(0, 1_000);
  const marks: Record<string, number> = {};
  for (const [language, letters] of scripts) count(language, head.match(letters)?.length ?? 0);
  const words = head.toLowerCase().match(/\p{L}+/gu) ?? [];
  for (const [language, own] of wordsOf) count(language, 3 * words.filter((word) => own.has(word)).length);
  // Kana stands between Chinese characters only where the text is Japanese.
  if (marks.ja !== undefined && marks.zh !== undefined && marks.ja * 4 >= marks.zh) {
    marks.ja += marks.zh;
    delete marks.zh;
  }
  return marks;

  function count(language: string, found: number): void {
    if (found > 0) marks[language] = found;
  }
}

/** The language for which most speaks; undefined where nothing does. */
export function languageFrom(marks: Readonly<Record<string, number>>): string | undefined {
  return Object.entries(marks).toSorted(([, a], [, b]) => b - a)[0]?.[0];
}
