import assert from 'node:assert/strict';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import type {
  Agent,
  Channel,
  Contact,
  Conversation,
  ConversationContext,
  Message,
  Offer,
  Page,
  Problem,
  SatisfactionReport,
  ShownSurvey,
  SurveySettings,
  WaitNotice,
} from '@parley/sdk/protocol.ts';
import fc from 'fast-check';
import { type OtherSystem, startOtherSystem } from '../server/channels/webhook/other-system.ts';
import { until } from '../server/testing/running-program.ts';
import {
  type Answer,
  beginVisit,
  call,
  FrameSocket,
  must,
  type SignedInAgent,
  signIn,
  text,
  webChannelOf,
} from './support/clients.ts';
import { DescribedApi, routesOf } from './support/described-api.ts';
import { postHook } from './support/load.ts';
import { admin, makeDataDir, type ServerProcess, startServer } from './support/server-process.ts';

let server: ServerProcess;
let api: DescribedApi;
let token: string;
let channelId: string;
let other: OtherSystem;
const secret = `whsec_${Buffer.alloc(32, 5).toString('base64')}`;
const endings: (() => Promise<void>)[] = [];
type DeadLetter = { id: string; conversationId?: string; seq?: number };

before(async () => {
  const dataDir = await makeDataDir({ after: (run) => void endings.push(run) });
  other = await startOtherSystem({ secret });
  endings.push(other.close);
  server = await startServer({ dataDir, env: { PARLEY_OUTBOUND_ALLOW: `127.0.0.1:9,${new URL(other.url).host}` } });
  api = await DescribedApi.of(server);
  token = (await api.must<SignedInAgent>('POST /api/v1/login', { body: { ...admin } })).token;
  channelId = await webChannelOf(server, token);
});
after(async () => {
  for (const end of endings) await end();
});

const codeOf = (answer: Answer<unknown>) => (answer.body as Problem).code;

/** What is there once anything is. */
async function eventually<T>(look: () => Promise<T[]>): Promise<T[]> {
  const until = Date.now() + 60_000;
  for (;;) {
    const found = await look();
    if (found.length > 0) return found;
    assert.ok(Date.now() < until, 'it never came');
    await sleep(20);
  }
}

/** A visitor who has written `count` messages. */
async function writeAsVisitor(count = 1): Promise<{ visitorToken: string; contactId: string; id: string }> {
  const session = await beginVisit(server, channelId);
  const frames = Array.from({ length: count }, (_, i) =>
    JSON.stringify({ id: `${i}`, type: 'message.send', data: { clientId: `c${i}`, content: text(`line ${i + 1}`) } }),
  );
  await poll(session.visitorToken, { frames });
  for (;;) {
    const path = 'POST /api/v1/visitor/sessions' as const;
    const body = { channelId, visitorToken: session.visitorToken };
    const { conversationId } = await api.must<{ conversationId: string | null }>(path, { body });
    if (conversationId === null) continue;
    const { lastSeq } = await api.must<Conversation>(`GET /api/v1/conversations/${conversationId}`, { token });
    if (lastSeq >= count) return { ...session, id: conversationId };
  }
}

type Polled = { session: string; frames: string[] };
function poll(visitorToken: string, body: { session?: string; frames: string[] }): Promise<Polled> {
  return api.must<Polled>('POST /api/v1/visitor/poll', { token: visitorToken, body });
}

