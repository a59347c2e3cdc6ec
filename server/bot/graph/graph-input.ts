import { createHash } from 'node:crypto';
import { parse } from 'csv-parse/sync';
import { Refusal } from '../../gateway/refusal.ts';
import { checkGraph, type GraphProblem } from './check-graph.ts';
import type { GraphAnswerEntry, GraphContent, GraphNode, GraphRelation } from './graph-content.ts';

/** Rows as they are given, each with where it stands ("line 4 of nodes", "nodes[3]"). */
export interface GraphRows {
  readonly nodes: readonly Placed<GraphNode>[];
  readonly relations: readonly Placed<GraphRelation>[];
  readonly answers: readonly Placed<GraphAnswerEntry>[];
}
export interface Placed<T> {
  readonly place: string;
  readonly row: T;
}

/** What a CSV import consists of: up to three files, the first line of each names its columns. */
export interface GraphCsv {
  readonly nodes?: string;
  readonly relations?: string;
  readonly answers?: string;
}

/** Names of one relation are one, so that an import again changes it in place of adding another. */
export const relationId = ({ from, type, to }: Pick<GraphRelation, 'from' | 'type' | 'to'>): string =>
  shortHash(['r', from, type, to]);
export const answerId = (answer: Omit<GraphAnswerEntry, 'id' | 'text' | 'source' | 'validTo'>): string =>
  shortHash(['a', answer.node, answer.attribute, answer.language, String(answer.validFrom)]);
const shortHash = (parts: readonly string[]) =>
  createHash('sha256').update(JSON.stringify(parts)).digest('base64url').slice(0, 20);

const columns = {
  nodes: { needed: ['id', 'type'], known: /^(?:id|type|synonyms|name_[A-Za-z0-9-]+)$/ },
  relations: { needed: ['from', 'type', 'to'], known: /^(?:from|type|to|valid_from|valid_to|source)$/ },
  answers: {
    needed: ['node', 'attribute', 'language', 'text'],
    known: /^(?:node|attribute|language|text|valid_from|valid_to|source)$/,
  },
} as const;
type Part = keyof typeof columns;

/**
 * Reads the three CSV files. Synonyms are parted by |, dates are ISO (`2026-12-01` is its first instant in UTC).
 *
 * @throws Refusal `content-invalid` that names file, line and column of everything that is wrong
 */
export function readGraphCsv(csv: GraphCsv): GraphRows {
  const problems: string[] = [];
  const read = <T>(part: Part, make: (row: Row) => T): Placed<T>[] =>
    rowsOf(part, csv[part], problems).map((row) => ({ place: row.place, row: make(row) }));
  const rows = {
    nodes: read('nodes', nodeFrom),
    relations: read('relations', relationFrom),
    answers: read('answers', answerFrom),
  };
  if (problems.length > 0) throw refuse(problems);
  return rows;
}

interface Row {
  readonly place: string;
  readonly values: Readonly<Record<string, string>>;
  readonly date: (column: string) => number | null;
}

function rowsOf(part: Part, text: string | undefined, problems: string[]): Row[] {
  if (text === undefined || text.trim() === '') return [];
  let records: { record: string[]; info: { lines: number } }[];
  try {
    records = parse(text, {
      info: true,
      bom: true,
      relax_column_count: true,
      skip_empty_lines: true,
      trim: true,
    }) as never;
  } catch (error) {
    problems.push(`${part}: ${(error as Error).message}`);
    return [];
  }
  const [head = { record: [], info: { lines: 1 } }, ...body] = records;
  const names = head.record.map((name) =>
    name.replace(/^name_(zh|en)$/i, (_, tag: string) => `name_${tag.toLowerCase()}`),
  );
  const missing = columns[part].needed.filter((name) => !names.includes(name));
  const unknown = names.filter((name) => !columns[part].known.test(name));
  if (missing.length > 0) problems.push(`${part}, line 1: the column "${missing.join('", "')}" is missing`);
  if (unknown.length > 0) problems.push(`${part}, line 1: the column "${unknown.join('", "')}" is not known`);
  if (missing.length + unknown.length > 0) return [];
  return body.map(({ record, info }, at) => {
    // `lines` counts up to the end of a record; one whose text has line breaks begins earlier.
    const breaks = record.reduce((sum, value) => sum + (value.match(/\n/g)?.length ?? 0), 0);
    const place = `${part}, line ${info.lines - breaks || at + 2}`;
    if (record.length !== names.length) problems.push(`${place}: ${record.length} values, and ${names.length} columns`);
    const values = Object.fromEntries(names.map((name, column) => [name, record[column] ?? '']));
    return {
      place,
      values,
      date: (column) => dateFrom(values[column] ?? '', (why) => problems.push(`${place}, ${column}: ${why}`)),
    };
  });
}

