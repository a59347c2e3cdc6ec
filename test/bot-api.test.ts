import assert from 'node:assert/strict';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { after, before, test } from 'node:test';
import type { ConversationContext, Message, Page, Suggestion } from '@parley/sdk/protocol.ts';
import { trackFlow } from '../server/bot/dialogue/dialogue-fixture.ts';
import { writeGraphCsv } from '../server/bot/graph/graph-csv.ts';
import { shopGraph } from '../server/bot/graph/shop-graph-fixture.ts';
import { codeIn, type StandInMailServer, startMailServer } from '../server/testing/mail-server.ts';
import { type ModelServer, startModelServer } from '../server/testing/model-server.ts';
import { until } from '../server/testing/running-program.ts';
import { beginVisit, FrameSocket, type SignedInAgent, text, webChannelOf } from './support/clients.ts';
import { DescribedApi, routesOf } from './support/described-api.ts';
import { admin, makeDataDir, type ServerProcess, startServer } from './support/server-process.ts';

type Item = { readonly id: string };
type Versioned = { readonly version: number };

let server: ServerProcess;
let api: DescribedApi;
let token: string;
let model: ModelServer;
let mail: StandInMailServer;
const shop = createServer((_, response) => {
  response.end(JSON.stringify({ orders: [{ id: 'KA10023', status: 'shipped', title: 'Kettle' }] }));
});
const endings: (() => Promise<void>)[] = [];

before(async () => {
  const dataDir = await makeDataDir({ after: (run) => void endings.push(run) });
  model = await startModelServer({ apiKey: 'sk-right' });
  mail = await startMailServer();
  await new Promise<void>((done) => shop.listen(0, '127.0.0.1', done));
  const env = {
    PARLEY_OUTBOUND_ALLOW: `${model.host},${shopHost()}`,
    ...{ PARLEY_SMTP_URL: mail.url, PARLEY_MAIL_FROM: 'Shop <service@shop.example>' },
  };
  server = await startServer({ dataDir, env });
  api = await DescribedApi.of(server);
  token = (await api.must<SignedInAgent>('POST /api/v1/login', { body: { ...admin } })).token;
});
after(async () => {
  await server.stop();
  await model[Symbol.asyncDispose]();
  await mail[Symbol.asyncDispose]();
  shop.close();
  for (const end of endings) await end();
});

const get = <T>(path: string) => api.must<T>(`GET /api/v1/${path}` as 'GET /', { token });
const send = <T>(method: string, path: string, body: object = {}) =>
  api.must<T>(`${method} /api/v1/${path}` as 'GET /', { token, body });
const remove = (path: string) => api.must(`DELETE /api/v1/${path}` as 'GET /', { token });

const shopHost = () => `127.0.0.1:${(shop.address() as AddressInfo).port}`;

/** A customer who writes; their window stays open until the end. */
async function customer(words: string): Promise<string> {
  const { visitorToken } = await beginVisit(server, await webChannelOf(server, token));
  const socket = await FrameSocket.open(server, { role: 'visitor', token: visitorToken });
  endings.unshift(() => socket.close());
  const { message } = await socket.request('message.send', { clientId: words, content: text(words) });
  return message.conversationId;
}

test('entities are made, filled, found, changed and removed', async () => {
  const made = await send<Item>('POST', 'entities', { name: 'colour', kind: 'dictionary' });
  await send('POST', `entities/${made.id}/import`, { csv: 'value,synonyms\nred,红色\n' });
  await get(`entities/${made.id}`);
  assert.equal((await get<Page<Item>>('entities')).items.length, 1);
  const { items } = await send<Page<{ value: string }>>('POST', 'entities/try', { text: '红色的', timeZone: 'UTC' });
  assert.equal(items[0]?.value, 'red');
  await send('PATCH', `entities/${made.id}`, { enabled: false });
  await remove(`entities/${made.id}`);
});

test('the graph is imported, read, asked, changed and exported', async () => {
  await send('POST', 'graph/import', { format: 'csv', ...writeGraphCsv(shopGraph) });
  const node = await send<Item>('POST', 'graph/nodes', { type: 'product', names: { en: 'Comet' } });
  const relation = await send<Item>('POST', 'graph/relations', { from: node.id, type: 'is-a', to: 'phones' });
  const price = { node: node.id, attribute: 'price', language: 'en', text: 'Free.' };
  const answer = await send<Item>('POST', 'graph/answers', price);
  await send('PATCH', `graph/nodes/${node.id}`, { synonyms: ['tail star'] });
  await send('PATCH', `graph/relations/${relation.id}`, { source: 'catalogue' });
  await send('PATCH', `graph/answers/${answer.id}`, { text: 'Free today.' });
  const asked = await send<{ answer: { text?: string } }>('POST', 'graph/try', { text: 'price of the tail star' });
  assert.equal(asked.answer.text, 'Free today.');
  for (const path of [`nodes/${node.id}`, `relations/${relation.id}`, `answers/${answer.id}`, 'nodes', 'relations']) {
    await get(`graph/${path}`);
  }
  for (const path of ['answers', `picture?around=${node.id}`, 'export?format=csv']) await get(`graph/${path}`);
  for (const path of [`answers/${answer.id}`, `relations/${relation.id}`, `nodes/${node.id}`]) {
    await remove(`graph/${path}`);
  }
});

