import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import type { Content } from '@parley/sdk/protocol.ts';
import { type Outbound, Rejected, RetryAfter } from '../../gateway/channel-adapter.ts';
import { createOutboundFetch } from '../../gateway/channel-fetch.ts';
import { openOnScript, type PlatformAnswer, type PlatformRequest } from '../../gateway/scripted-platform.ts';
import { webhook } from './adapter.ts';
import type { WebhookSettings } from './settings.ts';
import { readKeys } from './settings.ts';
import { verifyWebhook } from './signature.ts';
import { otherTestSecret, testNow, testSecret, testSettings } from './webhook-fixture.ts';

const signal = new AbortController().signal;
const image: Content = { type: 'image', url: '/files/1/sig/cat.png', fileName: 'cat.png' };

function open(answer: PlatformAnswer = { status: 200 }, settings: WebhookSettings = testSettings) {
  return openOnScript(webhook, { settings, now: testNow, script: [answer], publicUrl: 'https://chat.example.com' });
}

function outbound(fields: Partial<Outbound> = {}): Outbound {
  return {
    to: { contactExternalId: 'user-42', threadId: 'order-chat-1', conversationId: 'conv1' },
    message: {
      id: 'message1',
      conversationId: 'conv1',
      seq: 3,
      direction: 'out',
      sender: { type: 'agent', id: 'agent1', name: 'Lin' },
      content: { type: 'text', text: 'On its way.' },
      private: false,
      state: 'queued',
      createdAt: testNow - 5_000,
    },
    parts: [{ type: 'text', text: 'On its way.' }],
    fromPart: 0,
    partSent: async () => {},
    idempotencyKey: 'out_1',
    attempt: 1,
    ...fields,
  };
}

function signedId({ headers, body }: PlatformRequest, secret: string, now: number): string {
  return verifyWebhook({ headers, body: Buffer.from(body) }, readKeys(secret), now);
}

describe('what is posted', () => {
  test('a reply says whom it is for, who wrote it and when, in the words of the documentation', async () => {
    const { instance, requests } = open();
    await instance.send?.(outbound(), signal);
    const [request] = requests;
    assert.equal(request?.url, 'https://shop.example/parley');
    assert.deepEqual(JSON.parse(request.body), {
      type: 'message.created',
      timestamp: '2026-01-02T03:04:00.678Z',
      data: {
        externalId: 'message1',
        contact: { externalId: 'user-42' },
        conversation: { id: 'conv1', externalId: 'order-chat-1' },
        sender: { type: 'agent', name: 'Lin' },
        content: { type: 'text', text: 'On its way.' },
      },
    });
  });

  test('every attempt has the same id and body, and a signature of its own time', async () => {
    const { instance, requests, clock } = open();
    await instance.send?.(outbound(), signal);
    await clock.advance(3_600_000);
    await instance.send?.(outbound({ attempt: 2 }), signal);
    const [first, second] = requests;
    assert.ok(first !== undefined && second !== undefined);
    assert.equal(signedId(first, otherTestSecret, testNow), 'out_1');
    assert.equal(signedId(second, otherTestSecret, testNow + 3_600_000), 'out_1');
    assert.equal(first.body, second.body);
    assert.throws(() => signedId(first, otherTestSecret, testNow + 3_600_000), { code: 'signature-stale' });
  });

  test('during a rotation either secret verifies it', async () => {
    const { instance, requests } = open({ status: 200 }, { ...testSettings, formerOutboundSecret: testSecret });
    await instance.send?.(outbound(), signal);
    for (const secret of [testSecret, otherTestSecret]) {
      assert.equal(signedId(requests[0] as PlatformRequest, secret, testNow), 'out_1');
    }
  });

  test('several parts are several events, each with an id that stays', async () => {
    const { instance, requests } = open();
    const parts: Content[] = [{ type: 'text', text: 'One' }, image];
    await instance.send?.(outbound({ parts }), signal);
    assert.deepEqual(
      requests.map((request) => request.headers['webhook-id']),
      ['out_1', 'out_1_1'],
    );
    assert.deepEqual((JSON.parse(requests[1]?.body ?? '') as { data: { part: unknown } }).data.part, {
      index: 1,
      count: 2,
    });
  });

  test('a file of ours has an absolute address, another stays as it is', async () => {
    const { instance, requests } = open();
    const parts: Content[] = [
      image,
      { type: 'link', url: 'https://x.example/', title: 'x', pictureUrl: '/files/2/s/p.png' },
    ];
    await instance.send?.(outbound({ parts }), signal);
    const contents = requests.map(
      (request) => (JSON.parse(request.body) as { data: { content: Content } }).data.content,
    );
    assert.deepEqual(contents, [
      { ...image, url: 'https://chat.example.com/files/1/sig/cat.png' },
      { ...parts[1], pictureUrl: 'https://chat.example.com/files/2/s/p.png' },
    ]);
  });

  test('typing is told as it starts and stops', async () => {
    const { instance, requests } = open();
    for (const on of [true, false]) await instance.typing?.(outbound().to, on, signal);
    assert.deepEqual(
      requests.map((request) => (JSON.parse(request.body) as { type: string }).type),
      ['typing.started', 'typing.stopped'],
    );
  });
});

