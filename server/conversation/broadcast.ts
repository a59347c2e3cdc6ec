/**
 * How what one process did reaches the others: a payload goes to every other process that has a subscriber of its topic,
 * and to no other. Delivered at most once, and never to the process that published it, which serves its own people
 * directly. Nobody may rely on it to be whole: clients notice a gap by `seq`, loops look again after a time.
 */
export interface Broadcast {
  publish(topic: string, payload: string): void;
  subscribe(topic: string, listener: (payload: string) => void): Subscription;
  /** Called when the line was down and is up again: anything may have been missed meanwhile. */
  onGap(listener: () => void): void;
  close(): Promise<void>;
}

export interface Subscription {
  /** Resolves when what is published from now on arrives. */
  readonly ready: Promise<void> | undefined;
  end(): void;
}

const nothing: Subscription = { ready: undefined, end: () => undefined };

/** The broadcast of a process that is alone: there is nobody to tell and nobody to hear. */
export const noBroadcast: Broadcast = {
  publish: () => undefined,
  subscribe: () => nothing,
  onGap: () => undefined,
  close: async () => undefined,
};
