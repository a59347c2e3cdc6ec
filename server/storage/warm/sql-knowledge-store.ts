import { type Kysely, sql, type Transaction } from 'kysely';
import type {
  Article,
  ArticleRevision,
  ArticleText,
  CannedReply,
  CannedReplyText,
} from '../../knowledge/knowledge-item.ts';
import type {
  CategoryName,
  KnowledgeChange,
  KnowledgeConflict,
  KnowledgeStore,
  KnowledgeWrite,
  MissedSearch,
  Votes,
} from '../../knowledge/knowledge-store.ts';
import type { Tables } from './schema.ts';
import type { SqlEngine } from './sql-engine.ts';

/** Former states of an article that are kept. */
const revisionsKept = 100;

/** Ends a transaction without effect. */
class Conflict extends Error {
  readonly conflict: KnowledgeConflict;
  constructor(conflict: KnowledgeConflict) {
    super(conflict.why);
    this.conflict = conflict;
  }
}

/** Articles and canned replies in SQL. Writers take turns at one counter, so that changes are seen in the order of their numbers. */
export class SqlKnowledgeStore implements KnowledgeStore {
  readonly #engine: SqlEngine;
  constructor(engine: SqlEngine) {
    this.#engine = engine;
  }
  get #db(): Kysely<Tables> {
    return this.#engine.db;
  }

  async changes(after: number, limit: number): Promise<KnowledgeChange[]> {
    const rows = await this.#db
      .selectFrom('knowledge_changes')
      .selectAll()
      .where('no', '>', after)
      .orderBy('no')
      .limit(limit)
      .execute();
    return rows.map(({ no, kind, item_id: id }) => ({ no, kind: kind as KnowledgeChange['kind'], id }));
  }

  async replies(ids: readonly string[]): Promise<CannedReply[]> {
    if (ids.length === 0) return [];
    const rows = await this.#db.selectFrom('canned_replies').selectAll().where('id', 'in', ids).execute();
    return rows.map((row) => ({
      ...(JSON.parse(row.text) as CannedReplyText),
      id: row.id,
      ownerId: row.owner_id,
      rev: row.rev,
      uses: row.uses,
      usedAt: row.used_at,
      createdAt: row.created_at,
      updatedAt: row.updated_at,
    }));
  }

  async articles(ids: readonly string[]): Promise<Article[]> {
    if (ids.length === 0) return [];
    const rows = await this.#db.selectFrom('articles').selectAll().where('id', 'in', ids).execute();
    return rows.map(({ id, rev, text, created_at: createdAt, updated_at: updatedAt }) => ({
      ...(JSON.parse(text) as ArticleText),
      id,
      rev,
      createdAt,
      updatedAt,
    }));
  }

  categoryNames(): Promise<CategoryName[]> {
    return this.#db.selectFrom('category_names').selectAll().orderBy('category').orderBy('language').execute();
  }

  async apply(writes: readonly KnowledgeWrite[]): Promise<KnowledgeConflict | undefined> {
    if (writes.length === 0) return undefined;
    try {
      await this.#engine.transaction(async (db) => {
        const first = await this.#takeNumbers(db, writes.length);
        for (const [index, write] of writes.entries()) await this.#applyOne(db, write, index, first + index);
      });
      return undefined;
    } catch (error) {
      if (error instanceof Conflict) return error.conflict;
      throw error;
    }
  }

  /** Answers the first of them. The row stays locked until the transaction ends. */
  async #takeNumbers(db: Transaction<Tables>, count: number): Promise<number> {
    const insert = db.insertInto('counters').values({ name: 'knowledge', value: count });
    const next = sql<number>`counters.value + ${count}`;
    await (this.#engine.name === 'sqlite'
      ? insert.onConflict((on) => on.column('name').doUpdateSet({ value: next }))
      : insert.onDuplicateKeyUpdate({ value: next })
    ).execute();
    const row = await db.selectFrom('counters').select('value').where('name', '=', 'knowledge').executeTakeFirst();
    return Number(row?.value) - count + 1;
  }

  async #applyOne(db: Transaction<Tables>, write: KnowledgeWrite, index: number, no: number): Promise<void> {
    switch (write.kind) {
      case 'save-reply':
        await this.#saveReply(db, write, index);
        await this.#noteChange(db, { no, kind: 'canned-reply', id: write.reply.id });
        return;
      case 'save-article':
        await this.#saveArticle(db, write, index);
        await this.#noteChange(db, { no, kind: 'article', id: write.article.id });
        return;
      case 'remove':
        await this.#remove(db, write, index);
        await this.#noteChange(db, { no, kind: write.what, id: write.id });
        return;
      case 'name-category':
        // Nobody keeps names in memory: there is no change to follow.
        await this.#nameCategory(db, write);
        return;
      default:
        write satisfies never;
    }
  }

  async #saveReply(
    db: Transaction<Tables>,
    { reply, expectRev }: Extract<KnowledgeWrite, { kind: 'save-reply' }>,
    index: number,
  ): Promise<void> {
    const { id, ownerId, rev, uses, usedAt, createdAt, updatedAt, ...text } = reply;
    const codeKey = codeKeyOf(reply);
    const stored = await db.selectFrom('canned_replies').select('rev').where('id', '=', id).executeTakeFirst();
    if ((stored?.rev ?? 0) !== expectRev) throw new Conflict({ index, why: 'overtaken' });
    if (codeKey !== null) {
      const other = await db
        .selectFrom('canned_replies')
        .select('id')
        .where('code_key', '=', codeKey)
        .executeTakeFirst();
      if (other !== undefined && other.id !== id) throw new Conflict({ index, why: 'short-code' });
    }
    if (reply.externalKey !== null) {
      const key = reply.externalKey;
      const other = await db
        .selectFrom('canned_replies')
        .select('id')
        .where('external_key', '=', key)
        .executeTakeFirst();
      if (other !== undefined && other.id !== id) throw new Conflict({ index, why: 'external-key' });
    }
    const values = {
      owner_id: ownerId,
      code_key: codeKey,
      external_key: reply.externalKey,
      rev,
      text: JSON.stringify(text),
      updated_at: updatedAt,
    };
    if (stored !== undefined) await db.updateTable('canned_replies').set(values).where('id', '=', id).execute();
    else {
      await db
        .insertInto('canned_replies')
        .values({ id, ...values, uses, used_at: usedAt, created_at: createdAt })
        .execute();
    }
  }

  async #saveArticle(
    db: Transaction<Tables>,
    { article, expectRev, author }: Extract<KnowledgeWrite, { kind: 'save-article' }>,
    index: number,
  ): Promise<void> {
    const { id, rev, createdAt, updatedAt, ...text } = article;
    const stored = await db.selectFrom('articles').select('rev').where('id', '=', id).executeTakeFirst();
    if ((stored?.rev ?? 0) !== expectRev) throw new Conflict({ index, why: 'overtaken' });
    if (article.externalKey !== null) {
      const key = article.externalKey;
      const other = await db.selectFrom('articles').select('id').where('external_key', '=', key).executeTakeFirst();
      if (other !== undefined && other.id !== id) throw new Conflict({ index, why: 'external-key' });
    }
    const json = JSON.stringify(text);
    const values = { external_key: article.externalKey, rev, text: json, updated_at: updatedAt };
    if (stored !== undefined) await db.updateTable('articles').set(values).where('id', '=', id).execute();
    else
      await db
        .insertInto('articles')
        .values({ id, ...values, created_at: createdAt })
        .execute();
    await db
      .insertInto('article_revisions')
      .values({ article_id: id, rev, text: json, author_id: author.id, author_name: author.name, at: updatedAt })
      .execute();
    await db
      .deleteFrom('article_revisions')
      .where('article_id', '=', id)
      .where('rev', '<=', rev - revisionsKept)
      .execute();
  }

  async #remove(
    db: Transaction<Tables>,
    { what, id }: Extract<KnowledgeWrite, { kind: 'remove' }>,
    index: number,
  ): Promise<void> {
    const table = what === 'article' ? 'articles' : 'canned_replies';
    const { numDeletedRows } = await db.deleteFrom(table).where('id', '=', id).executeTakeFirst();
    if (numDeletedRows === 0n) throw new Conflict({ index, why: 'overtaken' });
    if (what !== 'article') return;
    await db.deleteFrom('article_revisions').where('article_id', '=', id).execute();
    await db.deleteFrom('article_votes').where('article_id', '=', id).execute();
  }

  async #nameCategory(
    db: Transaction<Tables>,
    { category, names }: Extract<KnowledgeWrite, { kind: 'name-category' }>,
  ): Promise<void> {
    for (const [language, name] of Object.entries(names)) {
      await db.deleteFrom('category_names').where('category', '=', category).where('language', '=', language).execute();
      if (name !== null) await db.insertInto('category_names').values({ category, language, name }).execute();
    }
  }

  async #noteChange(db: Transaction<Tables>, { no, kind, id }: KnowledgeChange): Promise<void> {
    await db.deleteFrom('knowledge_changes').where('kind', '=', kind).where('item_id', '=', id).execute();
    await db.insertInto('knowledge_changes').values({ kind, item_id: id, no }).execute();
  }

  async used(replyId: string, at: number): Promise<void> {
    await this.#db
      .updateTable('canned_replies')
      .set({ uses: sql<number>`uses + 1`, used_at: at })
      .where('id', '=', replyId)
      .execute();
  }

  async usesOf(replyIds: readonly string[]): Promise<{ id: string; uses: number; usedAt: number | null }[]> {
    if (replyIds.length === 0) return [];
    return this.#db
      .selectFrom('canned_replies')
      .select(['id', 'uses', 'used_at as usedAt'])
      .where('id', 'in', replyIds)
      .execute();
  }

  async revisions(articleId: string, { before, limit }: { before: number; limit: number }): Promise<ArticleRevision[]> {
    const rows = await this.#db
      .selectFrom('article_revisions')
      .selectAll()
      .where('article_id', '=', articleId)
      .where('rev', '<', before)
      .orderBy('rev', 'desc')
      .limit(limit)
      .execute();
    return rows.map(revisionFrom);
  }

  async revision(articleId: string, rev: number): Promise<ArticleRevision | undefined> {
    const row = await this.#db
      .selectFrom('article_revisions')
      .selectAll()
      .where('article_id', '=', articleId)
      .where('rev', '=', rev)
      .executeTakeFirst();
    return row && revisionFrom(row);
  }

  async vote({ articleId, voter, helpful, at }: { articleId: string; voter: string; helpful: boolean; at: number }) {
    const set = { helpful: helpful ? 1 : 0, at };
    const insert = this.#db.insertInto('article_votes').values({ article_id: articleId, voter, ...set });
    await (this.#engine.name === 'sqlite'
      ? insert.onConflict((on) => on.columns(['article_id', 'voter']).doUpdateSet(set))
      : insert.onDuplicateKeyUpdate(set)
    ).execute();
  }

  async votesOf(articleIds: readonly string[]): Promise<({ id: string } & Votes)[]> {
    if (articleIds.length === 0) return [];
    const rows = await this.#db
      .selectFrom('article_votes')
      .select(['article_id', (f) => f.fn.countAll().as('all'), (f) => f.fn.sum('helpful').as('helpful')])
      .where('article_id', 'in', articleIds)
      .groupBy('article_id')
      .execute();
    return rows.map(({ article_id: id, all, helpful }) => ({
      id,
      helpful: Number(helpful),
      unhelpful: Number(all) - Number(helpful),
    }));
  }

  async noteMiss({ text, language, at, keep }: { text: string; language: string; at: number; keep: number }) {
    const set = { count: sql<number>`missed_searches.count + 1`, last_at: at };
    const insert = this.#db.insertInto('missed_searches').values({ text, language, count: 1, last_at: at });
    await (this.#engine.name === 'sqlite'
      ? insert.onConflict((on) => on.columns(['text', 'language']).doUpdateSet(set))
      : insert.onDuplicateKeyUpdate(set)
    ).execute();
    const over = await this.#db
      .selectFrom('missed_searches')
      .select('last_at')
      // Holds always: it says that the index is walked along, and ends with the limit.
      .where('last_at', '>=', 0)
      .orderBy('last_at', 'desc')
      .offset(keep)
      .limit(1)
      .executeTakeFirst();
    if (over !== undefined) await this.#db.deleteFrom('missed_searches').where('last_at', '<=', over.last_at).execute();
  }

  async misses(page: {
    limit: number;
    before?: { at: number; text: string; language: string };
  }): Promise<MissedSearch[]> {
    const { before } = page;
    let query = this.#db
      .selectFrom('missed_searches')
      .selectAll()
      .where('last_at', '>=', 0)
      .orderBy('last_at', 'desc')
      .orderBy('text', 'desc')
      .orderBy('language', 'desc')
      .limit(page.limit);
    if (before !== undefined) {
      // The first condition says nothing new: it lets the engine begin at the right place of the index.
      query = query
        .where('last_at', '<=', before.at)
        .where((where) =>
          where.or([
            where('last_at', '<', before.at),
            where('text', '<', before.text),
            where.and([where('text', '=', before.text), where('language', '<', before.language)]),
          ]),
        );
    }
    const rows = await query.execute();
    return rows.map(({ text, language, count, last_at: lastAt }) => ({ text, language, count, lastAt }));
  }

  async forgetMiss({ text, language }: { text: string; language: string }): Promise<boolean> {
    const { numDeletedRows } = await this.#db
      .deleteFrom('missed_searches')
      .where('text', '=', text)
      .where('language', '=', language)
      .executeTakeFirst();
    return numDeletedRows > 0n;
  }
}

function revisionFrom(row: Tables['article_revisions']): ArticleRevision {
  return {
    rev: row.rev,
    author: { id: row.author_id, name: row.author_name },
    at: row.at,
    text: JSON.parse(row.text) as ArticleText,
  };
}

function codeKeyOf({ shortCode, visibility, ownerId }: CannedReply): string | null {
  if (shortCode === null) return null;
  return `${visibility === 'private' ? ownerId : 'all'} ${shortCode}`;
}
