const endOfHead = Buffer.from('\r\n\r\n');

/**
 * Cuts the answers of a keep-alive connection apart by their Content-Length. What the load client's servers send has
 * one; an answer without ends the run, because it could not be told from the next.
 *
 * @returns takes the next packet
 * @throws Error for an answer that is not HTTP/1.1 with a Content-Length
 */
export function createAnswerReader(onAnswer: (status: number) => void): (packet: Buffer) => void {
  let rest: Buffer = Buffer.alloc(0);
  return (packet) => {
    let bytes = rest.length === 0 ? packet : Buffer.concat([rest, packet]);
    for (;;) {
      const headEnd = bytes.indexOf(endOfHead);
      if (headEnd < 0) break;
      const { status, bodyBytes } = parseHead(bytes.toString('latin1', 0, headEnd));
      const end = headEnd + endOfHead.length + bodyBytes;
      if (bytes.length < end) break;
      onAnswer(status);
      bytes = bytes.subarray(end);
    }
    rest = bytes;
  };
}

function parseHead(head: string): { status: number; bodyBytes: number } {
  const status = /^HTTP\/1\.1 (\d{3})/.exec(head)?.[1];
  const bodyBytes = /\r\ncontent-length: *(\d+)/i.exec(head)?.[1];
  if (status === undefined || (bodyBytes === undefined && status !== '204')) {
    throw new Error(`Cannot read this answer: ${head.slice(0, 200)}`);
  }
  return { status: Number(status), bodyBytes: Number(bodyBytes ?? 0) };
}
