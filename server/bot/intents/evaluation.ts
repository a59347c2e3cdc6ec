import { seeded } from '../../base/seeded.ts';
import type { Fold } from '../intent/folds.ts';
import { foldsOf } from '../intent/folds.ts';
import { actAt } from '../intent/judge.ts';
import {
  accuracyOf,
  calibrationErrorOf,
  type MeasuredAnswer,
  macroF1Of,
  measureAct,
  type ReliabilityBin,
  reliabilityOf,
  type Share,
} from '../intent/measures.ts';
import { createIntentRecognizer, type IntentRecognizer, type VectorOfText } from '../intent/recognizer.ts';
import { trainIntents, type UtteranceVectors } from '../intent/train-intents.ts';
import { readTrainingSet, type TrainingSet } from '../intent/training-set.ts';
import { rounded } from './choose-thresholds.ts';
import type { TrainingData } from './intents.ts';
import { type LanguageFigures, languagesOf } from './language-figures.ts';
import { gatherAnswers, type MeasuredAnswers } from './measured-answers.ts';

/** What the list of versions shows. Shares are 0 … 1; null where there was nothing to take a share of. */
export interface EvaluationSummary {
  readonly accuracy: Share;
  readonly calibrationError: Share;
  /** From this confidence on the bot acts. */
  readonly actFrom: number;
  /** Of what is answered there: right, if one question in ten is about something else. */
  readonly precision: Share;
  /** Of the questions that belong to an intent: answered there. */
  readonly coverage: Share;
  /** Of the questions about something else (intents that were withheld): not answered there. */
  readonly outOfScopeRecall: Share;
}

export interface IntentFigures {
  readonly intent: string;
  readonly utterances: number;
  readonly measured: number;
  readonly precision: Share;
  readonly recall: Share;
}

/** How well a model does on utterances that it has not learnt: each is asked of a model that was trained without it. */
export interface Evaluation extends EvaluationSummary {
  readonly folds: number;
  /**
   * What the version does on the same utterances without their vectors, as when the embedding is late; null: it was trained
   * without an embedding.
   */
  readonly withoutVectors: Pick<EvaluationSummary, 'accuracy' | 'precision' | 'coverage' | 'outOfScopeRecall'> | null;
  /** Utterances asked; an intent's only utterance cannot be. */
  readonly asked: number;
  readonly outOfScopeAsked: number;
  /** The same with the installation's own list of what belongs to no intent; null where there is none. */
  readonly outOfScopeList: { readonly asked: number; readonly recall: Share } | null;
  /** The mean of the intents' F1: rare intents count as much as frequent ones. Absent in what an older program measured. */
  readonly macroF1?: Share;
  /** By language, the one with the most utterances first; what tells no language is left out. */
  readonly languages?: readonly LanguageFigures[];
  readonly intents: readonly IntentFigures[];
  /** What was answered in place of what: places in `intents`, and how often; most often first. */
  readonly confusions: readonly { readonly expected: number; readonly answered: number; readonly count: number }[];
  readonly reliability: readonly ReliabilityBin[];
  /** By confidence, from 0 on: what answering from there on would give. */
  readonly curve: readonly CurvePoint[];
  /** Wrong answers, the surest first. */
  readonly misses: readonly {
    readonly utterance: string;
    readonly expected: string;
    readonly answered: string;
    readonly confidence: number;
  }[];
  /** What thresholds are chosen from. Absent in what an older program measured. */
  readonly answers?: MeasuredAnswers;
}

export interface CurvePoint {
  readonly from: number;
  readonly precision: Share;
  readonly coverage: Share;
}

/** One question in ten belongs to no intent: assumed, as nothing in the utterances tells it. */
const outOfScopeShare = 0.1;
const missesShown = 200;
const confusionsShown = 2_000;
const curveSteps = 100;

interface Asked extends MeasuredAnswer {
  readonly utterance: string;
  /** The same by the weights that know no vectors; undefined: there is one set of weights. */
  readonly withoutVector: MeasuredAnswer | undefined;
}

/** With many utterances fewer folds tell as much, and each takes long. */
const foldsFor = (utterances: number) => (utterances > 4_000 ? 3 : 5);

/** What measuring costs, in trainings of the whole set: for a bar that moves evenly. */
export const evaluationCost = (utterances: number): number => foldsFor(utterances) + 1;

/**
 * Measures by cross-validation: every utterance is asked of a model that was trained without it; and once with a fifth of
 * the intents withheld, whose utterances are then about something else.
 * @throws Refusal `settings-invalid` as training does
 */
