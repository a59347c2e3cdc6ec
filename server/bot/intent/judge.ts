import { evidenceNames } from './evidence.ts';

/** An answer of which it is known whether it was right, and what spoke for it. */
export interface JudgedAnswer {
  readonly evidence: Float64Array;
  readonly right: boolean;
  /** How much it counts beside the others. */
  readonly weight: number;
}

/**
 * Says how likely an answer is right: a logistic regression over the evidence, then a bend that puts the point from which
 * answers were right often enough at `actAt`.
 */
export interface Judge {
  readonly mean: Float64Array;
  readonly spread: Float64Array;
  /** By evidence, and the bias last. */
  readonly weights: Float64Array;
  /** The probability that is called `actAt`. */
  readonly bend: number;
}

/** From this confidence on the bot acts by itself. */
export const actAt = 0.8;
/** The highest probability that may be asked of an answer. */
const surest = 0.995;
/** How often what is answered at `actAt` or more shall be right: a little more than is promised, for what comes. */
const wantedPrecision = 0.965;

const neverSure: Judge = {
  mean: new Float64Array(evidenceNames.length),
  spread: new Float64Array(evidenceNames.length).fill(1),
  weights: new Float64Array(evidenceNames.length + 1),
  bend: surest,
};

/** How sure one can be of an answer: 0 … 1. */
export function confidenceOf(judge: Judge, evidence: Float64Array): number {
  const probability = probabilityOf(judge, evidence);
  const { bend } = judge;
  // Far below the bend a probability stays what it is; only what is near has to make way.
  const knee = Math.min(0.875 * bend, 0.7);
  if (probability <= knee) return probability;
  if (probability < bend) return knee + ((probability - knee) / (bend - knee)) * (actAt - knee);
  return actAt + ((probability - bend) / (1 - bend)) * (1 - actAt);
}

function probabilityOf(judge: Judge, evidence: Float64Array): number {
  const { mean, spread, weights } = judge;
  let sum = weights[mean.length] as number;
  for (let at = 0; at < mean.length; at++)
    sum += (weights[at] as number) * (((evidence[at] as number) - (mean[at] as number)) / (spread[at] as number));
  return 1 / (1 + Math.exp(-sum));
}

/** From fewer answers than these nothing can be told. */
const fewestAnswers = 10;

/** With too few answers to learn from, the judge is never sure. */
export function trainJudge(answers: readonly JudgedAnswer[]): Judge {
  if (answers.length < fewestAnswers) return neverSure;
  const { mean, spread } = scaleOf(answers);
  const rows = answers.map(({ evidence }) => {
    const row = Float64Array.from(evidence, (value, at) => (value - (mean[at] as number)) / (spread[at] as number));
    return Float64Array.of(...row, 1);
  });
  const judge = { mean, spread, weights: fitLogistic(rows, answers), bend: actAt };
  return { ...judge, bend: bendOf(answers.map((answer) => ({ ...answer, p: probabilityOf(judge, answer.evidence) }))) };
}

function scaleOf(answers: readonly JudgedAnswer[]): { mean: Float64Array; spread: Float64Array } {
  const width = answers[0]?.evidence.length ?? 0;
  const mean = new Float64Array(width);
  const spread = new Float64Array(width);
  for (const { evidence } of answers)
    for (let at = 0; at < width; at++) mean[at] = (mean[at] as number) + (evidence[at] as number) / answers.length;
  for (const { evidence } of answers)
    for (let at = 0; at < width; at++)
      spread[at] = (spread[at] as number) + ((evidence[at] as number) - (mean[at] as number)) ** 2 / answers.length;
  return { mean, spread: spread.map((variance) => Math.sqrt(variance) || 1) };
}

/** Newton's method with a small ridge: a dozen numbers, so that each step solves a small system exactly. */
function fitLogistic(rows: readonly Float64Array[], answers: readonly JudgedAnswer[]): Float64Array {
  const width = rows[0]?.length ?? 0;
  const ridge = 1;
  let weights = new Float64Array(width);
  for (let round = 0; round < 25; round++) {
    const gradient = weights.map((weight, at) => (at === width - 1 ? 0 : -ridge * weight));
    const curvature = Array.from({ length: width }, (_, at) => {
      const line = new Float64Array(width);
      line[at] = at === width - 1 ? 1e-6 : ridge;
      return line;
    });
    for (const [i, row] of rows.entries()) {
      const { right, weight } = answers[i] as JudgedAnswer;
      const sum = row.reduce((total, value, at) => total + value * (weights[at] as number), 0);
      const p = 1 / (1 + Math.exp(-sum));
      for (let a = 0; a < width; a++) {
        const value = weight * (row[a] as number);
        gradient[a] = (gradient[a] as number) + value * (Number(right) - p);
        const line = curvature[a] as Float64Array;
        for (let b = 0; b < width; b++) line[b] = (line[b] as number) + value * (row[b] as number) * p * (1 - p);
      }
    }
    const step = solve(curvature, gradient);
    weights = weights.map((weight, at) => weight + (step[at] as number));
    if (step.every((change) => Math.abs(change) < 1e-6)) break;
  }
  return weights;
}

/** Solves a small positive definite system by elimination with pivots; both arguments are used up. */
function solve(matrix: Float64Array[], right: Float64Array): Float64Array {
  const size = right.length;
  const cell = (row: number, column: number) => (matrix[row] as Float64Array)[column] as number;
  for (let column = 0; column < size; column++) {
    let pivot = column;
    for (let row = column + 1; row < size; row++)
      if (Math.abs(cell(row, column)) > Math.abs(cell(pivot, column))) pivot = row;
    [matrix[column], matrix[pivot]] = [matrix[pivot] as Float64Array, matrix[column] as Float64Array];
    [right[column], right[pivot]] = [right[pivot] as number, right[column] as number];
    for (let row = column + 1; row < size; row++) {
      const factor = cell(row, column) / cell(column, column);
      const line = matrix[row] as Float64Array;
      for (let at = column; at < size; at++) line[at] = cell(row, at) - factor * cell(column, at);
      right[row] = (right[row] as number) - factor * (right[column] as number);
    }
  }
  const solution = new Float64Array(size);
  for (let row = size - 1; row >= 0; row--) {
    let sum = right[row] as number;
    for (let at = row + 1; at < size; at++) sum -= cell(row, at) * (solution[at] as number);
    solution[row] = sum / cell(row, row);
  }
  return solution;
}

/** What is asked in earnest differs from what was held out: whatever was measured, below this no answer is called sure. */
const lowestBend = 0.65;

/** The lowest probability from which on answers were right as often as is wanted. */
function bendOf(answers: readonly { p: number; right: boolean; weight: number }[]): number {
  let [weight, right, bend] = [0, 0, 1];
  for (const answer of answers.toSorted((a, b) => b.p - a.p)) {
    weight += answer.weight;
    right += Number(answer.right) * answer.weight;
    if (right >= wantedPrecision * weight) bend = answer.p;
  }
  return Math.min(surest, Math.max(lowestBend, bend));
}
