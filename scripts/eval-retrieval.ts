import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { parseArgs } from 'node:util';
import { PlainSearch } from '../bench/references/plain-search.ts';
import { describeMachine } from '../bench/report.ts';
import { percentile } from '../bench/statistics.ts';
import { emptyGraph } from '../server/bot/graph/graph-content.ts';
import { readGraphDocument, withRows } from '../server/bot/graph/graph-input.ts';
import { createKnowledgeGraph } from '../server/bot/graph/knowledge-graph.ts';
import {
  type MeasuredSearch,
  measureFloor,
  measureRanking,
  shareAtPrecision,
} from '../server/knowledge/search/measures.ts';
import { createPassageIndex, type PassageIndex } from '../server/knowledge/search/passage-index.ts';
import type { IndexedDoc } from '../server/knowledge/search/passages-of-doc.ts';
import type { SearchFocus } from '../server/knowledge/search/search-focus.ts';

// What `npm run eval:retrieval` runs: indexes the entries of a folder, asks its questions, and says how often the right entry came first.
const usage = `npm run eval:retrieval -- --data DIR --json OUT

  --data DIR     corpus.jsonl (id, title, then questions and perhaps answer, or text), queries.tsv (query<TAB>id of the right entry)
                 and, where there is one, no-answer.tsv (queries that no entry answers); or a folder of such folders.
                 With graph.json ({nodes, relations, answers}, as the console imports it) it is measured with that graph, too
  --json OUT     where the figures go; a table is printed
`;

function fail(message: string): never {
  process.stderr.write(`${message}\n\n${usage}`);
  process.exit(2);
}

function readOptions(): { data: string; json: string } {
  try {
    const { data, json } = parseArgs({ options: { data: { type: 'string' }, json: { type: 'string' } } }).values;
    if (data === undefined || json === undefined) fail('--data and --json are needed.');
    return { data, json };
  } catch (error) {
    fail((error as Error).message);
  }
}

const corpusFile = 'corpus.jsonl';

function foldersOf(dir: string): string[] {
  if (existsSync(join(dir, corpusFile))) return [dir];
  const inside = existsSync(dir) ? readdirSync(dir).sort() : [];
  const folders = inside.map((name) => join(dir, name)).filter((folder) => existsSync(join(folder, corpusFile)));
  return folders.length > 0 ? folders : fail(`${dir}: there is no ${corpusFile}, nor a folder that has one.`);
}

interface Question {
  readonly text: string;
  /** null: no entry answers. */
  readonly expected: string | null;
}

const linesOf = (file: string): string[] => readFileSync(file, 'utf8').replaceAll('\r', '').split('\n');

function readCorpus(file: string): IndexedDoc[] {
  const docs = linesOf(file).flatMap((line, at): IndexedDoc[] => (line.trim() === '' ? [] : [readDoc(line, file, at)]));
  if (docs.length === 0) fail(`${file}: there is no entry.`);
  const twice = docs.find(({ id }, at) => docs.findIndex((doc) => doc.id === id) < at);
  return twice === undefined ? docs : fail(`${file}: the id ${twice.id} is there twice.`);
}

function readDoc(line: string, file: string, at: number): IndexedDoc {
  const wrong = () =>
    fail(`${file}, line ${at + 1}: expected {"id", "title", "questions" or "text"}, got ${line.slice(0, 80)}`);
  const isString = (value: unknown) => typeof value === 'string';
  try {
    const { id, title, questions, text } = JSON.parse(line);
    const isFit = questions === undefined || (Array.isArray(questions) && questions.every(isString));
    if (!isString(id) || !isString(title) || !isFit || !(text === undefined || isString(text))) wrong();
    return { id, title, ...(questions === undefined ? {} : { questions }), ...(text === undefined ? {} : { text }) };
  } catch {
    return wrong();
  }
}

