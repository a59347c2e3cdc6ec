import {
  type Acks,
  type Agent,
  type ClientFrames,
  type ClientFrameType,
  type Conversation,
  type EventFrame,
  type HelloData,
  type Message,
  type Page,
  type Problem,
  subprotocol,
} from '@parley/sdk/protocol.ts';
import WebSocket from 'ws';
import { admin } from './server-process.ts';

export interface Answer<T> {
  readonly status: number;
  readonly headers: Headers;
  /** Parsed where it is JSON, else the text. */
  readonly body: T;
}

export interface CallOptions {
  readonly token?: string;
  /** Sent as JSON. */
  readonly body?: unknown;
  /** Sent as it is. */
  readonly raw?: BodyInit;
  readonly headers?: Readonly<Record<string, string>>;
  readonly signal?: AbortSignal;
}

/** One HTTP request; every status is an answer. @throws TypeError when there is no answer at all */
export async function call<T = unknown>(
  server: { readonly url: string },
  route: `${'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE' | 'OPTIONS' | 'HEAD'} /${string}`,
  options: CallOptions = {},
): Promise<Answer<T>> {
  const [method, path] = route.split(' ', 2) as [string, string];
  const body = options.raw ?? (options.body === undefined ? null : JSON.stringify(options.body));
  const response = await fetch(server.url + path, {
    method,
    redirect: 'manual',
    headers: {
      ...(options.body === undefined ? {} : { 'content-type': 'application/json' }),
      ...(options.token === undefined ? {} : { authorization: `Bearer ${options.token}` }),
      ...options.headers,
    },
    body,
    ...(options.signal === undefined ? {} : { signal: options.signal }),
  });
  const text = await response.text();
  const isJson = /[/+]json/.test(response.headers.get('content-type') ?? '');
  return { status: response.status, headers: response.headers, body: (isJson ? JSON.parse(text) : text) as T };
}

/** Statuses that ask to come again: of ours, and of a load balancer that found nobody behind it. */
export const comeAgain: ReadonlySet<number> = new Set([502, 503, 504]);

/** The answer's body where the status is a success. @throws AnswerLost, or Error that tells the problem */
export async function must<T>(asked: Promise<Answer<T>>): Promise<T> {
  const { status, body } = await asked;
  if (comeAgain.has(status)) throw new AnswerLost(`It asked to come again (${status}).`);
  if (status >= 300) throw new Error(`${status}: ${JSON.stringify(body)}`);
  return body;
}

export interface SignedInAgent {
  readonly token: string;
  readonly agent: Agent;
}

export function signIn(
  server: { readonly url: string },
  who: { email: string; password: string } = admin,
): Promise<SignedInAgent> {
  const body = { email: who.email, password: who.password };
  return must(call<SignedInAgent>(server, 'POST /api/v1/login', { body }));
}

export interface VisitorSession {
  readonly visitorToken: string;
  readonly contactId: string;
  readonly conversationId: string | null;
}

export async function webChannelOf(server: { readonly url: string }, token: string): Promise<string> {
  const { items } = await must(call<Page<{ id: string; type: string }>>(server, 'GET /api/v1/channels', { token }));
  const channel = items.find(({ type }) => type === 'web');
  if (channel === undefined) throw new Error('There is no web channel.');
  return channel.id;
}

export function beginVisit(server: { readonly url: string }, channelId: string): Promise<VisitorSession> {
  return must(call<VisitorSession>(server, 'POST /api/v1/visitor/sessions', { body: { channelId } }));
}

/** Every message of a conversation, page by page. */
export async function allMessages(server: { readonly url: string }, token: string, id: string): Promise<Message[]> {
  const messages: Message[] = [];
  for (let after: string | null = '0'; after !== null; ) {
    const path = `GET /api/v1/conversations/${id}/messages?limit=500&after=${after}` as const;
    const page: Page<Message> = await must(call<Page<Message>>(server, path, { token }));
    messages.push(...page.items);
    after = page.nextCursor;
  }
  return messages;
}

/** Every conversation, page by page. */
export async function allConversations(server: { readonly url: string }, token: string): Promise<Conversation[]> {
  const conversations: Conversation[] = [];
  for (let cursor: string | null = ''; cursor !== null; ) {
    const from: string = cursor === '' ? '' : `&cursor=${encodeURIComponent(cursor)}`;
    const path = `GET /api/v1/conversations?limit=200${from}` as const;
    const page: Page<Conversation> = await must(call<Page<Conversation>>(server, path, { token }));
    conversations.push(...page.items);
    cursor = page.nextCursor;
  }
  return conversations;
}

