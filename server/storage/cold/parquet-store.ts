import { mkdir, open, readdir, rename, rm, stat, unlink } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import type { DuckDBInstance } from '@duckdb/node-api';
import { newId } from '../../base/ids.ts';
import {
  type ArchiveChunk,
  type ArchivedMessage,
  addFingerprints,
  archivedColumns,
  archivedMessageFrom,
  type ColdRange,
  type ColdSearch,
  type ColdStore,
  fingerprintedTogether,
  lineMarks,
  type Tally,
  type TimeRange,
} from '../../conversation/cold-store.ts';
import type { ArchiveFile, ArchiveFiles } from './archive-files.ts';

export interface ParquetStoreOptions {
  readonly dir: string;
  readonly files: ArchiveFiles;
  /** What DuckDB may take, as it writes it: `512MB`. */
  readonly memory?: string;
  readonly threads?: number;
  readonly now: () => number;
}

/**
 * The archive as Parquet files, written and read by DuckDB inside the process: a folder for each month (UTC) of the
 * messages' time, in it a file for each batch, sorted by (conversation, seq) in small row groups, so that one
 * conversation is found by the groups' statistics (Apache Parquet format: column chunk `Statistics`). DuckDB runs on threads of
 * its own; it is loaded when the archive is first used.
 */
