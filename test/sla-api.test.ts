import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import type { Conversation, Page, Problem } from '@parley/sdk/protocol.ts';
import { beginVisit, call, FrameSocket, must, type SignedInAgent, text, webChannelOf } from './support/clients.ts';
import { DescribedApi } from './support/described-api.ts';
import { admin, makeDataDir, startServer } from './support/server-process.ts';

let server: { readonly url: string };
let api: DescribedApi;
let signedIn: SignedInAgent;
let channelId: string;
const endings: (() => Promise<void>)[] = [];

before(async () => {
  const dataDir = await makeDataDir({ after: (run) => void endings.push(run) });
  server = await startServer({ dataDir });
  api = await DescribedApi.of(server as never);
  signedIn = await api.must<SignedInAgent>('POST /api/v1/login', { body: { ...admin } });
  channelId = await webChannelOf(server, signedIn.token);
});
after(async () => {
  for (const end of endings) await end();
});

type Published = { version: number };
type Summary = {
  items: { groupId: string; running: number; overdue: number; today: { met: number; breached: number } }[];
};

async function publish(sla: readonly object[]): Promise<void> {
  const { token } = signedIn;
  const { version: baseVersion } = await api.must<Published>('GET /api/v1/routing/config', { token });
  const config = { groups: [{ id: 'desk', name: 'Desk', policy: 'manual' }], defaultGroupId: 'desk', sla };
  await api.must('PUT /api/v1/routing/config', { token, body: { config, baseVersion } });
}

/** A customer writes; answers the visitor's token and the conversation. */
async function write(words: string): Promise<{ visitorToken: string; id: string }> {
  const { visitorToken, contactId } = await beginVisit(server, channelId);
  const frame = { id: '1', type: 'message.send', data: { clientId: words, content: text(words) } };
  await must(
    call(server, 'POST /api/v1/visitor/poll', { token: visitorToken, body: { frames: [JSON.stringify(frame)] } }),
  );
  const list = `GET /api/v1/contacts/${contactId}/conversations` as const;
  for (;;) {
    const [found] = (await api.must<Page<Conversation>>(list, { token: signedIn.token })).items;
    if (found !== undefined) return { visitorToken, id: found.id };
  }
}

const show = (id: string, token = signedIn.token) =>
  api.must<Conversation>(`GET /api/v1/conversations/${id}`, { token });

async function until(id: string, which: (conversation: Conversation) => boolean): Promise<Conversation> {
  for (;;) {
    const found = await show(id);
    if (which(found)) return found;
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}

test('a conversation shows its clock, is listed by it, is breached in its time, and is answered late', async () => {
  const { token } = signedIn;
  const socket = await FrameSocket.open(server, { role: 'agent', token });
  await publish([{ id: 'p', name: 'P', firstAnswerMs: 1_500, resolveMs: 3_600_000, warnAt: 0.5 }]);
  const { id, visitorToken } = await write('hello');
  const begun = await until(id, ({ sla }) => sla !== undefined);
  assert.deepEqual(
    begun.sla?.map(({ target, state }) => [target, state]),
    [
      ['first-answer', 'running'],
      ['resolution', 'running'],
    ],
  );
  assert.equal(begun.sla?.[0]?.dueAt, begun.createdAt + 1_500);
  const due = await api.must<Page<Conversation>>('GET /api/v1/conversations?sla=due&assignee=none', { token });
  assert.deepEqual(
    due.items.map((one) => one.id),
    [id],
  );

  await until(id, ({ sla }) => sla?.[0]?.state === 'breached');
  const overdue = await api.must<Page<Conversation>>('GET /api/v1/conversations?sla=overdue', { token });
  assert.deepEqual(
    overdue.items.map((one) => one.id),
    [id],
  );
  // Who watches over all of it is told in their windows.
  await socket.until(() => socket.others.some((frame) => 'event' in frame && frame.event === 'sla.breached'));
  const summary = await api.must<Summary>('GET /api/v1/sla/summary', { token });
  assert.deepEqual(
    summary.items.map(({ groupId, running, overdue: over, today }) => [groupId, running, over, today.breached]),
    [['desk', 0, 1, 1]],
  );

  // A customer learns nothing of it.
  const theirs = await show(id, visitorToken);
  assert.equal(theirs.sla, undefined);
  const said = await api.must<Page<{ content: { event?: string } }>>(`GET /api/v1/conversations/${id}/messages`, {
    token: visitorToken,
  });
  assert.ok(said.items.every(({ content }) => content.event?.startsWith('sla.') !== true));

  await api.must(`POST /api/v1/conversations/${id}/messages`, {
    token,
    body: { clientId: 'a', content: text('sorry') },
  });
  const answered = await until(id, ({ sla }) => sla?.[0]?.state === 'paused');
  assert.deepEqual(
    answered.sla?.map(({ target, pausedBy, dueAt }) => [target, pausedBy, dueAt]),
    [['resolution', 'waiting-for-customer', null]],
  );
  assert.ok((answered.sla?.[0]?.leftMs ?? 0) > 3_500_000);
  type Result = { conversationId: string; target: string; lateMs: number | null; agentId: string | null };
  const results = await api.must<Page<Result>>('GET /api/v1/sla/results', { token });
  assert.deepEqual(
    results.items.map(({ conversationId, target, lateMs }) => [conversationId, target, (lateMs ?? 0) > 0]),
    [[id, 'first-answer', true]],
  );
  const metrics = await call<string>(server, 'GET /metrics');
  assert.match(metrics.body, /parley_sla_targets_total\{target="first-answer",group="desk",outcome="late"\} 1/);
  socket.raw.close();
});

test('a list by due time with anything but an assignee is refused with its field, and so is a cursor of no list', async () => {
  const { token } = signedIn;
  for (const [query, field] of [
    ['sla=due&status=queued', 'status'],
    ['sla=overdue&q=ann', 'q'],
    ['sla=due&channel=x', 'channel'],
  ]) {
    const { status, body } = await api.call<Problem>(`GET /api/v1/conversations?${query}`, { token });
    assert.deepEqual([status, body.code, body.field], [400, 'bad-request', field]);
  }
  for (const path of ['conversations?sla=due&cursor=zz', 'sla/results?cursor=zz'] as const) {
    const { status, body } = await api.call<Problem>(`GET /api/v1/${path}`, { token });
    assert.deepEqual([status, body.code], [400, 'cursor-invalid']);
  }
  const noToken = await call<Problem>(server, 'GET /api/v1/sla/summary');
  assert.equal(noToken.status, 401);
});
