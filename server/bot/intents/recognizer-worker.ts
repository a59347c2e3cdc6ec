import { type MessagePort, parentPort, workerData } from 'node:worker_threads';
import { decodeModel, ModelFileError } from '../intent/model-file.ts';
import { createIntentRecognizer } from '../intent/recognizer.ts';
import type { RecognizerAnswer, RecognizerQuestion, RecognizerReady, RecognizerTask } from './recognizer-protocol.ts';

/** The thread that holds a model: it takes a second to load a large one, and nobody's message must wait for that. */
const { bytes, port, done } = workerData as RecognizerTask & { port: MessagePort };
try {
  const model = decodeModel(bytes);
  const recognizer = createIntentRecognizer(model);
  const answer = ({ id, kind, text, vector }: RecognizerQuestion): RecognizerAnswer => {
    try {
      const value = kind === 'explain' ? recognizer.explain(text, { vector }) : recognizer.recognize(text, vector);
      return { id, value };
    } catch (error) {
      return { id, error: error instanceof Error ? (error.stack ?? error.message) : String(error) };
    }
  };
  // The first text compiles what the others run.
  recognizer.explain('hello 你好');
  port.on('message', (question: RecognizerQuestion) => {
    port.postMessage(answer(question));
    Atomics.store(done, 0, question.id);
    Atomics.notify(done, 0);
  });
  const { embedded } = model;
  const embedding = embedded === undefined ? null : { ...embedded.of, dimensions: embedded.centre.length };
  const ready: RecognizerReady = { kind: 'ready', embedding };
  parentPort?.postMessage(ready);
} catch (error) {
  if (!(error instanceof ModelFileError)) throw error;
  parentPort?.postMessage({ kind: 'unusable', detail: error.message });
}
