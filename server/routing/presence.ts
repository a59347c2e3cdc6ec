import type { Presence } from '@parley/sdk/protocol.ts';
import type { Clock } from '../base/clock.ts';
import { createActivity } from './activity.ts';
import type { OwnPresence, PresenceChoice, PresenceElsewhere } from './presence-directory.ts';

/** Why an agent is away whom nobody has seen at a window for a while. */
export const autoAway = 'auto';
/** Why an agent is away who let too many offers pass. */
export const missedOffers = 'missed-offers';
/** Why an agent is busy who takes nothing new, and goes when what they have is done. */
export const finishingUp = 'finishing';

/** Who is there. An agent without a socket keeps its conversations for a grace time: laptops and trains. */
export interface PresenceBoard {
  /** A socket of the agent opened. Answers the presence that now holds. */
  connected(agentId: string): Presence;
  disconnected(agentId: string): void;
  /** What the agent chose. */
  choose(agentId: string, status: Presence, reason?: string | null): void;
  /** The agent did something at a window here, now or so long ago. */
  active(agentId: string, agoMs?: number): void;
  /** Another time without any activity makes an agent idle from now on. */
  idleTimeChanged(): void;
  /** What the other processes say of an agent. */
  seenElsewhere(agentId: string, seen: PresenceElsewhere): void;
  status(agentId: string): Presence;
  /** The same with its reason. */
  shown(agentId: string): PresenceChoice;
  /** Can take new work now: chose to be online, is not idle, and has a socket. */
  isAvailable(agentId: string): boolean;
  available(): Iterable<string>;
  /** Agents who take nothing new and go when what they have is done. */
  finishing(): Iterable<string>;
  /** The line was cut, and what the agent has answered is kept for them a while longer. */
  isLost(agentId: string): boolean;
  /** Treats an agent as lost from now on unless a socket comes within the grace time (after a restart). */
  expect(agentId: string): void;
  forget(agentId: string): void;
  online(): number;
  close(): void;
}

type Entry = {
  chosen: PresenceChoice;
  sockets: number;
  isIdleHere: boolean;
  elsewhere: { sockets: number; isIdle: boolean };
  /** As long as no window is there it stays what it was. */
  isIdle: boolean;
  leaving: AbortController | undefined;
  /** Gone, and awaited still. */
  lost: AbortController | undefined;
};

export interface PresenceEvents {
  /** Sockets here, whether somebody is at them, or the choice, are others now: what the other processes should know. */
  announce?(agentId: string, own: OwnPresence): void;
  /** The effective presence changed. */
  changed(agentId: string, status: Presence): void;
  /** The agent is away for good: by choice, or the grace time is over; again, when nobody awaits them any more. */
  gone(agentId: string): void;
}

