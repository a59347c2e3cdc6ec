import { parentPort, workerData } from 'node:worker_threads';
import { decodeModel, ModelFileError } from '../intent/model-file.ts';
import { createIntentRecognizer, type IntentRecognizer } from '../intent/recognizer.ts';
import { yieldProcessor } from '../intents/yield-processor.ts';
import type { RecognizingQuestion, RecognizingReply } from './recognizing-thread.ts';

/** The thread of one replay: it holds the models of both sides and is asked thousands of texts, for which nobody waits. */
const port = parentPort;
if (port === null) throw new Error('recognizing-worker runs as a worker thread only');
const reply = (message: RecognizingReply) => port.postMessage(message);

yieldProcessor();
try {
  const models = workerData as ReadonlyMap<string, Uint8Array>;
  const recognizers = new Map<string, IntentRecognizer>();
  for (const [version, bytes] of models) {
    try {
      recognizers.set(version, createIntentRecognizer(decodeModel(bytes)));
    } catch (error) {
      if (!(error instanceof ModelFileError)) throw error;
      throw new ModelFileError(error.reason, `Version ${version}: ${error.message}`);
    }
  }
  port.on('message', ({ id, version, texts }: RecognizingQuestion) => {
    const recognizer = recognizers.get(version);
    if (recognizer === undefined) throw new Error(`There is no model ${version} in this thread.`);
    reply({ kind: 'answer', id, recognitions: texts.map((text) => recognizer.recognize(text)) });
  });
  reply({ kind: 'ready' });
} catch (error) {
  if (!(error instanceof ModelFileError)) throw error;
  reply({ kind: 'unusable', detail: error.message });
}
