import type { IncomingMessage } from 'node:http';
import { Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import { closeCodes, frameLimits, subprotocol } from '@parley/sdk/protocol.ts';
import WebSocket, { WebSocketServer } from 'ws';
import { Refusal } from '../gateway/refusal.ts';
import type { Connection, FrameSocket, Principal } from './connection.ts';
import type { RealtimeSessions } from './sessions.ts';

/** Who may open which socket. */
export interface SocketAuthenticator {
  /** @throws Refusal `unauthorized`, `forbidden` or `origin-forbidden` */
  visitor(token: string, request: { origin: string | undefined }): Promise<Principal>;
  /** `token` undefined: the console's cookie, with the Origin checked whole. */
  agent(token: string | undefined, request: IncomingMessage): Promise<Principal>;
}

/** A socket that knows its connection: one handler function serves all, and no closures are kept for each. */
class ParleyWebSocket extends WebSocket implements FrameSocket {
  connection: Connection | undefined = undefined;
  raw: Duplex | undefined = undefined;
  /** Text that came before the token was checked. */
  early: string[] | undefined = undefined;
  #goodbye: NodeJS.Timeout | undefined = undefined;

  write(frames: readonly string[]): void {
    if (this.readyState !== WebSocket.OPEN) return;
    // One system call for all frames of the turn.
    if (frames.length > 1) this.raw?.cork();
    for (const frame of frames) this.send(frame);
    if (frames.length > 1) this.raw?.uncork();
  }
  bufferedBytes(): number {
    return this.bufferedAmount;
  }

  override close(code?: number, reason?: string): void {
    super.close(code, reason);
    // Whatever else comes stays in the system's buffers, which are small: it costs us nothing more.
    if (code === closeCodes.flooding) this.pause();
    if (this.#goodbye !== undefined || this.readyState === WebSocket.CLOSED) return;
    // Not an ordinary end: the system would go on trying to send what lies in its buffers, megabytes for minutes.
    const reset = () => void (this.raw instanceof Socket ? this.raw.resetAndDestroy() : this.terminate());
    const isShort = code === closeCodes.slowReader || code === closeCodes.flooding;
    this.#goodbye = setTimeout(reset, isShort ? shortGoodbyeMs : goodbyeMs);
    this.once('close', () => clearTimeout(this.#goodbye));
  }
}

type Listener = (this: WebSocket, ...args: unknown[]) => void;

const maxEarly = 64;
/** Who has not answered our goodbye by then is not there … */
const goodbyeMs = 5_000;
/** … and who was too slow a reader has had time, and too fast a writer is not listened to. */
const shortGoodbyeMs = 1_000;

/** Answers WebSocket upgrades on `/ws/visitor` and `/ws/agent`. */
export interface RealtimeServer {
  upgrade(request: IncomingMessage, socket: Duplex, head: Buffer): void;
}

export function createWebSocketServer(deps: {
  sessions: RealtimeSessions;
  authenticate: SocketAuthenticator;
  onRefused: (reason: string) => void;
  onDefect: (error: unknown) => void;
}): RealtimeServer {
  const server = new WebSocketServer({
    noServer: true,
    WebSocket: ParleyWebSocket,
    perMessageDeflate: false,
    maxPayload: frameLimits.hardBytes,
    clientTracking: false,
    handleProtocols: (offered) => (offered.has(subprotocol) ? subprotocol : false),
  });

  function onMessage(this: ParleyWebSocket, data: Buffer, isBinary: boolean): void {
    if (isBinary) {
      this.close(1003, 'Frames are text.');
      return;
    }
    const text = data.toString('utf8');
    if (this.connection !== undefined) deps.sessions.receive(this.connection, text);
    else {
      this.early ??= [];
      if (this.early.push(text) > maxEarly) this.close(closeCodes.slowReader, 'Wait for the hello.');
    }
  }

  function onClose(this: ParleyWebSocket): void {
    if (this.connection !== undefined) deps.sessions.closed(this.connection);
    this.connection = undefined;
  }

  function onError(): void {
    // A broken frame or a reset: `close` follows and does what is to be done.
  }

  async function admit(socket: ParleyWebSocket, who: Promise<Principal>): Promise<void> {
    try {
      const principal = await who;
      if (socket.readyState !== WebSocket.OPEN) return;
      const connection = deps.sessions.open(principal, socket);
      socket.connection = connection;
      const early = socket.early ?? [];
      socket.early = undefined;
      for (const text of early) deps.sessions.receive(connection, text);
    } catch (error) {
      if (!(error instanceof Refusal)) deps.onDefect(error);
      const code = error instanceof Refusal ? error.code : 'defect';
      deps.onRefused(code);
      // After the handshake, so that a browser learns why: it never sees an HTTP status of an upgrade.
      if (code === 'defect' || code === 'unavailable') socket.close(closeCodes.restarting, 'Not now: reconnect.');
      else socket.close(code === 'unauthorized' ? closeCodes.unauthorized : closeCodes.forbidden, 'Sign in again.');
    }
  }

  return {
    upgrade: (request, raw, head) => {
      const path = (request.url ?? '').split('?', 1)[0];
      const offered = (request.headers['sec-websocket-protocol'] ?? '').split(',').map((name) => name.trim());
      const token = offered.find((name) => name.startsWith('bearer.'))?.slice('bearer.'.length);
      if ((path !== '/ws/visitor' && path !== '/ws/agent') || !offered.includes(subprotocol)) {
        raw.end('HTTP/1.1 400 Bad Request\r\nConnection: close\r\nContent-Length: 0\r\n\r\n');
        return;
      }
      const { origin } = request.headers;
      const who =
        path === '/ws/visitor'
          ? deps.authenticate.visitor(token ?? '', { origin })
          : deps.authenticate.agent(token, request);
      // Looked at when the handshake is through; until then a refusal must not count as unhandled.
      who.catch(() => undefined);
      server.handleUpgrade(request, raw, head, (socket) => {
        const ours = socket as ParleyWebSocket;
        ours.raw = raw;
        ours.on('message', onMessage as unknown as Listener);
        ours.on('close', onClose as unknown as Listener);
        ours.on('error', onError);
        void admit(ours, who);
      });
    },
  };
}
