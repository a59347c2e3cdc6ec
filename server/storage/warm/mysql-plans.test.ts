import assert from 'node:assert/strict';
import { test } from 'node:test';
import { exerciseStore } from '../../testing/exercise-store.ts';
import { mariadbMissing, startMariaDb } from '../../testing/mariadb.ts';
import { within } from '../../testing/redis.ts';
import { channelId, inbound } from '../../testing/test-store.ts';
import { openMysqlStore } from './mysql-store.ts';

const contacts = 4_000;

/** Tables of configuration hold a handful of rows: reading them whole is meant. */
const isSmall = (table: string) =>
  /^(channels|agents|meta|counters|schema_steps|dry_runs|taught_\w+|intents|intent_\w+|bot_replays|v|t)$|^</.test(
    table,
  );

/** What waits is counted once, at a start. */
const isMeant = (statement: string) => /from `inbound_queue`$/.test(statement);

test('no look-up and no list reads a whole table on MariaDB', { skip: mariadbMissing }, async () => {
  await using server = await startMariaDb();
  const url = await server.createDatabase();
  const store = await openMysqlStore(url, { connections: 2 });
  const channel = { id: channelId, type: 'web', name: 'Web', settings: {}, enabled: true, createdAt: 1, updatedAt: 1 };
  await store.channels.save(channel);
  // Enough rows that an index is worth its while; a small table is read whole whatever there is.
  for (let from = 0; from < contacts; from += 500) {
    const batch = Array.from({ length: 500 }, (_, n) => `contact ${from + n}`);
    await store.conversations.append(
      batch.map((name, n) => ({
        ...inbound(name, { externalId: { channelId, id: name }, clientId: name, at: 1_000 + n }),
        target: { contact: { externalId: name, name }, channelId, threadId: '' },
      })),
    );
  }
  // Most are over, as everywhere: what waits is read whole by whoever decides.
  await server.query(url, "update conversations set status = 'closed', closed_at = 2000 where id > 50");
  // Until the server has purged the old index entries, it counts them among what a look-up would find.
  await within('the purge', async () => {
    const [row] = await server.query(url, "show global status like 'Innodb_history_list_length'");
    return Number(row?.Value) === 0;
  });
  for (const table of [
    'conversations',
    'messages',
    'contacts',
    'identities',
    'received_ids',
    'current_conversations',
    'contact_words',
  ]) {
    await server.query(url, `analyze table ${table}`);
  }
  await server.query(url, "set global log_output = 'TABLE'; truncate mysql.general_log; set global general_log = 1");
  await exerciseStore(store);
  await server.query(url, 'set global general_log = 0');
  const log = await server.query(
    url,
    "select distinct cast(argument as char) as statement from mysql.general_log where command_type = 'Query'",
  );
  await store.close();
  // What travelled together is noted whole, and then each rest of it again.
  const statements = [...new Set(log.flatMap(({ statement }) => String(statement).split(';\n')))].filter(
    (statement) => /^(select|update|delete)/i.test(statement) && !/general_log|@@/.test(statement),
  );
  assert.ok(statements.length > 60, `${statements.length} statements were noted`);
  const scans: string[] = [];
  for (const statement of statements) {
    for (const { table, type, rows } of await server.query(url, `explain ${statement}`)) {
      const isWhole = type === 'ALL' || type === 'index';
      const isScan = isWhole && !isSmall(String(table)) && !isMeant(statement) && Number(rows) > contacts / 10;
      if (isScan) scans.push(`${table}, ${rows} rows: ${statement}`);
    }
  }
  assert.deepEqual(scans, []);
});