function readQuestions(dir: string, docs: readonly IndexedDoc[]): Question[] {
  const file = join(dir, 'queries.tsv');
  if (!existsSync(file)) fail(`${file} is not there.`);
  const known = new Set(docs.map(({ id }) => id));
  const answered = linesOf(file).flatMap((line, at): Question[] => {
    if (line.trim() === '') return [];
    const [text, expected, ...rest] = line.split('\t');
    if (text === undefined || !expected || rest.length > 0)
      fail(`${file}, line ${at + 1}: expected query<TAB>id, got ${line.slice(0, 80)}`);
    return known.has(expected) ? [{ text, expected }] : fail(`${file}, line ${at + 1}: there is no entry ${expected}.`);
  });
  if (answered.length === 0) fail(`${file}: there is no query.`);
  const none = join(dir, 'no-answer.tsv');
  const unanswered = existsSync(none) ? linesOf(none).filter((line) => line.trim() !== '') : [];
  return [...answered, ...unanswered.map((line): Question => ({ text: line.split('\t')[0] ?? '', expected: null }))];
}

/** What a question is about, by the folder's graph; undefined: it has none. */
function readFocus(dir: string): ((text: string) => SearchFocus | undefined) | undefined {
  const file = join(dir, 'graph.json');
  if (!existsSync(file)) return undefined;
  try {
    const graph = createKnowledgeGraph(withRows(emptyGraph, readGraphDocument(readObject(file)), 'replace'));
    const now = Date.now();
    return (text) => graph.focus(text, { now });
  } catch (error) {
    return fail(`${file}: ${(error as Error).message}`);
  }
}

function readObject(file: string): object {
  const document: unknown = JSON.parse(readFileSync(file, 'utf8'));
  const isFit = typeof document === 'object' && document !== null;
  if (!isFit || !Object.values(document).every((rows) => typeof rows === 'string' || Array.isArray(rows)))
    throw new Error('expected an object of lists: nodes, relations, answers');
  return document;
}

/** Places that count: MRR@10. */
const places = 10;

const timedRounds = 3;

/** @returns µs for each question, ascending: its best of three, as on a machine that others use too, some are interrupted */
function timeEach(
  index: PassageIndex,
  questions: readonly Question[],
  focus: (text: string) => SearchFocus | undefined,
): Float64Array {
  const taken = new Float64Array(questions.length).fill(Number.POSITIVE_INFINITY);
  for (let round = 0; round < timedRounds; round++) {
    for (const [at, { text }] of questions.entries()) {
      const start = process.hrtime.bigint();
      index.search(text, { limit: places, focus: focus(text) });
      taken[at] = Math.min(taken[at] as number, Number(process.hrtime.bigint() - start) / 1_000);
    }
  }
  return taken.sort();
}

/** Asks all questions, and says what came of it and how long it took. */
function ask(index: PassageIndex, questions: readonly Question[], focus: (text: string) => SearchFocus | undefined) {
  const searches = questions.map(({ text, expected }): MeasuredSearch => {
    const found = index.search(text, { limit: places, focus: focus(text) });
    return { expected, found: found.map(({ docId }) => docId), score: found[0]?.score ?? 0 };
  });
  const taken = timeEach(index, questions, focus);
  return { searches, microseconds: { p50: percentile(taken, 0.5), p99: percentile(taken, 0.99) } };
}

const figuresOf = (answers: readonly MeasuredSearch[]) => ({
  ...measureRanking(answers),
  at95: shareAtPrecision(answers, 0.95),
});

