import assert from 'node:assert/strict';
import { test } from 'node:test';
import { readOptions, sectionIds } from './options.ts';

test('without arguments everything is measured, and nothing is written to a file', () => {
  const { only, json, rates } = readOptions([]);
  assert.deepEqual({ only, json, rates }, { only: [...sectionIds], json: undefined, rates: [1_000, 2_000, 5_000] });
});

test('the seconds of a round are those that were asked for, quick or not, and change no other time', () => {
  for (const args of [[], ['--quick']]) {
    const { measureMs, rateMs, ...others } = readOptions([...args, '--seconds', '7']);
    assert.deepEqual({ measureMs, rateMs }, { measureMs: 7_000, rateMs: 7_000 });
    const { measureMs: _, rateMs: __, ...asAlways } = readOptions(args);
    assert.deepEqual(others, asAlways);
  }
});

test('an argument that makes no sense is named', () => {
  assert.throws(() => readOptions(['--seconds', '0.5']), /--seconds: .*0\.5/);
  assert.throws(() => readOptions(['--rounds', '0']), /--rounds: .*0/);
  assert.throws(() => readOptions(['--only', 'latency,speed']), /--only: .*speed/);
  assert.throws(() => readOptions(['--fast']), /--fast/);
});
