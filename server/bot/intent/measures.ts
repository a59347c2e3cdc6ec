import { seeded } from '../../base/seeded.ts';

/** One question with its answer. */
export interface MeasuredAnswer {
  /** What would have been right; null for a question that belongs to no intent. */
  readonly expected: string | null;
  readonly answered: string | null;
  readonly confidence: number;
}

/** Shares are 0 … 1; null where there was nothing to take a share of. */
export type Share = number | null;

/** What happens where answers under a threshold are taken for out of scope. */
export interface ThresholdMeasures {
  readonly threshold: number;
  /** Of the questions in scope: answered rightly. A question that was rejected counts as wrong. */
  readonly inScopeAccuracy: Share;
  /** Of the questions out of scope: rejected. */
  readonly outOfScopeRecall: Share;
  /** Of the rejected: out of scope indeed. */
  readonly outOfScopePrecision: Share;
}

export interface ActMeasures {
  /** Of what was answered at the confidence or more, out-of-scope questions among them: right. */
  readonly precision: Share;
  /** Of the questions in scope: answered at the confidence or more. */
  readonly coverage: Share;
  /** Of the questions out of scope: answered all the same. */
  readonly outOfScopeAnswered: Share;
}

const isRight = ({ expected, answered }: MeasuredAnswer) => expected !== null && expected === answered;
const isInScope = ({ expected }: MeasuredAnswer) => expected !== null;

function share(part: number, whole: number): Share {
  return whole === 0 ? null : part / whole;
}

/** Of the questions in scope: answered rightly, however unsure. */
export function accuracyOf(answers: readonly MeasuredAnswer[]): Share {
  const inScope = answers.filter(isInScope);
  return share(inScope.filter(isRight).length, inScope.length);
}

/**
 * The mean of the F1 of all intents of the questions in scope, each as much as every other: of one that is never recognised
 * it is 0.
 */
export function macroF1Of(answers: readonly MeasuredAnswer[]): Share {
  const inScope = answers.filter(isInScope);
  const expected = Map.groupBy(inScope, (answer) => answer.expected);
  const answered = Map.groupBy(inScope, (answer) => answer.answered);
  const scores = [...expected].map(([intent, own]) => {
    const given = answered.get(intent)?.length ?? 0;
    return (2 * own.filter(isRight).length) / (own.length + given);
  });
  return share(
    scores.reduce((sum, score) => sum + score, 0),
    scores.length,
  );
}

/**
 * The protocol of "oos-threshold": the threshold with which most of `answers` (of dev sets) come out right, where out of
 * scope counts as one more intent.
 * @see Larson et al., "An Evaluation Dataset for Intent Classification and Out-of-Scope Prediction", EMNLP 2019, section 4
 */
export function chooseThreshold(answers: readonly MeasuredAnswer[]): number {
  const ascending = answers.toSorted((a, b) => a.confidence - b.confidence);
  let right = answers.filter(isRight).length;
  let [best, threshold] = [right, 0];
  for (const [at, answer] of ascending.entries()) {
    right += Number(!isInScope(answer)) - Number(isRight(answer));
    const next = ascending[at + 1]?.confidence ?? 1.000_001;
    if (right > best && next > answer.confidence) [best, threshold] = [right, (answer.confidence + next) / 2];
  }
  return threshold;
}

export function measureThreshold(answers: readonly MeasuredAnswer[], threshold: number): ThresholdMeasures {
  const inScope = answers.filter(isInScope);
  const rejected = answers.filter(({ confidence }) => confidence < threshold);
  const kept = inScope.filter(({ confidence }) => confidence >= threshold);
  const rightlyRejected = rejected.filter((answer) => !isInScope(answer)).length;
  return {
    threshold,
    inScopeAccuracy: share(kept.filter(isRight).length, inScope.length),
    outOfScopeRecall: share(rightlyRejected, answers.length - inScope.length),
    outOfScopePrecision: share(rightlyRejected, rejected.length),
  };
}

export function measureAct(answers: readonly MeasuredAnswer[], from: number): ActMeasures {
  const inScope = answers.filter(isInScope);
  const sure = answers.filter(({ confidence }) => confidence >= from);
  const sureInScope = sure.filter(isInScope).length;
  return {
    precision: share(sure.filter(isRight).length, sure.length),
    coverage: share(sureInScope, inScope.length),
    outOfScopeAnswered: share(sure.length - sureInScope, answers.length - inScope.length),
  };
}

/** Answers of like confidence: how sure they were, and how often they were right. */
export interface ReliabilityBin {
  readonly from: number;
  readonly answers: number;
  readonly meanConfidence: number;
  readonly right: number;
}

const bins = 10;
const binOf = (confidence: number) => Math.min(bins - 1, Math.floor(confidence * bins));

/** What a reliability diagram shows: ten bins of the same width, the empty ones left out. */
export function reliabilityOf(answers: readonly MeasuredAnswer[]): ReliabilityBin[] {
  const byBin = Map.groupBy(answers, ({ confidence }) => binOf(confidence));
  return [...byBin]
    .sort(([a], [b]) => a - b)
    .map(([bin, inBin]) => ({
      from: bin / bins,
      answers: inBin.length,
      meanConfidence: inBin.reduce((sum, { confidence }) => sum + confidence, 0) / inBin.length,
      right: inBin.filter(isRight).length / inBin.length,
    }));
}

/** Expected calibration error: how far, on average, confidence and rightness lie apart (over `reliabilityOf`'s bins). */
export function calibrationErrorOf(answers: readonly MeasuredAnswer[]): Share {
  const apart = reliabilityOf(answers).map((bin) => bin.answers * Math.abs(bin.meanConfidence - bin.right));
  return share(
    apart.reduce((sum, one) => sum + one, 0),
    answers.length,
  );
}

/** The calibration error that as many questions show by chance. */
export interface ChanceOfCalibration {
  /** On average. */
  readonly mean: number;
  /** In 95 of 100 draws it is no more than this: an error above it is one of calibration. */
  readonly most: number;
}

const draws = 1_000;

/**
 * The calibration error of a recogniser whose confidences are exactly right, on these questions: the fewer they are, the further
 * apart confidence and rightness lie by chance alone, and never to both sides so that it would cancel out.
 *
 * Drawn, each answer right as often as its confidence says. The same answers give the same figures.
 * @see Roelofs et al., "Mitigating Bias in Calibration Error Estimation", AISTATS 2022: the binned error is too high on few answers
 */
export function chanceCalibrationErrorOf(answers: readonly MeasuredAnswer[]): ChanceOfCalibration | null {
  if (answers.length === 0) return null;
  const random = seeded(1);
  const errors = Float64Array.from({ length: draws }, () => {
    const apart = new Float64Array(bins);
    for (const { confidence } of answers) {
      const bin = binOf(confidence);
      apart[bin] = (apart[bin] as number) + confidence - Number(random() < confidence);
    }
    return apart.reduce((sum, one) => sum + Math.abs(one), 0) / answers.length;
  }).sort();
  return {
    mean: errors.reduce((sum, error) => sum + error, 0) / draws,
    most: errors[Math.ceil(0.95 * draws) - 1] as number,
  };
}
