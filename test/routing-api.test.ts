import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { after, before, test } from 'node:test';
import { promisify } from 'node:util';
import type { Agent, Conversation, Page, Problem } from '@parley/sdk/protocol.ts';
import {
  type Answer,
  beginVisit,
  call,
  must,
  type SignedInAgent,
  signIn,
  text,
  webChannelOf,
} from './support/clients.ts';
import { DescribedApi } from './support/described-api.ts';
import { admin, makeDataDir, type ServerProcess, startServer } from './support/server-process.ts';

let server: ServerProcess;
let api: DescribedApi;
let token: string;
let me: Agent;
let channelId: string;
const endings: (() => Promise<void>)[] = [];

before(async () => {
  const dataDir = await makeDataDir({ after: (run) => void endings.push(run) });
  server = await startServer({ dataDir });
  api = await DescribedApi.of(server);
  const signedIn = await api.must<SignedInAgent>('POST /api/v1/login', { body: { ...admin } });
  ({ token, agent: me } = signedIn);
  channelId = await webChannelOf(server, token);
});
after(async () => {
  for (const end of endings) await end();
});

type Version = { version: number; config: Config; note: string | null; publishedBy: { name: string } | null };
type Config = { groups: { id: string; name: string; policy: string }[]; rules: unknown[] };
type Tested = {
  version: number | null;
  to: Record<string, string>;
  toRule: string | null;
  priority: string | null;
  facts: { firstWords: string | null; attributes: object };
  rules: { ruleId: string; verdict: string; when: { holds: boolean; found: string | null } }[];
};

const current = () => api.must<Version>('GET /api/v1/routing/config', { token });
async function put(config: object, over: { baseVersion?: number; note?: string; token?: string } = {}) {
  const { token: by = token, baseVersion = (await current()).version, note } = over;
  const body = { config, baseVersion, ...(note === undefined ? {} : { note }) };
  return api.call<Version>('PUT /api/v1/routing/config', { token: by, body });
}
const group = (id: string, more: object = {}) => ({ id, name: id, ...more });
const rule = (id: string, when: object, ...actions: object[]) => ({ id, name: id, when, actions });
const problemOf = ({ status, body }: Answer<unknown>) => [status, (body as Problem).code, (body as Problem).field];

type Visit = { visitorToken: string; contactId: string };

/** The conversation in which a visitor has said this, when it is there. */
async function conversationSaying(words: string, visit?: Visit): Promise<Visit & { id: string }> {
  const { visitorToken, contactId } = visit ?? (await beginVisit(server, channelId));
  const list = `GET /api/v1/contacts/${contactId}/conversations` as const;
  const conversations = async () => (await api.must<Page<Conversation>>(list, { token })).items;
  const known = (await conversations()).length;
  const frame = { id: '1', type: 'message.send', data: { clientId: words, content: text(words) } };
  const body = { frames: [JSON.stringify(frame)] };
  await must(call(server, 'POST /api/v1/visitor/poll', { token: visitorToken, body }));
  for (;;) {
    const found = await conversations();
    if (found[0] !== undefined && found.length > known) return { visitorToken, contactId, id: found[0].id };
  }
}

test('before anything is published the default holds; what is published says by whom, and the old version comes back', async () => {
  const first = await current();
  assert.deepEqual([first.version, first.publishedBy, first.config.groups], [0, null, []]);
  const members = [{ agentId: me.id, level: 5 }];
  const made = await put({ groups: [group('refunds', { members })] }, { note: ' first groups ' });
  assert.deepEqual([made.status, made.body.version, made.body.note], [200, 1, 'first groups']);
  // What was left out has its default.
  assert.equal(made.body.config.groups[0]?.policy, 'best-skill');
  await put({ groups: [] });
  const path = '/api/v1/routing/versions' as const;
  const restored = await api.must<Version>(`POST ${path}/1/restore`, { token, body: { baseVersion: 2, note: 'back' } });
  assert.deepEqual([restored.version, restored.note, restored.publishedBy?.name], [3, 'back', me.name]);
  assert.deepEqual((await current()).config, made.body.config);
  const newest = await api.must<Page<Version>>(`GET ${path}?limit=2`, { token });
  const older = await api.must<Page<Version>>(`GET ${path}?limit=2&cursor=${newest.nextCursor}`, { token });
  assert.deepEqual(
    [...newest.items, ...older.items].map(({ version }) => version),
    [3, 2, 1],
  );
  assert.equal(older.nextCursor, null);
  assert.equal((await api.call(`GET ${path}/99`, { token })).status, 404);
});

