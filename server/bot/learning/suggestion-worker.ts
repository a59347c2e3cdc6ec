import { parentPort, workerData } from 'node:worker_threads';
import { yieldProcessor } from '../intents/yield-processor.ts';
import { suggestIntents } from './suggest-intents.ts';
import type { SuggestionTask } from './suggestion-thread.ts';

/** The thread in which questions are gathered: thousands of texts are compared with each other. */
yieldProcessor();
const { questions, options } = workerData as SuggestionTask;
parentPort?.postMessage(suggestIntents(questions, options));
