import assert from 'node:assert/strict';
import { createHmac } from 'node:crypto';
import { test } from 'node:test';
import { SignJWT } from 'jose';
import { createTestClock } from '../base/clock.ts';
import { Refusal } from '../gateway/refusal.ts';
import { append, channelId, inbound, openTestStore, otherChannelId } from '../testing/test-store.ts';
import { createVisitors, type VisitorChannel } from './visitors.ts';

const identitySecret = 'a secret of the shop';
const channel: VisitorChannel = { id: channelId, allowedOrigins: [], identitySecret, identityRequired: false };

async function openVisitors(secret = 'server secret') {
  const store = await openTestStore();
  const clock = createTestClock();
  return { store, clock, visitors: createVisitors({ secret, store: store.conversations, clock }) };
}
const isUnauthorized = (error: unknown) => error instanceof Refusal && error.code === 'unauthorized';
const hmac = (externalId: string, secret = identitySecret) =>
  createHmac('sha256', secret).update(externalId).digest('hex');
const jwt = (claims: Record<string, unknown>, expiresAt: number, secret = identitySecret) =>
  new SignJWT(claims)
    .setProtectedHeader({ alg: 'HS256' })
    .setExpirationTime(Math.floor(expiresAt / 1_000))
    .sign(new TextEncoder().encode(secret));

test('a visitor comes back as the same contact with its token, and as nobody else', async () => {
  const { visitors, store, clock } = await openVisitors();
  const first = await visitors.begin(channel, {});
  assert.equal(first.conversationId, null);
  const target = { contactId: first.contactId, channelId, threadId: '' };
  const [message] = await append(store, { ...inbound('unused'), target });
  const back = await visitors.begin(channel, { visitorToken: first.visitorToken });
  assert.deepEqual([back.contactId, back.conversationId], [first.contactId, message?.conversationId]);
  const visitor = await visitors.authenticate(first.visitorToken);
  assert.deepEqual([visitor.contactId, visitor.channelId], [first.contactId, channelId]);
  const other = await visitors.begin(channel, {});
  assert.notEqual(other.contactId, first.contactId);
  const elsewhere = await visitors.begin({ ...channel, id: otherChannelId }, { visitorToken: first.visitorToken });
  assert.notEqual(elsewhere.contactId, first.contactId, 'a token is for one channel');
  await clock.advance(180 * 24 * 60 * 60_000);
  await assert.rejects(visitors.authenticate(first.visitorToken), isUnauthorized);
});

test('a browser that asks twice for a new visitor with its key is one contact, whose name does not tell the key', async () => {
  const { visitors, store } = await openVisitors();
  const visitorKey = 'k'.repeat(32);
  const [one, two] = await Promise.all([
    visitors.begin(channel, { visitorKey }),
    visitors.begin(channel, { visitorKey }),
  ]);
  assert.equal(one.contactId, two.contactId);
  assert.notEqual((await visitors.begin(channel, { visitorKey: 'j'.repeat(32) })).contactId, one.contactId);
  assert.notEqual((await visitors.begin({ ...channel, id: otherChannelId }, { visitorKey })).contactId, one.contactId);
  const named = await store.conversations.externalIdOf(one.contactId, channelId);
  assert.ok(named?.startsWith('anonymous:') && !named.includes(visitorKey));
  const proved = { externalId: 'ann', hash: hmac('ann') };
  const signedIn = await visitors.begin(channel, { visitorKey, identity: proved });
  assert.notEqual(signedIn.contactId, one.contactId, 'a proof counts for more than a key');
});

