import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { Readable } from 'node:stream';
import { parseArgs } from 'node:util';
import { DuckDBInstance } from '@duckdb/node-api';
import { newId } from '../server/base/ids.ts';
import { seeded } from '../server/base/seeded.ts';
import {
  type ArchivedMessage,
  addFingerprints,
  type ColdStore,
  encodeChunk,
} from '../server/conversation/cold-store.ts';
import type { AppendItem } from '../server/conversation/conversation-store.ts';
import { tieredConversations } from '../server/conversation/tiered-conversations.ts';
import { createClickHouseStore } from '../server/storage/cold/clickhouse-store.ts';
import { createParquetStore } from '../server/storage/cold/parquet-store.ts';
import { openMysqlStore } from '../server/storage/warm/mysql-store.ts';
import { openSqliteStore } from '../server/storage/warm/sqlite-store.ts';
import type { OpenWarmStore } from '../server/storage/warm/warm-store.ts';
import { archiveUntilIdle, dayMs } from '../server/testing/archive.ts';
import { clickHouseMissing, startClickHouse } from '../server/testing/clickhouse.ts';
import { mariadbMissing, startMariaDb } from '../server/testing/mariadb.ts';
import { sentenceMaker } from './made-up-text.ts';
import { describeMachine, renderLoad, renderSection, row, type Section, writeJson } from './report.ts';
import { latencyOf } from './statistics.ts';

const usage = 'npm run bench:cold -- [--messages N] [--reads N] [--json FILE]';
const channelId = '00000000channel1';
const start = Date.UTC(2026, 0, 5);

/** What moving messages into the archive costs, how small they are there, and how soon they are back. */
async function main(): Promise<void> {
  const { values } = parseArgs({
    options: {
      messages: { type: 'string', default: '800000' },
      reads: { type: 'string', default: '300' },
      json: { type: 'string' },
      help: { type: 'boolean' },
    },
  });
  if (values.help === true) return void process.stdout.write(`${usage}\n`);
  const [messages, reads] = [Number(values.messages), Number(values.reads)];
  if (!(messages >= 1_000 && reads >= 10)) throw new Error(usage);
  const machine = describeMachine();
  process.stdout.write(
    `The archive, ${machine.cores} cores (${machine.cpu}), Node ${machine.node}.\n${renderLoad(machine)}\n`,
  );
  await mkdir('.cache', { recursive: true });
  const sections: Section[] = [];
  for (const way of ways) {
    if (way.missing !== false) {
      process.stdout.write(`\n${way.name}: ${way.missing}\n`);
      continue;
    }
    const section = await measure(way, messages, reads);
    process.stdout.write(renderSection(section));
    sections.push(section);
  }
  if (values.json !== undefined) await writeJson(values.json, { machine, sections });
  if (sections.some(({ checks }) => checks.some(({ holds }) => !holds))) process.exitCode = 1;
}

/** A warm store, and where its messages go. */
interface Way {
  readonly name: string;
  /** Why it cannot be measured here. */
  readonly missing: string | false;
  open(dir: string): Promise<Opened>;
}

interface Opened extends AsyncDisposable {
  readonly store: OpenWarmStore;
  readonly cold: ColdStore;
  /** Bytes of the messages in the warm store, with their indices. */
  warmBytes(): Promise<number>;
}

const ways: readonly Way[] = [
  {
    name: 'SQLite to Parquet by DuckDB',
    missing: false,
    open: async (dir) => {
      const path = join(dir, 'parley.db');
      const store = await openSqliteStore(path);
      const cold = createParquetStore({ dir: join(dir, 'archive'), files: store.archiveFiles, now: Date.now });
      return {
        store,
        cold,
        warmBytes: async () => {
          const db = new DatabaseSync(path, { readOnly: true });
          const like =
            "name like '%message%' or name in (select name from sqlite_schema where tbl_name like '%message%')";
          const pages = db
            .prepare(`select sum(pgsize) as bytes from dbstat where aggregate = true and (${like})`)
            .get();
          db.close();
          return Number(pages?.bytes);
        },
        [Symbol.asyncDispose]: async () => {
          await cold.close();
          await store.close();
        },
      };
    },
  },
  {
    name: 'MariaDB to ClickHouse',
    missing: mariadbMissing || clickHouseMissing,
    open: async () => {
      const parts = new AsyncDisposableStack();
      const [mariadb, clickHouse] = [parts.use(await startMariaDb()), parts.use(await startClickHouse())];
      const url = await mariadb.createDatabase();
      const store = await openMysqlStore(url);
      const cold = createClickHouseStore({ url: await clickHouse.createDatabase() });
      parts.defer(() => store.close());
      parts.defer(() => cold.close());
      return {
        store,
        cold,
        warmBytes: async () => {
          await mariadb.query(url, 'analyze table messages, message_changes');
          const [row] = await mariadb.query(
            url,
            "select sum(data_length + index_length) as bytes from information_schema.tables where table_schema = database() and table_name in ('messages', 'message_changes')",
          );
          return Number(row?.bytes);
        },
        [Symbol.asyncDispose]: () => parts.disposeAsync(),
      };
    },
  },
];

