import type { Kysely } from 'kysely';
import type { ReplayStore, StoredReplay } from '../../bot/replay/replay-store.ts';
import type { Tables } from './schema.ts';
import { leavingTaken, type SqlEngine } from './sql-engine.ts';

const listed = [
  'id',
  'state',
  'progress',
  'kind',
  'candidate',
  'live',
  'days',
  'requested_by',
  'created_at',
  'seen_at',
] as const;

/** Replays of candidates: the slot's unique key lets one run at a time, whichever process it is. There are a handful. */
export class SqlReplayStore implements ReplayStore {
  readonly #engine: SqlEngine;
  constructor(engine: SqlEngine) {
    this.#engine = engine;
  }
  get #db(): Kysely<Tables> {
    return this.#engine.db;
  }

  async begin(replay: StoredReplay, silentBefore: number, problem: string): Promise<StoredReplay> {
    return this.#engine.transaction(async (db) => {
      await db
        .updateTable('bot_replays')
        .set({ slot: null, state: 'failed', result: problem })
        .where('slot', '=', 1)
        .where('seen_at', '<', silentBefore)
        .execute();
      const { requestedBy, createdAt, seenAt, ...same } = replay;
      const row = { ...same, slot: 1, requested_by: requestedBy, created_at: createdAt, seen_at: seenAt };
      await leavingTaken(this.#engine, db.insertInto('bot_replays').values(row), 'id').execute();
      const taken = await db.selectFrom('bot_replays').selectAll().where('slot', '=', 1).executeTakeFirstOrThrow();
      return replayFrom(taken);
    });
  }

  async get(id: string): Promise<StoredReplay | undefined> {
    const row = await this.#db.selectFrom('bot_replays').selectAll().where('id', '=', id).executeTakeFirst();
    return row && replayFrom(row);
  }

  async list(limit: number): Promise<Omit<StoredReplay, 'result'>[]> {
    const rows = await this.#db.selectFrom('bot_replays').select(listed).orderBy('id', 'desc').limit(limit).execute();
    return rows.map(entryFrom);
  }

  async newest(of: Pick<StoredReplay, 'kind' | 'candidate' | 'live'>): Promise<StoredReplay | undefined> {
    const row = await this.#db
      .selectFrom('bot_replays')
      .selectAll()
      .where('kind', '=', of.kind)
      .where('candidate', '=', of.candidate)
      .where('live', '=', of.live)
      .where('state', '=', 'done')
      .orderBy('id', 'desc')
      .limit(1)
      .executeTakeFirst();
    return row && replayFrom(row);
  }

  async note(id: string, progress: number, at: number): Promise<boolean> {
    await this.#db
      .updateTable('bot_replays')
      .set({ progress, seen_at: at })
      .where('id', '=', id)
      .where('slot', '=', 1)
      .execute();
    // The number of changed rows would not do: a row that is as it should be is not changed.
    const row = await this.#db
      .selectFrom('bot_replays')
      .select('id')
      .where('id', '=', id)
      .where('slot', '=', 1)
      .executeTakeFirst();
    return row !== undefined;
  }

  async end(id: string, state: 'done' | 'failed' | 'cancelled', result: string | null, at: number): Promise<boolean> {
    const { numUpdatedRows } = await this.#db
      .updateTable('bot_replays')
      .set({ state, result, slot: null, seen_at: at, ...(state === 'done' ? { progress: 100 } : {}) })
      .where('id', '=', id)
      .where('slot', '=', 1)
      .executeTakeFirst();
    return numUpdatedRows > 0n;
  }

  async remove(id: string): Promise<boolean> {
    const { numDeletedRows } = await this.#db.deleteFrom('bot_replays').where('id', '=', id).executeTakeFirst();
    return numDeletedRows > 0n;
  }

  async keepNewest(count: number): Promise<void> {
    const oldest = await this.#db
      .selectFrom('bot_replays')
      .select('id')
      .orderBy('id', 'desc')
      .offset(count)
      .limit(1)
      .executeTakeFirst();
    if (oldest === undefined) return;
    await this.#db.deleteFrom('bot_replays').where('id', '<=', oldest.id).where('slot', 'is', null).execute();
  }
}

function replayFrom(row: Tables['bot_replays']): StoredReplay {
  return { ...entryFrom(row), result: row.result };
}

function entryFrom({
  id,
  state,
  progress,
  kind,
  candidate,
  live,
  days,
  ...row
}: Pick<Tables['bot_replays'], (typeof listed)[number]>): Omit<StoredReplay, 'result'> {
  return {
    ...{ id, state, progress, kind, candidate, live, days },
    ...{ requestedBy: row.requested_by, createdAt: row.created_at, seenAt: row.seen_at },
  };
}
