import type { EmbeddingId } from '../embeddings/embedding-id.ts';
import { sharedWordVectors, type WordVectors } from '../word-vectors/word-vectors.ts';
import { type Classifier, trainClassifier, unitsOfAll } from './classifier.ts';
import { centred, centreOf, embeddedInput } from './embedded-input.ts';
import { embeddedEvidenceNames, evidenceNames } from './evidence.ts';
import { foldForTraining } from './features.ts';
import type { FoldedText } from './fold-text.ts';
import { type Fold, foldsOf } from './folds.ts';
import { type Answered, createAnswerer, type IntentModel, type Weights } from './intent-model.ts';
import { type JudgedAnswer, type QuestionKind, trainJudge } from './judge.ts';
import { countTo } from './labelled-vectors.ts';
import { coarse } from './model-file.ts';
import { createMakeStrange, type MakeStrange } from './strange-questions.ts';
import { type IntentExamples, readTrainingSet, type TrainingProblem, type TrainingSet } from './training-set.ts';
import { toUnitLength, Vocabulary } from './vocabulary.ts';

export interface TrainingOptions {
  /** The same seed and examples give the same model, byte for byte. */
  readonly seed: number;
  /** 0 … 1, some times a second at most. */
  readonly onProgress?: (share: number) => void;
  /** Those that come with the program, where none are given. */
  readonly words?: WordVectors;
  /** Where given, a second set of weights is learnt that takes them as features; it takes as long again, or longer. */
  readonly embedding?: UtteranceVectors | undefined;
}

/** What an embedding makes of the utterances. */
export interface UtteranceVectors {
  readonly of: EmbeddingId;
  readonly dimensions: number;
  /** By utterance, of length 1. */
  readonly vectors: ReadonlyMap<string, Float32Array>;
}

export interface Training {
  readonly model: IntentModel;
  readonly problems: readonly TrainingProblem[];
}

/**
 * Learns to tell intents apart, and to tell when it cannot.
 *
 * The classifier learns from all utterances. Before that, others are trained on part of them: each with some utterances of
 * every intent held out and some intents withheld as a whole. What these answer to the held-out (right or wrong), to the
 * withheld and to questions that are made strange (always wrong: to them it is out of scope) teaches the judge when an answer can be
 * trusted.
 *
 * It takes all of a processor for seconds: run it in a thread of its own.
 * @throws Refusal `settings-invalid`, see `readTrainingSet`
 */
export function trainIntents(examples: readonly IntentExamples[], options: TrainingOptions): Training {
  const set = readTrainingSet(examples);
  const { onProgress = () => undefined, seed, words = sharedWordVectors(), embedding } = options;
  const source: Source = {
    ...{ set, words, texts: foldForTraining(set.utterances) },
    embedded: embedding === undefined ? undefined : vectorsOf(set, embedding),
  };
  const folds = foldsOf(set, seed);
  const work = folds.map(({ learn }) => learn.length);
  const total = work.reduce((sum, size) => sum + size, set.utterances.length);
  let done = 0;
  const step = (size: number) => {
    const before = done;
    done += size;
    return (share: number) => onProgress((before + share * size) / total);
  };
  const makeStrange = createMakeStrange(source.texts, { words, seed });
  const judged = folds.map((fold, at) => judgeFold(source, fold, seed + at, makeStrange, step(work[at] ?? 0)));
  const { classifier, embedded, ...learnt } = learn(
    source,
    countTo(set.utterances.length),
    seed,
    step(set.utterances.length),
  );
  const plain = weightsOf(
    classifier,
    judged.map(({ plain }) => plain),
    evidenceNames,
  );
  const model: IntentModel = {
    ...{ intents: set.intents, utterances: set.utterances, labels: set.labels },
    ...{ ...learnt, ...plain },
    embedded:
      embedding === undefined || embedded === undefined
        ? undefined
        : {
            ...{ of: embedding.of, centre: embedded.centre, meanings: embedded.meanings },
            ...weightsOf(
              embedded.classifier,
              judged.map(({ embedded }) => embedded),
              embeddedEvidenceNames,
            ),
          },
  };
  return { model, problems: set.problems };
}

