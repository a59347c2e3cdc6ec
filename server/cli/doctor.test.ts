import assert from 'node:assert/strict';
import { mkdir, writeFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { after, before, suite, test } from 'node:test';
import { writeTinyModel } from '../bot/embeddings/tiny-model-fixture.ts';
import { openSqliteStore } from '../storage/warm/sqlite-store.ts';
import { clickHouseMissing, startClickHouse } from '../testing/clickhouse.ts';
import { type MariaDb, mariadbMissing, startMariaDb } from '../testing/mariadb.ts';
import { redisMissing, startRedis } from '../testing/redis.ts';
import { compareClocks } from './check-database.ts';
import { checkNode } from './check-machine.ts';
import { parley, temporaryFolder } from './cli-fixture.ts';

const settings = (dir: string) => ({
  PARLEY_DATA_DIR: join(dir, 'data'),
  PARLEY_PORT: '0',
  PARLEY_PUBLIC_URL: 'https://chat.example.com',
});

test('a good configuration is found to be good', async () => {
  await using dir = await temporaryFolder();
  const { code, out } = await parley(settings(dir.path), 'doctor');
  assert.equal(code, 0, out);
  assert.doesNotMatch(out, /^(warning|problem)/m);
  assert.match(out, /All is well\.\n$/);
});

test('every wrong setting is named in one run, and none that is right', async () => {
  await using dir = await temporaryFolder();
  const wrong = { PARLEY_ROLE: 'boss', PARLEY_PORT: '99999', PARLEY_DATABASE_URL: 'postgres://u:secret99@db/x' };
  const { code, out } = await parley({ ...settings(dir.path), ...wrong }, 'doctor');
  assert.equal(code, 1);
  const problems = [...out.matchAll(/^problem {2}(\w+):/gm)].map((match) => match[1]).sort();
  assert.deepEqual(problems, Object.keys(wrong).sort());
  assert.doesNotMatch(out, /secret99/);
});

test('a misspelt setting, a missing public address and one without TLS are warned of', async () => {
  await using dir = await temporaryFolder();
  const { PARLEY_PUBLIC_URL: _, ...unset } = settings(dir.path);
  const first = await parley({ ...unset, PARLEY_PUBLICURL: 'https://a.example' }, 'doctor');
  assert.equal(first.code, 0);
  assert.match(first.out, /^warning {2}PARLEY_PUBLICURL is no setting/m);
  assert.match(first.out, /^warning {2}PARLEY_PUBLIC_URL is not set/m);
  const second = await parley({ ...unset, PARLEY_PUBLIC_URL: 'http://a.example' }, 'doctor');
  assert.match(second.out, /^warning {2}PARLEY_PUBLIC_URL is http:/m);
});

test('a folder that cannot be written to and a port that another program has are problems', async () => {
  await using dir = await temporaryFolder();
  await writeFile(join(dir.path, 'data'), 'a file where the folder should be');
  const other = createServer((_, answer) => answer.end('hello')).listen(0, '127.0.0.1');
  await new Promise((resolve) => other.once('listening', resolve));
  const { port } = other.address() as AddressInfo;
  const { code, out } = await parley({ ...settings(dir.path), PARLEY_PORT: String(port) }, 'doctor');
  other.close();
  assert.equal(code, 1);
  assert.match(out, /^problem {2}PARLEY_DATA_DIR: .* cannot be written to/m);
  assert.match(out, new RegExp(`^problem  PARLEY_PORT: ${port} is in use`, 'm'));
});

test('a database file of a newer version, or none at all, is a problem; an older one is a warning', async () => {
  await using dir = await temporaryFolder();
  const path = join(dir.path, 'data', 'parley.db');
  await mkdir(join(dir.path, 'data'));
  await (await openSqliteStore(path)).close();
  const doctorAfter = async (sql: string) => {
    const db = new DatabaseSync(path);
    db.exec(sql);
    db.close();
    return parley(settings(dir.path), 'doctor');
  };
  const older = await doctorAfter("delete from schema_steps where name <> '0001-core'");
  assert.equal(older.code, 0);
  assert.match(older.out, /^warning {2}PARLEY_DATABASE_URL: .*older version.*\n.*backup/m);
  const newer = await doctorAfter("insert into schema_steps values ('9999-later', 1)");
  assert.equal(newer.code, 1);
  assert.match(newer.out, /^problem {2}PARLEY_DATABASE_URL: .*newer version/m);
  await writeFile(path, 'no database at all, but long enough to be looked at'.repeat(20));
  const none = await parley(settings(dir.path), 'doctor');
  assert.equal(none.code, 1);
  assert.match(none.out, /^problem {2}PARLEY_DATABASE_URL: .*not a database/m);
});

test('a file that another program has open is warned of, and the file is as it was', async () => {
  await using dir = await temporaryFolder();
  const path = join(dir.path, 'data', 'parley.db');
  await mkdir(join(dir.path, 'data'));
  const store = await openSqliteStore(path);
  try {
    const { code, out } = await parley(settings(dir.path), 'doctor');
    assert.equal(code, 0);
    assert.match(out, /^warning {2}PARLEY_DATABASE_URL: another program has/m);
    await store.meta.set('a', 'b');
  } finally {
    await store.close();
  }
  const alone = await parley(settings(dir.path), 'doctor');
  assert.doesNotMatch(alone.out, /another program/);
});

test('clocks that are further apart than two seconds are warned of, in both directions', async () => {
  assert.equal((await compareClocks('it', async () => Date.now() + 1_500)).level, 'ok');
  assert.equal((await compareClocks('it', async () => Date.now() + 4_000)).level, 'warning');
  assert.equal((await compareClocks('it', async () => Date.now() - 4_000)).level, 'warning');
});

test('a local embedding model is loaded and tried; one that is damaged or not there is a problem', async () => {
  await using dir = await temporaryFolder();
  const model = join(dir.path, 'tiny');
  await writeTinyModel(model, { groups: [['refund'], ['parcel']] });
  const env = { ...settings(dir.path), PARLEY_EMBEDDING_MODEL_DIR: model };
  const good = await parley(env, 'doctor');
  assert.equal(good.code, 0, good.out);
  assert.match(good.out, /PARLEY_EMBEDDING_MODEL_DIR: tiny@\w+ gives 4 numbers a text, one in [\d.]+ ms/);
  await writeFile(join(model, 'onnx', 'model.onnx'), 'PK');
  const damaged = await parley(env, 'doctor');
  assert.equal(damaged.code, 1);
  assert.match(damaged.out, /^problem {2}PARLEY_EMBEDDING_MODEL_DIR: .*model\.onnx \(2 bytes\) cannot be run/m);
  const absent = await parley({ ...env, PARLEY_EMBEDDING_MODEL_DIR: join(dir.path, 'none') }, 'doctor');
  assert.match(absent.out, /^problem {2}PARLEY_EMBEDDING_MODEL_DIR: .*none is no folder/m);
});

test('a Node before 26 is a problem', () => {
  assert.equal(checkNode('24.11.0').level, 'problem');
  assert.equal(checkNode('26.0.0').level, 'ok');
});

test('an archive in ClickHouse that answers is well; one that does not, or has no such database, is a problem', {
  skip: clickHouseMissing,
}, async () => {
  await using dir = await temporaryFolder();
  await using clickhouse = await startClickHouse();
  const url = await clickhouse.createDatabase();
  const well = await parley({ ...settings(dir.path), PARLEY_CLICKHOUSE_URL: url }, 'doctor');
  assert.equal(well.code, 0, well.out);
  assert.match(well.out, /^ok {7}PARLEY_CLICKHOUSE_URL: .* answers/m);
  const { host } = new URL(url);
  for (const wrong of [`http://default:topsecret5@${host}/nowhere`, 'http://default:topsecret5@127.0.0.1:1/archive']) {
    const { code, out } = await parley({ ...settings(dir.path), PARLEY_CLICKHOUSE_URL: wrong }, 'doctor');
    assert.equal(code, 1, out);
    assert.match(out, /^problem {2}PARLEY_CLICKHOUSE_URL: /m);
    assert.doesNotMatch(out, /topsecret/);
  }
});

test('an archive of its own folder has to be one that can be written to', async () => {
  await using dir = await temporaryFolder();
  await writeFile(join(dir.path, 'archive'), 'a file where the folder should be');
  const { code, out } = await parley(
    { ...settings(dir.path), PARLEY_ARCHIVE_DIR: join(dir.path, 'archive') },
    'doctor',
  );
  assert.equal(code, 1);
  assert.match(out, /^problem {2}PARLEY_ARCHIVE_DIR: .* cannot be written to/m);
});

suite('doctor on servers', { skip: mariadbMissing || redisMissing() }, () => {
  let server: MariaDb;
  before(async () => {
    server = await startMariaDb();
  });
  after(() => server[Symbol.asyncDispose]());

  const cluster = (dir: string, database: string, redis: string) => ({
    ...settings(dir),
    PARLEY_DATABASE_URL: database,
    PARLEY_REDIS_URL: redis,
    PARLEY_SECRET: 'a secret of an installation',
    PARLEY_FILES_DIR: join(dir, 'shared'),
  });

  test('a database and a Redis as they have to be are found good, and nothing is left in the database', async () => {
    await using dir = await temporaryFolder();
    await using redis = await startRedis();
    const url = await server.createDatabase();
    const { code, out } = await parley(cluster(dir.path, url, redis.url), 'doctor');
    assert.equal(code, 0, out);
    assert.match(out, /All is well/);
    assert.match(out, /^ok {7}Redis syncs every write/m);
    assert.deepEqual(await server.query(url, 'show tables'), []);
  });

  test('several processes with files inside the data folder and no common secret are warned of', async () => {
    await using dir = await temporaryFolder();
    await using redis = await startRedis();
    const { PARLEY_SECRET: _, ...env } = cluster(dir.path, await server.createDatabase(), redis.url);
    const { code, out } = await parley({ ...env, PARLEY_FILES_DIR: join(dir.path, 'data/files') }, 'doctor');
    assert.equal(code, 0);
    assert.match(out, /^warning {2}PARLEY_SECRET is not set/m);
    assert.match(out, /^warning {2}PARLEY_FILES_DIR is .* inside the data folder/m);
  });

  test('a Redis that evicts, or syncs less than the queue asks for, is a problem', async () => {
    await using dir = await temporaryFolder();
    await using redis = await startRedis({ appendfsync: 'everysec' });
    const env = cluster(dir.path, await server.createDatabase(), redis.url);
    const lazy = await parley(env, 'doctor');
    assert.equal(lazy.code, 1);
    assert.match(lazy.out, /^problem {2}.*syncs its log once a second.*PARLEY_QUEUE_SYNC=sql/m);
    assert.equal((await parley({ ...env, PARLEY_QUEUE_SYNC: 'sql' }, 'doctor')).code, 0);
    await redis.nodes[0]?.cli('config', 'set', 'maxmemory-policy', 'allkeys-lru');
    const evicting = await parley(env, 'doctor');
    assert.match(evicting.out, /^problem {2}.*allkeys-lru.*noeviction/m);
  });

  test('another number of partitions than the queue has is a problem while something waits, and warned of after it', async () => {
    await using dir = await temporaryFolder();
    await using redis = await startRedis();
    const env = { ...cluster(dir.path, await server.createDatabase(), redis.url), PARLEY_QUEUE_PARTITIONS: '64' };
    await redis.nodes[0]?.cli('xadd', 'parley:{q3}:in', '*', 'e', 'an entry');
    const waiting = await parley(env, 'doctor');
    assert.equal(waiting.code, 1);
    assert.match(
      waiting.out,
      /^problem {2}PARLEY_QUEUE_PARTITIONS: 64, and the queue in Redis has 16 while 1 entries wait/m,
    );
    await redis.flushAll();
    const empty = await parley(env, 'doctor');
    assert.equal(empty.code, 0);
    assert.match(empty.out, /^warning {2}PARLEY_QUEUE_PARTITIONS: .* the next start makes it 64\./m);
    assert.equal(await redis.nodes[0]?.cli('dbsize'), '0', 'nothing was changed');
  });

  test('servers that do not answer, a wrong password and missing rights are problems, and no password is shown', async () => {
    await using dir = await temporaryFolder();
    const url = new URL(await server.createDatabase());
    const away = cluster(
      dir.path,
      `mysql://root:topsecret1@127.0.0.1:1${url.pathname}`,
      'redis://:topsecret2@127.0.0.1:1',
    );
    const nobody = await parley(away, 'doctor');
    assert.equal(nobody.code, 1);
    assert.match(nobody.out, /^problem {2}PARLEY_DATABASE_URL: .*\n.*Start the database server/m);
    assert.match(nobody.out, /^problem {2}PARLEY_REDIS_URL: no Redis can be used/m);
    const name = url.pathname.slice(1);
    await server.query(
      url.href,
      `create user reader@'%' identified by 'topsecret3'; grant select on ${name}.* to reader@'%'`,
    );
    const denied = await parley(
      { ...away, PARLEY_DATABASE_URL: `mysql://reader:topsecret4@${url.host}/${name}` },
      'doctor',
    );
    assert.match(denied.out, /^problem {2}PARLEY_DATABASE_URL: .*Access denied.*\n.*Correct user and password/m);
    const poor = await parley(
      { ...away, PARLEY_DATABASE_URL: `mysql://reader:topsecret3@${url.host}/${name}` },
      'doctor',
    );
    assert.match(poor.out, /^problem {2}The user may not make and change tables/m);
    for (const { out } of [nobody, denied, poor]) assert.doesNotMatch(out, /topsecret/);
  });

  test('a setting of the server that could lose messages is a problem', async () => {
    await using dir = await temporaryFolder();
    const url = await server.createDatabase();
    await server.query(url, 'set global innodb_flush_log_at_trx_commit = 2');
    try {
      const { code, out } = await parley({ ...settings(dir.path), PARLEY_DATABASE_URL: url }, 'doctor');
      assert.equal(code, 1);
      assert.match(out, /^problem {2}PARLEY_DATABASE_URL: innodb_flush_log_at_trx_commit has to be 1/m);
    } finally {
      await server.query(url, 'set global innodb_flush_log_at_trx_commit = 1');
    }
  });
});
