import type { Acted, ChosenThreshold, ThresholdProposal, ThresholdScope } from '@parley/sdk/bot-measures.ts';
import { type AnswerCell, type MeasuredAnswers, steps } from './measured-answers.ts';

/** What answering from a confidence on gives. `outside` is weighed, and so may be a fraction. */
export interface CurveStep {
  readonly from: number;
  /** Answers to questions in scope: right ones, and those that belong elsewhere. */
  readonly right: number;
  readonly wrong: number;
  /** Answers to questions about something else. */
  readonly outside: number;
}

/** One-sided, 95 of 100. */
const z = 1.6449;

/**
 * What a share is at least.
 * @see Wilson, "Probable inference, the law of succession, and statistical inference", JASA 22 (1927)
 */
export function leastShare(part: number, whole: number): number {
  if (whole <= 0) return 0;
  const share = part / whole;
  const half = z * Math.sqrt((share * (1 - share)) / whole + (z * z) / (4 * whole * whole));
  return (share + (z * z) / (2 * whole) - half) / (1 + (z * z) / whole);
}

/** So few answers say nothing about a share, were they all right. */
export const answersNeeded = (target: number): number => Math.ceil((z * z * target) / (1 - target));

export const isWithin = (cell: Pick<AnswerCell, 'intent' | 'language'>, scope: ThresholdScope): boolean =>
  (scope.intent === null || scope.intent === cell.intent) &&
  (scope.language === null || scope.language === cell.language);

/** Answers of one cell at each confidence and more. */
export interface CellCurve extends Pick<AnswerCell, 'intent' | 'language'> {
  readonly belong: number;
  readonly steps: readonly CurveStep[];
}

/**
 * Of each cell, what answering from each confidence on gives.
 *
 * What is asked about something else was asked while some intents were withheld, of which it could not be taken for one: of
 * those it is assumed to be taken for them as often as for the others.
 *
 * @param half one half of the answers; absent: all
 */
export function curvesOf({ cells, outsideWeight, withheld }: MeasuredAnswers, half?: 0 | 1): CellCurve[] {
  const hidden = new Set(withheld);
  const curves = cells.map((cell) => ({ cell, counts: countsOf(cell, half) }));
  const shown = curves.filter(({ cell }) => !hidden.has(cell.intent));
  const rates = Array.from({ length: steps }, (_, at) => {
    const inside = shown.reduce((sum, { counts }) => sum + (counts.right[at] ?? 0) + (counts.wrong[at] ?? 0), 0);
    const outside = shown.reduce((sum, { counts }) => sum + (counts.outside[at] ?? 0), 0);
    return inside === 0 ? 0 : outside / inside;
  });
  return curves.map(({ cell: { intent, language, belong }, counts }) => ({
    ...{ intent, language, belong: half === undefined ? belong[0] + belong[1] : belong[half] },
    steps: Array.from({ length: steps }, (_, at) => {
      const [right, wrong] = [counts.right[at] ?? 0, counts.wrong[at] ?? 0];
      const others = hidden.has(intent) ? (rates[at] ?? 0) * (right + wrong) : (counts.outside[at] ?? 0);
      return { from: at / steps, right, wrong, outside: outsideWeight * others };
    }),
  }));
}

/** How many answers have each confidence or more. */
function countsOf({ bins }: AnswerCell, half: 0 | 1 | undefined) {
  const counts = {
    right: new Float64Array(steps),
    wrong: new Float64Array(steps),
    outside: new Float64Array(steps),
  };
  for (const [at, of, right, wrong, outside] of bins) {
    if (half !== undefined && of !== half) continue;
    counts.right[at] = (counts.right[at] as number) + right;
    counts.wrong[at] = (counts.wrong[at] as number) + wrong;
    counts.outside[at] = (counts.outside[at] as number) + outside;
  }
  for (const each of Object.values(counts))
    for (let at = steps - 2; at >= 0; at--) each[at] = (each[at] as number) + (each[at + 1] as number);
  return counts;
}

