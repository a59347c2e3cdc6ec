import { evidenceNames } from './evidence.ts';

/** An answer of which it is known whether it was right, and what spoke for it. */
export interface JudgedAnswer {
  readonly evidence: Float64Array;
  readonly right: boolean;
  /** How much it counts beside the others. */
  readonly weight: number;
  readonly question: QuestionKind;
}

/**
 * In scope; an utterance of an intent that the answerer did not know (`withheld`); or made up, to ask for nothing that there is an
 * intent for (`strange`). Nobody asks as the strange ones do: they teach what to look at, but nothing is counted by them.
 */
export type QuestionKind = 'in-scope' | 'withheld' | 'strange';

/**
 * Says how sure one can be of an answer, in three steps: a logistic regression over the evidence, learnt from questions in and out of
 * scope, puts answers into an order; from the order follows how often answers to questions in scope are right (a second one);
 * and a bend puts the point from which answers were right often enough, those out of scope among them, at `actAt`.
 */
export interface Judge {
  readonly mean: Float64Array;
  readonly spread: Float64Array;
  /** By evidence, its lower and its upper quartile, in spreads from the mean: behind each it may count for more or less. */
  readonly knots: Float64Array;
  /** By evidence; by knot, for what lies beyond it; and the bias last. */
  readonly weights: Float64Array;
  /** From the sum of weighted evidence to log odds of being right, in scope: a line that goes on with another slope beyond the kink. */
  readonly slope: number;
  readonly offset: number;
  readonly kink: number;
  readonly slopeBeyond: number;
  /** The probability that is called `actAt`. */
  readonly bend: number;
}

/** From this confidence on the bot acts by itself. */
export const actAt = 0.8;
/** The highest probability that may be asked of an answer. */
const surest = 0.995;
/**
 * How often what is answered at `actAt` or more shall be right, of the answers that the judge learns from: more than is promised (0.95), the
 * more so the fewer they are, as what was measured on few is chance (2 standard deviations of such a share); and more still where no strange
 * questions taught what is out of scope. Chosen on the dev sets.
 */
function wantedPrecision(answers: readonly JudgedAnswer[]): number {
  const countOf = (kind: QuestionKind) => answers.filter(({ question }) => question === kind).length;
  const spread = 1 / Math.sqrt(countOf('in-scope'));
  const wanted = countOf('strange') === 0 ? 0.952 + 0.55 * spread : 0.945 + 0.5 * spread;
  return Math.min(0.985, wanted);
}

/**
 * Where too few answers were held out to learn from: sure of what is an utterance that was trained on, word for word or nearly, and of
 * nothing else. A bot that was given three utterances answers these three, and does not guess.
 */
function cautious(names: readonly string[]): Judge {
  const evidence = (values: Partial<Record<(typeof evidenceNames)[number], number>>) =>
    Float64Array.from(names, (name) => values[name as (typeof evidenceNames)[number]] ?? 0);
  return {
    mean: evidence({ known: 1, likeness: 0.96 }),
    spread: new Float64Array(names.length).fill(1),
    knots: new Float64Array(2 * names.length),
    weights: Float64Array.of(
      ...evidence({ known: 40, likeness: 60, likenessOfOthers: -2 }),
      ...new Float64Array(2 * names.length),
      0.5,
    ),
    ...{ slope: 1, offset: 0, kink: 0, slopeBeyond: 1 },
    bend: actAt,
  };
}

/**
 * How sure one can be of an answer: 0 … 1.
 *
 * Most probabilities stay what they are. Where answers have to be likelier than `actAt` to be acted on, those in between are called
 * a little less than `actAt`; where less will do, those in between are called a little more.
 */
export function confidenceOf(judge: Judge, evidence: Float64Array): number {
  const probability = probabilityOf(judge, evidence);
  const { bend } = judge;
  if (probability >= bend)
    return bend >= actAt || probability >= aboveBend
      ? probability
      : actAt + ((probability - bend) / (aboveBend - bend)) * (aboveBend - actAt);
  const knee = Math.min(belowBend, 0.95 * bend);
  if (probability <= knee) return probability;
  return knee + ((probability - knee) / (bend - knee)) * (actAt - knee) * 0.999;
}

/** Between these probabilities a bend moves others than those that it is about. */
const belowBend = 0.79;
const aboveBend = 0.85;

function probabilityOf(judge: Judge, evidence: Float64Array): number {
  return probabilityAt(judge, sumOf(judge, rowOf(judge, evidence)));
}

function probabilityAt({ slope, offset, kink, slopeBeyond }: Line, sum: number): number {
  return 1 / (1 + Math.exp(-offset - slope * Math.min(sum, kink) - slopeBeyond * Math.max(0, sum - kink)));
}

type Line = Pick<Judge, 'slope' | 'offset' | 'kink' | 'slopeBeyond'>;

function sumOf({ weights }: Pick<Judge, 'weights'>, row: Float64Array): number {
  return row.reduce((sum, value, at) => sum + value * (weights[at] as number), 0);
}

/** What the weights belong to: each piece of evidence on the scale of all, how far it lies beyond its knots, and 1. */
function rowOf(
  { mean, spread, knots }: Pick<Judge, 'mean' | 'spread' | 'knots'>,
  evidence: Float64Array,
): Float64Array {
  const width = mean.length;
  const row = new Float64Array(3 * width + 1);
  for (let at = 0; at < width; at++) {
    const value = ((evidence[at] as number) - (mean[at] as number)) / (spread[at] as number);
    row[at] = value;
    for (const knot of [2 * at, 2 * at + 1]) row[width + knot] = Math.max(0, value - (knots[knot] as number));
  }
  row[3 * width] = 1;
  return row;
}

