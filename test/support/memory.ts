import { readFileSync } from 'node:fs';

/** What a process holds in memory, watched until it is asked. */
export interface MemoryWatch extends Disposable {
  /** Largest resident set seen, in MiB; of the process that grew most. */
  readonly peakMiB: number;
  readonly firstMiB: number;
}

/** Looks at the resident sets of processes ten times a second, and keeps the largest. */
export function watchMemory(pids: readonly number[]): MemoryWatch {
  const firstMiB = largest(pids);
  let peakMiB = firstMiB;
  const timer = setInterval(() => {
    peakMiB = Math.max(peakMiB, largest(pids));
  }, 100);
  return {
    firstMiB,
    get peakMiB() {
      return peakMiB;
    },
    [Symbol.dispose]: () => clearInterval(timer),
  };
}

function largest(pids: readonly number[]): number {
  return Math.max(...pids.map(residentMiB));
}

function residentMiB(pid: number): number {
  const kib = /^VmRSS:\s+(\d+) kB/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1];
  return Number(kib ?? 0) / 1_024;
}
