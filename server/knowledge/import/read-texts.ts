import { extname } from 'node:path';
import type { KnowledgeKind } from '../knowledge-item.ts';
import { decodeText } from './decode-text.ts';
import { readFrontMatter } from './front-matter.ts';
import { htmlToMarkdown } from './html-to-markdown.ts';
import { ImportFailure } from './import-problem.ts';
import { type CsvColumn, columnsOfCsv, foldColumn, readCsv } from './read-csv.ts';

/** A text as a file has it: by the names of the columns below, and where it begins. */
export interface ReadText {
  readonly line: number;
  /** The line of a value that stands on one of its own. */
  readonly lines: Readonly<Record<string, number>>;
  readonly values: Readonly<Record<string, string>>;
}

const common = ['key', 'title', 'body', 'language', 'channels', 'valid_from', 'valid_until'];
export const columnsOf: Readonly<Record<KnowledgeKind, readonly string[]>> = {
  'canned-reply': [...common, 'code', 'channel', 'visibility', 'groups'],
  article: [...common, 'category', 'category_name', 'status', 'audience'],
};

/** What people call them elsewhere. */
const aliases: Readonly<Record<string, string>> = {
  ...{ id: 'key', external_key: 'key', external_id: 'key', 编号: 'key', 键: 'key' },
  ...{ name: 'title', question: 'title', subject: 'title', 标题: 'title', 名称: 'title', 问题: 'title' },
  ...{ text: 'body', content: 'body', answer: 'body', 内容: 'body', 正文: 'body', 回复: 'body', 答案: 'body' },
  ...{ short_code: 'code', shortcode: 'code', shortcut: 'code', 短代码: 'code', 快捷码: 'code' },
  ...{ lang: 'language', locale: 'language', 语言: 'language' },
  ...{
    分类: 'category',
    分类名称: 'category_name',
    状态: 'status',
    读者: 'audience',
    可见范围: 'visibility',
    技能组: 'groups',
    渠道: 'channels',
  },
};

/**
 * The texts of a file, by its ending: `.csv`, `.md`, `.html`.
 *
 * @param mapping names of columns in the file, to ours; '' for a column that is left out
 * @throws ImportFailure with the line
 */
export function readTexts(
  file: { readonly name: string; readonly bytes: Uint8Array },
  kind: KnowledgeKind,
  mapping: Readonly<Record<string, string>>,
): ReadText[] {
  const text = decode(file.bytes);
  switch (extname(file.name).toLowerCase()) {
    case '.csv':
    case '.tsv':
      return readCsv(text, {
        known: columnsOf[kind],
        required: ['title', 'body'],
        aliases: { ...aliases, ...folded(mapping) },
      }).map((row) => ({ ...row, lines: {} }));
    case '.md':
    case '.markdown':
      return [readMarkdown(file.name, text, kind)];
    case '.html':
    case '.htm':
      return [readHtml(file.name, text)];
    default:
      throw new ImportFailure(1, `${file.name}: expected a file that ends in .csv, .md, .html or .zip.`);
  }
}

/** What columns a `.csv` or `.tsv` has, and what each is taken for; none for another file, or one that is no table. */
export function columnsIn(
  file: { readonly name: string; readonly bytes: Uint8Array },
  kind: KnowledgeKind,
  mapping: Readonly<Record<string, string>>,
): CsvColumn[] {
  if (!/\.[ct]sv$/i.test(file.name)) return [];
  try {
    return columnsOfCsv(decode(file.bytes), { known: columnsOf[kind], aliases: { ...aliases, ...folded(mapping) } });
  } catch (error) {
    // `readTexts` says what is wrong with it.
    if (error instanceof ImportFailure) return [];
    throw error;
  }
}

function readMarkdown(name: string, text: string, kind: KnowledgeKind): ReadText {
  const { values, lines, body } = readFrontMatter(text, columnsOf[kind]);
  const heading = /^#\s+(.+?)\s*#*\s*(?:\n|$)/.exec(body);
  const title = values.title ?? heading?.[1];
  if (title === undefined)
    throw new ImportFailure(1, 'It has no title: say one in the front matter, or begin with a line "# Title".');
  const rest = values.title === undefined && heading !== null ? body.slice(heading[0].length).trimStart() : body;
  return { line: 1, lines, values: { ...namedBy(name), ...values, title, body: rest.trimEnd() } };
}

function readHtml(name: string, text: string): ReadText {
  const { title, language, canonical, markdown } = htmlToMarkdown(text);
  if (title === '') throw new ImportFailure(1, 'It has no <h1> and no <title>.');
  if (markdown === '') throw new ImportFailure(1, 'It has no text in <main>, <article> or <body>.');
  const own = namedBy(name);
  const values = { ...own, ...(language === undefined || language === '' ? {} : { language }), title, body: markdown };
  return { line: 1, lines: {}, values: { ...values, key: (canonical ?? own.key).slice(0, 190) } };
}

/** `guide/returns.zh-CN.md` is the version in zh-CN of `guide/returns`. */
function namedBy(name: string): { key: string; language?: string } {
  const bare = name.slice(0, name.length - extname(name).length);
  const [, key = bare, language] = /^(.*)\.([a-z]{2,3}(?:[-_][A-Za-z]{2,4})?)$/.exec(bare) ?? [];
  return { key: key.slice(-190), ...(language === undefined ? {} : { language }) };
}

function decode(bytes: Uint8Array): string {
  const text = decodeText(bytes);
  if (text === undefined) throw new ImportFailure(1, 'The file is neither UTF-8 nor GB 18030: save it as UTF-8.');
  return text;
}

const folded = (mapping: Readonly<Record<string, string>>) =>
  Object.fromEntries(Object.entries(mapping).map(([name, to]) => [foldColumn(name), to]));
