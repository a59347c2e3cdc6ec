import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { SlaPolicy } from '@parley/sdk/routing-document.ts';
import type { Conversations } from '../../conversation/conversations.ts';
import { openTestStore } from '../../testing/test-store.ts';
import { ada, configWith, policy, startSla } from './sla-fixture.ts';

const minuteMs = 60_000;
const firstAnswer = policy({ firstAnswerMs: 10 * minuteMs });

test('a conversation has a clock from its first message on, it warns, is breached and is met late, each told once', async (t) => {
  const desk = await startSla(t, { sla: [firstAnswer] });
  const id = await desk.write('ann');
  await desk.settled();
  const began = desk.clock.now();
  const dueAt = began + 10 * minuteMs;
  assert.deepEqual(await desk.clocksOf(id), [
    { target: 'first-answer', state: 'running', dueAt, warnAt: began + 8 * minuteMs },
  ]);
  await desk.advance(8 * minuteMs - 1_000);
  assert.deepEqual(await desk.entriesOf(id), []);
  await desk.advance(2_000);
  assert.deepEqual(await desk.entriesOf(id), ['sla.warned']);
  assert.equal((await desk.clocksOf(id))[0]?.state, 'warned');
  await desk.advance(2 * minuteMs);
  await desk.advance(60 * minuteMs);
  assert.deepEqual(await desk.entriesOf(id), ['sla.warned', 'sla.breached']);
  await desk.answer(id);
  await desk.settled();
  assert.deepEqual(await desk.clocksOf(id), []);
  assert.deepEqual(desk.counted, ['warned first-answer', 'breached first-answer', 'late first-answer']);
  const [result] = await desk.store.sla.results({ outcome: 'breached', limit: 10 });
  assert.equal(result?.at, dueAt);
  assert.ok((result?.lateMs ?? 0) >= 60 * minuteMs);
  assert.deepEqual(
    desk.alerts.map(({ event, ownerId, toAct, others }) => [event, ownerId, toAct, others]),
    [
      ['sla.warned', null, [], [desk.supervisor]],
      ['sla.breached', null, [], [desk.supervisor]],
    ],
  );
  assert.deepEqual(desk.defects, []);
});

test('who has it is to act, with whom the policy names; a customer sees nothing of it', async (t) => {
  const escalate: SlaPolicy['escalate'] = [
    { on: 'breach', targets: null, actions: [{ kind: 'notify', agentIds: ['boss'], supervisors: true }] },
  ];
  const desk = await startSla(t, { sla: [policy({ firstAnswerMs: minuteMs, warnAt: 1, escalate })] });
  const id = await desk.write('ann');
  await desk.give(id, ada);
  await desk.advance(2 * minuteMs);
  assert.deepEqual(
    desk.alerts.map(({ ownerId, toAct, others }) => [ownerId, toAct, others]),
    [[ada.id, ['boss', desk.supervisor], []]],
  );
  const [entry] = (await desk.store.conversations.messages(id, { limit: 50 })).filter(({ content }) => {
    return content.type === 'system' && content.event === 'sla.breached';
  });
  assert.equal(entry?.private, true);
});

test('while a conversation is snoozed its clocks stand still, and go on when it is back', async (t) => {
  const desk = await startSla(t, { sla: [policy({ nextAnswerMs: 10 * minuteMs, resolveMs: 60 * minuteMs })] });
  const id = await desk.write('ann');
  await desk.give(id, ada);
  await desk.answer(id);
  await desk.write('ann');
  await desk.advance(2 * minuteMs);
  await desk.snooze(id);
  await desk.settled();
  assert.deepEqual(
    (await desk.clocksOf(id)).map(({ target, pausedBy, leftMs }) => [target, pausedBy, leftMs]),
    [
      ['next-answer', 'snoozed', 8 * minuteMs],
      ['resolution', 'snoozed', 58 * minuteMs],
    ],
  );
  await desk.advance(120 * minuteMs);
  assert.deepEqual(await desk.entriesOf(id), []);
  await desk.give(id, ada);
  await desk.settled();
  const [next] = await desk.clocksOf(id);
  assert.equal((next?.dueAt ?? 0) - desk.clock.now(), 8 * minuteMs);
});

test('at a breach the priority is raised, a tag set, a webhook called and it goes to another group, which is recorded', async (t) => {
  const escalate: SlaPolicy['escalate'] = [
    { on: 'warning', targets: ['resolution'], actions: [{ kind: 'tag', tag: 'never' }] },
    {
      on: 'breach',
      targets: ['first-answer'],
      actions: [
        { kind: 'priority', priority: 'urgent' },
        { kind: 'tag', tag: 'late' },
        { kind: 'to-group', groupId: 'second' },
        { kind: 'webhook', url: 'https://example.com/hook' },
      ],
    },
  ];
  const desk = await startSla(t, { sla: [policy({ firstAnswerMs: minuteMs, groupId: 'first', escalate })] });
  const id = await desk.write('ann');
  await desk.give(id, ada);
  await desk.advance(2 * minuteMs);
  const after = await desk.store.conversations.get(id);
  assert.deepEqual(
    [after?.priority, after?.tags, after?.skillGroupId, after?.status, after?.assigneeId],
    ['urgent', ['late'], 'second', 'queued', null],
  );
  assert.equal(after?.sla, undefined, 'the other group has no target');
  const [hook, ...more] = desk.webhooks;
  assert.deepEqual(more, []);
  assert.equal(hook?.body.id, `${id}-breach-first-answer-1`);
  const did = (await desk.systemEntriesOf(id)).find(({ event }) => event === 'sla.breached')?.data?.did;
  assert.equal(did, 'priority urgent, tag late, to group second, webhook');
  assert.deepEqual(desk.defects, []);
});

