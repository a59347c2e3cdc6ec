import type { Media } from '@parley/sdk/protocol.ts';

/** A stored text of the knowledge base, whatever its kind. */
export const knowledgeKinds = ['canned-reply', 'article'] as const;
export type KnowledgeKind = (typeof knowledgeKinds)[number];

/** When something holds, in epoch milliseconds; null: without an end on that side. `until` itself is over. */
export interface Validity {
  readonly validFrom: number | null;
  readonly validUntil: number | null;
}

/** Whether it holds at that moment: asked when somebody looks, so that nothing outlives its end. */
export function isValidAt({ validFrom, validUntil }: Validity, now: number): boolean {
  return (validFrom === null || validFrom <= now) && (validUntil === null || now < validUntil);
}

export const visibilities = ['private', 'groups', 'all'] as const;
export type Visibility = (typeof visibilities)[number];

/** Another wording for a language, a channel type, or both; null: any. */
export interface ReplyVariant {
  readonly language: string | null;
  readonly channelType: string | null;
  readonly body: string;
}

/** What an author decides about a canned reply. */
export interface CannedReplyText extends Validity {
  readonly title: string;
  /** Without the slash, folded to lower case; null: found by its title and text alone. */
  readonly shortCode: string | null;
  /** Plain text with variables, as `{{contact.name|there}}`. */
  readonly body: string;
  /** BCP 47 tag of `body`; null: not stated. */
  readonly language: string | null;
  readonly variants: readonly ReplyVariant[];
  /** Pictures and files that go with it, each as a message of its own. */
  readonly attachments: readonly Media[];
  readonly visibility: Visibility;
  /** Skill groups that may use it; with `groups` alone. */
  readonly groupIds: readonly string[];
  /** Channel types on which it is offered; null: all. */
  readonly channelTypes: readonly string[] | null;
  /** What an import knows it by; null: made here. */
  readonly externalKey: string | null;
}

export interface CannedReply extends CannedReplyText {
  readonly id: string;
  readonly ownerId: string;
  /** 1, 2, …: changed by compare-and-set. */
  readonly rev: number;
  /** How often it was put into a reply. */
  readonly uses: number;
  readonly usedAt: number | null;
  readonly createdAt: number;
  readonly updatedAt: number;
}

export const articleStatuses = ['draft', 'published', 'archived'] as const;
export type ArticleStatus = (typeof articleStatuses)[number];
export const audiences = ['public', 'agents'] as const;
export type Audience = (typeof audiences)[number];

/** One language's version of an article. */
export interface ArticleVersion {
  readonly language: string;
  readonly title: string;
  /** Markdown. */
  readonly body: string;
}

/** What an author decides about an article. */
export interface ArticleText extends Validity {
  /** The first one stands in where a language is missing. */
  readonly versions: readonly ArticleVersion[];
  /** '' : none. */
  readonly category: string;
  readonly status: ArticleStatus;
  readonly audience: Audience;
  readonly channelTypes: readonly string[] | null;
  readonly externalKey: string | null;
}

export interface Article extends ArticleText {
  readonly id: string;
  /** 1, 2, …: the number of the revision that holds. */
  readonly rev: number;
  readonly createdAt: number;
  readonly updatedAt: number;
}

/** What is kept in memory of an article: all but its texts. */
export interface ArticleHead extends Omit<Article, 'versions'> {
  readonly versions: readonly Omit<ArticleVersion, 'body'>[];
}

export function headOf(article: Article): ArticleHead {
  return { ...article, versions: article.versions.map(({ language, title }) => ({ language, title })) };
}

/** A former state of an article. */
export interface ArticleRevision {
  readonly rev: number;
  readonly author: { readonly id: string; readonly name: string };
  readonly at: number;
  readonly text: ArticleText;
}
