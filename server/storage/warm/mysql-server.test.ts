import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Pool } from 'mysql2';
import { faultOf } from './mysql-faults.ts';
import { checkServer } from './mysql-server.ts';

const safe = { innodb_flush_log_at_trx_commit: '1', max_allowed_packet: '67108864', log_bin: 'ON', sync_binlog: '1' };

/** A server that has these variables. */
function check(version: string, over: Readonly<Record<string, string>> = {}) {
  const rows = Object.entries({ ...safe, version, ...over }).map(([Variable_name, Value]) => ({
    Variable_name,
    Value,
  }));
  const pool = { promise: () => ({ query: async () => [rows] }) } as unknown as Pool;
  const warnings: string[] = [];
  return checkServer(pool, (text) => warnings.push(text)).then(({ collation }) => ({ collation, warnings }));
}

test('each server is taken from the version on that has what ids need, and tells them apart by its own collation', async () => {
  for (const version of ['8.0.17', '8.0.44', '8.4.7', '9.5.0-commercial']) {
    assert.deepEqual(await check(version), { collation: 'utf8mb4_0900_bin', warnings: [] }, version);
  }
  for (const version of ['10.11.6-MariaDB-0+deb12u1', '11.4.2-MariaDB', '12.0.1-MariaDB']) {
    assert.deepEqual(await check(version), { collation: 'utf8mb4_nopad_bin', warnings: [] }, version);
  }
  for (const version of ['5.7.44', '8.0.16', '10.6.22-MariaDB', '10.10.9-MariaDB']) {
    await assert.rejects(check(version), /are supported/, version);
  }
});

test('a server on which several may number one conversation, or that may lose what is committed, is refused', async () => {
  await assert.rejects(check('10.11.6-MariaDB', { wsrep_on: 'ON' }), /wsrep_on is ON/);
  await assert.rejects(check('8.4.7', { group_replication_single_primary_mode: 'OFF' }), /single-primary mode/);
  assert.deepEqual((await check('8.4.7', { group_replication_single_primary_mode: 'ON' })).warnings, []);
  await assert.rejects(check('8.4.7', { innodb_flush_log_at_trx_commit: '2' }), /has to be 1/);
  assert.match((await check('8.4.7', { sync_binlog: '0' })).warnings[0] ?? '', /sync_binlog/);
});

test('an error of either server is told for what it is', () => {
  const fault = (errno: number) => faultOf(Object.assign(new Error('x'), { errno, code: 'ER_X' }));
  const meant = {
    again: [1205, 1213, 1062, 3101],
    lost: [1927, 3169, 4031],
    unavailable: [1040, 1053, 1290],
    own: [1064],
  };
  for (const [kind, numbers] of Object.entries(meant)) {
    for (const errno of numbers) assert.equal(fault(errno), kind, `${errno}`);
  }
});
