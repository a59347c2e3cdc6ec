import type { Article, CannedReply } from '../knowledge-item.ts';
import type { CategoryName } from '../knowledge-store.ts';
import { frontMatterLine } from './front-matter.ts';
import { csvCell } from './read-csv.ts';
import { writeZip } from './zip.ts';

const date = (ms: number | null): string => (ms === null ? '' : new Date(ms).toISOString());
const csv = (rows: readonly (readonly string[])[]): string =>
  // The mark at the beginning says UTF-8 to spreadsheets.
  `\uFEFF${rows.map((row) => `${row.map(csvCell).join(',')}\r\n`).join('')}`;

/** By whatever key an import knows it again, also where it was made here. */
const keyOf = ({ externalKey, id }: { externalKey: string | null; id: string }): string => externalKey ?? id;

/** Canned replies as an import reads them: each variant is a row of its own below its reply. */
export function repliesAsCsv(replies: readonly CannedReply[]): string {
  const header = 'key,title,code,body,language,channel,channels,visibility,groups,valid_from,valid_until'.split(',');
  const rows = replies.flatMap((reply) => {
    const { title, shortCode, body, language, channelTypes, visibility, groupIds, validFrom, validUntil } = reply;
    const key = keyOf(reply);
    const main = [key, title, shortCode ?? '', body, language ?? '', '', channelTypes?.join(';') ?? ''];
    return [
      [...main, visibility, groupIds.join(';'), date(validFrom), date(validUntil)],
      ...reply.variants.map((one) => [
        key,
        title,
        '',
        one.body,
        one.language ?? '',
        one.channelType ?? '',
        '',
        '',
        '',
        '',
        '',
      ]),
    ];
  });
  return csv([header, ...rows]);
}

/** What an article's category is called in the language of a version; '' where it has no name of its own there. */
const namesFor = (names: readonly CategoryName[]) => {
  const byPlace = new Map(names.map(({ category, language, name }) => [`${language} ${category}`, name]));
  return (category: string, language: string): string => byPlace.get(`${language} ${category}`) ?? '';
};

/** Articles as an import reads them: each language is a row of its own. */
export function articlesAsCsv(articles: readonly Article[], names: readonly CategoryName[]): string {
  const nameOf = namesFor(names);
  const header = 'key,language,title,body,category,category_name,status,audience,channels,valid_from,valid_until'.split(
    ',',
  );
  const rows = articles.flatMap((article) =>
    article.versions.map(({ language, title, body }) => {
      const { category, status, audience, channelTypes, validFrom, validUntil } = article;
      const shared = [category, nameOf(category, language), status, audience, channelTypes?.join(';') ?? ''];
      return [keyOf(article), language, title, body, ...shared, date(validFrom), date(validUntil)];
    }),
  );
  return csv([header, ...rows]);
}

/** A ZIP with a Markdown file for each language of each article. */
export function articlesAsMarkdown(articles: readonly Article[], names: readonly CategoryName[]): Buffer {
  const nameOf = namesFor(names);
  const files = articles.flatMap((article) =>
    article.versions.map(({ language, title, body }) => {
      const { category, status, audience, channelTypes, validFrom, validUntil } = article;
      const values = {
        ...{ key: keyOf(article), title, language, category, category_name: nameOf(category, language) },
        ...{ status, audience, channels: channelTypes?.join(';') ?? '' },
        ...{ valid_from: date(validFrom), valid_until: date(validUntil) },
      };
      const lines = Object.entries(values).filter(([, value]) => value !== '');
      const text = ['---', ...lines.map(([name, value]) => frontMatterLine(name, value)), '---', '', body, ''].join(
        '\n',
      );
      return { name: `${article.id}.${language}.md`, bytes: Buffer.from(text) };
    }),
  );
  return writeZip(files);
}
