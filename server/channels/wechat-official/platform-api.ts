import { hash } from 'node:crypto';
import { type ChannelContext, type ChannelFetchInit, Rejected, RetryAfter } from '../../gateway/channel-adapter.ts';
import { NotSent } from '../../gateway/channel-fetch.ts';
import { type Failure, failureOf, type Remedy, remedyOf, tokenFailureOf } from './platform-errors.ts';
import type { WechatSettings } from './settings.ts';

/** A token is renewed before it ends: the former one stays valid for the five minutes in between. */
const renewEarlyMs = 5 * 60_000;
const maxMediaBytes = 30 * 1024 * 1024;
const mediaTimeoutMs = 25_000;

export interface MediaFile {
  readonly bytes: Uint8Array;
  readonly fileName?: string;
  readonly mimeType: string;
}

/** The platform's interface as the adapter uses it: with a token that is shared, and errors in our terms. */
export interface WechatApi {
  /**
   * POST with JSON, of which a customer may see something. Resolves when the platform has said that it took it.
   * `body` is asked again for a repeat, after `forgotten` has brought the media anew whose id the platform forgot.
   */
  post(
    path: string,
    body: () => object,
    options: { signal: AbortSignal; forgotten?: () => Promise<unknown> },
  ): Promise<void>;
  /** Answers the media id, which the platform keeps for three days. */
  upload(
    type: 'image' | 'voice' | 'video' | 'thumb',
    file: { bytes: Uint8Array; fileName: string; mimeType: string },
    signal: AbortSignal,
  ): Promise<string>;
  download(mediaId: string, signal: AbortSignal): Promise<MediaFile>;
  /** Asks for a token, whether we hold one or not: proves AppID, AppSecret and the address list. */
  check(signal: AbortSignal): Promise<void>;
}

/**
 * `seen`: a customer may see it, so a request whose outcome is not known must not be repeated. `none`: it asks, or
 * brings a file that nobody has seen yet.
 */
type Effect = 'seen' | 'none';

/** The platform's own no: `errcode` other than 0. */
class Refused {
  readonly errcode: number;
  readonly errmsg: string;
  constructor(errcode: number, errmsg: string) {
    this.errcode = errcode;
    this.errmsg = errmsg;
  }
}

