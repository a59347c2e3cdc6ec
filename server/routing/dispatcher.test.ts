import assert from 'node:assert/strict';
import { test } from 'node:test';
import { groupWithDefaults } from '@parley/sdk/routing-document.ts';
import fc from 'fast-check';
import { otherChannelId } from '../testing/test-store.ts';
import { agentNamed, type OnlineAgent, startDispatcher } from './dispatcher-fixture.ts';
import { defaultRoutingConfig } from './routing-config.ts';

test('who writes gets the least loaded agent, and nobody is always first', async (t) => {
  const ada = agentNamed('ada', 2);
  const bob = agentNamed('bob', 4);
  const { write, settled, ownerOf, dispatcher } = await startDispatcher(t, { online: [ada, bob] });
  const owners: (string | null)[] = [];
  for (const contact of ['a', 'b', 'c', 'd', 'e', 'f']) {
    const id = await write(contact);
    await settled();
    owners.push(await ownerOf(id));
  }
  // Counted against each one's own capacity: 0/2 and 0/4, 1/2 and 0/4, 1/2 and 1/4, 1/2 and 2/4 …
  assert.deepEqual([owners.slice(0, 2).toSorted(), owners[2]], [[ada.id, bob.id], bob.id]);
  assert.deepEqual([dispatcher.loadOf(ada.id), dispatcher.loadOf(bob.id)], [2, 4]);
});

test('those who wait get their agents in the order in which they came, as places become free', async (t) => {
  const ada = agentNamed('ada', 1);
  const { write, settled, ownerOf, close, online, agentsChanged, dispatcher, clock } = await startDispatcher(t);
  const ids = [await write('a'), await write('b'), await write('c')];
  await settled();
  await clock.advance(5_000);
  assert.deepEqual(await dispatcher.stats(), { waiting: 3, oldestAgeMs: 5_002 });
  online.push(ada);
  agentsChanged();
  for (const [i, id] of ids.entries()) {
    await settled();
    assert.equal(await ownerOf(id), ada.id);
    assert.equal((await dispatcher.stats()).waiting, 2 - i);
    await close(id);
  }
  assert.deepEqual(await dispatcher.stats(), { waiting: 0, oldestAgeMs: 0 });
});

test('what an agent who went away has not answered goes to the front of the queue, and the rest stays', async (t) => {
  const ada = agentNamed('ada');
  const bob = agentNamed('bob', 1);
  const { write, settled, ownerOf, answer, online, agentsChanged, dispatcher, store } = await startDispatcher(t, {
    online: [ada],
  });
  const answered = await write('a');
  await settled();
  await answer(answered, ada);
  const unanswered = await write('b');
  await settled();
  online.splice(0);
  agentsChanged();
  const newcomer = await write('c');
  await dispatcher.agentGone(ada.id);
  await settled();
  assert.deepEqual([await ownerOf(answered), await ownerOf(unanswered)], [ada.id, null]);
  online.push(bob);
  agentsChanged();
  await settled();
  assert.deepEqual([await ownerOf(unanswered), await ownerOf(newcomer)], [bob.id, null]);
  assert.equal((await store.conversations.get(newcomer))?.status, 'queued');
});

test('an e-mail stays with an agent who is gone, unless the configuration takes it back, its time is over or the agent is switched off', async (t) => {
  const ada = agentNamed('ada');
  const hour = 3_600_000;
  const mails = groupWithDefaults({ id: 'mails', name: 'Mails', members: [{ agentId: ada.id, level: 3 }] });
  const config = { ...defaultRoutingConfig, groups: [mails], defaultGroupId: 'mails' };
  const desk = await startDispatcher(t, { online: [ada], config });
  const { settled, ownerOf, dispatcher, agentsChanged, known } = desk;
  const mail = await desk.write('a', { on: otherChannelId });
  const chat = await desk.write('b');
  await settled();
  desk.online.splice(0);
  agentsChanged();
  await dispatcher.agentGone(ada.id);
  await settled();
  assert.deepEqual([await ownerOf(mail), await ownerOf(chat)], [ada.id, null]);

  desk.configure({ ...config, presence: { ...config.presence, staysWithAgent: [] } });
  await dispatcher.agentGone(ada.id);
  await settled();
  assert.equal(await ownerOf(mail), null);

  desk.configure({ ...config, groups: [{ ...mails, firstAnswerMs: hour }] });
  desk.online.push(ada);
  agentsChanged();
  await settled();
  desk.online.splice(0);
  agentsChanged();
  await dispatcher.agentGone(ada.id);
  await settled();
  assert.equal(await ownerOf(mail), ada.id);
  await desk.clock.advance(hour);
  await settled();
  assert.equal(await ownerOf(mail), null, 'nobody has answered it in time');

  const second = await desk.write('c', { on: otherChannelId });
  desk.online.push(ada);
  agentsChanged();
  await settled();
  desk.online.splice(0);
  agentsChanged();
  await dispatcher.agentGone(ada.id);
  await settled();
  assert.equal(await ownerOf(second), ada.id);
  known.set(ada.id, { ...ada, enabled: false });
  agentsChanged();
  await settled();
  assert.equal(await ownerOf(second), null, 'who may work no more keeps nothing');
  assert.deepEqual(desk.defects, []);
});

