import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { until } from '../../testing/running-program.ts';
import { channelId, openTestStore } from '../../testing/test-store.ts';
import { createKnowledgeGraph } from '../graph/knowledge-graph.ts';
import { threeLanguageGraph } from '../graph/shop-graph-fixture.ts';
import { startBots } from './bot-fixture.ts';
import { botReport } from './bot-report.ts';
import { shopRecognizer, shopSettings, trackFlow } from './dialogue-fixture.ts';
import { createGiveToBot } from './give-to-bot.ts';
import { createLanguageTeller } from './language-teller.ts';

const quiet = { ...shopSettings, texts: { en: { greeting: '' }, zh: { greeting: '' } } };

test('the bot answers in the conversations that it has, asks back, and hands over with a summary', async (t) => {
  const { write, give, settled, said, store, counted, defects } = await startBots(t);
  const id = await write('lin', '我要退款');
  await settled();
  assert.deepEqual(await said(id), ['contact: 我要退款'], 'it waits for people until it is given to the bot');
  await give(id);
  await settled();
  const [, , greeting, answer] = await said(id);
  assert.match(greeting ?? '', /^bot: 您好，我是智能助手/);
  assert.match(answer ?? '', /^bot: (退款需要三个工作日。|请问您想问的是哪一个？)/);
  await write('lin', '秦始皇统一了六国');
  await settled();
  await write('lin', '长城有多长');
  await settled();
  assert.equal((await said(id)).at(-1), 'conversation.handed-off');
  assert.equal((await said(id)).at(-2), 'bot: 请稍等，马上为您转接人工客服。');
  const conversation = await store.conversations.get(id);
  assert.deepEqual([conversation?.status, conversation?.assigneeId], ['queued', null]);
  const last = (await store.conversations.messages(id, { limit: 1, fromEnd: true }))[0];
  assert.ok(last?.private === true && last.content.type === 'system');
  assert.equal(last.content.data?.reason, 'not-understood');
  assert.equal(last.content.data?.language, 'zh');
  assert.match(last.content.data?.asked ?? '', /长城有多长/);
  assert.ok(counted.includes('handed off: not-understood'));
  const routing = JSON.parse((await store.assignments.routingOf(id)) ?? '{}');
  assert.equal(routing.bot.reason, 'not-understood');
  const [row] = await store.assignments.waitingRows([id]);
  assert.equal(routing.bot.queuedAt, row?.queuedAt, 'rules see that the bot had it');
  const decisions = await store.dialogues.decisions(id, { limit: 10 });
  assert.equal(decisions.length, 3);
  assert.deepEqual(defects, []);
});

test('the graph answers in the language that the customer or the question names, else in that of the settings, and asks nobody which', async (t) => {
  const settings = { ...shopSettings, language: 'fr', texts: { fr: { greeting: '' }, en: { greeting: '' } } };
  const graph = createKnowledgeGraph(threeLanguageGraph);
  const onError = (error: unknown) => assert.fail(String(error));
  const languages = createLanguageTeller({ spoken: async () => graph.languages, onError });
  const { write, give, settled, said, store } = await startBots(t, {
    settings,
    parts: { graph, languages },
  });
  const asked = async (contact: string, text: string) => {
    const id = await write(contact, text);
    await give(id);
    await settled();
    return { id, last: (await said(id)).at(-1) };
  };
  const unknown = await asked('nobody knows', 'Max price');
  await write('nobody knows', 'Aurora Max');
  await settled();
  assert.equal((await said(unknown.id)).at(-1), "bot: Max's price in fr");
  assert.equal((await asked('writes it', 'Aurora One price')).last, "bot: One's price in en");
  assert.equal((await asked('says it', 'Wo ist der Preis: Aurora One')).last, "bot: One's price in de");
  const { id, last } = await asked('known', 'Max price');
  assert.equal(last, 'bot: Which do you mean?');
  const head = await store.conversations.get(id);
  await store.conversations.patchContact(head?.contact.id ?? '', { attributes: { language: 'de' } }, 1);
  await write('known', 'Aurora Max');
  await settled();
  assert.equal((await said(id)).at(-1), "bot: Max's price in de");
});

