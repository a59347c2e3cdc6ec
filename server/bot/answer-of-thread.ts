import type { Worker } from 'node:worker_threads';
import { Refusal } from '../gateway/refusal.ts';

/**
 * The one answer of a thread that was begun for it; the thread has ended when this settles.
 *
 * @param options.tooLong thrown after `longestMs`
 * @param options.ended said where the thread ends without an answer
 * @throws Refusal `unavailable` when the signal aborts; what the thread throws
 */
export async function answerOfThread<Answer>(
  worker: Worker,
  options: { signal: AbortSignal; longestMs: number; tooLong: Refusal; ended: string },
): Promise<Answer> {
  const { signal, longestMs, tooLong, ended } = options;
  const { promise, resolve, reject } = Promise.withResolvers<Answer>();
  const onStop = () => reject(new Refusal('unavailable', 'The server is being stopped.', { retryAfterMs: 5_000 }));
  signal.addEventListener('abort', onStop, { once: true });
  const timer = setTimeout(() => reject(tooLong), longestMs);
  worker.once('message', resolve);
  worker.once('error', reject);
  worker.once('exit', () => reject(new Error(ended)));
  try {
    return await promise;
  } finally {
    clearTimeout(timer);
    signal.removeEventListener('abort', onStop);
    await worker.terminate();
  }
}
