import assert from 'node:assert/strict';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { type TestContext, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { clusterMissing } from '../../server/testing/cluster.ts';
import { everythingIsThereOnce, queueIsEmpty, untilServing } from '../support/aftermath.ts';
import { allConversations, allMessages, call, must, signIn, webChannelOf } from '../support/clients.ts';
import { startFaultRun } from '../support/fault-run.ts';
import { type Entry, Ledger } from '../support/ledger.ts';
import { createHook, postHook, startLoad, type Target } from '../support/load.ts';
import { watchMemory } from '../support/memory.ts';
import { makeDataDir, startServer } from '../support/server-process.ts';

/** Pauses begin with it and double: eight tries are over in seconds. */
const env = { PARLEY_QUEUE_RETRY_MS: '100' };
const statedTries = 8;
/** Contacts who each write something that cannot be stored. */
const victims = 20;
const maxMiB = 512;

interface Rig {
  readonly url: string;
  readonly token: string;
  readonly target: Target;
  readonly ledger: Ledger;
  /** From now on the database refuses every message with these words in it; answers what ends that. */
  refuse(words: string): Promise<() => Promise<void>>;
}

test('on Redis, messages that fail each time become dead letters that a person sees and retries, and block nobody', {
  skip: clusterMissing(),
  timeout: 150_000,
}, async (t) => {
  await using run = await startFaultRun({
    cluster: { roles: { all: 2 }, oneRedis: true, env },
    load: { visitors: 2, hookContacts: 3, lanes: 1, pauseMs: 200 },
  });
  const { cluster, token, target, ledger } = run;
  using memory = watchMemory(cluster.nodes.map((node) => node.process.pid));
  const query = (sql: string) => cluster.mariadb.query(cluster.databaseUrl, sql);
  const refuse = async (words: string) => {
    await query(
      `create trigger poison before insert on messages for each row begin if new.content like '%${words}%' then signal sqlstate '45000' set message_text = 'poisoned'; end if; end`,
    );
    return async () => void (await query('drop trigger poison'));
  };
  await survivePoison(t, { url: cluster.url, token, target, ledger, refuse });
  await run.conclude(t);
  report(t, memory);
});

test('on SQLite, messages that fail each time become dead letters that a person sees and retries, and block nobody', {
  timeout: 150_000,
}, async (t) => {
  const dataDir = await makeDataDir(t);
  const server = await startServer({ dataDir, env });
  const { token } = await signIn(server);
  const { url } = server;
  const webChannelId = await webChannelOf(server, token);
  const target = { url, agentToken: token, webChannelId, hook: await createHook(server, token) };
  const ledger = new Ledger();
  const load = startLoad(target, ledger, { visitors: 2, hookContacts: 3, lanes: 1, pauseMs: 200 });
  t.after(load.abandon);
  await untilServing(ledger);
  using memory = watchMemory([server.pid]);
  const refuse = async (words: string) => {
    const db = new DatabaseSync(join(dataDir, 'parley.db'), { timeout: 10_000 });
    db.exec(
      `create trigger poison before insert on messages when new.content like '%${words}%' begin select raise(abort, 'poisoned'); end`,
    );
    return async () => {
      db.exec('drop trigger poison');
      db.close();
    };
  };
  await survivePoison(t, { url, token, target, ledger, refuse });
  await load.finish();
  await queueIsEmpty(server);
  assert.deepEqual(ledger.surprises, []);
  await everythingIsThereOnce(server, token, ledger);
  t.diagnostic(`${ledger.acknowledged().length} acknowledged`);
  report(t, memory);
});

function report(t: TestContext, memory: { readonly firstMiB: number; readonly peakMiB: number }): void {
  const { firstMiB, peakMiB } = memory;
  t.diagnostic(`memory of the largest process: ${firstMiB.toFixed(0)} MiB before, ${peakMiB.toFixed(0)} MiB at most`);
  assert.ok(peakMiB < maxMiB, `a process held ${peakMiB.toFixed(0)} MiB`);
}

/** Of each victim: something that goes well, something that never does, something behind it. */
async function survivePoison(t: TestContext, rig: Rig): Promise<void> {
  const { token, target, ledger } = rig;
  const contacts = Array.from({ length: victims }, (_, i) => `victim ${i}`);
  const write = async (contact: string, entry: Entry) => {
    const message = { key: entry.key, contact, text: entry.text };
    assert.equal((await postHook(target, target.hook, [message])).status, 200);
    entry.acknowledged = { at: Date.now() };
    return entry;
  };
  const each = (entries: readonly Entry[]) =>
    Promise.all(contacts.map((contact, i) => write(contact, entries[i] as Entry)));
  const open = () => contacts.map(() => ledger.open('webhook'));
  const first = await each(open());
  await untilStored(rig, first);
  const before = (await conversationsOf(rig)).length;
  const poison = open();
  // Only these have such a long text.
  for (const entry of poison) Object.assign(entry, { text: `${entry.text} and no database will ever take it` });
  const mend = await rig.refuse('no database will ever take it');
  const at = performance.now();
  await each(poison);
  const behind = await each(open());
  await Promise.all(contacts.map((_, i) => write(`other ${i}`, ledger.open('webhook'))));

  // Each of the others begins a conversation.
  const othersAreThere = async () => (await conversationsOf(rig)).length >= before + victims;
  for (const deadline = Date.now() + 60_000; !(await othersAreThere()); await sleep(20)) {
    assert.ok(Date.now() < deadline, 'others wait for those whose messages fail');
  }
  const othersMs = performance.now() - at;
  assert.ok((await deadLetters(rig)).length < victims, 'not tested: nothing was being tried any more');
  const stored = await storedTexts(rig);
  const overtook = behind.filter(({ text }) => stored.has(text)).length;
  const deadByThen = (await deadLetters(rig)).length;
  assert.ok(overtook <= deadByThen, 'a contact’s next message overtook the one that was being tried');
  await untilServing(ledger);
  for (const deadline = Date.now() + 60_000; (await deadLetters(rig)).length < victims; await sleep(200)) {
    assert.ok(Date.now() < deadline, 'what fails each time is tried for ever');
  }
  await untilStored(rig, behind);
  const deadMs = performance.now() - at;

  const letters = await deadLetters(rig);
  assert.equal(letters.length, victims, 'not tested: there are other dead letters than those');
  for (const { attempts, reason } of letters)
    assert.deepEqual([attempts, /poisoned/.test(reason)], [statedTries, true]);
  await mend();
  for (const { id } of letters) await must(call(rig, `POST /api/v1/dead-letters/${id}/retry`, { token }));
  await untilStored(rig, poison);
  assert.deepEqual(await deadLetters(rig), []);
  t.diagnostic(
    `${victims} messages failed ${statedTries} times each; others were stored ${(othersMs / 1_000).toFixed(1)} s after the first of them, what stands behind them ${(deadMs / 1_000).toFixed(1)} s; all were there after a retry`,
  );
}

async function deadLetters({ url, token }: Rig): Promise<{ id: string; attempts: number; reason: string }[]> {
  const path = 'GET /api/v1/dead-letters?kind=inbound&limit=100' as const;
  const { items } = await must(
    call<{ items: { id: string; attempts: number; reason: string }[] }>({ url }, path, { token }),
  );
  return items;
}

async function conversationsOf({ url, token, target }: Rig) {
  return (await allConversations({ url }, token)).filter(({ channelId }) => channelId === target.hook.channelId);
}

async function storedTexts(rig: Rig): Promise<Set<string>> {
  const { url, token } = rig;
  const texts = new Set<string>();
  for (const { id } of await conversationsOf(rig)) {
    for (const { content } of await allMessages({ url }, token, id))
      if (content.type === 'text') texts.add(content.text);
  }
  return texts;
}

async function untilStored(rig: Rig, entries: readonly Entry[]): Promise<void> {
  for (const deadline = Date.now() + 60_000; ; await sleep(500)) {
    const stored = await storedTexts(rig);
    const missing = entries.filter(({ text }) => !stored.has(text));
    if (missing.length === 0) return;
    assert.ok(Date.now() < deadline, `${missing.map(({ key }) => key).join(', ')} never became messages`);
  }
}
