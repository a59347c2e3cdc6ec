import { Lru } from '../../base/lru.ts';
import { sharedWordVectors } from '../word-vectors/word-vectors.ts';

/** A question as it is compared with another one. */
export interface QuestionForm {
  /** All its words in one spelling, in their order: two with the same say the same, but for case, width and punctuation. */
  readonly whole: string;
  /** The words that say something: without greetings, "please", articles. Of scripts without blanks each sign is one. */
  readonly content: readonly string[];
}

/** From here on two questions say the same in nearly the same signs (Dice on three signs in a row). */
export const nearlyAt = 0.75;
/** A slip of the pen is looked for in words so long; in shorter ones it makes another word too often. */
const slipLength = 6;
/** Shorter texts leave too little to tell a slip from another question. */
const leastContent = { words: 2, signs: 3 };

const negations = new Set(
  'not no never none nothing nobody nowhere neither nor without non except unless isnt arent'.split(' '),
);
/** Contractions with and without their apostrophe: "can’t", "cant" and "can not" are the same. */
const contracted: Readonly<Record<string, string>> = {
  cannot: 'can not',
  ...Object.fromEntries(
    'do does did is are was were have has had could should would must need'
      .split(' ')
      .flatMap((verb) => [`${verb}n't`, `${verb}nt`].map((form) => [form, `${verb} not`])),
  ),
  ...{ "can't": 'can not', cant: 'can not', "won't": 'will not', wont: 'will not', "shan't": 'shall not' },
  ...{ "i'm": 'i am', "i'd": 'i would', "i've": 'i have', "i'll": 'i will', pls: 'please', plz: 'please' },
};
const isContracted = /^(what|where|when|who|how|that|it|there|here|he|she)'s$/;

const phrases = (text: string) => text.split('|').map((phrase) => phrase.split(' '));
/** What may stand before a question, and after it, and changes nothing in it. */
const before = phrases(
  'hi|hello|hey|dear|good morning|good afternoon|good evening|excuse me|sorry|please|ok|okay|so|and|also|could you tell me|' +
    'could you please tell me|can you tell me|can you please tell me|please tell me|may i ask|i would like to know|' +
    'i want to know|do you know|i have a question|quick question|你 好|您 好|请 问 一 下|请 问|我 想 问 一 下|' +
    '我 想 问|想 问 一 下|想 问|麻 烦 问 一 下|问 一 下|亲',
);
const after = phrases(
  'please|thanks|thank you|thx|thank you very much|many thanks|谢 谢|谢 谢 你|谢 谢 您|多 谢|吗|呢|啊|呀|吧|哦|嘛',
);
const within = new Set(['the', 'an', 'my', 'please', '的']);

const unparted = String.raw`[\p{Script=Han}\p{Script=Hiragana}\p{Script=Katakana}\p{Script=Thai}]`;
const isSign = new RegExp(`^${unparted}$`, 'v');
/**
 * A sign of a script without blanks; a number with its sign, point and thousands; a word, with what tells C++ from C; a sign that
 * changes what a number is.
 */
const token = new RegExp(
  String.raw`(${unparted})|((?<![\p{L}\p{N}])[\-−]?\p{N}+(?:[.,:\/]\p{N}+)*)|([[\p{L}\p{M}\p{N}]--${unparted}]+(?:'[\p{L}]+)*[+#]*)|([$€£¥%°&<>=])`,
  'gv',
);

