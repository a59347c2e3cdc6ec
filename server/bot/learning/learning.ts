import type { ApprovedAnswer, ApprovedFields, Dismissal, GapReason, QuestionGroup } from '@parley/sdk/bot-learning.ts';
import type { Clock } from '../../base/clock.ts';
import { newId } from '../../base/ids.ts';
import { Refusal } from '../../gateway/refusal.ts';
import type { Approver, StoredApproved } from '../approved/stored-approved.ts';
import { type CountedIntent, type IntentStore, outOfScopeId } from '../intents/intent-store.ts';
import type { IntentFields, IntentLibrary } from '../intents/intents.ts';
import { keyOfUtterance, tidyUtterance } from '../intents/utterance-text.ts';
import type { AgentAnswers } from './agent-answers.ts';
import { kept } from './gap-finder.ts';
import type { CorrectedGap, Gap, GapPlace, GapStore } from './gap-store.ts';
import type { GatheredQuestions, IntentSuggestion } from './suggest-intents.ts';
import { gatherQuestions } from './suggestion-thread.ts';

type ShownGroup = QuestionGroup<GapPlace>;

export interface LearningView {
  /** Questions that nobody has decided about, all of them. */
  readonly open: number;
  /** Messages of which agents said that they had another intent than they were taken for, by that intent (`name`). */
  readonly corrected: readonly ShownGroup[];
  readonly suggestions: readonly ShownGroup[];
  /** Single texts that belong to no suggestion. */
  readonly others: readonly ShownGroup[];
}

type Author = Approver;
type About = { readonly questions: readonly GapPlace[] };

/**
 * What the bot could not answer, gathered, and what becomes of it: a person decides. What somebody else has decided about meanwhile is
 * refused as `conflict`, and changes nothing.
 */
export interface Learning {
  view(): Promise<LearningView>;
  /** @throws Refusal as `IntentLibrary.create`; `conflict` also for an utterance that stands in another intent */
  makeIntent(
    of: About & { name: string; utterances: readonly string[]; answer: IntentFields['answer'] },
    by: Author,
  ): Promise<CountedIntent>;
  /** @throws Refusal as `IntentLibrary.addUtterances`; `conflict` also for an utterance that stands in another intent */
  addToIntent(
    of: About & { intentId: string; utterances: readonly string[] },
    by: Author,
  ): Promise<{ added: number; known: number }>;
  /** @throws Refusal as `StoredApproved.create` */
  approve(of: About & { fields: ApprovedFields }, by: Author): Promise<ApprovedAnswer>;
  /** What is like them is suggested no more. */
  dismiss(of: About, by: Author): Promise<void>;
  dismissed(): Promise<Dismissal[]>;
  /** @throws Refusal `not-found` */
  restore(dismissalId: string): Promise<void>;
  /** A contact was erased, here or by another process: what was gathered is not shown again. */
  forget(): void;
  stop(): void;
}

/** Utterances of an intent that suggestions are compared with, and of all: more say the same again. */
const compared = { ofIntent: 30, ofAll: 10_000 } as const;
const comparedDismissed = 1_000;
const correctedShown = 1_000;
const wordingsAsked = 3;
const answersShown = 3;
/** What was gathered is good for so long, also where more was asked meanwhile. */
const goodForMs = 3_000;

