import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type Schedule, type SlaPolicy, weekdays } from '@parley/sdk/routing-document.ts';
import fc from 'fast-check';
import { defaultRoutingConfig } from '../routing-config.ts';
import {
  dueAtOf,
  newSlaCase,
  nextChangeAt,
  passTime,
  type SlaCase,
  type SlaEventKind,
  type SlaHappening,
  takeEvent,
  withTodo,
} from './sla-case.ts';
import { createSlaPolicies, type SlaTerms } from './sla-policies.ts';

const minuteMs = 60_000;
const hourMs = 60 * minuteMs;
const at = (iso: string) => Date.parse(iso);

const office: Schedule = {
  id: 'office',
  name: 'Office',
  timeZone: 'Europe/Berlin',
  weekly: weekdays.slice(0, 5).map((day) => ({ day, from: '09:00', to: '17:00' })),
  special: [{ date: '2026-12-25', name: 'Christmas', hours: [] }],
};

function policy(of: Partial<SlaPolicy> = {}): SlaPolicy {
  return {
    id: 'p',
    name: 'P',
    groupId: null,
    priority: null,
    scheduleId: null,
    warnAt: 0.8,
    pauses: ['waiting-for-customer', 'snoozed'],
    escalate: [],
    ...of,
  };
}
function termsOf(one: SlaPolicy): SlaTerms {
  const { termsFor } = createSlaPolicies({ ...defaultRoutingConfig, schedules: [office], sla: [one] });
  const terms = termsFor({ groupId: null, priority: 'normal' });
  assert.ok(terms);
  return terms;
}

type Told = readonly [kind: SlaEventKind, at: number];

/** A conversation that began with the first event, and all that came of it. */
function run(events: readonly Told[], terms: SlaTerms | undefined, ticks: readonly number[] = []) {
  let slaCase = newSlaCase({
    at: events[0]?.[1] ?? 0,
    status: 'queued',
    isAsked: false,
    isAnswered: false,
    isSnoozed: false,
  });
  const happened: SlaHappening[] = [];
  const take = (step: { slaCase: SlaCase; happened: readonly SlaHappening[] }) => {
    slaCase = step.slaCase;
    happened.push(...step.happened);
  };
  const looks = ticks.map((time) => ['look', time] as const);
  // What happens at the moment of a look comes first.
  const all = [...events, ...looks].toSorted(
    (a, b) => a[1] - b[1] || Number(a[0] === 'look') - Number(b[0] === 'look'),
  );
  for (const [kind, time] of all) {
    take(kind === 'look' ? passTime(slaCase, time) : takeEvent(slaCase, kind, time, { before: terms, terms }));
  }
  return { slaCase, happened, kinds: happened.map(({ kind, target }) => `${kind} ${target}`) };
}

test('an answer in time is met with the time that it took, one after the end is breached when it was due, and late', () => {
  const terms = termsOf(policy({ firstAnswerMs: 10 * minuteMs }));
  const met = run(
    [
      ['queued', 0],
      ['asked', 0],
      ['agent', 1_000],
      ['answered', 9 * minuteMs],
    ],
    terms,
  );
  assert.deepEqual(met.happened, [
    { kind: 'warned', target: 'first-answer', n: 1, policyId: 'p', at: 8 * minuteMs, dueAt: 10 * minuteMs },
    { kind: 'met', target: 'first-answer', n: 1, policyId: 'p', at: 9 * minuteMs, tookMs: 9 * minuteMs },
  ]);
  const late = run(
    [
      ['queued', 0],
      ['asked', 0],
      ['answered', 12 * minuteMs],
    ],
    terms,
  );
  assert.deepEqual(late.happened.slice(1), [
    { kind: 'breached', target: 'first-answer', n: 1, policyId: 'p', at: 10 * minuteMs, dueAt: 10 * minuteMs },
    {
      kind: 'late',
      target: 'first-answer',
      n: 1,
      policyId: 'p',
      at: 12 * minuteMs,
      tookMs: 12 * minuteMs,
      lateMs: 2 * minuteMs,
    },
  ]);
  assert.deepEqual(withTodo(late.slaCase, late.happened).todo, [], 'nobody needs to act on what is over');
});