/** Reads a question; its first 1,000 characters. */
export function readQuestion(text: string): QuestionForm {
  const folded = text.slice(0, 1_000).normalize('NFKC').replace(/[’‘`]/g, "'");
  const tokens: string[] = [];
  for (const [found, , number] of folded.matchAll(token)) {
    const word = found.toLowerCase();
    if (number !== undefined) tokens.push(word.replaceAll('−', '-').replace(/,(?=\p{N}{3}(?!\p{N}))/gu, ''));
    // A capital A is a name: of a plan, a class, a vitamin.
    else if (found === 'a') tokens.push(articleA);
    else tokens.push(...expanded(word).split(' '));
  }
  return { whole: tokens.map(plainOf).join(' '), content: contentOf(tokens) };
}

/** Reads questions, and remembers the last so many: whole lists are read again after each change. */
export function createQuestionReader(remembered = 20_000): typeof readQuestion {
  const forms = new Lru<string, QuestionForm>(remembered);
  return (text) => {
    const known = forms.get(text);
    if (known !== undefined) return known;
    const form = readQuestion(text);
    forms.set(text, form);
    return form;
  };
}

/** Marks the article apart from the letter until the words that say nothing are left out. */
const articleA = '<a>';
const plainOf = (word: string) => (word === articleA ? 'a' : word);

function expanded(word: string): string {
  if (isContracted.test(word)) return word.replace("'s", ' is');
  return contracted[word] ?? word.replaceAll("'", '');
}

function contentOf(tokens: readonly string[]): string[] {
  let rest = tokens;
  for (let found = true; found; ) {
    const first = before.find((phrase) => phrase.length < rest.length && phrase.every((word, at) => rest[at] === word));
    const end = after.find(
      (phrase) => phrase.length < rest.length && phrase.every((word, at) => rest.at(at - phrase.length) === word),
    );
    found = first !== undefined || end !== undefined;
    if (first !== undefined) rest = rest.slice(first.length);
    else if (end !== undefined) rest = rest.slice(0, -end.length);
  }
  const last = rest.length - 1;
  const saying = rest.filter((word, at) => !(within.has(word) || (word === articleA && at < last)));
  return (saying.length === 0 ? rest : saying).map(plainOf);
}

/**
 * Whether two questions ask the same: `same` where their words are, `nearly` where they differ in nothing but polite words, articles
 * and one slip of the pen. Numbers, negations, and the order of words must be the same; of signs of scripts without blanks each must.
 *
 * @returns how like they are, 0.75 … 1; undefined: they do not ask the same
 */
export function comparedQuestions(
  a: QuestionForm,
  b: QuestionForm,
): { readonly kind: 'same' | 'nearly'; readonly likeness: number } | undefined {
  if (a.whole === b.whole) return { kind: 'same', likeness: 1 };
  if (a.content.length !== b.content.length) return undefined;
  let apart = -1;
  for (const [at, word] of a.content.entries()) {
    if (word === b.content[at]) continue;
    if (apart >= 0) return undefined;
    apart = at;
  }
  if (apart >= 0 && !isSlip(a.content[apart] ?? '', b.content[apart] ?? '')) return undefined;
  if (!isEnough(a.content)) return undefined;
  const likeness = dice(a.content.join(' '), b.content.join(' '));
  return likeness >= nearlyAt ? { kind: 'nearly', likeness } : undefined;
}

function isEnough(content: readonly string[]): boolean {
  const signs = content.filter((word) => isSign.test(word)).length;
  return signs >= leastContent.signs || content.length - signs >= leastContent.words;
}

/** One letter more, less, another, or two in the other order, in a word whose one spelling is a word and whose other is none. */
function isSlip(a: string, b: string): boolean {
  const isWord = (word: string) => /^\p{Script=Latin}+$/u.test(word) && word.length >= slipLength;
  if (!isWord(a) || !isWord(b) || a[0] !== b[0] || negations.has(a) || negations.has(b)) return false;
  return isOneEdit(a, b) && known().has(a) !== known().has(b);
}

let words: ReadonlySet<string> | undefined;
function known(): ReadonlySet<string> {
  words ??= new Set(sharedWordVectors().words);
  return words;
}

function isOneEdit(a: string, b: string): boolean {
  const [short, long] = a.length <= b.length ? [a, b] : [b, a];
  if (long.length - short.length > 1) return false;
  let at = 0;
  while (at < short.length && short[at] === long[at]) at++;
  if (short.length < long.length) return short.slice(at) === long.slice(at + 1);
  if (short.slice(at + 1) === long.slice(at + 1)) return true;
  return short[at] === long[at + 1] && short[at + 1] === long[at] && short.slice(at + 2) === long.slice(at + 2);
}

/** Dice's coefficient on three signs in a row, the ends of the text among them. */
function dice(a: string, b: string): number {
  const [one, other] = [gramsOf(a), gramsOf(b)];
  let common = 0;
  for (const [gram, times] of one) common += Math.min(times, other.get(gram) ?? 0);
  const sum = (grams: ReadonlyMap<string, number>) => [...grams.values()].reduce((all, times) => all + times, 0);
  return (2 * common) / (sum(one) + sum(other));
}

function gramsOf(text: string): Map<string, number> {
  const bounded = ` ${text} `;
  const grams = new Map<string, number>();
  for (let at = 0; at + 3 <= bounded.length; at++) {
    const gram = bounded.slice(at, at + 3);
    grams.set(gram, (grams.get(gram) ?? 0) + 1);
  }
  return grams;
}
