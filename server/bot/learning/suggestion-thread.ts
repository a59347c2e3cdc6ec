import { Worker } from 'node:worker_threads';
import { Refusal } from '../../gateway/refusal.ts';
import { answerOfThread } from '../answer-of-thread.ts';
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
  return answerOfThread(worker, {
    signal,
    longestMs,
    tooLong: new Refusal('unavailable', 'Gathering the questions takes too long.', { retryAfterMs: 5_000 }),
    ended: 'The thread that gathers questions has ended.',
  });
}
