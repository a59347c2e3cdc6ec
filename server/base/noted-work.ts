import { setTimeout as delay } from 'node:timers/promises';

/** Work that goes on by itself in this process, and of which a store tells all processes how far it is. */
export interface NotedWork<R> {
  readonly id: string;
  /** Does it, and ends as the signal says. */
  readonly run: (signal: AbortSignal) => Promise<R>;
  /** Notes that it goes on. @returns false: it is not wanted any more */
  readonly note: () => Promise<boolean>;
  /** Notes how it ended: for what is not wanted any more, nothing is. */
  readonly done: (result: R) => Promise<unknown>;
  readonly failed: (error: unknown) => Promise<unknown>;
}

export interface NotedWorks {
  /** Whether any is under way here. */
  readonly isBusy: boolean;
  readonly isStopped: boolean;
  begin<R>(work: NotedWork<R>): void;
  /** It is not wanted any more, if it is under way here. */
  drop(id: string): void;
  /** What is under way fails with the reason; resolves when that is noted. */
  stop(reason: unknown): Promise<void>;
}

/** Why something ends of which nobody wants to know more: somebody cancelled it, or another process took it for dead. */
export const unwanted = new Error('It is not wanted any more.');

/** Whoever is not heard of for so long is gone. */
export const silentMs = 15_000;
/** Whether whoever does it is gone, as far as can be told. */
export const isSilent = (work: { readonly state: string; readonly seenAt: number }, now: number): boolean =>
  work.state === 'running' && now - work.seenAt > silentMs;

/** @param options.noteMs how often it is noted that work goes on, and asked whether it is still wanted */
export function createNotedWorks({
  noteMs = 500,
  onError,
}: {
  noteMs?: number;
  onError: (error: unknown) => void;
}): NotedWorks {
  const underWay = new Map<string, { readonly abort: AbortController; ended: Promise<void> }>();
  let isStopped = false;

  async function see<R>({ id, run, note, done, failed }: NotedWork<R>, abort: AbortController): Promise<void> {
    const over = new AbortController();
    const noting = noteWhile(note, abort, over.signal);
    const found = await run(abort.signal).then(
      (result) => ({ result }),
      (error: unknown) => ({ error: abort.signal.aborted ? (abort.signal.reason as unknown) : error }),
    );
    over.abort();
    await noting;
    // Who sees its end may begin the next one.
    underWay.delete(id);
    try {
      if ('result' in found) await done(found.result);
      else if (found.error !== unwanted) await failed(found.error);
    } catch (error) {
      onError(error);
    }
  }

  async function noteWhile(note: () => Promise<boolean>, abort: AbortController, over: AbortSignal): Promise<void> {
    while (!over.aborted && !abort.signal.aborted) {
      try {
        if (!(await note())) abort.abort(unwanted);
      } catch (error) {
        onError(error);
      }
      await delay(noteMs, undefined, { signal: over, ref: false }).catch(() => undefined);
    }
  }

  return {
    get isBusy() {
      return underWay.size > 0;
    },
    get isStopped() {
      return isStopped;
    },
    begin: (work) => {
      const abort = new AbortController();
      const entry = { abort, ended: Promise.resolve() };
      underWay.set(work.id, entry);
      entry.ended = see(work, abort);
    },
    drop: (id) => underWay.get(id)?.abort.abort(unwanted),
    stop: async (reason) => {
      isStopped = true;
      const all = [...underWay.values()];
      for (const { abort } of all) abort.abort(reason);
      await Promise.all(all.map(({ ended }) => ended));
    },
  };
}
