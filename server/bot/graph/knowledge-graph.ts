import type { ToldFocus } from '../../knowledge/search/search-focus.ts';
import type { FoundEntity, Graph, GraphAnswer } from '../ports.ts';
import { attributeType, type GraphContent, type GraphNode, type GraphRelation } from './graph-content.ts';
import { createGraphFocus, type TextInContext } from './graph-focus.ts';
import { createGraphIndex, type FoundAnswer, type GraphIndex, type Sought } from './graph-index.ts';
import { nameIn, speaks, unexplained, wordsOf } from './graph-words.ts';
import { createLinker, type Linker, type Mention, type Mentions } from './link-mentions.ts';
import { byContext, nodesBefore } from './meant-nodes.ts';
import { type Candidate, type Choice, choiceId, mostChoices, separate } from './separate.ts';

/** What was understood of a text, for whoever wants to see why it was answered so. */
export interface GraphReading {
  /** Of each stretch the first nodes that it may name: a word may be a synonym of thousands. */
  readonly linked: readonly { readonly node: string; readonly start: number; readonly end: number }[];
  /** How many there are, those included that are not told. */
  readonly linkedTotal: number;
}

/** The knowledge graph as the bot asks it, and a look at what it understood. */
export interface KnowledgeGraph extends Graph {
  read(text: string, entities: readonly FoundEntity[]): GraphReading;
  /** What a text is about, for whoever looks for passages that answer it; undefined where it names nothing. */
  focus(text: string, context: TextInContext): ToldFocus | undefined;
  /** In which it has answers. */
  readonly languages: readonly string[];
}

/** The choice that ends the question. */
export const noneOfThese = 'none';
/** More candidates than these are no question but a catalogue. */
const mostCandidates = 300;
/** Nodes of one stretch that are told of. */
export const mostTold = 20;
/** Words beside the entity with which a text still may be nothing but its name. */
const fewWords = 1;

type Context = Parameters<Graph['answer']>[1];
const nothing: GraphAnswer = { kind: 'nothing' };

/** What a text talks of: nodes of which any may be meant, and how sure it is that they are. */
interface Topic {
  readonly nodes: readonly string[];
  readonly sureness: number;
  readonly path: readonly string[];
}

/**
 * Answers by a graph: links the names in a text to nodes, recognises the attribute that is asked for, and walks up to the
 * nearest node that answers. Where several answers are equally good it asks the one question that separates them; where
 * nothing fits it says so. Its confidence says how much of the text the graph accounts for: it is no probability.
 *
 * @param content a graph that `checkGraph` finds nothing wrong with
 */
export function createKnowledgeGraph(content: GraphContent): KnowledgeGraph {
  const index = createGraphIndex(content);
  const linker = createLinker(content);
  const { link } = linker;
  const focus = createGraphFocus({ content, index, linker });

  return {
    languages: [...new Set(content.answers.map(({ language }) => language))],
    focus,
    read: (text, entities) => {
      const { things, attributes } = link(text, entities);
      const mentions = [...things, ...attributes];
      return {
        linked: mentions.flatMap(({ nodes, start, end }) =>
          nodes.slice(0, mostTold).map((node) => ({ node, start, end })),
        ),
        linkedTotal: mentions.reduce((sum, { nodes }) => sum + nodes.length, 0),
      };
    },
    answer: (text, context) => {
      if (context.chosen === noneOfThese) return nothing;
      const mentions = link(text, context.entities);
      const chosen = readChoice(context.chosen, index);
      const language = chosen?.language ?? (/\p{Script=Han}/u.test(mentions.folded) ? 'zh' : 'en');
      const spoken = chosen === undefined ? speaks(text) : speaks(language === 'zh' ? '中' : '');
      // What tells no language is English to the bot where it is written in Latin letters, here as in its own words.
      const wanted = [...(context.languages ?? []), 'en'];
      const sought = { now: context.now, speaks: spoken, wanted, language } as const;
      if (chosen !== undefined) {
        // Whoever takes a choice may have said it in the choice's own words.
        const attributes = chosen.attribute === undefined ? attributesIn(mentions) : [chosen.attribute];
        const topic =
          chosen.node === undefined
            ? topicOf(mentions, context, sought, { index, link })
            : certain(chosen.node, index, sought);
        return decide({ topics: topic, attributes, mentions, sought, index, isChosen: true });
      }
      return decide({
        topics: topicOf(mentions, context, sought, { index, link }),
        attributes: attributesIn(mentions),
        mentions,
        sought,
        index,
        isChosen: false,
      });
    },
  };
}

