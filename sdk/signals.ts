import type { Connection } from './connection.ts';
import type { FollowedConversation } from './conversation-view.ts';
import type { Presence } from './protocol.ts';

const typingEveryMs = 3_000;
/** With more than this unsent on the line, nobody is told of typing. */
const busyLineBytes = 64 * 1024;

/**
 * What is said in passing: typing is not repeated; read marks, presence, activity and `watch` are said again on reconnecting.
 */
export interface Signals {
  typing(view: FollowedConversation, on: boolean): void;
  read(view: FollowedConversation): void;
  setPresence(status: Presence, reason?: string): Promise<void>;
  /** Somebody was at this window then. */
  active(at: number): void;
  watch(list: WatchedList): void;
  /** A connection begins: says what the server must know again. */
  announce(views: Iterable<FollowedConversation>): void;
  /** Nobody will be told any more. */
  close(): void;
}
type WatchedList = 'mine' | 'queue' | 'all';
type Teller = { resolve(): void; reject(error: Error): void };

export function createSignals(connection: Connection, now: () => number): Signals {
  const typingSentAt = new WeakMap<FollowedConversation, number>();
  const readSent = new WeakMap<FollowedConversation, string>();
  let watched: WatchedList | undefined;
  let presence: { status: Presence; reason?: string } | undefined;
  let activeAt: number | undefined;
  /** Those who wait for the server to know the presence. */
  let tellers: Teller[] = [];

  function sendPresence(): void {
    if (presence === undefined) return;
    const told = tellers;
    const sent = connection.request('presence', presence, (answer) => {
      if ('lost' in answer) tellers = [...told, ...tellers];
      else if ('error' in answer) for (const teller of told) teller.reject(new Error(answer.error.message));
      else for (const teller of told) teller.resolve();
    });
    if (sent) tellers = [];
  }

  function read(view: FollowedConversation): void {
    const { id, readSeq } = view;
    const mark = `${view.life} ${readSeq}`;
    if (id === undefined || readSeq === 0 || readSent.get(view) === mark) return;
    connection.request('read', { conversationId: id, seq: readSeq }, (answer) => {
      if ('ack' in answer) readSent.set(view, mark);
    });
  }

  function sendActivity(): void {
    if (activeAt !== undefined) connection.request('activity', { idleMs: Math.max(0, Math.round(now() - activeAt)) });
  }

  function watch(list: WatchedList): void {
    watched = list;
    connection.request('watch', { view: list });
  }

  return {
    typing(view, on) {
      const last = typingSentAt.get(view);
      const due = on ? last === undefined || now() - last >= typingEveryMs : last !== undefined;
      if (view.id === undefined || !due || connection.bufferedBytes > busyLineBytes) return;
      if (!connection.request('typing', { conversationId: view.id, on })) return;
      if (on) typingSentAt.set(view, now());
      else typingSentAt.delete(view);
    },
    read,
    setPresence(status, reason) {
      presence = { status, ...(reason === undefined ? {} : { reason }) };
      return new Promise((resolve, reject) => {
        tellers.push({ resolve, reject });
        sendPresence();
      });
    },
    active(at) {
      activeAt = at;
      sendActivity();
    },
    watch,
    announce(views) {
      if (watched !== undefined) watch(watched);
      sendPresence();
      sendActivity();
      for (const view of views) read(view);
    },
    close() {
      for (const teller of tellers) teller.reject(new Error('The client was closed.'));
      tellers = [];
    },
  };
}