test('settings and flows of the bot are checked, published and brought back, and tried without anybody', async () => {
  for (const [path, document] of [
    ['settings', { enabled: false }],
    ['flows', { flows: [trackFlow] }],
  ] as const) {
    const { version } = await get<Versioned>(`bot/${path}`);
    const published = await send<Versioned>('PUT', `bot/${path}`, { document, baseVersion: version });
    await get(`bot/${path}/versions`);
    await get(`bot/${path}/versions/${published.version}`);
    const back = { baseVersion: published.version };
    await send('POST', `bot/${path}/versions/${published.version}/restore`, back);
  }
  const broken = { flows: [{ ...trackFlow, first: 'gone' }] };
  const { problems } = await send<{ problems: object[] }>('POST', 'bot/flows/check', { document: broken });
  assert.ok(problems.length > 0);
  await send('POST', 'bot/try', { text: 'hello' });
  await get('bot/report?days=7');
  const { version } = await get<Versioned>('bot/settings');
  await send('PUT', 'bot/settings', { document: { enabled: true, channels: [] }, baseVersion: version });
  const names = await get<{ items: Item[] }>('bot/flow-names');
  assert.deepEqual(names.items, [{ id: 'track', name: trackFlow.name }]);
  const given = await customer('Where is it?');
  await send('POST', `conversations/${given}/give-to-bot`, { flowId: 'track', note: 'Ask for the number' });
  const spoken = await until(async () => {
    const { items } = await get<Page<Item & { sender: { type: string } }>>(`conversations/${given}/messages`);
    return items.some(({ sender }) => sender.type === 'bot');
  });
  assert.equal(spoken, true);
  await get(`conversations/${await customer('What did the bot decide?')}/bot-decisions`);
});

test('a customer proves by a code in an e-mail who they are: the agent sees it, and reads no code', async () => {
  const check = {
    id: 'check',
    kind: 'identity',
    sources: [{ kind: 'contact', field: 'email' }],
    send: { kind: 'email' },
  };
  const ends = [
    { id: 'say', kind: 'say', texts: { default: 'Your order is {status}.' }, next: 'end' },
    { id: 'end', kind: 'end' },
  ];
  const look = { id: 'look', kind: 'http', method: 'GET', url: `http://${shopHost()}/orders`, provenOnly: true };
  const kept = { keep: [{ slot: 'status', path: 'orders.0.status' }], next: 'say', otherwise: null };
  const steps = [{ ...check, next: 'look' }, { ...look, ...kept }, ...ends];
  const account = { id: 'account', name: 'Account', first: 'check', steps };
  const { version } = await get<Versioned>('bot/flows');
  const documentOf = (flow: object) => ({ document: { flows: [trackFlow, flow] }, baseVersion: version });
  const bad = { ...account, steps: [{ ...check, sources: [], next: 'look' }, ...steps.slice(1)] };
  const refused = await api.call<{ field: string }>('PUT /api/v1/bot/flows', { token, body: documentOf(bad) });
  assert.deepEqual([refused.status, refused.body.field], [400, 'flows[1].steps[0].sources']);
  await send('PUT', 'bot/flows', documentOf(account));

  const { visitorToken, contactId } = await beginVisit(server, await webChannelOf(server, token));
  await send('PATCH', `contacts/${contactId}`, { email: 'anna@shop.example' });
  const socket = await FrameSocket.open(server, { role: 'visitor', token: visitorToken });
  endings.unshift(() => socket.close());
  const write = (words: string, clientId: string) => socket.request('message.send', { clientId, content: text(words) });
  const { message } = await write('Where is my kettle?', 'kettle');
  const id = message.conversationId;
  const contextOf = () => get<ConversationContext>(`conversations/${id}/context`);
  assert.equal((await contextOf()).identity, null);
  await send('POST', `conversations/${id}/give-to-bot`, { flowId: 'account' });
  const code = codeIn(await mail.next('anna@shop.example'));
  type Line = Pick<Message, 'sender' | 'content'>;
  const lines = async () => (await get<Page<Line>>(`conversations/${id}/messages`)).items;
  const isSaid = (words: RegExp) =>
    until(async () => (await lines()).some(({ content }) => words.test(JSON.stringify(content))));
  await isSaid(/on its way to a•••@s•••\.example/);
  await write(`It is ${code}`, 'typed');
  await isSaid(/Your order is shipped/);
  await isSaid(/identity\.checked/);
  const { identity } = await contextOf();
  assert.deepEqual([identity?.address, (identity?.until ?? 0) - (identity?.at ?? 0)], ['a•••@s•••.example', 1_800_000]);
  const decisions = await get<object>(`conversations/${id}/bot-decisions`);
  assert.ok(!JSON.stringify([await lines(), decisions, await contextOf()]).includes(code));
});