describe('what the operator learns', () => {
  test('a check sends a signed ping, and says what the endpoint answered', async () => {
    const { instance, requests } = open();
    await instance.check?.(signal);
    assert.equal((JSON.parse(requests[0]?.body ?? '') as { type: string }).type, 'ping');
    signedId(requests[0] as PlatformRequest, otherTestSecret, testNow);
    await assert.rejects(async () => open({ status: 404 }).instance.check?.(signal), Rejected);
    await assert.rejects(async () => open({ fails: 'not-sent' }).instance.check?.(signal), RetryAfter);
  });

  test('a redirect, a refusal and an endpoint that is gone ask for a person', async () => {
    for (const [status, reason] of [
      [302, /redirects/],
      [401, /same secret/],
      [410, /410/],
    ] as const) {
      const { instance, reports } = open({ status });
      await assert.rejects(async () => instance.send?.(outbound(), signal));
      const [report] = reports;
      assert.ok(report?.ok === false && report.needsPerson);
      assert.match(report.reason, reason);
    }
  });

  test('without an address to post to, an answer says so at once', async () => {
    const { outboundUrl: _, ...settings } = testSettings;
    await assert.rejects(
      async () => open({ status: 200 }, settings).instance.send?.(outbound(), signal),
      /no address to post to/,
    );
  });
});

describe('settings that make no sense', () => {
  const wrong: [Partial<WebhookSettings>, string][] = [
    [{ inboundSecret: 'whsec_plJ3nmyCDGBKInavdOK15jsl' }, 'inboundSecret'],
    [{ inboundSecret: `whsec_${'A'.repeat(88)}` }, 'inboundSecret'],
    [{ formerInboundSecret: 'secret' }, 'formerInboundSecret'],
    [{ outboundSecret: 'whsk_AAAA' }, 'outboundSecret'],
    [{ outboundSecret: '' }, 'outboundSecret'],
  ];
  for (const [change, field] of wrong) {
    test(`${field}: ${JSON.stringify(change)}`, () => {
      assert.throws(() => webhook.checkSettings?.({ ...testSettings, ...change }), { code: 'settings-invalid', field });
    });
  }
});

describe('a file that a message points at', () => {
  const url = 'https://cdn.example/cat.png';

  test('is fetched with its type', async () => {
    const { instance } = open({ status: 200, headers: { 'content-type': 'image/png; charset=x' }, body: 'png' });
    const file = await instance.download?.(url, signal);
    assert.deepEqual([file?.mimeType, Buffer.from(file?.bytes ?? []).toString()], ['image/png', 'png']);
  });

  test('is given up where its address will never work', async () => {
    for (const status of [302, 403, 404, 410]) {
      await assert.rejects(async () => open({ status }).instance.download?.(url, signal), Rejected);
    }
  });

  test('that cannot be had for now fails in a way that counts, so that it does not hold up what follows', async () => {
    for (const answer of [{ status: 429 }, { status: 503 }, { fails: 'not-sent' }, { fails: 'timeout' }] as const) {
      await assert.rejects(
        async () => open(answer).instance.download?.(url, signal),
        (error) => !(error instanceof RetryAfter || error instanceof Rejected),
      );
    }
  });

  test('in a private network is not fetched, though the endpoint itself may be there', async (t) => {
    const outboundFetch = createOutboundFetch({ allow: [], baseUrls: ['http://127.0.0.1:9/'] });
    t.after(() => outboundFetch.close());
    const { context } = open();
    const instance = webhook.open({ ...context, fetch: outboundFetch });
    await assert.rejects(async () => instance.download?.('http://127.0.0.1:9/secret', signal), Rejected);
  });
});
