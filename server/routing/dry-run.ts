import { everyoneId, type RoutingConfig } from '@parley/sdk/routing-document.ts';
import { estimatePatience } from './patience.ts';
import type { RecordedConversation, RecordedDays } from './recorded-days.ts';
import { happened, missShareOf, prepareReplay } from './replay.ts';
import { createCoreRouter } from './simulation/core-router.ts';
import { type Measures, measure } from './simulation/measures.ts';
import { type Outcome, type Run, simulate, type WorkerOutcome } from './simulation/simulate.ts';
import { confidence, type Interval, pairedDifference } from './simulation/statistics.ts';
import { plainConduct, type Workload } from './simulation/workload.ts';

/** What a dry run is about. */
export interface DryRunInput {
  readonly recorded: RecordedDays;
  /** What held while it was recorded, to show how far the replay is from what happened. */
  readonly current: RoutingConfig;
  readonly proposed: RoutingConfig;
  /** Repetitions: chance has a part in it only where the record does not say (below). */
  readonly runs?: number;
  readonly withinMs?: number;
  /** How long agents who are cut off have to come back. */
  readonly graceMs?: number;
  /** Told after each of the steps that it takes. */
  readonly onProgress?: (done: number, steps: number) => void;
}

/** One figure: as it was, as the current configuration has it in the replay, as the proposed one has it. */
export interface Figure {
  readonly happened: number;
  readonly current: Interval;
  readonly proposed: Interval;
  /** Proposed less current, run by run: what the change of the configuration does. */
  readonly change: Interval;
}

export type FigureName =
  | 'meanWaitMs'
  | 'p90WaitMs'
  | 'answeredInTime'
  | 'abandonment'
  | 'occupancy'
  | 'missedPer100'
  | 'requeuesPer100'
  | 'slaMet';

/** Absent: nothing to say, as there is no target in one of the three. */
export type Figures = Readonly<Partial<Record<FigureName, Figure>>>;

export interface DryRun {
  readonly conversations: number;
  readonly all: Figures;
  /** By the group that a conversation was in, or is in under the configuration. */
  readonly byGroup: readonly { readonly groupId: string; readonly name: string; readonly figures: Figures }[];
  /** What was assumed where the record says nothing, with how many conversations it concerns. */
  readonly assumed: readonly Assumption[];
}

export type Assumption =
  /** Nobody had it: how long it would have taken is drawn from those that were handled in its channel type. */
  | { readonly kind: 'handling-drawn'; readonly conversations: number }
  /** It was open at the end: it is taken to end with the record. */
  | { readonly kind: 'still-open'; readonly conversations: number }
  /** While the customer was quiet it would have counted less: when that was is not recorded. */
  | { readonly kind: 'counted-whole'; readonly conversations: number }
  /** It left for a bot or a form, or somebody closed it that nobody had: it is not replayed. */
  | { readonly kind: 'left-out'; readonly conversations: number }
  /**
   * Who waits longer than in truth may lose patience: drawn from the Kaplan-Meier estimate of those who gave up and those
   * who were answered, given that they had waited as long as they did. Who gave up in truth gives up at that time.
   */
  | { readonly kind: 'patience-drawn'; readonly conversations: number; readonly meanMs: number }
  /** Nobody was seen to give up: nobody does, however long they wait. */
  | { readonly kind: 'nobody-gives-up'; readonly conversations: number }
  /** Offers are let pass as often as they were; where none were made before, none is. */
  | { readonly kind: 'misses-drawn'; readonly conversations: number; readonly share: number };

/**
 * Replays recorded days through the core that decides live, with the current configuration and with a proposed one, and puts
 * both beside what happened. Pure: the same record gives the same answer.
 *
 * What cannot be known stays as it was: agents come and go, and take as long for a conversation, as recorded, whoever it is
 * now given to. So a change that sends a conversation to somebody faster shows no gain here, and one that makes agents hold
 * more at once no loss.
 */
export function dryRun(input: DryRunInput): DryRun {
  const {
    recorded,
    current,
    proposed,
    runs = 10,
    withinMs = 20_000,
    graceMs = plainConduct.graceMs,
    onProgress = () => undefined,
  } = input;
  const kept = recorded.conversations.filter(({ ended }) => ended !== 'elsewhere');
  const days = { ...recorded, conversations: kept };
  const patience = estimatePatience(
    kept
      .filter(({ ended }) => ended !== 'open')
      .map((one) => ({
        waitedMs: (one.assignedAt ?? one.endedAt ?? recorded.to) - one.queuedAt,
        gaveUp: one.ended === 'customer-left',
      })),
  );
  let done = 0;
  const measured = (replayed: Replayed) => measureGroups(replayed, withinMs);
  const replay = (config: RoutingConfig) => {
    const workloadOf = prepareReplay(days, { config, patience, graceMs });
    return Array.from({ length: runs }, (_, i) => {
      const workload = workloadOf(i + 1);
      const measures = measured({ workload, run: simulate(workload, createCoreRouter(config), { seed: i + 1 }) });
      done += 1;
      onProgress(done, 2 * runs);
      return measures;
    });
  };
  const [was, asNow, asProposed] = [measured(happened(days, current)), replay(current), replay(proposed)];
  const figures = (groupId: string): Figures => {
    const of = (all: readonly GroupMeasures[]) => all.map((one) => one.of(groupId));
    return figuresOf(was.of(groupId), of(asNow), of(asProposed));
  };
  const counted = kept.filter(({ queuedAt }) => queuedAt >= recorded.countFrom);
  return {
    conversations: counted.length,
    all: figures(allGroups),
    byGroup: groupsOf(current, proposed)
      .map(({ id, name }) => ({ groupId: id, name, figures: figures(id) }))
      .filter(({ figures: some }) => Object.keys(some).length > 0),
    assumed: assumptions(counted, recorded, { meanMs: patience.meanMs, configs: [current, proposed] }),
  };
}

