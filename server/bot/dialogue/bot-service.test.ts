import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { FrameSocket } from '../../../test/support/clients.ts';
import { type RunningProgram, startProgram, until } from '../../testing/running-program.ts';
import { shopGraph } from '../graph/shop-graph-fixture.ts';
import { trackFlow } from './dialogue-fixture.ts';

type Line = {
  seq: number;
  sender: { type: string; name?: string };
  content: { type: string; text?: string; event?: string; choices?: unknown[]; data?: Record<string, string> };
  private: boolean;
};
let program: RunningProgram;
let channelId: string;

before(async () => {
  program = await startProgram({ PARLEY_PUBLIC_URL: 'https://chat.example' });
  const { items } = await program.api<{ items: { id: string }[] }>('GET', '/api/v1/channels');
  channelId = items[0]?.id ?? '';
});
after(() => program[Symbol.asyncDispose]());

async function beginVisit() {
  const body = { channelId };
  const { visitorToken } = await program.api<{ visitorToken: string }>('POST', '/api/v1/visitor/sessions', body);
  const socket = await FrameSocket.open({ url: program.address }, { role: 'visitor', token: visitorToken });
  let conversationId = '';
  let n = 0;
  const say = async (text: string) => {
    n += 1;
    const { message } = await socket.request('message.send', { clientId: `v${n}`, content: { type: 'text', text } });
    conversationId = message.conversationId;
  };
  const lines = async () => {
    const path = `${program.address}/api/v1/conversations/${conversationId}/messages`;
    const answer = await fetch(path, { headers: { authorization: `Bearer ${visitorToken}` } });
    return ((await answer.json()) as { items: Line[] }).items;
  };
  return { say, lines, id: () => conversationId, close: () => socket.close() };
}

const settings = (more: object = {}) => ({ enabled: true, texts: { zh: { greeting: '' } }, ...more });
async function publish(path: 'settings' | 'flows', document: object) {
  const { version } = await program.api<{ version: number }>('GET', `/api/v1/bot/${path}`);
  return program.api<{ version: number }>('PUT', `/api/v1/bot/${path}`, { document, baseVersion: version });
}

test('settings and flows are checked, published, brought back, and refused where another was faster', async () => {
  const first = await publish('settings', settings({ handOff: { misses: 3 } }));
  await publish('settings', settings());
  await assert.rejects(program.api('PUT', '/api/v1/bot/settings', { document: settings(), baseVersion: 0 }), /409/);
  await assert.rejects(
    publish('settings', settings({ channels: ['nowhere'] })),
    /channels\[0\]: there is no channel nowhere/,
  );
  await assert.rejects(publish('settings', settings({ thresholds: { act: 0.4 } })), /thresholds.ask/);
  await assert.rejects(publish('settings', settings({ colour: 'red' })), /colour: there is no such field/);
  const back = await program.api<{ version: number; document: { handOff: { misses: number } } }>(
    'POST',
    `/api/v1/bot/settings/versions/${first.version}/restore`,
    { baseVersion: first.version + 1 },
  );
  assert.deepEqual([back.version, back.document.handOff.misses], [first.version + 2, 3]);
  const { items } = await program.api<{ items: { version: number }[] }>('GET', '/api/v1/bot/settings/versions');
  assert.equal(items[0]?.version, back.version);
  await publish('flows', { flows: [trackFlow] });
  await assert.rejects(publish('flows', { flows: [{ ...trackFlow, first: 'gone' }] }), /Flow track, step gone/);
  const broken = { flows: [{ ...trackFlow, first: 'say' }] };
  const { problems } = await program.api<{ problems: { stepId: string; kind: string }[] }>(
    'POST',
    '/api/v1/bot/flows/check',
    { document: broken },
  );
  assert.deepEqual(
    problems.map(({ stepId, kind }) => `${stepId} ${kind}`),
    ['ask unreachable', 'call unreachable'],
  );
});

test('a try goes through the same decisions, says why, and touches no conversation', async () => {
  type Tried = { band: string; state: object; messages: { text: string }[]; words: { text: string }[] };
  const first = await program.api<Tried>('POST', '/api/v1/bot/try', { text: '查物流', flows: { flows: [trackFlow] } });
  assert.equal(first.band, 'flow');
  assert.match(first.words[0]?.text ?? '', /Track a parcel/);
  const second = await program.api<Tried>('POST', '/api/v1/bot/try', {
    text: '不知道啊',
    state: first.state,
    flows: { flows: [trackFlow] },
  });
  assert.match(second.messages.at(-1)?.text ?? '', /请问订单号是多少/);
  await assert.rejects(program.api('POST', '/api/v1/bot/try', { text: 'x', state: { turns: 'many' } }), /state.turns/);
  const { items } = await program.api<{ items: unknown[] }>('GET', '/api/v1/conversations?status=open');
  assert.deepEqual(items, []);
});

