import { createHash } from 'node:crypto';
import type { EmbeddingId } from '../embeddings/embedding-id.ts';
import { sharedWordVectors, type WordVectors } from '../word-vectors/word-vectors.ts';
import type { Classifier } from './classifier.ts';
import type { CompactLayer } from './compact-layer.ts';
import { embeddedEvidenceNames, evidenceNames } from './evidence.ts';
import type { EmbeddedWeights, IntentModel } from './intent-model.ts';
import type { Judge } from './judge.ts';
import { type SparseVector, Vocabulary } from './vocabulary.ts';

/**
 * A model in bytes: the mark, the version, the length of the words; the words (JSON: intents, utterances, features, single
 * numbers); the numbers, one array after the other; the SHA-256 of all that. Numbers are little-endian.
 *
 * The general word vectors are not in it, but which ones they were: with others it would answer nonsense.
 */
const mark = 'PARLEY-INTENT';
/**
 * Raised whenever the same text would be read into other features, or the arrays are others: without an embedding, and with one.
 * Those with one name it among the words, and have its arrays behind the others.
 */
const versions = { plain: 6, embedded: 7 } as const;
const headLength = mark.length + 8;
const checksumLength = 32;

/** A model file that cannot be used. `message` says why and what to do. */
export class ModelFileError extends Error {
  override readonly name = 'ModelFileError';
  readonly reason: 'not-a-model' | 'other-version' | 'damaged';
  constructor(reason: ModelFileError['reason'], message: string, options?: ErrorOptions) {
    super(message, options);
    this.reason = reason;
  }
}

interface Words {
  /** Of the general word vectors. */
  readonly vectors: string;
  readonly intents: readonly string[];
  readonly utterances: readonly string[];
  readonly features: readonly string[];
  readonly units: number;
  readonly sharpness: number;
  readonly judge: JudgeWords;
  readonly embedding?: EmbeddingWords;
}

interface JudgeWords {
  readonly mean: number[];
  readonly spread: number[];
  readonly knots: number[];
  readonly weights: number[];
  readonly slope: number;
  readonly offset: number;
  readonly kink: number;
  readonly slopeBeyond: number;
  readonly bend: number;
}

/** Which one, and what belongs to the weights that know its vectors. */
interface EmbeddingWords extends EmbeddingId {
  readonly dimensions: number;
  readonly units: number;
  readonly sharpness: number;
  readonly judge: JudgeWords;
}

export function encodeModel(model: IntentModel): Uint8Array {
  const { intents, utterances, vocabulary, classifier, sharpness, judge, embedded } = model;
  const words: Words = {
    vectors: vocabulary.words.id,
    intents,
    utterances,
    features: vocabulary.features,
    units: classifier.hidden.bias.length,
    sharpness,
    judge: wordsOfJudge(judge),
    ...(embedded === undefined ? {} : { embedding: wordsOfEmbedded(embedded) }),
  };
  const json = Buffer.from(JSON.stringify(words));
  const head = Buffer.alloc(headLength);
  head.write(mark, 'latin1');
  head.writeUInt32LE(embedded === undefined ? versions.plain : versions.embedded, mark.length);
  head.writeUInt32LE(json.length, mark.length + 4);
  const body = Buffer.concat([head, json, ...arraysOf(model).map(bytesOf)]);
  return new Uint8Array(Buffer.concat([body, createHash('sha256').update(body).digest()]));
}

function wordsOfJudge(judge: Judge): JudgeWords {
  return {
    ...judge,
    mean: [...judge.mean],
    spread: [...judge.spread],
    knots: [...judge.knots],
    weights: [...judge.weights],
  };
}

function wordsOfEmbedded({ of, centre, classifier, sharpness, judge }: EmbeddedWeights): EmbeddingWords {
  const { kind, model, prefix } = of;
  const units = classifier.hidden.bias.length;
  return { kind, model, prefix, dimensions: centre.length, units, sharpness, judge: wordsOfJudge(judge) };
}

type Numbers = Int32Array | Float32Array | Int8Array | Uint8Array;

/** Of utterances: the values of their features are kept in steps of 1 / 255. */
const steps = 255;
/** What the vectors of utterances look like when they come from a file; those in memory have to be the same. */
export function coarse({ indices, values }: SparseVector): SparseVector {
  return { indices, values: values.map((value) => Math.round(value * steps) / steps) };
}

