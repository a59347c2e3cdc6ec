import { isPassing } from './catch-up.ts';
import type { PendingMessage } from './client-api.ts';
import type { Connection } from './connection.ts';
import type { FollowedConversation } from './conversation-view.ts';
import type { SendAck } from './protocol.ts';
import { frameLimits } from './protocol.ts';
import type { SendQueue } from './send-queue.ts';

const retryBaseMs = 1_000;
const retryMaxMs = 30_000;

/** Sends what waits in the queue: in order, one message at a time in each conversation. */
export interface Sender {
  run(): void;
  /** The conversation is whole again: an acknowledged message that did not fit before can be shown now. */
  settle(view: FollowedConversation): void;
  /** The connection is lost: what was on the wire waits for the next one. */
  rewind(): void;
}

export function createSender(deps: {
  connection: Connection;
  queue: SendQueue;
  /** The cached conversation with this key in the queue. */
  viewOf(key: string): FollowedConversation | undefined;
  /** The visitor's own message was stored in this conversation. */
  bind(view: FollowedConversation, conversationId: string): void;
  after(ms: number, run: () => void): unknown;
  random(): number;
}): Sender {
  const { connection, queue } = deps;
  /** Conversations with a message on the wire, or waiting before the next attempt. */
  const busy = new Map<string, string>();
  /** Acknowledged, but something before them is missing here: shown as sending until a sync has brought that. */
  const early = new Map<string, SendAck>();
  let attempts = 0;

  function run(): void {
    for (const key of queue.keys()) {
      if (busy.has(key) || (deps.viewOf(key)?.sync ?? 'idle') !== 'idle') continue;
      const next = queue.of(key).find((entry) => entry.state === 'waiting');
      if (next !== undefined) send(key, next);
    }
  }

  function send(key: string, entry: PendingMessage): void {
    const { clientId, conversationId, content } = entry;
    // It would be refused; over the hard limit it would even end the connection, again and again.
    if (JSON.stringify(content).length > frameLimits.softBytes) {
      const error = { code: 'frame-too-large', message: 'The message is too long to be sent.' };
      queue.update(clientId, { state: 'failed', error });
      return;
    }
    const data = {
      clientId,
      content,
      ...(conversationId === undefined ? {} : { conversationId }),
      ...(entry.private ? { private: true } : {}),
    };
    const sent = connection.request('message.send', data, (answer) => {
      if (busy.get(key) === clientId) busy.delete(key);
      if ('lost' in answer) return;
      if ('error' in answer) failed(key, clientId, answer.error);
      else stored(key, clientId, answer.ack);
    });
    if (!sent) return;
    busy.set(key, clientId);
    queue.update(clientId, { state: 'sending' });
  }

  function stored(key: string, clientId: string, ack: SendAck): void {
    attempts = 0;
    const view = deps.viewOf(key);
    if (view !== undefined && view.id !== ack.message.conversationId) deps.bind(view, ack.message.conversationId);
    if (view !== undefined && view.takeOwn(ack.message, ack.prev) === 'gap') {
      early.set(key, ack);
      if (view.sync === 'idle') view.sync = 'stale';
    } else queue.remove(clientId);
  }

  function failed(key: string, clientId: string, error: { code: string; message: string }): void {
    const passing = isPassing(error.code);
    queue.update(clientId, passing ? { state: 'waiting' } : { state: 'failed', error });
    if (!passing) return;
    busy.set(key, clientId);
    const window = Math.min(retryMaxMs, retryBaseMs * 2 ** Math.min(attempts++, 10));
    deps.after(window * (0.5 + deps.random() / 2), () => {
      if (busy.get(key) === clientId && queue.find(clientId)?.state !== 'sending') busy.delete(key);
    });
  }

  return {
    run,
    settle(view) {
      const ack = early.get(view.key);
      if (ack === undefined) return;
      early.delete(view.key);
      view.takeOwn(ack.message, ack.prev);
      // Stored it is in any case: what is still missing here, the heartbeat will find.
      if (ack.message.clientId !== undefined) queue.remove(ack.message.clientId);
    },
    rewind() {
      busy.clear();
      early.clear();
      queue.rewind();
    },
  };
}
