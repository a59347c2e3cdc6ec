import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Message } from '@parley/sdk/protocol.ts';
import { systemClock } from '../../base/clock.ts';
import { ownLeases } from '../../base/leases.ts';
import type { KnowledgeSearch, Passage } from '../../bot/ports.ts';
import { createContexts } from '../../conversation/contexts.ts';
import { createEventBus } from '../../conversation/event-bus.ts';
import { createHotMessages } from '../../conversation/hot-messages.ts';
import { append, inbound, openTestStore, reply, type TestStore } from '../../testing/test-store.ts';
import { createAnswerMiner } from './answer-miner.ts';
import { createAnswersToGaps } from './answers-to-gaps.ts';
import { createPastAnswers } from './past-answers.ts';
import { type CannedReplies, createProposals } from './proposals.ts';
import { createSuggestions } from './suggestions.ts';

const ada = { id: '000000000agent-a', name: 'Ada', email: 'ada@parley.test' };
const ben = { id: '000000000agent-b', name: 'Ben', email: 'ben@parley.test' };

/** What one process of an installation has of the part. */
function startProcess(
  store: TestStore,
  { longestLook, ...over }: { knowledge?: KnowledgeSearch; canned?: CannedReplies; longestLook?: number } = {},
) {
  const errors: unknown[] = [];
  const onError = (error: unknown) => void errors.push(error);
  const bus = createEventBus(onError);
  const values = {
    find: (text: string) =>
      [...text.matchAll(/K[A-Z]\d{5,}/g)].map(([found]) => ({ type: 'order', text: found, value: found })),
  };
  const contexts = createContexts({
    ...{ store: store.conversations, hot: createHotMessages({ clock: systemClock }), epoch: 'e', values },
    now: () => 10_000,
  });
  const past = createPastAnswers({ store: store.suggestions, clock: systemClock, maxPairs: 100, onError });
  const miner = createAnswerMiner({
    ...{ store: store.suggestions, conversations: store.conversations, meta: store.meta, bus, clock: systemClock },
    ...{ leases: ownLeases, onKept: () => undefined, onRemoved: () => undefined, onError, settleMs: 0 },
    ...(longestLook === undefined ? {} : { longestLook }),
  });
  const deps = { contexts, past, store: store.suggestions, bus, clock: systemClock, onError };
  const suggestions = createSuggestions({ ...deps, ...over });
  const proposals = createProposals({ past, store: store.suggestions, canned: over.canned, now: () => 1 });
  const mine = async () => {
    const kept = await miner.mine();
    await past.refresh();
    return kept;
  };
  const suggest = async (id: string, draft = '', agent = ada, limit = 3) =>
    (await suggestions.suggest(id, { limit, draft, agent })) ?? [];
  /** The agent sends this; the screens and all others are told. */
  const send = async (id: string, text: string, agent = ada) => {
    const [stored] = await append(store, reply(id, { text, senderId: agent.id, senderName: agent.name }));
    const [message] = await store.conversations.messages(id, { limit: 1, fromEnd: true });
    bus.publish('message.created', {
      head: stored?.head as never,
      ...{ seq: stored?.seq ?? 0, previousPublicSeq: 0, messageJson: JSON.stringify(message) },
      ...{ private: false, direction: 'out', senderType: 'agent', origin: undefined },
    });
  };
  return { past, miner, suggestions, proposals, mine, suggest, send, errors, bus };
}

let people = 0;
/** A conversation of somebody new that begins with this. */
async function asks(store: TestStore, text: string): Promise<string> {
  people += 1;
  const [first] = await append(store, {
    ...inbound(`p${people}`, { text }),
    target: { contact: { externalId: `p${people}`, name: 'Zoe' }, channelId: '00000000channel1', threadId: '' },
  });
  return first?.conversationId as string;
}

async function talked(store: TestStore, question: string, answer: string, agent = ada): Promise<string> {
  const id = await asks(store, question);
  await append(store, reply(id, { text: answer, senderId: agent.id, senderName: agent.name }));
  return id;
}

async function counted(store: TestStore, source: string, times: number): Promise<void> {
  for (let left = 500; left > 0; left--) {
    const counts = await store.suggestions.countsOf([source], ['']);
    if (counts.reduce((sum, { shown }) => sum + shown, 0) >= times) return;
    await new Promise((done) => setTimeout(done, 5));
  }
  assert.fail(`${source} was not counted ${times} times`);
}

