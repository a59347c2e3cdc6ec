/**
 * What the bot could not answer, as people decide about it, and the answers that they approved. Server and console both take the
 * shapes from here.
 */

export interface NamedIntent {
  readonly id: string;
  readonly name: string;
}

/** Why a question counts as one that the bot could not answer. */
export const gapReasons = [
  'not-understood',
  'not-sure',
  'abstained',
  'no-help',
  'came-back',
  'low-score',
  'corrected',
] as const;
export type GapReason = (typeof gapReasons)[number];

/** What agents answered to a question. */
export interface AgentAnswer {
  readonly text: string;
  /** So often. */
  readonly times: number;
  /** Given in the very conversations in which the bot could not answer; else to something like it, elsewhere. */
  readonly isDirect: boolean;
  readonly language: string | null;
}

/**
 * Questions that the bot could not answer and that mean the same, as a person decides about them.
 *
 * @typeParam Question how one of them is named: over the wire by an id
 */
export interface QuestionGroup<Question = string> {
  /** A proposal for the name of an intent, or the one that agents said it was; empty for a single text. */
  readonly name: string;
  /** The most typical first, with the intents in which each stands already. */
  readonly utterances: readonly { readonly text: string; readonly alsoIn: readonly NamedIntent[] }[];
  /** How often they were asked, when last, and why they count. */
  readonly size: number;
  readonly lastAt: number;
  readonly reasons: Readonly<Partial<Record<GapReason, number>>>;
  readonly language: string | null;
  /** The intent that is nearest; null: none is near. */
  readonly nearest: (NamedIntent & { readonly likeness: number }) | null;
  readonly answers: readonly AgentAnswer[];
  readonly questions: readonly Question[];
}

/** What a person dismissed at once. */
export interface Dismissal {
  readonly id: string;
  readonly utterances: readonly string[];
  readonly size: number;
  readonly dismissedBy: string;
  readonly dismissedAt: number;
}

/** What a person says of an approved answer. */
export interface ApprovedFields {
  readonly questions: readonly string[];
  readonly answer: string;
  /** BCP 47, of the questions and the answer. */
  readonly language: string;
  readonly enabled: boolean;
  /** Epoch milliseconds: it holds from the first on, and before the second; null: without a bound. */
  readonly validFrom: number | null;
  readonly validUntil: number | null;
}

/** An answer that a person approved for one question, in one or several wordings. It is given word for word. */
export interface ApprovedAnswer extends ApprovedFields {
  readonly id: string;
  /** 1, 2 … with each change. */
  readonly revision: number;
  readonly updatedBy: { readonly id: string; readonly name: string };
  readonly createdAt: number;
  readonly updatedAt: number;
}

/** With how often the bot gave it, and when last. */
export type CountedAnswer = ApprovedAnswer & { readonly hits: number; readonly lastHitAt: number | null };
