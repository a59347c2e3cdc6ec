import type { FocusedPassage, OtherNames, Relation, ToldFocus } from '../../knowledge/search/search-focus.ts';
import { foldTerm } from '../entities/read-text.ts';
import type { FoundEntity } from '../ports.ts';
import type { GraphContent } from './graph-content.ts';
import type { GraphIndex, Step } from './graph-index.ts';
import { nameIn, speaks, type Tongue } from './graph-words.ts';
import type { Linker, Mention, Mentions } from './link-mentions.ts';
import { byContext, nodesBefore } from './meant-nodes.ts';

/** What is known of a text beside its words. */
export interface TextInContext {
  /** Values that were found in it. */
  readonly entities?: readonly FoundEntity[];
  /** What was talked of before: where the text names nothing, it is about that. */
  readonly about?: readonly string[];
  readonly now: number;
}

/** A word that may mean more than these says nothing about what is meant. */
const mostMeant = 5;
/** Other names of one stretch. */
const mostOthers = 8;
const mostAbove = 6;
/** A passage that names more things is a catalogue, and about none of them. */
const mostThings = 40;

interface Linked {
  /** null: it was talked of before. */
  readonly said: string | null;
  readonly nodes: readonly string[];
  readonly isThing: boolean;
}

/**
 * Tells what a text is about, so that passages can be found by the other names of what it names, and told apart by what they are
 * about. What passages name is read once for each graph.
 */
export function createGraphFocus(graph: {
  content: GraphContent;
  index: GraphIndex;
  linker: Linker;
}): (text: string, context: TextInContext) => ToldFocus | undefined {
  const { content, index, linker } = graph;
  const bearers = new Map<string, number>();
  for (const { names, synonyms } of content.nodes)
    for (const name of new Set([...Object.values(names), ...synonyms].map(foldTerm)))
      bearers.set(name, (bearers.get(name) ?? 0) + 1);
  const titles = new WeakMap<object, readonly string[]>();
  const texts = new WeakMap<object, readonly string[]>();

  const thingsOfTitle = ({ doc }: FocusedPassage) =>
    remembered(titles, doc, () => linker.thingsIn([doc.title, ...(doc.questions ?? [])].join('\n')));
  const thingsOfText = (passage: FocusedPassage) => remembered(texts, passage, () => linker.thingsIn(passage.text));

  function things(mentions: Mentions, { about = [], now }: TextInContext): Linked[] {
    const before = nodesBefore(about, index, linker.link);
    const named = mentions.things.map((mention): Linked => {
      const others = mentions.things.filter((other) => other !== mention).flatMap(({ nodes }) => nodes);
      const nodes = byContext(mention.nodes, [others, before.flat()], index, now);
      return { said: saidBy(mention, mentions), nodes, isThing: true };
    });
    if (named.length > 0) return named;
    const last = before.findLast((nodes) => nodes.length > 0);
    return last === undefined ? [] : [{ said: null, nodes: [...new Set(last)], isThing: true }];
  }

  /** All names but what is said, and none that something else has as well: that would be found by it. */
  function otherNamesOf({ said, nodes, isThing }: Linked): OtherNames[] {
    if (said === null) return [];
    const all = nodes.flatMap((id) => {
      const node = index.node(id);
      return node === undefined ? [] : [...Object.values(node.names), ...node.synonyms];
    });
    const seen = new Set([foldTerm(said)]);
    const others = all.filter((name) => {
      const folded = foldTerm(name);
      const isNew = !seen.has(folded);
      seen.add(folded);
      return isNew && (bearers.get(folded) ?? 0) <= nodes.length;
    });
    return others.length === 0 && !isThing ? [] : [{ said, isThing, others: others.slice(0, mostOthers) }];
  }

  return (text, context) => {
    if (content.nodes.length === 0) return undefined;
    const { now } = context;
    const mentions = linker.link(text, context.entities ?? []);
    const meant = things(mentions, context).filter(({ nodes }) => nodes.length <= mostMeant);
    const asked = mentions.attributes
      .map((mention): Linked => ({ said: saidBy(mention, mentions), nodes: mention.nodes, isThing: false }))
      .filter(({ nodes }) => nodes.length <= mostMeant);
    if (meant.length + asked.length === 0) return undefined;
    const tongue: Tongue = { speaks: speaks(text), wanted: [/\p{Script=Han}/u.test(text) ? 'zh' : 'en', 'en'] };
    const nameOf = (id: string) => nameIn(index.node(id)?.names ?? {}, tongue);
    const around = surroundingsOf(
      meant.flatMap(({ nodes }) => nodes),
      index,
      now,
    );
    const names = [...meant, ...asked].flatMap(otherNamesOf);
    const belonging = new Map<string, boolean>();
    const belongs = (id: string): boolean => {
      const known = belonging.get(id) ?? belongsTo(around, id, index, now);
      belonging.set(id, known);
      return known;
    };
    return {
      names,
      relationOf: (passage) => {
        if (around.named.size === 0) return open;
        return relationOf(passage, { thingsOfTitle, thingsOfText, around, belongs, index, now, nameOf });
      },
      told: {
        linked: [...meant, ...asked].map(({ said, nodes }) => ({
          ...{ said, names: nodes.map(nameOf) },
          above: aboveOf(nodes, index, now).slice(0, mostAbove).map(nameOf),
        })),
        widened: names.flatMap(({ others }) => others),
      },
    };
  };
}