const returns = 'You can send it back within 30 days, free of charge.';
const shipping = 'It is shipped within two working days.';

test('what agents answered to something like it is recommended, in whichever language, with why', async () => {
  const store = await openTestStore();
  const { mine, suggest } = startProcess(store);
  await talked(store, 'How can I return my shoes?', returns);
  await talked(store, 'I want to return a shirt, how does it work?', `${returns}`);
  await talked(store, 'When is my order shipped?', shipping);
  await talked(store, '怎么退货？', '您可以在30天内免费退货。');
  assert.equal(await mine(), 4);
  const [best] = await suggest(await asks(store, 'how do i return these shoes'));
  assert.equal(best?.text, returns);
  assert.equal(best?.source.kind, 'past-answer');
  assert.ok(best !== undefined && best.score > 0.4 && best.score <= 1);
  assert.match(best?.why[0]?.text ?? '', /answered this/);
  const [chinese] = await suggest(await asks(store, '请问怎么退货'));
  assert.equal(chinese?.text, '您可以在30天内免费退货。');
  assert.deepEqual(await suggest(await asks(store, 'zzz qqq')), [], 'nothing is better than something wrong');
  assert.equal(await mine(), 0, 'each answer is kept once');
});

test('what an agent answers where the bot could not is kept with what was asked, and told of as such', async () => {
  const store = await openTestStore();
  const { mine, past } = startProcess(store);
  const bot = { senderType: 'bot', senderId: 'bot', senderName: 'Bot' } as const;
  const handedOver = async (question: string, answer: string) => {
    const id = await asks(store, question);
    await append(store, { ...reply(id, { text: 'A colleague takes over.' }), ...bot });
    await append(store, reply(id, { text: answer, senderId: ada.id, senderName: ada.name }));
    return { conversationId: id, seq: 1 };
  };
  const wrapped = 'Yes, for 3 euros. We write to zoe@mail.example.';
  const places = [
    await handedOver('Can you gift wrap my order?', wrapped),
    await handedOver('Is there a gift box?', wrapped),
    await handedOver('Could you wrap it?', 'No, we cannot.'),
  ];
  await talked(store, 'Do you have gift paper to wrap?', 'Gift paper lies at the till.');
  await mine();
  const answers = createAnswersToGaps(past).answersTo({ places, questions: ['Do you have gift paper?'] }, 3);
  assert.deepEqual(
    answers.map(({ text, times, isDirect }) => [text, times, isDirect]),
    [
      ['Yes, for 3 euros.', 2, true],
      ['No, we cannot.', 1, true],
      ['Gift paper lies at the till.', 1, false],
    ],
  );
});

test('nothing that tells of one customer reaches another; what is known of the present one is filled in', async () => {
  const store = await openTestStore();
  const { mine, suggest } = startProcess(store);
  const secret = 'Hi Zoe, your order KA100234 is on its way. We write to zoe@mail.example. It comes in three days.';
  await talked(store, 'Where is my order KA100234?', secret);
  await mine();
  const stored = JSON.stringify(await store.rows('select * from answer_pairs'));
  assert.doesNotMatch(stored, /KA100234|zoe@|Zoe/);
  const [other] = await suggest(await asks(store, 'Where is my order KB777777?'), '', ben);
  assert.equal(other?.text, 'Hi Zoe, your order KB777777 is on its way. It comes in three days.');
});

test('after our own last word nothing is recommended, but what fits what is being written', async () => {
  const store = await openTestStore();
  const { mine, suggest } = startProcess(store);
  await talked(store, 'How can I return my shoes?', returns);
  await talked(store, 'When is it shipped? I want to return it otherwise', shipping);
  await mine();
  const id = await talked(store, 'How can I return my shoes?', 'Hello!');
  assert.deepEqual(await suggest(id), []);
  const open = await asks(store, 'return shoes or shipped when?');
  const withDraft = await suggest(open, 'It is sh');
  assert.equal(withDraft[0]?.text, shipping, 'what begins as the agent does comes first');
});

