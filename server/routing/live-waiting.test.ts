import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { FormContent } from '@parley/sdk/protocol.ts';
import { groupWithDefaults, type RoutingConfig, type SkillGroup } from '@parley/sdk/routing-document.ts';
import { newId } from '../base/ids.ts';
import { ownLeases } from '../base/leases.ts';
import { openTestStore, otherChannelId } from '../testing/test-store.ts';
import { createAbandonment, visitorGraceMs } from './abandonment.ts';
import { createCallBacks, type LaterRequest } from './call-backs.ts';
import { agentNamed, startDispatcher } from './dispatcher-fixture.ts';
import { defaultRoutingConfig } from './routing-config.ts';
import type { WaitState } from './wait-store.ts';

const minuteMs = 60_000;
const ada = agentNamed('ada', 1);
type Desk = Awaited<ReturnType<typeof startDispatcher>>;

function configWith(groups: readonly (Partial<SkillGroup> & { id: string })[]): RoutingConfig {
  return {
    ...defaultRoutingConfig,
    defaultGroupId: groups[0]?.id ?? null,
    groups: groups.map((group) =>
      groupWithDefaults({ members: [{ agentId: ada.id, level: 3 }], name: group.id, ...group }),
    ),
  };
}

const queuedAtOf = async (desk: Desk, id: string) => (await desk.conversations.head(id)).queuedAt ?? 0;

/** Lets the agent serve so many who wait, each in so long: what is learned of the pace of the group. */
async function serve(desk: Desk, count: number, eachMs: number): Promise<void> {
  for (let i = 0; i < count; i++) await desk.write(`served ${i}`);
  desk.online.push(ada);
  desk.agentsChanged();
  for (let i = 0; i < count; i++) {
    await desk.settled();
    await desk.clock.advance(eachMs);
    const [held] = await desk.store.assignments.holdings([ada.id]);
    await desk.close(held?.id ?? '');
  }
  await desk.settled();
}

test('who waits is told the place, no wait before the pace is known, and then a range in whole minutes', async (t) => {
  const desk = await startDispatcher(t, { config: configWith([{ id: 'desk' }]) });
  const [first, second] = [await desk.write('a'), await desk.write('b')];
  await desk.settled();
  assert.deepEqual(desk.dispatcher.notices.of([second, first]), [
    { conversationId: second, position: 2, atLeast: false, estimate: null, movedOn: false, offers: [] },
    { conversationId: first, position: 1, atLeast: false, estimate: null, movedOn: false, offers: [] },
  ]);
  await desk.close(first);
  await desk.close(second);
  await serve(desk, 12, 2 * minuteMs);
  const busy = await desk.write('c');
  await desk.settled();
  assert.equal(await desk.ownerOf(busy), ada.id);
  const waits = await desk.write('d');
  await desk.settled();
  const [notice] = desk.dispatcher.notices.of([waits]);
  assert.equal(notice?.position, 1);
  const { lowMs = -1, highMs = -1 } = notice?.estimate ?? {};
  assert.ok(lowMs % minuteMs === 0 && highMs % minuteMs === 0, `${lowMs} to ${highMs}`);
  assert.ok(lowMs < 2 * minuteMs && highMs >= 2 * minuteMs, `${lowMs} to ${highMs}`);
  await desk.close(busy);
  await desk.settled();
  assert.deepEqual(desk.dispatcher.notices.of([waits]), [], 'an agent has it');
  assert.deepEqual(desk.defects, []);
});

