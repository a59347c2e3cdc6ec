import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createInOrder } from './in-order.ts';

test('work that shares a key waits for what was given before it, and other work does not', async () => {
  const inOrder = createInOrder();
  const begun: string[] = [];
  const ends = new Map<string, () => void>();
  const work = (name: string) => () => {
    begun.push(name);
    return new Promise<void>((resolve) => ends.set(name, resolve));
  };
  const turn = () => new Promise((resolve) => setImmediate(resolve));
  const all = [
    inOrder.run(['a', 'b'], work('first')),
    inOrder.run(['c'], work('beside')),
    inOrder.run(['b', 'c', 'c'], work('both')),
    inOrder.run(['a'], work('second of a')),
  ];
  await turn();
  assert.deepEqual(begun, ['first', 'beside']);
  ends.get('first')?.();
  await turn();
  assert.deepEqual(begun, ['first', 'beside', 'second of a']);
  ends.get('beside')?.();
  await turn();
  assert.deepEqual(begun.at(-1), 'both');
  for (const end of ends.values()) end();
  await Promise.all(all);
});

test('work that fails keeps nobody waiting', async () => {
  const inOrder = createInOrder();
  const failed = inOrder.run(['a'], () => Promise.reject(new Error('no')));
  const next = inOrder.run(['a'], async () => 'done');
  await assert.rejects(failed, /no/);
  assert.equal(await next, 'done');
});
