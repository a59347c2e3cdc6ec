import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createTestClock } from '../base/clock.ts';
import { Refusal } from '../gateway/refusal.ts';
import { openTestStore, type TestStore } from '../testing/test-store.ts';
import { defaultRoutingConfig } from './routing-config.ts';
import { createRoutingConfigs } from './routing-configs.ts';

const known = {
  agentIds: new Set(['ada', 'bob']),
  channelIds: new Set(['web']),
  channelTypes: new Set(['web']),
  flowIds: new Set<string>(),
};
const ada = { id: 'ada', name: 'Ada' };
const group = (id: string, agentId = 'ada') => ({ id, name: id, members: [{ agentId, level: 3 }] });

/** The configurations as one process has them; several may be opened on one store. */
async function openConfigs(store: TestStore) {
  const errors: string[] = [];
  const onError = (error: unknown) => void errors.push(String(error));
  const clock = createTestClock();
  const configs = await createRoutingConfigs({ store: store.routing, clock, known: () => known, onError });
  const changes: string[] = [];
  configs.onChange((by) => changes.push(by));
  return { configs, errors, changes };
}

const isRefused = (code: string, field: string) => (error: unknown) =>
  error instanceof Refusal && error.code === code && error.field === field;

test('before anything was published the default holds, as version 0; what is published holds, after a restart too', async () => {
  const store = await openTestStore();
  const { configs, changes } = await openConfigs(store);
  assert.deepEqual(configs.current, { version: 0, document: defaultRoutingConfig, publishedAt: 0 });
  const made = await configs.publish({ groups: [group('sales')] }, ada, { baseVersion: 0, note: 'first' });
  assert.deepEqual([made.version, made.author, made.note], [1, ada, 'first']);
  assert.deepEqual([configs.current.version, configs.current.document.groups[0]?.id], [1, 'sales']);
  assert.deepEqual(changes, ['us']);
  const again = await openConfigs(store);
  assert.deepEqual(again.configs.current, configs.current);
});

test('a document that names what is not there is refused with the field, and nothing changes', async () => {
  const store = await openTestStore();
  const { configs, changes } = await openConfigs(store);
  const publish = (config: unknown) => configs.publish(config, ada, { baseVersion: 0 });
  await assert.rejects(
    publish({ groups: [group('sales', 'eve')] }),
    isRefused('settings-invalid', 'groups[0].members[0].agentId'),
  );
  await assert.rejects(publish({ groups: [], colour: 'red' }), isRefused('settings-invalid', 'colour'));
  assert.deepEqual([configs.current.version, changes], [0, []]);
  assert.deepEqual(await configs.versions({ limit: 10 }), []);
});

test('of two who publish at once on two processes one is told of the conflict, and both then know the same', async () => {
  const store = await openTestStore();
  const [one, two] = [await openConfigs(store), await openConfigs(store)];
  for (let baseVersion = 0; baseVersion < 5; baseVersion++) {
    const publishes = [one, two].map(({ configs }, i) =>
      configs.publish({ groups: [group(`g${baseVersion}-${i}`)] }, ada, { baseVersion }),
    );
    const ends = await Promise.allSettled(publishes);
    const refusals = ends.flatMap((end) => (end.status === 'rejected' ? [end.reason] : []));
    assert.equal(refusals.length, 1);
    assert.ok(isRefused('conflict', 'baseVersion')(refusals[0]), String(refusals[0]));
    await Promise.all([one.configs.reload(), two.configs.reload()]);
    assert.equal(one.configs.current.version, baseVersion + 1);
    assert.deepEqual(one.configs.current, two.configs.current);
  }
  assert.equal((await store.rows('select version from routing_versions')).length, 5);
});

