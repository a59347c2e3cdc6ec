import { type Kysely, sql } from 'kysely';
import type { FileRecord, FileStore } from '../../files/file-store.ts';
import type { ChannelRecord, ChannelStore } from '../../gateway/channel-store.ts';
import type { AgentRecord, AgentStore, SessionRecord } from '../../identity/agent-store.ts';
import type { Tables } from './schema.ts';
import { leavingTaken, type SqlEngine } from './sql-engine.ts';

/** Configured channels in SQL. */
export class SqlChannelStore implements ChannelStore {
  readonly #db: Kysely<Tables>;
  constructor(engine: SqlEngine) {
    this.#db = engine.db;
  }

  async all(): Promise<ChannelRecord[]> {
    const rows = await this.#db
      .selectFrom('channels')
      .selectAll()
      .where('deleted_at', 'is', null)
      .orderBy('id')
      .execute();
    return rows.map((row) => ({
      id: row.id,
      type: row.type,
      name: row.name,
      settings: JSON.parse(row.settings) as Record<string, unknown>,
      enabled: row.enabled === 1,
      createdAt: row.created_at,
      updatedAt: row.updated_at,
    }));
  }

  async save(record: ChannelRecord): Promise<void> {
    const values = {
      type: record.type,
      name: record.name,
      settings: JSON.stringify(record.settings),
      enabled: record.enabled ? 1 : 0,
      updated_at: record.updatedAt,
    };
    const { numUpdatedRows } = await this.#db
      .updateTable('channels')
      .set(values)
      .where('id', '=', record.id)
      .executeTakeFirstOrThrow();
    if (numUpdatedRows > 0n) return;
    await this.#db
      .insertInto('channels')
      .values({ id: record.id, created_at: record.createdAt, deleted_at: null, ...values })
      .execute();
  }

  async remove(id: string, at: number): Promise<void> {
    await this.#db
      .updateTable('channels')
      .set({ deleted_at: at, enabled: 0, settings: '{}', updated_at: at })
      .where('id', '=', id)
      .execute();
  }
}

/** Agents and their sessions in SQL. */
export class SqlAgentStore implements AgentStore {
  readonly #engine: SqlEngine;
  readonly #db: Kysely<Tables>;
  constructor(engine: SqlEngine) {
    this.#engine = engine;
    this.#db = engine.db;
  }

  async all(): Promise<AgentRecord[]> {
    const rows = await this.#db.selectFrom('agents').selectAll().orderBy('id').execute();
    return rows.map((row) => ({
      id: row.id,
      email: row.email,
      name: row.name,
      role: row.role as AgentRecord['role'],
      passwordHash: row.password_hash,
      enabled: row.enabled === 1,
      capacity: row.capacity,
      createdAt: row.created_at,
    }));
  }

