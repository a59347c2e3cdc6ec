import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import { createTestClock, type TestClock } from '../base/clock.ts';
import { Gone, Rejected, RetryAfter } from '../gateway/channel-adapter.ts';
import { Refusal } from '../gateway/refusal.ts';
import { channelsOf, createScriptedChannel, type ScriptedChannel } from '../testing/scripted-channel.ts';
import {
  append,
  channelId,
  inbound,
  openTestStore,
  otherChannelId,
  reply,
  type TestStore,
} from '../testing/test-store.ts';
import { createEventBus } from './event-bus.ts';
import { createOutbox, type OutboxDeps } from './outbox.ts';
import type { OutboxStore } from './outbox-store.ts';

const start = 1_700_000_000_000;

/** An outbox over the real store with a clock that the test moves. */
async function startOutbox(
  t: TestContext,
  options: {
    channels?: ScriptedChannel[];
    store?: TestStore;
    clock?: TestClock;
    outboxStore?: (store: OutboxStore) => OutboxStore;
  } = {},
) {
  const store = options.store ?? (await openTestStore());
  const clock = options.clock ?? createTestClock(start);
  const scripted = options.channels ?? [createScriptedChannel(channelId)];
  const { channels, errors, changed } = channelsOf(scripted);
  const announced: string[] = [];
  const outcomes: string[] = [];
  const defects: unknown[] = [];
  const outbox = createOutbox({
    store: options.outboxStore?.(store.outbox) ?? store.outbox,
    channels: channels as OutboxDeps['channels'],
    conversations: { announceChange: ({ message }) => announced.push(`${message.id} ${message.state}`) },
    bus: createEventBus((error) => defects.push(error)),
    clock,
    random: () => 0,
    publicUrl: () => 'https://help.example.org',
    onOutcome: (_, kind) => outcomes.push(kind),
    onError: (error) => defects.push(error),
  });
  outbox.start();
  let stopped: Promise<void> | undefined;
  const stop = () => {
    for (const channel of scripted) channel.release();
    stopped ??= outbox.stop();
    return stopped;
  };
  t.after(stop);
  return {
    store,
    clock,
    scripted,
    channel: scripted[0] as ScriptedChannel,
    outbox,
    errors,
    changed,
    announced,
    outcomes,
    defects,
    stop,
  };
}

/** Waits for a condition that other threads bring about. */
async function until(holds: () => boolean | Promise<boolean>, what: string): Promise<void> {
  for (const deadline = Date.now() + 60_000; !(await holds()); ) {
    if (Date.now() > deadline) assert.fail(`never: ${what}`);
    await new Promise((resolve) => setTimeout(resolve, 2));
  }
}

/** Long enough for a loop that had something to do to have done it: a few answers of the store. */
async function quiet(store: TestStore): Promise<void> {
  for (let i = 0; i < 5; i++) await store.outbox.counts();
}

async function conversationOf(store: TestStore, contact: string, channel = channelId): Promise<string> {
  const [first] = await append(store, inbound(contact, { channel }));
  return first?.conversationId ?? '';
}
const send = (store: TestStore, id: string, text: string) =>
  append(store, reply(id, { text, deliver: true, at: start }));
const lastMessage = async (store: TestStore, id: string) =>
  (await store.conversations.messages(id, { limit: 1, fromEnd: true }))[0];
const textsOf = (channel: ScriptedChannel) =>
  channel.sent.map(({ message }) => (message.content.type === 'text' ? message.content.text : message.content.type));
const fails = (error: Error) => () => Promise.reject(error);

