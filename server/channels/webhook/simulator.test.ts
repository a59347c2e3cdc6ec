import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createServer, type IncomingHttpHeaders } from 'node:http';
import type { AddressInfo } from 'node:net';
import { type TestContext, test } from 'node:test';
import type { ChannelInstance, Outbound } from '../../gateway/channel-adapter.ts';
import { createOutboundFetch } from '../../gateway/channel-fetch.ts';
import { Refusal } from '../../gateway/refusal.ts';
import { openOnScript } from '../../gateway/scripted-platform.ts';
import { webhook } from './adapter.ts';
import { type OtherSystem, startOtherSystem } from './other-system.ts';
import { otherTestSecret, testSecret, testSettings } from './webhook-fixture.ts';

/** The channel over real HTTP: its callback address on one side, the real client on the other. */
async function openChannel(t: TestContext, system: OtherSystem, timeoutMs = 2_000) {
  const settings = { ...testSettings, outboundUrl: system.url, timeoutMs };
  const outboundFetch = createOutboundFetch({ allow: [], baseUrls: [system.url] });
  t.after(() => outboundFetch.close());
  const entries: unknown[] = [];
  const { instance: receiver, context } = openOnScript(webhook, { settings, now: Date.now() });
  const sender = webhook.open({ ...context, now: Date.now, fetch: outboundFetch });
  const callbackUrl = await serveCallbacks(t, receiver, entries);
  return { sender, callbackUrl, entries };
}

async function serveCallbacks(t: TestContext, receiver: ChannelInstance, entries: unknown[]): Promise<string> {
  const server = createServer(async (request, response) => {
    const body = Buffer.concat((await request.toArray()) as Buffer[]);
    try {
      const received = receiver.receive?.({
        method: 'POST',
        path: '',
        query: new URLSearchParams(),
        headers: flat(request.headers),
        body,
        receivedAt: Date.now(),
      });
      entries.push(...(received?.entries ?? []));
      response.writeHead(received?.answer.status ?? 500).end(received?.answer.body);
    } catch (error) {
      response.writeHead(error instanceof Refusal ? error.status : 500).end(String(error));
    }
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  t.after(() => server.close());
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}/hooks/c1`;
}

function flat(headers: IncomingHttpHeaders): Record<string, string | undefined> {
  return Object.fromEntries(Object.entries(headers).map(([name, value]) => [name, String(value)]));
}

const reply: Outbound = {
  to: { contactExternalId: 'user-42', conversationId: 'conv1' },
  message: {
    id: 'message1',
    conversationId: 'conv1',
    seq: 2,
    direction: 'out',
    sender: { type: 'agent' },
    content: { type: 'text', text: 'Hi' },
    private: false,
    state: 'queued',
    createdAt: 1,
  },
  parts: [{ type: 'text', text: 'Hi' }],
  fromPart: 0,
  partSent: async () => {},
  idempotencyKey: 'out_1',
  attempt: 1,
};
const signal = new AbortController().signal;

test('a customer writes and an agent answers, over real HTTP, with a signature each way', async (t) => {
  const system = await startOtherSystem({ secret: testSecret, outboundSecret: otherTestSecret });
  t.after(() => system.close());
  const { sender, callbackUrl, entries } = await openChannel(t, system);
  const event = {
    type: 'message.created',
    data: { contact: { externalId: 'u' }, content: { type: 'text', text: '你好' } },
  };
  const first = await system.post(callbackUrl, event, { webhookId: 'msg_1' });
  const repeated = await system.post(callbackUrl, event, { webhookId: 'msg_1' });
  assert.deepEqual([first.status, repeated], [200, first]);
  assert.equal(entries.length, 2);
  assert.deepEqual(await sender.send?.(reply, signal), { externalId: 'other-out_1' });
  const [received] = system.received;
  assert.deepEqual([received?.webhookId, received?.verified, received?.answered], ['out_1', true, 200]);
});

test('it answers in the mood that was asked for, once', async (t) => {
  const system = await startOtherSystem({ secret: testSecret, outboundSecret: otherTestSecret });
  t.after(() => system.close());
  const { sender } = await openChannel(t, system, 200);
  system.answerNext({ status: 429, retryAfterS: 7 });
  await assert.rejects(async () => sender.send?.(reply, signal), { name: 'RetryAfter', afterMs: 7_000 });
  system.answerNext({ status: 410 });
  await assert.rejects(async () => sender.send?.(reply, signal), { name: 'Gone', what: 'channel' });
  system.answerNext({ status: 'silence' });
  await assert.rejects(async () => sender.send?.(reply, signal), { name: 'TimeoutError' });
  assert.deepEqual(await sender.send?.(reply, signal), { externalId: 'other-out_1' });
});

test('it refuses what is signed with another secret, and so does the channel', async (t) => {
  const system = await startOtherSystem({ secret: otherTestSecret });
  t.after(() => system.close());
  const stranger = await startOtherSystem({ secret: testSecret });
  t.after(() => stranger.close());
  const { sender, callbackUrl } = await openChannel(t, stranger);
  assert.equal((await system.post(callbackUrl, { type: 'postback' })).status, 401);
  await assert.rejects(async () => sender.send?.(reply, signal), { name: 'RetryAfter' });
  assert.match(String(stranger.received[0]?.verified), /no entry matches/);
});

test('by hand: a typed line arrives as a signed message, and its answer is printed', async (t) => {
  const system = await startOtherSystem({ secret: testSecret });
  t.after(() => system.close());
  const { callbackUrl, entries } = await openChannel(t, system);
  const script = `import { runSimulator } from ${JSON.stringify(import.meta.resolve('./simulator.ts'))}; await runSimulator(process.argv.slice(1));`;
  const args = [
    '--input-type=module',
    '-e',
    script,
    '--',
    '--callback',
    callbackUrl,
    '--secret',
    testSecret,
    '--port',
    '0',
  ];
  const child = spawn(process.execPath, args, { stdio: ['pipe', 'pipe', 'inherit'] });
  t.after(() => child.kill());
  child.stdin.end('/as ann Ann Lee\nWhere is my order?\n/again\n/429 5\n/quit\n');
  const output = Buffer.concat((await child.stdout.toArray()) as Buffer[]).toString();
  assert.match(output, /Writes as ann/);
  assert.equal(output.match(/200 \{"accepted":1/g)?.length, 2);
  assert.match(output, /The next request gets 429/);
  const [first, again] = entries as { externalId: string; contact: unknown; content: unknown }[];
  assert.deepEqual(first?.contact, { externalId: 'ann', name: 'Ann Lee' });
  assert.deepEqual(first?.content, { type: 'text', text: 'Where is my order?' });
  assert.equal(again?.externalId, first?.externalId);
});
