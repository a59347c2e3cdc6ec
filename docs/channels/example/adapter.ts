import { createHmac, timingSafeEqual } from 'node:crypto';
import type { Content } from '../../../sdk/protocol.ts';
import {
  type ChannelAdapter,
  type ChannelContext,
  Gone,
  type InboundEntry,
  type Outbound,
  type RawRequest,
  Rejected,
  RetryAfter,
  type Sent,
} from '../../../server/gateway/channel-adapter.ts';
import { NotSent } from '../../../server/gateway/channel-fetch.ts';
import { Refusal } from '../../../server/gateway/refusal.ts';

export type PigeonSettings = { secret: string; baseUrl: string };

/** Pigeon Post, a platform made up for this guide: short texts, signed callbacks, and an API that always answers 200. */
export const pigeon: ChannelAdapter<PigeonSettings> = {
  type: 'pigeon',
  name: { en: 'Pigeon Post', 'zh-CN': '飞鸽传书' },
  description: { en: 'Short texts by pigeon.', 'zh-CN': '用信鸽发送短消息。' },
  settings: [
    { key: 'secret', kind: 'secret', label: { en: 'Secret', 'zh-CN': '密钥' }, required: true },
    {
      key: 'baseUrl',
      kind: 'url',
      label: { en: 'API address', 'zh-CN': '接口地址' },
      default: 'https://api.pigeon.example',
    },
  ],
  capabilities: {
    content: ['text'],
    maxTextBytes: 500,
    typing: false,
    receipts: { delivered: false, read: false },
    idempotentSend: true,
    rate: { perSecond: 5, burst: 10 },
    recall: false,
    edit: false,
  },
  maxBodyBytes: 16 * 1024,
  open: (context) => ({
    receive: (request) => {
      verify(request, context.settings.secret);
      const answer = { status: 200, contentType: 'text/plain', body: 'coo' };
      return { answer, entries: [readMessage(request.body)] };
    },
    send: (outbound, signal) => sendParts(context, outbound, signal),
  }),
};

// Pigeon Post never repeats a callback after five minutes, so nothing is lost by refusing what is older.
const windowMs = 5 * 60_000;

function verify({ headers, body, receivedAt }: RawRequest, secret: string): void {
  const { 'x-pigeon-time': time = '', 'x-pigeon-signature': signature = '' } = headers;
  if (signature === '') throw new Refusal('signature-missing', 'x-pigeon-signature: this header is missing.');
  if (!(Math.abs(Number(time) * 1000 - receivedAt) <= windowMs)) {
    throw new Refusal('signature-stale', 'x-pigeon-time: more than 5 minutes off.');
  }
  const expected = createHmac('sha256', secret).update(`${time}.`).update(body).digest();
  const given = Buffer.from(signature, 'hex');
  if (given.length !== expected.length || !timingSafeEqual(given, expected)) {
    throw new Refusal('signature-wrong', 'x-pigeon-signature: does not match.');
  }
}

/** `{"id":"7","from":"ann","text":"Coo","sent":1767323045}`, or a Refusal that names what is wrong with it. */
function readMessage(body: Uint8Array): InboundEntry {
  const { id, from, text, sent } = parseObject(body);
  return {
    kind: 'message',
    externalId: readText(id, 'id'),
    contact: { externalId: readText(from, 'from') },
    content: { type: 'text', text: readText(text, 'text') },
    ...(Number.isSafeInteger(sent) && Math.abs(sent as number) < 1e11 && { sentAt: (sent as number) * 1000 }),
  };
}

function parseObject(body: Uint8Array): Record<string, unknown> {
  try {
    const value: unknown = JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(body));
    if (typeof value === 'object' && value !== null) return value as Record<string, unknown>;
  } catch {
    // Told below: the engine's own message quotes the body, which belongs in no log.
  }
  throw new Refusal('content-invalid', 'body: is not a JSON object in UTF-8.', { field: 'body' });
}

function readText(value: unknown, field: string): string {
  const isText = typeof value === 'string' && value !== '' && value.isWellFormed() && !value.includes('\0');
  if (!isText) throw new Refusal('content-invalid', `${field}: expected a text.`, { field });
  return value;
}

async function sendParts(
  context: ChannelContext<PigeonSettings>,
  outbound: Outbound,
  signal: AbortSignal,
): Promise<Sent> {
  let sent: Sent = {};
  for (const [index, part] of outbound.parts.entries()) {
    if (index < outbound.fromPart) continue;
    const key = `${outbound.idempotencyKey}-${index}`;
    sent = await sendPart(context, { to: outbound.to.contactExternalId, part, key }, signal);
    await outbound.partSent(index);
  }
  return sent;
}

async function sendPart(
  { settings, fetch }: ChannelContext<PigeonSettings>,
  { to, part, key }: { to: string; part: Content; key: string },
  signal: AbortSignal,
): Promise<Sent> {
  // The capabilities name text alone, so nothing else arrives here.
  const text = part.type === 'text' ? part.text : '';
  const headers = { 'content-type': 'application/json', authorization: `Bearer ${settings.secret}` };
  const body = JSON.stringify({ to, text, key });
  try {
    const response = await fetch(`${settings.baseUrl}/messages`, { method: 'POST', headers, body, signal });
    return readAnswer(await response.text());
  } catch (error) {
    // Nothing left the house, so it may be sent again; any other error leaves the outcome unknown.
    if (error instanceof NotSent) throw new RetryAfter(error.message, { cause: error });
    throw error;
  }
}

/** A 200 is not yet a success here: `{"id":"9"}` is one, `{"error":"busy","seconds":3}` is not. */
function readAnswer(body: string): Sent {
  const { id, error, seconds } = JSON.parse(body) as Record<string, unknown>;
  if (typeof id === 'string') return { externalId: id };
  if (error === 'busy') throw new RetryAfter('All pigeons are out.', { afterMs: Number(seconds ?? 1) * 1000 });
  if (error === 'moved') throw new Gone('contact', 'The contact has moved away.');
  throw new Rejected(`Pigeon Post refused the message: ${error}.`, { platformCode: String(error) });
}
