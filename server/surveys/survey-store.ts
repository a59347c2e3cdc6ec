import type { SurveyHad, SurveySkip } from '@parley/sdk/protocol.ts';

/** By which way an answer came: the chat on a page, a message on a platform, the page that a link leads to. */
export type SurveyWay = 'web' | 'reply' | 'link';

/** What became of asking a customer about one conversation. */
export interface Survey {
  readonly conversationId: string;
  readonly contactId: string;
  readonly channelId: string;
  readonly channelType: string;
  /** asking: noted, and about to be said; whoever goes on after a crash says it. */
  readonly state: 'asking' | 'asked' | 'answered' | 'skipped';
  /** Of one that was skipped. */
  readonly why: SurveySkip | null;
  /** When the conversation was resolved. */
  readonly closedAt: number;
  /** When the customer was asked, or it was found that they are not to be. */
  readonly askedAt: number;
  /** null: nobody spoke to the customer. */
  readonly had: SurveyHad | null;
  /** Who spoke to them last. */
  readonly agentId: string | null;
  readonly groupId: string | null;
  readonly language: string | null;
  /** From 1 to 5. */
  readonly score: number | null;
  readonly comment: string | null;
  /** When it was given first. */
  readonly answeredAt: number | null;
  readonly via: SurveyWay | null;
  /** The comment looks like a question, or like a wish for a person. */
  readonly asks: boolean;
}

export interface SurveyAnswer {
  readonly score: number;
  readonly comment: string | null;
  readonly via: SurveyWay;
  readonly asks: boolean;
  readonly at: number;
}

/** A conversation that was resolved, and of which it is not known yet what becomes of asking. */
export interface ResolvedConversation {
  readonly id: string;
  readonly epoch: number;
  readonly contactId: string;
  readonly channelId: string;
  readonly closedAt: number;
  readonly sortAt: number;
  readonly tags: readonly string[];
  readonly language: string | null;
  readonly groupId: string | null;
}

/** Where a list in the order of its times goes on: behind it, or before it where the newest come first. */
export interface SurveyPlace {
  readonly at: number;
  readonly no: number;
}

export interface SurveyStore {
  /** Resolved conversations that nobody was asked about since, or not to the end, by where they stand in the lists, behind a place. */
  closed(after: SurveyPlace, until: number, limit: number): Promise<ResolvedConversation[]>;
  /** When a contact was last asked, about whichever conversation; null: never. */
  lastAsked(contactId: string): Promise<number | null>;
  /**
   * Keeps what became of asking, in the place of one that was skipped or begun.
   *
   * @returns false: the conversation is gone, or its customer was asked before; nothing was kept
   */
  put(survey: Survey): Promise<boolean>;
  get(conversationId: string): Promise<Survey | undefined>;
  /**
   * Keeps an answer.
   *
   * @param before as it was read: of two who answer first at once one does
   * @returns false: it is another one by now, and nothing was kept
   */
  answer(conversationId: string, answer: SurveyAnswer, before: Pick<Survey, 'answeredAt'>): Promise<boolean>;
  /** Those of a time, in its order, without what was said: for reports. */
  asked(
    range: { readonly from: number; readonly to: number },
    after: SurveyPlace,
    limit: number,
  ): Promise<(Omit<Survey, 'comment'> & { readonly no: number })[]>;
  /** The newest answers first, before a place. */
  answered(before: SurveyPlace | null, limit: number): Promise<(Survey & { readonly no: number })[]>;
  /** Scores of some conversations; those without one are left out. */
  scores(conversationIds: readonly string[]): Promise<Map<string, number>>;
  /** Answers of 1 and 2 about what the bot had alone, behind a place, in the order of their times, up to before `until`. */
  lowAfter(
    after: SurveyPlace,
    until: number,
    limit: number,
  ): Promise<{ conversationId: string; at: number; no: number }[]>;
}
