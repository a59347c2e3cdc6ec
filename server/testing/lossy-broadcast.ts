import type { Broadcast } from '../conversation/broadcast.ts';

/** Several processes' broadcasts in one, for simulations: what is published arrives a turn later, or is lost. */
export interface LossyBroadcast {
  /** One process's end. `close` is its death: it hears and says nothing more. */
  join(): Broadcast;
  /** How often a listener heard something, and how often something on its way to one was lost. */
  readonly counts: { delivered: number; lost: number };
}

export function createLossyBroadcast(isLost: () => boolean): LossyBroadcast {
  type Listeners = Map<string, Set<(payload: string) => void>>;
  const ends = new Set<Listeners>();
  const counts = { delivered: 0, lost: 0 };

  function deliver(to: Listeners, topic: string, payload: string): void {
    if (!ends.has(to)) return;
    for (const listener of to.get(topic) ?? []) {
      counts.delivered += 1;
      listener(payload);
    }
  }

  return {
    counts,
    join: () => {
      const own: Listeners = new Map();
      ends.add(own);
      return {
        publish: (topic, payload) => {
          if (!ends.has(own)) return;
          for (const end of ends) {
            if (end === own || !end.has(topic)) continue;
            if (isLost()) counts.lost += 1;
            else setImmediate(() => deliver(end, topic, payload));
          }
        },
        subscribe: (topic, listener) => {
          const listeners = own.get(topic) ?? new Set();
          own.set(topic, listeners.add(listener));
          return {
            ready: Promise.resolve(),
            end: () => {
              listeners.delete(listener);
              if (listeners.size === 0) own.delete(topic);
            },
          };
        },
        onGap: () => undefined,
        close: async () => void ends.delete(own),
      };
    },
  };
}
