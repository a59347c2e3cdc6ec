import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import type { Presence } from '@parley/sdk/protocol.ts';
import { groupWithDefaults } from '@parley/sdk/routing-document.ts';
import { agentNamed, startDispatcher } from './dispatcher-fixture.ts';
import { wordsOfDecision } from './explain-stored.ts';
import { createReturns } from './returns.ts';
import { defaultRoutingConfig } from './routing-config.ts';
import { createSnoozes } from './snoozes.ts';

const hourMs = 3_600_000;
const ada = agentNamed('ada', 1);
const bob = agentNamed('bob');
const names = { agent: (id: string) => id.replace(/^0+/, ''), group: (id: string) => id };

async function startDesk(t: TestContext, options: Parameters<typeof startDispatcher>[1] = {}) {
  const members = [ada, bob].map(({ id }) => ({ agentId: id, level: 3 }));
  const group = groupWithDefaults({ id: 'desk', name: 'Desk', members, firstAnswerMs: hourMs / 4 });
  const config = { ...defaultRoutingConfig, defaultGroupId: 'desk', groups: [group] };
  const desk = await startDispatcher(t, { online: [ada], config, ...options });
  const { conversations, store, clock } = desk;
  const agents = {
    get: (id: string) => desk.known.get(id),
    presence: (id: string): Presence => (desk.online.some((agent) => agent.id === id) ? 'online' : 'offline'),
  };
  const snoozes = createSnoozes({
    conversations,
    store: store.assignments,
    returns: createReturns({ conversations, store: store.assignments, agents, now: clock.now }),
    agent: agents.get,
    now: clock.now,
  });
  const state = async (id: string) => {
    const conversation = await store.conversations.get(id);
    return [conversation?.status, conversation?.assigneeId];
  };
  return { ...desk, snoozes, state };
}

test('what is snoozed makes room for another, comes back to its agent at its time, and no time for an answer runs meanwhile', async (t) => {
  const desk = await startDesk(t);
  const id = await desk.write('a');
  const next = await desk.write('b');
  await desk.settled();
  const until = desk.clock.now() + hourMs;
  await desk.snoozes.snooze({ conversationId: id, by: ada, until });
  await desk.settled();
  assert.equal((await desk.store.conversations.get(id))?.snoozedUntil, until);
  assert.deepEqual(await desk.state(id), ['snoozed', ada.id]);
  assert.deepEqual(await desk.state(next), ['agent', ada.id]);
  assert.equal(desk.dispatcher.loadOf(ada.id), 1);
  await desk.answer(next, ada);
  await desk.close(next);
  await desk.clock.advance(hourMs - 5);
  await desk.settled();
  assert.deepEqual(await desk.state(id), ['snoozed', ada.id]);
  await desk.clock.advance(5);
  await desk.settled();
  assert.deepEqual(await desk.state(id), ['agent', ada.id]);
  assert.equal(desk.dispatcher.loadOf(ada.id), 1);
  const [back, put] = await desk.decisionsOf(id);
  assert.ok(back !== undefined && put !== undefined);
  assert.equal(wordsOfDecision(put, names)[0]?.text, 'ada snoozed it.');
  assert.match(wordsOfDecision(back, names)[0]?.text ?? '', /Back from its snooze, to ada/);
  await desk.clock.advance(hourMs / 4 - 1);
  await desk.settled();
  assert.deepEqual(await desk.state(id), ['agent', ada.id], 'the time for an answer begins anew');
  assert.deepEqual(desk.defects, []);
});

test('it comes back as soon as the customer writes', async (t) => {
  const desk = await startDesk(t);
  const id = await desk.write('a');
  await desk.settled();
  await desk.snoozes.snooze({ conversationId: id, by: ada, until: desk.clock.now() + hourMs });
  await desk.settled();
  assert.equal(await desk.write('a', { text: 'One more thing' }), id);
  await desk.settled();
  assert.deepEqual(await desk.state(id), ['agent', ada.id]);
});

test('without room, or when its agent is not there, it waits as of now, and its agent is asked first', async (t) => {
  const desk = await startDesk(t);
  const id = await desk.write('a');
  await desk.settled();
  await desk.snoozes.snooze({ conversationId: id, by: ada, until: desk.clock.now() + hourMs });
  const other = await desk.write('b');
  await desk.settled();
  assert.deepEqual(await desk.state(other), ['agent', ada.id]);
  await desk.answer(other, ada);
  await desk.clock.advance(hourMs);
  await desk.settled();
  assert.deepEqual(await desk.state(id), ['queued', null]);
  assert.equal((await desk.store.conversations.heads([id]))[0]?.queuedAt, desk.clock.now());
  desk.online.push(bob);
  desk.agentsChanged();
  await desk.settled();
  assert.deepEqual(await desk.state(id), ['queued', null], 'Ada is there: it waits for her a while');
  await desk.close(other);
  await desk.settled();
  assert.deepEqual(await desk.state(id), ['agent', ada.id]);
  await desk.snoozes.snooze({ conversationId: id, by: ada, until: desk.clock.now() + hourMs });
  desk.online.shift();
  desk.agentsChanged();
  await desk.clock.advance(hourMs);
  await desk.settled();
  assert.deepEqual(await desk.state(id), ['agent', bob.id]);
});

