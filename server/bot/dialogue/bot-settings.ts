import { type BotTextKey, defaultTexts, filled, languagesFor, type Texts, textIn } from './bot-texts.ts';

/** What the bot does on an intent that it is sure of. */
export type Reaction =
  | { readonly kind: 'answer'; readonly texts: Texts }
  | { readonly kind: 'flow'; readonly flowId: string }
  | { readonly kind: 'hand-off' };

export interface IntentReaction {
  readonly intent: string;
  /** How the intent is called where the customer is to choose; what is left out is called by the intent's own name. */
  readonly labels: Texts;
  readonly does: Reaction;
  /** Who gets it where it is handed off while this is what it is about; null: whoever the rules say. */
  readonly groupId: string | null;
}

/** From how sure on what is done; each 0 … 1. */
export interface BotThresholds {
  /** The intent is acted upon. */
  readonly act: number;
  /** The customer is asked which one is meant. */
  readonly ask: number;
  /** How far the likeliest intent must be from the next one. */
  readonly margin: number;
  readonly graph: number;
  /** A passage is given as the answer. */
  readonly passage: number;
  /** Of the answers that are acted upon, so many shall be right: what thresholds are proposed for. */
  readonly precision: number;
}

/** Another bound for one intent, in one language or in all, as a person has set it. */
export interface IntentThreshold {
  readonly intent: string;
  readonly language: string | null;
  readonly act: number;
}

/** Words about which the bot says nothing: a person must. */
export interface SensitiveTopic {
  readonly name: string;
  readonly words: readonly string[];
  readonly groupId: string | null;
}

export interface HandOffPolicy {
  /** Where the rules do not say another one, and the intent has none. */
  readonly groupId: string | null;
  /** So many times not understood, one after the other. */
  readonly misses: number;
  /** The bot speaks at most so many times before a person does. */
  readonly maxTurns: number;
  /** From how angry on, 0 … 1; null: anger is no reason. */
  readonly anger: number | null;
  readonly vip: boolean;
  /** What happens when it is not sure: it asks for other words first, or hands over at once. */
  readonly whenNotSure: 'ask-again' | 'hand-off';
  /** Asks the customer first, where nothing but the bot's own failure is the reason. */
  readonly askFirst: boolean;
  /** When there are people; null: always. */
  readonly scheduleId: string | null;
  /** Words that ask for a person, beside those that everybody uses. */
  readonly words: readonly string[];
}

/** What an administrator decides about the bot: one document, published in versions. */
export interface BotSettings {
  readonly enabled: boolean;
  /** Channels on which the bot answers first; null: on all. A rule may send it others. */
  readonly channels: readonly string[] | null;
  /** Asks under each answer whether it helped, on channels that show such a question. */
  readonly askIfHelped: boolean;
  /** Names under an answer the articles that it is from. */
  readonly citeSources: boolean;
  /** Spoken where the customer's is not known, or nothing is written in theirs. */
  readonly language: string;
  /** Instead of what it says by itself; an empty text is not said. */
  readonly texts: Readonly<Record<string, Readonly<Partial<Record<BotTextKey, string>>>>>;
  readonly thresholds: BotThresholds;
  readonly intentThresholds: readonly IntentThreshold[];
  readonly reactions: readonly IntentReaction[];
  readonly handOff: HandOffPolicy;
  readonly sensitive: readonly SensitiveTopic[];
  /** Words that end what the bot is asking, beside those that everybody uses. */
  readonly stopWords: readonly string[];
  /** Longest time that an answer may take, in milliseconds; after it a person gets the conversation. */
  readonly answerWithinMs: number;
  /** A conversation in which the customer has not written for so long is closed; null: never. */
  readonly closeAfterMs: number | null;
  /** How long a conversation counts as checked whose customer has typed a one-time code. */
  readonly checkedForMs: number;
  /** Decisions, with what customers said in them, are deleted after so many days; null: with their conversation. */
  readonly keepDecisionsDays: number | null;
}

export const defaultBotSettings: BotSettings = {
  enabled: false,
  channels: null,
  askIfHelped: false,
  citeSources: false,
  language: 'zh',
  texts: {},
  thresholds: { act: 0.8, ask: 0.5, margin: 0.1, graph: 0.6, passage: 0.5, precision: 0.95 },
  intentThresholds: [],
  reactions: [],
  handOff: {
    groupId: null,
    misses: 2,
    maxTurns: 20,
    anger: 0.8,
    vip: false,
    whenNotSure: 'ask-again',
    askFirst: false,
    scheduleId: null,
    words: [],
  },
  sensitive: [
    {
      name: 'legal',
      words: [
        '律师',
        '起诉',
        '法院',
        '消协',
        '12315',
        '报警',
        '工商局',
        'lawyer',
        'lawsuit',
        'sue you',
        'court',
        'police',
        'gdpr',
      ],
      groupId: null,
    },
    {
      // What was taken wrongly; what something costs, and how it is paid, is no such topic.
      name: 'billing',
      words: [
        ...['重复扣款', '多扣', '乱扣', '扣错', '扣了两次', '莫名扣', '被扣费', '乱收费', '多收'],
        ...['charged twice', 'double charged', 'charged me twice', 'overcharged', 'wrongly charged', 'chargeback'],
        ...['billing dispute', 'unauthorized charge', 'unauthorised charge', 'billing error'],
      ],
      groupId: null,
    },
    {
      name: 'safety',
      words: ['自杀', '不想活', '轻生', '自残', 'suicide', 'kill myself', 'self-harm'],
      groupId: null,
    },
    {
      name: 'security',
      words: ['盗刷', '账号被盗', '被盗号', '信息泄露', 'hacked', 'stolen card', 'fraud', 'data breach'],
      groupId: null,
    },
  ],
  stopWords: [],
  answerWithinMs: 20_000,
  closeAfterMs: 24 * 60 * 60_000,
  checkedForMs: 30 * 60_000,
  keepDecisionsDays: null,
};

/** What the bot says by itself, in the customer's language where there are words in it. */
export function botText(
  { texts, language }: Pick<BotSettings, 'texts' | 'language'>,
  key: BotTextKey,
  spoken: string | null,
  values: Readonly<Record<string, string>> = {},
): string {
  const own: Record<string, string> = {};
  for (const [tag, of] of Object.entries(defaultTexts)) own[tag] = of[key];
  for (const [tag, of] of Object.entries(texts)) {
    const text = of[key];
    if (text !== undefined) own[tag] = text;
  }
  return filled(textIn(own, ...languagesFor(spoken, language)) ?? '', values);
}
