import { readFileSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { monitorEventLoopDelay } from 'node:perf_hooks';
import { setTimeout as sleep } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import { systemClock } from '../server/base/clock.ts';
import { createBotIntents } from '../server/bot/intents/bot-intents.ts';
import { noBroadcast } from '../server/conversation/broadcast.ts';
import { openSqliteStore } from '../server/storage/warm/sqlite-store.ts';
import { makeVisitors, parleyApi, signIn } from './parley-api.ts';
import { describeMachine, renderLoad } from './report.ts';
import { makeDataDir, startParley } from './server-process.ts';
import { percentile } from './statistics.ts';

const usage = 'npm run bench:intent-training -- --data FILE.tsv [--seconds N] [--rounds N] [--per-second N]';

interface Asked {
  readonly text: string;
  readonly seconds: number;
  readonly rounds: number;
  readonly perSecond: number;
}

/** What messages notice of a training, and how long a process stands still when it takes over a new model. */
async function main(): Promise<void> {
  const { values } = parseArgs({
    options: {
      data: { type: 'string' },
      seconds: { type: 'string', default: '8' },
      rounds: { type: 'string', default: '3' },
      'per-second': { type: 'string', default: '100' },
    },
  });
  if (values.data === undefined) throw new Error(usage);
  const [seconds, rounds, perSecond] = [values.seconds, values.rounds, values['per-second']].map(Number) as [
    number,
    number,
    number,
  ];
  const asked: Asked = { text: readFileSync(values.data, 'utf8'), seconds, rounds, perSecond };
  const machine = describeMachine();
  print(`Intent training, ${machine.cores} cores (${machine.cpu}), Node ${machine.node}.\n${renderLoad(machine)}`);
  await beside(asked);
  await takingOver(asked);
}

/** Messages over HTTP, each answered after its commit, with and without a training, in turn. */
async function beside({ text, seconds, rounds, perSecond }: Asked): Promise<void> {
  await using server = await startParley();
  const token = await signIn(server.port, server.account);
  const api = parleyApi(server.port, token);
  await api.post('/api/v1/intents/import', { format: 'tsv', text });
  const [visitor] = await makeVisitors(server.port, token, 1);
  const { items } = await api.get<{ items: { id: string }[] }>('/api/v1/channels');
  const session = await parleyApi(server.port).post<{ conversationId: string | null }>('/api/v1/visitor/sessions', {
    channelId: items[0]?.id,
    visitorToken: visitor,
  });
  let sent = 0;
  const write = async (): Promise<number> => {
    const begun = performance.now();
    const frame = JSON.stringify({
      ...{ id: String(sent), type: 'message.send' },
      data: { clientId: `m${sent++}`, content: { type: 'text', text: 'Where is my parcel?' } },
    });
    await parleyApi(server.port, visitor).post('/api/v1/visitor/poll', { frames: [frame] });
    return performance.now() - begun;
  };
  const measure = async (): Promise<number[]> => {
    const taken: Promise<number>[] = [];
    const begun = performance.now();
    for (let n = 0; n < seconds * perSecond; n++) {
      await sleep(Math.max(0, begun + (n * 1_000) / perSecond - performance.now()));
      taken.push(write());
    }
    return (await Promise.all(taken)).sort((a, b) => a - b);
  };
  print(`${perSecond} messages a second, ${seconds} s each (conversation ${session.conversationId ?? 'new'}):`);
  const ratios: number[] = [];
  await measure();
  for (let round = 0; round < rounds; round++) {
    const quiet = await measure();
    const { id } = await api.post<{ id: string }>('/api/v1/bot/trainings', {});
    await untilStage(api, id, 'learning');
    const busy = await measure();
    const after = await api.get<{ stage: string; progress: number }>(`/api/v1/bot/trainings/${id}`);
    await fetch(`http://127.0.0.1:${server.port}/api/v1/bot/trainings/${id}`, {
      method: 'DELETE',
      headers: { authorization: `Bearer ${token}` },
    });
    ratios.push(percentile(busy, 0.99) / percentile(quiet, 0.99));
    const shown = (all: number[]) =>
      `p50 ${percentile(all, 0.5).toFixed(1)} ms, p99 ${percentile(all, 0.99).toFixed(1)} ms`;
    print(`  alone ${shown(quiet)}; beside a training (${after.stage}, ${after.progress} %) ${shown(busy)}`);
  }
  print(`  p99 beside ÷ alone: ${ratios.map((ratio) => ratio.toFixed(2)).join(', ')}`);
}

async function untilStage(api: ReturnType<typeof parleyApi>, id: string, stage: string): Promise<void> {
  for (;;) {
    const training = await api.get<{ stage: string; state: string }>(`/api/v1/bot/trainings/${id}`);
    if (training.stage === stage) return;
    if (training.state !== 'running') throw new Error(JSON.stringify(training));
    await sleep(50);
  }
}

/** The longest time for which this process does nothing else: while it trains, stores, publishes, and takes over. */
async function takingOver({ text }: Asked): Promise<void> {
  const dir = await makeDataDir();
  const store = await openSqliteStore(join(dir, 'parley.db'));
  const bot = await createBotIntents({
    ...{ intents: store.intents, models: store.intentModels, trainings: store.intentTrainings },
    ...{ broadcast: noBroadcast, clock: systemClock, onError: (error: unknown) => print(String(error)) },
  });
  try {
    await bot.library.bring(text, 'tsv');
    const delay = monitorEventLoopDelay({ resolution: 2 });
    const stoodStill = async (what: string, work: () => Promise<unknown>) => {
      delay.reset();
      delay.enable();
      const begun = performance.now();
      await work();
      await sleep(50);
      delay.disable();
      const seconds = (performance.now() - begun) / 1_000;
      print(
        `${what}: ${seconds.toFixed(1)} s, the event loop stood still for at most ${(delay.max / 1e6).toFixed(0)} ms`,
      );
    };
    await stoodStill('Training and storing a version', async () => {
      const { id } = await bot.trainings.start('bench');
      for (;;) {
        const { version, state, problem } = await bot.trainings.get(id);
        if (state !== 'running' && version === null) throw new Error(JSON.stringify(problem));
        if (version !== null) break;
        await sleep(50);
      }
      await bot.trainings.cancel(id);
    });
    const before = process.memoryUsage().rss;
    await stoodStill('Publishing it', () => bot.model.publish(1, { id: 'bench', name: 'Bench' }));
    print(`  ${Math.round((process.memoryUsage().rss - before) / 1e6)} MB more are resident`);
    const texts = text.split('\n').slice(0, 2_000);
    const taken = texts.map((line) => {
      const begun = performance.now();
      bot.model.recognize(line.split('\t')[0] ?? '');
      return (performance.now() - begun) * 1_000;
    });
    taken.sort((a, b) => a - b);
    print(
      `Recognising, asked from the main thread: p50 ${percentile(taken, 0.5).toFixed(0)} µs, p99 ${percentile(taken, 0.99).toFixed(0)} µs`,
    );
  } finally {
    await bot.stop();
    await store.close();
    await rm(dir, { recursive: true, force: true });
  }
}

function print(line: string): void {
  process.stdout.write(`${line}\n`);
}

await main();
