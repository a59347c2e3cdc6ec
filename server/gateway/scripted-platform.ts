import { createTestClock, type TestClock } from '../base/clock.ts';
import type { ChannelAdapter, ChannelContext, ChannelFetchInit, ChannelInstance } from './channel-adapter.ts';
import { NotSent } from './channel-fetch.ts';

/** What a platform does with one request: it answers, or the request fails as `fails` says. */
export type PlatformAnswer =
  | { readonly status: number; readonly headers?: Readonly<Record<string, string>>; readonly body?: string }
  /** `not-sent`: no connection; `timeout` and `reset`: the request left, and nobody knows what became of it. */
  | { readonly fails: 'not-sent' | 'timeout' | 'reset' };

export interface PlatformRequest {
  readonly url: string;
  readonly method: string;
  /** Lower-case names. */
  readonly headers: Readonly<Record<string, string>>;
  /** The body as text; of a form its fields and file names. */
  readonly body: string;
}

/** The answers in order (the last one for ever), or a function of the request and its number from 0. */
export type PlatformScript = readonly PlatformAnswer[] | ((request: PlatformRequest, index: number) => PlatformAnswer);

/** One channel opened for a test, with all that it did to the outside. */
export interface OpenedChannel<Settings = unknown> {
  /** What the channel was opened with. */
  readonly context: ChannelContext<Settings>;
  readonly instance: ChannelInstance;
  readonly clock: TestClock;
  readonly requests: readonly PlatformRequest[];
  readonly reports: readonly Parameters<ChannelContext<unknown>['report']>[0][];
}

export interface OpenOptions<Settings> {
  readonly settings: Settings;
  /** Epoch milliseconds at which the channel's clock stands. */
  readonly now: number;
  readonly script?: PlatformScript;
  readonly publicUrl?: string;
}

/** Opens a channel on a platform that answers by a script instead of over the network, and on a clock that stands. */
export function openOnScript<Settings>(
  adapter: ChannelAdapter<Settings>,
  { settings, now, script = [], publicUrl = 'https://parley.example' }: OpenOptions<Settings>,
): OpenedChannel<Settings> {
  const clock = createTestClock(now);
  const requests: PlatformRequest[] = [];
  const reports: Parameters<ChannelContext<Settings>['report']>[0][] = [];
  const context: ChannelContext<Settings> = {
    channelId: 'channel-1',
    settings,
    publicUrl,
    now: clock.now,
    sleep: clock.sleep,
    fetch: async (url, init = {}) => {
      if (init.signal?.aborted === true) throw new NotSent('gave-up', 'Gave up.', { cause: init.signal.reason });
      const request = await readRequest(url, init);
      requests.push(request);
      return answerWith(pick(script, request, requests.length - 1));
    },
    shared: sharedValues(clock.now),
    openFile: async (url) => ({
      bytes: Uint8Array.of(1, 2, 3),
      fileName: url.split('/').at(-1) ?? '',
      mimeType: 'image/png',
    }),
    report: (health) => reports.push(health),
  };
  return { context, instance: adapter.open(context), clock, requests, reports };
}

async function readRequest(url: string, init: ChannelFetchInit): Promise<PlatformRequest> {
  const headers = Object.entries(init.headers ?? {}).map(([name, value]) => [name.toLowerCase(), value]);
  return { url, method: init.method ?? 'GET', headers: Object.fromEntries(headers), body: await bodyText(init.body) };
}

async function bodyText(body: ChannelFetchInit['body']): Promise<string> {
  if (body === undefined || typeof body === 'string') return body ?? '';
  if (body instanceof FormData) return new Response(body).text();
  return Buffer.from(body).toString('utf8');
}

function pick(script: PlatformScript, request: PlatformRequest, index: number): PlatformAnswer {
  const answer = typeof script === 'function' ? script(request, index) : (script[index] ?? script.at(-1));
  if (answer === undefined) throw new Error(`The script has no answer to ${request.method} ${request.url}.`);
  return answer;
}

function answerWith(answer: PlatformAnswer): Response {
  if ('status' in answer) {
    const hasNoBody = [204, 205, 304].includes(answer.status);
    return new Response(hasNoBody ? null : (answer.body ?? ''), {
      status: answer.status,
      headers: { ...answer.headers },
    });
  }
  if (answer.fails === 'not-sent') throw new NotSent('no-connection', 'No connection to the platform (ECONNREFUSED).');
  if (answer.fails === 'timeout') throw new DOMException('The operation was aborted due to timeout', 'TimeoutError');
  throw new TypeError('The connection broke before the answer was whole.');
}

function sharedValues(now: () => number): ChannelContext<unknown>['shared'] {
  const values = new Map<string, { value: string; expiresAt: number }>();
  return async (key, renew, options = {}) => {
    const known = values.get(key);
    if (known !== undefined && known.expiresAt > now() && known.value !== options.stale) return known.value;
    const renewed = await renew(new AbortController().signal);
    values.set(key, renewed);
    return renewed.value;
  };
}
