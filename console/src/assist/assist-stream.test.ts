import assert from 'node:assert/strict';
import { test } from 'node:test';
import { serverSentEvents } from './assist-stream.ts';

test('events are read whole, however the bytes of a stream are cut', async () => {
  const bytes = new TextEncoder().encode(
    'event: text\ndata: {"text":"退货\\n"}\n\nevent: done\ndata: {"text":"é"}\n\nevent: te',
  );
  for (let size = 1; size < 20; size++) {
    const body = new ReadableStream<Uint8Array<ArrayBuffer>>({
      start(controller) {
        for (let at = 0; at < bytes.length; at += size) controller.enqueue(bytes.slice(at, at + size));
        controller.close();
      },
    });
    const events: object[] = [];
    for await (const event of serverSentEvents(body)) events.push(event);
    assert.deepEqual(events, [
      { event: 'text', data: '{"text":"退货\\n"}' },
      { event: 'done', data: '{"text":"é"}' },
    ]);
  }
});
