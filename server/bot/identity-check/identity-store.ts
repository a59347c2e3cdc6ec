/** Where a code was asked for: once about each message of the customer and step of a flow. */
export interface CodePlace {
  readonly conversationId: string;
  /** The customer's entry about which it was asked for. */
  readonly seq: number;
  readonly stepId: string;
}

/** A code as it is kept: without the code, and without the address. */
export interface NewCode extends CodePlace {
  readonly contactId: string;
  /** Keyed hash of the address. */
  readonly addressHash: string;
  /** The address as it may be shown. */
  readonly shown: string;
  /** It is the contact's own: who has the code is the contact, whatever the flow was about. */
  readonly isOwn: boolean;
  /** Keyed hash of the code, its conversation and its place. */
  readonly codeHash: string;
  readonly at: number;
  readonly expiresAt: number;
}

/** A code that a customer typed. */
export interface CodeAttempt extends CodePlace {
  readonly contactId: string;
  readonly codeHash: string;
  /** The customer's entry in which it was typed: looked at again, it counts once. */
  readonly typedSeq: number;
  readonly at: number;
  readonly mostTries: number;
  /** Until when the conversation counts as checked if it is right. */
  readonly checkedUntil: number;
}

export type Attempted =
  | { readonly kind: 'right' }
  | { readonly kind: 'wrong'; readonly left: number }
  | { readonly kind: 'too-many' }
  | { readonly kind: 'expired' };

/** The customer of a conversation has proved by a code who they are. */
export interface IdentityCheck {
  readonly contactId: string;
  readonly addressHash: string;
  readonly shown: string;
  readonly isOwn: boolean;
  readonly at: number;
  readonly until: number;
}

/** One-time codes, whoever of all processes asks. */
export interface IdentityStore {
  /**
   * Keeps a code; those that the conversation had before are worth nothing any more. The same place again takes the place of
   * what was kept, and is not counted again.
   * @returns false: within the window so many were asked for already, by the contact or for the address; nothing was kept
   */
  issue(code: NewCode, limit: { since: number; most: number }): Promise<boolean>;
  /** Compares in constant time. A right code is right once, for one entry; five wrong ones are the end of it. */
  attempt(attempt: CodeAttempt): Promise<Attempted>;
  /** It could not be sent: nobody can type it. */
  withdraw(place: CodePlace): Promise<void>;
  /** Undefined: there is none, it is over, or the conversation has another contact now. */
  checkOf(conversationId: string, now: number): Promise<IdentityCheck | undefined>;
  /** Deletes what was asked for, or was over, before a moment. */
  forget(before: number): Promise<void>;
}