function joined<T extends Int32Array | Uint8Array>(
  kind: new (length: number) => T,
  parts: readonly ArrayLike<number>[],
): T {
  const whole = new kind(parts.reduce((sum, { length }) => sum + length, 0));
  let next = 0;
  for (const part of parts) {
    whole.set(part, next);
    next += part.length;
  }
  return whole;
}

const arraysOfLayers = ({ linear, hidden, output }: Classifier): Numbers[] =>
  [linear, hidden, output].flatMap(({ weights, scales, bias }) => [weights, scales, bias]);

function arraysOf({ labels, vectors, meanings, vocabulary, classifier, embedded }: IntentModel): Numbers[] {
  const ofVectors = [
    Int32Array.from(vectors, ({ indices }) => indices.length),
    joined(
      Int32Array,
      vectors.map(({ indices }) => indices),
    ),
    joined(
      Uint8Array,
      vectors.map(({ values }) => values.map((value) => Math.round(value * steps))),
    ),
  ];
  return [
    labels,
    ...ofVectors,
    meanings,
    vocabulary.idf,
    ...arraysOfLayers(classifier),
    ...(embedded === undefined ? [] : [embedded.centre, embedded.meanings, ...arraysOfLayers(embedded.classifier)]),
  ];
}

function bytesOf(numbers: Numbers): Uint8Array {
  return new Uint8Array(numbers.buffer, numbers.byteOffset, numbers.byteLength);
}

/** @throws ModelFileError for bytes that are no model, of another version, or not as they were written */
export function decodeModel(bytes: Uint8Array, general: WordVectors = sharedWordVectors()): IntentModel {
  const file = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  if (file.length < headLength + checksumLength || file.toString('latin1', 0, mark.length) !== mark)
    throw new ModelFileError('not-a-model', 'This is not a model file of the intent recogniser: train a model.');
  const found = file.readUInt32LE(mark.length);
  const isEmbedded = found === versions.embedded;
  if (found !== versions.plain && !isEmbedded)
    throw new ModelFileError(
      'other-version',
      `The model file has version ${found}, this program reads versions ${Object.values(versions).join(' and ')}: train the model again.`,
    );
  const end = file.length - checksumLength;
  const sum = createHash('sha256').update(file.subarray(0, end)).digest();
  if (!sum.equals(file.subarray(end)))
    throw new ModelFileError('damaged', 'The model file is damaged (its checksum is another): train the model again.');
  try {
    return readBody(file.subarray(0, end), general, isEmbedded);
  } catch (error) {
    if (error instanceof ModelFileError) throw error;
    throw damaged('its words cannot be read', error);
  }
}

function damaged(what: string, cause?: unknown): ModelFileError {
  return new ModelFileError('damaged', `The model file is damaged (${what}): train the model again.`, { cause });
}

function readBody(body: Buffer, general: WordVectors, isEmbedded: boolean): IntentModel {
  const wordsEnd = headLength + body.readUInt32LE(mark.length + 4);
  const words = readWords(JSON.parse(body.toString('utf8', headLength, wordsEnd)));
  if ((words.embedding !== undefined) !== isEmbedded) throw damaged('the embedding is not named');
  if (words.vectors !== general.id)
    throw new ModelFileError(
      'other-version',
      'The model was trained with other general word vectors than this program has: train the model again.',
    );
  const { intents, utterances, features, units, sharpness } = words;
  const numbers = createNumberReader(body, wordsEnd);
  const labels = numbers.int32(utterances.length);
  const vectors = readVectors(numbers, utterances.length, features.length);
  const meanings = numbers.float32(intents.length * general.dimensions);
  const vocabulary = new Vocabulary(features, numbers.float32(features.length), general);
  const layer = (rows: number, width: number): CompactLayer => ({
    weights: numbers.int8(rows * width),
    scales: numbers.float32(rows),
    bias: numbers.float32(width),
  });
  const readClassifier = (inputs: number, width: number): Classifier => ({
    linear: layer(inputs, intents.length),
    hidden: layer(inputs, width),
    output: layer(width, intents.length),
  });
  const classifier = readClassifier(vocabulary.inputs, units);
  const readEmbedded = ({ dimensions, ...rest }: EmbeddingWords): EmbeddedWeights => ({
    of: { kind: rest.kind, model: rest.model, prefix: rest.prefix },
    centre: numbers.float32(dimensions),
    meanings: numbers.float32(intents.length * dimensions),
    classifier: readClassifier(vocabulary.inputs + dimensions, rest.units),
    sharpness: rest.sharpness,
    judge: readJudge(rest.judge),
  });
  const embedded = words.embedding === undefined ? undefined : readEmbedded(words.embedding);
  numbers.finish();
  if (labels.some((label) => label < 0 || label >= intents.length)) throw damaged('an utterance has no intent');
  return {
    intents,
    utterances,
    labels,
    vectors,
    meanings,
    vocabulary,
    classifier,
    sharpness,
    judge: readJudge(words.judge),
    embedded,
  };
}

