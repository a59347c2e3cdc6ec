import type { NamedIntent } from '@parley/sdk/bot-learning.ts';
import type { Kysely } from 'kysely';
import { sql } from 'kysely';
import {
  type CountedIntent,
  type IntentCounts,
  type IntentStore,
  outOfScopeId,
  type ShownUtterance,
  type StoredIntent,
  type StoredUtterance,
  type UtteranceConflict,
} from '../../bot/intents/intent-store.ts';
import type { Tables } from './schema.ts';
import { leavingTaken, type SqlEngine } from './sql-engine.ts';

/** Rows of one statement: a set of them stays far under what a database takes at once. */
const rowsAtOnce = 200;
/** In `meta`: when intents or utterances were changed last. */
const changedName = 'intents-changed-at';

/** Intents and their utterances, in SQL. */
export class SqlIntentStore implements IntentStore {
  readonly #engine: SqlEngine;
  constructor(engine: SqlEngine) {
    this.#engine = engine;
  }
  get #db(): Kysely<Tables> {
    return this.#engine.db;
  }

  async list(page: { after?: string; q?: string; limit: number }): Promise<CountedIntent[]> {
    let query = this.#db.selectFrom('intents').selectAll().orderBy('name').limit(page.limit);
    if (page.after !== undefined) query = query.where('name', '>', page.after);
    if (page.q !== undefined) {
      const pattern = `%${page.q.toLowerCase().replace(/[!%_]/g, '!$&')}%`;
      const has = (column: 'name' | 'description') =>
        sql<boolean>`lower(${sql.ref(column)}) like ${pattern} escape '!'`;
      query = query.where((where) => where.or([has('name'), has('description')]));
    }
    return this.#counted((await query.execute()).map(intentFrom));
  }

  async get(id: string): Promise<CountedIntent | undefined> {
    const row = await this.#db.selectFrom('intents').selectAll().where('id', '=', id).executeTakeFirst();
    return row && (await this.#counted([intentFrom(row)]))[0];
  }

  async named(names: readonly string[]): Promise<StoredIntent[]> {
    const found: StoredIntent[] = [];
    for (const some of inParts(names, rowsAtOnce)) {
      const rows = await this.#db.selectFrom('intents').selectAll().where('name', 'in', some).execute();
      found.push(...rows.map(intentFrom));
    }
    return found;
  }

  async add(intent: StoredIntent): Promise<boolean> {
    return this.#engine.transaction(async (db) => {
      await leavingTaken(this.#engine, db.insertInto('intents').values(rowOf(intent)), 'id').execute();
      const row = await db.selectFrom('intents').select('id').where('name', '=', intent.name).executeTakeFirst();
      if (row?.id !== intent.id) return false;
      await this.#touch(db, intent.updatedAt);
      return true;
    });
  }

  async change(
    id: string,
    to: Pick<StoredIntent, 'name' | 'description' | 'enabled' | 'answer' | 'updatedAt'>,
  ): Promise<boolean> {
    return this.#engine.transaction(async (db) => {
      const other = await db.selectFrom('intents').select('id').where('name', '=', to.name).executeTakeFirst();
      if (other !== undefined && other.id !== id) return false;
      const { name, description, enabled, answer, updated_at } = rowOf({ ...to, id, createdAt: 0 });
      await db
        .updateTable('intents')
        .set({ name, description, enabled, answer, updated_at })
        .where('id', '=', id)
        .execute();
      await this.#touch(db, to.updatedAt);
      return true;
    });
  }

  async remove(id: string, at: number): Promise<boolean> {
    return this.#engine.transaction(async (db) => {
      await db.deleteFrom('intent_utterances').where('intent_id', '=', id).execute();
      const { numDeletedRows } = await db.deleteFrom('intents').where('id', '=', id).executeTakeFirst();
      await this.#touch(db, at);
      return numDeletedRows > 0n;
    });
  }

  async utterances(intentId: string, page: { after?: string; limit: number }): Promise<ShownUtterance[]> {
    let query = this.#db
      .selectFrom('intent_utterances')
      .select(['id', 'text', 'text_key'])
      .where('intent_id', '=', intentId)
      .orderBy('id')
      .limit(page.limit);
    if (page.after !== undefined) query = query.where('id', '>', page.after);
    const rows = await query.execute();
    const others = await this.#intentsOf(rows.map(({ text_key }) => text_key));
    return rows.map(({ id, text, text_key }) => ({
      id,
      text,
      alsoIn: (others.get(text_key) ?? []).filter((intent) => intent.id !== intentId),
    }));
  }

  async addUtterances(utterances: readonly StoredUtterance[], at: number): Promise<number> {
    return this.#engine.transaction(async (db) => this.#insertUtterances(db, utterances, at));
  }

  async removeUtterances(intentId: string, ids: readonly string[], at: number): Promise<number> {
    return this.#engine.transaction(async (db) => {
      let removed = 0n;
      for (const some of inParts(ids, rowsAtOnce)) {
        const { numDeletedRows } = await db
          .deleteFrom('intent_utterances')
          .where('id', 'in', some)
          .where('intent_id', '=', intentId)
          .executeTakeFirst();
        removed += numDeletedRows;
      }
      await this.#touch(db, at);
      return Number(removed);
    });
  }

  async bring(intents: readonly StoredIntent[], utterances: readonly StoredUtterance[], at: number): Promise<number> {
    return this.#engine.transaction(async (db) => {
      for (const some of inParts(intents, rowsAtOnce)) await db.insertInto('intents').values(some.map(rowOf)).execute();
      return this.#insertUtterances(db, utterances, at);
    });
  }

  async counts(): Promise<IntentCounts> {
    const { count } = this.#db.fn;
    const [intents, utterances, outOfScope] = await Promise.all([
      this.#db.selectFrom('intents').select(count<number>('id').as('n')).executeTakeFirstOrThrow(),
      this.#db.selectFrom('intent_utterances').select(count<number>('id').as('n')).executeTakeFirstOrThrow(),
      this.#db
        .selectFrom('intent_utterances')
        .select(count<number>('id').as('n'))
        .where('intent_id', '=', outOfScopeId)
        .executeTakeFirstOrThrow(),
    ]);
    const outside = Number(outOfScope.n);
    return { intents: Number(intents.n), utterances: Number(utterances.n) - outside, outOfScope: outside };
  }

  async conflicts(limit: number): Promise<UtteranceConflict[]> {
    const keys = await this.#db
      .selectFrom('intent_utterances')
      .select('text_key')
      .groupBy('text_key')
      .having((having) => having.fn.count('intent_id'), '>', 1)
      .orderBy('text_key')
      .limit(limit)
      .execute();
    const wanted = keys.map(({ text_key }) => text_key);
    const texts = new Map<string, string>();
    const intents = await this.#intentsOf(wanted, texts);
    return wanted.map((key) => ({ text: texts.get(key) ?? '', intents: intents.get(key) ?? [] }));
  }

  async empty(limit: number): Promise<NamedIntent[]> {
    const rows = await this.#db
      .selectFrom('intents')
      .select(['id', 'name'])
      .where('enabled', '=', 1)
      .where((where) =>
        where.not(
          where.exists(
            where
              .selectFrom('intent_utterances')
              .select('intent_utterances.id')
              .whereRef('intent_utterances.intent_id', '=', 'intents.id'),
          ),
        ),
      )
      .orderBy('name')
      .limit(limit)
      .execute();
    return rows.map(({ id, name }) => ({ id, name }));
  }

  async allIntents(): Promise<StoredIntent[]> {
    return (await this.#db.selectFrom('intents').selectAll().orderBy('name').execute()).map(intentFrom);
  }

  async allUtterances(page: { after?: string; limit: number }) {
    const rows = await this.#db
      .selectFrom('intent_utterances')
      .select(['id', 'intent_id', 'text'])
      .where('id', '>', page.after ?? '')
      .orderBy('id')
      .limit(page.limit)
      .execute();
    return rows.map(({ id, intent_id: intentId, text }) => ({ id, intentId, text }));
  }

  async changedAt(): Promise<number | null> {
    const row = await this.#db.selectFrom('meta').select('value').where('name', '=', changedName).executeTakeFirst();
    return row === undefined ? null : Number(row.value);
  }

  async #insertUtterances(db: Kysely<Tables>, utterances: readonly StoredUtterance[], at: number): Promise<number> {
    let added = 0;
    for (const some of inParts(utterances, rowsAtOnce)) {
      const taken = await db
        .selectFrom('intent_utterances')
        .select(['intent_id', 'text_key'])
        .where('intent_id', 'in', [...new Set(some.map(({ intentId }) => intentId))])
        .where('text_key', 'in', [...new Set(some.map(({ key }) => key))])
        .execute();
      const seen = new Set(taken.map((row) => `${row.intent_id} ${row.text_key}`));
      const fresh = some.filter(({ intentId, key }) => {
        const place = `${intentId} ${key}`;
        return !seen.has(place) && seen.add(place);
      });
      if (fresh.length === 0) continue;
      const rows = fresh.map(({ id, intentId, text, key, createdAt }) => ({
        ...{ id, intent_id: intentId, text_key: key, text, created_at: createdAt },
      }));
      await leavingTaken(this.#engine, db.insertInto('intent_utterances').values(rows), 'id').execute();
      added += fresh.length;
    }
    await this.#touch(db, at);
    return added;
  }

  async #touch(db: Kysely<Tables>, at: number): Promise<void> {
    await db.deleteFrom('meta').where('name', '=', changedName).execute();
    await db
      .insertInto('meta')
      .values({ name: changedName, value: String(at) })
      .execute();
  }

  async #counted(intents: readonly StoredIntent[]): Promise<CountedIntent[]> {
    if (intents.length === 0) return [];
    const ids = intents.map(({ id }) => id);
    const { count } = this.#db.fn;
    const sizes = await this.#db
      .selectFrom('intent_utterances')
      .select(['intent_id', count<number>('id').as('n')])
      .where('intent_id', 'in', ids)
      .groupBy('intent_id')
      .execute();
    const conflicts = await this.#db
      .selectFrom('intent_utterances as mine')
      .innerJoin('intent_utterances as other', (join) =>
        join.onRef('other.text_key', '=', 'mine.text_key').onRef('other.intent_id', '<>', 'mine.intent_id'),
      )
      .select(['mine.intent_id', sql<number>`count(distinct ${sql.ref('mine.id')})`.as('n')])
      .where('mine.intent_id', 'in', ids)
      .groupBy('mine.intent_id')
      .execute();
    const of = (rows: readonly { intent_id: string; n: number }[], id: string) =>
      Number(rows.find(({ intent_id }) => intent_id === id)?.n ?? 0);
    return intents.map((intent) => ({
      ...intent,
      utterances: of(sizes, intent.id),
      conflicts: of(conflicts, intent.id),
    }));
  }

  standingIn(keys: readonly string[]): Promise<Map<string, NamedIntent[]>> {
    return this.#intentsOf(keys);
  }

  /** By key, the intents that have it; `texts` takes one of the ways in which it is written. */
  async #intentsOf(keys: readonly string[], texts?: Map<string, string>): Promise<Map<string, NamedIntent[]>> {
    const found = new Map<string, NamedIntent[]>();
    for (const some of inParts([...new Set(keys)], rowsAtOnce)) {
      const rows = await this.#db
        .selectFrom('intent_utterances')
        .leftJoin('intents', 'intents.id', 'intent_utterances.intent_id')
        .select(['intent_utterances.text_key', 'intent_utterances.text', 'intent_utterances.intent_id', 'intents.name'])
        .where('intent_utterances.text_key', 'in', some)
        .execute();
      for (const { text_key: key, text, intent_id: id, name } of rows) {
        texts?.set(key, texts.get(key) ?? text);
        found.set(key, [...(found.get(key) ?? []), { id, name: name ?? outOfScopeId }]);
      }
    }
    return found;
  }
}

function* inParts<T>(all: readonly T[], size: number): Generator<T[]> {
  for (let from = 0; from < all.length; from += size) yield all.slice(from, from + size);
}

function rowOf(intent: StoredIntent): Tables['intents'] {
  const { id, name, description, enabled, answer, createdAt, updatedAt } = intent;
  return {
    ...{ id, name, description, enabled: enabled ? 1 : 0, answer: answer === null ? null : JSON.stringify(answer) },
    ...{ created_at: createdAt, updated_at: updatedAt },
  };
}

function intentFrom(row: Tables['intents']): StoredIntent {
  const { id, name, description, enabled, answer, created_at: createdAt, updated_at: updatedAt } = row;
  const texts = answer === null ? null : (JSON.parse(answer) as Record<string, string>);
  return { id, name, description, enabled: enabled === 1, answer: texts, createdAt, updatedAt };
}