test('what was written is sent once, to the contact, and says so', async (t) => {
  const { store, channel, outbox, announced, outcomes, errors } = await startOutbox(t);
  const id = await conversationOf(store, 'ann');
  await send(store, id, 'hello Ann');
  outbox.wake(channelId);
  await until(() => announced.length === 1, 'sent');
  const [outbound] = channel.sent;
  assert.deepEqual(
    [outbound?.to, outbound?.attempt, outbound?.fromPart, outbound?.idempotencyKey],
    [{ contactExternalId: 'ann', conversationId: id }, 1, 0, `msg_${id}_2`],
  );
  const message = await lastMessage(store, id);
  assert.deepEqual([message?.state, message?.deliveredAs], ['sent', undefined]);
  assert.deepEqual(await store.conversations.findByExternalId(channelId, `${channelId} ${id}.2`), {
    conversationId: id,
    seq: 2,
  });
  assert.deepEqual(await store.outbox.counts(), { queued: 0, sending: 0, dead: 0, oldestAt: undefined });
  assert.deepEqual([announced, outcomes, errors.get(channelId)], [[`${id}.2 sent`], ['sent'], undefined]);
  outbox.wake(channelId);
  await quiet(store);
  assert.equal(channel.sent.length, 1);
});

test('a message that the platform puts off goes again after the time that it named, and not before', async (t) => {
  const { store, channel, outbox, clock, outcomes } = await startOutbox(t);
  const id = await conversationOf(store, 'ann');
  channel.script.push(fails(new RetryAfter('Too fast.', { afterMs: 30_000 })));
  await send(store, id, 'hello');
  outbox.wake(channelId);
  await until(() => outcomes.length === 1, 'put off');
  assert.equal((await lastMessage(store, id))?.state, 'queued');
  await clock.sleeping();
  await quiet(store);
  await clock.advance(29_999);
  await quiet(store);
  assert.equal(channel.sent.length, 1);
  await clock.advance(1);
  await until(() => outcomes.length === 2, 'sent again');
  assert.deepEqual(
    channel.sent.map(({ attempt }) => attempt),
    [1, 2],
  );
  assert.equal((await lastMessage(store, id))?.state, 'sent');
});

test('where the platform names no time, the wait doubles', async (t) => {
  const { store, channel, outbox, clock, outcomes } = await startOutbox(t);
  const id = await conversationOf(store, 'ann');
  channel.script.push(...Array.from({ length: 4 }, () => fails(new RetryAfter('Busy.'))));
  await send(store, id, 'hello');
  outbox.wake(channelId);
  // With random 0 the wait is half of each step of 2, 4, 8, 16 s.
  const waits = [1_000, 2_000, 4_000, 8_000];
  for (const [i, waitMs] of waits.entries()) {
    await until(() => outcomes.length === i + 1, `attempt ${i + 1}`);
    await clock.sleeping();
    await quiet(store);
    await clock.advance(waitMs - 1);
    await quiet(store);
    assert.equal(channel.sent.length, i + 1);
    await clock.advance(1);
  }
  await until(() => outcomes.at(-1) === 'sent', 'sent at last');
});

for (const error of [new Rejected('The picture is too large.'), new Gone('contact', 'They blocked us.')]) {
  test(`${error.name}: it fails with the reason, lies in the dead letters, and can be sent again`, async (t) => {
    const { store, channel, outbox, clock, outcomes, announced } = await startOutbox(t);
    const id = await conversationOf(store, 'ann');
    channel.script.push(fails(error));
    await send(store, id, 'hello');
    outbox.wake(channelId);
    await until(() => outcomes.length === 1, 'failed');
    const failed = await lastMessage(store, id);
    assert.deepEqual([failed?.state, failed?.stateReason], ['failed', error.message]);
    const [dead] = await store.outbox.dead({ limit: 10 });
    assert.deepEqual([dead?.conversationId, dead?.seq, dead?.reason, dead?.attempts], [id, 2, error.message, 1]);
    assert.deepEqual(await store.outbox.deadById(dead?.id ?? ''), { conversationId: id, seq: 2 });
    const again = await store.outbox.resend(id, 2, clock.now());
    assert.deepEqual([again?.message.state, again?.channelId], ['queued', channelId]);
    assert.equal(await store.outbox.resend(id, 2, clock.now()), undefined, 'one click too many');
    outbox.wake(channelId);
    await until(() => outcomes.length === 2, 'sent again');
    const sent = await lastMessage(store, id);
    assert.deepEqual([sent?.state, sent?.stateReason, channel.sent[1]?.attempt], ['sent', undefined, 1]);
    assert.deepEqual(announced, [`${id}.2 failed`, `${id}.2 sent`]);
    assert.deepEqual(await store.outbox.dead({ limit: 10 }), []);
  });
}

