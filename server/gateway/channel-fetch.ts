import { promises as dns, type LookupAddress } from 'node:dns';
import { isIP, type LookupFunction } from 'node:net';
import { Agent, buildConnector, type Dispatcher } from 'undici';
import type { ChannelContext, ChannelFetchInit } from './channel-adapter.ts';
import { isWithin, type Reach } from './network-address.ts';
import { type StreamedBody, streamedBody } from './streamed-body.ts';

/** HTTP to the outside, as a channel gets it; `close` ends every connection, and with it what is under way. */
export type OutboundFetch = ChannelContext<unknown>['fetch'] & { close(): Promise<void> };

export interface OutboundOptions {
  /** `host:port` pairs that the operator opened in the server's configuration, whatever network they lie in. */
  readonly allow: readonly string[];
  /**
   * Addresses that an administrator typed into a channel's settings (fields of kind `url`): host and port of each may
   * lie in a private network, but never be a link-local or metadata address.
   */
  readonly baseUrls?: readonly string[];
  /** Resolves a host name to all of its addresses; the system's resolver by default. */
  readonly resolve?: (hostname: string) => Promise<LookupAddress[]>;
}

/**
 * Nothing of the request has left. An adapter may say `RetryAfter` on it, whatever the platform knows of idempotency.
 * `why`: the address leads where it must not, or is none (it will be refused again); no connection came about (no such
 * name, nobody listens, no handshake); or who asked, or the time-out, gave up before one stood.
 */
export class NotSent extends TypeError {
  override readonly name = 'NotSent';
  readonly why: 'address-refused' | 'no-connection' | 'gave-up';
  constructor(why: NotSent['why'], message: string, options?: ErrorOptions) {
    super(message, options);
    this.why = why;
  }
}

const defaultTimeoutMs = 15_000;
const defaultMaxBytes = 2 * 1024 * 1024;
const connectTimeoutMs = 10_000;
/** Connections to one host; more requests wait, and their time-out runs meanwhile. */
const maxConnections = 64;

/**
 * Makes the one client through which channels reach the outside. It checks the address that is really connected to
 * (after name resolution, and the connection uses the very answer that was checked, so that a name which changes its
 * mind in between leads nowhere), follows no redirect, and reads no more of an answer than it was asked to.
 *
 * The returned function throws `NotSent` where surely nothing was sent; else, with the outcome unknown, the signal's
 * reason (`DOMException` `TimeoutError` on a time-out) or a `TypeError`. Messages name the host, never path or query:
 * platforms put tokens there.
 *
 * @throws Error when an entry of `allow` or `baseUrls` cannot be read: it names the entry
 */
export function createOutboundFetch(options: OutboundOptions): OutboundFetch {
  const reachByHost = new Map<string, Reach>();
  for (const url of options.baseUrls ?? []) reachByHost.set(hostAndPort(readBaseUrl(url)), 'private-too');
  for (const entry of options.allow) reachByHost.set(readAllowed(entry), 'everything');
  const resolve = options.resolve ?? ((hostname) => dns.lookup(hostname, { all: true }));
  // One pool a reach: a request that may go to the internet alone must not find a connection that went elsewhere.
  const agents: Record<Reach, Agent> = {
    public: guardedAgent('public', resolve),
    'private-too': guardedAgent('private-too', resolve),
    everything: guardedAgent('everything', resolve),
  };
  const outbound = async (url: string, init: ChannelFetchInit = {}): Promise<Response> => {
    const target = readTarget(url);
    const reach = init.untrusted === true ? 'public' : (reachByHost.get(hostAndPort(target)) ?? 'public');
    return exchange(agents[reach], target, init);
  };
  const close = async () => {
    await Promise.all(Object.values(agents).map((agent) => agent.destroy()));
  };
  return Object.assign(outbound, { close });
}

