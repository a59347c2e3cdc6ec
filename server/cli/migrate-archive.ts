import { existsSync } from 'node:fs';
import { resolve } from 'node:path';
import { type Config, readConfig } from '../config.ts';
import type { ArchiveStore } from '../conversation/archive-store.ts';
import { type ArchiveChunk, type ColdStore, encodeChunk, type Tally } from '../conversation/cold-store.ts';
import { archivedOf, partsOf } from '../conversation/history.ts';
import { openStore } from '../engines.ts';
import { createClickHouseStore } from '../storage/cold/clickhouse-store.ts';
import { createParquetStore } from '../storage/cold/parquet-store.ts';
import type { OpenWarmStore } from '../storage/warm/warm-store.ts';
import { type Command, type Io, readArguments, UsageError } from './command.ts';
import { showProgress } from './progress.ts';
import { refuseInUse } from './sql-connection.ts';

/** Moves the archive from files to ClickHouse, or back. */
export const migrateArchive: Command = {
  name: 'migrate-archive',
  summary: 'move the archive between Parquet files and ClickHouse: dir:… http://… and back',
  usage: `usage: parley migrate-archive SOURCE TARGET

Copies every archived message from SOURCE into TARGET (dir:FOLDER or http(s)://user:password@host:8123/database), and reads
each part back and compares it. Which conversations there are, and which files count, says the database that
PARLEY_DATABASE_URL names. Every process of Parley has to be stopped. What SOURCE holds is not changed. A run that was cut
short is gone on with by the same command.

An address may be env:NAME, for the variable that holds it: other users of the machine can read a command's words.
`,
  run: async (args, io) => {
    const { positionals } = readArguments(args, {}, ['SOURCE', 'TARGET']);
    const [from = '', to = ''] = positionals;
    const [source, target] = [placeFrom('SOURCE', from, io.env), placeFrom('TARGET', to, io.env)];
    if (source.name === target.name)
      throw new UsageError('one is a folder and the other ClickHouse: a folder moves as it is');
    const { database } = readConfig({ ...io.env, PARLEY_CLICKHOUSE_URL: '', PARLEY_ARCHIVE_DIR: '' });
    if (database.engine === 'sqlite' && !existsSync(database.path)) {
      throw new Error(
        `${database.path}: there is no such database. PARLEY_DATABASE_URL names the one that the archive belongs to.`,
      );
    }
    await refuseInUse(database);
    const store = await openStore({ database }, () => undefined);
    const [sourceStore, targetStore] = [openPlace(source, store), openPlace(target, store)];
    try {
      const messages = await moveArchive({ archive: store.archive, source: sourceStore, target: targetStore, io });
      if (source.name === 'parquet') await forgetFiles(store);
      io.out(`Moved ${messages} messages; every part was compared. ${next(target)}\n`);
      return 0;
    } finally {
      await sourceStore.close();
      await targetStore.close();
      await store.close();
    }
  },
};

type Place = Config['archive']['engine'];

const next = ({ name }: Place) =>
  name === 'clickhouse'
    ? 'Start Parley with PARLEY_CLICKHOUSE_URL and without PARLEY_ARCHIVE_DIR, and keep the folder until all is well.'
    : 'Start Parley with PARLEY_ARCHIVE_DIR and without PARLEY_CLICKHOUSE_URL, and keep ClickHouse until all is well.';

/** @throws UsageError for what is neither */
function placeFrom(word: string, address: string, env: Io['env']): Place {
  const name = /^env:(\w+)$/.exec(address)?.[1];
  const place = name === undefined ? address : (env[name] ?? '');
  if (/^dir:./.test(place)) return { name: 'parquet', dir: resolve(place.slice('dir:'.length)) };
  if (/^https?:\/\/[^/]/.test(place) && URL.canParse(place)) return { name: 'clickhouse', url: place };
  throw new UsageError(`${word}: expected dir:FOLDER or http(s)://user:password@host:8123/database`);
}

function openPlace(place: Place, store: OpenWarmStore): ColdStore {
  if (place.name === 'clickhouse') return createClickHouseStore({ url: place.url });
  return createParquetStore({ dir: place.dir, files: store.archiveFiles, now: Date.now });
}

/** From here on a server on ClickHouse starts: no message of the archive lies anywhere else. */
async function forgetFiles({ archiveFiles }: OpenWarmStore): Promise<void> {
  const files = await archiveFiles.all();
  await archiveFiles.exchange(
    files.map(({ name }) => name),
    [],
  );
}

/**
 * Copies what `source` has of all conversations, in parts that have the same names in every run: one that a former run
 * brought whole is left as it is, and one that it left half is written anew.
 *
 * @returns how many messages there are
 */
export async function moveArchive(deps: {
  archive: Pick<ArchiveStore, 'exportPlan'>;
  source: Pick<ColdStore, 'ofConversations' | 'messages' | 'size'>;
  target: Pick<ColdStore, 'write' | 'verify' | 'size'>;
  io: Io;
  messagesAtOnce?: number;
}): Promise<number> {
  const { archive, source, target, messagesAtOnce = 20_000 } = deps;
  const isBegun = (await target.size()).messages > 0;
  if (isBegun && (await target.verify(nameOf(0))).count === 0) {
    throw new Error('TARGET holds an archive already, and not one that this command began: name an empty one.');
  }
  const { messages: total } = await source.size();
  const progress = showProgress(deps.io, { label: 'copying', total, unit: 'rows' });
  let moved = 0;
  let parts = 0;
  for (let after = 0; ; ) {
    const plan = await archive.exportPlan({ after, limit: 500 });
    const last = plan.at(-1);
    if (last === undefined) break;
    after = last.id;
    for (const part of partsOf(plan, messagesAtOnce)) {
      const chunk = encodeChunk(await archivedOf(source, part.ids, part));
      if (chunk.count === 0) continue;
      await bring(chunk, { batch: nameOf(parts), target, isBegun });
      parts += 1;
      moved += chunk.count;
      progress.add(chunk.count);
    }
  }
  progress.end();
  const { messages: found } = await target.size();
  if (found !== moved) {
    throw new Error(
      `TARGET holds ${found} messages where ${moved} were brought: others lie there too, and would count. Empty it, and run this again.`,
    );
  }
  return moved;
}

async function bring(
  chunk: ArchiveChunk,
  { batch, target, isBegun }: { batch: string; target: Pick<ColdStore, 'write' | 'verify'>; isBegun: boolean },
): Promise<void> {
  if (isBegun && isSame(await target.verify(batch), chunk)) return;
  await target.write(batch, once(chunk));
  const found = await target.verify(batch);
  if (isSame(found, chunk)) return;
  throw new Error(
    `TARGET: ${found.count} messages were read back where ${chunk.count} were written, or not the same ones: look at its disk, and run this again.`,
  );
}

const isSame = (a: Tally, b: Tally) => a.count === b.count && a.checksum === b.checksum;

async function* once(chunk: ArchiveChunk): AsyncGenerator<ArchiveChunk> {
  yield chunk;
}

/** As long as every batch's, and before all of them: what an archiver writes later is newer. */
const nameOf = (part: number) => String(part).padStart(16, '0');
