import type { Flows } from '@parley/sdk/flow-document.ts';
import { inTime } from '../../base/in-time.ts';
import type { IdentityDoor, KnownContact } from '../identity-check/code-exchange.ts';
import type {
  ApprovedAnswers,
  ApprovedMatch,
  Entities,
  FoundEntity,
  Graph,
  GroundedAnswers,
  Intents,
  KnowledgeSearch,
  Passage,
} from '../ports.ts';
import type { BotSettings, IntentReaction } from './bot-settings.ts';
import type { Texts } from './bot-texts.ts';
import { type DecisionInput, decide, handOffFor, mostRead } from './decide.ts';
import type { Need, Observations, Outcome, Said } from './decision.ts';
import type { DialogueState } from './dialogue-state.ts';
import { languageOf } from './language-of.ts';
import type { LanguageTeller } from './language-teller.ts';
import type { CallResult, FlowCall } from './run-flow.ts';

/** What the bot can ask; each may be absent. They are asked for at each turn: what is published meanwhile holds at once. */
export interface BotParts {
  readonly approved?: ApprovedAnswers;
  readonly intents?: Intents;
  /** What is to be answered to an intent, where the settings do not say another thing. */
  readonly taught?: TaughtIntents;
  readonly entities?: Entities;
  readonly graph?: Graph;
  readonly knowledge?: KnowledgeSearch;
  readonly grounded?: GroundedAnswers;
  readonly languages?: LanguageTeller;
  /** Where customers read an article, as an address that works from everywhere; undefined: nowhere. */
  readonly articleAddress?: (articleId: string, language: string | undefined) => Promise<string | undefined>;
}

export interface TaughtIntents {
  named(
    names: readonly string[],
  ): Promise<readonly { readonly name: string; readonly enabled: boolean; readonly answer: Texts | null }[]>;
}

export interface Thought {
  readonly conversationId: string;
  readonly state: DialogueState;
  readonly said: Said;
  /** The flow with which it begins, as a routing rule says; absent or null: none. */
  readonly begins?: string | null;
  /** The channel shows the question whether an answer helped. */
  readonly canRate?: boolean;
  readonly settings: { readonly version: number; readonly document: BotSettings };
  readonly flows: { readonly version: number; readonly document: Flows };
  readonly channelType: string;
  readonly vip: boolean;
  /** The customer has proved who they are; absent: not. */
  readonly isProven?: boolean;
  /** What is known of the contact from elsewhere; absent: nothing. */
  readonly contact?: KnownContact;
  /** The address that they have proved to have by a code, as a hash; null or absent: none. */
  readonly proof?: string | null;
  /** Sends one-time codes and takes them; absent: nothing is sent, and none is right. */
  readonly identity?: IdentityDoor;
  readonly isOpen: boolean;
  readonly opensAt: string | null;
  readonly timeZone: string;
  /** Calls an address for a flow. The key is the same when it is asked again about the same message. */
  readonly call: (call: FlowCall, signal: AbortSignal) => Promise<CallResult>;
}

export type Decided = Extract<Outcome, { kind: 'decided' }>;

/** The most rounds of asking for more: a flow's calls, the graph, the passages, the language model. */
const mostRounds = 110;
const passagesAsked = 5;

/**
 * Looks at what the customer said, gets what the decision asks for, and decides. It always answers: where a part fails the
 * decision is made without it, and where all takes too long, or something breaks, a person gets the conversation.
 */
export async function think(
  thought: Thought,
  deps: { parts: BotParts; now: () => number; onError: (error: unknown) => void },
): Promise<Decided> {
  let { settings } = thought;
  const ends = AbortSignal.timeout(settings.document.answerWithinMs);
  const input = (observations: Observations): DecisionInput => ({
    state: thought.state,
    said: thought.said,
    begins: thought.begins ?? null,
    canRate: thought.canRate === true,
    observations,
    settings: settings.document,
    flows: thought.flows.document,
  });
  const language = await languageIn(thought, deps, ends);
  const approved = approvedFor(thought, language, deps);
  // What a person has approved is said at once.
  if (approved === null) await prepare(thought, deps, ends);
  let known: Observations = { ...look(thought, deps), language, approved };
  try {
    const reactions = await inTime(withTaught(known, thought, deps), ends);
    settings = { ...settings, document: { ...settings.document, reactions } };
    for (let round = 0; round < mostRounds; round++) {
      const outcome = decide(input(known));
      if (outcome.kind === 'decided') return outcome;
      known = { ...known, ...(await inTime(meet(outcome.need, known, thought, deps, ends), ends)) };
    }
    throw new Error(`A decision asked for more ${mostRounds} times.`);
  } catch (error) {
    if (ends.aborted) return handOffFor('time-out', input(known), `${settings.document.answerWithinMs} ms were over`);
    deps.onError(error);
    return handOffFor('error', input(known), (error as Error).message);
  }
}

