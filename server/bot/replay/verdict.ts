import type { Share } from '../intent/measures.ts';

/** What is known of answers of what is live and of a candidate to the same questions. */
export interface PairedCounts {
  /** Questions with a known truth that both can be judged by. */
  readonly known: number;
  readonly before: GradeCounts;
  readonly after: GradeCounts;
  /** Questions that the candidate does worse on than what is live (right, then none or wrong; none, then wrong), and better. */
  readonly worse: number;
  readonly better: number;
}
export interface GradeCounts {
  readonly right: number;
  readonly wrong: number;
  readonly none: number;
}

/** What the stored cross-validation of a version says (`Evaluation`). */
export interface MeasuredVersion {
  readonly asked: number;
  readonly accuracy: Share;
  readonly precision: Share;
  readonly coverage: Share;
}

export interface VerdictInput {
  readonly pairs: PairedCounts;
  /** Turns that end newly in an error or a loop, and such that do not any more. */
  readonly troubles: { readonly newly: number; readonly gone: number };
  /** Utterances that both are sure about: how many of them get another intent. */
  readonly utterances: { readonly sure: number; readonly moved: number };
  /** Of models. `before` is null for the first one that is published, or where it was not measured; `after` where it was not yet. */
  readonly measured?: { readonly before: MeasuredVersion | null; readonly after: MeasuredVersion | null };
}

/** Why a candidate is clearly worse, with the figures; `text` says it in English. */
export interface Objection {
  readonly code:
    | 'answers-worse'
    | 'precision'
    | 'troubles'
    | 'moved'
    | 'accuracy'
    | 'measured-precision'
    | 'not-measured'
    | 'not-replayed';
  readonly data: Readonly<Record<string, number>>;
  readonly text: string;
}

export interface Verdict {
  readonly objections: readonly Objection[];
  /** By what it was judged: past turns alone, or what was measured on utterances too, as too few turns have a known truth. */
  readonly by: 'turns' | 'utterances';
}

/** With fewer turns of known truth, what was measured on utterances counts too. */
export const leastKnown = 20;
/** So unlikely must it be that chance made it look worse. */
const chance = 0.01;
/** So many of the answers at the act threshold shall be right. */
export const promised = 0.95;
/** Fewer answers do not tell a share. */
const leastActed = 20;
/** Of the utterances that both are sure about: from here on more than tidying up. */
const mostMoved = 0.1;
const leastMoved = 5;

/**
 * Whether a candidate is clearly worse than what is live. The same answers are never: each objection asks for a difference.
 *
 * 1. On turns with a known truth more got worse than better, and chance does that less than once in a hundred times: the exact
 *    binomial form of McNemar's test, one-sided.
 * 2. What it acts on there (20 turns or more) is right clearly less often than 95 of 100 times (the upper bound of Wilson's
 *    interval), less often than what is live, and wrong more often.
 * 3. More turns end newly in an error or a loop than do not any more.
 * 4. With fewer than 20 such turns: the stored cross-validation (accuracy, by Wilson intervals that do not meet; precision as
 *    in 2), and utterances that both are surely about different intents.
 *
 * @see McNemar, "Note on the sampling error of the difference between correlated proportions", Psychometrika 12 (1947)
 * @see Wilson, "Probable inference, the law of succession, and statistical inference", JASA 22 (1927)
 */
export function verdictOf({ pairs, troubles, utterances, measured }: VerdictInput): Verdict {
  const byTurns = [...answersWorse(pairs), ...precisionUnder(pairs), ...newTroubles(troubles)];
  if (pairs.known >= leastKnown || measured === undefined) return { objections: byTurns, by: 'turns' };
  return { objections: [...byTurns, ...movedUtterances(utterances), ...measuredWorse(measured)], by: 'utterances' };
}

function answersWorse({ worse, better, known, before, after }: PairedCounts): Objection[] {
  const p = binomialTail(worse, worse + better);
  if (worse <= better || p >= chance) return [];
  const data = { worse, better, known, rightBefore: before.right, rightAfter: after.right, p };
  const text = `Of ${known} past turns of which it is known what was right, ${worse} get a worse answer and ${better} a better one (${before.right} were right, and ${after.right} would be).`;
  return [{ code: 'answers-worse', data, text }];
}

