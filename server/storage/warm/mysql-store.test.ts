import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import type { AppendResult } from '../../conversation/conversation-store.ts';
import { Refusal } from '../../gateway/refusal.ts';
import { freePort } from '../../testing/child-server.ts';
import { type MariaDb, mariadbMissing, startMariaDb } from '../../testing/mariadb.ts';
import { channelId, inbound, moved, placed, reply } from '../../testing/test-store.ts';
import { openMysqlStore } from './mysql-store.ts';
import type { OpenWarmStore } from './warm-store.ts';

const upTo = (count: number) => Array.from({ length: count }, (_, index) => index);
const pick = <T>(from: readonly T[]): T => from[Math.floor(Math.random() * from.length)] as T;

describe('the store on MariaDB, written to by several processes', { skip: mariadbMissing }, () => {
  let server: MariaDb;
  before(async () => {
    server = await startMariaDb();
  });
  after(() => server?.[Symbol.asyncDispose]());

  /** Pools of their own on one database, as processes have them. */
  async function openStores(count: number): Promise<{ url: string; stores: OpenWarmStore[]; close(): Promise<void> }> {
    const url = await server.createDatabase();
    // All at once: only one of them migrates.
    const stores = await Promise.all(upTo(count).map(() => openMysqlStore(url, { connections: 4 })));
    const [store] = stores as [OpenWarmStore];
    await store.channels.save({
      id: channelId,
      type: 'web',
      name: 'w',
      settings: {},
      enabled: true,
      createdAt: 1,
      updatedAt: 1,
    });
    for (const id of agents) {
      const agent = {
        id,
        email: id,
        name: id,
        role: 'agent' as const,
        passwordHash: '',
        enabled: true,
        capacity: 3,
        createdAt: 1,
      };
      await store.agents.insert(agent);
    }
    const close = async () => {
      await Promise.all(stores.map((one) => one.close()));
    };
    return { url, stores, close };
  }
  const agents = ['a', 'b', 'c'];

  /** Every conversation is 1, 2, 3 … and a contact has one that is open. */
  async function assertWhole(url: string): Promise<void> {
    const torn = await server.query(
      url,
      `select c.id, c.last_seq, count(m.seq) as n, max(m.seq) as top from conversations c
       left join messages m on m.conversation_id = c.id group by c.id, c.last_seq having n <> c.last_seq or top <> c.last_seq`,
    );
    assert.deepEqual(torn, []);
    const split = await server.query(
      url,
      `select contact_id from conversations where status <> 'closed' group by contact_id having count(*) > 1`,
    );
    assert.deepEqual(split, []);
    const strays = await server.query(
      url,
      'select id from contacts where id not in (select contact_id from identities)',
    );
    assert.deepEqual(strays, []);
  }

  test('whatever they store at once, each thing is stored once, in its place, and nobody holds too much', async () => {
    const { url, stores, close } = await openStores(3);
    const ids = new Set<string>();
    let refused = 0;
    const count = (results: readonly AppendResult[]) => {
      refused += results.filter((result) => result.kind === 'refused').length;
    };
    for (const round of upTo(25)) {
      const said = upTo(12).map(() => {
        const id = `${round % 7}-${Math.floor(Math.random() * 20)}`;
        ids.add(id);
        return inbound(pick(['ann', 'ben', 'cid', 'dan', `new ${round}`]), { externalId: { channelId, id } });
      });
      const open = await server.query(url, `select id from conversations order by id`);
      const owned = upTo(4).flatMap(() => {
        const conversationId = String(pick(open)?.id ?? '');
        if (conversationId === '') return [];
        const assigneeId = pick(agents);
        const what = pick([
          moved({ conversationId }, { to: 'agent', assigneeId, capacity: 3 }),
          moved({ conversationId }, { to: 'closed' }),
          reply(conversationId, { clientId: `c ${round} ${assigneeId}` }),
        ]);
        return [what];
      });
      // The same to several of them: the platform repeats what it believes unheard.
      const batches = upTo(6).map(() => pick(stores).conversations.append([...said, ...owned]));
      for (const results of await Promise.all(batches)) count(results);
      const held = await server.query(
        url,
        `select assignee_id, count(*) as n from conversations where status = 'agent' group by assignee_id having n > 3`,
      );
      assert.deepEqual(held, []);
    }
    const received = await server.query(url, 'select external_id from received_ids');
    assert.equal(received.length, ids.size);
    await assertWhole(url);
    assert.ok(refused > 0, 'capacity and closed conversations were met');
    await close();
  });

  test('a connection that is cut, again and again, loses and doubles nothing', async () => {
    const { url, stores, close } = await openStores(2);
    let cut = 0;
    let stop = false;
    const cutting = (async () => {
      while (!stop) {
        const list = await server.query(
          url,
          "select id from information_schema.processlist where db = database() and info not like '%processlist%'",
        );
        for (const { id } of list.slice(0, 2)) {
          cut += 1;
          await server.query(url, `kill ${Number(id)}`).catch(() => undefined);
        }
        await new Promise((resolve) => setTimeout(resolve, 10));
      }
    })();
    const accepted: string[] = [];
    await Promise.all(
      upTo(300).map(async (n) => {
        const id = `e${n}`;
        for (;;) {
          try {
            const [result] = await pick(stores).conversations.append([
              inbound(`contact ${n % 20}`, { externalId: { channelId, id } }),
            ]);
            placed(result);
            accepted.push(id);
            return;
          } catch (error) {
            assert.ok(error instanceof Refusal && error.code === 'unavailable', String(error));
          }
        }
      }),
    );
    stop = true;
    await cutting;
    const received = await server.query(url, 'select external_id from received_ids');
    assert.equal(received.length, accepted.length);
    await assertWhole(url);
    assert.ok(cut > 10, `${cut} connections were cut`);
    await close();
  });

  test('a server that goes away is told as such, and is found again by itself', async () => {
    const { stores, url, close } = await openStores(1);
    const [store] = stores as [OpenWarmStore];
    await store.conversations.append([inbound('ann', { clientId: '1' })]);
    await server.server.kill();
    const isAway = (error: unknown) => error instanceof Refusal && error.code === 'unavailable';
    await assert.rejects(store.conversations.append([inbound('ann', { clientId: '2' })]), isAway);
    await assert.rejects(store.conversations.heads(['1']), isAway);
    assert.match(store.fault ?? '', /cannot be reached/);
    await server.restart();
    // Nobody asks while it is not ready: it looks by itself.
    for (const deadline = Date.now() + 60_000; store.fault !== undefined; ) {
      assert.ok(Date.now() < deadline, 'still not found');
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
    const [again] = await store.conversations.append([inbound('ann', { clientId: '2' })]);
    assert.equal(placed(again).seq, 2);
    await assertWhole(url);
    await close();
  });

  test('ids that differ by case, accent or a trailing space are different ones', async () => {
    const { stores, url, close } = await openStores(1);
    const [store] = stores as [OpenWarmStore];
    const names = ['ann', 'Ann', 'ánn', 'ann ', ' ann', 'ann\u0000', '安', '😀'];
    await store.conversations.append(names.map((name) => inbound(name, { externalId: { channelId, id: name } })));
    assert.equal((await server.query(url, 'select id from contacts')).length, names.length);
    for (const name of names) assert.notEqual(await store.conversations.findContact(channelId, name), undefined);
    await close();
  });

  test('a start that was cut short in its migrations goes on where it ended', async () => {
    const url = await server.createDatabase();
    await (await openMysqlStore(url)).close();
    await server.query(url, 'delete from schema_steps; drop table outbox; drop index contacts_by_name on contacts');
    const store = await openMysqlStore(url);
    assert.deepEqual(await store.outbox.counts(), { queued: 0, sending: 0, dead: 0, oldestAt: undefined });
    await store.conversations.append([inbound('ann')]);
    await store.close();
  });

  test('an address where nobody listens, and a server that could lose what it said to have, are told in words', async () => {
    await assert.rejects(openMysqlStore(`mysql://root:secret@127.0.0.1:${await freePort()}/parley`), (error: Error) => {
      assert.match(error.message, /^PARLEY_DATABASE_URL: 127\.0\.0\.1:\d+\/parley: .*ECONNREFUSED/);
      assert.ok(!error.message.includes('secret'));
      return true;
    });
    const url = await server.createDatabase();
    for (const [setting, careless, safe] of [
      ['innodb_flush_log_at_trx_commit', '2', '1'],
      ['max_allowed_packet', '1048576', '67108864'],
    ] as const) {
      await server.query(url, `set global ${setting} = ${careless}`);
      await assert.rejects(openMysqlStore(url), new RegExp(`${setting} has to be`));
      await server.query(url, `set global ${setting} = ${safe}`);
    }
  });
});
