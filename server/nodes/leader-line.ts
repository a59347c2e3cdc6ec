import type { Clock } from '../base/clock.ts';
import { newId } from '../base/ids.ts';
import type { Broadcast } from '../conversation/broadcast.ts';
import { Refusal, type RefusalCode } from '../gateway/refusal.ts';

/** Longer nobody waits for an answer: whoever decides has gone, and another one is taking over. */
const answersMs = 2_000;
/** Questions that wait for an answer at once. */
const maxOpen = 1_000;

/** Asks whichever process decides, from any other one. */
export interface LeaderLine<Q, A> {
  /** @throws Refusal as whoever answers does; `unavailable` when nobody does in time */
  ask(question: Q): Promise<A>;
  stop(): void;
}

type Answer = { readonly answer?: unknown; readonly refused?: { code: RefusalCode; message: string; field?: string } };

/**
 * @param answer what this process knows; undefined: it is not the one that decides
 * @param answers this process may come to decide
 */
export function createLeaderLine<Q, A>(deps: {
  broadcast: Broadcast;
  clock: Clock;
  answer: (question: Q) => Promise<A | undefined>;
  answers: boolean;
}): LeaderLine<Q, A> {
  const { broadcast, clock } = deps;
  const node = newId();
  const open = new Map<string, (answer: Answer) => void>();

  async function answered(question: Q): Promise<Answer | undefined> {
    try {
      const answer = await deps.answer(question);
      return answer === undefined ? undefined : { answer };
    } catch (error) {
      if (!(error instanceof Refusal)) throw error;
      const { code, message, field } = error;
      return { refused: { code, message, ...(field === undefined ? {} : { field }) } };
    }
  }

  async function hear(payload: string): Promise<void> {
    const { id, from, question } = JSON.parse(payload) as { id: string; from: string; question: Q };
    const answer = await answered(question);
    if (answer !== undefined) broadcast.publish(topicOf(from), JSON.stringify({ id, ...answer }));
  }

  const answers = broadcast.subscribe(topicOf(node), (payload) => {
    const { id, ...answer } = JSON.parse(payload) as Answer & { id: string };
    open.get(id)?.(answer);
  });
  // Whoever asks hears of a failure by itself: nothing comes in time.
  const questions = deps.answers
    ? broadcast.subscribe('ask', (payload) => void hear(payload).catch(() => undefined))
    : undefined;

  async function askOthers(question: Q): Promise<Answer> {
    if (open.size >= maxOpen) throw nobody();
    await answers.ready;
    const id = newId();
    const inTime = new AbortController();
    try {
      const heard = new Promise<Answer>((resolve) => open.set(id, resolve));
      broadcast.publish('ask', JSON.stringify({ id, from: node, question }));
      const late = clock.sleep(answersMs, inTime.signal).then(() => {
        throw nobody();
      });
      return await Promise.race([heard, late]);
    } finally {
      open.delete(id);
      inTime.abort();
    }
  }

  return {
    ask: async (question) => {
      const { answer, refused } = (await answered(question)) ?? (await askOthers(question));
      if (refused === undefined) return answer as A;
      const { code, message, field } = refused;
      throw new Refusal(code, message, field === undefined ? {} : { field });
    },
    stop: () => {
      answers.end();
      questions?.end();
    },
  };
}

const topicOf = (node: string) => `answers:${node}`;

function nobody(): Refusal {
  return new Refusal('unavailable', 'The process that decides does not answer now: ask again shortly.', {
    retryAfterMs: answersMs,
  });
}
