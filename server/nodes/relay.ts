import type { Clock } from '../base/clock.ts';
import type { BotService } from '../bot/dialogue/bot-service.ts';
import type { Broadcast } from '../conversation/broadcast.ts';
import type { DomainEvents, EventBus } from '../conversation/event-bus.ts';
import type { Channels } from '../gateway/channels.ts';
import type { Agents, Revoked } from '../identity/agents.ts';
import type { RoutingConfigs } from '../routing/routing-configs.ts';

/** What one process tells the others, beside what people see (the fan-out's topics). */
const topics = {
  channels: 'channels',
  agents: 'agents',
  routing: 'routing',
  revoked: 'revoked',
  /** Conversations that changed hands, for whoever decides. */
  owners: 'owners',
  /** Conversations that take more of their agents than before, for whoever decides. */
  weights: 'weights',
  /** Conversations whose place in the queue may be another one, for whoever decides. */
  queue: 'queue',
  /** Snoozed conversations in which the customer wrote, for whoever decides. */
  snoozes: 'snoozes',
  botDocuments: 'bot-documents',
  /** Conversations of the bot in which the customer wrote, for whoever answers. */
  bot: 'bot',
  /** Channels with something to deliver, for whoever delivers. */
  outbox: 'outbox',
  /** Agents who were written to and are not there. */
  absent: 'absent',
  /** Call-backs that are in another state, for the screens of agents. */
  callBacks: 'call-backs',
  /** How many conversations an agent holds, told by whoever decides. */
  loads: 'loads',
  /** Contacts that were erased. */
  erased: 'erased',
} as const;

/** Of use to those who decide and deliver: were others told, each conversation would cost every process something. */
const forWorkers: ReadonlySet<string> = new Set([
  topics.owners,
  topics.weights,
  topics.queue,
  topics.snoozes,
  topics.bot,
  topics.outbox,
  topics.absent,
]);
/** Of a channel with more and more to deliver the others are told at most so often: they look at all that is due. */
const gatherMs = 50;
/** Every process hears of every agent's load, so what changes within this time is told together. */
const loadsMs = 200;

/** Configuration that was changed elsewhere and not heard of is found after this time at the latest, … */
const reloadMs = 15_000;
/** … and a sign-in that ended elsewhere after this one: its sockets close within the 5 s that the protocol promises. */
const recheckMs = 4_000;

export interface Relay {
  /** The agent was written to and is not there: whoever decides gives its conversations to somebody else. */
  tellAbsent(agentId: string): void;
  tellLoad(agentId: string, load: number, used: number): void;
  tellErased(contactId: string): void;
  stop(): void;
}

/**
 * Keeps the processes of an installation of one mind: what one of them changes is told to the others at once, and looked
 * for from time to time, since what is told may be missed.
 */
