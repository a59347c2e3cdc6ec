/** Texts by language, as BCP 47 tags (`en`, `zh-CN`). */
export type Worded = Readonly<Record<string, string>>;

/** What a customer is to say, over as many turns as it takes. */
export interface SlotForm {
  readonly slots: readonly Slot[];
  /** What ends the form beside the words that end every form ("never mind", 算了). */
  readonly cancelWords?: readonly string[];
  /** So many times one slot is asked for without a valid answer; then a person takes over. */
  readonly maxTries: number;
}

export interface Slot {
  readonly name: string;
  /** A type of value that `Entities` find; or `text`: what is said to the question; `choice`: one of `choices`; `yes-no`. */
  readonly type: string;
  /** What is not required is taken where it is said, and never asked for. */
  readonly required: boolean;
  readonly prompt: Worded;
  /** Said before the prompt when a value is not valid. */
  readonly invalid?: Worded;
  /** What the slot is called in both languages ("order", 订单): tells which one is corrected, or meant by a value. */
  readonly words?: readonly string[];
  /** The values there are; of other types than `choice` those that are valid. */
  readonly choices?: readonly { readonly value: string; readonly synonyms?: readonly string[] }[];
  /** The whole value matches it (see `parseValuePattern`). */
  readonly pattern?: string;
  /** A number for amounts and numbers, a length for texts, `2026-11-28`, `today` or `now` for dates; both ends are valid. */
  readonly min?: number | string;
  readonly max?: number | string;
}

export interface SlotValue {
  readonly value: string;
  readonly unit?: string;
  /** As it was said. */
  readonly text: string;
}

/** How far a form is. Plain data: it may be stored between turns. */
export interface SlotState {
  readonly values: Readonly<Record<string, SlotValue>>;
  /** The slot that was asked for last. */
  readonly asked: string | null;
  /** Slots in the order in which they were filled, the latest last. */
  readonly order: readonly string[];
  /** Questions for each slot that brought no valid value. */
  readonly tries: Readonly<Record<string, number>>;
  /** Values said so far by slot, for "the other one". */
  readonly said: Readonly<Record<string, readonly SlotValue[]>>;
}