export function createParquetStore({ dir, files, memory = '512MB', threads = 2, now }: ParquetStoreOptions): ColdStore {
  const aside = join(dir, 'tmp');
  let opening: Promise<DuckDBInstance> | undefined;

  async function openDuckDb(): Promise<DuckDBInstance> {
    await mkdir(aside, { recursive: true });
    const duckdb = await import('@duckdb/node-api');
    const instance = await duckdb.DuckDBInstance.create(':memory:', {
      threads: String(threads),
      memory_limit: memory,
      temp_directory: aside,
      autoinstall_known_extensions: 'false',
      autoload_known_extensions: 'false',
    });
    const connection = await instance.connect();
    await connection.run('set global parquet_metadata_cache = true');
    connection.closeSync();
    return instance;
  }

  /** A connection has temporary tables of its own. */
  async function connected<T>(work: (ask: Ask) => Promise<T>): Promise<T> {
    opening ??= openDuckDb();
    opening.catch(() => {
      opening = undefined;
    });
    const connection = await (await opening).connect();
    try {
      return await work(async (statement, values) => {
        const answer = await connection.runAndReadAll(statement, values === undefined ? undefined : [...values]);
        return answer.getRowObjectsJS() as Row[];
      });
    } finally {
      connection.closeSync();
    }
  }

  const ask: Ask = (statement, values) => connected((one) => one(statement, values));

  const source = (some: readonly ArchiveFile[]) =>
    `read_parquet([${some.map(({ name }) => quote(join(dir, name))).join(', ')}])`;

  /** Reads what counts now. A file may be exchanged between looking it up and opening it: then it is looked up again. */
  async function read(
    find: () => Promise<ArchiveFile[]>,
    query: (from: string) => string,
    values?: readonly string[],
  ): Promise<ArchivedMessage[]> {
    for (let attempt = 1; ; attempt++) {
      const some = await find();
      if (some.length === 0) return [];
      try {
        return (await ask(query(source(some)), values)).map(archivedMessageFrom);
      } catch (error) {
        if (attempt === 3 || !isGone(error)) throw error;
      }
    }
  }

  /**
   * Writes a query's rows, which come in order of (conversation, seq), as one file of a month, where it lies safely before
   * this resolves; it does not count yet.
   */
  async function writeFile(
    target: Pick<ArchiveFile, 'name' | 'batchId' | 'month'>,
    query: string,
    { on = ask, level = quickLevel }: { on?: Ask; level?: number } = {},
  ): Promise<ArchiveFile> {
    const part = join(aside, `${target.name.replace('/', '_')}.part`);
    await on(
      `copy (${query}) to ${quote(part)} (format parquet, compression zstd, compression_level ${level}, row_group_size ${rowGroup}, dictionary_size_limit ${noDictionary})`,
    );
    const [found] = await on(
      `select count(*) as n, min(conversation_id) as first, max(conversation_id) as last from read_parquet(${quote(part)})`,
    );
    await syncFile(part);
    const path = join(dir, target.name);
    const made = await mkdir(dirname(path), { recursive: true });
    await rename(part, path);
    await syncFile(dirname(path));
    if (made !== undefined) await syncFile(dir);
    return {
      ...target,
      messages: Number(found?.n ?? 0),
      fromConversation: Number(found?.first ?? 0),
      toConversation: Number(found?.last ?? 0),
      bytes: (await stat(path)).size,
    };
  }

  /** In parts, each of which DuckDB can hold: while it takes one, the lines of the next are written. */
  async function write(batch: string, chunks: AsyncIterable<ArchiveChunk>): Promise<void> {
    await mkdir(aside, { recursive: true });
    const added: ArchiveFile[] = [];
    let taking: Promise<unknown> = Promise.resolve();
    try {
      let number = 0;
      for await (const texts of partsOf(chunks)) {
        const part = `${batch}-${number++}`;
        await writeLines(linesPath(part), texts);
        await taking;
        taking = takePart(batch, part).then((written) => added.push(...written));
        // It is waited for: here only so that nobody calls it unhandled when the chunks fail first.
        taking.catch(() => undefined);
      }
      await taking;
    } finally {
      await Promise.allSettled([taking]);
    }
    await files.exchange([], added);
  }

  const linesPath = (part: string) => join(aside, `${part}.lines`);

  async function takePart(batch: string, part: string): Promise<ArchiveFile[]> {
    const lines = linesPath(part);
    try {
      return await connected(async (on) => {
        await on(`create temp table part_rows as select *, ${quote(batch)} as batch from ${linesSource(lines)}`);
        const months = await on(
          "select distinct strftime(make_timestamp(created_at * 1000), '%Y-%m') as month from part_rows order by month",
        );
        const written: ArchiveFile[] = [];
        for (const row of months) {
          const month = String(row.month);
          const { from, to } = monthRange(month);
          const rows = `select * from part_rows where created_at >= ${from} and created_at < ${to}`;
          written.push(await writeFile({ name: `${month}/${part}.parquet`, batchId: batch, month }, rows, { on }));
        }
        return written;
      });
    } finally {
      await rm(lines, { force: true });
    }
  }

  /** Part by part, for the same reason. What is fingerprinted together lies in one part, if not in one month. */
  async function verify(batch: string): Promise<Tally> {
    const parts = Map.groupBy(await files.ofBatch(batch), ({ name }) => basename(name));
    let count = 0;
    let checksum = 0n;
    for (const some of parts.values()) {
      const groups = `select count(*) as n, md5_number_lower(string_agg(${lineSql}, '' order by seq)) as sum from ${source(some)} group by conversation_id, (seq - 1) // ${fingerprintedTogether}`;
      const [sums] = await ask(
        `select sum(n) as n, cast(sum(sum) % 18446744073709551616 as varchar) as checksum from (${groups})`,
      );
      count += Number(sums?.n ?? 0);
      checksum = addFingerprints(checksum, BigInt(String(sums?.checksum ?? '0')));
    }
    return { count, checksum: String(checksum) };
  }

  /** The catalogue first: what it does not name is never read, and swept away later if it is still there. */
  async function remove(some: readonly ArchiveFile[], added: readonly ArchiveFile[] = []): Promise<void> {
    await files.exchange(
      some.map(({ name }) => name),
      added,
    );
    for (const { name } of some) await unlink(join(dir, name)).catch(ignoreMissing);
  }

  async function discard(batch: string): Promise<void> {
    await remove(await files.ofBatch(batch));
    for (const month of await monthsOf(dir)) {
      for (const name of await readdir(join(dir, month))) {
        if (name.startsWith(`${batch}-`)) await unlink(join(dir, month, name)).catch(ignoreMissing);
      }
    }
  }

  async function erase(ids: readonly number[]): Promise<void> {
    if (ids.length === 0) return;
    const numbers = ids.map(integer);
    const first = numbers.reduce((a, b) => Math.min(a, b));
    const last = numbers.reduce((a, b) => Math.max(a, b));
    const among = `conversation_id in (${numbers.join(', ')})`;
    for (const file of await files.covering(first, last)) {
      const [held] = await ask(`select count(*) as n from ${source([file])} where ${among}`);
      const erased = Number(held?.n ?? 0);
      if (erased === file.messages) await remove([file]);
      else if (erased > 0)
        await replace([file], file.month, `select * from ${source([file])} where not ${among}`, file.messages - erased);
    }
  }

  /** Puts one file in the place of others. */
  async function replace(old: readonly ArchiveFile[], month: string, query: string, expected: number): Promise<void> {
    const id = newId(now());
    const sorted = `${query} order by conversation_id, seq`;
    const file = await writeFile({ name: `${month}/${id}.parquet`, batchId: id, month }, sorted, { level: smallLevel });
    if (file.messages !== expected) {
      await unlink(join(dir, file.name));
      throw new Error(
        `Archive: ${file.name} has ${file.messages} messages in place of ${expected}; the old files stay.`,
      );
    }
    await remove(old, [file]);
  }

  async function compact(): Promise<void> {
    const byMonth = Map.groupBy(await files.all(), ({ month }) => month);
    for (const [month, all] of byMonth) {
      const loose = all.filter((file) => isFresh(file) || file.messages < smallFile);
      if (!loose.some(isFresh) && loose.length < manyFiles) continue;
      for (const some of together(await unpacked(loose))) {
        if (some.length === 1 && !some.every(isFresh)) continue;
        const query = `select * from ${source(some)} ${newestOnly}`;
        const [count] = await ask(`select count(*) as n from (${query})`);
        await replace(some, month, query, Number(count?.n ?? 0));
      }
    }
  }

  /** With the bytes that each would take without Zstandard. */
  async function unpacked(some: readonly ArchiveFile[]): Promise<UnpackedFile[]> {
    const list = some.map(({ name }) => quote(join(dir, name))).join(', ');
    const sizes = await ask(
      `select file_name as path, sum(total_uncompressed_size) as bytes from parquet_metadata([${list}]) group by file_name`,
    );
    const bytesAt = new Map(sizes.map(({ path, bytes }) => [String(path), Number(bytes)]));
    return some.map((file) => ({ ...file, unpackedBytes: bytesAt.get(join(dir, file.name)) ?? 0 }));
  }

  async function sweep(): Promise<void> {
    await rm(aside, { recursive: true, force: true });
    await mkdir(aside, { recursive: true });
    const known = new Set((await files.all()).map(({ name }) => name));
    for (const month of await monthsOf(dir)) {
      for (const name of await readdir(join(dir, month))) {
        if (!known.has(`${month}/${name}`)) await unlink(join(dir, month, name)).catch(ignoreMissing);
      }
    }
  }

  const ofConversation = (id: number) => () => files.covering(integer(id), integer(id));

  return {
    write,
    verify,
    discard,
    messages: (id, range) =>
      read(ofConversation(id), (from) => {
        const rows = `select * from ${from} where conversation_id = ${integer(id)} ${rangeSql(range)} ${newestOnly}`;
        const page = `select * from (${rows}) order by seq ${range.fromEnd === true ? 'desc' : 'asc'} limit ${integer(range.limit)}`;
        return `select * from (${page}) order by seq`;
      }),
    changedAfter: (id, changeNo, limit) =>
      read(
        ofConversation(id),
        (from) =>
          `select * from (select * from ${from} where conversation_id = ${integer(id)} ${newestOnly}) where change_no > ${integer(changeNo)} order by change_no limit ${integer(limit)}`,
      ),
    ofConversations: async (ids, range) => {
      if (ids.length === 0) return [];
      return read(
        () => files.covering(Math.min(...ids), Math.max(...ids)),
        (from) =>
          `select * from ${from} where conversation_id in (${ids.map(integer).join(', ')}) ${timeSql(range)} ${newestOnly} order by conversation_id, seq`,
      );
    },
    search: async (query) => {
      const ids = query.conversationIds;
      if (ids.length === 0) return [];
      return read(
        () =>
          files.covering(
            ids.reduce((a, b) => Math.min(a, b)),
            ids.reduce((a, b) => Math.max(a, b)),
          ),
        (from) => searchSql(from, query),
        query.text === undefined ? undefined : [jsonText(query.text)],
      );
    },
    erase,
    dropBefore: async (at) => {
      const gone = (await files.all()).filter(({ month }) => monthRange(month).to <= at);
      await remove(gone);
      return new Set(gone.map(({ month }) => month)).size;
    },
    compact,
    sweep,
    size: () => files.size(),
    close: async () => {
      const instance = await opening?.catch(() => undefined);
      instance?.closeSync();
    },
  };
}

