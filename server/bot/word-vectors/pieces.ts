/** Forms that an English word may be one of, the likeliest first: `cancelled` → `cancel`, `cancelle` … */
export function baseFormsOf(word: string): string[] {
  const forms: string[] = [];
  for (const [ending, instead] of endings) {
    if (word.length - ending.length < shortestStem || !word.endsWith(ending)) continue;
    const stem = word.slice(0, word.length - ending.length);
    if (instead.length === 0 && /(.)\1$/.test(stem)) forms.push(stem.slice(0, -1));
    forms.push(stem + instead);
  }
  return forms;
}

const shortestStem = 2;
const endings: readonly (readonly [ending: string, instead: string])[] = [
  ["'s", ''],
  ['ies', 'y'],
  ['ied', 'y'],
  ['es', 'e'],
  ['es', ''],
  ['s', ''],
  ['ing', ''],
  ['ing', 'e'],
  ['ed', ''],
  ['ed', 'e'],
  ['er', ''],
  ['er', 'e'],
  ['est', ''],
  ['ly', ''],
];

/** The longest run of characters without blanks that can be one word. */
const longestWord = 4;

/**
 * The known words of a text: of words with blanks between them each that is known, and its base form; of a run without
 * blanks every known word in it, of one to four characters, overlapping ones as well.
 * @param place where a word is among the known ones
 * @returns their places, in the order of the text
 */
export function piecesOf(
  text: { readonly words: readonly string[]; readonly runs: readonly string[] },
  place: (word: string) => number | undefined,
): number[] {
  const found: number[] = [];
  for (const word of text.words) {
    const [own, base] = [place(word), firstKnown(word, place)];
    if (own !== undefined) found.push(own);
    if (base !== undefined) found.push(base);
  }
  for (const run of text.runs) {
    const characters = [...run];
    for (let start = 0; start < characters.length; start++) {
      let word = '';
      for (let length = 1; length <= longestWord && start + length <= characters.length; length++) {
        word += characters[start + length - 1];
        const at = place(word);
        if (at !== undefined) found.push(at);
      }
    }
  }
  return found;
}

function firstKnown(word: string, place: (word: string) => number | undefined): number | undefined {
  for (const form of baseFormsOf(word)) {
    const at = place(form);
    if (at !== undefined) return at;
  }
  return undefined;
}
