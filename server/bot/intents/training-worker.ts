import { createHash } from 'node:crypto';
import { parentPort, workerData } from 'node:worker_threads';
import { Refusal } from '../../gateway/refusal.ts';
import { encodeModel } from '../intent/model-file.ts';
import { createIntentRecognizer } from '../intent/recognizer.ts';
import { trainIntents } from '../intent/train-intents.ts';
import { evaluate } from './evaluation.ts';
import type { TrainingReply, TrainingTask } from './training-protocol.ts';
import { yieldProcessor } from './yield-processor.ts';

/** The thread of one training: it learns and then measures for seconds or minutes, and nobody's message must wait for that. */
const port = parentPort;
if (port === null) throw new Error('training-worker runs as a worker thread only');
const reply = (message: TrainingReply, transfer: ArrayBuffer[] = []) => port.postMessage(message, transfer);
const problemsKept = 100;

function train({ data, seed, embedding }: TrainingTask): void {
  const begun = performance.now();
  const onProgress = (share: number) => reply({ kind: 'progress', stage: 'learning', share });
  const { model, problems } = trainIntents(data.examples, { seed, onProgress, embedding });
  const seconds = (performance.now() - begun) / 1_000;
  const bytes = new Uint8Array(encodeModel(model));
  const { intents, utterances } = model;
  const facts = {
    ...{ intents, utterances: utterances.length, seconds },
    ...{ problems: problems.slice(0, problemsKept), problemCount: problems.length },
    embedding: embedding === undefined ? null : { ...embedding.of, dimensions: embedding.dimensions },
  };
  const sha256 = createHash('sha256').update(bytes).digest('hex');
  reply({ kind: 'model', bytes, sha256, facts }, [bytes.buffer]);
  const evaluation = evaluate(data, createIntentRecognizer(model), {
    seed,
    embedding,
    onProgress: (share) => reply({ kind: 'progress', stage: 'checking', share }),
  });
  reply({ kind: 'evaluated', evaluation });
}

yieldProcessor();
try {
  train(workerData as TrainingTask);
} catch (error) {
  if (!(error instanceof Refusal)) throw error;
  reply({ kind: 'refused', detail: error.message });
}
