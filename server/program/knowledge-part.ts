import type { IncomingMessage } from 'node:http';
import type { RoutingConfig } from '@parley/sdk/routing-document.ts';
import type { Clock } from '../base/clock.ts';
import { newId } from '../base/ids.ts';
import type { Embeddings } from '../bot/embeddings/embeddings.ts';
import type { KnowledgeGraph } from '../bot/graph/knowledge-graph.ts';
import type { Engines } from '../engines.ts';
import type { App } from '../http/app.ts';
import type { RequestAuth } from '../http/auth.ts';
import { knowledgeRoutes } from '../http/knowledge-routes.ts';
import { createKnowledge, type Knowledge } from '../knowledge/knowledge.ts';
import type { KnowledgeSearch } from '../knowledge/knowledge-search.ts';
import { createPassageIndex } from '../knowledge/search/passage-index.ts';
import { createSearchEmbedding, type SearchEmbedding } from '../knowledge/search-embedding.ts';

/** Articles and canned replies, and how they are found. */
export interface KnowledgePart {
  readonly base: Knowledge;
  readonly search: KnowledgeSearch;
  readonly searchEmbedding: SearchEmbedding;
  routes(app: App, auth: RequestAuth): Promise<void>;
  /** What this process does of it until the signal aborts. */
  run(signal: AbortSignal): Promise<void>[];
}

export function createKnowledgePart(deps: {
  engines: Pick<Engines, 'store' | 'conversations'>;
  secret: string;
  clock: Clock;
  embeddings: Pick<Embeddings, 'search'>;
  /** What questions are about. */
  graph: Pick<KnowledgeGraph, 'focus'>;
  groups: () => RoutingConfig['groups'];
  channelName: (channelId: string) => string;
  publicUrl: (host: string | undefined) => string;
  isOurOrigin: (request: IncomingMessage) => boolean;
  onError: (error: unknown) => void;
}): KnowledgePart {
  const { engines, clock, onError } = deps;
  const index = createPassageIndex({
    autoRefresh: {
      afterMs: 2_000,
      onError: (error) => {
        if (!searchEmbedding.failed(error)) onError(error);
      },
    },
  });
  const searchEmbedding = createSearchEmbedding({ vectors: deps.embeddings.search, index, clock, onError });
  const base = createKnowledge({
    store: engines.store.knowledge,
    meta: engines.store.meta,
    secret: deps.secret,
    index,
    questionVector: searchEmbedding.question,
    focus: deps.graph.focus,
    clock,
    newId,
    conversations: engines.conversations,
    groups: deps.groups,
    channelName: deps.channelName,
    onError,
  });
  return {
    base,
    search: base.search,
    searchEmbedding,
    routes: (app, auth) => {
      const { publicUrl, isOurOrigin } = deps;
      const { now, elapsed } = clock;
      return knowledgeRoutes(app, { auth, knowledge: base, now, elapsed, publicUrl, isOurOrigin });
    },
    run: (signal) => [searchEmbedding.run(signal)],
  };
}
