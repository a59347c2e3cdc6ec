import type { Presence } from '@parley/sdk/protocol.ts';
import type { Clock } from '../base/clock.ts';

/** Who is there. An agent without a socket keeps its conversations for a grace time: laptops and trains. */
export interface PresenceBoard {
  /** A socket of the agent opened. Answers the presence that now holds. */
  connected(agentId: string): Presence;
  disconnected(agentId: string): void;
  /** What the agent chose. */
  choose(agentId: string, status: Presence): void;
  /** What the other processes say of an agent: its sockets there, and what it chose there if that is newer. */
  seenElsewhere(agentId: string, seen: { sockets: number; chosen?: Presence }): void;
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

type Entry = { chosen: Presence; sockets: number; elsewhere: number; leaving: AbortController | undefined };

export interface PresenceEvents {
  /** Sockets here, or the choice, are others now: what the other processes should know. */
  announce?(agentId: string, own: { sockets: number; chosen: Presence }): void;
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
      entry = { chosen: 'online', sockets: 0, elsewhere: 0, leaving: undefined };
      entries.set(agentId, entry);
    }
    return entry;
  }

  /** Within the grace time the agent still counts as what it chose: others see no flicker. */
  const effective = (entry: Entry): Presence =>
    isHere(entry) || entry.leaving !== undefined ? entry.chosen : 'offline';

  function update(agentId: string, change: (entry: Entry) => void): void {
    const entry = entryOf(agentId);
    const before = effective(entry);
    const wasAvailable = availableIds.has(agentId);
    change(entry);
    const after = effective(entry);
    const isAvailable = isHere(entry) && entry.chosen === 'online';
    if (isAvailable) availableIds.add(agentId);
    else availableIds.delete(agentId);
    if (before !== after || wasAvailable !== isAvailable) deps.events.changed(agentId, after);
  }

  function announce(agentId: string): void {
    const { sockets, chosen } = entryOf(agentId);
    deps.events.announce?.(agentId, { sockets, chosen });
  }

  /** After sockets have come or gone, wherever. */
  function settleGrace(agentId: string, entry: Entry): void {
    if (isHere(entry)) {
      entry.leaving?.abort();
      entry.leaving = undefined;
    } else if (entry.leaving === undefined && entry.chosen !== 'offline') startGrace(agentId, entry);
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
        settleGrace(agentId, entry);
      });
      announce(agentId);
      return entryOf(agentId).chosen;
    },
    disconnected: (agentId) => {
      update(agentId, (entry) => {
        entry.sockets = Math.max(0, entry.sockets - 1);
        settleGrace(agentId, entry);
      });
      announce(agentId);
    },
    choose: (agentId, status) => {
      update(agentId, (entry) => {
        entry.chosen = status;
      });
      announce(agentId);
      if (status === 'offline') deps.events.gone(agentId);
    },
    seenElsewhere: (agentId, { sockets, chosen }) => {
      const was = entryOf(agentId).chosen;
      update(agentId, (entry) => {
        const wasHere = isHere(entry);
        entry.elsewhere = sockets;
        if (chosen !== undefined) entry.chosen = chosen;
        if (wasHere || isHere(entry)) settleGrace(agentId, entry);
      });
      if (chosen === 'offline' && was !== 'offline') deps.events.gone(agentId);
    },
    status: (agentId) => {
      const entry = entries.get(agentId);
      return entry === undefined ? 'offline' : effective(entry);
    },
    isAvailable: (agentId) => availableIds.has(agentId),
    available: () => availableIds,
    expect: (agentId) => {
      const entry = entryOf(agentId);
      if (!isHere(entry) && entry.leaving === undefined) startGrace(agentId, entry);
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

function isHere(entry: Entry): boolean {
  return entry.sockets + entry.elsewhere > 0;
}
