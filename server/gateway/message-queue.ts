import type { InboundEntry } from './channel-adapter.ts';

/** One entry in the queue: what a channel received and the processor has not yet made a fact. */
export interface QueuedEntry {
  readonly id: string;
  readonly channelId: string;
  /** Entries of one lane (a contact of a channel) are processed in order, lanes in parallel. */
  readonly lane: string;
  readonly entry: InboundEntry;
  /** Tries that have failed so far. */
  attempts: number;
  readonly enqueuedAt: number;
}

/** The lane of a contact. */
export function laneOf(channelId: string, externalId: string): string {
  // As long as a key of the store may be; two contacts that share a lane only wait for each other.
  return `${channelId}/${externalId}`.slice(0, 191);
}

/** Absorbs bursts between gateway and processor: at least once, ordered per contact, parallel across contacts. */
export interface MessageQueue {
  /**
   * Resolves when the entries are durable.
   * @throws Refusal `unavailable` with a time to come back when the queue is at its bound or the disk refuses
   */
  push(channelId: string, entries: readonly InboundEntry[]): Promise<void>;
  /**
   * Gives entries to the handler until the signal aborts; what was not finished is given again after a restart. A
   * handler that throws `TryLater` keeps its lane waiting without counting a try, one that throws `Unprocessable` has the
   * entry buried at once; anything else thrown counts one.
   */
  consume(handler: (entry: QueuedEntry) => Promise<void>, signal: AbortSignal): Promise<void>;
  stats(): { depth: number; oldestAgeMs: number };
}

/** The processor cannot work now (the store is away): not the entry's fault, so no try is counted. */
export class TryLater extends Error {
  override readonly name = 'TryLater';
}

/** The entry itself is wrong, and no further try would change that; the message says why. */
export class Unprocessable extends Error {
  override readonly name = 'Unprocessable';
}
