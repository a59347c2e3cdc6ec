import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import type { InvitationEnd, Presence } from '@parley/sdk/protocol.ts';
import { ownLeases } from '../base/leases.ts';
import type { TestStore } from '../testing/test-store.ts';
import { agentNamed, type OnlineAgent, startDispatcher } from './dispatcher-fixture.ts';
import { createInvitations } from './invitations.ts';
import { defaultRoutingConfig } from './routing-config.ts';

const ada = agentNamed('ada', 1);
const ben = agentNamed('ben', 1);
const cleo = agentNamed('cleo');
const off = agentNamed('off');
const plain = (agent: OnlineAgent) => ({ ...agent, isSupervisor: false });
const supervisor = { ...agentNamed('sue'), isSupervisor: true };

/** Ada has a conversation; Ben and Cleo are there. */
async function startDesk(t: TestContext, on?: { store: TestStore; at: number }) {
  const desk = await startDispatcher(t, {
    online: [ada],
    config: { ...defaultRoutingConfig },
    ...(on === undefined ? {} : { on: on.store, at: on.at }),
  });
  const everybody = [ada, ben, cleo, off, supervisor];
  const counted: string[] = [];
  const shown: string[] = [];
  const invitations = createInvitations({
    conversations: desk.conversations,
    store: desk.store.participations,
    bus: desk.bus,
    agent: (id) => {
      const agent = everybody.find((one) => one.id === id);
      return agent && { ...agent, enabled: true };
    },
    presence: (id): Presence => (id === off.id ? 'offline' : 'online'),
    leases: ownLeases,
    clock: desk.clock,
    onInvitation: (outcome) => counted.push(outcome),
    onError: (error) => desk.defects.push(error),
  });
  t.after(invitations.stop);
  desk.bus.subscribe('team', ({ agentId, what }) => {
    const why: InvitationEnd | undefined = what.event === 'invitation.ended' ? what.data.why : undefined;
    shown.push(`${agentId.replace(/^0+/, '')}: ${why ?? what.event}`);
  });
  const participants = async (id: string) =>
    ((await desk.store.conversations.get(id))?.participants ?? []).map(
      ({ agentId, kind, askedUntil }) =>
        `${agentId.replace(/^0+/, '')} ${askedUntil === undefined ? kind : 'is asked'}`,
    );
  const entries = async (id: string) =>
    (await desk.store.conversations.messages(id, { limit: 100 })).flatMap((message) =>
      message.content.type === 'system' && message.content.event.startsWith('participant.')
        ? [`${message.private ? '' : 'public! '}${message.content.event.slice('participant.'.length)}`]
        : [],
    );
  return { ...desk, invitations, participants, entries, invitationsCounted: counted, shown };
}

async function startAsking(t: TestContext) {
  const desk = await startDesk(t);
  const id = await desk.write('a');
  await desk.settled();
  assert.equal(await desk.ownerOf(id), ada.id);
  const invite = (more: object = {}) =>
    desk.invitations.invite({ conversationId: id, by: plain(ada), agentId: ben.id, ...more });
  return { ...desk, id, invite };
}

test('a colleague who is asked comes, answers under their own name, and nothing of it counts against anybody’s capacity', async (t) => {
  const desk = await startAsking(t);
  const { id, invitations, participants, invite } = desk;
  const asked = await invite({ note: 'Do you know this kettle?' });
  assert.equal(asked.askedUntil, desk.clock.now() + 60_000);
  assert.deepEqual(await participants(id), ['ben is asked']);
  await invitations.accept(id, ben);
  assert.deepEqual(await participants(id), ['ben invited']);
  assert.deepEqual(desk.shown, ['ben: invitation.made', 'ben: accepted', 'ada: accepted']);
  await desk.answer(id, ben);
  assert.equal(await desk.ownerOf(id), ada.id, 'Ada has it still');
  const said = (await desk.store.conversations.messages(id, { limit: 100 })).at(-1);
  assert.deepEqual([said?.sender.name, said?.private], ['ben', false]);
  desk.online.push(ben);
  desk.agentsChanged();
  const other = await desk.write('b');
  await desk.settled();
  assert.equal(await desk.ownerOf(other), ben.id, 'Ben, who has room for one, gets one beside it');
  assert.deepEqual(await desk.entries(id), ['invited', 'came']);
  assert.deepEqual(desk.invitationsCounted, ['asked', 'accepted']);
  const note = (await desk.store.conversations.messages(id, { limit: 100 })).find(
    ({ content }) => content.type === 'system' && content.event === 'participant.invited',
  )?.content;
  assert.equal(note?.type === 'system' && note.data?.note, 'Do you know this kettle?');
});

test('who declines is out, and can be asked again', async (t) => {
  const { id, invitations, participants, invite, shown, entries } = await startAsking(t);
  await invite();
  await invitations.decline(id, ben);
  assert.deepEqual(await participants(id), []);
  await assert.rejects(invitations.accept(id, ben), { code: 'conflict' });
  await invite();
  assert.deepEqual(shown, ['ben: invitation.made', 'ben: declined', 'ada: declined', 'ben: invitation.made']);
  assert.deepEqual(await entries(id), ['invited', 'declined', 'invited']);
});

