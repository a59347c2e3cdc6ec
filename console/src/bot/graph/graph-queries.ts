import type { Page } from '@parley/sdk/protocol.ts';
import { queryOptions } from '@tanstack/react-query';
import { api } from '../../app/api.ts';
import type { FoundValue } from '../entities/entity-queries.ts';

export interface GraphNode {
  readonly id: string;
  readonly type: string;
  readonly names: Readonly<Record<string, string>>;
  readonly synonyms: readonly string[];
}
export interface GraphRelation {
  readonly id: string;
  readonly from: string;
  readonly type: string;
  readonly to: string;
  readonly validFrom: number | null;
  readonly validTo: number | null;
  readonly source: string | null;
}
export interface GraphAnswer {
  readonly id: string;
  readonly node: string;
  readonly attribute: string;
  readonly language: string;
  readonly text: string;
  readonly validFrom: number | null;
  readonly validTo: number | null;
  readonly source: string | null;
}
export interface Picture {
  readonly nodes: readonly GraphNode[];
  readonly relations: readonly GraphRelation[];
  readonly answers: Readonly<Record<string, number>>;
  readonly total: number;
}
export interface Tried {
  readonly answer:
    | { readonly kind: 'answer'; readonly text: string; readonly confidence: number; readonly path: readonly string[] }
    | {
        readonly kind: 'ask';
        readonly question: string;
        readonly choices: readonly { readonly id: string; readonly label: string }[];
        readonly path: readonly string[];
      }
    | { readonly kind: 'nothing' };
  readonly linked: readonly { readonly node: string; readonly start: number; readonly end: number }[];
  readonly entities: readonly FoundValue[];
  /** By what a search for passages would go; null: by the words alone. */
  readonly search: { readonly widened: readonly string[] } | null;
}
export type NewNode = Pick<GraphNode, 'type' | 'names' | 'synonyms'> & { readonly id?: string };

/** What stands for a question, and no thing. */
export const attributeType = 'attribute';

const path = '/api/v1/graph';
/** All of them begin so: a node that is renamed is renamed everywhere. */
export const graphKey = ['graph'] as const;

export const pictureQuery = (around: string | undefined) =>
  queryOptions({
    queryKey: [...graphKey, 'picture', around],
    queryFn: ({ signal }) =>
      api.call<Picture>(
        'GET',
        `${path}/picture${around === undefined ? '' : `?around=${encodeURIComponent(around)}`}`,
        undefined,
        { signal },
      ),
    placeholderData: (before) => before,
  });
export const nodesQuery = (q: string) =>
  queryOptions({
    queryKey: [...graphKey, 'nodes', q],
    queryFn: ({ signal }) =>
      api.call<Page<GraphNode>>('GET', `${path}/nodes?limit=100&q=${encodeURIComponent(q)}`, undefined, { signal }),
    placeholderData: (before) => before,
  });
export const attributesQuery = queryOptions({
  queryKey: [...graphKey, 'attributes'],
  queryFn: async ({ signal }) =>
    (await api.call<Page<GraphNode>>('GET', `${path}/nodes?limit=200&type=${attributeType}`, undefined, { signal }))
      .items,
});
export const nodeQuery = (id: string) =>
  queryOptions({
    queryKey: [...graphKey, 'node', id],
    queryFn: async ({ signal }) => {
      const of = encodeURIComponent(id);
      const [node, relations, answers] = await Promise.all([
        api.call<GraphNode>('GET', `${path}/nodes/${of}`, undefined, { signal }),
        api.call<Page<GraphRelation>>('GET', `${path}/relations?limit=200&node=${of}`, undefined, { signal }),
        api.call<Page<GraphAnswer>>('GET', `${path}/answers?limit=200&node=${of}`, undefined, { signal }),
      ]);
      return { node, relations: relations.items, answers: answers.items };
    },
  });

export const addNode = (node: NewNode) => api.call<GraphNode>('POST', `${path}/nodes`, node);
export const changeNode = (id: string, patch: Partial<NewNode>) =>
  api.call<GraphNode>('PATCH', `${path}/nodes/${encodeURIComponent(id)}`, patch);
export const addRelation = (relation: Pick<GraphRelation, 'from' | 'type' | 'to'>) =>
  api.call<GraphRelation>('POST', `${path}/relations`, relation);
export const addAnswer = (answer: Pick<GraphAnswer, 'node' | 'attribute' | 'language' | 'text' | 'validTo'>) =>
  api.call<GraphAnswer>('POST', `${path}/answers`, answer);
export const changeAnswer = (id: string, patch: Pick<GraphAnswer, 'text' | 'validTo'>) =>
  api.call<GraphAnswer>('PATCH', `${path}/answers/${id}`, patch);
export const removePart = ({ part, id }: { part: 'nodes' | 'relations' | 'answers'; id: string }) =>
  api.call<void>('DELETE', `${path}/${part}/${encodeURIComponent(id)}`);
export const importGraph = (files: Readonly<Record<string, unknown>>) =>
  api.call<{ nodes: number; relations: number; answers: number }>('POST', `${path}/import`, files);
export const exportAddress = (format: 'json' | 'csv') => `${path}/export?format=${format}`;
export const tryGraph = (asked: { text: string; chosen?: string }) =>
  api.call<Tried>('POST', `${path}/try`, { ...asked, timeZone: Intl.DateTimeFormat().resolvedOptions().timeZone });

/** The name in the language of the console, else in any. */
export function nameOf(node: Pick<GraphNode, 'id' | 'names'> | undefined, language: string): string {
  if (node === undefined) return '';
  const family = language.split('-')[0] as string;
  const near = Object.keys(node.names).find((tag) => tag.startsWith(family));
  return node.names[near ?? ''] ?? Object.values(node.names)[0] ?? node.id;
}
