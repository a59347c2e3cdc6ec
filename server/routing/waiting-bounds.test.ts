import assert from 'node:assert/strict';
import { test } from 'node:test';
import { priorities } from '@parley/sdk/protocol.ts';
import type { Policy } from '@parley/sdk/routing-document.ts';
import { Heap } from '../base/heap.ts';
import { seeded } from '../base/seeded.ts';
import { Desk, members, minuteMs } from './routing-core-fixture.ts';
import type { WaitingEntry } from './routing-facts.ts';

type Arrival = { at: number; facts: Partial<WaitingEntry>; handleMs: number };
type Served = { id: string; agentId: string; from: number; waitedMs: number; arrival: Arrival };

/** Lets conversations come, be handled and end, each when it is time. */
function play(desk: Desk, arrivals: readonly Arrival[]): Served[] {
  const served: Served[] = [];
  const ends = new Heap<{ at: number; id: string }>((a, b) => a.at < b.at);
  const known = new Map<string, Arrival>();
  const begun = desk.now;
  const left = arrivals.toReversed();
  for (;;) {
    const next = Math.min(left.at(-1)?.at ?? Number.POSITIVE_INFINITY, ends.peek()?.at ?? Number.POSITIVE_INFINITY);
    if (!Number.isFinite(next)) return served;
    desk.now = begun + next;
    while (ends.peek()?.at === next) desk.core.release(ends.pop()?.id ?? '', desk.now);
    for (let arrival = left.at(-1); arrival?.at === next; arrival = left.at(-1)) {
      left.pop();
      known.set(desk.arrives(arrival.facts), arrival);
    }
    for (const decision of desk.decide()) {
      if (decision.kind !== 'assign') continue;
      const arrival = known.get(decision.conversationId) as Arrival;
      const { conversationId: id, agentId } = decision;
      served.push({ id, agentId, from: next, waitedMs: next - arrival.at, arrival });
      ends.push({ at: next + arrival.handleMs, id });
    }
  }
}

const exponential = (random: () => number, mean: number) => Math.ceil(-Math.log(1 - random()) * mean);

test('nobody waits longer than the longest handling, twice, for each who may stand before: chats, mails and calls, too many of all', () => {
  const longestMs = 10 * minuteMs;
  for (const seed of [1, 2, 3]) {
    const random = seeded(seed);
    const desk = new Desk([{ id: 'g', members: members('ada', 'bob', 'cleo') }]);
    for (const id of ['ada', 'bob', 'cleo']) desk.agent(id, { capacity: 3 });
    let at = 0;
    const arrivals = Array.from({ length: 600 }, (): Arrival => {
      at += exponential(random, 25_000);
      const kind = random();
      const facts =
        kind < 0.5 ? {} : kind < 0.85 ? { channelType: 'email', weight: 30 } : { channelType: 'call', weight: 500 };
      const priority = priorities[Math.floor(random() * priorities.length)] ?? 'normal';
      const handleMs = Math.min(longestMs, exponential(random, 4 * minuteMs));
      return { at, facts: { ...facts, priority, vip: random() < 0.1 }, handleMs };
    });
    const served = play(desk, arrivals);
    assert.equal(served.length, arrivals.length);
    const { ageing } = desk.config;
    const key = ({ at: came, facts }: Arrival) =>
      came - minuteMs * (ageing[facts.priority ?? 'normal'] + (facts.vip ? ageing.vip : 0));
    for (const { arrival, from, waitedMs } of served) {
      // Who may stand before: an earlier key, and served after this one had come.
      const before = served.filter(
        (other) => other.from >= arrival.at && other.from <= from && key(other.arrival) < key(arrival),
      );
      assert.ok(waitedMs <= 2 * longestMs * (before.length + 1), `${waitedMs} ms behind ${before.length}`);
      // And nobody who asks for the same was let through later than the priority is worth.
      const passed = served.filter(
        (other) =>
          other.arrival.facts.weight === arrival.facts.weight &&
          other.from < from &&
          other.from >= arrival.at &&
          key(other.arrival) > key(arrival),
      );
      assert.deepEqual(passed, []);
    }
  }
});

