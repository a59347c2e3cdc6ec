import { Readable } from 'node:stream';
import { type ClickHouseClient, ClickHouseLogLevel, createClient } from '@clickhouse/client';
import {
  type ArchiveChunk,
  type ArchivedMessage,
  archivedColumns,
  archivedMessageFrom,
  type ColdRange,
  type ColdSearch,
  type ColdStore,
  fingerprintedTogether,
  lineMarks,
  type TimeRange,
} from '../../conversation/cold-store.ts';

export interface ClickHouseStoreOptions {
  /** `http(s)://user:password@host:8123/database` */
  readonly url: string;
  /** How long one of the server's changes of old parts may take, in milliseconds. */
  readonly mutationMs?: number;
}

/**
 * The archive in ClickHouse, over its HTTP interface: one table, a partition for each month (UTC) of the messages' time,
 * ordered by conversation. Where the operator has made the table (replicated, sharded), it is taken as it is. What is erased
 * leaves by a mutation, which rewrites the parts that hold it.
 */
export function createClickHouseStore({ url, mutationMs = 10 * 60_000 }: ClickHouseStoreOptions): ColdStore {
  const client = clientOf(url);
  let made: Promise<void> | undefined;
  /** Where the latest batch lies, so that verifying it reads that and not the whole table. */
  let written: { batch: string; where: string } | undefined;

  async function rows(query: string): Promise<Row[]> {
    const result = await client.query({ query, format: 'JSONEachRow' });
    return result.json<Row>();
  }

  async function make(): Promise<void> {
    const safe = await rows(
      `select name from system.merge_tree_settings where name in (${durable.map(quote).join(', ')})`,
    );
    // Servers before 20.10 know none of them.
    const isOld = safe.length === 0;
    const settings = isOld ? '' : ` settings ${safe.map(({ name }) => `${String(name)} = 1`).join(', ')}`;
    // They know no codecs either: their own configuration says how they compress.
    await client.command({ query: `${createTable(isOld ? '' : ' codec(ZSTD(3))')}${settings}` });
  }

  /** The server may be away when the program starts, and there when the archive is first used. */
  async function ready(): Promise<void> {
    made ??= make();
    try {
      await made;
    } catch (error) {
      made = undefined;
      throw new Error(`Archive: ClickHouse cannot be used: ${(error as Error).message}`, { cause: error });
    }
  }

  async function find(query: string): Promise<ArchivedMessage[]> {
    await ready();
    return (await rows(query)).map(archivedMessageFrom);
  }

  /** Removes rows, and comes back when no part holds them any more. */
  async function removeWhere(where: string): Promise<void> {
    await ready();
    const [held] = await rows(`select count() as n from ${table} where ${where}`);
    if (Number(held?.n ?? 0) === 0) return;
    await client.command({ query: `alter table ${table} delete where ${where}` });
    for (const deadline = performance.now() + mutationMs; ; ) {
      const [open] = await rows(
        `select count() as n from system.mutations where database = currentDatabase() and table = '${table}' and is_done = 0`,
      );
      if (Number(open?.n ?? 0) === 0) return;
      if (performance.now() > deadline) {
        throw new Error('Archive: a mutation of ClickHouse does not end: look at system.mutations.');
      }
      await new Promise((resolve) => setTimeout(resolve, 100));
    }
  }

  async function write(batch: string, chunks: AsyncIterable<ArchiveChunk>): Promise<void> {
    // What a former try left would count twice.
    await removeWhere(`batch = ${quote(batch)}`);
    const span = { first: Number.POSITIVE_INFINITY, last: 0 };
    // One statement for all of it: the server makes a few large parts and not many small ones.
    const body = Readable.from(tabSeparated(batch, chunks, span), { objectMode: false });
    const into = `insert into ${table} (batch, ${columns.join(', ')}) format TabSeparated`;
    const { stream } = await client.exec({ query: into, values: body });
    await drained(stream);
    const where = `conversation_id >= ${integer(span.first === Number.POSITIVE_INFINITY ? 0 : span.first)} and conversation_id <= ${integer(span.last)}`;
    written = { batch, where };
  }

  const newest = 'limit 1 by conversation_id, seq';
  const select = `select ${columns.join(', ')} from`;

  return {
    write,
    verify: async (batch) => {
      await ready();
      const where = written?.batch === batch ? `${written.where} and ` : '';
      const lines = `select conversation_id, seq, concat(${lineSql}) as line from ${table} where ${where}batch = ${quote(batch)}`;
      const groups = `select count() as n, arrayStringConcat(arrayMap(x -> x.2, arraySort(x -> x.1, groupArray((seq, line))))) as text from (${lines}) group by conversation_id, intDiv(seq - 1, ${fingerprintedTogether})`;
      const [sums] = await rows(
        `select sum(n) as n, toString(sum(reinterpretAsUInt64(substring(MD5(text), 9, 8)))) as checksum from (${groups})`,
      );
      return { count: Number(sums?.n ?? 0), checksum: String(sums?.checksum ?? '0') };
    },
    discard: (batch) => removeWhere(`batch = ${quote(batch)}`),
    messages: async (id, range) => {
      const direction = range.fromEnd === true ? 'desc' : 'asc';
      const found = await find(
        `${select} ${table} prewhere conversation_id = ${integer(id)} where 1 ${rangeSql(range)} order by conversation_id, seq ${direction}, batch desc ${newest} limit ${integer(range.limit)}`,
      );
      return range.fromEnd === true ? found.reverse() : found;
    },
    changedAfter: (id, changeNo, limit) =>
      find(
        `${select} (select * from ${table} prewhere conversation_id = ${integer(id)} order by conversation_id, seq, batch desc ${newest}) where change_no > ${integer(changeNo)} order by change_no limit ${integer(limit)}`,
      ),
    ofConversations: async (ids, range) =>
      ids.length === 0
        ? []
        : find(
            `${select} ${table} prewhere ${among(ids)} where 1 ${timeSql(range)} order by conversation_id, seq, batch desc ${newest}`,
          ),
    search: async (query) => (query.conversationIds.length === 0 ? [] : find(searchSql(select, newest, query))),
    erase: async (ids) => {
      if (ids.length > 0) await removeWhere(among(ids));
    },
    dropBefore: async (at) => {
      await ready();
      const firstKept = new Date(at).toISOString().slice(0, 7).replace('-', '');
      const old = await rows(
        `select distinct partition from system.parts where database = currentDatabase() and table = '${table}' and active and partition < ${quote(firstKept)}`,
      );
      for (const { partition } of old) {
        await client.command({ query: `alter table ${table} drop partition ${integer(Number(partition))}` });
      }
      return old.length;
    },
    // The server merges its parts by itself, and leaves nothing behind.
    compact: async () => undefined,
    sweep: async () => undefined,
    size: async () => {
      await ready();
      const [sums] = await rows(
        `select sum(rows) as messages, sum(bytes_on_disk) as bytes from system.parts where database = currentDatabase() and table = '${table}' and active`,
      );
      return { messages: Number(sums?.messages ?? 0), bytes: Number(sums?.bytes ?? 0) };
    },
    close: () => client.close(),
  };
}

