import { setTimeout as delay, setImmediate as nextTurn } from 'node:timers/promises';
import type { ChosenThreshold } from '@parley/sdk/bot-measures.ts';
import type { Flows } from '@parley/sdk/flow-document.ts';
import { Lru } from '../../base/lru.ts';
import type { StaffHours } from '../dialogue/at-work.ts';
import type { BotSettings } from '../dialogue/bot-settings.ts';
import { mostRead } from '../dialogue/decide.ts';
import { type BotParts, type Decided, type Thought, think } from '../dialogue/think.ts';
import { actAt } from '../intent/judge.ts';
import type { Recognition } from '../intent/recognizer.ts';
import { followBoth } from './divergence.ts';
import type { PastTurn } from './past-turn.ts';
import { createTally, type TallyResult } from './tally.ts';

/** What decides on one side of a replay: what is live, or a candidate. */
export interface ReplaySide {
  readonly settings: { readonly version: number; readonly document: BotSettings };
  readonly flows: { readonly version: number; readonly document: Flows };
  /** Absent: no model serves. */
  readonly model?: ReplayModel;
  /** The intents that its model knows. */
  readonly intents: ReadonlySet<string>;
}

/** A model that is asked in a thread of its own. */
export interface ReplayModel {
  readonly version: string;
  /** What was chosen for it; absent: nothing. */
  readonly thresholds?: readonly ChosenThreshold[];
  recognize(texts: readonly string[]): Promise<readonly Recognition[]>;
}

export interface ReplayDeps {
  /** Those that both sides share. A language model is never asked: it would cost, and answer otherwise each time. */
  readonly parts: Omit<BotParts, 'intents' | 'grounded'>;
  readonly hours: StaffHours;
  readonly channelTypeOf: (channelId: string) => string;
  readonly onError: (error: unknown) => void;
}

/** Nothing of a replay is in a hurry, and nothing shall look as if it had taken too long. */
const withinMs = 60_000;
const taughtKept = 2_000;
const textsAtOnce = 50;
/** Work is done in slices of about this long, each with a rest behind it. */
const sliceMs = 10;

/**
 * Makes past decisions once more, by what is live and by a candidate, each from what the bot knew at that moment. What the
 * customer would have said to another answer is not known: what follows where both part ways is not compared. Calls of flows
 * answer with nothing in it, as in a try; nothing is stored or sent.
 *
 * @param onTurn told how many were looked at
 * @returns the tally; how many turns stand in a step of a flow that one of both does not have, and how many follow where both
 * had parted ways; and how many were asked of people
 */
export async function replayTurns(
  turns: AsyncIterable<PastTurn>,
  { before, after }: { before: ReplaySide; after: ReplaySide },
  deps: ReplayDeps,
  options: { signal: AbortSignal; onTurn: (count: number) => void },
): Promise<{ tally: TallyResult; stepGone: number; diverged: number; firstQuestions: number }> {
  const tally = createTally(
    before.model?.version === after.model?.version ? undefined : { before: before.intents, after: after.intents },
  );
  const slice = createSlices(options.signal);
  const shared = { ...deps.parts, ...rememberingTaught(deps.parts.taught) };
  // What fails once fails with each turn: it is told once.
  let hasFailed = false;
  const onError = (error: unknown) => {
    if (!hasFailed) deps.onError(error);
    hasFailed = true;
  };
  const both = followBoth();
  let [count, stepGone, diverged, firstQuestions] = [0, 0, 0, 0];
  for await (const turn of turns) {
    count += 1;
    firstQuestions += Number(turn.isFirstQuestion);
    const isApart = both.isApart(turn);
    if (![before, after].every((side) => hasStep(side, turn))) stepGone += 1;
    else if (isApart) diverged += 1;
    else {
      const parts = sharedOverTurn(shared);
      const text = turn.said.text.slice(0, mostRead).trim();
      const found = await recognizeBoth(text, before.model, after.model);
      const first = await decideAgain(turn, before, { ...parts, ...found.before }, { ...deps, onError });
      await slice.rest();
      const second = await decideAgain(turn, after, { ...parts, ...found.after }, { ...deps, onError });
      const { conversationId, seq, fromSeq, at, truth } = turn;
      tally.add({ conversationId, seq, fromSeq, at, truth, before: first.decision, after: second.decision });
      both.took(first, second);
    }
    options.onTurn(count);
    await slice.rest();
  }
  return { tally: tally.result(), stepGone, diverged, firstQuestions };
}

/** Where a flow waits that was published anew, a customer of now would not stand. */
function hasStep({ flows }: ReplaySide, { state: { flow } }: PastTurn): boolean {
  if (flow === null) return true;
  const found = flows.document.flows.find(({ id, enabled }) => id === flow.flowId && enabled);
  return found?.steps.some(({ id }) => id === flow.stepId) === true;
}

