import { longestTerm } from '../entities/term-matcher.ts';
import {
  attributeType,
  type GraphAnswerEntry,
  type GraphContent,
  type GraphNode,
  type GraphRelation,
  inheriting,
  mostAnswers,
  mostNodes,
  mostRelations,
  type Validity,
} from './graph-content.ts';

/** What is wrong with a graph: of which of its parts, and why. */
export interface GraphProblem {
  readonly part: 'nodes' | 'relations' | 'answers';
  /** The place in its list. */
  readonly at: number;
  readonly field: string;
  readonly why: string;
}

const idShape = /^[a-z0-9][a-z0-9._:-]{0,79}$/i;
const typeShape = /^[a-z0-9][a-z0-9-]{0,39}$/;
const languageShape = /^[a-z]{2,3}(?:-[a-z0-9]{2,8}){0,3}$/i;
export const longestAnswer = 4_000;
const mostSynonyms = 100;
const longestSource = 500;

/** All that is wrong with a graph; an empty list where nothing is. */
export function checkGraph(content: GraphContent): GraphProblem[] {
  const problems: GraphProblem[] = [];
  const nodes = new Map<string, GraphNode>();
  const seen = new Set<string>();
  const report = (part: GraphProblem['part'], at: number) => (field: string, why: string) =>
    problems.push({ part, at, field, why });
  checkSizes(content, report);
  for (const [at, node] of content.nodes.entries()) {
    const tell = report('nodes', at);
    checkNode(node, tell);
    // MariaDB's keys do not tell capital letters from small ones.
    const key = node.id.toLowerCase();
    if (seen.has(key)) tell('id', `"${node.id}" is there already`);
    seen.add(key);
    nodes.set(node.id, node);
  }
  const pairs = new Set<string>();
  for (const [at, relation] of content.relations.entries()) {
    const tell = report('relations', at);
    checkRelation(relation, nodes, tell);
    const key = `${relation.from}\n${relation.type}\n${relation.to}`;
    if (pairs.has(key)) tell('to', `"${relation.from}" ${relation.type} "${relation.to}" is there already`);
    pairs.add(key);
  }
  for (const [at, answer] of content.answers.entries()) checkAnswer(answer, nodes, report('answers', at));
  findOverlaps(content.answers, (at, why) => report('answers', at)('valid_from', why));
  for (const { at, circle } of findCircles(content.relations)) {
    report('relations', at)('to', `closes a circle: ${circle.join(' → ')}`);
  }
  return problems;
}

type Tell = (field: string, why: string) => void;

function checkSizes(
  { nodes, relations, answers }: GraphContent,
  report: (part: GraphProblem['part'], at: number) => Tell,
): void {
  const over = (part: GraphProblem['part'], size: number, most: number) => {
    if (size > most) report(part, most)('id', `${size} ${part} are too many: ${most} are the most`);
  };
  over('nodes', nodes.length, mostNodes);
  over('relations', relations.length, mostRelations);
  over('answers', answers.length, mostAnswers);
}

function checkNode({ id, type, names, synonyms }: GraphNode, tell: Tell): void {
  if (!idShape.test(id)) tell('id', `"${id}" is no id: letters, digits and . _ : -, 80 at most`);
  if (!typeShape.test(type)) tell('type', `"${type}" is no type: small letters, digits and -, 40 at most`);
  const named = Object.entries(names);
  if (named.length === 0) tell('names', `"${id}" has no name in any language`);
  for (const [language, name] of named) {
    if (!languageShape.test(language)) tell('names', `"${language}" is no language: write en or zh-CN`);
    if (!isTerm(name)) tell('names', `the name in ${language} is empty or longer than ${longestTerm} characters`);
  }
  if (synonyms.length > mostSynonyms)
    tell('synonyms', `${synonyms.length} synonyms are too many: ${mostSynonyms} are the most`);
  const bad = synonyms.find((synonym) => !isTerm(synonym));
  if (bad !== undefined) tell('synonyms', `a synonym is empty or longer than ${longestTerm} characters`);
}

const isTerm = (text: string): boolean => text.trim() !== '' && text.length <= longestTerm;

