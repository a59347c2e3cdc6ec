import { languageFrom, languageMarks } from '../../conversation/language-of.ts';
import { isLatin, languageOf, latinWordsIn, withoutCodes } from './language-of.ts';

/** Tells the language that a customer writes in, as well as is of use to those who choose an answer by it. */
export interface LanguageTeller {
  /**
   * @param known.before the language they wrote in until now
   * @param known.customer the one that the channel or the host page names
   * @param known.texts the languages of what the bot says by itself
   * @param known.otherwise the one to speak where nothing tells it
   * @returns null where nothing tells it
   */
  tell(text: string, known: KnownLanguages): Promise<string | null>;
}
export interface KnownLanguages {
  readonly before: string | null;
  readonly customer: string | null;
  readonly texts: readonly string[];
  readonly otherwise: string;
}

/** How like each language a text is, from 0 to 1, by the tag of the language alone. */
type Likeness = (text: string) => Readonly<Record<string, number>>;

/** What is Latin is English, unless another language that is answered in is so much more like it … */
const clearlyMore = 1.15;
/** … and nearly as like it as the likest of all, which may be one that nobody here answers in. */
const nearlyLikest = 0.9;
/** So many words are enough to tell by their letters; fewer are a name, a code, or "ok", unless they greet or thank. */
const leastWords = 3;
/** What is read of a text: the rest is in the same language. */
const mostRead = 500;

/**
 * Texts in Latin letters are looked at more closely only where something is answered in another such language than English:
 * what that needs is loaded then, and takes some 60 MB.
 *
 * @param deps.spoken the languages of the knowledge base and the graph
 */
export function createLanguageTeller(deps: {
  spoken: () => Promise<Iterable<string>>;
  load?: () => Promise<Likeness>;
  onError: (error: unknown) => void;
}): LanguageTeller {
  let loading: Promise<Likeness | undefined> | undefined;

  /** Where it cannot be loaded, the script tells as much as it does. */
  function likeness(): Promise<Likeness | undefined> {
    loading ??= (deps.load ?? loadLikeness)().catch((error: unknown) => {
      deps.onError(error);
      return undefined;
    });
    return loading;
  }

  async function inLatin(text: string, others: ReadonlySet<string>): Promise<string | undefined> {
    const words = latinWordsIn(text);
    const byWords = languageFrom(languageMarks(text));
    const isOurs = byWords === 'en' || (byWords !== undefined && others.has(byWords));
    const isPlain = !/(?![a-z])\p{Script=Latin}/iu.test(text);
    if (words < leastWords && (isOurs || isPlain)) return isOurs ? byWords : undefined;
    if (others.size === 0) return words < leastWords ? undefined : 'en';
    const likest = await likeness();
    return likest === undefined ? byWords : likestOf(likest(text), others);
  }

  return {
    tell: async (text, { before, customer, texts, otherwise }) => {
      const plain = withoutCodes(text.slice(0, mostRead));
      const byScript = languageOf(plain);
      if (byScript === null) return before ?? customer;
      if (byScript !== 'en') return byScript;
      if (latinWordsIn(plain) < leastWords && before !== null) return before;
      const others = new Set([...new Set([...(await deps.spoken()), ...texts])].map(baseOf).filter(isOtherLatin));
      const told = await inLatin(plain, others);
      if (told !== undefined) return customer !== null && baseOf(customer) === told ? customer : told;
      const isShort = latinWordsIn(plain) < leastWords;
      const may = (one: string | null) => one !== null && (isShort || isLatin(baseOf(one)));
      return [before, customer].find(may) ?? (isLatin(baseOf(otherwise)) ? otherwise : 'en');
    },
  };
}

async function loadLikeness(): Promise<Likeness> {
  const { eld } = await import('eld/extrasmall');
  return (text) => eld.detect(text).getScores();
}

function likestOf(likeness: Readonly<Record<string, number>>, others: ReadonlySet<string>): string | undefined {
  const likest = Math.max(0, ...Object.values(likeness));
  const english = likeness.en ?? 0;
  const [best] = [...others].toSorted((a, b) => (likeness[b] ?? 0) - (likeness[a] ?? 0));
  const isBest = best !== undefined && (likeness[best] ?? 0) >= Math.max(clearlyMore * english, nearlyLikest * likest);
  if (isBest && likest > 0) return best;
  return english >= nearlyLikest * likest && likest > 0 ? 'en' : undefined;
}

const baseOf = (tag: string): string => tag.toLowerCase().split('-')[0] ?? '';
const isOtherLatin = (language: string): boolean => language !== 'en' && isLatin(language);