function dateFrom(text: string, tell: (why: string) => void): number | null {
  if (text === '') return null;
  const at = /^\d{4}-\d\d-\d\d(?:T\d\d:\d\d(?::\d\d(?:\.\d+)?)?(?:Z|[+-]\d\d:\d\d))?$/.test(text)
    ? Date.parse(text)
    : Number.NaN;
  if (Number.isNaN(at)) tell(`"${text}" is no date: write 2026-12-01`);
  return Number.isNaN(at) ? null : at;
}

function nodeFrom({ values }: Row): GraphNode {
  const names = Object.entries(values).filter(([column, name]) => column.startsWith('name_') && name !== '');
  return {
    id: values.id ?? '',
    type: values.type ?? '',
    names: Object.fromEntries(names.map(([column, name]) => [column.slice('name_'.length), name])),
    synonyms: (values.synonyms ?? '')
      .split('|')
      .map((word) => word.trim())
      .filter((word) => word !== ''),
  };
}

function relationFrom({ values, date }: Row): GraphRelation {
  const { from = '', type = '', to = '', source = '' } = values;
  return {
    id: relationId({ from, type, to }),
    from,
    type,
    to,
    source: source || null,
    validFrom: date('valid_from'),
    validTo: date('valid_to'),
  };
}

function answerFrom({ values, date }: Row): GraphAnswerEntry {
  const { node = '', attribute = '', language = '', text = '', source = '' } = values;
  const said = {
    node,
    attribute,
    language,
    text,
    source: source || null,
    validFrom: date('valid_from'),
    validTo: date('valid_to'),
  };
  return { id: answerId(said), ...said };
}

/** The rows of a document, as the API takes it: what is missing is empty. */
export function readGraphDocument(document: GraphDocument): GraphRows {
  const placed = <T>(part: Part, rows: readonly T[]) => rows.map((row, at) => ({ place: `${part}[${at}]`, row }));
  const relations = (document.relations ?? []).map(
    (one): GraphRelation => ({ source: null, validFrom: null, validTo: null, ...one, id: relationId(one) }),
  );
  const answers = (document.answers ?? []).map((one): GraphAnswerEntry => {
    const said = { source: null, validFrom: null, validTo: null, ...one };
    return { ...said, id: answerId(said) };
  });
  const nodes = (document.nodes ?? []).map((node): GraphNode => ({ ...node, synonyms: node.synonyms ?? [] }));
  return {
    nodes: placed('nodes', nodes),
    relations: placed('relations', relations),
    answers: placed('answers', answers),
  };
}

type Loose<T, Optional extends keyof T> = Omit<T, Optional | 'id'> & Partial<Pick<T, Optional>>;
export interface GraphDocument {
  readonly nodes?: readonly (Omit<GraphNode, 'synonyms'> & { readonly synonyms?: readonly string[] })[];
  readonly relations?: readonly Loose<GraphRelation, 'validFrom' | 'validTo' | 'source'>[];
  readonly answers?: readonly Loose<GraphAnswerEntry, 'validFrom' | 'validTo' | 'source'>[];
}

/**
 * The graph with the rows in it: beside what is there (the same id is replaced), or in its place.
 *
 * @throws Refusal `content-invalid` that names the place of everything that is wrong; then nothing is to change
 */
export function withRows(current: GraphContent, rows: GraphRows, mode: 'merge' | 'replace'): GraphContent {
  const base = mode === 'replace' ? { nodes: [], relations: [], answers: [] } : current;
  const places: Record<Part, (string | undefined)[]> = { nodes: [], relations: [], answers: [] };
  const joined = <T extends { readonly id: string }>(
    part: Part,
    before: readonly T[],
    added: readonly Placed<T>[],
  ): T[] => {
    const replaced = new Set(added.map(({ row }) => row.id));
    const kept = before.filter(({ id }) => !replaced.has(id));
    places[part] = [...kept.map(() => undefined), ...added.map(({ place }) => place)];
    return [...kept, ...added.map(({ row }) => row)];
  };
  const content = {
    nodes: joined('nodes', base.nodes, rows.nodes),
    relations: joined('relations', base.relations, rows.relations),
    answers: joined('answers', base.answers, rows.answers),
  };
  const found = checkGraph(content);
  if (found.length > 0)
    throw refuse(
      found.map(
        (problem) =>
          `${places[problem.part][problem.at] ?? placeOf(problem, content)}, ${problem.field}: ${problem.why}`,
      ),
    );
  return content;
}

/** Where something is wrong in what was there before. */
function placeOf({ part, at }: GraphProblem, content: GraphContent): string {
  return `${part} "${content[part][at]?.id ?? at}"`;
}

const toldAtOnce = 20;

function refuse(problems: readonly string[]): Refusal {
  const more = problems.length > toldAtOnce ? `\nand ${problems.length - toldAtOnce} more` : '';
  return new Refusal('content-invalid', `Nothing was changed.\n${problems.slice(0, toldAtOnce).join('\n')}${more}`);
}
