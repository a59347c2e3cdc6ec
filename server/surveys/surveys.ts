import type { Capabilities, Content, Message, RatingContent, SurveySettings } from '@parley/sdk/protocol.ts';
import type { Clock } from '../base/clock.ts';
import type { Leases } from '../base/leases.ts';
import type { ConversationStore } from '../conversation/conversation-store.ts';
import type { Conversations } from '../conversation/conversations.ts';
import type { PossibleAnswer } from '../conversation/inbound-processor.ts';
import { languageFrom, languageMarks } from '../conversation/language-of.ts';
import { Refusal } from '../gateway/refusal.ts';
import {
  asksSomething,
  dayMs,
  numberMs,
  reasonToSkip,
  scale,
  scoreIn,
  spokenIn,
  takesAnswer,
  tidyComment,
} from './survey-law.ts';
import { createSurveyLinks } from './survey-link.ts';
import {
  changedSurveySettings,
  firstSurveySettings,
  type StoredSurveySettings,
  shownSurveySettings,
} from './survey-settings.ts';
import type { ResolvedConversation, Survey, SurveyStore, SurveyWay } from './survey-store.ts';
import { surveyWordsFor } from './survey-words.ts';

/** How often it is looked for conversations that were resolved, and read at once. */
const lookMs = 2_000;
const pageSize = 200;
/** Conversations may be stored in another order than that of their places in the list. */
const overlapMs = 60_000;
/** Looked back after a stand-still at the most: whoever waited longer is asked no more. */
const farthestMs = 9 * dayMs;
const messagesRead = 500;
/** Settings that another process has changed hold here after this time. */
const settingsMs = 3_000;
const settingsName = 'survey-settings';
const placeName = 'survey-place';

/** What is counted of surveys. */
export interface SurveyEvents {
  /** `outcome`: asked, or why not. */
  decided(channelType: string, outcome: string): void;
  answered(of: { had: string; score: number }): void;
}

export interface Answering {
  readonly score: number;
  readonly comment?: string | undefined;
}

/** Asks customers how it was, once a conversation is resolved, and keeps what they say. Nothing of it reopens a conversation. */
export interface Surveys {
  settings(): Promise<SurveySettings>;
  /** @throws Refusal `settings-invalid` with the field */
  change(patch: Partial<SurveySettings>): Promise<SurveySettings>;
  /** Asks until the signal aborts; one process of an installation does. */
  run(signal: AbortSignal): Promise<void>;
  /** One look: what `run` does every moment. */
  look(): Promise<void>;
  of(conversationId: string): Promise<Survey | undefined>;
  /** The survey of the visitor's conversation, and whether it still takes an answer. */
  forVisitor(of: { contactId: string; channelId: string }): Promise<{ survey: Survey; isOpen: boolean } | undefined>;
  /** @throws Refusal `not-found` where nobody was asked, `conflict` where it is too late */
  answerAsVisitor(of: { contactId: string; channelId: string }, answer: Answering): Promise<Survey>;
  /** What a link leads to; undefined: it is none of ours, or over. */
  behindLink(token: string): Promise<{ survey: Survey; isOpen: boolean } | undefined>;
  /** @returns false: the link takes no answer any more */
  answerByLink(token: string, answer: Answering): Promise<boolean>;
  /** Takes what came from a platform where it answers a survey. @returns false: it is an ordinary message */
  takeInbound(word: PossibleAnswer): Promise<boolean>;
  /**
   * A survey's question as a platform can carry it: with buttons, else in words with a link. `shown`: the same without the link's
   * secret, for agents. Undefined: the channel carries the message as it is.
   */
  deliveryOf(message: Message, capabilities: Pick<Capabilities, 'content' | 'maxChoices'>): Delivered | undefined;
}

interface Delivered {
  readonly content: Content;
  readonly shown: Content;
}

