import { mkdir, rm } from 'node:fs/promises';
import { clusterMissing } from '../server/testing/cluster.ts';
import { mariadbMissing } from '../server/testing/mariadb.ts';
import { redisMissing } from '../server/testing/redis.ts';
import { describeMachine, renderLoad, renderSection, row, type Section, writeJson } from './report.ts';
import { atMostMs, type LookupResult, measureLookups } from './scale/lookups.ts';
import { measureOpen, measureStored } from './scale/message-cost.ts';
import { measureNodes } from './scale/node-cost.ts';
import { readScaleOptions, type ScaleOptions, scaleUsage } from './scale/options.ts';
import {
  type EngineName,
  openStores,
  type StoreFacts,
  type StoreName,
  type Stores,
  storeNames,
} from './scale/stores.ts';
import { makeDataDir } from './server-process.ts';

/** What a message, a connection and a look-up cost as an installation grows. See bench/README.md. */
async function main(): Promise<void> {
  const options = optionsOrExit();
  const machine = describeMachine();
  const startedAt = Date.now();
  process.stdout.write(
    `Parley as it grows, ${new Date(startedAt).toISOString().slice(0, 16).replace('T', ' ')} UTC\n` +
      `${machine.cores} cores (${machine.cpu}), ${machine.memoryGb} GB, Node ${machine.node}. Servers, databases and load client share these cores.\n` +
      `A ratio of 1.0 is flat.\n${renderLoad(machine)}\n`,
  );
  const sections: Section[] = [];
  for await (const section of measure(options)) {
    process.stdout.write(renderSection(section));
    sections.push(section);
  }
  process.stdout.write(`\n${Math.round((Date.now() - startedAt) / 1_000)} s in all.\n`);
  if (options.json !== undefined) await writeJson(options.json, { startedAt, machine, options, sections });
  if (sections.some(({ checks }) => checks.some(({ holds }) => !holds))) process.exitCode = 1;
}

async function* measure(options: ScaleOptions): AsyncGenerator<Section> {
  const needsStores = options.only.some((id) => id !== 'nodes');
  const dir = options.dir ?? (needsStores ? await makeDataDir() : undefined);
  try {
    if (dir !== undefined) yield* measureStores(dir, options);
    if (options.only.includes('nodes')) {
      const missing = clusterMissing();
      if (missing !== false) throw new Error(missing);
      yield* measureNodes(options);
    }
  } finally {
    if (dir !== undefined && options.dir === undefined) await rm(dir, { recursive: true, force: true });
  }
}

async function* measureStores(dir: string, options: ScaleOptions): AsyncGenerator<Section> {
  const wants = new Set(options.only);
  await mkdir(dir, { recursive: true });
  for (const engine of options.engines) {
    const missing = engine === 'mariadb' ? mariadbMissing || redisMissing() : false;
    if (missing !== false) {
      process.stdout.write(`\n${engine}: ${missing}\n`);
      continue;
    }
    await using stores = openStores(dir);
    const filled = await fillSection(stores, engine, options);
    if (wants.has('fill')) yield filled;
    if (wants.has('lookups')) yield await lookupSection(stores, engine, options);
    if (wants.has('messages')) yield await measureStored(stores, engine, options);
    if (wants.has('open')) yield await measureOpen(stores, engine, options);
  }
}

async function fillSection(stores: Stores, engine: EngineName, { sizes }: ScaleOptions): Promise<Section> {
  const facts: Record<StoreName, StoreFacts> = {
    small: await stores.fill(engine, 'small', sizes.small),
    large: await stores.fill(engine, 'large', sizes.large),
  };
  const both = (name: string, unit: string, read: (of: StoreFacts) => number) =>
    row(name, unit, [read(facts.large)], { name: 'small store', rounds: [read(facts.small)] });
  return {
    id: `fill-${engine}`,
    title: `The stores (${engine})`,
    explanation: [
      'Two years of a support centre, made up from a seed: contacts with one conversation and contacts with hundreds, talks of three',
      'messages and of thousands, on four channels, in the order in which they would have been written.',
    ],
    rows: [
      both('conversations', 'rows', ({ conversations }) => conversations),
      both('messages', 'rows', ({ messages }) => messages),
      both('contacts', 'rows', ({ contacts }) => contacts),
      both('filled in', 's', ({ fillSeconds }) => fillSeconds),
      both('all tables and indexes', 'bytes/message', ({ bytes, messages }) => bytes.all / messages),
      both('messages with their indexes', 'bytes/message', ({ bytes, messages }) => bytes.messages / messages),
    ],
    checks: facts.large.checks.map(({ claim, broken }, index) => {
      const all = broken + (facts.small.checks[index]?.broken ?? 0);
      return { claim, holds: all === 0, detail: `${all} are not so` };
    }),
  };
}

async function lookupSection(stores: Stores, engine: EngineName, { lookups }: ScaleOptions): Promise<Section> {
  const results: Record<StoreName, LookupResult[]> = { small: [], large: [] };
  for (const store of storeNames) results[store] = await measureLookups(stores, engine, store, lookups);
  const facts = await stores.facts(engine, 'large');
  const slow = results.large.filter(({ p99Ms }) => p99Ms > atMostMs);
  const wrong = [...results.small, ...results.large].filter((one) => one.wrong > 0);
  const names = (of: readonly LookupResult[], read: (one: LookupResult) => string) =>
    of.length === 0 ? 'all of them' : of.map((one) => `${one.name}: ${read(one)}`).join('; ');
  return {
    id: `lookups-${engine}`,
    title: `Lists, look-ups and searches, with ${facts.messages.toLocaleString('en-US')} messages (${engine})`,
    explanation: [
      `${facts.conversations.toLocaleString('en-US')} conversations; ${lookups} requests of each kind to the HTTP API, one after the other, each with other parameters.`,
      'Milliseconds as the client has them, beside the same on the small store.',
    ],
    rows: results.large.flatMap((large, index) => {
      const small = results.small[index] as LookupResult;
      const line = (name: string, read: (one: LookupResult) => number) =>
        row(`${large.name}, ${name}`, 'ms', [read(large)], { name: 'small store', rounds: [read(small)] });
      return [line('p50', ({ p50Ms }) => p50Ms), line('p99', ({ p99Ms }) => p99Ms)];
    }),
    checks: [
      {
        claim: `every list, look-up and search within ${atMostMs} ms at p99`,
        holds: slow.length === 0,
        detail: names(slow, ({ p99Ms }) => `${p99Ms.toFixed(0)} ms`),
      },
      {
        claim: 'each answer is what was asked for',
        holds: wrong.length === 0,
        detail: names(wrong, ({ wrong: count }) => `${count} are not`),
      },
    ],
  };
}

function optionsOrExit(): ScaleOptions {
  try {
    return readScaleOptions(process.argv.slice(2));
  } catch (error) {
    process.stderr.write(`${error instanceof Error ? error.message : error}\n\n${scaleUsage}\n`);
    process.exit(2);
  }
}

await main();