test('a language model is set up and tested, and what it may do is told', async () => {
  const settings = { enabled: true, baseUrl: model.baseUrl, model: 'small', apiKey: 'sk-right' };
  const checked = await send<{ ok: boolean }>('POST', 'language-model/check', settings);
  assert.equal(checked.ok, true);
  await send('PATCH', 'language-model', settings);
  const shown = await get<object>('language-model');
  assert.ok(!JSON.stringify(shown).includes('sk-right'));
  await get('assist');
});

test('replies are recommended and counted, what recurs is proposed, and orders come from the shop', async () => {
  const returns = 'You can send it back within 30 days, free of charge.';
  const shipping = 'Parcels leave our house on the day on which they are ordered.';
  for (const [question, answer] of [
    ['How can I return my', returns],
    ['When will you ship my', shipping],
  ] as const) {
    for (const item of ['shoes', 'shirt', 'hat']) {
      const id = await customer(`${question} ${item}?`);
      const body = { clientId: `a ${id}`, content: text(answer) };
      await api.must(`POST /api/v1/conversations/${id}/messages`, { token, body });
    }
  }
  const id = await customer('How can I return my shoes?');
  const found = await until(async () => {
    const { items } = await get<Page<Suggestion>>(`conversations/${id}/suggestions`);
    return items.length > 0 && items;
  });
  const suggestion = encodeURIComponent(found[0]?.id ?? '');
  await send('POST', `conversations/${id}/suggestions/${suggestion}/used`, { edited: false });
  const proposals = await until(async () => {
    const { items } = await get<Page<Item>>('knowledge/proposals');
    return items.length === 2 && items;
  });
  const [first, second] = proposals;
  await send('POST', `knowledge/proposals/${first?.id}/approve`, { title: 'Returns', text: returns });
  await send('POST', `knowledge/proposals/${second?.id}/dismiss`);
  assert.deepEqual((await get<Page<Item>>('knowledge/proposals')).items, []);
  const { port } = shop.address() as AddressInfo;
  const url = `http://127.0.0.1:${port}/orders?contact={contactId}`;
  await send('PATCH', 'integrations/orders', { enabled: true, url });
  await get('integrations/orders');
  const { items } = await get<{ items: Item[] }>(`conversations/${id}/orders`);
  assert.deepEqual(
    items.map((order) => order.id),
    ['KA10023'],
  );
});

test('what the bot could not answer is gathered, and becomes an intent, more of one, or an approved answer', async () => {
  const { version } = await get<Versioned>('bot/settings');
  await send('PUT', 'bot/settings', { document: { enabled: true, channels: null }, baseVersion: version });
  const asked = [
    ['Can you gift wrap my order?', 'Do you offer gift wrapping?', 'Is gift wrapping possible for this order?'],
    ['Are dogs allowed inside?', 'Is my dog allowed in the shop?', 'dogs allowed in the café?'],
    ['可以开发票吗', '怎么开发票', '我要开发票'],
    ['purple monkey dishwasher'],
  ];
  for (const question of asked.flat()) await customer(question);
  type Group = { utterances: { text: string }[]; questions: string[] };
  type Gaps = Page<Group> & { others: Group[]; open: number };
  const found = await until(async () => {
    const gaps = await get<Gaps>('bot/gaps');
    return gaps.open >= asked.flat().length && gaps;
  });
  const about = (word: string) => {
    const group = [...found.items, ...found.others].find(({ utterances }) => utterances[0]?.text.includes(word));
    assert.ok(group !== undefined, `${word}: ${JSON.stringify(found)}`);
    return { questions: group.questions, utterances: group.utterances.map(({ text: one }) => one) };
  };
  const made = await send<Item>('POST', 'bot/gaps/make-intent', {
    ...about('gift'),
    name: 'gift',
    answer: { en: 'Yes.' },
  });
  await send('POST', 'bot/gaps/add-to-intent', { ...about('dog'), intentId: made.id });
  const { questions, utterances } = about('发票');
  const approved = { questions: utterances, answer: '可以，请告诉我抬头。', language: 'zh-CN' };
  await send('POST', 'bot/gaps/approve', { questions, approved });
  await send('POST', 'bot/gaps/dismiss', { questions: about('purple').questions });
  const again = await api.call('POST /api/v1/bot/gaps/dismiss', { token, body: { questions } });
  assert.equal(again.status, 409);
  const { items } = await get<Page<Item>>('bot/gaps/dismissed');
  await send('POST', `bot/gaps/dismissed/${items[0]?.id}/restore`);
  assert.equal((await get<Gaps>('bot/gaps')).others[0]?.utterances[0]?.text, 'purple monkey dishwasher');
  const tried = await send<{ band: string }>('POST', 'bot/try', { text: '你好，怎么开发票？' });
  assert.equal(tried.band, 'approved');
});

