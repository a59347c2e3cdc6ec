import type { Clock } from '../../base/clock.ts';

export interface CircuitBreaker {
  /** `closed`: all is well; `open`: nothing is asked; `half-open`: one is asked to see. */
  readonly state: 'closed' | 'open' | 'half-open';
  /**
   * Whether one may ask now. Who is told true must tell what came of it: `succeeded`, `failed` or `abandoned`.
   */
  tryEnter(): boolean;
  succeeded(): void;
  failed(): void;
  /** Given up before anything could be told of the other side. */
  abandoned(): void;
  /** Milliseconds until somebody may ask again; 0: now. */
  waitMs(): number;
  /** The other side is another one now. */
  reset(): void;
}

/**
 * Stops asking a server that fails, so that nobody waits for it and it is left alone; asks one question after a while to see
 * whether it is back (M. Nygard, "Release It!", 2007). Each time that it is not, the pause doubles.
 */
export function createCircuitBreaker(
  clock: Pick<Clock, 'elapsed'>,
  {
    failures = 5,
    openMs = 15_000,
    longestMs = 300_000,
  }: { failures?: number; openMs?: number; longestMs?: number } = {},
): CircuitBreaker {
  let failed = 0;
  let pauseMs = openMs;
  let openUntil: number | undefined;
  let isProbing = false;

  const state = (): CircuitBreaker['state'] => {
    if (openUntil === undefined) return 'closed';
    return clock.elapsed() < openUntil ? 'open' : 'half-open';
  };
  const close = () => {
    failed = 0;
    pauseMs = openMs;
    openUntil = undefined;
    isProbing = false;
  };
  const open = () => {
    openUntil = clock.elapsed() + pauseMs;
    pauseMs = Math.min(longestMs, pauseMs * 2);
    isProbing = false;
  };

  return {
    get state() {
      return state();
    },
    tryEnter: () => {
      const now = state();
      if (now === 'closed') return true;
      if (now === 'open' || isProbing) return false;
      isProbing = true;
      return true;
    },
    succeeded: () => {
      // An answer to what was asked before it opened says nothing of now.
      if (state() !== 'open') close();
    },
    failed: () => {
      failed += 1;
      if (state() === 'half-open' ? isProbing : state() === 'closed' && failed >= failures) open();
    },
    abandoned: () => {
      isProbing = false;
    },
    waitMs: () => (openUntil === undefined ? 0 : Math.max(0, openUntil - clock.elapsed())),
    reset: close,
  };
}