/** From fewer answers than these nothing can be told. */
const fewestAnswers = 40;

/**
 * With too few answers to questions in scope to learn from, the judge trusts what it was trained on, and nothing else.
 * @param names of the evidence, in its order
 */
export function trainJudge(answers: readonly JudgedAnswer[], names: readonly string[] = evidenceNames): Judge {
  const inScope = answers.filter(({ question }) => question === 'in-scope');
  if (inScope.length < fewestAnswers) return cautious(names);
  const scale = scaleOf(answers);
  const rows = answers.map(({ evidence }) => rowOf(scale, evidence));
  const weights = fitLogistic(rows, answers, orderRidge);
  const sums = sumsOfUnseen(rows, answers);
  const summed = answers.map((answer, at) => ({ ...answer, sum: sums[at] as number }));
  const line = lineThrough(summed.filter(({ question }) => question === 'in-scope'));
  const asked = summed.filter(({ question }) => question !== 'strange');
  const likely = asked.map((answer) => ({ ...answer, p: probabilityAt(line, answer.sum) }));
  return { ...scale, weights, ...line, bend: bendOf(likely, wantedPrecision(answers)) };
}

/** So many judges are trained on all but a part of the answers. */
const parts = 4;

/** Of each answer, as weights say that were learnt without it: those that it taught would think better of it than of the next. */
function sumsOfUnseen(rows: readonly Float64Array[], answers: readonly JudgedAnswer[]): Float64Array {
  const sums = new Float64Array(rows.length);
  for (let part = 0; part < parts; part++) {
    const isSeen = (_: unknown, at: number) => at % parts !== part;
    const weights = fitLogistic(rows.filter(isSeen), answers.filter(isSeen), orderRidge);
    for (let at = part; at < rows.length; at += parts) sums[at] = sumOf({ weights }, rows[at] as Float64Array);
  }
  return sums;
}

/** More that speaks for an answer shall never make it less sure. */
const flattest = 0.1;

/** How often answers are right, by their sums. Two slopes, as what the order learnt out of scope moves the doubtful more than the sure. */
function lineThrough(answers: readonly (JudgedAnswer & { readonly sum: number })[]): Line {
  const kink = answers.map(({ sum }) => sum).sort((a, b) => a - b)[Math.floor(answers.length / 4)] as number;
  const rows = answers.map(({ sum }) => Float64Array.of(sum, Math.max(0, sum - kink), 1));
  const [slope = 1, change = 0, offset = 0] = fitLogistic(rows, answers, 1);
  return { slope: Math.max(flattest, slope), offset, kink, slopeBeyond: Math.max(flattest, slope + change) };
}

/** Chosen on the dev sets: less makes the order of few answers their own. */
const orderRidge = 20;

function scaleOf(answers: readonly JudgedAnswer[]): Pick<Judge, 'mean' | 'spread' | 'knots'> {
  const width = answers[0]?.evidence.length ?? 0;
  const mean = new Float64Array(width);
  const spread = new Float64Array(width);
  for (const { evidence } of answers)
    for (let at = 0; at < width; at++) mean[at] = (mean[at] as number) + (evidence[at] as number) / answers.length;
  for (const { evidence } of answers)
    for (let at = 0; at < width; at++)
      spread[at] = (spread[at] as number) + ((evidence[at] as number) - (mean[at] as number)) ** 2 / answers.length;
  for (let at = 0; at < width; at++) spread[at] = Math.sqrt(spread[at] as number) || 1;
  const knots = new Float64Array(2 * width);
  for (let at = 0; at < width; at++) {
    const values = answers.map(({ evidence }) => evidence[at] as number).sort((a, b) => a - b);
    for (const [place, part] of [0.25, 0.75].entries()) {
      const value = values[Math.floor(part * values.length)] as number;
      knots[2 * at + place] = (value - (mean[at] as number)) / (spread[at] as number);
    }
  }
  return { mean, spread, knots };
}

/** Newton's method with a ridge: some dozen numbers, so that each step solves a small system exactly. */
function fitLogistic(rows: readonly Float64Array[], answers: readonly JudgedAnswer[], ridge: number): Float64Array {
  const width = rows[0]?.length ?? 0;
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
        const part = value * p * (1 - p);
        for (let b = a; b < width; b++) line[b] = (line[b] as number) + part * (row[b] as number);
      }
    }
    for (let a = 0; a < width; a++)
      for (let b = 0; b < a; b++) (curvature[a] as Float64Array)[b] = (curvature[b] as Float64Array)[a] as number;
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

/** One more wrong answer is assumed than was seen: a dozen right ones prove nothing. */
const unseen = 1;

/**
 * The lowest probability from which on answers were right as often as is wanted. Each counts half as it was, and half as
 * a line through all of them, those out of scope among them, foretells: of a few dozen answers that were surest, two wrong ones
 * more or less are chance, and moved the point by far.
 */
function bendOf(
  answers: readonly (JudgedAnswer & { readonly sum: number; readonly p: number })[],
  wanted: number,
): number {
  const line = lineThrough(answers);
  let [weight, right, bend] = [unseen, 0, 1];
  for (const answer of answers.toSorted((a, b) => b.p - a.p)) {
    weight += answer.weight;
    right += (answer.weight * (Number(answer.right) + probabilityAt(line, answer.sum))) / 2;
    if (right >= wanted * weight) bend = answer.p;
  }
  return Math.min(surest, Math.max(lowestBend, bend));
}