export function createLearning(deps: {
  store: GapStore;
  library: IntentLibrary;
  intents: Pick<IntentStore, 'named' | 'standingIn'>;
  approved: Pick<StoredApproved, 'create'>;
  answers: AgentAnswers;
  clock: Pick<Clock, 'now' | 'elapsed'>;
}): Learning {
  const { store, library, clock } = deps;
  const stopped = new AbortController();
  let gathered: { readonly key: string; readonly at: number; readonly result: Promise<Gathered> } | undefined;
  let last: Promise<unknown> = Promise.resolve();

  /** Of two people who decide about the same at once the second finds that it is done. */
  function inTurn<T>(work: () => Promise<T>): Promise<T> {
    const result = last.then(work);
    last = result.catch(() => undefined);
    return result;
  }

  async function gather(): Promise<Gathered> {
    const [counts, changedAt] = await Promise.all([store.counts(), library.changedAt()]);
    const key = [...Object.values(counts), changedAt].join(' ');
    const isGood = gathered !== undefined && (gathered.key === key || clock.elapsed() - gathered.at < goodForMs);
    if (gathered === undefined || !isGood) {
      const result = gatherNow();
      gathered = { key, at: clock.elapsed(), result };
      result.catch(() => (gathered = undefined));
    }
    return gathered.result;
  }

  async function gatherNow(): Promise<Gathered> {
    const [gaps, dismissed, { examples }] = await Promise.all([
      store.open(kept.open),
      store.dismissed(comparedDismissed),
      library.trainingData(),
    ]);
    const questions = gaps.map((gap) => ({ id: idOf(gap), text: gap.question, at: gap.askedAt }));
    const intents = examples.map(({ intent, utterances }) => ({
      name: intent,
      utterances: utterances.slice(-Math.min(compared.ofIntent, Math.ceil(compared.ofAll / examples.length))),
    }));
    // One of which it was said what was meant says nothing about others like it.
    const unwanted = dismissed.filter(({ meant }) => meant === null);
    const options = { intents, dismissed: unwanted.map(({ question }) => question) };
    const groups =
      questions.length === 0
        ? { suggestions: [], others: [] }
        : await gatherQuestions({ questions, options }, stopped.signal);
    return { gaps: new Map(gaps.map((gap) => [idOf(gap), gap])), groups };
  }

  async function view(): Promise<LearningView> {
    const [{ gaps, groups }, corrected] = await Promise.all([gather(), store.corrected(correctedShown)]);
    const askedOf = (ids: readonly string[]) => ids.flatMap((id) => gaps.get(id) ?? []);
    const byIntent = correctionsIn(corrected);
    const shown = await shownOf([
      ...byIntent,
      ...groups.suggestions.map((group) => ({ ...group, asked: askedOf(group.questionIds) })),
      ...groups.others.map((group) => ({ ...group, name: '', nearest: null, asked: askedOf(group.questionIds) })),
    ]);
    const suggested = byIntent.length + groups.suggestions.length;
    return {
      open: gaps.size + corrected.length,
      corrected: shown.slice(0, byIntent.length),
      suggestions: shown.slice(byIntent.length, suggested),
      others: shown.slice(suggested),
    };
  }

  /** With where their wordings stand, the nearest intent as it is there, and what agents answered. */
  async function shownOf(groups: readonly Group[]): Promise<ShownGroup[]> {
    const texts = groups.flatMap(({ utterances }) => utterances);
    const standing = await deps.intents.standingIn(texts.map((text) => keyOfUtterance(tidyUtterance(text))));
    const near = groups.flatMap(({ nearest }) => nearest?.intent ?? []);
    const named = new Map((await deps.intents.named([...new Set(near)])).map((intent) => [intent.name, intent.id]));
    named.set(outOfScopeId, outOfScopeId);
    const shown: ShownGroup[] = [];
    for (const { name, utterances, nearest, asked } of groups) {
      const places = asked.map(({ conversationId, seq }) => ({ conversationId, seq }));
      const intentId = named.get(nearest?.intent ?? '');
      shown.push({
        ...{ name, size: asked.length, language: languageOf(asked), reasons: reasonsOf(asked) },
        lastAt: Math.max(0, ...asked.map(({ askedAt }) => askedAt)),
        utterances: utterances.map((text) => ({
          text,
          alsoIn: standing.get(keyOfUtterance(tidyUtterance(text))) ?? [],
        })),
        nearest:
          nearest === null || intentId === undefined
            ? null
            : { id: intentId, name: nearest.intent, likeness: nearest.likeness },
        answers: deps.answers.answersTo({ places, questions: utterances.slice(0, wordingsAsked) }, answersShown),
        questions: places,
      });
      // Each takes a search or some: between them others get their turn.
      await new Promise((resolve) => setImmediate(resolve));
    }
    return shown;
  }

  /** @throws Refusal `conflict` */
  async function mustBeOpen(questions: readonly GapPlace[]): Promise<void> {
    if (questions.length > 0 && (await store.areOpen(questions))) return;
    throw new Refusal(
      'conflict',
      'questions: somebody has decided about some of them meanwhile: load the list again.',
      {
        field: 'questions',
      },
    );
  }

  /** @throws Refusal `conflict` with the place of the utterance */
  async function mustStandNowhereElse(utterances: readonly string[], own?: string): Promise<void> {
    const keys = utterances.map((text) => keyOfUtterance(tidyUtterance(text)));
    const standing = await deps.intents.standingIn(keys);
    for (const [at, key] of keys.entries()) {
      const other = standing.get(key)?.find(({ id }) => id !== own);
      if (other === undefined) continue;
      const field = `utterances[${at}]`;
      const detail = `“${utterances[at]}” stands in “${other.name}” already, and none of two learns it: leave it out.`;
      throw new Refusal('conflict', `${field}: ${detail}`, { field });
    }
  }

  async function settle(questions: readonly GapPlace[], to: 'learnt' | 'dismissed', by: Author): Promise<boolean> {
    const at = clock.now();
    const isDone = await store.decide(questions, to, { id: newId(at), by: by.name, at });
    gathered = undefined;
    return isDone;
  }

  return {
    view,
    makeIntent: ({ questions, name, utterances, answer }, by) =>
      inTurn(async () => {
        await mustBeOpen(questions);
        await mustStandNowhereElse(utterances);
        const made = await library.create({ name, utterances, ...(answer === undefined ? {} : { answer }) });
        // After it: were it lost in between, the questions would still be there.
        await settle(questions, 'learnt', by);
        return made;
      }),
    addToIntent: ({ questions, intentId, utterances }, by) =>
      inTurn(async () => {
        await mustBeOpen(questions);
        await mustStandNowhereElse(utterances, intentId);
        const added = await library.addUtterances(intentId, utterances);
        await settle(questions, 'learnt', by);
        return added;
      }),
    approve: ({ questions, fields }, by) =>
      inTurn(async () => {
        await mustBeOpen(questions);
        const approved = await deps.approved.create(fields, by);
        await settle(questions, 'learnt', by);
        return approved;
      }),
    dismiss: ({ questions }, by) =>
      inTurn(async () => {
        if (!(await settle(questions, 'dismissed', by))) await mustBeOpen([]);
      }),
    dismissed: async () => dismissalsOf(await store.dismissed(kept.dismissed)),
    restore: async (id) => {
      if ((await store.reopen(id)) === 0) throw new Refusal('not-found', 'There is no such dismissal any more.');
      gathered = undefined;
    },
    forget: () => {
      gathered = undefined;
    },
    stop: () => stopped.abort(),
  };
}