test('an agent hands a conversation back with an instruction: the bot begins at once, and gives it back to them with it', async (t) => {
  const { write, takeOver, settled, said, first, agent, store, defects } = await startBots(t, { settings: quiet });
  const giving = createGiveToBot({
    conversations: first.conversations,
    routingOf: (id) => store.assignments.routingOf(id),
    flows: {
      current: {
        version: 1,
        document: { flows: [trackFlow, { ...trackFlow, id: 'off', enabled: false }] },
        publishedAt: 0,
      },
    },
    isOn: () => true,
  });
  const id = await write('lin', 'where is my parcel');
  const { ownerEpoch } = await takeOver(id);
  const content = { type: 'text' as const, text: 'Our assistant will look that up.' };
  await first.conversations.fromAgent({ author: agent, conversationId: id, clientId: 'a', content, private: false });
  const instruction = { conversationId: id, by: agent, flowId: 'track', note: 'Only the blue one', backToMe: true };
  await assert.rejects(giving.give({ ...instruction, flowId: 'off' }), /flowId: there is no such flow/);
  await assert.rejects(giving.give({ ...instruction, expectEpoch: ownerEpoch - 1 }), /owner|changed|meanwhile/i);
  await giving.give({ ...instruction, expectEpoch: ownerEpoch });
  await settled();
  assert.deepEqual((await said(id)).slice(-2), ['conversation.to-bot', 'bot: What is your order number?']);
  const [given] = (await store.conversations.messages(id, { limit: 2, fromEnd: true })) ?? [];
  assert.ok(given?.content.type === 'system');
  assert.deepEqual(
    [given.content.data?.note, given.content.data?.flow, given.private],
    ['Only the blue one', 'Track a parcel', true],
  );
  await write('lin', 'agent please');
  await settled();
  assert.equal((await said(id)).at(-1), 'conversation.handed-off');
  const last = (await store.conversations.messages(id, { limit: 1, fromEnd: true }))[0];
  assert.ok(last?.content.type === 'system');
  assert.deepEqual([last.content.data?.instruction, last.content.data?.instructedBy], ['Only the blue one', 'Ada']);
  const routing = JSON.parse((await store.assignments.routingOf(id)) ?? '{}');
  const [row] = await store.assignments.waitingRows([id]);
  assert.deepEqual([routing.forAgent, routing.queuedAt], [agent.id, row?.queuedAt]);
  assert.equal(routing.given, undefined, 'the instruction is over');
  assert.deepEqual(defects, []);
});

test('without a flow a conversation that was handed back waits for the customer, who then gets an answer', async (t) => {
  const { write, takeOver, settled, said, first, agent, store } = await startBots(t, { settings: quiet });
  const giving = createGiveToBot({
    conversations: first.conversations,
    routingOf: (id) => store.assignments.routingOf(id),
    flows: { current: { version: 1, document: { flows: [] }, publishedAt: 0 } },
    isOn: () => true,
  });
  const id = await write('lin', 'hello');
  await takeOver(id);
  const content = { type: 'text' as const, text: 'Done.' };
  await first.conversations.fromAgent({ author: agent, conversationId: id, clientId: 'a', content, private: false });
  await giving.give({ conversationId: id, by: agent, note: 'All is said', backToMe: false });
  await settled();
  assert.equal((await said(id)).at(-1), 'conversation.to-bot');
  await write('lin', 'how do i get a refund');
  await settled();
  assert.match((await said(id)).at(-1) ?? '', /^bot: /);
});

test('what is written in several messages before it answers is answered once', async (t) => {
  const { write, give, settled, said } = await startBots(t, { settings: quiet });
  const id = await write('lin', 'hello');
  await write('lin', 'how do i get a refund');
  await give(id);
  await settled();
  assert.equal((await said(id)).filter((each) => each.startsWith('bot:')).length, 1);
});

