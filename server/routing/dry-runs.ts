import type { Clock } from '../base/clock.ts';
import { newId } from '../base/ids.ts';
import { createNotedWorks, isSilent } from '../base/noted-work.ts';
import { type Problem, problemOf, Refusal } from '../gateway/refusal.ts';
import type { DryRunQuestion, DryRunResult } from './dry-run-protocol.ts';
import type { DryRunStore, StoredDryRun } from './dry-run-store.ts';
import { computeDryRun } from './dry-run-thread.ts';
import type { RecordMarks } from './presence-recorder.ts';
import type { RecordStore } from './record-store.ts';
import type { RoutingConfigs } from './routing-configs.ts';

/** Tries of a configuration on recorded days: begun here, told of by every process of the installation. */
export interface DryRuns {
  /**
   * Begins one; it goes on by itself.
   *
   * @throws Refusal `settings-invalid` as publishing does; `bad-request` for days in which nothing, or too much, was
   * recorded; `too-many-requests` while one is under way here
   */
  start(asked: AskedDryRun, by: string): Promise<DryRunView>;
  /** @throws Refusal `not-found` */
  get(id: string): Promise<DryRunView>;
  /**
   * Cancels one that is under way, wherever it is, or forgets its result.
   * @throws Refusal `not-found`
   */
  remove(id: string): Promise<void>;
  /** What is under way here ends, and says so. */
  stop(): Promise<void>;
}

export interface AskedDryRun {
  /** The proposed configuration, as it would be published. */
  readonly config: unknown;
  /** The last so many days. */
  readonly days: number;
  readonly runs?: number;
}

export interface DryRunView extends Pick<StoredDryRun, 'id' | 'progress' | 'days' | 'baseVersion' | 'createdAt'> {
  /** `interrupted`: the process that computed it is gone. */
  readonly state: StoredDryRun['state'] | 'interrupted';
  /** While it is `done`. */
  readonly result: DryRunResult | null;
  /** While it is `failed`. */
  readonly problem: Problem | null;
}

const dayMs = 24 * 3_600_000;
/** Replayed before the days that count. */
const leadMs = dayMs;
/** Comings and goings that one dry run looks at. */
const mostRows = 200_000;
const usualRuns = 6;
const keptMs = dayMs;

export function createDryRuns(deps: {
  store: DryRunStore;
  record: RecordStore;
  marks: Pick<RecordMarks, 'since'>;
  configs: Pick<RoutingConfigs, 'check' | 'current' | 'versions'>;
  agents: () => Iterable<{ readonly id: string; readonly name: string }>;
  /** How long agents who are cut off have to come back. */
  graceMs: number;
  clock: Clock;
  onError: (error: unknown) => void;
}): DryRuns {
  const { store, record, configs, clock, onError } = deps;
  const works = createNotedWorks({ onError });
  let isStarting = false;

  async function start({ config, days, runs = usualRuns }: AskedDryRun, by: string): Promise<DryRunView> {
    const proposed = configs.check(config);
    if (works.isStopped) throw new Refusal('unavailable', 'The server is being stopped.', { retryAfterMs: 5_000 });
    if (works.isBusy || isStarting) {
      const wait = { retryAfterMs: 10_000 };
      throw new Refusal('too-many-requests', 'A dry run is under way: wait for its end, or cancel it.', wait);
    }
    isStarting = true;
    try {
      const question = await questionOf(days, proposed, runs);
      const createdAt = clock.now();
      const { version: baseVersion } = configs.current;
      const begun: StoredDryRun = {
        ...{ id: newId(createdAt), state: 'running', progress: 0, days, baseVersion, result: null },
        ...{ requestedBy: by, createdAt, seenAt: createdAt },
      };
      await store.removeBefore(createdAt - keptMs);
      await store.add(begun);
      begin(begun.id, question);
      return view(begun);
    } finally {
      isStarting = false;
    }
  }

  async function questionOf(days: number, proposed: DryRunQuestion['proposed'], runs: number): Promise<DryRunQuestion> {
    const to = clock.now();
    const countFrom = Math.max(to - days * dayMs, await deps.marks.since(to));
    const span = { from: countFrom - leadMs, countFrom, to };
    const rows = await record.countQueueRecord(span, mostRows + 1);
    const field = { field: 'days' };
    if (rows > mostRows) {
      const detail = `days: more than ${mostRows} conversations came and went in that time: choose fewer days.`;
      throw new Refusal('bad-request', detail, field);
    }
    if ((await record.countQueueRecord({ from: countFrom, to }, 1)) === 0) {
      const since = new Date(countFrom).toISOString();
      throw new Refusal('bad-request', `days: nobody came since ${since}, from when on it is recorded.`, field);
    }
    const { version, document: current } = configs.current;
    const [published] = version === 0 ? [] : await configs.versions({ before: version + 1, limit: 1 });
    const agentNames = new Map([...deps.agents()].map(({ id, name }) => [id, name]));
    const { graceMs } = deps;
    return { span, agentNames, graceMs, current, proposed, currentSince: published?.publishedAt ?? 0, runs };
  }

  function begin(id: string, question: DryRunQuestion): void {
    let share = 0;
    const onProgress = (next: number) => {
      share = next;
    };
    works.begin({
      id,
      run: (signal) => computeDryRun(record, question, { signal, onProgress }),
      note: () => store.note(id, Math.min(99, Math.floor(100 * share)), clock.now()),
      done: (result) => store.end(id, 'done', JSON.stringify(result), clock.now()),
      failed: (error) => {
        if (!(error instanceof Refusal)) onError(error);
        const problem = problemOf(error, 'It could not be computed: the log of the server says why.');
        return store.end(id, 'failed', JSON.stringify(problem), clock.now());
      },
    });
  }

  function view(run: StoredDryRun): DryRunView {
    const { id, state, progress, days, baseVersion, result, createdAt } = run;
    const parsed: unknown = result === null ? null : JSON.parse(result);
    return {
      ...{ id, progress, days, baseVersion, createdAt, state: isSilent(run, clock.now()) ? 'interrupted' : state },
      result: state === 'done' ? (parsed as DryRunResult) : null,
      problem: state === 'failed' ? (parsed as DryRunView['problem']) : null,
    };
  }

  const noSuch = (id: string) => new Refusal('not-found', `There is no dry run ${id}: results are kept for a day.`);

  return {
    start,
    get: async (id) => {
      const found = await store.get(id);
      if (found === undefined) throw noSuch(id);
      return view(found);
    },
    remove: async (id) => {
      works.drop(id);
      if (!(await store.remove(id))) throw noSuch(id);
    },
    stop: () => works.stop(new Refusal('unavailable', 'The server was stopped meanwhile: begin again.')),
  };
}