test('a dead letter that is thrown away is gone, and its message still says failed', async (t) => {
  const { store, channel, outbox, clock, outcomes } = await startOutbox(t);
  const id = await conversationOf(store, 'ann');
  channel.script.push(fails(new Rejected('No.')));
  await send(store, id, 'hello');
  outbox.wake(channelId);
  await until(() => outcomes.length === 1, 'failed');
  const [dead] = await store.outbox.dead({ limit: 10 });
  assert.equal(await store.outbox.removeDead(dead?.id ?? ''), true);
  assert.equal(await store.outbox.removeDead(dead?.id ?? ''), false);
  assert.equal((await lastMessage(store, id))?.state, 'failed');
  assert.ok(await store.outbox.resend(id, 2, clock.now()), 'the agent may still send it again');
  outbox.wake(channelId);
  await until(() => outcomes.length === 2, 'sent');
});

test('an answer that never came is unknown where a repeat could be a second message, and repeated where it cannot', async (t) => {
  const careful = createScriptedChannel(channelId);
  const idempotent = createScriptedChannel(otherChannelId, { idempotentSend: true });
  const { store, outbox, clock, outcomes } = await startOutbox(t, { channels: [careful, idempotent] });
  const a = await conversationOf(store, 'ann');
  const b = await conversationOf(store, 'ben', otherChannelId);
  for (const channel of [careful, idempotent]) channel.script.push(fails(new TypeError('socket hang up')));
  await send(store, a, 'careful');
  await send(store, b, 'idempotent');
  outbox.wake(channelId);
  outbox.wake(otherChannelId);
  await until(() => outcomes.length === 2, 'both tried');
  const unknown = await lastMessage(store, a);
  assert.equal(unknown?.state, 'unknown');
  assert.match(unknown?.stateReason ?? '', /may have arrived: socket hang up/);
  await clock.sleeping();
  await quiet(store);
  await clock.advance(60_000);
  await until(() => outcomes.length === 3, 'the second is repeated');
  assert.equal(careful.sent.length, 1);
  assert.deepEqual(
    idempotent.sent.map(({ idempotencyKey }) => idempotencyKey),
    [`msg_${b}_2`, `msg_${b}_2`],
  );
  assert.equal((await lastMessage(store, b))?.state, 'sent');
});

test('an attempt that a crash interrupted is unknown, and repeated only where the platform knows the key', async (t) => {
  const store = await openTestStore();
  const a = await conversationOf(store, 'ann');
  const b = await conversationOf(store, 'ben', otherChannelId);
  await send(store, a, 'careful');
  await send(store, b, 'idempotent');
  for (const id of [channelId, otherChannelId]) {
    const [delivery] = (await store.outbox.due(id, start, 1)).deliveries;
    await store.outbox.begin(delivery?.id ?? '', 0);
  }
  const reopened = await store.reopen();
  const careful = createScriptedChannel(channelId);
  const idempotent = createScriptedChannel(otherChannelId, { idempotentSend: true });
  const { outcomes } = await startOutbox(t, { store: reopened, channels: [careful, idempotent] });
  await until(() => outcomes.length === 2, 'both settled');
  assert.deepEqual([careful.sent.length, idempotent.sent.length, idempotent.sent[0]?.attempt], [0, 1, 2]);
  const unknown = await lastMessage(reopened, a);
  assert.equal(unknown?.state, 'unknown');
  assert.match(unknown?.stateReason ?? '', /server stopped while this was being sent/);
  assert.equal((await lastMessage(reopened, b))?.state, 'sent');
});

