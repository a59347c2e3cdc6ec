import { once } from 'node:events';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { newId } from '../../base/ids.ts';
import { readKeys } from './settings.ts';
import { signWebhook, verifyWebhook } from './signature.ts';

export interface OtherSystemOptions {
  /** `whsec_…`: it signs with this one what it posts to us. */
  readonly secret: string;
  /** `whsec_…` that our posts are signed with; the same as `secret` when absent. */
  readonly outboundSecret?: string;
  /** 0 or absent: any free port. */
  readonly port?: number;
  /** Told of every request that arrived, verified or not. */
  readonly onRequest?: (request: ReceivedPost) => void;
}

export interface ReceivedPost {
  readonly webhookId: string;
  /** The signature is right and the time is near; otherwise why not. */
  readonly verified: true | string;
  readonly event: { readonly type?: string; readonly data?: Record<string, unknown> };
  /** What it was answered with; 0: nothing at all. */
  readonly answered: number;
}

/** How the next request is answered: a status, or `silence` until the client gives up. */
export interface Mood {
  readonly status: number | 'silence';
  readonly retryAfterS?: number;
}

/** A stand-in for the other system: it signs as Standard Webhooks, verifies what we post, and fails on demand. */
export interface OtherSystem {
  /** Where it wants to be posted to. */
  readonly url: string;
  /** Everything that was posted to it, in order. */
  readonly received: readonly ReceivedPost[];
  /** Posts one event to a channel's callback address; `webhookId` again is a repeat, signed anew. */
  post(callbackUrl: string, event: object, options?: { webhookId?: string }): Promise<{ status: number; body: string }>;
  /** Answers the next `times` requests (1 when absent) in this mood instead of with 200. */
  answerNext(mood: Mood, times?: number): void;
  close(): Promise<void>;
}

const maxBodyBytes = 4 * 1024 * 1024;

/** Starts it on loopback. */
export async function startOtherSystem(options: OtherSystemOptions): Promise<OtherSystem> {
  const received: ReceivedPost[] = [];
  const moods: Mood[] = [];
  const keys = readKeys(options.secret);
  const verifyKeys = readKeys(options.outboundSecret ?? options.secret);
  const server = createServer((request, response) => {
    handle(request).catch(() => response.destroy());
    async function handle(incoming: IncomingMessage): Promise<void> {
      const body = await readBody(incoming);
      const mood = moods.shift() ?? { status: 200 };
      const post = readPost(incoming, body, verifyKeys, mood);
      received.push(post);
      options.onRequest?.(post);
      answer(response, post, mood);
    }
  });
  server.listen(options.port ?? 0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  return {
    url: `http://127.0.0.1:${port}/`,
    received,
    post: (callbackUrl, event, { webhookId = `msg_${newId()}` } = {}) => postEvent(callbackUrl, event, webhookId, keys),
    answerNext: (mood, times = 1) => moods.push(...Array.from({ length: times }, () => mood)),
    close: async () => {
      server.closeAllConnections();
      server.close();
      await once(server, 'close');
    },
  };
}

async function readBody(request: IncomingMessage): Promise<Buffer> {
  const chunks: Buffer[] = [];
  let sizeBytes = 0;
  for await (const chunk of request as AsyncIterable<Buffer>) {
    sizeBytes += chunk.length;
    if (sizeBytes > maxBodyBytes) throw new Error('The body is too long.');
    chunks.push(chunk);
  }
  return Buffer.concat(chunks);
}

function readPost(request: IncomingMessage, body: Buffer, keys: ReturnType<typeof readKeys>, mood: Mood): ReceivedPost {
  const headers = request.headers as Record<string, string | undefined>;
  const verified = verification(headers, body, keys);
  const succeeds = mood.status === 'silence' ? 0 : mood.status;
  return {
    webhookId: headers['webhook-id'] ?? '',
    verified,
    event: verified === true ? (JSON.parse(body.toString()) as ReceivedPost['event']) : {},
    answered: verified === true ? succeeds : 401,
  };
}

function verification(
  headers: Record<string, string | undefined>,
  body: Buffer,
  keys: ReturnType<typeof readKeys>,
): true | string {
  try {
    verifyWebhook({ headers, body }, keys, Date.now());
    return true;
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  }
}

/** A success names the message by an id of its own, as a real system would. */
function answer(response: ServerResponse, post: ReceivedPost, mood: Mood): void {
  if (post.answered === 0) return;
  if (mood.retryAfterS !== undefined) response.setHeader('retry-after', mood.retryAfterS);
  response.writeHead(post.answered, { 'content-type': 'application/json' });
  response.end(post.answered === 200 ? JSON.stringify({ externalId: `other-${post.webhookId}` }) : '{}');
}

async function postEvent(callbackUrl: string, event: object, id: string, keys: ReturnType<typeof readKeys>) {
  const body = JSON.stringify(event);
  const timestampS = Math.floor(Date.now() / 1000);
  const response = await fetch(callbackUrl, {
    method: 'POST',
    headers: {
      'content-type': 'application/json',
      'webhook-id': id,
      'webhook-timestamp': String(timestampS),
      'webhook-signature': signWebhook({ id, timestampS, body }, keys),
    },
    body,
  });
  return { status: response.status, body: await response.text() };
}
