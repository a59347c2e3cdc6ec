import { MessageChannel, receiveMessageOnPort, Worker } from 'node:worker_threads';
import type { TrainedEmbedding } from '../embeddings/embedding-id.ts';
import type { Explanation, Recognition, VectorOfText } from '../intent/recognizer.ts';
import type { RecognizerAnswer, RecognizerQuestion, RecognizerReady, RecognizerTask } from './recognizer-protocol.ts';

/** A model that cannot be used: damaged, or of another version of the program. `message` says which. */
export class UnusableModel extends Error {
  override readonly name = 'UnusableModel';
}

/** A loaded model. It answers any string, and at once: the caller waits for it, under a millisecond as a rule. */
export interface LoadedRecognizer {
  /** @throws Error when its thread has ended, or does not answer in time */
  recognize(text: string, vector?: VectorOfText): Recognition;
  explain(text: string, vector?: VectorOfText): Explanation;
  /** What it wants vectors of; null: none. */
  readonly embedding: TrainedEmbedding | null;
  readonly isAlive: boolean;
  close(): Promise<void>;
}

/** Whoever waits longer than this has better nothing: the thread may have no processor. */
const answerWithinMs = 500;
/** What is behind this is not read by any model. */
const mostCharacters = 4_000;
const loadWithinMs = 60_000;

/**
 * Loads a model in a thread of its own, where it stays. The main thread asks it and waits: to load a model here would hold up
 * every message for a second, to pass a loaded one over nearly as long.
 *
 * @param bytes are given away
 * @throws UnusableModel
 */
export async function loadRecognizer(bytes: Uint8Array<ArrayBuffer>): Promise<LoadedRecognizer> {
  const { port1: mine, port2: theirs } = new MessageChannel();
  const done = new Int32Array(new SharedArrayBuffer(4));
  const task: RecognizerTask & { port: typeof theirs } = { bytes, done, port: theirs };
  const worker = new Worker(new URL('./recognizer-worker.ts', import.meta.url), {
    workerData: task,
    transferList: [theirs, bytes.buffer],
  });
  let isAlive = true;
  worker.once('exit', () => {
    isAlive = false;
    mine.close();
  });
  let embedding: TrainedEmbedding | null;
  try {
    embedding = await ready(worker);
  } catch (error) {
    await worker.terminate();
    throw error;
  }
  worker.on('error', () => undefined);
  // What is loaded keeps nobody from ending.
  worker.unref();

  let asked = 0;
  function ask(kind: RecognizerQuestion['kind'], text: string, vector?: VectorOfText): Recognition | Explanation {
    if (!isAlive) throw new Error('The thread of the intent model has ended.');
    asked = (asked + 1) | 0;
    const before = Atomics.load(done, 0);
    mine.postMessage({ id: asked, kind, text: text.slice(0, mostCharacters), vector } satisfies RecognizerQuestion);
    return waitFor(asked, before);
  }

  /** An answer that came too late lies before the one that is wanted. */
  function waitFor(id: number, before: number): Recognition | Explanation {
    const until = performance.now() + answerWithinMs;
    for (let seen = before; ; seen = Atomics.load(done, 0)) {
      const left = until - performance.now();
      if (seen !== id && (left <= 0 || Atomics.wait(done, 0, seen, left) === 'timed-out'))
        throw new Error(`The intent model did not answer within ${answerWithinMs} ms.`);
      if (Atomics.load(done, 0) !== id) continue;
      for (let next = receiveMessageOnPort(mine); next !== undefined; next = receiveMessageOnPort(mine)) {
        const answer = next.message as RecognizerAnswer;
        if (answer.id !== id) continue;
        if ('error' in answer) throw new Error(`The intent model failed: ${answer.error}`);
        return answer.value;
      }
    }
  }

  return {
    recognize: (text, vector) => ask('recognize', text, vector) as Recognition,
    explain: (text, vector) => ask('explain', text, vector) as Explanation,
    embedding,
    get isAlive() {
      return isAlive;
    },
    close: async () => {
      await worker.terminate();
    },
  };
}

function ready(worker: Worker): Promise<TrainedEmbedding | null> {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(
      () => reject(new Error(`The model was not loaded within ${loadWithinMs / 1_000} s.`)),
      loadWithinMs,
    );
    const end = (settle: () => void) => {
      clearTimeout(timer);
      settle();
    };
    worker.once('message', (reply: RecognizerReady) =>
      end(() => (reply.kind === 'ready' ? resolve(reply.embedding) : reject(new UnusableModel(reply.detail)))),
    );
    worker.once('error', (error) => end(() => reject(error)));
    worker.once('exit', () => end(() => reject(new Error('The thread of the model has ended.'))));
  });
}
