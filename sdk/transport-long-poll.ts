import type { ClientEnvironment, Transport } from './client-api.ts';
import { closeCodes } from './protocol.ts';

type PollAnswer = { session: string; frames: string[]; closed?: { code: number; reason: string } };

/**
 * A visitor's transport over plain HTTP, for networks that let no WebSocket through: one request always waits at the
 * server for frames; a second one carries what is to be sent. A request that fails is a lost connection, because an
 * answer may have been lost with it: the client begins anew and synchronises.
 */
export function connectLongPoll(
  target: { server: string; token: string | undefined },
  fetch: ClientEnvironment['fetch'],
): Transport {
  const aborting = new AbortController();
  let session: string | undefined;
  const outbox: string[] = [];
  let polling = 0;
  let closed = false;

  function end(code: number, reason = ''): void {
    if (closed) return;
    closed = true;
    aborting.abort();
    transport.onClose?.({ code, reason });
  }

  function poll(): void {
    // Nothing can be sent before the first answer has named the session.
    if (closed || polling >= (session === undefined ? 1 : 2) || (polling > 0 && outbox.length === 0)) return;
    const frames = session === undefined ? [] : outbox.splice(0);
    polling++;
    exchange(frames).then(
      (answer) => {
        polling--;
        take(answer);
        poll();
      },
      (error: unknown) => end(typeof error === 'number' ? error : 1006),
    );
  }

  async function exchange(frames: string[]): Promise<PollAnswer> {
    const response = await fetch(`${target.server}/api/v1/visitor/poll`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', authorization: `Bearer ${target.token}` },
      body: JSON.stringify({ session, frames }),
      signal: aborting.signal,
    });
    if (!response.ok) throw closeCodeOf(response.status);
    return (await response.json()) as PollAnswer;
  }

  function take(answer: PollAnswer): void {
    if (closed) return;
    const first = session === undefined;
    session = answer.session;
    if (first) transport.onOpen?.();
    for (const frame of answer.frames) transport.onText?.(frame);
    if (answer.closed !== undefined) end(answer.closed.code, answer.closed.reason);
  }

  const transport: Transport = {
    onOpen: undefined,
    onText: undefined,
    onClose: undefined,
    send(text) {
      outbox.push(text);
      poll();
    },
    get bufferedBytes() {
      return outbox.reduce((sum, text) => sum + text.length, 0);
    },
    close: () => end(1000),
  };
  poll();
  return transport;
}

function closeCodeOf(status: number): number {
  if (status === 401) return closeCodes.unauthorized;
  return status === 403 ? closeCodes.forbidden : 1006;
}
