import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Flow, FlowStep } from '@parley/sdk/flow-document.ts';
import fc from 'fast-check';
import { Refusal } from '../../gateway/refusal.ts';
import { checkFlow } from './check-flow.ts';
import { trackFlow } from './dialogue-fixture.ts';
import { parseFlows } from './parse-flows.ts';
import { mostSteps, runFlow } from './run-flow.ts';

const say = (id: string, next: string | null, text = 'x'): FlowStep => ({
  id,
  kind: 'say',
  texts: { default: text },
  next,
});
const flowOf = (...steps: FlowStep[]): Flow => ({ ...trackFlow, first: steps[0]?.id ?? '', steps });
const kinds = (flow: Flow, groups?: Set<string>) =>
  checkFlow(flow, groups === undefined ? {} : { groupIds: groups }).map(({ stepId, kind }) => `${stepId} ${kind}`);

test('a flow without a fault has none; each fault names the step in which it lies', () => {
  assert.deepEqual(checkFlow(trackFlow), []);
  assert.deepEqual(kinds(flowOf(say('a', null))), ['a dead-end']);
  assert.deepEqual(kinds(flowOf(say('a', 'gone'))), ['a no-such-step']);
  assert.deepEqual(kinds(flowOf({ id: 'a', kind: 'end' }, { id: 'b', kind: 'end' })), ['b unreachable']);
  assert.deepEqual(kinds(flowOf(say('a', 'b', 'Order {order}'), { id: 'b', kind: 'end' })), ['a unknown-slot']);
  assert.deepEqual(kinds(flowOf(say('a', 'b'), say('b', 'c'), say('c', 'b'))), ['b endless', 'c endless']);
  assert.deepEqual(kinds({ ...flowOf({ id: 'a', kind: 'end' }), first: 'z' }), ['z no-such-step', 'a unreachable']);
  assert.deepEqual(kinds(flowOf({ id: 'a', kind: 'hand-off', groupId: 'x' }), new Set(['y'])), ['a no-such-group']);
});

test('a circle in which the customer has a turn is none', () => {
  const ask: FlowStep = {
    id: 'ask',
    kind: 'choices',
    texts: { default: 'Again?' },
    slot: null,
    options: [
      { id: 'yes', labels: { default: 'Yes' }, next: 'say' },
      { id: 'no', labels: { default: 'No' }, next: 'end' },
    ],
    otherwise: null,
  };
  assert.deepEqual(checkFlow(flowOf(say('say', 'ask'), ask, { id: 'end', kind: 'end' })), []);
});

test('a document with a fault is refused whole, and the refusal says where', () => {
  const broken = { flows: [{ ...trackFlow, steps: [say('a', null)], first: 'a' }] };
  assert.throws(
    () => parseFlows(broken),
    (error: Refusal) =>
      error instanceof Refusal && error.field === 'flows[0].steps[0].next' && /track, step a/.test(error.message),
  );
  const elsewhere = trackFlow.steps.map((step) =>
    step.kind === 'http' ? { ...step, url: 'http://{order}.evil.example/' } : step,
  );
  assert.throws(() => parseFlows({ flows: [{ ...trackFlow, steps: elsewhere }] }), /flows\[0\]\.steps\[1\]\.url/);
  assert.throws(() => parseFlows({ flows: [trackFlow, trackFlow] }), /twice/);
  assert.deepEqual(parseFlows(JSON.parse(JSON.stringify({ flows: [trackFlow] }))).flows, [trackFlow]);
});

test('whatever flow passes the check: each turn ends within its steps, by waiting, ending, or with a person', () => {
  const ids = ['a', 'b', 'c', 'd', 'e'];
  const way = fc.constantFrom(...ids);
  const step = (id: string): fc.Arbitrary<FlowStep> =>
    fc.oneof(
      fc.record({ next: way }).map(({ next }) => say(id, next)),
      fc
        .record({ next: way, otherwise: way })
        .map((ways): FlowStep => ({ id, kind: 'condition', slot: 's', is: 'set', value: '', ...ways })),
      fc
        .record({ next: way, value: fc.constantFrom('1', '{s}') })
        .map((of): FlowStep => ({ id, kind: 'set', slot: 's', ...of })),
      fc.record({ next: way, otherwise: fc.option(way) }).map(
        (ways): FlowStep => ({
          ...{ id, kind: 'ask', tries: 2 },
          slots: [{ name: 's', type: 'text', question: { default: '?' }, askAgain: true }],
          ...ways,
        }),
      ),
      fc.constant<FlowStep>({ id, kind: 'end' }),
    );
  let checked = 0;
  fc.assert(
    fc.property(
      fc.tuple(...ids.map(step)),
      fc.array(fc.constantFrom('', 'yes', 'no'), { maxLength: 8 }),
      (steps, texts) => {
        const flow = flowOf(...steps);
        const faults = checkFlow(flow).filter(({ kind }) => kind !== 'unreachable' && kind !== 'unknown-slot');
        if (faults.length > 0) return;
        checked += 1;
        let position = null as Parameters<typeof runFlow>[0]['position'];
        let slots: Readonly<Record<string, string>> = {};
        for (const text of texts) {
          const turn = runFlow({
            flow,
            position,
            text,
            entities: [],
            slots,
            languages: ['en'],
            called: {},
            askAgain: (q) => q,
          });
          assert.ok(turn.steps.length < mostSteps);
          assert.ok(turn.kind !== 'hands-off' || turn.why !== 'flow-broken');
          if (turn.kind !== 'waits') return;
          ({ position, slots } = turn);
        }
      },
    ),
    { numRuns: 2_000 },
  );
  assert.ok(checked > 200, `${checked} flows passed the check`);
});
