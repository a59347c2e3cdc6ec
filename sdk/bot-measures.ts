/**
 * What is measured of the bot: what became of its conversations, what a language model did, and the thresholds that its model's answers
 * give. Server and console both take the shapes from here.
 */

/** What became of the conversations in which the bot spoke. Shares have their denominator beside them. */
export interface BotReport {
  readonly from: number;
  readonly to: number;
  /** In which it spoke. */
  readonly conversations: number;
  /** Of those: handed to people. */
  readonly handedOff: number;
  /** A person spoke in it, or it was handed to people: the rest may have been solved. */
  readonly withPeople: number;
  /** Too young to tell: the customer may come back. */
  readonly open: number;
  /** No person, the customer has not come back within 24 hours, and has not said last that an answer did not help. */
  readonly solved: number;
  readonly cameBack: number;
  /** Of those that would be solved else: the customer said last that an answer did not help, or answered the survey with 1 or 2. */
  readonly unhelped: number;
  /** Of `solved`: the customer said so, last that an answer helped, or by a score of 4 or 5; of the others nobody knows. */
  readonly confirmed: number;
  /** What customers said of answers. */
  readonly helped: { readonly yes: number; readonly no: number };
  /** `solved` of all that are old enough; null: there is none. */
  readonly solvedShare: number | null;
  readonly handOffShare: number | null;
  readonly handOffs: Readonly<Record<string, number>>;
  readonly turns: Readonly<Record<string, number>>;
  readonly intents: readonly {
    readonly intent: string;
    readonly conversations: number;
    readonly solved: number;
    readonly handedOff: number;
  }[];
  /** Whether a matter was over for good: of conversations whose last decision is older than 72 hours, with people and without. */
  readonly within72h: {
    readonly of: number;
    /** The customer wrote in another conversation. */
    readonly repeated: number;
    /** Of `of` those that the bot had alone, */
    readonly botAlone: number;
    /** and of these those in which the customer wrote again after it had been closed. */
    readonly reopened: number;
  };
  /** What customers asked and the bot answered, or said that it cannot. */
  readonly answers: {
    readonly given: number;
    /** Not answered: it asked for other words, or handed over as it had not understood or was not sure. */
    readonly abstained: number;
    /** Of those given: the customer said that it helped, or an agent that the intent was the right one, … */
    readonly right: number;
    /** … the customer said that it did not, or an agent that it was another. Of the rest nobody has said anything. */
    readonly wrong: number;
  };
  readonly afterHandOff: AfterHandOff;
  /** Messages of which agents said in that time which intent they had: how many were taken for it, and how many were not. */
  readonly labelled: { readonly right: number; readonly wrong: number };
  /** There were more conversations than are counted. */
  readonly isCut: boolean;
}

/** The same with what a language model did; null: none was asked in that time. */
export interface BotResults extends BotReport {
  readonly languageModel: ModelReport | null;
}

/** What came after the bot had handed conversations over. */
export interface AfterHandOff {
  /** Hand-offs that were looked at: the newest of the time. */
  readonly looked: number;
  /** Of those: an agent has written to the customer since. */
  readonly answered: number;
  /** From the decision until an agent's first message, of the answered ones; null: there is none. */
  readonly toHumanMs: { readonly p50: number; readonly p95: number; readonly p99: number } | null;
  /** Of the answered ones: those in which the bot had answered something before, */
  readonly hadAnswers: number;
  /** and those of them in which one of the agent's first answers says nearly the same: the hand-off was not needed. */
  readonly repeatedBot: number;
}

/** What a language model did for customers in some days (UTC), and what it took. Each figure has its denominator beside it. */
export interface ModelReport {
  /** First and last day, both whole. */
  readonly from: string;
  readonly to: string;
  /** Questions of customers with which it was asked, … */
  readonly asked: number;
  /** … answered from passages, … */
  readonly answered: number;
  /** … answered with something that the passages do not hold, so that it was refused; by what was found, … */
  readonly refused: number;
  readonly refusedFor: Readonly<Record<string, number>>;
  /** … of which it said itself that the passages do not tell, … */
  readonly cannotTell: number;
  /** … and those that came to nothing, so that a passage was the answer: it failed, was late, or a budget was spent. */
  readonly fellBack: number;
  readonly fellBackFor: Readonly<Record<string, number>>;
  /** Sentences of what it wrote: those that the check held against the passages, and those that it did not. */
  readonly sentences: { readonly held: number; readonly dropped: number };
  /** Passages that sentences name: those that hold their sentence. */
  readonly citations: { readonly held: number; readonly of: number };
  /** Of answers to customers, in milliseconds; null: none. */
  readonly firstTokenMs: Percentiles | null;
  readonly wholeMs: Percentiles | null;
  /** Requests to the provider, each try by itself, for whatever it was asked; those that failed, by why. */
  readonly requests: number;
  readonly errors: Readonly<Record<string, number>>;
  /** `cached`: of `input`, what the server says it had in its cache. */
  readonly tokens: {
    readonly answers: Tokens;
    readonly all: Tokens;
  };
  /** By the prices that held when it was asked. */
  readonly cost: {
    readonly currency: string;
    /** null: there was no price. */
    readonly answers: number | null;
    readonly all: number | null;
    /** Tokens of answers for which there was none. */
    readonly unpricedTokens: number;
    /** Conversations that the bot solved alone in that time, and what its answers cost for each; null: no price, or none. */
    readonly solved: number;
    readonly perSolved: number | null;
  };
  /** Vectors of questions: found in memory, asked for, and missed. */
  readonly vectors: { readonly memory: number; readonly asked: number; readonly missed: number };
}

