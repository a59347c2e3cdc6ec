import type { Decision } from '../dialogue/decision.ts';
import { actedIntent, type Grade, gradeOf, type Truth, truthKinds } from './truth.ts';
import type { PairedCounts, VerdictInput } from './verdict.ts';

/** What a version does about a turn: by what it was found (a band), or why it is handed over; and the intent that it acts on. */
export interface TurnOutcome {
  readonly does: 'answers' | 'asks' | 'hands-over' | 'silent';
  readonly by: string;
  readonly intent: string | null;
}

/** One past turn, as both do it. */
export interface ReplayedTurn {
  readonly conversationId: string;
  readonly seq: number;
  /** Where what the customer said begins. */
  readonly fromSeq: number;
  readonly at: number;
  readonly truth: Truth | undefined;
  readonly before: Decision;
  readonly after: Decision;
}

/** A turn that is shown as an example: its words are read when they are shown. */
export type ExampleTurn = Pick<ReplayedTurn, 'conversationId' | 'seq' | 'fromSeq' | 'at'>;

/** Turns with which the same becomes of them. `change`: what is known of it; `words`: the same, said in other words. */
export interface Disagreement {
  readonly before: TurnOutcome;
  readonly after: TurnOutcome;
  readonly change: 'better' | 'worse' | 'unknown' | 'words';
  readonly count: number;
  /** The newest ones. */
  readonly examples: readonly ExampleTurn[];
}

export interface SideCounts {
  readonly answers: number;
  readonly asks: number;
  readonly handsOver: number;
  readonly silent: number;
  /** Of them, such in which it acts on an intent: its coverage. */
  readonly acts: number;
}

export interface TallyResult {
  readonly turns: number;
  readonly before: SideCounts;
  readonly after: SideCounts;
  readonly pairs: PairedCounts;
  /** Of `pairs.known`, by how it is known. */
  readonly knownBy: Readonly<Record<Truth['by'], number>>;
  /** Of a known truth, but about an intent that one of them does not have, or acted on as another that is as likely right. */
  readonly notComparable: number;
  readonly troubles: VerdictInput['troubles'];
  readonly changed: number;
  readonly disagreements: readonly Disagreement[];
}

/** Hand-offs that say that something broke, or went round in a circle. */
const troubling: ReadonlySet<string> = new Set([
  'error',
  'time-out',
  'flow-broken',
  'tool-failed',
  'repeats',
  'max-turns',
]);
const examplesKept = 6;
const groupsKept = 100;
/** Less frequent ones are told without examples. */
const groupsWithExamples = 30;
/** Kinds of disagreement that are counted apart. */
const mostGroups = 5_000;

