import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { createClient } from '@parley/sdk/client.ts';
import { closeCodes, type Problem, type ServerFrame } from '@parley/sdk/protocol.ts';
import { beginVisit, call, FrameRefused, FrameSocket, must, signIn, text, webChannelOf } from './support/clients.ts';
import { nodeEnvironment } from './support/crowd.ts';
import { admin, makeDataDir, type ServerProcess, startServer } from './support/server-process.ts';

let server: ServerProcess;
let channelId: string;
const endings: (() => Promise<void>)[] = [];

/** As it is shipped: loopback is an address like any other. */
before(async () => {
  const dataDir = await makeDataDir({ after: (run) => void endings.push(run) });
  server = await startServer({ dataDir, env: { PARLEY_VISITOR_LIMITS: undefined } });
  channelId = await webChannelOf(server, (await signIn(server, admin)).token);
});
after(async () => {
  for (const end of endings) await end();
});

const begin = (body: object) =>
  call<Problem & { contactId: string }>(server, 'POST /api/v1/visitor/sessions', { body: { channelId, ...body } });
const message = (clientId: string) => ({ clientId, content: text(clientId) });

test('a visitor who writes faster than people is asked to wait on every way, and others are not', async () => {
  const [{ visitorToken }, another] = [await beginVisit(server, channelId), await beginVisit(server, channelId)];
  const socket = await FrameSocket.open(server, { role: 'visitor', token: visitorToken });
  const sent = await Promise.allSettled(
    Array.from({ length: 60 }, (_, i) => socket.request('message.send', message(`m${i}`))),
  );
  const refused = sent.flatMap((one) => (one.status === 'rejected' ? [one.reason as FrameRefused] : []));
  assert.ok(refused.length >= 10 && refused.length <= 30, `${refused.length} of 60 were refused`);
  for (const error of refused) assert.ok(error instanceof FrameRefused && error.code === 'too-many-requests');
  const frames = Array.from({ length: 40 }, (_, i) =>
    JSON.stringify({ id: `${i}`, type: 'message.send', data: message(`poll ${i}`) }),
  );
  const polled = await must(
    call<{ frames: string[] }>(server, 'POST /api/v1/visitor/poll', { token: visitorToken, body: { frames } }),
  );
  const answers = polled.frames.map((frame) => JSON.parse(frame) as ServerFrame);
  assert.ok(answers.some((frame) => frame.type === 'error' && frame.error.code === 'too-many-requests'));
  const other = await FrameSocket.open(server, { role: 'visitor', token: another.visitorToken });
  await other.request('message.send', message('first'));
  await Promise.all([socket.close(), other.close()]);
});

test('a visitor who sends frames without end is closed and kept out for a moment, on every way, and its agent hears little', async () => {
  const [{ visitorToken }, another] = [await beginVisit(server, channelId), await beginVisit(server, channelId)];
  const agent = await FrameSocket.open(server, { role: 'agent', token: (await signIn(server, admin)).token });
  const socket = await FrameSocket.open(server, { role: 'visitor', token: visitorToken });
  const { conversationId } = (await socket.request('message.send', message('hello'))).message;
  await agent.request('sync', { conversationId, after: -1, epoch: agent.hello?.epoch ?? '' });
  let heard = 0;
  agent.onEvent = ({ event }) => {
    if (event === 'typing') heard += 1;
  };
  for (let i = 0; i < 10_000; i++) socket.raw.send(JSON.stringify({ id: `t${i}`, type: 'typing', data: { on: true } }));
  const { code, reason } = await socket.closed;
  assert.equal(code, closeCodes.flooding);
  assert.match(reason, /Too many frames/);
  const again = await Promise.all(
    Array.from({ length: 60 }, () => FrameSocket.open(server, { role: 'visitor', token: visitorToken })),
  );
  const [refused, greeted] = [again.filter(({ hello }) => hello === undefined), again.filter(({ hello }) => hello)];
  assert.ok(refused.length >= 30, `of 60 that came back at once ${refused.length} were refused`);
  for (const one of refused) assert.equal((await one.closed).code, closeCodes.flooding);
  const polled = await must(
    call<{ closed?: { code: number } }>(server, 'POST /api/v1/visitor/poll', {
      ...{ token: visitorToken, body: { frames: Array.from({ length: 200 }, () => '{}') } },
    }),
  );
  assert.equal(polled.closed?.code, closeCodes.flooding);
  const other = await FrameSocket.open(server, { role: 'visitor', token: another.visitorToken });
  await other.request('message.send', message('first'));
  await agent.request('sync', { conversationId, after: -1, epoch: agent.hello?.epoch ?? '' });
  assert.ok(heard >= 1 && heard <= 2, `${heard} events`);
  assert.match(
    await (await fetch(`${server.url}/metrics`)).text(),
    /parley_sockets_refused_total\{reason="flooding"\} [1-9]/,
  );
  await Promise.all([...greeted, other, agent].map((one) => one.close()));
});

test('what was written offline, and is more than may come at once, arrives whole and in order', async () => {
  const { visitorToken } = await beginVisit(server, channelId);
  const client = createClient({
    server: server.url,
    role: 'visitor',
    token: async () => visitorToken,
    environment: nodeEnvironment,
  });
  const view = client.own();
  const written = Array.from({ length: 33 }, (_, i) => `line ${i + 1}`);
  for (const line of written) view.send(text(line));
  const { promise: arrived, resolve } = Promise.withResolvers<void>();
  view.subscribe(() => {
    assert.deepEqual(
      view.pending.filter(({ state }) => state === 'failed'),
      [],
    );
    if (view.pending.length === 0 && view.messages.length >= written.length) resolve();
  });
  client.open();
  await arrived;
  const own = view.messages.filter(({ direction }) => direction === 'in');
  assert.deepEqual(
    own.map(({ content }) => (content.type === 'text' ? content.text : '')),
    written,
  );
  client.close();
});

test('more new visitors of one address than people are asked to come later, and whoever is known is let in', async () => {
  const visitorKey = 'k'.repeat(32);
  const known = await begin({ visitorKey });
  const { visitorToken, contactId } = await beginVisit(server, channelId);
  let refused: Awaited<ReturnType<typeof begin>> | undefined;
  let made = 0;
  for (; refused === undefined && made <= 70; made++) {
    const answer = await begin({});
    if (answer.status !== 200) refused = answer;
  }
  assert.deepEqual([refused?.status, refused?.body.code], [429, 'too-many-requests'], `after ${made}`);
  const retryAfter = Number(refused?.headers.get('retry-after'));
  assert.ok(retryAfter >= 1 && retryAfter <= 10, `Retry-After: ${retryAfter}`);
  assert.ok(made > 50, `only ${made} were let in`);
  assert.equal((await begin({ visitorKey })).body.contactId, known.body.contactId);
  assert.equal((await begin({ visitorToken })).body.contactId, contactId);
  assert.equal((await begin({ visitorKey: 'n'.repeat(32) })).status, 429);
  assert.match(server.output(), /PARLEY_TRUST_PROXY/);
});
