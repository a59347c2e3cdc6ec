import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { monitorEventLoopDelay } from 'node:perf_hooks';
import { setTimeout as sleep } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import type { RoutingConfig } from '@parley/sdk/routing-document.ts';
import { systemClock } from '../server/base/clock.ts';
import type { AppendItem } from '../server/conversation/conversation-store.ts';
import { createDryRuns } from '../server/routing/dry-runs.ts';
import { recordMarks } from '../server/routing/record-marks.ts';
import { createCoreRouter } from '../server/routing/simulation/core-router.ts';
import { dayScenario, usualDials } from '../server/routing/simulation/presets.ts';
import { drawWorkload } from '../server/routing/simulation/scenario.ts';
import { type Outcome, simulate } from '../server/routing/simulation/simulate.ts';
import { rulesOf } from '../server/routing/workload-rules-fixture.ts';
import { openSqliteStore } from '../server/storage/warm/sqlite-store.ts';
import type { OpenWarmStore } from '../server/storage/warm/warm-store.ts';
import { describeMachine, renderLoad } from './report.ts';
import { percentile } from './statistics.ts';

const usage = 'npm run bench:dry-run -- [--days N] [--per-day N] [--runs N]';
const dayMs = 24 * 3_600_000;
const channelId = '00000000channel1';
const batch = 256;

/** How long a dry run takes on a store that has recorded some days, and what others notice of it. */
async function main(): Promise<void> {
  const { values } = parseArgs({
    options: {
      days: { type: 'string', default: '14' },
      'per-day': { type: 'string', default: '2000' },
      runs: { type: 'string', default: '6' },
    },
  });
  const [days, perDay, runs] = [Number(values.days), Number(values['per-day']), Number(values.runs)];
  if (!(days >= 1 && days <= 31 && perDay >= 50 && runs >= 2)) throw new Error(usage);
  const machine = describeMachine();
  print(`A dry run, ${machine.cores} cores (${machine.cpu}), Node ${machine.node}.\n${renderLoad(machine)}`);
  const dir = await mkdtemp(join(tmpdir(), 'parley-bench-'));
  const store = await openSqliteStore(join(dir, 'parley.db'));
  try {
    const { config, conversations } = await record(store, days, perDay);
    print(`${conversations} conversations of ${days + 1} days are recorded.`);
    await measure(store, config, { days, runs });
  } finally {
    await store.close();
    await rm(dir, { recursive: true });
  }
}

/** Days of work as the simulation has them, written as the server writes them. */
async function record(store: OpenWarmStore, days: number, perDay: number) {
  const channel = { id: channelId, type: 'web', name: 'Web', settings: {}, enabled: true, createdAt: 1, updatedAt: 1 };
  await store.channels.save(channel);
  const midnight = Math.floor(Date.now() / dayMs) * dayMs;
  await recordMarks(store.meta).since(midnight - (days + 2) * dayMs);
  // So many agents that they are busy for four fifths of their time.
  const dials = { ...usualDials, load: 0.8, patience: { kind: 'exponential', meanMs: 240_000 } as const };
  const agents = Math.max(8, Math.round(perDay / 72));
  let conversations = 0;
  let config: RoutingConfig | undefined;
  for (let day = days; day >= 0; day--) {
    const drawn = drawWorkload(dayScenario({ ...dials, agents }), day + 1);
    const work = { ...drawn, customers: drawn.customers.slice(0, perDay) };
    config ??= { ...work.config, rules: rulesOf(work.config) };
    const at = (time: number) => Math.round(midnight - (day + 1) * dayMs + (time - work.from) + 8 * 3_600_000);
    const { outcomes } = simulate(work, createCoreRouter(work.config), { seed: day });
    const inOrder = outcomes.toSorted((a, b) => a.customer.at - b.customer.at);
    const before = conversations;
    const entries = inOrder.flatMap((one, i) => entriesOf(one, before + i + 1, at));
    await append(store, entries);
    conversations += outcomes.length;
    await store.record.addPresences(
      work.workers.flatMap(({ id, capacity, presence }) =>
        presence.map((change) => ({
          at: at(change.at),
          agentId: id,
          presence: change.presence,
          reason: null,
          capacity,
        })),
      ),
    );
  }
  return { config: config as RoutingConfig, conversations };
}