test('a question by another name is answered from the article of that product, with its address, and the record tells the way', async () => {
  type Tried = { band: string; messages: { text: string }[]; words: { key: string; text: string }[] };
  const { nodes, relations } = shopGraph;
  await program.api('POST', '/api/v1/graph/import', {
    ...{ format: 'json', nodes },
    relations: relations.map(({ id: _, ...relation }) => relation),
  });
  const article = (name: string) => ({
    ...{ category: '', status: 'published', audience: 'public' },
    versions: [{ language: 'zh-CN', title: `${name}的清洁`, body: `请用软布擦拭${name}，不要用水冲洗。` }],
  });
  await program.api('POST', '/api/v1/articles', article('极光二号'));
  const { id } = await program.api<{ id: string }>('POST', '/api/v1/articles', article('极光一号'));
  const { id: hidden } = await program.api<{ id: string }>('POST', '/api/v1/articles', article('极光耳机'));
  const text = '极光手机的清洁请用软布擦拭，不要用水冲洗吗';
  const drafted = settings({ citeSources: true });
  const tried = await program.api<Tried>('POST', '/api/v1/bot/try', { text, settings: drafted });
  assert.equal(tried.band, 'knowledge', tried.words.map((one) => one.text).join(' '));
  const address = `https://chat.example/help/zh-CN/articles/${id}`;
  assert.equal(tried.messages.at(-1)?.text, `请用软布擦拭极光一号，不要用水冲洗。\n\n来源：极光一号的清洁 ${address}`);
  const words = new Map(tried.words.map((one) => [one.key, one.text]));
  assert.match(words.get('knowledge.linked') ?? '', /“极光手机” → 极光一号 \(手机, 电子产品, 本店\)/);
  assert.match(words.get('knowledge.widened') ?? '', /Aurora One · 极光一号/);
  assert.ok(!words.has('language-model.failed'), 'it is off');
  assert.match(words.get('knowledge.put-down') ?? '', /“极光二号的清洁” \(极光二号\)/);
  for (const one of [id, hidden]) await program.api('DELETE', `/api/v1/articles/${one}`);
  const without = await program.api<Tried>('POST', '/api/v1/bot/try', { text, settings: drafted });
  assert.equal(without.band, 'miss', 'the article of another phone is no answer');
  await program.api('POST', '/api/v1/graph/import', { format: 'json', mode: 'replace' });
});

test('a try asks whether the answer helped as the channel would, goes on as a customer’s tap would have it, and counts nothing', async () => {
  type Tried = { band: string; state: object; messages: { text: string; asksIfHelped?: boolean }[] };
  const approved = { questions: ['几点开门'], answer: '早上九点。', language: 'zh' };
  const { id } = await program.api<{ id: string }>('POST', '/api/v1/bot/approved-answers', approved);
  const drafted = settings({ askIfHelped: true });
  const tried = (body: object) => program.api<Tried>('POST', '/api/v1/bot/try', { settings: drafted, ...body });
  const answered = await tried({ text: '几点开门' });
  assert.deepEqual(
    answered.messages.map(({ text, asksIfHelped }) => [text, asksIfHelped]),
    [
      ['早上九点。', undefined],
      ['这个回答对您有帮助吗？', true],
    ],
  );
  const onWeChat = await tried({ text: '几点开门', channelType: 'wechat-official' });
  assert.equal(onWeChat.messages.length, 1, 'a channel without ratings does not ask');
  const { state } = answered;
  assert.deepEqual((await tried({ text: '', helped: true, state })).messages, []);
  const unhelped = await tried({ text: '', helped: false, state });
  assert.match(unhelped.messages[0]?.text ?? '', /^抱歉没能帮到您/);
  const again = await tried({ text: '', helped: false, state: unhelped.state });
  assert.equal(again.band, 'hand-off');
  const report = await program.api<{ conversations: number; helped: object }>('GET', '/api/v1/bot/report');
  assert.deepEqual([report.conversations, report.helped], [0, { yes: 0, no: 0 }]);
  await program.api('DELETE', `/api/v1/bot/approved-answers/${id}`);
});

test('a customer who writes is answered by the bot, handed to the agents with what is known, and to the bot again', async () => {
  await publish('settings', settings());
  const visit = await beginVisit();
  await visit.say('你好');
  await until(async () => (await visit.lines()).some(({ sender }) => sender.type === 'bot'));
  const { status } = await program.api<{ status: string }>('GET', `/api/v1/conversations/${visit.id()}`);
  assert.equal(status, 'bot');
  await visit.say('量子力学是什么');
  await until(async () => (await visit.lines()).filter(({ sender }) => sender.type === 'bot').length === 2);
  await visit.say('相对论是什么');
  await until(
    async () =>
      (await program.api<{ status: string }>('GET', `/api/v1/conversations/${visit.id()}`)).status === 'queued',
  );
  const seen = await visit.lines();
  assert.ok(
    seen.every((line) => !line.private && line.content.type !== 'system'),
    'the customer sees a sentence, and no more',
  );
  const { items } = await program.api<{ items: Line[] }>('GET', `/api/v1/conversations/${visit.id()}/messages`);
  const summary = items.find(({ content }) => content.event === 'conversation.handed-off');
  assert.equal(summary?.content.data?.reason, 'not-understood');
  const decisions = await program.api<{ items: { band: string; words: { text: string }[] }[] }>(
    'GET',
    `/api/v1/conversations/${visit.id()}/bot-decisions`,
  );
  assert.deepEqual(
    decisions.items.map(({ band }) => band),
    ['hand-off', 'miss', 'request'],
  );

  await program.api('PATCH', `/api/v1/conversations/${visit.id()}`, { status: 'bot' });
  await visit.say('谢谢');
  await until(async () => (await visit.lines()).at(-1)?.content.text === '不客气。请问还有其他问题吗？');
  const report = await program.api<{ conversations: number; handedOff: number; withPeople: number }>(
    'GET',
    '/api/v1/bot/report',
  );
  assert.deepEqual([report.conversations, report.handedOff, report.withPeople], [1, 1, 1]);
  await visit.close();
  const metrics = await (await fetch(`${program.address}/metrics`)).text();
  assert.match(metrics, /parley_bot_handoffs_total\{reason="not-understood"\} 1/);
});

