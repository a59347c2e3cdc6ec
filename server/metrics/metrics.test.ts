import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createMetrics, type MetricSources } from './metrics.ts';

const sources: MetricSources = {
  connections: () => ({ visitors: 1, agents: 2 }),
  slowReadersDropped: () => 0,
  queue: () => ({ depth: 7, oldestAgeMs: 1_500 }),
  appendDepth: () => 0,
  waiting: async () => ({ waiting: 0, oldestAgeMs: 0 }),
  queues: async () => [],
  agentsAvailable: () => 0,
  outbox: async () => ({ queued: 3, sending: 0, dead: 1, oldestAt: 1_000 }),
  inboundDead: async () => 4,
  gaps: async () => 6,
  hot: { hits: 0, rebuilds: 0 },
  archive: { moved: 0, failures: 0 },
  isRedisFull: () => true,
  clockSkewMs: () => -3_600_000,
  lost: () => ({ partitions: 2, entries: 40, events: 5 }),
  faults: () => ['The store cannot be reached.'],
  now: () => 11_000,
};

test('what a language model was asked for is told by outcome, and what a cache held is counted once', async () => {
  const { model, bot, render } = createMetrics('1.0.0');
  for (const outcome of ['answered', 'refused:number', 'refused:link', 'fell-back:late']) model.answered(outcome);
  model.checked({ held: 3, dropped: 1, citations: 4, citationsHeld: 3 });
  model.tokens('answer', 'in', 100);
  model.tokens('answer', 'cached', 60);
  bot.rated(false);
  const { text } = await render(sources);
  const told = text.match(/^parley_(llm_(answers|sentences|tokens|cached_tokens)|bot_rated)_total.*$/gm);
  assert.deepEqual(told?.toSorted(), [
    'parley_bot_rated_total{helped="no"} 1',
    'parley_llm_answers_total{outcome="answered"} 1',
    'parley_llm_answers_total{outcome="fell-back"} 1',
    'parley_llm_answers_total{outcome="refused"} 2',
    'parley_llm_cached_tokens_total{task="answer"} 60',
    'parley_llm_sentences_total{held="no"} 1',
    'parley_llm_sentences_total{held="yes"} 3',
    'parley_llm_tokens_total{task="answer",direction="in"} 100',
  ]);
});

test('while the store is away or hangs, the rest is told, and of what lies in it nothing rather than zero', async (t) => {
  const metrics = createMetrics('1.0.0');
  const ofStore = /^parley_(outbox|dead_letters|bot_gaps).*$/gm;
  const whole = (await metrics.render(sources)).text;
  assert.deepEqual(whole.match(ofStore), [
    'parley_outbox{state="queued"} 3',
    'parley_outbox{state="sending"} 0',
    'parley_outbox_oldest_seconds 10',
    'parley_dead_letters{kind="outbound"} 1',
    'parley_dead_letters{kind="inbound"} 4',
    'parley_bot_gaps 6',
  ]);
  t.mock.timers.enable({ apis: ['setTimeout'] });
  const away = () => Promise.reject(new Error('the store is away'));
  const hangs = () => new Promise<never>(() => undefined);
  for (const outbox of [away, hangs]) {
    const rendering = metrics.render({ ...sources, outbox });
    t.mock.timers.tick(2_000);
    const { text } = await rendering;
    assert.equal(text.match(ofStore), null);
    for (const line of [
      'parley_jobs_ready 7',
      'parley_faults 1',
      'parley_queue_lost_total 2',
      'parley_queue_lost_entries_total 40',
      'parley_events_dropped_total 5',
      'parley_redis_out_of_memory 1',
      'parley_clock_skew_seconds -3600',
    ]) {
      assert.ok(text.includes(`\n${line}\n`), line);
    }
  }
  assert.deepEqual((await metrics.render(sources)).text.match(ofStore)?.length, 6);
});
