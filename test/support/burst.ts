import { setTimeout as sleep } from 'node:timers/promises';
import type { Entry, Ledger } from './ledger.ts';
import { postHook, type Target } from './load.ts';

export interface BurstSize {
  readonly messagesPerSecond: number;
  readonly forMs: number;
  /** Messages in one request. */
  readonly batch: number;
  readonly contacts: number;
}

export interface BurstOutcome {
  /** Messages that it sent, all of them acknowledged in the end. */
  readonly messages: number;
  /** Requests answered with 503 and Retry-After. */
  readonly refused: number;
  /** From the end of the burst until the last of it was acknowledged. */
  readonly caughtUpMs: number;
}

/** Longest wait before a refused request comes again; platforms wait as they are told, or longer. */
const longestWaitMs = 2_000;
/**
 * Callbacks at a fixed rate, whatever the server answers: what is refused comes again under the same ids until it is taken.
 * @throws Error on a refusal without Retry-After, and on any other answer
 */
export async function burst(
  target: Target,
  ledger: Ledger,
  size: BurstSize,
  onRefused: () => void = () => undefined,
): Promise<BurstOutcome> {
  const underway = new Set<Promise<void>>();
  const began = performance.now();
  let refused = 0;
  let messages = 0;
  const failures: unknown[] = [];

  async function deliver(entries: readonly Entry[], contacts: readonly string[]): Promise<void> {
    const events = entries.map(({ key, text }, at) => ({ key, text, contact: contacts[at] ?? '' }));
    for (;;) {
      const { status, headers } = await postHook(target, target.hook, events);
      if (status === 200) break;
      const waitS = Number(headers.get('retry-after') ?? Number.NaN);
      if (status !== 503 || !(waitS > 0)) throw new Error(`answered ${status}, Retry-After ${waitS}`);
      refused += 1;
      onRefused();
      await sleep(Math.min(waitS * 1_000, longestWaitMs) * (0.5 + Math.random() / 2));
    }
    for (const entry of entries) entry.acknowledged = { at: Date.now() };
  }

  while (performance.now() - began < size.forMs && failures.length === 0) {
    const due = Math.floor(((performance.now() - began) / 1_000) * size.messagesPerSecond) - messages;
    if (due < size.batch) {
      await sleep(5);
      continue;
    }
    const entries = Array.from({ length: size.batch }, () => ledger.open('webhook'));
    messages += entries.length;
    const contacts = entries.map(() => `burst-${Math.floor(Math.random() * size.contacts)}`);
    const job = deliver(entries, contacts)
      .catch((error: unknown) => void failures.push(error))
      .finally(() => underway.delete(job));
    underway.add(job);
  }
  const ended = performance.now();
  await Promise.all(underway);
  if (failures.length > 0) throw failures[0];
  return { messages, refused, caughtUpMs: performance.now() - ended };
}
