import assert from 'node:assert/strict';
import type { CodeAttempt, NewCode } from '../bot/identity-check/identity-store.ts';
import type { WarmStore } from '../storage/warm/warm-store.ts';
import { inbound } from './test-store.ts';

const minuteMs = 60_000;
const at = 7_000_000;

/** Holds a store's one-time codes to their law, also where several ask at once. */
export async function exerciseIdentity({ conversations, identity }: WarmStore): Promise<void> {
  const stored = await conversations.append([inbound('kim', { at }), inbound('lou', { at })]);
  const [kim, lou] = stored.map((one) => {
    assert.ok(one.kind !== 'refused');
    return { conversationId: one.conversationId, contactId: one.head.contactId };
  });
  assert.ok(kim !== undefined && lou !== undefined);
  const limit = { since: at - 60 * minuteMs, most: 3 };
  const code: NewCode = {
    ...{ ...kim, seq: 1, stepId: 'check', addressHash: 'address', shown: 'a•••@e•••.com', isOwn: true },
    ...{ codeHash: 'right', at, expiresAt: at + 10 * minuteMs },
  };
  const typed: CodeAttempt = {
    ...{ ...kim, seq: 1, stepId: 'check', codeHash: 'right', typedSeq: 3, at: at + 1 },
    ...{ mostTries: 5, checkedUntil: at + 30 * minuteMs },
  };
  const none = { kind: 'expired' };
  assert.deepEqual(await identity.attempt(typed), none, 'none was sent');
  assert.equal(await identity.issue(code, limit), true);
  assert.equal(await identity.issue(code, limit), true, 'asked for again about the same message, it is not counted');
  assert.deepEqual(await identity.attempt({ ...typed, codeHash: 'other', typedSeq: 2 }), { kind: 'wrong', left: 4 });
  assert.deepEqual(await identity.attempt({ ...typed, codeHash: 'other', typedSeq: 2 }), { kind: 'wrong', left: 4 });
  assert.deepEqual(await identity.attempt({ ...typed, contactId: lou.contactId }), none, 'another contact has none');
  assert.equal(await identity.checkOf(kim.conversationId, at), undefined);

  // Two processes that were each told of another message with the same code.
  const both = await Promise.all([identity.attempt(typed), identity.attempt({ ...typed, typedSeq: 4 })]);
  assert.equal(both.filter(({ kind }) => kind === 'right').length, 1, 'one code is right once');
  const { contactId } = kim;
  const check = { contactId, addressHash: 'address', shown: 'a•••@e•••.com', isOwn: true, at: at + 1 };
  assert.deepEqual(await identity.checkOf(kim.conversationId, at), { ...check, until: at + 30 * minuteMs });
  assert.equal(await identity.checkOf(kim.conversationId, at + 30 * minuteMs), undefined, 'its time is over');

  // Three an hour: the contact's, and the address's whoever asks, however many ask at once.
  const more = [2, 3, 4, 5].map((seq) => identity.issue({ ...code, seq, addressHash: `other ${seq}` }, limit));
  assert.equal((await Promise.all(more)).filter(Boolean).length, 2);
  const others = [1, 2, 3, 4].map((seq) => identity.issue({ ...code, ...lou, seq }, limit));
  assert.equal((await Promise.all(others)).filter(Boolean).length, 2, 'one was sent to this address before');
  const hourLater = { ...code, ...lou, seq: 9, at: at + 61 * minuteMs, expiresAt: at + 71 * minuteMs };
  assert.equal(await identity.issue(hourLater, { since: at + minuteMs, most: 3 }), true);

  // Five wrong ones are the end of it, also for the right one.
  const guess = { ...typed, ...lou, seq: 9, at: hourLater.at };
  const kinds: string[] = [];
  for (let n = 10; n < 15; n++) kinds.push((await identity.attempt({ ...guess, codeHash: 'no', typedSeq: n })).kind);
  assert.deepEqual(kinds, ['wrong', 'wrong', 'wrong', 'wrong', 'too-many']);
  assert.deepEqual(await identity.attempt({ ...guess, typedSeq: 15 }), { kind: 'too-many' });

  // The newest one counts alone; what is late, or was not delivered, counts not at all.
  const newer = { ...hourLater, seq: 20, stepId: 'newer' };
  const free = { since: newer.at, most: 3 };
  assert.equal(await identity.issue({ ...newer, seq: 19 }, free), true);
  assert.equal(await identity.issue(newer, free), true);
  assert.deepEqual(await identity.attempt({ ...guess, seq: 19, stepId: 'newer', typedSeq: 21 }), none);
  const late = { ...guess, seq: 20, stepId: 'newer', at: newer.expiresAt };
  assert.deepEqual(await identity.attempt({ ...late, typedSeq: 22 }), none);
  assert.equal(await identity.issue({ ...newer, seq: 23 }, free), true);
  await identity.withdraw({ ...lou, seq: 23, stepId: 'newer' });
  assert.deepEqual(await identity.attempt({ ...guess, seq: 23, stepId: 'newer', typedSeq: 24 }), none);

  await identity.forget(at + 120 * minuteMs);
  assert.deepEqual(await identity.attempt({ ...guess, seq: 20, stepId: 'newer', typedSeq: 25 }), none);
  assert.equal(await identity.checkOf(kim.conversationId, at), undefined);
}