test('what was told first is kept over a restart, and how the wait came out is counted once', async (t) => {
  const config = configWith([{ id: 'desk' }]);
  const desk = await startDispatcher(t, { config });
  const { id: agentId, name, capacity } = ada;
  await desk.store.agents.insert({
    ...{ id: agentId, name, capacity, email: name, role: 'agent', passwordHash: '', enabled: true, createdAt: 1 },
  });
  await serve(desk, 12, 2 * minuteMs);
  const busy = await desk.write('c');
  const waits = await desk.write('d');
  await desk.settled();
  const wait = { id: waits, queuedAt: await queuedAtOf(desk, waits) };
  await desk.store.waits.seen([wait], desk.clock.now());
  const [told] = desk.dispatcher.notices.of([waits]);
  assert.ok(told?.estimate);
  // Nobody waits for what was told to be kept.
  const kept = async () => (await desk.store.assignments.waitingRows([waits]))[0];
  let row = await kept();
  for (const deadline = Date.now() + 10_000; !row?.told && Date.now() < deadline; ) row = await kept();
  assert.deepEqual(row?.told, { ...told.estimate, at: desk.clock.now() });
  desk.dispatcher.stop();
  const next = await startDispatcher(t, { on: desk.store, config, online: [ada], at: desk.clock.now() });
  await next.clock.advance(told.estimate.highMs + minuteMs);
  await next.close(busy);
  await next.settled();
  assert.equal(await next.ownerOf(waits), ada.id);
  assert.deepEqual(
    next.counted.filter((each) => each.startsWith('told')),
    ['told in desk: later'],
  );
  const [decision] = await next.decisionsOf(waits);
  assert.deepEqual(JSON.parse(decision?.record ?? '{}').told.highMs, told.estimate.highMs);
  assert.deepEqual((await next.dispatcher.queues())[0]?.told, { of: 1, within: 0 });
});

test('a VIP comes before others as soon as somebody says so of the contact', async (t) => {
  const desk = await startDispatcher(t, { config: configWith([{ id: 'desk' }]) });
  const [first, second] = [await desk.write('a'), await desk.write('b')];
  await desk.settled();
  const places = () => desk.dispatcher.notices.of([first, second]).map(({ position }) => position);
  assert.deepEqual(places(), [1, 2]);
  const { contactId } = await desk.conversations.head(second);
  await desk.conversations.patchContact(contactId, { attributes: { vip: 'yes' } });
  await desk.settled();
  assert.deepEqual(places(), [2, 1]);
  desk.online.push(ada);
  desk.agentsChanged();
  await desk.settled();
  assert.equal(await desk.ownerOf(second), ada.id);
});

test('who is sent on to another group after a time is told so, and not to which', async (t) => {
  const overflow = [{ when: { afterMs: minuteMs }, to: { kind: 'group' as const, groupId: 'second' } }];
  const desk = await startDispatcher(t, { config: configWith([{ id: 'first', overflow }, { id: 'second' }]) });
  const id = await desk.write('a');
  await desk.settled();
  assert.equal(desk.dispatcher.notices.of([id])[0]?.movedOn, false);
  await desk.clock.advance(minuteMs);
  await desk.settled();
  assert.deepEqual(desk.dispatcher.notices.of([id]), [
    { conversationId: id, position: 1, atLeast: false, estimate: null, movedOn: true, offers: [] },
  ]);
});

test('a customer who has to wait elsewhere than before a window of ours is told once, where the group says so', async (t) => {
  const waitAnswer = { default: 'You are number {position}: {estimate}.', zh: '您排在第 {position} 位，{estimate}。' };
  const desk = await startDispatcher(t, { config: configWith([{ id: 'desk', waitAnswer }]) });
  const texts = async (id: string) =>
    (await desk.store.conversations.messages(id, { limit: 50 })).flatMap(({ content, direction }) =>
      content.type === 'text' && direction === 'out' ? content.text : [],
    );
  const mail = await desk.write('a', { on: otherChannelId });
  const chinese = await desk.write('b', { on: otherChannelId, attributes: { language: 'zh-CN' } });
  const web = await desk.write('c');
  await desk.settled();
  assert.deepEqual(await texts(mail), ['You are number 1: not known yet.']);
  assert.deepEqual(await texts(chinese), ['您排在第 2 位，暂时无法估计。']);
  assert.deepEqual(await texts(web), []);
  // Another reason to wait, and another process that decides: it was said.
  desk.online.push(ada);
  desk.agentsChanged();
  await desk.settled();
  desk.dispatcher.stop();
  const next = await startDispatcher(t, { on: desk.store, config: configWith([{ id: 'desk', waitAnswer }]) });
  await next.settled();
  assert.equal((await texts(chinese)).length, 1);
});