test('health, readiness, metrics, description and docs are open to whoever asks', async () => {
  assert.deepEqual(await api.must('GET /healthz'), { status: 'ok' });
  assert.deepEqual(await api.must('GET /readyz'), { status: 'ok', faults: [] });
  assert.match(await must(call<string>(server, 'GET /metrics')), /^# HELP /);
  assert.equal(api.description.openapi, '3.1.0');
  assert.match(await must(call<string>(server, 'GET /docs')), /\/api\/v1\/conversations/);
  assert.equal((await call(server, 'GET /')).headers.get('location'), '/console/');
});

test('a conversation is closed, reopened, assigned, given back and labelled, each against its owner epoch', async () => {
  const { id } = await writeAsVisitor();
  const path = `PATCH /api/v1/conversations/${id}` as const;
  const { agent } = await api.must<{ agent: Agent }>('GET /api/v1/me', { token });
  const change = (body: object) => api.must<Conversation>(path, { token, body });
  const assigned = await change({ assigneeId: agent.id });
  assert.deepEqual([assigned.status, assigned.assigneeId], ['agent', agent.id]);
  const stale = await api.call(path, { token, body: { status: 'closed', ownerEpoch: assigned.ownerEpoch - 1 } });
  assert.deepEqual([stale.status, codeOf(stale)], [409, 'conflict']);
  const back = await change({ assigneeId: null, ownerEpoch: assigned.ownerEpoch });
  assert.equal(back.assigneeId, null);
  const closed = await change({ status: 'closed' });
  assert.equal(closed.status, 'closed');
  assert.equal((await change({ status: 'queued' })).status, 'queued');
  const labelled = await change({ priority: 'urgent', tags: ['vip', 'vip', 'refund'] });
  assert.deepEqual([labelled.priority, labelled.tags], ['urgent', ['vip', 'refund']]);
  assert.ok((await api.must<{ all: number }>('GET /api/v1/conversations/counts', { token })).all >= 1);
});

test('an agent is not assigned over its capacity, unless somebody says so', async () => {
  const body = { email: 'small@parley.test', name: 'Small', capacity: 1, password: 'small-password' };
  const { id: assigneeId } = await api.must<Agent>('POST /api/v1/agents', { token, body });
  const [first, second] = [await writeAsVisitor(), await writeAsVisitor()];
  await api.must(`PATCH /api/v1/conversations/${first.id}`, { token, body: { assigneeId } });
  const full = await api.call(`PATCH /api/v1/conversations/${second.id}`, { token, body: { assigneeId } });
  assert.deepEqual([full.status, codeOf(full)], [409, 'capacity-reached']);
  await api.must(`PATCH /api/v1/conversations/${second.id}`, { token, body: { assigneeId, override: true } });
  assert.equal((await api.must<Agent>(`GET /api/v1/agents/${assigneeId}`, { token })).load, 2);
});

test('whoever has a conversation is told why, whoever has not why not, and of a queue how long it is', async () => {
  const { id } = await writeAsVisitor();
  const { agent } = await api.must<{ agent: Agent }>('GET /api/v1/me', { token });
  type Verdicts = { state: string; items: { agentId: string; key: string; words: { text: string }[] }[] };
  const whyNot = () => api.must<Verdicts>(`GET /api/v1/conversations/${id}/verdicts?agentId=${agent.id}`, { token });
  const waiting = await whyNot();
  assert.deepEqual(
    [waiting.state, waiting.items[0]?.key, waiting.items[0]?.words[0]?.text],
    ['waiting', 'offline', 'Is offline.'],
  );
  type Queues = { items: { groupId: string; waiting: number; oldestMs: number; staffed: number }[] };
  const [queue] = (await api.must<Queues>('GET /api/v1/routing/queues', { token })).items;
  assert.ok(queue !== undefined && queue.waiting >= 1 && queue.staffed === 0 && queue.groupId === 'everyone');
  await api.must(`PATCH /api/v1/conversations/${id}`, { token, body: { assigneeId: agent.id } });
  type Decision = { kind: string; agentId: string; why: string; epoch: number; words: { text: string }[] };
  const path = `GET /api/v1/conversations/${id}/decisions` as const;
  const { items } = await api.must<Page<Decision>>(path, { token });
  const said = items.map(({ kind, agentId, epoch, words }) => [kind, agentId, epoch, words[0]?.text]);
  assert.deepEqual(said, [['assign', agent.id, 1, `${agent.name} took it by hand.`]]);
  assert.deepEqual((await whyNot()).state, 'decided');
  await api.must(`PATCH /api/v1/conversations/${id}`, { token, body: { assigneeId: null } });
  const [newest, ...older] = (await api.must<Page<Decision>>(path, { token })).items;
  assert.deepEqual([newest?.kind, newest?.why, older.length], ['requeue', 'given-back', 1]);
  const page = await api.must<Page<Decision>>(`${path}?limit=1`, { token });
  const next = await api.must<Page<Decision>>(`${path}?limit=1&cursor=${page.nextCursor}`, { token });
  assert.deepEqual([page.items[0]?.kind, next.items[0]?.kind], ['requeue', 'assign']);
  const nowhere = await api.call(`PATCH /api/v1/conversations/${id}`, { token, body: { skillGroupId: 'nowhere' } });
  assert.deepEqual([nowhere.status, (nowhere.body as Problem).field], [400, 'skillGroupId']);
  const metrics = await must(call<string>(server, 'GET /metrics'));
  assert.match(metrics, /^parley_group_queue_depth\{group="everyone"\} [1-9]/m);
  assert.match(metrics, /^parley_requeues_total\{reason="given-back"\} [1-9]/m);
});

test('a message that is posted again with its client id answers with the first, and notes stay with the agents', async () => {
  const { id, visitorToken } = await writeAsVisitor();
  const path = `POST /api/v1/conversations/${id}/messages` as const;
  const first = await api.call<Message>(path, { token, body: { clientId: 'a', content: text('hello') } });
  const again = await api.call<Message>(path, { token, body: { clientId: 'a', content: text('hello, changed') } });
  assert.deepEqual([first.status, again.status], [201, 200]);
  assert.deepEqual(again.body, first.body);
  await api.must(path, { token, body: { clientId: 'n', content: text('a note'), private: true } });
  const seen = await api.must<Page<Message>>(`GET /api/v1/conversations/${id}/messages`, { token: visitorToken });
  assert.ok(seen.items.every((message) => !message.private));
  const own = await api.call<Message>(path, { token: visitorToken, body: { clientId: 'v', content: text('thanks') } });
  assert.deepEqual([own.status, own.body.direction], [201, 'in']);
  await api.must(`POST /api/v1/conversations/${id}/read`, { token, body: { seq: own.body.seq } });
  assert.equal((await api.must<Conversation>(`GET /api/v1/conversations/${id}`, { token })).unread, 0);
});

test('lists are read page by page without a gap and without a repeat', async () => {
  for (let i = 0; i < 5; i++) await writeAsVisitor();
  const all = await api.must<Page<Conversation>>('GET /api/v1/conversations?limit=200', { token });
  const ids: string[] = [];
  for (let cursor: string | null = ''; cursor !== null; ) {
    const from: string = cursor === '' ? '' : `&cursor=${encodeURIComponent(cursor)}`;
    const page: Page<Conversation> = await api.must(`GET /api/v1/conversations?limit=2${from}`, { token });
    ids.push(...page.items.map(({ id }) => id));
    cursor = page.nextCursor;
  }
  assert.deepEqual(
    ids,
    all.items.map(({ id }) => id),
  );
  const { id } = await writeAsVisitor(7);
  const path = `GET /api/v1/conversations/${id}/messages` as const;
  const whole = (await api.must<Page<Message>>(path, { token })).items.map(({ seq }) => seq);
  const seqs: number[] = [];
  for (let after: string | null = '0'; after !== null; ) {
    const page: Page<Message> = await api.must(`${path}?limit=3&after=${after}`, { token });
    seqs.push(...page.items.map(({ seq }) => seq));
    after = page.nextCursor;
  }
  assert.deepEqual(seqs, whole);
  const before = await api.must<Page<Message>>(`${path}?limit=2&before=4`, { token });
  assert.deepEqual(
    before.items.map(({ seq }) => seq),
    [2, 3],
  );
});

test('a channel is made, shown without its secrets, changed, checked and removed', async () => {
  const settings = {
    inboundSecret: secret,
    outboundSecret: secret,
    outboundUrl: 'http://127.0.0.1:9/',
    timeoutMs: 1_000,
  };
  const body = { type: 'webhook', name: 'Shop', settings };
  const channel = await api.must<Channel>('POST /api/v1/channels', { token, body });
  const path = `/api/v1/channels/${channel.id}` as const;
  const changed = await api.must<Channel>(`PATCH ${path}`, {
    token,
    body: { name: 'Shop 2', settings: { timeoutMs: 2_000 } },
  });
  for (const shown of [channel, changed, await api.must<Channel>(`GET ${path}`, { token })]) {
    assert.deepEqual(shown.settings.inboundSecret, { set: true });
    assert.ok(!JSON.stringify(shown).includes(secret));
  }
  assert.deepEqual([changed.name, changed.settings.timeoutMs], ['Shop 2', 2_000]);
  await api.must(`POST ${path}/check`, { token });
  // The secret that was left out is kept.
  assert.equal(
    (await postHook(server, { channelId: channel.id, secret }, [{ key: 'k', contact: 'c', text: 'hi' }])).status,
    200,
  );
  assert.ok(
    (await api.must<Page<{ type: string }>>('GET /api/v1/channel-types', { token })).items.some(
      ({ type }) => type === 'webhook',
    ),
  );
  assert.ok((await api.must<Page<Channel>>('GET /api/v1/channels', { token })).items.length >= 2);
  assert.equal((await api.call('POST /api/v1/dead-letters/none/retry', { token })).status, 404);
  assert.equal((await api.call('DELETE /api/v1/dead-letters/none', { token })).status, 404);
  await api.must('GET /api/v1/health', { token });
  await api.must(`DELETE ${path}`, { token });
  assert.equal((await api.call(`GET ${path}`, { token })).status, 404);
});

test('an answer that the other system refuses becomes a dead letter, and is sent again or removed by a person', async () => {
  const settings = { inboundSecret: secret, outboundSecret: secret, outboundUrl: other.url };
  const hook = await api.must<Channel>('POST /api/v1/channels', {
    token,
    body: { type: 'webhook', name: 'Refusing', settings },
  });
  await postHook(server, { channelId: hook.id, secret }, [{ key: 'order', contact: 'buyer', text: 'where is it?' }]);
  const list = `GET /api/v1/conversations?channel=${hook.id}` as const;
  const [conversation] = await eventually(async () => (await api.must<Page<Conversation>>(list, { token })).items);
  const path = `/api/v1/conversations/${conversation?.id}/messages` as const;

  const reply = async (clientId: string) => {
    other.answerNext({ status: 410 });
    const { seq } = await api.must<Message>(`POST ${path}`, { token, body: { clientId, content: text(clientId) } });
    const failed = await messageIn(seq, 'failed');
    assert.match(failed.stateReason ?? '', /410/);
    const { items } = await api.must<Page<DeadLetter>>('GET /api/v1/dead-letters?kind=outbound', { token });
    const letter = items.find((each) => each.conversationId === conversation?.id && each.seq === seq);
    assert.ok(letter);
    return { seq, letter };
  };
  const messageIn = (seq: number, state: string) =>
    eventually(async () => {
      const { items } = await api.must<Page<Message>>(`GET ${path}?after=${seq - 1}&limit=1`, { token });
      return items.filter((message) => message.state === state);
    }).then(([message]) => message as Message);

  const first = await reply('first');
  await api.must(`POST ${path}/${first.seq}/resend`, { token });
  await messageIn(first.seq, 'sent');
  const twice = await api.call(`POST ${path}/${first.seq}/resend`, { token });
  assert.deepEqual([twice.status, codeOf(twice)], [409, 'conflict']);
  const second = await reply('second');
  await api.must(`POST /api/v1/dead-letters/${second.letter.id}/retry`, { token });
  await messageIn(second.seq, 'sent');
  const third = await reply('third');
  await api.must(`DELETE /api/v1/dead-letters/${third.letter.id}`, { token });
  const left = await api.must<Page<DeadLetter>>('GET /api/v1/dead-letters', { token });
  assert.ok(left.items.every(({ id }) => id !== third.letter.id));
  assert.deepEqual((await api.must<Page<DeadLetter>>('GET /api/v1/dead-letters?kind=inbound', { token })).items, []);
});

test('agents are made with a password that is shown once, changed, and switched off', async () => {
  const made = await api.must<Agent & { password: string }>('POST /api/v1/agents', {
    token,
    body: { email: 'amy@parley.test', name: 'Amy' },
  });
  const twice = await api.call('POST /api/v1/agents', { token, body: { email: 'AMY@parley.test', name: 'Amy' } });
  assert.deepEqual([twice.status, codeOf(twice)], [409, 'conflict']);
  const own = await signIn(server, made);
  const password = { current: made.password, next: 'amy-has-a-new-one' };
  await api.must('PATCH /api/v1/me', { token: own.token, body: { name: 'Amy B', password } });
  assert.equal((await api.must<Agent>(`GET /api/v1/agents/${made.id}`, { token })).name, 'Amy B');
  const denied = await api.call('POST /api/v1/agents', {
    token: own.token,
    body: { email: 'x@parley.test', name: 'X' },
  });
  assert.deepEqual([denied.status, codeOf(denied)], [403, 'forbidden']);
  await api.must('POST /api/v1/logout', { token: own.token });
  assert.equal((await api.call('GET /api/v1/me', { token: own.token })).status, 401);
  await api.must(`PATCH /api/v1/agents/${made.id}`, { token, body: { capacity: 3 } });
  await api.must(`DELETE /api/v1/agents/${made.id}`, { token });
  const all = await api.must<Page<Agent>>('GET /api/v1/agents', { token });
  assert.equal(all.items.find(({ id }) => id === made.id)?.enabled, false);
  const last = await api.call(`DELETE /api/v1/agents/${all.items.find(({ role }) => role === 'admin')?.id}`, { token });
  assert.deepEqual([last.status, codeOf(last)], [409, 'conflict']);
});

test('a contact is shown and changed, with its conversations', async () => {
  const { contactId, id } = await writeAsVisitor();
  const patch = { name: 'Ms Li', email: 'li@shop.test', attributes: { level: 'gold' } };
  const changed = await api.must<Contact>(`PATCH /api/v1/contacts/${contactId}`, { token, body: patch });
  assert.deepEqual([changed.name, changed.email, changed.attributes], ['Ms Li', 'li@shop.test', { level: 'gold' }]);
  assert.deepEqual(await api.must(`GET /api/v1/contacts/${contactId}`, { token }), changed);
  const { items } = await api.must<Page<Conversation>>(`GET /api/v1/contacts/${contactId}/conversations`, { token });
  assert.deepEqual(
    items.map((conversation) => conversation.id),
    [id],
  );
  const context = await api.must<ConversationContext>(`GET /api/v1/conversations/${id}/context`, { token });
  assert.deepEqual(context.contact, changed);
  assert.deepEqual(
    context.messages.map((message) => message.id),
    [`${id}.1`],
  );
  const newest = await api.must<Page<Message>>(`GET /api/v1/conversations/${id}/messages?before=2`, { token });
  assert.deepEqual(newest.items, context.messages);
});

test('what a contact said is found by its words and by time, and exported line by line', async () => {
  const { contactId, id } = await writeAsVisitor(3);
  const search = (query: string) =>
    api.must<Page<Message>>(`GET /api/v1/messages?contactId=${contactId}&${query}`, { token });
  const found = await search('q=LINE&limit=2');
  assert.deepEqual(
    found.items.map((message) => message.id),
    [`${id}.3`, `${id}.2`],
  );
  const rest = await search(`q=LINE&limit=2&cursor=${found.nextCursor}`);
  assert.deepEqual(
    rest.items.map((message) => message.id),
    [`${id}.1`],
  );
  assert.deepEqual((await search(`to=${rest.items[0]?.createdAt}`)).items, []);
  const backwards = await api.call(`GET /api/v1/messages?contactId=${contactId}&from=5&to=4`, { token });
  assert.deepEqual([backwards.status, (backwards.body as Problem).field], [400, 'from']);
  const lines = await api.must<string>(`GET /api/v1/export?contactId=${contactId}`, { token });
  const exported = lines
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line) as Message & { contactId: string; channelId: string });
  assert.deepEqual(
    exported.map((message) => [message.seq, message.contactId, message.channelId]),
    [1, 2, 3].map((seq) => [seq, contactId, channelId]),
  );
});