/** A classifier with what was told of it by those that had learnt less. */
function weightsOf(classifier: Classifier, judged: readonly JudgedFold[], names: readonly string[]): Weights {
  return {
    classifier,
    judge: trainJudge(weigh(judged.flatMap(({ answers }) => answers)), names),
    sharpness: sharpnessOf(judged.flatMap(({ held }) => held)),
  };
}

/** By utterance. */
function vectorsOf({ utterances }: TrainingSet, { vectors, dimensions }: UtteranceVectors): Float32Array[] {
  return utterances.map((utterance) => {
    const vector = vectors.get(utterance);
    if (vector?.length !== dimensions) throw new Error(`An utterance has no vector of ${dimensions} numbers.`);
    return vector;
  });
}

/** All weights of one model together take at most four times as many bytes while it is trained. */
const mostWeights = 64_000_000;

interface Source {
  readonly set: TrainingSet;
  /** By utterance. */
  readonly texts: readonly FoldedText[];
  /** By utterance; undefined: without an embedding. */
  readonly embedded: readonly Float32Array[] | undefined;
  readonly words: WordVectors;
}

function learn(
  { set, words, texts: all, embedded }: Source,
  places: Int32Array,
  seed: number,
  onProgress: (share: number) => void,
) {
  const texts = Array.from(places, (place) => all[place] as FoldedText);
  // With many utterances a feature that only one has is a name or a typo; with few it may be all there is.
  const rarest = set.utterances.length > 4_000 ? 2 : 1;
  const vocabulary = Vocabulary.learn(texts, { rarest, most: mostWeights / (set.intents.length + unitsOfAll), words });
  const reads = texts.map((text) => vocabulary.readFolded(text));
  const vectors = reads.map(({ vector }) => coarse(vector));
  const inputs = reads.map(({ input }) => input);
  const labels = Int32Array.from(places, (place) => set.labels[place] as number);
  const classes = set.intents.length;
  const data = { vectors: inputs, labels, classes, features: vocabulary.inputs };
  const half = embedded === undefined ? 1 : 0.5;
  const meanings = reads.map(({ meaning }) => meaning);
  const options = { seed, sizedFor: set.utterances.length };
  return {
    vocabulary,
    vectors,
    meanings: meaningsOf(meanings, labels, classes, words.dimensions),
    classifier: trainClassifier(data, { ...options, onProgress: (share) => onProgress(half * share) }),
    embedded:
      embedded === undefined ? undefined : learnEmbedded(Array.from(places, (at) => embedded[at] as Float32Array)),
  };

  function learnEmbedded(given: readonly Float32Array[]) {
    const width = given[0]?.length ?? 0;
    const centre = centreOf(given, width);
    const read = reads.map((one, at) => embeddedInput(one, centred(given[at] as Float32Array, centre), vocabulary));
    const inputs = read.map(({ input }) => input);
    return {
      centre,
      meanings: meaningsOf(
        read.map(({ vector }) => vector),
        labels,
        classes,
        width,
      ),
      classifier: trainClassifier(
        { vectors: inputs, labels, classes, features: vocabulary.inputs + width },
        { ...options, onProgress: (share) => onProgress(half + half * share) },
      ),
    };
  }
}

/** Logits of an utterance, and which of them is right. */
interface Held {
  readonly logits: Float32Array;
  readonly label: number;
}

/** By intent, the mean of what its utterances mean, at length 1. */
function meaningsOf(reads: readonly Float32Array[], labels: Int32Array, intents: number, width: number): Float32Array {
  const meanings = new Float32Array(intents * width);
  for (const [at, meaning] of reads.entries()) {
    const start = (labels[at] as number) * width;
    for (let d = 0; d < width; d++) meanings[start + d] = (meanings[start + d] as number) + (meaning[d] as number);
  }
  for (let intent = 0; intent < intents; intent++)
    toUnitLength(meanings.subarray(intent * width, (intent + 1) * width));
  return meanings;
}

/** Of a fold; they are in no order. */
const mostWithheld = 1_000;
const mostStrange = 1_000;

