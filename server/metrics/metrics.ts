import { monitorEventLoopDelay } from 'node:perf_hooks';
import { Counter, collectDefaultMetrics, Gauge, Histogram, Registry } from 'prom-client';

/** What the gauges read when they are asked. */
export interface MetricSources {
  connections(): { visitors: number; agents: number };
  slowReadersDropped(): number;
  queue(): { depth: number; oldestAgeMs: number };
  appendDepth(): number;
  waiting(): { waiting: number; oldestAgeMs: number };
  agentsAvailable(): number;
  outbox(): Promise<{ queued: number; sending: number; dead: number; oldestAt: number | undefined }>;
  inboundDead(): Promise<number>;
  now(): number;
}

/** The counters that the code moves, and the page that shows everything. Names and labels are listed in docs/operations.md. */
export interface Metrics {
  message(channelType: string, direction: 'in' | 'out'): void;
  callbackRefused(channelType: string, reason: string): void;
  batch(size: number, ms: number): void;
  sent(channelType: string, result: string): void;
  socketRefused(reason: string): void;
  eventLoopDelayP99Ms(): number;
  /** Prometheus text. */
  render(sources: MetricSources): Promise<{ contentType: string; text: string }>;
}

export function createMetrics(version: string): Metrics {
  const registry = new Registry();
  collectDefaultMetrics({ register: registry });
  const registers = [registry];
  const messages = new Counter({
    name: 'parley_messages_total',
    help: 'Messages stored.',
    labelNames: ['channel', 'direction'],
    registers,
  });
  const refused = new Counter({
    name: 'parley_webhook_rejected_total',
    help: 'Callbacks refused.',
    labelNames: ['channel', 'reason'],
    registers,
  });
  const batches = new Histogram({
    name: 'parley_ingest_commit_seconds',
    help: 'From handing a batch of entries to the store until it is committed and synced.',
    buckets: [0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.25, 0.5, 1, 2.5],
    registers,
  });
  const batchSize = new Histogram({
    name: 'parley_append_batch_size',
    help: 'Entries in one batch.',
    buckets: [1, 4, 16, 64, 256, 1024],
    registers,
  });
  const sends = new Counter({
    name: 'parley_send_total',
    help: 'Deliveries to platforms by result.',
    labelNames: ['channel', 'result'],
    registers,
  });
  const socketsRefused = new Counter({
    name: 'parley_sockets_refused_total',
    help: 'Sockets refused.',
    labelNames: ['reason'],
    registers,
  });
  const gauge = (name: string, help: string, labelNames: string[] = []) =>
    new Gauge({ name, help, labelNames, registers });
  const connections = gauge('parley_connections', 'Open sockets of this node.', ['role']);
  const dropped = gauge('parley_slow_consumers_dropped_total', 'Sockets closed because their reader was too slow.');
  const queueDepth = gauge('parley_jobs_ready', 'Entries between gateway and processor.');
  const queueAge = gauge('parley_job_oldest_seconds', 'Age of the oldest of them.');
  const appendDepth = gauge('parley_append_waiting', 'Entries that wait for the store.');
  const waiting = gauge('parley_queue_depth', 'Conversations that wait for an agent.');
  const waitingAge = gauge('parley_queue_oldest_seconds', 'How long the first of them waits.');
  const agents = gauge('parley_agents_available', 'Agents who can take work now.');
  const outbox = gauge('parley_outbox', 'Deliveries by state.', ['state']);
  const outboxAge = gauge('parley_outbox_oldest_seconds', 'Age of the oldest delivery that is not done.');
  const dead = gauge('parley_dead_letters', 'Dead letters that wait for a person.', ['kind']);
  const loopDelay = gauge(
    'parley_event_loop_delay_p99_seconds',
    'Event-loop delay, 99th percentile since the last scrape.',
  );
  gauge('parley_build_info', 'The version that runs.', ['version']).set({ version }, 1);
  const delay = monitorEventLoopDelay({ resolution: 10 });
  delay.enable();

  return {
    message: (channel, direction) => messages.inc({ channel, direction }),
    callbackRefused: (channel, reason) => refused.inc({ channel, reason }),
    batch: (size, ms) => {
      batches.observe(ms / 1_000);
      batchSize.observe(size);
    },
    sent: (channel, result) => sends.inc({ channel, result }),
    socketRefused: (reason) => socketsRefused.inc({ reason }),
    eventLoopDelayP99Ms: () => delay.percentile(99) / 1e6,
    render: async (sources) => {
      const { visitors, agents: agentSockets } = sources.connections();
      connections.set({ role: 'visitor' }, visitors);
      connections.set({ role: 'agent' }, agentSockets);
      dropped.set(sources.slowReadersDropped());
      const queue = sources.queue();
      queueDepth.set(queue.depth);
      queueAge.set(queue.oldestAgeMs / 1_000);
      appendDepth.set(sources.appendDepth());
      const queued = sources.waiting();
      waiting.set(queued.waiting);
      waitingAge.set(queued.oldestAgeMs / 1_000);
      agents.set(sources.agentsAvailable());
      const deliveries = await sources.outbox();
      outbox.set({ state: 'queued' }, deliveries.queued);
      outbox.set({ state: 'sending' }, deliveries.sending);
      outboxAge.set(deliveries.oldestAt === undefined ? 0 : Math.max(0, sources.now() - deliveries.oldestAt) / 1_000);
      dead.set({ kind: 'outbound' }, deliveries.dead);
      dead.set({ kind: 'inbound' }, await sources.inboundDead());
      loopDelay.set(delay.percentile(99) / 1e9);
      delay.reset();
      return { contentType: registry.contentType, text: await registry.metrics() };
    },
  };
}
