import { monitorEventLoopDelay } from 'node:perf_hooks';
import { Counter, collectDefaultMetrics, Gauge, Histogram, Registry } from 'prom-client';

interface GroupQueue {
  readonly groupId: string;
  readonly waiting: number;
  readonly oldestMs: number;
  readonly freeUnits: number;
  readonly utilisation: number | undefined;
  readonly workSpread: number | undefined;
}

/** What the gauges read when they are asked. */
export interface MetricSources {
  connections(): { visitors: number; agents: number };
  slowReadersDropped(): number;
  queue(): { depth: number; oldestAgeMs: number };
  isRedisFull(): boolean;
  clockSkewMs(): number;
  appendDepth(): number;
  waiting(): Promise<{ waiting: number; oldestAgeMs: number }>;
  /** Of each group, where this process decides. */
  queues(): Promise<readonly GroupQueue[]>;
  agentsAvailable(): number;
  outbox(): Promise<{ queued: number; sending: number; dead: number; oldestAt: number | undefined }>;
  inboundDead(): Promise<number>;
  /** Questions that the bot could not answer and that nobody has decided about. */
  gaps(): Promise<number>;
  readonly hot: { readonly hits: number; readonly rebuilds: number };
  readonly archive: { readonly moved: number; readonly failures: number };
  /** What Redis lost: partitions of the queue, entries with them, events on their way to other processes. */
  lost(): { readonly partitions: number; readonly entries: number; readonly events: number };
  /** What the operator must know now. */
  faults(): readonly string[];
  now(): number;
}

/** A scrape does not wait longer for a store that does not answer; its figures are left out then. */
const storeAnswersMs = 2_000;

const waitBuckets = [1, 5, 10, 20, 30, 60, 120, 300, 600, 1_800, 3_600, 14_400, 86_400];

