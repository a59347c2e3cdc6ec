import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Participant } from '@parley/sdk/protocol.ts';
import fc from 'fast-check';
import {
  type ChangedOwner,
  changeParticipants,
  isRefusal,
  maxParticipants,
  type ParticipantChange,
  remainingParticipants,
} from './participants.ts';

const agents = Array.from({ length: 13 }, (_, n) => `agent ${n}`);
const agentId = fc.constantFrom(...agents);
const kind = fc.constantFrom('invited' as const, 'joined' as const, 'listening' as const);
const change: fc.Arbitrary<ParticipantChange> = fc.oneof(
  {
    weight: 4,
    arbitrary: fc.tuple(agentId, kind, fc.option(fc.nat(9))).map(([id, how, until]) => enter(id, how, until)),
  },
  agentId.map((id) => ({ kind: 'accept' as const, agentId: id })),
  agentId.map((id) => ({ kind: 'decline' as const, agentId: id })),
  fc.tuple(agentId, fc.nat(9)).map(([id, askedUntil]) => ({ kind: 'miss' as const, agentId: id, askedUntil })),
  fc.tuple(agentId, fc.boolean()).map(([id, isAsked]) => ({ kind: 'end' as const, agentId: id, isAsked })),
);
const owner: fc.Arbitrary<ChangedOwner> = fc.oneof(
  { weight: 5, arbitrary: agentId.map((assigneeId) => ({ status: 'agent' as const, assigneeId })) },
  agentId.map((assigneeId) => ({ status: 'snoozed' as const, assigneeId })),
  fc.constantFrom({ status: 'queued' as const, assigneeId: null }, { status: 'closed' as const, assigneeId: null }),
);

function enter(id: string, how: Participant['kind'], until: number | null): ParticipantChange {
  const asked = until === null ? {} : { askedUntil: until };
  return { kind: 'enter', participant: { agentId: id, kind: how, byId: id, since: 0, ...asked } };
}

const must = (answer: ReturnType<typeof changeParticipants>): readonly Participant[] => {
  assert.ok(!isRefusal(answer), JSON.stringify(answer));
  return answer;
};

test('whatever happens in whichever order, nobody takes part twice or beside themselves, in a closed one nobody, and few', () => {
  fc.assert(
    fc.property(fc.array(fc.tuple(owner, change, fc.nat(12)), { maxLength: 40 }), (steps) => {
      let present: readonly Participant[] = [];
      for (const [has, next, at] of steps) {
        present = remainingParticipants(present, has);
        const answer = changeParticipants(present, next, has, at);
        if (!isRefusal(answer)) present = answer;
        const ids = present.map((each) => each.agentId);
        assert.equal(new Set(ids).size, ids.length);
        assert.ok(has.assigneeId === null || !ids.includes(has.assigneeId));
        assert.ok(has.status !== 'closed' || ids.length === 0);
        assert.ok(ids.length <= maxParticipants);
      }
    }),
    { numRuns: 500 },
  );
});

const held: ChangedOwner = { status: 'agent', assigneeId: 'owner' };

test('who is asked comes by saying yes in time, once', () => {
  const asked = must(changeParticipants([], enter('ben', 'invited', 5), held, 1));
  assert.deepEqual(must(changeParticipants(asked, { kind: 'accept', agentId: 'ben' }, held, 5)), [
    { agentId: 'ben', kind: 'invited', byId: 'ben', since: 5 },
  ]);
  assert.ok(isRefusal(changeParticipants(asked, { kind: 'accept', agentId: 'ben' }, held, 6)), 'too late');
  const came = must(changeParticipants(asked, { kind: 'accept', agentId: 'ben' }, held, 5));
  for (const late of ['accept', 'decline'] as const) {
    assert.ok(isRefusal(changeParticipants(came, { kind: late, agentId: 'ben' }, held, 5)), late);
  }
  assert.ok(isRefusal(changeParticipants(came, { kind: 'miss', agentId: 'ben', askedUntil: 5 }, held, 6)));
});

test('what ends an invitation does not end the next one, nor the part of who has come meanwhile', () => {
  const asked = must(changeParticipants([], enter('ben', 'invited', 5), held, 1));
  assert.ok(isRefusal(changeParticipants(asked, { kind: 'miss', agentId: 'ben', askedUntil: 4 }, held, 9)));
  const came = must(changeParticipants(asked, { kind: 'accept', agentId: 'ben' }, held, 5));
  assert.ok(isRefusal(changeParticipants(came, { kind: 'end', agentId: 'ben', isAsked: true }, held, 6)));
  assert.deepEqual(must(changeParticipants(came, { kind: 'end', agentId: 'ben', isAsked: false }, held, 6)), []);
});

test('who listens can join, and who is there is not asked', () => {
  const listens = must(changeParticipants([], enter('sue', 'listening', null), held, 1));
  assert.ok(isRefusal(changeParticipants(listens, enter('sue', 'listening', null), held, 1)));
  assert.ok(isRefusal(changeParticipants(listens, enter('sue', 'invited', 9), held, 1)));
  const joined = must(changeParticipants(listens, enter('sue', 'joined', null), held, 2));
  assert.deepEqual(
    joined.map((each) => each.kind),
    ['joined'],
  );
});
