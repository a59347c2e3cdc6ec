import { createClient } from '@parley/sdk/client.ts';
import type { ClientStatus, ConversationView, ParleyClient } from '@parley/sdk/client-api.ts';
import type { Api } from '@parley/sdk/http.ts';
import { ApiError, createApi } from '@parley/sdk/http.ts';
import type { Content, Message } from '@parley/sdk/protocol.ts';
import type { Identity } from '../api.ts';
import { unreadKey, visitorKey } from '../chat-contract.ts';
import type { KeptValues } from './kept-values.ts';

/**
 * The visitor of this browser and what they say. Nothing is stored and nobody is connected before the first use: the
 * first message, file or `identify`.
 */
export interface VisitorSession {
  /** Undefined before the first use. */
  readonly view: ConversationView | undefined;
  readonly status: ClientStatus | undefined;
  /** The server has greeted us once: a line that is down now was up before. */
  readonly hasConnected: boolean;
  readonly api: Api;
  /** The channel is for people who are signed in on the host page, and nobody is. */
  readonly mustSignIn: boolean;
  /** Messages of ours that the visitor has not seen; undefined while what is known of them is still being loaded. */
  readonly unread: number | undefined;
  /** Kept over a reload once there is a visitor, and in this page's memory before. */
  draft: string;
  /** @throws QueueFull */
  send(content: Content): void;
  identify(identity: Identity): Promise<void>;
  reset(): void;
  close(): void;
  subscribe(listener: () => void): () => void;
}

/**
 * What is kept of a visitor. `id` names this life of the visitor here: another one does not share its send queue. It is
 * also the secret by which the server makes one visitor of it, however many tabs ask.
 */
type VisitorRecord = { id: string; token?: string; contactId?: string };
type SessionAnswer = { visitorToken: string; contactId: string };

