import { DatabaseSync } from 'node:sqlite';
import { Readable } from 'node:stream';
import mysql from 'mysql2/promise';
import type { SqlValue } from '../../server/storage/warm/sql-session.ts';
import { type ParleyApi, parleyApi, signIn } from '../parley-api.ts';
import { secret } from '../references/hmac.ts';
import { startParley } from '../server-process.ts';
import { wechatAccount } from '../wechat-account.ts';
import { type Cast, createHistory, type History, type HistorySize, type TableRows } from './history.ts';

/** Conversations of one agent are hundreds at most while it works. */
const agents = 100;
/** What LOAD DATA is given at once. */
const chunkBytes = 1 << 20;

export interface Filled {
  readonly history: History;
  readonly seconds: number;
}

/**
 * Makes channels and agents as an administrator does, by a server that ends again: so that the rest, which is written
 * straight into the tables, refers to what the product itself has made.
 */
export async function makeCast(dataDir: string, env: Readonly<Record<string, string>>): Promise<Cast> {
  await using server = await startParley({ dataDir, env });
  const api = parleyApi(server.port, await signIn(server.port, server.account));
  const { items: first } = await api.get<{ items: { id: string; type: string }[] }>('/api/v1/channels');
  const webhook = (name: string) => ({ type: 'webhook', name, settings: { inboundSecret: secret } });
  await api.post('/api/v1/channels', webhook('Shop'));
  await api.post('/api/v1/channels', { type: 'wechat-official', name: 'WeChat', settings: { ...wechatAccount } });
  await api.post('/api/v1/channels', webhook('Seldom'));
  const { items: channels } = await api.get<{ items: { id: string; type: string }[] }>('/api/v1/channels');
  const made = channels.filter(({ id }) => !first.some((known) => known.id === id));
  return { channels: [...first, ...made], agents: await makeAgents(api) };
}

async function makeAgents(api: ParleyApi): Promise<Cast['agents']> {
  const made: { id: string; name: string }[] = [];
  for (let n = 0; n < agents; n++) {
    const account = { email: agentEmail(n), password: agentPassword, name: `Agent ${n}`, role: 'agent', capacity: 50 };
    made.push(await api.post('/api/v1/agents', account));
  }
  return made;
}
export const agentEmail = (n: number) => `agent-${n}@example.com`;
export const agentPassword = 'benchmark-only';

/** @param path the database file, which a server has made */
export async function fillSqlite(path: string, size: HistorySize, cast: Cast, end: number): Promise<Filled> {
  const begun = performance.now();
  const history = createHistory(size, cast, end);
  const db = new DatabaseSync(path);
  try {
    // Nobody else is there, and a fill that is cut short is begun anew.
    db.exec(
      'pragma journal_mode = off; pragma synchronous = off; pragma cache_size = -2000000; pragma temp_store = memory',
    );
    db.exec('begin');
    for (const table of history.tables()) {
      const marks = table.columns.map(() => '?').join(', ');
      const insert = db.prepare(`insert into ${table.table} (${table.columns.join(', ')}) values (${marks})`);
      for (const row of table.rows) insert.run(...row);
    }
    db.prepare("update counters set value = ? where name = 'conversations'").run(history.conversations);
    db.exec('commit');
    db.exec('pragma journal_mode = wal');
  } finally {
    db.close();
  }
  return { history, seconds: (performance.now() - begun) / 1_000 };
}

/** @param url the database, whose tables a server has made */
export async function fillMariaDb(url: string, size: HistorySize, cast: Cast, end: number): Promise<Filled> {
  const begun = performance.now();
  const history = createHistory(size, cast, end);
  const connection = await mysql.createConnection({ uri: url, charset: 'utf8mb4' });
  try {
    // An empty table without checks is loaded in bulk: its indexes are sorted and not grown.
    await connection.query('set unique_checks = 0, foreign_key_checks = 0');
    await connection.query('set global innodb_flush_log_at_trx_commit = 0');
    const tables = history.tables();
    for (const table of tables) await load(connection, table);
    await connection.query("update counters set value = ? where name = 'conversations'", [history.conversations]);
    for (const { table } of tables) await connection.query(`analyze table ${table}`);
    await connection.query('set global innodb_flush_log_at_trx_commit = 1');
  } finally {
    await connection.end();
  }
  return { history, seconds: (performance.now() - begun) / 1_000 };
}

async function load(connection: mysql.Connection, { table, columns, rows }: TableRows): Promise<void> {
  await connection.query({
    sql: `load data local infile 'rows' into table ${table} character set utf8mb4 (${columns.join(', ')})`,
    infileStreamFactory: () => Readable.from(chunksOf(rows), { objectMode: false, highWaterMark: chunkBytes }),
  });
}

function* chunksOf(rows: Iterable<readonly SqlValue[]>): Generator<Buffer> {
  let text = '';
  for (const row of rows) {
    text += `${row.map(fieldOf).join('\t')}\n`;
    if (text.length < chunkBytes) continue;
    yield Buffer.from(text);
    text = '';
  }
  yield Buffer.from(text);
}

function fieldOf(value: SqlValue): string {
  if (value === null) return '\\N';
  return typeof value === 'number'
    ? String(value)
    : value.replaceAll('\\', '\\\\').replaceAll('\t', '\\t').replaceAll('\n', '\\n');
}

/** What the product holds for true of every store: asked of the tables themselves. Empty when all is well. */
export const expectations: readonly { readonly claim: string; readonly broken: string }[] = [
  {
    claim: 'every conversation is numbered from 1 to its last without a gap',
    broken: `select count(*) as n from conversations c left join
      (select conversation_id, min(seq) as first, max(seq) as last, count(*) as entries from messages group by conversation_id) m
      on m.conversation_id = c.id where m.first is null or m.first <> 1 or m.last <> c.last_seq or m.entries <> c.last_seq`,
  },
  {
    claim: 'no message is without its conversation, and no conversation without its contact',
    broken: `select (select count(*) from messages where conversation_id not in (select id from conversations))
      + (select count(*) from conversations where contact_id not in (select id from contacts)) as n`,
  },
  {
    claim: "what a list shows last is the conversation's last message",
    broken: `select count(*) as n from conversations c join messages m on m.conversation_id = c.id and m.seq = c.last_message_seq
      where m.created_at <> c.last_message_at or m.direction <> c.last_direction or m.sender_type <> c.last_sender`,
  },
  {
    claim: 'open conversations alone are not closed, and are never due for the archive',
    broken: `select count(*) as n from conversations where (status = 'closed') <> (closed_at is not null)
      or (closed_at is null) <> (archive_due_at is null) or (status = 'agent' and assignee_id is null)`,
  },
  {
    claim: 'unread and waiting are what came after the last answer',
    broken: `select count(*) as n from conversations c where status <> 'closed' and (unread <>
      (select count(*) from messages m where m.conversation_id = c.id and m.seq > c.agent_read_seq and m.direction = 'in')
      or (unread = 0) <> (waiting_since is null))`,
  },
  {
    claim: "a contact's current conversation is its own",
    broken: `select count(*) as n from current_conversations k left join conversations c on c.id = k.conversation_id
      where c.id is null or c.contact_id <> k.contact_id or c.channel_id <> k.channel_id`,
  },
];
