import type { Message } from '@parley/sdk/protocol.ts';
import type { Clock } from '../base/clock.ts';
import { Lru } from '../base/lru.ts';

/**
 * The hot tier: the newest messages of conversations that somebody has before the eyes. They lie there under a version that
 * says what they were read from, and the asker names the version that holds now: what is older is not answered, whoever
 * wrote and whatever was lost in between. It is never the only place where anything lies.
 */
export interface HotMessages {
  /**
   * What lies there under this version; else what `rebuild` answers, which lies there from then on. However many ask at
   * once, one rebuilds and the others wait for it.
   *
   * @param key a conversation's id, or `factsKey` of one: what is known of it lies beside its messages
   */
  obtain<T = readonly Message[]>(key: string, version: string, rebuild: () => Promise<T>): Promise<T>;
  /** They were erased. */
  forget(conversationIds: readonly string[]): Promise<void>;
  readonly stats: HotStats;
}

/** Under what the facts of a conversation lie. */
export const factsKey = (conversationId: string): string => `facts ${conversationId}`;

export interface HotStats {
  readonly hits: number;
  readonly rebuilds: number;
}

export interface HotBounds {
  /** Conversations that may lie there. */
  readonly maxConversations: number;
  /** What all of them together may take, as JSON. */
  readonly maxBytes: number;
  /** After this time they are read again, in milliseconds. */
  readonly maxAgeMs: number;
}

interface Entry {
  readonly version: string;
  readonly value: unknown;
  readonly bytes: number;
  /** On the clock that nobody sets. */
  readonly until: number;
}

/** The hot tier of a process that is alone: in its own memory, what was asked for longest ago goes first. */
export function createHotMessages(deps: { clock: Clock } & Partial<HotBounds>): HotMessages {
  const { clock, maxConversations = 2_000, maxBytes = 64 * 1024 * 1024, maxAgeMs = 10 * 60_000 } = deps;
  const entries = new Lru<string, Entry>(maxConversations, ({ bytes }) => {
    held -= bytes;
  });
  const stats = { hits: 0, rebuilds: 0 };
  let held = 0;

  const once = singleFlight<unknown>();

  function keep(id: string, version: string, value: unknown): void {
    const bytes = JSON.stringify(value).length;
    // One that takes much of the room would drive out all the others.
    if (bytes > maxBytes / 16) return;
    entries.delete(id);
    entries.set(id, { version, value, bytes, until: clock.elapsed() + maxAgeMs });
    held += bytes;
    while (held > maxBytes) entries.deleteOldest();
  }

  return {
    obtain: async <T>(id: string, version: string, rebuild: () => Promise<T>) => {
      const known = entries.get(id);
      if (known?.version === version && known.until > clock.elapsed()) {
        stats.hits += 1;
        return known.value as T;
      }
      return (await once(`${id} ${version}`, async () => {
        stats.rebuilds += 1;
        const value = await rebuild();
        keep(id, version, value);
        return value;
      })) as T;
    },
    forget: async (ids) => {
      for (const id of ids.flatMap((one) => [one, factsKey(one)])) entries.delete(id);
    },
    stats,
  };
}

/** Work of one name is done once at a time: who asks meanwhile gets the same answer. */
export function singleFlight<T = readonly Message[]>(): (name: string, work: () => Promise<T>) => Promise<T> {
  const running = new Map<string, Promise<T>>();
  return (name, work) => {
    let flight = running.get(name);
    if (flight === undefined) {
      flight = work().finally(() => running.delete(name));
      running.set(name, flight);
    }
    return flight;
  };
}
