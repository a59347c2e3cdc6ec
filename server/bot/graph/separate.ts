import type { GraphNode } from './graph-content.ts';
import type { FoundAnswer, GraphIndex } from './graph-index.ts';

/** A question that a text may ask: a node and an attribute, and what would be answered. */
export interface Candidate {
  readonly node: GraphNode;
  readonly attribute: GraphNode;
  readonly answers: readonly FoundAnswer[];
}

/** One of the ways to go on: the candidates that are left when it is chosen. */
export interface Choice {
  /** What says which: a node of the graph, be it a thing or an attribute. */
  readonly by: GraphNode;
  readonly id: string;
  readonly candidates: readonly Candidate[];
}

export const mostChoices = 5;

/** The id of a choice holds all that was understood, so that whoever takes it need not say the rest again. */
export const choiceId = (node: string | undefined, attribute: string | undefined): string =>
  `${node ?? ''}#${attribute ?? ''}`;

/**
 * The one question that parts the candidates best: by attribute, by node, or by what the nodes belong to. The best leaves
 * the fewest candidates on average, whichever choice is taken; among equals what is asked before what it is asked of.
 *
 * @param canBeTold whether each of the choices has a name of its own: only such a question is asked
 * @returns undefined where no question with at most five choices parts them
 */
export function separate(
  candidates: readonly Candidate[],
  index: GraphIndex,
  now: number,
  canBeTold: (choices: readonly Choice[]) => boolean,
): readonly Choice[] | undefined {
  const ways = [byAttribute(candidates), byNode(candidates), ...byAncestors(candidates, index, now)];
  const possible = ways.filter((choices) => choices.length > 1 && choices.length <= mostChoices && canBeTold(choices));
  const left = (choices: readonly Choice[]) => choices.reduce((sum, choice) => sum + choice.candidates.length ** 2, 0);
  return possible.toSorted((a, b) => left(a) - left(b))[0];
}

function grouped(
  candidates: readonly Candidate[],
  keyOf: (candidate: Candidate) => GraphNode,
  idOf: (group: readonly Candidate[], by: GraphNode) => string,
): Choice[] {
  const groups = Map.groupBy(candidates, (candidate) => keyOf(candidate).id);
  return [...groups.values()].map((group) => {
    const by = keyOf(group[0] as Candidate);
    return { by, id: idOf(group, by), candidates: group };
  });
}

/** The one value that all of a group share. */
function shared(group: readonly Candidate[], of: (candidate: Candidate) => string): string | undefined {
  const values = new Set(group.map(of));
  const [only] = values;
  return values.size === 1 ? only : undefined;
}

const byAttribute = (candidates: readonly Candidate[]) =>
  grouped(
    candidates,
    ({ attribute }) => attribute,
    (group, by) =>
      choiceId(
        shared(group, ({ node }) => node.id),
        by.id,
      ),
  );

const byNode = (candidates: readonly Candidate[]) =>
  grouped(
    candidates,
    ({ node }) => node,
    (group, by) =>
      choiceId(
        by.id,
        shared(group, ({ attribute }) => attribute.id),
      ),
  );

/** By what each node inherits from, one, two … steps up: where all have something there. */
function byAncestors(candidates: readonly Candidate[], index: GraphIndex, now: number): Choice[][] {
  const found: Choice[][] = [];
  for (let up = 1; up <= 3; up += 1) {
    const above = new Map(
      candidates.map(({ node }) => [node.id, index.upwards(node.id, now).find(({ way }) => way.length === up)?.node]),
    );
    if ([...above.values()].includes(undefined)) break;
    found.push(
      grouped(
        candidates,
        ({ node }) => above.get(node.id) as GraphNode,
        (group, by) =>
          choiceId(
            by.id,
            shared(group, ({ attribute }) => attribute.id),
          ),
      ),
    );
  }
  return found;
}
