import { createSecretKey } from 'node:crypto';
import { type Capabilities, type Content, maxFileBytes, maxTextBytes } from '@parley/sdk/protocol.ts';
import { newId } from '../../base/ids.ts';
import {
  type ChannelAdapter,
  type ChannelContext,
  type ChannelInstance,
  type InboundEntry,
  type Outbound,
  type OutboundTarget,
  type RawRequest,
  type Received,
  Rejected,
  RetryAfter,
  type Sent,
} from '../../gateway/channel-adapter.ts';
import { NotSent } from '../../gateway/channel-fetch.ts';
import { absoluteUrl } from '../../gateway/degrade.ts';
import { Refusal } from '../../gateway/refusal.ts';
import { type EndpointAnswer, judgeAnswer } from './endpoint-answer.ts';
import { parseExactJson } from './exact-json.ts';
import { readEvents } from './inbound-events.ts';
import { checkWebhookSettings, isSet, readKeys, type WebhookSettings, webhookSettings } from './settings.ts';
import { signWebhook, verifyWebhook } from './signature.ts';

/**
 * Any other system, both ways over HTTP: it posts what its customers say and do, signed as Standard Webhooks, and we
 * post what agents and bots answer to its endpoint, signed the same way. See docs/channels/webhook.md.
 */
export const webhook: ChannelAdapter<WebhookSettings> = {
  type: 'webhook',
  name: { en: 'Webhook', 'zh-CN': 'Webhook' },
  description: {
    en: 'Any other system, in and out over HTTP with signed requests.',
    'zh-CN': '通过带签名的 HTTP 请求与任意其他系统双向对接。',
  },
  settings: webhookSettings,
  capabilities: capabilities(),
  maxBodyBytes: 1024 * 1024,
  checkSettings: checkWebhookSettings,
  open: openWebhook,
};

function capabilities(): Capabilities {
  return {
    content: [
      'text',
      'image',
      'audio',
      'video',
      'file',
      'location',
      'sticker',
      'link',
      'card',
      'choices',
      'form',
      'rating',
      'system',
    ],
    maxTextBytes,
    maxFileBytes,
    typing: true,
    receipts: { delivered: true, read: true },
    // `webhook-id` is the same on every attempt.
    idempotentSend: true,
    rate: { perSecond: 20, burst: 40 },
    recall: false,
    edit: false,
  };
}

function openWebhook(context: ChannelContext<WebhookSettings>): ChannelInstance {
  const { settings } = context;
  const post = createPoster(context);
  const intake = createIntake(settings);
  return {
    receive: intake,
    send: (outbound, signal) => sendParts(outbound, signal, { post, publicUrl: context.publicUrl }),
    typing: async (to, on, signal) => {
      const type = on ? 'typing.started' : 'typing.stopped';
      await post({ id: newId(), type, at: context.now(), data: addressOf(to), attempt: 1 }, signal);
    },
    download: (url, signal) => download(context, url, signal),
    check: async (signal) => {
      const data = { channelId: context.channelId };
      await post({ id: newId(), type: 'ping', at: context.now(), data, attempt: Number.POSITIVE_INFINITY }, signal);
    },
  };
}

// ------------------------------------------------------------------------------------------------------------ in

function createIntake(settings: WebhookSettings): (request: RawRequest) => Received {
  const keys = readKeys(settings.inboundSecret, settings.formerInboundSecret);
  const identityKey = isSet(settings.identitySecret) ? createSecretKey(settings.identitySecret, 'utf8') : undefined;
  return (request) => {
    const webhookId = verifyWebhook(request, keys, request.receivedAt);
    if (request.method !== 'POST') throw new Refusal('bad-request', 'Events are sent with POST.');
    if (!/^[\x21-\x7e]{1,128}$/.test(webhookId)) {
      throw new Refusal('content-invalid', 'webhook-id: expected 1 to 128 visible ASCII characters.', {
        field: 'webhook-id',
      });
    }
    return acceptedAs(readEvents(parseExactJson(request.body), { webhookId, identityKey }));
  };
}

function acceptedAs(entries: readonly InboundEntry[]): Received {
  const body = JSON.stringify({ accepted: entries.length, ids: entries.map((entry) => entry.externalId) });
  return { entries, answer: { status: 200, contentType: 'application/json', body } };
}

// ----------------------------------------------------------------------------------------------------------- out

interface OutgoingEvent {
  /** `webhook-id`: the same on every attempt. */
  readonly id: string;
  readonly type: string;
  /** When it happened, epoch milliseconds: the body is the same on every attempt. */
  readonly at: number;
  readonly data: object;
  readonly attempt: number;
}
type Post = (event: OutgoingEvent, signal: AbortSignal) => Promise<Sent>;

