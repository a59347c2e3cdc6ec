import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import type { Message } from './protocol.ts';
import type { Timeline } from './timeline.ts';
import { applyCreated, applyOlder, applyRead, applySync, applyUpdated, emptyTimeline } from './timeline.ts';

function message(seq: number, more: Partial<Message> = {}): Message {
  return {
    id: `c.${seq}`,
    conversationId: 'c',
    seq,
    direction: 'out',
    sender: { type: 'bot' },
    content: { type: 'text', text: `${seq}` },
    private: false,
    state: 'sent',
    createdAt: 0,
    ...more,
  };
}
const loaded: Timeline = { ...emptyTimeline, loaded: true };
const seqsOf = (timeline: Timeline) => timeline.messages.map(({ seq }) => seq);

/** Which entries of a conversation a reader may see, and the order (with repeats and omissions) in which events come. */
const traffic = fc.record({
  visible: fc.array(fc.boolean(), { minLength: 1, maxLength: 20 }),
  arrivals: fc.array(fc.nat({ max: 19 }), { maxLength: 60 }),
});

test('whatever events come in whatever order, what is held is an unbroken run of what the reader may see', () => {
  fc.assert(
    fc.property(traffic, ({ visible, arrivals }) => {
      const seqs = visible.flatMap((shown, index) => (shown ? [index + 1] : []));
      let timeline = loaded;
      for (const arrival of arrivals) {
        const index = arrival % Math.max(seqs.length, 1);
        const seq = seqs[index];
        if (seq === undefined) continue;
        const step = applyCreated(timeline, { message: message(seq), prev: seqs[index - 1] ?? 0 });
        const held = timeline.messages.length;
        assert.equal(step.outcome, index < held ? 'repeat' : index === held ? 'applied' : 'gap');
        if (step.outcome !== 'applied') assert.equal(step.timeline, timeline, 'nothing changed: the same value');
        timeline = step.timeline;
        assert.deepEqual(seqsOf(timeline), seqs.slice(0, timeline.messages.length));
      }
    }),
  );
});

test('changes are applied once each and in their order, whatever comes in between', () => {
  fc.assert(
    fc.property(fc.array(fc.integer({ min: 1, max: 12 }), { maxLength: 80 }), (arrivals) => {
      let timeline = applyCreated(loaded, { message: message(1), prev: 0 }).timeline;
      for (const changes of arrivals) {
        const before = timeline.position.changes;
        const version = message(1, { stateReason: `change ${changes}`, state: 'failed' });
        const step = applyUpdated(timeline, { message: version, changes });
        assert.equal(step.outcome, changes <= before ? 'repeat' : changes === before + 1 ? 'applied' : 'gap');
        timeline = step.timeline;
        const expected = timeline.position.changes === 0 ? undefined : `change ${timeline.position.changes}`;
        assert.equal(timeline.messages[0]?.stateReason, expected);
      }
    }),
  );
});

test('a change of an entry that is not here yet waits for it', () => {
  const step = applyUpdated(loaded, { message: message(1, { state: 'delivered' }), changes: 1 });
  assert.deepEqual(step, { timeline: loaded, outcome: 'gap' });
});

test('the last page replaces what was held when the client was too far behind', () => {
  const held = applyCreated(loaded, { message: message(1), prev: 0 }).timeline;
  const ack = { conversation: null, updated: [], position: { seq: 91, changes: 0 }, more: false };
  const next = applySync(held, { ...ack, messages: [message(90), message(91)] }, true);
  assert.deepEqual([seqsOf(next), next.hasOlder, next.position.seq], [[90, 91], true, 91]);
});

test('an older page that no longer fits is ignored, one that reaches the beginning says so', () => {
  const ack = { conversation: null, updated: [], position: { seq: 9, changes: 0 }, more: false };
  const held = applySync(loaded, { ...ack, messages: [message(8), message(9)] }, true);
  assert.equal(applyOlder(held, [message(3)], 5), held);
  const whole = applyOlder(held, [message(1), message(7)], 8);
  assert.deepEqual([seqsOf(whole), whole.hasOlder], [[1, 7, 8, 9], false]);
  assert.equal(applyOlder(held, [], 8).hasOlder, false, 'nothing older that this reader may see');
});

test('a read mark shows on what was sent, not on what failed or came in, and never goes back', () => {
  const ack = { conversation: null, updated: [], position: { seq: 3, changes: 0 }, more: false };
  const entries = [message(1), message(2, { state: 'failed' }), message(3, { direction: 'in', state: 'received' })];
  const read = applyRead(applySync(loaded, { ...ack, messages: entries }, true), 3);
  assert.deepEqual(
    read.messages.map(({ state }) => state),
    ['read', 'failed', 'received'],
  );
  assert.equal(applyRead(read, 1), read);
});

test('a timeline that has grown for months lets the older part go', () => {
  let timeline = loaded;
  for (let seq = 1; seq <= 4_001; seq++)
    timeline = applyCreated(timeline, { message: message(seq), prev: seq - 1 }).timeline;
  assert.deepEqual([timeline.messages.length, timeline.messages.at(-1)?.seq, timeline.hasOlder], [2_000, 4_001, true]);
});
