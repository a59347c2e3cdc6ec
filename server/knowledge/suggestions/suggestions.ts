import type { ConversationContext, Message, Suggestion } from '@parley/sdk/protocol.ts';
import type { Clock } from '../../base/clock.ts';
import { Lru } from '../../base/lru.ts';
import type { KnowledgeSearch, Passage } from '../../bot/ports.ts';
import type { Contexts } from '../../conversation/contexts.ts';
import type { EventBus } from '../../conversation/event-bus.ts';
import { textIn } from '../../conversation/facts.ts';
import { valuesOf } from '../canned-replies.ts';
import { renderTemplate, type VariableValues } from '../variables.ts';
import { lastWords, questionsIn } from './answer-pairs.ts';
import { filled, masked, type Placeholder } from './mask.ts';
import { likeness, shinglesOf } from './near.ts';
import type { PastAnswer, PastAnswers } from './past-answers.ts';
import { type Candidate, rank, type Situation } from './rank.ts';
import type { SuggestionStore } from './suggestion-store.ts';

/** The knowledge base may take so long; without it the past still answers. */
const knowledgeMs = 100;
const candidatesOfEach = 12;
/** What was recommended in so many conversations is remembered, to see what becomes of it. */
const remembered = 5_000;
/** How like what is sent must be to what was recommended to be the same, or the same with changes. */
const same = 0.92;
const changed = 0.45;
const sureOfIntent = 0.5;

export interface SuggestionQuery {
  readonly limit: number;
  /** What the agent has written so far. */
  readonly draft: string;
  readonly agent: { readonly id: string; readonly name: string; readonly email: string };
}

export interface Suggestions {
  /** The best first; nothing where the last word was ours and nothing is being written. Undefined: no such conversation. */
  suggest(conversationId: string, query: SuggestionQuery): Promise<Suggestion[] | undefined>;
  /**
   * The agent has sent it, or is about to. Counts once for each time that the customer waits for an answer.
   *
   * @returns false where it was not recommended there, or is counted already
   */
  used(conversationId: string, suggestionId: string, by: { agentId: string; edited: boolean }): Promise<boolean>;
  stop(): void;
}

type Proposed = Candidate & { readonly suggestion: Omit<Suggestion, 'score'> };

interface Offered {
  readonly afterSeq: number;
  readonly situations: readonly string[];
  readonly items: readonly Suggestion[];
}

/** Replies for the open conversation: from the knowledge base, and from what agents answered in such situations before. */
export function createSuggestions(deps: {
  contexts: Pick<Contexts, 'contextOf'>;
  past: Pick<PastAnswers, 'search'>;
  store: Pick<SuggestionStore, 'countsOf' | 'countOutcome'>;
  knowledge?: KnowledgeSearch | undefined;
  channelName?: ((channelId: string) => string) | undefined;
  bus: EventBus;
  clock: Clock;
  onError: (error: unknown) => void;
}): Suggestions {
  const { store, past, clock, onError } = deps;
  const offers = new Lru<string, Offered>(remembered);

  async function passages(context: ConversationContext, text: string, agentId: string): Promise<readonly Passage[]> {
    if (deps.knowledge === undefined) return [];
    const { language } = context.known;
    const asked = deps.knowledge.search({
      text,
      ...(language === undefined ? {} : { language }),
      channelType: context.conversation.channelType,
      ...{ audience: 'agent', agentId, limit: candidatesOfEach },
      vectorWithinMs: knowledgeMs / 2,
    });
    const late = clock.sleep(knowledgeMs).then((): readonly Passage[] => []);
    return Promise.race([asked, late]).catch((error: unknown) => {
      onError(error);
      return [];
    });
  }

  async function suggest(conversationId: string, query: SuggestionQuery): Promise<Suggestion[] | undefined> {
    const context = await deps.contexts.contextOf(conversationId);
    if (context === undefined) return undefined;
    const draft = query.draft.trim();
    // What the bot said was no answer where a person is asked for one.
    const asked = lastWords(context.messages, ['agent']);
    const text = asked === '' ? draft : asked;
    if (text === '') return [];
    const names = { contact: context.contact.name, agent: query.agent.name };
    const values = valuesFrom(context, query.agent.name);
    const variables = valuesOf(
      query.agent,
      { ...context, channelName: deps.channelName?.(context.conversation.channelId) ?? '' },
      clock.now(),
    );
    const found = await passages(context, text, query.agent.id);
    const proposed = withoutRepeats([
      ...found.flatMap((passage) => fromPassage(passage, variables)),
      ...past.search(questionsIn(masked(text, names)), candidatesOfEach).flatMap((answer) => fromPast(answer, values)),
    ]);
    const situation = situationOf(context, draft);
    const counts = await store.countsOf(
      proposed.map(({ source }) => source),
      situation.names,
    );
    const items = rank(proposed, counts, situation)
      .slice(0, query.limit)
      .map(({ candidate, score }) => ({ ...candidate.suggestion, score: Math.round(score * 1_000) / 1_000 }));
    if (asked !== '' && items.length > 0) remember(context, situation, items);
    return items;
  }

  /** What was shown while the agent wrote was shown, too. */
  function remember({ conversation, messages }: ConversationContext, { names }: Situation, items: Suggestion[]): void {
    const afterSeq = messages.findLast(({ sender }) => sender.type === 'contact')?.seq ?? conversation.lastSeq;
    const known = offers.get(conversation.id);
    const earlier = known?.afterSeq === afterSeq ? known.items : [];
    const ids = new Set(items.map(({ id }) => id));
    const all = [...items, ...earlier.filter(({ id }) => !ids.has(id))].slice(0, 12);
    offers.set(conversation.id, { afterSeq, situations: names, items: all });
  }

  async function count(
    conversationId: string,
    { afterSeq, situations, items }: Offered,
    agentId: string,
    used: { id: string; edited: boolean } | undefined,
  ): Promise<boolean> {
    return store.countOutcome({
      ...{ conversationId, afterSeq, agentId, at: clock.now(), situations },
      shown: items.map(({ id }) => id),
      ...(used === undefined ? {} : { used: { source: used.id, edited: used.edited } }),
    });
  }

  /** An agent has answered: with one of them, with one that was changed, or with something else. */
  async function answered(conversationId: string, agentId: string, message: Message): Promise<void> {
    const offered = offers.get(conversationId);
    if (offered === undefined || message.seq <= offered.afterSeq) return;
    offers.delete(conversationId);
    const sent = shinglesOf(textIn(message.content));
    const [nearest] = offered.items
      .map(({ id, text }) => ({ id, near: likeness(sent, shinglesOf(text)) }))
      .toSorted((a, b) => b.near - a.near);
    const isUsed = nearest !== undefined && nearest.near >= changed;
    const used = isUsed ? { id: nearest.id, edited: nearest.near < same } : undefined;
    await count(conversationId, offered, agentId, used);
  }

  const end = deps.bus.subscribe('message.created', ({ head, senderType, private: isPrivate, messageJson }) => {
    if (senderType !== 'agent' || isPrivate || offers.get(head.id) === undefined) return;
    const message = JSON.parse(messageJson) as Message;
    if (message.sender.id !== undefined) answered(head.id, message.sender.id, message).catch(onError);
  });

  return {
    suggest,
    used: async (conversationId, suggestionId, { agentId, edited }) => {
      const offered = offers.get(conversationId);
      if (offered === undefined || !offered.items.some(({ id }) => id === suggestionId)) return false;
      return count(conversationId, offered, agentId, { id: suggestionId, edited });
    },
    stop: end,
  };
}

