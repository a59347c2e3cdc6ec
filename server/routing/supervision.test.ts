import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import { agentNamed, startDispatcher } from './dispatcher-fixture.ts';
import { wordsOfDecision } from './explain-stored.ts';
import { createSupervision } from './supervision.ts';

const ada = agentNamed('ada');
const sue = agentNamed('sue', 1);
const names = { agent: (id: string) => id.replace(/^0+/, ''), group: (id: string) => id };
const text = (words: string) => ({ type: 'text' as const, text: words });

async function startDesk(t: TestContext) {
  const desk = await startDispatcher(t, { online: [ada] });
  const deeds: string[] = [];
  const told: string[] = [];
  const supervision = createSupervision({
    conversations: desk.conversations,
    bus: desk.bus,
    agent: (id) => [ada, sue].map((one) => ({ ...one, enabled: true })).find((one) => one.id === id),
    clock: desk.clock,
    onDeed: (deed) => deeds.push(deed),
  });
  desk.bus.subscribe('team', ({ agentId, what }) => {
    if (what.event === 'conversation.taken-over') told.push(`${names.agent(agentId)}: stays ${what.data.stays}`);
  });
  const id = await desk.write('a');
  await desk.settled();
  assert.equal(await desk.ownerOf(id), ada.id);
  const participants = async () =>
    ((await desk.store.conversations.get(id))?.participants ?? []).map(
      ({ agentId, kind }) => `${names.agent(agentId)} ${kind}`,
    );
  const messages = (publicOnly = false) => desk.store.conversations.messages(id, { limit: 100, publicOnly });
  const eventsIn = async (publicOnly = false) =>
    (await messages(publicOnly)).flatMap(({ content }) => (content.type === 'system' ? [content.event] : []));
  const say = (author: typeof sue, isPrivate: boolean) =>
    desk.conversations.fromAgent({
      author,
      conversationId: id,
      clientId: `${author.id} ${isPrivate} ${desk.clock.now()}`,
      content: text('good day'),
      private: isPrivate,
    });
  return { ...desk, supervision, deeds, teamTold: told, id, participants, messages, eventsIn, say };
}

test('who listens cannot speak to the customer, but can leave a note; who joins can', async (t) => {
  const { supervision, id, participants, eventsIn, say, ownerOf } = await startDesk(t);
  await supervision.listen(id, sue);
  assert.deepEqual(await participants(), ['sue listening']);
  await assert.rejects(say(sue, false), { code: 'conflict', message: /You listen/ });
  await say(sue, true);
  await assert.rejects(supervision.listen(id, sue), { code: 'conflict' });
  await supervision.join(id, sue);
  assert.deepEqual(await participants(), ['sue joined']);
  await say(sue, false);
  assert.equal(await ownerOf(id), ada.id);
  assert.deepEqual((await eventsIn()).slice(-2), ['participant.listening', 'participant.joined']);
  assert.ok(!(await eventsIn(true)).some((event) => event.startsWith('participant.')), 'the contact sees none of it');
});

test('a whisper is stored once, marked, for agents alone: nothing waits to be delivered, and no contact is shown it', async (t) => {
  const { supervision, id, messages, store, deeds, write, settled, close } = await startDesk(t);
  const whisper = { conversationId: id, by: sue, clientId: 'whisper 1', text: 'Offer a discount.' };
  const first = await supervision.whisper(whisper);
  const again = await supervision.whisper(whisper);
  assert.deepEqual([first.duplicate, again.duplicate, again.seq], [false, true, first.seq]);
  const said = (await messages()).at(-1);
  assert.deepEqual([said?.whisper, said?.private, said?.content], [true, true, text('Offer a discount.')]);
  assert.deepEqual(JSON.parse(first.messageJson), said);
  assert.ok(!JSON.stringify(await messages(true)).includes('discount'));
  assert.deepEqual(await store.rows('select * from outbox'), []);
  const shown = await store.conversations.get(id);
  assert.notEqual(shown?.lastMessage?.preview, 'Offer a discount.');
  assert.deepEqual(deeds, ['whisper']);
  const waits = await write('b');
  await settled();
  await close(waits);
  await assert.rejects(supervision.whisper({ ...whisper, conversationId: waits }), { code: 'conversation-closed' });
});