/** An error frame. */
export class FrameRefused extends Error {
  override readonly name = 'FrameRefused';
  readonly code: string;
  constructor(error: { code: string; message: string }) {
    super(`${error.code}: ${error.message}`);
    this.code = error.code;
  }
}

/** The socket ended before the answer came: nobody knows whether the request had its effect. */
export class AnswerLost extends Error {
  override readonly name = 'AnswerLost';
}

type Waiting = { resolve: (data: never) => void; reject: (error: Error) => void };
type AnyFrame = { id?: string; type: string; data?: unknown; error?: Problem & { message: string } };

/** One socket that waits for its answers. Frames are sent as given, so that wrong ones can be sent too. */
export class FrameSocket {
  readonly raw: WebSocket;
  hello: HelloData | undefined;
  /** What was not the answer to a request of `request`, in order. */
  readonly others: AnyFrame[] = [];
  readonly closed: Promise<{ code: number; reason: string }>;
  onEvent: ((frame: EventFrame) => void) | undefined;
  readonly #waiting = new Map<string, Waiting>();
  readonly #watchers = new Set<() => void>();
  #lastId = 0;

  private constructor(raw: WebSocket) {
    this.raw = raw;
    raw.on('message', (data) => this.#take(JSON.parse(String(data)) as AnyFrame));
    raw.on('error', () => undefined);
    this.closed = new Promise((resolve) => {
      raw.on('close', (code, reason) => {
        for (const { reject } of this.#waiting.values()) reject(new AnswerLost('The socket was closed.'));
        this.#waiting.clear();
        this.#wake();
        resolve({ code, reason: String(reason) });
      });
    });
  }

  /** Resolves with the hello, or with the close where the server refuses. */
  static async open(
    server: { readonly url: string },
    as: { role: 'visitor' | 'agent'; token: string; headers?: Record<string, string> },
  ): Promise<FrameSocket> {
    const url = `${server.url.replace('http', 'ws')}/ws/${as.role}`;
    const raw = new WebSocket(url, [subprotocol, `bearer.${as.token}`], { headers: as.headers ?? {} });
    const socket = new FrameSocket(raw);
    await socket.until(() => socket.hello !== undefined || raw.readyState === WebSocket.CLOSED);
    return socket;
  }

  /** Requests without an answer yet. */
  get underway(): number {
    return this.#waiting.size;
  }

  /** @throws FrameRefused, AnswerLost */
  request<K extends ClientFrameType>(type: K, data: ClientFrames[K]): Promise<Acks[K]> {
    const id = `r${++this.#lastId}`;
    return new Promise((resolve, reject) => {
      if (this.raw.readyState !== WebSocket.OPEN) {
        reject(new AnswerLost('The socket is closed.'));
        return;
      }
      this.#waiting.set(id, { resolve, reject });
      this.raw.send(JSON.stringify({ id, type, data }));
    });
  }

  /** The first frame from now on that is not the answer to a request. */
  async next(): Promise<AnyFrame> {
    const at = this.others.length;
    await this.until(() => this.others.length > at || this.raw.readyState === WebSocket.CLOSED);
    const frame = this.others[at];
    if (frame === undefined) throw new AnswerLost('The socket was closed.');
    return frame;
  }

  /** Resolves when the condition holds; it is looked at after every frame and at the end. */
  until(holds: () => boolean): Promise<void> {
    return new Promise((resolve) => {
      const look = () => {
        if (!holds()) return;
        this.#watchers.delete(look);
        resolve();
      };
      this.#watchers.add(look);
      look();
    });
  }

  async close(): Promise<void> {
    this.raw.close();
    await this.closed;
  }

  #take(frame: AnyFrame): void {
    const waiter = frame.id === undefined ? undefined : this.#waiting.get(frame.id);
    if (frame.type === 'hello') this.hello = frame.data as HelloData;
    else if (waiter !== undefined && frame.id !== undefined) {
      this.#waiting.delete(frame.id);
      if (frame.type === 'ack') waiter.resolve(frame.data as never);
      else waiter.reject(new FrameRefused(frame.error ?? { code: 'none', message: JSON.stringify(frame) }));
    } else {
      this.others.push(frame);
      if (frame.type === 'event') this.onEvent?.(frame as unknown as EventFrame);
    }
    this.#wake();
  }

  #wake(): void {
    for (const look of [...this.#watchers]) look();
  }
}

export const text = (words: string) => ({ type: 'text' as const, text: words });
