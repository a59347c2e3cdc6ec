import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import type { RoutingConfig } from '@parley/sdk/routing-document.ts';
import { createTestClock } from '../base/clock.ts';
import { Refusal } from '../gateway/refusal.ts';
import { until } from '../testing/running-program.ts';
import { inbound, moved, openTestStore, type TestStore } from '../testing/test-store.ts';
import { createDryRuns } from './dry-runs.ts';
import { recordMarks } from './record-marks.ts';
import type { RecordStore } from './record-store.ts';
import { defaultRoutingConfig } from './routing-config.ts';

const hourMs = 3_600_000;
const begin = 1_700_000_000_000;
const isRefused = (code: string, field?: string) => (error: unknown) =>
  error instanceof Refusal && error.code === code && error.field === field;

/** Of one process; another one has its own on the same store. */
function openDryRuns(t: TestContext, store: TestStore, options: { at?: number; record?: RecordStore } = {}) {
  const clock = createTestClock(options.at ?? begin + hourMs);
  const defects: unknown[] = [];
  const dryRuns = createDryRuns({
    store: store.dryRuns,
    record: options.record ?? store.record,
    marks: recordMarks(store.meta),
    graceMs: 30_000,
    configs: {
      current: { version: 0, document: defaultRoutingConfig, publishedAt: 0 },
      check: (config) => {
        if (config === 'wrong') throw new Refusal('settings-invalid', 'groups: wrong.', { field: 'groups' });
        return config as RoutingConfig;
      },
      versions: async () => [],
    },
    agents: () => [{ id: 'ada', name: 'Ada' }],
    clock,
    onError: (error) => defects.push(error),
  });
  t.after(() => dryRuns.stop());
  return { dryRuns, clock, defects };
}

/** Ten customers an hour ago, whom Ada helped one after the other. */
async function recordedStore(): Promise<TestStore> {
  const store = await openTestStore();
  await recordMarks(store.meta).since(begin - hourMs);
  await store.record.addPresences([{ at: begin, agentId: 'ada', presence: 'online', reason: null, capacity: 1 }]);
  for (let i = 0; i < 10; i++) {
    const at = begin + i * 60_000;
    const [came] = await store.conversations.append([inbound(`c${i}`, { at })]);
    assert.ok(came !== undefined && came.kind !== 'refused');
    const of = { conversationId: came.conversationId };
    await store.conversations.append([
      moved(of, { to: 'agent', assigneeId: 'ada' }, { at }),
      moved(of, { to: 'closed' }, { at: at + 50_000 }),
    ]);
  }
  return store;
}

/** The store's record, which is read no further until it is let. */
function heldUp(record: RecordStore) {
  const { promise, resolve } = Promise.withResolvers<void>();
  const held = new Proxy(record, {
    get: (target, name) => {
      if (name === 'presences')
        return (...args: Parameters<RecordStore['presences']>) => promise.then(() => target.presences(...args));
      return Reflect.get(target, name) as unknown;
    },
  });
  return { record: held, letGo: resolve };
}

const asked = { config: defaultRoutingConfig, days: 7, runs: 2 };

test('a dry run goes on by itself, and every process tells how far it is and what came of it', async (t) => {
  const store = await recordedStore();
  const [here, there] = [openDryRuns(t, store), openDryRuns(t, store)];
  const begun = await here.dryRuns.start(asked, 'admin');
  assert.deepEqual([begun.state, begun.progress, begun.result], ['running', 0, null]);
  const ended = await until(async () => {
    const seen = await there.dryRuns.get(begun.id);
    return seen.state !== 'running' && seen;
  });
  assert.deepEqual([ended.state, ended.progress, ended.problem], ['done', 100, null]);
  const { result } = ended;
  assert.deepEqual([result?.conversations, result?.from, result?.to], [10, begin - hourMs, begin + hourMs]);
  assert.equal(result?.all.answeredInTime?.happened, 1);
  assert.equal(result?.all.meanWaitMs?.current.mean, 0);
  await there.dryRuns.remove(begun.id);
  await assert.rejects(here.dryRuns.get(begun.id), isRefused('not-found'));
  assert.deepEqual(here.defects, []);
});

test('one is computed at a time, and one that is cancelled anywhere makes way for the next', async (t) => {
  const store = await recordedStore();
  const { record, letGo } = heldUp(store.record);
  const [here, there] = [openDryRuns(t, store, { record }), openDryRuns(t, store)];
  const first = await here.dryRuns.start(asked, 'admin');
  await assert.rejects(here.dryRuns.start(asked, 'admin'), isRefused('too-many-requests'));
  await there.dryRuns.remove(first.id);
  letGo();
  const second = await until(() => here.dryRuns.start(asked, 'admin').catch(() => undefined));
  assert.equal(
    (
      await until(async () => {
        const seen = await here.dryRuns.get(second.id);
        return seen.state === 'done' && seen;
      })
    ).state,
    'done',
  );
  await assert.rejects(here.dryRuns.get(first.id), isRefused('not-found'));
  assert.deepEqual(here.defects, []);
});

test('of one whose process has died it is said that it was interrupted, and of one whose process was stopped, too', async (t) => {
  const store = await recordedStore();
  const here = openDryRuns(t, store, { record: heldUp(store.record).record });
  const { id } = await here.dryRuns.start(asked, 'admin');
  // Nothing is heard of it on the clock of another process.
  const later = openDryRuns(t, store, { at: begin + hourMs + 60_000 });
  assert.equal((await later.dryRuns.get(id)).state, 'interrupted');
  await here.dryRuns.stop();
  const { state, problem } = await later.dryRuns.get(id);
  assert.deepEqual([state, problem?.code], ['failed', 'unavailable']);
  await assert.rejects(here.dryRuns.start(asked, 'admin'), isRefused('unavailable'));
});

test('what cannot be tried is refused at once, as publishing would, and nothing is begun', async (t) => {
  const store = await recordedStore();
  const { dryRuns } = openDryRuns(t, store);
  await assert.rejects(dryRuns.start({ ...asked, config: 'wrong' }, 'admin'), isRefused('settings-invalid', 'groups'));
  const busy = new Proxy(store.record, {
    get: (target, name) =>
      name === 'countQueueRecord' ? async () => 1_000_000 : (Reflect.get(target, name) as unknown),
  });
  await assert.rejects(
    openDryRuns(t, store, { record: busy }).dryRuns.start(asked, 'admin'),
    isRefused('bad-request', 'days'),
  );
  const empty = await openTestStore();
  await assert.rejects(openDryRuns(t, empty).dryRuns.start(asked, 'admin'), isRefused('bad-request', 'days'));
  assert.deepEqual(await store.rows('select * from dry_runs'), []);
});

test('a store that fails meanwhile ends it with a problem and is told to the operator', async (t) => {
  const store = await recordedStore();
  const broken = new Proxy(store.record, {
    get: (target, name) =>
      name === 'visitRows' ? () => Promise.reject(new Error('away')) : (Reflect.get(target, name) as unknown),
  });
  const { dryRuns, defects } = openDryRuns(t, store, { record: broken });
  const { id } = await dryRuns.start(asked, 'admin');
  const { problem } = await until(async () => {
    const seen = await dryRuns.get(id);
    return seen.state === 'failed' && seen;
  });
  assert.equal(problem?.code, 'internal');
  assert.equal(defects.length, 1);
});
