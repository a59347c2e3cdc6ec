import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Agent } from '@parley/sdk/protocol.ts';
import { byReadiness } from './by-readiness.ts';

const agent = (name: string, presence: Agent['presence'], load: number): Agent => ({
  id: name,
  email: `${name}@example.com`,
  name,
  role: 'agent',
  enabled: true,
  capacity: 5,
  presence,
  load,
  used: load,
  createdAt: 1,
});

test('whoever can take a conversation soonest comes first', () => {
  const agents = [agent('d', 'offline', 0), agent('a', 'online', 4), agent('c', 'busy', 0), agent('b', 'online', 1)];
  assert.deepEqual(
    agents.toSorted(byReadiness).map(({ name }) => name),
    ['b', 'a', 'c', 'd'],
  );
});