test('of two who publish at once one gets through, and the other is told to look again', async () => {
  const { version: baseVersion } = await current();
  const answers = await Promise.all(['one', 'two'].map((id) => put({ groups: [group(id)] }, { baseVersion })));
  assert.deepEqual(answers.map(({ status }) => status).toSorted(), [200, 409]);
  const refused = answers.find(({ status }) => status === 409);
  assert.deepEqual(refused && problemOf(refused), [409, 'conflict', 'baseVersion']);
  assert.equal((await current()).version, baseVersion + 1);
});

const toGroup = (groupId: string) => ({ when: { afterMs: 60_000 }, to: { kind: 'group', groupId } });
const hours = (from: string, to: string) => ({
  schedules: [{ id: 'shop', name: 'Shop', timeZone: 'Europe/Berlin', weekly: [{ day: 'mon', from, to }] }],
});
const mistakes: [what: string, config: () => object, field: string][] = [
  [
    'a rule that names a missing group',
    () => ({ rules: [rule('r', { kind: 'always' }, { kind: 'to-group', groupId: 'nowhere' })] }),
    'rules[0].actions[0].groupId',
  ],
  [
    'a circle of overflows',
    () => ({ groups: [group('a', { overflow: [toGroup('b')] }), group('b', { overflow: [toGroup('a')] })] }),
    'groups[1].overflow[0].to.groupId',
  ],
  ['hours that end before they begin', () => hours('17:00', '09:00'), 'schedules[0].weekly[0].to'],
  ['a weight of 0', () => ({ weights: { call: 0 } }), 'weights.call'],
  ['a weight below 0', () => ({ weights: { web: -100 } }), 'weights.web'],
  ['a cap below 0', () => ({ agents: { [me.id]: { channelCaps: { web: -1 } } } }), 'agents.ME.channelCaps.web'],
  ['a member who is no agent', () => groupOf({ agentId: 'x', level: 3 }), 'groups[0].members[0].agentId'],
  ['a level beyond 5', () => groupOf({ agentId: me.id, level: 6 }), 'groups[0].members[0].level'],
  ['a field that there is not', () => ({ grups: [] }), 'grups'],
];
const groupOf = (member: object) => ({ groups: [group('a', { members: [member] })] });
for (const [what, config, where] of mistakes) {
  test(`${what} is refused with its field, and nothing changes`, async () => {
    const field = where.replace('ME', me.id);
    const held = await current();
    const refused = await put(config());
    assert.deepEqual(problemOf(refused), [400, 'settings-invalid', field]);
    assert.ok((refused.body as unknown as Problem).detail.startsWith(`${field}: `));
    assert.deepEqual(await current(), held);
    const body = { facts: { channelId }, config: config() };
    const tried = await api.call('POST /api/v1/routing/rules/test', { token, body });
    assert.deepEqual(problemOf(tried), [400, 'settings-invalid', field]);
  });
}

test('an agent without the right publishes and brings back nothing, but may look; a capacity below 1 is refused', async () => {
  const body = { email: 'plain@parley.test', name: 'Plain', password: 'plain-password' };
  const agent = await api.must<Agent>('POST /api/v1/agents', { token, body });
  const own = await signIn(server, body);
  assert.equal((await api.call('GET /api/v1/routing/config', { token: own.token })).status, 200);
  const held = await current();
  assert.deepEqual(problemOf(await put({ groups: [] }, { token: own.token })), [403, 'forbidden', undefined]);
  const restore = { token: own.token, body: { baseVersion: held.version } };
  assert.equal((await api.call('POST /api/v1/routing/versions/1/restore', restore)).status, 403);
  assert.deepEqual(await current(), held);
  for (const capacity of [0, -1]) {
    const refused = await api.call(`PATCH /api/v1/agents/${agent.id}`, { token, body: { capacity } });
    assert.deepEqual(problemOf(refused), [400, 'bad-request', 'capacity']);
  }
});

