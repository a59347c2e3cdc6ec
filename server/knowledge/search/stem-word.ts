const vowel = /[aeiouy]/;
/** What a stem may end in after `-ed` or `-ing` was taken off, and then had an `e` before: *creat-ed*, *manag-ing*. */
const lostE = /(?:at|bl|iz|[^aeiou]v|[aiou]v|[aeiou]g|[^aeioul]l|u[sr]|[aeio][cs]|rc|nc|rg|ng[^s]?$|dg)$/;
const doubled = /([b-df-hj-np-rtv-y])\1$/;

/** Endings that make another word of the same matter, longest first, and what stays of them. */
const endings: readonly (readonly [ending: string, rest: string, fewestBefore: number])[] = [
  ['ization', 'iz', 3],
  ['isation', 'iz', 3],
  ['ational', 'at', 3],
  ['fulness', '', 3],
  ['iveness', 'iv', 3],
  ['ousness', '', 3],
  ['ability', 'abl', 3],
  ['ements', '', 4],
  ['ation', 'at', 3],
  ['ement', '', 4],
  ['ments', '', 4],
  ['ness', '', 3],
  ['ment', '', 4],
  ['able', '', 4],
  ['ible', '', 4],
  ['ally', 'al', 3],
  ['fully', '', 3],
  ['ful', '', 3],
  ['ise', 'iz', 3],
  ['ize', 'iz', 3],
  ['ion', '', 4],
  ['ly', '', 3],
];

/**
 * What is common to the forms of an English word, so that *refunds*, *refunded* and *refunding* are one: plurals, past and
 * continuous forms, and some endings that make another kind of word. Light on purpose: it need not be a word, and what it
 * leaves apart the n-grams of characters still bring together.
 *
 * @param word in lower case; one that has other letters than a … z comes back as it is
 */
export function stemWord(word: string): string {
  if (word.length < 4 || !/^[a-z]+(?:'[a-z]+)?$/.test(word)) return word;
  const bare = word.replace(/'[a-z]+$/, '');
  const stem = withoutEnding(withoutTense(withoutPlural(bare)));
  const short = stem.length > 3 && stem.endsWith('e') ? stem.slice(0, -1) : stem;
  return short.length > 2 && short.endsWith('y') ? `${short.slice(0, -1)}i` : short;
}

function withoutPlural(word: string): string {
  if (word.endsWith('sses')) return word.slice(0, -2);
  if (word.endsWith('ies')) return word.length > 4 ? `${word.slice(0, -3)}y` : word.slice(0, -1);
  if (/(?:x|ch|sh|zz)es$/.test(word)) return word.slice(0, -2);
  return /[^su]s$/.test(word) && word.length > 3 && !word.endsWith('is') ? word.slice(0, -1) : word;
}

function withoutTense(word: string): string {
  if (word.endsWith('ied') && word.length > 4) return `${word.slice(0, -3)}y`;
  const cut = /(?:ing|ed)$/.exec(word);
  if (cut === null || word.endsWith('eed')) return word;
  const rest = word.slice(0, cut.index);
  if (rest.length < 2 || !vowel.test(rest)) return word;
  if (doubled.test(rest) && !/(?:ll|ss|zz)$/.test(rest)) return rest.slice(0, -1);
  return rest.length > 3 && lostE.test(rest) ? `${rest}e` : rest;
}

function withoutEnding(word: string): string {
  for (const [ending, rest, fewestBefore] of endings)
    if (word.endsWith(ending) && word.length - ending.length >= fewestBefore)
      return word.slice(0, word.length - ending.length) + rest;
  return word;
}
