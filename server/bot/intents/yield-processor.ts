import { readlinkSync } from 'node:fs';
import { setPriority } from 'node:os';

/**
 * Lets this thread run when nobody else wants the processor (nice 5), so that messages do not wait for it. Linux gives each
 * thread a number and a priority of its own; elsewhere nothing changes.
 */
export function yieldProcessor(): void {
  try {
    const [, thread] = /\/task\/(\d+)$/.exec(readlinkSync('/proc/thread-self')) ?? [];
    if (thread !== undefined) setPriority(Number(thread), 5);
  } catch {
    // No Linux, or not allowed: it works as well, and gives way less.
  }
}
