/**
 * As much of RFC 6455 as a load client needs. Written by hand, because a client library would cost more CPU than the
 * server under test, and both share the machine.
 */

/** What follows a frame's header: the place of its payload in the bytes that hold it. */
export type OnFrame = (bytes: Buffer, start: number, end: number) => void;

/**
 * A text frame of a client. The mask is all zeros, which RFC 6455 allows a client that is no browser: the payload stays
 * as it is, and the server unmasks it as any other.
 */
export function textFrame(text: string): Buffer {
  const sizeBytes = Buffer.byteLength(text);
  if (sizeBytes > 0xffff) throw new RangeError(`textFrame: ${sizeBytes} bytes are more than a load client sends.`);
  const headBytes = sizeBytes < 126 ? 6 : 8;
  const frame = Buffer.alloc(headBytes + sizeBytes);
  frame[0] = 0x81;
  if (sizeBytes < 126) frame[1] = 0x80 | sizeBytes;
  else {
    frame[1] = 0x80 | 126;
    frame.writeUInt16BE(sizeBytes, 2);
  }
  frame.write(text, headBytes);
  return frame;
}

/**
 * Cuts a server's byte stream into frames, however it was cut into packets.
 *
 * @returns takes the next packet; what is left of it waits for the next
 */
export function createFrameReader(onFrame: OnFrame): (packet: Buffer) => void {
  let rest: Buffer = Buffer.alloc(0);
  return (packet) => {
    const bytes = rest.length === 0 ? packet : Buffer.concat([rest, packet]);
    let at = 0;
    for (;;) {
      const start = payloadStart(bytes, at);
      if (start < 0) break;
      const end = start + payloadSize(bytes, at);
      if (end > bytes.length) break;
      onFrame(bytes, start, end);
      at = end;
    }
    rest = at === 0 ? bytes : bytes.subarray(at);
  };
}

/** Where the payload of the frame at `at` begins; -1 while its header is not whole. Servers do not mask. */
function payloadStart(bytes: Buffer, at: number): number {
  if (bytes.length - at < 2) return -1;
  const short = (bytes[at + 1] ?? 0) & 0x7f;
  const headBytes = short < 126 ? 2 : short === 126 ? 4 : 10;
  return bytes.length - at < headBytes ? -1 : at + headBytes;
}

function payloadSize(bytes: Buffer, at: number): number {
  const short = (bytes[at + 1] ?? 0) & 0x7f;
  if (short < 126) return short;
  return short === 126 ? bytes.readUInt16BE(at + 2) : Number(bytes.readBigUInt64BE(at + 2));
}
