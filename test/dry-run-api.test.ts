import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import type { Agent, Problem } from '@parley/sdk/protocol.ts';
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
import { DescribedApi } from './support/described-api.ts';
import { admin, makeDataDir, type ServerProcess, startServer } from './support/server-process.ts';

let server: ServerProcess;
let api: DescribedApi;
let token: string;
let channelId: string;
const endings: (() => Promise<void>)[] = [];

before(async () => {
  const dataDir = await makeDataDir({ after: (run) => void endings.push(run) });
  server = await startServer({ dataDir });
  api = await DescribedApi.of(server);
  ({ token } = await api.must<SignedInAgent>('POST /api/v1/login', { body: { ...admin } }));
  channelId = await webChannelOf(server, token);
});
after(async () => {
  for (const end of endings) await end();
});

interface Interval {
  readonly mean: number;
  readonly low: number;
  readonly high: number;
}
interface DryRun {
  readonly id: string;
  readonly state: string;
  readonly progress: number;
  readonly result: {
    readonly conversations: number;
    readonly all: Record<string, { happened: number; current: Interval; proposed: Interval; change: Interval }>;
    readonly byGroup: { name: string }[];
    readonly assumed: { kind: string; conversations: number }[];
  } | null;
}

const begin = (body: object, by = token) => api.call<DryRun>('POST /api/v1/routing/dry-runs', { token: by, body });
const problemOf = ({ status, body }: Answer<unknown>) => [status, (body as Problem).code, (body as Problem).field];
const group = (id: string, agentIds: readonly string[]) => ({
  ...{ id, name: id, members: agentIds.map((agentId) => ({ agentId, level: 3 })) },
});

async function write(words: string): Promise<void> {
  const { visitorToken } = await beginVisit(server, channelId);
  const frame = { id: '1', type: 'message.send', data: { clientId: words, content: text(words) } };
  await must(
    call(server, 'POST /api/v1/visitor/poll', { token: visitorToken, body: { frames: [JSON.stringify(frame)] } }),
  );
}

test('before anything is recorded there is nothing to try it on', async () => {
  assert.deepEqual(problemOf(await begin({ config: {}, days: 7 })), [400, 'bad-request', 'days']);
});

/** Begins one and waits for its end. */
async function tried(config: object): Promise<DryRun> {
  const { status, body: begun } = await begin({ config, days: 7 });
  assert.deepEqual([status, begun.state], [202, 'running']);
  return until(async () => {
    const seen = await api.must<DryRun>(`GET /api/v1/routing/dry-runs/${begun.id}`, { token });
    return seen.state !== 'running' && seen;
  });
}

test('what has happened in the server is replayed: as it is all is as it was, and without anybody nobody is answered', async (t) => {
  const socket = await FrameSocket.open(server, { role: 'agent', token });
  t.after(() => socket.close());
  for (const words of ['one', 'two', 'three']) await write(words);
  await until(async () => (await api.must<{ agent: Agent }>('GET /api/v1/me', { token })).agent.load === 3);
  // Who is there is recorded some seconds later.
  const { id, state, result } = await until(async () => {
    const run = await tried({ groups: [group('empty', [])], defaultGroupId: 'empty' });
    return run.result?.all.answeredInTime?.current.mean === 1 && run;
  });
  assert.deepEqual([state, result?.conversations], ['done', 3]);
  const answered = result?.all.answeredInTime;
  assert.deepEqual([answered?.happened, answered?.current.mean, answered?.proposed.mean], [1, 1, 0]);
  assert.deepEqual(result?.assumed.find(({ kind }) => kind === 'still-open')?.conversations, 3);
  await api.must(`DELETE /api/v1/routing/dry-runs/${id}`, { token });
  for (const method of ['GET', 'DELETE'] as const) {
    const answer = await api.call(`${method} /api/v1/routing/dry-runs/${id}`, { token });
    assert.deepEqual(problemOf(answer), [404, 'not-found', undefined]);
  }
});

test('what could not be published cannot be tried, and gets the same answer; nor can what makes no sense', async () => {
  const wrong = { groups: [group('desk', ['nobody'])] };
  const published = await api.call('PUT /api/v1/routing/config', { token, body: { config: wrong, baseVersion: 0 } });
  const refused = await begin({ config: wrong, days: 7 });
  assert.deepEqual(refused.body, published.body);
  assert.deepEqual(problemOf(refused), [400, 'settings-invalid', 'groups[0].members[0].agentId']);
  for (const [body, field] of [
    [{ config: {}, days: 0 }, 'days'],
    [{ config: {}, days: 32 }, 'days'],
    [{ config: {}, days: 7, runs: 1 }, 'runs'],
  ] as const) {
    assert.deepEqual(problemOf(await begin(body)), [400, 'bad-request', field]);
  }
  assert.deepEqual(problemOf(await api.call('GET /api/v1/routing/dry-runs/none', { token })), [
    404,
    'not-found',
    undefined,
  ]);
});

test('it is for those who may publish', async () => {
  const body = { email: 'cy@example.com', name: 'Cy', role: 'agent', capacity: 2, password: 'correct horse battery' };
  await api.must('POST /api/v1/agents', { token, body });
  const { token: own } = await signIn(server, body);
  assert.deepEqual(problemOf(await begin({ config: {}, days: 7 }, own)), [403, 'forbidden', undefined]);
  for (const method of ['GET', 'DELETE'] as const) {
    const answer = await api.call(`${method} /api/v1/routing/dry-runs/any`, { token: own });
    assert.deepEqual(problemOf(answer), [403, 'forbidden', undefined]);
  }
});