function precisionUnder({ before, after }: PairedCounts): Objection[] {
  const [acted, actedBefore] = [after.right + after.wrong, before.right + before.wrong];
  const share = acted === 0 ? 1 : after.right / acted;
  const shareBefore = actedBefore === 0 ? 1 : before.right / actedBefore;
  const isUnder = acted >= leastActed && wilson(after.right, acted).high < promised;
  if (!isUnder || share >= shareBefore || after.wrong <= before.wrong) return [];
  const data = { right: after.right, acted, share, shareBefore, promised };
  const text = `Of ${acted} past turns that it acts on, ${after.right} are right (${percent(share)}; live: ${percent(shareBefore)}): clearly under ${percent(promised)}.`;
  return [{ code: 'precision', data, text }];
}

function newTroubles({ newly, gone }: VerdictInput['troubles']): Objection[] {
  if (newly <= gone) return [];
  const text = `Past turns that would newly end in an error or a loop: ${newly}; that would not any more: ${gone}.`;
  return [{ code: 'troubles', data: { newly, gone }, text }];
}

function movedUtterances({ sure, moved }: VerdictInput['utterances']): Objection[] {
  if (moved < leastMoved || moved < mostMoved * sure) return [];
  const text = `Of ${sure} utterances that both are sure about, ${moved} surely get another intent than from the live version.`;
  return [{ code: 'moved', data: { sure, moved }, text }];
}

function measuredWorse({ before, after }: NonNullable<VerdictInput['measured']>): Objection[] {
  if (after === null) {
    if (before === null) return [];
    const text = 'It has not been measured yet, and too few past turns tell how good it is: wait until it is measured.';
    return [{ code: 'not-measured', data: {}, text }];
  }
  return [...accuracyWorse(before, after), ...measuredPrecisionUnder(before, after)];
}

function accuracyWorse(before: MeasuredVersion | null, after: MeasuredVersion): Objection[] {
  if (before === null || before.accuracy === null || after.accuracy === null) return [];
  const low = wilson(before.accuracy * before.asked, before.asked).low;
  if (wilson(after.accuracy * after.asked, after.asked).high >= low) return [];
  const data = { before: before.accuracy, after: after.accuracy, asked: after.asked };
  const text = `Cross-validated, ${percent(after.accuracy)} of ${after.asked} utterances are recognised; of the live version ${percent(before.accuracy)} were.`;
  return [{ code: 'accuracy', data, text }];
}

function measuredPrecisionUnder(before: MeasuredVersion | null, after: MeasuredVersion): Objection[] {
  const { precision, coverage, asked } = after;
  if (precision === null || coverage === null) return [];
  const acted = Math.round(coverage * asked);
  const shareBefore = before === null ? 1 : (before.precision ?? 1);
  if (acted < leastActed || wilson(precision * acted, acted).high >= promised || precision >= shareBefore) return [];
  const text = `Cross-validated, ${percent(precision)} of what it acts on is right (of ${acted} utterances): clearly under ${percent(promised)}.`;
  return [{ code: 'measured-precision', data: { share: precision, acted, promised }, text }];
}

const percent = (share: number) => `${(100 * share).toFixed(1)} %`;

/** How likely `count` or more of `of` fair coins fall on one side; 1 of none. */
export function binomialTail(count: number, of: number): number {
  if (count <= 0) return 1;
  // log C(of, k) − of · log 2, one k after the other: nothing overflows.
  let log = -of * Math.LN2;
  let sum = 0;
  for (let k = of; k >= count; k -= 1) {
    sum += Math.exp(log);
    log += Math.log(k) - Math.log(of - k + 1);
  }
  return Math.min(1, sum);
}

/** Between which shares the true one lies (95 of 100 times) when `right` of `of` were seen. */
export function wilson(right: number, of: number): { low: number; high: number } {
  if (of === 0) return { low: 0, high: 1 };
  const z = 1.96;
  const share = right / of;
  const middle = share + z ** 2 / (2 * of);
  const half = z * Math.sqrt((share * (1 - share)) / of + z ** 2 / (4 * of ** 2));
  const scale = 1 + z ** 2 / of;
  return { low: (middle - half) / scale, high: (middle + half) / scale };
}
