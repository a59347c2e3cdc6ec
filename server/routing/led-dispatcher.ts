import type { Clock } from '../base/clock.ts';
import type { Leases } from '../base/leases.ts';
import type { Dispatcher } from './dispatcher.ts';

/** How long a leader waits that could not read the store. */
const retryMs = 1_000;

/** The dispatcher of an installation: one process at a time decides, whichever holds the lease. */
export interface LedDispatcher
  extends Pick<Dispatcher, 'agentsChanged' | 'configChanged' | 'agentGone' | 'stats' | 'settled'> {
  /** Takes part in it until the signal aborts; resolves when this process decides nothing more. */
  run(signal: AbortSignal): Promise<void>;
  /** The dispatcher of this process, while it leads and knows all that it decides by. */
  readonly leading: Dispatcher | undefined;
}

export function createLedDispatcher(deps: {
  leases: Leases;
  /** A dispatcher that knows nothing yet: each time that this process comes to lead. */
  create: () => Dispatcher;
  /** Called then, before the first decision. */
  onLead?: () => Promise<void>;
  clock: Clock;
  /** How often the store is looked at again, for what was written and we did not hear. */
  lookAgainMs: number;
  onError: (error: unknown) => void;
}): LedDispatcher {
  const { clock, lookAgainMs } = deps;
  let current: Dispatcher | undefined;
  let hasBegun = false;

  async function lead(held: AbortSignal): Promise<void> {
    const dispatcher = deps.create();
    current = dispatcher;
    try {
      await deps.onLead?.();
      await begin(dispatcher, held);
      hasBegun = true;
      await untilLost(dispatcher, held);
    } finally {
      hasBegun = false;
      dispatcher.stop();
      await dispatcher.settled();
      current = undefined;
    }
  }

  /** A store that is away now is not given up: nobody else would decide meanwhile. */
  async function begin(dispatcher: Dispatcher, held: AbortSignal): Promise<void> {
    while (!held.aborted) {
      try {
        await dispatcher.start();
        return;
      } catch (error) {
        deps.onError(error);
        await clock.sleep(retryMs, held).catch(() => undefined);
      }
    }
  }

  async function untilLost(dispatcher: Dispatcher, held: AbortSignal): Promise<void> {
    while (!held.aborted) {
      await clock.sleep(lookAgainMs, held).catch(() => undefined);
      if (!held.aborted) await dispatcher.lookAgain().catch(deps.onError);
    }
  }

  return {
    run: (signal) => deps.leases.whileHeld('dispatcher', lead, signal),
    get leading() {
      return hasBegun ? current : undefined;
    },
    agentsChanged: (agentId) => current?.agentsChanged(agentId),
    configChanged: () => current?.configChanged(),
    agentGone: async (agentId, activeSince) => current?.agentGone(agentId, activeSince),
    stats: async () => (await current?.stats()) ?? { waiting: 0, oldestAgeMs: 0 },
    settled: async () => current?.settled(),
  };
}