type Row = Record<string, unknown>;
/** Runs a statement, and answers its rows. */
type Ask = (statement: string, values?: readonly string[]) => Promise<Row[]>;

/** Rows that are decoded together: one conversation is read by decoding one or two of them. */
const rowGroup = 65_536;
/** Zstandard alone makes columns smaller than dictionaries in front of it do: times by two thirds. */
const noDictionary = 1;
/** Signs of lines that become one file for each month: DuckDB takes some ten times their bytes to compare them. */
const partSize = 12 * 1024 * 1024;
/** Levels of Zstandard: while messages are moved, and when files are put together, which is seldom and can take its time. */
const quickLevel = 3;
const smallLevel = 16;
/** Files below this many messages are put together where a month has many of them, up to so many as fit into memory. */
const smallFile = 125_000;
const mostTogether = 250_000;
const mostBytesTogether = 32 * 1024 * 1024;
const manyFiles = 8;
/** As a batch has left it, and not made small yet: then a file is a batch of its own. */
const isFresh = ({ name, batchId }: ArchiveFile) => basename(name) !== `${batchId}.parquet`;
type UnpackedFile = ArchiveFile & { readonly unpackedBytes: number };

const columns = Object.keys(archivedColumns) as (keyof ArchivedMessage)[];
const isOptional = (name: keyof ArchivedMessage) => archivedColumns[name].endsWith('?');
const newestOnly = 'qualify row_number() over (partition by conversation_id, seq order by batch desc) = 1';
const chr = (mark: keyof typeof lineMarks) => `chr(${lineMarks[mark].charCodeAt(0)})`;
/** The line that a row was. */
const lineSql = `concat(${columns
  .map((name) => (isOptional(name) ? `coalesce(cast(${name} as varchar), ${chr('absent')})` : name))
  .join(`, ${chr('between')}, `)}, ${chr('end')})`;

