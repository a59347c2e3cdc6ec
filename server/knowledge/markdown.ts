import { Marked, type Token, type Tokens } from 'marked';
import sanitizeHtml from 'sanitize-html';

const marked = new Marked({ gfm: true, breaks: false, async: false });

/** Addresses that a page of ours may lead to or show: no script, no data, nothing of another scheme. */
const linkSchemes = ['http', 'https', 'mailto', 'tel'];

const rules: sanitizeHtml.IOptions = {
  allowedTags: [
    ...['h2', 'h3', 'h4', 'h5', 'h6', 'p', 'br', 'hr', 'blockquote', 'pre', 'code', 'kbd'],
    ...['ul', 'ol', 'li', 'dl', 'dt', 'dd', 'strong', 'b', 'em', 'i', 'del', 's', 'sub', 'sup', 'mark', 'small'],
    ...['a', 'img', 'table', 'thead', 'tbody', 'tr', 'th', 'td', 'figure', 'figcaption', 'details', 'summary'],
  ],
  allowedAttributes: {
    a: ['href', 'title', 'rel'],
    img: ['src', 'alt', 'title', 'width', 'height', 'loading'],
    ol: ['start'],
    th: ['align', 'scope'],
    td: ['align'],
  },
  allowedSchemes: linkSchemes,
  allowedSchemesByTag: { img: ['https'] },
  allowProtocolRelative: false,
  disallowedTagsMode: 'discard',
  // The page has its own first heading, so those of the text begin below it.
  transformTags: {
    h1: 'h2',
    a: (tagName, attribs) => ({ tagName, attribs: { ...attribs, rel: 'noopener nofollow' } }),
    img: (tagName, attribs) => ({ tagName, attribs: { ...attribs, alt: attribs.alt ?? '', loading: 'lazy' } }),
  },
};

/**
 * Markdown as HTML that is safe wherever it is shown: HTML in the text passes the same list of allowed tags as what
 * Markdown makes, and no script, style, form, frame, event handler or foreign scheme is on it.
 */
export function renderMarkdown(text: string): string {
  return sanitizeHtml(marked.parse(text) as string, rules);
}

/** The words of a Markdown text, a block a paragraph: what is searched, and what is shown of it in a list. */
export function plainTextOf(text: string): string {
  const blocks: string[] = [];
  for (const token of marked.lexer(text)) addBlocks(token, blocks);
  return blocks
    .map((block) => block.replace(/[^\S\n]+/g, ' ').trim())
    .filter((block) => block !== '')
    .join('\n\n');
}

function addBlocks(token: Token, blocks: string[]): void {
  switch (token.type) {
    case 'space':
    case 'hr':
    case 'def':
      return;
    case 'list':
      blocks.push((token as Tokens.List).items.map((item) => wordsOf(item.tokens)).join('\n'));
      return;
    case 'table': {
      const { header, rows } = token as Tokens.Table;
      blocks.push([header, ...rows].map((row) => row.map((cell) => wordsOf(cell.tokens)).join(' ')).join('\n'));
      return;
    }
    case 'blockquote':
      for (const inner of (token as Tokens.Blockquote).tokens) addBlocks(inner, blocks);
      return;
    default:
      blocks.push(wordsOf([token]));
  }
}

function wordsOf(tokens: readonly Token[]): string {
  return tokens.map(wordsOfOne).join('');
}

function wordsOfOne(token: Token): string {
  if (token.type === 'html') return unescaped(sanitizeHtml(token.raw, { allowedTags: [], allowedAttributes: {} }));
  if (token.type === 'br') return '\n';
  if (token.type === 'image') return (token as Tokens.Image).text;
  if (token.type === 'list') return `\n${(token as Tokens.List).items.map((item) => wordsOf(item.tokens)).join('\n')}`;
  const inner = 'tokens' in token ? token.tokens : undefined;
  if (inner !== undefined && inner.length > 0) return wordsOf(inner);
  return 'text' in token && typeof token.text === 'string' ? unescaped(token.text) : '';
}

const entities: Readonly<Record<string, string>> = { amp: '&', lt: '<', gt: '>', quot: '"', '#39': "'", nbsp: ' ' };
const unescaped = (text: string): string =>
  text.replace(/&(amp|lt|gt|quot|#39|nbsp);/g, (_, name: string) => entities[name] ?? '');

/** The first words of a text, at a word's end where there is one. */
export function excerptOf(text: string, length: number): string {
  const flat = text.replace(/\s+/g, ' ').trim();
  if (flat.length <= length) return flat;
  const cut = flat.slice(0, length);
  const space = cut.lastIndexOf(' ');
  return `${cut.slice(0, space > length * 0.6 ? space : length).toWellFormed()}…`;
}
