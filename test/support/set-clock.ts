import { globSync } from 'node:fs';
import { mkdtemp, rename, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { missingProgram } from '../../server/testing/child-server.ts';

const [library] = globSync('/usr/lib/*/faketime/libfaketimeMT.so.1');

/** Why what sets clocks is skipped, or false. */
export const faketimeMissing = (): string | false => missingProgram(library !== undefined, 'faketime');

export const hourS = 3_600;

/** The clock of a process that a test sets while it runs. What the process counts by itself goes on as it was. */
export interface SetClock extends AsyncDisposable {
  /** The process is started with these. */
  readonly env: Readonly<Record<string, string>>;
  /**
   * Sets it so many seconds ahead (negative: back) of the machine's, and waits until the process has seen it.
   *
   * @param process where it answers `GET /healthz`, which carries its time; or what tells its time, in seconds since 1970
   */
  set(offsetS: number, process: { readonly url: string } | (() => Promise<number>)): Promise<void>;
}

/**
 * A clock that goes right until it is set (libfaketime).
 *
 * @param allocator `libc` for a program with jemalloc, which asks for the time before libfaketime can tell it, and never
 *   comes up (redis-server): libc's own allocator is found first then
 */
export async function createSetClock(allocator: 'own' | 'libc' = 'own'): Promise<SetClock> {
  const dir = await mkdtemp(join(tmpdir(), 'parley-clock-'));
  const file = join(dir, 'offset');
  const write = async (offsetS: number) => {
    // Never half of a line.
    await writeFile(`${file}.new`, `${offsetS < 0 ? '' : '+'}${offsetS}\n`);
    await rename(`${file}.new`, file);
  };
  await write(0);
  return {
    env: {
      LD_PRELOAD: [library, ...(allocator === 'libc' ? ['libc.so.6'] : [])].join(':'),
      FAKETIME_TIMESTAMP_FILE: file,
      // In seconds: read anew for every look at the clock, it would cost more than all else.
      FAKETIME_CACHE_DURATION: '1',
      DONT_FAKE_MONOTONIC: '1',
      NO_FAKE_STAT: '1',
    },
    set: async (offsetS, process) => {
      await write(offsetS);
      const isSeen = async () => Math.abs((await aheadS(process)) - offsetS) < 60;
      for (const deadline = performance.now() + 30_000; !(await isSeen()); await sleep(50)) {
        if (performance.now() > deadline) throw new Error('not tested: it never saw its clock set');
      }
    },
    [Symbol.asyncDispose]: () => rm(dir, { recursive: true, force: true }),
  };
}

/** How far the clock of a process is ahead of ours. */
async function aheadS(process: { readonly url: string } | (() => Promise<number>)): Promise<number> {
  if (typeof process === 'function') return (await process()) - Date.now() / 1_000;
  const { headers } = await fetch(`${process.url}/healthz`);
  return (Date.parse(headers.get('date') ?? '') - Date.now()) / 1_000;
}
