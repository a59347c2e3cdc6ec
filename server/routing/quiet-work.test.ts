import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import type { CapacityRules } from '@parley/sdk/routing-document.ts';
import { otherChannelId } from '../testing/test-store.ts';
import { agentNamed, startDispatcher } from './dispatcher-fixture.ts';
import { defaultRoutingConfig } from './routing-config.ts';

const minuteMs = 60_000;
const ada = agentNamed('ada', 2);
const bob = agentNamed('bob', 2);
const quiet: CapacityRules = { quietAfterMs: 10 * minuteMs, quietPercent: 50, transferMargin: 0 };
const config = { ...defaultRoutingConfig, capacity: quiet };

async function startDesk(t: TestContext, options: Parameters<typeof startDispatcher>[1] = {}) {
  const desk = await startDispatcher(t, { online: [ada], config, ...options });
  const { store, clock, settled } = desk;
  const weights = async (...ids: string[]) => (await store.conversations.heads(ids)).map((head) => head?.loadWeight);
  /** Until whoever is quiet by then has been seen to be: it is looked each fourth of the time. */
  const later = async (ms: number) => {
    for (let passed = 0; passed < ms; passed += minuteMs / 2) {
      await clock.advance(minuteMs / 2);
      await settled();
    }
  };
  const arrives = async (contact: string, on?: string) => {
    const id = await desk.write(contact, on === undefined ? {} : { on });
    await settled();
    return id;
  };
  const total = async () => (await store.assignments.loads([ada.id]))[0];
  return { ...desk, weights, later, arrives, total };
}

test('who waits for quiet customers has room for another, and for no more when they write again', async (t) => {
  const desk = await startDesk(t);
  const [a, b, c] = [await desk.arrives('a'), await desk.arrives('b'), await desk.arrives('c')];
  await desk.answer(a, ada);
  await desk.answer(b, ada);
  await desk.later(9 * minuteMs);
  assert.deepEqual(await desk.weights(a, b, c), [100, 100, 100]);
  assert.equal(await desk.ownerOf(c), null);
  await desk.later(4 * minuteMs);
  assert.deepEqual(await desk.weights(a, b, c), [50, 50, 100]);
  assert.equal(await desk.ownerOf(c), ada.id, 'two quiet ones take the room of one');
  assert.deepEqual(await desk.total(), { agentId: ada.id, load: 3, units: 200 });

  assert.equal(await desk.arrives('a'), a);
  assert.deepEqual(await desk.weights(a), [100], 'in the transaction of the message');
  await desk.answer(c, ada);
  await desk.close(c);
  const d = await desk.arrives('d');
  assert.equal(await desk.ownerOf(d), null, '150 of 200, and it takes 100');
  await desk.answer(a, ada);
  await desk.later(13 * minuteMs);
  assert.equal(await desk.ownerOf(d), ada.id, 'quiet again');
  assert.deepEqual(
    desk.counted.filter((what) => what.startsWith('counts')),
    ['counts less', 'counts less', 'counts whole', 'counts less'],
  );
  assert.deepEqual(desk.defects, []);
});

test('only what is answered and where nothing has happened since counts less, and never a call', async (t) => {
  const roomy = agentNamed('ada', 10);
  const desk = await startDesk(t, {
    online: [roomy],
    config: { ...config, weights: {}, exclusive: ['email'], capacity: { ...quiet, quietPercent: 1 } },
  });
  const [unanswered, noted, quietOne] = [await desk.arrives('u'), await desk.arrives('n'), await desk.arrives('q')];
  for (const id of [noted, quietOne]) await desk.answer(id, roomy);
  const call = await desk.arrives('c', otherChannelId);
  await desk.answer(call, roomy);
  await desk.later(9 * minuteMs);
  await desk.conversations.fromAgent({
    author: roomy,
    conversationId: noted,
    clientId: 'note',
    content: { type: 'text', text: 'Looking it up.' },
    private: true,
  });
  await desk.later(4 * minuteMs);
  assert.deepEqual(await desk.weights(unanswered, noted, quietOne, call), [100, 100, 1, 100]);
  await desk.later(15 * minuteMs);
  assert.deepEqual(await desk.weights(unanswered, noted, quietOne, call), [100, 1, 1, 100]);
});

