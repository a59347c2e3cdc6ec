import { type IndexedDoc, sentencesOf } from './passages-of-doc.ts';
import { tokensOf } from './tokens-of-text.ts';

/** A corpus with something held back, and questions about it whose right document is known. */
export interface Practice {
  readonly docs: readonly IndexedDoc[];
  readonly questions: readonly { readonly text: string; readonly expected: string | undefined }[];
}

/** One document in so many is withheld as a whole: questions about it have no answer. */
const withheldOneIn = 4;
const questionsAtMost = 400;

/**
 * Questions made of the corpus itself, so that nobody has to write any. Of an entry with phrasings one is held back and
 * asked; of a text, a sentence is asked in part, with words of others among it. What is asked about documents that are
 * withheld has no answer. It yields after each document, so that a server can do something else between.
 */
export function* practiceOf(docs: readonly IndexedDoc[], random: () => number): Generator<void, Practice> {
  const kept: IndexedDoc[] = [];
  const questions: { text: string; expected: string | undefined }[] = [];
  const noise: string[] = [];
  for (const { text = '' } of docs) {
    for (const piece of piecesOf(text.slice(0, 2_000))) if (random() < 0.3) noise.push(piece);
    yield;
  }
  const share = questionsAtMost / Math.max(1, docs.length);
  for (const doc of docs) {
    const isWithheld = random() * withheldOneIn < 1;
    const expected = isWithheld ? undefined : doc.id;
    const phrasings = doc.questions ?? [];
    const held = phrasings.length > 1 ? Math.floor(random() * phrasings.length) : -1;
    if (!isWithheld) kept.push(held < 0 ? doc : { ...doc, questions: phrasings.filter((_, at) => at !== held) });
    if (random() >= share) continue;
    if (held >= 0) questions.push({ text: phrasings[held] as string, expected });
    else questions.push({ text: garbled(doc, noise, random), expected });
    yield;
  }
  return { docs: kept, questions };
}

/** A person asks with some words of the sentence, some that are not there, and sometimes the title's. */
function garbled({ title, text = '' }: IndexedDoc, noise: readonly string[], random: () => number): string {
  const sentences = sentencesOf(text).filter((sentence) => sentence.trim().length > 8);
  const sentence = sentences[Math.floor(random() * sentences.length)] ?? title;
  const pieces = piecesOf(sentence);
  const size = Math.min(pieces.length, 4 + Math.floor(random() * 8));
  const start = Math.floor(random() * (pieces.length - size + 1));
  const asked = pieces.slice(start, start + size).flatMap((piece) => {
    const drawn = random();
    if (drawn < 0.5) return [piece];
    return drawn < 0.8 && noise.length > 0 ? [noise[Math.floor(random() * noise.length)] as string] : [];
  });
  return [...(random() < 0.3 ? [title] : []), ...asked].join(' ');
}

/** Words, and of runs without blanks two to three signs. */
function piecesOf(text: string): string[] {
  return tokensOf(text)
    .flatMap(({ folded, isRun }) => (isRun ? (folded.match(/.{1,3}/gu) ?? []) : [folded]))
    .toArray();
}
