/** What is searched: an article, or an entry with the phrasings of the question that it answers, or both. */
export interface IndexedDoc {
  readonly id: string;
  readonly title: string;
  /** Known phrasings of what the document answers. */
  readonly questions?: readonly string[];
  readonly text?: string;
  /** BCP 47. A document without one is found in every language. */
  readonly language?: string;
}

/** A part of a document that is found as one. */
export interface PassageOfDoc {
  /** Its place in the document, from 0. */
  readonly part: number;
  /** Of the document's text; '' where it has none. */
  readonly text: string;
}

/** A passage is a few paragraphs: longer ones blur, shorter ones lose what they are about. In weighed characters, at most. */
const longestPassage = 2_000;
/** A Chinese character says about as much as two and a half Latin letters. */
const weightOfSign = 2.5;
/** A sentence longer than this is cut at a comma or a blank, so that one without a full stop does not become a passage of 100,000. */
const longestSentence = 800;

/** Parts a document into passages of whole sentences: paragraphs stay together where they fit. At least one. */
export function passagesOf({ text = '' }: IndexedDoc): PassageOfDoc[] {
  const chunks = chunksOf(text);
  if (chunks.length === 0) return [{ part: 0, text: '' }];
  return chunks.map((sentences, part) => ({ part, text: sentences.join('').trim() }));
}

/**
 * What is compared with a question one by one: the title, which belongs to every passage, the phrasings, which belong to
 * the first, and the sentences.
 */
export function unitsOf({ title, questions = [] }: IndexedDoc, { part, text }: PassageOfDoc): string[] {
  const opening = part === 0 ? [title, ...questions] : [title];
  return [...opening, ...sentencesOf(text)].filter((unit) => unit.trim() !== '');
}

/** @returns the sentences of each chunk, with the white space between them, so that joined they are the text again */
function chunksOf(text: string): string[][] {
  const chunks: string[][] = [];
  let [chunk, length]: [string[], number] = [[], 0];
  // Of even length: a last sentence by itself would be a passage about nothing.
  const whole = lengthOf(text);
  const passageLength = Math.min(longestPassage, (1.15 * whole) / Math.ceil(whole / longestPassage));
  const close = () => {
    if (chunk.some((sentence) => sentence.trim() !== '')) chunks.push(chunk);
    [chunk, length] = [[], 0];
  };
  for (const paragraph of text.split(/(?<=\n\s*\n)(?=\S)/)) {
    const sentences = sentencesOf(paragraph);
    const more = lengthOf(paragraph);
    if (length > passageLength / 2 && length + more > passageLength) close();
    for (const sentence of sentences) {
      const more = lengthOf(sentence);
      if (length > 0 && length + more > passageLength) close();
      chunk.push(sentence);
      length += more;
    }
  }
  close();
  return chunks;
}

/** The sentences of a text, Chinese and Latin; joined they are the text again. */
export function sentencesOf(text: string): string[] {
  return text
    .split(/(?<=[。！？；!?;\n…][”」』"’）)]*)(?![”」』"’）)。！？；!?;\n…])|(?<=[.]["”’)]*)(?=\s)/u)
    .flatMap((sentence) => (sentence.length > longestSentence ? piecesOf(sentence) : [sentence]))
    .filter((sentence) => sentence !== '');
}

function piecesOf(sentence: string): string[] {
  const pieces: string[] = [];
  let start = 0;
  while (sentence.length - start > longestSentence) {
    const head = sentence.slice(start, start + longestSentence);
    const cut = Math.max(head.lastIndexOf(' '), head.lastIndexOf('，'), head.lastIndexOf('、'), head.lastIndexOf(','));
    // Never between the two halves of a character beyond U+FFFF.
    const whole = /[\uD800-\uDBFF]$/.test(head) ? longestSentence - 1 : longestSentence;
    const end = start + (cut > longestSentence / 2 ? cut + 1 : whole);
    pieces.push(sentence.slice(start, end));
    start = end;
  }
  pieces.push(sentence.slice(start));
  return pieces;
}

const signsWithoutBlanks = /[\p{Script=Han}\p{Script=Hiragana}\p{Script=Katakana}\p{Script=Thai}]/gu;

function lengthOf(text: string): number {
  const signs = text.match(signsWithoutBlanks)?.length ?? 0;
  return text.length + signs * (weightOfSign - 1);
}