test('an answer that was being thought about when a person took over is dropped', async (t) => {
  const thinking = Promise.withResolvers<void>();
  const goOn = Promise.withResolvers<void>();
  const knowledge = {
    search: async () => {
      thinking.resolve();
      await goOn.promise;
      return [{ id: 'p', source: { kind: 'article' as const, id: 'a', title: 'T' }, text: 'Late.', score: 0.9 }];
    },
  };
  const { write, give, takeOver, settled, said } = await startBots(t, { parts: { knowledge }, settings: quiet });
  const id = await write('lin', 'something else');
  await give(id);
  await thinking.promise;
  await takeOver(id);
  goOn.resolve();
  await settled();
  assert.deepEqual((await said(id)).slice(-2), ['conversation.to-bot', 'conversation.assigned']);
});

test('an agent may hand a conversation back: the bot answers what comes from then on, and begins anew', async (t) => {
  const { write, give, takeOver, settled, said, first, agent } = await startBots(t, { settings: quiet });
  const id = await write('lin', 'how do i get a refund');
  await takeOver(id);
  const content = { type: 'text' as const, text: 'Let me see.' };
  await first.conversations.fromAgent({ author: agent, conversationId: id, clientId: 'a', content, private: false });
  await give(id);
  await settled();
  assert.equal((await said(id)).at(-1), 'conversation.to-bot', 'the agent spoke last: nothing is owed');
  await write('lin', 'how do i get a refund');
  await settled();
  assert.match((await said(id)).at(-1) ?? '', /^bot: /);
});

test('where nothing answers in time, or something breaks, a person gets the conversation and the customer is told', async (t) => {
  const { defects, ...slow } = await startBots(t, {
    parts: { knowledge: { search: () => new Promise(() => undefined) } },
    settings: { ...quiet, answerWithinMs: 1_000 },
  });
  const id = await slow.write('lin', 'something else');
  await slow.give(id);
  await slow.settled();
  assert.deepEqual((await slow.said(id)).slice(-2), [
    'bot: One moment please: a colleague will take over.',
    'conversation.handed-off',
  ]);
  assert.ok(slow.counted.includes('handed off: time-out'));
  assert.deepEqual(defects, []);
});

test('a bot that cannot keep what it decides gives the conversation to people after some tries', async (t) => {
  const { write, give, said, store, defects, clock } = await startBots(t, {
    dialogues: (dialogues) =>
      new Proxy(dialogues, {
        get: (target, name) => {
          const value: unknown = Reflect.get(target, name);
          if (name === 'decide') return async () => Promise.reject(new Error('broken'));
          return typeof value === 'function' ? value.bind(target) : value;
        },
      }),
  });
  const id = await write('lin', 'hello');
  await give(id);
  while ((await store.conversations.get(id))?.status === 'bot') await clock.advance(1_000);
  assert.equal((await said(id)).at(-1), 'conversation.handed-off');
  assert.equal(defects.length, 3);
});

test('what was decided when the process ended is done by the next one, and what was never looked at is answered', async (t) => {
  const store = await openTestStore();
  const first = await startBots(t, { on: store, settings: quiet });
  const id = await first.write('lin', 'how do i get a refund');
  // The decision is stored, and nothing of it is done.
  await store.breakInserts('messages', "new.sender_type = 'bot'");
  await first.give(id);
  while ((await store.dialogues.decisions(id, { limit: 1 })).length === 0) await first.clock.advance(1);
  await first.stop();
  await first.write('mei', 'hello');
  const other = await first.write('mei', 'how do i get a refund');
  await first.give(other);
  await store.mend();
  assert.equal((await first.said(id)).at(-1), 'conversation.to-bot');

  const second = await startBots(t, { on: store, settings: quiet });
  while (!(await second.said(other)).some((each) => each.startsWith('bot:'))) await second.settled();
  await second.settled();
  for (const each of [id, other]) {
    assert.equal((await second.said(each)).filter((line) => line.startsWith('bot:')).length, 1, each);
    assert.equal((await store.dialogues.decisions(each, { limit: 10 })).length, 1);
  }
});

