import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import type { Agent, Conversation, EventFrame, Invitation, Message, Page, Problem } from '@parley/sdk/protocol.ts';
import { type OtherSystem, startOtherSystem } from '../server/channels/webhook/other-system.ts';
import { within } from '../server/testing/redis.ts';
import {
  type Answer,
  allMessages,
  beginVisit,
  FrameSocket,
  type SignedInAgent,
  signIn,
  text,
  webChannelOf,
} from './support/clients.ts';
import { DescribedApi } from './support/described-api.ts';
import { postHook } from './support/load.ts';
import { admin, makeDataDir, type ServerProcess, startServer } from './support/server-process.ts';

type Person = Agent & { token: string; socket: FrameSocket; heard: string[] };

let server: ServerProcess;
let api: DescribedApi;
let token: string;
let channelId: string;
let other: OtherSystem;
let ada: Person;
let ben: Person;
let sue: Person;
const secret = `whsec_${Buffer.alloc(32, 7).toString('base64')}`;
const endings: (() => Promise<void>)[] = [];

before(async () => {
  const dataDir = await makeDataDir({ after: (run) => void endings.push(run) });
  other = await startOtherSystem({ secret });
  endings.push(other.close);
  server = await startServer({ dataDir, env: { PARLEY_OUTBOUND_ALLOW: new URL(other.url).host } });
  api = await DescribedApi.of(server);
  token = (await api.must<SignedInAgent>('POST /api/v1/login', { body: { ...admin } })).token;
  channelId = await webChannelOf(server, token);
  ada = await arrive('Ada', 'agent', 50);
  ben = await arrive('Ben', 'agent', 1);
  sue = await arrive('Sue', 'supervisor', 1);
});
after(async () => {
  for (const person of [ada, ben, sue]) await person.socket.close();
  for (const end of endings) await end();
});

/** An agent with a window; only Ada is given anything by herself. */
async function arrive(name: string, role: Agent['role'], capacity: number): Promise<Person> {
  const body = { name, role, capacity, email: `${name.toLowerCase()}@parley.test`, password: `password of ${name}` };
  await api.must('POST /api/v1/agents', { token, body });
  const own = await signIn(server, body);
  const socket = await FrameSocket.open(server, { role: 'agent', token: own.token });
  const heard: string[] = [];
  socket.onEvent = (frame) => heard.push(summary(frame));
  await socket.request('watch', { view: 'mine' });
  if (name !== 'Ada') await socket.request('presence', { status: 'busy' });
  return { ...own.agent, token: own.token, socket, heard };
}

function summary(frame: EventFrame): string {
  if (frame.event !== 'message.created') return frame.event;
  const { content, whisper } = frame.data.message;
  const words = content.type === 'text' ? content.text : content.type === 'system' ? content.event : content.type;
  return `${whisper === true ? 'whisper' : 'message'} ${words}`;
}

const problemOf = ({ status, body }: Answer<unknown>) => [status, (body as Problem).code, (body as Problem).field];
const hears = (person: Person, what: string) =>
  within(`${person.name} to hear of ${what}`, async () => person.heard.includes(what));

type Visit = { id: string; contactId: string; visitorToken: string; socket: FrameSocket; frames: string[] };

/** A customer whose conversation Ada has; all that their window is sent is kept. */
async function visit(words: string): Promise<Visit> {
  const { visitorToken, contactId } = await beginVisit(server, channelId);
  const socket = await FrameSocket.open(server, { role: 'visitor', token: visitorToken });
  const frames: string[] = [];
  socket.raw.on('message', (data) => frames.push(String(data)));
  endings.unshift(() => socket.close());
  const sent = await socket.request('message.send', { clientId: words, content: text(words) });
  const id = sent.message.conversationId;
  await within('Ada to have it', async () => (await get(id)).assigneeId === ada.id);
  return { id, contactId, visitorToken, socket, frames };
}
const get = (id: string) => api.must<Conversation>(`GET /api/v1/conversations/${id}`, { token });
const kinds = async (id: string) =>
  ((await get(id)).participants ?? []).map(({ agentId, kind, askedUntil }) =>
    [[ada, ben, sue].find((one) => one.id === agentId)?.name, askedUntil === undefined ? kind : 'asked'].join(' '),
  );

