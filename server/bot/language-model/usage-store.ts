/** What was used within one account: a day, or a conversation. Money is in millionths of the currency. */
export interface Spent {
  readonly tokens: number;
  readonly costMicros: number;
  readonly calls: number;
}

/** An account and its bounds; null: none. */
export interface Account {
  readonly scope: 'day' | 'conversation';
  /** `2026-11-29`, or the conversation's id. */
  readonly name: string;
  readonly mostTokens: number | null;
  readonly mostCostMicros: number | null;
}

/** The count of all processes, in the store: what is reserved is spent until it is settled, also when who reserved it dies. */
export interface UsageStore {
  /**
   * Adds to all accounts in one transaction, or to none.
   * @returns the first account that has no room; undefined: it is reserved
   */
  reserve(
    accounts: readonly Account[],
    amount: { tokens: number; costMicros: number },
    at: number,
  ): Promise<Account | undefined>;
  /** Corrects what was reserved by the difference to what was used: negative gives back. */
  settle(
    accounts: readonly Pick<Account, 'scope' | 'name'>[],
    difference: { tokens: number; costMicros: number },
    at: number,
  ): Promise<void>;
  spent(scope: Account['scope'], name: string): Promise<Spent>;
  /** Accounts of this scope that were not used since then are forgotten. @returns how many */
  forget(scope: Account['scope'], before: number): Promise<number>;
}
