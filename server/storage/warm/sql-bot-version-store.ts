import type { Kysely } from 'kysely';
import type { BotDocumentKind, BotDocumentStore } from '../../bot/dialogue/dialogue-store.ts';
import type { StoredVersion, VersionEntry } from '../../publishing/published-document.ts';
import type { Tables } from './schema.ts';
import { leavingTaken, type SqlEngine } from './sql-engine.ts';

/** Published documents of the bot, in SQL. */
export class SqlBotVersionStore implements BotDocumentStore {
  readonly #engine: SqlEngine;
  constructor(engine: SqlEngine) {
    this.#engine = engine;
  }
  get #db(): Kysely<Tables> {
    return this.#engine.db;
  }

  async newest(kind: BotDocumentKind, after: number): Promise<StoredVersion | undefined> {
    const row = await this.#db
      .selectFrom('bot_versions')
      .selectAll()
      .where('kind', '=', kind)
      .where('version', '>', after)
      .orderBy('version', 'desc')
      .limit(1)
      .executeTakeFirst();
    return row === undefined ? undefined : documentFrom(row);
  }

  async get(kind: BotDocumentKind, version: number): Promise<StoredVersion | undefined> {
    const row = await this.#db
      .selectFrom('bot_versions')
      .selectAll()
      .where('kind', '=', kind)
      .where('version', '=', version)
      .executeTakeFirst();
    return row === undefined ? undefined : documentFrom(row);
  }

  async list(kind: BotDocumentKind, { before, limit }: { before: number; limit: number }): Promise<VersionEntry[]> {
    const rows = await this.#db
      .selectFrom('bot_versions')
      .select(['version', 'author_id', 'author_name', 'note', 'created_at', 'despite'])
      .where('kind', '=', kind)
      .where('version', '<', before)
      .orderBy('version', 'desc')
      .limit(limit)
      .execute();
    return rows.map(entryFrom);
  }

  async add(kind: BotDocumentKind, added: StoredVersion): Promise<boolean> {
    const row = {
      kind,
      version: added.version,
      document: added.document,
      author_id: added.author.id,
      author_name: added.author.name,
      note: added.note,
      despite: added.despite,
      created_at: added.publishedAt,
    };
    await leavingTaken(this.#engine, this.#db.insertInto('bot_versions').values(row), 'version').execute();
    // What is there now says whether ours came first.
    const there = await this.get(kind, added.version);
    return (
      there?.author.id === row.author_id && there.publishedAt === row.created_at && there.document === row.document
    );
  }
}

function documentFrom(row: Tables['bot_versions']): StoredVersion {
  return { ...entryFrom(row), document: row.document };
}

function entryFrom(row: Omit<Tables['bot_versions'], 'kind' | 'document'>): VersionEntry {
  return {
    version: row.version,
    author: { id: row.author_id, name: row.author_name },
    note: row.note,
    publishedAt: row.created_at,
    despite: row.despite,
  };
}