test('an erased contact is gone at once, its token begins somebody new, and only administrators erase', async () => {
  const { contactId, id, visitorToken } = await writeAsVisitor(2);
  const { url } = await api.must<{ url: string }>('POST /api/v1/files?name=a.txt', {
    token: visitorToken,
    raw: new Uint8Array([1, 2, 3]),
    headers: { 'content-type': 'text/plain' },
  });
  const agent = await api.must<Agent & { password: string }>('POST /api/v1/agents', {
    token,
    body: { email: 'eve@parley.test', name: 'Eve' },
  });
  const own = await signIn(server, { email: agent.email, password: agent.password });
  const denied = await api.call(`DELETE /api/v1/contacts/${contactId}`, { token: own.token });
  assert.deepEqual([denied.status, codeOf(denied)], [403, 'forbidden']);

  await api.must(`DELETE /api/v1/contacts/${contactId}`, { token });
  for (const path of [`contacts/${contactId}`, `conversations/${id}`, `conversations/${id}/messages`] as const) {
    assert.equal((await api.call(`GET /api/v1/${path}`, { token })).status, 404, path);
  }
  // Asked again, it is gone on with until it has reached every tier.
  await eventually(async () => {
    const again = await api.call(`DELETE /api/v1/contacts/${contactId}`, { token });
    return again.status === 404 ? ['done'] : [];
  });
  await eventually(async () => ((await fetch(server.url + url)).status === 404 ? ['gone'] : []));
  const anew = await api.must<{ contactId: string }>('POST /api/v1/visitor/sessions', {
    body: { channelId, visitorToken },
  });
  assert.notEqual(anew.contactId, contactId);
});