test('Ada invites Ben: he is asked, comes, hears of everything without having it open, and answers under his own name', async () => {
  const { id, socket, frames } = await visit('The kettle leaks');
  const invite = { token: ada.token, body: { agentId: ben.id, note: ' Do you know this one? ' } };
  await api.must(`POST /api/v1/conversations/${id}/invitations`, invite);
  await hears(ben, 'invitation.made');
  const { items } = await api.must<{ items: Invitation[] }>('GET /api/v1/invitations', { token: ben.token });
  assert.deepEqual(
    items.map(({ conversationId, byId, note, timeoutMs }) => [conversationId, byId, note, timeoutMs]),
    [[id, ada.id, 'Do you know this one?', 60_000]],
  );
  const participations = () => api.must<{ items: Conversation[] }>('GET /api/v1/participations', { token: ben.token });
  assert.deepEqual((await participations()).items, []);
  await api.must(`POST /api/v1/conversations/${id}/invitations/accept`, { token: ben.token });
  await hears(ada, 'invitation.ended');
  assert.deepEqual(await kinds(id), ['Ben invited']);
  assert.deepEqual(
    (await participations()).items.map((each) => each.id),
    [id],
  );
  await socket.request('message.send', { clientId: 'more', content: text('It drips') });
  await hears(ben, 'message It drips');
  const { load } =
    (await api.must<Page<Agent>>('GET /api/v1/agents', { token })).items.find((one) => one.id === ben.id) ?? ben;
  assert.equal(load, 0, 'helping is no load');
  const say = { clientId: 'b1', content: text('Tighten the ring') };
  await ben.socket.request('message.send', { conversationId: id, ...say });
  await hears(ada, 'message Tighten the ring');
  assert.equal((await get(id)).assigneeId, ada.id);
  await within('the customer to read it', async () => frames.some((frame) => frame.includes('Tighten the ring')));
  const shown = frames.find((frame) => frame.includes('Tighten the ring')) ?? '';
  assert.equal((JSON.parse(shown) as { data: { message: Message } }).data.message.sender.name, 'Ben');
  assert.ok(!frames.some((frame) => frame.includes('participant')), frames.join('\n'));
  const left = await api.must<Conversation>(`DELETE /api/v1/conversations/${id}/participants/me`, { token: ben.token });
  assert.equal(left.participants, undefined);
});

test('an invitation is declined, and Ada hears it; the same again is too late', async () => {
  const { id } = await visit('decline');
  const path = `/api/v1/conversations/${id}/invitations` as const;
  await api.must(`POST ${path}`, { token: ada.token, body: { agentId: ben.id } });
  await api.must(`POST ${path}/decline`, { token: ben.token });
  assert.deepEqual(problemOf(await api.call(`POST ${path}/accept`, { token: ben.token })), [
    409,
    'conflict',
    undefined,
  ]);
  assert.deepEqual(await kinds(id), []);
});

test('an invitation that nobody answers is over by itself', async () => {
  const { id } = await visit('missed');
  const before = ada.heard.filter((each) => each === 'invitation.ended').length;
  const body = { agentId: ben.id, timeoutMs: 5_000 };
  await api.must(`POST /api/v1/conversations/${id}/invitations`, { token: ada.token, body });
  await within('it to be over', async () => (await kinds(id)).length === 0, 15_000);
  await within('Ada to hear it', async () => ada.heard.filter((each) => each === 'invitation.ended').length > before);
});

