import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { describeMachine } from '../bench/report.ts';
import { percentile } from '../bench/statistics.ts';
import { actAt } from '../server/bot/intent/judge.ts';
import {
  accuracyOf,
  calibrationErrorOf,
  chooseThreshold,
  type MeasuredAnswer,
  measureAct,
  measureThreshold,
  reliabilityOf,
  type Share,
} from '../server/bot/intent/measures.ts';
import { decodeModel, encodeModel } from '../server/bot/intent/model-file.ts';
import { createIntentRecognizer, type IntentRecognizer } from '../server/bot/intent/recognizer.ts';
import { trainIntents } from '../server/bot/intent/train-intents.ts';

// What `npm run eval:intent` runs: trains on a folder of labelled utterances and measures on those that were not trained on.
const usage = `npm run eval:intent -- --data DIR [--train FILE] [--seed N] --json OUT

  --data DIR     train.tsv, test.tsv and, where there are any, dev.tsv, oos-dev.tsv, oos-test.tsv: utterance<TAB>intent
  --train FILE   instead of train.tsv: a path, or the name of a file in DIR
  --seed N       of what is drawn in training (1)
  --json OUT     where the figures go; a summary is printed
`;

/** An utterance and its intent; null in a file of utterances that belong to none. */
type Row = readonly [utterance: string, intent: string | null];

function fail(message: string): never {
  process.stderr.write(`${message}\n\n${usage}`);
  process.exit(2);
}

function readOptions() {
  try {
    const { data, train, json, seed } = parseArgs({
      options: {
        data: { type: 'string' },
        train: { type: 'string', default: 'train.tsv' },
        json: { type: 'string' },
        seed: { type: 'string', default: '1' },
      },
    }).values;
    if (data === undefined || json === undefined) fail('--data and --json are needed.');
    if (!/^\d{1,9}$/.test(seed)) fail(`--seed: expected a whole number, got ${seed}.`);
    return { data, train: existsSync(train) ? train : join(data, train), json, seed: Number(seed) };
  } catch (error) {
    fail((error as Error).message);
  }
}

function readRows(file: string): [string, string][] {
  if (!existsSync(file)) fail(`${file} is not there.`);
  const lines = readFileSync(file, 'utf8').split('\n');
  return lines.flatMap((line, at): [string, string][] => {
    if (line.trim() === '') return [];
    const [utterance, intent, ...rest] = line.replace(/\r$/, '').split('\t');
    if (utterance === undefined || !intent || rest.length > 0)
      fail(`${file}, line ${at + 1}: expected utterance<TAB>intent, got ${line.slice(0, 80)}`);
    return [[utterance, intent]];
  });
}

function readSet(dir: string, name: 'dev' | 'test'): Row[] {
  const [inScope, out] = [join(dir, `${name}.tsv`), join(dir, `oos-${name}.tsv`)];
  const rejected = existsSync(out) ? readRows(out).map(([utterance]): Row => [utterance, null]) : [];
  return existsSync(inScope) || name === 'test' ? [...readRows(inScope), ...rejected] : [];
}

interface ScoredAnswer extends MeasuredAnswer {
  readonly familiarity: number;
}

/** What is out of scope is told by how familiar a text is. */
const byFamiliarity = (answers: readonly ScoredAnswer[]) =>
  answers.map((one) => ({ ...one, confidence: one.familiarity }));

function answer(recognizer: IntentRecognizer, rows: readonly Row[]): ScoredAnswer[] {
  return rows.map(([utterance, expected]) => {
    const { intent, confidence, familiarity } = recognizer.recognize(utterance);
    return { expected, answered: intent, confidence, familiarity };
  });
}

const timedRounds = 3;

