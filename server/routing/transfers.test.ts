import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import type { Presence } from '@parley/sdk/protocol.ts';
import { groupWithDefaults } from '@parley/sdk/routing-document.ts';
import { newId } from '../base/ids.ts';
import { agentNamed, startDispatcher } from './dispatcher-fixture.ts';
import { wordsOfDecision } from './explain-stored.ts';
import { defaultRoutingConfig } from './routing-config.ts';
import { createTransfers } from './transfers.ts';

const ada = agentNamed('ada');
const bob = agentNamed('bob', 1);
const off = agentNamed('off');
const names = { agent: (id: string) => id.replace(/^0+/, ''), group: (id: string) => id };

async function startDesk(t: TestContext, { margin = 0 } = {}) {
  const member = (agent: { id: string }) => ({ agentId: agent.id, level: 3 });
  const groups = [
    groupWithDefaults({ id: 'first', name: 'First', members: [member(ada)] }),
    groupWithDefaults({ id: 'second', name: 'Second', members: [member(ada), member(bob)] }),
  ];
  const config = { ...defaultRoutingConfig, defaultGroupId: 'first', groups };
  const desk = await startDispatcher(t, { online: [ada, bob], config });
  const everybody = [ada, bob, off];
  const { transfer } = createTransfers({
    conversations: desk.conversations,
    store: desk.store.assignments,
    agent: (id) => {
      const agent = everybody.find((one) => one.id === id);
      return agent && { ...agent, enabled: true };
    },
    presence: (id): Presence => (id === off.id ? 'offline' : 'online'),
    group: (id) => groups.find((group) => group.id === id),
    margin: () => margin,
    now: desk.clock.now,
    newId: () => newId(desk.clock.now()),
  });
  const id = await desk.write('a');
  await desk.settled();
  assert.equal(await desk.ownerOf(id), ada.id);
  return { ...desk, transfer, id };
}

test('what is passed on to an agent is with them at once, with the note that only agents see', async (t) => {
  const { id, transfer, ownerOf, store, decisionsOf } = await startDesk(t);
  await transfer({ conversationId: id, by: ada, toAgentId: bob.id, note: 'Speaks of order 7.' });
  assert.equal(await ownerOf(id), bob.id);
  const messages = await store.conversations.messages(id, { limit: 50 });
  const notes = messages.filter((message) => message.private && message.content.type === 'text');
  assert.deepEqual(
    notes.map(({ content }) => content),
    [{ type: 'text', text: 'Speaks of order 7.' }],
  );
  const [decision] = await decisionsOf(id);
  assert.equal(decision && wordsOfDecision(decision, names)[0]?.text, 'ada passed it on to bob.');
});

test('what is passed on to a group waits there, stands where it stood, and does not come back to who passed it on', async (t) => {
  const { id, transfer, ownerOf, settled, store, write, close, online, agentsChanged } = await startDesk(t);
  online.pop();
  agentsChanged();
  await settled();
  const queuedAt = (await store.conversations.heads([id]))[0]?.queuedAt;
  await transfer({ conversationId: id, by: ada, toGroupId: 'second' });
  await settled();
  const waits = await store.conversations.get(id);
  assert.deepEqual([waits?.status, waits?.skillGroupId], ['queued', 'second'], 'Ada is of the group, too');
  assert.equal((await store.conversations.heads([id]))[0]?.queuedAt, queuedAt);
  const later = await write('b');
  await settled();
  assert.equal(await ownerOf(later), ada.id);
  await close(later);
  online.push(bob);
  agentsChanged();
  await settled();
  assert.equal(await ownerOf(id), bob.id);
});

test('a transfer that cannot be names the field, and changes nothing', async (t) => {
  const { id, transfer, ownerOf, store, write, settled, conversations } = await startDesk(t);
  const before = await store.conversations.get(id);
  const refused = async (to: Partial<Parameters<typeof transfer>[0]>, expected: object) => {
    await assert.rejects(transfer({ conversationId: id, by: ada, note: 'Please.', ...to }), expected);
    assert.deepEqual(await store.conversations.get(id), before);
  };
  const field = (name: string) => ({ code: 'bad-request', field: name });
  await refused({}, field('toAgentId'));
  await refused({ toAgentId: bob.id, toGroupId: 'second' }, field('toAgentId'));
  await refused({ toAgentId: off.id }, { ...field('toAgentId'), message: /offline/ });
  await refused({ toAgentId: ada.id }, { ...field('toAgentId'), message: /already/ });
  await refused({ toAgentId: bob.id, by: bob }, { ...field('toAgentId'), message: /yourself/ });
  await refused({ toAgentId: 'nobody' }, field('toAgentId'));
  await refused({ toGroupId: 'nowhere' }, field('toGroupId'));
  await refused({ toAgentId: bob.id, expectEpoch: 1 }, { code: 'conflict' });
  const full = await write('b');
  await settled();
  await conversations.changeOwner({ conversationId: full, to: 'agent', assignee: bob, by: bob, why: 'assigned' });
  await refused({ toAgentId: bob.id }, { code: 'capacity-reached' });
  await transfer({ conversationId: id, by: ada, toAgentId: bob.id, override: true });
  assert.equal(await ownerOf(id), bob.id);
});

test('a transfer may go beyond what somebody can take by the margin that is set, which the record says, and no further', async (t) => {
  const { id, transfer, ownerOf, write, settled, decisionsOf } = await startDesk(t, { margin: 1 });
  const [second, third] = [await write('b'), await write('c')];
  await settled();
  const words = async (of: string) => (await decisionsOf(of))[0];
  await transfer({ conversationId: id, by: ada, toAgentId: bob.id });
  const within = await words(id);
  assert.equal(within && wordsOfDecision(within, names)[0]?.text, 'ada passed it on to bob.');
  await transfer({ conversationId: second, by: ada, toAgentId: bob.id });
  assert.equal(await ownerOf(second), bob.id);
  const beyond = await words(second);
  assert.equal(
    beyond && wordsOfDecision(beyond, names)[0]?.text,
    'ada passed it on to bob, who was full: a transfer may go 1 beyond.',
  );
  await assert.rejects(transfer({ conversationId: third, by: ada, toAgentId: bob.id }), { code: 'capacity-reached' });
  assert.equal(await ownerOf(third), ada.id);
});