test('whoever gets a quiet conversation has the whole of it', async (t) => {
  const desk = await startDesk(t);
  const ids = [await desk.arrives('a'), await desk.arrives('b')];
  for (const id of ids) await desk.answer(id, ada);
  await desk.later(13 * minuteMs);
  assert.deepEqual(await desk.weights(...ids), [50, 50]);
  const [passed, put] = ids as [string, string];
  desk.known.set(bob.id, { ...bob, enabled: true });
  await desk.conversations.changeOwner({
    conversationId: passed,
    to: 'agent',
    assignee: bob,
    by: ada,
    why: 'assigned',
  });
  const until = desk.clock.now() + minuteMs;
  await desk.conversations.changeOwner({
    conversationId: put,
    to: 'snoozed',
    assignee: ada,
    until,
    by: ada,
    why: 'snoozed',
  });
  assert.deepEqual(await desk.weights(...ids), [100, 100]);
});

test('another configuration, and another process, let what counts less weigh as it says', async (t) => {
  const desk = await startDesk(t);
  await desk.store.agents.insert({
    ...{ ...ada, email: ada.name, role: 'agent', passwordHash: '', enabled: true, createdAt: 1 },
  });
  const ids = [await desk.arrives('a'), await desk.arrives('b')];
  for (const id of ids) await desk.answer(id, ada);
  await desk.later(13 * minuteMs);
  desk.configure({ ...config, capacity: { ...quiet, quietPercent: 20 } });
  await desk.settled();
  assert.deepEqual(await desk.weights(...ids), [20, 20]);
  assert.deepEqual(await desk.total(), { agentId: ada.id, load: 2, units: 40 });
  desk.dispatcher.stop();

  const off = await startDesk(t, { on: desk.store, at: desk.clock.now(), config: defaultRoutingConfig });
  await off.settled();
  assert.deepEqual(await desk.weights(...ids), [100, 100], 'it is switched off by now');
  const c = await off.arrives('c');
  assert.equal(await off.ownerOf(c), null, 'and the dispatcher knows it');
  off.configure(config);
  await off.later(minuteMs);
  assert.deepEqual(await desk.weights(...ids), [50, 50], 'quiet since long');
  assert.equal(await off.ownerOf(c), ada.id);
  assert.deepEqual([...desk.defects, ...off.defects], []);
});

test('a customer who writes just when it is to count less keeps it whole', async (t) => {
  let before: (() => Promise<unknown>) | undefined;
  let after: (() => Promise<unknown>) | undefined;
  const desk = await startDesk(t, {
    assignments: (store) => {
      const weigh = async (rows: Parameters<typeof store.weigh>[0]) => {
        await before?.();
        const changed = await store.weigh(rows);
        await after?.();
        return changed;
      };
      return new Proxy(store, { get: (of, key) => (key === 'weigh' ? weigh : Reflect.get(of, key).bind(of)) });
    },
  });
  const [a, b] = [await desk.arrives('a'), await desk.arrives('b')];
  const waiting = await desk.arrives('c');
  for (const id of [a, b]) await desk.answer(id, ada);
  const once = (contact: string, moment: 'before' | 'after') => async () => {
    if (moment === 'before') before = undefined;
    else after = undefined;
    await desk.write(contact);
  };
  before = once('a', 'before');
  after = once('b', 'after');
  await desk.later(13 * minuteMs);
  assert.deepEqual([before, after], [undefined, undefined], 'both have written');
  assert.deepEqual(await desk.weights(a, b), [100, 100]);
  assert.equal(await desk.ownerOf(waiting), null);
  // What the dispatcher believes is what is stored: with one of them closed there is room for one, not for two.
  await desk.close(a);
  await desk.settled();
  assert.equal(await desk.ownerOf(waiting), ada.id);
  assert.equal(await desk.ownerOf(await desk.arrives('d')), null);
  assert.deepEqual(desk.defects, []);
});