async function measure(way: Way, messages: number, reads: number): Promise<Section> {
  const dir = await mkdtemp(join('.cache', 'bench-cold-'));
  try {
    await using opened = await way.open(dir);
    const { store, cold } = opened;
    await fill(store, messages);
    const warm = await opened.warmBytes();
    const begun = performance.now();
    const cpu = process.cpuUsage();
    const unhurried = { ...cold, compact: async () => undefined };
    const { moved } = await archiveUntilIdle(
      { store: store.archive, cold: unhurried, restRatio: 0 },
      start + 60 * dayMs,
    );
    const seconds = (performance.now() - begun) / 1_000;
    const { user, system } = process.cpuUsage(cpu);
    const bare = await bareCopy(dir, messages);
    const { messages: there, bytes: bytesAtFirst } = await cold.size();
    const [smaller, smallerCpu] = [performance.now(), process.cpuUsage()];
    await cold.compact();
    const made = process.cpuUsage(smallerCpu);
    const compactSeconds = (performance.now() - smaller) / 1_000;
    const { bytes } = await cold.size();
    const alone = await takenAlone(cold, Math.min(messages, 200_000));
    const { latency, isWhole } = await readBack(store, cold, reads);
    const share = bytes / there / (warm / messages);
    return {
      id: way.name,
      title: `Archive: ${way.name}`,
      explanation: [
        `${messages.toLocaleString('en-US')} messages of closed conversations, of 2 to 40 entries each, over four months, go into the archive:`,
        'recorded, read, written, read back and compared by count and checksum, deleted, while the next batch is read. Then',
        'conversations are read back whole. What the archive takes alone is measured with messages that lie ready in memory.',
        'Six of ten answers are one of 300 canned replies; every other text is made of new sentences of words by Zipf’s law.',
        'The reference is DuckDB alone that turns the same lines of JSON into one Parquet file.',
      ],
      rows: [
        row('taken by the archive: written, read back, compared', 'messages/s', [alone], {
          name: 'DuckDB: JSON lines to Parquet',
          rounds: [messages / bare],
        }),
        row('moved: read, taken by the archive, deleted', 'messages/s', [moved / seconds], {
          name: 'DuckDB: JSON lines to Parquet',
          rounds: [messages / bare],
        }),
        row('CPU of this process, moved', 'µs/message', [(user + system) / moved]),
        // ClickHouse does it by itself.
        ...(bytes < bytesAtFirst
          ? [
              row('CPU of this process, put together once a day', 'µs/message', [(made.user + made.system) / moved]),
              row('put together once a day', 'messages/s', [moved / compactSeconds]),
            ]
          : []),
        row('in the warm store, with its indices', 'bytes/message', [warm / messages]),
        row('in the archive at first', 'bytes/message', [bytesAtFirst / there]),
        row('in the archive, put together', 'bytes/message', [bytes / there]),
        row('one conversation read back, p50', 'ms', [latency.p50Ms]),
        row('one conversation read back, p99', 'ms', [latency.p99Ms]),
      ],
      checks: [
        {
          claim: 'every message lies in the archive once',
          holds: there === messages && moved === messages,
          detail: `${there}`,
        },
        { claim: 'what is read back is whole', holds: isWhole, detail: `${reads} conversations` },
        {
          claim: 'the archive takes at least 100,000 messages/s',
          holds: alone >= 100_000,
          detail: `${Math.round(alone)}`,
        },
        { claim: 'at most 10 % of the size', holds: share <= 0.1, detail: `${(share * 100).toFixed(1)} %` },
        {
          claim: 'read back within 100 ms at p99',
          holds: latency.p99Ms <= 100,
          detail: `${latency.p99Ms.toFixed(1)} ms`,
        },
      ],
    };
  } finally {
    await rm(dir, { recursive: true, force: true });
  }
}

