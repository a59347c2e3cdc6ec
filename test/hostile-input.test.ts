import assert from 'node:assert/strict';
import { createHmac } from 'node:crypto';
import { request } from 'node:http';
import { connect } from 'node:net';
import { after, before, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { frameLimits, maxFileBytes, subprotocol } from '@parley/sdk/protocol.ts';
import fc from 'fast-check';
import { SignJWT } from 'jose';
import WebSocket from 'ws';
import { type Answer, beginVisit, call, FrameSocket, must, signIn, text, webChannelOf } from './support/clients.ts';
import { admin, makeDataDir, type ServerProcess, startServer } from './support/server-process.ts';

const secret = 'hostile-input-test-secret';
let server: ServerProcess;
let token: string;
let channelId: string;
let endings: (() => Promise<void>)[] = [];

before(async () => {
  const dataDir = await makeDataDir({ after: (run) => void endings.push(run) });
  server = await startServer({ dataDir, env: { PARLEY_SECRET: secret } });
  ({ token } = await signIn(server));
  channelId = await webChannelOf(server, token);
});
after(async () => {
  for (const end of endings) await end();
  endings = [];
});

async function openVisitor(): Promise<FrameSocket> {
  const { visitorToken } = await beginVisit(server, channelId);
  return FrameSocket.open(server, { role: 'visitor', token: visitorToken });
}

/** A problem document with a stable code. */
function assertProblem(answer: Answer<unknown>, what: string): void {
  const { status, headers, body } = answer;
  const shown = `${what}: ${status} ${JSON.stringify(body).slice(0, 300)}`;
  assert.ok(status >= 400 && status < 500, shown);
  assert.match(headers.get('content-type') ?? '', /^application\/problem\+json/, shown);
  const problem = body as { status?: number; code?: string; type?: string; title?: string; detail?: string };
  assert.equal(problem.status, status, shown);
  assert.match(problem.code ?? '', /^[a-z][a-z-]+$/, shown);
  assert.equal(problem.type, `urn:parley:problem:${problem.code}`, shown);
  assert.equal(typeof problem.title, 'string', shown);
  assert.equal(typeof problem.detail, 'string', shown);
}

async function assertServes(): Promise<void> {
  assert.ok(server.isAlive(), server.output());
  assert.equal((await call(server, 'GET /healthz')).status, 200);
}

// ------------------------------------------------------------------------------------------------------- frames

const deep = (levels: number) => `${'['.repeat(levels)}${']'.repeat(levels)}`;
const hostileFrames: Record<string, string> = {
  'no JSON': '{"id":"1","type":',
  nothing: '',
  'a list': '[1,2,3]',
  'a number': '42',
  'a text': '"message.send"',
  null: 'null',
  'no id': '{"type":"sync","data":{}}',
  'an id that is a number': '{"id":1,"type":"sync","data":{}}',
  'an endless id': JSON.stringify({ id: 'x'.repeat(10_000), type: 'sync', data: {} }),
  'a type that is a list': '{"id":"1","type":["sync"],"data":{}}',
  'an unknown type': '{"id":"1","type":"drop.tables","data":{}}',
  'a type of every object': '{"id":"1","type":"constructor","data":{}}',
  'a prototype as type': '{"id":"1","type":"__proto__","data":{}}',
  'data that is a list': '{"id":"1","type":"sync","data":[]}',
  'data that is a text': '{"id":"1","type":"sync","data":"x"}',
  'data that is absent': '{"id":"1","type":"message.send"}',
  'content that is null': '{"id":"1","type":"message.send","data":{"clientId":"c","content":null}}',
  'a content type of every object':
    '{"id":"1","type":"message.send","data":{"clientId":"c","content":{"type":"toString"}}}',
  'a polluted prototype':
    '{"id":"1","type":"message.send","data":{"__proto__":{"clientId":"c"},"content":{"__proto__":{"type":"text","text":"x"}}}}',
  'an after that is no number': '{"id":"1","type":"sync","data":{"after":"1; drop table messages","epoch":"x"}}',
  'an after beyond every number': '{"id":"1","type":"sync","data":{"after":1e400,"epoch":"x"}}',
  'a negative seq': '{"id":"1","type":"read","data":{"seq":-5}}',
  'a limit that is negative': '{"id":"1","type":"sync","data":{"after":0,"limit":-1}}',
  "somebody else's conversation": '{"id":"1","type":"sync","data":{"conversationId":"1","after":0}}',
  'a conversation id that is an object': '{"id":"1","type":"sync","data":{"conversationId":{"$ne":1},"after":0}}',
  'what only agents may do': '{"id":"1","type":"presence","data":{"status":"online"}}',
  'a number 100,000 deep': `{"id":"1","type":"sync","data":${deep(50_000)}}`.slice(0, 100_100),
  'a list 50,000 deep': `{"id":"1","type":"message.send","data":{"clientId":"c","content":${deep(50_000)}}}`,
  'more than the soft limit': JSON.stringify({
    id: '1',
    type: 'typing',
    data: { x: 'x'.repeat(frameLimits.softBytes) },
  }),
};

test('a frame that makes no sense gets an error frame with a stable code, and the socket stays open', async () => {
  // Somebody else has a conversation that must not be seen.
  const other = await openVisitor();
  await other.request('message.send', { clientId: 'x', content: text('private') });
  const socket = await openVisitor();
  for (const [what, frame] of Object.entries(hostileFrames)) {
    const next = socket.next();
    socket.raw.send(frame);
    const answer = (await next) as { type: string; error?: { code?: string; message?: string } };
    assert.equal(answer.type, 'error', what);
    assert.match(answer.error?.code ?? '', /^[a-z][a-z-]+$/, what);
    assert.notEqual(answer.error?.code, 'internal', what);
  }
  const { message } = await socket.request('message.send', { clientId: 'still', content: text('still open') });
  assert.equal(message.seq, 1);
  await socket.close();
});

test('a frame 100,000 levels deep within the hard limit is refused and harms nobody', async () => {
  const socket = await openVisitor();
  for (const frame of [deep(100_000), `${'{"a":'.repeat(100_000)}1${'}'.repeat(100_000)}`]) {
    const next = socket.next();
    socket.raw.send(frame);
    assert.equal((await next).type, 'error');
  }
  await socket.request('heartbeat', { have: {} });
});

test('a frame over the hard limit closes with 1009; a binary one and broken UTF-8 close too, and only that socket', async () => {
  const bystander = await openVisitor();
  const cases: [what: string, code: number, send: (socket: FrameSocket) => void][] = [
    ['too large', 1009, ({ raw }) => raw.send('x'.repeat(frameLimits.hardBytes + 1))],
    ['binary', 1003, ({ raw }) => raw.send(new Uint8Array([1, 2, 3]))],
    ['broken UTF-8', 1007, ({ raw }) => raw.send(new Uint8Array([0x22, 0xc3, 0x28, 0x22]), { binary: false })],
  ];
  for (const [what, code, send] of cases) {
    const socket = await openVisitor();
    send(socket);
    assert.equal((await socket.closed).code, code, what);
  }
  await bystander.request('heartbeat', { have: {} });
});

test('a thousand frames at once are each answered, or asked to wait, and the socket goes on', async () => {
  const socket = await openVisitor();
  const answers = await Promise.allSettled(
    Array.from({ length: 1_000 }, (_, i) =>
      socket.request('message.send', { clientId: `m${i}`, content: text(`${i}`) }),
    ),
  );
  const stored = answers.filter(({ status }) => status === 'fulfilled').length;
  const codes = new Set(answers.flatMap((answer) => (answer.status === 'rejected' ? [answer.reason.code] : [])));
  assert.ok(stored >= 200, `${stored} were stored`);
  assert.deepEqual(
    [...codes].filter((code) => code !== 'too-many-requests'),
    [],
  );
  const { position } = await socket.request('sync', { after: 0, epoch: socket.hello?.epoch ?? '', limit: 1 });
  assert.ok(position.seq >= 1);
});

test('texts of every kind are stored exactly as they were sent', async () => {
  const socket = await openVisitor();
  const texts = [
    '\u0000NUL\u0000',
    '👩‍👩‍👧‍👦 🇨🇳',
    '\u202Eright to left\u202C שלום',
    'é e\u0301',
    '﷽'.repeat(200),
    '\ud83d alone',
    'x'.repeat(64 * 1024),
  ];
  for (const [i, words] of texts.entries()) {
    const { message } = await socket.request('message.send', { clientId: `t${i}`, content: text(words) });
    const stored = await socket.request('sync', { after: message.seq - 1, epoch: socket.hello?.epoch ?? '', limit: 1 });
    assert.deepEqual(stored.messages[0]?.content, text(words));
  }
  await assert.rejects(
    socket.request('message.send', { clientId: 'long', content: text('x'.repeat(64 * 1024 + 1)) }),
    /content-invalid/,
  );
});

test('whatever text comes as a frame, it is answered with a frame and not with silence or an end', async (t) => {
  const socket = await openVisitor();
  const types = fc.constantFrom(
    'message.send',
    'sync',
    'unfollow',
    'typing',
    'read',
    'presence',
    'watch',
    'heartbeat',
    'x',
  );
  const data = fc.dictionary(
    fc.constantFrom(
      'conversationId',
      'clientId',
      'content',
      'after',
      'limit',
      'seq',
      'have',
      'status',
      'view',
      'epoch',
      '__proto__',
    ),
    fc.oneof(fc.jsonValue({ maxDepth: 3 }), fc.record({ type: fc.string(), text: fc.jsonValue() })),
  );
  const frames = fc.oneof(
    fc
      .record({ id: fc.string({ maxLength: 10 }), type: types, data }, { requiredKeys: [] })
      .map((frame) => JSON.stringify(frame)),
    fc.json(),
    fc.string({ unit: 'binary' }),
  );
  let count = 0;
  await fc.assert(
    fc.asyncProperty(frames, async (frame) => {
      count += 1;
      const next = socket.next();
      socket.raw.send(frame);
      const answer = (await next) as { type: string; error?: { code: string } };
      assert.notEqual(answer.error?.code, 'internal', server.output());
    }),
    { numRuns: 1_500 },
  );
  t.diagnostic(`${count} random frames answered`);
});

// --------------------------------------------------------------------------------------------------------- HTTP

test('bodies and addresses that make no sense get a problem document', async () => {
  const json = { 'content-type': 'application/json' };
  const login = 'POST /api/v1/login' as const;
  const asked: Record<string, Promise<Answer<unknown>>> = {
    'no JSON': call(server, login, { raw: '{"email":', headers: json }),
    'no body': call(server, login, { raw: '', headers: json }),
    'deep nesting': call(server, login, { raw: `{"email":${deep(100_000)}}`, headers: json }),
    'a polluted prototype': call(server, login, {
      raw: '{"__proto__":{"admin":true},"email":"a","password":"b"}',
      headers: json,
    }),
    'a polluted constructor': call(server, login, {
      raw: '{"constructor":{"prototype":{"admin":true}}}',
      headers: json,
    }),
    'a huge body': call(server, login, { raw: `"${'x'.repeat(2 * 1024 * 1024)}"`, headers: json }),
    'a text body': call(server, login, { raw: 'email=a', headers: { 'content-type': 'text/plain' } }),
    'a form': call(server, login, { raw: 'email=a', headers: { 'content-type': 'application/x-www-form-urlencoded' } }),
    XML: call(server, login, { raw: '<!DOCTYPE a><a/>', headers: { 'content-type': 'application/xml' } }),
    'no such address': call(server, 'GET /api/v1/no-such-thing', { token }),
    'no such method': call(server, 'DELETE /api/v1/login', { token }),
    'percent garbage': call(server, 'GET /api/v1/conversations/%E0%A4%A', { token }),
    'percent garbage in a file': call(server, 'GET /files/%zz/%ff/%', { token }),
    'NUL in a path': call(server, 'GET /api/v1/conversations/%00', { token }),
    'NUL in a file': call(server, 'GET /files/a%00b/c/d%00', { token }),
    'NUL in a page': call(server, 'GET /widget/%00.js'),
    'a way out of the folder': call(server, 'GET /widget/..%2f..%2fpackage.json'),
    'a way out of the demo': call(server, 'GET /demo/..%2f..%2f..%2fpackage.json'),
    'an endless id': call(server, `GET /api/v1/conversations/${'9'.repeat(5_000)}`, { token }),
    'an id that is too large': call(server, 'GET /api/v1/conversations/99999999999999999999', { token }),
    'an id that is negative': call(server, 'GET /api/v1/conversations/-1', { token }),
    'an id that is no number': call(server, 'GET /api/v1/conversations/NaN', { token }),
    'a limit that is no number': call(server, 'GET /api/v1/conversations?limit=NaN', { token }),
    'a limit that is negative': call(server, 'GET /api/v1/conversations?limit=-1', { token }),
    'a cursor of ours not': call(server, 'GET /api/v1/conversations?cursor=garbage', { token }),
    'an after that is negative': call(server, 'GET /api/v1/conversations/1/messages?after=-1', { token }),
    'a status of ours not': call(server, 'GET /api/v1/conversations?status=lost', { token }),
    'an unknown channel': call(server, 'POST /hooks/nobody', { raw: 'x' }),
    'an unknown file': call(server, 'GET /files/0123456789abcdef/aaaaaaaaaaaaaaaaaaaaaa/a.txt'),
    'an unknown agent': call(server, 'PATCH /api/v1/agents/nobody', { token, body: { name: 'X' } }),
    'an unknown contact': call(server, 'GET /api/v1/contacts/nobody', { token }),
    'a file without bytes': call(server, 'POST /api/v1/files?name=a', { token, raw: '' }),
    'no token': call(server, 'GET /api/v1/conversations'),
    'a token of nobody': call(server, 'GET /api/v1/conversations', { token: 'a'.repeat(43) }),
  };
  for (const [what, answer] of Object.entries(asked)) assertProblem(await answer, what);
  assert.equal(({} as { admin?: boolean }).admin, undefined);
  await assertServes();
});

/** The status that is answered to the head of a request, before its body has come: a few bytes of it are all that is sent. */
function statusBeforeBody(path: string, length: number, type: string, who?: string): Promise<number> {
  const { promise, resolve, reject } = Promise.withResolvers<number>();
  const asked = request(`${server.url}${path}`, {
    method: 'POST',
    headers: {
      ...{ 'content-type': type, 'content-length': length },
      ...(who === undefined ? {} : { authorization: `Bearer ${who}` }),
    },
  });
  asked.on('response', (answer) => {
    resolve(answer.statusCode ?? 0);
    asked.destroy();
  });
  // After the answer the line may break: nothing waits for it any more.
  asked.on('error', reject);
  asked.write('{');
  return promise;
}

test('a large body is not read before it is known who sends it', async () => {
  const { visitorToken } = await beginVisit(server, channelId);
  const spaces = 2 * 1024 * 1024;
  const imported = (who?: string) => statusBeforeBody('/api/v1/knowledge/import', spaces, 'application/json', who);
  assert.deepEqual([await imported(), await imported(visitorToken)], [401, 401]);
  // It is no JSON: whoever reads it says so.
  const raw = `{${' '.repeat(spaces)}`;
  const read = await call(server, 'POST /api/v1/knowledge/import', {
    ...{ raw, token, headers: { 'content-type': 'application/json' } },
  });
  assert.equal(read.status, 400);
  // Longer than a file may be: whoever reads it says so.
  const file = (who?: string) => statusBeforeBody('/api/v1/files?name=a.png', maxFileBytes + 1, 'image/png', who);
  assert.deepEqual([await file(), await file(visitorToken)], [401, 413]);
  await assertServes();
});

test("a visitor's token opens no other conversation, file list or administration", async () => {
  const first = await openVisitor();
  const { message } = await first.request('message.send', { clientId: '1', content: text('for my eyes only') });
  const { visitorToken } = await beginVisit(server, channelId);
  const id = message.conversationId;
  const body = { clientId: 'intruder', content: text('let me in') };
  const asked = [
    call(server, `GET /api/v1/conversations/${id}`, { token: visitorToken }),
    call(server, `GET /api/v1/conversations/${id}/messages`, { token: visitorToken }),
    call(server, `POST /api/v1/conversations/${id}/messages`, { token: visitorToken, body }),
  ];
  for (const answer of await Promise.all(asked)) {
    assert.equal(answer.status, 404);
    assertProblem(answer, 'another conversation');
    assert.doesNotMatch(JSON.stringify(answer.body), /for my eyes only/);
  }
  const paths = [
    'conversations',
    'conversations/counts',
    'agents',
    'channels',
    'channel-types',
    'dead-letters',
    'health',
    'me',
    `contacts/${id}`,
  ];
  for (const path of paths) {
    const answer = await call(server, `GET /api/v1/${path}`, { token: visitorToken });
    assert.equal(answer.status, 401, path);
    assertProblem(answer, path);
  }
});

// ------------------------------------------------------------------------------------------------------- tokens

const part = (value: object) => Buffer.from(JSON.stringify(value)).toString('base64url');

test('a token that was tampered with, unsigned, expired or made for another chat opens nothing', async () => {
  const { visitorToken, contactId } = await beginVisit(server, channelId);
  const [head = '', claims = '', signature = ''] = visitorToken.split('.');
  const inAnHour = Math.floor(Date.now() / 1_000) + 3_600;
  const key = createHmac('sha256', secret).update('visitor tokens').digest();
  const sign = (exp: number, ch: string) =>
    new SignJWT({ ch }).setProtectedHeader({ alg: 'HS256' }).setSubject(contactId).setExpirationTime(exp).sign(key);
  const forged = {
    'another contact': `${head}.${part({ ...JSON.parse(Buffer.from(claims, 'base64url').toString()), sub: 'somebody' })}.${signature}`,
    'no algorithm': `${part({ alg: 'none' })}.${claims}.`,
    'no signature': `${head}.${claims}.`,
    'a signature cut short': visitorToken.slice(0, -4),
    expired: await sign(inAnHour - 7_200, channelId),
    'no token at all': 'x.y.z',
    empty: '',
  };
  for (const [what, wrong] of Object.entries(forged)) {
    const answer = await call(server, 'POST /api/v1/visitor/poll', { token: wrong, body: { frames: [] } });
    assert.equal(answer.status, 401, what);
    assertProblem(answer, what);
    const socket = await FrameSocket.open(server, { role: 'visitor', token: wrong });
    assert.equal((await socket.closed).code, 4001, what);
    assert.equal(socket.hello, undefined, what);
  }
  const elsewhere = await FrameSocket.open(server, { role: 'visitor', token: await sign(inAnHour, 'another-channel') });
  assert.equal((await elsewhere.closed).code, 4003);
  const asAgent = await FrameSocket.open(server, { role: 'agent', token: visitorToken });
  assert.equal((await asAgent.closed).code, 4001);
  const right = await FrameSocket.open(server, { role: 'visitor', token: await sign(inAnHour, channelId) });
  assert.equal(right.hello?.contactId, contactId);
});

test('a token that expires or is revoked closes its sockets within 5 s', async () => {
  const { contactId } = await beginVisit(server, channelId);
  const key = createHmac('sha256', secret).update('visitor tokens').digest();
  const expiresAt = Math.floor(Date.now() / 1_000) + 2;
  const soon = await new SignJWT({ ch: channelId })
    .setProtectedHeader({ alg: 'HS256' })
    .setSubject(contactId)
    .setExpirationTime(expiresAt)
    .sign(key);
  const visitor = await FrameSocket.open(server, { role: 'visitor', token: soon });
  assert.ok(visitor.hello);

  const hired = { email: 'leaver@parley.test', name: 'Leaver', password: 'leaver-password' };
  const { id } = await must(call<{ id: string }>(server, 'POST /api/v1/agents', { token, body: hired }));
  const ways: [what: string, end: (own: string) => Promise<Answer<unknown>>][] = [
    ['signed out', (own) => call(server, 'POST /api/v1/logout', { token: own })],
    ['new password', () => call(server, `PATCH /api/v1/agents/${id}`, { token, body: { password: hired.password } })],
    ['switched off', () => call(server, `PATCH /api/v1/agents/${id}`, { token, body: { enabled: false } })],
  ];
  for (const [what, end] of ways) {
    const own = await signIn(server, hired);
    const socket = await FrameSocket.open(server, { role: 'agent', token: own.token });
    assert.equal(socket.hello?.agentId, id);
    const at = Date.now();
    await must(end(own.token));
    assert.equal((await socket.closed).code, 4001, what);
    assert.ok(Date.now() - at < 5_000, what);
    assert.equal((await call(server, 'GET /api/v1/me', { token: own.token })).status, 401, what);
  }
  assert.equal((await visitor.closed).code, 4001);
  assert.ok(Date.now() < expiresAt * 1_000 + 5_000);
});

test('a wrong password gets one answer and takes one time, whether the e-mail is known or not', async (t) => {
  const attempt = async (email: string) => {
    const at = performance.now();
    const { status, body } = await call<object>(server, 'POST /api/v1/login', {
      body: { email, password: 'not-this-one' },
    });
    return { status, body, ms: performance.now() - at };
  };
  const known: number[] = [];
  const unknown: number[] = [];
  for (let i = 0; i < 3; i++) {
    const [right, wrong] = [await attempt(admin.email), await attempt(`nobody-${i}@parley.test`)];
    assert.deepEqual([right.status, right.body], [wrong.status, wrong.body]);
    assert.equal(right.status, 401);
    known.push(right.ms);
    unknown.push(wrong.ms);
  }
  const [a, b] = [Math.min(...known), Math.min(...unknown)];
  t.diagnostic(`known e-mail ${a.toFixed(0)} ms, unknown e-mail ${b.toFixed(0)} ms`);
  assert.ok(Math.abs(a - b) < 100 && a > 300);
});

// --------------------------------------------------------------------------------------------------- handshakes

/** Sends raw bytes and answers with the first line that comes back, or with how it ended. */
function rawRequest(bytes: string): Promise<string> {
  return new Promise((resolve) => {
    const socket = connect(server.port, '127.0.0.1', () => socket.write(bytes));
    let answer = '';
    socket.on('data', (chunk) => {
      answer += chunk;
      socket.end();
    });
    socket.on('error', () => undefined);
    socket.on('close', () => resolve(answer.split('\r\n', 1)[0] ?? ''));
  });
}

test('an upgrade without our protocol, or to a wrong address, is refused before any socket exists', async () => {
  const refused = async (path: string, protocols: string[]) => {
    const raw = new WebSocket(`${server.url.replace('http', 'ws')}${path}`, protocols);
    const error = await new Promise<Error>((resolve) => raw.once('error', resolve));
    assert.match(error.message, /40[04]/, path);
  };
  await refused('/ws/visitor', []);
  await refused('/ws/visitor', ['chat']);
  await refused('/ws/nobody', [subprotocol]);
  await refused('/', [subprotocol]);
  await refused('/ws/visitor/%00', [subprotocol]);
  const upgrade = 'GET /ws/visitor HTTP/1.1\r\nHost: x\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n';
  const offer = `Sec-WebSocket-Protocol: ${subprotocol}\r\n`;
  assert.match(await rawRequest(`${upgrade}${offer}\r\n`), /^HTTP\/1.1 4/);
  assert.match(
    await rawRequest(`${upgrade}${offer}Sec-WebSocket-Version: 7\r\nSec-WebSocket-Key: x\r\n\r\n`),
    /^HTTP\/1.1 4/,
  );
  assert.match(await rawRequest('NONSENSE\r\n\r\n'), /^HTTP\/1.1 400/);
  assert.match(await rawRequest(`GET / HTTP/1.1\r\nHost: x\r\nX: ${'x'.repeat(100_000)}\r\n\r\n`), /^HTTP\/1.1 4/);
  assert.match(
    await rawRequest(
      'POST /api/v1/login HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n',
    ),
    /^HTTP\/1.1 400/,
  );
  await assertServes();
});

test('handshakes that are broken off or never finished keep nobody else out', async () => {
  const half = Array.from({ length: 100 }, (_, i) => {
    const socket = connect(server.port, '127.0.0.1');
    socket.on('error', () => undefined);
    socket.write('GET /ws/visitor HTTP/1.1\r\nHost: x\r\nConnection: Upgr');
    if (i % 2 === 0) setTimeout(() => socket.resetAndDestroy(), 20);
    return socket;
  });
  await sleep(100);
  const socket = await openVisitor();
  await socket.request('heartbeat', { have: {} });
  for (const socket of half) socket.destroy();
  // Gone in the middle of a frame, and with the handshake just sent.
  for (let i = 0; i < 20; i++) {
    const { visitorToken } = await beginVisit(server, channelId);
    const raw = new WebSocket(`${server.url.replace('http', 'ws')}/ws/visitor`, [
      subprotocol,
      `bearer.${visitorToken}`,
    ]);
    raw.on('error', () => undefined);
    await new Promise((resolve) => raw.once(i % 2 === 0 ? 'upgrade' : 'open', resolve));
    raw.terminate();
  }
  await assertServes();
});