test('erasing a contact removes what came from them, also from what is in memory here and elsewhere', async () => {
  const store = await openTestStore();
  const [here, there] = [startProcess(store), startProcess(store)];
  const id = await talked(store, 'How can I return my shoes?', returns);
  await here.mine();
  await there.past.refresh();
  const question = await asks(store, 'How can I return my shoes?');
  assert.equal((await there.suggest(question)).length, 1, 'a process follows what another one has kept');
  const contactId = (await store.conversations.get(id))?.contact.id as string;
  await store.archive.erase(contactId, { agentId: 'a', at: 1 });
  here.past.forget(contactId);
  await there.past.reload();
  for (const { suggest } of [here, there]) assert.deepEqual(await suggest(question), []);
  assert.deepEqual(await store.rows('select * from answer_pairs'), []);
  const pair = {
    ...{ conversationId: id, seq: 2, contactId, agentId: 'a', channelType: 'web' },
    language: null,
    at: 1,
  };
  await store.suggestions.addPairs([{ ...pair, question: 'late', answer: 'late' }]);
  assert.deepEqual(await store.rows('select * from answer_pairs'), [], 'and what comes too late is not kept');
});

test('an answer that was edited or recalled is recommended no more as it was', async () => {
  const store = await openTestStore();
  const { mine, suggest, bus, past } = startProcess(store);
  const id = await talked(store, 'How can I return my shoes?', 'You cannot, ever.');
  await mine();
  const content = JSON.stringify({ type: 'text', text: returns });
  const changed = await store.conversations.changeMessage({ conversationId: id, seq: 2, edited: { content, at: 5 } });
  const message = changed?.message as Message;
  const update = { ...{ conversationId: id, messageJson: JSON.stringify(message) }, private: false, changes: 1 };
  bus.publish('message.updated', update);
  const question = await asks(store, 'How can I return my shoes?');
  for (let left = 200; left > 0 && (await suggest(question))[0]?.text !== returns; left--) await past.reload();
  assert.deepEqual(
    (await suggest(question)).map(({ text }) => text),
    [returns],
  );
});

test('what is sent is noted by itself, once for each time that the customer waits: used, changed, or something else', async () => {
  const store = await openTestStore();
  const { mine, suggest, send, suggestions } = startProcess(store);
  await talked(store, 'How can I return my shoes?', returns);
  await mine();
  const sends = [
    { text: returns, used: 1, edited: 0 },
    { text: `${returns} Just use the label.`, used: 2, edited: 1 },
    { text: 'No idea, sorry about that.', used: 2, edited: 1 },
  ];
  for (const [index, { text, used, edited }] of sends.entries()) {
    const id = await asks(store, 'How can I return my shoes?');
    const [best] = await suggest(id);
    assert.ok(best);
    await send(id, text);
    await counted(store, best.id, index + 1);
    const [count] = await store.suggestions.countsOf([best.id], ['']);
    assert.deepEqual([count?.shown, count?.used, count?.edited], [index + 1, used, edited]);
    await send(id, text);
  }
  const id = await asks(store, 'How can I return my shoes?');
  const [best] = await suggest(id);
  const told = () => suggestions.used(id, best?.id ?? '', { agentId: ada.id, edited: false });
  assert.deepEqual([await told(), await told()], [true, false], 'told by hand it counts once, too');
  assert.equal(await suggestions.used(id, 'past-answer:made-up', { agentId: ada.id, edited: false }), false);
});

test('the knowledge base is asked, its words come before the same words of the past, and late or broken it holds nothing up', async () => {
  const store = await openTestStore();
  const source = { kind: 'canned-reply' as const, id: 'r1', title: 'Returns' };
  const passage: Passage = { id: 'r1', source, text: returns, score: 0.8 };
  const asked: Parameters<KnowledgeSearch['search']>[0][] = [];
  let search: KnowledgeSearch['search'] = async (query) => {
    asked.push(query);
    return [passage];
  };
  const { mine, suggest, errors } = startProcess(store, { knowledge: { search: (query) => search(query) } });
  await talked(store, 'How can I return my shoes?', returns);
  await mine();
  const id = await asks(store, 'How can I return my shoes?');
  assert.deepEqual(
    (await suggest(id)).map(({ source: from }) => from.kind),
    ['canned-reply'],
  );
  const { audience, agentId, channelType, language } = asked[0] ?? {};
  assert.deepEqual([audience, agentId, channelType, language], ['agent', ada.id, 'web', 'en']);
  search = async () => [
    {
      ...passage,
      id: 'r2',
      source: { ...source, id: 'r2' },
      text: 'Dear {{contact.name}}, {{contact.email|write to us}}.',
    },
    { ...passage, id: 'r3', source: { ...source, id: 'r3' }, text: 'Order {{order.id}} is out.' },
  ];
  assert.deepEqual(
    (await suggest(id)).map(({ text }) => text).toSorted(),
    ['Dear Zoe, write to us.', returns],
    'variables are filled in, and what has none is not sent with braces',
  );
  search = () => new Promise(() => undefined);
  const began = performance.now();
  assert.equal((await suggest(id))[0]?.source.kind, 'past-answer');
  assert.ok(performance.now() - began < 400);
  search = () => Promise.reject(new Error('broken'));
  assert.equal((await suggest(id))[0]?.source.kind, 'past-answer');
  assert.equal(errors.length, 1);
});