export function evaluate(
  data: TrainingData,
  recognizer: IntentRecognizer,
  options: {
    seed: number;
    onProgress: (share: number) => void;
    embedding?: UtteranceVectors | undefined;
    /** Fewer than it takes by itself are over sooner. */
    folds?: number;
  },
): Evaluation {
  const set = readTrainingSet(data.examples);
  const { seed, onProgress, embedding } = options;
  const folds = crossFolds(set, seed, options.folds ?? foldsFor(set.utterances.length));
  const [withholding] = foldsOf(set, seed);
  const steps = folds.length + 1;
  const step = (done: number) => (share: number) => onProgress((done + share) / steps);
  const train = (places: Int32Array, at: number) => trainOn(set, places, { seed, embedding, onProgress: step(at) });
  const asked = folds.flatMap(({ learn, held }, at) => {
    const fold = train(learn, at);
    return fold === undefined ? [] : Array.from(held, (place) => ask(fold, set, place, embedding));
  });
  const isWithheld = withholding !== undefined && withholding.withheld.length > 0;
  const without = isWithheld ? train(withholding.learn, folds.length) : undefined;
  const outside =
    !isWithheld || without === undefined
      ? []
      : Array.from(withholding.withheld, (place) => ({ ...ask(without, set, place, embedding), expected: null }));
  const withheld = new Set(withholding?.withheld.map((place) => set.labels[place] ?? -1));
  const list = data.outOfScope.map((utterance) => answered(recognizer, utterance, null, embedding));
  return {
    folds: folds.length,
    ...figuresOf(set, asked, outside, list),
    withoutVectors: embedding === undefined ? null : plainFigures(asked, outside),
    answers: gatherAnswers(asked, outside, {
      outsideWeight: rounded(weightOf(asked, outside)),
      withheld: set.intents.filter((_, label) => withheld.has(label)),
    }),
  };
}

function plainFigures(asked: readonly Asked[], outside: readonly Asked[]): Evaluation['withoutVectors'] {
  const plain = (of: readonly Asked[], expected: (one: Asked) => string | null) =>
    of.flatMap((one) => (one.withoutVector === undefined ? [] : [{ ...one.withoutVector, expected: expected(one) }]));
  const [inside, rest] = [plain(asked, ({ expected }) => expected), plain(outside, () => null)];
  const { precision, coverage } = pointAt(inside, rest, actAt);
  const { outOfScopeAnswered } = measureAct(rest, actAt);
  return {
    ...{ accuracy: accuracyOf(inside), precision, coverage },
    outOfScopeRecall: outOfScopeAnswered === null ? null : 1 - outOfScopeAnswered,
  };
}

function figuresOf(
  set: TrainingSet,
  asked: readonly Asked[],
  outside: readonly Asked[],
  list: readonly Asked[],
): Omit<Evaluation, 'folds' | 'withoutVectors'> {
  const intents = set.intents.map((intent) => figuresOfIntent(set, asked, intent));
  const act = pointAt(asked, outside, actAt);
  const recall = (of: readonly Asked[]) => {
    const { outOfScopeAnswered } = measureAct(of, actAt);
    return outOfScopeAnswered === null ? null : 1 - outOfScopeAnswered;
  };
  return {
    accuracy: accuracyOf(asked),
    ...{ macroF1: macroF1Of(asked), languages: languagesOf(asked) },
    calibrationError: calibrationErrorOf(asked),
    ...{ actFrom: actAt, precision: act.precision, coverage: act.coverage },
    outOfScopeRecall: recall(outside),
    ...{ asked: asked.length, outOfScopeAsked: outside.length },
    outOfScopeList: list.length === 0 ? null : { asked: list.length, recall: recall(list) },
    intents,
    confusions: confusionsOf(set, asked),
    reliability: reliabilityOf(asked),
    curve: Array.from({ length: curveSteps }, (_, at) => pointAt(asked, outside, at / curveSteps)),
    misses: asked
      .filter(({ expected, answered: got }) => expected !== got)
      .toSorted((a, b) => b.confidence - a.confidence)
      .slice(0, missesShown)
      .map(({ utterance, expected, answered: got, confidence }) => ({
        ...{ utterance, expected: expected ?? '', answered: got ?? '', confidence },
      })),
  };
}

