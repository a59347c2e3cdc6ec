import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createTestClock } from '../base/clock.ts';
import type { Broadcast } from '../conversation/broadcast.ts';
import { createEventBus } from '../conversation/event-bus.ts';
import { startRelay } from './relay.ts';

const fail = (error: unknown) => assert.fail(String(error));

type Deps = Parameters<typeof startRelay>[0];
interface Given {
  readonly works: boolean;
  readonly broadcast?: Partial<Broadcast>;
  readonly routingConfigs?: Partial<Deps['routingConfigs']>;
}

/** A relay whose broadcast notes what is said and heard; configuration stands still, but for what is given. */
function openRelay({ works, ...given }: Given) {
  const said: string[] = [];
  const heard: string[] = [];
  const broadcast: Broadcast = {
    publish: (topic, payload) => said.push(`${topic} ${payload}`),
    subscribe: (topic) => {
      heard.push(topic);
      return { ready: undefined, end: () => undefined };
    },
    onGap: () => undefined,
    close: async () => undefined,
    ...given.broadcast,
  };
  const bus = createEventBus(fail);
  const clock = createTestClock();
  const still = { onChange: () => undefined, onRevoked: () => undefined, reload: async () => undefined };
  const relay = startRelay({
    broadcast,
    bus,
    clock,
    works,
    channels: still as unknown as Deps['channels'],
    agents: still as unknown as Deps['agents'],
    routingConfigs: { ...still, ...given.routingConfigs } as unknown as Deps['routingConfigs'],
    openSessions: () => [],
    onAbsent: () => undefined,
    onLoad: () => undefined,
    onErased: () => undefined,
    onAgents: () => undefined,
    onError: fail,
  });
  return { said, heard, bus, clock, relay };
}

test('a process that neither decides nor delivers is not told what only concerns those who do', () => {
  const [worker, gateway] = [openRelay({ works: true }), openRelay({ works: false })];
  const only = worker.heard.filter((topic) => !gateway.heard.includes(topic));
  assert.deepEqual(only.toSorted(), ['absent', 'bot', 'outbox', 'owners', 'queue', 'snoozes', 'weights']);
  assert.deepEqual(gateway.heard.toSorted(), [
    'agents',
    'bot-documents',
    'call-backs',
    'channels',
    'erased',
    'loads',
    'revoked',
    'routing',
  ]);
});

test('who publishes a routing configuration tells it, and who hears of one loads it and tells nobody', () => {
  const said: string[] = [];
  const listeners = new Map<string, (payload: string) => void>();
  let loads = 0;
  let changed: (by: 'us' | 'others') => void = () => undefined;
  const relay = openRelay({
    works: false,
    broadcast: {
      publish: (topic) => said.push(topic),
      subscribe: (topic, listener) => {
        listeners.set(topic, listener);
        return { ready: undefined, end: () => undefined };
      },
    },
    routingConfigs: {
      onChange: (listener) => {
        changed = listener;
      },
      reload: async () => {
        loads += 1;
        changed('others');
      },
    },
  }).relay;
  changed('us');
  assert.deepEqual([said, loads], [['routing'], 0]);
  listeners.get('routing')?.('');
  assert.deepEqual([said, loads], [['routing'], 1]);
  relay.stop();
});

test('of a channel that is filled again and again the others are told at once, then now and then, and at last', async () => {
  const { said, bus, clock, relay } = openRelay({ works: false });
  const fill = (channelId: string) => bus.publish('outbox.filled', { channelId });
  fill('a');
  assert.deepEqual(said, ['outbox a']);
  for (let i = 0; i < 100; i++) fill('a');
  fill('b');
  assert.deepEqual(said, ['outbox a', 'outbox b']);
  await clock.advance(50);
  assert.deepEqual(said, ['outbox a', 'outbox b', 'outbox a']);
  await clock.advance(1_000);
  assert.equal(said.length, 3, 'nothing came since');
  fill('a');
  assert.equal(said.length, 4);
  relay.stop();
});

test('what changes in the agents’ loads is told together, each as it is then', async () => {
  const { said, clock, relay } = openRelay({ works: true });
  relay.tellLoad('ann', 1, 1);
  relay.tellLoad('bob', 3, 3);
  relay.tellLoad('ann', 2, 1.5);
  assert.deepEqual(said, []);
  await clock.advance(200);
  assert.deepEqual(said, ['loads [["ann",2,1.5],["bob",3,3]]']);
  relay.tellLoad('ann', 1, 1);
  await clock.advance(200);
  assert.equal(said.length, 2);
  relay.stop();
});

test('that a conversation takes more of its agent is told whoever decides, and by who hears it to nobody', () => {
  const listeners = new Map<string, (payload: string) => void>();
  const said: string[] = [];
  const { bus, relay } = openRelay({
    works: true,
    broadcast: {
      publish: (topic, payload) => said.push(`${topic} ${payload}`),
      subscribe: (topic, listener) => {
        listeners.set(topic, listener);
        return { ready: undefined, end: () => undefined };
      },
    },
  });
  const heard: unknown[] = [];
  bus.subscribe('weight.changed', (event) => heard.push(event));
  const event = { conversationId: '7', agentId: 'ann', weight: 100 };
  bus.publish('weight.changed', event);
  assert.deepEqual(said, [`weights ${JSON.stringify(event)}`]);
  listeners.get('weights')?.(JSON.stringify({ ...event, conversationId: '8' }));
  assert.deepEqual(heard, [event, { ...event, conversationId: '8' }]);
  assert.equal(said.length, 1);
  relay.stop();
});
