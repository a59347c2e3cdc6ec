import { ownLeases } from '../base/leases.ts';
import { type ArchiverDeps, type ArchiverStats, createArchiver } from '../conversation/archiver.ts';

export const dayMs = 24 * 60 * 60_000;

/** Lets an archiver work at a time until it has nothing to do. What it meets is thrown, with what it had done by then. */
export async function archiveUntilIdle(
  deps: Pick<ArchiverDeps, 'store' | 'cold'> & Partial<ArchiverDeps>,
  now: number,
): Promise<ArchiverStats> {
  const abort = new AbortController();
  const errors: unknown[] = [];
  const archiver = createArchiver({
    clock: {
      now: () => now,
      elapsed: () => performance.now(),
      // It looks again after a minute; in between it only takes breath.
      sleep: async (ms) => {
        if (ms >= 60_000) abort.abort();
      },
    },
    leases: ownLeases,
    afterMs: 30 * dayMs,
    keepMs: undefined,
    deleteFile: async () => undefined,
    onError: (error) => errors.push(error),
    ...deps,
  });
  await archiver.run(abort.signal);
  if (errors.length > 0) throw errors[0];
  return archiver.stats;
}
