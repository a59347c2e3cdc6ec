import type { Kysely } from 'kysely';
import type { StoredVersion, VersionEntry, VersionStore } from '../../publishing/published-document.ts';
import type { BegunStore } from '../../routing/measured-arrivals.ts';

import type { Tables } from './schema.ts';
import { leavingTaken, type SqlEngine } from './sql-engine.ts';

/** Published routing configurations in SQL, and what plans are made from. */
export class SqlRoutingStore implements VersionStore, BegunStore {
  readonly #engine: SqlEngine;
  constructor(engine: SqlEngine) {
    this.#engine = engine;
  }
  get #db(): Kysely<Tables> {
    return this.#engine.db;
  }

  async newest(after: number): Promise<StoredVersion | undefined> {
    const row = await this.#db
      .selectFrom('routing_versions')
      .selectAll()
      .where('version', '>', after)
      .orderBy('version', 'desc')
      .limit(1)
      .executeTakeFirst();
    return row === undefined ? undefined : versionFrom(row);
  }

  async get(version: number): Promise<StoredVersion | undefined> {
    const row = await this.#db
      .selectFrom('routing_versions')
      .selectAll()
      .where('version', '=', version)
      .executeTakeFirst();
    return row === undefined ? undefined : versionFrom(row);
  }

  async list({ before, limit }: { before: number; limit: number }): Promise<VersionEntry[]> {
    const rows = await this.#db
      .selectFrom('routing_versions')
      .select(['version', 'author_id', 'author_name', 'note', 'created_at'])
      .where('version', '<', before)
      .orderBy('version', 'desc')
      .limit(limit)
      .execute();
    return rows.map(entryFrom);
  }

  begun({ after, limit }: { after: number; limit: number }): Promise<{ id: number; createdAt: number }[]> {
    return this.#db
      .selectFrom('conversations')
      .select(['id', 'created_at as createdAt'])
      .where('id', '>', after)
      .orderBy('id')
      .limit(limit)
      .execute();
  }

  async add(added: StoredVersion): Promise<boolean> {
    const row = {
      version: added.version,
      config: added.document,
      author_id: added.author.id,
      author_name: added.author.name,
      note: added.note,
      created_at: added.publishedAt,
    };
    await leavingTaken(this.#engine, this.#db.insertInto('routing_versions').values(row), 'version').execute();
    // What is there now says whether ours came first. Of the document and no name or note: those are kept in a column's own
    // form, in which half a surrogate pair reads otherwise than it was written.
    const there = await this.get(added.version);
    return there?.author.id === row.author_id && there.publishedAt === row.created_at && there.document === row.config;
  }
}

function versionFrom(row: Tables['routing_versions']): StoredVersion {
  return { ...entryFrom(row), document: row.config };
}

function entryFrom(row: Omit<Tables['routing_versions'], 'config'>): VersionEntry {
  return {
    version: row.version,
    author: { id: row.author_id, name: row.author_name },
    note: row.note,
    publishedAt: row.created_at,
    // Nothing examines a routing configuration before it is published.
    despite: null,
  };
}
