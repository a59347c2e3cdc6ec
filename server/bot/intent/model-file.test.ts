import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { decodeModel, encodeModel, ModelFileError } from './model-file.ts';
import { createIntentRecognizer } from './recognizer.ts';
import { shopIntents } from './shop-intents-fixture.ts';
import { trainIntents } from './train-intents.ts';

const { model } = trainIntents(shopIntents, { seed: 1 });
const bytes = encodeModel(model);

test('a model that was written and read answers and explains as before', () => {
  const [before, after] = [createIntentRecognizer(model), createIntentRecognizer(decodeModel(bytes))];
  for (const text of ['where is my parcel', '退款 please', '', 'x'.repeat(10_000)])
    assert.deepEqual(after.explain(text), before.explain(text));
});

test('a file that differs in any byte, or ends anywhere, is refused with a reason', () => {
  const place = fc.integer({ min: 0, max: bytes.length - 1 });
  fc.assert(
    fc.property(place, fc.integer({ min: 1, max: 255 }), (at, change) => {
      const other = bytes.slice();
      other[at] = (other[at] as number) ^ change;
      assert.throws(() => decodeModel(other), ModelFileError);
      assert.throws(() => decodeModel(bytes.subarray(0, at)), ModelFileError);
    }),
    { numRuns: 40 },
  );
});

test('a file of another kind and a model of another version are told apart from a damaged one', () => {
  const newer = bytes.slice();
  newer[13] = 99;
  const cut = bytes.subarray(0, bytes.length - 1);
  const files = [Buffer.from('PK something else, and long enough to be a model, as it goes on and on'), newer, cut];
  const reasons = files.map((file) => {
    try {
      decodeModel(file);
    } catch (error) {
      return error instanceof ModelFileError ? error.reason : error;
    }
    return 'read';
  });
  assert.deepEqual(reasons, ['not-a-model', 'other-version', 'damaged']);
});
