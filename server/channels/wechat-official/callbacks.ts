import type { RawRequest, Received } from '../../gateway/channel-adapter.ts';
import { Refusal } from '../../gateway/refusal.ts';
import { type Fields, readBody, readEnvelope } from './callback-body.ts';
import { decryptMessage, isSameSignature, readAesKey, signatureOf } from './crypto.ts';
import { readEntry } from './inbound.ts';
import type { WechatSettings } from './settings.ts';

/** "Received, no reply": anything else that is no valid reply makes the platform tell the user that we are out of order. */
const success = { status: 200, contentType: 'text/plain; charset=utf-8', body: 'success' } as const;

/**
 * Verifies and converts one callback of the platform.
 *
 * In safe and compatible mode only `msg_signature` counts: it covers what was encrypted, while `signature` covers no
 * body. In plain mode there is nothing better than `signature`, so its window matters.
 */
export function createCallbackReader(settings: WechatSettings, now: () => number): (request: RawRequest) => Received {
  const key = settings.encodingAesKey === undefined ? undefined : readAesKey(settings.encodingAesKey);
  const windowMs = settings.windowMinutes * 60_000;

  function checkTime(timestamp: string): void {
    const seconds = /^\d{1,12}$/.test(timestamp) ? Number(timestamp) : Number.NaN;
    if (!(Math.abs(now() - seconds * 1_000) <= windowMs)) {
      throw new Refusal(
        'signature-stale',
        `timestamp: more than ${settings.windowMinutes} minutes off. Is the clock right?`,
      );
    }
  }

  function signed(query: URLSearchParams): { timestamp: string; nonce: string } {
    const timestamp = query.get('timestamp');
    const nonce = query.get('nonce');
    if (timestamp === null || nonce === null)
      throw new Refusal('signature-missing', 'timestamp and nonce: are missing.');
    return { timestamp, nonce };
  }

  function checkPlainSignature(query: URLSearchParams): void {
    const { timestamp, nonce } = signed(query);
    const given = query.get('signature');
    if (given === null) throw new Refusal('signature-missing', 'signature: is missing.');
    if (!isSameSignature(given, signatureOf(settings.token, timestamp, nonce))) {
      throw new Refusal('signature-wrong', 'signature: is wrong. Is the token the same on both sides?');
    }
    checkTime(timestamp);
  }

  function openEnvelope(query: URLSearchParams, envelope: Fields): Fields {
    const { timestamp, nonce } = signed(query);
    const given = query.get('msg_signature');
    const encrypted = envelope.get('Encrypt');
    if (given === null || encrypted === undefined) {
      throw new Refusal(
        'signature-missing',
        `The channel is in ${settings.mode} mode, and this callback is not encrypted.`,
      );
    }
    if (key === undefined || !isSameSignature(given, signatureOf(settings.token, timestamp, nonce, encrypted))) {
      throw new Refusal('signature-wrong', 'msg_signature: is wrong. Is the token the same on both sides?');
    }
    checkTime(timestamp);
    const message = decryptMessage(key, encrypted, settings.appId);
    if (message === undefined) {
      throw new Refusal(
        'signature-wrong',
        'Encrypt: cannot be opened for this AppID. Are EncodingAESKey and AppID right?',
      );
    }
    return readBody(message);
  }

  /** What cannot be read cannot have been signed. In compatible mode the envelope holds the message in clear, too. */
  function envelopeOf(body: Uint8Array): Fields {
    try {
      return settings.mode === 'safe' ? readEnvelope(body) : readBody(body);
    } catch (error) {
      throw new Refusal('signature-wrong', `The channel is in ${settings.mode} mode, and this body is no envelope.`, {
        cause: error,
      });
    }
  }

  function read(request: RawRequest): Fields {
    if (settings.mode !== 'plain') return openEnvelope(request.query, envelopeOf(request.body));
    checkPlainSignature(request.query);
    return readBody(request.body);
  }

  return (request) => {
    if (request.method === 'GET') {
      checkPlainSignature(request.query);
      return { answer: { ...success, body: request.query.get('echostr') ?? '' }, entries: [] };
    }
    const fields = read(request);
    if (settings.originalId !== undefined && fields.get('ToUserName') !== settings.originalId) {
      throw new Refusal('forbidden', 'ToUserName: this callback is for another account. Is the original id right?');
    }
    return { answer: success, entries: [readEntry(fields)] };
  };
}
