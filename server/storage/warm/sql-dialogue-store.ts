import type { Kysely } from 'kysely';
import type {
  BotDecisionRow,
  DialogueOutcome,
  DialogueStore,
  DialogueSubject,
  OwedPage,
} from '../../bot/dialogue/dialogue-store.ts';
import { conversationNo } from './conversation-no.ts';
import type { Tables } from './schema.ts';
import { leavingTaken, locking, type SqlEngine } from './sql-engine.ts';

/** Conversations of the bot that are looked through at once for one that it owes an answer. */
const lookedThrough = 500;
const idsAtOnce = 200;

/** What the bot knows and decided, in SQL. */
export class SqlDialogueStore implements DialogueStore {
  readonly #engine: SqlEngine;
  constructor(engine: SqlEngine) {
    this.#engine = engine;
  }
  get #db(): Kysely<Tables> {
    return this.#engine.db;
  }

  async subject(id: string): Promise<DialogueSubject | undefined> {
    const row = await this.#db
      .selectFrom('conversations')
      .innerJoin('contacts', 'contacts.id', 'conversations.contact_id')
      .leftJoin('bot_dialogues', 'bot_dialogues.conversation_id', 'conversations.id')
      .select([
        'status',
        'owner_epoch',
        'channel_id',
        'contact_id',
        'last_seq',
        'tags',
        'language',
        'routing',
        'contacts.email',
        'contacts.phone',
        'contacts.attributes',
        'contacts.verified',
        'bot_dialogues.epoch',
        'bot_dialogues.seq',
        'bot_dialogues.looked_seq',
        'bot_dialogues.state',
      ])
      .where('conversations.id', '=', conversationNo(id))
      .executeTakeFirst();
    if (row === undefined) return undefined;
    const { epoch, seq, looked_seq: lookedSeq, state } = row;
    const isKnown = epoch !== null && seq !== null && lookedSeq !== null && state !== null;
    return {
      id,
      status: row.status,
      epoch: row.owner_epoch,
      channelId: row.channel_id,
      contactId: row.contact_id,
      lastSeq: row.last_seq,
      tags: JSON.parse(row.tags) as string[],
      language: row.language,
      email: row.email,
      phone: row.phone,
      attributes: JSON.parse(row.attributes) as Record<string, string>,
      isVerified: row.verified === 1,
      routing: row.routing,
      known: isKnown ? { epoch, seq, lookedSeq, state } : null,
    };
  }

  decide(decision: BotDecisionRow, state: string): Promise<boolean> {
    const no = conversationNo(decision.conversationId);
    return this.#engine.transaction(async (transaction) => {
      const known = await locking(
        this.#engine,
        transaction.selectFrom('bot_dialogues').select(['seq', 'epoch']).where('conversation_id', '=', no),
      ).executeTakeFirst();
      const isLater = known !== undefined && known.epoch >= decision.epoch;
      if (isLater && (known.epoch > decision.epoch || known.seq >= decision.seq)) return false;
      const { conversationId: _, helped, ...row } = decision;
      await transaction
        .insertInto('bot_decisions')
        .values({ ...row, conversation_id: no, helped: helped === null ? null : Number(helped) })
        .execute();
      const { seq, epoch } = decision;
      if (known === undefined) {
        const first = { conversation_id: no, epoch, seq, looked_seq: 0, state };
        await transaction.insertInto('bot_dialogues').values(first).execute();
      } else {
        await transaction
          .updateTable('bot_dialogues')
          .set({ epoch, seq, state })
          .where('conversation_id', '=', no)
          .execute();
      }
      return true;
    });
  }

  async looked(conversationId: string, epoch: number, lookedSeq: number): Promise<void> {
    const no = conversationNo(conversationId);
    const { numUpdatedRows } = await this.#db
      .updateTable('bot_dialogues')
      .set({ looked_seq: lookedSeq })
      .where('conversation_id', '=', no)
      .executeTakeFirst();
    if (numUpdatedRows > 0n) return;
    // It came to the bot, and the customer has said nothing since.
    const row = { conversation_id: no, epoch, seq: 0, looked_seq: lookedSeq, state: '{}' };
    await leavingTaken(this.#engine, this.#db.insertInto('bot_dialogues').values(row), 'epoch').execute();
  }

  async decision(conversationId: string, seq: number, epoch: number): Promise<BotDecisionRow | undefined> {
    const row = await this.#db
      .selectFrom('bot_decisions')
      .selectAll()
      .where('conversation_id', '=', conversationNo(conversationId))
      .where('seq', '=', seq)
      .where('epoch', '=', epoch)
      .executeTakeFirst();
    return row === undefined ? undefined : decisionFrom(row);
  }

  async decisions(
    conversationId: string,
    { before = Number.MAX_SAFE_INTEGER, limit }: { before?: number; limit: number },
  ): Promise<BotDecisionRow[]> {
    const rows = await this.#db
      .selectFrom('bot_decisions')
      .selectAll()
      .where('conversation_id', '=', conversationNo(conversationId))
      .where('seq', '<', before)
      .orderBy('seq', 'desc')
      .orderBy('epoch', 'desc')
      .limit(limit)
      .execute();
    return rows.map(decisionFrom);
  }

  async owed(after: { sortAt: number; no: number }, limit: number): Promise<OwedPage> {
    const rows = await this.#db
      .selectFrom('conversations')
      .leftJoin('bot_dialogues', 'bot_dialogues.conversation_id', 'conversations.id')
      .select(['conversations.id', 'sort_at', 'last_seq', 'looked_seq'])
      .where('status', '=', 'bot')
      .where((is) =>
        is.or([
          is('sort_at', '>', after.sortAt),
          is.and([is('sort_at', '=', after.sortAt), is('conversations.id', '>', after.no)]),
        ]),
      )
      .where('sort_at', '>=', after.sortAt)
      .orderBy('sort_at')
      .orderBy('conversations.id')
      .limit(Math.max(limit, lookedThrough))
      .execute();
    const last = rows.length < Math.max(limit, lookedThrough) ? undefined : rows.at(-1);
    return {
      ids: rows.filter((row) => (row.looked_seq ?? 0) < row.last_seq).map((row) => String(row.id)),
      next: last === undefined ? null : { sortAt: last.sort_at, no: last.id },
    };
  }

  async quiet(since: number, limit: number): Promise<{ id: string; epoch: number }[]> {
    const rows = await this.#db
      .selectFrom('conversations')
      .select(['id', 'owner_epoch', 'last_message_at'])
      .where('status', '=', 'bot')
      .where('sort_at', '<', since)
      .orderBy('sort_at')
      .orderBy('id')
      .limit(limit)
      .execute();
    return rows
      .filter((row) => row.last_message_at < since)
      .map((row) => ({ id: String(row.id), epoch: row.owner_epoch }));
  }

  async forget(before: number, limit: number): Promise<number> {
    const old = await this.#db
      .selectFrom('bot_decisions')
      .select(['conversation_id', 'seq', 'epoch'])
      .where('at', '<', before)
      .orderBy('at')
      .orderBy('conversation_id')
      .orderBy('seq')
      .limit(limit)
      .execute();
    const ids = [...new Set(old.map((row) => row.conversation_id))];
    for (let from = 0; from < ids.length; from += idsAtOnce) {
      const some = ids.slice(from, from + idsAtOnce);
      await this.#engine.transaction(async (transaction) => {
        const closed = await transaction
          .selectFrom('conversations')
          .innerJoin('bot_decisions', 'bot_decisions.conversation_id', 'conversations.id')
          .select('conversations.id')
          .where('conversations.id', 'in', some)
          .where('status', '=', 'closed')
          .groupBy('conversations.id')
          .having((of) => of.fn.max('bot_decisions.at'), '<', before)
          .execute();
        await transaction
          .deleteFrom('bot_decisions')
          .where('conversation_id', 'in', some)
          .where('at', '<', before)
          .execute();
        const over = closed.map(({ id }) => id);
        if (over.length > 0)
          await transaction.deleteFrom('bot_dialogues').where('conversation_id', 'in', over).execute();
      });
    }
    return old.length;
  }

  async outcomes(ids: readonly string[]): Promise<DialogueOutcome[]> {
    const found: DialogueOutcome[] = [];
    for (let from = 0; from < ids.length; from += idsAtOnce) {
      const rows = await this.#db
        .selectFrom('conversations')
        .select((row) => [
          'conversations.id',
          row
            .selectFrom('routing_decisions')
            .select('epoch')
            .whereRef('routing_decisions.conversation_id', '=', 'conversations.id')
            .where('kind', '=', 'assign')
            .limit(1)
            .as('assigned'),
          row
            .selectFrom('conversations as others')
            .select((of) => of.fn.min('others.created_at').as('at'))
            .whereRef('others.contact_id', '=', 'conversations.contact_id')
            .whereRef('others.id', '>', 'conversations.id')
            .as('next_at'),
          row
            .selectFrom('conversations as others')
            .select((of) => of.fn.min('others.id').as('id'))
            .whereRef('others.contact_id', '=', 'conversations.contact_id')
            .whereRef('others.id', '>', 'conversations.id')
            .as('next_id'),
        ])
        .where('conversations.id', 'in', ids.slice(from, from + idsAtOnce).map(conversationNo))
        .execute();
      for (const row of rows) {
        found.push({
          id: String(row.id),
          hadAgent: row.assigned !== null,
          nextId: row.next_id === null ? null : String(row.next_id),
          nextContactAt: row.next_at === null ? null : Number(row.next_at),
        });
      }
    }
    return found;
  }

  async decided(
    { from, to }: { from: number; to: number },
    after: { at: number; no: number; seq: number },
    limit: number,
  ): Promise<(Omit<BotDecisionRow, 'record'> & { no: number })[]> {
    const rows = await this.#db
      .selectFrom('bot_decisions')
      .select(outlined)
      .where('at', '>=', Math.max(from, after.at))
      .where('at', '<', to)
      .where((is) =>
        is.or([
          is('at', '>', after.at),
          is.and([is('at', '=', after.at), is('conversation_id', '>', after.no)]),
          is.and([is('at', '=', after.at), is('conversation_id', '=', after.no), is('seq', '>', after.seq)]),
        ]),
      )
      .orderBy('at')
      .orderBy('conversation_id')
      .orderBy('seq')
      .limit(limit)
      .execute();
    return rows.map((row) => ({ ...outlineFrom(row), no: row.conversation_id }));
  }

  async decidedLast(
    { from, to }: { from: number; to: number },
    before: { at: number; no: number; seq: number } | null,
    limit: number,
  ): Promise<(Omit<BotDecisionRow, 'record'> & { no: number })[]> {
    const { at, no, seq } = before ?? { at: to, no: 0, seq: 0 };
    const rows = await this.#db
      .selectFrom('bot_decisions')
      .select(outlined)
      .where('at', '>=', from)
      .where('at', '<=', Math.min(at, to))
      .where((is) =>
        is.or([
          is('at', '<', at),
          is.and([is('at', '=', at), is('conversation_id', '<', no)]),
          is.and([is('at', '=', at), is('conversation_id', '=', no), is('seq', '<', seq)]),
        ]),
      )
      .orderBy('at', 'desc')
      .orderBy('conversation_id', 'desc')
      .orderBy('seq', 'desc')
      .limit(limit)
      .execute();
    return rows.map((row) => ({ ...outlineFrom(row), no: row.conversation_id }));
  }
}

const outlined = ['conversation_id', 'seq', 'epoch', 'at', 'act', 'band', 'reason', 'intent', 'helped'] as const;

/** All of a decision but its record. */
function outlineFrom({
  conversation_id: no,
  helped,
  ...row
}: Pick<Tables['bot_decisions'], (typeof outlined)[number]>): Omit<BotDecisionRow, 'record'> {
  return { ...row, helped: helped === null ? null : helped === 1, conversationId: String(no) };
}

export function decisionFrom({ record, ...row }: Tables['bot_decisions']): BotDecisionRow {
  return { ...outlineFrom(row), record };
}