test('each later question has a clock of its own, from the first of several messages to the answer', () => {
  const terms = termsOf(policy({ nextAnswerMs: 5 * minuteMs }));
  const { slaCase, kinds } = run(
    [
      ['queued', 0],
      ['asked', 0],
      ['answered', minuteMs],
      ['asked', 2 * minuteMs],
      ['asked', 4 * minuteMs],
    ],
    terms,
  );
  assert.equal(dueAtOf(slaCase), 7 * minuteMs, 'the second message does not begin it anew');
  assert.deepEqual(kinds, []);
  const again = run(
    [
      ['queued', 0],
      ['asked', 0],
      ['answered', 1],
      ['asked', 2],
      ['answered', 3],
      ['asked', 4],
      ['answered', 5],
    ],
    terms,
  );
  assert.deepEqual(
    again.happened.map(({ n }) => n),
    [1, 2],
  );
});

test('a resolution is counted in working hours: overnight, over a weekend, a holiday and the change of clocks', () => {
  const terms = termsOf(policy({ resolveMs: 4 * hourMs, scheduleId: 'office' }));
  const dueOf = (began: string) =>
    dueAtOf(
      run(
        [
          ['queued', at(began)],
          ['asked', at(began)],
        ],
        terms,
      ).slaCase,
    );
  assert.equal(dueOf('2026-11-30T10:00+01:00'), at('2026-11-30T14:00+01:00'));
  assert.equal(dueOf('2026-11-30T15:00+01:00'), at('2026-12-01T11:00+01:00'), 'overnight');
  assert.equal(dueOf('2026-11-27T16:00+01:00'), at('2026-11-30T12:00+01:00'), 'over a weekend');
  assert.equal(dueOf('2026-12-24T15:00+01:00'), at('2026-12-28T11:00+01:00'), 'over Christmas');
  assert.equal(dueOf('2026-03-27T16:00+01:00'), at('2026-03-30T12:00+02:00'), 'clocks are put forward');
  assert.equal(dueOf('2026-10-23T16:00+02:00'), at('2026-10-26T12:00+01:00'), 'clocks are put back');
});

test('the resolution stands still while it is the customer’s turn, all of it while it is put aside or with the bot', () => {
  const terms = termsOf(policy({ nextAnswerMs: 30 * minuteMs, resolveMs: hourMs }));
  const turn = run(
    [
      ['queued', 0],
      ['asked', 0],
      ['answered', 10 * minuteMs],
    ],
    terms,
  ).slaCase;
  assert.deepEqual([turn.clocks[0]?.pausedBy, dueAtOf(turn)], ['waiting-for-customer', null]);
  const back = takeEvent(turn, 'asked', 5 * hourMs, { before: terms, terms }).slaCase;
  assert.deepEqual(
    back.clocks.map(({ target, dueAt }) => [target, dueAt]),
    [
      ['next-answer', 5 * hourMs + 30 * minuteMs],
      ['resolution', 5 * hourMs + 50 * minuteMs],
    ],
  );
  for (const [begins, ends] of [
    ['snoozed', 'woken'],
    ['bot', 'queued'],
  ] as const) {
    const still = takeEvent(back, begins, 5 * hourMs + minuteMs, { before: terms, terms }).slaCase;
    assert.deepEqual(
      still.clocks.map(({ pausedBy }) => pausedBy),
      [begins, begins],
    );
    const goesOn = takeEvent(still, ends, 9 * hourMs, { before: terms, terms }).slaCase;
    assert.equal(dueAtOf(goesOn), 9 * hourMs + 29 * minuteMs);
  }
  const strict = termsOf(policy({ resolveMs: hourMs, pauses: [] }));
  assert.equal(
    dueAtOf(
      run(
        [
          ['queued', 0],
          ['asked', 0],
          ['answered', 1],
          ['snoozed', 2],
        ],
        strict,
      ).slaCase,
    ),
    hourMs,
  );
});

