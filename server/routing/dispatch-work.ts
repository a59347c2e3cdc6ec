/** What a dispatcher has under way, and when it decides next. */
export interface DispatchWork {
  /** Whoever waits for us to be settled waits for it; then there is something new to decide. */
  workOn(work: Promise<unknown>): Promise<void>;
  /** Decides when all that happens in this moment is known; before `begin` and after `stop` nothing is decided. */
  soon(): void;
  begin(): void;
  readonly stopped: boolean;
  /** Resolves when nothing is under way. */
  settled(): Promise<void>;
  stop(): void;
}

export function createDispatchWork(deps: { decide: () => void; onError: (error: unknown) => void }): DispatchWork {
  let hasBegun = false;
  let isDue = false;
  let stopped = false;
  let working = 0;
  let idle: (() => void)[] = [];

  function isDone(): void {
    working -= 1;
    if (working > 0) return;
    for (const resolve of idle) resolve();
    idle = [];
  }

  function soon(): void {
    if (isDue || stopped || !hasBegun) return;
    isDue = true;
    working += 1;
    queueMicrotask(() => {
      isDue = false;
      try {
        if (!stopped) deps.decide();
      } catch (error) {
        deps.onError(error);
      }
      isDone();
    });
  }

  return {
    workOn: async (work) => {
      working += 1;
      await work.catch(deps.onError);
      // Before it is done: nobody is settled while there is something to decide.
      soon();
      isDone();
    },
    soon,
    begin: () => {
      hasBegun = true;
    },
    get stopped() {
      return stopped;
    },
    settled: () => (working === 0 ? Promise.resolve() : new Promise((resolve) => idle.push(resolve))),
    stop: () => {
      stopped = true;
    },
  };
}