type Deps = Parameters<typeof think>[1];

const textOf = ({ said }: Thought): string => said.text.slice(0, mostRead).trim();

const languageIn = (thought: Thought, deps: Pick<Deps, 'parts' | 'onError'>, ends: AbortSignal) =>
  languageOfWords(textOf(thought), { state: thought.state, document: thought.settings.document }, deps, ends);

/** The language in which the customer wrote some words; null: nothing tells it. */
export async function languageOfWords(
  text: string,
  { state, document }: { state: DialogueState; document: BotSettings },
  { parts, onError }: Pick<Deps, 'parts' | 'onError'>,
  ends: AbortSignal,
): Promise<string | null> {
  const { language: before, customerLanguage: customer } = state;
  const known = { before, customer, texts: languagesOf(document), otherwise: document.language };
  try {
    if (parts.languages !== undefined) return await inTime(parts.languages.tell(text, known), ends);
  } catch (error) {
    if (!ends.aborted) onError(error);
  }
  return languageOf(text, before);
}

/** In which languages the bot says something by itself. */
function languagesOf({ language, texts, reactions }: BotSettings): string[] {
  const answers = reactions.flatMap(({ does }) => (does.kind === 'answer' ? Object.keys(does.texts) : []));
  return [language, ...Object.keys(texts), ...answers.filter((tag) => tag !== 'default')];
}

function approvedFor(thought: Thought, language: string | null, { parts, now, onError }: Deps): ApprovedMatch | null {
  const text = textOf(thought);
  try {
    return text === '' ? null : (parts.approved?.find(text, { language, now: now() }) ?? null);
  } catch (error) {
    onError(error);
    return null;
  }
}

/** What recognising may want from elsewhere; it is never missed for long. */
async function prepare(thought: Thought, { parts, onError }: Deps, ends: AbortSignal): Promise<void> {
  const text = textOf(thought);
  if (text === '' || parts.intents?.prepare === undefined) return;
  await inTime(parts.intents.prepare(text), ends).catch((error: unknown) => {
    if (!ends.aborted) onError(error);
  });
}

/** What costs nothing is looked at in any case. */
function look(thought: Thought, { parts, now, onError }: Deps): Observations {
  const text = textOf(thought);
  const orElse = <T>(otherwise: T, ask: () => T): T => {
    try {
      return ask();
    } catch (error) {
      onError(error);
      return otherwise;
    }
  };
  const { vip, isProven = false, isOpen, opensAt, timeZone, contact, proof = null } = thought;
  const model = parts.intents?.version;
  const chosen = parts.intents?.thresholds ?? [];
  return {
    now: now(),
    isOpen,
    opensAt,
    vip,
    ...(isProven ? { isProven } : {}),
    ...(contact === undefined ? {} : { contact }),
    ...(proof === null ? {} : { proof }),
    versions: {
      settings: thought.settings.version,
      flows: thought.flows.version,
      model: model === undefined ? null : String(model),
    },
    ...(chosen.length === 0 ? {} : { thresholds: chosen }),
    recognition: text === '' ? null : orElse(null, () => parts.intents?.recognize(text) ?? null),
    entities: orElse<readonly FoundEntity[]>([], () => parts.entities?.find(text, { now: now(), timeZone }) ?? []),
    called: {},
  };
}

/** What the bot does on the intents that may be meant: as the settings say, else as the intents themselves do. */
async function withTaught(
  { recognition }: Observations,
  { settings, state }: Thought,
  { parts, onError }: Deps,
): Promise<readonly IntentReaction[]> {
  const { reactions } = settings.document;
  const offered = state.pending?.kind === 'did-you-mean' ? state.pending.choices.map(({ id }) => id) : [];
  const meant = [...(recognition?.candidates ?? []).map(({ intent }) => intent), ...offered];
  const names = [...new Set(meant)].filter((name) => !reactions.some(({ intent }) => intent === name));
  if (parts.taught === undefined || names.length === 0) return reactions;
  try {
    const found = await parts.taught.named(names);
    const taught = found.flatMap(({ name, enabled, answer }): IntentReaction[] =>
      !enabled || answer === null
        ? []
        : [{ intent: name, labels: {}, does: { kind: 'answer', texts: answer }, groupId: null }],
    );
    return [...reactions, ...taught];
  } catch (error) {
    onError(error);
    return reactions;
  }
}

