import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { createFrameReader, type OnFrame } from './websocket-frames.ts';

/** A TCP connection to a server on this machine, without Nagle's delay. */
export async function openTcp(port: number): Promise<Socket> {
  const socket = connect(port, '127.0.0.1').setNoDelay(true);
  await once(socket, 'connect');
  return socket;
}

export interface WebSocketTarget {
  readonly port: number;
  readonly path: string;
  /** Goes as `bearer.<token>` beside the subprotocol. */
  readonly token: string;
}

/**
 * Opens a WebSocket over a bare TCP connection.
 *
 * @param onFrame each frame of the server, from the first on; also what came in one packet with the handshake
 * @throws Error when the server does not switch protocols
 */
export async function openWebSocket({ port, path, token }: WebSocketTarget, onFrame: OnFrame): Promise<Socket> {
  const socket = await openTcp(port);
  const { promise, resolve, reject } = Promise.withResolvers<Socket>();
  const read = createFrameReader(onFrame);
  let head: Buffer | undefined = Buffer.alloc(0);
  socket.on('error', reject);
  socket.on('close', () => reject(new Error(`${path}: the server closed the connection.`)));
  socket.on('data', (packet: Buffer) => {
    if (head === undefined) return read(packet);
    head = Buffer.concat([head, packet]);
    const end = head.indexOf('\r\n\r\n');
    if (end < 0) return;
    const text = head.toString('latin1', 0, end);
    if (!text.startsWith('HTTP/1.1 101')) return reject(new Error(`${path}: ${text.split('\r\n', 1)[0]}`));
    const rest = head.subarray(end + 4);
    head = undefined;
    if (rest.length > 0) read(rest);
    resolve(socket);
  });
  socket.write(
    [
      `GET ${path} HTTP/1.1`,
      `Host: 127.0.0.1:${port}`,
      'Upgrade: websocket',
      'Connection: Upgrade',
      `Sec-WebSocket-Key: ${randomBytes(16).toString('base64')}`,
      'Sec-WebSocket-Version: 13',
      `Sec-WebSocket-Protocol: parley.v1, bearer.${token}`,
      '\r\n',
    ].join('\r\n'),
  );
  return promise;
}