function linesSource(path: string): string {
  const types = columns.map(
    (name) => `'${name}': '${archivedColumns[name].startsWith('number') ? 'BIGINT' : 'VARCHAR'}'`,
  );
  const { between, absent } = { between: chr('between'), absent: chr('absent') };
  return `read_csv(${quote(path)}, auto_detect = false, header = false, delim = ${between}, nullstr = ${absent}, quote = '', escape = '', new_line = '\\n', columns = {${types.join(', ')}})`;
}

function searchSql(from: string, query: ColdSearch): string {
  const { before } = query;
  const ids = query.conversationIds.map(integer).join(', ');
  const rows = `select * from ${from} where conversation_id in (${ids}) ${timeSql(query)} ${newestOnly}`;
  const conditions = [
    ...(query.text === undefined ? [] : ['contains(lower(content), lower(cast($1 as varchar)))']),
    ...(before === undefined
      ? []
      : [
          `(created_at, conversation_id, seq) < (${integer(before.at)}, ${integer(before.conversationId)}, ${integer(before.seq)})`,
        ]),
  ];
  const where = conditions.length === 0 ? '' : `where ${conditions.join(' and ')}`;
  return `select * from (${rows}) ${where} order by created_at desc, conversation_id desc, seq desc limit ${integer(query.limit)}`;
}