const open: Relation = { kind: 'open', about: [] };

const saidBy = ({ start, end }: Mention, { folded }: Mentions): string => folded.slice(start, end);

function remembered<V>(known: WeakMap<object, V>, key: object, make: () => V): V {
  const there = known.get(key);
  if (there !== undefined) return there;
  const made = make();
  known.set(key, made);
  return made;
}

const aboveOf = (nodes: readonly string[], index: GraphIndex, now: number): string[] => [
  ...new Set(
    nodes.flatMap((id) => index.upwards(id, now).flatMap(({ node, way }) => (way.length === 0 ? [] : node.id))),
  ),
];

/** What lies around the things that are named. */
interface Surroundings {
  readonly named: ReadonlySet<string>;
  readonly above: ReadonlySet<string>;
  /** Of which kinds the named things are, and what they are one of: another one of these is another thing. */
  readonly kinds: ReadonlySet<string>;
}

function surroundingsOf(things: readonly string[], index: GraphIndex, now: number): Surroundings {
  const isOneOf = ({ way }: Step) => way.every(({ type }) => type === 'is-a');
  const above = new Set(aboveOf(things, index, now));
  // Of a kind and one of the kind, the one is meant.
  const named = things.filter((id) => !above.has(id));
  const kinds = named.flatMap((id) => index.upwards(id, now).filter(isOneOf)).map(({ node }) => node.type);
  return { named: new Set(named), above, kinds: new Set(kinds) };
}

interface Asked {
  readonly thingsOfTitle: (passage: FocusedPassage) => readonly string[];
  readonly thingsOfText: (passage: FocusedPassage) => readonly string[];
  readonly around: Surroundings;
  readonly belongs: (id: string) => boolean;
  readonly index: GraphIndex;
  readonly now: number;
  readonly nameOf: (id: string) => string;
}

/** The title says what a passage is about; where it names nothing of the kind, its own words do. */
function relationOf(passage: FocusedPassage, asked: Asked): Relation {
  const byTitle = relationOfThings(asked.thingsOfTitle(passage), asked);
  if (byTitle.kind === 'named' || byTitle.kind === 'other') return byTitle;
  const byText = relationOfThings(asked.thingsOfText(passage), asked);
  if (byText.kind === 'named' || byTitle.kind === 'open') return byText;
  return byTitle;
}

function relationOfThings(things: readonly string[], { around, belongs, index, now, nameOf }: Asked): Relation {
  const { named, above, kinds } = around;
  if (things.length === 0) return open;
  if (things.some((id) => named.has(id))) return { kind: 'named', about: [] };
  if (things.length > mostThings) return open;
  // "Phones: the Aurora Two" is about the Aurora Two, and about no other phone.
  const wider = new Set(things.length < 2 ? [] : aboveOf(things, index, now));
  const about = things.filter((id) => !wider.has(id));
  if (about.some((id) => above.has(id))) return { kind: 'above', about: [] };
  const others = about.filter((id) => kinds.has(index.node(id)?.type ?? '') && !belongs(id));
  if (others.length === 0 || about.some(belongs)) return open;
  return { kind: 'other', about: others.slice(0, mostMeant).map(nameOf) };
}

/** It is one of the named kind, or has to do with what is named or with what that belongs to: its case, its charger. */
function belongsTo({ named, above }: Surroundings, id: string, index: GraphIndex, now: number): boolean {
  return (
    [...named].some((one) => index.areJoined(one, id, now)) || [...above].some((one) => index.areRelated(one, id, now))
  );
}