test('an escalation that raises the priority into a stricter policy ends: each clock warns and is breached once', async (t) => {
  const raise = (priority: 'high' | 'urgent'): SlaPolicy['escalate'] => [
    { on: 'warning', targets: null, actions: [{ kind: 'priority', priority }] },
    { on: 'breach', targets: null, actions: [{ kind: 'priority', priority }] },
  ];
  const desk = await startSla(t, {
    sla: [
      policy({ id: 'u', priority: 'urgent', firstAnswerMs: minuteMs, escalate: raise('urgent') }),
      policy({ id: 'h', priority: 'high', firstAnswerMs: 2 * minuteMs, escalate: raise('urgent') }),
      policy({ id: 'n', priority: 'normal', firstAnswerMs: 10 * minuteMs, escalate: raise('high') }),
    ],
  });
  const id = await desk.write('ann');
  await desk.advance(60 * minuteMs);
  assert.deepEqual(await desk.entriesOf(id), ['sla.warned', 'sla.breached']);
  assert.equal((await desk.store.conversations.get(id))?.priority, 'urgent');
});

test('what nobody heard of is kept in the store: the next process to lead goes on where it stands', async (t) => {
  const desk = await startSla(t, { sla: [firstAnswer] });
  const id = await desk.write('ann');
  await desk.settled();
  const other = await desk.write('ben');
  await desk.stop();
  await desk.answer(other);
  await desk.advance(5 * minuteMs);
  const next = await startSla(t, { sla: [firstAnswer], on: desk.store, clock: desk.clock });
  await next.settled();
  assert.deepEqual(next.counted, ['met first-answer']);
  await next.advance(20 * minuteMs);
  assert.deepEqual(await next.entriesOf(id), ['sla.warned', 'sla.breached']);
  assert.deepEqual(await next.entriesOf(other), []);
});

test('what is breached while nobody leads is breached when it was due, and told when somebody does', async (t) => {
  const desk = await startSla(t, { sla: [firstAnswer] });
  const id = await desk.write('ann');
  await desk.settled();
  const dueAt = (await desk.clocksOf(id))[0]?.dueAt;
  await desk.stop();
  await desk.advance(60 * minuteMs);
  const next = await startSla(t, { sla: [firstAnswer], on: desk.store, clock: desk.clock });
  await next.settled();
  assert.deepEqual(await next.entriesOf(id), ['sla.breached']);
  const [result] = await next.store.sla.results({ outcome: 'breached', limit: 1 });
  assert.equal(result?.at, dueAt);
});

test('a process that ends between the breach and what is done of it leaves it to the next one, and it is done once', async (t) => {
  const desk = await startSla(t, { sla: [firstAnswer], breakEscalation: true });
  const id = await desk.write('ann');
  await desk.advance(15 * minuteMs);
  assert.deepEqual(await desk.entriesOf(id), []);
  await desk.stop();
  const next = await startSla(t, { sla: [firstAnswer], on: desk.store, clock: desk.clock });
  await next.advance(2 * minuteMs);
  assert.deepEqual(await next.entriesOf(id), ['sla.warned', 'sla.breached']);
  await next.advance(10 * minuteMs);
  assert.deepEqual(await next.entriesOf(id), ['sla.warned', 'sla.breached']);
  assert.deepEqual((await next.store.sla.results({ outcome: 'breached', limit: 9 })).length, 1);
});

test('what one process is just doing of a breach is not done again by another one that hears of it meanwhile', async (t) => {
  const actions = [
    { kind: 'webhook', url: 'https://example.com/hook' },
    { kind: 'priority', priority: 'urgent' },
  ] as const;
  const sla = [
    policy({ firstAnswerMs: 10 * minuteMs, warnAt: 1, escalate: [{ on: 'breach', targets: null, actions }] }),
  ];
  const goesOn = Promise.withResolvers<void>();
  t.after(() => goesOn.resolve());
  let isFirst = true;
  // Whoever is first has called the webhook and raised the priority, and is busy with it still.
  const escalateBy = ({ fromServer, patch }: Pick<Conversations, 'fromServer' | 'patch'>) => ({
    fromServer,
    patch: async (...what: Parameters<typeof patch>) => {
      const patched = await patch(...what);
      if (isFirst) {
        isFirst = false;
        await goesOn.promise;
      }
      return patched;
    },
  });
  const one = await startSla(t, { sla, escalateBy });
  const { store, clock } = one;
  const id = await one.write('ann');
  await one.settled();
  const two = await startSla(t, { sla, escalateBy, on: store, clock });
  await two.advance(10 * minuteMs - 1_000);
  const until = async (holds: () => Promise<boolean>) => {
    while (!(await holds())) await clock.advance(100);
  };
  const calls = () => one.webhooks.length + two.webhooks.length;
  const open = () => store.rows(`select * from sla_clocks where state like '%"stage"%'`);
  await until(async () => (await store.conversations.get(id))?.priority === 'urgent');
  await until(async () => (await store.sla.events(1)).length === 0);
  assert.deepEqual([calls(), (await open()).length], [1, 1]);
  goesOn.resolve();
  await until(async () => (await open()).length === 0);
  await two.advance(2 * minuteMs);
  assert.equal(calls(), 1);
  assert.deepEqual([one.defects, two.defects], [[], []]);
});

