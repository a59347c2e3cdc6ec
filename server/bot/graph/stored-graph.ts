import type { Clock } from '../../base/clock.ts';
import { newId } from '../../base/ids.ts';
import type { Broadcast } from '../../conversation/broadcast.ts';
import { Refusal } from '../../gateway/refusal.ts';
import type { DocumentStore } from '../document-store.ts';
import { differences, holdDocuments } from '../held-documents.ts';
import type { GraphAnswerEntry, GraphContent, GraphNode, GraphRelation } from './graph-content.ts';
import { answerId, type GraphRows, relationId, withRows } from './graph-input.ts';
import { createKnowledgeGraph, type KnowledgeGraph } from './knowledge-graph.ts';

type New<T, Optional extends keyof T = never> = Omit<T, 'id' | Optional> & Partial<Pick<T, Optional>>;
type Origin = 'validFrom' | 'validTo' | 'source';
const noOrigin = { validFrom: null, validTo: null, source: null };

/** The knowledge graph as it is stored, edited and asked. Every edit is checked against the whole graph first. */
export interface StoredGraph extends KnowledgeGraph {
  content(): GraphContent;
  /** @throws Refusal `conflict` when the id is taken; `content-invalid` with the field */
  addNode(node: Omit<GraphNode, 'id'> & { readonly id?: string }): Promise<GraphNode>;
  /** @throws Refusal `not-found`, `content-invalid` */
  changeNode(id: string, patch: Partial<Omit<GraphNode, 'id'>>): Promise<GraphNode>;
  /** With its relations and answers; of an attribute with the answers about it. */
  removeNode(id: string): Promise<void>;
  addRelation(relation: New<GraphRelation, Origin>): Promise<GraphRelation>;
  changeRelation(id: string, patch: Partial<Pick<GraphRelation, Origin>>): Promise<GraphRelation>;
  removeRelation(id: string): Promise<void>;
  addAnswer(answer: New<GraphAnswerEntry, Origin>): Promise<GraphAnswerEntry>;
  changeAnswer(id: string, patch: Partial<Pick<GraphAnswerEntry, Origin | 'text'>>): Promise<GraphAnswerEntry>;
  removeAnswer(id: string): Promise<void>;
  /** All rows or none. @throws Refusal `content-invalid` that names the place of everything that is wrong */
  importRows(rows: GraphRows, mode: 'merge' | 'replace'): Promise<GraphContent>;
  reload(): Promise<void>;
  stop(): void;
}

type Part = keyof GraphContent;
const kinds = { nodes: 'node', relations: 'relation', answers: 'answer' } as const;

export async function createStoredGraph(deps: {
  store: DocumentStore;
  broadcast: Broadcast;
  clock: Clock;
  onError: (error: unknown) => void;
}): Promise<StoredGraph> {
  const held = await holdDocuments<GraphContent>({
    ...deps,
    area: 'graph',
    read: (documents) => {
      const of = <T>(kind: string) =>
        documents.filter((one) => one.kind === kind).map(({ body }) => JSON.parse(body) as T);
      return { nodes: of('node'), relations: of('relation'), answers: of('answer') };
    },
  });
  let made: { readonly of: GraphContent; readonly graph: KnowledgeGraph } | undefined;

  /** Made when it is asked first: ten thousand nodes take a moment. */
  function graph(): KnowledgeGraph {
    if (made?.of !== held.current) made = { of: held.current, graph: createKnowledgeGraph(held.current) };
    return made.graph;
  }

  const edit = <R>(make: (current: GraphContent) => { next: GraphContent; result: R }): Promise<R> =>
    held.change((current) => {
      const { next, result } = make(current);
      const changes = (Object.keys(kinds) as Part[]).map((part) =>
        differences<{ readonly id: string }>(kinds[part], current[part], next[part]),
      );
      const change = { put: changes.flatMap(({ put }) => put), remove: changes.flatMap(({ remove }) => remove) };
      return { next, result, change };
    });

  /** Adds a row, or puts it in the place of the one with its id. */
  const put = <P extends Part>(current: GraphContent, part: P, row: GraphContent[P][number]) => {
    const none = { nodes: [], relations: [], answers: [] };
    return { next: withRows(current, { ...none, [part]: [{ place: kinds[part], row }] }, 'merge'), result: row };
  };

  function get<P extends Part>(content: GraphContent, part: P, id: string): GraphContent[P][number] {
    const found = (content[part] as readonly GraphContent[P][number][]).find((one) => one.id === id);
    if (found === undefined) throw new Refusal('not-found', `There is no such ${kinds[part]}.`);
    return found;
  }

  const add = <P extends Part>(part: P, row: GraphContent[P][number]) =>
    edit((current) => {
      if (current[part].some(({ id }) => id.toLowerCase() === row.id.toLowerCase())) {
        throw new Refusal('conflict', `This ${kinds[part]} is there already: change it.`);
      }
      return put(current, part, row);
    });

  const change = <P extends Part>(part: P, id: string, patch: Partial<GraphContent[P][number]>) =>
    edit((current) => put(current, part, { ...get(current, part, id), ...patch }));

  const remove = (part: 'relations' | 'answers', id: string) =>
    edit((current) => {
      get(current, part, id);
      const next = { ...current, [part]: current[part].filter((one) => one.id !== id) };
      return { next, result: undefined };
    });

  return {
    get languages() {
      return graph().languages;
    },
    answer: (text, context) => graph().answer(text, context),
    read: (text, entities) => graph().read(text, entities),
    focus: (text, context) => graph().focus(text, context),
    content: () => held.current,
    addNode: ({ id = newId(), ...node }) => add('nodes', { id, ...node }) as Promise<GraphNode>,
    changeNode: (id, patch) => change('nodes', id, patch) as Promise<GraphNode>,
    removeNode: (id) =>
      edit((current) => {
        get(current, 'nodes', id);
        const next = {
          nodes: current.nodes.filter((one) => one.id !== id),
          relations: current.relations.filter(({ from, to }) => from !== id && to !== id),
          answers: current.answers.filter(({ node, attribute }) => node !== id && attribute !== id),
        };
        return { next, result: undefined };
      }),
    addRelation: (relation) =>
      add('relations', { ...noOrigin, ...relation, id: relationId(relation) }) as Promise<GraphRelation>,
    changeRelation: (id, patch) => change('relations', id, patch) as Promise<GraphRelation>,
    removeRelation: (id) => remove('relations', id),
    addAnswer: (answer) => {
      const said = { ...noOrigin, ...answer };
      return add('answers', { ...said, id: answerId(said) }) as Promise<GraphAnswerEntry>;
    },
    changeAnswer: (id, patch) => change('answers', id, patch) as Promise<GraphAnswerEntry>,
    removeAnswer: (id) => remove('answers', id),
    importRows: (rows, mode) =>
      edit((current) => {
        const next = withRows(current, rows, mode);
        return { next, result: next };
      }),
    reload: held.reload,
    stop: held.stop,
  };
}