test('what the platform said is kept until the store can be told', async (t) => {
  const away = new Refusal('unavailable', 'The store cannot be reached now.');
  let failures = 0;
  const broken = (store: OutboxStore): OutboxStore =>
    new Proxy(store, {
      get: (target, name) => {
        if (name !== 'finish') return Reflect.get(target, name);
        return async (...args: Parameters<OutboxStore['finish']>) => {
          if (failures++ < 2) throw away;
          return target.finish(...args);
        };
      },
    });
  const { store, channel, outbox, clock, outcomes, defects } = await startOutbox(t, { outboxStore: broken });
  const id = await conversationOf(store, 'ann');
  await send(store, id, 'hello');
  outbox.wake(channelId);
  for (const times of [1, 2]) {
    await until(() => failures === times, `not told ${times} times`);
    await clock.sleeping();
    await quiet(store);
    await clock.advance(1_000);
  }
  await until(() => outcomes.length === 1, 'told');
  assert.deepEqual([outcomes, channel.sent.length, defects], [['sent'], 1, [away]]);
  assert.equal((await lastMessage(store, id))?.state, 'sent');
});

test('of several that begin or end at once, what another process took is not ours, and the others are', async () => {
  const store = await openTestStore();
  for (const contact of ['ann', 'ben', 'cy']) await send(store, await conversationOf(store, contact), 'hello');
  const { deliveries } = await store.outbox.due(channelId, start, 9);
  assert.equal(deliveries.length, 3);
  const [taken] = deliveries;
  assert.ok(taken && (await store.outbox.begin(taken.id, taken.attempts)));
  const begun = await Promise.all(deliveries.map(({ id, attempts }) => store.outbox.begin(id, attempts)));
  assert.deepEqual(begun, [false, true, true]);
  assert.ok(await store.outbox.begin(taken.id, taken.attempts + 1), 'the other process tries again');
  const outcomes = [
    { kind: 'failed', reason: 'Of an attempt that is not the latest.' },
    { kind: 'sent', externalId: 'e1' },
    { kind: 'failed', reason: 'No.' },
  ] as const;
  const ended = await Promise.all([
    ...deliveries.map((delivery, at) => store.outbox.finish(delivery, outcomes[at] ?? outcomes[0], start)),
    store.outbox.finish({ ...taken, attempts: taken.attempts + 1 }, { kind: 'sent' }, start),
  ]);
  assert.deepEqual(
    ended.map((one) => one?.message.state),
    [undefined, 'sent', 'failed', 'sent'],
  );
  const { queued, sending, dead } = await store.outbox.counts();
  assert.deepEqual({ queued, sending, dead }, { queued: 0, sending: 0, dead: 1 });
});

test('whichever process concludes first, what was sent is sent, and only the latest attempt may say anything else', async () => {
  const store = await openTestStore();
  const id = await conversationOf(store, 'ann');
  const begun = async (text: string) => {
    await send(store, id, text);
    const [delivery] = (await store.outbox.due(channelId, start, 1)).deliveries;
    assert.ok(delivery && (await store.outbox.begin(delivery.id, delivery.attempts)));
    const [interrupted] = (await store.outbox.due(channelId, start, 1)).deliveries;
    assert.ok(interrupted?.interrupted);
    return { delivery, interrupted };
  };
  const unknown = { kind: 'unknown', reason: 'It may have arrived.' } as const;
  const state = async () => (await lastMessage(store, id))?.state;

  const first = await begun('sent before the other process looked');
  await store.outbox.finish(first.delivery, { kind: 'sent' }, start);
  assert.equal(await store.outbox.finish(first.interrupted, unknown, start), undefined);
  assert.equal(await state(), 'sent');

  const second = await begun('sent after it');
  await store.outbox.finish(second.interrupted, unknown, start);
  assert.equal(await state(), 'unknown');
  await store.outbox.finish(second.delivery, { kind: 'sent' }, start);
  assert.equal(await state(), 'sent');
  assert.equal((await store.outbox.counts()).dead, 0, 'nobody is asked about it any more');

  const third = await begun('tried again by the other');
  assert.ok(await store.outbox.begin(third.interrupted.id, third.interrupted.attempts));
  await store.outbox.finish(third.delivery, { kind: 'later', at: start + 1, reason: 'Busy.' }, start);
  await store.outbox.finish(third.delivery, { kind: 'failed', reason: 'No.' }, start);
  assert.equal(await state(), 'queued');
  const { queued, sending, dead } = await store.outbox.counts();
  assert.deepEqual({ queued, sending, dead }, { queued: 0, sending: 1, dead: 0 });
});