export interface Tokens {
  readonly input: number;
  readonly output: number;
  readonly cached: number;
}

/** Of times, in milliseconds. */
export interface Percentiles {
  readonly p50: number;
  readonly p95: number;
  readonly p99: number;
  /** Times that were counted. */
  readonly of: number;
}

/**
 * From how sure on an intent is acted upon, chosen from the measured answers of a model: for one intent or any, to what is written
 * in one language or any.
 */
export interface ChosenThreshold {
  readonly intent: string | null;
  /** The language alone, as `zh`. */
  readonly language: string | null;
  readonly act: number;
  /** So many of the answers shall be right. */
  readonly target: number;
  /** What it rests on: answers from there on, how many of them were right, and how many are at least. */
  readonly answers: number;
  readonly precision: number;
  readonly atLeast: number;
}

/** What a threshold holds for: one intent or any, one language or any. */
export type ThresholdScope = Pick<ChosenThreshold, 'intent' | 'language'>;

/** What becomes of questions where each is acted upon from its threshold on. */
export interface Acted {
  /** Questions in scope that were asked. */
  readonly asked: number;
  readonly right: number;
  readonly wrong: number;
  /** To questions about something else, weighed. */
  readonly outside: number;
}

/** The threshold that measured answers give, or why they give none. */
export type ThresholdProposal =
  | {
      readonly kind: 'proposed';
      readonly act: number;
      /** Answers that it rests on, those to questions about something else among them; how many of them are right. */
      readonly answers: number;
      readonly precision: number;
      /** What it is at least, with a confidence of 95 of 100. */
      readonly atLeast: number;
      /** It would hold lower still: under this the bot asks what is meant. */
      readonly isAtFloor: boolean;
    }
  /** Were all of them right, it would not be enough to say so. */
  | { readonly kind: 'too-few'; readonly answers: number; readonly needed: number }
  /** There are enough, and from no confidence on so many are right. */
  | { readonly kind: 'nowhere'; readonly answers: number };

/** One intent, language or both, with what is proposed for it. */
export interface ThresholdGroup extends ThresholdScope {
  /** Utterances that belong to it and were asked. */
  readonly belong: number;
  /** From where on it acts now, and by what; null: several thresholds hold in it. */
  readonly now: { readonly act: number; readonly why: 'general' | 'by-hand' | 'curve' } | null;
  readonly proposal: ThresholdProposal;
  /** What is acted upon now, and with the proposal; null: nothing is proposed. */
  readonly before: Acted;
  readonly after: Acted | null;
  /** What was taken over for it, on this version; null: nothing. */
  readonly chosen: ChosenThreshold | null;
}

/** What is measured, proposed and taken over of one version of the model. */
export interface ThresholdsView {
  readonly version: number;
  /** Whether this version is the one that answers: else nothing of it holds yet. */
  readonly isServing: boolean;
  readonly target: number;
  /** What holds where nothing else does, and under what it asks what is meant. */
  readonly act: number;
  readonly ask: number;
  /** So many answers can back a threshold at all. */
  readonly needed: number;
  /** null: it was not measured, or by an older program. */
  readonly measured: {
    readonly groups: readonly ThresholdGroup[];
    readonly before: Acted;
    /** With all proposals taken over. */
    readonly after: Acted;
    /** Chosen on one half of the answers and looked at on the other, and the other way round: what is to be expected. */
    readonly checked: { readonly before: Acted; readonly after: Acted };
  } | null;
  /** What was taken over for this version, and what is one click back; null: nothing. */
  readonly chosen: {
    readonly n: number;
    readonly by: string;
    readonly at: number;
    readonly thresholds: readonly ChosenThreshold[];
  } | null;
  /** How many thresholds "back" would leave; null: there is nothing to go back to. */
  readonly back: number | null;
  /** Chosen for another version: it holds there alone. */
  readonly former: { readonly version: number; readonly thresholds: number } | null;
}

/** What answering from a confidence on gives. */
export interface ThresholdPoint {
  readonly from: number;
  /** null: nothing is answered there. */
  readonly precision: number | null;
  readonly atLeast: number | null;
  /** Answered rightly, of what belongs to it; null: nothing does. */
  readonly coverage: number | null;
  readonly answers: number;
}