/** @returns µs for each utterance: its best of three, as on a machine that others use too, some rounds are interrupted */
function timeEach(recognizer: IntentRecognizer, rows: readonly Row[]): Float64Array {
  const taken = new Float64Array(rows.length).fill(Number.POSITIVE_INFINITY);
  for (let round = 0; round < timedRounds; round++) {
    for (const [at, [utterance]] of rows.entries()) {
      const start = process.hrtime.bigint();
      recognizer.recognize(utterance);
      taken[at] = Math.min(taken[at] as number, Number(process.hrtime.bigint() - start) / 1_000);
    }
  }
  return taken.sort();
}

function trainOn(rows: readonly [string, string][], seed: number) {
  const byIntent = Map.groupBy(rows, ([, intent]) => intent);
  const examples = [...byIntent].map(([intent, all]) => ({ intent, utterances: all.map(([utterance]) => utterance) }));
  const [start, cpu] = [performance.now(), process.cpuUsage()];
  const training = trainIntents(examples, { seed });
  const { user, system } = process.cpuUsage(cpu);
  return { ...training, seconds: (performance.now() - start) / 1_000, cpuSeconds: (user + system) / 1e6 };
}

function main(): void {
  const options = readOptions();
  const trainRows = readRows(options.train);
  const { model, problems, seconds, cpuSeconds } = trainOn(trainRows, options.seed);
  const bytes = encodeModel(model);
  const loadStart = performance.now();
  const recognizer = createIntentRecognizer(decodeModel(bytes));
  const loadMs = performance.now() - loadStart;
  const [devRows, testRows] = [readSet(options.data, 'dev'), readSet(options.data, 'test')];
  const [dev, test] = [answer(recognizer, devRows), answer(recognizer, testRows)];
  const taken = timeEach(recognizer, testRows);
  const inScope = test.filter(({ expected }) => expected !== null);
  const figures = {
    machine: describeMachine(),
    data: options.data,
    train: options.train,
    seed: options.seed,
    counts: {
      intents: model.intents.length,
      trained: model.utterances.length,
      features: model.vocabulary.features.length,
      test: inScope.length,
      outOfScope: test.length - inScope.length,
    },
    problems,
    inScopeAccuracy: accuracyOf(test),
    byThreshold: dev.length === 0 ? null : measureThreshold(byFamiliarity(test), chooseThreshold(byFamiliarity(dev))),
    calibrationError: { inScope: calibrationErrorOf(inScope), all: calibrationErrorOf(test) },
    reliability: reliabilityOf(test),
    act: { from: actAt, ...measureAct(test, actAt) },
    trainingSeconds: seconds,
    trainingCpuSeconds: cpuSeconds,
    microseconds: { p50: percentile(taken, 0.5), p99: percentile(taken, 0.99) },
    modelBytes: bytes.length,
    loadMs,
  };
  writeFileSync(options.json, `${JSON.stringify(figures, null, 2)}\n`);
  process.stdout.write(describe(figures));
}

const percent = (value: Share) => (value === null ? '–' : `${(value * 100).toFixed(1)} %`);

function describe(figures: {
  readonly data: string;
  readonly train: string;
  readonly counts: { intents: number; trained: number; features: number; test: number; outOfScope: number };
  readonly problems: readonly unknown[];
  readonly inScopeAccuracy: Share;
  readonly byThreshold: ReturnType<typeof measureThreshold> | null;
  readonly calibrationError: { inScope: Share; all: Share };
  readonly act: ReturnType<typeof measureAct> & { from: number };
  readonly trainingSeconds: number;
  readonly trainingCpuSeconds: number;
  readonly microseconds: { p50: number; p99: number };
  readonly modelBytes: number;
  readonly loadMs: number;
}): string {
  const { counts, byThreshold, act, calibrationError, microseconds } = figures;
  const lines: [string, string][] = [
    [
      'trained on',
      `${figures.train}: ${counts.trained} utterances, ${counts.intents} intents, ${counts.features} features`,
    ],
    ['tested on', `${figures.data}: ${counts.test} in scope, ${counts.outOfScope} out of scope`],
    ['problems in the training set', String(figures.problems.length)],
    ['accuracy in scope', percent(figures.inScopeAccuracy)],
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

main();