test('what one customer reads stays in order, also behind a message that waits, and costs no looking meanwhile', async (t) => {
  let looks = 0;
  const counted = (store: OutboxStore): OutboxStore =>
    new Proxy(store, {
      get: (target, name) => {
        if (name === 'due') looks += 1;
        return Reflect.get(target, name);
      },
    });
  const { store, channel, outbox, clock, outcomes } = await startOutbox(t, { outboxStore: counted });
  const a = await conversationOf(store, 'ann');
  const b = await conversationOf(store, 'ben');
  channel.script.push(fails(new RetryAfter('Later.', { afterMs: 20_000 })));
  await send(store, a, 'a1');
  await send(store, a, 'a2');
  await send(store, a, 'a3');
  outbox.wake(channelId);
  await until(() => outcomes.length === 1, 'a1 put off');
  await send(store, b, 'b1');
  outbox.wake(channelId);
  await until(() => outcomes.length === 2, 'b1 passes');
  await clock.sleeping();
  await quiet(store);
  const before = looks;
  for (let i = 0; i < 19; i++) {
    await clock.advance(1_000);
    await quiet(store);
  }
  assert.ok(looks - before <= 1, `looked ${looks - before} times at what cannot leave yet`);
  assert.deepEqual(textsOf(channel), ['a1', 'b1']);
  await clock.advance(1_000);
  await until(() => outcomes.length === 5, 'all sent');
  assert.deepEqual(textsOf(channel), ['a1', 'b1', 'a1', 'a2', 'a3']);
});

test('a backlog behind deliveries that are put off is not read again and again, and leaves in order when they do', async (t) => {
  const { store, channel, outbox, clock, outcomes } = await startOutbox(t);
  const people = Array.from({ length: 30 }, (_, n) => `contact ${n}`);
  const ids = await Promise.all(people.map((contact) => conversationOf(store, contact)));
  const of = (id: string, n: number) => `${id} ${n}`;
  channel.script.push(...ids.map(() => fails(new RetryAfter('Down.', { afterMs: 60_000 }))));
  for (let n = 0; n < 10; n++)
    await append(store, ...ids.map((id) => reply(id, { text: of(id, n), deliver: true, at: start })));
  outbox.wake(channelId);
  await until(() => outcomes.length === ids.length, 'all put off');
  const due = 'select count(*) as n from outbox where next_at <= ?';
  const readAgain = async () => Number((await store.rows(due, clock.now()))[0]?.n);
  await until(async () => (await readAgain()) < 64, 'what waits behind them is due no more, but for a few');
  await clock.advance(60_000);
  await until(async () => {
    await clock.advance(1);
    return outcomes.length === ids.length * 11;
  }, 'all sent');
  assert.ok(clock.now() < start + 64_000, 'what waits behind another is due when that one has left, and not later');
  for (const id of ids) {
    const texts = textsOf(channel).filter((text) => text.startsWith(`${id} `));
    assert.deepEqual(texts, [of(id, 0), ...Array.from({ length: 10 }, (_, n) => of(id, n))]);
  }
});

