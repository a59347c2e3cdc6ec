import { Worker } from 'node:worker_threads';
import type { Recognition } from '../intent/recognizer.ts';
import { UnusableModel } from '../intents/recognizer-thread.ts';

export interface RecognizingQuestion {
  readonly id: number;
  readonly version: string;
  readonly texts: readonly string[];
}
export type RecognizingReply =
  | { readonly kind: 'ready' }
  | { readonly kind: 'unusable'; readonly detail: string }
  | { readonly kind: 'answer'; readonly id: number; readonly recognitions: readonly Recognition[] };

/** Models of a replay in a thread of their own: the event loop never waits for them. */
export interface Recognizing {
  /** One for each text. @throws Error when the thread has ended */
  recognize(version: string, texts: readonly string[]): Promise<readonly Recognition[]>;
  close(): Promise<void>;
}

/** What the thread may hold beside its arrays of numbers. */
const mostMegabytes = 2_048;

/**
 * @param models their bytes by version; given away
 * @throws UnusableModel that names the version
 */
export async function startRecognizing(models: ReadonlyMap<string, Uint8Array<ArrayBuffer>>): Promise<Recognizing> {
  const worker = new Worker(new URL('./recognizing-worker.ts', import.meta.url), {
    workerData: models,
    transferList: [...models.values()].map(({ buffer }) => buffer),
    resourceLimits: { maxOldGenerationSizeMb: mostMegabytes },
  });
  const waiting = new Map<number, PromiseWithResolvers<readonly Recognition[]>>();
  const ready = Promise.withResolvers<void>();
  let ended: Error | undefined;
  const end = (error: Error) => {
    ended ??= error;
    ready.reject(ended);
    for (const { reject } of waiting.values()) reject(ended);
    waiting.clear();
  };
  worker.on('error', end);
  worker.once('exit', () => end(new Error('The thread of the replayed models has ended.')));
  worker.on('message', (reply: RecognizingReply) => {
    if (reply.kind === 'ready') ready.resolve();
    else if (reply.kind === 'unusable') end(new UnusableModel(reply.detail));
    else {
      waiting.get(reply.id)?.resolve(reply.recognitions);
      waiting.delete(reply.id);
    }
  });
  // What is loaded keeps nobody from ending.
  worker.unref();
  const close = async () => {
    await worker.terminate();
  };
  try {
    await ready.promise;
  } catch (error) {
    await close();
    throw error;
  }
  let asked = 0;
  return {
    recognize: (version, texts) => {
      if (ended !== undefined) return Promise.reject(ended);
      asked += 1;
      const answer = Promise.withResolvers<readonly Recognition[]>();
      waiting.set(asked, answer);
      worker.postMessage({ id: asked, version, texts } satisfies RecognizingQuestion);
      return answer.promise;
    },
    close,
  };
}
