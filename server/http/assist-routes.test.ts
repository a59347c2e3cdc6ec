import assert from 'node:assert/strict';
import { once } from 'node:events';
import { after, before, describe, test } from 'node:test';
import { type ModelServer, startModelServer } from '../testing/model-server.ts';
import { type RunningProgram, startProgram, until } from '../testing/running-program.ts';

interface Shown {
  settings: { apiKey: object; model: string };
  today: { tokens: number; calls: number; cost: number };
}

describe('a language model, over the API', { timeout: 60_000 }, () => {
  let model: ModelServer;
  let program: RunningProgram;
  let token: string;
  let conversationId: string;

  before(async () => {
    model = await startModelServer({ apiKey: 'sk-right' });
    program = await startProgram({ PARLEY_OUTBOUND_ALLOW: model.host });
    const { items } = await program.api<{ items: { id: string }[] }>('GET', '/api/v1/channels');
    const session = { channelId: items[0]?.id };
    const visitor = await program.api<{ visitorToken: string }>('POST', '/api/v1/visitor/sessions', session);
    const socket = new WebSocket(`${program.address.replace('http', 'ws')}/ws/visitor`, [
      'parley.v1',
      `bearer.${visitor.visitorToken}`,
    ]);
    await once(socket, 'open');
    const data = { clientId: 'm1', content: { type: 'text', text: 'Where is it?' } };
    socket.send(JSON.stringify({ id: '1', type: 'message.send', data }));
    conversationId = await until(async () => {
      const { items } = await program.api<{ items: { id: string }[] }>('GET', '/api/v1/conversations');
      return items[0]?.id;
    });
    socket.close();
    ({ token } = await program.api<{ token: string }>('POST', '/api/v1/login', program.account));
  });
  after(async () => {
    await program[Symbol.asyncDispose]();
    await model[Symbol.asyncDispose]();
  });

  const call = (method: string, path: string, body: unknown, bearer = token, signal?: AbortSignal) =>
    fetch(program.address + path, {
      method,
      headers: { authorization: `Bearer ${bearer}`, 'content-type': 'application/json' },
      body: JSON.stringify(body),
      ...(signal === undefined ? {} : { signal }),
    });
  const assist = (body: object, signal?: AbortSignal) =>
    call('POST', `/api/v1/conversations/${conversationId}/assist`, body, token, signal);

  test('nothing is offered, and asking is refused, until one is configured', async () => {
    assert.deepEqual(await program.api('GET', '/api/v1/assist'), { tasks: [], channelsOff: [] });
    const refused = await assist({ task: 'summarise' });
    assert.deepEqual([refused.status, ((await refused.json()) as { code: string }).code], [503, 'unavailable']);
  });

  test('it is tried, switched on, and its key never shown', async () => {
    const settings = { enabled: true, baseUrl: model.baseUrl, model: 'small', apiKey: 'sk-right' };
    const wrong = await program.api<{ kind: string }>('POST', '/api/v1/language-model/check', {
      ...settings,
      apiKey: 'sk-no',
    });
    assert.equal(wrong.kind, 'key-refused');
    const fine = await program.api<{ ok: boolean }>('POST', '/api/v1/language-model/check', settings);
    assert.equal(fine.ok, true);
    assert.deepEqual((await program.api<{ tasks: [] }>('GET', '/api/v1/assist')).tasks, []);
    const shown = await program.api<Shown>('PATCH', '/api/v1/language-model', settings);
    assert.deepEqual(shown.settings.apiKey, { set: true, unreadable: false });
    assert.ok(!JSON.stringify(await program.api('GET', '/api/v1/language-model')).includes('sk-right'));
    assert.equal((await program.api<{ tasks: [] }>('GET', '/api/v1/assist')).tasks.length, 4);
    await assert.rejects(program.api('PATCH', '/api/v1/language-model', { temperature: 9 }), /temperature/);
  });

  test('the text comes as events while it is made, and is counted', async () => {
    model.answer({ kind: 'text', text: 'Bonjour.', usage: { prompt_tokens: 20, completion_tokens: 4 } });
    const answer = await assist({ task: 'rewrite', draft: 'hello' });
    assert.equal(answer.headers.get('content-type'), 'text/event-stream; charset=utf-8');
    const events = (await answer.text())
      .trim()
      .split('\n\n')
      .map((event) => event.split('\n'));
    assert.deepEqual(
      events.map(([name]) => name),
      ['event: text', 'event: text', 'event: text', 'event: done'],
    );
    assert.deepEqual(JSON.parse(events.at(-1)?.[1]?.slice(6) ?? ''), { text: 'Bonjour.', warnings: [], sources: [] });
    const { today } = await program.api<Shown>('GET', '/api/v1/language-model');
    assert.deepEqual([today.tokens, today.calls], [24, 1]);
    const metrics = await (await fetch(`${program.address}/metrics`)).text();
    assert.match(metrics, /parley_llm_tokens_total\{task="rewrite",direction="in"\} 20/);
    assert.match(metrics, /parley_llm_seconds_count\{task="rewrite"\} 1/);
  });

  test('what breaks off in the middle is said in an event, without what the other side said of it', async () => {
    model.answer({ kind: 'cut', after: 'half' });
    const text = await (await assist({ task: 'rewrite', draft: 'hello' })).text();
    assert.match(text, /event: error\ndata: {"code":"unavailable"/);
  });

  test('who goes away ends the request to the model', async () => {
    model.answer({ kind: 'text', text: 'word '.repeat(2_000), pieceMs: 5 });
    const before = model.abandoned;
    const gone = new AbortController();
    const answer = await assist({ task: 'rewrite', draft: 'hello' }, gone.signal);
    await answer.body?.getReader().read();
    gone.abort();
    await until(() => model.abandoned === before + 1);
  });

  test('agents may ask, and administer nothing', async () => {
    const account = { email: 'ana@example.com', password: 'correct horse battery' };
    await program.api('POST', '/api/v1/agents', { ...account, name: 'Ana', role: 'agent', capacity: 3 });
    const { token: hers } = (await (await call('POST', '/api/v1/login', account)).json()) as { token: string };
    for (const [method, path] of [
      ['PATCH', ''],
      ['POST', '/check'],
    ] as const) {
      assert.equal((await call(method, `/api/v1/language-model${path}`, {}, hers)).status, 403);
    }
    assert.equal(
      (await call('POST', `/api/v1/conversations/${conversationId}/assist`, { task: 'rewrite' }, hers)).status,
      400,
    );
    assert.equal(
      (await call('POST', '/api/v1/conversations/999999/assist', { task: 'rewrite', draft: 'x' }, hers)).status,
      404,
    );
    assert.equal(
      (await call('POST', `/api/v1/conversations/${conversationId}/assist`, { task: 'rewrite' }, 'none')).status,
      401,
    );
  });
});
