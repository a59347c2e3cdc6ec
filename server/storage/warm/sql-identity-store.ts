import { timingSafeEqual } from 'node:crypto';
import type { ExpressionBuilder, Kysely } from 'kysely';
import type {
  Attempted,
  CodeAttempt,
  CodePlace,
  IdentityCheck,
  IdentityStore,
  NewCode,
} from '../../bot/identity-check/identity-store.ts';
import { conversationNo } from './conversation-no.ts';
import type { Tables } from './schema.ts';
import { leavingTaken, locking, type SqlEngine } from './sql-engine.ts';

type Code = Tables['identity_codes'];

/** One-time codes in SQL. Each change locks the conversation first: what two processes do about one is done one after the other. */
export class SqlIdentityStore implements IdentityStore {
  readonly #engine: SqlEngine;
  constructor(engine: SqlEngine) {
    this.#engine = engine;
  }
  get #db(): Kysely<Tables> {
    return this.#engine.db;
  }

  issue(code: NewCode, limit: { since: number; most: number }): Promise<boolean> {
    const no = conversationNo(code.conversationId);
    return this.#engine.transaction(async (transaction) => {
      if ((await this.#contactOf(transaction, no)) !== code.contactId) return false;
      const before = await this.#code(transaction, code);
      if (before === undefined && !(await this.#count(transaction, code, limit))) return false;
      await transaction
        .updateTable('identity_codes')
        .set({ state: 'over' })
        .where('conversation_id', '=', no)
        .where('state', '=', 'open')
        .execute();
      await transaction.deleteFrom('identity_codes').where(atPlace(code)).execute();
      await transaction
        .insertInto('identity_codes')
        .values({
          ...{ conversation_id: no, seq: code.seq, step_id: code.stepId, contact_id: code.contactId },
          ...{ address_hash: code.addressHash, shown: code.shown.slice(0, 64), is_own: Number(code.isOwn) },
          ...{ code_hash: code.codeHash, state: 'open', tries: 0, typed_seq: null, outcome: null },
          ...{ created_at: code.at, expires_at: code.expiresAt },
        })
        .execute();
      return true;
    });
  }

  attempt(attempt: CodeAttempt): Promise<Attempted> {
    const no = conversationNo(attempt.conversationId);
    return this.#engine.transaction(async (transaction): Promise<Attempted> => {
      const contactId = await this.#contactOf(transaction, no);
      const code = await this.#code(transaction, attempt);
      if (code === undefined || contactId !== attempt.contactId || code.contact_id !== contactId)
        return { kind: 'expired' };
      if (code.typed_seq === attempt.typedSeq && code.outcome !== null)
        return attempted(code.outcome, attempt.mostTries - code.tries);
      const judged = judge(code, attempt);
      const { state, tries, outcome } = judged;
      await transaction
        .updateTable('identity_codes')
        .set({ state, tries, outcome, typed_seq: attempt.typedSeq })
        .where(atPlace(attempt))
        .execute();
      if (outcome === 'right') {
        await transaction.deleteFrom('identity_checks').where('conversation_id', '=', no).execute();
        await transaction
          .insertInto('identity_checks')
          .values({
            ...{ conversation_id: no, contact_id: code.contact_id, address_hash: code.address_hash },
            ...{ shown: code.shown, is_own: code.is_own },
            ...{ checked_at: attempt.at, valid_until: attempt.checkedUntil },
          })
          .execute();
      }
      return attempted(outcome, attempt.mostTries - tries);
    });
  }

  async withdraw(place: CodePlace): Promise<void> {
    await this.#db.updateTable('identity_codes').set({ state: 'over' }).where(atPlace(place)).execute();
  }

  async checkOf(conversationId: string, now: number): Promise<IdentityCheck | undefined> {
    const row = await this.#db
      .selectFrom('identity_checks')
      .innerJoin('conversations', 'conversations.id', 'identity_checks.conversation_id')
      .selectAll('identity_checks')
      .where('identity_checks.conversation_id', '=', conversationNo(conversationId))
      // Whose conversation it was is not whose it is.
      .whereRef('conversations.contact_id', '=', 'identity_checks.contact_id')
      .where('valid_until', '>', now)
      .executeTakeFirst();
    return row === undefined
      ? undefined
      : {
          ...{ contactId: row.contact_id, addressHash: row.address_hash, shown: row.shown, isOwn: row.is_own === 1 },
          ...{ at: row.checked_at, until: row.valid_until },
        };
  }

  async forget(before: number): Promise<void> {
    await this.#db.deleteFrom('identity_codes').where('created_at', '<', before).execute();
    await this.#db.deleteFrom('identity_quotas').where('updated_at', '<', before).execute();
    await this.#db.deleteFrom('identity_checks').where('valid_until', '<', before).execute();
  }

  async #contactOf(transaction: Kysely<Tables>, no: number): Promise<string | undefined> {
    const row = await locking(
      this.#engine,
      transaction.selectFrom('conversations').select('contact_id').where('id', '=', no),
    ).executeTakeFirst();
    return row?.contact_id;
  }

  #code(transaction: Kysely<Tables>, place: CodePlace): Promise<Code | undefined> {
    const query = transaction.selectFrom('identity_codes').selectAll().where(atPlace(place));
    return locking(this.#engine, query).executeTakeFirst();
  }

  /** Counts one more for the contact and for the address, unless either has had its share. */
  async #count(
    transaction: Kysely<Tables>,
    { contactId, addressHash, at }: NewCode,
    { since, most }: { since: number; most: number },
  ): Promise<boolean> {
    // In one order, so that two that want the same do not wait for each other.
    const quotas = [`address:${addressHash}`, contactQuota(contactId)].sort();
    const counted: { quota: string; asked: number[] }[] = [];
    for (const quota of quotas) {
      const first = transaction.insertInto('identity_quotas').values({ quota, asked: '[]', updated_at: at });
      await leavingTaken(this.#engine, first, 'quota').execute();
      const row = await locking(
        this.#engine,
        transaction.selectFrom('identity_quotas').select('asked').where('quota', '=', quota),
      ).executeTakeFirstOrThrow();
      const asked = (JSON.parse(row.asked) as number[]).filter((each) => each > since);
      counted.push({ quota, asked });
    }
    if (counted.some(({ asked }) => asked.length >= most)) return false;
    for (const { quota, asked } of counted)
      await transaction
        .updateTable('identity_quotas')
        .set({ asked: JSON.stringify([...asked, at]), updated_at: at })
        .where('quota', '=', quota)
        .execute();
    return true;
  }
}

