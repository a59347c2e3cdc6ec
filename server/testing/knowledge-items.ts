import type { Article, ArticleText, CannedReply, CannedReplyText } from '../knowledge/knowledge-item.ts';

/** A canned reply that everybody may use. */
export function replyText(over: Partial<CannedReplyText> = {}): CannedReplyText {
  return {
    title: 'Refund',
    shortCode: null,
    body: 'We send the money back within 5 days.',
    language: null,
    variants: [],
    attachments: [],
    visibility: 'all',
    groupIds: [],
    channelTypes: null,
    externalKey: null,
    validFrom: null,
    validUntil: null,
    ...over,
  };
}

export function storedReply(id: string, over: Partial<CannedReply> = {}): CannedReply {
  return { ...replyText(), id, ownerId: 'ada', rev: 1, uses: 0, usedAt: null, createdAt: 1, updatedAt: 1, ...over };
}

/** A published article that anybody may read. */
export function articleText(over: Partial<ArticleText> = {}): ArticleText {
  return {
    versions: [{ language: 'en', title: 'Returns', body: 'Send it back within **30 days**.' }],
    category: 'Orders',
    status: 'published',
    audience: 'public',
    channelTypes: null,
    externalKey: null,
    validFrom: null,
    validUntil: null,
    ...over,
  };
}

export function storedArticle(id: string, over: Partial<Article> = {}): Article {
  return { ...articleText(), id, rev: 1, createdAt: 1, updatedAt: 1, ...over };
}
