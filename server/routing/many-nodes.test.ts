import assert from 'node:assert/strict';
import { test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { groupWithDefaults, type RoutingConfig } from '@parley/sdk/routing-document.ts';
import { systemClock } from '../base/clock.ts';
import { seeded } from '../base/seeded.ts';
import { createAppendBatcher } from '../conversation/append-batcher.ts';
import { createConversations } from '../conversation/conversations.ts';
import { createEventBus, type DomainEvents } from '../conversation/event-bus.ts';
import { Refusal } from '../gateway/refusal.ts';
import { connectRedis } from '../storage/hot/redis.ts';
import { createRedisBroadcast } from '../storage/hot/redis-bus.ts';
import { createRedisLeases } from '../storage/hot/redis-leases.ts';
import { openMysqlStore } from '../storage/warm/mysql-store.ts';
import { mariadbMissing, startMariaDb } from '../testing/mariadb.ts';
import { redisMissing, startRedis, within } from '../testing/redis.ts';
import { channelId, otherChannelId } from '../testing/test-store.ts';
import { createDispatcher } from './dispatcher.ts';
import { createLedDispatcher } from './led-dispatcher.ts';
import { defaultRoutingConfig, weightOf } from './routing-config.ts';

type Agent = { id: string; name: string; enabled: true; capacity: number };
const typeOf = (id: string) => (id === otherChannelId ? 'email' : 'web');

/** A process of the installation: its own connections, and what others do it hears of late, or not at all. */
async function openNode(
  name: string,
  shared: {
    databaseUrl: string;
    redisUrl: string;
    config: RoutingConfig;
    agents: Agent[];
    online: Set<string>;
    random: () => number;
  },
) {
  const defects: unknown[] = [];
  const onError = (error: unknown) => defects.push(error);
  const store = await openMysqlStore(shared.databaseUrl, { connections: 4 });
  const redis = await connectRedis(shared.redisUrl);
  const broadcast = createRedisBroadcast({ redis, node: name, onError });
  const bus = createEventBus(onError);
  const conversations = createConversations({
    store: store.conversations,
    batcher: createAppendBatcher(store.conversations, { maxBatch: 64, maxWaiting: 1_000, lanes: 2 }),
    bus,
    clock: systemClock,
    channelPolicy: (id) => ({ outbox: false, reopenWithinMs: 0, loadWeight: weightOf(shared.config, typeOf(id)) }),
    isShared: true,
    onError,
  });
  let isRepeating = false;
  bus.subscribe('owner.changed', (event) => {
    // One of ten is lost on the way.
    if (!isRepeating && shared.random() < 0.9) broadcast.publish('owners', JSON.stringify(event));
  });
  await broadcast.subscribe('owners', (payload) => {
    isRepeating = true;
    bus.publish('owner.changed', JSON.parse(payload) as DomainEvents['owner.changed']);
    isRepeating = false;
  }).ready;
  const agents = new Map(shared.agents.map((agent) => [agent.id, agent]));
  const counted: string[] = [];
  const dispatcher = createLedDispatcher({
    leases: createRedisLeases({ redis, clock: systemClock, onError }),
    clock: systemClock,
    lookAgainMs: 500,
    onError,
    create: () =>
      createDispatcher({
        conversations,
        waits: store.waits,
        store: store.assignments,
        agents: {
          all: () => agents.values(),
          get: (id) => agents.get(id),
          presence: (id) => (shared.online.has(id) ? 'online' : 'offline'),
        },
        config: () => ({ version: 1, config: shared.config }),
        channelTypeOf: typeOf,
        effects: { answer: async () => undefined, callWebhook: () => undefined },
        canAnswer: () => false,
        bus,
        clock: systemClock,
        onError,
        isGone: (id) => !shared.online.has(id),
        events: {
          load: () => undefined,
          decided: (outcome) => counted.push(outcome),
          assigned: () => undefined,
          requeued: () => undefined,
          weighed: () => undefined,
          toldWait: () => undefined,
          breaks: () => undefined,
        },
      }),
  });
  let leaves = new AbortController();
  let running = dispatcher.run(leaves.signal);
  return {
    store,
    conversations,
    dispatcher,
    defects,
    counted,
    /** Ends its part in deciding, in good order, and begins again. */
    restart: async () => {
      leaves.abort();
      await running;
      leaves = new AbortController();
      running = dispatcher.run(leaves.signal);
    },
    close: async () => {
      leaves.abort();
      await running;
      await broadcast.close();
      await redis.close();
      await store.close();
    },
  };
}

test('whatever happens on three nodes, and whoever else believes that they decide, nothing is given twice, over capacity or lost', {
  skip: mariadbMissing || redisMissing(),
  timeout: 180_000,
}, async (t) => {
  const seed = Number(process.env.PARLEY_TEST_SEED ?? 20_261_129);
  t.diagnostic(`seed ${seed}`);
  const random = seeded(seed);
  const below = (n: number) => Math.floor(random() * n);
  await using mariadb = await startMariaDb();
  await using redis = await startRedis();
  const databaseUrl = await mariadb.createDatabase();
  const agents = Array.from({ length: 8 }, (_, n): Agent => {
    return { id: `agent ${n}`, name: `Agent ${n}`, enabled: true, capacity: 1 + (n % 3) };
  });
  const members = (part: number) =>
    agents.filter((_, n) => n % 2 === part).map(({ id }, n) => ({ agentId: id, level: 1 + (n % 5) }));
  const config: RoutingConfig = {
    ...defaultRoutingConfig,
    defaultGroupId: 'first',
    groups: [
      groupWithDefaults({
        id: 'first',
        name: 'First',
        members: members(0),
        history: { withinMs: 60_000, waitAtMostMs: 300 },
        overflow: [{ when: { afterMs: 700 }, to: { kind: 'group', groupId: 'second' } }],
      }),
      groupWithDefaults({ id: 'second', name: 'Second', policy: 'longest-idle', members: members(1) }),
    ],
  };
  const online = new Set(agents.slice(0, 4).map(({ id }) => id));
  const shared = { databaseUrl, redisUrl: redis.url, config, agents, online, random };
  const nodes = [await openNode('a', shared), await openNode('b', shared), await openNode('c', shared)];
  type Node = (typeof nodes)[number];
  const [first] = nodes as [Node, ...Node[]];
  for (const id of [channelId, otherChannelId]) {
    await first.store.channels.save({
      id,
      type: typeOf(id),
      name: id,
      settings: {},
      enabled: true,
      createdAt: 1,
      updatedAt: 1,
    });
  }
  for (const { id, name, capacity } of agents) {
    const record = { id, name, email: `${id}@example.com`, role: 'agent' as const, passwordHash: 'h', enabled: true };
    await first.store.agents.insert({ ...record, capacity, createdAt: 1 });
  }
  const anyNode = () => nodes[below(nodes.length)] as Node;
  const written: string[] = [];
  const some = () => written[below(written.length)] ?? '1';
  const capacityOf = new Map(agents.map(({ id, capacity }) => [id, capacity * 100]));

  /** One statement sees one state: what everybody held at one moment. */
  async function assertNobodyHasTooMuch(): Promise<void> {
    const held = await mariadb.query(
      databaseUrl,
      "select assignee_id, sum(load_weight) as units from conversations where status = 'agent' group by assignee_id",
    );
    for (const { assignee_id: id, units } of held) {
      assert.ok(Number(units) <= (capacityOf.get(String(id)) ?? 0), `${id} holds ${units}`);
    }
  }

  const ignoringRefusals = (work: Promise<unknown>) =>
    work.catch((error: unknown) => {
      if (!(error instanceof Refusal)) throw error;
    });
  const steps: Record<string, () => Promise<unknown> | unknown> = {
    write: async () => {
      const on = random() < 0.7 ? channelId : otherChannelId;
      const node = anyNode();
      const externalId = `contact ${below(60)}`;
      const contactId = await node.store.conversations.ensureContact(on, { externalId }, { verified: false, at: 1 });
      const content = { type: 'text' as const, text: 'hello' };
      const clientId = `c${written.length} ${below(1e9)}`;
      const { head } = await node.conversations.fromVisitor({
        contactId,
        contactName: undefined,
        channelId: on,
        clientId,
        content,
      });
      if (!written.includes(head.id)) written.push(head.id);
    },
    close: () =>
      ignoringRefusals(
        anyNode().conversations.changeOwner({
          conversationId: some(),
          to: 'closed',
          from: ['queued', 'agent'],
          why: 'resolved',
        }),
      ),
    transfer: () => {
      const agent = agents[below(agents.length)] as Agent;
      const { capacity } = agent;
      const change = {
        conversationId: some(),
        to: 'agent' as const,
        assignee: agent,
        by: agent,
        from: ['agent', 'queued'] as const,
      };
      return ignoringRefusals(anyNode().conversations.changeOwner({ ...change, capacity, why: 'assigned' }));
    },
    giveBack: () =>
      ignoringRefusals(
        anyNode().conversations.changeOwner({
          conversationId: some(),
          to: 'queued',
          assignee: null,
          from: ['agent'],
          why: 'given-back',
        }),
      ),
    come: () => {
      const { id } = agents[below(agents.length)] as Agent;
      online.add(id);
      for (const node of nodes) if (random() < 0.8) node.dispatcher.agentsChanged(id);
    },
    go: async () => {
      const { id } = agents[below(agents.length)] as Agent;
      online.delete(id);
      for (const node of nodes) {
        if (random() > 0.8) continue;
        node.dispatcher.agentsChanged(id);
        await node.dispatcher.agentGone(id);
      }
    },
    // The holder goes on for seconds, and somebody else begins: two decide.
    steal: () => redis.nodes[0]?.cli('del', 'parley:lease:dispatcher'),
    restart: () => anyNode().restart(),
  };
  const script = ['write', 'write', 'write', 'write', 'close', 'close', 'transfer', 'giveBack', 'come', 'come', 'go'];
  let mostLeaders = 0;
  const underway: Promise<unknown>[] = [];
  for (let n = 0; n < 600; n++) {
    const rare = n % 60 === 30 ? 'steal' : n % 150 === 149 ? 'restart' : undefined;
    const name = rare ?? (script[below(script.length)] as string);
    underway.push(Promise.resolve(steps[name]?.()));
    if (underway.length > 8) await underway.shift();
    if (n % 5 === 0) await assertNobodyHasTooMuch();
    await sleep(below(25));
    mostLeaders = Math.max(mostLeaders, nodes.filter(({ dispatcher }) => dispatcher.leading !== undefined).length);
  }
  await Promise.all(underway);

  // With everybody there, all that there is room for is given, by whoever decides then.
  for (const { id } of agents) online.add(id);
  for (const node of nodes) node.dispatcher.agentsChanged();
  await within(
    'everything to be given that there is room for',
    async () => {
      await assertNobodyHasTooMuch();
      const [row] = await mariadb.query(databaseUrl, "select count(*) as n from conversations where status = 'queued'");
      if (Number(row?.n) === 0) return true;
      // Somebody is done with something.
      const [held] = await mariadb.query(
        databaseUrl,
        "select id from conversations where status = 'agent' order by rand() limit 1",
      );
      if (held !== undefined) {
        await ignoringRefusals(
          anyNode().conversations.changeOwner({ conversationId: String(held.id), to: 'closed', why: 'resolved' }),
        );
      }
      await sleep(20);
      return false;
    },
    90_000,
  );
  for (const node of nodes) await node.close();

  const states = await mariadb.query(databaseUrl, 'select status, count(*) as n from conversations group by status');
  const ofStatus = Object.fromEntries(states.map(({ status, n }) => [String(status), Number(n)]));
  assert.equal((ofStatus.agent ?? 0) + (ofStatus.closed ?? 0), written.length, 'each is with somebody or has ended');
  // Each that somebody got has one record at the epoch that it ended, and one entry of the timeline; and no epoch has two.
  const [unequal] = await mariadb.query(
    databaseUrl,
    `select c.id, (select count(*) from routing_decisions d where d.conversation_id = c.id and d.kind = 'assign') as records,
       (select count(*) from messages m where m.conversation_id = c.id and m.content like '%"conversation.assigned"%') as entries
     from conversations c having records <> entries limit 1`,
  );
  assert.equal(unequal, undefined);
  const [twice] = await mariadb.query(
    databaseUrl,
    "select conversation_id, epoch from routing_decisions where kind = 'assign' group by conversation_id, epoch having count(*) > 1 limit 1",
  );
  assert.equal(twice, undefined);
  const [broken] = await mariadb.query(
    databaseUrl,
    `select c.id from conversations c where c.status = 'agent' and c.assignee_id <> (select d.agent_id from routing_decisions d
       where d.conversation_id = c.id and d.n = 0 order by d.epoch desc limit 1) limit 1`,
  );
  assert.equal(broken, undefined, 'who has it is who the last record names');
  const counted = nodes.flatMap((node) => node.counted);
  const of = (outcome: string) => counted.filter((each) => each === outcome).length;
  t.diagnostic(
    `${written.length} conversations, ${of('assign')} decisions, of them ${of('gone')} too late and ${of('refused-capacity')} without room; ${of('overflow')} overflows; ${mostLeaders} decided at once`,
  );
  assert.deepEqual(
    nodes.flatMap(({ defects }) => defects),
    [],
  );
  assert.ok(of('assign') > 50 && of('overflow') > 0);
});
