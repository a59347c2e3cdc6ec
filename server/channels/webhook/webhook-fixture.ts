import type { AdapterFixture, Delivery } from '../../gateway/adapter-fixture.ts';
import type { InboundEntry, RawRequest } from '../../gateway/channel-adapter.ts';
import { webhook } from './adapter.ts';
import type { WebhookSettings } from './settings.ts';
import { readKey, signWebhook } from './signature.ts';

/** Secrets made for tests: the one of Standard Webhooks' own vectors, and another. */
export const testSecret = 'whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw';
export const otherTestSecret = 'whsec_AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=';
export const testNow = Date.parse('2026-01-02T03:04:05.678Z');

export const testSettings: WebhookSettings = {
  inboundSecret: testSecret,
  outboundUrl: 'https://shop.example/parley',
  outboundSecret: otherTestSecret,
  identitySecret: 'test_hmac_token',
  timeoutMs: 15_000,
};

/** The request that another system sends: signed at `at`, with an id that stays the same for one callback. */
export function sealWebhook(
  body: string | Uint8Array,
  { callback, at }: Omit<Delivery, 'attempt'>,
  secret = testSecret,
): RawRequest {
  const bytes = Buffer.from(body);
  const id = `msg_${Buffer.from(callback).toString('hex')}`.slice(0, 100);
  const timestampS = Math.floor(at / 1000);
  const key = readKey(secret);
  return {
    method: 'POST',
    path: '',
    query: new URLSearchParams(),
    headers: {
      'content-type': 'application/json',
      'webhook-id': id,
      'webhook-timestamp': String(timestampS),
      'webhook-signature': signWebhook({ id, timestampS, body: bytes }, key === undefined ? [] : [key]),
    },
    body: bytes,
    receivedAt: at,
  };
}

const contact = { externalId: 'user-42', name: 'Ann', email: 'ann@example.com' };
const timestamp = '2026-01-02T03:04:05.678Z';
const event = (type: string, data: object) => JSON.stringify({ type, timestamp, data: { contact, ...data } });
const message = (content: object) => event('message.created', { externalId: 'order-chat-1/77', content });
const expected = (entry: object): InboundEntry[] => [
  { externalId: 'order-chat-1/77', contact, sentAt: testNow, ...entry } as InboundEntry,
];

