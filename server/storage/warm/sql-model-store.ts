import type { Kysely } from 'kysely';
import type { ModelStore, Publication, StoredModel, ThresholdSet } from '../../bot/intents/model-store.ts';
import type { Tables } from './schema.ts';
import { leavingTaken, type SqlEngine } from './sql-engine.ts';

const shown = ['version', 'size_bytes', 'sha256', 'facts', 'summary', 'trained_by', 'trained_at'] as const;

/** Sets of thresholds of one version: the one that holds, and some before it. */
const setsKept = 3;

/** Trained models, their bytes in pieces of base64, and which of them was chosen when. */
export class SqlModelStore implements ModelStore {
  readonly #engine: SqlEngine;
  constructor(engine: SqlEngine) {
    this.#engine = engine;
  }
  get #db(): Kysely<Tables> {
    return this.#engine.db;
  }

  async list(): Promise<StoredModel[]> {
    const rows = await this.#db.selectFrom('intent_models').select(shown).orderBy('version', 'desc').execute();
    return rows.map(modelFrom);
  }

  async get(version: number): Promise<StoredModel | undefined> {
    const row = await this.#db
      .selectFrom('intent_models')
      .select(shown)
      .where('version', '=', version)
      .executeTakeFirst();
    return row && modelFrom(row);
  }

  async evaluation(version: number): Promise<string | null> {
    const row = await this.#db
      .selectFrom('intent_models')
      .select('evaluation')
      .where('version', '=', version)
      .executeTakeFirst();
    return row?.evaluation ?? null;
  }

  async addPieces(version: number, from: number, pieces: readonly Uint8Array[]): Promise<void> {
    const rows = pieces.map((piece, at) => ({ version, n: from + at, data: Buffer.from(piece).toString('base64') }));
    await this.#db.insertInto('intent_model_pieces').values(rows).execute();
  }

  async pieces(version: number, page: { from: number; limit: number }): Promise<Uint8Array[]> {
    const rows = await this.#db
      .selectFrom('intent_model_pieces')
      .select('data')
      .where('version', '=', version)
      .where('n', '>=', page.from)
      .orderBy('n')
      .limit(page.limit)
      .execute();
    return rows.map(({ data }) => new Uint8Array(Buffer.from(data, 'base64')));
  }

  async add(model: StoredModel): Promise<void> {
    const { version, sizeBytes, sha256, facts, summary, trainedBy, trainedAt } = model;
    await this.#db
      .insertInto('intent_models')
      .values({
        ...{ version, size_bytes: sizeBytes, sha256, facts, summary, evaluation: null },
        ...{ trained_by: trainedBy, trained_at: trainedAt },
      })
      .execute();
  }

  async setEvaluation(version: number, { summary, whole }: { summary: string; whole: string }): Promise<void> {
    await this.#db
      .updateTable('intent_models')
      .set({ summary, evaluation: whole })
      .where('version', '=', version)
      .execute();
  }

  async keepOnly(versions: readonly number[]): Promise<void> {
    const kept = versions.length === 0 ? [0] : [...versions];
    await this.#db.deleteFrom('intent_models').where('version', 'not in', kept).execute();
    await this.#db.deleteFrom('intent_thresholds').where('version', 'not in', kept).execute();
    // Also of what was never finished. The list of the kept ones is short, and so are the ranges between them.
    const ascending = kept.toSorted((a, b) => a - b);
    const bounds = [...ascending, Number.MAX_SAFE_INTEGER];
    for (const [at, below] of bounds.entries()) {
      await this.#db
        .deleteFrom('intent_model_pieces')
        .where('version', '>', at === 0 ? -1 : (bounds[at - 1] as number))
        .where('version', '<', below)
        .execute();
    }
  }

  async publications(limit: number): Promise<Publication[]> {
    const rows = await this.#db
      .selectFrom('intent_publications')
      .selectAll()
      .where('n', '>', 0)
      .orderBy('n', 'desc')
      .limit(limit)
      .execute();
    return rows.map(({ n, version, author_id: id, author_name: name, created_at: at, despite }) => ({
      ...{ n, version, at, despite },
      author: { id, name },
    }));
  }

  async publish({ n, version, author, at, despite }: Publication): Promise<boolean> {
    const row = { n, version, author_id: author.id, author_name: author.name, created_at: at, despite };
    await leavingTaken(this.#engine, this.#db.insertInto('intent_publications').values(row), 'n').execute();
    const stored = await this.#db
      .selectFrom('intent_publications')
      .select(['author_id', 'version', 'created_at'])
      .where('n', '=', n)
      .executeTakeFirst();
    return stored?.author_id === author.id && stored.version === version && stored.created_at === at;
  }

  async thresholds(version: number, limit: number): Promise<ThresholdSet[]> {
    const rows = await this.#db
      .selectFrom('intent_thresholds')
      .selectAll()
      .where('version', '=', version)
      .orderBy('n', 'desc')
      .limit(limit)
      .execute();
    return rows.map(({ author_id: id, author_name: name, created_at: at, ...row }) => ({
      ...row,
      author: { id, name },
      at,
    }));
  }

  choose({ version, n, chosen, author, at }: ThresholdSet): Promise<boolean> {
    return this.#engine.transaction(async (transaction) => {
      const row = { version, n, chosen, author_id: author.id, author_name: author.name, created_at: at };
      await leavingTaken(this.#engine, transaction.insertInto('intent_thresholds').values(row), 'n').execute();
      const stored = await transaction
        .selectFrom('intent_thresholds')
        .select(['chosen', 'author_id', 'created_at'])
        .where('version', '=', version)
        .where('n', '=', n)
        .executeTakeFirst();
      await transaction
        .deleteFrom('intent_thresholds')
        .where('version', '=', version)
        .where('n', '<=', n - setsKept)
        .execute();
      return stored?.chosen === chosen && stored.author_id === author.id && stored.created_at === at;
    });
  }
}

function modelFrom(row: Pick<Tables['intent_models'], (typeof shown)[number]>): StoredModel {
  const { version, size_bytes: sizeBytes, sha256, facts, summary, trained_by: trainedBy, trained_at: trainedAt } = row;
  return { version, sizeBytes, sha256, facts, summary, trainedBy, trainedAt };
}
