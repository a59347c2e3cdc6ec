import { type MessagePort, parentPort, workerData } from 'node:worker_threads';
import { decodeModel, ModelFileError } from '../intent/model-file.ts';
import { createIntentRecognizer } from '../intent/recognizer.ts';
import type { RecognizerAnswer, RecognizerQuestion, RecognizerTask } from './recognizer-protocol.ts';

/** The thread that holds a model: it takes a second to load a large one, and nobody's message must wait for that. */
const { bytes, port, done } = workerData as RecognizerTask & { port: MessagePort };
try {
  const recognizer = createIntentRecognizer(decodeModel(bytes));
  const answer = ({ id, kind, text }: RecognizerQuestion): RecognizerAnswer => {
    try {
      return { id, value: recognizer[kind](text) };
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
  parentPort?.postMessage({ kind: 'ready' });
} catch (error) {
  if (!(error instanceof ModelFileError)) throw error;
  parentPort?.postMessage({ kind: 'unusable', detail: error.message });
}
