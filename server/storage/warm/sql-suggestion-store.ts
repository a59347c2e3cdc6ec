import { type Kysely, sql } from 'kysely';
import type {
  AnswerPair,
  Outcome,
  PassedMessage,
  ProposalDecision,
  StoredPair,
  SuggestionCount,
  SuggestionStore,
} from '../../knowledge/suggestions/suggestion-store.ts';
import { conversationNo } from './conversation-no.ts';
import type { Tables } from './schema.ts';
import { leavingTaken, locking, type SqlEngine } from './sql-engine.ts';

/** The order in which messages were stored: a number that nothing else knows. */
const stored = sql<number>`id`;

const counterName = 'answer pairs';

/** Rows that one transaction counts. */
const countsAtOnce = 200;

/** Answers of the past and what became of recommended replies, in SQL. */
export class SqlSuggestionStore implements SuggestionStore {
  readonly #engine: SqlEngine;
  constructor(engine: SqlEngine) {
    this.#engine = engine;
  }
  get #db(): Kysely<Tables> {
    return this.#engine.db;
  }

  async messagesAfter(id: number, until: number, limit: number): Promise<PassedMessage[]> {
    const rows = await this.#db
      .selectFrom('messages')
      .select(stored.as('id'))
      .select(['conversation_id', 'seq', 'direction', 'sender_type', 'private', 'created_at'])
      .where(stored, '>', id)
      .orderBy(stored)
      .limit(limit)
      .execute();
    const young = rows.findIndex((row) => row.created_at > until);
    return (young < 0 ? rows : rows.slice(0, young)).map((row) => ({
      id: row.id,
      conversationId: String(row.conversation_id),
      seq: row.seq,
      isAnswer: row.direction === 'out' && row.sender_type === 'agent' && row.private === 0,
      at: row.created_at,
    }));
  }

  async newestMessageId(): Promise<number> {
    const query = this.#db
      .selectFrom('messages')
      .select(stored.as('id'))
      .where(stored, '>', 0)
      .orderBy(stored, 'desc')
      .limit(1);
    return (await query.executeTakeFirst())?.id ?? 0;
  }

  async addPairs(pairs: readonly AnswerPair[]): Promise<void> {
    if (pairs.length === 0) return;
    await this.#engine.transaction(async (transaction) => {
      // Whoever erases the contact meanwhile waits, and then removes what is added here; else it is not there any more.
      const contacts = await locking(
        this.#engine,
        transaction
          .selectFrom('contacts')
          .select('id')
          .where('id', 'in', [...new Set(pairs.map(({ contactId }) => contactId))].sort()),
      ).execute();
      const there = new Set(contacts.map(({ id }) => id));
      // A number is given once: who follows looks behind the last one that they have.
      const own = { name: counterName, value: 0 };
      await leavingTaken(this.#engine, transaction.insertInto('counters').values(own), 'name').execute();
      const counter = transaction.selectFrom('counters').select('value').where('name', '=', counterName);
      let n = (await locking(this.#engine, counter).executeTakeFirst())?.value ?? 0;
      await transaction
        .updateTable('counters')
        .set({ value: n + pairs.length })
        .where('name', '=', counterName)
        .execute();
      for (const pair of pairs) {
        if (!there.has(pair.contactId)) continue;
        n += 1;
        const row = { ...rowOf(pair), n };
        await leavingTaken(this.#engine, transaction.insertInto('answer_pairs').values(row), 'seq').execute();
      }
    });
  }

  async removePair(conversationId: string, seq: number): Promise<boolean> {
    const { numDeletedRows } = await this.#db
      .deleteFrom('answer_pairs')
      .where('conversation_id', '=', conversationNo(conversationId))
      .where('seq', '=', seq)
      .executeTakeFirst();
    return numDeletedRows > 0n;
  }

  async pairsAfter(n: number, limit: number): Promise<StoredPair[]> {
    const query = this.#db.selectFrom('answer_pairs').selectAll().where('n', '>', n).orderBy('n').limit(limit);
    return (await query.execute()).map((row) => ({
      ...{ n: row.n, conversationId: String(row.conversation_id), seq: row.seq, contactId: row.contact_id },
      ...{ agentId: row.agent_id, channelType: row.channel_type, language: row.language },
      ...{ question: row.question, answer: row.answer, at: row.answered_at },
    }));
  }

  async trimPairs(keep: number): Promise<void> {
    const last = this.#db
      .selectFrom('answer_pairs')
      .select('n')
      .where('n', '>', 0)
      .orderBy('n', 'desc')
      .offset(keep)
      .limit(1);
    const over = await last.executeTakeFirst();
    if (over !== undefined) await this.#db.deleteFrom('answer_pairs').where('n', '<=', over.n).execute();
  }

  countOutcome(outcome: Outcome): Promise<boolean> {
    const { conversationId, afterSeq, at, agentId, used } = outcome;
    return this.#engine.transaction(async (transaction) => {
      const place = { conversation_id: conversationNo(conversationId), after_seq: afterSeq };
      const taken = await transaction
        .selectFrom('suggestion_outcomes')
        .select('at')
        .where('conversation_id', '=', place.conversation_id)
        .where('after_seq', '=', afterSeq)
        .executeTakeFirst();
      if (taken !== undefined) return false;
      await transaction
        .insertInto('suggestion_outcomes')
        .values({ ...place, at })
        .execute();
      const counted = outcome.shown
        .flatMap((source) => outcome.situations.map((situation) => ({ source, situation })))
        .slice(0, countsAtOnce)
        // In one order, so that two who count at once wait for each other in one direction.
        .toSorted((a, b) => (`${a.source} ${a.situation}` < `${b.source} ${b.situation}` ? -1 : 1));
      for (const { source, situation } of counted) {
        const isUsed = used?.source === source;
        const more = { used: isUsed ? 1 : 0, edited: isUsed && used.edited ? 1 : 0 };
        const row = { source, situation, agent_id: agentId, shown: 0, used: 0, edited: 0, updated_at: at };
        await leavingTaken(this.#engine, transaction.insertInto('suggestion_counts').values(row), 'agent_id').execute();
        await transaction
          .updateTable('suggestion_counts')
          .set({
            shown: sql`shown + 1`,
            used: sql`used + ${more.used}`,
            edited: sql`edited + ${more.edited}`,
            updated_at: at,
          })
          .where('source', '=', source)
          .where('situation', '=', situation)
          .where('agent_id', '=', agentId)
          .execute();
      }
      return true;
    });
  }

  async countsOf(sources: readonly string[], situations: readonly string[]): Promise<SuggestionCount[]> {
    if (sources.length === 0 || situations.length === 0) return [];
    const rows = await this.#db
      .selectFrom('suggestion_counts')
      .select(['source', 'situation', 'agent_id', 'shown', 'used', 'edited'])
      .where('source', 'in', sources)
      .where('situation', 'in', situations)
      .execute();
    return rows.map(({ agent_id: agentId, ...row }) => ({ ...row, agentId }));
  }

  async tidy(before: { outcomes: number; counts: number }): Promise<void> {
    await this.#db.deleteFrom('suggestion_outcomes').where('at', '<', before.outcomes).execute();
    await this.#db.deleteFrom('suggestion_counts').where('updated_at', '<', before.counts).execute();
  }

  async decisions(keys: readonly string[]): Promise<ProposalDecision[]> {
    if (keys.length === 0) return [];
    const rows = await this.#db.selectFrom('reply_proposals').selectAll().where('proposal_key', 'in', keys).execute();
    return rows.map((row) => ({ key: row.proposal_key, state: row.state, byId: row.by_id, at: row.decided_at }));
  }

  async decide({ key, state, byId, at }: ProposalDecision): Promise<void> {
    await this.#engine.transaction(async (transaction) => {
      await transaction.deleteFrom('reply_proposals').where('proposal_key', '=', key).execute();
      const row = { proposal_key: key, state, by_id: byId, decided_at: at };
      await transaction.insertInto('reply_proposals').values(row).execute();
    });
  }
}

function rowOf(pair: AnswerPair): Omit<Tables['answer_pairs'], 'n'> {
  return {
    ...{ conversation_id: conversationNo(pair.conversationId), seq: pair.seq, contact_id: pair.contactId },
    ...{ agent_id: pair.agentId, channel_type: pair.channelType, language: pair.language },
    ...{ question: pair.question, answer: pair.answer, answered_at: pair.at },
  };
}
