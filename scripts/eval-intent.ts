import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { describeMachine } from '../bench/report.ts';
import { percentile } from '../bench/statistics.ts';
import { ModelFolderError, nameOfModel, readModelFolder } from '../server/bot/embeddings/model-folder.ts';
import { loadSentenceModel } from '../server/bot/embeddings/sentence-model.ts';
import { actAt } from '../server/bot/intent/judge.ts';
import {
  accuracyOf,
  calibrationErrorOf,
  chanceCalibrationErrorOf,
  chooseThreshold,
  type MeasuredAnswer,
  macroF1Of,
  measureAct,
  measureThreshold,
  reliabilityOf,
  type Share,
} from '../server/bot/intent/measures.ts';
import { decodeModel, encodeModel } from '../server/bot/intent/model-file.ts';
import { createIntentRecognizer, type Recognition } from '../server/bot/intent/recognizer.ts';
import { trainIntents, type UtteranceVectors } from '../server/bot/intent/train-intents.ts';
import { type LanguageFigures, languagesOf } from '../server/bot/intents/language-figures.ts';

// What `npm run eval:intent` runs: trains on a folder of labelled utterances and measures on those that were not trained on.
const usage = `npm run eval:intent -- --data DIR [--train FILE] [--model DIR] [--seed N] [--json OUT]

  --data DIR     train.tsv and, where there are any, test.tsv, dev.tsv, oos-dev.tsv, oos-test.tsv: utterance<TAB>intent
  --train FILE   instead of train.tsv: a path, or the name of a file in DIR
  --model DIR    a sentence-embedding model in ONNX format, whose vectors are learnt from and asked with
  --seed N       of what is drawn in training (1)
  --json OUT     where the figures go; a summary is printed

Without test.tsv, every fifth utterance of an intent is held out of training and tested on.
`;

/** An utterance and its intent; null in a file of utterances that belong to none. */
type Row = readonly [utterance: string, intent: string | null];

function fail(message: string): never {
  process.stderr.write(`${message}\n\n${usage}`);
  process.exit(2);
}

function readOptions() {
  try {
    const { data, train, json, seed, model } = parseArgs({
      options: {
        data: { type: 'string' },
        train: { type: 'string', default: 'train.tsv' },
        json: { type: 'string' },
        model: { type: 'string' },
        seed: { type: 'string', default: '1' },
      },
    }).values;
    if (data === undefined) fail('--data is needed.');
    if (!/^\d{1,9}$/.test(seed)) fail(`--seed: expected a whole number, got ${seed}.`);
    return { data, train: existsSync(train) ? train : join(data, train), json, seed: Number(seed), model };
  } catch (error) {
    fail((error as Error).message);
  }
}

/** Rows are parted by line feeds (a carriage return before one is none of the text), columns by the last tab; blank lines are skipped. */
function readRows(file: string): [string, string][] {
  if (!existsSync(file)) fail(`${file} is not there.`);
  const lines = readFileSync(file, 'utf8')
    .replace(/^\uFEFF/, '')
    .split(/\r?\n/);
  return lines.flatMap((line, at): [string, string][] => {
    if (line.trim() === '') return [];
    const tab = line.lastIndexOf('\t');
    const [utterance, intent] = [line.slice(0, tab).replaceAll('\t', ' ').trim(), line.slice(tab + 1).trim()];
    if (tab < 0 || intent === '')
      fail(`${file}, line ${at + 1}: expected utterance<TAB>intent, got ${line.slice(0, 80)}`);
    return [[utterance, intent]];
  });
}

/** Questions that belong to no intent: the label, if there is one, does not matter. */
function readOutOfScope(file: string): Row[] {
  if (!existsSync(file)) return [];
  const lines = readFileSync(file, 'utf8')
    .replace(/^\uFEFF/, '')
    .split(/\r?\n/);
  return lines.filter((line) => line.trim() !== '').map((line): Row => [line.replace(/\t[^\t]*$/, '').trim(), null]);
}

/** What is trained on, and what is tested on. */
function readSets(dir: string, train: string) {
  const rows = readRows(train);
  if (rows.length === 0) fail(`${train} has no utterance.`);
  const inScope = (name: string): Row[] => (existsSync(join(dir, name)) ? readRows(join(dir, name)) : []);
  const [test, dev] = [inScope('test.tsv'), inScope('dev.tsv')];
  const outOfScope = readOutOfScope(join(dir, 'oos-test.tsv'));
  const devRows = [...dev, ...readOutOfScope(join(dir, 'oos-dev.tsv'))];
  if (test.length > 0) return { trainRows: rows, devRows, testRows: [...test, ...outOfScope], heldOut: false };
  const isHeld = everyFifthOfAnIntent(rows);
  const [trainRows, held] = [rows.filter((_, at) => !isHeld[at]), rows.filter((_, at) => isHeld[at])];
  return { trainRows, devRows, testRows: [...held, ...outOfScope], heldOut: true };
}

