import { foldText } from '../intent/fold-text.ts';
import { type Facts, factsOf } from './facts.ts';
import { givesOrders, plainText } from './plain-text.ts';
import { citedSentencesOf, sentencesOf } from './sentences.ts';

/** A passage as the model was given it: under a number. */
export interface NumberedPassage {
  readonly id: string;
  readonly text: string;
}

/**
 * Why a sentence is not held by what it names. `no-source`: it names no passage; `unknown-source`: one that was not given;
 * `number`, `link`, `date`, `promise`: it says one that the passages do not say; `negation`: it says the contrary;
 * `other-words`: it says something else; `orders`: it speaks to a model, or of our instructions; `too-long`, `empty`.
 */
export type Unsupported =
  | 'no-source'
  | 'unknown-source'
  | 'number'
  | 'link'
  | 'date'
  | 'promise'
  | 'negation'
  | 'other-words'
  | 'orders'
  | 'too-long'
  | 'empty';

export type Grounding =
  | { readonly kind: 'supported'; readonly text: string; readonly citations: readonly string[] }
  | { readonly kind: 'unsupported'; readonly why: Unsupported; readonly sentence: string };

/** Longer than what anybody reads in a chat. */
export const mostAnswerCharacters = 2_000;
const mostSentences = 40;
/** What of a sentence's words its passages must have. What holds an answer up was measured on the tests' sets beside it. */
const leastOverlap = 0.6;
const courtesy =
  /^(?:(?:hello|hi|hey|good (?:morning|afternoon|evening)|dear customer|thanks?(?: you)?(?: for (?:asking|your (?:question|message|patience)|reaching out|contacting us))?|i hope this helps|let me know if you have (?:any )?(?:other|more|further) questions)|(?:您?你?好|亲爱的(?:顾客|客户)|感谢您?的?(?:咨询|提问|耐心|来信)|希望(?:这|以上)?(?:能)?对您?有(?:所)?帮助|谢谢|不客气)(?:呀|啊|哦|您)?)[\s!.,，。！~～]*$/iu;

/**
 * Whether every sentence of an answer is held by the passages that it cites: its words, its amounts, dates and links, what it
 * promises, and whether it says yes or no. It knows nothing of the world: an answer in another language than its passages
 * is not held by them.
 */
export function checkGrounding(answer: string, passages: readonly NumberedPassage[]): Grounding {
  const sentences = citedSentencesOf(plainText(answer, mostAnswerCharacters * 2));
  if (sentences.length > mostSentences) return { kind: 'unsupported', why: 'too-long', sentence: '' };
  const said: string[] = [];
  const cited = new Set<string>();
  for (const { text, cites } of sentences) {
    if (cites.length === 0 && courtesy.test(text)) continue;
    const failed = (why: Unsupported): Grounding => ({ kind: 'unsupported', why, sentence: text });
    if (cites.length === 0) return failed('no-source');
    const sources = cites.map((number) => passages[number - 1]);
    if (sources.some((source) => source === undefined)) return failed('unknown-source');
    const known = sources.filter((source) => source !== undefined);
    const why = whyUnsupported(text, known.map((source) => source.text).join('\n'));
    if (why !== undefined) return failed(why);
    said.push(text);
    for (const { id } of known) cited.add(id);
  }
  const text = joined(said);
  if (text === '') return { kind: 'unsupported', why: 'empty', sentence: '' };
  if (text.length > mostAnswerCharacters) return { kind: 'unsupported', why: 'too-long', sentence: '' };
  return { kind: 'supported', text, citations: [...cited] };
}

/** How much of an answer its passages hold. */
export interface GroundingCounts {
  /** Sentences that the passages which they name hold, and that they do not. */
  readonly held: number;
  readonly dropped: number;
  /** Passages that sentences name; those that hold their sentence, or without which the others do not. */
  readonly citations: number;
  readonly citationsHeld: number;
}

/**
 * Looks at every sentence, where `checkGrounding` ends with the first that is not held.
 * @see Gao et al., "Enabling Large Language Models to Generate Text with Citations", EMNLP 2023: citation precision
 */
export function countGrounding(answer: string, passages: readonly NumberedPassage[]): GroundingCounts {
  const counts = { held: 0, dropped: 0, citations: 0, citationsHeld: 0 };
  const sentences = citedSentencesOf(plainText(answer, mostAnswerCharacters * 2)).slice(0, mostSentences);
  for (const { text, cites } of sentences) {
    if (cites.length === 0 && courtesy.test(text)) continue;
    const sources = cites.map((number) => passages[number - 1]?.text);
    const holds = (some: readonly (string | undefined)[]) =>
      some.length > 0 && !some.includes(undefined) && whyUnsupported(text, some.join('\n')) === undefined;
    const isHeld = holds(sources);
    counts[isHeld ? 'held' : 'dropped'] += 1;
    counts.citations += cites.length;
    counts.citationsHeld += sources.filter(
      (source, at) => holds([source]) || (isHeld && !holds(sources.toSpliced(at, 1))),
    ).length;
  }
  return counts;
}

