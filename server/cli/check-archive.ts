import type { ArchiveConfig, Config } from '../config.ts';
import { strandedArchive } from '../engines.ts';
import { checkFolder } from './check-machine.ts';
import { type Finding, ok, problem } from './finding.ts';
import { withConnection } from './sql-connection.ts';
import { existingTables } from './tables.ts';

const answerMs = 5_000;

/** Looks at the archive, where messages are moved to one. */
export async function checkArchive({ afterDays, engine }: ArchiveConfig): Promise<Finding[]> {
  if (afterDays === undefined) return [ok('Nothing is archived: messages stay in the database.')];
  if (engine.name === 'parquet') return checkFolder('PARLEY_ARCHIVE_DIR', engine.dir);
  return [await checkClickHouse(engine.url)];
}

/** Whether the database knows of archived messages where this configuration does not look. */
export async function checkStranded({ archive, database }: Config): Promise<Finding[]> {
  if (archive.engine.name !== 'clickhouse') return [];
  try {
    const messages = await withConnection(database, 'read', async (connection) => {
      if (!(await existingTables(connection)).has('archive_files')) return 0;
      const [[sum] = []] = await connection.rows('select sum(message_count) from archive_files');
      return Number(sum ?? 0);
    });
    return messages === 0 ? [] : [problem(strandedArchive(messages), 'The server does not start before that.')];
  } catch {
    // Another finding says why the database cannot be read.
    return [];
  }
}

async function checkClickHouse(url: string): Promise<Finding> {
  const { origin, host, pathname, username, password } = new URL(url);
  const database = decodeURIComponent(pathname.slice(1)) || 'default';
  const where = `PARLEY_CLICKHOUSE_URL: ${host}/${database}`;
  try {
    const answer = await fetch(`${origin}/?${new URLSearchParams({ database, query: 'select version()' })}`, {
      headers: {
        'x-clickhouse-user': decodeURIComponent(username) || 'default',
        'x-clickhouse-key': decodeURIComponent(password),
      },
      signal: AbortSignal.timeout(answerMs),
    });
    const text = (await answer.text()).trim();
    if (answer.ok) return ok(`${where} answers (ClickHouse ${text}).`);
    return problem(`${where}: ${text.slice(0, 200)}`, 'Correct user, password and database; make the database first.');
  } catch (error) {
    const { message, cause } = error as Error;
    const why = cause instanceof Error && cause.message !== '' ? cause.message : message;
    return problem(`${where}: ${why}.`, 'Start ClickHouse, or correct the address.');
  }
}
