import { Refusal } from '../../gateway/refusal.ts';
import { foldText } from './fold-text.ts';

/** An intent and what customers say when they mean it. */
export interface IntentExamples {
  readonly intent: string;
  readonly utterances: readonly string[];
}

/** Something about a training set that a person should look at; training goes on without what it names. */
export type TrainingProblem =
  /** The intent has no utterance that says anything, so that it cannot be recognised. */
  | { readonly kind: 'no-utterance'; readonly intent: string }
  /** The same utterance stands in several intents; none of them learns it. */
  | { readonly kind: 'conflict'; readonly utterance: string; readonly intents: readonly string[] }
  /** Nothing is left of the utterance once it is read: no letter, no digit. */
  | { readonly kind: 'unreadable'; readonly intent: string; readonly utterance: string };

/** What can be learnt from: every utterance once, with its intent. */
export interface TrainingSet {
  /** In the order in which they were given; only those that have an utterance. */
  readonly intents: readonly string[];
  readonly utterances: readonly string[];
  /** By utterance, the place of its intent. */
  readonly labels: Int32Array;
  readonly problems: readonly TrainingProblem[];
}

/** Far over what a company has; a set beyond it would not fit into memory when it is trained. */
const maxIntents = 5_000;
const maxUtterances = 500_000;

/**
 * Sorts out what cannot be learnt. Utterances are the same when they are read the same: `Refund?` and `refund`.
 * @throws Refusal `settings-invalid` for a set of which fewer than two intents are left, or that is too large
 */
export function readTrainingSet(examples: readonly IntentExamples[]): TrainingSet {
  const given = [...new Set(examples.map(({ intent }) => intent))];
  const { sources, unreadable } = groupByText(examples);
  const conflicts = [...sources.values()].filter(({ intents }) => intents.size > 1);
  const clear = [...sources.values()].filter(({ intents }) => intents.size === 1);
  const filled = new Set(clear.flatMap(({ intents }) => [...intents]));
  const intents = given.filter((intent) => filled.has(intent));
  const places = new Map(intents.map((intent, place) => [intent, place]));
  refuseUnfit(intents, clear.length);
  return {
    intents,
    utterances: clear.map(({ utterance }) => utterance),
    labels: Int32Array.from(clear, ({ intents: [intent = ''] }) => places.get(intent) ?? 0),
    problems: [
      ...given.flatMap((intent) => (filled.has(intent) ? [] : [{ kind: 'no-utterance' as const, intent }])),
      ...conflicts.map(({ utterance, intents: all }) => ({
        kind: 'conflict' as const,
        utterance,
        intents: [...all],
      })),
      ...unreadable,
    ],
  };
}

interface Source {
  /** As it was first written. */
  readonly utterance: string;
  readonly intents: Set<string>;
}

function groupByText(examples: readonly IntentExamples[]) {
  const sources = new Map<string, Source>();
  const unreadable: TrainingProblem[] = [];
  for (const { intent, utterances } of examples) {
    for (const utterance of utterances) {
      const { words, runs } = foldText(utterance);
      const key = [...words, '', ...runs].join(' ').trim();
      const known = sources.get(key);
      if (key === '') unreadable.push({ kind: 'unreadable', intent, utterance });
      else if (known === undefined) sources.set(key, { utterance, intents: new Set([intent]) });
      else known.intents.add(intent);
    }
  }
  return { sources, unreadable };
}

function refuseUnfit(intents: readonly string[], utterances: number): void {
  if (intents.length < 2)
    throw new Refusal(
      'settings-invalid',
      `Of the intents, ${intents.length} can be learnt: give at least two of them utterances that are in no other.`,
      { field: 'intents' },
    );
  if (intents.length > maxIntents || utterances > maxUtterances)
    throw new Refusal(
      'settings-invalid',
      `${intents.length} intents with ${utterances} utterances: at most ${maxIntents} and ${maxUtterances}.`,
      { field: 'intents' },
    );
}
