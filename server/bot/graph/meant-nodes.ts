import type { GraphIndex } from './graph-index.ts';
import type { Linker } from './link-mentions.ts';

/** The nodes that were talked of before, by what is kept of it: ids of nodes, or words that name some. */
export function nodesBefore(about: readonly string[], index: GraphIndex, link: Linker['link']): readonly string[][] {
  return about.map((word) =>
    index.node(word) === undefined ? link(word, []).things.flatMap(({ nodes }) => nodes) : [word],
  );
}

/** Of the nodes of one name, those that are joined with what else is talked of, where there are any. */
export function byContext(
  nodes: readonly string[],
  contexts: readonly (readonly string[])[],
  index: GraphIndex,
  now: number,
): readonly string[] {
  if (nodes.length < 2) return nodes;
  for (const context of contexts) {
    const joined = nodes.filter((node) => context.some((other) => index.areJoined(node, other, now)));
    if (joined.length > 0) return joined;
  }
  return nodes;
}