test('a file comes back as it was sent, whole or in part; a page that was sent is a download', async () => {
  const bytes = Uint8Array.from({ length: 5_000 }, (_, i) => i % 251);
  const upload = (name: string, type: string) =>
    api.must<{ url: string }>(`POST /api/v1/files?name=${encodeURIComponent(name)}`, {
      token,
      raw: bytes,
      headers: { 'content-type': type },
    });
  const picture = await upload('图 1.png', 'image/png');
  const whole = await fetch(server.url + picture.url);
  assert.deepEqual([whole.status, whole.headers.get('x-content-type-options')], [200, 'nosniff']);
  assert.match(whole.headers.get('content-disposition') ?? '', /^inline/);
  assert.deepEqual(await whole.bytes(), bytes);
  const range = await fetch(server.url + picture.url, { headers: { range: 'bytes=100-199' } });
  assert.deepEqual([range.status, range.headers.get('content-range')], [206, 'bytes 100-199/5000']);
  assert.deepEqual(await range.bytes(), bytes.subarray(100, 200));
  const page = await fetch(server.url + (await upload('x.html', 'text/html')).url);
  assert.match(page.headers.get('content-disposition') ?? '', /^attachment/);
  assert.match(page.headers.get('content-security-policy') ?? '', /sandbox/);
  const guessed = await fetch(server.url + picture.url.replace(/\/files\/([^/]+)\/./, '/files/$1/!'));
  assert.equal(guessed.status, 404);
});

test('a visitor without WebSockets writes, reads and is answered by long poll', async () => {
  const config = await api.must<{ channelId: string; enabled: boolean }>(
    `GET /api/v1/visitor/config?channelId=${channelId}`,
  );
  assert.deepEqual([config.channelId, config.enabled], [channelId, true]);
  const { visitorToken } = await beginVisit(server, channelId);
  const got: { type: string; event?: string; data: { message?: Message } }[] = [];
  let session: string | undefined;
  const pollUntil = async (frames: string[], done: () => boolean) => {
    for (let next = frames; next.length > 0 || !done(); next = []) {
      const answer = await poll(visitorToken, { frames: next, ...(session === undefined ? {} : { session }) });
      session = answer.session;
      got.push(...answer.frames.map((frame) => JSON.parse(frame)));
    }
  };
  const send = JSON.stringify({ id: '1', type: 'message.send', data: { clientId: 'p', content: text('over poll') } });
  await pollUntil([send], () => got.some(({ type }) => type === 'ack'));
  assert.equal(got[0]?.type, 'hello');
  const id = got.find(({ type }) => type === 'ack')?.data.message?.conversationId;
  const waiting = pollUntil([], () => got.some(({ data }) => data.message?.sender.type === 'agent'));
  const body = { clientId: 'answer', content: text('and back') };
  await api.must(`POST /api/v1/conversations/${id}/messages`, { token, body });
  await waiting;
  const over = await api.call('POST /api/v1/visitor/poll', {
    token: visitorToken,
    body: { session: 'gone', frames: [] },
  });
  assert.equal(over.status, 404);
});

test("pages of other sites may ask for a chat, but not for the console's API", async () => {
  const headers = { origin: 'https://shop.test', 'access-control-request-method': 'POST' };
  const asked = await call(server, 'OPTIONS /api/v1/visitor/sessions', { headers });
  assert.equal(asked.status, 204);
  assert.equal(asked.headers.get('access-control-allow-origin'), 'https://shop.test');
  assert.equal(asked.headers.get('access-control-allow-credentials'), null);
  for (const path of ['agents', 'channels', 'login', 'me'] as const) {
    const refused = await call(server, `OPTIONS /api/v1/${path}`, { headers });
    assert.equal(refused.headers.get('access-control-allow-origin'), null, path);
  }
});

test("the console's cookie signs in, and changes nothing for a request of another site", async () => {
  const { headers } = await call(server, 'POST /api/v1/login', { body: { ...admin } });
  const cookie = headers.get('set-cookie') ?? '';
  assert.match(cookie, /HttpOnly/);
  assert.match(cookie, /SameSite=Strict/);
  const [pair = ''] = cookie.split(';');
  assert.equal((await call(server, 'GET /api/v1/me', { headers: { cookie: pair } })).status, 200);
  const patch = (origin: Record<string, string>) =>
    call(server, 'PATCH /api/v1/me', { body: { name: 'Admin' }, headers: { cookie: pair, ...origin } });
  for (const origin of [
    {},
    { origin: 'https://evil.test' },
    { origin: `${server.url}.evil.test` },
    { origin: 'null' },
  ]) {
    const refused = await patch(origin as Record<string, string>);
    assert.deepEqual([refused.status, codeOf(refused)], [403, 'origin-forbidden']);
  }
  assert.equal((await patch({ origin: server.url })).status, 200);
});

test('a browser that has signed in to an account does so again while strangers are kept out', async () => {
  const account = { email: 'regular@parley.test', password: 'regular-password' };
  await api.must('POST /api/v1/agents', { token, body: { ...account, name: 'Regular' } });
  const login = (password: string, cookie?: string) =>
    api.call('POST /api/v1/login', {
      body: { email: account.email, password },
      ...(cookie === undefined ? {} : { headers: { cookie } }),
    });
  const kept = (await login(account.password)).headers.getSetCookie().find((each) => each.startsWith('parley_known_'));
  assert.match(kept ?? '', /Path=\/api\/v1\/login; HttpOnly; SameSite=Strict/);
  await Promise.all(Array.from({ length: 10 }, () => login('wrong')));
  assert.equal(codeOf(await login(account.password)), 'too-many-requests');
  assert.equal((await login(account.password, kept?.split(';')[0])).status, 200);
});

test('routing is published, listed, tried and brought back, and a plan says how many agents it takes', async () => {
  const path = '/api/v1/routing' as const;
  const { version: baseVersion, config } = await api.must<{ version: number; config: object }>(`GET ${path}/config`, {
    token,
  });
  const published = await api.must<{ version: number }>(`PUT ${path}/config`, {
    token,
    body: { baseVersion, config: { ...config, groups: [{ id: 'sales', name: 'Sales' }] }, note: 'sales' },
  });
  await api.must(`POST ${path}/rules/test`, { token, body: { facts: { channelId } } });
  await api.must(`GET ${path}/versions/${published.version}`, { token });
  const base = { baseVersion: published.version };
  await api.must(`POST ${path}/versions/${published.version}/restore`, { token, body: base });
  const { items } = await api.must<Page<{ version: number }>>(`GET ${path}/versions`, { token });
  assert.deepEqual(
    items.map(({ version }) => version),
    [2, 1],
  );
  const arrivals = { kind: 'stated', perHalfHour: [10, 20] };
  await api.must('POST /api/v1/staffing', { token, body: { arrivals, handlingMs: 300_000, days: 2 } });
  // What becomes of targets has a test of its own.
  await api.must('GET /api/v1/sla/summary', { token });
  await api.must('GET /api/v1/sla/results', { token });
  await writeAsVisitor();
  const run = await api.must<{ id: string }>(`POST ${path}/dry-runs`, { token, body: { config, days: 7, runs: 2 } });
  await api.must(`GET ${path}/dry-runs/${run.id}`, { token });
  await api.must(`DELETE ${path}/dry-runs/${run.id}`, { token });
});