test('a send that hangs keeps its own conversation waiting and nobody else: not in its channel, not in another', async (t) => {
  const slow = createScriptedChannel(channelId);
  const other = createScriptedChannel(otherChannelId);
  const { store, outbox, clock, outcomes } = await startOutbox(t, { channels: [slow, other] });
  const answer = slow.hold();
  slow.script.push(fails(new RetryAfter('Later.', { afterMs: 5_000 })));
  const [a, b, c] = [
    await conversationOf(store, 'ann'),
    await conversationOf(store, 'ben'),
    await conversationOf(store, 'cy', otherChannelId),
  ];
  await send(store, a, 'hangs');
  outbox.wake(channelId);
  await until(() => slow.sent.length === 1, 'hangs');
  await send(store, a, 'behind it');
  await send(store, b, 'put off');
  await send(store, c, 'elsewhere');
  outbox.wake(channelId);
  outbox.wake(otherChannelId);
  await until(() => outcomes.length === 2, 'the others were tried');
  await clock.sleeping();
  await quiet(store);
  await clock.advance(5_000);
  await until(() => outcomes.length === 3, 'the one put off is due and leaves');
  assert.deepEqual([textsOf(slow), textsOf(other)], [['hangs', 'put off', 'put off'], ['elsewhere']]);
  answer();
  await until(() => outcomes.length === 5, 'what hung, and what was behind it');
});

test('a look that is slower than a delivery does not make it twice', async (t) => {
  // The store answers the second look with what it saw before the first delivery had ended.
  let held: PromiseWithResolvers<void> | undefined;
  t.after(() => held?.resolve());
  let looking = 0;
  const delayed = (store: OutboxStore): OutboxStore =>
    new Proxy(store, {
      get: (target, name) => {
        if (name !== 'due') return Reflect.get(target, name);
        return async (...args: Parameters<OutboxStore['due']>) => {
          looking += 1;
          const seen = await target.due(...args);
          await held?.promise;
          looking -= 1;
          return seen;
        };
      },
    });
  for (const idempotentSend of [false, true]) {
    const channel = createScriptedChannel(channelId, { idempotentSend });
    const { store, outbox, outcomes, stop } = await startOutbox(t, { channels: [channel], outboxStore: delayed });
    const id = await conversationOf(store, 'ann');
    const answer = channel.hold();
    await send(store, id, 'once');
    outbox.wake(channelId);
    await until(() => channel.sent.length === 1, 'under way');
    held = Promise.withResolvers();
    // The one that is under way, or another.
    outbox.wake(channelId);
    await until(() => looking > 0, 'looking');
    await quiet(store);
    answer();
    await until(() => outcomes.length === 1, 'delivered while the look is under way');
    held.resolve();
    held = undefined;
    await quiet(store);
    assert.deepEqual([outcomes, channel.sent.length], [['sent'], 1]);
    assert.equal((await lastMessage(store, id))?.state, 'sent');
    await stop();
  }
});

test('what is written just as the one before it ends leaves at once', async (t) => {
  const answer = Promise.withResolvers<void>();
  t.after(() => answer.resolve());
  let [ended, looks] = [0, 0];
  const slow = (store: OutboxStore): OutboxStore =>
    new Proxy(store, {
      get: (target, name) => {
        if (name === 'due') {
          return async (...args: Parameters<OutboxStore['due']>) => target.due(...args).finally(() => (looks += 1));
        }
        if (name !== 'finish') return Reflect.get(target, name);
        return async (...args: Parameters<OutboxStore['finish']>) => {
          const finished = await target.finish(...args);
          ended += 1;
          await answer.promise;
          return finished;
        };
      },
    });
  const { store, channel, outbox, outcomes } = await startOutbox(t, { outboxStore: slow });
  const id = await conversationOf(store, 'ann');
  await send(store, id, 'first');
  outbox.wake(channelId);
  await until(() => ended === 1, 'its end to be stored');
  await send(store, id, 'second');
  const before = looks;
  outbox.wake(channelId);
  await until(() => looks > before, 'a look that passes over the conversation');
  await quiet(store);
  answer.resolve();
  await until(() => outcomes.length === 2, 'both');
  assert.deepEqual(textsOf(channel), ['first', 'second']);
});

