import type { Dispatcher } from 'undici';

/** A body that is handed on while it comes in. */
export interface StreamedBody {
  readonly stream: ReadableStream<Uint8Array>;
  add(chunk: Uint8Array): void;
  end(): void;
  fail(reason: unknown): void;
}

/** Bytes that may wait for a reader before no more are taken from the connection. */
const highWaterBytes = 64 * 1024;

/** A reader that is slow slows the sender down, and one that goes away ends the request. */
export function streamedBody(connection: Dispatcher.DispatchController): StreamedBody {
  let isOver = false;
  let writer: ReadableStreamDefaultController<Uint8Array>;
  const stream = new ReadableStream<Uint8Array>(
    {
      start: (controller) => {
        writer = controller;
      },
      pull: () => {
        if (connection.paused) connection.resume();
      },
      cancel: () => {
        isOver = true;
        connection.abort(new TypeError('Nobody reads the answer any more.'));
      },
    },
    new ByteLengthQueuingStrategy({ highWaterMark: highWaterBytes }),
  );
  const once = (work: () => void) => {
    if (isOver) return;
    isOver = true;
    work();
  };
  return {
    stream,
    add: (chunk) => {
      if (isOver) return;
      writer.enqueue(chunk);
      if ((writer.desiredSize ?? 0) <= 0) connection.pause();
    },
    end: () => once(() => writer.close()),
    fail: (reason) => once(() => writer.error(reason)),
  };
}