function situationOf({ conversation, known }: ConversationContext, draft: string): Situation {
  const intent = known.intents.find(({ confidence }) => confidence >= sureOfIntent)?.intent;
  return {
    language: known.language,
    channelType: conversation.channelType,
    // The general one first: it counts for every situation.
    names: ['', ...(intent === undefined ? [] : [`intent:${intent}`.slice(0, 100)])],
    draft,
  };
}

/** Of a canned reply with a variable that has no value here, nothing: nobody sends braces by one key. */
function fromPassage({ id, source, text, score }: Passage, values: VariableValues): Proposed[] {
  const isCanned = source.kind === 'canned-reply';
  const { text: whole, missing } = isCanned ? renderTemplate(text, values) : { text, missing: [] };
  if (missing.length > 0 || whole.trim() === '') return [];
  const key = `${source.kind}:${source.kind === 'article' ? id : source.id}`.slice(0, 191);
  return [
    {
      ...{ source: key, text: whole, base: score },
      suggestion: {
        id: key,
        text: whole,
        source,
        why: [{ key: 'matches', data: {}, text: 'Matches what was asked.' }],
      },
    },
  ];
}

function fromPast({ key, text, likeness: near, times, pair }: PastAnswer, values: Values): Proposed[] {
  const whole = filled(text, values);
  if (whole === undefined) return [];
  const id = `past-answer:${key}`;
  // Answers that agree with each other speak for one another, up to a bound: they are not independent.
  const base = 1 - (1 - near) ** (1 + Math.min(2, Math.log2(times)));
  return [
    {
      ...{ source: id, text: whole, base, channelType: pair.channelType, language: pair.language ?? undefined },
      suggestion: {
        ...{ id, text: whole, source: { kind: 'past-answer', id: key, title: pair.question } },
        why: [
          times === 1
            ? { key: 'once', data: {}, text: 'An agent answered this to something like it.' }
            : { key: 'often', data: { times }, text: `Agents answered this ${times} times to something like it.` },
        ],
      },
    },
  ];
}

/**
 * The same words from two sources are shown once: as the canned reply or the article that somebody keeps up. What speaks for
 * one speaks for the other: a reply whose title is not like the question is as sure as the answers that were its words.
 */
function withoutRepeats(proposed: readonly Proposed[]): Proposed[] {
  const kept: { one: Proposed; shingles: ReadonlySet<string> }[] = [];
  for (const one of proposed) {
    const shingles = shinglesOf(one.text);
    const known = kept.find((other) => likeness(other.shingles, shingles) >= same);
    if (known === undefined) kept.push({ one, shingles });
    else if (one.base > known.one.base) known.one = alsoFor(known.one, one);
  }
  return kept.map(({ one }) => one);
}

function alsoFor(shown: Proposed, other: Proposed): Proposed {
  const why = [...other.suggestion.why, ...shown.suggestion.why];
  return { ...shown, base: other.base, suggestion: { ...shown.suggestion, why } };
}

type Values = Partial<Record<Placeholder, string>>;

/** What placeholders stand for in this conversation. */
function valuesFrom({ contact, known }: ConversationContext, agentName: string): Values {
  const named = (types: RegExp) =>
    known.entities.find(({ type, from }) => types.test(type) && from === undefined)?.value;
  const values: Partial<Record<Placeholder, string | undefined>> = {
    'contact.name': contact.name,
    'agent.name': agentName,
    email: contact.email ?? named(/e-?mail/i),
    phone: contact.phone ?? named(/phone|mobile/i),
    order: named(/order/i),
  };
  return Object.fromEntries(Object.entries(values).filter(([, value]) => value !== undefined && value !== ''));
}
