import { Refusal } from '../../gateway/refusal.ts';

/** Lets so many in at once, in the order in which they came; some more wait, and beyond that nobody does. */
export interface BoundedCalls {
  /**
   * Waits for a place.
   * @returns gives the place back; more than once has no effect
   * @throws Refusal `too-many-requests` when too many wait already; the signal's reason
   */
  enter(most: number, signal: AbortSignal): Promise<() => void>;
}

export function createBoundedCalls({ mostWaiting }: { mostWaiting: number }): BoundedCalls {
  let inside = 0;
  const waiting: { most: number; enter: () => void }[] = [];

  const leave = () => {
    let isInside = true;
    return () => {
      if (!isInside) return;
      isInside = false;
      inside -= 1;
      for (let [next] = waiting; next !== undefined && inside < next.most; [next] = waiting) {
        waiting.shift();
        next.enter();
      }
    };
  };

  return {
    enter: async (most, signal) => {
      signal.throwIfAborted();
      if (inside < most && waiting.length === 0) {
        inside += 1;
        return leave();
      }
      if (waiting.length >= mostWaiting)
        throw new Refusal('too-many-requests', 'The language model has as much to do as it can; try again shortly.', {
          retryAfterMs: 5_000,
        });
      const place = Promise.withResolvers<void>();
      const entry = {
        most,
        enter: () => {
          inside += 1;
          place.resolve();
        },
      };
      const onAbort = () => {
        const at = waiting.indexOf(entry);
        if (at < 0) return;
        waiting.splice(at, 1);
        place.reject(signal.reason);
      };
      waiting.push(entry);
      signal.addEventListener('abort', onAbort, { once: true });
      try {
        await place.promise;
      } finally {
        signal.removeEventListener('abort', onAbort);
      }
      return leave();
    },
  };
}
