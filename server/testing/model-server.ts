import { once } from 'node:events';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

/** What was asked of the stand-in, checked to be what a real server takes. */
export interface ReceivedRequest {
  readonly path: string;
  readonly authorization: string | undefined;
  readonly headers: IncomingMessage['headers'];
  readonly body: {
    readonly model: string;
    readonly messages?: readonly { readonly role: string; readonly content: string }[];
    readonly input?: readonly string[];
    readonly max_tokens?: number;
    readonly temperature?: number;
    readonly store?: boolean;
  };
}

/** How the stand-in answers one request. */
export type ModelBehaviour =
  | {
      readonly kind: 'text';
      readonly text: string | ((request: ReceivedRequest) => string);
      readonly usage?: unknown;
      readonly pieceMs?: number;
    }
  | { readonly kind: 'status'; readonly status: number; readonly retryAfterS?: number; readonly body?: string }
  /** Takes the request and never says a word. */
  | { readonly kind: 'silent' }
  /** Begins, and says nothing more. */
  | { readonly kind: 'stalls'; readonly after: string }
  /** Ends the connection amid the stream; `politely`: as if the answer were whole. */
  | { readonly kind: 'cut'; readonly after: string; readonly politely?: boolean }
  | { readonly kind: 'endless' }
  /** One line that never ends. */
  | { readonly kind: 'endless-line' }
  /** The body as it is given, as a stream of events. */
  | { readonly kind: 'raw'; readonly body: string; readonly contentType?: string };

export interface ModelServer extends AsyncDisposable {
  /** With `/v1`, as a setting has it. */
  readonly baseUrl: string;
  /** `host:port`, as an operator opens it. */
  readonly host: string;
  readonly received: readonly ReceivedRequest[];
  /** Requests whose asker went away before the answer was whole. */
  readonly abandoned: number;
  /** Answers the next requests in this order, and all that follow like the last. */
  answer(...behaviours: readonly ModelBehaviour[]): void;
  /** The vector of a text; another length shows a server that changed its model. */
  embedWith(vectorOf: (text: string) => readonly unknown[]): void;
}

/**
 * A server of the chat-completions interface that does as it is told: also what a real one only does when it is broken or
 * means harm. A request that a real one would refuse is refused with 400 and what is wrong.
 */
export async function startModelServer({ apiKey }: { apiKey?: string } = {}): Promise<ModelServer> {
  const received: ReceivedRequest[] = [];
  let behaviours: readonly ModelBehaviour[] = [{ kind: 'text', text: 'Hello.' }];
  let vectorOf = (text: string): readonly unknown[] => [text.length, 1, 0];
  let abandoned = 0;
  const server = createServer((request, response) => {
    response.on('close', () => {
      if (!response.writableFinished) abandoned += 1;
    });
    readRequest(request).then(
      (seen) => serve(seen, response),
      (error: Error) => refuse(response, 400, error.message),
    );
  });

  function serve(seen: ReceivedRequest, response: ServerResponse): void {
    received.push(seen);
    if (apiKey !== undefined && seen.authorization !== `Bearer ${apiKey}`) {
      refuse(response, 401, 'Incorrect API key provided.');
      return;
    }
    const [next = { kind: 'silent' }, ...rest] = behaviours;
    if (rest.length > 0) behaviours = rest;
    if (seen.path === '/v1/embeddings' && next.kind === 'text') embed(seen, response);
    else behave(next, seen, response);
  }

  function embed({ body }: ReceivedRequest, response: ServerResponse): void {
    const data = (body.input ?? []).map((text, index) => ({ object: 'embedding', index, embedding: vectorOf(text) }));
    response.setHeader('content-type', 'application/json');
    response.end(
      JSON.stringify({ object: 'list', data, model: body.model, usage: { prompt_tokens: 7, total_tokens: 7 } }),
    );
  }

  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  return {
    baseUrl: `http://127.0.0.1:${port}/v1`,
    host: `127.0.0.1:${port}`,
    received,
    get abandoned() {
      return abandoned;
    },
    answer: (...next) => {
      behaviours = next;
    },
    embedWith: (next) => {
      vectorOf = next;
    },
    [Symbol.asyncDispose]: async () => {
      if (!server.listening) return;
      server.closeAllConnections();
      server.close();
      await once(server, 'close');
    },
  };
}

