import { Worker } from 'node:worker_threads';
import { Refusal } from '../../gateway/refusal.ts';
import { type Evaluation, evaluationCost } from './evaluation.ts';
import type { TrainingReply, TrainingTask } from './training-protocol.ts';

/** What the thread may hold beside its arrays of numbers: a machine that runs out of memory has no server any more. */
const mostMegabytes = 2_048;
const isOutOfMemory = (error: unknown) => (error as { code?: unknown }).code === 'ERR_WORKER_OUT_OF_MEMORY';

/**
 * Trains and measures in a thread of its own.
 *
 * @param options.onProgress how much of both is done, from 0 to 1
 * @param options.onModel as soon as it is trained: it can be used from then on
 * @throws Refusal `settings-invalid` when there is too little to learn; the signal's reason when it aborts
 */
export async function runTraining(
  task: TrainingTask,
  options: {
    signal: AbortSignal;
    onProgress: (stage: 'learning' | 'checking', share: number) => void;
    onModel: (model: Extract<TrainingReply, { kind: 'model' }>) => Promise<void>;
    onEvaluated: (evaluation: Evaluation) => Promise<void>;
  },
): Promise<void> {
  const { signal, onProgress } = options;
  signal.throwIfAborted();
  const utterances = task.data.examples.reduce((sum, intent) => sum + intent.utterances.length, 0);
  const learningShare = 1 / (1 + evaluationCost(utterances));
  const worker = new Worker(new URL('./training-worker.ts', import.meta.url), {
    workerData: task,
    resourceLimits: { maxOldGenerationSizeMb: mostMegabytes },
  });
  const { promise, resolve, reject } = Promise.withResolvers<void>();
  const onAbort = () => reject(signal.reason);
  signal.addEventListener('abort', onAbort, { once: true });
  worker.once('error', (error) => reject(isOutOfMemory(error) ? tooMuch() : error));
  let hasSaidAll = false;
  worker.once('exit', () => hasSaidAll || reject(new Error('The thread that trains has ended.')));
  let stored: Promise<void> = Promise.resolve();
  worker.on('message', (reply: TrainingReply) => {
    switch (reply.kind) {
      case 'progress':
        onProgress(
          reply.stage,
          reply.stage === 'learning' ? learningShare * reply.share : learningShare + (1 - learningShare) * reply.share,
        );
        return;
      case 'model':
        stored = options.onModel(reply);
        stored.catch(reject);
        return;
      case 'evaluated':
        hasSaidAll = true;
        stored.then(() => options.onEvaluated(reply.evaluation)).then(resolve, reject);
        return;
      case 'refused':
        reject(new Refusal('settings-invalid', reply.detail, { field: 'intents' }));
        return;
      default:
        reply satisfies never;
    }
  });
  try {
    await promise;
  } finally {
    signal.removeEventListener('abort', onAbort);
    await worker.terminate();
  }
}

const tooMuch = () =>
  new Refusal('settings-invalid', `Training takes more than ${mostMegabytes} MB of memory: disable some intents.`, {
    field: 'intents',
  });