test('whatever signs a note and a name are made of, what is published is known to be', async () => {
  const { configs } = await openConfigs(await openTestStore());
  const strange = 'half a pair \ud83d, a nothing \u0000, 退货 😀';
  const name = { ...group('g'), name: strange };
  const made = await configs.publish(
    { groups: [name] },
    { id: 'ada', name: strange },
    { baseVersion: 0, note: strange },
  );
  assert.equal(made.version, 1);
  assert.equal((await configs.get(1))?.document.groups[0]?.name, strange);
});

test('a version of the future cannot be built upon', async () => {
  const { configs } = await openConfigs(await openTestStore());
  await assert.rejects(configs.publish({}, ada, { baseVersion: 7 }), isRefused('conflict', 'baseVersion'));
});

test('a process that has not heard of a version builds upon it all the same', async () => {
  const store = await openTestStore();
  const [one, two] = [await openConfigs(store), await openConfigs(store)];
  await one.configs.publish({ groups: [group('sales')] }, ada, { baseVersion: 0 });
  const made = await two.configs.publish({ groups: [group('care')] }, ada, { baseVersion: 1 });
  assert.equal(made.version, 2);
  await one.configs.reload();
  assert.equal(one.configs.current.document.groups[0]?.id, 'care');
  assert.deepEqual(one.changes, ['us', 'others']);
});

test('an old version is brought back as a new one, and each keeps who, when and why', async () => {
  const store = await openTestStore();
  const { configs } = await openConfigs(store);
  await configs.publish({ groups: [group('sales')] }, ada, { baseVersion: 0, note: 'sales' });
  await configs.publish({ groups: [group('care')] }, { id: 'bob', name: 'Bob' }, { baseVersion: 1 });
  const restored = await configs.restore(1, ada, { baseVersion: 2 });
  assert.equal(restored.version, 3);
  assert.equal(configs.current.document.groups[0]?.id, 'sales');
  const list = await configs.versions({ limit: 2 });
  assert.deepEqual(
    list.map(({ version, author, note }) => [version, author.name, note]),
    [
      [3, 'Ada', 'Version 1 again'],
      [2, 'Bob', null],
    ],
  );
  assert.deepEqual(
    (await configs.versions({ before: 2, limit: 2 })).map(({ version }) => version),
    [1],
  );
  assert.equal((await configs.get(2))?.document.groups[0]?.id, 'care');
  assert.equal(await configs.get(9), undefined);
  await assert.rejects(configs.restore(9, ada, { baseVersion: 3 }), /no version 9/);
});

test('what an older version stored with fields that are gone since, or with agents that are gone, is read and brought back', async () => {
  const store = await openTestStore();
  const stored = { groups: [{ ...group('sales', 'gone'), shade: 'blue', relax: { sooner: 1 } }], theme: 'dark' };
  const entry = { author: ada, note: null, publishedAt: 1, despite: null };
  await store.routing.add({ ...entry, version: 1, document: JSON.stringify(stored) });
  const { configs, errors } = await openConfigs(store);
  const [sales] = configs.current.document.groups;
  assert.deepEqual([sales?.id, sales?.members[0]?.agentId, sales?.relax, errors], ['sales', 'gone', {}, []]);
  // Published again it is checked as anything else.
  await assert.rejects(
    configs.restore(1, ada, { baseVersion: 1 }),
    isRefused('settings-invalid', 'groups[0].members[0].agentId'),
  );
});

test('a version that cannot be read leaves the one before in force, is told, and can be replaced', async () => {
  const store = await openTestStore();
  const { configs } = await openConfigs(store);
  await configs.publish({ groups: [group('sales')] }, ada, { baseVersion: 0 });
  const entry = { author: ada, note: null, publishedAt: 1, despite: null };
  await store.routing.add({ ...entry, version: 2, document: '{"groups": 5}' });
  const later = await openConfigs(store);
  assert.deepEqual([later.configs.current.version, later.configs.current.document.groups[0]?.id], [2, 'sales']);
  assert.match(later.errors.join(), /Version 2 of the routing configuration cannot be read/);
  assert.equal((await later.configs.publish({}, ada, { baseVersion: 2 })).version, 3);
});
