import assert from 'node:assert/strict';
import { test } from 'node:test';
import { groupWithDefaults, type RoutingConfig, type SkillGroup } from '@parley/sdk/routing-document.ts';
import { agentNamed, startDispatcher } from './dispatcher-fixture.ts';
import { defaultRoutingConfig } from './routing-config.ts';

const ada = agentNamed('ada');
const bob = agentNamed('bob');

function oneGroup(group: Partial<SkillGroup>, more: Partial<RoutingConfig> = {}): RoutingConfig {
  const members = [
    { agentId: ada.id, level: 5 },
    { agentId: bob.id, level: 3 },
  ];
  const desk = groupWithDefaults({ id: 'desk', name: 'Desk', members, ...group });
  return { ...defaultRoutingConfig, defaultGroupId: 'desk', groups: [desk], ...more };
}
const ringing = (more: Partial<RoutingConfig> = {}) => oneGroup({ offer: { mode: 'ring', timeoutMs: 20_000 } }, more);

test('who is asked has it when they say yes, once it is stored, and not a moment earlier', async (t) => {
  const desk = await startDispatcher(t, { online: [ada, bob], config: ringing() });
  const id = await desk.write('a');
  await desk.settled();
  assert.equal(await desk.ownerOf(id), null);
  assert.deepEqual(desk.told, [`ada is asked about ${id}`]);
  const [offer] = desk.dispatcher.offersTo(ada.id);
  assert.deepEqual([offer?.conversationId, offer?.timeoutMs, offer?.groupId], [id, 20_000, 'desk']);
  await assert.rejects(desk.dispatcher.accept(id, bob.id), { code: 'conflict' });
  await desk.dispatcher.accept(id, ada.id);
  assert.equal(await desk.ownerOf(id), ada.id);
  const [decision, ...more] = await desk.decisionsOf(id);
  assert.deepEqual([decision?.kind, decision?.why, more.length], ['assign', 'accepted', 0]);
  assert.deepEqual(desk.told.slice(1), [`ada: ${id} accepted`]);
  await assert.rejects(desk.dispatcher.accept(id, ada.id), { code: 'conflict' });
});

test('who says no is not asked again, and who lets it pass is asked when the others have been', async (t) => {
  const desk = await startDispatcher(t, { online: [ada, bob], config: ringing() });
  const id = await desk.write('a');
  await desk.settled();
  desk.dispatcher.decline(id, ada.id);
  assert.throws(() => desk.dispatcher.decline(id, ada.id), { code: 'conflict' });
  await desk.settled();
  await desk.clock.advance(20_000);
  await desk.settled();
  assert.deepEqual(desk.told, [
    `ada is asked about ${id}`,
    `ada: ${id} declined`,
    `bob is asked about ${id}`,
    `bob: ${id} missed`,
  ]);
  const [missed] = await desk.decisionsOf(id);
  assert.deepEqual([missed?.kind, missed?.agentId, missed?.epoch, missed?.n], ['offer-missed', bob.id, 1, 1]);
  await desk.clock.advance(10 * 60_000);
  await desk.settled();
  assert.equal(desk.told.at(-1), `bob is asked about ${id}`);
});

test('who lets several pass goes on a break', async (t) => {
  const presence = { autoAwayMs: null, missesToBreak: 2, missWindowMs: 60_000, staysWithAgent: [] };
  const desk = await startDispatcher(t, { online: [ada], config: ringing({ presence }) });
  await desk.write('a');
  await desk.write('b');
  await desk.settled();
  await desk.clock.advance(20_000);
  await desk.settled();
  assert.ok(!desk.counted.includes(`break of ${ada.id}`));
  await desk.clock.advance(20_000);
  await desk.settled();
  assert.ok(desk.counted.includes(`break of ${ada.id}`));
  await desk.write('c');
  await desk.settled();
  assert.equal(desk.told.filter((line) => line.startsWith('ada is asked')).length, 2);
});

test('an offer ends when its agent goes, or somebody takes or closes the conversation, and another agent is asked', async (t) => {
  const desk = await startDispatcher(t, { online: [ada, bob], config: ringing() });
  const id = await desk.write('a');
  await desk.settled();
  desk.online.shift();
  desk.agentsChanged();
  await desk.settled();
  assert.deepEqual(desk.told.splice(0), [
    `ada is asked about ${id}`,
    `ada: ${id} withdrawn`,
    `bob is asked about ${id}`,
  ]);
  await desk.answer(id, ada);
  await desk.settled();
  assert.deepEqual(desk.told.splice(0), [`bob: ${id} withdrawn`]);
  const other = await desk.write('b');
  await desk.settled();
  await desk.close(other);
  await desk.settled();
  assert.deepEqual(desk.told, [`bob is asked about ${other}`, `bob: ${other} withdrawn`]);
  assert.deepEqual(desk.defects, []);
});

test('an agent takes the first that they can have, or learns which rule forbids it, and may go against it', async (t) => {
  const one = agentNamed('one', 1);
  const members = [{ agentId: one.id, level: 1 }];
  const desk = await startDispatcher(t, { online: [one, bob], config: oneGroup({ policy: 'manual', members }) });
  const [first, second] = [await desk.write('a'), await desk.write('b')];
  await desk.settled();
  assert.equal(await desk.ownerOf(first), null, 'nothing is given by itself');
  assert.deepEqual(await desk.dispatcher.take(one.id, {}), { conversationId: first });
  assert.equal(await desk.ownerOf(first), one.id);
  const full = await desk.dispatcher.take(one.id, { conversationId: second });
  assert.equal('refused' in full && full.refused?.key, 'full');
  const stranger = await desk.dispatcher.take(bob.id, { conversationId: second });
  assert.equal('refused' in stranger && stranger.refused?.key, 'not-a-member');
  assert.deepEqual(await desk.dispatcher.take(one.id, { conversationId: second, override: true }), {
    conversationId: second,
  });
  assert.equal(await desk.ownerOf(second), one.id);
  const [decision] = await desk.decisionsOf(second);
  assert.equal((JSON.parse(decision?.record ?? '{}') as { overridden?: string }).overridden, 'full');
  assert.deepEqual(await desk.dispatcher.take(one.id, {}), { refused: undefined });
});