/** What is counted of a contact. */
export const contactQuota = (contactId: string): string => `contact:${contactId}`;

type Judged = { readonly state: string; readonly tries: number; readonly outcome: Attempted['kind'] };

function judge(
  { state, tries, code_hash: kept, expires_at: expiresAt }: Code,
  { codeHash, at, mostTries }: CodeAttempt,
): Judged {
  if (tries >= mostTries) return { state, tries, outcome: 'too-many' };
  if (state !== 'open' || at >= expiresAt)
    return { state: state === 'open' ? 'over' : state, tries, outcome: 'expired' };
  if (isSame(kept, codeHash)) return { state: 'used', tries, outcome: 'right' };
  const isLast = tries + 1 >= mostTries;
  return { state: isLast ? 'over' : 'open', tries: tries + 1, outcome: isLast ? 'too-many' : 'wrong' };
}

function isSame(one: string, other: string): boolean {
  const [a, b] = [Buffer.from(one), Buffer.from(other)];
  return a.length === b.length && timingSafeEqual(a, b);
}

function attempted(outcome: string, left: number): Attempted {
  if (outcome === 'wrong') return { kind: 'wrong', left };
  return { kind: outcome as Exclude<Attempted['kind'], 'wrong'> };
}

/** The row of one place. */
const atPlace =
  ({ conversationId, seq, stepId }: CodePlace) =>
  (is: ExpressionBuilder<Tables, 'identity_codes'>) =>
    is.and({ conversation_id: conversationNo(conversationId), seq, step_id: stepId });
