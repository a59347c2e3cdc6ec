import type { ChosenThreshold } from '@parley/sdk/bot-measures.ts';
import type { Recognition } from './intent/recognizer.ts';

/**
 * What the bot asks the other parts for. Each is optional where it is used: the bot answers with what is there, and hands
 * a conversation to a person where that is not enough.
 */

/** What a text most likely wants. undefined: no model is published. */
export interface Intents {
  recognize(text: string): Recognition | undefined;
  /**
   * Fetches from elsewhere what makes recognising this text better, where the model wants something. It takes a bounded time and
   * never fails; without it `recognize` answers by what is there.
   */
  prepare?(text: string): Promise<void>;
  /** Of the model that answers, for the record of a decision. */
  readonly version?: string | number | undefined;
  /** What was chosen for that model; absent: nothing. */
  readonly thresholds?: readonly ChosenThreshold[];
}

/** A value in a text, from `start` to before `end`. */
export interface FoundEntity {
  readonly type: string;
  readonly text: string;
  readonly start: number;
  readonly end: number;
  /** In its one form, whichever way it was written. */
  readonly value: string;
  readonly unit?: string;
}

/** Values in a text. */
export interface Entities {
  find(text: string, options: { now: number; timeZone: string }): readonly FoundEntity[];
}

/** The knowledge graph's answer to a text. `ask`: the one question that separates the candidates. */
export type GraphAnswer =
  | { readonly kind: 'answer'; readonly text: string; readonly confidence: number; readonly path: readonly string[] }
  | {
      readonly kind: 'ask';
      readonly question: string;
      readonly choices: readonly { readonly id: string; readonly label: string }[];
      readonly path: readonly string[];
    }
  | { readonly kind: 'nothing' };

export interface Graph {
  /**
   * @param context `chosen`: the id of the choice that the customer took; `about`: what was talked of before; `languages`:
   *   in which to answer, as tags, the most wanted first, as far as the letters of the text allow it
   */
  answer(
    text: string,
    context: {
      readonly chosen?: string;
      readonly entities: readonly FoundEntity[];
      readonly about?: readonly string[];
      readonly languages?: readonly string[];
      readonly now: number;
    },
  ): GraphAnswer;
}

/** A passage that may answer. `score` is calibrated: from 0.5 on it is likely an answer. */
export interface Passage {
  readonly id: string;
  readonly source: {
    readonly kind: 'article' | 'canned-reply';
    readonly id: string;
    readonly title: string;
    /** Where customers read it, where that is asked for and known. */
    readonly url?: string;
  };
  readonly text: string;
  readonly score: number;
  readonly language?: string;
  /** How it stands to what the question names, where the graph knows that: `other` is about another thing of the same kind. */
  readonly relation?: 'named' | 'above' | 'other' | 'open';
}

/** How the knowledge graph led a search for passages. */
export interface SearchPath {
  /** What names something, what, and what that belongs to; `said` is null where it was talked of before. */
  readonly linked: readonly {
    readonly said: string | null;
    readonly names: readonly string[];
    readonly above: readonly string[];
  }[];
  /** Other names that were looked for as well. */
  readonly widened: readonly string[];
  /** What would have been among the first, had it not been about something else. */
  readonly putDown: readonly { readonly title: string; readonly about: readonly string[] }[];
}

export interface PassageQuery {
  readonly text: string;
  readonly language?: string;
  readonly channelType?: string;
  readonly audience: 'customer' | 'agent';
  readonly agentId?: string;
  readonly limit: number;
  /** The question's vector is waited for at most so long, where search uses an embedding. */
  readonly vectorWithinMs?: number;
  /** Values in the text, and what was talked of before: they tell the graph more of what it is about. */
  readonly entities?: readonly FoundEntity[];
  readonly about?: readonly string[];
}

/** Passages of articles and canned replies. */
export interface KnowledgeSearch {
  search(query: PassageQuery): Promise<readonly Passage[]>;
  /** The same, with how the graph led there; null: it had nothing to say. Absent: nothing can be told. */
  explained?(query: PassageQuery): Promise<{ passages: readonly Passage[]; path: SearchPath | null }>;
}

/** A language model that answers from passages alone. Absent where none is configured. */
export interface GroundedAnswers {
  answer(request: {
    readonly question: string;
    readonly passages: readonly Passage[];
    readonly language?: string;
    readonly conversationId: string;
    readonly signal: AbortSignal;
  }): Promise<
    | { readonly kind: 'answered'; readonly text: string; readonly citations: readonly string[] }
    | { readonly kind: 'abstained'; readonly why: string }
  >;
}

/** The answer that a person approved for a question; `question`: the wording of it that is asked. */
export interface ApprovedMatch {
  readonly id: string;
  readonly question: string;
  readonly answer: string;
  readonly kind: 'same' | 'nearly';
  /** 1: in the same words. */
  readonly likeness: number;
}

/** Answers that people approved, given word for word. */
export interface ApprovedAnswers {
  /** @param options.language that the customer writes in; null: unknown */
  find(text: string, options: { readonly language: string | null; readonly now: number }): ApprovedMatch | null;
}