// ------------------------------------------------------------------------------------------------- instead of waiting

const form: FormContent = { type: 'form', title: 'Please call me back', fields: [], values: {} };
const offering = (kind: 'message-form' | 'call-back') =>
  configWith([{ id: 'desk', overflow: [{ when: { nobodyStaffed: true as const }, to: { kind } }] }]);

async function startCallBacks(t: Parameters<typeof startDispatcher>[0], config: RoutingConfig) {
  const desk = await startDispatcher(t, { config });
  const callBacks = createCallBacks({
    store: desk.store.callBacks,
    assignments: desk.store.assignments,
    conversations: desk.conversations,
    contact: (id) => desk.store.conversations.contact(id),
    onChange: () => undefined,
    closeOffer: (id, offer) => desk.dispatcher.notices.closeOffer(id, offer, 'chosen'),
    clock: desk.clock,
    newId,
    onError: (error) => desk.defects.push(error),
  });
  const ask = async (conversationId: string, more: Partial<LaterRequest>) => {
    const { contactId } = await desk.conversations.head(conversationId);
    const offer = 'call-back' as const;
    return callBacks.request({ conversationId, contactId, clientId: 'c1', offer, keepPlace: false, form, ...more });
  };
  return { desk, callBacks, ask };
}

test('a call-back that was offered is kept once, ends the waiting, and goes through the hands of agents', async (t) => {
  const { desk, callBacks, ask } = await startCallBacks(t, offering('call-back'));
  const id = await desk.write('a');
  await desk.settled();
  assert.deepEqual(desk.dispatcher.notices.of([id])[0]?.offers, ['call-back']);
  await assert.rejects(ask(id, {}), { code: 'bad-request', field: 'phone' });
  await assert.rejects(ask(id, { phone: 'soon' }), { code: 'bad-request', field: 'phone' });
  await assert.rejects(ask(id, { phone: '+49 30 123456', at: 5 }), { code: 'bad-request', field: 'at' });
  await assert.rejects(ask(id, { phone: '+49 30 123456', email: 'nobody' }), { code: 'bad-request', field: 'email' });
  await assert.rejects(ask(id, { offer: 'message-form', email: 'a@example.org', note: 'x' }), { code: 'conflict' });
  assert.deepEqual(await desk.store.callBacks.of(id), [], 'what was refused has changed nothing');
  const at = desk.clock.now() + 60 * minuteMs;
  const asked = await ask(id, { phone: ' +49 30  123456 ', name: 'Ann', at });
  assert.deepEqual(await ask(id, { phone: '+49 30 123456' }), asked, 'a repeat');
  await desk.settled();
  assert.equal((await desk.conversations.head(id)).status, 'closed');
  const { contactId } = await desk.conversations.head(id);
  const contact = await desk.store.conversations.contact(contactId);
  assert.deepEqual([contact?.name, contact?.phone], ['Ann', '+49 30 123456']);

  const by = { id: ada.id, name: 'ada', isSupervisor: false };
  const bob = { id: agentNamed('bob').id, name: 'bob', isSupervisor: false };
  await assert.rejects(callBacks.step(asked.id, { kind: 'done' }, by), { code: 'conflict' });
  assert.equal((await callBacks.step(asked.id, { kind: 'take' }, by)).state, 'taken');
  await assert.rejects(callBacks.step(asked.id, { kind: 'done' }, bob), { code: 'forbidden' });
  await callBacks.step(asked.id, { kind: 'take' }, { ...bob, isSupervisor: true });
  const missed = await callBacks.step(asked.id, { kind: 'no-answer' }, bob);
  assert.deepEqual([missed.state, missed.tries, missed.agentId], ['open', 1, null]);
  assert.ok(missed.dueAt > desk.clock.now());
  for (let i = 0; i < 2; i++) {
    await callBacks.step(asked.id, { kind: 'take' }, by);
    await callBacks.step(asked.id, { kind: 'no-answer' }, by);
  }
  assert.deepEqual((await desk.store.callBacks.get(asked.id))?.state, 'unreached');
  assert.deepEqual((await desk.store.callBacks.list('open', { limit: 10 })).items, []);
  assert.deepEqual(desk.defects, []);
});