/** Chinese sentences follow each other without a blank. */
function joined(sentences: readonly string[]): string {
  return sentences.reduce((text, sentence) => {
    const isTight = text === '' || /[。！？；]$/.test(text);
    return isTight ? text + sentence : `${text} ${sentence}`;
  }, '');
}

/** Why a sentence is not held by a text; undefined: it is. */
export function whyUnsupported(sentence: string, source: string): Unsupported | undefined {
  if (givesOrders(sentence)) return 'orders';
  const [stated, given] = [factsOf(sentence), factsOf(source)];
  const why = unstated(stated, given);
  if (why !== undefined) return why;
  const words = contentWords(sentence);
  const inSource = new Set(contentWords(source));
  const held = words.filter((word) => inSource.has(word)).length;
  if (held < words.length * leastOverlap) return 'other-words';
  return clausesOf(sentence).some((clause) => contradicts(clause, source)) ? 'negation' : undefined;
}

/** What is stated that is not given: numbers, links, dates, promises. */
export function unstated(
  stated: Facts,
  given: Facts,
): Extract<Unsupported, 'number' | 'link' | 'date' | 'promise'> | undefined {
  const isMissing = (said: readonly string[], there: readonly string[]) => said.some((one) => !there.includes(one));
  // Said without its unit it is what was given with one; the other way round it is an invention.
  const amounts = [...given.amounts, ...given.amounts.map((amount) => `${amount.split(' ', 1)[0]} `)];
  if (isMissing(stated.amounts, amounts)) return 'number';
  if (isMissing(stated.links, given.links)) return 'link';
  if (isMissing(stated.dates, given.dates)) return 'date';
  return isMissing(stated.promises, given.promises) ? 'promise' : undefined;
}

/** What of a sentence says yes or no by itself. */
function clausesOf(sentence: string): string[] {
  const clauses = sentence.split(/[,，;；]|\bbut\b|但是?|不过/).filter((clause) => contentWords(clause).length >= 2);
  return clauses.length === 0 ? [sentence] : clauses;
}

/** What of the source is most like it says no where it says yes, or the other way round. */
function contradicts(clause: string, source: string): boolean {
  const words = contentWords(clause);
  const parts = sentencesOf(source).flatMap((sentence) => sentence.split(/[,，、:：]|\bbut\b|但是?|不过/));
  const likeness = (part: string) => {
    const there = new Set(contentWords(part));
    const shared = words.filter((word) => there.has(word)).length;
    return shared === 0 ? 0 : (2 * shared) / (words.length + there.size);
  };
  const whole = sentencesOf(source);
  const candidates = [...whole, ...parts].map((text) => ({ text, likeness: likeness(text) }));
  const best = Math.max(0, ...candidates.map((one) => one.likeness));
  const isNegative = factsOf(clause).negations % 2 === 1;
  const near = candidates.filter((one) => one.likeness >= best * 0.85);
  return near.length > 0 && near.every(({ text }) => (factsOf(text).negations % 2 === 1) !== isNegative);
}

const emptyWords = new Set(
  (
    'a an the and or of to in on at for with by from as is are was were be been being do does did will would can could may might shall should must have has had ' +
    'it its this that these those there here you your yours we our us i my me they their he she his her if so then than when while after before within about into ' +
    'not no also just only please any all some each per via up out over under how what which who whose where why yes'
  ).split(' '),
);
const emptyCharacters = new Set(
  '的了是在和与或及也都就而您你我们请可以能会将把被对为之于从到后内前即如果若并且这那有个后吗呢吧哦',
);

/** Words that carry the sense, in a form that bears with endings; of Chinese pairs of characters. */
export function contentWords(text: string): string[] {
  const { words, runs } = foldText(text.slice(0, 1_000));
  const found = words.filter((word) => !emptyWords.has(word) && !/^\d/.test(word)).map(stem);
  for (const run of runs) {
    const characters = [...run].filter((character) => !emptyCharacters.has(character));
    if (characters.length === 1) found.push(characters[0] as string);
    for (let at = 0; at + 1 < characters.length; at++) found.push(`${characters[at]}${characters[at + 1]}`);
  }
  return text.length > 1_000 ? [...found, ...contentWords(text.slice(1_000))] : found;
}

function stem(word: string): string {
  if (word.length <= 4) return word.replace(/s$/, '');
  return word
    .replace(/(?:'s|’s)$/, '')
    .replace(/(?:ations?|ings?|edly|ed|ies|es|s|ly|ments?|ions?)$/, '')
    .replace(/(.)\1$/, '$1')
    .replace(/[eiy]$/, '');
}