function readVectors(numbers: NumberReader, count: number, features: number): SparseVector[] {
  const lengths = numbers.int32(count);
  if (lengths.some((length) => length < 0)) throw damaged('an utterance has fewer features than none');
  const total = lengths.reduce((sum, length) => sum + length, 0);
  const [indices, values] = [numbers.int32(total), numbers.uint8(total)];
  if (indices.some((index) => index < 0 || index >= features)) throw damaged('an utterance has an unknown feature');
  let next = 0;
  return Array.from(lengths, (length) => {
    const [first, last] = [next, next + length];
    next = last;
    return {
      indices: indices.subarray(first, last),
      values: Float32Array.from(values.subarray(first, last), (value) => value / steps),
    };
  });
}

type NumberReader = ReturnType<typeof createNumberReader>;

/** Takes arrays one after the other; what is taken is copied, so that it lies where numbers of its size may lie. */
function createNumberReader(body: Buffer, start: number) {
  let at = start;
  const take = (length: number): ArrayBuffer => {
    if (at + length > body.length) throw damaged('numbers are missing');
    const copy = new ArrayBuffer(length);
    new Uint8Array(copy).set(body.subarray(at, at + length));
    at += length;
    return copy;
  };
  return {
    int8: (count: number) => new Int8Array(take(count)),
    uint8: (count: number) => new Uint8Array(take(count)),
    int32: (count: number) => new Int32Array(take(count * 4)),
    float32: (count: number) => new Float32Array(take(count * 4)),
    finish() {
      if (at !== body.length) throw damaged('there are numbers too many');
    },
  };
}

function readWords(value: unknown): Words {
  const words = value as Partial<Words> | null;
  const isList = (list: unknown) => Array.isArray(list) && list.every((entry) => typeof entry === 'string');
  const { intents, utterances, features, units, sharpness, judge } = words ?? {};
  if (typeof words?.vectors !== 'string') throw damaged('the vectors are not named');
  if (!isList(intents) || !isList(utterances) || !isList(features)) throw damaged('lists are missing');
  if (!Number.isInteger(units) || !Number.isFinite(sharpness)) throw damaged('single numbers are missing');
  checkJudge(judge, evidenceNames.length);
  if (words.embedding !== undefined) checkEmbedding(words.embedding);
  return words as Words;
}

function checkJudge(judge: Partial<JudgeWords> | undefined, width: number): void {
  const isNumbers = (list: unknown, length: number) =>
    Array.isArray(list) && list.length === length && list.every((entry) => Number.isFinite(entry));
  const lists = [
    isNumbers(judge?.mean, width),
    isNumbers(judge?.spread, width),
    isNumbers(judge?.knots, 2 * width),
    isNumbers(judge?.weights, 3 * width + 1),
  ];
  if (lists.includes(false)) throw damaged('the judge is missing');
  const { slope, offset, kink, slopeBeyond, bend } = judge ?? {};
  if (![slope, offset, kink, slopeBeyond, bend].every(Number.isFinite)) throw damaged('the judge is missing');
}

function checkEmbedding(words: Partial<EmbeddingWords>): void {
  const { kind, model, prefix, dimensions = 0, units, sharpness, judge } = words;
  if (kind !== 'server' && kind !== 'local') throw damaged('the embedding is not named');
  if (typeof model !== 'string' || typeof prefix !== 'string') throw damaged('the embedding is not named');
  if (!Number.isInteger(dimensions) || dimensions < 1 || !Number.isInteger(units) || !Number.isFinite(sharpness))
    throw damaged('single numbers of the embedding are missing');
  checkJudge(judge, embeddedEvidenceNames.length);
}

function readJudge({ mean, spread, knots, weights, ...numbers }: JudgeWords): Judge {
  return {
    mean: Float64Array.from(mean),
    spread: Float64Array.from(spread),
    knots: Float64Array.from(knots),
    weights: Float64Array.from(weights),
    ...numbers,
  };
}
