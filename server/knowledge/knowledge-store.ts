import type { Article, ArticleRevision, CannedReply, KnowledgeKind } from './knowledge-item.ts';

/** Something changed, or is gone: each item has its newest change alone, under a number that only grows. */
export interface KnowledgeChange {
  readonly no: number;
  readonly kind: KnowledgeKind;
  readonly id: string;
}

/** One thing to write. `expectRev`: what the author has seen; 0: it is new. */
export type KnowledgeWrite =
  | { readonly kind: 'save-reply'; readonly reply: CannedReply; readonly expectRev: number }
  | {
      readonly kind: 'save-article';
      readonly article: Article;
      readonly expectRev: number;
      readonly author: ArticleRevision['author'];
    }
  | { readonly kind: 'remove'; readonly what: KnowledgeKind; readonly id: string }
  /** By language; null takes a name away, and what is not there stays. */
  | {
      readonly kind: 'name-category';
      readonly category: string;
      readonly names: Readonly<Record<string, string | null>>;
    };

/** Why a batch was not written, and because of which of its writes. */
export interface KnowledgeConflict {
  readonly index: number;
  /** `overtaken`: somebody changed or removed it meanwhile; `short-code`, `external-key`: another one has it. */
  readonly why: 'overtaken' | 'short-code' | 'external-key';
}

/** What a category is called in a language. */
export interface CategoryName {
  readonly category: string;
  readonly language: string;
  readonly name: string;
}

/** A question that nothing answered. */
export interface MissedSearch {
  readonly text: string;
  readonly language: string;
  readonly count: number;
  readonly lastAt: number;
}

export interface Votes {
  readonly helpful: number;
  readonly unhelpful: number;
}

/** Where canned replies and articles are kept. */
export interface KnowledgeStore {
  /** In the order of their numbers, from behind `after` on. */
  changes(after: number, limit: number): Promise<KnowledgeChange[]>;
  replies(ids: readonly string[]): Promise<CannedReply[]>;
  articles(ids: readonly string[]): Promise<Article[]>;
  /** All there are, by category and language. */
  categoryNames(): Promise<CategoryName[]>;
  /** All of them in one transaction, or none. Each saved article leaves a revision. */
  apply(writes: readonly KnowledgeWrite[]): Promise<KnowledgeConflict | undefined>;
  /** Counts that a reply was used: no change of what it says. */
  used(replyId: string, at: number): Promise<void>;
  usesOf(replyIds: readonly string[]): Promise<{ id: string; uses: number; usedAt: number | null }[]>;
  /** Newest first. */
  revisions(articleId: string, page: { before: number; limit: number }): Promise<ArticleRevision[]>;
  revision(articleId: string, rev: number): Promise<ArticleRevision | undefined>;
  /** A visitor's opinion; said again it takes the place of the former. */
  vote(vote: { articleId: string; voter: string; helpful: boolean; at: number }): Promise<void>;
  votesOf(articleIds: readonly string[]): Promise<({ id: string } & Votes)[]>;
  /** Keeps at most as many questions as stated: the oldest make room. */
  noteMiss(miss: { text: string; language: string; at: number; keep: number }): Promise<void>;
  /** The newest first. */
  misses(page: { limit: number; before?: { at: number; text: string; language: string } }): Promise<MissedSearch[]>;
  forgetMiss(miss: { text: string; language: string }): Promise<boolean>;
}