test('a token that was changed, or that another server signed, opens nothing', async () => {
  const { visitors, store, clock } = await openVisitors();
  const { visitorToken, contactId } = await visitors.begin(channel, {});
  const [head, payload, signature] = visitorToken.split('.');
  const claims = JSON.parse(Buffer.from(payload ?? '', 'base64url').toString()) as object;
  const forged = Buffer.from(JSON.stringify({ ...claims, sub: 'somebody else' })).toString('base64url');
  const unsigned = Buffer.from('{"alg":"none"}').toString('base64url');
  const other = createVisitors({ secret: 'another', store: store.conversations, clock });
  for (const token of [
    `${head}.${forged}.${signature}`,
    `${unsigned}.${payload}.`,
    `${visitorToken}x`,
    '',
    'x',
    'a.b.c',
  ]) {
    await assert.rejects(visitors.authenticate(token), isUnauthorized, token);
    assert.notEqual((await visitors.begin(channel, { visitorToken: token })).contactId, contactId);
  }
  await assert.rejects(other.authenticate(visitorToken), isUnauthorized);
});

test('who the host site vouches for by HMAC is that contact, on every device', async () => {
  const { visitors, store } = await openVisitors();
  const claim = { externalId: 'customer 7', hash: hmac('customer 7'), name: 'Ann', email: 'ann@example.org' };
  const first = await visitors.begin(channel, { identity: claim });
  const second = await visitors.begin(channel, { identity: claim });
  assert.equal(second.contactId, first.contactId);
  const contact = await store.conversations.contact(first.contactId);
  assert.deepEqual([contact?.name, contact?.email, contact?.verified], ['Ann', 'ann@example.org', true]);
  assert.equal((await visitors.authenticate(first.visitorToken)).contactName, 'Ann');
  for (const hash of [hmac('customer 8'), hmac('customer 7', 'wrong'), '', 'zz', hmac('customer 7').slice(2)]) {
    await assert.rejects(visitors.begin(channel, { identity: { ...claim, hash } }), isUnauthorized, hash);
  }
});

test('a JWT of the host site is good until it expires, and only as it was signed', async () => {
  const { visitors, clock } = await openVisitors();
  const later = clock.now() + 60_000;
  const begin = async (token: string) => visitors.begin(channel, { identity: { jwt: token } });
  const good = await begin(await jwt({ sub: 'customer 7', name: 'Ann' }, later));
  const byHmac = await visitors.begin(channel, { identity: { externalId: 'customer 7', hash: hmac('customer 7') } });
  assert.equal(byHmac.contactId, good.contactId, 'both name the same customer');
  const endless = await new SignJWT({ sub: 'customer 7' })
    .setProtectedHeader({ alg: 'HS256' })
    .sign(new TextEncoder().encode(identitySecret));
  for (const [what, token] of [
    ['expired', await jwt({ sub: 'customer 7' }, clock.now() - 1_000)],
    ['another secret', await jwt({ sub: 'customer 7' }, later, 'another secret of 16')],
    ['no end', endless],
    ['nobody', await jwt({ name: 'Ann' }, later)],
    ['an empty name', await jwt({ sub: '' }, later)],
    ['no token', 'x'],
  ] as const) {
    await assert.rejects(begin(token), isUnauthorized, what);
  }
});

test('a channel for verified customers takes nobody else, and one without a secret verifies nobody', async () => {
  const { visitors } = await openVisitors();
  const strict = { ...channel, identityRequired: true };
  const { visitorToken } = await visitors.begin(channel, {});
  await assert.rejects(visitors.begin(strict, {}), isUnauthorized);
  await assert.rejects(visitors.begin(strict, { visitorToken }), isUnauthorized);
  await visitors.begin(strict, { identity: { externalId: '7', hash: hmac('7') } });
  const claim = { externalId: '7', hash: hmac('7', '') };
  await assert.rejects(visitors.begin({ ...channel, identitySecret: undefined }, { identity: claim }), isUnauthorized);
});

test('a name of an anonymous visitor that looks proved meets no proved one', async () => {
  const { visitors, store } = await openVisitors();
  const proved = await visitors.begin(channel, { identity: { externalId: '7', hash: hmac('7') } });
  assert.equal(await store.conversations.findContact(channelId, '7'), undefined);
  assert.equal(await store.conversations.externalIdOf(proved.contactId, channelId), 'verified:7');
});
