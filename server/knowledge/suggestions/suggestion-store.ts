/** What a customer said last and what an agent answered, without what tells of a person. */
export interface AnswerPair {
  readonly conversationId: string;
  /** Of the answer. */
  readonly seq: number;
  readonly contactId: string;
  readonly agentId: string;
  readonly channelType: string;
  readonly language: string | null;
  readonly question: string;
  readonly answer: string;
  /** When it was answered. */
  readonly at: number;
}
/** `n`: they are numbered as they come. */
export interface StoredPair extends AnswerPair {
  readonly n: number;
}

/** A message as the miner passes by it. */
export interface PassedMessage {
  readonly id: number;
  readonly conversationId: string;
  readonly seq: number;
  readonly isAnswer: boolean;
  readonly at: number;
}

/** What an agent did with the replies that were recommended after the customer's message `afterSeq`. */
export interface Outcome {
  readonly conversationId: string;
  readonly afterSeq: number;
  readonly agentId: string;
  readonly at: number;
  /** The situations that it counts for. */
  readonly situations: readonly string[];
  /** The sources that were recommended. */
  readonly shown: readonly string[];
  /** The one that was sent; absent: none of them. */
  readonly used?: { readonly source: string; readonly edited: boolean };
}

/** How often an agent had a source before the eyes in a situation, and sent it. */
export interface SuggestionCount {
  readonly source: string;
  readonly situation: string;
  readonly agentId: string;
  readonly shown: number;
  /** Sent, changed or not; `edited` of them were changed. */
  readonly used: number;
  readonly edited: number;
}

/** What a person decided about answers that recur. */
export interface ProposalDecision {
  readonly key: string;
  readonly state: 'approved' | 'dismissed';
  readonly byId: string;
  readonly at: number;
}

/** Answers of the past, what became of recommended replies, and what was decided about those that recur. */
export interface SuggestionStore {
  /** Messages behind the given one, in the order in which they were stored, up to the first that is younger than `until`. */
  messagesAfter(id: number, until: number, limit: number): Promise<PassedMessage[]>;
  newestMessageId(): Promise<number>;
  /** Keeps the pairs whose contact is there, each message's once. */
  addPairs(pairs: readonly AnswerPair[]): Promise<void>;
  /** The answer was changed or recalled. Answers whether it was kept. */
  removePair(conversationId: string, seq: number): Promise<boolean>;
  /** In order of `n`. */
  pairsAfter(n: number, limit: number): Promise<StoredPair[]>;
  /** Removes all but the newest so many. */
  trimPairs(keep: number): Promise<void>;
  /** Counts it, the first time that something is said of this place; answers whether it was counted. */
  countOutcome(outcome: Outcome): Promise<boolean>;
  countsOf(sources: readonly string[], situations: readonly string[]): Promise<SuggestionCount[]>;
  /** Removes what is older: places that were counted, and counts that nothing was added to. */
  tidy(before: { outcomes: number; counts: number }): Promise<void>;
  decisions(keys: readonly string[]): Promise<ProposalDecision[]>;
  decide(decision: ProposalDecision): Promise<void>;
}
