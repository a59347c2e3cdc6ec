import type { ClientEnvironment, ClientOptions, Transport } from './client-api.ts';
import type { Acks, ClientFrames, ClientFrameType, EventFrame, HelloData, ServerFrame } from './protocol.ts';
import { closeCodes } from './protocol.ts';

/** A request without an answer for this long means that the connection is dead. */
export const answerWithinMs = 10_000;
/** From the start of an attempt (token included) to the server's `hello`. */
export const helloWithinMs = 15_000;
export const backoffBaseMs = 500;
export const backoffMaxMs = 30_000;
/** A restarting server gets its clients back spread over at least this time. */
export const restartSpreadMs = 4_000;
const firstProbeMs = 10_000;
const probeEveryMs = 5 * 60_000;

/** What became of a request; `lost`: the connection went before the answer, so it may or may not have been done. */
export type Answer<T> = { ack: T } | { error: { code: string; message: string } } | { lost: true };

/** One connection at a time, held up by itself: token, transport, `hello`, requests with answers, reconnecting. */
export interface Connection {
  readonly ready: boolean;
  readonly hello: HelloData | undefined;
  readonly kind: 'websocket' | 'long-poll' | undefined;
  readonly retryAt: number | undefined;
  readonly refused: 'unauthorized' | 'forbidden' | undefined;
  /** The token of the last attempt. */
  readonly token: string | undefined;
  readonly bufferedBytes: number;
  open(): void;
  close(): void;
  /** Looks now instead of later: while waiting to reconnect, the next attempt begins at once. */
  wake(): void;
  /** The server has answered and works: forget earlier failures. */
  proved(): void;
  /** Sends when connected (`false` when not: `answered` is not called). Every request is answered exactly once. */
  request<K extends ClientFrameType>(
    type: K,
    data: ClientFrames[K],
    answered?: (answer: Answer<Acks[K]>) => void,
  ): boolean;
}

export type ConnectionDeps = {
  options: Pick<ClientOptions, 'server' | 'role' | 'token'>;
  environment: ClientEnvironment;
  onHello(hello: HelloData, previous: HelloData | undefined): void;
  onEvent(frame: EventFrame): void;
  /** After all open requests were answered `lost`. */
  onLost(code: number): void;
  /** Called after anything that arrived or ran out, when all of its consequences are in place. */
  onSettled(): void;
};

type Waiting = { answered: (answer: Answer<never>) => void; timer: unknown };