test('an invitation that nobody answers ends in time, also when whoever asked has died and another process goes on', async (t) => {
  const first = await startAsking(t);
  await first.invite({ timeoutMs: 20_000 });
  const store = await first.store.reopen();
  const { clock, invitations, participants, shown, entries } = await startDesk(t, { store, at: first.clock.now() });
  assert.deepEqual(await participants(first.id), ['ben is asked'], 'it outlives a restart');
  const ends = new AbortController();
  const running = invitations.run(ends.signal);
  const passes = async (ms: number) => {
    for (let passed = 0; passed < ms; passed += 250) {
      await clock.sleeping();
      await clock.advance(250);
    }
  };
  await passes(20_000);
  assert.deepEqual(await participants(first.id), ['ben is asked']);
  while ((await participants(first.id)).length > 0) await passes(250);
  assert.ok(clock.now() - first.clock.now() < 21_000);
  assert.deepEqual(shown, ['ben: missed', 'ada: missed']);
  assert.deepEqual(await entries(first.id), ['invited', 'missed']);
  await assert.rejects(invitations.accept(first.id, ben), { code: 'conflict' });
  ends.abort();
  await running;
});

test('of a yes and a time-out in the same moment one holds, and the other has no effect', async (t) => {
  const { id, invitations, invite, store, conversations, participants, entries } = await startAsking(t);
  const { askedUntil = 0 } = await invite();
  const content = { type: 'system' as const, event: 'participant.missed', text: 'missed' };
  const miss = { kind: 'miss' as const, agentId: ben.id, askedUntil };
  const both = await Promise.allSettled([
    invitations.accept(id, ben),
    conversations.recordForAgents({ conversationId: id, content, participants: miss }),
  ]);
  assert.equal(both.filter(({ status }) => status === 'fulfilled').length, 1);
  const came = both[0]?.status === 'fulfilled';
  assert.deepEqual(await participants(id), came ? ['ben invited'] : []);
  assert.deepEqual(await entries(id), ['invited', came ? 'came' : 'missed']);
  const stored = await store.rows('select agent_id, asked_until from participations');
  assert.deepEqual(stored, came ? [{ agent_id: ben.id, asked_until: null }] : []);
});

test('an invitation that cannot be names the field, and changes nothing', async (t) => {
  const { id, invite, store, write, settled, close } = await startAsking(t);
  const refused = async (more: object, expected: object) => {
    const before = await store.conversations.get(id);
    await assert.rejects(invite(more), expected);
    assert.deepEqual(await store.conversations.get(id), before);
  };
  const field = (message: RegExp) => ({ code: 'bad-request', field: 'agentId', message });
  await refused({ agentId: ada.id }, field(/yourself/));
  await refused({ agentId: off.id }, field(/offline/));
  await refused({ agentId: 'nobody' }, field(/no such agent/));
  await refused({ agentId: ada.id, by: supervisor }, field(/already/));
  await refused({ by: plain(cleo) }, { code: 'forbidden' });
  await invite();
  await refused({}, field(/being asked already/));
  const waits = await write('b');
  await settled();
  await assert.rejects(invite({ conversationId: waits, by: supervisor }), { code: 'conflict' });
  await close(id);
  await refused({}, { code: 'conversation-closed' });
  await assert.rejects(invite({ conversationId: '999' }), { code: 'not-found' });
});

test('who has it, who asked and supervisors end what they may, and everybody leaves as they like', async (t) => {
  const { id, invitations, invite, participants, entries, shown } = await startAsking(t);
  await invite();
  await assert.rejects(invitations.end(id, ben.id, plain(cleo)), { code: 'forbidden' });
  await invitations.end(id, ben.id, plain(ada));
  assert.deepEqual(shown.slice(1), ['ben: withdrawn', 'ada: withdrawn']);
  await invite();
  await invitations.accept(id, ben);
  await invite({ by: plain(ben), agentId: cleo.id });
  await invitations.accept(id, cleo);
  assert.deepEqual(await participants(id), ['ben invited', 'cleo invited']);
  await invitations.end(id, cleo.id, plain(ben));
  await invitations.end(id, ben.id, plain(ben));
  await assert.rejects(invitations.end(id, ben.id, plain(ben)), { code: 'not-found' });
  assert.deepEqual(await participants(id), []);
  assert.deepEqual((await entries(id)).slice(-2), ['removed', 'left']);
});

test('who gets the conversation takes part no longer beside themselves, and nobody does when it is closed', async (t) => {
  const { id, invitations, invite, participants, conversations, store, bus, shown, close } = await startAsking(t);
  await invite();
  await invitations.accept(id, ben);
  await invite({ agentId: cleo.id });
  await conversations.changeOwner({ conversationId: id, to: 'agent', assignee: ben, by: ada, why: 'assigned' });
  assert.deepEqual(await participants(id), ['cleo is asked']);
  // Told after the commit, when what screens show has been read.
  const cardGoes = new Promise<void>((resolve) => {
    bus.subscribe('team', () => shown.includes('cleo: withdrawn') && resolve());
  });
  await close(id);
  assert.deepEqual(await participants(id), []);
  assert.deepEqual(await store.rows('select * from participations'), []);
  await cardGoes;
  await assert.rejects(invitations.accept(id, cleo), { code: 'conflict' });
  await conversations.changeOwner({ conversationId: id, to: 'queued', assignee: null, why: 'reopened' });
  assert.deepEqual(await participants(id), [], 'reopened, it begins without them');
});
