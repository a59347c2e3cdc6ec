/** What speaks for a passage that was found, of which it is known whether it was the right one. */
export interface JudgedPassage {
  readonly evidence: readonly number[];
  readonly isRight: boolean;
}

/** Says how likely a passage answers: a logistic regression over the evidence, bent so that 0.5 is where answers become right often enough. */
export interface Confidence {
  readonly weights: readonly number[];
  readonly bias: number;
  /** Added to the logit. */
  readonly bend: number;
}

/** How often what has the floor's score or more shall be right. */
const wantedPrecision = 0.9;
const fewestPassages = 40;

/** Before anything was learnt: what fits public sets tolerably. In the order of the evidence, see `evidenceOf`. */
export const firstConfidence: Confidence = { weights: [4, 2, 3, 0, 1.5, 1, 0, 0], bias: -3.7, bend: 0 };

export function confidenceOf({ weights, bias, bend }: Confidence, evidence: readonly number[]): number {
  let logit = bias + bend;
  for (const [at, weight] of weights.entries()) logit += weight * (evidence[at] ?? 0);
  return 1 / (1 + Math.exp(-logit));
}

/** With too few to learn from, or all alike, what was there before stays. It yields every few thousand numbers. */
export function* learnConfidence(passages: readonly JudgedPassage[], before: Confidence): Generator<void, Confidence> {
  const right = passages.filter(({ isRight }) => isRight).length;
  if (passages.length < fewestPassages || right < 10 || passages.length - right < 10) return before;
  const learnt = { ...(yield* fitLogistic(passages)), bend: 0 };
  const scored = passages.map(({ evidence, isRight }) => ({ p: confidenceOf(learnt, evidence), isRight }));
  const threshold = thresholdOf(scored);
  return { ...learnt, bend: -Math.log(threshold / (1 - threshold)) };
}

/** The lowest probability from which on passages were right as often as is wanted. */
function thresholdOf(scored: readonly { p: number; isRight: boolean }[]): number {
  let [given, right, threshold] = [0, 0, 0.98];
  for (const { p, isRight } of scored.toSorted((one, other) => other.p - one.p)) {
    given += 1;
    right += Number(isRight);
    if (given >= 10 && right >= wantedPrecision * given) threshold = p;
  }
  return Math.min(0.98, Math.max(0.3, threshold));
}

/** Gradient descent on standardised evidence with a small ridge; weights that come out are of the evidence as it is. */
function* fitLogistic(passages: readonly JudgedPassage[]): Generator<void, { weights: number[]; bias: number }> {
  const width = passages[0]?.evidence.length ?? 0;
  const column = (at: number) => passages.map(({ evidence }) => evidence[at] as number);
  const mean = Array.from({ length: width }, (_, at) => sum(column(at)) / passages.length);
  const spread = mean.map((m, at) => Math.sqrt(sum(column(at).map((x) => (x - m) ** 2)) / passages.length) || 1);
  const rows = passages.map(({ evidence }) =>
    evidence.map((x, at) => (x - (mean[at] as number)) / (spread[at] as number)),
  );
  const weights = new Array<number>(width).fill(0);
  let bias = 0;
  const ridge = 3 / passages.length;
  for (let round = 0; round < 300; round++) {
    const gradient = weights.map((weight) => -ridge * weight);
    let biasGradient = 0;
    for (const [i, row] of rows.entries()) {
      let logit = bias;
      for (let at = 0; at < width; at++) logit += (weights[at] as number) * (row[at] as number);
      const error = (Number(passages[i]?.isRight) - 1 / (1 + Math.exp(-logit))) / rows.length;
      biasGradient += error;
      for (let at = 0; at < width; at++) gradient[at] = (gradient[at] as number) + error * (row[at] as number);
    }
    for (let at = 0; at < width; at++) weights[at] = (weights[at] as number) + (gradient[at] as number);
    bias += biasGradient;
    yield;
  }
  const raw = weights.map((weight, at) => weight / (spread[at] as number));
  return { weights: raw, bias: bias - sum(raw.map((weight, at) => weight * (mean[at] as number))) };
}

const sum = (values: readonly number[]): number => values.reduce((total, value) => total + value, 0);
