import assert from 'node:assert/strict';
import type { Socket } from 'node:net';
import { test } from 'node:test';
import { createMessageLoad, messageNumber, readDigits } from './message-load.ts';

/** As much of a socket as the load writes to: hands over the numbers of the messages written. */
function wire(onMessage: (n: number) => void): Socket {
  const write = (bytes: Buffer) => {
    for (let at = bytes.indexOf('"clientId"'); at >= 0; at = bytes.indexOf('"clientId"', at + 1)) {
      onMessage(messageNumber(bytes, at, bytes.length));
    }
  };
  return { write } as unknown as Socket;
}

test('digits are read up to the first that is none', () => {
  assert.equal(readDigits(Buffer.from('"seq":4071,'), 6, 9), 4071);
});

test('a number that stands behind the frame does not belong to it', async () => {
  const written: Buffer[] = [];
  const load = createMessageLoad(process.pid);
  const write = (bytes: Buffer) => {
    written.push(bytes);
    load.answered(0, false);
  };
  load.addSender({ write } as unknown as Socket);
  await load.greet();
  const frame = Buffer.concat(written);
  assert.equal(messageNumber(frame, 0, frame.length), 1);
  assert.equal(messageNumber(frame, 0, 10), 0);
});

test('what never arrives is missing, and what arrives twice is told', async () => {
  const load = createMessageLoad(process.pid);
  const lost = 5;
  const doubled = 7;
  const sender = load.addSender(
    wire((n) => {
      if (n !== lost) load.received(n);
      if (n === doubled) load.received(n);
      // The count of those received is whole again by the one that came twice.
      load.answered(sender, false);
    }),
  );
  await load.greet();
  await load.atRate({ perSecond: 500, warmMs: 10, measureMs: 40 });
  const tally = load.tally();
  assert.deepEqual({ missing: tally.missing, twice: tally.twice }, { missing: 1, twice: 1 });
  assert.equal(tally.answered, tally.sent);
});

test('a stall is charged to every message that was due meanwhile', async () => {
  const load = createMessageLoad(process.pid);
  const held: number[] = [];
  let stalled = false;
  const sender = load.addSender(
    wire((n) => {
      held.push(n);
      if (!stalled) for (const due of held.splice(0)) arrive(due);
    }),
  );
  const arrive = (n: number) => {
    load.received(n);
    load.answered(sender, false);
  };
  await load.greet();
  stalled = true;
  setTimeout(() => {
    stalled = false;
    for (const n of held.splice(0)) arrive(n);
  }, 150);
  const { p50Ms, p99Ms } = await load.atRate({ perSecond: 1_000, warmMs: 0, measureMs: 200 });
  assert.ok(p99Ms > 100, `p99 ${p99Ms}`);
  assert.ok(p50Ms > 20, `p50 ${p50Ms}`);
});

test('a message that the client itself sent late is charged from the moment when it was due', async () => {
  const load = createMessageLoad(process.pid);
  let heldUp = false;
  const sender = load.addSender(
    wire((n) => {
      if (n > 20 && !heldUp) {
        heldUp = true;
        Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 100);
      }
      load.received(n);
      load.answered(sender, false);
    }),
  );
  await load.greet();
  const { p99Ms } = await load.atRate({ perSecond: 1_000, warmMs: 0, measureMs: 200 });
  assert.ok(p99Ms > 80, `p99 ${p99Ms}`);
});