function everyFifthOfAnIntent(rows: readonly [string, string][]): boolean[] {
  const seen = new Map<string, number>();
  return rows.map(([, intent]) => {
    const count = (seen.get(intent) ?? 0) + 1;
    seen.set(intent, count);
    return count % 5 === 0;
  });
}

interface ScoredAnswer extends MeasuredAnswer {
  readonly familiarity: number;
}

/** What is out of scope is told by how familiar a text is. */
const byFamiliarity = (answers: readonly ScoredAnswer[]) =>
  answers.map((one) => ({ ...one, confidence: one.familiarity }));

type Recognize = (utterance: string) => Recognition;

/** Of all utterances, by a model in a folder. */
async function vectorsOf(dir: string, rows: readonly Row[]): Promise<UtteranceVectors> {
  try {
    const folder = readModelFolder(dir);
    const model = await loadSentenceModel(folder);
    const { dimensions } = model;
    const utterances = [...new Set(rows.map(([utterance]) => utterance))];
    const numbers = await model.embed(utterances.map((utterance) => folder.queryPrefix + utterance));
    const vectorAt = (at: number) => numbers.slice(at * dimensions, (at + 1) * dimensions);
    const of = { kind: 'local', model: await nameOfModel(folder), prefix: folder.queryPrefix } as const;
    return { of, dimensions, vectors: new Map(utterances.map((utterance, at) => [utterance, vectorAt(at)])) };
  } catch (error) {
    if (error instanceof ModelFolderError) fail(`--model: ${error.message}`);
    throw error;
  }
}

function answer(recognize: Recognize, rows: readonly Row[]): ScoredAnswer[] {
  return rows.map(([utterance, expected]) => {
    const { intent, confidence, familiarity } = recognize(utterance);
    return { expected, answered: intent, confidence, familiarity };
  });
}

const timedRounds = 3;

/** @returns µs for each utterance, without the time for its vector: its best of three, as on a machine that others use too, some rounds are interrupted */
function timeEach(recognize: Recognize, rows: readonly Row[]): Float64Array {
  const taken = new Float64Array(rows.length).fill(Number.POSITIVE_INFINITY);
  for (let round = 0; round < timedRounds; round++) {
    for (const [at, [utterance]] of rows.entries()) {
      const start = process.hrtime.bigint();
      recognize(utterance);
      taken[at] = Math.min(taken[at] as number, Number(process.hrtime.bigint() - start) / 1_000);
    }
  }
  return taken.length === 0 ? Float64Array.of(0) : taken.sort();
}

function trainOn(rows: readonly [string, string][], seed: number, embedding: UtteranceVectors | undefined) {
  const byIntent = Map.groupBy(rows, ([, intent]) => intent);
  const examples = [...byIntent].map(([intent, all]) => ({ intent, utterances: all.map(([utterance]) => utterance) }));
  const [start, cpu] = [performance.now(), process.cpuUsage()];
  const training = trainIntents(examples, { seed, embedding });
  const { user, system } = process.cpuUsage(cpu);
  return { ...training, seconds: (performance.now() - start) / 1_000, cpuSeconds: (user + system) / 1e6 };
}

async function main(): Promise<void> {
  const options = readOptions();
  const { trainRows, devRows, testRows, heldOut } = readSets(options.data, options.train);
  const all = [...trainRows, ...devRows, ...testRows];
  const embedding = options.model === undefined ? undefined : await vectorsOf(options.model, all);
  const { model, problems, seconds, cpuSeconds } = trainOn(trainRows, options.seed, embedding);
  const bytes = encodeModel(model);
  const loadStart = performance.now();
  const recognizer = createIntentRecognizer(decodeModel(bytes));
  const loadMs = performance.now() - loadStart;
  const recognize: Recognize = (utterance) => {
    const vector = embedding?.vectors.get(utterance);
    return recognizer.recognize(utterance, embedding && vector && { of: embedding.of, vector });
  };
  const [dev, test] = [answer(recognize, devRows), answer(recognize, testRows)];
  const taken = timeEach(recognize, testRows);
  const inScope = test.filter(({ expected }) => expected !== null);
  const figures = {
    machine: describeMachine(),
    data: options.data,
    train: options.train,
    seed: options.seed,
    embedding: embedding === undefined ? null : { ...embedding.of, dimensions: embedding.dimensions },
    counts: {
      intents: model.intents.length,
      trained: model.utterances.length,
      features: model.vocabulary.features.length,
      test: inScope.length,
      outOfScope: test.length - inScope.length,
      heldOut,
      unknownIntents: inScope.filter(({ expected }) => !model.intents.includes(expected ?? '')).length,
    },
    problems,
    inScopeAccuracy: accuracyOf(test),
    macroF1: macroF1Of(test),
    byLanguage: languagesOf(test.map((one, at) => ({ ...one, utterance: testRows[at]?.[0] ?? '' }))),
    byThreshold: devRows.every(([, intent]) => intent !== null)
      ? null
      : measureThreshold(byFamiliarity(test), chooseThreshold(byFamiliarity(dev))),
    calibrationError: {
      inScope: calibrationErrorOf(inScope),
      inScopeByChance: chanceCalibrationErrorOf(inScope),
      all: calibrationErrorOf(test),
    },
    reliability: reliabilityOf(test),
    act: { from: actAt, ...measureAct(test, actAt) },
    trainingSeconds: seconds,
    trainingCpuSeconds: cpuSeconds,
    microseconds: { p50: percentile(taken, 0.5), p99: percentile(taken, 0.99) },
    modelBytes: bytes.length,
    loadMs,
  };
  if (options.json !== undefined) writeFileSync(options.json, `${JSON.stringify(figures, null, 2)}\n`);
  process.stdout.write(describe(figures));
}

