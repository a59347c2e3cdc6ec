import { attributeType, type GraphContent, type GraphNode, type GraphRelation } from './graph-content.ts';

/** A part of the graph that fits into a picture. */
export interface Neighbourhood {
  readonly nodes: readonly GraphNode[];
  readonly relations: readonly GraphRelation[];
  /** How many answers each of the nodes has. */
  readonly answers: Readonly<Record<string, number>>;
  /** All nodes that there are, attributes left out: what stands for a question and no thing is not drawn. */
  readonly total: number;
}

/** What lies so many relations around a node, the nearest first; without one, what has the most relations and its surroundings. */
export function neighbourhood(
  { nodes, relations, answers }: GraphContent,
  { around, steps = 2, limit = 60 }: { readonly around?: string; readonly steps?: number; readonly limit?: number },
): Neighbourhood {
  const things = new Map(nodes.filter(({ type }) => type !== attributeType).map((node) => [node.id, node]));
  const near = new Map<string, string[]>();
  const join = (a: string, b: string) => {
    const there = near.get(a);
    if (there === undefined) near.set(a, [b]);
    else there.push(b);
  };
  for (const { from, to } of relations) {
    join(from, to);
    join(to, from);
  }
  const isAround = around !== undefined && things.has(around);
  const begin = isAround
    ? [around]
    : [...things.keys()].toSorted((a, b) => (near.get(b)?.length ?? 0) - (near.get(a)?.length ?? 0));
  const chosen = reach(begin, near, { steps: isAround ? steps : Number.POSITIVE_INFINITY, limit });
  const counts = Map.groupBy(answers, ({ node }) => node);
  return {
    nodes: [...chosen].flatMap((id) => things.get(id) ?? []),
    relations: relations.filter(({ from, to }) => chosen.has(from) && chosen.has(to)),
    answers: Object.fromEntries([...chosen].map((id) => [id, counts.get(id)?.length ?? 0])),
    total: things.size,
  };
}

function reach(
  begin: readonly string[],
  near: ReadonlyMap<string, readonly string[]>,
  { steps, limit }: { steps: number; limit: number },
): Set<string> {
  const chosen = new Set<string>();
  for (const start of begin) {
    const waiting: [string, number][] = [[start, 0]];
    for (let at = 0; at < waiting.length && chosen.size < limit; at += 1) {
      const [id, far] = waiting[at] as [string, number];
      if (chosen.has(id)) continue;
      chosen.add(id);
      if (far < steps) for (const next of near.get(id) ?? []) waiting.push([next, far + 1]);
    }
    if (chosen.size >= limit) break;
  }
  return chosen;
}