test('answers that recur are proposed as canned replies, unless there is one that says it, or somebody has decided', async () => {
  const store = await openTestStore();
  const created: unknown[] = [];
  const canned: CannedReplies = {
    texts: async () => [shipping],
    create: async (one, by) => {
      created.push([one, by.id]);
      return 'r9';
    },
  };
  const { mine, proposals } = startProcess(store, { canned });
  for (const item of ['shoes', 'shirt', 'hat']) {
    await talked(store, `How can I return my ${item}?`, returns, item === 'hat' ? ben : ada);
    await talked(store, `When is my ${item} shipped?`, shipping);
    await talked(store, `Is the ${item} in stock?`, 'Yes, there are some left in the shop, and more come on Monday.');
  }
  await talked(store, 'And the weather?', 'It rains all day, sadly.');
  await mine();
  const list = await proposals.list();
  assert.deepEqual(list.map(({ text, times, agents }) => [text, times, agents]).toSorted(), [
    ['Yes, there are some left in the shop, and more come on Monday.', 3, 1],
    [returns, 3, 2],
  ]);
  const first = list.find(({ text }) => text === returns);
  assert.equal(first?.examples.length, 3);
  const approved = await proposals.approve(first?.id ?? '', { title: 'Returns', text: `${returns} Bye!` }, ada);
  assert.equal(approved.cannedReplyId, 'r9');
  assert.deepEqual(created, [[{ title: 'Returns', text: `${returns} Bye!`, language: 'en' }, ada.id]]);
  const second = list.find(({ text }) => text !== returns);
  await proposals.dismiss(second?.id ?? '', ada.id);
  assert.deepEqual(await proposals.list(), []);
  await assert.rejects(proposals.approve('no-such', { title: 'x', text: 'y' }, ada), { code: 'not-found' });
});

test('memory is bounded: of more pairs than are kept the newest stay', async () => {
  const store = await openTestStore();
  const { past, mine, suggest } = startProcess(store);
  for (let n = 0; n < 60; n++) await talked(store, `What about topic${n} number?`, `Answer to topic${n} is here.`);
  await mine();
  for (let n = 60; n < 130; n++) await talked(store, `What about topic${n} number?`, `Answer to topic${n} is here.`);
  await mine();
  assert.equal(past.size, 100);
  const isKept = (n: number) => past.search([`topic${n}`], 1)[0]?.text === `Answer to topic${n} is here.`;
  assert.deepEqual([29, 30, 129].map(isKept), [false, true, true]);
  // The store has some that had to make room here: read again, they do not take it back.
  await past.reload();
  assert.deepEqual([past.size, ...[29, 30, 129].map(isKept)], [100, false, true, true]);
  assert.equal((await suggest(await asks(store, 'what about topic129')))[0]?.text, 'Answer to topic129 is here.');
  await store.suggestions.trimPairs(50);
  await past.reload();
  assert.equal(past.size, 50);
});

test('who looks through much that was said rests between the pages, and what is too far behind is left', async () => {
  const store = await openTestStore();
  const { miner, past } = startProcess(store);
  for (let n = 0; n < 260; n++) await talked(store, `What about topic${n} number?`, `Answer to topic${n} is here.`);
  const rests: number[] = [];
  const kept = await miner.mine(async (workedMs) => void rests.push(workedMs));
  assert.equal(kept, 260);
  assert.equal(rests.length, 1);
  assert.ok(rests.every((ms) => ms > 0));
  for (let n = 260; n < 300; n++) await talked(store, `What about topic${n} number?`, `Answer to topic${n} is here.`);
  const late = startProcess(store, { longestLook: 20 });
  assert.equal(await late.miner.mine(), 10);
  await past.refresh();
  assert.equal(past.search(['topic299'], 1)[0]?.text, 'Answer to topic299 is here.');
  assert.notEqual(past.search(['topic280'], 1)[0]?.text, 'Answer to topic280 is here.');
});