async function decideAgain(
  { conversationId, channelId, at, said, state, vip, isProven = false, begins }: PastTurn,
  { settings, flows }: ReplaySide,
  parts: BotParts,
  deps: ReplayDeps,
): Promise<Decided> {
  const { scheduleId } = settings.document.handOff;
  const language = state.language ?? settings.document.language;
  const thought: Thought = {
    ...{ conversationId, state, said, vip, isProven, begins, flows },
    settings: { ...settings, document: { ...settings.document, answerWithinMs: withinMs } },
    channelType: deps.channelTypeOf(channelId),
    isOpen: deps.hours.isOpen(scheduleId, at),
    opensAt: deps.hours.opensAt(scheduleId, at, language),
    timeZone: deps.hours.timeZone(scheduleId),
    call: async () => ({ kind: 'answered', status: 200, body: {} }),
  };
  return think(thought, { parts, now: () => at, onError: deps.onError });
}

/** What both models make of a turn, as the parts of either side have it: no more is asked of a model about a turn. */
async function recognizeBoth(text: string, before: ReplayModel | undefined, after: ReplayModel | undefined) {
  const ask = async (model: ReplayModel | undefined): Promise<Pick<BotParts, 'intents'>> => {
    if (model === undefined) return {};
    const [recognition] = await model.recognize([text]);
    const { version, thresholds = [] } = model;
    return { intents: { version, thresholds, recognize: () => recognition } };
  };
  if (before?.version === after?.version) {
    const both = await ask(before);
    return { before: both, after: both };
  }
  const [first, second] = await Promise.all([ask(before), ask(after)]);
  return { before: first, after: second };
}

/** What intents are answered by is asked of the store once, and not with each turn. */
function rememberingTaught(taught: BotParts['taught']): Pick<BotParts, 'taught'> {
  if (taught === undefined) return {};
  const known = new Lru<string, ReturnType<typeof taught.named>>(taughtKept);
  return {
    taught: {
      named: (names) => {
        const key = JSON.stringify([...names].sort());
        const there = known.get(key) ?? taught.named(names);
        known.set(key, there);
        return there;
      },
    },
  };
}

/** What does not depend on the side is asked once a turn. */
function sharedOverTurn({ entities, knowledge, ...parts }: ReplayDeps['parts']): ReplayDeps['parts'] {
  const found = new Map<string, ReturnType<NonNullable<typeof entities>['find']>>();
  const passages = new Map<string, ReturnType<NonNullable<typeof knowledge>['search']>>();
  return {
    ...parts,
    ...(entities && { entities: { find: (text, options) => once(found, text, () => entities.find(text, options)) } }),
    ...(knowledge && {
      knowledge: {
        search: (query) => once(passages, JSON.stringify(query), () => knowledge.search(query)),
        ...(knowledge.explained && { explained: rememberingExplained(knowledge.explained) }),
      },
    }),
  };
}

function rememberingExplained(ask: Explained): Explained {
  const known = new Map<string, ReturnType<Explained>>();
  return (query) => once(known, JSON.stringify(query), () => ask(query));
}

type Explained = NonNullable<NonNullable<BotParts['knowledge']>['explained']>;

function once<V>(known: Map<string, V>, key: string, make: () => V): V {
  const there = known.get(key);
  if (there !== undefined) return there;
  const made = make();
  known.set(key, made);
  return made;
}

/** Asks both models texts, and counts those that both are sure about, and of them those about which they disagree. */
export async function askBoth(
  texts: readonly string[],
  { before, after }: { before: ReplaySide; after: ReplaySide },
  options: { signal: AbortSignal; onText: (count: number) => void },
): Promise<{ sure: number; moved: number }> {
  const areKnown = (intent: string | null) =>
    intent !== null && before.intents.has(intent) && after.intents.has(intent);
  let [sure, moved] = [0, 0];
  for (let at = 0; at < texts.length; at += textsAtOnce) {
    const some = texts.slice(at, at + textsAtOnce);
    const [first, second] = await Promise.all([before.model?.recognize(some), after.model?.recognize(some)]);
    options.signal.throwIfAborted();
    options.onText(at + some.length);
    for (const [place, one] of (first ?? []).entries()) {
      const other = second?.[place];
      if (other === undefined || one.confidence < actAt || other.confidence < actAt) continue;
      if (!areKnown(one.intent) || !areKnown(other.intent)) continue;
      sure += 1;
      moved += Number(one.intent !== other.intent);
    }
  }
  return { sure, moved };
}

/** Lets everybody else have their turn after each slice of work, for as long as it took. */
function createSlices(signal: AbortSignal): { rest(): Promise<void> } {
  let begun = performance.now();
  return {
    rest: async () => {
      signal.throwIfAborted();
      const took = performance.now() - begun;
      if (took >= sliceMs) await delay(took, undefined, { signal, ref: false });
      else await nextTurn();
      if (took >= sliceMs) begun = performance.now();
    },
  };
}
