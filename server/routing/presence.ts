import type { Presence } from '@parley/sdk/protocol.ts';
import type { Clock } from '../base/clock.ts';

/** Who is there. An agent without a socket keeps its conversations for a grace time: laptops and trains. */
export interface PresenceBoard {
  /** A socket of the agent opened. Answers the presence that now holds. */
  connected(agentId: string): Presence;
  disconnected(agentId: string): void;
  /** What the agent chose. */
  choose(agentId: string, status: Presence): void;
  status(agentId: string): Presence;
  /** Can take new work now: chose to be online and has a socket. */
  isAvailable(agentId: string): boolean;
  available(): Iterable<string>;
  /** Treats an agent as lost from now on unless a socket comes within the grace time (after a restart). */
  expect(agentId: string): void;
  forget(agentId: string): void;
  online(): number;
  close(): void;
}

type Entry = { chosen: Presence; sockets: number; leaving: AbortController | undefined };

export interface PresenceEvents {
  /** The effective presence changed. */
  changed(agentId: string, status: Presence): void;
  /** The agent is away for good: by choice, or the grace time is over. */
  gone(agentId: string): void;
}

export function createPresenceBoard(deps: { clock: Clock; graceMs: number; events: PresenceEvents }): PresenceBoard {
  const entries = new Map<string, Entry>();
  const availableIds = new Set<string>();

  function entryOf(agentId: string): Entry {
    let entry = entries.get(agentId);
    if (entry === undefined) {
      entry = { chosen: 'online', sockets: 0, leaving: undefined };
      entries.set(agentId, entry);
    }
    return entry;
  }

  /** Within the grace time the agent still counts as what it chose: others see no flicker. */
  const effective = (entry: Entry): Presence =>
    entry.sockets > 0 || entry.leaving !== undefined ? entry.chosen : 'offline';

  function update(agentId: string, change: (entry: Entry) => void): void {
    const entry = entryOf(agentId);
    const before = effective(entry);
    const wasAvailable = availableIds.has(agentId);
    change(entry);
    const after = effective(entry);
    const isAvailable = entry.sockets > 0 && entry.chosen === 'online';
    if (isAvailable) availableIds.add(agentId);
    else availableIds.delete(agentId);
    if (before !== after || wasAvailable !== isAvailable) deps.events.changed(agentId, after);
  }

  function startGrace(agentId: string, entry: Entry): void {
    const leaving = new AbortController();
    entry.leaving = leaving;
    deps.clock
      .sleep(deps.graceMs, leaving.signal)
      .then(() => {
        update(agentId, () => {
          entry.leaving = undefined;
        });
        deps.events.gone(agentId);
      })
      .catch(() => {
        // Came back in time: the sleep was ended on purpose.
      });
  }

  return {
    connected: (agentId) => {
      update(agentId, (entry) => {
        entry.sockets += 1;
        entry.leaving?.abort();
        entry.leaving = undefined;
      });
      return entryOf(agentId).chosen;
    },
    disconnected: (agentId) => {
      update(agentId, (entry) => {
        entry.sockets = Math.max(0, entry.sockets - 1);
        if (entry.sockets === 0 && entry.leaving === undefined && entry.chosen !== 'offline')
          startGrace(agentId, entry);
      });
    },
    choose: (agentId, status) => {
      update(agentId, (entry) => {
        entry.chosen = status;
      });
      if (status === 'offline') deps.events.gone(agentId);
    },
    status: (agentId) => {
      const entry = entries.get(agentId);
      return entry === undefined ? 'offline' : effective(entry);
    },
    isAvailable: (agentId) => availableIds.has(agentId),
    available: () => availableIds,
    expect: (agentId) => {
      const entry = entryOf(agentId);
      if (entry.sockets === 0 && entry.leaving === undefined) startGrace(agentId, entry);
    },
    forget: (agentId) => {
      entries.get(agentId)?.leaving?.abort();
      entries.delete(agentId);
      availableIds.delete(agentId);
    },
    online: () => availableIds.size,
    close: () => {
      for (const entry of entries.values()) entry.leaving?.abort();
    },
  };
}