export function createPresenceBoard(deps: {
  clock: Clock;
  graceMs: number;
  /** How long somebody whose line was cut keeps what they have answered; absent, or less than `graceMs`: no longer than the rest. */
  answeredGraceMs?: number;
  /** Without a key or a pointer for so long an agent is away; null, or absent: never by itself. */
  autoAwayMs?: () => number | null;
  events: PresenceEvents;
}): PresenceBoard {
  const entries = new Map<string, Entry>();
  const availableIds = new Set<string>();
  const finishingIds = new Set<string>();
  const activity = createActivity({
    clock: deps.clock,
    autoAwayMs: deps.autoAwayMs ?? (() => null),
    changed: (agentId, isIdle) => {
      update(agentId, (entry) => {
        entry.isIdleHere = isIdle;
      });
      announce(agentId);
    },
  });

  function entryOf(agentId: string): Entry {
    let entry = entries.get(agentId);
    if (entry === undefined) {
      const elsewhere = { sockets: 0, isIdle: false };
      const chosen = { status: 'online', reason: null } as const;
      entry = { chosen, sockets: 0, isIdleHere: false, elsewhere, isIdle: false, leaving: undefined, lost: undefined };
      entries.set(agentId, entry);
    }
    return entry;
  }

  function update(agentId: string, change: (entry: Entry) => void): void {
    const entry = entryOf(agentId);
    const before = effective(entry);
    const wasAvailable = availableIds.has(agentId);
    change(entry);
    if (isHere(entry)) entry.isIdle = isIdleEverywhere(entry);
    const after = effective(entry);
    const isAvailable = isHere(entry) && after.status === 'online';
    put(availableIds, agentId, isAvailable);
    put(finishingIds, agentId, entry.chosen.reason === finishingUp);
    if (!isSame(before, after) || wasAvailable !== isAvailable) deps.events.changed(agentId, after.status);
  }

  function announce(agentId: string): void {
    const { sockets, chosen, isIdleHere: isIdle } = entryOf(agentId);
    deps.events.announce?.(agentId, { sockets, isIdle, chosen });
  }

  /** After sockets have come or gone, wherever. */
  function settleGrace(agentId: string, entry: Entry): void {
    if (isHere(entry)) {
      entry.leaving?.abort();
      entry.leaving = undefined;
      awaitNoMore(entry);
    } else if (entry.leaving === undefined && entry.chosen.status !== 'offline') startGrace(agentId, entry);
  }

  function awaitNoMore(entry: Entry): void {
    entry.lost?.abort();
    entry.lost = undefined;
  }

  async function waitForReturn(agentId: string, leaving: AbortController): Promise<void> {
    await deps.clock.sleep(deps.graceMs, leaving.signal);
    const longerMs = (deps.answeredGraceMs ?? 0) - deps.graceMs;
    update(agentId, (entry) => {
      entry.leaving = undefined;
      // Who comes after that comes anew.
      entry.isIdle = false;
      awaitNoMore(entry);
      if (longerMs > 0) entry.lost = leaving;
    });
    deps.events.gone(agentId);
    if (longerMs <= 0) return;
    await deps.clock.sleep(longerMs, leaving.signal);
    entryOf(agentId).lost = undefined;
    deps.events.gone(agentId);
  }

  function startGrace(agentId: string, entry: Entry): void {
    const leaving = new AbortController();
    entry.leaving = leaving;
    // Who comes back in time ends the sleep on purpose.
    waitForReturn(agentId, leaving).catch(() => undefined);
  }

  return {
    connected: (agentId) => {
      update(agentId, (entry) => {
        entry.sockets += 1;
        // A line that comes back by itself is nobody at the desk.
        if (entry.sockets === 1) entry.isIdleHere = entry.isIdle;
        settleGrace(agentId, entry);
      });
      const { sockets, isIdleHere, chosen } = entryOf(agentId);
      if (sockets === 1) activity.begin(agentId, isIdleHere);
      announce(agentId);
      return chosen.status;
    },
    disconnected: (agentId) => {
      update(agentId, (entry) => {
        entry.sockets = Math.max(0, entry.sockets - 1);
        if (entry.sockets === 0) entry.isIdleHere = false;
        settleGrace(agentId, entry);
      });
      if (entryOf(agentId).sockets === 0) activity.end(agentId);
      announce(agentId);
    },
    choose: (agentId, status, reason = null) => {
      update(agentId, (entry) => {
        entry.chosen = { status, reason: status === 'online' ? null : reason };
        if (status === 'offline') awaitNoMore(entry);
      });
      announce(agentId);
      if (status === 'offline') deps.events.gone(agentId);
    },
    active: (agentId, agoMs = 0) => activity.seen(agentId, agoMs),
    idleTimeChanged: activity.timeChanged,
    seenElsewhere: (agentId, { sockets, isIdle, chosen }) => {
      const was = entryOf(agentId).chosen.status;
      update(agentId, (entry) => {
        const wasHere = isHere(entry);
        entry.elsewhere = { sockets, isIdle };
        if (chosen !== undefined) entry.chosen = chosen;
        if (chosen?.status === 'offline') awaitNoMore(entry);
        if (wasHere || isHere(entry)) settleGrace(agentId, entry);
      });
      if (chosen?.status === 'offline' && was !== 'offline') deps.events.gone(agentId);
    },
    status: (agentId) => shown(agentId).status,
    shown,
    isAvailable: (agentId) => availableIds.has(agentId),
    available: () => availableIds,
    finishing: () => finishingIds,
    isLost: (agentId) => entries.get(agentId)?.lost !== undefined,
    expect: (agentId) => {
      const entry = entryOf(agentId);
      if (!isHere(entry) && entry.leaving === undefined) startGrace(agentId, entry);
    },
    forget: (agentId) => {
      entries.get(agentId)?.leaving?.abort();
      entries.get(agentId)?.lost?.abort();
      entries.delete(agentId);
      availableIds.delete(agentId);
      finishingIds.delete(agentId);
      activity.end(agentId);
    },
    online: () => availableIds.size,
    close: () => {
      activity.stop();
      for (const entry of entries.values()) {
        entry.leaving?.abort();
        entry.lost?.abort();
      }
    },
  };

  function shown(agentId: string): PresenceChoice {
    const entry = entries.get(agentId);
    return entry === undefined ? offline : effective(entry);
  }
}

const offline: PresenceChoice = { status: 'offline', reason: null };

/** Within the grace time the agent still counts as what it chose: others see no flicker. */
function effective(entry: Entry): PresenceChoice {
  if (!isHere(entry) && entry.leaving === undefined) return offline;
  return entry.isIdle && entry.chosen.status === 'online' ? { status: 'away', reason: autoAway } : entry.chosen;
}

function isHere({ sockets, elsewhere }: Entry): boolean {
  return sockets + elsewhere.sockets > 0;
}

/** Active at any window is active. */
function isIdleEverywhere({ sockets, isIdleHere, elsewhere }: Entry): boolean {
  return (sockets === 0 || isIdleHere) && (elsewhere.sockets === 0 || elsewhere.isIdle);
}

function isSame(a: PresenceChoice, b: PresenceChoice): boolean {
  return a.status === b.status && a.reason === b.reason;
}

function put(set: Set<string>, id: string, isIn: boolean): void {
  if (isIn) set.add(id);
  else set.delete(id);
}
