import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { SlaClockView } from '@parley/sdk/protocol.ts';
import { slaShown } from './sla-shown.ts';

const clock: SlaClockView = { target: 'first-answer', state: 'running', dueAt: 10_000, warnAt: 8_000 };
const toneAt = (now: number, over: Partial<SlaClockView> = {}) => {
  const { tone, ms } = slaShown({ ...clock, ...over }, now);
  return [tone, ms];
};

test('a clock is calm until it warns, then amber, and red from its end on, also before the server has said so', () => {
  assert.deepEqual(toneAt(7_999), ['calm', 2_001]);
  assert.deepEqual(toneAt(8_000), ['warned', 2_000]);
  assert.deepEqual(toneAt(1_000, { state: 'warned' }), ['warned', 9_000]);
  assert.deepEqual(toneAt(10_000), ['breached', 0]);
  assert.deepEqual(toneAt(15_000, { state: 'breached' }), ['breached', 5_000]);
  assert.deepEqual(toneAt(9_999, { warnAt: null }), ['calm', 1]);
});

test('one that stands still shows what is left of it, and stays red where its time was over', () => {
  const still = { dueAt: null, warnAt: null, pausedBy: 'snoozed', leftMs: 3_000 } as const;
  assert.deepEqual(toneAt(99_000, { ...still, state: 'paused' }), ['paused', 3_000]);
  assert.deepEqual(toneAt(99_000, { ...still, state: 'breached', leftMs: 0 }), ['breached', 0]);
});
