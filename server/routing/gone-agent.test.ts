import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Agent, Channel, Conversation, Page } from '@parley/sdk/protocol.ts';
import { startProgram, until } from '../testing/running-program.ts';

test('a customer who writes again to an agent who is not there goes back to the queue', async () => {
  await using program = await startProgram();
  const { api, address } = program;
  const [channel] = (await api<Page<Channel>>('GET', '/api/v1/channels')).items;
  const session = await fetch(`${address}/api/v1/visitor/sessions`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ channelId: channel?.id }),
  });
  const { visitorToken } = (await session.json()) as { visitorToken: string };
  const poll = (frames: object[]) =>
    fetch(`${address}/api/v1/visitor/poll`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', authorization: `Bearer ${visitorToken}` },
      body: JSON.stringify({ frames: frames.map((frame) => JSON.stringify(frame)) }),
    });
  const write = (id: string) =>
    poll([{ id, type: 'message.send', data: { clientId: id, content: { type: 'text', text: `message ${id}` } } }]);

  await write('1');
  const first = await until(async () => (await api<Page<Conversation>>('GET', '/api/v1/conversations')).items[0]);
  const away = await api<Agent>('POST', '/api/v1/agents', { email: 'away@example.com', name: 'Away' });
  const path = `/api/v1/conversations/${first.id}`;
  const held = await api<Conversation>('PATCH', path, { assigneeId: away.id });
  assert.equal(held.assigneeId, away.id);
  await write('2');
  const back = await until(async () => {
    const now = await api<Conversation>('GET', path);
    return now.status === 'queued' && now;
  });
  assert.equal(back.assigneeId, null);
});
