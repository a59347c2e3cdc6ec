import assert from 'node:assert/strict';
import { test } from 'node:test';
import { clusterMissing, startCluster } from '../../server/testing/cluster.ts';

test('a Redis that syncs less than its operator asked for is refused at the start, with what to change', {
  skip: clusterMissing(),
  timeout: 100_000,
}, async () => {
  for (const [redisOptions, expected] of [
    [{ appendfsync: 'everysec' }, /PARLEY_REDIS_URL: this Redis syncs its log once a second.*appendfsync always/],
    [{ appendonly: 'no' }, /PARLEY_REDIS_URL: this Redis keeps no log that it syncs/],
    [{ 'maxmemory-policy': 'allkeys-lru' }, /noeviction/],
  ] as const) {
    await assert.rejects(startCluster({ roles: { all: 1 }, oneRedis: true, redisOptions }), expected);
  }
});