interface Chosen {
  readonly node?: string;
  readonly attribute?: string;
  readonly language: Language;
}
type Language = 'zh' | 'en';

/** A choice remembers the language of the question: its label may be a name that is the same in all. */
function readChoice(chosen: string | undefined, index: GraphIndex): Chosen | undefined {
  if (chosen === undefined) return undefined;
  const [node = '', attribute = '', language] = chosen.split('#');
  const there = {
    ...(index.node(node) === undefined ? {} : { node }),
    ...(index.node(attribute) === undefined ? {} : { attribute }),
  };
  if (Object.keys(there).length === 0) return undefined;
  return { ...there, language: language === 'zh' ? 'zh' : 'en' };
}

const certain = (node: string, index: GraphIndex, sought: Sought): Topic[] => [
  { nodes: [node], sureness: 1, path: [named(index.node(node), sought)] },
];

const attributesIn = ({ attributes }: Mentions): string[] => attributes.flatMap(({ nodes }) => nodes);

/** What the text talks of; where it names nothing, what was talked of before. */
function topicOf(
  mentions: Mentions,
  context: Context,
  sought: Sought,
  { index, link }: { index: GraphIndex; link: Linker['link'] },
): Topic[] {
  const { about = [], now } = context;
  const before = nodesBefore(about, index, link);
  const found = mentions.things.map((mention): Topic => {
    const others = mentions.things.filter((other) => other !== mention).flatMap(({ nodes }) => nodes);
    const nodes = byContext(mention.nodes, [others, before.flat()], index, now);
    return {
      nodes,
      sureness: mention.isExact ? 1 : 0.9,
      path: toldOf(nodes, (node) => linkedAs(mention, mentions, index.node(node), sought)),
    };
  });
  if (found.length > 0) return found;
  const last = before.findLast((nodes) => nodes.length > 0);
  if (last === undefined) return [];
  return [
    {
      nodes: [...new Set(last)],
      sureness: 0.9,
      path: toldOf(last, (node) => `before → ${named(index.node(node), sought)}`),
    },
  ];
}

/** By names: an id that the console made says nothing to whoever reads it. */
const linkedAs = ({ start, end }: Mention, { folded }: Mentions, node: GraphNode | undefined, sought: Sought): string =>
  `"${folded.slice(start, end)}" → ${named(node, sought)} (${node?.type ?? ''})`;

function toldOf(nodes: readonly string[], tell: (node: string) => string): string[] {
  const told = nodes.slice(0, mostTold).map(tell);
  return nodes.length > mostTold ? [...told, `… and ${nodes.length - mostTold} more`] : told;
}

interface Question {
  readonly topics: readonly Topic[];
  readonly attributes: readonly string[];
  readonly mentions: Mentions;
  readonly sought: Sought & { readonly language: Language };
  readonly index: GraphIndex;
  readonly isChosen: boolean;
}

function decide(question: Question): GraphAnswer {
  const { topics, attributes, mentions, index, sought } = question;
  if (attributes.length > 0 && topics.length === 0) return ofAnything(question);
  if (topics.length === 0) return nothing;
  const path = topics.flatMap((topic) => topic.path);
  if (attributes.length === 0) {
    const understood = [...mentions.things, ...mentions.attributes];
    if (!question.isChosen && unexplained(mentions.folded, understood) > fewWords) return nothing;
    const candidates = topics.flatMap(({ nodes }) => ofNodesOrHeirs(nodes, undefined, index, sought));
    return ask(candidates, question, path);
  }
  const meant = meantNodes(topics, attributes, index, sought);
  const candidates = ofNodesOrHeirs(meant.nodes, attributes, index, sought);
  return answerOrAsk(candidates, question, path, meant.isSure);
}

