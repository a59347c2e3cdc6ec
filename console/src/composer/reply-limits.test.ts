import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Capabilities } from '@parley/sdk/protocol.ts';
import { messageOf } from '../testing/samples.ts';
import { replyLimits } from './reply-limits.ts';

const hourMs = 60 * 60_000;
const capabilities: Capabilities = {
  content: ['text', 'image'],
  maxTextBytes: 10,
  typing: false,
  receipts: { delivered: false, read: false },
  idempotentSend: false,
  rate: { perSecond: 1, burst: 1 },
  replyWindow: { durationMs: 48 * hourMs, messages: 3 },
  recall: false,
  edit: false,
};
const lastIn = messageOf({ seq: 5, direction: 'in', createdAt: 0 });
const limitsOf = (patch: Partial<Parameters<typeof replyLimits>[0]>) =>
  replyLimits({ text: '', attached: [], capabilities, messages: [lastIn], now: hourMs, ...patch });

test('a short reply in time meets no limit', () => {
  assert.deepEqual(limitsOf({ text: 'hello' }), []);
});

test('length counts in bytes, as the platforms do', () => {
  assert.deepEqual(limitsOf({ text: '你好你好' }), [{ kind: 'split', bytes: 12, limit: 10 }]);
});

test('a text that no channel takes is too long, and not merely split', () => {
  const text = 'x'.repeat(65_537);
  assert.deepEqual(limitsOf({ text }), [{ kind: 'too-long', bytes: 65_537, limit: 65_536 }]);
  assert.deepEqual(limitsOf({ text, capabilities: undefined }), [{ kind: 'too-long', bytes: 65_537, limit: 65_536 }]);
});

test('the end of the reply window is announced, and then said', () => {
  assert.deepEqual(limitsOf({ now: 47 * hourMs }), [{ kind: 'window-left', ms: hourMs }]);
  assert.deepEqual(limitsOf({ now: 48 * hourMs }), [{ kind: 'window-over' }]);
});

test('replies since the last word of the customer are counted; notes and failures are not', () => {
  const out = (seq: number, patch = {}) => messageOf({ seq, direction: 'out', ...patch });
  const before = messageOf({ seq: 4, direction: 'out' });
  assert.deepEqual(limitsOf({ messages: [before, lastIn, out(6)] }), [{ kind: 'window-messages', left: 2 }]);
  const kinds = [out(6), out(7, { private: true }), out(8, { state: 'failed' as const })];
  assert.deepEqual(limitsOf({ messages: [lastIn, ...kinds] }), [{ kind: 'window-messages', left: 2 }]);
  assert.deepEqual(limitsOf({ messages: [lastIn, out(6), out(7), out(8)] }), [{ kind: 'window-used' }]);
});

test('a file that the channel cannot carry is said before it is sent', () => {
  assert.deepEqual(limitsOf({ attached: [{ type: 'file', url: '/files/1' }] }), [
    { kind: 'degraded', content: 'file' },
  ]);
});
