import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Content, Message } from '@parley/sdk/protocol.ts';
import { newId } from '../base/ids.ts';
import { Refusal } from '../gateway/refusal.ts';
import { replyText } from '../testing/knowledge-items.ts';
import { openTestStore } from '../testing/test-store.ts';
import { bodyFor, type ReplySituation } from './canned-replies.ts';
import { createKnowledge } from './knowledge.ts';
import { createPassageIndex } from './search/passage-index.ts';
import type { Viewer } from './viewer.ts';

const viewer = (id: string, over: Partial<Viewer> = {}): Viewer => ({
  id,
  name: `${id} name`,
  email: `${id}@parley.test`,
  isSupervisor: false,
  groupIds: new Set(),
  ...over,
});
const sue = viewer('sue', { isSupervisor: true });
const ada = viewer('ada', { groupIds: new Set(['sales']) });
const ben = viewer('ben');

const conversation = {
  id: '7',
  channelId: 'web1',
  channelType: 'web',
  language: 'zh-CN',
  contact: { id: 'c', name: 'Ann' },
} as ReplySituation['conversation'];
const said = (content: Content) => ({ content }) as Message;

async function open(over: Partial<Pick<ReplySituation, 'messages'>> = {}) {
  const store = await openTestStore();
  let now = 1_000;
  const clock = { now: () => now, sleep: () => Promise.reject(new Error('not here')) };
  const contact = { id: 'c', name: 'Ann', attributes: { level: 'gold', 'order.id': 'old' } };
  const knowledge = createKnowledge({
    store: store.knowledge,
    meta: store.meta,
    secret: 's',
    index: createPassageIndex(),
    clock: clock as never,
    newId,
    conversations: {
      get: async (id) => (id === '7' ? conversation : undefined),
      contact: async () => contact as never,
      messages: async () => [...(over.messages ?? [])],
    },
    groups: () => [{ id: 'sales', members: [{ agentId: 'ada' }] }],
    channelName: () => 'Shop chat',
    onError: (error) => assert.fail(String(error)),
  });
  return { store, knowledge, replies: knowledge.replies, setNow: (to: number) => (now = to) };
}

const refusal = (code: string, field?: string) => (error: unknown) =>
  error instanceof Refusal && error.code === code && error.field === field;
const titles = ({ items }: { items: readonly { title: string }[] }) => items.map(({ title }) => title);

test('agents keep private replies and nobody else’s; supervisors keep all', async () => {
  const { replies } = await open();
  const own = await replies.create(ada, replyText({ title: 'Own', visibility: 'private' }));
  await assert.rejects(replies.create(ada, replyText({ title: 'All' })), refusal('forbidden', 'visibility'));
  await assert.rejects(replies.change(ada, own.id, { visibility: 'all' }), refusal('forbidden', 'visibility'));
  await assert.rejects(replies.get(ben, own.id), refusal('not-found'));
  const shared = await replies.create(sue, replyText({ title: 'Shared' }));
  await assert.rejects(replies.remove(ada, shared.id), refusal('forbidden', 'visibility'));
  await replies.create(sue, replyText({ title: 'Sales', visibility: 'groups', groupIds: ['sales'] }));
  const list = { scope: 'usable', limit: 10 } as const;
  assert.deepEqual(titles(await replies.list(ada, list)), ['Own', 'Sales', 'Shared']);
  assert.deepEqual(titles(await replies.list(ben, list)), ['Shared']);
  assert.deepEqual(titles(await replies.list(sue, { ...list, scope: 'all' })), ['Own', 'Sales', 'Shared']);
  assert.equal((await replies.change(sue, own.id, { visibility: 'all' })).ownerId, 'ada');
  await replies.remove(sue, own.id);
  assert.deepEqual(titles(await replies.list(ben, list)), ['Shared']);
});

test('a reply is found by code, title and text, the code first, and page by page in that order', async () => {
  const { replies } = await open();
  const make = (title: string, shortCode: string | null, body = 'x') =>
    replies.create(sue, replyText({ title, shortCode, body }));
  await make('Delivery times', 'when');
  await make('Refund', '/Refund');
  await make('How to return', 'ret');
  await make('Sorry', null, '我们会尽快退款 refund');
  const search = async (q: string) => titles(await replies.list(ben, { scope: 'usable', q, limit: 9 }));
  assert.deepEqual(await search('re'), ['How to return', 'Refund', 'Sorry']);
  assert.deepEqual(await search('REFUND'), ['Refund', 'Sorry']);
  assert.deepEqual(await search('退款'), ['Sorry']);
  assert.deepEqual(await search('dlvry'), ['Delivery times']);
  assert.deepEqual(await search('nothing like it'), []);
  const first = await replies.list(ben, { scope: 'usable', q: 're', limit: 2 });
  const cursor = first.nextCursor ?? '';
  assert.deepEqual(titles(await replies.list(ben, { scope: 'usable', q: 're', limit: 2, cursor })), ['Sorry']);
  await assert.rejects(replies.list(ben, { scope: 'all', limit: 2, cursor: 'x' }), refusal('cursor-invalid', 'cursor'));
  await assert.rejects(make('Again', 'refund'), refusal('conflict', 'shortCode'));
});