interface Replayed {
  readonly workload: Workload;
  readonly run: Run;
}

/** Stands for all of them: no group has such an id. */
const allGroups = '';

/** What one run comes to, of all and of each group: little is kept of many runs. */
interface GroupMeasures {
  of(groupId: string): Measures;
}

function measureGroups({ workload, run }: Replayed, withinMs: number): GroupMeasures {
  const { groups, defaultGroupId } = workload.config;
  const outcomes = Map.groupBy(run.outcomes, ({ customer }) => customer.groupId);
  const workers = new Map(run.workers.map((worker) => [worker.worker.id, worker]));
  const measures = (some: readonly Outcome[], by: readonly WorkerOutcome[]) =>
    measure(workload, { outcomes: some, workers: by }, { withinMs });
  const nothing = measures([], []);
  const known = new Map([[allGroups, measures(run.outcomes, run.workers)]]);
  for (const { id, members } of groups) {
    const by = members.flatMap(({ agentId }) => workers.get(agentId) ?? []);
    known.set(id, measures(outcomes.get(id) ?? [], by));
  }
  if (defaultGroupId === null) known.set(everyoneId, measures(outcomes.get(everyoneId) ?? [], run.workers));
  return { of: (groupId) => known.get(groupId) ?? nothing };
}

const names: readonly FigureName[] = [
  'meanWaitMs',
  'p90WaitMs',
  'answeredInTime',
  'abandonment',
  'occupancy',
  'missedPer100',
  'requeuesPer100',
  'slaMet',
];

function figuresOf(was: Measures, current: readonly Measures[], proposed: readonly Measures[]): Figures {
  if ([was, ...current, ...proposed].every(({ customers }) => customers === 0)) return {};
  const figures = names.flatMap((name) => {
    const of = (all: readonly Measures[]) =>
      all.map((measures) => measures[name]).filter((value) => value !== undefined);
    const [before, after] = [of(current), of(proposed)];
    if (was[name] === undefined || before.length < current.length || after.length < proposed.length) return [];
    const change = pairedDifference(after, before);
    return [[name, { happened: was[name], current: confidence(before), proposed: confidence(after), change }]];
  });
  return Object.fromEntries(figures) as Figures;
}

function groupsOf(...configs: readonly RoutingConfig[]): { id: string; name: string }[] {
  const groups = configs.flatMap((config) => config.groups.map(({ id, name }) => ({ id, name })));
  const everyone = configs.some(({ defaultGroupId }) => defaultGroupId === null);
  if (everyone) groups.push({ id: everyoneId, name: 'Everyone' });
  return [...new Map(groups.map((group) => [group.id, group])).values()];
}

function assumptions(
  counted: readonly RecordedConversation[],
  recorded: RecordedDays,
  { meanMs, configs }: { meanMs: number; configs: readonly RoutingConfig[] },
): readonly Assumption[] {
  const count = (test: (one: RecordedConversation) => boolean) => counted.filter(test).length;
  const leftOut = recorded.conversations.filter(
    ({ ended, queuedAt }) => ended === 'elsewhere' && queuedAt >= recorded.countFrom,
  );
  const patient = count(({ ended }) => ended !== 'customer-left');
  const countsLess = configs.some(({ capacity }) => capacity.quietAfterMs !== null);
  const all: Assumption[] = [
    { kind: 'handling-drawn', conversations: count(({ assignedAt }) => assignedAt === null) },
    { kind: 'counted-whole', conversations: countsLess ? count(({ assignedAt }) => assignedAt !== null) : 0 },
    { kind: 'still-open', conversations: count(({ ended }) => ended === 'open') },
    { kind: 'left-out', conversations: leftOut.length },
    Number.isFinite(meanMs)
      ? { kind: 'patience-drawn', conversations: patient, meanMs }
      : { kind: 'nobody-gives-up', conversations: patient },
    {
      kind: 'misses-drawn',
      conversations: recorded.offers === undefined ? 0 : count((one) => one.missed > 0),
      share: recorded.offers === undefined ? 0 : missShareOf(recorded.offers),
    },
  ];
  return all.filter(({ conversations }) => conversations > 0);
}
