import assert from 'node:assert/strict';
import { copyFile, mkdtemp, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { everythingIsThereOnce, queueIsEmpty } from './support/aftermath.ts';
import { signIn, webChannelOf } from './support/clients.ts';
import { Ledger } from './support/ledger.ts';
import { createHook, startLoad } from './support/load.ts';
import { launch, makeDataDir, startServer } from './support/server-process.ts';

/** Each meets about twenty requests under way, three of them between their commit and their answer. */
const kills = 40;
/** Every so many kills hits a start before it serves: recovery itself must survive. */
const killStartEvery = 7;

test(`${kills} kills at random moments under load lose nothing that was acknowledged, and repeat nothing`, async (t) => {
  const dataDir = await makeDataDir(t);
  const ledger = new Ledger();
  // The end of a process in order keeps its compiled code: the starts that follow are quicker for it.
  await (await startServer({ dataDir })).stop();
  let server = await startServer({ dataDir });
  const { url, port } = server;
  const { token } = await signIn(server);
  const hook = await createHook(server, token);
  const target = { url, agentToken: token, webChannelId: await webChannelOf(server, token), hook };
  const load = startLoad(target, ledger, { visitors: 6, hookContacts: 4, lanes: 3, pauseMs: 25 });
  t.after(load.abandon);

  const hits = { inFlight: 0, requests: 0, starts: 0 };
  for (let n = 1; n <= kills; n++) {
    await untilAnswering(ledger);
    await sleep(Math.random() * 250);
    if (ledger.underway > 0) hits.inFlight += 1;
    hits.requests += ledger.underway;
    await server.kill();
    if (n % killStartEvery === 0) {
      await killWhileStarting(dataDir, port);
      hits.starts += 1;
      n += 1;
    }
    if (n === kills) await everyAcknowledgedIsInTheFile(dataDir, ledger);
    server = await startServer({ dataDir, port });
  }
  await load.finish();

  const repeats = ledger.entries.filter((entry) => entry.acknowledged?.duplicate === true).length;
  const again = ledger.entries.filter((entry) => entry.attempts > 1).length;
  t.diagnostic(
    `${kills} kills, ${hits.starts} of them while starting; ${hits.inFlight} hit work in flight (${hits.requests} requests without an answer)`,
  );
  t.diagnostic(
    `${ledger.acknowledged().length} messages acknowledged (${(['visitor', 'agent', 'webhook'] as const).map((by) => `${ledger.acknowledged(by).length} by ${by}`).join(', ')}), ${again} sent more than once, ${repeats} of them were stored before their answer was lost`,
  );
  assert.deepEqual(ledger.surprises, []);
  // A kill that hits nothing shows nothing.
  assert.ok(hits.inFlight >= kills / 2, `only ${hits.inFlight} kills hit work in flight`);
  assert.ok(repeats > 0, 'no kill came between a commit and its answer');
  assert.ok(ledger.acknowledged('agent').length > 0);

  await queueIsEmpty(server);
  await everythingIsThereOnce(server, token, ledger);
  assert.deepEqual(await server.stop(), { code: 0, signal: null });
  theFileIsWhole(join(dataDir, 'parley.db'), ledger);
});

async function untilAnswering(ledger: Ledger): Promise<void> {
  const before = ledger.acknowledged().length;
  while (ledger.acknowledged().length === before && ledger.surprises.length === 0) await sleep(5);
}

async function killWhileStarting(dataDir: string, port: number): Promise<void> {
  const starting = launch({ dataDir, port });
  await sleep(Math.random() * 600);
  starting.child.kill('SIGKILL');
  await starting.exited;
}

/** Before any new start repairs anything: what was acknowledged is in the files that the dead process left. */
async function everyAcknowledgedIsInTheFile(dataDir: string, ledger: Ledger): Promise<void> {
  const copy = await mkdtemp(join(dataDir, 'copy-'));
  for (const name of ['parley.db', 'parley.db-wal']) await copyFile(join(dataDir, name), join(copy, name));
  const db = new DatabaseSync(join(copy, 'parley.db'));
  const stored = new Set(
    db
      .prepare('select client_id from messages')
      .all()
      .map((row) => row.client_id),
  );
  const received = new Set(
    db
      .prepare('select external_id from received_ids')
      .all()
      .map((row) => row.external_id),
  );
  const waiting = db
    .prepare('select payload from inbound_queue')
    .all()
    .map((row) => (JSON.parse(String(row.payload)) as { externalId: string }).externalId);
  db.close();
  for (const id of waiting) received.add(id);
  const missing = ledger.acknowledged().filter(({ by, key }) => !(by === 'webhook' ? received : stored).has(key));
  assert.deepEqual(missing, []);
  await rm(copy, { recursive: true });
}

/** The same from the tables, without a line of the server's own reading code. */
function theFileIsWhole(path: string, ledger: Ledger): void {
  const db = new DatabaseSync(path, { readOnly: true });
  const rows = (sql: string) => db.prepare(sql).all();
  try {
    assert.deepEqual(
      rows('pragma integrity_check').map((row) => row.integrity_check),
      ['ok'],
    );
    const gaps = `select conversation_id, count(*) n, min(seq) lowest, max(seq) highest from messages
      group by conversation_id having lowest <> 1 or highest <> n`;
    assert.deepEqual(rows(gaps), []);
    const heads = `select id from conversations where last_seq <>
      (select count(*) from messages where messages.conversation_id = conversations.id)`;
    assert.deepEqual(rows(heads), []);
    assert.deepEqual(
      rows("select content, count(*) n from messages where sender_type <> 'system' group by content having n > 1"),
      [],
    );
    const { n } = db.prepare("select count(*) n from messages where sender_type <> 'system'").get() as { n: number };
    assert.equal(n, ledger.entries.length);
    for (const table of ['inbound_queue', 'inbound_dead']) assert.deepEqual(rows(`select id from ${table}`), []);
  } finally {
    db.close();
  }
}
