import {
  type ChannelContext,
  type ChannelFetchInit,
  Gone,
  Rejected,
  RetryAfter,
} from '../../gateway/channel-adapter.ts';
import { NotSent } from '../../gateway/channel-fetch.ts';
import { errorOf, judge } from './platform-errors.ts';
import type { WechatSettings } from './settings.ts';

/** A token is renewed before it ends: the former one stays valid for the five minutes in between. */
const renewEarlyMs = 5 * 60_000;
const maxMediaBytes = 30 * 1024 * 1024;

/** The platform's interface as the adapter uses it: with a token that is shared, and errors in our terms. */
export interface WechatApi {
  /** POST with JSON. `stale`: called when the platform has forgotten a media id; answers whether to try again. */
  post(
    path: string,
    body: unknown,
    options: { signal: AbortSignal; forgotten?: () => Promise<unknown> },
  ): Promise<Record<string, unknown>>;
  upload(
    type: 'image' | 'voice' | 'video' | 'thumb',
    file: { bytes: Uint8Array; fileName: string; mimeType: string },
    signal: AbortSignal,
  ): Promise<string>;
  download(mediaId: string, signal: AbortSignal): Promise<{ bytes: Uint8Array; fileName?: string; mimeType: string }>;
  /** Asks for a token: proves AppID, AppSecret and the address list. */
  check(): Promise<void>;
}

