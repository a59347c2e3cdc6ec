import { Worker } from 'node:worker_threads';
import { Refusal } from '../../gateway/refusal.ts';
import type { GatheredQuestions, SuggestOptions, UnansweredQuestion } from './suggest-intents.ts';

export interface SuggestionTask {
  readonly questions: readonly UnansweredQuestion[];
  readonly options: SuggestOptions;
}

const longestMs = 120_000;

/**
 * Gathers questions in a thread of its own, so that no message waits for it.
 *
 * @throws Refusal `unavailable` where it takes too long, or the signal aborts
 */
export async function gatherQuestions(task: SuggestionTask, signal: AbortSignal): Promise<GatheredQuestions> {
  const worker = new Worker(new URL('./suggestion-worker.ts', import.meta.url), { workerData: task });
  const { promise, resolve, reject } = Promise.withResolvers<GatheredQuestions>();
  const end = (why: string) => () => reject(new Refusal('unavailable', why, { retryAfterMs: 5_000 }));
  const onStop = end('The server is being stopped.');
  signal.addEventListener('abort', onStop, { once: true });
  const timer = setTimeout(end('Gathering the questions takes too long.'), longestMs);
  worker.once('message', resolve);
  worker.once('error', reject);
  worker.once('exit', () => reject(new Error('The thread that gathers questions has ended.')));
  try {
    return await promise;
  } finally {
    clearTimeout(timer);
    signal.removeEventListener('abort', onStop);
    await worker.terminate();
  }
}
