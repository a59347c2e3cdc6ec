import type { Media } from '@parley/sdk/protocol.ts';
import { Refusal } from '../gateway/refusal.ts';
import type { ArticleText, ArticleVersion, CannedReplyText, ReplyVariant, Validity } from './knowledge-item.ts';
import { checkTemplate } from './variables.ts';

/** Characters: what no author comes near to, and what keeps memory bounded. */
export const limits = {
  title: 200,
  replyBody: 10_000,
  articleBody: 200_000,
  variants: 50,
  versions: 30,
  attachments: 10,
  shortCode: 40,
  category: 100,
  categoryNames: 5_000,
  key: 190,
  replies: 20_000,
  articles: 50_000,
} as const;

/**
 * A canned reply as it may be stored: trimmed, its code folded.
 *
 * @throws Refusal `content-invalid` with the field
 */
export function checkReply(text: CannedReplyText): CannedReplyText {
  const visibility = text.visibility;
  if (visibility === 'groups' && text.groupIds.length === 0) {
    throw invalid('groupIds', 'name a skill group that may use it, or choose another visibility.');
  }
  if (text.variants.length > limits.variants) throw invalid('variants', `at most ${limits.variants}.`);
  if (text.attachments.length > limits.attachments) throw invalid('attachments', `at most ${limits.attachments}.`);
  return {
    title: line('title', text.title, limits.title),
    shortCode: checkCode(text.shortCode),
    body: checkBody('body', text.body),
    language: checkLanguageOrNull('language', text.language),
    variants: checkVariants(text.variants),
    attachments: text.attachments.map(checkAttachment),
    visibility,
    groupIds: visibility === 'groups' ? [...new Set(text.groupIds)] : [],
    channelTypes: checkTypes(text.channelTypes),
    externalKey: checkKey(text.externalKey),
    ...checkValidity(text),
  };
}

/** An article as it may be stored. @throws Refusal `content-invalid` with the field */
export function checkArticle(text: ArticleText): ArticleText {
  if (text.versions.length === 0) throw invalid('versions', 'an article needs at least one language.');
  if (text.versions.length > limits.versions) throw invalid('versions', `at most ${limits.versions}.`);
  const versions = text.versions.map(checkVersion);
  const twice = versions.findIndex(({ language }, at) => versions.findIndex((one) => one.language === language) !== at);
  if (twice >= 0) throw invalid(`versions[${twice}].language`, `${versions[twice]?.language} is there twice.`);
  return {
    versions,
    category: text.category.trim() === '' ? '' : checkCategory('category', text.category),
    status: text.status,
    audience: text.audience,
    channelTypes: checkTypes(text.channelTypes),
    externalKey: checkKey(text.externalKey),
    ...checkValidity(text),
  };
}

/** What a category is called. @throws Refusal `content-invalid` */
export function checkCategory(field: string, name: string): string {
  return line(field, name, limits.category);
}

/** Names of a category by language, in the usual form of its tag; an empty one is none. @throws Refusal `content-invalid` */
export function checkCategoryNames(names: Readonly<Record<string, string | null>>): Record<string, string | null> {
  const checked: Record<string, string | null> = {};
  for (const [tag, name] of Object.entries(names)) {
    const language = checkLanguage(`names.${tag}`, tag);
    checked[language] = name === null || name.trim() === '' ? null : checkCategory(`names.${tag}`, name);
  }
  return checked;
}

/** A language tag in its usual form, as `zh-CN`. @throws Refusal `content-invalid` */
export function checkLanguage(field: string, tag: string): string {
  try {
    const [canonical] = Intl.getCanonicalLocales(tag.trim().replace('_', '-'));
    if (canonical !== undefined && canonical.length <= 35) return canonical;
  } catch {
    // Said below.
  }
  throw invalid(field, `expected a language tag such as en or zh-CN, got "${tag.slice(0, 40)}".`);
}

function checkVersion({ language, title, body }: ArticleVersion, at: number): ArticleVersion {
  const path = `versions[${at}]`;
  if (body.length > limits.articleBody)
    throw invalid(`${path}.body`, `at most ${limits.articleBody} characters, and this has ${body.length}.`);
  return {
    language: checkLanguage(`${path}.language`, language),
    title: line(`${path}.title`, title, limits.title),
    body: wellFormed(body)
      .replace(/\r\n?/g, '\n')
      .replace(/^(?:[^\S\n]*\n)+/, '')
      .trimEnd(),
  };
}

function checkVariants(variants: readonly ReplyVariant[]): ReplyVariant[] {
  const seen = new Set<string>();
  return variants.map(({ language, channelType, body }, at) => {
    const path = `variants[${at}]`;
    if (language === null && channelType === null)
      throw invalid(path, 'a variant is for a language, a channel type, or both.');
    const variant = {
      language: checkLanguageOrNull(`${path}.language`, language),
      channelType,
      body: checkBody(`${path}.body`, body),
    };
    const key = `${variant.language} ${channelType}`;
    if (seen.has(key)) throw invalid(path, 'there is another variant for the same language and channel.');
    seen.add(key);
    return variant;
  });
}

function checkBody(field: string, body: string): string {
  if (body.trim() === '') throw invalid(field, 'is empty.');
  if (body.length > limits.replyBody)
    throw invalid(field, `at most ${limits.replyBody} characters, and this has ${body.length}.`);
  const [problem] = checkTemplate(body);
  if (problem !== undefined) throw invalid(field, `line ${problem.line}, column ${problem.column}: ${problem.message}`);
  return wellFormed(body).replace(/\r\n?/g, '\n').trim();
}

function checkCode(code: string | null): string | null {
  const folded = code?.normalize('NFKC').trim().replace(/^\/+/, '').toLowerCase() ?? '';
  if (folded === '') return null;
  if (folded.length <= limits.shortCode && /^[\p{L}\p{N}_.-]+$/u.test(folded)) return folded;
  throw invalid('shortCode', `letters, digits, - _ and . alone, at most ${limits.shortCode} of them.`);
}

function checkAttachment(media: Media, at: number): Media {
  // Files of ours alone: an address of elsewhere would be fetched in the customer's name, and may change behind our back.
  if (!/^\/files\/[\w-]+\/[\w-]+\/[^/\s]+$/.test(media.url))
    throw invalid(`attachments[${at}].url`, 'expected a file that was uploaded here (`/files/…`).');
  return media;
}

function checkValidity({ validFrom, validUntil }: Validity): Validity {
  if (validFrom !== null && validUntil !== null && validUntil <= validFrom)
    throw invalid('validUntil', 'it would be over before it begins.');
  return { validFrom, validUntil };
}

function checkKey(key: string | null): string | null {
  return key === null || key.trim() === '' ? null : line('externalKey', key, limits.key);
}

function checkTypes(types: readonly string[] | null): readonly string[] | null {
  return types === null || types.length === 0 ? null : [...new Set(types)];
}

function checkLanguageOrNull(field: string, tag: string | null): string | null {
  return tag === null || tag.trim() === '' ? null : checkLanguage(field, tag);
}

function line(field: string, text: string, max: number): string {
  const clean = wellFormed(text).replace(/\s+/g, ' ').trim();
  if (clean === '') throw invalid(field, 'is empty.');
  if (clean.length > max) throw invalid(field, `at most ${max} characters, and this has ${clean.length}.`);
  return clean;
}

/** Without half surrogate pairs and NUL, which not every engine keeps as they are. */
const wellFormed = (text: string): string => text.toWellFormed().replaceAll('\0', '');

function invalid(field: string, why: string): Refusal {
  return new Refusal('content-invalid', `${field}: ${why}`, { field });
}
