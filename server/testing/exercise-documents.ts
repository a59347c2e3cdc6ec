import assert from 'node:assert/strict';
import type { WarmStore } from '../storage/warm/warm-store.ts';

/** What the bot is taught: stored whole or not at all, read in pages, followed by its version. */
export async function exerciseDocuments({ documents }: Pick<WarmStore, 'documents'>): Promise<void> {
  assert.equal(await documents.version('graph'), 0);
  const many = Array.from({ length: 450 }, (_, at) => ({
    kind: 'node',
    id: `n${String(at).padStart(3, '0')}`,
    body: '{}',
  }));
  assert.equal(await documents.apply('graph', 0, { put: many, remove: [] }), true);
  assert.equal(await documents.apply('graph', 0, { put: [], remove: many }), false, 'somebody else was there before');
  const changed = { kind: 'answer', id: '甲', body: '{"text":"😀"}' };
  const change = {
    put: [changed, { kind: 'node', id: 'n001', body: '{"a":1}' }],
    remove: [{ kind: 'node', id: 'n000' }],
  };
  assert.equal(await documents.apply('graph', 1, change), true);
  assert.equal(await documents.version('graph'), 2);
  assert.equal(await documents.version('entities'), 0);
  const first = await documents.page('graph', null, 2);
  assert.deepEqual(
    first.map(({ kind, id, body }) => [kind, id, body]),
    [
      ['answer', '甲', changed.body],
      ['node', 'n001', '{"a":1}'],
    ],
  );
  assert.equal((await documents.page('graph', first[1] ?? null, 1_000)).length, 448);
  assert.deepEqual(await documents.page('entities', null, 10), []);
}
