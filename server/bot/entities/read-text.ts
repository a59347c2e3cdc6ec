/** What is read of a text, in UTF-16 units: values in what follows are not found. */
export const maxRead = 10_000;

/** A text in one form (compatibility forms and case folded), of which each place is known in the original. */
export interface ReadText {
  readonly original: string;
  readonly folded: string;
  /** Where a stretch of the folded text lies in the original; `end` is exclusive, in both. */
  placeOf(start: number, end: number): { readonly start: number; readonly end: number };
}

/** Chinese punctuation parts sentences and no digits: a full-width comma is no thousands separator. */
const kept = new Set(['，', '。', '！', '？', '；']);

/** Folds a text character by character, so that what is found in it can be shown where it stands. Answers any string. */
export function readText(text: string): ReadText {
  const original = text.slice(0, maxRead);
  const starts: number[] = [];
  let folded = '';
  let at = 0;
  for (const character of original) {
    const form = kept.has(character) ? character : foldCharacter(character);
    for (let unit = 0; unit < form.length; unit += 1) starts.push(at);
    folded += form;
    at += character.length;
  }
  const sizeAt = (place: number) => ((original.codePointAt(place) ?? 0) > 0xffff ? 2 : 1);
  return {
    original,
    folded,
    placeOf: (start, end) => {
      const last = starts[end - 1] ?? 0;
      return { start: starts[start] ?? original.length, end: last + sizeAt(last) };
    },
  };
}

/** As `readText` folds, for terms that are looked for in such a text; runs of blanks are one blank. */
export function foldTerm(term: string): string {
  return readText(term).folded.replace(/\s+/gu, ' ').trim();
}

function foldCharacter(character: string): string {
  const code = character.charCodeAt(0);
  if (code < 128) return character.toLowerCase();
  return character.normalize('NFKC').toLowerCase();
}
