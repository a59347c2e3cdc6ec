import type { Clock } from '../base/clock.ts';
import type { PresenceRow, RecordStore } from './record-store.ts';

/** What an agent is, in the words that are kept. */
export type PresenceState = Pick<PresenceRow, 'presence' | 'reason' | 'capacity'>;

/**
 * Keeps who was there when, for dry runs: a row where it changes, and one a day of everybody who is there, so that what held
 * at a time is found without looking further back. One process at a time does it.
 */
export interface PresenceRecorder {
  /** The agent's presence may be another one now. */
  changed(agentId: string): void;
  /** Records until the signal aborts. */
  run(held: AbortSignal): Promise<void>;
}

/** How far back what held at a time is found at the latest. */
export const presenceLookBackMs = 26 * 60 * 60_000;
/** Of somebody who is there it is said again after this time. */
const saidAgainMs = 24 * 60 * 60_000;
/** Changes are gathered for so long: one that is taken back within it never was. */
const gatherMs = 5_000;
/** Of one agent there are no more rows than one in so long, however their line flaps: the last state counts. */
const leastBetweenMs = 30_000;
/** How often it is noted that we are alive, old rows are removed, and everybody is looked at. */
const beatMs = 60_000;
/** Nobody has recorded for so long: who was there until then is not known to have stayed. */
const silenceMs = 3 * beatMs;
const forgottenAtOnce = 2_000;
const rowsAtOnce = 2_000;

/** Who was cut off, and is given nothing until they are back: not yet gone by what others see. */
export const lostReason = 'lost';
/** Nobody was there to record, so that it is not known. */
export const unseenReason = 'unseen';
const offline = (reason: string | null, capacity: number): PresenceState => ({ presence: 'offline', reason, capacity });

/** Since when it is recorded who is there, and when it was last; kept in the store. */
export interface RecordMarks {
  /** @param now what it is from now on where nothing was recorded before */
  since(now: number): Promise<number>;
  lastBeat(): Promise<number | undefined>;
  beat(at: number): Promise<void>;
}

export function createPresenceRecorder(deps: {
  store: Pick<RecordStore, 'presences' | 'addPresences' | 'forget'>;
  marks: RecordMarks;
  /** Everybody who can be there. */
  agentIds: () => Iterable<string>;
  /** What holds now; undefined: there is no such agent. */
  stateOf: (agentId: string) => PresenceState | undefined;
  clock: Clock;
  /** Rows are kept for so long. */
  keepMs: number;
  /** How long somebody who was cut off has to come back before it is recorded. */
  graceMs: number;
  onError: (error: unknown) => void;
}): PresenceRecorder {
  const { store, clock, marks } = deps;
  /** The last row of each agent. */
  const recorded = new Map<string, PresenceRow>();
  /** What has changed since, and when. */
  const news = new Map<string, PresenceRow>();
  let isRecording = false;

  function look(agentId: string): void {
    const last = recorded.get(agentId);
    const state = deps.stateOf(agentId) ?? offline(null, last?.capacity ?? 0);
    const before = news.get(agentId) ?? last ?? { ...offline(null, state.capacity), agentId, at: 0 };
    if (isSame(before, state)) return;
    const now = Math.max(clock.now(), (last?.at ?? 0) + 1);
    news.set(agentId, { ...state, agentId, at: now });
  }

  /** What is to be stored by now; what was taken back meanwhile is not. */
  function takeDue(now: number): PresenceRow[] {
    const due: PresenceRow[] = [];
    for (const [agentId, row] of news) {
      const last = recorded.get(agentId);
      if (last === undefined ? row.presence === 'offline' : isSame(last, row)) {
        news.delete(agentId);
        continue;
      }
      const waitMs = row.reason === lostReason ? deps.graceMs : 0;
      if (now - row.at < waitMs || now - (last?.at ?? 0) < leastBetweenMs) continue;
      due.push(row);
    }
    return due;
  }

  async function write(rows: readonly PresenceRow[]): Promise<void> {
    if (rows.length === 0) return;
    await store.addPresences(rows);
    for (const row of rows) {
      recorded.set(row.agentId, row);
      if (news.get(row.agentId) === row) news.delete(row.agentId);
    }
  }

  /** Finds what was recorded before us, and ends what nobody saw the end of. */
  async function takeOver(held: AbortSignal): Promise<void> {
    recorded.clear();
    news.clear();
    const now = clock.now();
    await marks.since(now);
    const beat = (await marks.lastBeat()) ?? now;
    const span = { from: Math.min(beat, now) - presenceLookBackMs, to: now + 1 };
    let latest = beat;
    for (let after: PresenceRow | undefined; ; ) {
      const rows = await store.presences(span, { limit: rowsAtOnce, ...(after === undefined ? {} : { after }) });
      for (const row of rows) recorded.set(row.agentId, row);
      after = rows.at(-1);
      latest = Math.max(latest, after?.at ?? 0);
      if (rows.length < rowsAtOnce) break;
    }
    isRecording = true;
    const open = [...recorded.values()].filter((row) => row.presence !== 'offline');
    const isSilent = now - latest > silenceMs;
    // Who was there when the process before us ended has some time to come back to us.
    if (open.length > 0 && !isSilent) await clock.sleep(deps.graceMs, held);
    const gone = open.filter((row) => isSilent || isAway(deps.stateOf(row.agentId)));
    for (const { agentId } of gone) news.delete(agentId);
    await write(gone.map(({ agentId, capacity }) => ({ agentId, at: latest + 1, ...offline(unseenReason, capacity) })));
    for (const id of new Set([...deps.agentIds(), ...recorded.keys()])) look(id);
  }

  async function beat(): Promise<void> {
    const now = clock.now();
    for (const id of new Set([...deps.agentIds(), ...recorded.keys()])) look(id);
    const again = [...recorded.values()].filter((row) => row.presence !== 'offline' && now - row.at >= saidAgainMs);
    await write(again.filter(({ agentId }) => !news.has(agentId)).map((row) => ({ ...row, at: now })));
    await marks.beat(now);
    await store.forget(now - deps.keepMs, forgottenAtOnce);
  }

  async function record(held: AbortSignal): Promise<void> {
    let beatAt = Number.NEGATIVE_INFINITY;
    while (!held.aborted) {
      await write(takeDue(clock.now()));
      if (clock.elapsed() - beatAt >= beatMs) {
        await beat();
        beatAt = clock.elapsed();
      }
      await clock.sleep(gatherMs, held);
    }
  }

  return {
    changed: (agentId) => {
      if (isRecording) look(agentId);
    },
    run: async (held) => {
      while (!held.aborted) {
        try {
          await takeOver(held);
          await record(held);
        } catch (error) {
          if (held.aborted) break;
          // What was recorded is looked up anew.
          deps.onError(error);
          await clock.sleep(gatherMs, held).catch(() => undefined);
        } finally {
          isRecording = false;
        }
      }
      await end();
    },
  };

  /** What is known is kept as far as it can be: whoever comes next begins there. */
  async function end(): Promise<void> {
    try {
      await write([...news.values()].filter((row) => row.reason !== lostReason));
      await marks.beat(clock.now());
    } catch (error) {
      deps.onError(error);
    }
  }
}

/** Of somebody who is not there it does not matter why, nor how much they could have. */
function isSame(a: PresenceState, b: PresenceState): boolean {
  if (a.presence === 'offline' && b.presence === 'offline') return true;
  return a.presence === b.presence && a.reason === b.reason && a.capacity === b.capacity;
}

const isAway = (state: PresenceState | undefined) => state === undefined || state.presence === 'offline';