  async insert(agent: AgentRecord): Promise<boolean> {
    const row = { id: agent.id, created_at: agent.createdAt, ...agentColumns(agent) };
    await leavingTaken(this.#engine, this.#db.insertInto('agents').values(row), 'id').execute();
    // Whose e-mail it is now says whether ours came first.
    const holder = await this.#db.selectFrom('agents').select('id').where('email', '=', agent.email).executeTakeFirst();
    return holder?.id === agent.id;
  }

  async update(agent: AgentRecord): Promise<void> {
    await this.#db.updateTable('agents').set(agentColumns(agent)).where('id', '=', agent.id).execute();
  }

  async insertSession(session: SessionRecord): Promise<void> {
    await this.#db
      .insertInto('sessions')
      .values({
        token_hash: session.tokenHash,
        agent_id: session.agentId,
        created_at: session.createdAt,
        expires_at: session.expiresAt,
      })
      .execute();
  }

  async session(tokenHash: string): Promise<SessionRecord | undefined> {
    const row = await this.#db
      .selectFrom('sessions')
      .selectAll()
      .where('token_hash', '=', tokenHash)
      .executeTakeFirst();
    if (row === undefined) return undefined;
    return { tokenHash, agentId: row.agent_id, createdAt: row.created_at, expiresAt: row.expires_at };
  }

  async removeSession(tokenHash: string): Promise<void> {
    await this.#db.deleteFrom('sessions').where('token_hash', '=', tokenHash).execute();
  }

  async aliveSessions(tokenHashes: readonly string[]): Promise<string[]> {
    if (tokenHashes.length === 0) return [];
    const rows = await this.#db
      .selectFrom('sessions')
      .select('token_hash')
      .where('token_hash', 'in', tokenHashes)
      .execute();
    return rows.map((row) => row.token_hash);
  }

  async removeSessionsOf(agentId: string, exceptTokenHash?: string): Promise<void> {
    await this.#db
      .deleteFrom('sessions')
      .where('agent_id', '=', agentId)
      .where('token_hash', '<>', exceptTokenHash ?? '')
      .execute();
  }

  async removeExpiredSessions(now: number): Promise<void> {
    await this.#db.deleteFrom('sessions').where('expires_at', '<', now).execute();
  }
}

function agentColumns(agent: AgentRecord) {
  return {
    email: agent.email,
    name: agent.name,
    role: agent.role,
    password_hash: agent.passwordHash,
    enabled: agent.enabled ? 1 : 0,
    capacity: agent.capacity,
  };
}

/** What is known of uploaded files; their bytes lie in the data folder. */
export class SqlFileStore implements FileStore {
  readonly #db: Kysely<Tables>;
  constructor(engine: SqlEngine) {
    this.#db = engine.db;
  }

  async insert(file: FileRecord): Promise<void> {
    await this.#db
      .insertInto('files')
      .values({
        id: file.id,
        name: file.name,
        mime_type: file.mimeType,
        size_bytes: file.sizeBytes,
        owner: file.owner,
        created_at: file.createdAt,
      })
      .execute();
  }

  async get(id: string): Promise<FileRecord | undefined> {
    const row = await this.#db.selectFrom('files').selectAll().where('id', '=', id).executeTakeFirst();
    if (row === undefined) return undefined;
    return {
      id,
      name: row.name,
      mimeType: row.mime_type,
      sizeBytes: row.size_bytes,
      owner: row.owner,
      createdAt: row.created_at,
    };
  }
}

/** Small facts about the installation: the store's epoch, the secret. */
export class SqlMetaStore {
  readonly #engine: SqlEngine;
  readonly #db: Kysely<Tables>;
  constructor(engine: SqlEngine) {
    this.#engine = engine;
    this.#db = engine.db;
  }

  async get(name: string): Promise<string | undefined> {
    const row = await this.#db.selectFrom('meta').select('value').where('name', '=', name).executeTakeFirst();
    return row?.value;
  }

  /** The server's time in epoch milliseconds, whatever time zone it keeps. */
  async now(): Promise<number> {
    const time =
      this.#engine.name === 'mysql'
        ? sql<string>`timestampdiff(microsecond, '1970-01-01', utc_timestamp(6)) / 1000`
        : sql<number>`unixepoch('subsec') * 1000`;
    const { rows } = await sql<{ now: string | number }>`select ${time} as now`.execute(this.#db);
    return Number(rows[0]?.now);
  }

  /** Keeps the value that is there; the given one only where there is none. Answers what is kept. */
  async getOrSet(name: string, value: string): Promise<string> {
    await leavingTaken(this.#engine, this.#db.insertInto('meta').values({ name, value }), 'name').execute();
    return (await this.get(name)) ?? value;
  }

  /** Keeps the value, whatever was there. */
  async set(name: string, value: string): Promise<void> {
    await this.#engine.transaction(async (transaction) => {
      await transaction.deleteFrom('meta').where('name', '=', name).execute();
      await transaction.insertInto('meta').values({ name, value }).execute();
    });
  }
}
