/** A sentence of an answer, and the numbers of the passages that it names. */
export interface CitedSentence {
  readonly text: string;
  readonly cites: readonly number[];
}

const citation = /[[【［]\s*(\d{1,3}(?:\s*[,，、;]\s*\d{1,3})*)\s*[\]】］]/g;
/** An end is one before a blank, a citation or the end: "1.5 kg" has none, nor has "parley.dev". */
const end = /(?<=[。！？!?；;\n])|(?<=\.)(?=\s|[[【［]|$)/;
const abbreviation = /(?:^|[\s(])(?:e\.g|i\.e|etc|no|nos|vs|mr|mrs|ms|dr|st|inc|ltd|co|approx|max|min|\p{Lu})\.$/iu;

/** Parts a text into sentences; blanks around them are lost. */
export function sentencesOf(text: string): string[] {
  const sentences: string[] = [];
  let open = '';
  for (const piece of text.split(end)) {
    open += piece;
    if (abbreviation.test(open.trimEnd())) continue;
    sentences.push(open);
    open = '';
  }
  sentences.push(open);
  return sentences.map((one) => one.trim()).filter((one) => one !== '');
}

/** Parts an answer into sentences with the citations that stand in them or right behind. */
export function citedSentencesOf(answer: string): CitedSentence[] {
  const found: { text: string; cites: number[] }[] = [];
  for (const sentence of sentencesOf(answer)) {
    // What stands between the end of one sentence and the words of the next belongs to the one before.
    const lead = /^(?:\s*[[【［]\s*\d{1,3}(?:\s*[,，、;]\s*\d{1,3})*\s*[\]】］]\s*[.。]?)+/.exec(sentence)?.[0] ?? '';
    const last = found.at(-1);
    if (last !== undefined) last.cites.push(...citesIn(lead));
    const rest = last === undefined ? sentence : sentence.slice(lead.length);
    const text = withoutCitations(rest);
    if (/[\p{L}\p{N}]/u.test(text)) found.push({ text, cites: citesIn(rest) });
  }
  return found.map(({ text, cites }) => ({ text, cites: [...new Set(cites)] }));
}

export function withoutCitations(text: string): string {
  return text
    .replace(citation, '')
    .replace(/[ \t]+([.。,，!！?？;；])/g, '$1')
    .replace(/[ \t]{2,}/g, ' ')
    .trim();
}

function citesIn(text: string): number[] {
  return [...text.matchAll(citation)].flatMap(([, numbers = '']) => numbers.split(/[^\d]+/).map(Number));
}