export function createVisitorSession(options: {
  server: string;
  channelId: string;
  kept: KeptValues;
  onMessage: (message: Message) => void;
}): VisitorSession {
  const { server, channelId, kept } = options;
  const key = visitorKey(channelId);
  const draftKey = `${key}.draft`;
  const listeners = new Set<() => void>();
  let record = readRecord(kept.get(key));
  let client: ParleyClient | undefined;
  let view: ConversationView | undefined;
  let stops: (() => void)[] = [];
  let mustSignIn = false;
  /** The token has opened a connection since it was last tried: worth trying once more as it is. */
  let proved = false;
  let identifying: Promise<void> = Promise.resolve();
  let fetching: Promise<string> | undefined;
  let draft = kept.get(draftKey) ?? '';

  const open = createApi({ server });
  const api = createApi({ server, token: () => token() });

  const queueKey = (id: string) => `${channelId}.${id}`;

  function tell(): void {
    for (const listener of [...listeners]) listener();
  }
  function save(next: VisitorRecord): void {
    record = next;
    kept.set(key, JSON.stringify(next));
  }

  function startSession(extra: {
    visitorToken?: string;
    visitorKey?: string;
    identity?: Identity;
  }): Promise<SessionAnswer> {
    return open.call<SessionAnswer>('POST', '/api/v1/visitor/sessions', { channelId, ...extra });
  }

  async function token(): Promise<string> {
    await identifying;
    return record?.token ?? newToken();
  }
  async function tokenToConnect(): Promise<string> {
    await identifying;
    const known = proved ? record?.token : undefined;
    proved = false;
    return known ?? newToken();
  }
  function newToken(): Promise<string> {
    fetching ??= askForToken(ensureRecord()).finally(() => {
      fetching = undefined;
    });
    return fetching;
  }
  /**
   * A new token for whom we know, or for a new visitor; it also shows whether the old one is still good. Tabs may ask at
   * the same time: what one of them wrote into the storage is seen late by the others, also under a lock. So the key goes
   * along with a token as well, which may be good no more.
   */
  async function askForToken(mine: VisitorRecord): Promise<string> {
    try {
      const answer = await startSession({
        ...(mine.token === undefined ? {} : { visitorToken: mine.token }),
        // An id of an older form is no key.
        ...(isVisitorKey(mine.id) ? { visitorKey: mine.id } : {}),
      });
      if (record?.id === mine.id) save({ ...mine, token: answer.visitorToken, contactId: answer.contactId });
      mustSignIn = false;
      return answer.visitorToken;
    } catch (error) {
      mustSignIn = error instanceof ApiError && error.code === 'unauthorized';
      if (error instanceof ApiError && ['origin-forbidden', 'not-found'].includes(error.code)) {
        throw Object.assign(new Error('The channel refuses this page.', { cause: error }), { code: 'unauthorized' });
      }
      throw error;
    } finally {
      tell();
    }
  }

  function ensureRecord(): VisitorRecord {
    // Another tab may have begun meanwhile: one browser, one visitor.
    record ??= readRecord(kept.get(key));
    if (record === undefined) save({ id: newVisitorKey() });
    return record as VisitorRecord;
  }

  function connect(): ConversationView {
    if (view !== undefined) return view;
    const { id } = ensureRecord();
    const made = createClient({
      server,
      role: 'visitor',
      token: tokenToConnect,
      storage: kept,
      storageKey: queueKey(id),
    });
    const own = made.own();
    stops = [
      own.subscribe(tell),
      made.on('status', ({ state }) => {
        if (state !== 'offline') proved = true;
        tell();
      }),
      made.on('message', ({ message }) => options.onMessage(message)),
    ];
    client = made;
    view = own;
    made.open();
    return own;
  }
  function disconnect(): void {
    for (const stop of stops.splice(0)) stop();
    client?.close();
    client = undefined;
    view = undefined;
    proved = false;
  }

  /** Ends this life of the visitor here, with what it has not sent. */
  function forget(): void {
    const id = record?.id;
    disconnect();
    record = undefined;
    kept.remove(key);
    kept.remove(unreadKey(channelId));
    if (id !== undefined) kept.remove(`parley.unsent.${queueKey(id)}`);
  }

  async function become(identity: Identity): Promise<void> {
    const answer = await startSession({ identity });
    mustSignIn = false;
    const same = record?.contactId === answer.contactId;
    const unsent = same ? [] : (view?.pending ?? []);
    if (!same) forget();
    save({ ...ensureRecord(), token: answer.visitorToken, contactId: answer.contactId });
    proved = true;
    const own = connect();
    // What was being said goes on as the person who said it.
    for (const { content } of unsent) own.send(content);
    client?.open();
    tell();
  }

  /** Another tab began, became somebody, or forgot everybody. */
  function followOtherTab(): void {
    const next = readRecord(kept.get(key));
    if (next?.id === record?.id) {
      record = next;
      return;
    }
    disconnect();
    record = next;
    if (next !== undefined) connect();
    tell();
  }
  function onStorage(event: StorageEvent): void {
    // Without a key, all of the storage was cleared.
    if (event.key === key || event.key === null) followOtherTab();
  }
  /** A page that comes back from the browser's memory (bfcache) was told nothing while it lay there. */
  function onPageShow(event: PageTransitionEvent): void {
    if (event.persisted) followOtherTab();
  }
  addEventListener('storage', onStorage);
  addEventListener('pageshow', onPageShow);
  if (record !== undefined) connect();

  return {
    get view() {
      return view;
    },
    get status() {
      return client?.status;
    },
    get hasConnected() {
      return client?.hello !== undefined;
    },
    api,
    get mustSignIn() {
      return mustSignIn;
    },
    get unread() {
      if (view === undefined) return 0;
      if (!view.loaded) return undefined;
      const readSeq = view.conversation?.contactReadSeq ?? Infinity;
      return view.messages.filter((message) => message.seq > readSeq && isSpoken(message)).length;
    },
    get draft() {
      return draft;
    },
    set draft(text) {
      draft = text;
      if (text === '') kept.remove(draftKey);
      else if (record !== undefined) kept.set(draftKey, text);
    },
    send(content) {
      connect().send(content);
    },
    identify(identity) {
      const done = become(identity);
      identifying = done.catch(() => undefined);
      return done;
    },
    reset() {
      forget();
      draft = '';
      mustSignIn = false;
      kept.remove(draftKey);
      tell();
    },
    close() {
      removeEventListener('storage', onStorage);
      removeEventListener('pageshow', onPageShow);
      disconnect();
    },
    subscribe(listener) {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
  };
}

/** A person or the bot said something to the visitor, rather than something happened. */
export function isSpoken(message: Message): boolean {
  return message.direction === 'out' && message.content.type !== 'system' && !message.private;
}

/** 128 random bits; `randomUUID` is not there on pages without TLS. */
function newVisitorKey(): string {
  return [...crypto.getRandomValues(new Uint8Array(16))].map((byte) => byte.toString(16).padStart(2, '0')).join('');
}

const isVisitorKey = (id: string): boolean => /^[0-9a-f]{32}$/.test(id);

function readRecord(text: string | null): VisitorRecord | undefined {
  try {
    const kept: unknown = JSON.parse(text ?? 'null');
    return typeof kept === 'object' && kept !== null && 'id' in kept ? (kept as VisitorRecord) : undefined;
  } catch {
    // Not ours, or of an older form: begin anew.
    return undefined;
  }
}