function checkRelation(relation: GraphRelation, nodes: ReadonlyMap<string, GraphNode>, tell: Tell): void {
  if (!typeShape.test(relation.type)) tell('type', `"${relation.type}" is no type: small letters, digits and -`);
  for (const field of ['from', 'to'] as const) {
    const node = nodes.get(relation[field]);
    if (node === undefined) tell(field, `there is no node "${relation[field]}"`);
    else if (node.type === attributeType) tell(field, `"${node.id}" is an attribute: relations lead between things`);
  }
  if (relation.from === relation.to) tell('to', `"${relation.to}" leads to itself`);
  checkOrigin(relation, tell);
}

function checkAnswer(answer: GraphAnswerEntry, nodes: ReadonlyMap<string, GraphNode>, tell: Tell): void {
  const [node, attribute] = [nodes.get(answer.node), nodes.get(answer.attribute)];
  if (node === undefined) tell('node', `there is no node "${answer.node}"`);
  else if (node.type === attributeType) tell('node', `"${node.id}" is an attribute: answers belong to things`);
  if (attribute === undefined) tell('attribute', `there is no node "${answer.attribute}"`);
  else if (attribute.type !== attributeType)
    tell('attribute', `"${attribute.id}" is no attribute but of type ${attribute.type}`);
  if (!languageShape.test(answer.language)) tell('language', `"${answer.language}" is no language: write en or zh-CN`);
  if (answer.text.trim() === '' || answer.text.length > longestAnswer) {
    tell('text', `the text is empty or longer than ${longestAnswer} characters`);
  }
  checkOrigin(answer, tell);
}

function checkOrigin({ validFrom, validTo, source }: Validity & { readonly source: string | null }, tell: Tell): void {
  if (validFrom !== null && validTo !== null && validTo <= validFrom) tell('valid_to', 'it ends before it begins');
  if (source !== null && source.length > longestSource) tell('source', `it is longer than ${longestSource} characters`);
}

/** Two answers to one question at one time would make one of them a guess. */
function findOverlaps(answers: readonly GraphAnswerEntry[], tell: (at: number, why: string) => void): void {
  const places = [...answers.entries()].map(([at, answer]) => ({ at, answer }));
  const same = Map.groupBy(
    places,
    ({ answer }) => `${answer.node}\n${answer.attribute}\n${answer.language.toLowerCase()}`,
  );
  for (const group of same.values()) {
    const inTime = group.toSorted((a, b) => (a.answer.validFrom ?? 0) - (b.answer.validFrom ?? 0));
    for (const [place, { at, answer }] of inTime.entries()) {
      const before = inTime[place - 1]?.answer;
      if (before === undefined || (before.validTo !== null && before.validTo <= (answer.validFrom ?? 0))) continue;
      tell(
        at,
        `"${answer.node}" has another answer about "${answer.attribute}" in ${answer.language} at the same time`,
      );
    }
  }
}

/** Relations that close a circle of inheritance, each with the circle; found by going down from each node once. */
function findCircles(relations: readonly GraphRelation[]): { at: number; circle: string[] }[] {
  const out = new Map<string, { at: number; to: string }[]>();
  for (const [at, { from, to, type }] of relations.entries()) {
    if (!inheriting.has(type) || from === to) continue;
    const there = out.get(from);
    if (there === undefined) out.set(from, [{ at, to }]);
    else there.push({ at, to });
  }
  const found: { at: number; circle: string[] }[] = [];
  const done = new Set<string>();
  for (const begin of out.keys()) {
    // A way as a list and not by recursion: a chain may have thousands of links. `by`: the relation that led here.
    const way: { id: string; next: number; by: number }[] = done.has(begin) ? [] : [{ id: begin, next: 0, by: -1 }];
    const onWay = new Set(way.map(({ id }) => id));
    while (way.length > 0) {
      const here = way[way.length - 1] as { id: string; next: number };
      const edge = out.get(here.id)?.[here.next];
      here.next += 1;
      if (edge === undefined) {
        way.pop();
        onWay.delete(here.id);
        done.add(here.id);
      } else if (onWay.has(edge.to)) {
        const circle = way.slice(way.findIndex(({ id }) => id === edge.to));
        // Of the relations of a circle the one that came last closed it.
        const at = Math.max(edge.at, ...circle.slice(1).map(({ by }) => by));
        found.push({ at, circle: [...circle.map(({ id }) => id), edge.to] });
      } else if (!done.has(edge.to)) {
        way.push({ id: edge.to, next: 0, by: edge.at });
        onWay.add(edge.to);
      }
    }
  }
  return found;
}