function readTarget(text: string): URL {
  const url = URL.parse(text);
  if (url === null) throw new NotSent('address-refused', 'The address cannot be read.');
  if (url.protocol !== 'https:' && url.protocol !== 'http:')
    throw new NotSent('address-refused', `Only http and https, not ${url.protocol}`);
  if (url.username !== '' || url.password !== '')
    throw new NotSent('address-refused', `The address of ${url.host} carries credentials.`);
  return url;
}

function readBaseUrl(text: string): URL {
  const url = URL.parse(text);
  if (url === null || !/^https?:$/.test(url.protocol)) throw new Error(`Base URL: expected http(s)://…, got ${text}`);
  return url;
}

function readAllowed(entry: string): string {
  const url = /:\d+$/.test(entry) ? URL.parse(`http://${entry}`) : null;
  if (url === null || url.pathname !== '/' || url.username !== '') {
    throw new Error(`Allowed outbound address: expected host:port, got ${entry}`);
  }
  return hostAndPort(url);
}

function hostAndPort(url: URL): string {
  return `${url.hostname}:${url.port || (url.protocol === 'https:' ? '443' : '80')}`;
}

type Resolve = NonNullable<OutboundOptions['resolve']>;

function guardedAgent(reach: Reach, resolve: Resolve): Agent {
  const connect = buildConnector({
    allowH2: false,
    timeout: connectTimeoutMs,
    lookup: guardedLookup(reach, resolve),
  } as buildConnector.BuildOptions);
  return new Agent({
    connections: maxConnections,
    connect: (target, callback) => {
      // A literal address is never looked up.
      if (isIP(target.hostname) !== 0 && !isWithin(target.hostname, reach)) {
        callback(blocked(target.hostname), null);
        return;
      }
      connect(target, (error, socket) => {
        if (error !== null) return callback(asNotSent(error, target.hostname), null);
        if (isWithin(socket.remoteAddress ?? '', reach)) return callback(null, socket);
        socket.destroy();
        callback(blocked(target.hostname), null);
      });
    },
  });
}

function guardedLookup(reach: Reach, resolve: Resolve): LookupFunction {
  return (hostname, options, callback) => {
    resolve(hostname).then(
      (addresses) => {
        const [first, ...others] = addresses.filter(({ address }) => isWithin(address, reach));
        if (first === undefined) callback(blocked(hostname), '');
        else if (options.all === true) callback(null, [first, ...others]);
        else callback(null, first.address, first.family);
      },
      (error: Error) => callback(error, ''),
    );
  };
}

function blocked(hostname: string): NotSent {
  return new NotSent('address-refused', `${hostname} leads into a network that is not reached from here.`);
}

function asNotSent(error: unknown, hostname: string): NotSent {
  if (error instanceof NotSent) return error;
  const code = error instanceof Error && 'code' in error ? ` (${error.code})` : '';
  return new NotSent('no-connection', `No connection to ${hostname}${code}.`, { cause: error });
}

/** One request and its whole answer. */
async function exchange(agent: Agent, url: URL, init: ChannelFetchInit): Promise<Response> {
  const { body, contentType } = await readBody(init.body);
  const timeout = AbortSignal.timeout(init.timeoutMs ?? defaultTimeoutMs);
  const signal = init.signal === undefined ? timeout : AbortSignal.any([init.signal, timeout]);
  if (signal.aborted) throw giveUp(url.host, signal);
  return new Promise((resolve, reject) => {
    const limits = { maxBytes: init.maxBytes ?? defaultMaxBytes, streamed: init.streamed === true };
    const handler = answerReader(url.host, limits, signal, { resolve, reject });
    const request: Dispatcher.DispatchOptions = {
      origin: url.origin,
      path: url.pathname + url.search,
      method: init.method ?? 'GET',
      headers: { ...contentType, ...init.headers },
      body,
    };
    try {
      agent.dispatch(request, handler);
    } catch (error) {
      handler.refused(error);
    }
  });
}