test('what is over, not begun, or for another channel is not offered', async () => {
  const { replies, setNow } = await open();
  await replies.create(sue, replyText({ title: 'Sale', validFrom: 2_000, validUntil: 3_000 }));
  await replies.create(sue, replyText({ title: 'Mail', channelTypes: ['email'] }));
  const offered = async () => titles(await replies.list(ben, { scope: 'usable', conversationId: '7', limit: 9 }));
  assert.deepEqual(await offered(), []);
  setNow(2_000);
  assert.deepEqual(await offered(), ['Sale']);
  setNow(3_000);
  assert.deepEqual(await offered(), []);
  assert.deepEqual(titles(await replies.list(ben, { scope: 'usable', limit: 9 })), ['Mail']);
});

test('in a conversation it reads in its language and channel, with values from contact, agent and the order shown last', async () => {
  const card = (id: string) => said({ type: 'card', kind: 'order', id, title: `Order ${id}` });
  const { replies } = await open({ messages: [card('1'), card('2'), said({ type: 'text', text: 'hi' })] });
  const { id } = await replies.create(
    sue,
    replyText({
      body: 'en',
      language: 'en',
      variants: [
        {
          language: 'zh',
          channelType: null,
          body: '{{contact.name}}，订单 {{order.id}}，{{contact.attributes.level}}，{{agent.name}}，{{contact.phone}}',
        },
        { language: 'zh', channelType: 'email', body: 'mail' },
      ],
    }),
  );
  const rendered = await replies.render(ben, id, '7', true);
  assert.equal(rendered.text, 'Ann，订单 2，gold，ben name，{{contact.phone}}');
  assert.deepEqual(rendered.missing, ['contact.phone']);
  await replies.render(ben, id, '7', false);
  assert.equal((await replies.list(ben, { scope: 'all', limit: 1 })).items[0]?.uses, 1);
  await assert.rejects(replies.render(ben, id, '8', false), refusal('not-found'));
});

test('the wording that fits language and channel best is taken', () => {
  const variants = [
    { language: null, channelType: 'email', body: 'en email' },
    { language: 'zh-CN', channelType: null, body: 'zh' },
    { language: 'zh-CN', channelType: 'email', body: 'zh email' },
  ];
  const reply = { body: 'en', language: 'en', variants };
  const read = (language: string, channelType: string) => bodyFor(reply, { language, channelType });
  assert.equal(read('en-GB', 'web'), 'en');
  assert.equal(read('en', 'email'), 'en email');
  assert.equal(read('zh-CN', 'web'), 'zh');
  assert.equal(read('zh-TW', 'email'), 'zh email');
  assert.equal(read('fr', 'web'), 'en');
});

test('bad texts are refused with their place, and nothing is stored', async () => {
  const { replies } = await open();
  const refused = async (over: Parameters<typeof replyText>[0], field: string, says: RegExp) =>
    assert.rejects(
      replies.create(sue, replyText(over)),
      (error) => error instanceof Refusal && error.field === field && says.test(error.message),
    );
  await refused({ body: 'a\nb {{contact.nmae}}' }, 'body', /line 2, column 3: There is no variable/);
  await refused({ title: ' ' }, 'title', /empty/);
  await refused({ shortCode: 'a b' }, 'shortCode', /letters/);
  await refused({ visibility: 'groups' }, 'groupIds', /skill group/);
  await refused({ validFrom: 5, validUntil: 5 }, 'validUntil', /before it begins/);
  await refused({ language: 'x y' }, 'language', /language tag/);
  await refused({ attachments: [{ url: 'https://evil.example/a.png' }] }, 'attachments[0].url', /uploaded here/);
  await refused({ variants: [{ language: null, channelType: null, body: 'x' }] }, 'variants[0]', /variant is for/);
  assert.deepEqual(titles(await replies.list(sue, { scope: 'all', limit: 9 })), []);
});

test('another process sees what was written as soon as it asks', async () => {
  const { store, replies } = await open();
  const other = createKnowledge({
    store: store.knowledge,
    meta: store.meta,
    secret: 's',
    index: createPassageIndex(),
    clock: { now: () => 1_000 } as never,
    newId,
    conversations: { get: async () => undefined, contact: async () => undefined, messages: async () => [] },
    groups: () => [],
    channelName: () => '',
    onError: (error) => assert.fail(String(error)),
  });
  const { id, rev } = await replies.create(sue, replyText({ title: 'Refund', body: 'money back' }));
  assert.equal((await other.replies.get(ben, id)).title, 'Refund');
  assert.equal((await other.search.search({ text: 'money', audience: 'agent', limit: 1 })).length, 1);
  await other.replies.change(sue, id, { body: 'voucher' });
  await assert.rejects(replies.change(sue, id, { body: 'other' }, rev), refusal('conflict', 'rev'));
  assert.equal((await replies.get(ben, id)).body, 'voucher');
  assert.deepEqual(
    await replies.preview(ben, 'Hi {{agent.name}} {{x}}', undefined).then((p) => p.text),
    'Hi ben name {{x}}',
  );
  await other.replies.remove(sue, id);
  await assert.rejects(replies.get(ben, id), refusal('not-found'));
  assert.deepEqual(await replies.list(ben, { scope: 'all', limit: 1 }), { items: [], nextCursor: null });
});
