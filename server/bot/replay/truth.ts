import type { KeptDecision } from '../dialogue/kept-decision.ts';

/** A decision of a conversation, as far as what came of it can be told by it. */
export interface JudgedDecision {
  readonly seq: number;
  readonly epoch: number;
  readonly at: number;
  readonly reason: string | null;
  /** What the conversation was about after it. */
  readonly intent: string | null;
  readonly helped: boolean | null;
  readonly record: Pick<KeptDecision, 'act' | 'band' | 'messages' | 'stages'>;
}

/**
 * What is known of what a customer wanted. `is`: this intent (null: none of those that there are); `not`: none of these.
 * `by`: an agent said it; the customer said that the answer helped, or did not; the customer chose it, or said that it was none; the answer held (nobody else was needed, and nobody
 * came back); the answer was followed by a hand-off that the customer wanted or that came of not being understood.
 */
export type Truth =
  | { readonly kind: 'is'; readonly intent: string | null; readonly by: 'labelled' }
  | { readonly kind: 'is'; readonly intent: string; readonly by: 'helped' | 'chosen' | 'held' }
  | { readonly kind: 'not'; readonly intents: readonly string[]; readonly by: 'not-helped' | 'chosen' | 'handed-off' };

/** How something can be known; what people said goes before what is taken from what happened. */
export const truthKinds = [
  'labelled',
  'helped',
  'not-helped',
  'chosen',
  'held',
  'handed-off',
] as const satisfies readonly Truth['by'][];

/** What became of a conversation. */
export interface ConversationOutcome {
  readonly hadAgent: boolean;
  /** When its contact wrote in another conversation next; null: not yet. */
  readonly nextContactAt: number | null;
}

/** Reasons of a hand-off that say that what the bot said before did not help. */
const unhelped: ReadonlySet<string> = new Set([
  'asked',
  'not-understood',
  'not-sure',
  'not-helped',
  'anger',
  'repeats',
  'not-told',
]);
/** The id of the choice "none of these". */
const noneId = '-none-';
const backWithinMs = 24 * 60 * 60_000;

/** The intent on which a decision acted; null: none. */
export function actedIntent({ stages }: Pick<JudgedDecision['record'], 'stages'>): string | null {
  const sure = stages.find(({ stage, outcome }) => stage === 'intent' && outcome === 'sure');
  return typeof sure?.data.intent === 'string' ? sure.data.intent : null;
}

/**
 * What is known about each decision of one conversation, by its place in the list; undefined where nothing is.
 *
 * @param decisions in their order
 * @param now so young a conversation that the customer may still come back tells nothing of answers that held
 */
export function truthsOf(
  decisions: readonly JudgedDecision[],
  outcome: ConversationOutcome,
  now: number,
): (Truth | undefined)[] {
  const lastAt = decisions.at(-1)?.at ?? 0;
  const isWithPeople = outcome.hadAgent || decisions.some(({ reason }) => reason !== null);
  const cameBack = outcome.nextContactAt !== null && outcome.nextContactAt - lastAt < backWithinMs;
  const isQuiet = !isWithPeople && !cameBack && now - lastAt >= backWithinMs;
  return decisions.map((decision, at) => truthOf(decision, decisions[at + 1], isQuiet));
}

function truthOf({ record }: JudgedDecision, next: JudgedDecision | undefined, isQuiet: boolean): Truth | undefined {
  if (record.band === 'did-you-mean') return next === undefined ? undefined : chosenAfter(record, next);
  const acted = actedIntent(record);
  if (acted === null || record.act === 'hand-off') return undefined;
  if (next?.helped === true) return { kind: 'is', intent: acted, by: 'helped' };
  if (next?.helped === false) return { kind: 'not', intents: [acted], by: 'not-helped' };
  if (next?.reason != null && unhelped.has(next.reason)) return { kind: 'not', intents: [acted], by: 'handed-off' };
  const isDoubted = next !== undefined && (next.record.band === 'miss' || hasStage(next, 'request', 'stop'));
  return isQuiet && !isDoubted ? { kind: 'is', intent: acted, by: 'held' } : undefined;
}

/**
 * What agents said of the messages of one turn, which the bot reads as one; undefined: nobody said anything, or they had
 * different intents.
 */
export function labelledTruth(
  labels: readonly { readonly seq: number; readonly intent: string | null }[],
  turn: { readonly fromSeq: number; readonly seq: number },
): Truth | undefined {
  const said = labels.filter(({ seq }) => seq >= turn.fromSeq && seq <= turn.seq).map(({ intent }) => intent);
  const [intent, ...others] = new Set(said);
  return intent === undefined || others.length > 0 ? undefined : { kind: 'is', intent, by: 'labelled' };
}

/** What the customer answered to "which of these do you mean". */
function chosenAfter(asked: JudgedDecision['record'], next: JudgedDecision): Truth | undefined {
  if (hasStage(next, 'pending', 'chosen') && next.intent !== null)
    return { kind: 'is', intent: next.intent, by: 'chosen' };
  if (!hasStage(next, 'pending', 'none')) return undefined;
  const offered = asked.messages.flatMap(({ choices }) => choices.map(({ id }) => id)).filter((id) => id !== noneId);
  return { kind: 'not', intents: offered, by: 'chosen' };
}

function hasStage({ record }: JudgedDecision, stage: string, outcome: string): boolean {
  return record.stages.some((each) => each.stage === stage && each.outcome === outcome);
}

/** `unknown`: it acted on another intent than what is known to be wrong. */
export type Grade = 'right' | 'wrong' | 'none' | 'unknown';

/** How acting on an intent (null: on none) does by what is known. */
export function gradeOf(acted: string | null, truth: Truth): Grade {
  if (acted === null) return 'none';
  if (truth.kind === 'is') return acted === truth.intent ? 'right' : 'wrong';
  return truth.intents.includes(acted) ? 'wrong' : 'unknown';
}
