import type { Clock } from './clock.ts';

/** How often the server is asked. In between time is counted by what nobody sets. */
const askEveryMs = 5_000;

/** One time for all processes of an installation, however the clocks of their machines stand. */
export interface SharedClock extends Clock {
  /** How far this machine's own clock is ahead of it (positive) or behind. */
  skewMs(): number;
  stop(): void;
}

/**
 * Starts a clock that goes by a server that all processes share: two whose machines differ by an hour would else write
 * times that the other one takes for the past or the future. While the server is away it goes on by itself.
 *
 * The answer was true at some moment between question and answer (F. Cristian, "Probabilistic clock synchronization",
 * 1989): it moves the clock only where it proves it wrong, so that a slow answer changes nothing.
 *
 * @param deps.ask the server's time in epoch milliseconds
 * @throws what `ask` throws the first time
 */
export async function startSharedClock(deps: { ask: () => Promise<number>; own: Clock }): Promise<SharedClock> {
  const { ask, own } = deps;
  const stopped = new AbortController();

  async function measure(): Promise<{ offset: number; uncertainMs: number }> {
    const asked = own.elapsed();
    const theirs = await ask();
    const answered = own.elapsed();
    return { offset: theirs - (asked + answered) / 2, uncertainMs: (answered - asked) / 2 };
  }

  let { offset } = await measure();
  const keepAsking = async () => {
    while (!stopped.signal.aborted) {
      await own.sleep(askEveryMs, stopped.signal).catch(() => undefined);
      const measured = stopped.signal.aborted ? undefined : await measure().catch(() => undefined);
      if (measured === undefined) continue;
      if (Math.abs(measured.offset - offset) > measured.uncertainMs) ({ offset } = measured);
    }
  };
  void keepAsking();

  const now = () => Math.floor(own.elapsed() + offset);
  return {
    now,
    elapsed: own.elapsed,
    sleep: own.sleep,
    skewMs: () => own.now() - now(),
    stop: () => stopped.abort(),
  };
}