interface Gathered {
  readonly gaps: ReadonlyMap<string, Gap>;
  readonly groups: GatheredQuestions;
}

/** Questions that belong together, before it is looked where they stand. */
type Group = Pick<IntentSuggestion, 'name' | 'utterances' | 'nearest'> & { readonly asked: readonly Gap[] };

/** What people corrected, by the intent that they named; the most of them first. */
function correctionsIn(corrected: readonly CorrectedGap[]): Group[] {
  return [...Map.groupBy(corrected, ({ meant }) => meant)]
    .toSorted(([, a], [, b]) => b.length - a.length)
    .map(([meant, asked]) => ({
      ...{ name: meant, nearest: { intent: meant, likeness: 1 } },
      ...{ utterances: [...new Set(asked.map(({ question }) => question))], asked },
    }));
}

const idOf = ({ conversationId, seq }: GapPlace) => `${conversationId}-${seq}`;

function reasonsOf(gaps: readonly Gap[]): Partial<Record<GapReason, number>> {
  const reasons: Partial<Record<GapReason, number>> = {};
  for (const { why } of gaps) reasons[why] = (reasons[why] ?? 0) + 1;
  return reasons;
}

/** That of most of them. */
function languageOf(gaps: readonly Gap[]): string | null {
  const counts = Map.groupBy(gaps, ({ language }) => language);
  return [...counts].toSorted(([, a], [, b]) => b.length - a.length)[0]?.[0] ?? null;
}

function dismissalsOf(gaps: Awaited<ReturnType<GapStore['dismissed']>>): Dismissal[] {
  return [...Map.groupBy(gaps, ({ decisionId }) => decisionId)]
    .map(([id, own]) => ({
      id,
      utterances: [...new Set(own.map(({ question }) => question))],
      size: own.length,
      dismissedBy: own[0]?.decidedBy ?? '',
      dismissedAt: own[0]?.decidedAt ?? 0,
    }))
    .toSorted((a, b) => b.dismissedAt - a.dismissedAt);
}