export function createWechatApi(context: ChannelContext<WechatSettings>): WechatApi {
  const { settings } = context;
  const base = settings.apiBaseUrl.replace(/\/+$/, '');
  // Named by the credentials: a token must not outlive a change of account or secret.
  const credentials = hash('sha256', [base, settings.appId, settings.appSecret].join('\n'), 'hex').slice(0, 16);

  function token(stale?: string): Promise<string> {
    return context.shared(`access_token:${credentials}`, askForToken, stale === undefined ? {} : { stale });
  }

  /** `stable_token` answers the same token however often it is asked, so that two systems do not fight over it. */
  async function askForToken(signal: AbortSignal): Promise<{ value: string; expiresAt: number }> {
    const body = JSON.stringify({
      grant_type: 'client_credential',
      appid: settings.appId,
      secret: settings.appSecret,
      force_refresh: false,
    });
    const answer = await exchange(`${base}/cgi-bin/stable_token`, { method: 'POST', body, signal }, 'none');
    const data = await readJson(answer, 'none');
    const refusal = refusalIn(data);
    if (refusal !== undefined) throw told(tokenFailureOf(refusal.errcode, refusal.errmsg, context.now()));
    const { access_token: value, expires_in: seconds } = data;
    if (typeof value !== 'string' || typeof seconds !== 'number') throw unreadable(answer, 'none');
    const lifetimeMs = seconds * 1_000;
    // Short-lived ones (the platform hands on what is left) are kept for most of their time.
    return { value, expiresAt: context.now() + Math.max(lifetimeMs - renewEarlyMs, lifetimeMs / 2) };
  }

  async function exchange(url: string, init: ChannelFetchInit, effect: Effect): Promise<Response> {
    let answer: Response;
    try {
      answer = await context.fetch(url, init);
    } catch (error) {
      if (effect === 'seen' && !(error instanceof NotSent)) throw error;
      throw new RetryAfter(`WeChat cannot be reached: ${(error as Error).message}`, { cause: error });
    }
    if (effect === 'none' && answer.status >= 500) throw new RetryAfter(`WeChat answers ${answer.status}.`);
    return answer;
  }

  /** What only a person can mend stands at the channel's light. */
  function told({ error, needsPerson }: Failure): Error {
    if (needsPerson) context.report({ ok: false, reason: error.message, needsPerson });
    return error;
  }

  /** One call with a token; each remedy of a refusal is tried once. */
  async function call<T>(
    request: (accessToken: string) => Promise<Response>,
    take: (answer: Response) => Promise<T | Refused>,
    forgotten?: () => Promise<unknown>,
  ): Promise<T> {
    let accessToken = await token();
    const tried = new Set<Remedy>();
    for (;;) {
      const taken = await take(await request(accessToken));
      if (!(taken instanceof Refused)) return taken;
      const remedy = remedyOf(taken.errcode);
      const isHopeless = remedy === undefined || tried.has(remedy);
      if (isHopeless || (remedy === 'upload-again' && forgotten === undefined)) {
        throw told(failureOf(taken.errcode, taken.errmsg, context.now()));
      }
      tried.add(remedy);
      if (remedy === 'renew-token') accessToken = await token(accessToken);
      else await forgotten?.();
    }
  }

  function addressOf(path: string, accessToken: string, query: Record<string, string> = {}): string {
    return `${base}${path}?${new URLSearchParams({ access_token: accessToken, ...query })}`;
  }

  /** Bytes, or JSON: of an error, or of a video, which lies elsewhere. */
  async function takeMedia(answer: Response, signal: AbortSignal): Promise<MediaFile | Refused> {
    const type = mediaTypeOf(answer);
    if (type !== 'application/json' && type !== 'text/plain') return fileOf(answer);
    const data = await readJson(answer, 'none');
    const refusal = refusalIn(data);
    if (refusal !== undefined) return refusal;
    const video = typeof data.video_url === 'string' ? URL.parse(data.video_url) : null;
    if (video === null) throw new Rejected('WeChat told no address for the video.');
    const init: ChannelFetchInit = {
      signal,
      timeoutMs: mediaTimeoutMs,
      maxBytes: maxMediaBytes,
      // The address came in an answer and not from the operator, unless it leads to where that answer came from.
      untrusted: video.host !== URL.parse(base)?.host,
    };
    return fileOf(await exchange(video.href, init, 'none'));
  }

  return {
    post: (path, body, { signal, forgotten }) =>
      call(
        (accessToken) => {
          const headers = { 'content-type': 'application/json' };
          // JSON.stringify leaves Chinese as it is: escaped, it would be counted and shown with its escapes.
          const init: ChannelFetchInit = { method: 'POST', body: JSON.stringify(body()), headers, signal };
          return exchange(addressOf(path, accessToken), init, 'seen');
        },
        async (answer) => {
          const data = await readJson(answer, 'seen');
          // Its own word alone counts as success: not the status, and not a body that says nothing of it.
          if (data.errcode !== 0 && refusalIn(data) === undefined) throw unreadable(answer, 'seen');
          return refusalIn(data);
        },
        forgotten,
      ),

    upload: (type, file, signal) =>
      call(
        (accessToken) => {
          const form = new FormData();
          form.set('media', new Blob([Uint8Array.from(file.bytes)], { type: file.mimeType }), file.fileName);
          const init: ChannelFetchInit = { method: 'POST', body: form, signal, timeoutMs: mediaTimeoutMs };
          return exchange(addressOf('/cgi-bin/media/upload', accessToken, { type }), init, 'none');
        },
        async (answer) => {
          const data = await readJson(answer, 'none');
          const id = data.media_id ?? data.thumb_media_id;
          if (typeof id === 'string') return id;
          const refusal = refusalIn(data);
          if (refusal === undefined) throw unreadable(answer, 'none');
          return refusal;
        },
      ),

    download: (mediaId, signal) =>
      call(
        (accessToken) => {
          const init: ChannelFetchInit = { signal, timeoutMs: mediaTimeoutMs, maxBytes: maxMediaBytes };
          return exchange(addressOf('/cgi-bin/media/get', accessToken, { media_id: mediaId }), init, 'none');
        },
        (answer) => takeMedia(answer, signal),
      ),

    check: async (signal) => {
      await askForToken(signal);
      context.report({ ok: true });
    },
  };
}

async function readJson(answer: Response, effect: Effect): Promise<Record<string, unknown>> {
  const data: unknown = await answer.json().catch(() => undefined);
  if (typeof data !== 'object' || data === null) throw unreadable(answer, effect);
  return data as Record<string, unknown>;
}

/** A proxy's page, or something else that is not the platform's word: nobody knows what became of the request. */
function unreadable(answer: Response, effect: Effect): Error {
  const reason = `WeChat’s answer (status ${answer.status}) cannot be read.`;
  return effect === 'seen' ? new Error(reason) : new RetryAfter(`${reason} Is the API address right?`);
}

function refusalIn(data: Record<string, unknown>): Refused | undefined {
  const { errcode, errmsg } = data;
  return typeof errcode === 'number' && errcode !== 0 ? new Refused(errcode, String(errmsg ?? '')) : undefined;
}

/** The answer's bytes as a file; an error's page must not be taken for the customer's picture. */
async function fileOf(answer: Response): Promise<MediaFile> {
  if (!answer.ok) throw new RetryAfter(`WeChat does not hand out the file (status ${answer.status}).`);
  const [, fileName] = /filename="?([^";]+)"?/i.exec(answer.headers.get('content-disposition') ?? '') ?? [];
  const mimeType = mediaTypeOf(answer);
  return {
    bytes: new Uint8Array(await answer.arrayBuffer()),
    mimeType: mimeType === '' ? 'application/octet-stream' : mimeType,
    ...(fileName === undefined ? {} : { fileName }),
  };
}

function mediaTypeOf(answer: Response): string {
  return (answer.headers.get('content-type') ?? '').split(';', 1)[0]?.trim().toLowerCase() ?? '';
}
