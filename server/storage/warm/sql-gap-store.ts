import type { GapReason } from '@parley/sdk/bot-learning.ts';
import { type ExpressionBuilder, type Kysely, sql } from 'kysely';
import type {
  CorrectedGap,
  DecidedGap,
  DecisionPlace,
  Findings,
  Gap,
  GapPlace,
  GapState,
  GapStore,
  PassedDecision,
} from '../../bot/learning/gap-store.ts';
import { conversationNo } from './conversation-no.ts';
import type { Tables } from './schema.ts';
import { decisionFrom } from './sql-dialogue-store.ts';
import { leavingTaken, locking, type SqlEngine } from './sql-engine.ts';

type NewGap = Gap & Partial<Pick<CorrectedGap, 'meant'>>;

/** Rows of one statement. */
const rowsAtOnce = 200;

/** Questions that the bot could not answer, in SQL. */
export class SqlGapStore implements GapStore {
  readonly #engine: SqlEngine;
  constructor(engine: SqlEngine) {
    this.#engine = engine;
  }
  get #db(): Kysely<Tables> {
    return this.#engine.db;
  }

  async decisionsAfter(after: DecisionPlace, until: number, limit: number): Promise<PassedDecision[]> {
    const rows = await this.#decisions(after, until).limit(limit).execute();
    return rows.map(passedFrom);
  }

  async lastWordsAfter(after: DecisionPlace, until: number, limit: number): Promise<PassedDecision[]> {
    const rows = await this.#decisions(after, until)
      .innerJoin('bot_dialogues', (join) =>
        join
          .onRef('bot_dialogues.conversation_id', '=', 'bot_decisions.conversation_id')
          .onRef('bot_dialogues.seq', '=', 'bot_decisions.seq')
          .onRef('bot_dialogues.epoch', '=', 'bot_decisions.epoch'),
      )
      .where('act', 'in', ['answer', 'hand-off'])
      .limit(limit)
      .execute();
    return rows.map(passedFrom);
  }

  #decisions(after: DecisionPlace, until: number) {
    return this.#db
      .selectFrom('bot_decisions')
      .selectAll('bot_decisions')
      .where('at', '>=', after.at)
      .where('at', '<', until)
      .where((is) =>
        is.or([
          is('at', '>', after.at),
          is.and([is('at', '=', after.at), is('bot_decisions.conversation_id', '>', after.no)]),
          is.and([
            is('at', '=', after.at),
            is('bot_decisions.conversation_id', '=', after.no),
            is('bot_decisions.seq', '>', after.seq),
          ]),
        ]),
      )
      .orderBy('at')
      .orderBy('bot_decisions.conversation_id')
      .orderBy('bot_decisions.seq');
  }

  keep({ look, from, to, gaps, hits }: Findings): Promise<boolean> {
    return this.#engine.transaction(async (transaction) => {
      // A row to lock: whoever looked at the same ones waits here, and finds that they are kept.
      const noted = { name: look, value: '' };
      await leavingTaken(this.#engine, transaction.insertInto('meta').values(noted), 'name').execute();
      const held = transaction.selectFrom('meta').select('value').where('name', '=', look);
      const { value } = await locking(this.#engine, held).executeTakeFirstOrThrow();
      if (value !== (from ?? '')) return false;
      await transaction.updateTable('meta').set({ value: to }).where('name', '=', look).execute();
      for (const some of inParts(gaps, rowsAtOnce)) await this.#addGaps(transaction, some);
      for (const { answerId, hits: more, lastAt } of hits) {
        const row = { answer_id: answerId, hits: 0, last_at: lastAt };
        await leavingTaken(this.#engine, transaction.insertInto('approved_hits').values(row), 'answer_id').execute();
        await transaction
          .updateTable('approved_hits')
          .set({ hits: sql`hits + ${more}`, last_at: lastAt })
          .where('answer_id', '=', answerId)
          .execute();
      }
      return true;
    });
  }

  async #addGaps(transaction: Kysely<Tables>, gaps: readonly Gap[]): Promise<void> {
    // Whoever erases a contact meanwhile waits, and then removes what is added here; else it is not there any more.
    const ids = [...new Set(gaps.map(({ contactId }) => contactId))].sort();
    const contacts = await locking(
      this.#engine,
      transaction.selectFrom('contacts').select('id').where('id', 'in', ids).orderBy('id'),
    ).execute();
    const there = new Set(contacts.map(({ id }) => id));
    const rows = gaps.filter(({ contactId }) => there.has(contactId)).map(rowOfGap);
    if (rows.length === 0) return;
    await leavingTaken(this.#engine, transaction.insertInto('bot_gaps').values(rows), 'seq').execute();
  }

  async inConversations(ids: readonly string[]): Promise<Pick<Gap, 'conversationId' | 'question'>[]> {
    const found: Pick<Gap, 'conversationId' | 'question'>[] = [];
    for (const some of inParts(ids, rowsAtOnce)) {
      const rows = await this.#db
        .selectFrom('bot_gaps')
        .select(['conversation_id', 'question'])
        .where('conversation_id', 'in', some.map(conversationNo))
        .execute();
      found.push(...rows.map((row) => ({ conversationId: String(row.conversation_id), question: row.question })));
    }
    return found;
  }

  async open(limit: number): Promise<Gap[]> {
    const rows = await this.#ofState('open').where('meant', 'is', null).limit(limit).execute();
    return rows.map(gapFrom);
  }

  async corrected(limit: number): Promise<CorrectedGap[]> {
    const rows = await this.#ofState('open').where('meant', 'is not', null).limit(limit).execute();
    return rows.map((row) => ({ ...gapFrom(row), meant: row.meant ?? '' }));
  }

  async dismissed(limit: number): Promise<DecidedGap[]> {
    const rows = await this.#ofState('dismissed').limit(limit).execute();
    return rows.map((row) => ({
      ...gapFrom(row),
      decisionId: row.decision_id ?? '',
      decidedBy: row.decided_by ?? '',
      decidedAt: row.decided_at ?? 0,
      meant: row.meant,
    }));
  }

  #ofState(state: GapState) {
    return this.#db.selectFrom('bot_gaps').selectAll().where('state', '=', state).orderBy('asked_at', 'desc');
  }

  decide(
    places: readonly GapPlace[],
    to: Exclude<GapState, 'open'>,
    decision: { id: string; by: string; at: number },
  ): Promise<boolean> {
    return this.#engine.transaction(async (transaction) => {
      if (!(await this.#areOpen(transaction, places))) return false;
      const decided = { state: to, decision_id: decision.id, decided_by: decision.by, decided_at: decision.at };
      for (const some of inParts(places, rowsAtOnce)) {
        await transaction
          .updateTable('bot_gaps')
          .set(decided)
          .where((is) => is.or(some.map(({ conversationId: id, seq }) => placeIs(is, id, seq))))
          .execute();
      }
      return true;
    });
  }

  areOpen(places: readonly GapPlace[]): Promise<boolean> {
    return this.#areOpen(this.#db, places);
  }

  async #areOpen(db: Kysely<Tables>, places: readonly GapPlace[]): Promise<boolean> {
    const inOrder = places.toSorted(
      (a, b) => conversationNo(a.conversationId) - conversationNo(b.conversationId) || a.seq - b.seq,
    );
    for (const some of inParts(inOrder, rowsAtOnce)) {
      const query = db
        .selectFrom('bot_gaps')
        .select('state')
        .where((is) => is.or(some.map(({ conversationId: id, seq }) => placeIs(is, id, seq))))
        .orderBy('conversation_id')
        .orderBy('seq');
      const rows = await (db.isTransaction ? locking(this.#engine, query) : query).execute();
      if (rows.length !== some.length || rows.some(({ state }) => state !== 'open')) return false;
    }
    return true;
  }

  async reopen(decisionId: string): Promise<number> {
    const { numUpdatedRows } = await this.#db
      .updateTable('bot_gaps')
      .set({ state: 'open', decision_id: null, decided_by: null, decided_at: null })
      .where('decision_id', '=', decisionId)
      .executeTakeFirst();
    return Number(numUpdatedRows);
  }

  async counts(): Promise<{ open: number; corrected: number; newestAt: number | null; dismissed: number }> {
    const rows = await this.#db
      .selectFrom('bot_gaps')
      .select((row) => [
        'state',
        row.fn.countAll<number>().as('n'),
        row.fn.count<number>('meant').as('meant'),
        row.fn.max('asked_at').as('newest'),
      ])
      .where('state', 'in', ['open', 'dismissed'])
      .groupBy('state')
      .execute();
    const of = (state: GapState) => rows.find((row) => row.state === state);
    const [open, dismissed] = [of('open'), of('dismissed')];
    return {
      open: Number(open?.n ?? 0),
      corrected: Number(open?.meant ?? 0),
      newestAt: open?.newest == null ? null : Number(open.newest),
      dismissed: Number(dismissed?.n ?? 0),
    };
  }

  async trim(state: GapState, { before, keep }: { before: number; keep: number }): Promise<void> {
    const last = this.#db
      .selectFrom('bot_gaps')
      .select('asked_at')
      .where('state', '=', state)
      .orderBy('asked_at', 'desc')
      .offset(keep)
      .limit(1);
    const over = await last.executeTakeFirst();
    await this.#db
      .deleteFrom('bot_gaps')
      .where('state', '=', state)
      .where('asked_at', '<', Math.max(before, over === undefined ? before : over.asked_at + 1))
      .execute();
  }

  async hitsOf(answerIds: readonly string[]): Promise<{ answerId: string; hits: number; lastAt: number }[]> {
    const found: { answerId: string; hits: number; lastAt: number }[] = [];
    for (const some of inParts(answerIds, rowsAtOnce)) {
      const rows = await this.#db.selectFrom('approved_hits').selectAll().where('answer_id', 'in', some).execute();
      found.push(...rows.map((row) => ({ answerId: row.answer_id, hits: row.hits, lastAt: row.last_at })));
    }
    return found;
  }

  async forgetHits(answerId: string): Promise<void> {
    await this.#db.deleteFrom('approved_hits').where('answer_id', '=', answerId).execute();
  }
}

