import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createFrameReader, textFrame } from './websocket-frames.ts';

/** A frame as servers send it: not masked. */
function serverFrame(text: string): Buffer {
  const payload = Buffer.from(text);
  if (payload.length < 126) return Buffer.concat([Buffer.from([0x81, payload.length]), payload]);
  const head = Buffer.alloc(payload.length < 65_536 ? 4 : 10);
  head[0] = 0x81;
  head[1] = head.length === 4 ? 126 : 127;
  if (head.length === 4) head.writeUInt16BE(payload.length, 2);
  else head.writeBigUInt64BE(BigInt(payload.length), 2);
  return Buffer.concat([head, payload]);
}

function readAll(packets: readonly Buffer[]): string[] {
  const read: string[] = [];
  const take = createFrameReader((bytes, start, end) => read.push(bytes.toString('utf8', start, end)));
  for (const packet of packets) take(packet);
  return read;
}

const texts = [
  '',
  'a',
  'b'.repeat(125),
  'c'.repeat(126),
  '你好'.repeat(40),
  'd'.repeat(65_535),
  'e'.repeat(65_536),
  'f',
];

test('frames of every length are read from one packet', () => {
  assert.deepEqual(readAll([Buffer.concat(texts.map(serverFrame))]), texts);
});

for (const size of [1, 2, 3, 7, 127, 4096]) {
  test(`frames are whole although they arrive ${size} bytes at a time`, () => {
    const short = texts.filter((text) => text.length < 1_000);
    const stream = Buffer.concat(short.map(serverFrame));
    const packets = Array.from({ length: Math.ceil(stream.length / size) }, (_, index) =>
      stream.subarray(index * size, (index + 1) * size),
    );
    assert.deepEqual(readAll(packets), short);
  });
}

test('a text frame says its length in bytes and carries a mask of zeros', () => {
  assert.deepEqual([...textFrame('hé')], [0x81, 0x83, 0, 0, 0, 0, 0x68, 0xc3, 0xa9]);
  const long = textFrame('x'.repeat(300));
  assert.deepEqual([...long.subarray(0, 8)], [0x81, 0xfe, 0x01, 0x2c, 0, 0, 0, 0]);
  assert.equal(long.length, 308);
});

test('a text too long for the header is refused instead of sent wrong', () => {
  assert.throws(() => textFrame('x'.repeat(65_536)), RangeError);
});
