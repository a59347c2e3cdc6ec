import type { Clock } from '../../base/clock.ts';
import type { Broadcast } from '../../conversation/broadcast.ts';
import { Refusal } from '../../gateway/refusal.ts';
import { type EmbeddingId, isSameEmbedding, type TrainedEmbedding } from '../embeddings/embedding-id.ts';
import type { TextVectors } from '../embeddings/text-vectors.ts';
import { type ComparedText, type Comparison, createComparisons } from './comparison.ts';
import type { Evaluation, EvaluationSummary } from './evaluation.ts';
import type { IntentStore } from './intent-store.ts';
import { createIntentLibrary, type IntentLibrary } from './intents.ts';
import type { ModelStore, Publication, StoredModel, TrainingStore } from './model-store.ts';
import { createPublishedModel, type PublishedModel } from './published-model.ts';
import { createThresholds, type Thresholds } from './thresholds.ts';
import type { ModelFacts } from './training-protocol.ts';
import { createTrainings, type Trainings } from './trainings.ts';

/** A stored version as the list shows it. */
export interface ModelView extends Pick<StoredModel, 'version' | 'sizeBytes' | 'trainedBy' | 'trainedAt'> {
  readonly intents: number;
  readonly utterances: number;
  readonly seconds: number;
  readonly problems: ModelFacts['problems'];
  readonly problemCount: number;
  /** null: without one. */
  readonly embedding: TrainedEmbedding | null;
  /** null: not measured (yet). */
  readonly summary: EvaluationSummary | null;
}

/** The versions that are kept, and which of them does what. */
export interface ModelsView {
  readonly items: readonly ModelView[];
  /** What was published last; null: nothing yet. */
  readonly published: {
    readonly version: number;
    readonly author: Publication['author'];
    readonly at: number;
    /** Somebody saw that it is clearly worse, and published it all the same. */
    readonly despite: object | null;
  } | null;
  /** The version before it that is still kept: one click back. */
  readonly former: number | null;
  /** What answers in this process: another one than published while that one cannot be used. */
  readonly serving: number | null;
  readonly problem: PublishedModel['problem'] | null;
  /** When intents or utterances were changed last; null: never. */
  readonly changedAt: number | null;
  /** What the next training learns from beside the words. */
  readonly embedding: {
    /** Whether the settings name one. */
    readonly isWanted: boolean;
    /** null: there is none now. */
    readonly current: EmbeddingId | null;
    /** What the version that serves was trained with, and answers without, as it is not what there is now; null: no such thing. */
    readonly unused: TrainedEmbedding | null;
  };
}

/** The intents of an installation: what they are, what was trained on them, and what serves. */
export interface BotIntents {
  readonly library: IntentLibrary;
  readonly trainings: Trainings;
  /** `recognize` for the rules of dialogue. */
  readonly model: PublishedModel;
  /** From how sure on it acts, chosen from what was measured. */
  readonly thresholds: Thresholds;
  models(): Promise<ModelsView>;
  /** @throws Refusal `not-found` */
  evaluation(version: number): Promise<{ model: ModelView; evaluation: Omit<Evaluation, 'answers'> | null }>;
  /** On what is trained now, and on the texts that are given. @throws Refusal as `createComparisons` */
  compare(from: number, to: number, texts: readonly string[]): Promise<Comparison>;
  stop(): Promise<void>;
}

export async function createBotIntents(deps: {
  intents: IntentStore;
  models: ModelStore;
  trainings: TrainingStore;
  broadcast: Broadcast;
  /** Of what is said, where an embedding is set for intents. */
  vectors?: TextVectors;
  clock: Clock;
  onError: (error: unknown) => void;
}): Promise<BotIntents> {
  const { models, vectors, clock, onError } = deps;
  const library = createIntentLibrary({ store: deps.intents, clock });
  const model = await createPublishedModel({ store: models, broadcast: deps.broadcast, vectors, clock, onError });
  const trainings = createTrainings({ store: deps.trainings, models, library, vectors, clock, onError });
  const thresholds = createThresholds({ store: models, model, clock });
  const comparisons = createComparisons({ store: models, vectors });

  async function embeddingNow(): Promise<ModelsView['embedding']> {
    const [isWanted = false, current] = await Promise.all([vectors?.isWanted(), vectors?.current()]);
    const { embedding } = model;
    const isOther = embedding !== null && (current === undefined || !isSameEmbedding(current, embedding));
    return { isWanted, current: current ?? null, unused: isOther ? embedding : null };
  }

  return {
    library,
    trainings,
    model,
    thresholds,
    models: async () => {
      const [all, publications, changedAt, embedding] = await Promise.all([
        models.list(),
        model.publications(),
        library.changedAt(),
        embeddingNow(),
      ]);
      const [newest] = publications;
      const kept = new Set(all.map(({ version }) => version));
      const former = publications.find(({ version }) => version !== newest?.version && kept.has(version));
      return {
        items: all.map(viewOf),
        published: newest === undefined ? null : publicationOf(newest),
        former: former?.version ?? null,
        serving: model.version ?? null,
        problem: model.problem ?? null,
        changedAt,
        embedding,
      };
    },
    evaluation: async (version) => {
      const found = await models.get(version);
      if (found === undefined) throw new Refusal('not-found', `There is no model version ${version}.`);
      const text = await models.evaluation(version);
      if (text === null) return { model: viewOf(found), evaluation: null };
      // The single answers are what thresholds are chosen from, and nobody reads them.
      const { answers: _, ...evaluation } = JSON.parse(text) as Evaluation;
      return { model: viewOf(found), evaluation };
    },
    compare: async (from, to, texts) => {
      const { examples } = await library.trainingData();
      const trained = examples.flatMap(({ intent, utterances }) =>
        utterances.map((text): ComparedText => ({ text, expected: intent })),
      );
      return comparisons.compare(from, to, [...trained, ...texts.map((text) => ({ text, expected: null }))]);
    },
    stop: async () => {
      comparisons.stop();
      await trainings.stop();
      await model.stop();
    },
  };
}

function publicationOf({ version, author, at, despite }: Publication): NonNullable<ModelsView['published']> {
  return { version, author, at, despite: despite === null ? null : (JSON.parse(despite) as object) };
}

function viewOf({ version, sizeBytes, trainedBy, trainedAt, facts, summary }: StoredModel): ModelView {
  const { intents, utterances, seconds, problems, problemCount, embedding = null } = JSON.parse(facts) as ModelFacts;
  return {
    ...{ version, sizeBytes, trainedBy, trainedAt, intents: intents.length, utterances, seconds, embedding },
    ...{ problems, problemCount },
    summary: summary === null ? null : (JSON.parse(summary) as EvaluationSummary),
  };
}
