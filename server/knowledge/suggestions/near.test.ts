import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { keyOf, likeness, NearGroups, shinglesOf } from './near.ts';

test('answers that differ in a word or in punctuation are one, others are not', () => {
  const groups = new NearGroups();
  const first = groups.add(1, 'You can send it back within 30 days, free of charge. Please use the label in the box.');
  const second = groups.add(
    2,
    'You can send it back within 30 days, free of charge! Please use the label in the parcel.',
  );
  const third = groups.add(3, 'Your refund takes five working days.');
  const fourth = groups.add(4, '您可以在30天内免费退货，请使用包裹内的标签。');
  const fifth = groups.add(5, '您可以在30天内免费退货，请使用包裹内的标签');
  assert.equal(first, second);
  assert.notEqual(first, third);
  assert.equal(fourth, fifth);
  assert.equal(
    groups.of(2)?.key,
    keyOf('you can send it back within 30 days free of charge please use the label in the box'),
  );
});

test('a group goes with its last text, and what is as like as can be is in one group', () => {
  const texts = fc.array(fc.string({ minLength: 1, maxLength: 60, unit: fc.constantFrom(...'abcde 你好。') }), {
    maxLength: 20,
  });
  fc.assert(
    fc.property(texts, (all) => {
      const groups = new NearGroups();
      for (const [id, text] of all.entries()) groups.add(id, text);
      for (const [id, text] of all.entries()) {
        const group = groups.of(id);
        assert.ok(group !== undefined && likeness(group.shingles, shinglesOf(text)) >= 0.8);
        assert.equal(groups.of(all.indexOf(text)), group);
      }
      for (const id of all.keys()) groups.remove(id);
      assert.deepEqual([...groups.all()], []);
    }),
  );
});