/** A customer's first words, the agent who gets it, their answer, and the end. */
function entriesOf({ customer, ...outcome }: Outcome, no: number, at: (time: number) => number): AppendItem[] {
  const { groupId, language, vip } = customer;
  const attributes = { topic: groupId, ...(language === null ? {} : { language }), ...(vip ? { vip: 'yes' } : {}) };
  const of = { target: { conversationId: String(no) }, private: false, state: 'sent' } as const;
  const entry = { ...of, direction: 'out', senderType: 'system', content: '{"type":"system","event":"x"}' } as const;
  const text = (words: string) => ({ content: JSON.stringify({ type: 'text', text: words }), preview: words });
  const items: AppendItem[] = [
    {
      target: { contact: { externalId: `c${no}`, name: `Customer ${no}`, attributes }, channelId, threadId: '' },
      ...{ direction: 'in', senderType: 'contact', private: false, state: 'received', at: at(customer.at) },
      ...text('I have a question about my order'),
    },
  ];
  const { answeredAt, closedAt, abandonedAt, workerId } = outcome;
  if (answeredAt !== undefined && workerId !== undefined) {
    const note = { groupId, why: 'policy', record: '{}' };
    const transition = { to: 'agent', assigneeId: workerId, queue: { groupId, routing: '{}' }, note } as const;
    items.push({ ...entry, at: at(answeredAt), transition });
    const answer = { ...of, direction: 'out', senderType: 'agent', senderId: workerId, ...text('Let me see') } as const;
    items.push({ ...answer, at: Math.min(at(answeredAt) + 15_000, at(closedAt ?? Infinity)) });
  }
  const end = closedAt ?? abandonedAt;
  if (end === undefined) return items;
  const note = { groupId: null, why: abandonedAt === undefined ? 'resolved' : 'left', record: '{}' };
  return [...items, { ...entry, at: at(end), transition: { to: 'closed', note } }];
}

async function append(store: OpenWarmStore, entries: readonly AppendItem[]): Promise<void> {
  const sorted = entries.toSorted((a, b) => a.at - b.at);
  for (let from = 0; from < sorted.length; from += batch) {
    const results = await store.conversations.append(sorted.slice(from, from + batch));
    const refused = results.find(({ kind }) => kind === 'refused');
    if (refused !== undefined) throw new Error(JSON.stringify(refused));
  }
}

async function measure(store: OpenWarmStore, config: RoutingConfig, asked: { days: number; runs: number }) {
  const dryRuns = createDryRuns({
    store: store.dryRuns,
    record: store.record,
    marks: recordMarks(store.meta),
    graceMs: 30_000,
    configs: {
      current: { version: 0, document: config, publishedAt: 0 },
      check: () => proposedOf(config),
      versions: async () => [],
    },
    agents: () => [],
    clock: systemClock,
    onError: (error) => process.stderr.write(`${String(error)}\n`),
  });
  const quiet = await looksFor(store, sleep(2_000));
  const delay = monitorEventLoopDelay({ resolution: 5 });
  delay.enable();
  const begun = performance.now();
  const { id } = await dryRuns.start({ config, ...asked }, 'admin');
  let readMs = 0;
  const ended = (async () => {
    for (;;) {
      const view = await dryRuns.get(id);
      if (readMs === 0 && view.progress >= 30) readMs = performance.now() - begun;
      if (view.state !== 'running') return view;
      await sleep(50);
    }
  })();
  const beside = await looksFor(store, ended);
  const { result, problem } = await ended;
  const tookMs = performance.now() - begun;
  delay.disable();
  if (result === null) throw new Error(JSON.stringify(problem));
  print(
    `${result.conversations} counted, ${asked.runs} runs of each: ${(tookMs / 1_000).toFixed(1)} s, of which reading ${(readMs / 1_000).toFixed(1)} s.`,
  );
  const p = (all: readonly number[], share: number) =>
    percentile(
      all.toSorted((a, b) => a - b),
      share,
    ).toFixed(1);
  print(
    `A look at one conversation meanwhile: median ${p(beside, 0.5)} ms, p99 ${p(beside, 0.99)} ms; alone ${p(quiet, 0.5)} and ${p(quiet, 0.99)} ms.`,
  );
  print(
    `The event loop stood still for at most ${(delay.max / 1e6).toFixed(0)} ms; ${Math.round(process.memoryUsage().rss / 1e6)} MB resident.`,
  );
  for (const [name, { happened, current, proposed, change }] of Object.entries(result.all)) {
    const n = (value: number) => value.toPrecision(4);
    print(
      `${name.padEnd(16)} ${n(happened)} | ${n(current.mean)} | ${n(proposed.mean)} | ${n(change.mean)} (${n(change.low)} to ${n(change.high)})`,
    );
  }
  await dryRuns.stop();
}

/** Everybody may answer everything. */
function proposedOf(config: RoutingConfig): RoutingConfig {
  const ids = [...new Set(config.groups.flatMap(({ members }) => members.map(({ agentId }) => agentId)))];
  const members = ids.map((agentId) => ({ agentId, level: 3 }));
  return { ...config, groups: config.groups.map((group) => ({ ...group, members })) };
}

/** How long looks at one conversation take until something has ended. */
async function looksFor(store: OpenWarmStore, ended: Promise<unknown>): Promise<number[]> {
  const times: number[] = [];
  let isOver = false;
  void ended.finally(() => {
    isOver = true;
  });
  while (!isOver) {
    const begun = performance.now();
    await store.conversations.get('1');
    times.push(performance.now() - begun);
    await sleep(10);
  }
  return times;
}

function print(line: string): void {
  process.stdout.write(`${line}\n`);
}

await main();