test('closing meets the resolution and drops what was not answered; reopening begins a new resolution, and no first answer', () => {
  const terms = termsOf(policy({ firstAnswerMs: minuteMs, nextAnswerMs: minuteMs, resolveMs: hourMs }));
  const closed = run(
    [
      ['queued', 0],
      ['asked', 0],
      ['answered', 1_000],
      ['asked', 2_000],
      ['closed', 3_000],
    ],
    terms,
  );
  assert.deepEqual(closed.kinds, ['met first-answer', 'met resolution']);
  assert.deepEqual([closed.slaCase.clocks, nextChangeAt(closed.slaCase)], [[], null]);
  let slaCase = closed.slaCase;
  for (const kind of ['queued', 'asked'] as const) {
    slaCase = takeEvent(slaCase, kind, 10_000, { before: terms, terms }).slaCase;
  }
  assert.deepEqual(
    slaCase.clocks.map(({ target, n }) => [target, n]),
    [
      ['next-answer', 2],
      ['resolution', 2],
    ],
  );
});

test('a customer who leaves before anybody had the conversation makes nothing late, and nothing in time', () => {
  const terms = termsOf(policy({ firstAnswerMs: minuteMs, resolveMs: hourMs }));
  const ended = (...events: Told[]) => run([['queued', 0], ['asked', 0], ...events], terms).kinds;
  assert.deepEqual(ended(['closed', 2_000]), []);
  assert.deepEqual(ended(['agent', 1_000], ['closed', 2_000]), ['met resolution']);
  assert.deepEqual(ended(['answered', 1_000], ['queued', 1_500], ['closed', 2_000]), [
    'met first-answer',
    'met resolution',
  ]);
});

test('with another priority or group the time that has passed counts, and nobody is late before the stricter target holds', () => {
  const slow = termsOf(policy({ id: 'slow', firstAnswerMs: hourMs }));
  const fast = termsOf(policy({ id: 'fast', firstAnswerMs: 5 * minuteMs }));
  const { slaCase } = run(
    [
      ['queued', 0],
      ['asked', 0],
    ],
    slow,
  );
  const soon = takeEvent(slaCase, 'changed', 2 * minuteMs, { before: slow, terms: fast }).slaCase;
  assert.equal(dueAtOf(soon), 5 * minuteMs);
  const late = takeEvent(slaCase, 'changed', 20 * minuteMs, { before: slow, terms: fast }).slaCase;
  assert.equal(dueAtOf(late), 20 * minuteMs);
  assert.deepEqual(
    passTime(late, 20 * minuteMs).happened.map(({ kind }) => kind),
    ['warned', 'breached'],
  );
  const none = takeEvent(slaCase, 'changed', minuteMs, { before: slow, terms: undefined }).slaCase;
  assert.deepEqual(none.clocks, []);
});

test('what warns and is over at once is to be acted on as a breach alone, and each once', () => {
  const terms = termsOf(policy({ firstAnswerMs: minuteMs }));
  const { slaCase, happened } = run(
    [
      ['queued', 0],
      ['asked', 0],
    ],
    terms,
    [50_000, 50_001],
  );
  const warned = withTodo(slaCase, happened);
  assert.deepEqual(
    warned.todo.map(({ stage }) => stage),
    ['warning'],
  );
  const late = run(
    [
      ['queued', 0],
      ['asked', 0],
    ],
    terms,
    [hourMs, 2 * hourMs],
  );
  assert.deepEqual(late.kinds, ['warned first-answer', 'breached first-answer']);
  assert.deepEqual(
    withTodo(late.slaCase, late.happened).todo.map(({ stage }) => stage),
    ['breach'],
  );
});