export function createConnection({
  options,
  environment,
  onHello,
  onEvent,
  onLost,
  onSettled,
}: ConnectionDeps): Connection {
  const { role, server } = options;
  const waiting = new Map<string, Waiting>();
  let wanted = false;
  let turn = 0;
  let transport: Transport | undefined;
  let probe: Transport | undefined;
  let kind: 'websocket' | 'long-poll' = 'websocket';
  let ready = false;
  let opened = false;
  let hello: HelloData | undefined;
  let token: string | undefined;
  let refused: 'unauthorized' | 'forbidden' | undefined;
  let retryAt: number | undefined;
  let failures = 0;
  let failedSockets = 0;
  let unauthorized = 0;
  let lastId = 0;
  /** One timer for the next step of connecting (retry, or giving up on an attempt), one for the probe. */
  let stepTimer: unknown;
  let probeTimer: unknown;

  function after(ms: number, run: () => void): unknown {
    return environment.setTimeout(() => {
      run();
      onSettled();
    }, ms);
  }
  function step(ms: number, run: () => void): void {
    environment.clearTimeout(stepTimer);
    stepTimer = after(ms, run);
  }

  function connect(): void {
    const mine = ++turn;
    retryAt = undefined;
    opened = false;
    step(helloWithinMs, () => drop(1006));
    options.token().then(
      (value) => {
        if (mine !== turn) return;
        token = value;
        const next = connectBy(kind);
        if (next === undefined) lost(1006);
        else attach(next);
        onSettled();
      },
      (error: unknown) => {
        if (mine !== turn) return;
        if ((error as { code?: unknown } | undefined)?.code === 'unauthorized') refuse('unauthorized');
        else retry(1006);
        onSettled();
      },
    );
  }

  function connectBy(which: 'websocket' | 'long-poll'): Transport | undefined {
    try {
      return environment.connect(which, { server, role, token });
    } catch {
      // The page's policy forbids this kind, or the address is wrong: as good as a failed attempt.
      return undefined;
    }
  }

  function attach(next: Transport): void {
    transport = next;
    next.onOpen = () => {
      if (transport !== next) return;
      opened = true;
      if (kind === 'websocket') failedSockets = 0;
    };
    next.onText = (text) => {
      if (transport === next) receive(text);
      onSettled();
    };
    next.onClose = ({ code }) => {
      if (transport === next) lost(code);
      onSettled();
    };
  }

  /** Gives up on the connection without waiting for the other side to agree. */
  function drop(code: number): void {
    const dead = transport;
    lost(code);
    dead?.close();
  }

  function lost(code: number): void {
    detach(code);
    const failedBeforeOpen = !opened;
    const triedKind = kind;
    if (failedBeforeOpen && kind === 'websocket' && ++failedSockets >= 2 && role === 'visitor') kind = 'long-poll';
    // Neither way works: the server is away, not the socket forbidden. Try both in turn.
    else if (failedBeforeOpen) kind = 'websocket';
    if (code === closeCodes.forbidden) refuse('forbidden');
    else if (code === closeCodes.unauthorized && ++unauthorized > 1) refuse('unauthorized');
    else retry(code, triedKind === 'websocket' && kind === 'long-poll');
  }

  function detach(code: number): void {
    turn++;
    transport = undefined;
    ready = false;
    const open = [...waiting.values()];
    waiting.clear();
    for (const { timer, answered } of open) {
      environment.clearTimeout(timer);
      answered({ lost: true });
    }
    onLost(code);
  }

  function refuse(why: 'unauthorized' | 'forbidden'): void {
    stop();
    refused = why;
  }

  function retry(code: number, otherKind = false): void {
    if (!wanted) return;
    const atOnce = otherKind || (code === closeCodes.unauthorized && unauthorized === 1);
    const delay = atOnce ? 0 : delayAfter(code);
    failures = Math.min(failures + 1, 16);
    retryAt = environment.now() + delay;
    step(delay, connect);
  }

  /** Full jitter: who failed together does not come back together. */
  function delayAfter(code: number): number {
    // Who comes back sooner is closed again.
    if (code === closeCodes.flooding) return backoffMaxMs * (1 + environment.random());
    const window = Math.min(backoffMaxMs, backoffBaseMs * 2 ** failures);
    const restarting = code === closeCodes.restarting || code === closeCodes.slowReader;
    return environment.random() * (restarting ? Math.max(restartSpreadMs, window) : window);
  }

  function receive(text: string): void {
    const frame = parseFrame(text);
    if (frame?.type === 'hello') welcome(frame.data);
    else if (frame?.type === 'event') {
      if (ready) onEvent(frame);
    } else if (frame?.id !== undefined)
      answer(frame.id, frame.type === 'ack' ? { ack: frame.data } : { error: frame.error });
  }

  function welcome(data: HelloData): void {
    environment.clearTimeout(stepTimer);
    const previous = hello;
    hello = data;
    ready = true;
    if (kind === 'long-poll') probeIn(environment.random() * firstProbeMs);
    onHello(data, previous);
  }

  function answer(id: string, result: Answer<unknown>): void {
    const request = waiting.get(id);
    if (request === undefined) return;
    waiting.delete(id);
    environment.clearTimeout(request.timer);
    request.answered(result as Answer<never>);
  }

  function expireLater(id: string, bufferedBefore: number): unknown {
    return after(answerWithinMs, () => {
      const buffered = transport?.bufferedBytes ?? 0;
      const request = waiting.get(id);
      // On a slow line the request may still be leaving: as long as bytes move, the connection is not dead.
      if (request !== undefined && buffered > 0 && buffered < bufferedBefore) request.timer = expireLater(id, buffered);
      else drop(1006);
    });
  }

  /** While on long-poll: looks now and then, beside it, whether a socket gets through by now. */
  function probeIn(ms: number): void {
    environment.clearTimeout(probeTimer);
    probeTimer = after(ms, () => {
      if (kind !== 'long-poll') return;
      probe?.close();
      const candidate = connectBy('websocket');
      probe = candidate;
      probeIn(probeEveryMs);
      if (candidate === undefined) return;
      candidate.onOpen = () => {
        if (probe !== candidate) return;
        probe = undefined;
        if (kind === 'long-poll') changeTo(candidate);
        else candidate.close();
        onSettled();
      };
    });
  }

  function changeTo(socket: Transport): void {
    const old = transport;
    detach(1000);
    old?.close();
    kind = 'websocket';
    opened = true;
    failedSockets = 0;
    retryAt = undefined;
    attach(socket);
    step(helloWithinMs, () => drop(1006));
  }

  function stop(): void {
    wanted = false;
    retryAt = undefined;
    environment.clearTimeout(stepTimer);
    environment.clearTimeout(probeTimer);
    probe?.close();
    probe = undefined;
    const old = transport;
    detach(1000);
    old?.close();
  }

  return {
    get ready() {
      return ready;
    },
    get hello() {
      return hello;
    },
    get kind() {
      return ready ? kind : undefined;
    },
    get retryAt() {
      return retryAt;
    },
    get refused() {
      return refused;
    },
    get token() {
      return token;
    },
    get bufferedBytes() {
      return transport?.bufferedBytes ?? 0;
    },
    open() {
      if (wanted) return;
      wanted = true;
      refused = undefined;
      failures = 0;
      unauthorized = 0;
      connect();
    },
    close: stop,
    wake() {
      if (!wanted || retryAt === undefined) return;
      failures = 0;
      connect();
    },
    proved() {
      failures = 0;
      unauthorized = 0;
    },
    request(type, data, answered) {
      if (!ready || transport === undefined) return false;
      const id = String(++lastId);
      transport.send(JSON.stringify({ id, type, data }));
      waiting.set(id, { answered: answered ?? ignore, timer: expireLater(id, transport.bufferedBytes) });
      return true;
    },
  };
}

const ignore = () => {};

function parseFrame(text: string): ServerFrame | undefined {
  try {
    return JSON.parse(text) as ServerFrame;
  } catch {
    // Not a frame of ours: what it may have carried is found missing by the heartbeat.
    return undefined;
  }
}
