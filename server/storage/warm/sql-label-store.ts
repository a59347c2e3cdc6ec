import type { Kysely } from 'kysely';
import type { IntentLabel, LabelStore } from '../../bot/labels/label-store.ts';
import type { CorrectedGap } from '../../bot/learning/gap-store.ts';
import { conversationNo } from './conversation-no.ts';
import type { Tables } from './schema.ts';
import { leavingTaken, locking, type SqlEngine } from './sql-engine.ts';
import { rowOfGap } from './sql-gap-store.ts';

const idsAtOnce = 200;

/** Which intent people say that customers' messages had, in SQL. */
export class SqlLabelStore implements LabelStore {
  readonly #engine: SqlEngine;
  constructor(engine: SqlEngine) {
    this.#engine = engine;
  }
  get #db(): Kysely<Tables> {
    return this.#engine.db;
  }

  put({ conversationId, seq, by, ...label }: IntentLabel, lesson: CorrectedGap | null): Promise<boolean> {
    const no = conversationNo(conversationId);
    return this.#engine.transaction(async (transaction) => {
      // Whoever erases the contact meanwhile waits, and then removes what is added here.
      const conversation = transaction.selectFrom('conversations').select('id').where('id', '=', no);
      if ((await locking(this.#engine, conversation).executeTakeFirst()) === undefined) return false;
      const { intent, takenFor: taken_for, at } = label;
      const said = { intent, taken_for, author_id: by.id, author_name: by.name, at };
      const row = { conversation_id: no, seq, ...said };
      await leavingTaken(this.#engine, transaction.insertInto('bot_labels').values(row), 'seq').execute();
      await transaction
        .updateTable('bot_labels')
        .set(said)
        .where('conversation_id', '=', no)
        .where('seq', '=', seq)
        .execute();
      await this.#teach(transaction, { no, seq }, lesson);
      return true;
    });
  }

  remove(conversationId: string, seq: number): Promise<boolean> {
    const no = conversationNo(conversationId);
    return this.#engine.transaction(async (transaction) => {
      const { numDeletedRows } = await transaction
        .deleteFrom('bot_labels')
        .where('conversation_id', '=', no)
        .where('seq', '=', seq)
        .executeTakeFirst();
      if (numDeletedRows > 0n) await this.#teach(transaction, { no, seq }, null);
      return numDeletedRows > 0n;
    });
  }

  /** What a person has decided about in the learning loop stays as it is. */
  async #teach(
    transaction: Kysely<Tables>,
    { no, seq }: { no: number; seq: number },
    lesson: CorrectedGap | null,
  ): Promise<void> {
    if (lesson !== null) {
      const added = transaction.insertInto('bot_gaps').values(rowOfGap(lesson));
      await leavingTaken(this.#engine, added, 'seq').execute();
    } else {
      await transaction
        .deleteFrom('bot_gaps')
        .where('conversation_id', '=', no)
        .where('seq', '=', seq)
        .where('state', '=', 'open')
        .where('why', '=', 'corrected')
        .execute();
    }
    await transaction
      .updateTable('bot_gaps')
      .set({ meant: lesson?.meant ?? null })
      .where('conversation_id', '=', no)
      .where('seq', '=', seq)
      .where('state', '=', 'open')
      .execute();
  }

  async of(conversationIds: readonly string[]): Promise<IntentLabel[]> {
    const found: IntentLabel[] = [];
    for (let from = 0; from < conversationIds.length; from += idsAtOnce) {
      const rows = await this.#db
        .selectFrom('bot_labels')
        .selectAll()
        .where('conversation_id', 'in', conversationIds.slice(from, from + idsAtOnce).map(conversationNo))
        .orderBy('conversation_id')
        .orderBy('seq')
        .execute();
      found.push(...rows.map(labelFrom));
    }
    return found;
  }

  async counts({ from, to }: { from: number; to: number }): Promise<{ right: number; wrong: number }> {
    const rows = await this.#db
      .selectFrom('bot_labels')
      .select((row) => ['intent', 'taken_for', row.fn.countAll<number>().as('n')])
      .where('at', '>=', from)
      .where('at', '<', to)
      .groupBy(['intent', 'taken_for'])
      .execute();
    const sum = { right: 0, wrong: 0 };
    for (const row of rows) sum[row.intent === row.taken_for ? 'right' : 'wrong'] += Number(row.n);
    return sum;
  }

  async within(from: number, limit: number): Promise<{ conversationId: string; seq: number; isRight: boolean }[]> {
    const rows = await this.#db
      .selectFrom('bot_labels')
      .select(['conversation_id', 'seq', 'intent', 'taken_for'])
      .where('at', '>=', from)
      .orderBy('at', 'desc')
      .limit(limit)
      .execute();
    return rows.map(({ conversation_id: no, seq, intent, taken_for: takenFor }) => ({
      ...{ conversationId: String(no), seq, isRight: intent === takenFor },
    }));
  }
}

function labelFrom(row: Tables['bot_labels']): IntentLabel {
  return {
    ...{ conversationId: String(row.conversation_id), seq: row.seq, intent: row.intent, takenFor: row.taken_for },
    ...{ by: { id: row.author_id, name: row.author_name }, at: row.at },
  };
}