const percent = (value: Share) => (value === null ? '–' : `${(value * 100).toFixed(1)} %`);

function describe(figures: {
  readonly data: string;
  readonly train: string;
  readonly embedding: { readonly model: string; readonly dimensions: number } | null;
  readonly counts: {
    intents: number;
    trained: number;
    features: number;
    test: number;
    outOfScope: number;
    heldOut: boolean;
    unknownIntents: number;
  };
  readonly problems: readonly unknown[];
  readonly inScopeAccuracy: Share;
  readonly macroF1: Share;
  readonly byLanguage: readonly LanguageFigures[];
  readonly byThreshold: ReturnType<typeof measureThreshold> | null;
  readonly calibrationError: {
    readonly inScope: Share;
    readonly inScopeByChance: ReturnType<typeof chanceCalibrationErrorOf>;
    readonly all: Share;
  };
  readonly act: ReturnType<typeof measureAct> & { from: number };
  readonly trainingSeconds: number;
  readonly trainingCpuSeconds: number;
  readonly microseconds: { p50: number; p99: number };
  readonly modelBytes: number;
  readonly loadMs: number;
}): string {
  const { counts, byThreshold, act, calibrationError, microseconds } = figures;
  const chance = calibrationError.inScopeByChance;
  const lines: [string, string][] = [
    [
      'trained on',
      `${figures.train}: ${counts.trained} utterances, ${counts.intents} intents, ${counts.features} features`,
    ],
    [
      'tested on',
      `${counts.heldOut ? 'a part of it that was held out' : figures.data}: ${counts.test} in scope, ${counts.outOfScope} out of scope`,
    ],
    ...(counts.unknownIntents === 0
      ? []
      : ([['  of intents that were not trained on', String(counts.unknownIntents)]] satisfies [string, string][])),
    ...(figures.embedding === null
      ? []
      : ([['with vectors of', `${figures.embedding.model}, ${figures.embedding.dimensions} numbers`]] satisfies [
          string,
          string,
        ][])),
    ['problems in the training set', String(figures.problems.length)],
    ['accuracy in scope', percent(figures.inScopeAccuracy)],
    ['  macro F1', percent(figures.macroF1)],
    ...(figures.byLanguage.length < 2
      ? []
      : figures.byLanguage.map(({ language, asked, accuracy, precision, coverage }): [string, string] => [
          `  ${language}, ${asked} utterances`,
          `${percent(accuracy)}; at ${act.from} ${percent(precision)} of ${percent(coverage)}`,
        ])),
    ...(byThreshold === null
      ? []
      : ([
          [
            `by threshold of familiarity ${byThreshold.threshold.toFixed(3)}: accuracy in scope`,
            percent(byThreshold.inScopeAccuracy),
          ],
          ['  out-of-scope recall', percent(byThreshold.outOfScopeRecall)],
          ['  out-of-scope precision', percent(byThreshold.outOfScopePrecision)],
        ] satisfies [string, string][])),
    ['calibration error, in scope', percent(calibrationError.inScope)],
    ...(chance === null
      ? []
      : ([
          ['  of exact confidences, by chance at this size', percent(chance.mean)],
          ['  and in 95 of 100 draws at most', percent(chance.most)],
        ] satisfies [string, string][])),
    ['calibration error, all', percent(calibrationError.all)],
    [`at ${act.from}: precision, out of scope included`, percent(act.precision)],
    ['  coverage in scope', percent(act.coverage)],
    ['  out of scope, answered all the same', percent(act.outOfScopeAnswered)],
    ['training', `${figures.trainingSeconds.toFixed(1)} s (${figures.trainingCpuSeconds.toFixed(1)} s of a processor)`],
    ['recognising', `${microseconds.p50.toFixed(0)} µs (p50), ${microseconds.p99.toFixed(0)} µs (p99)`],
    ['model', `${(figures.modelBytes / 1e6).toFixed(2)} MB, loaded in ${figures.loadMs.toFixed(0)} ms`],
  ];
  const width = Math.max(...lines.map(([name]) => name.length));
  return `${lines.map(([name, value]) => `${name.padEnd(width)}  ${value}`).join('\n')}\n`;
}

await main();
