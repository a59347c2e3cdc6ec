import type { SlotState } from '../entities/slots/slot-form.ts';
/** A choice that was offered: `id` says what it stands for. */
export interface OfferedChoice {
  readonly id: string;
  readonly label: string;
}

/** What the bot has asked and waits to be told. */
export type Pending =
  /** Which intent is meant; `text`: what was asked. */
  | { readonly kind: 'did-you-mean'; readonly text: string; readonly choices: readonly OfferedChoice[] }
  /** The one question of the knowledge graph. */
  | { readonly kind: 'graph'; readonly text: string; readonly choices: readonly OfferedChoice[] }
  /** Whether a person shall take over. */
  | {
      readonly kind: 'hand-off';
      readonly reason: string;
      readonly groupId: string | null;
      readonly choices: readonly OfferedChoice[];
    }
  /** Nobody is there: whether a message is left, or the message itself. */
  | {
      readonly kind: 'leave-message';
      readonly reason: string;
      readonly groupId: string | null;
      readonly choices: readonly OfferedChoice[];
      readonly isWriting: boolean;
    };

/** A code that was sent, and is waited for: what it was is not in it. */
export interface PendingCode {
  /** The customer's entry about which it was asked for. */
  readonly seq: number;
  /** The address, as it may be shown. */
  readonly shown: string;
  /** The values by which a call looked the address up. */
  readonly by: Readonly<Record<string, string>>;
  /** Wrong ones so far. */
  readonly wrong: number;
  /** The code of a try, which sends none. */
  readonly tried?: string;
}

/** What a call has answered, and with which values it was called. */
export interface AnsweredValue {
  readonly value: string;
  readonly by: Readonly<Record<string, string>>;
}

/** An address that a flow has checked: as a hash, and the values by which it was looked up. */
export interface PassedCheck {
  readonly proof: string;
  readonly by: Readonly<Record<string, string>>;
}

/** Where a flow stands that waits for the customer. */
export interface FlowPosition {
  readonly flowId: string;
  readonly stepId: string;
  /** The slot that was asked for; null: a choice. */
  readonly slot: string | null;
  readonly choices: readonly OfferedChoice[];
  /** How often the step was answered with what does not fit. */
  readonly tries: number;
  /** How far the values of a step are that asks for some; absent: a choice. */
  readonly form?: SlotState;
  readonly code?: PendingCode;
  /** What calls of this flow have answered, as far as it is kept. */
  readonly answered?: Readonly<Record<string, AnsweredValue>>;
  readonly passed?: PassedCheck;
}

/** An answer that was given, and where it came from. */
export interface TriedAnswer {
  readonly text: string;
  readonly source: string;
}

/** What the bot knows of a conversation since it has it: plain data, kept with the decision that made it. */
export interface DialogueState {
  /** How often the bot has spoken. */
  readonly turns: number;
  /** Not understood so many times, one after the other. */
  readonly misses: number;
  /** How often the customer said that an answer did not help. */
  readonly unhelped: number;
  /** The language the customer writes in. */
  readonly language: string | null;
  /** The one that the conversation or the contact names, where they do: it tells more than the letters of what is written. */
  readonly customerLanguage: string | null;
  readonly pending: Pending | null;
  readonly flow: FlowPosition | null;
  /** Values that were told, by name: those of flows, and entities by their type. */
  readonly slots: Readonly<Record<string, string>>;
  /** What was talked of, by its names in the graph. */
  readonly about: readonly string[];
  /** What it was about last. */
  readonly intent: { readonly name: string; readonly confidence: number } | null;
  readonly tried: readonly TriedAnswer[];
  /** The customer's questions, the last ones. */
  readonly asked: readonly string[];
  readonly anger: number;
  /** The last words were the same so many times, one after the other. */
  readonly repeats: number;
}

export const newDialogue: DialogueState = {
  turns: 0,
  misses: 0,
  unhelped: 0,
  language: null,
  customerLanguage: null,
  pending: null,
  flow: null,
  slots: {},
  about: [],
  intent: null,
  tried: [],
  asked: [],
  anger: 0,
  repeats: 0,
};

const kept = { tried: 6, asked: 6, about: 8, slots: 40, text: 500 };

/** A text as it is kept. */
export function cutText(text: string): string {
  return text.length > kept.text ? `${text.slice(0, kept.text - 1)}…` : text;
}

/** The state with something new in it, and no more than there is room for. */
export function withMore(
  state: DialogueState,
  more: {
    readonly tried?: TriedAnswer;
    readonly asked?: string;
    readonly about?: readonly string[];
    readonly slots?: Readonly<Record<string, string>>;
  },
): DialogueState {
  const { tried, asked, about = [], slots = {} } = more;
  const merged = Object.entries({ ...state.slots, ...slots });
  return {
    ...state,
    tried:
      tried === undefined
        ? state.tried
        : [...state.tried, { text: cutText(tried.text), source: tried.source }].slice(-kept.tried),
    asked: asked === undefined ? state.asked : [...state.asked, cutText(asked)].slice(-kept.asked),
    about: [...new Set([...state.about, ...about])].slice(-kept.about),
    slots: Object.fromEntries(merged.slice(-kept.slots).map(([name, value]) => [name, cutText(value)])),
  };
}

/**
 * The choice that an answer names: by its label, by its number as it is shown where there are no buttons, or by its id.
 */
export function chosenOf(choices: readonly OfferedChoice[], text: string): OfferedChoice | undefined {
  const plain = (each: string) =>
    each
      .normalize('NFKC')
      .toLowerCase()
      .replace(/[\s!.?。，！？、]+$/gu, '')
      .trim();
  const said = plain(text);
  if (said === '') return undefined;
  const found = choices.find(({ id, label }) => plain(label) === said || id === text);
  if (found !== undefined) return found;
  const number = /^(?:第|no\.?|#)?\s*([0-9]{1,2})\s*(?:个|\.|、|\))?$/u.exec(said)?.[1];
  return number === undefined ? undefined : choices[Number(number) - 1];
}
