import { MultiDirectedGraph } from 'graphology';
import {
  type GraphAnswerEntry,
  type GraphContent,
  type GraphNode,
  type GraphRelation,
  holdsAt,
  inheriting,
  mostSteps,
} from './graph-content.ts';
import { languageToSpeak, type Tongue } from './graph-words.ts';

/** A way up from a node: the nodes it passes, and how it came to each. */
export interface Step {
  readonly node: GraphNode;
  /** Relations from the node that was asked about up to this one. */
  readonly way: readonly GraphRelation[];
}

/** An answer that a node has or inherits. */
export interface FoundAnswer {
  readonly entry: GraphAnswerEntry;
  readonly step: Step;
}

/** A checked graph, made to be walked. */
export interface GraphIndex {
  node(id: string): GraphNode | undefined;
  /**
   * What a node answers about an attribute: its own answers, else those of the nearest that it inherits from. Several where
   * it inherits different ones from equally far: one of each node, in the one language to speak in. Where its node has none
   * in a language that is spoken, in another: what is nearer holds, and what a wider kind says in the right language may be
   * wrong of it.
   */
  answersOf(nodeId: string, attribute: string, at: Sought): FoundAnswer[];
  /** Attributes about which a node has or inherits an answer, in whatever language. */
  attributesOf(nodeId: string, now: number): string[];
  /** Nodes with an answer of their own about an attribute, in whatever language. */
  answering(attribute: string, now: number): string[];
  /** The nodes that inherit from this one, over all steps, itself included; at most so many. */
  heirs(nodeId: string, now: number, limit: number): string[];
  /** The node itself and all that it inherits from, the nearest first. */
  upwards(nodeId: string, now: number): Step[];
  /** One relation of any type joins them, in either direction, or they inherit one from the other. */
  areJoined(a: string, b: string, now: number): boolean;
  /** One relation joins them along which nothing is inherited: the one fits the other, and is none of its kind. */
  areRelated(a: string, b: string, now: number): boolean;
}

/** When an answer is sought, and in which languages rather than in others. */
export interface Sought extends Tongue {
  readonly now: number;
}

export function createGraphIndex({ nodes, relations, answers }: GraphContent): GraphIndex {
  const graph = new MultiDirectedGraph<GraphNode, GraphRelation>();
  for (const node of nodes) graph.addNode(node.id, node);
  for (const relation of relations) graph.addDirectedEdgeWithKey(relation.id, relation.from, relation.to, relation);
  const byNode = Map.groupBy(answers, ({ node }) => node);
  const byAttribute = Map.groupBy(answers, ({ attribute }) => attribute);

  function ownAnswer(nodeId: string, attribute: string, sought: Sought): GraphAnswerEntry | undefined {
    const own = (byNode.get(nodeId) ?? []).filter(
      (entry) => entry.attribute === attribute && holdsAt(entry, sought.now),
    );
    const best = languageToSpeak(
      own.map(({ language }) => language),
      sought,
    );
    return own.find(({ language }) => language === best);
  }

  function upwards(nodeId: string, now: number): Step[] {
    if (!graph.hasNode(nodeId)) return [];
    const steps: Step[] = [{ node: graph.getNodeAttributes(nodeId), way: [] }];
    const seen = new Set([nodeId]);
    for (let at = 0; at < steps.length; at += 1) {
      const { node, way } = steps[at] as Step;
      if (way.length >= mostSteps) break;
      graph.forEachOutboundEdge(node.id, (_, relation, __, to) => {
        if (!inheriting.has(relation.type) || seen.has(to) || !holdsAt(relation, now)) return;
        seen.add(to);
        steps.push({ node: graph.getNodeAttributes(to), way: [...way, relation] });
      });
    }
    return steps;
  }

  function areRelated(a: string, b: string, now: number): boolean {
    if (!graph.hasNode(a) || !graph.hasNode(b)) return false;
    const relates = (_: string, relation: GraphRelation) => !inheriting.has(relation.type) && holdsAt(relation, now);
    return graph.someEdge(a, b, relates) || graph.someEdge(b, a, relates);
  }

  return {
    areRelated,
    node: (id) => (graph.hasNode(id) ? graph.getNodeAttributes(id) : undefined),
    upwards,
    answersOf: (nodeId, attribute, at) => {
      let found: FoundAnswer[] = [];
      for (const step of upwards(nodeId, at.now)) {
        if (found.length > 0 && step.way.length > (found[0]?.step.way.length ?? 0)) break;
        const entry = ownAnswer(step.node.id, attribute, at);
        if (entry !== undefined) found = [...found, { entry, step }];
      }
      return found;
    },
    attributesOf: (nodeId, now) => {
      const entries = upwards(nodeId, now).flatMap(({ node }) => byNode.get(node.id) ?? []);
      return [...new Set(entries.filter((entry) => holdsAt(entry, now)).map(({ attribute }) => attribute))];
    },
    answering: (attribute, now) => {
      const entries = (byAttribute.get(attribute) ?? []).filter((entry) => holdsAt(entry, now));
      return [...new Set(entries.map(({ node }) => node))];
    },
    heirs: (nodeId, now, limit) => {
      const found = graph.hasNode(nodeId) ? [nodeId] : [];
      const seen = new Set(found);
      for (let at = 0; at < found.length && found.length < limit; at += 1) {
        graph.forEachInboundEdge(found[at], (_, relation, from) => {
          if (!inheriting.has(relation.type) || seen.has(from) || !holdsAt(relation, now)) return;
          seen.add(from);
          found.push(from);
        });
      }
      return found.slice(0, limit);
    },
    areJoined: (a, b, now) => {
      if (a === b || !graph.hasNode(a) || !graph.hasNode(b)) return a === b;
      const isJoined = graph.someEdge(a, b, (_, relation) => holdsAt(relation, now));
      const inherits = (from: string, to: string) => upwards(from, now).some(({ node }) => node.id === to);
      return (
        isJoined || graph.someEdge(b, a, (_, relation) => holdsAt(relation, now)) || inherits(a, b) || inherits(b, a)
      );
    },
  };
}
