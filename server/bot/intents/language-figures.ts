import { languageFrom, languageMarks } from '../../conversation/language-of.ts';
import { actAt } from '../intent/judge.ts';
import { accuracyOf, type MeasuredAnswer, measureAct, type Share } from '../intent/measures.ts';

/** How well it does on the utterances of one language, as their letters and words tell it. */
export interface LanguageFigures {
  readonly language: string;
  readonly asked: number;
  readonly accuracy: Share;
  readonly precision: Share;
  readonly coverage: Share;
}

/** By language, the one with the most utterances first; an utterance that tells no language is in none. */
export function languagesOf(asked: readonly (MeasuredAnswer & { readonly utterance: string })[]): LanguageFigures[] {
  const byLanguage = Map.groupBy(asked, ({ utterance }) => languageFrom(languageMarks(utterance)));
  return [...byLanguage]
    .flatMap(([language, of]): LanguageFigures[] => {
      if (language == null) return [];
      const { precision, coverage } = measureAct(of, actAt);
      return [{ language, asked: of.length, accuracy: accuracyOf(of), precision, coverage }];
    })
    .toSorted((a, b) => b.asked - a.asked);
}
