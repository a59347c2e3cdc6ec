import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import { createOutboundFetch } from '../../gateway/channel-fetch.ts';
import { type ModelBehaviour, startModelServer } from '../../testing/model-server.ts';
import { until } from '../../testing/running-program.ts';
import { createModelClient, type ModelAddress } from './model-client.ts';
import { ModelFailure } from './model-failure.ts';

async function setUp(t: TestContext, over: Partial<ModelAddress> = {}, { opened = true } = {}) {
  const server = await startModelServer({ apiKey: 'sk-right' });
  const fetch = createOutboundFetch({ allow: opened ? [server.host] : [] });
  t.after(async () => {
    await fetch.close();
    await server[Symbol.asyncDispose]();
  });
  const address = { baseUrl: server.baseUrl, apiKey: 'sk-right', model: 'small', embeddingModel: 'vectors' };
  const client = createModelClient(
    { ...address, temperature: 0.2, timeoutMs: 5_000, silenceMs: 5_000, ...over },
    fetch,
  );
  const ask = async (signal = new AbortController().signal, maxTokens = 100) => {
    const chat = client.chat({ messages: [{ role: 'user', content: 'hi' }], maxTokens, signal });
    let text = '';
    for (;;) {
      const { value, done } = await chat.next();
      if (done === true) return { text, usage: value };
      text += value;
    }
  };
  return { server, client, ask };
}

const failsAs = (kind: ModelFailure['kind'], message?: RegExp) => (error: unknown) => {
  assert.ok(error instanceof ModelFailure, String(error));
  assert.equal(error.kind, kind);
  if (message !== undefined) assert.match(error.message, message);
  return true;
};

test('an answer comes bit by bit, with what it took, and the request says no more than it must', async (t) => {
  const { server, client, ask } = await setUp(t);
  server.answer({ kind: 'text', text: '您好，可以退货。', usage: { prompt_tokens: 12, completion_tokens: 8 } });
  const pieces: string[] = [];
  const signal = new AbortController().signal;
  for await (const piece of client.chat({ messages: [{ role: 'user', content: 'hi' }], maxTokens: 64, signal }))
    pieces.push(piece);
  assert.deepEqual(pieces, ['您好，', '可以退', '货。']);
  assert.deepEqual((await ask()).usage, { input: 12, output: 8 });
  const [seen] = server.received;
  assert.equal(seen?.authorization, 'Bearer sk-right');
  assert.equal(seen?.body.max_tokens, 64);
  const names = Object.keys(seen?.headers ?? {}).sort();
  assert.deepEqual(names, ['accept', 'authorization', 'connection', 'content-length', 'content-type', 'host']);
});

test('where it is set, the server is asked not to keep what it is sent; else the field is not there', async (t) => {
  for (const noStorage of [true, false]) {
    const { server, ask } = await setUp(t, { noStorage });
    server.answer({ kind: 'text', text: 'Yes.', usage: { prompt_tokens: 1, completion_tokens: 1 } });
    await ask();
    assert.deepEqual(server.received.at(-1)?.body.store, noStorage ? false : undefined);
  }
});

test('a server in a private network is asked only where the operator has opened it, and the message says how', async (t) => {
  const { ask, server } = await setUp(t, {}, { opened: false });
  await assert.rejects(ask(), failsAs('address-refused', /PARLEY_OUTBOUND_ALLOW/));
  assert.equal(server.received.length, 0);
});

test('what is wrong is told apart: the key, the model, too much to do, the server itself, nobody there', async (t) => {
  const { server, ask } = await setUp(t);
  const cases: [number, ModelFailure['kind']][] = [
    [401, 'key-refused'],
    [404, 'no-such-model'],
    [400, 'request-refused'],
    [500, 'server-error'],
    [503, 'server-error'],
  ];
  for (const [status, kind] of cases) {
    server.answer({ kind: 'status', status });
    await assert.rejects(ask(), failsAs(kind));
  }
  server.answer({ kind: 'status', status: 429, retryAfterS: 2 });
  await assert.rejects(ask(), (error: ModelFailure) => failsAs('busy')(error) && error.retryAfterMs === 2_000);
  const { ask: askWrongly } = await setUp(t, { apiKey: 'sk-wrong' });
  await assert.rejects(askWrongly(), failsAs('key-refused'));
  const { ask: askNobody, server: gone } = await setUp(t);
  await gone[Symbol.asyncDispose]();
  await assert.rejects(askNobody(), failsAs('unreachable'));
});

