import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createTestClock, systemClock } from '../../base/clock.ts';
import { openTestStore } from '../../testing/test-store.ts';
import { createTextVectors } from '../embeddings/text-vectors.ts';
import { createGroundedAnswers } from '../language-model/grounded-answers.ts';
import { countGrounding } from '../language-model/grounding.ts';
import { openModel } from '../language-model/model-fixture.ts';
import { modelReport } from './model-report.ts';
import { bothOf, modelTallies } from './model-tallies.ts';
import { createTallies, percentilesUnder, type Tallies } from './tallies.ts';

const source = { kind: 'article', id: 'a1', title: 'Returns' } as const;
const passages = [
  { id: 'p1', source, text: 'Unworn items can be returned within 30 days of delivery.', score: 0.9 },
  { id: 'p2', source, text: 'We ship parcels worldwide.', score: 0.8 },
];
const onError = (error: unknown) => assert.fail(String(error));

test('the report tells how much of its answers is held, what became of the others, what they cost, and of how many', async (t) => {
  const clock = systemClock;
  const told: string[] = [];
  const others = modelTallies({ count: (name) => told.push(name), time: (name) => told.push(name) });
  const opened: { tallies?: Tallies; kept?: ReturnType<typeof modelTallies> } = {};
  const { server, configs, model, store } = await openModel(t, {
    keeps: ({ tallies: of }) => {
      opened.tallies = createTallies({ store: of, clock, onError });
      opened.kept = bothOf(modelTallies(opened.tallies), others);
      return opened.kept;
    },
  });
  const { tallies, kept } = opened;
  assert.ok(tallies !== undefined && kept !== undefined);
  await configs.change({ prices: { input: 1, output: 10, currency: 'EUR' } });
  const answers = createGroundedAnswers({ model, aboutConversation: async () => ({ names: [] }), metrics: kept });
  const ask = (signal = new AbortController().signal) =>
    answers.answer({ question: 'How long can I return?', passages, conversationId: '7', signal });
  const held = 'Hello! Unworn items can be returned within 30 days of delivery. [1]';
  const usage = { prompt_tokens: 1_000, completion_tokens: 100, prompt_tokens_details: { cached_tokens: 640 } };
  server.answer({ kind: 'text', text: held, usage });
  assert.equal((await ask()).kind, 'answered');
  // One sentence more than the passages hold, and one that names a passage beside the one that holds it.
  const text =
    'Unworn items can be returned within 30 days of delivery. [1][2] Shoes can be returned within 90 days. [1]';
  server.answer({ kind: 'text', text, usage });
  assert.deepEqual(await ask(), { kind: 'abstained', why: 'number' });
  server.answer({ kind: 'text', text: 'NO_ANSWER', usage });
  await ask();
  server.answer({ kind: 'status', status: 401 });
  await ask();
  server.answer({ kind: 'silent' });
  await assert.rejects(ask(AbortSignal.timeout(50)));
  await tallies.flush();
  const now = clock.now();
  const report = await modelReport(store.tallies, { from: now, to: now }, { solved: 4, currency: 'EUR' });
  const { asked, answered, refused, refusedFor, cannotTell, fellBack, fellBackFor } = report;
  assert.deepEqual(
    { asked, answered, refused, refusedFor, cannotTell, fellBack, fellBackFor },
    {
      ...{ asked: 5, answered: 1, refused: 1, refusedFor: { number: 1 }, cannotTell: 1 },
      ...{ fellBack: 2, fellBackFor: { failed: 1, late: 1 } },
    },
  );
  assert.deepEqual(
    [report.sentences, report.citations],
    [
      { held: 2, dropped: 1 },
      { held: 2, of: 4 },
    ],
  );
  assert.deepEqual([report.requests, report.errors], [5, { 'key-refused': 1 }]);
  assert.equal(report.tokens.answers.cached, 3 * 640);
  assert.deepEqual([report.firstTokenMs?.of, report.wholeMs?.of], [3, 3]);
  assert.ok(told.includes('answer:answered') && told.includes('first:answer'), 'the metrics are told the same');
  const { cost } = report;
  assert.ok(cost.answers !== null && cost.answers >= 3 * 0.002 && cost.answers < 0.02, String(cost.answers));
  assert.deepEqual([cost.perSolved, cost.unpricedTokens], [cost.answers / 4, 0]);
  const inYen = await modelReport(store.tallies, { from: now, to: now }, { solved: 4, currency: 'JPY' });
  assert.deepEqual(
    [inYen.cost.answers, inYen.cost.perSolved],
    [null, null],
    'another currency is not taken for this one',
  );
});