export function createSurveys(deps: {
  store: SurveyStore;
  messages: Pick<ConversationStore, 'messages' | 'get' | 'findContact' | 'currentConversation' | 'findByExternalId'>;
  conversations: Pick<Conversations, 'fromServer' | 'happened'>;
  meta: { get(name: string): Promise<string | undefined>; set(name: string, value: string): Promise<void> };
  channelTypeOf: (channelId: string) => string;
  replyWindowOf: (channelId: string) => Capabilities['replyWindow'];
  knownTypes: ReadonlySet<string>;
  secret: string;
  /** Where customers reach this server; absent: nobody can follow a link. */
  publicUrl: string | undefined;
  leases: Leases;
  clock: Clock;
  events: SurveyEvents;
  onError: (error: unknown) => void;
}): Surveys {
  const { store, messages, conversations, meta, clock, events, onError } = deps;
  const links = createSurveyLinks(deps.secret);
  let settings = firstSurveySettings;
  let readAt = Number.NEGATIVE_INFINITY;

  async function current(): Promise<StoredSurveySettings> {
    if (clock.elapsed() - readAt < settingsMs) return settings;
    const stored = await meta.get(settingsName);
    settings = {
      ...firstSurveySettings,
      ...((stored === undefined ? {} : JSON.parse(stored)) as StoredSurveySettings),
    };
    readAt = clock.elapsed();
    return settings;
  }

  async function look(): Promise<void> {
    const held = await current();
    const since = Object.values(held.since);
    if (since.length === 0) return;
    const now = clock.now();
    const delayMs = held.delayMinutes * 60_000;
    const until = now - delayMs;
    const stored = Number((await meta.get(placeName)) ?? Math.min(...since));
    const begin = Math.max(Math.min(stored, until) - overlapMs, until - farthestMs);
    for (let after = { at: begin, no: 0 }; ; ) {
      const page = await store.closed(after, until, pageSize);
      // One that cannot be asked about keeps nobody else waiting.
      for (const one of page) if (one.closedAt <= until) await decide(one, held, now).catch(onError);
      const last = page.at(-1);
      if (last === undefined || page.length < pageSize) break;
      after = { at: last.sortAt, no: Number(last.id) };
    }
    // Written seldom: what lies behind it is only read anew.
    if (until - stored >= overlapMs) await meta.set(placeName, String(until));
  }

  async function decide(one: ResolvedConversation, held: StoredSurveySettings, now: number): Promise<void> {
    const { id, contactId, channelId, closedAt, tags, groupId } = one;
    const channelType = deps.channelTypeOf(channelId);
    const since = held.since[channelType];
    if (since === undefined || closedAt < since) return;
    const spoken = spokenIn(await messages.messages(id, { limit: messagesRead, publicOnly: true, fromEnd: true }));
    const lastAskedAt = await store.lastAsked(contactId);
    const window = deps.replyWindowOf(channelId);
    const facts = { spoken, tags, closedAt, lastAskedAt, window };
    const why = reasonToSkip(facts, shownSurveySettings(held), now);
    const language = one.language ?? languageFrom(languageMarks(spoken.customerText)) ?? null;
    const survey = {
      ...{ conversationId: id, contactId, channelId, channelType, why, closedAt, askedAt: now },
      ...{ had: spoken.had, agentId: spoken.agentId, groupId, language },
      ...{ score: null, comment: null, answeredAt: null, via: null, asks: false },
    };
    // Noted before it is said: whoever sees the question can answer it.
    if (!(await store.put({ ...survey, state: why === null ? 'asking' : 'skipped' }))) return;
    if (why === null) {
      if (!(await ask(one, held, language))) return;
      await store.put({ ...survey, state: 'asked' });
    }
    events.decided(channelType, why ?? 'asked');
  }

  /** @returns false: it is open again, or gone, and is not asked about */
  async function ask(
    { id, epoch }: ResolvedConversation,
    { look: shape, asksComment }: StoredSurveySettings,
    language: string | null,
  ): Promise<boolean> {
    const { question } = surveyWordsFor(language);
    const content: RatingContent = { type: 'rating', scale, question, survey: { look: shape, comment: asksComment } };
    try {
      // Once, whoever says it after a crash.
      const whileOwned = { status: 'closed' as const, epoch };
      await conversations.fromServer({ conversationId: id, clientId: `survey-${id}`, content, whileOwned });
      return true;
    } catch (error) {
      if (!(error instanceof Refusal && (error.code === 'conflict' || error.code === 'not-found'))) throw error;
      return false;
    }
  }

  async function keep(
    survey: Survey,
    { score, comment: said }: Answering,
    via: SurveyWay,
  ): Promise<Survey | undefined> {
    const now = clock.now();
    if (!Number.isInteger(score) || score < 1 || score > scale)
      throw new Refusal('bad-request', `score: expected a whole number from 1 to ${scale}.`, { field: 'score' });
    if (!takesAnswer(survey, via, now)) return undefined;
    // Without words of their own, a change of the score leaves those that were there.
    const comment = said === undefined ? survey.comment : tidyComment(said);
    const answer = { score, comment, via, asks: asksSomething(comment), at: now };
    if (!(await store.answer(survey.conversationId, answer, survey))) return undefined;
    if (survey.answeredAt === null) events.answered({ had: survey.had ?? 'person', score });
    const { at: answeredAt, ...kept } = answer;
    return { ...survey, ...kept, state: 'answered', answeredAt: survey.answeredAt ?? answeredAt };
  }

  /** The timeline tells that there is an answer, and not which: colleagues are not shown each other's scores. */
  async function note(
    { conversationId, asks }: Survey,
    inbound?: { channelId: string; word: PossibleAnswer },
  ): Promise<void> {
    const id =
      inbound === undefined
        ? { clientId: `survey-answered-${conversationId}` }
        : { externalId: { channelId: inbound.channelId, id: inbound.word.externalId } };
    const queued = inbound?.word.queueEntryId === undefined ? {} : { queueEntryId: inbound.word.queueEntryId };
    const happened = (event: string, text: string) => ({ type: 'system' as const, event, text });
    await conversations.happened({
      ...{ conversationId, ...id, ...queued },
      content: happened('survey.answered', 'The customer rated the conversation.'),
    });
    if (!asks) return;
    await conversations.happened({
      ...{ conversationId, clientId: `survey-asks-${conversationId}` },
      content: happened('survey.asks', 'The customer asks something beside the rating: have a look at it.'),
    });
  }

  async function forVisitor({ contactId, channelId }: { contactId: string; channelId: string }) {
    const conversationId = await messages.currentConversation(contactId, channelId, '');
    const survey = conversationId === undefined ? undefined : await store.get(conversationId);
    if (survey === undefined || survey.contactId !== contactId || survey.state === 'skipped') return undefined;
    return { survey, isOpen: takesAnswer(survey, 'web', clock.now()) };
  }

  async function behindLink(token: string) {
    const conversationId = links.read(token, clock.now());
    const survey = conversationId === undefined ? undefined : await store.get(conversationId);
    if (survey === undefined || survey.state === 'skipped') return undefined;
    return { survey, isOpen: takesAnswer(survey, 'link', clock.now()) };
  }

  /** The survey that a word from a platform answers; undefined: it is about something else. */
  async function answeredBy({ channelId, contactExternalId, threadId, said, receivedAt }: PossibleAnswer) {
    const answer = answerIn(said);
    if (answer === undefined) return undefined;
    const contactId = await messages.findContact(channelId, contactExternalId);
    if (contactId === undefined) return undefined;
    const conversationId =
      answer.conversationId ?? (await messages.currentConversation(contactId, channelId, threadId));
    const survey = conversationId === undefined ? undefined : await store.get(conversationId);
    if (survey === undefined || survey.contactId !== contactId || survey.channelId !== channelId) return undefined;
    // A bare number means the question that was just asked, and nothing else that was said since.
    if (answer.isBare) {
      if (receivedAt - survey.askedAt >= numberMs) return undefined;
      if ((await messages.get(survey.conversationId))?.status !== 'closed') return undefined;
    }
    return { survey, answer };
  }

  return {
    settings: async () => shownSurveySettings(await current()),
    change: async (patch) => {
      readAt = Number.NEGATIVE_INFINITY;
      const { knownTypes } = deps;
      const changed = changedSurveySettings(await current(), patch, { knownTypes, now: clock.now() });
      await meta.set(settingsName, JSON.stringify(changed));
      settings = changed;
      return shownSurveySettings(changed);
    },
    look,
    run: (signal) =>
      deps.leases.whileHeld(
        'surveys',
        async (held) => {
          while (!held.aborted) {
            await look().catch(onError);
            await clock.sleep(lookMs, held).catch(() => undefined);
          }
        },
        signal,
      ),
    of: (conversationId) => store.get(conversationId),
    forVisitor,
    answerAsVisitor: async (of, answer) => {
      const found = await forVisitor(of);
      if (found === undefined) throw new Refusal('not-found', 'Nobody has asked about this conversation.');
      const kept = await keep(found.survey, answer, 'web');
      if (kept === undefined) throw new Refusal('conflict', 'This answer cannot be given or changed any more.');
      await note(kept);
      return kept;
    },
    behindLink,
    answerByLink: async (token, answer) => {
      const found = await behindLink(token);
      const kept = found === undefined ? undefined : await keep(found.survey, answer, 'link');
      if (kept !== undefined) await note(kept);
      return kept !== undefined;
    },
    takeInbound: async (word) => {
      const { channelId, externalId, said } = word;
      if (answerIn(said) === undefined) return false;
      const found = await answeredBy(word);
      if (found === undefined) return false;
      const { survey, answer } = found;
      // Nobody means anything else by a button of ours: pressed too late it changes nothing, and is no message either.
      if (!takesAnswer(survey, 'reply', clock.now())) return 'pressed' in said;
      // A repeat comes late, and says nothing about what was changed since.
      const isRepeat = (await messages.findByExternalId(channelId, externalId)) !== undefined;
      const kept = isRepeat ? survey : await keep(survey, answer, 'reply');
      if (kept === undefined) return false;
      await note(kept, { channelId, word });
      if ('content' in said && said.content.type === 'rating') return true;
      const { conversationId, language } = survey;
      const content = { type: 'text' as const, text: surveyWordsFor(language).thanks };
      await conversations.fromServer({ conversationId, clientId: `survey-thanks-${conversationId}`, content });
      return true;
    },
    deliveryOf: (message, capabilities) => {
      const { content, conversationId, createdAt } = message;
      if (content.type !== 'rating' || content.survey === undefined) return undefined;
      if (capabilities.content.includes('rating')) return undefined;
      const base = deps.publicUrl?.replace(/\/+$/, '');
      const token = links.tokenFor(conversationId, createdAt);
      const as = (link: string | undefined) => carriedAs(content, { conversationId, link, capabilities });
      return base === undefined
        ? { content: as(undefined), shown: as(undefined) }
        : { content: as(`${base}/survey/${token}`), shown: as(`${base}/survey/…`) };
    },
  };
}

