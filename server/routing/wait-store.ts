/** What is kept of customers who wait before a screen: where they stand, what they were told, since when they are gone. */
export interface WaitStore {
  /** Where these conversations stand; those that are not there are left out. */
  states(ids: readonly string[]): Promise<WaitState[]>;
  /** A screen of the customer is connected now, or was until now. */
  seen(waits: readonly WaitId[], at: number): Promise<void>;
  /** The first estimate that the customers were told; a wait of which none was seen is left out. */
  told(waits: readonly (WaitId & Told)[]): Promise<void>;
  /** Waits in which somebody may still be waiting and of which no screen was seen since: the longest unseen first. */
  unseen(before: number, limit: number): Promise<UnseenWait[]>;
  /** Nobody waits there any more: it is not looked at again unless a screen is seen. */
  end(waits: readonly WaitId[]): Promise<void>;
  /**
   * The customer has left while waiting.
   * @returns whether it was the first time in this wait, and noted now: so of several who note it one counts it
   */
  leave(wait: WaitId, leftAt: number): Promise<boolean>;
  /** The customers are back. */
  comeBack(ids: readonly string[]): Promise<void>;
}

/** One wait of a conversation, by when it began. */
export interface WaitId {
  readonly id: string;
  readonly queuedAt: number;
}

export interface Told {
  readonly lowMs: number;
  readonly highMs: number;
  /** When it was told. */
  readonly at: number;
}

export interface WaitState {
  readonly id: string;
  readonly contactId: string;
  /** When it came to the queue; null: it does not wait. */
  readonly queuedAt: number | null;
  /** When the customer left while waiting, and has not come back since; null: they are here, as far as is known. */
  readonly abandonedAt: number | null;
  /** Closed, as it may be because they left. */
  readonly isClosed: boolean;
  /** When the wait began that they left; null: they left none, or it is not known any more. */
  readonly leftQueuedAt: number | null;
  readonly groupId: string | null;
  readonly epoch: number;
}

export interface UnseenWait extends WaitId {
  readonly seenAt: number;
  /** It is the conversation's present wait, and nobody has answered since it began. */
  readonly isUnanswered: boolean;
  /** The customer was promised an answer by other means, and need not wait. */
  readonly isPromised: boolean;
  readonly groupId: string | null;
  readonly epoch: number;
}