/** Where a text names several things, the one that belongs to all of them; else any of them, and that is not sure. */
function meantNodes(
  topics: readonly Topic[],
  attributes: readonly string[],
  index: GraphIndex,
  sought: Sought,
): { nodes: readonly string[]; isSure: boolean } {
  const { now } = sought;
  const all = [...new Set(topics.flatMap(({ nodes }) => nodes))];
  if (topics.length === 1) return { nodes: all, isSure: true };
  const near = [...new Set([...all, ...all.flatMap((node) => index.heirs(node, now, mostCandidates))])];
  const ofAll = near.filter((node) =>
    topics.every(({ nodes }) => nodes.some((other) => index.areJoined(node, other, now))),
  );
  // Of a kind and one of the kind, the one is meant.
  const special = ofAll.filter(
    (node) => !ofAll.some((other) => other !== node && index.upwards(other, now).some((step) => step.node.id === node)),
  );
  const answering = special.filter((node) =>
    attributes.some((attribute) => index.answersOf(node, attribute, sought).length > 0),
  );
  return answering.length > 0 ? { nodes: answering, isSure: true } : { nodes: all, isSure: false };
}

/** Asked for an attribute of nothing in particular: answered where one thing alone has it. */
function ofAnything(question: Question): GraphAnswer {
  const { attributes, index, sought } = question;
  const nodes = [...new Set(attributes.flatMap((attribute) => index.answering(attribute, sought.now)))];
  if (nodes.length > mostCandidates) return nothing;
  return answerOrAsk(candidatesOf(nodes, attributes, index, sought), question, [], true);
}

/** What the nodes answer; where they answer nothing, what those that belong to them do (手机多少钱: which phone?). */
function ofNodesOrHeirs(
  nodes: readonly string[],
  attributes: readonly string[] | undefined,
  index: GraphIndex,
  sought: Sought,
): Candidate[] {
  const own = candidatesOf(nodes, attributes, index, sought);
  if (own.length > 0) return own;
  const heirs = new Set(nodes.flatMap((node) => index.heirs(node, sought.now, mostCandidates)));
  return candidatesOf([...heirs], attributes, index, sought);
}

function candidatesOf(
  nodes: readonly string[],
  attributes: readonly string[] | undefined,
  index: GraphIndex,
  sought: Sought,
): Candidate[] {
  const found: Candidate[] = [];
  for (const id of nodes) {
    const node = index.node(id);
    for (const attribute of attributes ?? index.attributesOf(id, sought.now)) {
      const asked = index.node(attribute);
      const answers = index.answersOf(id, attribute, sought);
      if (node !== undefined && asked !== undefined && answers.length > 0)
        found.push({ node, attribute: asked, answers });
      if (found.length > mostCandidates) return [];
    }
  }
  return found;
}

function answerOrAsk(
  candidates: readonly Candidate[],
  question: Question,
  path: readonly string[],
  isSure: boolean,
): GraphAnswer {
  const { mentions, topics, sought } = question;
  const asked = Map.groupBy(candidates, ({ attribute }) => attribute.id);
  const separately = new Set(mentions.attributes.filter(({ nodes }) => nodes.some((id) => asked.has(id)))).size;
  const answers = [...asked.values()].map((group) => distinct(group.flatMap((candidate) => candidate.answers)));
  // Price and warranty of one thing are two answers; a word that may mean either is one question.
  const isOne = answers.length === 1 || (answers.length === separately && answers.length <= 3);
  if (answers.length === 0) return nothing;
  if (!isSure || !isOne || answers.some((group) => group.length > 1)) return ask(candidates, question, path);
  const found = answers.map(([answer]) => answer as FoundAnswer);
  const rest = unexplained(mentions.folded, [...mentions.things, ...mentions.attributes]);
  const steps = Math.max(...found.map(({ step }) => step.way.length));
  const sureness = Math.min(
    1,
    ...topics.map((topic) => topic.sureness),
    ...mentions.attributes.map((one) => (one.isExact ? 1 : 0.9)),
  );
  const share = question.isChosen ? 0 : Math.min(0.5, rest * 0.06);
  return {
    kind: 'answer',
    text: found.map(({ entry }) => entry.text).join('\n'),
    confidence: Number((sureness * (0.97 - 0.01 * steps) * (1 - share) * (topics.length === 0 ? 0.85 : 1)).toFixed(3)),
    path: [...path, ...found.flatMap((answer) => wayOf(answer, sought, question.index))],
  };
}

/** Answers that read the same are one, wherever they come from. */
function distinct(answers: readonly FoundAnswer[]): FoundAnswer[] {
  const seen = new Map<string, FoundAnswer>();
  for (const answer of answers) if (!seen.has(answer.entry.text)) seen.set(answer.entry.text, answer);
  return [...seen.values()];
}