test('a message of which nobody heard is found by the next look, and counted as a repair', async (t) => {
  const { write, give, settled, said, clock, counted, store } = await startBots(t, { settings: quiet });
  const id = await write('lin', 'how do i get a refund');
  await give(id);
  await settled();
  const before = (await said(id)).length;
  // Written by a process of which we hear nothing.
  const contactId = (await store.conversations.get(id))?.contact.id ?? '';
  await store.conversations.append([
    {
      ...{ target: { contactId, channelId, threadId: '' }, direction: 'in', senderType: 'contact', private: false },
      ...{ content: '{"type":"text","text":"hello"}', preview: 'hello', state: 'received', at: clock.now() },
    },
  ]);
  await settled();
  assert.equal((await said(id)).length, before + 1);
  await clock.advance(60_000);
  while ((await said(id)).length === before + 1) await settled();
  assert.ok(counted.includes('repaired'));
});

test('a conversation in which nobody wrote for long is closed, and one that is owed an answer is not', async (t) => {
  const { write, give, settled, clock, store } = await startBots(t, { settings: { ...quiet, closeAfterMs: 120_000 } });
  const id = await write('lin', 'how do i get a refund');
  await give(id);
  await settled();
  for (let minute = 0; minute < 4; minute++) {
    await clock.advance(60_000);
    await settled();
    await store.conversations.counts('');
  }
  while ((await store.conversations.get(id))?.status !== 'closed') await settled();
});

test('switched off, it gives what it has to people as soon as the customer writes', async (t) => {
  const { write, give, settled, said } = await startBots(t, { settings: { ...quiet, enabled: false } });
  const id = await write('lin', 'hello');
  await give(id);
  await settled();
  assert.equal((await said(id)).at(-1), 'conversation.handed-off');
});

test('two processes that both believe to lead say everything once, in order, and nothing after a person took over', async (t) => {
  const store = await openTestStore();
  const parts = {
    intents: shopRecognizer(),
    // Some thoughts take longer than others.
    knowledge: {
      search: async ({ text }: { text: string }) => {
        await new Promise((resolve) => setTimeout(resolve, text.length % 4));
        return [];
      },
    },
  };
  const settings = { ...quiet, handOff: { ...quiet.handOff, misses: 9, maxTurns: 50 } };
  const bots = await startBots(t, { on: store, processes: 2, parts, settings });
  const { processes, write, give, takeOver, settled, turns } = bots;
  const step = fc.tuple(
    fc.constantFrom('write', 'write', 'write', 'take-over', 'give', 'pause', 'human'),
    fc.constantFrom('a', 'b'),
    fc.integer({ min: 0, max: 1 }),
    fc.constantFrom('how do i get a refund', '包裹什么时候送到', 'x', 'when are you open', 'y y'),
  );
  let run = 0;
  await fc.assert(
    fc.asyncProperty(fc.array(step, { minLength: 3, maxLength: 14 }), async (steps) => {
      run += 1;
      const ids = new Map<string, string>();
      for (const [what, who, at, text] of steps) {
        const by = processes[at] as (typeof processes)[number];
        const contact = `${run} ${who}`;
        const id = ids.get(contact);
        if (what === 'write' || what === 'human' || id === undefined) {
          const written = await write(contact, what === 'human' ? '转人工' : text, by);
          if (id === undefined) await give(written, by);
          ids.set(contact, written);
        } else if (what === 'take-over') await takeOver(id, by).catch(() => undefined);
        else if (what === 'give') await give(id, by).catch(() => undefined);
        else await new Promise((resolve) => setTimeout(resolve, 2));
      }
      await settled();
      for (const id of ids.values()) {
        const lines = await turns(id);
        const isOwed = (await store.conversations.get(id))?.status === 'bot';
        checkTimeline(lines, isOwed);
        const decisions = await store.dialogues.decisions(id, { limit: 100 });
        assert.equal(new Set(decisions.map(({ epoch, seq }) => `${epoch} ${seq}`)).size, decisions.length);
      }
    }),
    { numRuns: 25 },
  );
  assert.deepEqual(bots.defects, []);
});