async function readRequest(request: IncomingMessage): Promise<ReceivedRequest> {
  let text = '';
  for await (const chunk of request.setEncoding('utf8')) text += chunk;
  const path = request.url ?? '';
  if (request.method !== 'POST') throw new Error(`Method ${request.method} is not allowed.`);
  if (request.headers['content-type'] !== 'application/json')
    throw new Error('content-type: expected application/json.');
  const body = JSON.parse(text) as ReceivedRequest['body'] & { stream?: boolean };
  if (typeof body.model !== 'string' || body.model === '') throw new Error('model: is required.');
  if (path === '/v1/chat/completions') checkChat(body);
  else if (path === '/v1/embeddings') checkInput(body.input);
  else throw new Error(`There is no ${path}.`);
  return { path, authorization: request.headers.authorization, headers: request.headers, body };
}

const chatFields = ['model', 'messages', 'max_tokens', 'temperature', 'stream', 'stream_options', 'store'];

function checkChat(body: object): void {
  const unknown = Object.keys(body).find((name) => !chatFields.includes(name));
  if (unknown !== undefined) throw new Error(`${unknown}: unrecognized request argument.`);
  const { messages, max_tokens: most } = body as ReceivedRequest['body'];
  if (!Array.isArray(messages) || messages.length === 0) throw new Error('messages: expected at least one.');
  for (const { role, content } of messages) {
    if (!['system', 'user', 'assistant'].includes(role)) throw new Error(`role: ${role} is none.`);
    if (typeof content !== 'string' || content === '') throw new Error('content: expected text.');
  }
  if (!Number.isInteger(most) || Number(most) < 1) throw new Error('max_tokens: expected a whole number.');
}

function checkInput(input: unknown): void {
  const isFine = Array.isArray(input) && input.length > 0 && input.length <= 2_048;
  if (!isFine || input.some((text) => typeof text !== 'string' || text === ''))
    throw new Error('input: expected texts.');
}

function refuse(response: ServerResponse, status: number, message: string): void {
  response.writeHead(status, { 'content-type': 'application/json' });
  response.end(JSON.stringify({ error: { message, type: 'invalid_request_error' } }));
}

function behave(how: ModelBehaviour, seen: ReceivedRequest, response: ServerResponse): void {
  if (how.kind === 'silent') return;
  if (how.kind === 'status') {
    if (how.retryAfterS !== undefined) response.setHeader('retry-after', String(how.retryAfterS));
    response.writeHead(how.status, { 'content-type': 'application/json' });
    response.end(how.body ?? JSON.stringify({ error: { message: 'told to' } }));
    return;
  }
  response.writeHead(200, {
    'content-type': how.kind === 'raw' ? (how.contentType ?? 'text/event-stream') : 'text/event-stream',
  });
  const piece = (text: string, finish: string | null = null) =>
    `data: ${JSON.stringify({ id: 'c', object: 'chat.completion.chunk', created: 1, model: seen.body.model, choices: [{ index: 0, delta: { content: text }, finish_reason: finish }] })}\n\n`;
  const pump = (chunk: string) => {
    const more = () => {
      while (!response.destroyed && response.write(chunk));
      if (!response.destroyed) response.once('drain', more);
    };
    more();
  };
  switch (how.kind) {
    case 'text':
      void speak(how, seen, response, piece);
      return;
    case 'stalls':
      response.write(piece(how.after));
      return;
    case 'cut':
      response.write(piece(how.after), () => (how.politely === true ? response.end() : response.destroy()));
      return;
    case 'endless':
      pump(piece('and so on and on '.repeat(20)));
      return;
    case 'endless-line':
      response.write('data: {"x":"');
      pump('x'.repeat(65_536));
      return;
    case 'raw':
      response.end(how.body);
      return;
    default:
      how satisfies never;
  }
}

async function speak(
  { text, usage, pieceMs = 0 }: Extract<ModelBehaviour, { kind: 'text' }>,
  seen: ReceivedRequest,
  response: ServerResponse,
  piece: (text: string, finish?: string | null) => string,
): Promise<void> {
  const whole = typeof text === 'string' ? text : text(seen);
  const characters = [...whole];
  for (let at = 0; at < characters.length && !response.destroyed; at += 3) {
    response.write(piece(characters.slice(at, at + 3).join('')));
    if (pieceMs > 0) await new Promise((resolve) => setTimeout(resolve, pieceMs));
  }
  response.write(piece('', 'stop'));
  const counted = usage === undefined ? { prompt_tokens: 100, completion_tokens: characters.length } : usage;
  if (counted !== null) response.write(`data: ${JSON.stringify({ choices: [], usage: counted })}\n\n`);
  response.end('data: [DONE]\n\n');
}
