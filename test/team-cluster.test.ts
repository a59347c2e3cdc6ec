import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Agent, Conversation, EventFrame, Message } from '@parley/sdk/protocol.ts';
import { type ClusterNode, clusterAdmin, clusterMissing, startCluster } from '../server/testing/cluster.ts';
import { within } from '../server/testing/redis.ts';
import { beginVisit, call, FrameSocket, must, signIn, text, webChannelOf } from './support/clients.ts';

/** A leader that was killed is followed by another one within about so long. */
const takenOverMs = 40_000;

test('colleagues on different processes hear of each other at once, the customer of none of it, and a killed process loses no time-out', {
  skip: clusterMissing(),
  timeout: 180_000,
}, async () => {
  await using cluster = await startCluster({ roles: { all: 2 }, oneRedis: true });
  const [one, two] = cluster.of('all') as [ClusterNode, ClusterNode];
  const { token } = await signIn(one, clusterAdmin);
  const sockets: FrameSocket[] = [];

  async function arrive(name: string, role: Agent['role'], node: ClusterNode) {
    const body = {
      name,
      role,
      capacity: 5,
      email: `${name.toLowerCase()}@parley.test`,
      password: `password of ${name}`,
    };
    const { id } = await must(call<Agent>(one, 'POST /api/v1/agents', { token, body }));
    const signedIn = () => call(node, 'POST /api/v1/login', { body });
    await within(`${name} to be known there`, async () => (await signedIn()).status === 200);
    const own = await signIn(node, body);
    const socket = await FrameSocket.open(node, { role: 'agent', token: own.token });
    sockets.push(socket);
    const heard: string[] = [];
    socket.onEvent = (frame: EventFrame) => heard.push(JSON.stringify(frame));
    await socket.request('watch', { view: 'mine' });
    if (name !== 'Ada') await socket.request('presence', { status: 'busy' });
    const hears = (what: string) =>
      within(`${name} to hear of ${what}`, async () => heard.some((each) => each.includes(what)));
    return { id, token: own.token, node, hears };
  }
  const ada = await arrive('Ada', 'agent', one);
  const ben = await arrive('Ben', 'agent', two);
  const sue = await arrive('Sue', 'supervisor', two);

  const { visitorToken } = await beginVisit(one, await webChannelOf(one, token));
  const visitor = await FrameSocket.open(one, { role: 'visitor', token: visitorToken });
  sockets.push(visitor);
  const frames: string[] = [];
  visitor.raw.on('message', (data) => frames.push(String(data)));
  const { message } = await visitor.request('message.send', { clientId: 'v1', content: text('The kettle leaks') });
  const id = message.conversationId;
  const path = `/api/v1/conversations/${id}` as const;
  const get = (node: ClusterNode = two) => must(call<Conversation>(node, `GET ${path}`, { token }));
  await within('Ada to have it', async () => (await get()).assigneeId === ada.id);
  const post = (who: { node: ClusterNode; token: string }, what: string, body: object = {}) =>
    call(who.node, `POST ${path}/${what}`, { token: who.token, body });

  await must(post(ada, 'invitations', { agentId: ben.id, note: 'Please look' }));
  await ben.hears('invitation.made');
  await must(post(ben, 'invitations/accept'));
  await ada.hears('"why":"accepted"');
  await must(post(sue, 'listen'));
  await ada.hears('listening');
  await visitor.request('message.send', { clientId: 'v2', content: text('It drips on the floor') });
  for (const who of [ben, sue]) await who.hears('It drips on the floor');
  await visitor.request('typing', { on: true });
  await sue.hears('"typing"');
  await must(post(sue, 'whispers', { clientId: 'w1', text: 'Offer a new one' }));
  for (const who of [ada, ben]) await who.hears('Offer a new one');
  await must(post(ben, 'messages', { clientId: 'b1', content: text('Ben here') }));
  await within('the customer to read Ben', async () => frames.some((frame) => frame.includes('Ben here')));

  // On two processes at the same moment: one of them has it in the end, and the other is told so.
  const { ownerEpoch } = await get();
  const both = await Promise.all([
    post(sue, 'take-over', { ownerEpoch, formerStays: true }),
    post(ada, 'transfer', { ownerEpoch, toAgentId: ben.id }),
  ]);
  assert.deepEqual(both.map(({ status }) => status).toSorted(), [200, 409]);
  const owner = both[0].status === 200 ? sue.id : ben.id;
  const now = await get();
  assert.equal(now.assigneeId, owner);
  assert.ok(!(now.participants ?? []).some(({ agentId }) => agentId === owner), 'nobody takes part beside themselves');
  if (owner === sue.id) await ada.hears('conversation.taken-over');

  // Whoever ends invitations in time may be the process that dies.
  if (owner !== sue.id) await must(post(sue, 'take-over', { ownerEpoch: now.ownerEpoch }));
  await must(call(two, `DELETE ${path}/participants/${ben.id}`, { token: sue.token })).catch(() => undefined);
  await must(post(sue, 'invitations', { agentId: ben.id, timeoutMs: 5_000 }));
  await one.process.kill();
  const isAsked = async () => ((await get()).participants ?? []).some(({ askedUntil }) => askedUntil !== undefined);
  await within('the invitation to end', async () => !(await isAsked()), takenOverMs);
  await ben.hears('"why":"missed"');
  const messages = `GET ${path}/messages?limit=200` as const;
  const { items } = await must(call<{ items: Message[] }>(two, messages, { token }));
  const events = items.flatMap(({ content }) => (content.type === 'system' ? [content.event] : []));
  assert.equal(events.filter((event) => event === 'participant.missed').length, 1, 'it ends once');

  const seen = frames.join('\n');
  for (const secret of ['Offer a new one', 'whisper', 'participant', 'listening', 'Please look', 'invitation']) {
    assert.ok(!seen.includes(secret), secret);
  }
  for (const socket of sockets) await socket.close();
});
