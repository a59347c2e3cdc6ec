/** Shorter words have too many neighbours that are words themselves ("shirt", "short"). */
const leastLetters = 6;

export interface Spelling {
  /** The known word that is one slip away (a letter more, less, other, or two swapped); undefined where there are several or none. */
  correct(word: string): string | undefined;
}

/**
 * Corrects words towards a list. Words are kept under each of their forms with one letter less, so that a look-up costs the
 * word's length and not the list's (Garbe's symmetric delete).
 */
export function createSpelling(words: readonly string[]): Spelling {
  const known = new Set(words);
  const forms = new Map<string, string[]>();
  for (const word of known) {
    if (word.length < leastLetters - 1) continue;
    for (const form of [word, ...withoutOne(word)]) {
      const there = forms.get(form);
      if (there === undefined) forms.set(form, [word]);
      else there.push(word);
    }
  }
  return {
    correct: (word) => {
      if (known.has(word) || word.length < leastLetters - 1) return undefined;
      const found = new Set<string>();
      for (const form of [word, ...withoutOne(word)]) {
        for (const candidate of forms.get(form) ?? []) {
          const isLong = Math.max(candidate.length, word.length) >= leastLetters;
          if (isLong && isOneSlip(word, candidate)) found.add(candidate);
        }
      }
      const [only] = found;
      return found.size === 1 ? only : undefined;
    },
  };
}

function withoutOne(word: string): string[] {
  return Array.from(word, (_, at) => word.slice(0, at) + word.slice(at + 1));
}

/** The first letter is right nearly always, and a wrong one makes another word ("night", "light"). */
function isOneSlip(a: string, b: string): boolean {
  if (a.charAt(0) !== b.charAt(0) || Math.abs(a.length - b.length) > 1) return false;
  let at = 0;
  while (at < a.length && a.charAt(at) === b.charAt(at)) at += 1;
  if (a.length !== b.length) {
    const [short, long] = a.length < b.length ? [a, b] : [b, a];
    return short.slice(at) === long.slice(at + 1);
  }
  const isOther = a.slice(at + 1) === b.slice(at + 1);
  const isSwapped =
    a.charAt(at) === b.charAt(at + 1) && a.charAt(at + 1) === b.charAt(at) && a.slice(at + 2) === b.slice(at + 2);
  return isOther || isSwapped;
}
