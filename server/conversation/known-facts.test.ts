import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Content, Message } from '@parley/sdk/protocol.ts';
import fc from 'fast-check';
import { systemClock } from '../base/clock.ts';
import { append, inbound, openTestStore, otherChannelId, reply } from '../testing/test-store.ts';
import { createContexts } from './contexts.ts';
import { noFacts, withMessage } from './facts.ts';
import { createHotMessages } from './hot-messages.ts';

/** Finds order numbers, as the bot's entities do. */
const values = {
  find: (text: string) =>
    [...text.matchAll(/\b[A-Z]{2}\d{4,}\b/g)].map(([found]) => ({ type: 'order', text: found, value: found })),
};
const json = (content: Content) => JSON.stringify(content);
const textOf = (text: string) => json({ type: 'text', text });

async function openContexts() {
  const store = await openTestStore();
  const hot = createHotMessages({ clock: systemClock });
  const make = (over: Partial<Parameters<typeof createContexts>[0]> = {}) =>
    createContexts({ store: store.conversations, hot, epoch: 'e', now: () => 10_000, values, ...over });
  return { store, hot, make };
}

test('what was asked is open until it is answered, and the summary tells both in their own words', async () => {
  const { store, make } = await openContexts();
  const contexts = make();
  const [first] = await append(
    store,
    inbound('ann', { text: 'Hello! Where is my order KA10023? It should have come on Monday.' }),
  );
  const id = first?.conversationId as string;
  const known = async () => (await contexts.contextOf(id))?.known;
  assert.deepEqual(
    (await known())?.openQuestions.map(({ text }) => text),
    ['Where is my order KA10023?'],
  );
  await append(store, reply(id, { text: 'It is on its way. You get it tomorrow.' }));
  await append(store, inbound('ann', { text: 'Thanks' }));
  await append(store, inbound('ann', { text: '另外，发票怎么开' }));
  await append(store, reply(id, { text: 'ask her about the address', private: true }));
  const now = await known();
  assert.equal(now?.summary.firstQuestion?.text, 'Where is my order KA10023?');
  assert.deepEqual(
    now?.summary.exchanges.map(({ question, answer, by }) => [question.text, answer.text, by]),
    [['Where is my order KA10023?', 'It is on its way.', 'agent']],
  );
  assert.deepEqual(
    now?.openQuestions.map(({ text }) => text),
    ['另外，发票怎么开'],
    'thanks ask for nothing, and a note answers nothing',
  );
  assert.deepEqual(
    now?.entities.map(({ type, value }) => [type, value]),
    [['order', 'KA10023']],
  );
});

test('what the bot could not answer is open again when a person gets the conversation', async () => {
  const { store, make } = await openContexts();
  const contexts = make();
  const [first] = await append(store, inbound('ann', { text: 'Can I change the address?' }));
  const id = first?.conversationId as string;
  await append(store, reply(id, { senderType: 'bot', text: 'I did not understand that.' }));
  assert.deepEqual((await contexts.contextOf(id))?.known.openQuestions, []);
  const handed = json({ type: 'system', event: 'conversation.given-back', text: 'handed over' });
  await append(store, reply(id, { senderType: 'system', content: handed, private: true }));
  const { openQuestions, summary } = (await contexts.contextOf(id))?.known ?? {};
  assert.deepEqual(
    openQuestions?.map(({ text }) => text),
    ['Can I change the address?'],
  );
  assert.deepEqual(summary?.exchanges, []);
});

test('what is known carries over when the same contact writes on another channel', async () => {
  const { store, make } = await openContexts();
  const contexts = make();
  const [first] = await append(store, inbound('ann', { text: '我的订单 KA10023 什么时候发货？', at: 5_000 }));
  const contactId = first?.head.contactId as string;
  const [second] = await append(store, {
    ...inbound('ann', { text: '?', at: 6_000 }),
    target: { contactId, channelId: otherChannelId, threadId: '' },
  });
  assert.notEqual(second?.conversationId, first?.conversationId);
  const known = (await contexts.contextOf(second?.conversationId as string))?.known;
  assert.deepEqual(
    known?.entities.map(({ value, from }) => [value, from]),
    [['KA10023', first?.conversationId]],
  );
  assert.equal(known?.language, 'zh');
  assert.deepEqual(
    known?.former.map(({ conversationId, openQuestions }) => [conversationId, openQuestions]),
    [[first?.conversationId, ['我的订单 KA10023 什么时候发货？']]],
  );
  const [stranger] = await append(store, inbound('ben', { text: 'Hello?' }));
  const theirs = (await contexts.contextOf(stranger?.conversationId as string))?.known;
  assert.deepEqual([theirs?.entities, theirs?.former], [[], []], 'nothing of one contact reaches another');
});

test('an intent is told with how sure it is, and one that is likelier wrong is not', async () => {
  const { store, make } = await openContexts();
  const intents = {
    recognize: (text: string) => ({ intent: text.split(' ')[0] ?? '', confidence: Number(text.split(' ')[1]) }),
  };
  const [first] = await append(
    store,
    ...['refund 0.9', 'address 0.4', 'refund 0.7', 'delivery 0.8'].map((text) => inbound('ann', { text })),
  );
  const known = (await make({ intents }).contextOf(first?.conversationId as string))?.known;
  assert.deepEqual(
    known?.intents.map(({ intent, confidence }) => [intent, confidence]),
    [
      ['delivery', 0.8],
      ['refund', 0.7],
    ],
  );
});