async function measureFolder(dir: string) {
  const docs = readCorpus(join(dir, corpusFile));
  const questions = readQuestions(dir, docs);
  const [start, cpu] = [performance.now(), process.cpuUsage()];
  const index = createPassageIndex();
  index.put(docs);
  await index.refresh();
  const { user, system } = process.cpuUsage(cpu);
  const seconds = (performance.now() - start) / 1_000;
  const focus = readFocus(dir);
  const { searches, microseconds } = ask(index, questions, () => undefined);
  const led = focus === undefined ? undefined : ask(index, questions, focus);
  const plain = new PlainSearch(
    docs.map(({ title, questions = [], text = '' }) => [title, ...questions, text].join('\n')),
  );
  const best = (scores: Float64Array, { expected }: Question): MeasuredSearch => {
    const order = [...scores.keys()].filter((at) => (scores[at] as number) > 0);
    order.sort((a, b) => (scores[b] as number) - (scores[a] as number));
    const found = order.slice(0, places).map((at) => docs[at]?.id ?? '');
    return { expected, found, score: scores[order[0] ?? 0] ?? 0 };
  };
  const systems = {
    parley: searches,
    bm25: questions.map((question) => best(plain.bm25(question.text), question)),
    tfidf: questions.map((question) => best(plain.tfidf(question.text), question)),
  };
  return {
    set: basename(dir),
    counts: {
      entries: docs.length,
      passages: index.passages,
      queries: questions.filter(({ expected }) => expected !== null).length,
      withoutAnswer: questions.filter(({ expected }) => expected === null).length,
    },
    ...mapValues(systems, figuresOf),
    floor: measureFloor(searches, 0.5),
    microseconds,
    ...(led === undefined
      ? {}
      : {
          withGraph: {
            ...figuresOf(led.searches),
            linked: questions.filter(({ text }) => focus?.(text) !== undefined).length,
            floor: measureFloor(led.searches, 0.5),
            microseconds: led.microseconds,
          },
        }),
    buildSeconds: seconds,
    buildCpuSeconds: (user + system) / 1e6,
    bytes: index.bytes,
  };
}

function mapValues<K extends string, V, W>(record: Readonly<Record<K, V>>, to: (value: V) => W): Record<K, W> {
  return Object.fromEntries(Object.entries<V>(record).map(([key, value]) => [key, to(value)])) as Record<K, W>;
}

type Figures = Awaited<ReturnType<typeof measureFolder>>;

const percent = (share: number | null) => (share === null ? '–' : (share * 100).toFixed(1));

function rowsOf(figures: Figures): string[][] {
  const { counts, withGraph } = figures;
  const ranking = (
    name: string,
    { recallAt1, recallAt3, recallAt5, recallAt10, mrr, ndcg, at95 }: Figures['parley'],
  ) => [name, ...[recallAt1, recallAt3, recallAt5, recallAt10, mrr, ndcg, at95].map(percent)];
  const answering = ({ floor, microseconds }: Pick<Figures, 'floor' | 'microseconds'>) => [
    ...[floor.answered, floor.right, floor.rejected].map(percent),
    ...[microseconds.p50, microseconds.p99].map((taken) => taken.toFixed(0)),
  ];
  return [
    [
      ...ranking(figures.set, figures.parley),
      ...answering(figures),
      figures.buildCpuSeconds.toFixed(2),
      (figures.bytes / 1e6).toFixed(1),
      `${counts.passages} passages, ${counts.queries} + ${counts.withoutAnswer} queries`,
    ],
    ...(withGraph === undefined
      ? []
      : [
          [
            ...ranking('  with its graph', withGraph),
            ...answering(withGraph),
            ...['', '', `${withGraph.linked} queries name something`],
          ],
        ]),
    ranking('  plain BM25', figures.bm25),
    ranking('  plain TF-IDF', figures.tfidf),
  ];
}

const header = [
  ...['', 'recall@1', 'recall@3', 'recall@5', 'recall@10', 'MRR@10', 'nDCG@10', 'answered at 95 %'],
  ...['from 0.5: answered', 'of these right', 'no answer, rejected', 'µs p50', 'µs p99', 'build s', 'MB', ''],
];

function render(all: readonly Figures[]): string {
  const table = [header, ...all.flatMap(rowsOf)];
  const width = (column: number) => Math.max(...table.map((cells) => cells[column]?.length ?? 0));
  const lines = table.map((cells) =>
    cells.map((cell, column) => (column % 15 === 0 ? cell.padEnd(width(column)) : cell.padStart(width(column)))),
  );
  return `${lines.map((cells) => cells.join('  ').trimEnd()).join('\n')}\n`;
}

const options = readOptions();
const sets: Figures[] = [];
for (const dir of foldersOf(options.data)) sets.push(await measureFolder(dir));
writeFileSync(options.json, `${JSON.stringify({ machine: describeMachine(), data: options.data, sets }, null, 2)}\n`);
process.stdout.write(render(sets));