export function startRelay(deps: {
  broadcast: Broadcast;
  bus: EventBus;
  channels: Channels;
  agents: Agents;
  routingConfigs: RoutingConfigs;
  /** Its documents; absent: there are none. */
  bot?: Pick<BotService, 'settings' | 'flows' | 'reload'>;
  clock: Clock;
  /** This process decides and delivers. */
  works: boolean;
  /** Sign-ins that have sockets here. */
  openSessions: () => readonly string[];
  onAbsent: (agentId: string) => void;
  onLoad: (agentId: string, load: number, used: number) => void;
  onErased: (contactId: string) => void;
  /** What is stored of agents was read anew. */
  onAgents: () => void;
  onError: (error: unknown) => void;
}): Relay {
  const { broadcast, bus, channels, agents, routingConfigs, clock, onError } = deps;
  const stopped = new AbortController();
  /** What we publish on our own bus because others said so is not told to them again. */
  let repeating = false;

  function repeat(publish: () => void): void {
    repeating = true;
    try {
      publish();
    } finally {
      repeating = false;
    }
  }

  /** Channels that others were told of a moment ago; true: something came since. */
  const filled = new Map<string, boolean>();
  function tellFilled(channelId: string): void {
    if (filled.has(channelId)) {
      filled.set(channelId, true);
      return;
    }
    broadcast.publish(topics.outbox, channelId);
    filled.set(channelId, false);
    const gathered = () => {
      const hasMore = filled.get(channelId);
      filled.delete(channelId);
      if (hasMore === true) tellFilled(channelId);
    };
    clock.sleep(gatherMs, stopped.signal).then(gathered, () => undefined);
  }

  const untoldLoads = new Map<string, [number, number]>();
  function tellLoad(agentId: string, load: number, used: number): void {
    untoldLoads.set(agentId, [load, used]);
    if (untoldLoads.size > 1) return;
    const tell = () => {
      broadcast.publish(topics.loads, JSON.stringify([...untoldLoads].map(([id, both]) => [id, ...both])));
      untoldLoads.clear();
    };
    clock.sleep(loadsMs, stopped.signal).then(tell, () => undefined);
  }

  const reload = () =>
    Promise.all([channels.reload(), agents.reload(), routingConfigs.reload(), deps.bot?.reload()]).then(
      () => undefined,
    );
  const recheck = () => {
    const open = deps.openSessions();
    return open.length === 0 ? Promise.resolve() : agents.recheck(open);
  };

  channels.onChange((id, _, by) => {
    if (by === 'us') broadcast.publish(topics.channels, id);
  });
  agents.onChange(() => broadcast.publish(topics.agents, ''));
  routingConfigs.onChange((by) => {
    if (by === 'us') broadcast.publish(topics.routing, '');
  });
  for (const documents of [deps.bot?.settings, deps.bot?.flows]) {
    documents?.onChange((by) => {
      if (by === 'us') broadcast.publish(topics.botDocuments, '');
    });
  }
  agents.onRevoked((which, by) => {
    if (by === 'us') broadcast.publish(topics.revoked, JSON.stringify(which));
  });
  const ends = [
    bus.subscribe('owner.changed', (event) => {
      if (!repeating) broadcast.publish(topics.owners, JSON.stringify(event));
    }),
    bus.subscribe('weight.changed', (event) => {
      if (!repeating) broadcast.publish(topics.weights, JSON.stringify(event));
    }),
    bus.subscribe('queue.changed', ({ conversationId }) => {
      if (!repeating) broadcast.publish(topics.queue, conversationId);
    }),
    bus.subscribe('snooze.ends', ({ conversationId }) => {
      if (!repeating) broadcast.publish(topics.snoozes, conversationId);
    }),
    bus.subscribe('bot.asked', ({ conversationId }) => {
      if (!repeating) broadcast.publish(topics.bot, conversationId);
    }),
    bus.subscribe('call-back.changed', (event) => {
      if (!repeating) broadcast.publish(topics.callBacks, JSON.stringify(event));
    }),
    bus.subscribe('outbox.filled', ({ channelId }) => {
      if (!repeating) tellFilled(channelId);
    }),
  ];

  const hear = {
    [topics.channels]: () => void channels.reload().catch(onError),
    [topics.agents]: () => void agents.reload().then(deps.onAgents).catch(onError),
    [topics.routing]: () => void routingConfigs.reload().catch(onError),
    [topics.revoked]: (payload) => agents.revokedElsewhere(JSON.parse(payload) as Revoked),
    [topics.owners]: (payload) => {
      const event = JSON.parse(payload) as DomainEvents['owner.changed'];
      repeat(() => bus.publish('owner.changed', event));
    },
    [topics.weights]: (payload) => {
      const event = JSON.parse(payload) as DomainEvents['weight.changed'];
      repeat(() => bus.publish('weight.changed', event));
    },
    [topics.queue]: (conversationId) => repeat(() => bus.publish('queue.changed', { conversationId })),
    [topics.snoozes]: (conversationId) => repeat(() => bus.publish('snooze.ends', { conversationId })),
    [topics.botDocuments]: () => void deps.bot?.reload().catch(onError),
    [topics.bot]: (conversationId) => repeat(() => bus.publish('bot.asked', { conversationId })),
    [topics.callBacks]: (payload) => {
      const event = JSON.parse(payload) as DomainEvents['call-back.changed'];
      repeat(() => bus.publish('call-back.changed', event));
    },
    [topics.outbox]: (channelId) => repeat(() => bus.publish('outbox.filled', { channelId })),
    [topics.absent]: deps.onAbsent,
    [topics.loads]: (payload) => {
      // A process of an earlier version does not say what they take.
      for (const [agentId, load, used = load] of JSON.parse(payload) as [string, number, number?][]) {
        deps.onLoad(agentId, load, used);
      }
    },
    [topics.erased]: deps.onErased,
  } satisfies Record<string, (payload: string) => void>;
  const wanted = Object.entries(hear).filter(([topic]) => deps.works || !forWorkers.has(topic));
  const subscriptions = wanted.map(([topic, listener]) => broadcast.subscribe(topic, listener));

  broadcast.onGap(() => {
    Promise.all([reload(), recheck()]).catch(onError);
  });

  async function every(ms: number, work: () => Promise<void>): Promise<void> {
    while (!stopped.signal.aborted) {
      await clock.sleep(ms, stopped.signal).catch(() => undefined);
      if (!stopped.signal.aborted) await work().catch(onError);
    }
  }
  void every(reloadMs, reload);
  void every(recheckMs, recheck);

  return {
    tellAbsent: (agentId) => broadcast.publish(topics.absent, agentId),
    tellErased: (contactId) => broadcast.publish(topics.erased, contactId),
    tellLoad,
    stop: () => {
      stopped.abort();
      for (const end of ends) end();
      for (const subscription of subscriptions) subscription.end();
    },
  };
}