test('a rule that sends to the bot is followed where the channel is not the bot’s, and not again after it handed over', async () => {
  await publish('settings', settings({ channels: [], handOff: { misses: 1 } }));
  const { version } = await program.api<{ version: number }>('GET', '/api/v1/routing/config');
  const rules = [
    {
      id: 'r',
      name: 'Words',
      when: { kind: 'first-words', match: 'contains', in: ['机器人'] },
      actions: [{ kind: 'to-bot' }],
      stop: true,
    },
  ];
  await program.api('PUT', '/api/v1/routing/config', { config: { rules }, baseVersion: version });
  const other = await beginVisit();
  await other.say('你好');
  const visit = await beginVisit();
  await visit.say('机器人在吗');
  await until(
    async () =>
      (await program.api<{ status: string; ownerEpoch: number }>('GET', `/api/v1/conversations/${visit.id()}`))
        .ownerEpoch === 3,
  );
  const { status } = await program.api<{ status: string }>('GET', `/api/v1/conversations/${visit.id()}`);
  assert.equal(status, 'queued');
  assert.equal((await program.api<{ status: string }>('GET', `/api/v1/conversations/${other.id()}`)).status, 'queued');
  await visit.close();
  await other.close();
});

test('a rule that names a flow begins it at once; it names none that is not there, and the flow stays while it is named', async () => {
  await publish('settings', settings({ channels: [] }));
  await publish('flows', { flows: [trackFlow] });
  const publishRule = async (flowId: string) => {
    const { version } = await program.api<{ version: number }>('GET', '/api/v1/routing/config');
    const when = { kind: 'first-words', match: 'contains', in: ['在吗'] };
    const rules = [{ id: 'r', name: 'Parcels', when, actions: [{ kind: 'to-bot', flowId }] }];
    return program.api('PUT', '/api/v1/routing/config', { config: { rules }, baseVersion: version });
  };
  await assert.rejects(publishRule('nowhere'), /flowId: there is no flow .*nowhere/);
  await publishRule('track');
  await assert.rejects(publish('flows', { flows: [] }), /the routing rule .*Parcels.* begins track/);
  const visit = await beginVisit();
  await visit.say('在吗');
  await until(async () => (await visit.lines()).at(-1)?.content.text === '请问订单号是多少？');
  await visit.close();
});

test('an overflow gives what waits to the bot, tells the customer and says why; what the bot hands over does not come back', async () => {
  await publish('settings', settings({ channels: [], handOff: { misses: 1 } }));
  const { version } = await program.api<{ version: number }>('GET', '/api/v1/routing/config');
  const overflow = [{ when: { nobodyStaffed: true }, to: { kind: 'bot' } }];
  const groups = [{ id: 'help', name: 'Help', members: [], overflow }];
  await program.api('PUT', '/api/v1/routing/config', {
    config: { groups, defaultGroupId: 'help' },
    baseVersion: version,
  });
  const visit = await beginVisit();
  await visit.say('你好');
  const spoken = async () => (await visit.lines()).filter(({ content }) => content.type !== 'system');
  await until(async () => (await spoken()).some(({ sender }) => sender.type === 'bot'));
  assert.match((await spoken())[1]?.content.text ?? '', /先由智能助手为您解答|try to help you meanwhile/);
  const path = `/api/v1/conversations/${visit.id()}`;
  type Told = { items: { kind: string; words: { text: string }[] }[] };
  const { items } = await program.api<Told>('GET', `${path}/decisions`);
  assert.deepEqual(
    items.map(({ kind }) => kind),
    ['overflow'],
  );
  // Not understood: the bot hands it over, nobody is there still, and it waits.
  await visit.say('量子力学是什么');
  await until(async () => (await program.api<{ status: string }>('GET', path)).status === 'queued');
  await visit.say('还在吗');
  const { ownerEpoch, status } = await program.api<{ status: string; ownerEpoch: number }>('GET', path);
  assert.deepEqual([status, ownerEpoch], ['queued', 3]);
  await visit.close();
});