test('a visitor rates a conversation that was resolved: it stays so, colleagues see no score, and supervisors see what it is a share of', async () => {
  const path = 'PATCH /api/v1/surveys/settings' as const;
  assert.deepEqual((await api.must<SurveySettings>('GET /api/v1/surveys/settings', { token })).channelTypes, []);
  const wrong = await api.call(path, { token, body: { channelTypes: ['pigeon'] } });
  assert.deepEqual([wrong.status, codeOf(wrong)], [400, 'settings-invalid']);
  await api.must(path, { token, body: { channelTypes: ['web'], delayMinutes: 0 } });
  const { id, visitorToken } = await writeAsVisitor();
  const survey = (as: string) =>
    api.must<{ survey: ShownSurvey | null }>(`GET /api/v1/conversations/${id}/survey`, { token: as });
  const own = 'GET /api/v1/visitor/survey' as const;
  assert.equal((await survey(token)).survey, null);
  assert.deepEqual(await api.must(own, { token: visitorToken }), { survey: null });
  const answer = (body: object) => api.call('POST /api/v1/visitor/survey', { token: visitorToken, body });
  assert.equal((await answer({ score: 5 })).status, 404);
  const said = { clientId: 'survey-reply', content: text('There you are.') };
  await api.must(`POST /api/v1/conversations/${id}/messages`, { token, body: said });
  await api.must(`PATCH /api/v1/conversations/${id}`, { token, body: { status: 'closed' } });
  const [asked] = await eventually(async () => {
    const { items } = await api.must<Page<Message>>(`GET /api/v1/conversations/${id}/messages`, { token });
    return items.filter(({ content }) => content.type === 'rating');
  });
  assert.deepEqual(
    [asked?.sender.type, asked?.content.type === 'rating' && asked.content.survey?.look],
    ['system', 'faces'],
  );
  assert.equal((await answer({ score: 6 })).status, 400);
  assert.equal((await answer({ score: 2, comment: 'Slow' })).status, 200);
  assert.equal((await answer({ score: 4 })).status, 200);
  const { status, unread } = await api.must<Conversation>(`GET /api/v1/conversations/${id}`, { token });
  assert.deepEqual([status, unread], ['closed', 0]);
  const mine = await api.must<{ survey: { score: number; comment: string; isOpen: boolean } }>(own, {
    token: visitorToken,
  });
  assert.deepEqual([mine.survey.score, mine.survey.comment, mine.survey.isOpen], [4, 'Slow', true]);

  const password = 'colleague-password';
  const made = { email: 'colleague@parley.test', name: 'Colleague', role: 'agent', capacity: 5, password };
  await api.must('POST /api/v1/agents', { token, body: made });
  const colleague = await signIn(server, { email: made.email, password });
  const hidden = (await survey(colleague.token)).survey;
  assert.deepEqual([hidden?.score, hidden?.comment, hidden?.isHidden, hidden?.state], [null, null, true, 'answered']);
  const { items } = await api.must<Page<Message>>(`GET /api/v1/conversations/${id}/messages`, {
    token: colleague.token,
  });
  assert.ok(!JSON.stringify(items).includes('Slow'));
  for (const route of ['GET /api/v1/surveys', 'GET /api/v1/reports/satisfaction'] as const)
    assert.equal((await api.call(route, { token: colleague.token })).status, 403);
  const seen = (await survey(token)).survey;
  assert.deepEqual([seen?.score, seen?.comment, seen?.had, seen?.asks], [4, 'Slow', 'person', false]);
  const report = await api.must<SatisfactionReport>('GET /api/v1/reports/satisfaction?days=1&channelType=web', {
    token,
  });
  assert.deepEqual([report.total.asked, report.total.satisfied, report.had.bot.answers], [1, 1, 0]);
  assert.equal(report.agents[0]?.id, seen?.agentId);
  const list = await api.must<Page<ShownSurvey & { conversationId: string }>>('GET /api/v1/surveys', { token });
  assert.deepEqual([list.items[0]?.conversationId, list.nextCursor], [id, null]);
  const metrics = await must(call<string>(server, 'GET /metrics'));
  assert.match(metrics, /parley_survey_scores_total\{had="person",score="2"\} 1/);
  assert.match(metrics, /parley_surveys_total\{channel="web",outcome="asked"\} 1/);
  await api.must(path, { token, body: { channelTypes: [] } });
});

test('an agent is asked over the socket, says no or yes, passes it on, and takes the next one by hand', async (t) => {
  const password = 'ringing-password';
  const made = { email: 'ringing@parley.test', name: 'Ringing', capacity: 5, password };
  const ringing = await api.must<Agent>('POST /api/v1/agents', { token, body: made });
  const as = await api.must<SignedInAgent>('POST /api/v1/login', { body: { email: made.email, password } });
  const { agent: admin } = await api.must<{ agent: Agent }>('GET /api/v1/me', { token });
  type Config = { version: number; config: Record<string, unknown> };
  const publish = async (config: object) => {
    const { version } = await api.must<Config>('GET /api/v1/routing/config', { token });
    await api.must('PUT /api/v1/routing/config', { token, body: { config, baseVersion: version } });
  };
  const members = [{ agentId: ringing.id, level: 3 }];
  const offer = { mode: 'ring', timeoutMs: 60_000 };
  const groups = [
    { id: 'bell', name: 'Bell', members, offer },
    { id: 'shelf', name: 'Shelf', members, policy: 'manual' },
  ];
  const { id: first } = await writeAsVisitor();
  for (const { id } of (
    await api.must<Page<Conversation>>('GET /api/v1/conversations?status=queued&limit=200', { token })
  ).items) {
    if (id !== first) await api.must(`PATCH /api/v1/conversations/${id}`, { token, body: { status: 'closed' } });
  }
  await publish({ groups, defaultGroupId: 'bell' });
  const socket = await FrameSocket.open(server, { role: 'agent', token: as.token });
  t.after(() => socket.close());
  const told = (event: string, id: string) =>
    socket.until(() =>
      socket.others.some((frame) => {
        const { data, event: name } = frame as unknown as {
          event?: string;
          data?: { offer?: { conversationId: string }; conversationId?: string };
        };
        return name === event && (data?.offer?.conversationId ?? data?.conversationId) === id;
      }),
    );
  await told('offer.made', first);
  const offers = await api.must<{ items: Offer[] }>('GET /api/v1/offers', { token: as.token });
  assert.deepEqual(
    offers.items.map(({ conversationId, groupId }) => [conversationId, groupId]),
    [[first, 'bell']],
  );
  await api.must(`POST /api/v1/conversations/${first}/decline`, { token: as.token });
  await told('offer.ended', first);
  const late = await api.call(`POST /api/v1/conversations/${first}/accept`, { token: as.token });
  assert.deepEqual([late.status, codeOf(late)], [409, 'conflict']);
  const { id: second } = await writeAsVisitor();
  await told('offer.made', second);
  const had = await api.must<Conversation>(`POST /api/v1/conversations/${second}/accept`, { token: as.token });
  assert.deepEqual([had.status, had.assigneeId], ['agent', ringing.id]);
  const pass = (body: object) =>
    api.call<Conversation>(`POST /api/v1/conversations/${second}/transfer`, { token: as.token, body });
  for (const [body, field] of [
    [{ toAgentId: admin.id }, 'toAgentId'],
    [{ toAgentId: ringing.id }, 'toAgentId'],
    [{ toGroupId: 'nowhere' }, 'toGroupId'],
    [{}, 'toAgentId'],
  ] as const) {
    const refused = await pass(body);
    assert.deepEqual([refused.status, (refused.body as unknown as Problem).field], [400, field], JSON.stringify(body));
  }
  const passed = await pass({ toGroupId: 'shelf', note: 'Asks for a discount.' });
  assert.deepEqual([passed.status, passed.body.status, passed.body.skillGroupId], [200, 'queued', 'shelf']);
  const { id: third } = await writeAsVisitor();
  await api.must(`PATCH /api/v1/conversations/${third}`, { token, body: { skillGroupId: 'shelf' } });
  const takes = async () =>
    api.call<Conversation>('POST /api/v1/queue/take', { token: as.token, body: { conversationId: third } });
  let taken = await takes();
  for (; taken.status === 409; taken = await takes()) await sleep(20);
  assert.deepEqual([taken.status, taken.body.assigneeId], [200, ringing.id]);
  // Who passed it on does not get it back.
  const back = await api.call('POST /api/v1/queue/take', { token: as.token, body: { conversationId: second } });
  assert.match((back.body as Problem).detail, /excluded/);
  await publish({ groups: [], defaultGroupId: null });
});

