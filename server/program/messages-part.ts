import type { Clock } from '../base/clock.ts';
import { newId } from '../base/ids.ts';
import { type AppendBatcher, createAppendBatcher } from '../conversation/append-batcher.ts';
import { type Conversations, createConversations } from '../conversation/conversations.ts';
import type { EventBus } from '../conversation/event-bus.ts';
import { createInboundProcessor } from '../conversation/inbound-processor.ts';
import { createOutbox, type Outbox } from '../conversation/outbox.ts';
import type { Engines } from '../engines.ts';
import type { Files } from '../files/files.ts';
import type { Channels } from '../gateway/channels.ts';
import { createMessageGateway, type MessageGateway } from '../gateway/message-gateway.ts';
import type { Metrics } from '../metrics/metrics.ts';
import { createSurveys, type Surveys } from '../surveys/surveys.ts';

/** The door in, the place where a message becomes a fact, and the door out. */
export interface MessagesPart {
  readonly conversations: Conversations;
  readonly batcher: Pick<AppendBatcher, 'depth' | 'drained'>;
  readonly gateway: MessageGateway;
  readonly outbox: Outbox;
  /** What customers are asked once a conversation is resolved. */
  readonly surveys: Surveys;
  /** A dead letter that came in goes back into the queue, behind what waits there. */
  reviveInbound(id: string): Promise<boolean>;
  /** A dead letter that was to go out is tried again. */
  resend(conversationId: string, seq: number): Promise<boolean>;
  /** What a process that works does of it until the signal aborts, and `stop` ends the deliveries. */
  run(signal: AbortSignal): Promise<void>[];
  stop(): Promise<void>;
}

export function createMessagesPart(deps: {
  engines: Pick<Engines, 'store' | 'conversations' | 'queue' | 'isQueueLogged' | 'leases' | 'isShared' | 'writeLanes'>;
  clock: Clock;
  bus: EventBus;
  metrics: Pick<Metrics, 'batch' | 'message' | 'callbackRefused' | 'sent' | 'surveys'>;
  channels: Channels;
  files: Files;
  channelPolicy: Parameters<typeof createConversations>[0]['channelPolicy'];
  channelTypeOf: (channelId: string) => string;
  publicUrl: () => string;
  /** Where customers reach this server, as it was set; absent: nobody said. */
  statedPublicUrl: string | undefined;
  secret: string;
  /** How often the outbox looks at the store by itself; absent: it is told of everything. */
  lookAgainMs: number | undefined;
  onCallbackRefused: (refused: { channelId: string; reason: string }) => void;
  onError: (error: unknown) => void;
}): MessagesPart {
  const { engines, clock, bus, metrics, channels, onError } = deps;
  const { store, queue, conversations: tiers, leases } = engines;
  const batcher = createAppendBatcher(tiers, {
    maxBatch: 512,
    maxWaiting: 50_000,
    lanes: engines.writeLanes,
    onBatch: metrics.batch,
  });
  const conversations = createConversations({
    store: tiers,
    batcher,
    bus,
    clock,
    channelPolicy: deps.channelPolicy,
    isShared: engines.isShared,
    onError,
  });
  bus.subscribe('message.created', ({ head, direction, senderType }) => {
    if (senderType === 'system') return;
    metrics.message(deps.channelTypeOf(head.channelId), direction);
    if (direction === 'in') channels.sawInbound(head.channelId);
  });
  const surveys = createSurveys({
    store: store.surveys,
    messages: tiers,
    conversations,
    meta: store.meta,
    channelTypeOf: deps.channelTypeOf,
    replyWindowOf: (id) => channels.enabled(id)?.adapter.capabilities.replyWindow,
    knownTypes: new Set(channels.types().map(({ type }) => type)),
    secret: deps.secret,
    publicUrl: deps.statedPublicUrl,
    leases,
    clock,
    events: metrics.surveys,
    onError,
  });
  const processor = createInboundProcessor({
    conversations,
    store: tiers,
    bus,
    files: deps.files,
    instance: (id) => channels.enabled(id)?.instance,
    takeAnswer: surveys.takeInbound,
    ...(engines.isQueueLogged ? { log: { done: (id: string) => store.queue.remove([id]) } } : {}),
  });
  const gateway = createMessageGateway({
    channels,
    queue,
    onAccepted: (channel) => channels.sawInbound(channel.record.id),
    onRefused: (channel, reason) => {
      metrics.callbackRefused(channel.adapter.type, reason);
      deps.onCallbackRefused({ channelId: channel.record.id, reason });
    },
    onError,
    sleep: clock.sleep,
    leases,
  });
  const outbox = createOutbox({
    store: store.outbox,
    channels,
    conversations,
    bus,
    clock,
    random: Math.random,
    publicUrl: deps.publicUrl,
    prepare: surveys.deliveryOf,
    onOutcome: metrics.sent,
    onError,
    leases,
    ...(deps.lookAgainMs === undefined ? {} : { longestWaitMs: deps.lookAgainMs }),
  });

  async function reviveInbound(id: string): Promise<boolean> {
    if (engines.isQueueLogged) {
      const row = await store.queue.revive(id, newId());
      if (row !== undefined) await queue.revive(row);
      return row !== undefined;
    }
    const dead = await store.queue.deadById(id);
    if (dead === undefined) return false;
    const { reason: _, ...row } = dead;
    // In the queue before it leaves the dead letters: killed in between, it is tried twice and not never.
    await queue.revive({ ...row, id: newId(), attempts: 0 });
    return store.queue.removeDead(id);
  }

  async function resend(conversationId: string, seq: number): Promise<boolean> {
    const resent = await store.outbox.resend(conversationId, seq, clock.now());
    if (resent === undefined) return false;
    conversations.announceChange(resent);
    outbox.wake(resent.channelId);
    return true;
  }

  return {
    ...{ conversations, batcher, gateway, outbox, surveys, reviveInbound, resend },
    run: (signal) => {
      outbox.start();
      gateway.startPulling(signal);
      return [queue.consume(processor.process, signal), surveys.run(signal)];
    },
    stop: outbox.stop,
  };
}
