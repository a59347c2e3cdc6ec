/**
 * How long to wait before attempt `attempt + 1`: exponential with full jitter, so that many who failed together do
 * not come back together (M. Brooker, "Exponential Backoff And Jitter", AWS Architecture Blog, 2015), but never less
 * than half of the step, so that a failing platform really gets its pause.
 *
 * @param attempt how many attempts have failed, from 1
 * @param random a number in [0, 1)
 * @returns milliseconds
 */
export function backoffMs(attempt: number, random: number, options: { baseMs: number; maxMs: number }): number {
  const step = Math.min(options.maxMs, options.baseMs * 2 ** Math.min(attempt - 1, 30));
  return Math.round(step / 2 + (step / 2) * random);
}