const kinds = fc.constantFrom<SlaEventKind>(
  'bot',
  'queued',
  'agent',
  'closed',
  'asked',
  'answered',
  'snoozed',
  'woken',
  'changed',
);
const start = at('2026-03-27T08:00+01:00');
const steps = fc.array(fc.tuple(kinds, fc.integer({ min: 0, max: 6 * hourMs })), { maxLength: 25 });
const policies = fc
  .record({
    firstAnswerMs: fc.integer({ min: 1_000, max: 8 * hourMs }),
    nextAnswerMs: fc.integer({ min: 1_000, max: 8 * hourMs }),
    resolveMs: fc.integer({ min: 1_000, max: 30 * hourMs }),
    scheduleId: fc.constantFrom(null, 'office'),
    warnAt: fc.double({ min: 0.05, max: 1, noNaN: true }),
    pauses: fc.subarray(['waiting-for-customer', 'snoozed'] as const),
  })
  .map(policy);
const events = steps.map((all): Told[] => {
  let time = start;
  return [
    ['queued', start],
    ['asked', start],
    ...all.map(([kind, ms]): Told => {
      time += ms;
      return [kind, time];
    }),
  ];
});

test('whenever, and however often, somebody looks, what comes of a conversation is the same', () => {
  const looks = fc.array(fc.integer({ min: 0, max: 100 * hourMs }), { maxLength: 40 });
  fc.assert(
    fc.property(events, policies, looks, (told, of, times) => {
      const terms = termsOf(of);
      const end = (told.at(-1)?.[1] ?? start) + 500 * hourMs;
      const never = run(told, terms, [end]);
      const often = run(told, terms, [...times.map((ms) => start + ms), end]);
      assert.deepEqual(often.slaCase, never.slaCase);
      // Looked at seldom, several are told together, of one clock after the other.
      const sorted = (all: readonly SlaHappening[]) => all.map((one) => JSON.stringify(one)).toSorted();
      assert.deepEqual(sorted(often.happened), sorted(never.happened));
    }),
    { numRuns: 300 },
  );
});

test('each clock warns and is breached once at most, ends once, is late only if it was breached, and takes its working time', () => {
  fc.assert(
    fc.property(events, policies, (told, of) => {
      const terms = termsOf(of);
      const { slaCase, happened } = run(told, terms, [(told.at(-1)?.[1] ?? start) + hourMs]);
      const of_ = (one: SlaHappening) => `${one.target} ${one.n}`;
      for (const [, ofOne] of Map.groupBy(happened, of_)) {
        const kindsOfOne = ofOne.map(({ kind }) => kind);
        assert.equal(new Set(kindsOfOne).size, kindsOfOne.length, kindsOfOne.join());
        assert.ok(!(kindsOfOne.includes('met') && kindsOfOne.includes('late')));
        assert.ok(!(kindsOfOne.includes('met') && kindsOfOne.includes('breached')));
        assert.ok(!kindsOfOne.includes('late') || kindsOfOne.includes('breached'));
      }
      for (const one of happened) {
        const targetMs = terms.targets[one.target] ?? 0;
        if (one.kind === 'met') assert.ok(one.tookMs < targetMs);
        if (one.kind === 'late') assert.equal(one.lateMs, one.tookMs - targetMs);
      }
      for (const { pausedBy, breachedAt, dueAt, countedTo, spentMs, targetMs } of slaCase.clocks) {
        assert.equal(dueAt === null, pausedBy !== null);
        if (dueAt === null || breachedAt !== null) continue;
        assert.equal(spentMs + terms.hours.openMsBetween(countedTo, dueAt), targetMs);
      }
      const ids = slaCase.clocks.map(({ target }) => target);
      assert.equal(new Set(ids).size, ids.length);
    }),
    { numRuns: 300 },
  );
});