test('when targets are published what is open has its whole time from then on, and none when they are taken away', async (t) => {
  const desk = await startSla(t, { sla: [] });
  const ids = [];
  for (let n = 0; n < 5; n++) ids.push(await desk.write(`c${n}`));
  await desk.give(ids[4] ?? '', ada);
  await desk.answer(ids[4] ?? '');
  await desk.advance(60 * minuteMs);
  assert.equal(await desk.store.sla.nextAt(), null);
  await desk.configure(configWith([policy({ firstAnswerMs: 10 * minuteMs, nextAnswerMs: minuteMs })]));
  const published = desk.clock.now();
  const dueOf = async (id = '') => (await desk.clocksOf(id)).map(({ dueAt }) => (dueAt ?? 0) - published);
  assert.deepEqual(await Promise.all(ids.map(dueOf)), [...[0, 1, 2, 3].map(() => [10 * minuteMs]), []]);
  await desk.configure(configWith([policy({ firstAnswerMs: 30 * minuteMs })]));
  assert.deepEqual(await dueOf(ids[0]), [30 * minuteMs]);
  await desk.configure(configWith([]));
  assert.deepEqual(await desk.clocksOf(ids[0] ?? ''), []);
  await desk.advance(60 * minuteMs);
  assert.deepEqual(desk.alerts, []);
});

test('what a process did not note, since it had not heard of the targets, is made up for before anybody is called late', async (t) => {
  const desk = await startSla(t, { sla: [firstAnswer] });
  const [id, closed] = [await desk.write('ann'), await desk.write('ben')];
  await desk.settled();
  await desk.store.sla.watch(false);
  await desk.advance(2 * minuteMs);
  await desk.answer(id);
  await desk.close(closed);
  await desk.advance(30 * minuteMs);
  assert.deepEqual([await desk.entriesOf(id), await desk.entriesOf(closed)], [[], []]);
  assert.deepEqual(desk.counted, ['met first-answer']);
});

test('where much was noted that nobody has looked at yet, an answer in time among the rest is in time', async (t) => {
  const desk = await startSla(t, { sla: [firstAnswer] });
  const id = await desk.write('ann');
  await desk.settled();
  await desk.stop();
  for (let n = 0; n < 1_000; n++) await desk.write(`c${n}`);
  await desk.advance(minuteMs);
  await desk.answer(id);
  // She asks again: the conversation itself does not tell any more that she was answered.
  await desk.write('ann');
  await desk.advance(9 * minuteMs + 1_000);
  const next = await startSla(t, { sla: [firstAnswer], on: desk.store, clock: desk.clock });
  await next.settled();
  assert.deepEqual(await next.entriesOf(id), []);
  assert.equal(next.counted[0], 'met first-answer');
});

test('clocks of a conversation that was erased while they were being set are taken away', async (t) => {
  const desk = await startSla(t, { sla: [firstAnswer] });
  const id = await desk.write('ann');
  await desk.settled();
  await desk.store.run(`delete from conversations where id = ${id}`);
  await desk.advance(20 * minuteMs);
  assert.equal(await desk.store.sla.nextAt(), null);
});

test('a storm of breaches is worked off in portions, each told once', async (t) => {
  const desk = await startSla(t, { sla: [firstAnswer] });
  const ids: string[] = [];
  for (let n = 0; n < 450; n++) ids.push(await desk.write(`c${n}`));
  await desk.advance(20 * minuteMs);
  await desk.settled();
  const [entries] = await desk.store.rows(`select count(*) as n from messages where content like '%"sla.breached"%'`);
  assert.equal(Number(entries?.n), ids.length);
  assert.equal((await desk.store.sla.results({ outcome: 'breached', limit: 1_000 })).length, ids.length);
  assert.deepEqual(await desk.store.sla.due(desk.clock.now(), 10), []);
});

test('without targets nothing is noted and nothing is kept', async (t) => {
  const store = await openTestStore();
  const desk = await startSla(t, { sla: [], on: store });
  const id = await desk.write('ann');
  await desk.answer(id);
  await desk.advance(60 * minuteMs);
  for (const table of ['sla_events', 'sla_clocks', 'sla_results', 'sla_counts']) {
    assert.deepEqual(await store.rows(`select * from ${table}`), [], table);
  }
});
