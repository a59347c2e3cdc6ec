import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { WaitNotice } from '@parley/sdk/protocol.ts';
import { waitSentences } from './wait-words.ts';
import { words } from './words.ts';

const minutes = (low: number, high: number) => ({ lowMs: low * 60_000, highMs: high * 60_000 });
const notice = (more: Partial<WaitNotice>): WaitNotice => ({
  ...{ position: 3, atLeast: false, estimate: null, movedOn: false, offers: [] },
  ...more,
});
const said = (more: Partial<WaitNotice>) => {
  const { place, wait } = waitSentences(notice(more), words.en);
  return [place, wait];
};

test('the place and the wait are told as they are known, and no number is made up', () => {
  assert.deepEqual(said({ estimate: minutes(4, 7) }), ['You are number 3.', 'Usually answered in 4 to 7 minutes.']);
  assert.deepEqual(said({}), ['You are number 3.', 'We cannot say yet how long it takes.']);
  assert.deepEqual(said({ position: null }), [undefined, 'We cannot say yet how long it takes.']);
  assert.deepEqual(said({ position: 100, atLeast: true })[0], 'You are number 100 or later.');
});

test('a wait is told in minutes, in one of them, or in hours', () => {
  assert.equal(said({ estimate: minutes(0, 1) })[1], 'Usually answered within a minute.');
  assert.equal(said({ estimate: minutes(0, 5) })[1], 'Usually answered within 5 minutes.');
  assert.equal(said({ estimate: minutes(120, 300) })[1], 'Usually answered in 2 to 5 hours.');
  assert.equal(said({ estimate: minutes(60, 240) })[1], 'Usually answered in 1 to 4 hours.');
});

test('who was passed on is told so, in both languages', () => {
  assert.match(waitSentences(notice({ movedOn: true }), words.en).moved ?? '', /another team/);
  assert.match(waitSentences(notice({ movedOn: true }), words['zh-CN']).moved ?? '', /客服/);
  assert.equal(waitSentences(notice({}), words.en).moved, undefined);
});
