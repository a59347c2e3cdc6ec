import { foldText } from '../intent/fold-text.ts';
import { sharedWordVectors } from '../word-vectors/word-vectors.ts';
import { centreOf, likenessOf, type SparseVector, vectorsOf } from './text-vectors.ts';

/** A question that the bot did not answer, or not surely. */
export interface UnansweredQuestion {
  readonly id: string;
  readonly text: string;
  readonly at: number;
}

/** Questions that mean the same, as a new intent or as utterances of one that there is. */
export interface IntentSuggestion {
  /** Terms that are common in it and rare outside; the most telling first. */
  readonly name: string;
  /** Different texts, the most typical first. */
  readonly utterances: readonly string[];
  /** How often they were asked. */
  readonly size: number;
  readonly questionIds: readonly string[];
  /** The intent whose utterances are most like it; null: none is near. */
  readonly nearest: { readonly intent: string; readonly likeness: number } | null;
}

/** What the questions come to: groups of them, and single texts that belong to none, the most asked first. */
export interface GatheredQuestions {
  readonly suggestions: readonly IntentSuggestion[];
  readonly others: readonly Omit<IntentSuggestion, 'name' | 'nearest'>[];
}

export interface SuggestOptions {
  readonly intents: readonly { readonly name: string; readonly utterances: readonly string[] }[];
  /** Utterances of suggestions that a person has dismissed: what is like one of them does not come back. */
  readonly dismissed: readonly string[];
  /** Asked less often, and it is no suggestion. */
  readonly leastSize?: number;
}

/** Of more different texts the newest are looked at: each is compared with the middle of every group. */
const mostTexts = 1_000;
const mostUtterances = 20;
/** Likeness from which on two texts may stand together; and to the middle of a group, to stay in it. */
const alike = 0.18;
const inGroup = 0.22;
const likeDismissed = 0.5;
const nearIntent = 0.2;
const nameTerms = 3;
/** More suggestions than a person looks through are not worked out, and as many single texts. */
const mostShown = 50;
/** A feature of so large a part of the texts tells nothing, and would compare everything with everything. */
const commonShare = 0.1;

/**
 * Gathers questions into suggested intents. Each text joins the group to whose middle it is nearest, the most asked first;
 * a second pass lets every text choose anew among the middles that came of it (spherical k-means whose k is found). It
 * is deterministic: the same questions in any order give the same suggestions, largest first.
 */
export function suggestIntents(questions: readonly UnansweredQuestion[], options: SuggestOptions): GatheredQuestions {
  const { intents, dismissed, leastSize = 3 } = options;
  const texts = distinctTexts(questions);
  const ofIntents = intents.flatMap(({ name, utterances }) => utterances.map((text) => ({ name, text })));
  const all = vectorsOf([...texts.map(({ text }) => text), ...dismissed, ...ofIntents.map(({ text }) => text)]);
  const refused = all.slice(texts.length, texts.length + dismissed.length);
  const known = ofIntents.map(({ name }, at) => ({
    name,
    vector: all[texts.length + dismissed.length + at] as SparseVector,
  }));
  const asked = texts
    .map((text, at) => ({ ...text, vector: all[at] as SparseVector }))
    .filter(({ vector }) => vector.size > 0 && refused.every((one) => likenessOf(one, vector) < likeDismissed));
  const isSuggestion = (members: readonly AskedText[]) => members.length >= 2 && sizeOf(members) >= leastSize;
  const groups = grouped(asked);
  const suggestions = groups
    .filter(isSuggestion)
    .sort((a, b) => sizeOf(b) - sizeOf(a))
    .slice(0, mostShown)
    .map((members) => suggestionOf(members, known, asked))
    .sort((a, b) => b.size - a.size || (a.name < b.name ? -1 : 1));
  const taken = new Set(groups.filter(isSuggestion).flat());
  const others = asked
    .filter((one) => !taken.has(one))
    .slice(0, mostShown)
    .map(({ text, ids }) => ({ utterances: [text], size: ids.length, questionIds: ids }));
  return { suggestions, others };
}

const sizeOf = (members: readonly AskedText[]) => members.reduce((sum, { ids }) => sum + ids.length, 0);

interface AskedText {
  readonly text: string;
  readonly ids: readonly string[];
  readonly vector: SparseVector;
}