test('an agent snoozes what they have, for a time that is still to come, and takes it up again', async () => {
  const { agent } = await api.must<{ agent: Agent }>('GET /api/v1/me', { token });
  const { id } = await writeAsVisitor();
  const had = await api.must<Conversation>(`PATCH /api/v1/conversations/${id}`, {
    token,
    body: { assigneeId: agent.id, override: true },
  });
  const counts = () => api.must<Record<string, number>>('GET /api/v1/conversations/counts', { token });
  const { mine = 0 } = await counts();
  const snooze = (body: object) => api.call<Conversation>(`POST /api/v1/conversations/${id}/snooze`, { token, body });
  for (const until of [1, Date.now() + 400 * 24 * 3_600_000, 'tomorrow', null]) {
    const refused = await snooze({ until });
    assert.deepEqual([refused.status, codeOf(refused)], [400, 'bad-request'], String(until));
  }
  const until = Date.now() + 3_600_000;
  const stale = await snooze({ until, ownerEpoch: had.ownerEpoch - 1 });
  assert.deepEqual([stale.status, codeOf(stale)], [409, 'conflict']);
  const put = await snooze({ until, ownerEpoch: had.ownerEpoch });
  assert.deepEqual([put.status, put.body.status, put.body.snoozedUntil], [200, 'snoozed', until]);
  const list = 'GET /api/v1/conversations?status=snoozed&assignee=me';
  assert.deepEqual(
    (await api.must<Page<Conversation>>(list, { token })).items.map((each) => each.id),
    [id],
  );
  const { mine: left, snoozed } = await counts();
  assert.deepEqual([left, snoozed], [mine - 1, 1]);
  const back = await api.must<Conversation>(`DELETE /api/v1/conversations/${id}/snooze`, { token });
  assert.deepEqual([back.status, back.assigneeId, back.snoozedUntil], ['agent', agent.id, undefined]);
  const again = await api.call(`DELETE /api/v1/conversations/${id}/snooze`, { token });
  assert.deepEqual([again.status, codeOf(again)], [409, 'conflict']);
  const missing = await api.call('POST /api/v1/conversations/99999999/snooze', { token, body: { until } });
  assert.deepEqual([missing.status, codeOf(missing)], [404, 'not-found']);
});

test('colleagues are asked in, come, decline and leave; supervisors listen, whisper, join and take over', async (t) => {
  const made = { email: 'helper@parley.test', name: 'Helper', password: 'password-of-helper' };
  const helper = await api.must<Agent>('POST /api/v1/agents', { token, body: made });
  const as = await signIn(server, made);
  const socket = await FrameSocket.open(server, { role: 'agent', token: as.token });
  t.after(() => socket.close());
  await socket.request('presence', { status: 'busy' });
  const { id } = await writeAsVisitor();
  const path = `/api/v1/conversations/${id}` as const;
  const { agent: admin } = await api.must<{ agent: Agent }>('GET /api/v1/me', { token });
  await api.must(`PATCH ${path}`, { token, body: { assigneeId: admin.id, override: true } });
  const ask = () => api.must(`POST ${path}/invitations`, { token, body: { agentId: helper.id } });
  await ask();
  const { items: asked } = await api.must<{ items: object[] }>('GET /api/v1/invitations', { token: as.token });
  await api.must(`POST ${path}/invitations/decline`, { token: as.token });
  await ask();
  await api.must(`POST ${path}/invitations/accept`, { token: as.token });
  const { items: helps } = await api.must<{ items: object[] }>('GET /api/v1/participations', { token: as.token });
  assert.deepEqual([asked.length, helps.length], [1, 1]);
  await api.must(`DELETE ${path}/participants/me`, { token: as.token });
  await api.must(`PATCH ${path}`, { token, body: { assigneeId: helper.id } });
  await api.must(`POST ${path}/listen`, { token });
  await api.must(`POST ${path}/whispers`, { token, body: { clientId: 'w', text: 'Be kind.' } });
  await api.must(`POST ${path}/join`, { token });
  const taken = await api.must<Conversation>(`POST ${path}/take-over`, { token, body: { override: true } });
  assert.deepEqual([taken.assigneeId, taken.participants], [admin.id, undefined]);
});

