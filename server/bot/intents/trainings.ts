import type { Clock } from '../../base/clock.ts';
import { newId } from '../../base/ids.ts';
import { createNotedWorks, isSilent, silentMs, unwanted } from '../../base/noted-work.ts';
import { type Problem, problemOf, Refusal } from '../../gateway/refusal.ts';
import type { TextVectors } from '../embeddings/text-vectors.ts';
import type { UtteranceVectors } from '../intent/train-intents.ts';
import { ModelFailure } from '../language-model/model-failure.ts';
import type { EvaluationSummary } from './evaluation.ts';
import type { IntentLibrary, TrainingData } from './intents.ts';
import type { ModelStore, StoredTraining, TrainingStage, TrainingStore } from './model-store.ts';
import { storeModel } from './stored-models.ts';
import { runTraining } from './training-thread.ts';

/** Trainings: begun here, told of by every process of the installation. One at a time runs, whichever process it is. */
export interface Trainings {
  /**
   * Begins one; it goes on by itself, and makes a new version that nobody uses yet.
   * @throws Refusal `conflict` while one is under way anywhere, `settings-invalid` when there is too little to learn
   */
  start(by: string): Promise<TrainingView>;
  /** @throws Refusal `not-found` */
  get(id: string): Promise<TrainingView>;
  /** Newest first. */
  list(): Promise<TrainingView[]>;
  /** Wherever it runs. What was made before stays. @throws Refusal `not-found` */
  cancel(id: string): Promise<void>;
  /** What is under way here ends, and says so. */
  stop(): Promise<void>;
}

export interface TrainingView
  extends Pick<StoredTraining, 'id' | 'state' | 'stage' | 'progress' | 'version' | 'requestedBy' | 'createdAt'> {
  /** While it is `failed`. */
  readonly problem: Problem | null;
}

const listed = 20;
const keptMs = 30 * 24 * 3_600_000;
/** Models that are kept beside those that serve, served last, or are newer. */
const modelsKept = 5;
const seed = 1;
/** Of the whole, as a bar shows it. */
const embeddingShare = 0.1;

