import type { Kysely } from 'kysely';
import type { StoredTraining, TrainingStage, TrainingStore } from '../../bot/intents/model-store.ts';
import type { Tables } from './schema.ts';
import { leavingTaken, type SqlEngine } from './sql-engine.ts';

/** Trainings of the intents' model: the slot's unique key lets one run at a time, whichever process it is. */
export class SqlTrainingStore implements TrainingStore {
  readonly #engine: SqlEngine;
  constructor(engine: SqlEngine) {
    this.#engine = engine;
  }
  get #db(): Kysely<Tables> {
    return this.#engine.db;
  }

  async begin(training: StoredTraining, silentBefore: number, problem: string): Promise<StoredTraining> {
    return this.#engine.transaction(async (db) => {
      await db
        .updateTable('intent_trainings')
        .set({ slot: null, state: 'failed', problem })
        .where('slot', '=', 1)
        .where('seen_at', '<', silentBefore)
        .execute();
      await leavingTaken(this.#engine, db.insertInto('intent_trainings').values(rowOf(training)), 'id').execute();
      const row = await db.selectFrom('intent_trainings').selectAll().where('slot', '=', 1).executeTakeFirstOrThrow();
      return trainingFrom(row);
    });
  }

  async get(id: string): Promise<StoredTraining | undefined> {
    const row = await this.#db.selectFrom('intent_trainings').selectAll().where('id', '=', id).executeTakeFirst();
    return row && trainingFrom(row);
  }

  async list(limit: number): Promise<StoredTraining[]> {
    const rows = await this.#db.selectFrom('intent_trainings').selectAll().orderBy('id', 'desc').limit(limit).execute();
    return rows.map(trainingFrom);
  }

  async note(id: string, now: Pick<StoredTraining, 'stage' | 'progress' | 'version'>, at: number): Promise<boolean> {
    const { stage, progress, version } = now;
    await this.#db
      .updateTable('intent_trainings')
      .set({ stage, progress, version, seen_at: at })
      .where('id', '=', id)
      .where('slot', '=', 1)
      .execute();
    // The number of changed rows would not do: a row that is as it should be is not changed.
    const row = await this.#db
      .selectFrom('intent_trainings')
      .select('id')
      .where('id', '=', id)
      .where('slot', '=', 1)
      .executeTakeFirst();
    return row !== undefined;
  }

  async end(id: string, state: 'done' | 'failed' | 'cancelled', problem: string | null, at: number): Promise<boolean> {
    const { numUpdatedRows } = await this.#db
      .updateTable('intent_trainings')
      .set({
        ...{ state, problem, slot: null, seen_at: at },
        ...(state === 'done' ? { stage: 'done', progress: 100 } : {}),
      })
      .where('id', '=', id)
      .where('slot', '=', 1)
      .executeTakeFirst();
    return numUpdatedRows > 0n;
  }

  async removeBefore(createdAt: number): Promise<void> {
    await this.#db
      .deleteFrom('intent_trainings')
      .where('created_at', '<', createdAt)
      .where('slot', 'is', null)
      .execute();
  }
}

function rowOf(training: StoredTraining): Tables['intent_trainings'] {
  const { requestedBy, createdAt, seenAt, ...same } = training;
  return { ...same, slot: 1, requested_by: requestedBy, created_at: createdAt, seen_at: seenAt };
}

function trainingFrom(row: Tables['intent_trainings']): StoredTraining {
  const { slot: _, stage, requested_by: requestedBy, created_at: createdAt, seen_at: seenAt, ...same } = row;
  return { ...same, stage: stage as TrainingStage, requestedBy, createdAt, seenAt };
}
