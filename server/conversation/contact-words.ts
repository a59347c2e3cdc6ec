/** Words kept of one contact: more than any name, address and number have together. */
const maxWords = 40;
const maxLength = 32;
/** A telephone number is known by its end, from so many digits on: people leave out the country, or name the last four. */
const fewestDigits = 4;

/** What a contact is found by. */
export interface FindableContact {
  readonly name: string;
  readonly email: string | null;
  readonly phone: string | null;
}

/**
 * The words by which a contact is found, folded to one case: those of its name (Chinese, Japanese and Korean from every
 * sign on, because nothing separates their words), of its address, and the ends of its number. What is looked for finds the
 * words that begin with it.
 */
export function wordsOf({ name, email, phone }: FindableContact): string[] {
  const words = new Set<string>();
  for (const word of split(name)) for (const part of isUnspaced(word) ? endsOf(word, 1) : [word]) words.add(cut(part));
  if (email !== null) {
    const address = fold(email);
    const [local = '', domain = ''] = address.split('@');
    words.add(cut(address));
    words.add(cut(domain));
    for (const word of split(local)) words.add(cut(word));
  }
  if (phone !== null) for (const end of endsOf(digitsOf(phone), fewestDigits)) words.add(cut(end));
  words.delete('');
  return [...words].slice(0, maxWords);
}

/** The words that somebody looks for: each must begin a word of the contact. Empty when there is none. */
export function wordsSought(text: string): string[] {
  const folded = fold(text.trim());
  if (/^\S*@\S*$/.test(folded)) return [cut(folded.replace(/^@/, ''))].filter((word) => word !== '');
  // A number as people write it: with blanks, a plus, zeros in front.
  if (/^[+\d][\d\s()./-]*$/.test(folded)) return [cut(digitsOf(folded))].filter((word) => word !== '');
  return [...new Set(split(folded).map(cut))];
}

/** Whether the contact has all the words that are looked for. */
export function hasWords(contact: FindableContact, sought: readonly string[]): boolean {
  const words = wordsOf(contact);
  return sought.every((one) => words.some((word) => word.startsWith(one)));
}

const fold = (text: string): string => text.normalize('NFKC').toLowerCase();
const split = (text: string): string[] => fold(text).match(/[\p{L}\p{M}\p{N}]+/gu) ?? [];
const isUnspaced = (word: string): boolean =>
  /[\p{Script=Han}\p{Script=Hiragana}\p{Script=Katakana}\p{Script=Hangul}]/u.test(word);
const digitsOf = (text: string): string => text.replace(/\D/g, '').replace(/^0+/, '');
/** Whole characters: half of a surrogate pair cannot be stored. */
const cut = (word: string): string => (word.length <= maxLength ? word : Array.from(word).slice(0, maxLength).join(''));

function endsOf(word: string, shortest: number): string[] {
  const signs = Array.from(word);
  const ends: string[] = [];
  for (let from = 0; signs.length - from >= shortest; from++) ends.push(signs.slice(from).join(''));
  return ends;
}