/** The counters that the code moves, and the page that shows everything. Names and labels are listed in docs/operations.md. */
export interface Metrics {
  message(channelType: string, direction: 'in' | 'out'): void;
  callbackRefused(channelType: string, reason: string): void;
  batch(size: number, ms: number): void;
  sent(channelType: string, result: string): void;
  socketRefused(reason: string): void;
  /** What whoever decides who gets which conversation has to tell. */
  readonly routing: {
    decided(outcome: string): void;
    assigned(of: { groupId: string; waitedMs: number; tookMs: number }): void;
    requeued(why: string): void;
    relaxed(step: string): void;
    overflowed(of: { groupId: string; to: string }): void;
    thought(ms: number): void;
    repaired(what: string): void;
    weighed(as: string): void;
    toldWait(of: { groupId: string; outcome: string; errorMs: number }): void;
    abandoned(of: { groupId: string; waitedMs: number }): void;
  };
  /** What the bot does. */
  readonly bot: {
    turn(band: string): void;
    handedOff(reason: string): void;
    took(ms: number): void;
    repaired(): void;
    /** A customer said whether an answer helped. */
    rated(helped: boolean): void;
  };
  /** Agents in conversations of others. */
  readonly team: { invitation(outcome: string): void; deed(deed: string): void };
  /** Targets that were met, warned of, breached, or done at last (`late`). */
  sla(of: { target: string; groupId: string; outcome: string }): void;
  /** What customers say once a conversation is resolved. */
  readonly surveys: {
    decided(channelType: string, outcome: string): void;
    answered(of: { had: string; score: number }): void;
  };
  /** What language models are asked for, and what it takes. */
  readonly model: {
    asked(task: string): void;
    tokens(task: string, direction: 'in' | 'out' | 'cached', count: number): void;
    cost(task: string, amount: number): void;
    failed(task: string, reason: string): void;
    first(task: string, ms: number): void;
    whole(task: string, ms: number): void;
    took(task: string, ms: number): void;
    /** What came of asking for an answer to a customer, and what of it its passages hold. */
    answered(outcome: string): void;
    checked(counts: { held: number; dropped: number; citations: number; citationsHeld: number }): void;
  };
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
  const decisions = new Counter({
    name: 'parley_assign_decisions_total',
    help: 'Decisions about conversations that wait, by outcome.',
    labelNames: ['outcome'],
    registers,
  });
  const waits = new Histogram({
    name: 'parley_wait_seconds',
    help: 'How long conversations waited until an agent got them.',
    labelNames: ['group'],
    buckets: waitBuckets,
    registers,
  });
  const assignments = new Histogram({
    name: 'parley_assign_seconds',
    help: 'From deciding on an agent until it is committed.',
    buckets: [0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.25, 0.5, 1, 2.5],
    registers,
  });
  const requeues = new Counter({
    name: 'parley_requeues_total',
    help: 'Conversations that came back to the queue from an agent.',
    labelNames: ['reason'],
    registers,
  });
  const relaxations = new Counter({
    name: 'parley_relaxations_total',
    help: 'Times that less was asked for of the agents of a conversation that waits.',
    labelNames: ['step'],
    registers,
  });
  const overflows = new Counter({
    name: 'parley_overflows_total',
    help: 'Conversations that a group sent on, or whose customers it offered something else.',
    labelNames: ['group', 'to'],
    registers,
  });
  const decideSeconds = new Histogram({
    name: 'parley_decide_seconds',
    help: 'How long the dispatcher thought about all that had changed, before anything was stored.',
    buckets: [0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1],
    registers,
  });
  const repairs = new Counter({
    name: 'parley_dispatch_repairs_total',
    help: 'What the dispatcher found only by looking again, since nobody had told of it.',
    labelNames: ['what'],
    registers,
  });
  const weighings = new Counter({
    name: 'parley_conversation_weight_changes_total',
    help: 'Conversations that began to count less because their customer is quiet, and that count whole again.',
    labelNames: ['as'],
    registers,
  });
  const invitations = new Counter({
    name: 'parley_invitations_total',
    help: 'Invitations of colleagues into conversations, and what became of them.',
    labelNames: ['outcome'],
    registers,
  });
  const deeds = new Counter({
    name: 'parley_supervision_total',
    help: 'What supervisors did in conversations of others.',
    labelNames: ['deed'],
    registers,
  });
  const slaTargets = new Counter({
    name: 'parley_sla_targets_total',
    help: 'Service-level targets by what became of them: met, warned, breached, late (done after it was breached).',
    labelNames: ['target', 'group', 'outcome'],
    registers,
  });
  const surveys = new Counter({
    name: 'parley_surveys_total',
    help: 'Resolved conversations while the survey is on: asked about, or why not.',
    labelNames: ['channel', 'outcome'],
    registers,
  });
  const surveyScores = new Counter({
    name: 'parley_survey_scores_total',
    help: 'First answers to the survey, by who had the conversation and what was answered.',
    labelNames: ['had', 'score'],
    registers,
  });
  const botTurns = new Counter({
    name: 'parley_bot_turns_total',
    help: 'Answers of the bot, by what they were found by.',
    labelNames: ['band'],
    registers,
  });
  const botHandoffs = new Counter({
    name: 'parley_bot_handoffs_total',
    help: 'Conversations that the bot handed to people.',
    labelNames: ['reason'],
    registers,
  });
  const botAbstained = new Counter({
    name: 'parley_bot_abstain_total',
    help: 'Messages of customers that the bot had no answer to.',
    registers,
  });
  const botSeconds = new Histogram({
    name: 'parley_bot_seconds',
    help: 'From when the bot began to think about a message until its answer was stored.',
    buckets: [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 20],
    registers,
  });
  const botRepairs = new Counter({
    name: 'parley_bot_repairs_total',
    help: 'Messages to the bot that were found by looking, since nobody had told of them.',
    registers,
  });
  const botRated = new Counter({
    name: 'parley_bot_rated_total',
    help: 'Answers of the bot of which customers said whether they helped.',
    labelNames: ['helped'],
    registers,
  });
  const toldWaits = new Counter({
    name: 'parley_told_waits_total',
    help: 'Waits of which an estimate was told, by how they came out: within it, sooner, or later.',
    labelNames: ['group', 'outcome'],
    registers,
  });
  const toldErrors = new Histogram({
    name: 'parley_told_wait_error_seconds',
    help: 'How far those waits were from the middle of what was told.',
    labelNames: ['group'],
    buckets: waitBuckets,
    registers,
  });
  const abandonments = new Histogram({
    name: 'parley_abandoned_wait_seconds',
    help: 'How long customers had waited who left before anybody answered.',
    labelNames: ['group'],
    buckets: waitBuckets,
    registers,
  });
  const modelTokens = new Counter({
    name: 'parley_llm_tokens_total',
    help: 'Tokens that went to a language model and came from it.',
    labelNames: ['task', 'direction'],
    registers,
  });
  const modelCost = new Counter({
    name: 'parley_llm_cost_total',
    help: 'What they cost by the prices of the settings, in their currency.',
    labelNames: ['task'],
    registers,
  });
  const modelErrors = new Counter({
    name: 'parley_llm_errors_total',
    help: 'Requests to a language model that failed, or for which no budget was left.',
    labelNames: ['task', 'reason'],
    registers,
  });
  const modelSeconds = new Histogram({
    name: 'parley_llm_seconds',
    help: 'From asking a language model until its whole answer, with what was tried again.',
    labelNames: ['task'],
    buckets: [0.1, 0.25, 0.5, 1, 2.5, 5, 10, 20, 40, 80],
    registers,
  });
  const modelRequests = new Counter({
    name: 'parley_llm_requests_total',
    help: 'Requests to a language model, each try by itself.',
    labelNames: ['task'],
    registers,
  });
  const modelCached = new Counter({
    name: 'parley_llm_cached_tokens_total',
    help: 'Of the tokens that went to a language model, those that its server says it had in its cache.',
    labelNames: ['task'],
    registers,
  });
  const modelFirst = new Histogram({
    name: 'parley_llm_first_token_seconds',
    help: 'From asking a language model until the first piece of its answer, with what was tried again.',
    labelNames: ['task'],
    buckets: [0.1, 0.25, 0.5, 1, 2.5, 5, 10, 20],
    registers,
  });
  const modelAnswers = new Counter({
    name: 'parley_llm_answers_total',
    help: 'Answers to customers that a language model was asked for: answered, cannot-tell, refused by the check, fell-back.',
    labelNames: ['outcome'],
    registers,
  });
  const modelSentences = new Counter({
    name: 'parley_llm_sentences_total',
    help: 'Sentences of those answers, by whether the passages that they name hold them.',
    labelNames: ['held'],
    registers,
  });
  const gauge = (name: string, help: string, labelNames: string[] = []) =>
    new Gauge({ name, help, labelNames, registers });
  const connections = gauge('parley_connections', 'Open sockets of this node.', ['role']);
  const dropped = gauge('parley_slow_consumers_dropped_total', 'Sockets closed because their reader was too slow.');
  const queueDepth = gauge('parley_jobs_ready', 'Entries between gateway and processor.');
  const queueAge = gauge('parley_job_oldest_seconds', 'Age of the oldest of them.');
  const redisFull = gauge('parley_redis_out_of_memory', '1 while Redis is out of memory and takes no callbacks.');
  const skew = gauge('parley_clock_skew_seconds', 'How far the clock of this machine is ahead of the installation’s.');
  const appendDepth = gauge('parley_append_waiting', 'Entries that wait for the store.');
  const waiting = gauge('parley_queue_depth', 'Conversations that wait for an agent.');
  const waitingAge = gauge('parley_queue_oldest_seconds', 'How long the first of them waits.');
  const groupWaiting = gauge('parley_group_queue_depth', 'Conversations that wait in a group.', ['group']);
  const groupAge = gauge('parley_group_queue_oldest_seconds', 'How long the first of them waits.', ['group']);
  const groupFree = gauge('parley_group_free_capacity', 'Conversations that members who are online could take.', [
    'group',
  ]);
  const groupUse = gauge(
    'parley_group_utilisation',
    'How much of what members who are online can take they have, 0 to 1.',
    ['group'],
  );
  const groupSpread = gauge(
    'parley_group_work_spread',
    'How unequal the work for each hour online of members who are there is: standard deviation by mean.',
    ['group'],
  );
  const agents = gauge('parley_agents_available', 'Agents who can take work now.');
  const outbox = gauge('parley_outbox', 'Deliveries by state.', ['state']);
  const outboxAge = gauge('parley_outbox_oldest_seconds', 'Age of the oldest delivery that is not done.');
  const dead = gauge('parley_dead_letters', 'Dead letters that wait for a person.', ['kind']);
  const botGaps = gauge('parley_bot_gaps', 'Questions that the bot could not answer and nobody has decided about.');
  const hot = gauge('parley_hot_reads_total', 'Reads of the newest messages: found hot, or rebuilt from the store.', [
    'result',
  ]);
  const archived = gauge('parley_archived_messages_total', 'Messages that this node has moved into the archive.');
  const archiveFailures = gauge('parley_archive_failures_total', 'Passes of the archiver that ended with an error.');
  const partitionsLost = gauge('parley_queue_lost_total', 'Times that Redis had lost a partition of the queue.');
  const entriesLost = gauge('parley_queue_lost_entries_total', 'Callbacks that were lost with them, about.');
  const eventsLost = gauge('parley_events_dropped_total', 'Events for other processes that Redis did not take.');
  const faults = gauge('parley_faults', 'What keeps this node from working; /readyz says it in words.');
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
    routing: {
      decided: (outcome) => decisions.inc({ outcome }),
      assigned: ({ groupId, waitedMs, tookMs }) => {
        waits.observe({ group: groupId }, waitedMs / 1_000);
        assignments.observe(tookMs / 1_000);
      },
      requeued: (reason) => requeues.inc({ reason }),
      relaxed: (step) => relaxations.inc({ step }),
      overflowed: ({ groupId: group, to }) => overflows.inc({ group, to }),
      thought: (ms) => decideSeconds.observe(ms / 1_000),
      repaired: (what) => repairs.inc({ what }),
      weighed: (as) => weighings.inc({ as }),
      toldWait: ({ groupId: group, outcome, errorMs }) => {
        toldWaits.inc({ group, outcome });
        toldErrors.observe({ group }, errorMs / 1_000);
      },
      abandoned: ({ groupId: group, waitedMs }) => abandonments.observe({ group }, waitedMs / 1_000),
    },
    bot: {
      turn: (band) => {
        botTurns.inc({ band });
        if (band === 'miss') botAbstained.inc();
      },
      handedOff: (reason) => {
        botHandoffs.inc({ reason });
        if (reason === 'not-understood' || reason === 'not-sure') botAbstained.inc();
      },
      took: (ms) => botSeconds.observe(ms / 1_000),
      repaired: () => botRepairs.inc(),
      rated: (helped) => botRated.inc({ helped: helped ? 'yes' : 'no' }),
    },
    team: {
      invitation: (outcome) => invitations.inc({ outcome }),
      deed: (deed) => deeds.inc({ deed }),
    },
    sla: ({ target, groupId: group, outcome }) => slaTargets.inc({ target, group, outcome }),
    surveys: {
      decided: (channel, outcome) => surveys.inc({ channel, outcome }),
      answered: ({ had, score }) => surveyScores.inc({ had, score: String(score) }),
    },
    model: {
      tokens: (task, direction, count) => {
        // They went in, and are counted there.
        if (direction === 'cached') modelCached.inc({ task }, count);
        else modelTokens.inc({ task, direction }, count);
      },
      cost: (task, amount) => modelCost.inc({ task }, amount),
      failed: (task, reason) => modelErrors.inc({ task, reason }),
      took: (task, ms) => modelSeconds.observe({ task }, ms / 1_000),
      asked: (task) => modelRequests.inc({ task }),
      first: (task, ms) => modelFirst.observe({ task }, ms / 1_000),
      whole: () => undefined,
      answered: (outcome) => modelAnswers.inc({ outcome: outcome.split(':', 1)[0] ?? outcome }),
      checked: ({ held, dropped }) => {
        if (held > 0) modelSentences.inc({ held: 'yes' }, held);
        if (dropped > 0) modelSentences.inc({ held: 'no' }, dropped);
      },
    },
    eventLoopDelayP99Ms: () => delay.percentile(99) / 1e6,
    render: async (sources) => {
      const { visitors, agents: agentSockets } = sources.connections();
      connections.set({ role: 'visitor' }, visitors);
      connections.set({ role: 'agent' }, agentSockets);
      dropped.set(sources.slowReadersDropped());
      const queue = sources.queue();
      queueDepth.set(queue.depth);
      queueAge.set(queue.oldestAgeMs / 1_000);
      redisFull.set(sources.isRedisFull() ? 1 : 0);
      skew.set(sources.clockSkewMs() / 1_000);
      appendDepth.set(sources.appendDepth());
      agents.set(sources.agentsAvailable());
      await readStore(sources);
      faults.set(sources.faults().length);
      const lost = sources.lost();
      partitionsLost.set(lost.partitions);
      entriesLost.set(lost.entries);
      eventsLost.set(lost.events);
      hot.set({ result: 'hit' }, sources.hot.hits);
      hot.set({ result: 'rebuild' }, sources.hot.rebuilds);
      archived.set(sources.archive.moved);
      archiveFailures.set(sources.archive.failures);
      loopDelay.set(delay.percentile(99) / 1e9);
      delay.reset();
      return { contentType: registry.contentType, text: await registry.metrics() };
    },
  };

  /** While the store is away, everything else is still told: that is when it is looked at. */
  async function readStore(sources: MetricSources): Promise<void> {
    const late = Promise.withResolvers<undefined>();
    const timer = setTimeout(() => late.resolve(undefined), storeAnswersMs);
    const { outbox: deliveriesOf, inboundDead, waiting: waitingOf, queues, gaps } = sources;
    const asked = Promise.all([deliveriesOf(), inboundDead(), waitingOf(), queues(), gaps()]).catch(() => undefined);
    const answer = await Promise.race([asked, late.promise]);
    clearTimeout(timer);
    const ofGroups = [groupWaiting, groupAge, groupFree, groupUse, groupSpread];
    const all = [outbox, outboxAge, dead, waiting, waitingAge, botGaps, ...ofGroups];
    for (const one of all) one.reset();
    if (answer === undefined) {
      // Not zero: nobody knows.
      for (const one of [outboxAge, waiting, waitingAge, botGaps]) one.remove();
      return;
    }
    const [deliveries, inbound, queued, groups, open] = answer;
    botGaps.set(open);
    for (const { groupId: group, waiting: depth, oldestMs, freeUnits, utilisation, workSpread } of groups) {
      groupWaiting.set({ group }, depth);
      groupAge.set({ group }, oldestMs / 1_000);
      groupFree.set({ group }, freeUnits / 100);
      if (utilisation !== undefined) groupUse.set({ group }, utilisation);
      if (workSpread !== undefined) groupSpread.set({ group }, workSpread);
    }
    waiting.set(queued.waiting);
    waitingAge.set(queued.oldestAgeMs / 1_000);
    outbox.set({ state: 'queued' }, deliveries.queued);
    outbox.set({ state: 'sending' }, deliveries.sending);
    outboxAge.set(deliveries.oldestAt === undefined ? 0 : Math.max(0, sources.now() - deliveries.oldestAt) / 1_000);
    dead.set({ kind: 'outbound' }, deliveries.dead);
    dead.set({ kind: 'inbound' }, inbound);
  }
}