async function readBody(
  body: ChannelFetchInit['body'],
): Promise<{ body: string | Uint8Array | null; contentType: Record<string, string> }> {
  if (!(body instanceof FormData)) return { body: body ?? null, contentType: {} };
  const encoded = new Response(body);
  const contentType = encoded.headers.get('content-type') ?? 'multipart/form-data';
  return { body: await encoded.bytes(), contentType: { 'content-type': contentType } };
}

interface Settle {
  resolve(answer: Response): void;
  reject(reason: unknown): void;
}

/**
 * Gathers an answer, and knows whether the request has begun to leave: undici starts a request, in its words, when a
 * connection stands and before the first byte is written.
 */
function answerReader(
  host: string,
  { maxBytes, streamed }: { maxBytes: number; streamed: boolean },
  signal: AbortSignal,
  settle: Settle,
) {
  let controller: Dispatcher.DispatchController | undefined;
  let body: StreamedBody | undefined;
  let head: ResponseInit & { status: number } = { status: 200 };
  let sizeBytes = 0;
  const chunks: Buffer[] = [];

  const finish = () => signal.removeEventListener('abort', onAbort);
  const fail = (error: unknown) => {
    finish();
    const reject = body?.fail ?? settle.reject;
    if (controller === undefined) reject(signal.aborted ? giveUp(host, signal) : asNotSent(error, host));
    else if (signal.aborted || error instanceof TypeError) reject(signal.aborted ? signal.reason : error);
    else reject(new TypeError(`The connection to ${host} broke before its answer was whole.`, { cause: error }));
  };
  const onAbort = () => {
    if (controller === undefined) fail(signal.reason);
    else controller.abort(signal.reason);
  };
  const tooLarge = () => new TypeError(`The answer of ${host} is longer than ${maxBytes} bytes.`);

  signal.addEventListener('abort', onAbort);

  return {
    refused: fail,
    onRequestStart(started: Dispatcher.DispatchController) {
      if (signal.aborted) started.abort(signal.reason);
      else controller = started;
    },
    onResponseStart(current: Dispatcher.DispatchController, status: number, headers: RawHeaders) {
      if (status < 200) return;
      if (Number(headers['content-length'] ?? 0) > maxBytes) current.abort(tooLarge());
      if (status > 599) current.abort(new TypeError(`${host} answered with ${status}, which is no HTTP status.`));
      head = { status, headers: readHeaders(headers) };
      if (!streamed || current.aborted || !hasBody(status)) return;
      body = streamedBody(current);
      settle.resolve(new Response(body.stream, head));
    },
    onResponseData(current: Dispatcher.DispatchController, chunk: Buffer) {
      sizeBytes += chunk.length;
      if (sizeBytes > maxBytes) current.abort(tooLarge());
      else if (body === undefined) chunks.push(chunk);
      else body.add(chunk);
    },
    onResponseEnd() {
      finish();
      if (body === undefined) settle.resolve(wholeAnswer(head, chunks));
      else body.end();
    },
    onResponseError(_: unknown, error: Error) {
      fail(error);
    },
  };
}

function wholeAnswer(head: ResponseInit & { status: number }, chunks: readonly Buffer[]): Response {
  return new Response(hasBody(head.status) ? Buffer.concat(chunks) : null, head);
}

const hasBody = (status: number): boolean => ![204, 205, 304].includes(status);

function giveUp(host: string, signal: AbortSignal): NotSent {
  return new NotSent('gave-up', `Gave up before a connection to ${host} stood.`, { cause: signal.reason });
}

type RawHeaders = Record<string, string | string[] | undefined>;

function readHeaders(raw: RawHeaders): Headers {
  const headers = new Headers();
  for (const [name, values] of Object.entries(raw)) {
    for (const value of [values ?? []].flat()) {
      // What HTTP does not allow in a header's value tells us nothing.
      if (/^[\t\x20-\x7e\x80-\xff]*$/.test(value)) headers.append(name, value);
    }
  }
  return headers;
}