test('what cannot be names the field or the right, and changes nothing', async () => {
  const { id, contactId } = await visit('refused');
  const invite = (body: object, by = ada) =>
    api.call(`POST /api/v1/conversations/${id}/invitations`, { token: by.token, body });
  assert.deepEqual(problemOf(await invite({ agentId: ada.id })), [400, 'bad-request', 'agentId']);
  assert.deepEqual(problemOf(await invite({ agentId: 'nobody' })), [400, 'bad-request', 'agentId']);
  assert.deepEqual(problemOf(await invite({ agentId: ben.id, note: '' })), [400, 'bad-request', 'note']);
  assert.deepEqual(problemOf(await invite({ agentId: ben.id, timeoutMs: 1 })), [400, 'bad-request', 'timeoutMs']);
  assert.deepEqual(problemOf(await invite({})), [400, 'bad-request', 'agentId']);
  assert.deepEqual(problemOf(await invite({ agentId: sue.id }, ben)), [403, 'forbidden', undefined]);
  for (const [how, body, field] of [
    ['', { assigneeId: ben.id }, 'assigneeId'],
    ['', { assigneeId: null }, 'assigneeId'],
    ['', { status: 'queued' }, 'status'],
    ['/transfer', { toAgentId: sue.id, ownerEpoch: (await get(id)).ownerEpoch }, 'toAgentId'],
  ] as const) {
    const call = `${how === '' ? 'PATCH' : 'POST'} /api/v1/conversations/${id}${how}` as 'POST /';
    const taken = await api.call<Problem>(call, { token: ben.token, body });
    assert.deepEqual(problemOf(taken), [403, 'forbidden', field]);
    assert.match(taken.body.detail, /Ada has this conversation/);
  }
  assert.equal((await get(id)).assigneeId, ada.id);
  const contact = `PATCH /api/v1/contacts/${contactId}` as const;
  const vip = { attributes: { vip: 'yes' } };
  assert.deepEqual(problemOf(await api.call(contact, { token: ben.token, body: vip })), [
    403,
    'forbidden',
    'attributes.vip',
  ]);
  await api.must(contact, { token: sue.token, body: vip });
  await api.must(contact, { token: ben.token, body: { attributes: { vip: 'yes', city: 'Berlin' } } });
  const path = `/api/v1/conversations/${id}` as const;
  for (const what of ['listen', 'join', 'take-over', 'whispers']) {
    const body = what === 'whispers' ? { clientId: 'x', text: 'x' } : {};
    const refused = await api.call<Problem>(`POST ${path}/${what}` as 'POST /', { token: ben.token, body });
    assert.deepEqual(problemOf(refused), [403, 'forbidden', undefined], what);
    assert.match(refused.body.detail, /supervisors and administrators/);
  }
  const empty = await api.call(`POST ${path}/whispers`, { token: sue.token, body: { clientId: 'x', text: ' ' } });
  assert.deepEqual(problemOf(empty), [400, 'bad-request', 'text']);
  assert.equal((await api.call(`DELETE ${path}/participants/${ben.id}`, { token: ada.token })).status, 404);
  assert.equal((await api.call('POST /api/v1/conversations/99999/listen', { token: sue.token })).status, 404);
  assert.deepEqual(await kinds(id), []);
});

test('Sue listens, whispers and writes, and nothing of it reaches the customer by any way there is', async () => {
  const { id, socket, frames, visitorToken } = await visit('I want my money back');
  frames.length = 0;
  await api.must(`POST /api/v1/conversations/${id}/listen`, { token: sue.token });
  await within('Ada to see who listens', async () => (await kinds(id)).includes('Sue listening'));
  await socket.request('typing', { on: true });
  await hears(sue, 'typing');
  const seq = (await get(id)).lastSeq;
  // Whatever a listener's window says by habit, the contact must not notice.
  await sue.socket.request('typing', { conversationId: id, on: true });
  await sue.socket.request('read', { conversationId: id, seq });
  await api.call(`POST /api/v1/conversations/${id}/read`, { token: sue.token, body: { seq } });
  const { agentReadSeq, unread } = await get(id);
  assert.deepEqual([agentReadSeq, unread], [0, 1]);
  const whisper = { clientId: 'w1', text: 'Offer ten percent' };
  const said = await api.must<Message>(`POST /api/v1/conversations/${id}/whispers`, {
    token: sue.token,
    body: whisper,
  });
  assert.deepEqual([said.whisper, said.private, said.sender.name], [true, true, 'Sue']);
  await hears(ada, 'whisper Offer ten percent');
  const note = { clientId: 'n1', content: text('Note of a listener'), private: true };
  await api.must(`POST /api/v1/conversations/${id}/messages`, { token: sue.token, body: note });
  const spoken = { clientId: 'p1', content: text('Good day') };
  const refused = await api.call(`POST /api/v1/conversations/${id}/messages`, { token: sue.token, body: spoken });
  assert.deepEqual(problemOf(refused), [409, 'conflict', undefined]);
  // A client that says so itself makes no whisper of a message, and no message of a whisper.
  const forged = { clientId: 'f1', content: { ...text('Public'), whisper: true }, whisper: true };
  const made = await api.must<Message>(`POST /api/v1/conversations/${id}/messages`, { token: ada.token, body: forged });
  assert.deepEqual([made.whisper, made.private], [undefined, false]);
  await within('the customer to read it', async () => frames.some((frame) => frame.includes('"Public"')));

  const synced = await socket.request('sync', { conversationId: id, after: 0, epoch: socket.hello?.epoch ?? '' });
  const visitor = { token: visitorToken };
  const seen = [
    ...frames,
    JSON.stringify(synced),
    JSON.stringify((await api.call(`GET /api/v1/conversations/${id}`, visitor)).body),
    JSON.stringify((await api.call(`GET /api/v1/conversations/${id}/messages?limit=100`, visitor)).body),
    JSON.stringify((await api.call(`GET /api/v1/conversations/${id}/messages?before=999`, visitor)).body),
  ].join('\n');
  for (const secretOf of ['Offer ten', 'Note of a listener', 'whisper', 'participant', 'listening', 'Sue']) {
    assert.ok(!seen.includes(secretOf), `${secretOf} in ${seen}`);
  }
  assert.equal(synced.messages.filter((message) => message.private).length, 0);
  assert.ok(!frames.some((frame) => frame.includes('"typing"')), 'nobody was seen to write');
  assert.ok(!frames.some((frame) => frame.includes('"read"')), 'nobody was seen to read');
  for (const path of [`/api/v1/conversations/${id}/context`, `/api/v1/conversations/${id}/decisions`]) {
    assert.equal((await api.call(`GET ${path}` as 'GET /', visitor)).status, 401);
  }
  const all = await allMessages(server, ada.token, id);
  assert.equal(all.filter((message) => message.whisper).length, 1);
});