/** The bot speaks while it has it and not otherwise, at most once for each time that the customer wrote, and owes nothing at the end. */
function checkTimeline(lines: readonly string[], isOwed: boolean): void {
  let hasIt = false;
  let asked = 0;
  let spoken = 0;
  for (const line of lines) {
    if (line === 'conversation.to-bot') hasIt = true;
    else if (line.startsWith('conversation.')) hasIt = false;
    else if (line.startsWith('contact:')) asked += 1;
    else if (line.startsWith('bot:')) {
      assert.ok(hasIt, `it spoke without having it: ${lines.join(' | ')}`);
      spoken += 1;
      assert.ok(spoken <= asked, `it spoke more often than it was asked: ${lines.join(' | ')}`);
    }
  }
  const last = lines.findLast((line) => /^(contact|bot):/.test(line));
  if (isOwed && last?.startsWith('contact:')) {
    // The customer wrote while the answer to what was said before was on its way: that is answered as well.
    assert.fail(`it owes an answer: ${lines.join(' | ')}`);
  }
}

test('a customer says whether an answer helped; a no is never solved, unless a later answer helped', async (t) => {
  const bots = await startBots(t, { settings: { ...shopSettings, askIfHelped: true } });
  const { store, clock, first } = bots;
  const begun = clock.now();
  const rate = async (contact: string, score: number) => {
    const contactId = await store.conversations.ensureContact(
      channelId,
      { externalId: contact },
      { verified: false, at: 1 },
    );
    await first.conversations.fromVisitor({
      ...{ contactId, contactName: undefined, channelId, clientId: `${contact} rates ${clock.now()}` },
      content: { type: 'rating', scale: 2, score },
    });
    await bots.settled();
    await clock.advance(1);
  };
  const ids: string[] = [];
  for (const contact of ['silent', 'helped', 'unhelped', 'later']) {
    const id = await bots.write(contact, 'i want my money back');
    await bots.give(id);
    await bots.settled();
    ids.push(id);
  }
  const messages = await store.conversations.messages(ids[0] ?? '', { limit: 50 });
  assert.deepEqual(messages.at(-1)?.content, { type: 'rating', scale: 2, question: 'Did this help?' });
  await rate('helped', 2);
  for (const contact of ['unhelped', 'later']) await rate(contact, 1);
  await bots.write('later', 'how do i get a refund');
  await bots.settled();
  await rate('later', 2);
  await clock.advance(48 * 3_600_000);
  const sources = { store: store.dialogues, labels: store.labels, messages: store.conversations };
  const report = async (scores: ReadonlyMap<string, number>) => {
    const span = { from: begun, to: clock.now() };
    const { solved, confirmed, unhelped, ...rest } = await botReport({ ...sources, scores: async () => scores }, span);
    assert.deepEqual([rest.conversations, rest.helped], [4, { yes: 2, no: 2 }]);
    return { solved, confirmed, unhelped };
  };
  // Nobody knows of the silent one: not "no reply", but what they say afterwards confirms it.
  assert.deepEqual(await report(new Map()), { solved: 3, confirmed: 2, unhelped: 1 });
  const [silent = '', yes = '', no = ''] = ids;
  assert.deepEqual(await report(new Map([[silent, 4]])), { solved: 3, confirmed: 3, unhelped: 1 });
  const scores = { [silent]: 3, [yes]: 2, [no]: 5 };
  assert.deepEqual(await report(new Map(Object.entries(scores))), { solved: 3, confirmed: 2, unhelped: 1 });

  // An agent says of the answer to the silent one that it was about something else, and that one who was helped was understood.
  const by = { id: 'a', name: 'Ada' };
  const label = { seq: 1, intent: 'delivery', takenFor: 'refund', by, at: clock.now() };
  await store.labels.put({ ...label, conversationId: ids[0] ?? '' }, null);
  await store.labels.put({ ...label, conversationId: ids[1] ?? '', intent: 'refund' }, null);
  const span = { from: begun, to: clock.now() };
  const { answers } = await botReport({ ...sources, scores: async () => new Map() }, span);
  assert.deepEqual(answers, { given: 5, abstained: 0, right: 2, wrong: 3 });
  assert.deepEqual(
    bots.counted.filter((one) => one.startsWith('rated')),
    ['rated true', 'rated false', 'rated false', 'rated true'],
  );
  assert.deepEqual(bots.defects, []);
});

