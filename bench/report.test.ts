import assert from 'node:assert/strict';
import { test } from 'node:test';
import { formatNumber, renderLoad, renderSection, row } from './report.ts';

test('the ratio is taken round by round, so that a slow moment of the machine cancels out', () => {
  const measured = row('messages', '1/s', [100, 50, 1_000], { name: 'echo', rounds: [200, 100, 1_000] });
  assert.equal(measured.ratio, 0.5);
  assert.equal(measured.parley.median, 100);
  assert.equal(measured.reference?.summary.median, 200);
});

test('a figure without a reference has no ratio', () => {
  assert.equal(row('messages', '1/s', [1]).ratio, undefined);
});

test('numbers show three digits that count', () => {
  assert.deepEqual([24_318.7, 512.4, 41.26, 3.456, 0.5].map(formatNumber), ['24,319', '512', '41.3', '3.46', '0.50']);
});

test('a broken check is said in the open beside the table', () => {
  const text = renderSection({
    id: 'x',
    title: 'Title',
    explanation: ['What was done.'],
    rows: [row('messages', '1/s', [10, 20, 30], { name: 'a bare echo', rounds: [20, 40, 60] })],
    checks: [{ claim: 'none is lost', holds: false, detail: '1 missing' }],
  });
  assert.match(text, /^messages, 1\/s +20\.0 +\(10\.0 … 30\.0\) +40\.0 +\(20\.0 … 60\.0\) +0\.50 {2}a bare echo$/m);
  assert.match(text, /BROKEN {2}none is lost \(1 missing\)/);
});

test('a run on a machine that others kept busy says so, and one on a quiet machine does not', () => {
  assert.match(renderLoad({ cores: 2, loadBefore: 7.96 }), /8\.0 on 2 cores: OTHER PROGRAMS WERE RUNNING/);
  assert.equal(renderLoad({ cores: 2, loadBefore: 0.3 }), 'Load average before the run: 0.3 on 2 cores.');
});
