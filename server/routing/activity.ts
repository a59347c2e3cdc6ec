import type { Clock } from '../base/clock.ts';

/** Which agents have done something lately at the windows of this process: a key, a pointer, a message. */
export interface Activity {
  /** The agent has a window here, and counts as active from now on, unless it was idle before. */
  begin(agentId: string, isIdle: boolean): void;
  /** The agent has no window here any more. */
  end(agentId: string): void;
  /** @param agoMs how long ago it was */
  seen(agentId: string, agoMs: number): void;
  /** Another time holds, or none. */
  timeChanged(): void;
  stop(): void;
}

/** It is looked again at the latest after this time: nobody waits for the end of a long one that was made shorter. */
const longestSleepMs = 3_600_000;

/**
 * @param deps.autoAwayMs without anything for so long an agent is idle; null: never
 * @param deps.changed called when it is another than before
 */
export function createActivity(deps: {
  clock: Clock;
  autoAwayMs: () => number | null;
  changed: (agentId: string, isIdle: boolean) => void;
}): Activity {
  const { clock } = deps;
  /** `isAssumed`: nobody has said yet when it was. */
  const agents = new Map<string, { activeAt: number; isIdle: boolean; isAssumed: boolean }>();
  let sleeping = new AbortController();

  /** Tells of all who are idle by now, and looks again when the next one would be. */
  function look(): void {
    sleeping.abort();
    const idleAfterMs = deps.autoAwayMs();
    const now = clock.elapsed();
    let next = Number.POSITIVE_INFINITY;
    for (const [agentId, agent] of agents) {
      const idleAt = idleAfterMs === null ? Number.POSITIVE_INFINITY : agent.activeAt + idleAfterMs;
      if (idleAt > now) next = Math.min(next, idleAt);
      tell(agentId, agent, idleAt <= now);
    }
    if (next === Number.POSITIVE_INFINITY) return;
    sleeping = new AbortController();
    clock.sleep(Math.min(longestSleepMs, next - now), sleeping.signal).then(look, () => undefined);
  }

  function tell(agentId: string, agent: { isIdle: boolean }, isIdle: boolean): void {
    if (agent.isIdle === isIdle) return;
    agent.isIdle = isIdle;
    deps.changed(agentId, isIdle);
  }

  return {
    begin: (agentId, isIdle) => {
      const activeAt = isIdle ? Number.NEGATIVE_INFINITY : clock.elapsed();
      agents.set(agentId, { activeAt, isIdle, isAssumed: true });
      look();
    },
    end: (agentId) => {
      agents.delete(agentId);
    },
    seen: (agentId, agoMs) => {
      const agent = agents.get(agentId);
      if (agent === undefined) return;
      const at = clock.elapsed() - agoMs;
      // A window that comes back by itself at night says that nobody was there; another one may know better.
      agent.activeAt = agent.isAssumed ? at : Math.max(agent.activeAt, at);
      agent.isAssumed = false;
      if (agent.isIdle || agoMs > 0) look();
    },
    timeChanged: look,
    stop: () => sleeping.abort(),
  };
}