test('a message of which an agent said which intent it had stands for itself, however unsure that was', async () => {
  const { store, make } = await openContexts();
  const intents = {
    recognize: (text: string) => ({ intent: text.split(' ')[0] ?? '', confidence: Number(text.split(' ')[1]) }),
  };
  const texts = ['refund 0.9', 'refund 0.3', 'refund 0.7', 'delivery 0.4'];
  const [first] = await append(store, ...texts.map((text) => inbound('ann', { text })));
  const said = { by: { id: 'a', name: 'Ada' }, at: 7 };
  const labels = async (id: string) => {
    assert.equal(id, first?.conversationId);
    return [
      { seq: 2, intent: null, ...said },
      { seq: 4, intent: 'delivery', ...said },
    ];
  };
  const known = (await make({ intents, labels }).contextOf(first?.conversationId as string))?.known;
  assert.deepEqual(
    known?.intents.map(({ seq, intent, label }) => [seq, intent, label]),
    [
      [4, 'delivery', { intent: 'delivery', ...said }],
      [3, 'refund', undefined],
      [2, 'refund', { intent: null, ...said }],
    ],
  );
});

test('facts that were taken further are those that are made anew, whatever was said, edited and recalled meanwhile', async () => {
  const { store, make } = await openContexts();
  const kept = make();
  const said = fc.oneof(
    fc
      .constantFrom('Where is KA12345?', '能退款吗', 'thanks', 'My order is KB77777.', '😀', 'I want a refund')
      .map((text) => ({
        do: 'ask' as const,
        text,
      })),
    fc.constantFrom('Done.', 'It comes tomorrow. Bye', '好的').map((text) => ({ do: 'answer' as const, text })),
    fc.constantFrom('I do not know').map((text) => ({ do: 'bot' as const, text })),
    fc.record({ do: fc.constantFrom('edit' as const, 'recall' as const), at: fc.nat({ max: 20 }) }),
    fc.constant({ do: 'hand' as const }),
  );
  let contact = 0;
  await fc.assert(
    fc.asyncProperty(fc.array(said, { minLength: 2, maxLength: 12 }), async (steps) => {
      contact += 1;
      const [first] = await append(store, inbound(`c${contact}`, { text: 'How long does it take?' }));
      const id = first?.conversationId as string;
      let last = 1;
      for (const step of steps) {
        if (step.do === 'edit' || step.do === 'recall') {
          const seq = 1 + (step.at % last);
          const change =
            step.do === 'edit' ? { edited: { content: textOf('May I send it back?'), at: 5 } } : { recalledAt: 5 };
          await store.conversations.changeMessage({ conversationId: id, seq, ...change });
        } else {
          const hand = json({ type: 'system', event: 'conversation.given-back', text: '' });
          const item = {
            ask: () => inbound(`c${contact}`, { text: 'text' in step ? step.text : '' }),
            answer: () => reply(id, { text: 'text' in step ? step.text : '' }),
            bot: () => reply(id, { senderType: 'bot' as const, text: 'text' in step ? step.text : '' }),
            hand: () => reply(id, { senderType: 'system' as const, content: hand, private: true }),
          }[step.do]();
          last = (await append(store, item))[0]?.seq ?? last;
        }
        const fresh = createContexts({
          store: store.conversations,
          hot: createHotMessages({ clock: systemClock }),
          ...{ epoch: 'e', now: () => 10_000, values },
        });
        assert.deepEqual((await kept.contextOf(id))?.known, (await fresh.contextOf(id))?.known);
      }
    }),
    { numRuns: process.env.PARLEY_TEST_STORE === 'mariadb' ? 6 : 25 },
  );
});

test('however many ask at once, and however long the conversation is, the store is read once, and at most 1,000 entries of it', async () => {
  const { store, make } = await openContexts();
  const [first] = await append(store, inbound('ann', { text: 'Where is KA10001?' }));
  const id = first?.conversationId as string;
  for (let from = 0; from < 1_400; from += 200) {
    await append(store, ...Array.from({ length: 200 }, (_, n) => inbound('ann', { text: `word ${from + n}` })));
  }
  await append(store, inbound('ann', { text: 'And when does KA10002 come?' }));
  let reads = 0;
  const counting = {
    ...Object.fromEntries(
      (['get', 'contact', 'changedSince', 'list'] as const).map((name) => [
        name,
        (...args: never[]) => (store.conversations[name] as (...all: never[]) => unknown)(...args),
      ]),
    ),
    messages: (...args: Parameters<typeof store.conversations.messages>) => {
      reads += 1;
      return store.conversations.messages(...args);
    },
  } as unknown as typeof store.conversations;
  const contexts = make({ store: counting });
  const all = await Promise.all(Array.from({ length: 20 }, () => contexts.contextOf(id)));
  assert.equal(reads, 6, 'the last messages, and five pages');
  assert.deepEqual(
    all[19]?.known.openQuestions.map(({ text }) => text),
    ['Where is KA10001?', 'And when does KA10002 come?'],
  );
  assert.ok(JSON.stringify(all[0]?.known).length < 3_000);
});

test('hostile text makes no facts, and is cut', () => {
  const message = (text: string): Message => ({
    ...{ id: '1', conversationId: '1', seq: 1, private: false, createdAt: 1 },
    ...{ direction: 'in', state: 'received', sender: { type: 'contact' }, content: { type: 'text', text } },
  });
  for (const text of ['', ' ', '😀😀😀', '?'.repeat(10_000), `${'а'.repeat(60_000)}?`, 'why '.repeat(15_000)]) {
    const facts = withMessage(noFacts, message(text), values);
    assert.ok(JSON.stringify(facts).length < 2_000, text.slice(0, 10));
  }
});