test('of two agents who take a call-back at once one has it', async (t) => {
  const { desk, callBacks, ask } = await startCallBacks(t, offering('call-back'));
  const id = await desk.write('a');
  await desk.settled();
  const { id: callBackId } = await ask(id, { phone: '12345' });
  const takes = ['x', 'y'].map((name) =>
    callBacks.step(callBackId, { kind: 'take' }, { id: name, name, isSupervisor: false }).then(
      ({ agentId }) => agentId,
      () => 'refused',
    ),
  );
  const results = await Promise.all(takes);
  assert.equal(results.filter((each) => each !== 'refused').length, 1, String(results));
});

test('a message with an address is kept, and who keeps the place is offered it no more, also by who decides next', async (t) => {
  const config = offering('message-form');
  const { desk, ask } = await startCallBacks(t, config);
  const id = await desk.write('a');
  await desk.settled();
  const offer = 'message-form' as const;
  await assert.rejects(ask(id, { offer, note: 'where is it?' }), { code: 'bad-request', field: 'email' });
  await assert.rejects(ask(id, { offer, email: 'ann@example.org', note: ' ' }), { code: 'bad-request', field: 'note' });
  const kept = await ask(id, { offer, email: 'ann@example.org', note: 'where is it?', keepPlace: true });
  assert.deepEqual([kept.kind, kept.email, kept.state], ['message', 'ann@example.org', 'open']);
  await desk.settled();
  assert.deepEqual(desk.dispatcher.notices.of([id])[0]?.offers, []);
  desk.dispatcher.stop();
  const next = await startDispatcher(t, { on: desk.store, config, at: desk.clock.now() });
  await next.settled();
  assert.deepEqual(next.dispatcher.notices.of([id])[0]?.offers, []);
  assert.equal((await next.decisionsOf(id)).filter(({ kind }) => kind === 'overflow').length, 1, 'offered once');
});

// ---------------------------------------------------------------------------------------------------- who has left

function watchFor(desk: Desk, config: RoutingConfig) {
  const abandoned: { groupId: string; waitedMs: number }[] = [];
  const made = createAbandonment({
    waits: desk.store.waits,
    conversations: desk.conversations,
    config: () => config,
    clock: desk.clock,
    leases: ownLeases,
    onAbandoned: (of) => abandoned.push(of),
    onError: (error) => desk.defects.push(error),
  });
  const seen = async (id: string) =>
    desk.store.waits.seen([{ id, queuedAt: await queuedAtOf(desk, id) }], desk.clock.now());
  const pass = async (ms: number) => {
    await desk.clock.advance(ms);
    await made.look();
    await desk.settled();
  };
  const states = (id: string): Promise<WaitState[]> => desk.store.waits.states([id]);
  return { ...made, abandoned, seen, pass, states };
}

test('who leaves while waiting is noted once with how long they waited, keeps the place, and is back when they are', async (t) => {
  const config = configWith([{ id: 'desk' }]);
  const desk = await startDispatcher(t, { config });
  const watch = watchFor(desk, config);
  const [id, mail] = [await desk.write('a'), await desk.write('m', { on: otherChannelId })];
  const other = await desk.write('b');
  await desk.settled();
  await desk.clock.advance(5 * minuteMs);
  await watch.seen(id);
  await watch.seen(other);
  await watch.pass(visitorGraceMs / 2);
  await watch.seen(other);
  assert.deepEqual(watch.abandoned, [], 'a page that is loaded again is no end');
  await watch.pass(visitorGraceMs);
  await watch.seen(other);
  assert.deepEqual(
    watch.abandoned.map(({ groupId, waitedMs }) => [groupId, Math.round(waitedMs / minuteMs)]),
    [['desk', 5]],
  );
  const left = await desk.store.conversations.get(id);
  assert.equal(left?.status, 'queued');
  assert.ok(left?.abandonedAt !== undefined);
  const noted = (await desk.store.conversations.messages(id, { limit: 50 })).filter(
    ({ content }) => content.type === 'system' && content.event === 'customer.left',
  );
  assert.deepEqual(
    noted.map((entry) => entry.private),
    [true],
  );
  assert.equal((await desk.store.conversations.get(mail))?.abandonedAt, undefined);
  assert.deepEqual(
    desk.dispatcher.notices.of([id, other]).map(({ position }) => position),
    [1, 3],
  );

  await watch.seen(id);
  await watch.back(await watch.states(id));
  await desk.settled();
  assert.equal((await desk.store.conversations.get(id))?.abandonedAt, undefined);
  await watch.pass(visitorGraceMs * 2);
  assert.equal(watch.abandoned.filter(({ waitedMs }) => waitedMs < 6 * minuteMs).length, 1, 'once for each wait');
  assert.deepEqual(desk.defects, []);
});

