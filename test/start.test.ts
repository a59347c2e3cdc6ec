import assert from 'node:assert/strict';
import { mkdir, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { test } from 'node:test';
import { allMessages, beginVisit, call, FrameSocket, signIn, text, webChannelOf } from './support/clients.ts';
import { Ledger } from './support/ledger.ts';
import { createHook, postHook, startLoad } from './support/load.ts';
import { admin, launch, makeDataDir, type ServerOptions, startServer } from './support/server-process.ts';

/** Starts what must not start. @returns its one line */
async function refusesToStart(options: ServerOptions): Promise<string> {
  const started = launch(options);
  const { code } = await started.exited;
  assert.equal(code, 1, `it ended with ${code}: ${started.output()}`);
  const lines = started
    .output()
    .split('\n')
    .filter((line) => line !== '');
  assert.equal(lines.length, 1, started.output());
  return lines[0] ?? '';
}

test('a setting that makes no sense stops the start with one line that names it', async (t) => {
  const dataDir = await makeDataDir(t);
  const wrong = { PARLEY_PORT: 'eighty', PARLEY_ADMIN_PASSWORD: 'short' };
  for (const [name, value] of Object.entries(wrong)) {
    const line = await refusesToStart({ dataDir, env: { [name]: value } });
    assert.match(line, new RegExp(`^${name}: `));
    if (/PASSWORD|SECRET/.test(name)) assert.ok(!line.includes(value), `the line tells a secret: ${line}`);
  }
});

test('a port in use stops the start with one line that names it', async (t) => {
  const other = createServer().listen(0, '127.0.0.1');
  t.after(async () => void other.close());
  await new Promise((resolve) => other.once('listening', resolve));
  const { port } = other.address() as { port: number };
  const line = await refusesToStart({ dataDir: await makeDataDir(t), port });
  assert.match(line, new RegExp(`PARLEY_PORT: ${port} is in use`));
});

test('a data folder that cannot be one stops the start with one line that names it', async (t) => {
  const dir = await makeDataDir(t);
  const file = join(dir, 'a-file');
  await writeFile(file, 'not a folder');
  assert.match(await refusesToStart({ dataDir: file }), /PARLEY_DATA_DIR|a-file/);
  const broken = join(dir, 'broken');
  await mkdir(broken);
  await writeFile(join(broken, 'parley.db'), 'this is no database '.repeat(500));
  assert.match(await refusesToStart({ dataDir: broken }), /parley\.db|database/);
  const taken = join(dir, 'taken');
  await mkdir(join(taken, 'parley.db'), { recursive: true });
  assert.match(await refusesToStart({ dataDir: taken }), /parley\.db|database/);
});

test('a database of a newer version stops the start, and is left as it is', async (t) => {
  const dataDir = await makeDataDir(t);
  await (await startServer({ dataDir })).stop();
  const path = join(dataDir, 'parley.db');
  const db = new DatabaseSync(path);
  db.exec("insert into schema_steps (name, applied_at) values ('9999-from-the-future', 0)");
  db.close();
  assert.match(await refusesToStart({ dataDir }), /newer version.*9999-from-the-future/);
  const after = new DatabaseSync(path, { readOnly: true });
  assert.equal(after.prepare('select count(*) n from agents').get()?.n, 1);
  after.close();
});

test('the first start shows a password once; a second keeps it, the data and the epoch', async (t) => {
  const dataDir = await makeDataDir(t);
  const env = { PARLEY_ADMIN_PASSWORD: undefined };
  const first = await startServer({ dataDir, env });
  const password = /Password\s+(\S+)/.exec(first.output())?.[1] ?? '';
  assert.match(password, /^\S{16,}$/);
  const who = { email: admin.email, password };
  const { token } = await signIn(first, who);
  const { visitorToken } = await beginVisit(first, await webChannelOf(first, token));
  const socket = await FrameSocket.open(first, { role: 'visitor', token: visitorToken });
  const sent = await socket.request('message.send', { clientId: '1', content: text('still here?') });
  const epoch = socket.hello?.epoch;
  assert.deepEqual(await first.stop(), { code: 0, signal: null });

  const second = await startServer({ dataDir, env });
  assert.doesNotMatch(second.output(), /Password/);
  assert.ok(!second.output().includes(password));
  const again = await signIn(second, who);
  const [message] = await allMessages(second, again.token, sent.message.conversationId);
  assert.deepEqual(message, sent.message);
  // The sign-in, the visitor and the epoch are the same too.
  assert.equal((await call(second, 'GET /api/v1/me', { token })).status, 200);
  const back = await FrameSocket.open(second, { role: 'visitor', token: visitorToken });
  assert.deepEqual([back.hello?.epoch, back.hello?.role], [epoch, 'visitor']);
});

test('SIGTERM under load ends with code 0, and what was acknowledged until the last moment is there', async (t) => {
  const dataDir = await makeDataDir(t);
  const ledger = new Ledger();
  let server = await startServer({ dataDir });
  const { token } = await signIn(server);
  const hook = await createHook(server, token);
  const target = { url: server.url, agentToken: token, webChannelId: await webChannelOf(server, token), hook };
  const load = startLoad(target, ledger, { visitors: 5, hookContacts: 3, lanes: 4, pauseMs: 2 });
  t.after(load.abandon);
  while (ledger.acknowledged().length < 300) await new Promise((resolve) => setTimeout(resolve, 10));
  const asked = Date.now();
  assert.deepEqual(await server.stop(), { code: 0, signal: null });
  const tookMs = Date.now() - asked;
  const until = ledger.acknowledged();
  const late = until.filter(({ acknowledged }) => (acknowledged?.at ?? 0) >= asked).length;
  const db = new DatabaseSync(join(dataDir, 'parley.db'), { readOnly: true });
  const stored = db.prepare('select client_id id from messages union all select external_id from received_ids').all();
  const queued = db.prepare('select payload from inbound_queue').all();
  db.close();
  const there = new Set([
    ...stored.map(({ id }) => id),
    ...queued.map(({ payload }) => (JSON.parse(String(payload)) as { externalId: string }).externalId),
  ]);
  assert.deepEqual(
    until.filter(({ key }) => !there.has(key)),
    [],
  );
  server = await startServer({ dataDir, port: server.port });
  await load.finish();
  assert.deepEqual(ledger.surprises, []);
  assert.ok(tookMs < 10_000, `it took ${tookMs} ms`);
  t.diagnostic(`${until.length} acknowledged, ${late} of them after SIGTERM; it ended after ${tookMs} ms`);
});

test('no secret and no word of a message stands in the output, at the most talkative level', async (t) => {
  const secret = 'a-secret-of-thirty-two-characters';
  const server = await startServer({
    dataDir: await makeDataDir(t),
    env: { PARLEY_LOG_LEVEL: 'trace', PARLEY_SECRET: secret },
  });
  const { token } = await signIn(server);
  await call(server, 'POST /api/v1/login', { body: { email: admin.email, password: 'wrong-password-9' } });
  const hook = await createHook(server, token);
  const { visitorToken } = await beginVisit(server, await webChannelOf(server, token));
  const socket = await FrameSocket.open(server, { role: 'visitor', token: visitorToken });
  const { message } = await socket.request('message.send', { clientId: '1', content: text('whispered-by-visitor') });
  const path = `POST /api/v1/conversations/${message.conversationId}/messages` as const;
  await call(server, path, { token, body: { clientId: '2', content: text('whispered-by-agent') } });
  await call(server, path, { token, body: { clientId: '', content: text('whispered-in-vain') } });
  await postHook(server, hook, [{ key: 'k', contact: 'c', text: 'whispered-by-callback' }]);
  const forged = { channelId: hook.channelId, secret: `whsec_${Buffer.alloc(32, 7).toString('base64')}` };
  await postHook(server, forged, [{ key: 'k2', contact: 'c', text: 'whispered-by-forger' }]);
  socket.raw.send(
    '{"id":"9","type":"message.send","data":{"clientId":"3","content":{"type":"tex","text":"whispered-wrong"}}}',
  );
  await socket.next();
  await server.stop();
  const output = server.output();
  // The log is on: the refused callback left its line.
  assert.match(output, /callback refused/);
  const secrets = [token, visitorToken, secret, hook.secret.slice(6), admin.password, 'wrong-password-9', 'whispered'];
  for (const kept of secrets) assert.ok(!output.includes(kept), `the output tells ${kept}:\n${output}`);
});