test('who waits is told the place, leaves a message or asks for a call, and an agent does what was promised', async (t) => {
  type Config = { version: number; config: Record<string, unknown> };
  type Asked = { id: string; kind: string; state: string };
  const publish = async (config: object) => {
    const { version } = await api.must<Config>('GET /api/v1/routing/config', { token });
    await api.must('PUT /api/v1/routing/config', { token, body: { config, baseVersion: version } });
  };
  const overflow = (['message-form', 'call-back'] as const).map((kind) => ({
    when: { nobodyStaffed: true },
    to: { kind },
  }));
  await publish({ groups: [{ id: 'later', name: 'Later', overflow }], defaultGroupId: 'later' });
  const { visitorToken, id } = await writeAsVisitor();
  const socket = await FrameSocket.open(server, { role: 'visitor', token: visitorToken });
  t.after(() => socket.close());
  const told = () =>
    socket.others.flatMap((frame) => {
      const { event, data } = frame as unknown as { event: string; data: { wait: WaitNotice | null } };
      return event === 'wait.updated' ? [data.wait] : [];
    });
  await socket.until(() => told().at(-1)?.offers.length === 2);
  const wait = `/api/v1/visitor/wait` as const;
  const now = await api.must<{ conversationId: string; wait: WaitNotice }>(`GET ${wait}`, { token: visitorToken });
  assert.deepEqual([now.conversationId, now.wait], [id, told().at(-1)]);
  assert.deepEqual([typeof now.wait.position, now.wait.estimate, now.wait.movedOn], ['number', null, false]);

  const asks = (body: object, offer: 'message' | 'call-back') =>
    api.call<Asked>(`POST ${wait}/${offer}`, { token: visitorToken, body: { clientId: 'one', ...body } });
  for (const [offer, body, field] of [
    ['call-back', {}, 'phone'],
    ['call-back', { phone: 'tomorrow' }, 'phone'],
    ['call-back', { phone: '030 12345', at: 1 }, 'at'],
    ['message', { note: 'Where is it?' }, 'email'],
    ['message', { note: 'Where is it?', email: 'me' }, 'email'],
    ['message', { email: 'li@shop.test' }, 'note'],
  ] as const) {
    const refused = await asks(body, offer);
    assert.deepEqual([refused.status, (refused.body as unknown as Problem).field], [400, field], JSON.stringify(body));
  }
  const left = await asks({ email: 'li@shop.test', note: 'Where is it?', keepPlace: true }, 'message');
  assert.deepEqual([left.status, left.body.kind, left.body.state], [201, 'message', 'open']);
  await socket.until(() => told().at(-1)?.offers.join() === 'call-back');
  await api.must(`POST ${wait}/decline`, { token: visitorToken, body: { offer: 'call-back' } });
  await socket.until(() => told().at(-1)?.offers.length === 0);
  const late = await asks({ clientId: 'two', phone: '030 12345' }, 'call-back');
  assert.deepEqual([late.status, codeOf(late)], [409, 'conflict']);

  const other = await writeAsVisitor();
  const asked = await eventually(async () => {
    const body = { clientId: 'one', phone: '030 12345', locale: 'zh-CN' };
    const answer = await api.call<Asked>(`POST ${wait}/call-back`, { token: other.visitorToken, body });
    return answer.status === 201 ? [answer.body] : [];
  });
  const { status } = await api.must<Conversation>(`GET /api/v1/conversations/${other.id}`, { token });
  assert.equal(status, 'closed', 'a call was promised: there is nothing to wait for');
  const messages = await api.must<Page<Message>>(`GET /api/v1/conversations/${other.id}/messages`, { token });
  assert.ok(messages.items.some(({ content }) => content.type === 'form' && content.values?.phone === '030 12345'));
  const none = await api.must<{ wait: null }>(`GET ${wait}`, { token: other.visitorToken });
  assert.equal(none.wait, null);

  const list = async (query: string) =>
    (await api.must<Page<{ id: string; phone: string | null }>>(`GET /api/v1/call-backs?${query}`, { token })).items;
  assert.deepEqual(
    (await list('state=open')).map((one) => one.id),
    [left.body.id, asked[0]?.id],
  );
  assert.deepEqual(
    (await list(`conversationId=${other.id}`)).map(({ phone }) => phone),
    ['030 12345'],
  );
  const step = async (of: string | undefined, kind: string, body?: object) =>
    (await api.must<Asked>(`POST /api/v1/call-backs/${of}/${kind}`, { token, body: body ?? {} })).state;
  assert.equal(await step(left.body.id, 'take'), 'taken');
  assert.equal(await step(left.body.id, 'give-back'), 'open');
  assert.equal(await step(left.body.id, 'cancel'), 'cancelled');
  await step(asked[0]?.id, 'take');
  assert.equal(await step(asked[0]?.id, 'no-answer', { at: Date.now() + 60_000 }), 'open');
  await step(asked[0]?.id, 'take');
  assert.equal(await step(asked[0]?.id, 'done'), 'done');
  const over = await api.call(`POST /api/v1/call-backs/${asked[0]?.id}/take`, { token, body: {} });
  assert.deepEqual([over.status, codeOf(over)], [409, 'conflict']);

  // The customer changes their mind: it is theirs to cancel, and nobody else's.
  const third = await writeAsVisitor();
  const promised = await eventually(async () => {
    const body = { clientId: 'one', phone: '030 12345' };
    const answer = await api.call<Asked>(`POST ${wait}/call-back`, { token: third.visitorToken, body });
    return answer.status === 201 ? [answer.body] : [];
  });
  const mine = '/api/v1/visitor/call-backs';
  const { items } = await api.must<{ items: Asked[] }>(`GET ${mine}`, { token: third.visitorToken });
  assert.deepEqual([items.length, items[0]?.id, items[0]?.state], [1, promised[0]?.id, 'open']);
  await step(items[0]?.id, 'take');
  const cancel = `POST ${mine}/${items[0]?.id}/cancel` as const;
  assert.equal((await api.call(cancel, { token: other.visitorToken })).status, 404);
  for (let times = 0; times < 2; times++) {
    assert.equal((await api.must<Asked>(cancel, { token: third.visitorToken })).state, 'cancelled');
  }
  assert.deepEqual((await api.must<{ items: Asked[] }>(`GET ${mine}`, { token: third.visitorToken })).items, []);
  const gone = await api.call(`POST /api/v1/call-backs/${items[0]?.id}/done`, { token, body: {} });
  assert.deepEqual([gone.status, codeOf(gone)], [409, 'conflict']);
  await publish({ groups: [], defaultGroupId: null });
});

