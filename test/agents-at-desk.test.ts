import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Agent, Conversation, Page } from '@parley/sdk/protocol.ts';
import { createLeapingClock } from '../server/testing/leaping-clock.ts';
import { startProgram, until } from '../server/testing/running-program.ts';
import { beginVisit, call, FrameSocket, must, signIn, text, webChannelOf } from './support/clients.ts';

const password = 'correct horse 42';

/** A server whose time can be moved, an agent of one conversation, and customers. */
async function openDesk(config: object) {
  const clock = createLeapingClock();
  const program = await startProgram({}, clock);
  const { api, address: url } = program;
  await api('PUT', '/api/v1/routing/config', { config, baseVersion: 0 });
  const email = 'ada@example.com';
  const { id } = await api<Agent>('POST', '/api/v1/agents', { email, name: 'Ada', capacity: 1, password });
  const { token } = await signIn({ url }, { email, password });
  const channelId = await webChannelOf({ url }, token);
  const sockets: FrameSocket[] = [];
  return {
    api,
    clock,
    token,
    url,
    /** A window of the agent. */
    open: async () => {
      const socket = await FrameSocket.open({ url }, { role: 'agent', token });
      sockets.push(socket);
      return socket;
    },
    shown: async () => {
      const { items } = await api<Page<Agent>>('GET', '/api/v1/agents');
      const agent = items.find((each) => each.id === id);
      return [agent?.presence, agent?.presenceReason];
    },
    write: async (words: string) => {
      const { visitorToken } = await beginVisit({ url }, channelId);
      const socket = await FrameSocket.open({ url }, { role: 'visitor', token: visitorToken });
      const { message } = await socket.request('message.send', { clientId: words, content: text(words) });
      await socket.close();
      return message.conversationId;
    },
    get: (conversationId: string) => api<Conversation>('GET', `/api/v1/conversations/${conversationId}`),
    [Symbol.asyncDispose]: async () => {
      for (const socket of sockets) await socket.close();
      await program[Symbol.asyncDispose]();
    },
  };
}

test('who touches none of their windows is away by themselves and gets nothing, until they touch one', async () => {
  await using desk = await openDesk({ groups: [], presence: { autoAwayMs: 60_000 } });
  const [one, two] = [await desk.open(), await desk.open()];
  await until(async () => (await desk.shown())[0] === 'online');
  desk.clock.leap(40_000);
  await two.request('activity', {});
  desk.clock.leap(40_000);
  await one.request('heartbeat', { have: {} });
  assert.deepEqual(await desk.shown(), ['online', undefined], 'a heartbeat is nobody, and the other window is');
  desk.clock.leap(25_000);
  await until(async () => (await desk.shown())[0] === 'away');
  assert.deepEqual(await desk.shown(), ['away', 'auto']);
  const id = await desk.write('Is anybody there?');
  await one.request('heartbeat', { have: {} });
  assert.equal((await desk.get(id)).status, 'queued');
  await one.request('activity', { idleMs: 0 });
  await until(async () => (await desk.get(id)).status === 'agent');
  assert.deepEqual(await desk.shown(), ['online', undefined]);
});

test('a presence has a reason, which everybody sees; what only the server says is refused', async () => {
  await using desk = await openDesk({ groups: [] });
  const socket = await desk.open();
  const seen: unknown[] = [];
  socket.onEvent = (frame) => {
    if (frame.event === 'presence') seen.push([frame.data.status, frame.data.reason]);
  };
  await socket.request('presence', { status: 'away', reason: 'lunch' });
  await socket.until(() => seen.length > 0);
  assert.deepEqual(seen.at(-1), ['away', 'lunch']);
  assert.deepEqual(await desk.shown(), ['away', 'lunch']);
  for (const data of [
    { status: 'away' as const, reason: 'auto' },
    { status: 'busy' as const, reason: 'missed-offers' },
    { status: 'online' as const, reason: 'finishing' },
    { status: 'away' as const, reason: 'x'.repeat(61) },
  ]) {
    await assert.rejects(socket.request('presence', data), { code: 'bad-request' }, JSON.stringify(data));
  }
  assert.deepEqual(await desk.shown(), ['away', 'lunch']);
});

test('who finishes up gets nothing new, and goes offline when the last conversation is done', async () => {
  await using desk = await openDesk({ groups: [] });
  const socket = await desk.open();
  const had = await desk.write('The last one');
  await until(async () => (await desk.get(had)).status === 'agent');
  await socket.request('message.send', { conversationId: had, clientId: '1', content: text('Good evening') });
  await socket.request('presence', { status: 'busy', reason: 'finishing' });
  assert.deepEqual(await desk.shown(), ['busy', 'finishing']);
  const next = await desk.write('One too many');
  await must(
    call({ url: desk.url }, `PATCH /api/v1/conversations/${had}`, { token: desk.token, body: { status: 'closed' } }),
  );
  await until(async () => (await desk.shown())[0] === 'offline');
  assert.equal((await desk.get(next)).status, 'queued');
  await socket.request('presence', { status: 'online' });
  await until(async () => (await desk.get(next)).status === 'agent');
});
