import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { systemClock } from '../base/clock.ts';
import { append, channelId, inbound, openTestStore, reply } from '../testing/test-store.ts';
import { createContexts } from './contexts.ts';
import { createHotMessages } from './hot-messages.ts';

const write = fc.oneof(
  fc.constant({ do: 'in' } as const),
  fc.record({ do: fc.constant('out' as const), private: fc.boolean() }),
  fc.record({ do: fc.constant('deliver' as const), to: fc.constantFrom('sent', 'failed', 'later') }),
  fc.record({ do: fc.constant('resend' as const), of: fc.nat(60) }),
  fc.record({ do: fc.constant('recall' as const), of: fc.nat(60) }),
  fc.record({ do: fc.constant('edit' as const), of: fc.nat(60) }),
  fc.record({ do: fc.constant('read' as const), of: fc.nat(60) }),
);

test('whatever is written, the last messages and the context are as the store has them at once', async () => {
  const store = await openTestStore();
  const { conversations, outbox } = store;
  const hot = createHotMessages({ clock: systemClock });
  const contexts = createContexts({ store: conversations, hot, epoch: 'e' });
  let run = 0;
  let checks = 0;
  await fc.assert(
    fc.asyncProperty(fc.array(write, { maxLength: 25 }), fc.nat(60), async (writes, already) => {
      run += 1;
      const contact = `c${run}`;
      const [first] = await append(store, ...Array.from({ length: already + 1 }, () => inbound(contact)));
      const id = first?.conversationId as string;
      for (const one of [undefined, ...writes]) {
        const seq = one !== undefined && 'of' in one ? (one.of % (already + 1)) + 1 : 0;
        if (one?.do === 'in') await append(store, inbound(contact));
        else if (one?.do === 'out') await append(store, reply(id, { private: one.private, deliver: !one.private }));
        else if (one?.do === 'deliver') {
          const [delivery] = (await outbox.due(channelId, 1e15, 1)).deliveries;
          if (delivery !== undefined) {
            await outbox.begin(delivery.id, delivery.attempts);
            await outbox.finish(
              delivery,
              one.to === 'sent'
                ? { kind: 'sent', externalId: `s${Math.random()}` }
                : one.to === 'failed'
                  ? { kind: 'failed', reason: 'no' }
                  : { kind: 'later', at: 1, reason: 'busy' },
              1e15,
            );
          }
        } else if (one?.do === 'resend') await outbox.resend(id, seq, 1);
        else if (one?.do === 'recall') await conversations.changeMessage({ conversationId: id, seq, recalledAt: 5 });
        else if (one?.do === 'edit') {
          const content = JSON.stringify({ type: 'text', text: `${Math.random()}` });
          await conversations.changeMessage({ conversationId: id, seq, edited: { content, at: 5 } });
        } else if (one?.do === 'read') await conversations.markRead(id, 'contact', seq, 5);

        checks += 1;
        const newest = await conversations.messages(id, { limit: 50, fromEnd: true });
        assert.deepEqual((await contexts.contextOf(id))?.messages, newest);
        for (const publicOnly of [false, true]) {
          const page = await contexts.newest(id, { limit: 7, publicOnly });
          if (page !== undefined) {
            assert.deepEqual(page, await conversations.messages(id, { limit: 7, fromEnd: true, publicOnly }));
          }
        }
      }
    }),
    { numRuns: process.env.PARLEY_TEST_STORE === 'mariadb' ? 6 : 20 },
  );
  // The first of three readers may rebuild; the two after it find what it left.
  assert.ok(hot.stats.hits >= 2 * checks, `${hot.stats.hits} reads of ${3 * checks} were answered from what lay there`);
});

test('a context has the conversation, its contact and what was said last; nobody has none', async () => {
  const store = await openTestStore();
  const contexts = createContexts({
    store: store.conversations,
    hot: createHotMessages({ clock: systemClock }),
    epoch: 'e',
  });
  const [first] = await append(store, inbound('ann'), inbound('ann', { text: 'are you there?' }));
  const context = await contexts.contextOf(first?.conversationId as string);
  assert.equal(context?.conversation.lastSeq, 2);
  assert.equal(context.contact.identities[0]?.externalId, 'ann');
  assert.deepEqual(
    context.messages.map(({ seq }) => seq),
    [1, 2],
  );
  await store.conversations.patchContact(context.contact.id, { name: 'Ann' }, 9);
  assert.equal((await contexts.contextOf(first?.conversationId as string))?.contact.name, 'Ann');
  assert.equal(await contexts.contextOf('999'), undefined);
  assert.equal(await contexts.newest('999', { limit: 5, publicOnly: false }), undefined);
});