/** @param knows which intents each side has; undefined: both the same */
export function createTally(knows?: { before: ReadonlySet<string>; after: ReadonlySet<string> }): {
  add(turn: ReplayedTurn): void;
  result(): TallyResult;
} {
  const counts = { turns: 0, changed: 0, notComparable: 0 };
  const sides = { before: noCounts(), after: noCounts() };
  const grades = { before: noGrades(), after: noGrades() };
  const pairs = { known: 0, worse: 0, better: 0 };
  const knownBy = noneKnown();
  const troubles = { newly: 0, gone: 0 };
  const groups = new Map<
    string,
    Omit<Disagreement, 'count' | 'examples'> & { count: number; examples: ExampleTurn[] }
  >();

  function add(turn: ReplayedTurn): void {
    const { before, after } = turn;
    counts.turns += 1;
    count(sides.before, before);
    count(sides.after, after);
    const [was, becomes] = [isTroubled(before), isTroubled(after)];
    troubles.newly += Number(becomes && !was);
    troubles.gone += Number(was && !becomes);
    disagree(turn, judge(turn));
  }

  /** @returns whether the candidate does better or worse, by what is known */
  function judge({ truth, before, after }: ReplayedTurn): 'better' | 'worse' | 'unknown' {
    if (truth === undefined) return 'unknown';
    const [acted, actedAfter] = [actedIntent(before), actedIntent(after)];
    const [first, second] = [gradeOf(acted, truth), gradeOf(actedAfter, truth)];
    if (first === 'unknown' || second === 'unknown' || !areKnown(truth, acted, actedAfter)) {
      counts.notComparable += 1;
      return 'unknown';
    }
    pairs.known += 1;
    knownBy[truth.by] += 1;
    grades.before[first] += 1;
    grades.after[second] += 1;
    if (rank[second] === rank[first]) return 'unknown';
    const change = rank[second] < rank[first] ? 'worse' : 'better';
    pairs[change] += 1;
    return change;
  }

  /** Of an intent that only one side has, the other cannot be asked: it may be the same by another name. */
  function areKnown(truth: Truth, acted: string | null, actedAfter: string | null): boolean {
    if (knows === undefined) return true;
    const named = [...(truth.kind === 'is' ? [truth.intent] : truth.intents), acted, actedAfter];
    return named.every((intent) => intent === null || (knows.before.has(intent) && knows.after.has(intent)));
  }

  function disagree(turn: ReplayedTurn, change: 'better' | 'worse' | 'unknown'): void {
    const [before, after] = [outcomeOf(turn.before), outcomeOf(turn.after)];
    const isSame = before.does === after.does && before.by === after.by && before.intent === after.intent;
    if (isSame && wordsOf(turn.before) === wordsOf(turn.after)) return;
    counts.changed += 1;
    const kind = isSame ? 'words' : change;
    const key = JSON.stringify([before, after, kind]);
    let group = groups.get(key);
    if (group === undefined) {
      if (groups.size >= mostGroups) return;
      group = { before, after, change: kind, count: 0, examples: [] };
      groups.set(key, group);
    }
    group.count += 1;
    const { conversationId, seq, fromSeq, at } = turn;
    if (group.examples.length < examplesKept) group.examples.push({ conversationId, seq, fromSeq, at });
  }

  return {
    add,
    result: () => ({
      ...counts,
      ...sides,
      pairs: { ...pairs, ...grades },
      knownBy,
      troubles,
      disagreements: [...groups.values()]
        .sort((a, b) => b.count - a.count)
        .slice(0, groupsKept)
        .map((group, at) => (at < groupsWithExamples ? group : { ...group, examples: [] })),
    }),
  };
}

/** What a decision does, as it is told. */
function outcomeOf(decision: Decision): TurnOutcome {
  const { act, band, handOff } = decision;
  return { does: doneBy[act], by: handOff?.reason ?? band, intent: actedIntent(decision) };
}

const doneBy = { answer: 'answers', ask: 'asks', 'hand-off': 'hands-over', silent: 'silent' } as const;
const rank: Readonly<Record<Exclude<Grade, 'unknown'>, number>> = { right: 2, none: 1, wrong: 0 };
/** Of nothing it is known what was right. */
export const noneKnown = (): Record<Truth['by'], number> =>
  Object.fromEntries(truthKinds.map((kind) => [kind, 0])) as Record<Truth['by'], number>;
const noCounts = () => ({ answers: 0, asks: 0, handsOver: 0, silent: 0, acts: 0 });
const noGrades = () => ({ right: 0, wrong: 0, none: 0 });
const isTroubled = ({ handOff }: Decision) => handOff !== null && troubling.has(handOff.reason);
const wordsOf = ({ messages, handOff }: Decision) => JSON.stringify([messages, handOff?.groupId ?? null]);

function count(side: ReturnType<typeof noCounts>, decision: Decision): void {
  const does = doneBy[decision.act];
  if (does === 'answers') side.answers += 1;
  else if (does === 'asks') side.asks += 1;
  else if (does === 'hands-over') side.handsOver += 1;
  else side.silent += 1;
  side.acts += Number(actedIntent(decision) !== null);
}