function wayOf({ entry, step }: FoundAnswer, sought: Sought, index: GraphIndex): string[] {
  const from = (relation: GraphRelation) => (relation.source === null ? '' : ` (${relation.source})`);
  const name = (id: string) => named(index.node(id), sought);
  const ways = step.way.map(
    (relation) => `${name(relation.from)} ${relation.type} ${name(relation.to)}${from(relation)}`,
  );
  const source = entry.source === null ? '' : ` (${entry.source})`;
  return [...ways, `${named(step.node, sought)} · ${named(index.node(entry.attribute), sought)}${source}`];
}

function named(node: GraphNode | undefined, sought: Sought): string {
  return node === undefined ? '' : nameIn(node.names, sought);
}

/** The one question that separates the candidates; nothing, where five choices do not. */
function ask(candidates: readonly Candidate[], question: Question, path: readonly string[]): GraphAnswer {
  const { sought, index } = question;
  const words = wordsOf(sought.language);
  const [first] = candidates;
  if (first === undefined) return nothing;
  const labels = (choices: readonly Choice[]) => choiceLabels(choices, candidates, question);
  const canBeTold = (choices: readonly Choice[]) => labels(choices) !== undefined;
  const parted = separate(candidates, index, sought.now, canBeTold) ?? aloneOrNothing(candidates);
  const labelled = parted === undefined ? undefined : labels(parted);
  if (parted === undefined || labelled === undefined) return inherited(first, candidates, question, path);
  const isByAttribute = parted.every(({ by }) => by.type === 'attribute');
  const isOneNode = new Set(candidates.map(({ node }) => node.id)).size === 1;
  return {
    kind: 'ask',
    question: isByAttribute && isOneNode ? words.whatAbout(named(first.node, sought)) : words.which,
    choices: [
      ...parted.map(({ id }, at) => ({ id: `${id}#${sought.language}`, label: labelled[at] ?? '' })),
      { id: noneOfThese, label: words.none },
    ],
    path,
  };
}

/** A single candidate that is not sure is asked for all the same: better once too often than a guess. */
function aloneOrNothing(candidates: readonly Candidate[]) {
  const [only] = candidates;
  if (only === undefined || candidates.length > 1 || distinct(only.answers).length > 1) return undefined;
  return [{ by: only.attribute, id: choiceId(only.node.id, only.attribute.id), candidates }];
}

function choiceLabels(
  choices: readonly Choice[],
  candidates: readonly Candidate[],
  { sought, index }: Question,
): readonly string[] | undefined {
  const [only] = candidates;
  const by = choices.map((choice) => choice.by);
  if (only === undefined || candidates.length > 1 || by.some(({ type }) => type !== attributeType))
    return toldApart(by, index, sought);
  return by.map((node) => `${named(only.node, sought)} · ${named(node, sought)}`);
}

/**
 * What each of the nodes is called in a choice between them: by its name, and where several have the same one with what it
 * belongs to.
 *
 * @returns undefined where that leaves two the same: nobody could choose
 */
function toldApart(nodes: readonly GraphNode[], index: GraphIndex, sought: Sought): readonly string[] | undefined {
  const isOnly = (label: string, _: number, all: readonly string[]) =>
    all.filter((other) => other.toLowerCase() === label.toLowerCase()).length === 1;
  const names = nodes.map((node) => named(node, sought));
  const labels = names.map((name, at, all) => {
    const node = nodes[at];
    const [, above] = node === undefined || isOnly(name, at, all) ? [] : index.upwards(node.id, sought.now);
    return above === undefined ? name : `${name} (${named(above.node, sought)})`;
  });
  return labels.every(isOnly) ? labels : undefined;
}

/** One node that inherits different answers from equally far: the customer knows which of the two it is. */
function inherited(
  { attribute }: Candidate,
  candidates: readonly Candidate[],
  { sought, index }: Question,
  path: readonly string[],
): GraphAnswer {
  const words = wordsOf(sought.language);
  const answers = distinct(candidates.flatMap((candidate) => candidate.answers));
  if (candidates.length !== 1 || answers.length > mostChoices) return nothing;
  const nodes = answers.map(({ step }) => step.node);
  const labels = toldApart(nodes, index, sought);
  if (labels === undefined) return nothing;
  const choices = nodes.map((node, at) => ({
    id: `${choiceId(node.id, attribute.id)}#${sought.language}`,
    label: labels[at] ?? '',
  }));
  return { kind: 'ask', question: words.which, choices: [...choices, { id: noneOfThese, label: words.none }], path };
}
