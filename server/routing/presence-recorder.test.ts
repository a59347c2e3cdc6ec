import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createTestClock, type TestClock } from '../base/clock.ts';
import { openTestStore, type TestStore } from '../testing/test-store.ts';
import { createPresenceRecorder, lostReason, type PresenceState } from './presence-recorder.ts';
import { recordMarks } from './record-marks.ts';

const secondMs = 1_000;
const minuteMs = 60 * secondMs;
const dayMs = 24 * 60 * minuteMs;
const graceMs = 30 * secondMs;
const begin = 1_700_000_000_000;

const online = (capacity = 2): PresenceState => ({ presence: 'online', reason: null, capacity });
const away = (reason: string | null = null): PresenceState => ({ presence: 'away', reason, capacity: 2 });
const offline: PresenceState = { presence: 'offline', reason: null, capacity: 2 };
const lost: PresenceState = { presence: 'offline', reason: lostReason, capacity: 2 };

/** A recorder on a clock that is moved; `ada` and `bob` are what is said of them. */
function startRecorder(store: TestStore, clock: TestClock, states: Record<string, PresenceState> = {}) {
  const defects: unknown[] = [];
  const recorder = createPresenceRecorder({
    store: store.record,
    marks: recordMarks(store.meta),
    agentIds: () => ['ada', 'bob'],
    stateOf: (id) => states[id] ?? offline,
    clock,
    keepMs: 90 * dayMs,
    graceMs,
    onError: (error) => defects.push(error),
  });
  const stopping = new AbortController();
  const running = recorder.run(stopping.signal);
  /** Time goes on in small steps, and what is stored meanwhile has its time: nobody else sleeps on this clock. */
  const pass = async (ms: number) => {
    await clock.sleeping();
    for (let left = ms; left > 0; left -= 5 * secondMs) {
      await clock.advance(Math.min(left, 5 * secondMs));
      await clock.sleeping();
    }
  };
  const set = (id: string, state: PresenceState) => {
    states[id] = state;
    recorder.changed(id);
  };
  const stop = async () => {
    stopping.abort();
    await running;
  };
  return { pass, set, stop, defects, recorder };
}

async function rowsOf(store: TestStore, from = 0): Promise<string[]> {
  const rows = await store.record.presences({ from, to: 2 ** 45 }, { limit: 10_000 });
  return rows.map(
    ({ at, agentId, presence, reason, capacity }) =>
      `${(at - begin) / secondMs} ${agentId} ${presence}${reason === null ? '' : ` (${reason})`} ${capacity}`,
  );
}

test('each change is kept once, at its time, with its reason and the capacity', async () => {
  const [store, clock] = [await openTestStore(), createTestClock(begin)];
  const { pass, set, stop, defects } = startRecorder(store, clock);
  await pass(minuteMs);
  set('ada', online());
  await pass(minuteMs);
  set('ada', away('lunch'));
  set('ada', away('lunch'));
  await pass(minuteMs);
  set('ada', online(3));
  set('bob', offline);
  await pass(minuteMs);
  set('ada', offline);
  await stop();
  const rows = ['60 ada online 2', '120 ada away (lunch) 2', '180 ada online 3', '240 ada offline 2'];
  assert.deepEqual(await rowsOf(store), rows);
  assert.deepEqual(defects, []);
});

test('who is cut off and comes back in time never left, and who does not had left when they were cut off', async () => {
  const [store, clock] = [await openTestStore(), createTestClock(begin)];
  const { pass, set, stop } = startRecorder(store, clock, { ada: online(), bob: online() });
  await pass(2 * minuteMs);
  set('ada', lost);
  set('bob', lost);
  await pass(20 * secondMs);
  set('ada', online());
  await pass(20 * secondMs);
  // By now others see it, too.
  set('bob', offline);
  await pass(minuteMs);
  await stop();
  assert.deepEqual(await rowsOf(store), ['0 ada online 2', '0 bob online 2', '120 bob offline (lost) 2']);
});

test('however a line flaps, an agent has two rows a minute at the most, and the last state is right', async () => {
  const [store, clock] = [await openTestStore(), createTestClock(begin)];
  const { pass, set, stop } = startRecorder(store, clock);
  await pass(minuteMs);
  for (let i = 0; i < 120; i++) {
    set('ada', i % 2 === 0 ? online() : away());
    await pass(7 * secondMs);
  }
  set('ada', online());
  await pass(minuteMs);
  await stop();
  const rows = await rowsOf(store);
  assert.ok(rows.length <= 30, `${rows.length} rows in 14 minutes`);
  assert.match(rows.at(-1) ?? '', /ada online/);
});

test('what nobody saw the end of ends at the last sign of life', async () => {
  const [store, clock] = [await openTestStore(), createTestClock(begin)];
  const first = startRecorder(store, clock, { ada: online(), bob: online() });
  await first.pass(10 * minuteMs + 10 * secondMs);
  await first.stop();
  await clock.advance(10 * 60 * minuteMs);
  const second = startRecorder(store, clock, { ada: online() });
  await second.pass(minuteMs);
  await second.stop();
  const ended = 610.001;
  const again = 36_610;
  assert.deepEqual(
    (await rowsOf(store, begin + 2 * minuteMs)).toSorted(),
    [`${again} ada online 2`, `${ended} ada offline (unseen) 2`, `${ended} bob offline (unseen) 2`].toSorted(),
  );
});

test('over a restart nobody left who is back in time', async () => {
  const [store, clock] = [await openTestStore(), createTestClock(begin)];
  const first = startRecorder(store, clock, { ada: online(), bob: online() });
  await first.pass(10 * minuteMs);
  await first.stop();
  await clock.advance(20 * secondMs);
  const second = startRecorder(store, clock);
  await second.pass(10 * secondMs);
  second.set('ada', online());
  await second.pass(minuteMs);
  await second.stop();
  assert.deepEqual(await rowsOf(store, begin + 2 * minuteMs), ['600.001 bob offline (unseen) 2']);
});

test('of somebody who stays it is said again each day, and what is older than is kept goes', async () => {
  const [store, clock] = [await openTestStore(), createTestClock(begin)];
  const old = { at: begin - 91 * dayMs, agentId: 'cy', ...online() };
  await store.record.addPresences([old, { ...old, at: begin - 88 * dayMs }]);
  const { pass, stop } = startRecorder(store, clock, { ada: online() });
  await pass(minuteMs);
  await clock.advance(dayMs);
  await pass(minuteMs);
  await stop();
  const rows = await rowsOf(store);
  assert.equal(rows.length, 3);
  assert.match(rows[0] ?? '', /cy/);
  assert.ok(Number(rows[2]?.split(' ')[0]) - Number(rows[1]?.split(' ')[0]) >= 24 * 60 * 60, rows.join());
});