function rangeSql({ after, before, publicOnly }: ColdRange): string {
  const isPublic = publicOnly === true ? ' and private = 0' : '';
  return `${after === undefined ? '' : `and seq > ${integer(after)} `}and seq < ${integer(before)}${isPublic}`;
}

function timeSql({ from, to }: TimeRange): string {
  return `${from === undefined ? '' : `and created_at >= ${integer(from)} `}${to === undefined ? '' : `and created_at < ${integer(to)}`}`;
}

/** Neighbours in the order of their first conversation, as many as become one file. */
function* together(files: readonly UnpackedFile[]): Generator<UnpackedFile[]> {
  let group: UnpackedFile[] = [];
  let messages = 0;
  let bytes = 0;
  for (const file of files.toSorted((a, b) => a.fromConversation - b.fromConversation)) {
    if (
      group.length > 0 &&
      (messages + file.messages > mostTogether || bytes + file.unpackedBytes > mostBytesTogether)
    ) {
      yield group;
      group = [];
      messages = 0;
      bytes = 0;
    }
    group.push(file);
    messages += file.messages;
    bytes += file.unpackedBytes;
  }
  if (group.length > 0) yield group;
}

/** As JSON writes it: the content is JSON. */
const jsonText = (text: string) => JSON.stringify(text).slice(1, -1);
const quote = (text: string) => `'${text.replaceAll("'", "''")}'`;

/** Numbers stand in the text of a statement, so that the engine compares them as what they are. */
function integer(value: number): number {
  if (!Number.isSafeInteger(value)) throw new Error(`The archive was asked for ${value}, which is no whole number.`);
  return value;
}

/** Lines of about `partSize` signs; what is fingerprinted together stays together. */
async function* partsOf(chunks: AsyncIterable<ArchiveChunk>): AsyncGenerator<string[]> {
  let part: string[] = [];
  let size = 0;
  for await (const { lines } of chunks) {
    for (let from = 0; from < lines.length; ) {
      const to = cutAfter(lines, from + partSize - size);
      part.push(lines.slice(from, to));
      size += to - from;
      from = to;
      if (size < partSize) continue;
      yield part;
      part = [];
      size = 0;
    }
  }
  if (size > 0) yield part;
}

/** The first end of a group of lines at or after a place. */
function cutAfter(lines: string, place: number): number {
  if (place >= lines.length) return lines.length;
  const lineFrom = (at: number) => {
    const end = lines.indexOf(lineMarks.end, at);
    return end === -1 ? lines.length : end + 1;
  };
  let at = lineFrom(place);
  const group = groupAt(lines, lines.lastIndexOf(lineMarks.end, place - 1) + 1);
  while (at < lines.length && groupAt(lines, at) === group) at = lineFrom(at);
  return at;
}

/** Which entries the line at this place is fingerprinted with: a line begins with conversation and `seq`. */
function groupAt(lines: string, at: number): string {
  const [conversation, seq] = lines.slice(at, at + 40).split(lineMarks.between, 2);
  return `${conversation} ${Math.floor((Number(seq) - 1) / fingerprintedTogether)}`;
}

async function writeLines(path: string, texts: readonly string[]): Promise<void> {
  const handle = await open(path, 'w', 0o600);
  try {
    for (const text of texts) await handle.appendFile(text);
  } finally {
    await handle.close();
  }
}

function monthRange(month: string): { from: number; to: number } {
  const [year = 0, number = 1] = month.split('-').map(Number);
  return { from: Date.UTC(year, number - 1), to: Date.UTC(year, number) };
}

async function monthsOf(dir: string): Promise<string[]> {
  const entries = await readdir(dir, { withFileTypes: true }).catch(() => []);
  return entries.flatMap((entry) => (entry.isDirectory() && /^\d{4}-\d{2}$/.test(entry.name) ? [entry.name] : []));
}

async function syncFile(path: string): Promise<void> {
  const handle = await open(path);
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}

const isGone = (error: unknown) => /no files found|no such file|cannot open file/i.test((error as Error).message);

function ignoreMissing(error: NodeJS.ErrnoException): void {
  if (error.code !== 'ENOENT') throw error;
}