function distinctTexts(questions: readonly UnansweredQuestion[]): { text: string; ids: string[]; at: number }[] {
  const byForm = new Map<string, { text: string; ids: string[]; at: number }>();
  const inOrder = [...questions].sort((a, b) => a.at - b.at || (a.id < b.id ? -1 : 1));
  for (const { id, text, at } of inOrder) {
    const { words, runs } = foldText(text);
    const form = [...words, ...runs].join(' ');
    const same = byForm.get(form);
    if (same === undefined) byForm.set(form, { text: text.trim(), ids: [id], at });
    else {
      same.ids.push(id);
      same.at = at;
    }
  }
  const newest = [...byForm.values()].sort((a, b) => b.at - a.at).slice(0, mostTexts);
  return newest.sort((a, b) => b.ids.length - a.ids.length || (a.text < b.text ? -1 : 1));
}

function grouped(asked: readonly AskedText[]): AskedText[][] {
  let groups: { centre: SparseVector; members: AskedText[] }[] = [];
  for (const one of asked) {
    const best = nearestOf(one.vector, groups);
    if (best !== undefined && best.likeness >= alike) {
      best.group.members.push(one);
      best.group.centre = centreOf(best.group.members.map(({ vector }) => vector));
    } else groups.push({ centre: one.vector, members: [one] });
  }
  for (let pass = 0; pass < 3; pass++) {
    const next = groups.map(({ centre }) => ({ centre, members: [] as AskedText[] }));
    for (const one of asked) {
      const best = nearestOf(one.vector, next);
      if (best !== undefined && best.likeness >= inGroup) best.group.members.push(one);
    }
    groups = next
      .filter(({ members }) => members.length > 0)
      .map(({ members }) => ({ centre: centreOf(members.map(({ vector }) => vector)), members }));
  }
  return groups.map(({ members }) => members);
}

function nearestOf<G extends { centre: SparseVector }>(vector: SparseVector, groups: readonly G[]) {
  let best: { group: G; likeness: number } | undefined;
  for (const group of groups) {
    const likeness = likenessOf(vector, group.centre);
    if (best === undefined || likeness > best.likeness) best = { group, likeness };
  }
  return best;
}

function suggestionOf(
  members: readonly AskedText[],
  known: readonly { name: string; vector: SparseVector }[],
  asked: readonly AskedText[],
): IntentSuggestion {
  const centre = centreOf(members.map(({ vector }) => vector));
  const typical = [...members].sort(
    (a, b) => likenessOf(b.vector, centre) - likenessOf(a.vector, centre) || (a.text < b.text ? -1 : 1),
  );
  const near = known
    .map(({ name, vector }) => ({ intent: name, likeness: likenessOf(vector, centre) }))
    .reduce<IntentSuggestion['nearest']>(
      (best, one) => (best === null || one.likeness > best.likeness ? one : best),
      null,
    );
  return {
    name: nameOf(members, asked),
    utterances: typical.slice(0, mostUtterances).map(({ text }) => text),
    size: sizeOf(members),
    questionIds: members.flatMap(({ ids }) => ids),
    nearest: near !== null && near.likeness >= nearIntent ? near : null,
  };
}

let known: ReadonlySet<string> | undefined;
const knownWords = () => (known ??= new Set(sharedWordVectors().words));

/** Words, and pairs of characters of a script without blanks, by how much more of the group has them than of all. */
function nameOf(members: readonly AskedText[], asked: readonly AskedText[]): string {
  // The short words of a language tell nothing by themselves.
  const isTerm = (name: string) => /^w(?!#).{4,}$|^h..$/u.test(name);
  const share = (name: string, texts: readonly AskedText[]) =>
    texts.filter(({ vector }) => vector.has(name)).length / texts.length;
  const terms = new Set(members.flatMap(({ vector }) => [...vector.keys()].filter(isTerm)));
  const telling = [...terms]
    .map((name) => ({ term: name.slice(1), here: share(name, members), everywhere: share(name, asked) }))
    .filter(({ here }) => here >= 0.3)
    .map(({ term, here, everywhere }) => ({ term, worth: here * Math.log(1 + here / (everywhere + commonShare)) }))
    .sort((a, b) => b.worth - a.worth || (a.term < b.term ? -1 : 1));
  // 么开 stands across the ends of two words.
  const words = telling.filter(({ term }) => !/\p{Script=Han}/u.test(term) || knownWords().has(term));
  const chosen: string[] = [];
  for (const { term } of words.length > 0 ? words : telling) {
    // 退款 and 款退 tell the same.
    if (
      chosen.length < nameTerms &&
      !chosen.some((one) => [...one].some((c) => /\p{Script=Han}/u.test(c) && term.includes(c)))
    )
      chosen.push(term);
  }
  return chosen.join(' ');
}
