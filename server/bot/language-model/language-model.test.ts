import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import { createTestClock } from '../../base/clock.ts';
import { Refusal } from '../../gateway/refusal.ts';
import { until } from '../../testing/running-program.ts';
import { createModelConfigs } from './model-config.ts';
import { openModel } from './model-fixture.ts';

async function setUp(t: TestContext) {
  const clock = createTestClock();
  const parts = await openModel(t, { clock });
  const ask = async (signal = new AbortController().signal, conversationId = '7') => {
    let text = '';
    const answer = parts.model.ask({
      task: 'rewrite',
      use: 'assist',
      conversationId,
      channelId: 'web',
      messages: (mask) => [{ role: 'user', content: mask('Call 13812345678') }],
      signal,
    });
    for await (const piece of answer) text += piece;
    return text;
  };
  return { ...parts, clock, ask };
}

const isRefused = (code: string, message: RegExp) => (error: unknown) =>
  error instanceof Refusal && error.code === code && message.test(error.message);

test('what was masked is back in the answer, and what it took is counted', async (t) => {
  const { server, ask, budget, counted, configs } = await setUp(t);
  await configs.change({ prices: { input: 2, output: 4 } });
  server.answer({ kind: 'text', text: 'Ring [PHONE_1]!', usage: { prompt_tokens: 30, completion_tokens: 5 } });
  assert.equal(await ask(), 'Ring 13812345678!');
  assert.equal(server.received[0]?.body.messages?.[0]?.content, 'Call [PHONE_1]');
  assert.deepEqual(counted, ['rewrite in 30', 'rewrite out 5', 'rewrite cost 0.00008']);
  const { tokens, costMicros, calls } = await budget.today();
  assert.deepEqual({ tokens, costMicros, calls }, { tokens: 35, costMicros: 80, calls: 1 });
});

test('a server that has too much to do is asked again after the time that it named, and what failed costs nothing', async (t) => {
  const { server, ask, clock, budget } = await setUp(t);
  server.answer(
    { kind: 'status', status: 429, retryAfterS: 3 },
    { kind: 'status', status: 503 },
    { kind: 'text', text: 'ok', usage: { prompt_tokens: 1, completion_tokens: 1 } },
  );
  const answer = ask();
  await clock.sleeping();
  await clock.advance(2_999);
  assert.equal(server.received.length, 1);
  await clock.advance(1);
  await until(() => server.received.length === 2);
  await clock.sleeping();
  await clock.advance(1_000);
  assert.equal(await answer, 'ok');
  assert.equal((await budget.today()).tokens, 2);
});

test('an answer that has begun is not asked for again: nobody sees two of them', async (t) => {
  const { server, ask, counted } = await setUp(t);
  server.answer({ kind: 'cut', after: 'You ' });
  await assert.rejects(ask(), isRefused('unavailable', /broken/));
  assert.equal(server.received.length, 1);
  assert.ok(counted.includes('rewrite failed broken'));
});

test('a request that is refused is not repeated, and the message has no secret', async (t) => {
  const { server, ask } = await setUp(t);
  server.answer({ kind: 'status', status: 401, body: '{"error":{"message":"key sk-right is wrong"}}' });
  await assert.rejects(ask(), (error: Refusal) => !error.message.includes('sk-') && error.code === 'unavailable');
  assert.equal(server.received.length, 1);
});

test('a server that fails is left alone, then asked once, and asked by all when it is back', async (t) => {
  const { server, ask, clock, model } = await setUp(t);
  server.answer({ kind: 'status', status: 400 });
  for (let n = 0; n < 5; n++) await assert.rejects(ask(), isRefused('unavailable', /request-refused/));
  await assert.rejects(ask(), isRefused('unavailable', /left alone/));
  assert.equal(server.received.length, 5);
  assert.equal(model.state().circuit, 'open');
  await clock.advance(15_000);
  server.answer({ kind: 'text', text: 'back' });
  assert.equal(await ask(), 'back');
  assert.equal(model.state().circuit, 'closed');
});