interface FoundAnswer extends Answering {
  /** The conversation that a button names. */
  readonly conversationId?: string;
  /** Nothing but a number. */
  readonly isBare: boolean;
}

function answerIn(said: PossibleAnswer['said']): FoundAnswer | undefined {
  if ('pressed' in said) {
    const [, conversationId, score] = /^survey-(\d{1,16})-([1-5])$/.exec(said.pressed) ?? [];
    return conversationId === undefined ? undefined : { conversationId, score: Number(score), isBare: false };
  }
  const { content } = said;
  if (content.type === 'rating' && content.scale === scale && Number.isInteger(content.score)) {
    const { score = 0, comment } = content;
    return score < 1 || score > scale ? undefined : { score, comment, isBare: false };
  }
  const score = content.type === 'text' && content.text.length <= 20 ? scoreIn(content.text) : undefined;
  return score === undefined ? undefined : { score, isBare: true };
}

function carriedAs(
  { question = '' }: RatingContent,
  of: { conversationId: string; link: string | undefined; capabilities: Pick<Capabilities, 'content' | 'maxChoices'> },
): Content {
  const { conversationId, link, capabilities } = of;
  const words = surveyWordsFor(/\p{Script=Han}/u.test(question) ? 'zh-CN' : 'en');
  const linked = (text: string) => (link === undefined ? [] : [text.replace('{link}', link)]);
  const hasButtons = capabilities.content.includes('choices') && (capabilities.maxChoices ?? Infinity) >= scale;
  if (!hasButtons) return { type: 'text', text: [question, words.byNumber, ...linked(words.orHere)].join('\n') };
  const choices = words.scores
    .map((label, at) => ({ id: `survey-${conversationId}-${at + 1}`, label: `${at + 1} ${label}` }))
    .reverse();
  return { type: 'choices', text: [question, ...linked(words.andHere)].join('\n'), choices };
}