/** What the contract kit tries on the webhook channel; the bodies are those of docs/channels/webhook.md and kin. */
export const webhookFixture: AdapterFixture<WebhookSettings> = {
  adapter: webhook,
  settings: testSettings,
  now: testNow,
  callbacks: {
    corpus: [
      {
        name: 'a text with a proved identity and a thread',
        body: '{"type":"message.created","timestamp":"2026-01-02T03:04:05.678Z","data":{"externalId":"order-chat-1/77","contact":{"externalId":"user-42","name":"Ann","email":"ann@example.com","identityHash":"763945ba5c6db58eebc1afa21302f8bb56a4a4b7d0a6c5ce162ddbf3fdbee7a2"},"conversation":{"externalId":"order-chat-1"},"content":{"type":"text","text":"héllo"}}}',
        entries: expected({
          kind: 'message',
          contact: { ...contact, attributes: { identityVerified: 'true' } },
          threadId: 'order-chat-1',
          content: { type: 'text', text: 'héllo' },
        }),
      },
      {
        name: 'an image',
        body: message({
          type: 'image',
          url: 'https://cdn.example/cat.png',
          mimeType: 'image/png',
          fileName: 'cat.png',
          sizeBytes: 9,
        }),
        entries: expected({
          kind: 'message',
          content: {
            type: 'image',
            url: 'https://cdn.example/cat.png',
            fileName: 'cat.png',
            mimeType: 'image/png',
            sizeBytes: 9,
          },
          mediaRef: 'https://cdn.example/cat.png',
        }),
      },
      { name: 'a voice message', body: message({ type: 'audio', url: 'https://cdn.example/a.ogg', durationMs: 1500 }) },
      { name: 'a video', body: message({ type: 'video', url: 'https://cdn.example/a.mp4', caption: '看这个' }) },
      { name: 'a file', body: message({ type: 'file', url: 'https://cdn.example/a.pdf', fileName: 'a.pdf' }) },
      { name: 'a location', body: message({ type: 'location', latitude: 31.23, longitude: 121.47, name: 'Bund' }) },
      { name: 'a sticker', body: message({ type: 'sticker', emoji: '🎉' }) },
      { name: 'a link', body: message({ type: 'link', url: 'https://shop.example/1', title: 'Shoes' }) },
      { name: 'an order card', body: message({ type: 'card', kind: 'order', id: '7', title: 'Order 7', price: '¥9' }) },
      {
        name: 'several events at once',
        body: JSON.stringify({
          events: ['typing.started', 'typing.stopped', 'contact.updated'].map((type) => ({ type, data: { contact } })),
        }),
      },
      ...[
        [
          'message.edited',
          { externalId: 'm1', content: { type: 'text', text: 'b' } },
          { type: 'edited', of: 'm1', content: { type: 'text', text: 'b' } },
        ],
        ['message.deleted', { externalId: 'm1' }, { type: 'recalled', of: 'm1' }],
        [
          'reaction.added',
          { externalId: 'm1', emoji: '👍' },
          { type: 'reaction', of: 'm1', emoji: '👍', removed: false },
        ],
        [
          'reaction.removed',
          { externalId: 'm1', emoji: '👍' },
          { type: 'reaction', of: 'm1', emoji: '👍', removed: true },
        ],
        ['receipt.delivered', { externalId: 'm1' }, { type: 'delivered', of: 'm1' }],
        ['receipt.read', { upTo: 'm1' }, { type: 'read', of: 'm1', upTo: true }],
        ['typing.started', {}, { type: 'typing', on: true }],
        ['typing.stopped', {}, { type: 'typing', on: false }],
        ['contact.updated', {}, { type: 'contact-updated' }],
        [
          'postback',
          { payload: 'yes', title: 'Yes', replyTo: 'm1' },
          { type: 'postback', payload: 'yes', title: 'Yes', of: 'm1' },
        ],
      ].map(([type, data, standard]) => ({
        name: type as string,
        body: event(type as string, data as object),
        entries: expected({
          kind: 'event',
          externalId: `msg_${Buffer.from(type as string).toString('hex')}:0`,
          event: standard,
        }),
      })),
    ],
    seal: sealWebhook,
    signedBy: { in: 'headers', names: ['webhook-id', 'webhook-timestamp', 'webhook-signature'] },
    windowMs: { past: 300_000, future: 300_000 },
    withId: (id) =>
      `{"type":"message.created","data":{"externalId":${id},"contact":{"externalId":"u"},"content":{"type":"text","text":"a"}}}`,
  },
  sends: {
    accepts: [{ status: 200 }],
    cases: [
      { name: '204 is success', answers: [{ status: 204 }], expected: { kind: 'sent' } },
      {
        name: 'the endpoint names the message',
        answers: [{ status: 200, body: '{"externalId":"shop-9"}' }],
        expected: { kind: 'sent', externalId: 'shop-9' },
      },
      {
        name: 'a body that is no JSON is as good as none',
        answers: [{ status: 200, body: 'OK' }],
        expected: { kind: 'sent' },
      },
      {
        name: '429 with seconds',
        answers: [{ status: 429, headers: { 'retry-after': '30' } }],
        expected: { kind: 'retry-after', afterMs: 30_000 },
      },
      {
        name: '503 with a date',
        answers: [{ status: 503, headers: { 'retry-after': 'Fri, 02 Jan 2026 03:05:05 GMT' } }],
        expected: { kind: 'retry-after', afterMs: 59_322 },
      },
      {
        name: 'a Retry-After without end is cut to a day',
        answers: [{ status: 429, headers: { 'retry-after': '99999999' } }],
        expected: { kind: 'retry-after', afterMs: 86_400_000 },
      },
      ...[408, 425, 500, 502, 504].map((status) => ({
        name: `${status} is for later`,
        answers: [{ status }],
        expected: { kind: 'retry-after' } as const,
      })),
      ...[401, 403].map((status) => ({
        name: `${status} says that our secret or our clock is wrong, which a person mends`,
        attempt: 11,
        answers: [{ status }],
        expected: { kind: 'retry-after' } as const,
      })),
      ...[301, 400, 404, 413, 422].flatMap((status) => [
        {
          name: `${status} may be a deployment, so it is tried again at first`,
          answers: [{ status }],
          expected: { kind: 'retry-after' } as const,
        },
        {
          name: `${status} for the fourth time is final`,
          attempt: 4,
          answers: [{ status }],
          expected: { kind: 'rejected', platformCode: String(status) } as const,
        },
      ]),
      { name: '410 ends it', answers: [{ status: 410 }], expected: { kind: 'gone', what: 'channel' } },
      { name: 'no answer in time', answers: [{ fails: 'timeout' }], expected: { kind: 'unknown' } },
      { name: 'a connection that broke', answers: [{ fails: 'reset' }], expected: { kind: 'unknown' } },
    ],
  },
};