const interrupted = JSON.stringify({
  code: 'unavailable',
  detail: 'The process that trained has ended: train again.',
});
export function createTrainings(deps: {
  store: TrainingStore;
  models: ModelStore;
  library: Pick<IntentLibrary, 'trainingData'>;
  /** Where the settings say so, utterances' vectors are learnt from as well. */
  vectors?: TextVectors | undefined;
  clock: Clock;
  onError: (error: unknown) => void;
}): Trainings {
  const { store, models, library, clock, onError } = deps;
  const works = createNotedWorks({ onError });

  async function start(by: string): Promise<TrainingView> {
    if (works.isStopped) throw stoppedRefusal();
    const now = clock.now();
    const asked: StoredTraining = {
      ...{ id: newId(now), state: 'running', stage: 'waiting', progress: 0, version: null, problem: null },
      ...{ requestedBy: by, createdAt: now, seenAt: now },
    };
    await store.removeBefore(now - keptMs);
    const running = await store.begin(asked, now - silentMs, interrupted);
    if (running.id !== asked.id)
      throw new Refusal('conflict', `A training is under way (${running.progress} %): wait for its end, or cancel it.`);
    begin(asked);
    return view(asked);
  }

  function begin(training: StoredTraining): void {
    const { id } = training;
    const now: { stage: TrainingStage; progress: number; version: number | null } = {
      ...{ stage: 'reading', progress: 0, version: null },
    };
    const note = () => store.note(id, now, clock.now());
    works.begin({
      ...{ id, note, run: (signal) => train(training, now, signal) },
      done: async () => {
        await note();
        await store.end(id, 'done', null, clock.now());
      },
      failed: (error) => {
        if (!(error instanceof Refusal)) onError(error);
        const problem = problemOf(error, 'The training failed: the log of the server says why.');
        return store.end(id, 'failed', JSON.stringify(problem), clock.now());
      },
    });
  }

  async function train(
    training: StoredTraining,
    now: { stage: TrainingStage; progress: number; version: number | null },
    signal: AbortSignal,
  ): Promise<void> {
    const data = await library.trainingData();
    const embedding = await embed(data, now, signal);
    const before = embedding === undefined ? 0 : embeddingShare;
    const percentAt = (share: number) => Math.min(99, Math.floor(100 * (before + (1 - before) * share)));
    await runTraining(
      { data, seed, embedding },
      {
        signal,
        onProgress: (stage, share) => Object.assign(now, { stage, progress: percentAt(share) }),
        onModel: async ({ bytes, sha256, facts }) => {
          now.stage = 'storing';
          // Whoever lost the slot must not take a number that the next one takes.
          if (!(await store.note(training.id, now, clock.now()))) throw unwanted;
          const version = await nextVersion();
          const model = {
            ...{ version, sizeBytes: bytes.length, sha256, facts: JSON.stringify(facts), summary: null },
            ...{ trainedBy: training.requestedBy, trainedAt: clock.now() },
          };
          await storeModel(models, model, bytes, signal);
          now.version = version;
        },
        onEvaluated: async (evaluation) => {
          const { accuracy, calibrationError, actFrom, precision, coverage, outOfScopeRecall } = evaluation;
          const summary: EvaluationSummary = {
            ...{ accuracy, calibrationError, actFrom },
            ...{ precision, coverage, outOfScopeRecall },
          };
          const texts = { summary: JSON.stringify(summary), whole: JSON.stringify(evaluation) };
          if (now.version !== null) await models.setEvaluation(now.version, texts);
        },
      },
    );
  }

  /**
   * @returns undefined: the settings name no embedding
   * @throws Refusal that says why there are no vectors
   */
  async function embed(
    { examples, outOfScope }: TrainingData,
    now: { stage: TrainingStage; progress: number },
    signal: AbortSignal,
  ): Promise<UtteranceVectors | undefined> {
    const { vectors } = deps;
    if (vectors === undefined || !(await vectors.isWanted())) return undefined;
    now.stage = 'embedding';
    const texts = [...new Set([...examples.flatMap(({ utterances }) => utterances), ...outOfScope])];
    if (texts.length === 0) return undefined;
    try {
      const found = await vectors.ofMany(texts, {
        as: 'query',
        keep: true,
        signal,
        onProgress: (share) => {
          now.progress = Math.floor(100 * embeddingShare * share);
        },
      });
      const byText = new Map(texts.map((text, at) => [text, found.vectors[at] as Float32Array]));
      return { of: found.of, dimensions: found.vectors[0]?.length ?? 0, vectors: byText };
    } catch (error) {
      signal.throwIfAborted();
      if (!(error instanceof ModelFailure || error instanceof Refusal)) throw error;
      throw new Refusal(
        'unavailable',
        `The utterances' vectors could not be had: ${error.message} Train again later, or choose no embedding for intents on the page of the language model.`,
        { cause: error },
      );
    }
  }

  /** Only whoever has the slot comes here: what was begun and never finished is taken away first, and so are old ones. */
  async function nextVersion(): Promise<number> {
    const [all, publications] = await Promise.all([models.list(), models.publications(10)]);
    const served = [...new Set(publications.map(({ version }) => version))].slice(0, 2);
    const newest = all.slice(0, modelsKept - 1).map(({ version }) => version);
    await models.keepOnly([...new Set([...served, ...newest])]);
    return Math.max(0, ...all.map(({ version }) => version), ...publications.map(({ version }) => version)) + 1;
  }

  function view(training: StoredTraining): TrainingView {
    const { id, stage, progress, version, requestedBy, createdAt } = training;
    const isGone = isSilent(training, clock.now());
    const text = isGone ? interrupted : training.problem;
    return {
      ...{ id, state: isGone ? 'failed' : training.state, stage, progress, version, requestedBy, createdAt },
      problem: text === null ? null : (JSON.parse(text) as TrainingView['problem']),
    };
  }

  return {
    start,
    get: async (id) => {
      const found = await store.get(id);
      if (found === undefined) throw new Refusal('not-found', `There is no training ${id}.`);
      return view(found);
    },
    list: async () => (await store.list(listed)).map(view),
    cancel: async (id) => {
      if ((await store.get(id)) === undefined) throw new Refusal('not-found', `There is no training ${id}.`);
      await store.end(id, 'cancelled', null, clock.now());
      works.drop(id);
    },
    stop: () => works.stop(stoppedRefusal()),
  };
}

const stoppedRefusal = () =>
  new Refusal('unavailable', 'The server was stopped meanwhile: train again.', { retryAfterMs: 5_000 });
