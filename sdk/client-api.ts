import type { Fetch } from './http.ts';
import type { Content, Conversation, Events, HelloData, Message, Position, Presence, WaitNotice } from './protocol.ts';

/**
 * What the client library offers to widget, console, apps and mini programs. One client is one signed-in person (a
 * visitor or an agent) in one window. It keeps every conversation it has shown whole: gaps are found by the heartbeat
 * and by each event's `prev`, and fetched at once — also after sleep, tab focus and reconnect, also for cached
 * conversations that are not on the screen.
 */
export interface ParleyClient {
  readonly status: ClientStatus;
  /** The server's first frame of the current connection; undefined before the first connection. */
  readonly hello: HelloData | undefined;
  /** Begins to connect, and reconnects by itself (backoff with jitter) until `close`. */
  open(): void;
  close(): void;
  /** Look now: called by the client itself on tab focus, wake-up and `online`. */
  checkNow(): void;

  /** The view of one conversation, loaded and followed from the first call on. Stable identity. */
  conversation(id: string): ConversationView;
  /** The visitor's own conversation, also before it exists on the server. */
  own(): ConversationView;
  /** Stops following and forgets the cache, unless something is still waiting to be sent there. */
  release(id: string): void;

  setPresence(status: Presence, reason?: string): Promise<void>;
  /** The agent was at this window at this time (epoch milliseconds): said again, with its age, on reconnecting. */
  active(at: number): void;
  watch(view: 'mine' | 'queue' | 'all'): void;

  /** Listeners get called after the client's own state changed; the returned function ends the subscription. */
  on<K extends keyof ClientEvents>(event: K, listener: (data: ClientEvents[K]) => void): () => void;
}

/** live: whole, as far as the last heartbeat proved; catching-up: connected, fetching what is missing; offline. */
export type ConnectionState = 'live' | 'catching-up' | 'offline';
export type ClientStatus = {
  state: ConnectionState;
  /** When all followed conversations were last proved whole (epoch ms by the local clock). */
  lastSyncAt: number | undefined;
  /** When the next connection attempt starts; set while offline. */
  retryAt: number | undefined;
  transport: 'websocket' | 'long-poll' | undefined;
  /** Set when the server refused the token for good: sign in again. */
  refused?: 'unauthorized' | 'forbidden';
  /** Messages that wait in the send queue, over all conversations. */
  unsent: number;
};

/** A message that was typed here and is not yet acknowledged; shown below the stored ones, in this order. */
export type PendingMessage = {
  clientId: string;
  conversationId: string | undefined;
  content: Content;
  private: boolean;
  createdAt: number;
  /** waiting: in the queue; sending: on the wire; failed: the server refused it (`error` says why). */
  state: 'waiting' | 'sending' | 'failed';
  error?: { code: string; message: string };
};

export interface ConversationView {
  readonly id: string | undefined;
  /** Undefined until loaded (and, for a visitor, until the first message made it). */
  readonly conversation: Conversation | undefined;
  /** In order of `seq`, without repeats. A new array whenever something changed (safe as a React snapshot). */
  readonly messages: readonly Message[];
  readonly pending: readonly PendingMessage[];
  readonly position: Position;
  /** The first page has been loaded. */
  readonly loaded: boolean;
  /** Older messages than those held can be fetched. */
  readonly hasOlder: boolean;
  /** What a visitor who waits is told; undefined while they do not wait, or nothing was said yet. */
  readonly wait: WaitNotice | undefined;
  readonly typing: { by: 'contact' | 'agent' | 'bot' | 'system'; name?: string } | undefined;
  loadOlder(): Promise<void>;
  /** Queues at once (also offline; kept in `storage` over a reload) and sends in order. Returns the client id. */
  send(content: Content, options?: { private?: boolean }): string;
  /** Sends a failed one again, with the same client id. */
  retry(clientId: string): void;
  /** Takes back what is not yet on the wire or has failed. */
  discard(clientId: string): void;
  setTyping(on: boolean): void;
  markRead(seq?: number): void;
  subscribe(listener: () => void): () => void;
}

export type ClientEvents = {
  status: ClientStatus;
  /** Any event of the server, after the client has applied it. */
  event: { [K in keyof Events]: { event: K; data: Events[K] } }[keyof Events];
  /** The store's epoch changed, or the client was away: lists must be fetched again. */
  stale: { why: 'epoch' | 'reconnected' | 'overflow' };
  /** A message became known to this client for the first time (for badges and sounds); not during first loading. */
  message: { message: Message };
};

export type ClientOptions = {
  /** Origin of the server, without a trailing slash; '' for the page's own. */
  server: string;
  role: 'visitor' | 'agent';
  /**
   * The bearer token. Asked anew on every connection; undefined for a console that signs in by cookie. Rejecting with
   * `{ code: 'unauthorized' }` ends the attempts.
   */
  token: () => Promise<string | undefined>;
  /** Keeps unsent messages over a reload. Omitted: memory only. */
  storage?: { get(key: string): string | null; set(key: string, value: string): void; remove(key: string): void };
  /** Two people in one browser must not share a send queue: the contact's or agent's id, or a constant before login. */
  storageKey?: string;
  /** How many conversations stay cached (followed) at most; the least recently used are released. Default 50. */
  maxCached?: number;
  /** For tests: sockets flushed by hand, an injected clock and a seeded random. */
  environment?: Partial<ClientEnvironment>;
};

/** Everything the client takes from outside: replaced in the seeded simulation. */
export type ClientEnvironment = {
  now(): number;
  random(): number;
  setTimeout(run: () => void, ms: number): unknown;
  clearTimeout(handle: unknown): void;
  /** Opens a transport; `kind` follows the fallback: WebSocket first, long-poll after it failed before `open`. */
  connect(
    kind: 'websocket' | 'long-poll',
    target: { server: string; role: 'visitor' | 'agent'; token: string | undefined },
  ): Transport;
  /** Calls back when the page becomes visible, gets the focus, comes online or wakes up. */
  onWake(run: () => void): () => void;
  newId(): string;
  /** For older pages and the long-poll: the browser's `fetch`, as far as it is needed. */
  fetch: Fetch;
};
export interface Transport {
  onOpen: (() => void) | undefined;
  onText: ((text: string) => void) | undefined;
  /** Called once. `code` as in WebSocket close; 1006 for a broken connection. */
  onClose: ((event: { code: number; reason: string }) => void) | undefined;
  send(text: string): void;
  /** Bytes handed over and not yet on the wire (for backpressure). */
  readonly bufferedBytes: number;
  close(): void;
}
