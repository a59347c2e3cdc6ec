import type { Content, ConversationKnown, KnownEntity, Message, Said } from '@parley/sdk/protocol.ts';
import { askedIn, cut, sentencesOf } from './asked.ts';
import { languageMarks } from './language-of.ts';

/** Bounds of what is kept of a conversation, however long it is. */
const bounds = { entities: 40, open: 6, exchanges: 6, words: 200 } as const;

/** Finds the values in a text (`Entities` of the bot). */
export interface ValuesIn {
  find(
    text: string,
    options: { now: number; timeZone: string },
  ): readonly { readonly type: string; readonly text: string; readonly value: string; readonly unit?: string }[];
}

type Exchange = ConversationKnown['summary']['exchanges'][number];

/**
 * What a conversation has come to, entry by entry: small whatever its length, and JSON, so that it can lie anywhere. It is
 * taken further with each entry (`withMessage`), or made anew from all of them, with the same result.
 */
export interface Facts {
  /** The last entry that is in it. */
  readonly upTo: number;
  readonly marks: Readonly<Record<string, number>>;
  /** The latest last. */
  readonly entities: readonly KnownEntity[];
  readonly firstQuestion?: Said;
  readonly open: readonly Said[];
  /** What the bot's last words have answered: asked again when it hands the conversation over. */
  readonly answeredByBot: readonly Said[];
  readonly exchanges: readonly Exchange[];
}

export const noFacts: Facts = { upTo: 0, marks: {}, entities: [], open: [], answeredByBot: [], exchanges: [] };

/** The facts after one more entry. Notes, and what was recalled, say nothing. */
export function withMessage(facts: Facts, message: Message, values?: ValuesIn, timeZone = 'UTC'): Facts {
  const next = { ...facts, upTo: message.seq };
  if (message.recalledAt !== undefined) return next;
  const { content, sender } = message;
  if (content.type === 'system') return handsOver(content.event) ? reopened(next) : next;
  if (message.private) return next;
  const text = textIn(content);
  if (text.trim() === '') return next;
  if (sender.type === 'contact') return afterCustomer(next, message, text, values, timeZone);
  if (sender.type === 'agent' || sender.type === 'bot') return afterAnswer(next, message, text, sender.type);
  return next;
}

/** The words in a content that its author wrote or chose. */
export function textIn(content: Content): string {
  switch (content.type) {
    case 'text':
    case 'choices':
      return content.text;
    case 'image':
    case 'video':
      return content.caption ?? '';
    case 'audio':
      return content.transcript ?? '';
    case 'form':
      return Object.entries(content.values ?? {})
        .map(([name, value]) => `${content.fields.find((field) => field.name === name)?.label ?? name}: ${value}`)
        .join('\n');
    case 'card':
      return [content.title, content.id ?? ''].join(' ');
    case 'rating':
      return content.comment ?? '';
    case 'location':
      return content.address ?? content.name ?? '';
    default:
      return '';
  }
}

function afterCustomer(
  facts: Facts,
  message: Message,
  text: string,
  values: ValuesIn | undefined,
  timeZone: string,
): Facts {
  const { seq, createdAt: at } = message;
  const asked = askedIn(text).map((question): Said => ({ seq, at, text: cut(question, bounds.words) }));
  const marks = { ...facts.marks };
  for (const [language, found] of Object.entries(languageMarks(text))) marks[language] = (marks[language] ?? 0) + found;
  // A bare number says nothing without the words around it.
  const found = (values?.find(text, { now: at, timeZone }) ?? []).filter(({ type }) => type !== 'number');
  const firstQuestion = facts.firstQuestion ?? asked[0];
  return {
    ...facts,
    marks,
    entities: withEntities(
      facts.entities,
      found.map(({ type, text: words, value, unit }) => ({
        type,
        text: cut(words, bounds.words),
        value: cut(value, bounds.words),
        ...(unit === undefined ? {} : { unit }),
        seq,
        at,
      })),
    ),
    ...(firstQuestion === undefined ? {} : { firstQuestion }),
    // The oldest one waits longest: what comes after it makes room among the later ones.
    open: boundedOpen([...facts.open, ...asked]),
    answeredByBot: asked.length === 0 ? facts.answeredByBot : [],
  };
}

function afterAnswer(facts: Facts, message: Message, text: string, by: Exchange['by']): Facts {
  const [first] = sentencesOf(text);
  const question = facts.open[0];
  if (first === undefined || question === undefined) return facts;
  const answer: Said = { seq: message.seq, at: message.createdAt, text: cut(first, bounds.words) };
  return {
    ...facts,
    open: [],
    answeredByBot: by === 'bot' ? facts.open : [],
    exchanges: [...facts.exchanges, { question, answer, by }].slice(-bounds.exchanges),
  };
}

/** The bot gave it to a person: what it said last was no answer. */
function reopened(facts: Facts): Facts {
  if (facts.answeredByBot.length === 0) return facts;
  const last = facts.exchanges.at(-1);
  const exchanges = last?.by === 'bot' ? facts.exchanges.slice(0, -1) : facts.exchanges;
  return { ...facts, exchanges, open: boundedOpen([...facts.answeredByBot, ...facts.open]), answeredByBot: [] };
}

const handsOver = (event: string) => event === 'conversation.handed-off' || event === 'conversation.given-back';

function boundedOpen(open: readonly Said[]): readonly Said[] {
  const [first, ...later] = open;
  return first === undefined ? [] : [first, ...later.slice(-(bounds.open - 1))];
}

/** Each value once, where it was said last. */
export function withEntities(known: readonly KnownEntity[], found: readonly KnownEntity[]): readonly KnownEntity[] {
  if (found.length === 0) return known;
  const byValue = new Map(known.map((entity) => [keyOf(entity), entity]));
  for (const entity of found) {
    byValue.delete(keyOf(entity));
    byValue.set(keyOf(entity), entity);
  }
  return [...byValue.values()].slice(-bounds.entities);
}

const keyOf = ({ type, value, unit = '' }: KnownEntity) => JSON.stringify([type, value, unit]);