test('where the group says so who has left stands behind those who are there, until they come back', async (t) => {
  const config = configWith([{ id: 'desk', whenLeft: 'behind' }]);
  const desk = await startDispatcher(t, { config });
  const watch = watchFor(desk, config);
  const [gone, here] = [await desk.write('a'), await desk.write('b')];
  await desk.settled();
  const places = () => desk.dispatcher.notices.of([gone, here]).map(({ position }) => position);
  await watch.seen(gone);
  await watch.pass(visitorGraceMs + 20_000);
  assert.deepEqual(places(), [2, 1]);
  await watch.back(await watch.states(gone));
  await desk.settled();
  assert.deepEqual(places(), [1, 2]);
});

test('where the group says so it is closed when they leave, and waits where it stood when they come back soon', async (t) => {
  const config = configWith([{ id: 'desk', whenLeft: 'leaves' }]);
  const desk = await startDispatcher(t, { config });
  const watch = watchFor(desk, config);
  const [gone, here] = [await desk.write('a'), await desk.write('b')];
  await desk.settled();
  await watch.seen(gone);
  await watch.pass(visitorGraceMs + 20_000);
  assert.equal((await desk.conversations.head(gone)).status, 'closed');
  await watch.back(await watch.states(gone));
  await desk.settled();
  assert.equal((await desk.conversations.head(gone)).status, 'queued');
  assert.deepEqual(
    desk.dispatcher.notices.of([gone, here]).map(({ position }) => position),
    [1, 2],
  );
  assert.deepEqual(desk.defects, []);
});

test('who was answered, has an agent, or was promised a call has not abandoned anything', async (t) => {
  const config = offering('call-back');
  const { desk, ask } = await startCallBacks(t, config);
  const watch = watchFor(desk, config);
  const [promised, answered] = [await desk.write('a'), await desk.write('b')];
  await desk.settled();
  await ask(promised, { phone: '12345', keepPlace: true });
  await watch.seen(promised);
  await watch.seen(answered);
  await desk.answer(answered, ada);
  await desk.conversations.changeOwner({ conversationId: answered, to: 'queued', why: 'given-back', by: ada });
  await desk.settled();
  await watch.pass(visitorGraceMs + 30_000);
  assert.deepEqual(watch.abandoned, []);
  assert.deepEqual(await desk.store.waits.unseen(desk.clock.now(), 10), [], 'and they are not looked at again');
});

test('a process that dies with its windows, and two that look at once, lose nobody and count nobody twice', async (t) => {
  const config = configWith([{ id: 'desk' }]);
  const store = await openTestStore();
  const desk = await startDispatcher(t, { config, on: store });
  const id = await desk.write('a');
  await desk.settled();
  const [one, two] = [watchFor(desk, config), watchFor(desk, config)];
  await one.seen(id);
  await desk.clock.advance(visitorGraceMs + 20_000);
  await Promise.all([one.look(), two.look()]);
  assert.deepEqual(desk.defects, []);
  assert.equal(one.abandoned.length + two.abandoned.length, 1);
  const entries = await store.conversations.messages(id, { limit: 50 });
  assert.equal(entries.filter(({ content }) => content.type === 'system').length, 1);
});