test('Sue takes over although she is full, when she says so: Ada is told, stays, and it stands in the record', async () => {
  const { id, frames } = await visit('Take me over');
  const full = await visit('Sue has one already');
  await api.must(`PATCH /api/v1/conversations/${full.id}`, { token, body: { assigneeId: sue.id } });
  const take = (body: object) => api.call(`POST /api/v1/conversations/${id}/take-over`, { token: sue.token, body });
  assert.deepEqual(problemOf(await take({ ownerEpoch: 1 })), [409, 'conflict', undefined]);
  const { ownerEpoch } = await get(id);
  assert.deepEqual(problemOf(await take({ ownerEpoch })), [409, 'capacity-reached', undefined]);
  assert.equal((await get(id)).assigneeId, ada.id);
  const taken = await take({ ownerEpoch, override: true, formerStays: true });
  assert.deepEqual([taken.status, (await get(id)).assigneeId], [200, sue.id]);
  await hears(ada, 'conversation.taken-over');
  assert.deepEqual(await kinds(id), ['Ada joined']);
  type Decision = { why: string; words: { key: string; text: string }[] };
  const path = `GET /api/v1/conversations/${id}/decisions` as const;
  const [decision] = (await api.must<Page<Decision>>(path, { token })).items;
  assert.deepEqual(
    [decision?.why, decision?.words[0]?.text],
    ['taken-over', 'Sue took it over from Ada, whatever they had already.'],
  );
  await within('the customer to see who joined', async () => frames.some((frame) => frame.includes('Sue joined')));
  assert.ok(!frames.some((frame) => frame.includes('taken-over')));
  const metrics = await (await fetch(`${server.url}/metrics`)).text();
  assert.match(metrics, /parley_supervision_total\{deed="take-over-full"\} 1/);
  assert.match(metrics, /parley_invitations_total\{outcome="missed"\} 1/);
});

test('what runs now is listed by agent and by group, what no rule sends anywhere with the default one', async () => {
  const members = [{ agentId: ada.id, level: 3 }];
  const when = { kind: 'first-words', match: 'contains', in: ['refund'] };
  const config = {
    groups: [
      { id: 'desk', name: 'Desk', members },
      { id: 'refunds', name: 'Refunds', members },
    ],
    defaultGroupId: 'desk',
    rules: [{ id: 'r', name: 'r', when, actions: [{ kind: 'to-group', groupId: 'refunds' }] }],
  };
  await api.must('PUT /api/v1/routing/config', { token, body: { config, baseVersion: 0 } });
  const desk = await visit('of the desk');
  const refunds = await visit('a refund please');
  const list = async (query: string) => {
    const path = `GET /api/v1/conversations?status=agent${query}` as const;
    const ids = (await api.must<Page<Conversation>>(path, { token })).items.map(({ id }) => id);
    return ids.filter((id) => id === desk.id || id === refunds.id);
  };
  assert.deepEqual(await list(''), [refunds.id, desk.id]);
  assert.deepEqual(await list('&group=refunds'), [refunds.id]);
  assert.deepEqual(await list('&group=refunds&q=refund'), [refunds.id]);
  assert.deepEqual(await list('&group=desk'), [desk.id]);
  assert.deepEqual(await list(`&group=desk&assignee=${ada.id}`), [desk.id]);
  assert.deepEqual(await list(`&group=desk&assignee=${ben.id}`), []);
  for (const query of ['group=desk', 'status=agent&group=nowhere']) {
    const refused = await api.call(`GET /api/v1/conversations?${query}` as 'GET /', { token });
    assert.deepEqual(problemOf(refused), [400, 'bad-request', 'group']);
  }
  await api.must('PUT /api/v1/routing/config', { token, body: { config: {}, baseVersion: 1 } });
});

