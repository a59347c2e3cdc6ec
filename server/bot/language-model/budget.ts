import type { Clock } from '../../base/clock.ts';
import { Refusal } from '../../gateway/refusal.ts';
import type { ModelSettings } from './model-settings.ts';
import type { Account, Spent, UsageStore } from './usage-store.ts';

/** What a request may take at most, or took. */
export interface Tokens {
  readonly input: number;
  readonly output: number;
  /** They were turned into vectors, which has a price of its own. */
  readonly embedding?: boolean;
}

export interface Reservation {
  /** What it really took; once. Without it what was reserved stays spent. @returns in millionths of the currency */
  settle(used: Tokens): Promise<{ costMicros: number }>;
}

export interface Budget {
  /**
   * Reserves before a request is made.
   * @throws Refusal `too-many-requests` when a budget is spent: it says which, and until when
   */
  reserve(settings: ModelSettings, most: Tokens, conversationId: string | undefined): Promise<Reservation>;
  today(): Promise<Spent & { readonly day: string }>;
}

const dayMs = 86_400_000;
/** Nobody asks about an old conversation's tokens. */
const keepConversationsMs = 90 * dayMs;
const keepDaysMs = 400 * dayMs;

export function createBudget(deps: { store: UsageStore; clock: Clock }): Budget {
  const { store, clock } = deps;
  let tidied = '';

  const dayOf = (at: number) => new Date(at).toISOString().slice(0, 10);

  async function tidy(day: string, at: number): Promise<void> {
    if (tidied === day) return;
    tidied = day;
    await store.forget('conversation', at - keepConversationsMs);
    await store.forget('day', at - keepDaysMs);
  }

  return {
    reserve: async (settings, most, conversationId) => {
      const at = clock.now();
      const day = dayOf(at);
      await tidy(day, at);
      const accounts = accountsOf(settings, day, conversationId);
      const reserved = { tokens: most.input + most.output, costMicros: costOf(settings, most) };
      const full = await store.reserve(accounts, reserved, at);
      if (full !== undefined) throw spentRefusal(full, at);
      return {
        settle: async (used) => {
          const costMicros = costOf(settings, used);
          const tokens = used.input + used.output - reserved.tokens;
          await store.settle(accounts, { tokens, costMicros: costMicros - reserved.costMicros }, clock.now());
          return { costMicros };
        },
      };
    },
    today: async () => {
      const day = dayOf(clock.now());
      return { ...(await store.spent('day', day)), day };
    },
  };
}

/** A price for a million tokens is as many millionths for one. */
function costOf({ prices }: ModelSettings, { input, output, embedding }: Tokens): number {
  return Math.ceil(embedding === true ? input * prices.embedding : input * prices.input + output * prices.output);
}

function accountsOf({ budget }: ModelSettings, day: string, conversationId: string | undefined): Account[] {
  const micros = (cost: number | null) => (cost === null ? null : Math.round(cost * 1e6));
  const ofDay: Account = {
    scope: 'day',
    name: day,
    mostTokens: budget.tokensPerDay,
    mostCostMicros: micros(budget.costPerDay),
  };
  if (conversationId === undefined) return [ofDay];
  const ofConversation: Account = {
    scope: 'conversation',
    name: conversationId,
    mostTokens: budget.tokensPerConversation,
    mostCostMicros: micros(budget.costPerConversation),
  };
  return [ofDay, ofConversation];
}

function spentRefusal({ scope }: Account, at: number): Refusal {
  if (scope === 'conversation')
    return new Refusal('too-many-requests', "This conversation's budget for the language model is spent.");
  return new Refusal(
    'too-many-requests',
    "Today's budget for the language model is spent; a new one begins at midnight UTC.",
    {
      retryAfterMs: dayMs - (at % dayMs),
    },
  );
}
