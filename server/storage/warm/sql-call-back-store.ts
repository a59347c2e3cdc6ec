import type { CallBackState, Page } from '@parley/sdk/protocol.ts';
import type { Kysely } from 'kysely';
import { Refusal } from '../../gateway/refusal.ts';
import type { CallBackRow, CallBackStore } from '../../routing/call-back-store.ts';
import { conversationNo } from './conversation-no.ts';
import type { Tables } from './schema.ts';
import { leavingTaken, type SqlEngine } from './sql-engine.ts';

/** Of a conversation so many are told of. */
const ofOneConversation = 100;

/** Requests to be called back or answered later, in SQL. */
export class SqlCallBackStore implements CallBackStore {
  readonly #engine: SqlEngine;
  constructor(engine: SqlEngine) {
    this.#engine = engine;
  }
  get #db(): Kysely<Tables> {
    return this.#engine.db;
  }

  async add(row: CallBackRow): Promise<CallBackRow> {
    const { conversationId, contactId, clientId, dueAt, agentId, createdAt, updatedAt, ...rest } = row;
    const values = {
      ...rest,
      conversation_id: conversationNo(conversationId),
      contact_id: contactId,
      client_id: clientId,
      due_at: dueAt,
      agent_id: agentId,
      created_at: createdAt,
      updated_at: updatedAt,
    };
    await leavingTaken(this.#engine, this.#db.insertInto('call_backs').values(values), 'id').execute();
    return (await this.find(conversationId, clientId)) ?? row;
  }

  async get(id: string): Promise<CallBackRow | undefined> {
    const row = await this.#db.selectFrom('call_backs').selectAll().where('id', '=', id).executeTakeFirst();
    return row && callBackFrom(row);
  }

  async find(conversationId: string, clientId: string): Promise<CallBackRow | undefined> {
    const row = await this.#db
      .selectFrom('call_backs')
      .selectAll()
      .where('conversation_id', '=', conversationNo(conversationId))
      .where('client_id', '=', clientId)
      .executeTakeFirst();
    return row && callBackFrom(row);
  }

  async of(conversationId: string): Promise<CallBackRow[]> {
    const rows = await this.#db
      .selectFrom('call_backs')
      .selectAll()
      .where('conversation_id', '=', conversationNo(conversationId))
      .limit(ofOneConversation)
      .execute();
    return rows.map(callBackFrom).sort((a, b) => b.createdAt - a.createdAt);
  }

  async list(state: CallBackState, page: { cursor?: string; limit: number }): Promise<Page<CallBackRow>> {
    const { limit } = page;
    let query = this.#db
      .selectFrom('call_backs')
      .selectAll()
      .where('state', '=', state)
      .orderBy('due_at')
      .orderBy('id')
      .limit(limit + 1);
    if (page.cursor !== undefined) {
      const { at, id } = placeOf(page.cursor);
      // The first condition says nothing new: it lets the engine begin at the right place of the index.
      query = query
        .where('due_at', '>=', at)
        .where((where) => where.or([where('due_at', '>', at), where('id', '>', id)]));
    }
    const rows = await query.execute();
    const items = rows.slice(0, limit).map(callBackFrom);
    const last = items.at(-1);
    const hasMore = rows.length > limit && last !== undefined;
    return { items, nextCursor: hasMore ? `${last.dueAt}.${last.id}` : null };
  }

  async change(
    was: Pick<CallBackRow, 'id' | 'state' | 'updatedAt'>,
    to: Pick<CallBackRow, 'state' | 'dueAt' | 'tries' | 'agentId' | 'updatedAt'>,
  ): Promise<boolean> {
    const { numUpdatedRows } = await this.#db
      .updateTable('call_backs')
      .set({
        state: to.state,
        due_at: to.dueAt,
        tries: to.tries,
        agent_id: to.agentId,
        // Two changes in one millisecond are two changes.
        updated_at: Math.max(to.updatedAt, was.updatedAt + 1),
      })
      .where('id', '=', was.id)
      .where('state', '=', was.state)
      .where('updated_at', '=', was.updatedAt)
      .executeTakeFirst();
    return numUpdatedRows === 1n;
  }
}

function callBackFrom(row: Tables['call_backs']): CallBackRow {
  const {
    conversation_id: no,
    contact_id: contactId,
    client_id: clientId,
    due_at: dueAt,
    agent_id: agentId,
    created_at: createdAt,
    updated_at: updatedAt,
    ...rest
  } = row;
  return { ...rest, conversationId: String(no), contactId, clientId, dueAt, agentId, createdAt, updatedAt };
}

/** @throws Refusal `cursor-invalid` */
function placeOf(cursor: string): { at: number; id: string } {
  const [, at, id] = /^(\d{1,15})\.([0-9a-z]{1,16})$/i.exec(cursor) ?? [];
  if (at === undefined || id === undefined) {
    throw new Refusal('cursor-invalid', 'cursor: this is not one that this list gave; begin again without it.', {
      field: 'cursor',
    });
  }
  return { at: Number(at), id };
}