async function meet(
  need: Need,
  known: Observations,
  thought: Thought,
  { parts, now, onError }: Deps,
  signal: AbortSignal,
): Promise<Partial<Observations>> {
  const { language = null } = known;
  const spoken = language === null ? {} : { language };
  switch (need.kind) {
    case 'graph': {
      const context = {
        entities: known.entities,
        about: thought.state.about,
        languages: [thought.state.customerLanguage, language, thought.settings.document.language].filter(
          (tag) => tag !== null,
        ),
        now: now(),
        ...(need.chosen === null ? {} : { chosen: need.chosen }),
      };
      try {
        return { graph: parts.graph?.answer(need.text, context) ?? null };
      } catch (error) {
        onError(error);
        return { graph: null };
      }
    }
    case 'passages': {
      const { channelType } = thought;
      const asked = { text: need.text, channelType, audience: 'customer', limit: passagesAsked, ...spoken } as const;
      try {
        const query = { ...asked, ...whatIsKnown(known, thought) };
        const found = (await parts.knowledge?.explained?.(query)) ?? {
          passages: (await parts.knowledge?.search(query)) ?? null,
          path: null,
        };
        const passages = found.passages && (await withAddresses(found.passages, thought, { parts, now, onError }));
        return { passages, searchPath: found.path };
      } catch (error) {
        onError(error);
        return { passages: null };
      }
    }
    case 'grounded': {
      const { conversationId } = thought;
      const request = { question: need.text, passages: need.passages, conversationId, signal, ...spoken };
      // Half of the time is left for what answers without it.
      const half = AbortSignal.timeout(thought.settings.document.answerWithinMs / 2);
      const asked = parts.grounded?.answer({ ...request, signal: AbortSignal.any([signal, half]) });
      if (asked === undefined) return { grounded: null };
      try {
        return { grounded: usable(await inTime(asked, half)) };
      } catch (error) {
        return { grounded: { kind: 'failed', why: (error as Error).message } };
      }
    }
    case 'call':
      return { called: { ...known.called, [need.call.stepId]: await thought.call(need.call, signal) } };
    case 'send-code': {
      const { request } = need;
      const sent = (await thought.identity?.send(request, signal)) ?? { kind: 'sent', seq: 0, shown: '' };
      return { codes: { ...known.codes, [request.stepId]: { ...known.codes?.[request.stepId], sent } } };
    }
    case 'type-code': {
      const { stepId } = need.typed;
      const typed = (await thought.identity?.type(need.typed)) ?? { kind: 'expired' };
      return { codes: { ...known.codes, [stepId]: { ...known.codes?.[stepId], typed } } };
    }
    default:
      return need satisfies never;
  }
}

/** What tells the graph more of a question than its words. */
function whatIsKnown({ entities }: Observations, { state: { about } }: Thought) {
  return { ...(entities.length === 0 ? {} : { entities }), ...(about.length === 0 ? {} : { about }) };
}

/** Of what may be the answer, where customers read it: where sources are named at all. */
async function withAddresses(
  passages: readonly Passage[],
  { settings: { document } }: Thought,
  { parts: { articleAddress }, onError }: Deps,
): Promise<readonly Passage[]> {
  if (!document.citeSources || articleAddress === undefined) return passages;
  return Promise.all(
    passages.map(async (passage) => {
      const { source, score, language } = passage;
      if (source.kind !== 'article' || score < document.thresholds.passage) return passage;
      const url = await articleAddress(source.id, language).catch(onError);
      return typeof url === 'string' ? { ...passage, source: { ...source, url } } : passage;
    }),
  );
}

/** A language model that is switched off is none; one that could not be asked has said nothing about the passages. */
function usable(answer: NonNullable<Observations['grounded']>): NonNullable<Observations['grounded']> | null {
  if (answer.kind !== 'abstained') return answer;
  if (answer.why === 'off') return null;
  return answer.why === 'failed' || answer.why === 'budget' ? { kind: 'failed', why: answer.why } : answer;
}
