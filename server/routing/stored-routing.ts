import type { WaitOffer } from '@parley/sdk/protocol.ts';

/** What has been said of a conversation while it waits: kept with it, so that whoever decides next knows it, too. */
export interface StoredRouting {
  /** The wait that all but `hops`, `doneRules`, `ruledOut` and `minLevel` is about, by when it began: of a later wait nothing was said yet. */
  readonly queuedAt: number | null;
  /** The rule that sent it where it waits; null: none. */
  readonly ruleId: string | null;
  /** Named by a rule or a transfer. */
  readonly forAgent: string | null;
  readonly notAgents: readonly string[];
  /** Agents whom rules keep from it, until rules speak again. */
  readonly ruledOut: readonly string[];
  /** The level that rules ask for, until they speak again. */
  readonly minLevel: number;
  /** Since when it is in its group; null: since it waits. */
  readonly groupSince: number | null;
  /** How many overflows have sent it on, and the groups that it was in. */
  readonly overflows: number;
  readonly visited: readonly string[];
  /** What the customer was offered instead of waiting, and what became of it. */
  readonly offers: Readonly<Partial<Record<WaitOffer, 'open' | 'declined' | 'chosen'>>>;
  /** How often rules have sent it somewhere since it was opened. */
  readonly hops: number;
  /** The flow with which the bot begins when it has it under that owner epoch; absent: none. */
  readonly flow?: { readonly id: string; readonly epoch: number };
  /** An agent gave it to the bot that has it under that owner epoch, and said what for; absent: nobody did. */
  readonly given?: GivenToBot & { readonly epoch: number };
  /** What the bot handed over with it; absent: it did not. It is about the wait that began then. */
  readonly bot?: FromBot;
  /** Rules that have answered it or called a webhook for it: once is enough, however often it comes back. */
  readonly doneRules: readonly string[];
}

/** What an agent said who gave a conversation to the bot. */
export interface GivenToBot {
  readonly by: { readonly id: string; readonly name: string };
  /** In the agent's own words, for whoever gets it next; null: none. */
  readonly note: string | null;
  /** Whom the bot hands it to, where it cannot go on: the agent, or null: whoever the rules say. */
  readonly backTo: string | null;
}

/** What the bot knew when it handed a conversation over: what rules can look at. */
export interface FromBot {
  readonly queuedAt: number;
  readonly reason: string;
  readonly intent: { readonly name: string; readonly confidence: number } | null;
}

const nothingSaid: StoredRouting = {
  queuedAt: null,
  ruleId: null,
  forAgent: null,
  notAgents: [],
  ruledOut: [],
  minLevel: 1,
  groupSince: null,
  overflows: 0,
  visited: [],
  offers: {},
  hops: 0,
  doneRules: [],
};

/**
 * What was said of the wait that began then; of another one only what holds for the whole conversation.
 *
 * @param text what is stored; what cannot be read says nothing
 */
export function storedRouting(text: string | null, queuedAt: number | null): StoredRouting {
  const stored = text === null ? nothingSaid : parse(text);
  if (stored.queuedAt === queuedAt) return stored;
  const { hops, doneRules, ruledOut, minLevel, bot } = stored;
  return { ...nothingSaid, hops, doneRules, ruledOut, minLevel, ...(bot === undefined ? {} : { bot }) };
}

/** The flow with which the bot begins that has it under that owner epoch; null: none. */
export function flowUnder(text: string | null, epoch: number): string | null {
  const flow = text === null ? undefined : parse(text).flow;
  return flow?.epoch === epoch ? flow.id : null;
}

/** What was said with it by the agent who gave it to the bot that has it under that owner epoch; null: nobody did. */
export function givenUnder(text: string | null, epoch: number): GivenToBot | null {
  const given = text === null ? undefined : parse(text).given;
  return given?.epoch === epoch ? given : null;
}

function parse(text: string): StoredRouting {
  try {
    const parsed = JSON.parse(text) as Partial<StoredRouting> | null;
    return { ...nothingSaid, ...parsed };
  } catch {
    return nothingSaid;
  }
}
