import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createTestClock, type TestClock } from '../base/clock.ts';
import { createPresenceBoard, type PresenceBoard } from './presence.ts';
import type { OwnPresence } from './presence-directory.ts';

const minuteMs = 60_000;

function openBoard(
  clock: TestClock,
  options: { autoAwayMs?: () => number | null; onAnnounce?: Announce; answeredGraceMs?: number } = {},
) {
  const changes: string[] = [];
  const board: PresenceBoard = createPresenceBoard({
    clock,
    graceMs: minuteMs,
    ...(options.answeredGraceMs === undefined ? {} : { answeredGraceMs: options.answeredGraceMs }),
    autoAwayMs: options.autoAwayMs ?? (() => 10 * minuteMs),
    events: {
      ...(options.onAnnounce === undefined ? {} : { announce: options.onAnnounce }),
      changed: (agentId) => {
        const { status, reason } = board.shown(agentId);
        changes.push(`${agentId} ${status} ${reason ?? ''}`.trim());
      },
      gone: (agentId) => changes.push(`${agentId} gone`),
    },
  });
  return { board, changes };
}
type Announce = (agentId: string, own: OwnPresence) => void;

test('who touches nothing for the time is away by itself, and back with the next touch', async () => {
  const clock = createTestClock();
  const { board, changes } = openBoard(clock);
  board.connected('ann');
  await clock.advance(9 * minuteMs);
  board.active('ann');
  await clock.advance(10 * minuteMs - 1);
  assert.deepEqual([board.status('ann'), board.isAvailable('ann')], ['online', true]);
  await clock.advance(1);
  assert.deepEqual(board.shown('ann'), { status: 'away', reason: 'auto' });
  assert.equal(board.isAvailable('ann'), false);
  board.active('ann');
  assert.deepEqual([board.shown('ann'), board.isAvailable('ann')], [{ status: 'online', reason: null }, true]);
  assert.deepEqual(changes, ['ann online', 'ann away auto', 'ann online']);
  board.close();
});

test('what somebody chose is not undone by a touch, and not covered by none', async () => {
  const clock = createTestClock();
  const { board } = openBoard(clock);
  board.connected('ann');
  board.choose('ann', 'away', 'lunch');
  await clock.advance(20 * minuteMs);
  assert.deepEqual(board.shown('ann'), { status: 'away', reason: 'lunch' });
  board.active('ann');
  assert.deepEqual(board.shown('ann'), { status: 'away', reason: 'lunch' });
  board.close();
});

test('active in any window is active: here, and at another process', async () => {
  const clock = createTestClock();
  const boards = new Map<string, PresenceBoard>();
  const told = new Map<string, OwnPresence>();
  const open = (name: string, other: string) => {
    const { board } = openBoard(clock, {
      onAnnounce: (agentId, own) => {
        told.set(name, own);
        boards.get(other)?.seenElsewhere(agentId, own);
      },
    });
    boards.set(name, board);
    return board;
  };
  const [a, b] = [open('a', 'b'), open('b', 'a')];
  a.connected('ann');
  a.connected('ann');
  b.connected('ann');
  await clock.advance(8 * minuteMs);
  b.active('ann');
  await clock.advance(8 * minuteMs);
  assert.equal(told.get('a')?.isIdle, true);
  assert.deepEqual([a.status('ann'), b.status('ann')], ['online', 'online']);
  await clock.advance(2 * minuteMs);
  assert.deepEqual(
    [a.shown('ann'), b.shown('ann')].map(({ reason }) => reason),
    ['auto', 'auto'],
  );
  a.active('ann');
  assert.deepEqual([a.status('ann'), b.status('ann')], ['online', 'online']);
  a.close();
  b.close();
});

test('a line that comes back by itself is nobody at the desk', async () => {
  const clock = createTestClock();
  const { board } = openBoard(clock);
  board.connected('ann');
  await clock.advance(10 * minuteMs);
  board.disconnected('ann');
  await clock.advance(1_000);
  board.connected('ann');
  assert.deepEqual(board.shown('ann'), { status: 'away', reason: 'auto' });
  board.active('ann', 10 * minuteMs);
  assert.equal(board.status('ann'), 'away');
  board.active('ann');
  assert.equal(board.status('ann'), 'online');
  board.disconnected('ann');
  await clock.advance(minuteMs);
  // The process was started anew, or the line was away for long: the window says how old its last touch is.
  board.connected('ann');
  board.active('ann', 11 * minuteMs);
  assert.equal(board.status('ann'), 'away');
  board.active('ann', 11 * minuteMs);
  board.connected('ann');
  board.active('ann', 2 * minuteMs);
  board.active('ann', 30 * minuteMs);
  assert.equal(board.status('ann'), 'online', 'another window knows better');
  board.close();
});

test('another time holds at once, and without one nobody is away by itself', async () => {
  const clock = createTestClock();
  let time: number | null = null;
  const { board } = openBoard(clock, { autoAwayMs: () => time });
  board.connected('ann');
  await clock.advance(60 * minuteMs);
  assert.equal(board.status('ann'), 'online');
  time = 5 * minuteMs;
  board.idleTimeChanged();
  assert.equal(board.status('ann'), 'away');
  time = null;
  board.idleTimeChanged();
  assert.equal(board.status('ann'), 'online');
  board.close();
});

test('who finishes up is known until they choose anything else', () => {
  const { board } = openBoard(createTestClock());
  board.connected('ann');
  board.choose('ann', 'busy', 'finishing');
  assert.deepEqual([...board.finishing()], ['ann']);
  assert.equal(board.isAvailable('ann'), false);
  board.choose('ann', 'online', 'ignored');
  assert.deepEqual([[...board.finishing()], board.shown('ann').reason], [[], null]);
  board.close();
});

test('somebody whose line was cut is awaited for longer by those they have answered; who chose to go is not', async () => {
  const clock = createTestClock();
  const { board, changes } = openBoard(clock, { answeredGraceMs: 3 * minuteMs });
  const gone = () => changes.filter((change) => change.endsWith('gone')).length;
  board.connected('ann');
  board.disconnected('ann');
  assert.equal(board.isLost('ann'), false, 'nothing is lost yet');
  await clock.advance(minuteMs);
  assert.deepEqual([gone(), board.isLost('ann')], [1, true]);
  await clock.advance(2 * minuteMs - 1);
  assert.deepEqual([gone(), board.isLost('ann')], [1, true]);
  await clock.advance(1);
  assert.deepEqual([gone(), board.isLost('ann')], [2, false], 'told again: now the rest goes, too');

  board.connected('ann');
  board.disconnected('ann');
  await clock.advance(2 * minuteMs);
  board.connected('ann');
  assert.equal(board.isLost('ann'), false, 'she is back');
  await clock.advance(5 * minuteMs);
  assert.equal(gone(), 3);
  board.choose('ann', 'offline');
  assert.deepEqual([gone(), board.isLost('ann')], [4, false]);
  board.close();
});