type Row = Record<string, unknown>;

const table = 'parley_archive';
const columns = Object.keys(archivedColumns) as (keyof ArchivedMessage)[];
const types = { number: 'Int64', 'number?': 'Nullable(Int64)', text: 'String', 'text?': 'Nullable(String)' } as const;
/** What makes an insert safe on disk before it is answered (MergeTree settings, ClickHouse 20.10). */
const durable = ['fsync_after_insert', 'fsync_part_directory', 'min_rows_to_fsync_after_merge'];

const createTable = (codec: string) =>
  `create table if not exists ${table} (batch String${codec}, ${columns
    .map((name) => `${name} ${types[archivedColumns[name]]}${codec}`)
    .join(
      ', ',
    )}) engine = MergeTree partition by toYYYYMM(toDateTime(intDiv(created_at, 1000), 'UTC')) order by (conversation_id, seq, batch)`;

/** The line that a row was, in parts. */
const lineSql = `${columns
  .map((name) =>
    archivedColumns[name].endsWith('?') ? `ifNull(toString(${name}), ${mark('absent')})` : `toString(${name})`,
  )
  .join(`, ${mark('between')}, `)}, ${mark('end')}`;

function mark(name: keyof typeof lineMarks): string {
  return `'\\x${lineMarks[name].charCodeAt(0).toString(16).padStart(2, '0')}'`;
}