test('the report tells how long customers waited for an agent, whether the agent repeated the bot, and who came back', async (t) => {
  const sure = { ...quiet, thresholds: { ...quiet.thresholds, act: 0.5, margin: 0 } };
  const bots = await startBots(t, { settings: sure });
  const { store, clock, first, agent, settled, write, give, takeOver } = bots;
  const begun = clock.now();
  const answers = ['您好，退款需要三个工作日。', '这种情况我帮您联系仓库核实一下再回复。'];
  for (const [i, text] of answers.entries()) {
    const id = await write(`asks ${i}`, '我要退款');
    await give(id);
    await settled();
    await write(`asks ${i}`, '转人工');
    await settled();
    await clock.advance((i + 1) * 60_000);
    await takeOver(id);
    const content = { type: 'text' as const, text };
    await first.conversations.fromAgent({
      author: agent,
      conversationId: id,
      clientId: `a${i}`,
      content,
      private: false,
    });
  }
  // One that nobody has answered yet, one that the bot had alone, and one that it had alone twice.
  await give(await write('waits', 'a human please'));
  const alone = await write('alone', '我要退款');
  await give(alone);
  const twice = await write('twice', '我要退款');
  await give(twice);
  await settled();
  await first.conversations.changeOwner({ conversationId: twice, to: 'closed', why: 'bot-done' });
  await clock.advance(2 * 3_600_000);
  await first.conversations.changeOwner({ conversationId: twice, to: 'queued', why: 'reopened' });
  await write('twice', '我要退款');
  await give(twice);
  await settled();
  await clock.advance(5 * 24 * 3_600_000);
  const report = await botReport(
    { store: store.dialogues, labels: store.labels, messages: store.conversations, scores: async () => new Map() },
    { from: begun, to: clock.now() },
  );
  assert.deepEqual(report.afterHandOff, {
    ...{ looked: 3, answered: 2, hadAnswers: 2, repeatedBot: 1 },
    toHumanMs: { p50: 60_000, p95: 120_000, p99: 120_000 },
  });
  assert.deepEqual(report.within72h, { of: 5, repeated: 0, botAlone: 2, reopened: 1 });
  assert.deepEqual(bots.defects, []);
});

test('decisions are deleted when the settings say so, and what was known of a closed conversation with them', async (t) => {
  const lookAgainMs = 60_000;
  const settings = { ...quiet, closeAfterMs: null, keepDecisionsDays: 90 };
  const bots = await startBots(t, { settings, lookAgainMs });
  const { store, clock, first, settled, write, give } = bots;
  const [closed, open] = [await write('closed', '我要退款'), await write('open', '我要退款')];
  for (const id of [closed, open]) await give(id);
  await settled();
  await first.conversations.changeOwner({ conversationId: closed, to: 'closed', why: 'bot-done' });
  const decisionsOf = async (id: string) => (await store.dialogues.decisions(id, { limit: 10 })).length;
  const isKnown = async (id: string) => (await store.dialogues.subject(id))?.known != null;
  await clock.advance(89 * 24 * 3_600_000);
  await settled();
  assert.deepEqual([await decisionsOf(closed), await decisionsOf(open)], [1, 1]);
  await write('open', '我要退款');
  await settled();
  await clock.advance(2 * 24 * 3_600_000);
  await until(async () => (await decisionsOf(closed)) === 0);
  assert.equal(await decisionsOf(open), 1, 'a newer one stays');
  assert.deepEqual([await isKnown(closed), await isKnown(open)], [false, true]);
  assert.deepEqual(bots.defects, []);
});