test('settings saved twice while a message is under way do not send it twice', async (t) => {
  const { store, channel, outbox, outcomes, changed } = await startOutbox(t);
  const id = await conversationOf(store, 'ann');
  const answer = channel.hold();
  await send(store, id, 'once');
  outbox.wake(channelId);
  await until(() => channel.sent.length === 1, 'under way');
  changed(channelId);
  changed(channelId);
  await quiet(store);
  assert.deepEqual(outcomes, [], 'nobody declares it interrupted');
  answer();
  await until(() => outcomes.length === 1, 'sent');
  await send(store, id, 'next');
  await quiet(store);
  outbox.wake(channelId);
  await until(() => outcomes.length === 2, 'the channel goes on');
  assert.deepEqual(
    [textsOf(channel), outcomes],
    [
      ['once', 'next'],
      ['sent', 'sent'],
    ],
  );
});

test('a long text goes on from the part that had not been sent', async (t) => {
  const channel = createScriptedChannel(channelId, { maxTextBytes: 20 });
  const { store, outbox, clock, outcomes } = await startOutbox(t, { channels: [channel] });
  const id = await conversationOf(store, 'ann');
  channel.script.push(async ({ parts, partSent }) => {
    assert.ok(parts.length >= 3);
    await partSent(0);
    await partSent(1);
    throw new RetryAfter('Slower.', { afterMs: 1_000 });
  });
  await send(store, id, 'The first sentence. The second one. And a third.');
  outbox.wake(channelId);
  await until(() => outcomes.length === 1, 'two parts sent');
  await clock.sleeping();
  await quiet(store);
  await clock.advance(1_000);
  await until(() => outcomes.length === 2, 'the rest');
  assert.deepEqual(
    channel.sent.map(({ fromPart }) => fromPart),
    [0, 2],
  );
});

test('what the channel cannot carry is sent as the nearest, and the agent sees what the customer saw', async (t) => {
  const { store, channel, outbox, outcomes } = await startOutbox(t);
  const id = await conversationOf(store, 'ann');
  const link = { type: 'link', url: 'https://shop.example/1', title: 'A kettle' };
  await append(store, reply(id, { content: JSON.stringify(link), deliver: true, at: start }));
  outbox.wake(channelId);
  await until(() => outcomes.length === 1, 'sent');
  const message = await lastMessage(store, id);
  assert.deepEqual(message?.content, link);
  assert.equal(message?.deliveredAs?.type, 'text');
  assert.deepEqual(channel.sent[0]?.parts, [message?.deliveredAs]);
});

test('a channel sends no faster than its rate', async (t) => {
  const channel = createScriptedChannel(channelId, { rate: { perSecond: 2, burst: 2 } });
  const { store, outbox, clock } = await startOutbox(t, { channels: [channel] });
  for (let i = 0; i < 5; i++) await send(store, await conversationOf(store, `contact ${i}`), `${i}`);
  outbox.wake(channelId);
  await until(() => channel.sent.length === 2, 'the burst');
  for (const expected of [3, 4, 5]) {
    await quiet(store);
    await clock.advance(499);
    await quiet(store);
    assert.equal(channel.sent.length, expected - 1);
    await clock.advance(1);
    await until(() => channel.sent.length === expected, `${expected} sent`);
  }
});

test('after twelve attempts a person decides', async (t) => {
  const { store, channel, outbox, clock, outcomes } = await startOutbox(t);
  const id = await conversationOf(store, 'ann');
  channel.script.push(...Array.from({ length: 12 }, () => fails(new RetryAfter('Down.', { afterMs: 1_000 }))));
  await send(store, id, 'hello');
  outbox.wake(channelId);
  for (let attempt = 1; attempt <= 12; attempt++) {
    await until(() => outcomes.length === attempt, `attempt ${attempt}`);
    await clock.sleeping();
    await quiet(store);
    await clock.advance(1_000);
  }
  const message = await lastMessage(store, id);
  assert.deepEqual([message?.state, message?.stateReason], ['failed', 'Given up after 12 attempts: Down.']);
  assert.equal((await store.outbox.counts()).dead, 1);
});