function clientOf(address: string): ClickHouseClient {
  const { origin, pathname, username, password } = new URL(address);
  const database = decodeURIComponent(pathname.slice(1));
  return createClient({
    url: origin,
    ...(database === '' ? {} : { database }),
    ...(username === '' ? {} : { username: decodeURIComponent(username), password: decodeURIComponent(password) }),
    request_timeout: 10 * 60_000,
    // It would write statements, and with them what people said, past our own log.
    log: { level: ClickHouseLogLevel.OFF },
    compression: { request: false, response: true },
  });
}

/** Each line with the batch's id before it, as ClickHouse reads lines; `span` learns which conversations they are of. */
async function* tabSeparated(
  batch: string,
  chunks: AsyncIterable<ArchiveChunk>,
  span: { first: number; last: number },
): AsyncGenerator<Buffer> {
  const { between, absent, end } = lineMarks;
  for await (const { lines, firstConversation, lastConversation } of chunks) {
    span.first = Math.min(span.first, firstConversation);
    span.last = Math.max(span.last, lastConversation);
    const escaped = lines
      .replaceAll('\\', '\\\\')
      .replaceAll(between, '\t')
      .replaceAll(absent, '\\N')
      .replaceAll(end, `${end}${batch}\t`);
    // The last end is followed by nothing.
    yield Buffer.from(`${batch}\t${escaped.slice(0, -batch.length - 1)}`);
  }
}

async function drained(stream: Readable): Promise<void> {
  for await (const _ of stream);
}

function searchSql(select: string, newest: string, query: ColdSearch): string {
  const { before, text } = query;
  const conditions = [
    ...(text === undefined
      ? []
      : [`positionCaseInsensitiveUTF8(content, ${quote(JSON.stringify(text).slice(1, -1))}) > 0`]),
    ...(before === undefined
      ? []
      : [
          `(created_at, conversation_id, seq) < (${integer(before.at)}, ${integer(before.conversationId)}, ${integer(before.seq)})`,
        ]),
  ];
  const where = conditions.length === 0 ? '' : `where ${conditions.join(' and ')}`;
  const rows = `select * from ${table} prewhere ${among(query.conversationIds)} where 1 ${timeSql(query)} order by conversation_id, seq, batch desc ${newest}`;
  return `${select} (${rows}) ${where} order by created_at desc, conversation_id desc, seq desc limit ${integer(query.limit)}`;
}

const among = (ids: readonly number[]) => `conversation_id in (${ids.map(integer).join(', ')})`;

function rangeSql({ after, before, publicOnly }: ColdRange): string {
  const isPublic = publicOnly === true ? ' and private = 0' : '';
  return `${after === undefined ? '' : `and seq > ${integer(after)} `}and seq < ${integer(before)}${isPublic}`;
}

function timeSql({ from, to }: TimeRange): string {
  return `${from === undefined ? '' : `and created_at >= ${integer(from)} `}${to === undefined ? '' : `and created_at < ${integer(to)}`}`;
}

/** A string literal (ClickHouse SQL reference, "Syntax": backslash escapes). */
const quote = (text: string) => `'${text.replace(/[\\']/g, '\\$&').replaceAll('\0', '\\0')}'`;

function integer(value: number): number {
  if (!Number.isSafeInteger(value)) throw new Error(`The archive was asked for ${value}, which is no whole number.`);
  return value;
}
