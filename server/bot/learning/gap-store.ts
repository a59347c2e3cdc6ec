import type { GapReason } from '@parley/sdk/bot-learning.ts';
import type { BotDecisionRow } from '../dialogue/dialogue-store.ts';

/** A question that the bot did not answer, or not well, without what tells of a person. */
export interface Gap {
  readonly conversationId: string;
  /** The customer's entry that the decision was about. */
  readonly seq: number;
  readonly contactId: string;
  readonly askedAt: number;
  readonly why: GapReason;
  readonly language: string | null;
  readonly question: string;
}

/** One of which a person said which intent it had. */
export interface CorrectedGap extends Gap {
  /** Its name, or `out-of-scope`. */
  readonly meant: string;
}

export interface DecidedGap extends Gap {
  /** The same for all that were decided about at once. */
  readonly decisionId: string;
  readonly decidedBy: string;
  readonly decidedAt: number;
  /** As of a corrected one; null: nobody has said. */
  readonly meant: string | null;
}

/** `open`: nobody has decided; `learnt`: an intent or an approved answer was made of it; `dismissed`: it is to be asked no more. */
export type GapState = 'open' | 'learnt' | 'dismissed';

export type GapPlace = Pick<Gap, 'conversationId' | 'seq'>;

/** Where a look through the decisions has come to: the last one that was looked at. */
export interface DecisionPlace {
  readonly at: number;
  readonly no: number;
  readonly seq: number;
}
export type PassedDecision = BotDecisionRow & { readonly no: number };

/** What one look found. It is kept whole, with how far the look has come, or not at all. */
export interface Findings {
  /** The name of the look, and how far it had come before and has come now (`null`: nowhere yet). */
  readonly look: string;
  readonly from: string | null;
  readonly to: string;
  readonly gaps: readonly Gap[];
  /** How often approved answers were given. */
  readonly hits: readonly { readonly answerId: string; readonly hits: number; readonly lastAt: number }[];
}

/** Questions that the bot could not answer, and what people decided about them. */
export interface GapStore {
  /** Decisions behind a place, in the order of their times, up to before `until`. */
  decisionsAfter(after: DecisionPlace, until: number, limit: number): Promise<PassedDecision[]>;
  /** Of them, the answers and hand-offs behind which the bot decided nothing more in their conversations. */
  lastWordsAfter(after: DecisionPlace, until: number, limit: number): Promise<PassedDecision[]>;
  /** @returns false: another process has looked there meanwhile, and nothing was kept. A gap whose contact is gone is passed over. */
  keep(findings: Findings): Promise<boolean>;
  /** What was kept of some conversations, whatever was decided about it. */
  inConversations(ids: readonly string[]): Promise<Pick<Gap, 'conversationId' | 'question'>[]>;
  /** Those of which nobody said what was meant, the newest first. */
  open(limit: number): Promise<Gap[]>;
  /** Open ones of which a person said it, the newest first. */
  corrected(limit: number): Promise<CorrectedGap[]>;
  /** Moves open gaps on, all of them or none. @returns whether all were open */
  decide(
    places: readonly GapPlace[],
    to: Exclude<GapState, 'open'>,
    decision: { readonly id: string; readonly by: string; readonly at: number },
  ): Promise<boolean>;
  /** @returns whether all of them are open */
  areOpen(places: readonly GapPlace[]): Promise<boolean>;
  /** Opens again what was decided at once. @returns how many there were */
  reopen(decisionId: string): Promise<number>;
  /** The newest first. */
  dismissed(limit: number): Promise<DecidedGap[]>;
  /** `corrected`: so many of the open ones. */
  counts(): Promise<{
    readonly open: number;
    readonly corrected: number;
    readonly newestAt: number | null;
    readonly dismissed: number;
  }>;
  /** Removes those of a state that are older, and all but the newest so many. */
  trim(state: GapState, bounds: { readonly before: number; readonly keep: number }): Promise<void>;
  hitsOf(answerIds: readonly string[]): Promise<Findings['hits'][number][]>;
  forgetHits(answerId: string): Promise<void>;
}