test('a call is served although mails never stop coming', () => {
  const desk = new Desk([{ id: 'g', members: members('ada') }]);
  desk.agent('ada', { capacity: 2 });
  const mail = (at: number): Arrival => ({ at, facts: { channelType: 'email', weight: 30 }, handleMs: 5 * minuteMs });
  const call: Arrival = { at: 20 * minuteMs, facts: { channelType: 'call', weight: 500 }, handleMs: minuteMs };
  const mails = Array.from({ length: 400 }, (_, i) => mail(i * 40_000));
  const served = play(
    desk,
    [...mails, call].sort((a, b) => a.at - b.at),
  );
  const waited = served.find(({ arrival }) => arrival === call)?.waitedMs ?? Number.POSITIVE_INFINITY;
  const ahead = served.filter(({ arrival, from }) => arrival.at < call.at && from >= call.at).length;
  assert.ok(waited <= 2 * 5 * minuteMs * (ahead + 1), `${waited} ms behind ${ahead}`);
});

/** 0 when all are equal, near 1 when one has everything. */
function gini(values: readonly number[]): number {
  const sum = values.reduce((all, value) => all + value, 0);
  let apart = 0;
  for (const a of values) for (const b of values) apart += Math.abs(a - b);
  return apart / (2 * values.length * sum);
}

for (const policy of ['best-skill', 'least-loaded', 'longest-idle', 'round-robin'] as const satisfies Policy[]) {
  test(`${policy}: agents who are alike are given the same work`, () => {
    const random = seeded(11);
    const ids = Array.from({ length: 10 }, (_, i) => `agent${i}`);
    const desk = new Desk([{ id: 'g', policy, members: members(...ids) }]);
    for (const id of ids) desk.agent(id, { capacity: 3 });
    let at = 0;
    const arrivals = Array.from({ length: 3_000 }, (): Arrival => {
      at += exponential(random, 12_000);
      return { at, facts: {}, handleMs: exponential(random, 5 * minuteMs) };
    });
    const served = play(desk, arrivals);
    const counts = ids.map((id) => served.filter(({ agentId }) => agentId === id).length);
    const minutes = ids.map((id) =>
      served.reduce((sum, { agentId, arrival }) => sum + (agentId === id ? arrival.handleMs : 0), 0),
    );
    assert.ok(gini(counts) <= 0.05, `conversations ${counts}: ${gini(counts)}`);
    assert.ok(gini(minutes) <= 0.05, `minutes ${minutes.map((ms) => Math.round(ms / minuteMs))}: ${gini(minutes)}`);
  });
}

test('about eight of ten waits lie within what was told, and nothing is told before enough was seen', () => {
  const random = seeded(5);
  const ids = ['ada', 'bob', 'cleo', 'dan'];
  const desk = new Desk([{ id: 'g', members: members(...ids) }]);
  for (const id of ids) desk.agent(id, { capacity: 1 });
  let at = 0;
  const arrivals = Array.from({ length: 3_000 }, (_, i): Arrival => {
    // Over and under what they can do, in turns: queues grow and go.
    at += exponential(random, i % 400 < 200 ? 40_000 : 70_000);
    return { at, facts: {}, handleMs: exponential(random, 200_000) };
  });
  play(desk, arrivals);
  const early = desk.waits.slice(0, 3).map(({ estimate }) => estimate);
  assert.deepEqual(early, ['unknown', 'unknown', 'unknown']);
  const { length: told } = desk.toldWaits;
  assert.ok(told > 1_000, `${told} were told`);
  const right = desk.toldWaits.filter(({ outcome }) => outcome === 'within').length;
  assert.ok(right / told >= 0.65 && right / told <= 0.97, `${right} of ${told}`);
  const [last] = desk.core.stats(desk.now);
  assert.equal(last?.told.of, 200);
});

test('where nobody works there is no estimate', () => {
  const desk = new Desk([{ id: 'g', members: members('ada') }]);
  desk.agent('ada', { capacity: 1 });
  const arrivals = Array.from({ length: 20 }, (_, i): Arrival => ({ at: i * 1_000, facts: {}, handleMs: 5_000 }));
  play(desk, arrivals);
  desk.busy('ada', 100);
  const id = desk.arrives();
  desk.decide();
  assert.notEqual(desk.core.position(id, desk.now)?.estimate, 'unknown');
  desk.agent('ada', { presence: 'offline' });
  assert.deepEqual(desk.core.position(id, desk.now), { position: 1, of: 1, estimate: 'unknown' });
});