test('an answer that is not whole is no answer', async (t) => {
  const { server, ask } = await setUp(t, { timeoutMs: 400, silenceMs: 200 });
  const cases: [ModelBehaviour, ModelFailure['kind']][] = [
    [{ kind: 'silent' }, 'timed-out'],
    [{ kind: 'stalls', after: 'You get' }, 'timed-out'],
    [{ kind: 'cut', after: 'You get' }, 'broken'],
    [{ kind: 'cut', after: 'You get', politely: true }, 'broken'],
    [{ kind: 'raw', body: 'data: {"choices":[{"delta":{"content":"x"\n\n' }, 'wrong-answer'],
    [{ kind: 'raw', body: 'data: 7\n\n' }, 'wrong-answer'],
    [{ kind: 'raw', body: 'data: {"choices":[{"delta":{"content":{"a":1}}}]}\n\n' }, 'wrong-answer'],
    [{ kind: 'raw', body: '<html>no</html>', contentType: 'text/html' }, 'broken'],
    [
      { kind: 'raw', body: '{"choices":[{"message":{"content":"all at once"}}]}', contentType: 'application/json' },
      'broken',
    ],
    [{ kind: 'raw', body: 'data: {"error":{"message":"overloaded"}}\n\n' }, 'server-error'],
  ];
  for (const [behaviour, kind] of cases) {
    server.answer(behaviour);
    await assert.rejects(ask(), failsAs(kind), JSON.stringify(behaviour));
  }
});

test('an answer that does not end is cut off, whether it comes in many pieces or in one line', async (t) => {
  const { server, ask } = await setUp(t);
  server.answer({ kind: 'endless' });
  await assert.rejects(ask(), failsAs('too-long'));
  server.answer({ kind: 'endless-line' });
  await assert.rejects(ask(undefined, 10), failsAs('too-long'));
  await until(() => server.abandoned === 2);
});

test('who goes away ends the request at the server', async (t) => {
  const { server, client } = await setUp(t);
  server.answer({ kind: 'stalls', after: 'You' });
  const left = new AbortController();
  const chat = client.chat({ messages: [{ role: 'user', content: 'hi' }], maxTokens: 9, signal: left.signal });
  assert.deepEqual(await chat.next(), { value: 'You', done: false });
  const next = chat.next();
  left.abort(new Error('gone'));
  await assert.rejects(next, /gone/);
  await until(() => server.abandoned === 1);
});

test('a count that cannot be is not believed', async (t) => {
  const { server, ask } = await setUp(t);
  for (const usage of [
    null,
    { prompt_tokens: -5, completion_tokens: 1 },
    { prompt_tokens: '9' },
    { prompt_tokens: 1e300 },
  ]) {
    server.answer({ kind: 'text', text: 'ok', usage });
    assert.equal((await ask()).usage, undefined);
  }
});

test('embeddings come in the order of the texts, and what is no vector is refused', async (t) => {
  const { server, client } = await setUp(t);
  const { signal } = new AbortController();
  const { vectors, usage } = await client.embed(['a', 'bbb'], signal);
  assert.deepEqual(
    vectors.map((vector) => [...vector]),
    [
      [1, 1, 0],
      [3, 1, 0],
    ],
  );
  assert.deepEqual(usage, { input: 7, output: 0 });
  const wrong: ((text: string) => unknown[])[] = [
    () => [],
    () => ['x'],
    () => [null, 2],
    (text) => Array(text.length).fill(1),
  ];
  for (const vectorOf of wrong) {
    server.embedWith(vectorOf);
    await assert.rejects(client.embed(['a', 'bbb'], signal), failsAs('wrong-answer'), vectorOf.toString());
  }
  server.answer({ kind: 'raw', body: '{"data":[{"embedding":[1]}]}', contentType: 'application/json' });
  await assert.rejects(client.embed(['a', 'bbb'], signal), failsAs('wrong-answer'));
});