test('what is marked as a whisper and not private, or has to be delivered, is refused by the store itself', async (t) => {
  const { id, store, messages } = await startDesk(t);
  const item = {
    target: { conversationId: id },
    direction: 'out',
    senderType: 'agent',
    senderId: sue.id,
    content: JSON.stringify(text('secret')),
    state: 'queued',
    at: 5_000,
    whisper: true,
  } as const;
  const results = await store.conversations.append([
    { ...item, private: false },
    { ...item, private: true, deliver: true },
  ]);
  assert.deepEqual(
    results.map((result) => result.kind === 'refused' && result.code),
    ['bad-request', 'bad-request'],
  );
  assert.ok(!JSON.stringify(await messages()).includes('secret'));
  assert.deepEqual(await store.rows('select * from outbox'), []);
});

test('a whisper that nobody would hear is refused', async (t) => {
  const { supervision, id, conversations } = await startDesk(t);
  await conversations.changeOwner({ conversationId: id, to: 'agent', assignee: sue, by: sue, why: 'assigned' });
  const whisper = { conversationId: id, by: sue, clientId: 'w1', text: 'Hello?' };
  await assert.rejects(supervision.whisper(whisper), { code: 'conflict' });
});

test('a supervisor who takes over has it at once; the former owner is told, stays where that was chosen, and it is recorded', async (t) => {
  const { supervision, id, ownerOf, participants, teamTold, deeds, decisionsOf, eventsIn } = await startDesk(t);
  await supervision.listen(id, sue);
  const head = await supervision.takeOver({ conversationId: id, by: sue, formerStays: true });
  assert.deepEqual([head.assigneeId, await ownerOf(id)], [sue.id, sue.id]);
  assert.deepEqual(await participants(), ['ada joined'], 'Sue listens no longer to what is hers');
  assert.deepEqual(teamTold, ['ada: stays true']);
  assert.deepEqual(deeds, ['listen', 'take-over']);
  const [decision] = await decisionsOf(id);
  assert.equal(decision && wordsOfDecision(decision, names)[0]?.text, 'sue took it over from ada.');
  assert.deepEqual((await eventsIn()).slice(-2), ['conversation.assigned', 'conversation.taken-over']);
  assert.ok(!(await eventsIn(true)).includes('conversation.taken-over'));
  await assert.rejects(supervision.takeOver({ conversationId: id, by: sue }), { code: 'conflict' });
});

test('who is full takes over only when they say so, and only then it is recorded as going over', async (t) => {
  const { supervision, id, ownerOf, conversations, write, settled, decisionsOf, deeds } = await startDesk(t);
  const own = await write('b');
  await settled();
  const take = { conversationId: id, by: sue };
  await conversations.changeOwner({ conversationId: own, to: 'agent', assignee: sue, by: sue, why: 'assigned' });
  await assert.rejects(supervision.takeOver(take), { code: 'capacity-reached' });
  assert.equal(await ownerOf(id), ada.id);
  await supervision.takeOver({ ...take, override: true });
  assert.equal(await ownerOf(id), sue.id);
  const [over] = await decisionsOf(id);
  assert.match(over?.record ?? '', /"overridden":"full"/);
  assert.equal(over && wordsOfDecision(over, names)[0]?.text, 'sue took it over from ada, whatever they had already.');
  assert.deepEqual(deeds, ['take-over-full']);
});

test('of a take-over and somebody who was faster one holds, and the other changes nothing', async (t) => {
  const { supervision, id, ownerOf, conversations, decisionsOf, participants } = await startDesk(t);
  const { ownerEpoch } = await conversations.head(id);
  const before = (await decisionsOf(id)).length;
  const both = await Promise.allSettled([
    conversations.changeOwner({
      conversationId: id,
      to: 'queued',
      assignee: null,
      expectEpoch: ownerEpoch,
      why: 'given-back',
    }),
    supervision.takeOver({ conversationId: id, by: sue, expectEpoch: ownerEpoch, formerStays: true }),
  ]);
  const [gaveBack, took] = both.map(({ status }) => status === 'fulfilled');
  assert.notEqual(gaveBack, took);
  assert.equal((await decisionsOf(id)).length, before + 1);
  if (took) assert.equal(await ownerOf(id), sue.id);
  else assert.deepEqual(await participants(), []);
  await assert.rejects(supervision.takeOver({ conversationId: id, by: sue, expectEpoch: ownerEpoch }), {
    code: 'conflict',
  });
});

test('what somebody has snoozed can be taken over, too, and is not beside itself with who snoozed it', async (t) => {
  const { supervision, id, ownerOf, conversations, participants } = await startDesk(t);
  await conversations.changeOwner({ conversationId: id, to: 'snoozed', until: 9e12, by: ada, why: 'snoozed' });
  await supervision.listen(id, sue);
  await supervision.takeOver({ conversationId: id, by: sue, formerStays: true });
  assert.deepEqual([await ownerOf(id), await participants()], [sue.id, ['ada joined']]);
});