test('an agent says which intent a message had, and what was taken for another is to be learnt', async () => {
  const refund = await send<Item>('POST', 'intents', { name: 'refund', utterances: ['my money'] });
  const { items } = await get<Page<{ name: string }>>('intents/names?q=ref');
  assert.deepEqual(
    items.map(({ name }) => name),
    ['refund'],
  );
  const path = `conversations/${await customer('Give me back what I paid')}/intent-labels/1`;
  await send('PUT', path, { intent: 'refund' });
  assert.equal((await get<{ labelled: { wrong: number } }>('bot/report')).labelled.wrong, 1);
  type Gaps = { corrected: { nearest: Item | null; utterances: { text: string }[] }[] };
  const [group] = (await get<Gaps>('bot/gaps')).corrected;
  assert.deepEqual([group?.nearest?.id, group?.utterances[0]?.text], [refund.id, 'Give me back what I paid']);
  const unknown = await api.call(`PUT /api/v1/${path}` as 'GET /', { token, body: { intent: 'parking' } });
  assert.deepEqual([unknown.status, (unknown.body as { field?: string }).field], [400, 'intent']);
  await remove(path);
  assert.deepEqual((await get<Gaps>('bot/gaps')).corrected, []);
});

test('whoever has the conversation open hears at once which intent an agent says, and the customer does not', async () => {
  await send<Item>('POST', 'intents', { name: 'opening-hours', utterances: ['when do you open'] });
  const { visitorToken } = await beginVisit(server, await webChannelOf(server, token));
  const visitor = await FrameSocket.open(server, { role: 'visitor', token: visitorToken });
  const desk = await FrameSocket.open(server, { role: 'agent', token });
  endings.unshift(
    () => visitor.close(),
    () => desk.close(),
  );
  const { message } = await visitor.request('message.send', { clientId: 'h', content: text('Open on Sunday?') });
  const { conversationId } = message;
  await desk.request('sync', { conversationId, after: 0, epoch: desk.hello?.epoch ?? '' });
  const heard = () =>
    desk.others.flatMap((frame) => ('event' in frame && frame.event === 'intent-label.changed' ? [frame.data] : []));
  const path = `conversations/${conversationId}/intent-labels/1`;
  const label = await send<object>('PUT', path, { intent: 'opening-hours' });
  await desk.until(() => heard().length === 1);
  await remove(path);
  await desk.until(() => heard().length === 2);
  assert.deepEqual(heard(), [
    { conversationId, seq: 1, label },
    { conversationId, seq: 1, label: null },
  ]);
  await send('POST', `conversations/${conversationId}/messages`, { clientId: 'a', content: text('Yes.') });
  await visitor.until(() => JSON.stringify(visitor.others).includes('"Yes."'));
  assert.ok(!JSON.stringify(visitor.others).includes('intent-label'));
});

test('approved answers are made, read, changed and removed', async () => {
  const said = { questions: ['Is there parking?'], answer: 'Behind the house.', language: 'en', validUntil: null };
  const made = await send<Item & { revision: number }>('POST', 'bot/approved-answers', said);
  const { revision } = made;
  await send('PATCH', `bot/approved-answers/${made.id}`, { answer: 'In front of it.', revision });
  const late = { token, body: { enabled: false, revision } };
  assert.equal((await api.call(`PATCH /api/v1/bot/approved-answers/${made.id}`, late)).status, 409);
  const read = await get<{ answer: string }>(`bot/approved-answers/${made.id}`);
  assert.equal(read.answer, 'In front of it.');
  assert.ok((await get<Page<Item>>('bot/approved-answers')).items.some(({ id }) => id === made.id));
  await remove(`bot/approved-answers/${made.id}`);
});

test('every route of the bot, the graph and recommended replies was called with success here', () => {
  const names = api.operations().map(([name]) => name);
  const missing = names.filter((name) => routesOf.bot.test(name) && !api.succeeded.has(name));
  assert.deepEqual(missing, []);
});
