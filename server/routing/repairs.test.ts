import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { DomainEvents } from '../conversation/event-bus.ts';
import { agentNamed, startDispatcher } from './dispatcher-fixture.ts';

const repaired = ({ counted }: { counted: readonly string[] }) =>
  counted.filter((one) => one.startsWith('repaired ')).map((one) => one.slice('repaired '.length));

test('what nobody told of is found by looking again, and counted at the look after that, once', async (t) => {
  const ada = agentNamed('ada', 1);
  let isGone = false;
  const desk = await startDispatcher(t, { online: [ada], isGone: () => isGone });
  const { id, name, capacity } = ada;
  const record = { email: 'ada@example.com', role: 'agent', passwordHash: '-', enabled: true, createdAt: 1 } as const;
  await desk.store.agents.insert({ id, name, capacity, ...record });
  // Another process, of which nothing is heard.
  const other = await startDispatcher(t, { on: desk.store });
  other.dispatcher.stop();
  const look = async () => {
    await desk.dispatcher.lookAgain();
    await desk.settled();
  };

  const first = await other.write('a');
  const second = await other.write('b');
  await look();
  assert.equal(await desk.ownerOf(first), ada.id);
  assert.deepEqual(repaired(desk), [], 'the news may be on its way');
  await look();
  assert.deepEqual(repaired(desk), ['waiting', 'waiting']);

  await other.close(first);
  await look();
  assert.equal(await desk.ownerOf(second), ada.id);
  await look();
  assert.deepEqual(repaired(desk).slice(2), ['not-held']);

  const third = await desk.write('c');
  await desk.settled();
  const toAda = { conversationId: third, to: 'agent', assignee: ada, by: ada, why: 'assigned' } as const;
  await other.conversations.changeOwner(toAda);
  await look();
  await look();
  assert.deepEqual(repaired(desk).slice(3), ['held']);

  const fourth = await desk.write('d');
  await desk.settled();
  await other.close(fourth);
  await look();
  await look();
  assert.deepEqual(repaired(desk).slice(4), ['not-waiting']);

  desk.known.set(ada.id, { ...ada, capacity: 2, enabled: true });
  await look();
  await look();
  assert.deepEqual(repaired(desk).slice(5), ['agent-changed']);

  desk.online.splice(0);
  desk.agentsChanged();
  isGone = true;
  await look();
  assert.equal(await desk.ownerOf(second), null);
  await look();
  assert.deepEqual(repaired(desk).slice(6), ['agent-gone']);
  await look();
  assert.equal(repaired(desk).length, 7);
  assert.deepEqual(desk.defects, []);
});

test('what is told a moment after the look is no repair', async (t) => {
  const ada = agentNamed('ada', 1);
  const desk = await startDispatcher(t, { online: [ada] });
  const other = await startDispatcher(t, { on: desk.store });
  other.dispatcher.stop();
  const late: DomainEvents['owner.changed'][] = [];
  other.bus.subscribe('owner.changed', (event) => late.push(event));
  const tellLate = () => {
    for (const event of late.splice(0)) desk.bus.publish('owner.changed', event);
  };
  const look = async () => {
    await desk.dispatcher.lookAgain();
    await desk.settled();
  };

  const first = await other.write('a');
  const second = await other.write('b');
  await look();
  tellLate();
  await look();
  await other.close(first);
  const bob = agentNamed('bob');
  await other.conversations.changeOwner({
    conversationId: second,
    to: 'agent',
    assignee: bob,
    by: bob,
    why: 'assigned',
  });
  await look();
  tellLate();
  await look();
  await look();
  assert.equal(await desk.ownerOf(second), bob.id);
  assert.deepEqual(repaired(desk), []);
  assert.deepEqual(desk.defects, []);
});
