import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ConfigError, readConfig } from './config.ts';

const mysql = { PARLEY_DATABASE_URL: 'mysql://parley@db/parley' };

test('a setting that makes no sense is refused in one line that names it and tells no secret', () => {
  const wrong: [name: string, value: string, beside?: Record<string, string>][] = [
    ['PARLEY_PORT', 'eighty'],
    ['PARLEY_PORT', '65536'],
    ['PARLEY_ROLE', 'wizard'],
    ['PARLEY_ROLE', 'worker'],
    ['PARLEY_DATABASE_URL', 'postgres://db/parley'],
    ['PARLEY_DATABASE_URL', 'mysql://db'],
    ['PARLEY_DATABASE_CONNECTIONS', '1', mysql],
    ['PARLEY_LOG_LEVEL', 'loud'],
    ['PARLEY_ADMIN_EMAIL', 'nobody'],
    ['PARLEY_ADMIN_PASSWORD', 'short'],
    ['PARLEY_SECRET', 'tiny'],
    ['PARLEY_PUBLIC_URL', 'parley.test'],
    ['PARLEY_QUEUE_MAX', '-1'],
    ['PARLEY_QUEUE_SYNC', 'sometimes'],
    ['PARLEY_QUEUE_PARTITIONS', '0'],
    ['PARLEY_QUEUE_PARTITIONS', '2000'],
    ['PARLEY_AGENT_GRACE_MS', '1.5'],
    ['PARLEY_DRAIN_MS', 'x'],
    ['PARLEY_REDIS_URL', 'redis://127.0.0.1'],
    ['PARLEY_REDIS_URL', 'http://127.0.0.1', mysql],
    ['PARLEY_ARCHIVE_AFTER_DAYS', '29'],
    ['PARLEY_ARCHIVE_AFTER_DAYS', 'never'],
    ['PARLEY_ARCHIVE_AFTER_DAYS', '90', mysql],
    ['PARLEY_ARCHIVE_DIR', '/archive', { PARLEY_CLICKHOUSE_URL: 'http://clickhouse:8123/parley' }],
    ['PARLEY_CLICKHOUSE_URL', 'clickhouse:9000'],
    ['PARLEY_RETENTION_DAYS', '-5'],
    ['PARLEY_VISITOR_LIMITS', '60'],
    ['PARLEY_SMTP_URL', 'mail.example:25', { PARLEY_MAIL_FROM: 'a@b.example' }],
    ['PARLEY_MAIL_FROM', 'nobody', { PARLEY_SMTP_URL: 'smtp://mail.example' }],
    ['PARLEY_MAIL_FROM', 'a@b.example'],
  ];
  for (const [name, value, beside = {}] of wrong) {
    assert.throws(
      () => readConfig({ ...beside, [name]: value }),
      (error) => {
        assert.ok(error instanceof ConfigError);
        assert.match(error.message, new RegExp(`^${name}: [^\\n]+$`));
        if (/PASSWORD|SECRET/.test(name)) assert.ok(!error.message.includes(value), error.message);
        return true;
      },
      `${name}=${value}`,
    );
  }
});

test('a folder of an embedding model is named from where the server starts, or is not', () => {
  assert.equal(
    readConfig({ PARLEY_EMBEDDING_MODEL_DIR: 'models/small' }, '/srv').embeddingModelDir,
    '/srv/models/small',
  );
  assert.equal(readConfig({ PARLEY_EMBEDDING_MODEL_DIR: '' }).embeddingModelDir, undefined);
});

test('a mail server has its usual port, and a sender whom mail is from', () => {
  const from = { PARLEY_MAIL_FROM: 'Shop <service@shop.example>' };
  assert.equal(readConfig({}).mail, undefined);
  assert.deepEqual(readConfig({ PARLEY_SMTP_URL: 'smtps://shop:p%40ss@mail.example', ...from }).mail, {
    ...{ host: 'mail.example', port: 465, isSecure: true, user: { name: 'shop', password: 'p@ss' } },
    from: { name: 'Shop', address: 'service@shop.example' },
  });
  const plain = readConfig({ PARLEY_SMTP_URL: 'smtp://mail.example', ...from }).mail;
  assert.deepEqual([plain?.port, plain?.isSecure, plain?.user], [587, false, undefined]);
});

test('one process archives after 90 days beside its data; several only where all of them see it', () => {
  const archiveOf = (env: Record<string, string>) => readConfig(env, '/srv').archive;
  assert.deepEqual(archiveOf({}), {
    afterDays: 90,
    keepDays: undefined,
    engine: { name: 'parquet', dir: '/srv/data/archive' },
  });
  assert.equal(archiveOf({ PARLEY_ARCHIVE_AFTER_DAYS: '0' }).afterDays, undefined);
  assert.equal(archiveOf(mysql).afterDays, undefined);
  assert.equal(archiveOf({ ...mysql, PARLEY_ARCHIVE_DIR: 'shared' }).afterDays, 90);
  assert.deepEqual(archiveOf({ ...mysql, PARLEY_CLICKHOUSE_URL: 'http://ch/parley', PARLEY_RETENTION_DAYS: '400' }), {
    afterDays: 90,
    keepDays: 400,
    engine: { name: 'clickhouse', url: 'http://ch/parley' },
  });
});