test('a stored conversation is asked which rule would take it, by its words, page, language, attributes and tags', async () => {
  const { id, contactId } = await conversationSaying('我要退货');
  const attributes = { page: 'https://shop.example/returns/7', language: 'zh-CN', level: 'gold' };
  await api.must(`PATCH /api/v1/contacts/${contactId}`, { token, body: { attributes } });
  await api.must(`PATCH /api/v1/conversations/${id}`, { token, body: { tags: ['VIP'] } });
  const all = {
    kind: 'all',
    of: [
      { kind: 'first-words', match: 'contains', in: ['退货'] },
      { kind: 'page', match: 'glob', text: 'shop.example/returns/*' },
      { kind: 'language', in: ['zh'] },
      { kind: 'attribute', name: 'level', is: 'equal', value: 'GOLD' },
      { kind: 'channel', in: [channelId] },
      { kind: 'vip' },
    ],
  };
  const config = {
    groups: [group('refunds'), group('rest')],
    defaultGroupId: 'rest',
    rules: [
      rule('off', { kind: 'tag', in: ['other'] }, { kind: 'to-bot' }),
      rule('refund', all, { kind: 'to-group', groupId: 'refunds' }, { kind: 'priority', priority: 'high' }),
    ],
  };
  const ask = (body: object) => api.must<Tested>('POST /api/v1/routing/rules/test', { token, body });
  const proposed = await ask({ conversationId: id, config });
  assert.deepEqual(
    [proposed.version, proposed.to, proposed.toRule, proposed.priority],
    [null, { kind: 'group', groupId: 'refunds' }, 'refund', 'high'],
  );
  assert.deepEqual(
    proposed.rules.map(({ ruleId, verdict }) => [ruleId, verdict]),
    [
      ['off', 'does-not-apply'],
      ['refund', 'applies'],
    ],
  );
  assert.deepEqual(proposed.rules[0]?.when.found, 'VIP');
  assert.equal(proposed.facts.firstWords, '我要退货');
  // Nothing was published by asking.
  const inForce = await ask({ conversationId: id });
  assert.deepEqual([inForce.version, inForce.toRule], [(await current()).version, null]);
  const published = await put(config);
  assert.equal(published.status, 200);
  assert.equal((await ask({ conversationId: id })).toRule, 'refund');
  const other = await ask({ conversationId: id, facts: { firstWords: 'hello' } });
  assert.deepEqual([other.toRule, other.to], [null, { kind: 'group', groupId: 'rest' }]);
  const { tags } = await api.must<Conversation>(`GET /api/v1/conversations/${id}`, { token });
  assert.deepEqual(tags, ['VIP'], 'asking does nothing');
});

test('a customer who wrote before is known as returning', async () => {
  await api.must(`PATCH /api/v1/channels/${channelId}`, { token, body: { settings: { reopenHours: 0 } } });
  const first = await conversationSaying('first');
  await api.must(`PATCH /api/v1/conversations/${first.id}`, { token, body: { status: 'closed' } });
  const second = await conversationSaying('second', first);
  const config = { rules: [rule('again', { kind: 'returning' }, { kind: 'tag', tag: 'again' })] };
  const verdict = async (body: object) => {
    const tested = await api.must<Tested>('POST /api/v1/routing/rules/test', { token, body: { ...body, config } });
    return tested.rules[0]?.verdict;
  };
  assert.equal(await verdict({ conversationId: first.id }), 'does-not-apply');
  assert.equal(await verdict({ conversationId: second.id }), 'applies');
});

test('facts of a channel that there is not, or of no conversation, are refused with the field', async () => {
  const ask = (body: object) => api.call('POST /api/v1/routing/rules/test', { token, body });
  assert.deepEqual(problemOf(await ask({})), [400, 'bad-request', 'facts.channelId']);
  assert.deepEqual(problemOf(await ask({ facts: { channelId: 'x' } })), [400, 'bad-request', 'facts.channelId']);
  assert.deepEqual(problemOf(await ask({ conversationId: '99999' })), [404, 'not-found', 'conversationId']);
});

type Plan = { halfHours: { time: string; agents: number; arrivals: number }[]; agentHours: number };