test('what an agent had answered who is cut off is kept for them a while longer, what they had not goes at once', async (t) => {
  const ada = agentNamed('ada');
  let isLost = true;
  const desk = await startDispatcher(t, { online: [ada], isLost: () => isLost });
  const answered = await desk.write('a');
  await desk.settled();
  await desk.answer(answered, ada);
  const fresh = await desk.write('b');
  await desk.settled();
  desk.online.splice(0);
  desk.agentsChanged();
  await desk.write('a');
  await desk.dispatcher.agentGone(ada.id);
  await desk.settled();
  assert.deepEqual([await desk.ownerOf(answered), await desk.ownerOf(fresh)], [ada.id, null]);
  isLost = false;
  await desk.dispatcher.agentGone(ada.id);
  await desk.settled();
  assert.equal(await desk.ownerOf(answered), null);
  assert.deepEqual(desk.defects, []);
});

test('who leaves gives back nothing that somebody else has taken meanwhile', async (t) => {
  const ada = agentNamed('ada');
  const bob = agentNamed('bob');
  let whileLooking: () => Promise<unknown> = async () => undefined;
  const { write, settled, ownerOf, online, agentsChanged, dispatcher, conversations } = await startDispatcher(t, {
    online: [ada],
    assignments: (store) => {
      const unanswered = async (id: string) => {
        const ids = await store.unanswered(id);
        await whileLooking();
        return ids;
      };
      return new Proxy(store, {
        get: (of, name) => (name === 'unanswered' ? unanswered : Reflect.get(of, name)),
      });
    },
  });
  const id = await write('a');
  await settled();
  online.splice(0);
  agentsChanged();
  whileLooking = () =>
    conversations.changeOwner({ conversationId: id, to: 'agent', assignee: bob, by: bob, why: 'assigned' });
  await dispatcher.agentGone(ada.id);
  assert.equal(await ownerOf(id), bob.id);
});

test('an agent who takes a conversation while it is being given to another has it, and it counts for them', async (t) => {
  const ada = agentNamed('ada');
  const bob = agentNamed('bob');
  const { write, settled, ownerOf, answer, online, agentsChanged, dispatcher } = await startDispatcher(t);
  const id = await write('a');
  online.push(ada);
  // In one batch: the answer stands before the decision.
  const answering = answer(id, bob);
  for (let i = 0; i < 10; i++) await Promise.resolve();
  agentsChanged();
  await answering;
  await settled();
  assert.equal(await ownerOf(id), bob.id);
  assert.deepEqual([dispatcher.loadOf(ada.id), dispatcher.loadOf(bob.id)], [0, 1]);
});

test('what left the queue does not count as waiting', async (t) => {
  const ada = agentNamed('ada');
  const { write, answer, dispatcher, clock } = await startDispatcher(t);
  await answer(await write('a'), ada);
  await clock.advance(60_000);
  assert.deepEqual(await dispatcher.stats(), { waiting: 0, oldestAgeMs: 0 });
});

test('a restart knows who waits and who holds what', async (t) => {
  const ada = agentNamed('ada', 2);
  const first = await startDispatcher(t, { online: [ada] });
  const ids = [await first.write('a'), await first.write('b'), await first.write('c')];
  await first.settled();
  first.dispatcher.stop();
  const second = await startDispatcher(t, { on: first.store, online: [ada] });
  await second.settled();
  assert.deepEqual([second.dispatcher.loadOf(ada.id), (await second.dispatcher.stats()).waiting], [2, 1]);
  await second.close(ids[0] ?? '');
  await second.settled();
  assert.equal(await second.ownerOf(ids[2] ?? ''), ada.id);
});

test('whatever happens, nobody holds more than their capacity by assignment, the loads are those of the store, and no look finds anything', async (t) => {
  const step = fc.record({
    what: fc.constantFrom('write', 'write', 'write', 'close', 'answer', 'come', 'go', 'gone', 'look'),
    who: fc.nat(2),
    which: fc.nat(5),
    wait: fc.boolean(),
  });
  await fc.assert(
    fc.asyncProperty(fc.array(step, { minLength: 5, maxLength: 30 }), async (script) => {
      const all = [agentNamed('ada', 1), agentNamed('bob', 2), agentNamed('cleo', 3)];
      const { write, settled, close, answer, online, agentsChanged, dispatcher, store, defects, counted } =
        await startDispatcher(t);
      const ids: string[] = [];
      const claims = new Set<string>();
      const underway: Promise<unknown>[] = [];
      for (const { what, who, which, wait } of script) {
        const agent = all[who] as OnlineAgent;
        const id = ids[which];
        if (what === 'write') ids.push(await write(`contact ${which}`));
        else if (what === 'come' && !online.includes(agent)) online.push(agent);
        else if (what === 'go' && online.includes(agent)) online.splice(online.indexOf(agent), 1);
        else if (what === 'gone') underway.push(dispatcher.agentGone(agent.id));
        else if (what === 'look') underway.push(dispatcher.lookAgain());
        else if (id !== undefined && what === 'close') underway.push(close(id).catch(() => undefined));
        else if (id !== undefined && what === 'answer') {
          claims.add(agent.id);
          underway.push(answer(id, agent).catch(() => undefined));
        }
        agentsChanged();
        if (wait) await settled();
      }
      await Promise.all(underway);
      await settled();
      for (const agent of all) {
        const { mine } = await store.conversations.counts(agent.id);
        assert.equal(dispatcher.loadOf(agent.id), mine, agent.name);
        // Who answers has it, whatever they hold: only what the dispatcher gives is bounded.
        if (!claims.has(agent.id)) assert.ok(mine <= agent.capacity, `${agent.name} holds ${mine}`);
      }
      await dispatcher.lookAgain();
      await dispatcher.lookAgain();
      const repairs = counted.filter((one) => one.startsWith('repaired '));
      assert.deepEqual([defects, repairs], [[], []], 'where all is told, looking again finds nothing');
      dispatcher.stop();
    }),
    { numRuns: 40 },
  );
});