test('intents are kept, brought from a file, trained, published and asked, and versions compared', async () => {
  const intents = '/api/v1/intents' as const;
  const bot = '/api/v1/bot' as const;
  const body = { name: 'hello', utterances: ['hello there', 'good morning', 'hi'], answer: { en: 'Hello!' } };
  const { id } = await api.must<{ id: string }>(`POST ${intents}`, { token, body });
  await api.must(`PATCH ${intents}/${id}`, { token, body: { description: 'A greeting' } });
  await api.must(`GET ${intents}/${id}`, { token });
  const one = `${intents}/${id}/utterances` as const;
  await api.must(`POST ${one}`, { token, body: { utterances: ['good evening'] } });
  const { items } = await api.must<Page<{ id: string }>>(`GET ${one}`, { token });
  await api.must(`POST ${one}/remove`, { token, body: { ids: [items[0]?.id] } });
  const more = ['my order', 'the kettle', 'my last order', 'this order'].map((of) => `refund ${of} please\trefund`);
  const text = `money back\trefund\nrefund please\trefund\ni want a refund\trefund\nmoney back\thello\n${more.join('\n')}`;
  await api.must(`POST ${intents}/import`, { token, body: { format: 'tsv', text } });
  const problems = await api.must<{ conflicts: object[] }>(`GET ${intents}/problems`, { token });
  assert.equal(problems.conflicts.length, 1);
  assert.match(await api.must<string>(`GET ${intents}/export`, { token }), /^utterance\tintent\n/);
  const page = await api.must<Page<object>>(`GET ${intents}?limit=1&q=e`, { token });
  await api.must(`GET ${intents}?limit=1&cursor=${page.nextCursor}`, { token });
  for (let version = 1; version <= 2; version++) {
    const training = await api.must<{ id: string }>(`POST ${bot}/trainings`, { token, body: {} });
    await until(async () => {
      const seen = await api.must<{ state: string }>(`GET ${bot}/trainings/${training.id}`, { token });
      return seen.state === 'done';
    });
  }
  await api.must(`GET ${bot}/trainings`, { token });
  await api.must(`POST ${bot}/models/2/publish`, { token, body: {} });
  await api.must(`GET ${bot}/models`, { token });
  await api.must(`GET ${bot}/models/1`, { token });
  const thresholds = `${bot}/models/2/thresholds` as const;
  type Settings = { version: number; document: { thresholds: object } };
  const settings = await api.must<Settings>(`GET ${bot}/settings`, { token });
  // So few answers back no other, and none of them is sure.
  const thresholdsOf = { ...settings.document.thresholds, precision: 0.5, ask: 0 };
  const document = { ...settings.document, thresholds: thresholdsOf };
  await api.must(`PUT ${bot}/settings`, { token, body: { document, baseVersion: settings.version } });
  type Thresholds = {
    needed: number;
    chosen: { n: number } | null;
    measured: { groups: { intent: string | null; language: string | null; proposal: { kind: string } }[] };
  };
  const seen = await api.must<Thresholds>(`GET ${thresholds}`, { token });
  assert.deepEqual([seen.needed, seen.chosen], [3, null]);
  const [group] = seen.measured.groups.filter(({ proposal }) => proposal.kind === 'proposed');
  assert.ok(group !== undefined, JSON.stringify(seen.measured.groups));
  await api.must(`GET ${thresholds}/curve?language=${group.language}`, { token });
  const { intent, language } = group;
  const chosen = await api.must<Thresholds>(`POST ${thresholds}`, {
    token,
    body: { take: [{ intent, language }], base: null },
  });
  assert.equal(chosen.chosen?.n, 1);
  for (const [body, status, code] of [
    [{ take: [{ intent: 'no such intent', language: null }], base: 1 }, 400, 'bad-request'],
    [{ take: 'all', base: 7 }, 409, 'conflict'],
    [{ take: [{ intent: 3, language: null }], base: 1 }, 400, 'bad-request'],
  ] as const) {
    const refused = await api.call(`POST ${thresholds}`, { token, body });
    assert.deepEqual([refused.status, codeOf(refused)], [status, code]);
  }
  const back = await api.must<{ chosen: { thresholds: object[] } }>(`POST ${thresholds}/back`, { token, body: {} });
  assert.deepEqual(back.chosen.thresholds, []);
  await api.must(`POST ${bot}/models/compare`, { token, body: { from: 1, to: 2, texts: ['good day'] } });
  const replays = `${bot}/replays` as const;
  const replay = await api.must<{ id: string }>(`POST ${replays}`, { token, body: { kind: 'model', version: 1 } });
  await until(async () => {
    const seen = await api.must<{ state: string }>(`GET ${replays}/${replay.id}`, { token });
    return seen.state === 'done';
  });
  assert.equal((await api.must<Page<object>>(`GET ${replays}`, { token })).items.length, 1);
  await api.must(`DELETE ${replays}/${replay.id}`, { token });
  const nothing = await call(server, `POST ${replays}`, { token, body: { kind: 'flows' } });
  assert.deepEqual([nothing.status, codeOf(nothing)], [400, 'bad-request']);
  type Answer = { version: number; recognition: { intent: string } };
  const answer = await api.must<Answer>(`POST ${bot}/recognize`, { token, body: { text: 'i want a refund' } });
  assert.deepEqual([answer.version, answer.recognition.intent], [2, 'refund']);
  const { id: last } = await api.must<{ id: string }>(`POST ${bot}/trainings`, { token, body: {} });
  await api.must(`DELETE ${bot}/trainings/${last}`, { token });
  await api.must(`DELETE ${intents}/${id}`, { token });
});

test('whatever is sent to whichever route, it is answered as described, and never with a 500', async (t) => {
  // What ends sign-ins or removes things would end the test's own.
  const tame = api.operations().filter(([name]) => !/logout|login|^DELETE/.test(name));
  const values = fc.oneof(fc.jsonValue({ maxDepth: 2 }), fc.constantFrom('', -1, 1e308, '\u0000', '__proto__', null));
  const segment = fc.oneof(
    fc.constantFrom('1', '0', '-1', 'NaN', channelId, '%00', '..%2f', '%F0%9F%98%80'),
    fc.string({ minLength: 1 }).map(encodeURIComponent),
  );
  const statuses: Record<number, number> = {};
  let count = 0;
  for (const [name, operation] of tame) {
    const [method = '', path = ''] = name.split(' ');
    const schema = Object.values(operation.requestBody?.content ?? {})[0]?.schema as
      | { properties?: object }
      | undefined;
    const keys = [...Object.keys(schema?.properties ?? {}), 'constructor'];
    const bodies = fc.oneof(fc.dictionary(fc.constantFrom(...keys), values), values);
    const queries = (operation.parameters ?? []).filter((each) => each.in === 'query').map((each) => each.name);
    const query = fc.dictionary(fc.constantFrom('x', ...queries), fc.oneof(fc.string(), fc.integer().map(String)));
    const requests = fc.record({ body: bodies, query, segments: fc.array(segment, { minLength: 3, maxLength: 3 }) });
    await fc.assert(
      fc.asyncProperty(requests, async ({ body, query, segments }) => {
        let at = 0;
        const target = path.replace(/\{\w+\}/g, () => segments[at++] ?? '1');
        const search = new URLSearchParams(Object.entries(query).map(([key, value]) => [key, value.toWellFormed()]));
        // A poll that is in order waits for news.
        const signal = AbortSignal.timeout(30_000);
        const sends = method === 'GET' ? {} : { body };
        const answer = await call(server, `${method} ${target}?${search}` as 'GET /', { token, signal, ...sends });
        count += 1;
        statuses[answer.status] = (statuses[answer.status] ?? 0) + 1;
        const shown = `${name} ${target} ${JSON.stringify(sends)}: ${answer.status} ${JSON.stringify(answer.body)}\n${server.output()}`;
        assert.ok(answer.status < 500, shown);
        if (answer.status >= 400) assert.match(codeOf(answer), /^[a-z][a-z-]+$/, shown);
        if (answer.status >= 400) assert.match(answer.headers.get('content-type') ?? '', /problem\+json/, shown);
      }),
      // Others in each run: some six thousand requests.
      { numRuns: 30 },
    );
  }
  assert.ok(server.isAlive());
  t.diagnostic(`${count} random requests to ${tame.length} routes: ${JSON.stringify(statuses)}`);
});

/** Held to their descriptions by suites of their own, which say at their ends whether one was left out; the last one streams. */
const elsewhere: Readonly<Record<string, RegExp>> = {
  'bot-api.test.ts': routesOf.bot,
  'knowledge-api.test.ts': routesOf.knowledge,
  '../server/http/assist-routes.test.ts': /\/conversations\/\{id\}\/assist/,
};

test('every described route has been called with success here, or in the suite of its part', (t) => {
  const names = api.operations().map(([name]) => name);
  for (const file of Object.keys(elsewhere)) assert.ok(existsSync(join(import.meta.dirname, file)), file);
  const missing = names.filter(
    (name) => !api.succeeded.has(name) && !Object.values(elsewhere).some((part) => part.test(name)),
  );
  assert.deepEqual(missing, []);
  t.diagnostic(`${api.succeeded.size} of ${names.length} described routes answered with success and as described`);
});