test('a sentence is held by all that it names together, and a passage is named rightly where it is needed for that', () => {
  const given = [
    { id: 'a', text: 'Blue shoes cost 30 EUR.' },
    { id: 'b', text: 'Red shoes cost 40 EUR.' },
    { id: 'c', text: 'We ship worldwide.' },
  ];
  const both = 'Blue shoes cost 30 EUR, red shoes cost 40 EUR. [1][2][3]';
  assert.deepEqual(countGrounding(both, given), { held: 1, dropped: 0, citations: 3, citationsHeld: 2 });
  const made = 'Thank you! Green shoes cost 20 EUR. [1] They are nice. [9] We ship worldwide.';
  assert.deepEqual(countGrounding(made, given), { held: 0, dropped: 3, citations: 2, citationsHeld: 0 });
});

test('what several processes count comes together by day, a failed write is written later, and old days are forgotten', async () => {
  const store = await openTestStore();
  const clock = createTestClock(Date.UTC(2026, 10, 29, 12));
  const errors: unknown[] = [];
  const [here, there] = [0, 1].map(() =>
    createTallies({ store: store.tallies, clock, onError: (error) => errors.push(error) }),
  ) as [ReturnType<typeof createTallies>, ReturnType<typeof createTallies>];
  here.count('answer:answered', 2);
  there.count('answer:answered');
  await store.breakInserts('bot_tallies');
  await assert.rejects(here.flush());
  await store.mend();
  here.count('answer:answered');
  await Promise.all([here.flush(), there.flush()]);
  assert.deepEqual(await store.tallies.between('2026-11-29', '2026-11-29'), [
    { day: '2026-11-29', name: 'answer:answered', n: 4 },
  ]);
  // A loop writes every few seconds, and what is left when it ends.
  const ending = new AbortController();
  const running = here.run(ending.signal);
  here.count('requests');
  await clock.sleeping();
  ending.abort();
  await running;
  assert.equal((await store.tallies.between('2026-11-29', '2026-11-29')).length, 2);
  clock.set(401 * 24 * 3_600_000);
  here.count('requests');
  await here.flush();
  assert.deepEqual(
    (await store.tallies.between('2026-01-01', '2029-01-01')).map(({ name }) => name),
    ['requests'],
  );
  assert.deepEqual(errors, []);
});

test('a percentile is never under the true one, and at most a fifth over it', async () => {
  const counts = new Map<string, number>();
  const tally = (name: string, n = 1) => counts.set(name, (counts.get(name) ?? 0) + n);
  const store = {
    add: async (_: string, some: ReadonlyMap<string, number>) => {
      for (const [name, n] of some) tally(name, n);
    },
  };
  const clock = createTestClock();
  const tallies = createTallies({ store: { ...store, forget: async () => undefined } as never, clock, onError });
  for (let ms = 1; ms <= 1_000; ms++) tallies.time('whole:answer', ms);
  await tallies.flush();
  const found = percentilesUnder(counts, 'whole:answer');
  assert.equal(found?.of, 1_000);
  for (const [share, given] of [
    [500, found?.p50],
    [950, found?.p95],
    [990, found?.p99],
  ] as const)
    assert.ok(given !== undefined && given >= share && given <= 1.2 * share, `${share}: ${given}`);
  assert.equal(percentilesUnder(counts, 'first:answer'), null);
});

test('a question whose vector is in memory is told from one that is asked for, and one that has none', async () => {
  const told: string[] = [];
  const embedder = (fails: boolean) => ({
    model: async () => 'small',
    embed: async (texts: readonly string[]) => {
      if (fails) throw new Error('away');
      return texts.map(() => Float32Array.of(1, 0));
    },
  });
  const vectorsOf = (fails: boolean) =>
    createTextVectors({
      use: 'search',
      settings: async () => ({ intents: 'none', search: 'server', waitMs: 300, queryPrefix: '', passagePrefix: '' }),
      embedders: { server: embedder(fails), local: embedder(fails) },
      folderPrefixes: () => ({ query: '', passage: '' }),
      onQuestion: (how) => told.push(how),
      clock: createTestClock(),
      onError: () => undefined,
    });
  const vectors = vectorsOf(false);
  await vectors.ofQuestion('refund');
  await vectors.ofQuestion('refund');
  await vectorsOf(true).ofQuestion('refund');
  assert.deepEqual(told, ['asked', 'memory', 'missed']);
});
