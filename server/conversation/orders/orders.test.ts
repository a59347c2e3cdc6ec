import assert from 'node:assert/strict';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { type TestContext, test } from 'node:test';
import type { Contact, Conversation } from '@parley/sdk/protocol.ts';
import { systemClock } from '../../base/clock.ts';
import { createOutboundFetch } from '../../gateway/channel-fetch.ts';
import { createOrders } from './orders.ts';

const contact = {
  ...{ id: 'c1', name: 'Ann', verified: true, attributes: {}, createdAt: 1, updatedAt: 1 },
  identities: [{ channelId: 'web', channelType: 'web', externalId: 'ann & co' }],
} satisfies Contact;
const of = { conversation: { channelId: 'web', channelType: 'web' } as Conversation, contact };

async function startShop(t: TestContext, answer: (request: IncomingMessage, response: ServerResponse) => void) {
  const asked: { path: string | undefined; key: string | undefined }[] = [];
  const server = createServer((request, response) => {
    asked.push({ path: request.url, key: request.headers['x-shop-key'] as string | undefined });
    answer(request, response);
  });
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done));
  t.after(() => {
    server.closeAllConnections();
    server.close();
  });
  const meta = new Map<string, string>();
  const errors: unknown[] = [];
  const orders = createOrders({
    meta: { get: async (name) => meta.get(name), set: async (name, value) => void meta.set(name, value) },
    clock: systemClock,
    fetchFor: (baseUrls) => createOutboundFetch({ allow: [], baseUrls }),
    onError: (error) => errors.push(error),
  });
  t.after(() => orders.close());
  const { port } = server.address() as AddressInfo;
  const url = `http://127.0.0.1:${port}/orders?contact={externalId}`;
  return { orders, url, asked, errors, meta };
}

test("a contact's orders are asked for once, with the secret, and the context is not held up meanwhile", async (t) => {
  const { orders, url, asked, meta } = await startShop(t, (_, response) => {
    const order = {
      orderNo: 'KA1',
      status: 'sent',
      total: 12.5,
      paid: true,
      link: 'javascript:alert(1)',
      lines: [{ a: 1 }],
    };
    response.end(JSON.stringify({ orders: [order, 'no order', { nothing: 1 }] }));
  });
  assert.equal((await orders.ask(of)).state, 'off');
  const shown = await orders.change({ enabled: true, url, headerName: 'x-shop-key', headerValue: 's3cret' });
  assert.deepEqual(shown.headerValue, { set: true });
  assert.doesNotMatch(JSON.stringify(await orders.settings()), /s3cret/);
  assert.equal(orders.known(of).state, 'loading');
  const [first, again] = await Promise.all([orders.ask(of), orders.ask(of)]);
  assert.deepEqual(first.items, [{ id: 'KA1', status: 'sent', fields: { total: '12.5', paid: 'true' } }]);
  assert.deepEqual(again, first);
  assert.deepEqual(orders.known(of), first);
  assert.deepEqual(asked, [{ path: '/orders?contact=ann%20%26%20co', key: 's3cret' }]);
  assert.equal(
    (await orders.ask({ ...of, contact: { ...contact, id: 'c2', identities: [] } })).state,
    'none-to-ask-for',
  );
  orders.forget('c1');
  assert.equal(orders.known(of).state, 'loading', 'nothing is kept of who was erased');
  assert.ok(meta.has('context-orders'));
});

test('a server that is silent, wrong or gone is said to be so', async (t) => {
  let answer = (response: ServerResponse): void => void response.end('<html>');
  const { orders, url, errors } = await startShop(t, (_, response) => answer(response));
  await orders.change({ enabled: true, url });
  const ask = async (id: string) => orders.ask({ ...of, contact: { ...contact, id } });
  assert.match((await ask('1')).why ?? '', /no JSON/);
  answer = (response) => void response.end('{"orders": 7}');
  assert.match((await ask('2')).why ?? '', /no list of orders/);
  answer = (response) => void response.writeHead(500).end('x');
  assert.match((await ask('3')).why ?? '', /answered with 500/);
  answer = (response) => void response.end(JSON.stringify('x'.repeat(300_000)));
  assert.match((await ask('4')).why ?? '', /longer than/);
  answer = (response) => void response.destroy();
  assert.equal((await ask('5')).state, 'failed');
  answer = () => undefined;
  const began = performance.now();
  assert.equal(orders.known({ ...of, contact: { ...contact, id: '6' } }).state, 'loading');
  assert.ok(performance.now() - began < 50);
  assert.equal((await ask('6')).state, 'failed', 'the time-out ends it');
  assert.ok(performance.now() - began < 4_500);
  assert.deepEqual(errors, []);
});

test('settings that cannot be are refused with the field, and change nothing', async (t) => {
  const { orders, url } = await startShop(t, (_, response) => void response.end('[]'));
  await orders.change({ enabled: true, url, headerName: 'x-shop-key', headerValue: 's3cret' });
  for (const [patch, field] of [
    [{ url: 'ftp://shop.example/{email}' }, 'url'],
    [{ url: 'https://user:pass@shop.example/{email}' }, 'url'],
    [{ url: 'https://{email}.example/' }, 'url'],
    [{ url: 'https://shop.example/{password}' }, 'url'],
    [{ url: 'https://shop.example/orders' }, 'url'],
    [{ url: '' }, 'url'],
    [{ headerName: 'a b' }, 'headerName'],
    [{ headerName: 'Host' }, 'headerName'],
    [{ headerValue: 'a\r\nb: c' }, 'headerValue'],
    // The secret of one server never goes to another.
    [{ url: 'https://evil.example/{email}' }, 'headerValue'],
  ] as const) {
    await assert.rejects(orders.change(patch), { code: 'settings-invalid', field }, JSON.stringify(patch));
  }
  assert.equal((await orders.settings()).url, url);
});