test('a plan has the figures of parley staff, and what makes no sense is refused with its field', async () => {
  const counts = [12, 30, 40];
  const body = {
    arrivals: { kind: 'stated', perHalfHour: counts, start: '08:30' },
    handlingMs: 300_000,
    patienceMs: 120_000,
    days: 5,
  };
  const plan = await api.must<Plan>('POST /api/v1/staffing', { token, body });
  const options = ['--handling', '5m', '--patience', '2m', '--days', '5', '--start', '08:30', '--json'];
  const command = ['server/cli/main.ts', 'staff', '--per-half-hour', counts.join(','), ...options];
  const { stdout } = await promisify(execFile)(process.execPath, command);
  const { source: _, ...said } = JSON.parse(stdout) as Plan & { source: string };
  const { source: __, ...answered } = plan as Plan & { source: string };
  assert.deepEqual(answered, said);
  assert.equal(plan.halfHours[0]?.time, '08:30');
  const ask = (over: object) => api.call('POST /api/v1/staffing', { token, body: { ...body, ...over } });
  assert.deepEqual(problemOf(await ask({ days: 1 })), [400, 'bad-request', 'days']);
  assert.deepEqual(problemOf(await ask({ handlingMs: 0 })), [400, 'bad-request', 'handlingMs']);
  const nobody = { kind: 'stated', perHalfHour: [0, 0] };
  assert.deepEqual(problemOf(await ask({ arrivals: nobody })), [400, 'bad-request', 'arrivals']);
  const crowd = { kind: 'stated', perHalfHour: [50_000] };
  assert.deepEqual(problemOf(await ask({ arrivals: crowd, days: 40, handlingMs: 1_000 })), [
    400,
    'bad-request',
    'days',
  ]);
  const zone = { kind: 'measured', days: 7, timeZone: 'Mars/Olympus' };
  assert.deepEqual(problemOf(await ask({ arrivals: zone })), [400, 'bad-request', 'arrivals.timeZone']);
  // Everything here began today, and today is not over.
  assert.deepEqual(problemOf(await ask({ arrivals: { kind: 'measured', days: 7 } })), [400, 'bad-request', 'arrivals']);
});

test('who assigns by hand goes against a rule only on purpose, or knowing it, and which one is kept', async () => {
  const made = async (name: string) => {
    const body = { email: `${name}@parley.test`, name, capacity: 5, password: `${name}-password` };
    return api.must<Agent>('POST /api/v1/agents', { token, body });
  };
  const [kept, stranger, expert] = [await made('Kept'), await made('Stranger'), await made('Expert')];
  const members = [kept, expert].map(({ id: agentId }) => ({ agentId, level: 3 }));
  const keep = { kind: 'not-to-agent', agentId: kept.id };
  const published = await put({
    groups: [group('desk', { members }), group('other')],
    defaultGroupId: 'desk',
    rules: [rule('keep', { kind: 'always' }, keep)],
  });
  assert.equal(published.status, 200);
  const { id } = await conversationSaying('keep me from somebody');
  type Verdicts = { state: string; items: { key: string; words: { text: string }[] }[] };
  const verdictsOn = (agentId: string) =>
    api.must<Verdicts>(`GET /api/v1/conversations/${id}/verdicts?agentId=${agentId}&byHand=true`, { token });
  const warned = async (agentId: string) => {
    const { state, items } = await verdictsOn(agentId);
    return [state, items[0]?.key, items[0]?.words[0]?.text];
  };
  // The rules speak a moment after the message is there.
  const until = Date.now() + 10_000;
  while ((await verdictsOn(kept.id)).items[0]?.key !== 'not-this-agent' && Date.now() < until);
  assert.deepEqual(await warned(kept.id), ['by-hand', 'not-this-agent', 'Is excluded from this conversation.']);
  assert.deepEqual(await warned(stranger.id), ['by-hand', 'not-a-member', 'Is no member of desk.']);

  const assign = (body: object) => api.call(`PATCH /api/v1/conversations/${id}`, { token, body });
  assert.deepEqual(problemOf(await assign({ assigneeId: kept.id })), [409, 'against-rule', 'override']);
  assert.equal((await assign({ assigneeId: kept.id, override: true })).status, 200);
  assert.equal((await assign({ assigneeId: stranger.id })).status, 200);
  assert.equal((await assign({ assigneeId: me.id })).status, 200);
  const passed = await api.call(`POST /api/v1/conversations/${id}/transfer`, { token, body: { toAgentId: kept.id } });
  assert.deepEqual(problemOf(passed), [409, 'against-rule', 'override']);
  type Decision = { kind: string; words: { text: string }[] };
  const { items } = await api.must<Page<Decision>>(`GET /api/v1/conversations/${id}/decisions`, { token });
  assert.deepEqual(
    items.flatMap(({ words }) => words[0]?.text ?? []),
    [
      `${me.name} took it by hand, although: not a member.`,
      `${me.name} gave it to Stranger, although: not a member.`,
      `${me.name} gave it to Kept, although: not this agent.`,
    ],
  );
});