/** Every utterance is held out once, those of an intent in turn; an intent's only one never. */
function crossFolds(set: TrainingSet, seed: number, count: number): Pick<Fold, 'learn' | 'held'>[] {
  const random = seeded(seed);
  const sizes = new Int32Array(set.intents.length);
  for (const intent of set.labels) sizes[intent] = (sizes[intent] as number) + 1;
  const seen = set.intents.map(() => Math.floor(random() * count));
  const foldOf = Array.from(set.labels, (intent) => {
    if ((sizes[intent] as number) < 2) return -1;
    const turn = seen[intent] as number;
    seen[intent] = turn + 1;
    return turn % count;
  });
  return Array.from({ length: count }, (_, fold) => ({
    learn: Int32Array.from(foldOf.flatMap((of, place) => (of === fold ? [] : [place]))),
    held: Int32Array.from(foldOf.flatMap((of, place) => (of === fold ? [place] : []))),
  }));
}

/** Undefined where too little is left to learn from. */
function trainOn(set: TrainingSet, places: Int32Array, options: Parameters<typeof trainIntents>[1]) {
  const byIntent = Map.groupBy(places, (place) => set.labels[place] as number);
  if (byIntent.size < 2) return undefined;
  const examples = [...byIntent].map(([intent, some]) => ({
    intent: set.intents[intent] ?? '',
    utterances: some.map((place) => set.utterances[place] ?? ''),
  }));
  return createIntentRecognizer(trainIntents(examples, options).model);
}

function answered(
  recognizer: IntentRecognizer,
  utterance: string,
  expected: string | null,
  embedding: UtteranceVectors | undefined,
): Asked {
  const measured = (vector?: VectorOfText): MeasuredAnswer => {
    const { intent, confidence } = recognizer.recognize(utterance, vector);
    return { expected, answered: intent, confidence };
  };
  const vector = embedding?.vectors.get(utterance);
  if (embedding === undefined || vector === undefined) return { utterance, ...measured(), withoutVector: undefined };
  return { utterance, ...measured({ of: embedding.of, vector }), withoutVector: measured() };
}

function ask(recognizer: IntentRecognizer, set: TrainingSet, place: number, embedding: UtteranceVectors | undefined) {
  const expected = set.intents[set.labels[place] ?? -1] ?? null;
  return answered(recognizer, set.utterances[place] ?? '', expected, embedding);
}

function pointAt(asked: readonly MeasuredAnswer[], outside: readonly MeasuredAnswer[], from: number): CurvePoint {
  const sure = asked.filter(({ confidence }) => confidence >= from);
  const right = sure.filter(({ expected, answered: got }) => expected === got).length;
  const sureOutside = outside.filter(({ confidence }) => confidence >= from).length;
  const all = sure.length + weightOf(asked, outside) * sureOutside;
  return {
    from,
    precision: all === 0 ? null : right / all,
    coverage: asked.length === 0 ? null : sure.length / asked.length,
  };
}

/** What one question about something else counts, so that they are the assumed share. */
function weightOf(asked: readonly MeasuredAnswer[], outside: readonly MeasuredAnswer[]): number {
  return outside.length === 0 ? 0 : (asked.length * outOfScopeShare) / (1 - outOfScopeShare) / outside.length;
}

function figuresOfIntent(set: TrainingSet, asked: readonly Asked[], intent: string): IntentFigures {
  const own = asked.filter(({ expected }) => expected === intent);
  const given = asked.filter(({ answered: got }) => got === intent);
  const right = own.filter(({ answered: got }) => got === intent).length;
  const place = set.intents.indexOf(intent);
  return {
    intent,
    utterances: set.labels.reduce((sum, label) => sum + Number(label === place), 0),
    measured: own.length,
    precision: given.length === 0 ? null : right / given.length,
    recall: own.length === 0 ? null : right / own.length,
  };
}

function confusionsOf(set: TrainingSet, asked: readonly Asked[]): Evaluation['confusions'] {
  const places = new Map(set.intents.map((intent, place) => [intent, place]));
  const counts = new Map<string, number>();
  for (const { expected, answered: got } of asked) {
    const [from, to] = [places.get(expected ?? ''), places.get(got ?? '')];
    if (from === undefined || to === undefined || from === to) continue;
    counts.set(`${from} ${to}`, (counts.get(`${from} ${to}`) ?? 0) + 1);
  }
  return [...counts]
    .map(([pair, count]) => {
      const [expected = 0, got = 0] = pair.split(' ').map(Number);
      return { expected, answered: got, count };
    })
    .sort((a, b) => b.count - a.count)
    .slice(0, confusionsShown);
}