async function fill(store: OpenWarmStore, messages: number): Promise<void> {
  const channel = { id: channelId, type: 'web', name: 'Web', settings: {}, enabled: true, createdAt: 1, updatedAt: 1 };
  await store.channels.save(channel);
  const random = seeded(3);
  const sentence = sentenceMaker();
  const canned = Array.from({ length: 300 }, sentence);
  let items: AppendItem[] = [];
  let left = messages;
  for (let contact = 0; left > 0; contact++) {
    const target = { contact: { externalId: `visitor-${contact}` }, channelId, threadId: '' };
    const entries = Math.min(left, 2 + Math.floor(random() * 39));
    const begun = start + Math.floor(random() * 120) * dayMs - 120 * dayMs;
    for (let i = 1; i <= entries; i++) {
      const isAgent = i % 2 === 0;
      // Agents answer with a recommended or canned reply more often than not.
      const isCanned = isAgent && random() < 0.6;
      const text = isCanned ? (canned[Math.floor(random() * canned.length)] as string) : sentence();
      items.push({
        target,
        direction: isAgent ? 'out' : 'in',
        senderType: isAgent ? 'agent' : 'contact',
        ...(isAgent
          ? { senderId: `000000000agent${String(contact % 50).padStart(2, '0')}`, senderName: `Agent ${contact % 50}` }
          : {}),
        clientId: `${contact}-${i}`,
        content: JSON.stringify({ type: 'text', text }),
        preview: text.slice(0, 100),
        private: false,
        state: isAgent ? 'delivered' : 'received',
        at: begun + i * 20_000,
        ...(i === entries ? { transition: { to: 'closed' } } : {}),
      });
    }
    left -= entries;
    if (items.length < 5_000 && left > 0) continue;
    const refused = (await store.conversations.append(items)).find(({ kind }) => kind === 'refused');
    if (refused !== undefined) throw new Error(`The store refused a message: ${JSON.stringify(refused)}`);
    items = [];
  }
}

/** Messages that a second takes to write, read back and compare where they lie ready in memory; they are removed again. */
async function takenAlone(cold: ColdStore, messages: number): Promise<number> {
  const sentence = sentenceMaker();
  const chunks = Array.from({ length: Math.ceil(messages / inChunk) }, (_, chunk) =>
    encodeChunk(Array.from({ length: inChunk }, (__, i) => readyMessage(chunk * inChunk + i, sentence()))),
  );
  const count = chunks.length * inChunk;
  const checksum = String(chunks.reduce((sum, chunk) => addFingerprints(sum, BigInt(chunk.checksum)), 0n));
  const batch = newId();
  const begun = performance.now();
  await cold.write(batch, Readable.from(chunks));
  const found = await cold.verify(batch);
  const seconds = (performance.now() - begun) / 1_000;
  if (found.count !== count || found.checksum !== checksum)
    throw new Error('The archive did not read back what it took.');
  await cold.discard(batch);
  return count / seconds;
}

const inChunk = 4_000;

function readyMessage(index: number, words: string): ArchivedMessage {
  const isAgent = index % 2 === 1;
  return {
    conversation_id: 1_000_000 + Math.floor(index / 20),
    seq: (index % 20) + 1,
    channel_id: channelId,
    contact_id: `contact-${Math.floor(index / 20)}`,
    client_id: `${index}`,
    direction: isAgent ? 'out' : 'in',
    sender_type: isAgent ? 'agent' : 'contact',
    sender_id: isAgent ? '000000000agent01' : null,
    sender_name: isAgent ? 'Agent 1' : null,
    content: JSON.stringify({ type: 'text', text: words }),
    private: 0,
    state: isAgent ? 'delivered' : 'received',
    state_reason: null,
    delivered_as: null,
    recalled_at: null,
    edited_at: null,
    sent_at: null,
    created_at: start + index * 1_000,
    change_no: 0,
  };
}

/** Seconds that DuckDB alone takes for as many lines. */
async function bareCopy(dir: string, messages: number): Promise<number> {
  const sentence = sentenceMaker();
  const file = join(dir, 'bare.ndjson');
  let lines = '';
  await writeFile(file, '');
  for (let i = 0; i < messages; i++) {
    const content = JSON.stringify({ type: 'text', text: sentence() });
    const line = {
      conversation_id: Math.floor(i / 20),
      seq: i % 20,
      sender_id: '00000000000agent1',
      client_id: `${i}`,
      content,
    };
    lines += `${JSON.stringify({ ...line, created_at: start + i })}\n`;
    if (lines.length < 4_000_000 && i < messages - 1) continue;
    await writeFile(file, lines, { flag: 'a' });
    lines = '';
  }
  const instance = await DuckDBInstance.create(':memory:', { threads: '2' });
  const connection = await instance.connect();
  const begun = performance.now();
  await connection.run(
    `copy (select * from read_json('${file}', format = 'newline_delimited')) to '${join(dir, 'bare.parquet')}' (format parquet, compression zstd)`,
  );
  const seconds = (performance.now() - begun) / 1_000;
  connection.closeSync();
  instance.closeSync();
  return seconds;
}

async function readBack(store: OpenWarmStore, cold: ColdStore, reads: number) {
  const conversations = tieredConversations(store.conversations, store.archive, cold);
  const { items } = await conversations.list({}, { limit: 100 });
  const last = items.reduce((most, { id }) => Math.max(most, Number(id)), 0);
  const random = seeded(11);
  const times = new Float64Array(reads);
  let isWhole = true;
  for (let i = 0; i < reads; i++) {
    const id = String(1 + Math.floor(random() * last));
    const begun = performance.now();
    const messages = await conversations.messages(id, { limit: 500 });
    times[i] = performance.now() - begun;
    const head = await conversations.get(id);
    isWhole &&= messages.length > 0 && messages.length === head?.lastSeq;
  }
  return { latency: latencyOf(times), isWhole };
}

await main();
