import assert from 'node:assert/strict';
import { test } from 'node:test';
import { keptValues } from './kept-values.ts';

test('where the browser forbids storage, values live in this page’s memory', () => {
  const kept = keptValues(() => {
    throw new DOMException('forbidden', 'SecurityError');
  });
  kept.set('a', '1');
  assert.equal(kept.get('a'), '1');
  kept.remove('a');
  assert.equal(kept.get('a'), null);
});

test('a full storage keeps the newest value in memory, and takes over again when there is room', () => {
  const stored = new Map<string, string>([['a', 'old']]);
  let full = true;
  const kept = keptValues(() => ({
    getItem: (key) => stored.get(key) ?? null,
    setItem(key, value) {
      if (full) throw new DOMException('full', 'QuotaExceededError');
      stored.set(key, value);
    },
    removeItem: (key) => void stored.delete(key),
  }));
  kept.set('a', 'new');
  assert.equal(kept.get('a'), 'new');
  full = false;
  kept.set('a', 'newer');
  stored.set('a', 'from another tab');
  assert.equal(kept.get('a'), 'from another tab');
});
