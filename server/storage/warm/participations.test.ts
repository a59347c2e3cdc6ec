import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Participant } from '@parley/sdk/protocol.ts';
import fc from 'fast-check';
import type { AppendItem } from '../../conversation/conversation-store.ts';
import type { ParticipantChange } from '../../conversation/participants.ts';
import { append, inbound, moved, openTestStore, reply } from '../../testing/test-store.ts';

const agents = ['ada', 'ben', 'cleo', 'dan'].map((name) => name.padStart(16, '0'));
const agentId = fc.constantFrom(...agents);

const change = (id: string, kind: ParticipantChange['kind'], isAsked: boolean): ParticipantChange => {
  const asked = isAsked ? { askedUntil: 9_000 } : {};
  if (kind === 'enter') {
    return { kind, participant: { agentId: id, kind: 'invited', byId: id, since: 1, ...asked } };
  }
  if (kind === 'end') return { kind, agentId: id, isAsked };
  return kind === 'miss' ? { kind, agentId: id, askedUntil: 9_000 } : { kind, agentId: id };
};

const step = fc.oneof(
  {
    weight: 4,
    arbitrary: fc.record({ of: fc.constant('change' as const), id: agentId, kind: kinds(), isAsked: fc.boolean() }),
  },
  fc.record({ of: fc.constant('owner' as const), id: agentId }),
  fc.record({ of: fc.constantFrom('close' as const, 'queue' as const) }),
);

function kinds() {
  return fc.constantFrom('enter' as const, 'accept' as const, 'decline' as const, 'miss' as const, 'end' as const);
}

test('whatever is changed at once, what is kept by agent is what the conversations say, and nobody stands beside themselves', async () => {
  const store = await openTestStore();
  let run = 0;
  await fc.assert(
    fc.asyncProperty(fc.array(fc.tuple(fc.nat(1), step), { maxLength: 30 }), async (steps) => {
      run += 1;
      const made = await append(store, inbound(`a${run}`), inbound(`b${run}`));
      const ids = made.map(({ conversationId }) => conversationId);
      // Each in a transaction of its own, none waiting for the others.
      const items = steps.map(([which, one]) => itemOf(ids[which] as string, one));
      await Promise.all(items.map((item) => store.conversations.append([item])));
      const kept = await store.rows('select agent_id, conversation_id, asked_until from participations');
      const said: string[] = [];
      for (const id of ids) {
        const { participants = [], assigneeId, status } = (await store.conversations.get(id)) ?? assert.fail();
        const [head] = await store.conversations.heads([id]);
        assert.deepEqual(head?.participants ?? [], participants);
        assert.ok(!participants.some((each) => each.agentId === assigneeId), 'beside themselves');
        assert.ok(status !== 'closed' || participants.length === 0, 'in a closed one');
        said.push(...participants.map((each: Participant) => `${each.agentId} ${id} ${each.askedUntil ?? null}`));
      }
      const here = kept.filter((row) => ids.includes(String(row.conversation_id)));
      assert.deepEqual(
        here.map((row) => `${row.agent_id} ${row.conversation_id} ${row.asked_until}`).toSorted(),
        said.toSorted(),
      );
    }),
    { numRuns: 40 },
  );
});

function itemOf(id: string, one: typeof step extends fc.Arbitrary<infer S> ? S : never): AppendItem {
  const target = { conversationId: id };
  if (one.of === 'change') {
    return {
      ...reply(id, { private: true, senderType: 'system' }),
      participants: change(one.id, one.kind, one.isAsked),
    };
  }
  if (one.of === 'owner') return moved(target, { to: 'agent', assigneeId: one.id });
  return moved(target, { to: one.of === 'close' ? 'closed' : 'queued', assigneeId: null });
}

test('invitations are found when their time is over, those first that are over longest', async () => {
  const store = await openTestStore();
  const [first] = await append(store, inbound('ann'));
  const id = first?.conversationId ?? '';
  for (const [name, askedUntil] of [
    ['ada', 30],
    ['ben', 10],
    ['cleo', 20],
  ] as const) {
    const participant = { agentId: name, kind: 'invited' as const, byId: 'dan', since: 1, askedUntil };
    await append(store, { ...reply(id, { private: true, at: 5 }), participants: { kind: 'enter', participant } });
  }
  const over = async (now: number) => (await store.participations.over(now, 10)).map((each) => each.agentId);
  assert.deepEqual([await over(10), await over(25), await over(31)], [[], ['ben', 'cleo'], ['ben', 'cleo', 'ada']]);
  assert.equal(await store.participations.nextEnd(), 10);
  assert.deepEqual(await store.participations.of('ada', 10), [id]);
  await append(store, { ...reply(id, { private: true, at: 9 }), participants: { kind: 'accept', agentId: 'ben' } });
  assert.equal(await store.participations.nextEnd(), 20);
});