type FoldAnswer = Omit<JudgedAnswer, 'weight'>;

/** What a classifier that knows part of the utterances answered to the others. */
interface JudgedFold {
  readonly answers: readonly FoldAnswer[];
  readonly held: readonly Held[];
}

function judgeFold(
  source: Source,
  fold: Fold,
  seed: number,
  makeStrange: MakeStrange,
  onProgress: (share: number) => void,
): { plain: JudgedFold; embedded: JudgedFold } {
  const { set } = source;
  const { vocabulary, vectors, classifier, meanings, embedded } = learn(source, fold.learn, seed, onProgress);
  const labels = fold.learn.map((place) => set.labels[place] as number);
  const answerer = createAnswerer({ classifier, vectors, labels, meanings, vocabulary });
  const read = (place: number) => vocabulary.readFolded(source.texts[place] as FoldedText);
  const byVector = (place: number) => {
    const vector = source.embedded?.[place];
    if (embedded === undefined || vector === undefined) throw new Error('There is no vector.');
    return answerer.answerEmbedded(embedded, read(place), centred(vector, embedded.centre));
  };
  const plain = judgeBy((place) => answerer.answer(read(place)), set, fold);
  const strange = Array.from(fold.held.subarray(0, mostStrange)).flatMap((place): FoldAnswer[] => {
    const text = makeStrange(source.texts[place] as FoldedText);
    if (text === undefined) return [];
    return [{ evidence: answerer.answer(vocabulary.readFolded(text)).evidence, right: false, question: 'strange' }];
  });
  return {
    plain: { ...plain, answers: [...plain.answers, ...strange] },
    // What was made up has no vector.
    embedded: embedded === undefined ? { answers: [], held: [] } : judgeBy(byVector, set, fold),
  };
}

function judgeBy(ask: (place: number) => Answered, set: TrainingSet, fold: Fold): JudgedFold {
  const answers: FoldAnswer[] = [];
  const held: Held[] = [];
  for (const place of fold.held) {
    const { chosen, scores, evidence } = ask(place);
    const label = set.labels[place] as number;
    held.push({ logits: scores.total, label });
    answers.push({ evidence, right: chosen === label, question: 'in-scope' });
  }
  for (const place of fold.withheld.subarray(0, mostWithheld))
    answers.push({ evidence: ask(place).evidence, right: false, question: 'withheld' });
  return { answers, held };
}

/**
 * How much the answers to questions out of scope count, as a share of them and those in scope: assumed, as nothing in the set tells what
 * else customers ask. The withheld are harder than most of what is out of scope, as they come from the same business, so that a little
 * of them does.
 */
const shares = { withheld: 0.1, strange: 0.2 } as const;

function weigh(answers: readonly FoldAnswer[]): JudgedAnswer[] {
  const countOf = (kind: QuestionKind) => answers.filter(({ question }) => question === kind).length;
  const weightOf = (kind: keyof typeof shares) =>
    (countOf('in-scope') * shares[kind]) / (1 - shares[kind]) / Math.max(1, countOf(kind));
  const weights = { 'in-scope': 1, withheld: weightOf('withheld'), strange: weightOf('strange') };
  return answers.map((answer) => ({ ...answer, weight: weights[answer.question] }));
}

/** The factor with which the logits foretell the held-out answers best (temperature scaling, by golden section). */
function sharpnessOf(held: readonly Held[]): number {
  const lossAt = (factor: number) => {
    let loss = 0;
    for (const { logits, label } of held) {
      const most = logits.reduce((a, b) => Math.max(a, b), Number.NEGATIVE_INFINITY);
      let sum = 0;
      for (const logit of logits) sum += Math.exp(factor * (logit - most));
      loss += Math.log(sum) - factor * ((logits[label] as number) - most);
    }
    return loss;
  };
  const ratio = (Math.sqrt(5) - 1) / 2;
  let [low, high] = [0.2, 5];
  while (high - low > 0.02) {
    const [a, b] = [high - ratio * (high - low), low + ratio * (high - low)];
    if (lossAt(a) < lossAt(b)) high = b;
    else low = a;
  }
  return (low + high) / 2;
}
