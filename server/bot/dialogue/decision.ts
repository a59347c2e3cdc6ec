import type { ChosenThreshold } from '@parley/sdk/bot-measures.ts';
import type {
  CodeRequest,
  CodeResults,
  CodeTyped,
  IdentityOutcome,
  KnownContact,
} from '../identity-check/code-exchange.ts';
import type { Recognition } from '../intent/recognizer.ts';
import type { ApprovedMatch, FoundEntity, GraphAnswer, Passage, SearchPath } from '../ports.ts';
import type { DialogueState, OfferedChoice } from './dialogue-state.ts';
import type { CallResult, FlowCall } from './run-flow.ts';

/** Why a person gets the conversation. */
export const handOffReasons = [
  'asked',
  'not-understood',
  'not-sure',
  'not-helped',
  'anger',
  'vip',
  'sensitive',
  'intent',
  'flow',
  'not-told',
  'not-proven',
  'tool-failed',
  'flow-broken',
  'repeats',
  'max-turns',
  'error',
  'time-out',
  'switched-off',
] as const;
export type HandOffReason = (typeof handOffReasons)[number];

/** By what an answer was found: the label under which it is counted. */
export const bands = [
  'request',
  'approved',
  'intent',
  'did-you-mean',
  'graph',
  'knowledge',
  'language-model',
  'flow',
  'miss',
  'hand-off',
  'leave-message',
  'silent',
] as const;
export type Band = (typeof bands)[number];
/** Those in which the bot answers what was asked. */
export const answeringBands: ReadonlySet<string> = new Set<Band>([
  'approved',
  'intent',
  'graph',
  'knowledge',
  'language-model',
]);

/** What the customer wrote since the bot spoke last. */
export interface Said {
  readonly text: string;
  /** Something came that has no words: a picture, a file. */
  readonly isWordless: boolean;
  /** Whether the answer before helped, where they say so. */
  readonly helped?: boolean;
  /** The one-time code that was typed where one is waited for: the text is without it. */
  readonly code?: string;
}

/** What the decision asks for beside what it was given: it is asked again with it. */
export type Need =
  | { readonly kind: 'graph'; readonly text: string; readonly chosen: string | null }
  | { readonly kind: 'passages'; readonly text: string }
  | { readonly kind: 'grounded'; readonly text: string; readonly passages: readonly Passage[] }
  | { readonly kind: 'call'; readonly call: FlowCall }
  | { readonly kind: 'send-code'; readonly request: CodeRequest }
  | { readonly kind: 'type-code'; readonly typed: CodeTyped };

/** What was found out about what the customer said; what is absent was not looked for yet. */
export interface Observations {
  readonly now: number;
  /** Whether there are people; `opensAt`: when there will be. */
  readonly isOpen: boolean;
  readonly opensAt: string | null;
  readonly vip: boolean;
  /** The customer has proved who they are; absent: not. */
  readonly isProven?: boolean;
  /** What is known of the contact from elsewhere; absent: nothing. */
  readonly contact?: KnownContact;
  /** The address that they have proved to have by a code, as a hash; null or absent: none. */
  readonly proof?: string | null;
  /** What the customer writes in; null: nothing tells it; absent: their letters alone are asked. */
  readonly language?: string | null;
  /** Versions of what decided, for the record. */
  readonly versions: { readonly settings: number; readonly flows: number; readonly model: string | null };
  /** null: nobody has approved an answer to it; absent: nobody was asked. */
  readonly approved?: ApprovedMatch | null;
  /** null: there is no model. */
  readonly recognition: Recognition | null;
  /** Thresholds that were chosen for the model; absent: none. */
  readonly thresholds?: readonly ChosenThreshold[];
  readonly entities: readonly FoundEntity[];
  /** null: there is no graph. */
  readonly graph?: GraphAnswer | null;
  /** null: there is no search, or it failed. */
  readonly passages?: readonly Passage[] | null;
  /** How the graph led to them; absent or null: it had nothing to say. */
  readonly searchPath?: SearchPath | null;
  /** null: there is no language model. */
  readonly grounded?:
    | { readonly kind: 'answered'; readonly text: string; readonly citations: readonly string[] }
    | { readonly kind: 'abstained'; readonly why: string }
    | { readonly kind: 'failed'; readonly why: string }
    | null;
  readonly called: Readonly<Record<string, CallResult>>;
  /** What came of codes, by step. */
  readonly codes?: Readonly<Record<string, CodeResults>>;
}

/** One stage that a decision went through, and what it saw there: a stable key, and the figures that it went by. */
export interface Stage {
  readonly stage:
    | 'guard'
    | 'request'
    | 'policy'
    | 'pending'
    | 'flow'
    | 'approved'
    | 'intent'
    | 'graph'
    | 'knowledge'
    | 'language-model'
    | 'miss'
    | 'hand-off';
  readonly outcome: string;
  readonly data: Readonly<Record<string, string | number>>;
}

export interface BotMessage {
  readonly text: string;
  readonly choices: readonly OfferedChoice[];
  /** It asks whether the answer helped: yes or no, with one tap. */
  readonly asksIfHelped?: true;
}

/** What the bot does about what the customer said, and why. Plain data: it is stored before anything is done. */
export interface Decision {
  readonly act: 'answer' | 'ask' | 'hand-off' | 'silent';
  readonly band: Band;
  readonly messages: readonly BotMessage[];
  readonly handOff: { readonly reason: HandOffReason; readonly groupId: string | null } | null;
  readonly stages: readonly Stage[];
  readonly versions: Observations['versions'];
  /** Who the customer is was checked, or could not be. */
  readonly identity?: IdentityOutcome;
}

export type Outcome =
  | { readonly kind: 'needs'; readonly need: Need }
  | { readonly kind: 'decided'; readonly decision: Decision; readonly state: DialogueState };