/** Several cells as one. */
export function joined(curves: readonly CellCurve[]): CurveStep[] {
  return Array.from({ length: steps }, (_, at) => {
    const sum = { from: at / steps, right: 0, wrong: 0, outside: 0 };
    for (const curve of curves) {
      const step = curve.steps[at];
      sum.right += step?.right ?? 0;
      sum.wrong += step?.wrong ?? 0;
      sum.outside += step?.outside ?? 0;
    }
    return sum;
  });
}

/**
 * The lowest threshold from which on at least so many answers are right, as far as their number lets one say so.
 *
 * @param floor it is never lower: under it the bot asks what is meant
 */
export function proposeFrom(
  curve: readonly CurveStep[],
  { target, floor }: { target: number; floor: number },
): ThresholdProposal {
  const first = Math.min(steps - 1, Math.ceil(floor * steps - 1e-9));
  const countAt = (at: number) => {
    const { right = 0, wrong = 0, outside = 0 } = curve[at] ?? {};
    return { right, whole: right + wrong + outside };
  };
  const answers = Math.floor(countAt(first).whole);
  const needed = answersNeeded(target);
  if (answers < needed) return { kind: 'too-few', answers, needed };
  for (let at = first; at < steps; at++) {
    const { right, whole } = countAt(at);
    const atLeast = leastShare(right, whole);
    if (atLeast < target) continue;
    return {
      ...{ kind: 'proposed', act: at / steps, answers: Math.round(whole), precision: right / whole, atLeast },
      isAtFloor: at === first && first > 0,
    };
  }
  return { kind: 'nowhere', answers };
}

/** For what thresholds may be chosen: each intent in each of its languages, the intent where there are several, each language. */
export function scopesOf(cells: readonly Pick<AnswerCell, 'intent' | 'language'>[]): ThresholdScope[] {
  const languages = new Set(cells.flatMap(({ language }) => language ?? []));
  const byIntent = Map.groupBy(cells, ({ intent }) => intent);
  return [
    ...[...languages].sort().map((language) => ({ intent: null, language })),
    ...[...byIntent]
      .sort(([a], [b]) => (a < b ? -1 : 1))
      .flatMap(([intent, of]): ThresholdScope[] => {
        const own = of.flatMap(({ language }) => language ?? []).sort();
        return [
          ...(own.length === 1 ? [] : [{ intent, language: null }]),
          ...own.map((language) => ({ intent, language })),
        ];
      }),
  ];
}

/** The proposals that there are, as thresholds to be taken over. */
export function proposedFrom(
  curves: readonly CellCurve[],
  { target, floor }: { target: number; floor: number },
): ChosenThreshold[] {
  return scopesOf(curves).flatMap((scope): ChosenThreshold[] => {
    const proposal = proposeFrom(joined(curves.filter((cell) => isWithin(cell, scope))), { target, floor });
    if (proposal.kind !== 'proposed') return [];
    const { act, answers, precision, atLeast } = proposal;
    return [{ ...scope, act, target, answers, precision: rounded(precision), atLeast: rounded(atLeast) }];
  });
}

export const rounded = (share: number): number => Math.round(share * 10_000) / 10_000;

/** @param actOf from how sure on an answer with this intent, to something in this language, is acted upon */
export function actedUpon(
  curves: readonly CellCurve[],
  actOf: (cell: Pick<AnswerCell, 'intent' | 'language'>) => number,
): Acted {
  const sum = { asked: 0, right: 0, wrong: 0, outside: 0 };
  for (const cell of curves) {
    sum.asked += cell.belong;
    const step = cell.steps[Math.ceil(actOf(cell) * steps - 1e-9)];
    sum.right += step?.right ?? 0;
    sum.wrong += step?.wrong ?? 0;
    sum.outside += step?.outside ?? 0;
  }
  return { ...sum, outside: Math.round(sum.outside * 10) / 10 };
}