test('a receipt that is faster than the answer to our own request is not undone', async (t) => {
  const { store, channel, outbox, outcomes } = await startOutbox(t);
  const id = await conversationOf(store, 'ann');
  channel.script.push(async ({ message }) => {
    await store.conversations.changeMessage({ conversationId: id, seq: message.seq, state: 'delivered' });
    return { externalId: 'x' };
  });
  await send(store, id, 'hello');
  outbox.wake(channelId);
  await until(() => outcomes.length === 1, 'sent');
  assert.equal((await lastMessage(store, id))?.state, 'delivered');
});

for (const [name, wait] of [
  ['our own pause', undefined],
  ['the time that the platform named', 30_000],
] as const) {
  test(`a clock that is set back an hour does not make ${name} an hour longer`, async (t) => {
    const { store, channel, outbox, clock } = await startOutbox(t);
    const id = await conversationOf(store, 'ann');
    channel.script.push(fails(new RetryAfter('busy', wait === undefined ? {} : { afterMs: wait })));
    await send(store, id, 'hello Ann');
    outbox.wake(channelId);
    await until(() => channel.sent.length === 1, 'the first attempt');
    await until(async () => (await store.outbox.nextAt(channelId, clock.now())) !== undefined, 'its end');
    await quiet(store);
    await clock.sleeping();
    clock.set(-3_600_000);
    await clock.advance(wait ?? 2_000);
    await until(() => channel.sent.length === 2, 'the second attempt');
  });
}

test('a delivery that is put off just as the clock is set back an hour does not wait an hour longer', async (t) => {
  const clock = createTestClock(start);
  let looks = 0;
  const stepped = (outboxStore: OutboxStore): OutboxStore =>
    new Proxy(outboxStore, {
      get: (target, name) => {
        if (name === 'bringForward') {
          return async (...args: Parameters<OutboxStore['bringForward']>) => {
            await target.bringForward(...args);
            looks += 1;
          };
        }
        if (name !== 'finish') return Reflect.get(target, name);
        return async (...args: Parameters<OutboxStore['finish']>) => {
          clock.set(-3_600_000);
          outbox.wake(channelId);
          // The loop sees it set, and has time for what it then does, before this is written.
          for (const deadline = Date.now() + 200; looks < 2 && Date.now() < deadline; ) await quiet(store);
          return target.finish(...args);
        };
      },
    });
  const { store, channel, outbox } = await startOutbox(t, { clock, outboxStore: stepped });
  const id = await conversationOf(store, 'ann');
  channel.script.push(fails(new RetryAfter('busy')));
  await send(store, id, 'hello Ann');
  outbox.wake(channelId);
  const isBroughtForward = async () => ((await store.outbox.nextAt(channelId, 0)) ?? start) < start;
  await until(isBroughtForward, 'brought forward');
});

test('what waits behind a delivery, written while the clock was an hour ahead, does not wait until then', async (t) => {
  const { store, channel, outbox, clock, outcomes } = await startOutbox(t, { clock: createTestClock(start) });
  const id = await conversationOf(store, 'ann');
  channel.script.push(fails(new RetryAfter('busy', { afterMs: 60_000 })));
  for (const text of ['first', 'second', 'third']) await send(store, id, text);
  outbox.wake(channelId);
  await until(() => outcomes.length === 1, 'the first attempt');
  await clock.sleeping();
  clock.set(-3_600_000);
  for (let second = 0; second < 61; second++) {
    outbox.wake(channelId);
    await quiet(store);
    await clock.advance(1_000);
  }
  await until(() => textsOf(channel).length === 4, 'all of them');
  assert.deepEqual(textsOf(channel), ['first', 'first', 'second', 'third']);
});

test('what was written by a clock that was an hour ahead is sent at once, also when nobody saw it set back', async (t) => {
  const store = await openTestStore();
  const id = await conversationOf(store, 'ann');
  await send(store, id, 'hello Ann');
  const { channel } = await startOutbox(t, { store, clock: createTestClock(start - 3_600_000) });
  await until(() => channel.sent.length === 1, 'sent');
});