/** Posts one event, signed at the time of the attempt, and turns the answer into what the outbox understands. */
function createPoster(context: ChannelContext<WebhookSettings>): Post {
  const { settings } = context;
  const keys = readKeys(settings.outboundSecret, settings.formerOutboundSecret);
  return async (event, signal) => {
    if (!isSet(settings.outboundUrl)) {
      throw new Rejected('This channel has no address to post to: enter one in its settings.');
    }
    const body = JSON.stringify({ type: event.type, timestamp: new Date(event.at).toISOString(), data: event.data });
    const timestampS = Math.floor(context.now() / 1000);
    const headers = {
      'content-type': 'application/json',
      'webhook-id': event.id,
      'webhook-timestamp': String(timestampS),
      'webhook-signature': signWebhook({ id: event.id, timestampS, body }, keys),
    };
    const request = { method: 'POST', headers, body, timeoutMs: settings.timeoutMs, signal } as const;
    const answer = await readAnswer(context.fetch(settings.outboundUrl, request));
    return report(context, judgeAnswer(answer, event.attempt, context.now()));
  };
}

async function readAnswer(asked: Promise<Response>): Promise<EndpointAnswer> {
  try {
    const response = await asked;
    return { status: response.status, body: await response.text(), retryAfter: response.headers.get('retry-after') };
  } catch (error) {
    if (error instanceof NotSent) throw new RetryAfter(error.message, { cause: error });
    throw error;
  }
}

function report(context: ChannelContext<WebhookSettings>, { outcome, trouble }: ReturnType<typeof judgeAnswer>): Sent {
  if (trouble !== undefined) context.report({ ok: false, reason: trouble, needsPerson: true });
  if (outcome instanceof Error) throw outcome;
  context.report({ ok: true });
  return outcome;
}

/** One event for each part; all but the first have their number behind the key. */
async function sendParts(
  outbound: Outbound,
  signal: AbortSignal,
  { post, publicUrl }: { post: Post; publicUrl: string | undefined },
): Promise<Sent> {
  const { message, parts, attempt } = outbound;
  // A full stop would make the signed text ambiguous.
  const key = outbound.idempotencyKey.replaceAll('.', '_');
  let sent: Sent = {};
  for (const [index, part] of parts.entries()) {
    if (index < outbound.fromPart) continue;
    const data = {
      externalId: message.id,
      ...(parts.length > 1 && { part: { index, count: parts.length } }),
      ...addressOf(outbound.to),
      sender: { type: message.sender.type, name: message.sender.name },
      content: withAbsoluteUrls(part, publicUrl),
    };
    const id = index === 0 ? key : `${key}_${index}`;
    sent = await post({ id, type: 'message.created', at: message.createdAt, data, attempt }, signal);
    await outbound.partSent(index);
  }
  return sent;
}

function addressOf(to: OutboundTarget) {
  return {
    contact: { externalId: to.contactExternalId },
    conversation: { id: to.conversationId, ...(to.threadId !== undefined && { externalId: to.threadId }) },
  };
}

/** The other system has to fetch our files by an address of its own view. */
function withAbsoluteUrls(content: Content, publicUrl: string | undefined): Content {
  const addresses = ['url', 'thumbnailUrl', 'pictureUrl'].flatMap((key) => {
    const value = (content as Record<string, unknown>)[key];
    return typeof value === 'string' ? [[key, absoluteUrl(value, publicUrl)]] : [];
  });
  return { ...content, ...Object.fromEntries(addresses) };
}

/**
 * Fetches what a message pointed at. The address is the sender's word, so it leads to the public internet alone, and it
 * may fail for ever: what fails for now is therefore an error that counts as a try, not a `RetryAfter`, which would hold
 * up the contact's later messages for as long.
 */
async function download(context: ChannelContext<WebhookSettings>, url: string, signal: AbortSignal) {
  const { timeoutMs } = context.settings;
  const response = await fetchMedia(context.fetch(url, { untrusted: true, timeoutMs, signal, maxBytes: maxFileBytes }));
  const { status } = response;
  if (status === 200) {
    const [mimeType = ''] = (response.headers.get('content-type') ?? '').split(';');
    return { bytes: await response.bytes(), mimeType: mimeType.trim() || 'application/octet-stream' };
  }
  const reason = `The file's address answered ${status}.`;
  if (status === 408 || status === 429 || status >= 500) throw new Error(reason);
  throw new Rejected(reason, { platformCode: String(status) });
}

async function fetchMedia(asked: Promise<Response>): Promise<Response> {
  try {
    return await asked;
  } catch (error) {
    const isRefused = error instanceof NotSent && error.why === 'address-refused';
    if (isRefused) throw new Rejected(error.message, { cause: error });
    throw error;
  }
}