test('who leaves says nothing of the server', async (t) => {
  const { server, ask, model } = await setUp(t);
  server.answer({ kind: 'silent' });
  for (let n = 0; n < 6; n++) {
    const gone = new AbortController();
    const answer = ask(gone.signal);
    await until(() => server.received.length === n + 1);
    gone.abort(new Error('gone'));
    await assert.rejects(answer, /gone/);
  }
  assert.equal(model.state().circuit, 'closed');
  await until(() => server.abandoned === 6);
});

test('who stops listening ends the request at the server, and only what was said is paid', async (t) => {
  const { server, model, budget } = await setUp(t);
  server.answer({ kind: 'text', text: 'word '.repeat(400), pieceMs: 5 });
  const answer = model.ask({
    task: 'draft',
    use: 'assist',
    conversationId: '7',
    channelId: undefined,
    messages: () => [{ role: 'user', content: 'hi' }],
    signal: new AbortController().signal,
  });
  for await (const _ of answer) break;
  await until(() => server.abandoned === 1);
  assert.ok((await budget.today()).tokens < 30);
});

test('so many requests are under way at once, the others wait', async (t) => {
  const { server, ask, configs } = await setUp(t);
  await configs.change({ maxConcurrent: 2 });
  server.answer({ kind: 'text', text: 'slow answer of some pieces', pieceMs: 10 });
  const answers = [ask(), ask(), ask(), ask()];
  await until(() => server.received.length === 2);
  await answers[0];
  await Promise.all(answers);
  assert.equal(server.received.length, 4);
});

test('a budget that is spent is said before anything leaves', async (t) => {
  const { server, ask, configs, counted } = await setUp(t);
  await configs.change({ budget: { tokensPerConversation: 700 } });
  await ask();
  await assert.rejects(ask(), isRefused('too-many-requests', /conversation's budget/));
  await ask(undefined, '8');
  await configs.change({ budget: { tokensPerDay: 10 } });
  await assert.rejects(ask(undefined, '9'), isRefused('too-many-requests', /Today's budget/));
  assert.equal(server.received.length, 2);
  assert.ok(counted.includes('rewrite failed budget'));
});

test('what is switched off is off, for all and for one channel', async (t) => {
  const { ask, configs, model, server } = await setUp(t);
  await configs.change({ channelsOff: ['web'] });
  await assert.rejects(ask(), isRefused('unavailable', /off/));
  assert.equal(await model.isFor('assist', 'mail'), true);
  await configs.change({ uses: { assist: false } });
  assert.equal(await model.isFor('assist', 'mail'), false);
  await configs.change({ channelsOff: [], enabled: false });
  await assert.rejects(ask(), isRefused('unavailable', /off/));
  assert.equal(server.received.length, 0);
});

test('another process hears of changed settings within seconds', async (t) => {
  const { configs, store, sealing, clock } = await setUp(t);
  const elsewhere = createModelConfigs({ notes: store.meta, sealing, clock });
  assert.equal((await elsewhere.current()).settings.model, 'small');
  await configs.change({ model: 'large' });
  assert.equal((await elsewhere.current()).settings.model, 'small');
  await clock.advance(2_000);
  assert.equal((await elsewhere.current()).settings.model, 'large');
  assert.equal((await elsewhere.current()).apiKey, 'sk-right');
});

test('settings are tried before they are saved, and a failure says what to do', async (t) => {
  const { model, server, configs } = await setUp(t);
  const { signal } = new AbortController();
  server.answer({ kind: 'text', text: 'ready' });
  assert.deepEqual(await model.check({}, signal), { ok: true, tookMs: 0, answer: 'ready', dimensions: 3 });
  const wrongKey = await model.check({ apiKey: 'sk-other' }, signal);
  assert.equal(wrongKey.ok === false && wrongKey.kind, 'key-refused');
  const away = await model.check({ baseUrl: 'http://127.0.0.1:9/v1' }, signal);
  assert.match(away.ok === false ? away.problem : '', /PARLEY_OUTBOUND_ALLOW/);
  assert.equal((await configs.current()).apiKey, 'sk-right');
});

test('the end of the server ends what is under way', async (t) => {
  const { model, server, ask } = await setUp(t);
  server.answer({ kind: 'silent' });
  const answer = ask();
  await until(() => server.received.length === 1);
  model.stop();
  await assert.rejects(answer, isRefused('unavailable', /ending/));
});