test('on a channel of another platform a helper’s answer goes out as any other, and a whisper never', async () => {
  const settings = { inboundSecret: secret, outboundSecret: secret, outboundUrl: other.url };
  const channel = await api.must<{ id: string; callbackUrl: string }>('POST /api/v1/channels', {
    token,
    body: { type: 'webhook', name: 'Shop', settings },
  });
  const posted = await postHook(server, { channelId: channel.id, secret }, [
    { key: 'm1', contact: 'cy', text: 'Hello' },
  ]);
  assert.equal(posted.status, 200);
  const found = async () =>
    (await api.must<Page<Conversation>>(`GET /api/v1/conversations?channel=${channel.id}`, { token })).items[0];
  await within('Ada to have it', async () => (await found())?.assigneeId === ada.id);
  const id = (await found())?.id ?? '';
  await api.must(`POST /api/v1/conversations/${id}/listen`, { token: sue.token });
  await api.must(`POST /api/v1/conversations/${id}/whispers`, {
    token: sue.token,
    body: { clientId: 'w', text: 'Be kind' },
  });
  await api.must(`POST /api/v1/conversations/${id}/invitations`, { token: ada.token, body: { agentId: ben.id } });
  await api.must(`POST /api/v1/conversations/${id}/invitations/accept`, { token: ben.token });
  const say = { clientId: 'b', content: text('Ben here') };
  await api.must(`POST /api/v1/conversations/${id}/messages`, { token: ben.token, body: say });
  await within('it to arrive', async () => other.received.some((each) => JSON.stringify(each).includes('Ben here')));
  await api.must(`POST /api/v1/conversations/${id}/join`, { token: sue.token });
  const joined = { clientId: 's', content: text('Sue here') };
  await api.must(`POST /api/v1/conversations/${id}/messages`, { token: sue.token, body: joined });
  await within('it to arrive', async () => other.received.some((each) => JSON.stringify(each).includes('Sue here')));
  const sent = JSON.stringify(other.received);
  for (const secretOf of ['Be kind', 'whisper', 'participant']) assert.ok(!sent.includes(secretOf), secretOf);
  const whispered = (await allMessages(server, token, id)).find((message) => message.whisper);
  const again = await api.call(`POST /api/v1/conversations/${id}/messages/${whispered?.seq}/resend`, { token });
  assert.equal(again.status, 409, 'nobody can send it after all');
});

test('who writes in one window is not told of it in another, and everybody else is', async () => {
  const { id, frames } = await visit('Do you have it in blue?');
  const before = sue.heard.length;
  await api.must(`POST /api/v1/conversations/${id}/listen`, { token: sue.token });
  const second = await FrameSocket.open(server, { role: 'agent', token: ada.token });
  const heard: string[] = [];
  second.onEvent = (frame) => heard.push(frame.event);
  await second.request('watch', { view: 'mine' });
  await ada.socket.request('typing', { conversationId: id, on: true });
  await within('Sue to see that Ada writes', async () => sue.heard.slice(before).includes('typing'));
  await within('the customer to see it', async () => frames.some((frame) => frame.includes('"typing"')));
  // What comes after it on the same way has come, so it would have come as well.
  await api.must(`POST /api/v1/conversations/${id}/messages`, {
    token: ada.token,
    body: { clientId: 'blue', content: text('Yes') },
  });
  await within('the second window to hear of the answer', async () => heard.includes('message.created'));
  assert.ok(!heard.includes('typing'), heard.join());
  await second.close();
});
