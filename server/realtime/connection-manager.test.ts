import assert from 'node:assert/strict';
import { test } from 'node:test';
import { closeCodes } from '@parley/sdk/protocol.ts';
import { Connection } from './connection.ts';
import { createConnectionManager } from './connection-manager.ts';

const kib = 1024;
const mib = 1024 * kib;

/** Windows of visitors that read nothing by themselves: `unread` is what they have not read. */
function windows(count: number) {
  const manager = createConnectionManager({ later: () => undefined });
  const ends = Array.from({ length: count }, (_, index) => {
    const end = { unread: 0, closedWith: undefined as number | undefined };
    const connection = new Connection(
      { role: 'visitor', contactId: `c${index}`, contactName: undefined, channelId: 'web', expiresAt: 0 },
      {
        write: (frames) => {
          for (const frame of frames) end.unread += frame.length;
        },
        bufferedBytes: () => end.unread,
        close: (code) => {
          end.closedWith = code;
          manager.remove(connection);
        },
      },
    );
    void manager.add(connection);
    manager.sendFirst(connection, '');
    return Object.assign(end, { connection });
  });
  const tell = (frame: string, to = ends) => {
    for (const { connection } of to) manager.send(connection, frame);
    manager.flush();
  };
  return { manager, ends, tell };
}

const frame = 'x'.repeat(16 * kib);
const isCut = (end: { closedWith: number | undefined }) => end.closedWith === closeCodes.slowReader;

test('a reader that leaves a mebibyte unread is cut off, and not before', () => {
  const { ends, tell } = windows(1);
  for (let told = 0; told <= mib / frame.length; told++) tell(frame);
  assert.deepEqual(ends.map(isCut), [false]);
  tell(frame);
  assert.deepEqual(ends.map(isCut), [true]);
});

test('a thousand readers that read nothing hold no more than what all may hold together, and who reads is not cut off', () => {
  const { manager, ends, tell } = windows(1_001);
  const healthy = ends[0] as (typeof ends)[number];
  let most = 0;
  for (let told = 0; told < 100; told++) {
    tell(frame);
    // A little late each time.
    if (told % 3 === 2) healthy.unread = 0;
    const open = ends.filter(({ closedWith }) => closedWith === undefined);
    most = Math.max(
      most,
      open.reduce((sum, { unread }) => sum + unread, 0),
    );
  }
  assert.ok(most <= 64 * mib + 1_001 * (64 * kib + frame.length), `${most} bytes at once`);
  assert.equal(manager.slowReadersDropped, 1_000);
  assert.equal(healthy.closedWith, undefined);
});

test('who lags longest is cut off first, and nobody who has caught up', () => {
  const { ends, tell } = windows(200);
  const [early, late] = [ends.slice(0, 100), ends.slice(100)];
  for (let told = 0; told < 6; told++) tell(frame, early);
  for (const end of early.slice(0, 10)) end.unread = 0;
  while (!ends.some(isCut)) tell(frame, ends.slice(10));
  assert.deepEqual(early.slice(0, 10).filter(isCut), []);
  assert.deepEqual(late.filter(isCut), []);
});