function placeIs(is: ExpressionBuilder<Tables, 'bot_gaps'>, conversationId: string, seq: number) {
  return is.and([is('conversation_id', '=', conversationNo(conversationId)), is('seq', '=', seq)]);
}

function* inParts<T>(all: readonly T[], size: number): Generator<T[]> {
  for (let from = 0; from < all.length; from += size) yield all.slice(from, from + size);
}

/** A gap that nobody has decided about, as a row. */
export function rowOfGap({
  conversationId,
  seq,
  contactId,
  askedAt,
  why,
  language,
  question,
  meant,
}: NewGap): Tables['bot_gaps'] {
  return {
    ...{ conversation_id: conversationNo(conversationId), seq, contact_id: contactId, asked_at: askedAt },
    ...{
      why,
      language,
      question,
      state: 'open',
      meant: meant ?? null,
      decision_id: null,
      decided_by: null,
      decided_at: null,
    },
  };
}

function gapFrom(row: Tables['bot_gaps']): Gap {
  return {
    ...{ conversationId: String(row.conversation_id), seq: row.seq, contactId: row.contact_id },
    ...{ askedAt: row.asked_at, why: row.why as GapReason, language: row.language, question: row.question },
  };
}

function passedFrom(row: Tables['bot_decisions']): PassedDecision {
  return { ...decisionFrom(row), no: row.conversation_id };
}