export function createWechatApi(context: ChannelContext<WechatSettings>): WechatApi {
  const { settings } = context;
  const base = settings.apiBaseUrl.replace(/\/+$/, '');

  function token(stale?: string): Promise<string> {
    return context.shared('access_token', renew, stale === undefined ? {} : { stale });
  }

  /** `stable_token` answers the same token however often it is asked, so that two systems do not fight over it. */
  async function renew(signal: AbortSignal): Promise<{ value: string; expiresAt: number }> {
    const body = JSON.stringify({
      grant_type: 'client_credential',
      appid: settings.appId,
      secret: settings.appSecret,
      force_refresh: false,
    });
    const answer = await send(`${base}/cgi-bin/stable_token`, { method: 'POST', body, signal }, true);
    const data = await readJson(answer);
    const { access_token: value, expires_in: seconds } = data;
    if (typeof value !== 'string' || typeof seconds !== 'number') throw failure(data);
    const lifetimeMs = seconds * 1_000;
    // Short-lived ones (the platform hands on what is left) are kept for most of their time.
    return { value, expiresAt: context.now() + Math.max(lifetimeMs - renewEarlyMs, lifetimeMs / 2) };
  }

  /** What surely was not sent, and what only asks, may be repeated; anything else has an unknown outcome. */
  async function send(url: string, init: ChannelFetchInit, isRepeatable: boolean): Promise<Response> {
    try {
      const answer = await context.fetch(url, init);
      if (answer.status >= 500 && isRepeatable) throw new RetryAfter(`WeChat answers ${answer.status}.`);
      return answer;
    } catch (error) {
      if (error instanceof NotSent || (isRepeatable && !(error instanceof RetryAfter))) {
        throw new RetryAfter(`WeChat cannot be reached: ${(error as Error).message}`, { cause: error });
      }
      throw error;
    }
  }

  async function readJson(answer: Response): Promise<Record<string, unknown>> {
    const data: unknown = await answer.json().catch(() => undefined);
    if (typeof data !== 'object' || data === null)
      throw new Error(`WeChat answers ${answer.status} without a readable body.`);
    return data as Record<string, unknown>;
  }

  function failure(data: Record<string, unknown>): Error {
    const code = typeof data.errcode === 'number' ? data.errcode : Number.NaN;
    return report(errorOf(code, String(data.errmsg ?? ''), context.now()));
  }

  /** What only a person can mend stands at the channel's light. */
  function report(error: Error): Error {
    const needsPerson = error instanceof Gone && error.what === 'channel';
    if (needsPerson || error instanceof RetryAfter) context.report({ ok: false, reason: error.message, needsPerson });
    return error;
  }

  /** One call with a token: renewed once when it is refused, and what was forgotten is brought again once. */
  async function call<T>(
    request: (accessToken: string) => Promise<Response>,
    take: (answer: Response) => Promise<T | { errcode: number; errmsg: string }>,
    forgotten?: () => Promise<unknown>,
  ): Promise<T> {
    let accessToken = await token();
    let mayRenew = true;
    let mayBring = forgotten !== undefined;
    for (;;) {
      const taken = await take(await request(accessToken));
      if (!isRefusal(taken)) return taken as T;
      const verdict = judge(taken.errcode, taken.errmsg, context.now());
      if (verdict.kind === 'token' && mayRenew) {
        mayRenew = false;
        accessToken = await token(accessToken);
      } else if (verdict.kind === 'media' && mayBring) {
        mayBring = false;
        await forgotten?.();
      } else {
        if (verdict.kind === 'error' && verdict.needsPerson) {
          context.report({ ok: false, reason: verdict.error.message, needsPerson: true });
        }
        throw verdict.kind === 'error' ? verdict.error : report(errorOf(taken.errcode, taken.errmsg, context.now()));
      }
    }
  }

  const jsonOrRefusal = async (answer: Response) => {
    const data = await readJson(answer);
    const errcode = Number(data.errcode ?? 0);
    return errcode === 0 ? data : { errcode, errmsg: String(data.errmsg ?? '') };
  };

  return {
    post: (path, body, { signal, forgotten }) =>
      call(
        // Not escaped as \u…: the platform would count and show the escapes.
        (accessToken) =>
          send(
            `${base}${path}?access_token=${encodeURIComponent(accessToken)}`,
            {
              method: 'POST',
              body: JSON.stringify(typeof body === 'function' ? body() : body),
              headers: { 'content-type': 'application/json' },
              signal,
            },
            false,
          ),
        jsonOrRefusal,
        forgotten,
      ),

    upload: async (type, file, signal) => {
      const data = await call((accessToken) => {
        const form = new FormData();
        form.set('media', new Blob([Uint8Array.from(file.bytes)], { type: file.mimeType }), file.fileName);
        return send(
          `${base}/cgi-bin/media/upload?access_token=${encodeURIComponent(accessToken)}&type=${type}`,
          { method: 'POST', body: form, signal, timeoutMs: 25_000 },
          true,
        );
      }, jsonOrRefusal);
      const id = data.media_id ?? data.thumb_media_id;
      if (typeof id !== 'string') throw new Rejected('WeChat took the file and told no id for it.');
      return id;
    },

    download: (mediaId, signal) =>
      call(
        (accessToken) =>
          send(
            `${base}/cgi-bin/media/get?access_token=${encodeURIComponent(accessToken)}&media_id=${encodeURIComponent(mediaId)}`,
            { signal, timeoutMs: 25_000, maxBytes: maxMediaBytes },
            true,
          ),
        (answer) => takeMedia(answer, signal),
      ),

    check: async () => {
      await token();
      context.report({ ok: true });
    },
  };

  /** Bytes, or JSON: of an error, or of a video, which lies elsewhere. */
  async function takeMedia(answer: Response, signal: AbortSignal) {
    const mimeType = (answer.headers.get('content-type') ?? '').split(';', 1)[0]?.trim() ?? '';
    if (mimeType !== 'application/json' && mimeType !== 'text/plain') return mediaOf(answer, mimeType);
    const data = await jsonOrRefusal(answer);
    if (isRefusal(data)) return data;
    const { video_url: videoUrl } = data as { video_url?: unknown };
    if (typeof videoUrl !== 'string') throw new Rejected('WeChat told no address for the video.');
    // An address that came in an answer, and not from the operator.
    const video = await context.fetch(videoUrl, {
      signal,
      timeoutMs: 25_000,
      maxBytes: maxMediaBytes,
      untrusted: true,
    });
    return mediaOf(video, (video.headers.get('content-type') ?? 'video/mp4').split(';', 1)[0] ?? 'video/mp4');
  }
}

async function mediaOf(answer: Response, mimeType: string) {
  const [, fileName] = /filename="?([^";]+)"?/i.exec(answer.headers.get('content-disposition') ?? '') ?? [];
  return {
    bytes: new Uint8Array(await answer.arrayBuffer()),
    mimeType: mimeType === '' ? 'application/octet-stream' : mimeType,
    ...(fileName === undefined ? {} : { fileName }),
  };
}

function isRefusal(taken: unknown): taken is { errcode: number; errmsg: string } {
  return (
    typeof taken === 'object' &&
    taken !== null &&
    typeof (taken as { errcode?: unknown }).errcode === 'number' &&
    (taken as { errcode: number }).errcode !== 0
  );
}