test('whoever decides next brings back what was to come back meanwhile', async (t) => {
  const desk = await startDesk(t);
  const id = await desk.write('a');
  await desk.settled();
  const until = desk.clock.now() + hourMs;
  await desk.snoozes.snooze({ conversationId: id, by: ada, until });
  desk.dispatcher.stop();
  const after = await startDesk(t, { on: desk.store, at: until + 1 });
  await after.settled();
  assert.deepEqual(await after.state(id), ['agent', ada.id]);
});

test('a snooze is ended by hand: for its agent where there is room, by others as its time would', async (t) => {
  const desk = await startDesk(t);
  const id = await desk.write('a');
  await desk.settled();
  const until = desk.clock.now() + hourMs;
  await desk.snoozes.snooze({ conversationId: id, by: ada, until });
  await desk.snoozes.wake({ conversationId: id, by: ada });
  assert.deepEqual(await desk.state(id), ['agent', ada.id]);
  await desk.snoozes.snooze({ conversationId: id, by: ada, until });
  const other = await desk.write('b');
  await desk.settled();
  assert.deepEqual(await desk.state(other), ['agent', ada.id]);
  await assert.rejects(desk.snoozes.wake({ conversationId: id, by: ada }), { code: 'capacity-reached' });
  assert.deepEqual(await desk.state(id), ['snoozed', ada.id]);
  await desk.snoozes.wake({ conversationId: id, by: bob });
  assert.deepEqual(await desk.state(id), ['queued', null]);
  await assert.rejects(desk.snoozes.wake({ conversationId: id, by: bob }), { code: 'conflict' });
});

test('a snooze that cannot be names what is wrong, and changes nothing', async (t) => {
  const desk = await startDesk(t);
  const id = await desk.write('a');
  const waits = await desk.write('b');
  await desk.settled();
  const now = desk.clock.now();
  const refused = async (conversationId: string, until: number, expected: object, expectEpoch?: number) => {
    const epoch = expectEpoch === undefined ? {} : { expectEpoch };
    await assert.rejects(desk.snoozes.snooze({ conversationId, by: ada, until, ...epoch }), expected);
  };
  await refused(id, now, { code: 'bad-request', field: 'until' });
  await refused(id, now + 367 * 24 * hourMs, { code: 'bad-request', field: 'until' });
  await refused(id, now + hourMs, { code: 'conflict' }, 1);
  await refused(waits, now + hourMs, { code: 'conflict', message: /queued/ });
  assert.deepEqual(await desk.state(id), ['agent', ada.id]);
  await desk.close(id);
  await refused(id, now + hourMs, { code: 'conversation-closed' });
});

test('a snoozed conversation is closed, given away and taken over like any other', async (t) => {
  const desk = await startDesk(t);
  const id = await desk.write('a');
  await desk.settled();
  const snooze = () => desk.snoozes.snooze({ conversationId: id, by: ada, until: desk.clock.now() + hourMs });
  await snooze();
  await desk.conversations.changeOwner({ conversationId: id, to: 'agent', assignee: bob, by: bob, why: 'assigned' });
  assert.deepEqual(await desk.state(id), ['agent', bob.id]);
  await snooze();
  await desk.close(id);
  await desk.clock.advance(2 * hourMs);
  await desk.settled();
  const closed = await desk.store.conversations.get(id);
  assert.deepEqual([closed?.status, closed?.snoozedUntil], ['closed', undefined]);
});

test('who writes again after the end gets the agent of before, when the group’s history says so', async (t) => {
  const members = [ada, bob].map((agent) => ({ agentId: agent.id, level: agent === bob ? 5 : 1 }));
  const history = { withinMs: hourMs, waitAtMostMs: hourMs / 60 };
  const group = groupWithDefaults({ id: 'desk', name: 'Desk', members, history });
  const config = { ...defaultRoutingConfig, defaultGroupId: 'desk', groups: [group] };
  const desk = await startDesk(t, { config, reopenWithinMs: 24 * hourMs });
  const id = await desk.write('a');
  await desk.settled();
  await desk.answer(id, ada);
  await desk.close(id);
  desk.online.push(bob);
  desk.agentsChanged();
  await desk.clock.advance(hourMs / 2);
  assert.equal(await desk.write('a', { text: 'It happened again' }), id, 'it is reopened');
  await desk.settled();
  assert.deepEqual(await desk.state(id), ['agent', ada.id], 'Bob has the higher level');
  await desk.close(id);
  await desk.clock.advance(2 * hourMs);
  await desk.write('a');
  await desk.settled();
  assert.deepEqual(await desk.state(id), ['agent', bob.id], 'it was too long ago');
});
