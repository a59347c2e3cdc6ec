import { Parser } from 'htmlparser2';

/** What a saved page says. */
export interface HtmlPage {
  readonly title: string;
  /** Of `<html lang>`. */
  readonly language: string | undefined;
  /** Its own address, as `<link rel="canonical">` names it. */
  readonly canonical: string | undefined;
  readonly markdown: string;
}

/** Around the text, or no text at all. */
const skipped = new Set(
  'script style noscript template nav header footer aside form button select svg iframe object'.split(' '),
);
const blocks = new Set('p div section article main figure figcaption dl dt dd address table thead tbody'.split(' '));

/**
 * A page's text as Markdown: of `<main>` or `<article>` where the page has one, else of its body, without navigation, forms
 * and scripts. What HTML can say beyond that is left out; words are not.
 */
export function htmlToMarkdown(html: string): HtmlPage {
  const root = /<main[\s>]/i.test(html) ? 'main' : /<article[\s>]/i.test(html) ? 'article' : 'body';
  const reader = new PageReader(/<body[\s>]/i.test(html) || root !== 'body' ? root : undefined);
  const parser = new Parser(reader);
  parser.write(html);
  parser.end();
  return reader.page();
}

class PageReader {
  readonly #root: string | undefined;
  #inRoot = 0;
  #skipping = 0;
  #inTitle = false;
  #inPre = false;
  #title = '';
  #firstHeading: string | undefined;
  #language: string | undefined;
  #canonical: string | undefined;
  readonly #blocks: string[] = [];
  #block = '';
  #heading = 0;
  readonly #lists: { ordered: boolean; count: number }[] = [];
  readonly #links: { href: string; start: number }[] = [];
  #cells: string[] | undefined;
  #isFirstRow = true;

  constructor(root: string | undefined) {
    this.#root = root;
    if (root === undefined) this.#inRoot = 1;
  }

  page(): HtmlPage {
    this.#endBlock();
    return {
      title: (this.#firstHeading ?? this.#title).replace(/\s+/g, ' ').trim(),
      language: this.#language,
      canonical: this.#canonical,
      markdown: this.#blocks.join('\n\n').replace(/(\n- .*|\n\d+\. .*)\n\n(?=\s*(- |\d+\. ))/g, '$1\n'),
    };
  }

  onopentag(name: string, attribs: Record<string, string>): void {
    if (name === 'html') this.#language = attribs.lang;
    if (name === 'link' && attribs.rel === 'canonical') this.#canonical = attribs.href;
    if (name === 'title') this.#inTitle = true;
    if (name === this.#root) this.#inRoot += 1;
    if (skipped.has(name)) this.#skipping += 1;
    if (!this.#reads()) return;
    this.#open(name, attribs);
  }

  #open(name: string, attribs: Record<string, string>): void {
    if (/^h[1-6]$/.test(name)) {
      this.#endBlock();
      this.#heading = Number(name[1]);
    } else if (name === 'ul' || name === 'ol') {
      this.#endBlock();
      this.#lists.push({ ordered: name === 'ol', count: 0 });
    } else if (name === 'li') {
      this.#endBlock();
      const list = this.#lists.at(-1);
      if (list !== undefined) list.count += 1;
      const sign = list?.ordered === true ? `${list.count}. ` : '- ';
      this.#block = `${'  '.repeat(Math.max(0, this.#lists.length - 1))}${sign}`;
    } else if (name === 'pre') {
      this.#endBlock();
      this.#inPre = true;
    } else if (name === 'br') this.#block += this.#cells === undefined ? '  \n' : ' ';
    else if (name === 'hr') {
      this.#endBlock();
      this.#blocks.push('---');
    } else if (name === 'strong' || name === 'b') this.#block += '**';
    else if (name === 'em' || name === 'i') this.#block += '*';
    else if (name === 'code' && !this.#inPre) this.#block += '`';
    else if (name === 'a') this.#links.push({ href: attribs.href ?? '', start: this.#block.length });
    else if (name === 'img' && /^https:/.test(attribs.src ?? ''))
      this.#block += `![${(attribs.alt ?? '').replace(/[[\]]/g, '')}](${attribs.src})`;
    else if (name === 'tr') {
      this.#endBlock();
      this.#cells = [];
    } else if (name === 'table') {
      this.#endBlock();
      this.#isFirstRow = true;
    } else if (blocks.has(name) && !this.#isFreshItem()) this.#endBlock();
  }

  ontext(text: string): void {
    if (this.#inTitle && this.#skipping === 0) this.#title += text;
    if (!this.#reads() || this.#inTitle) return;
    if (this.#inPre) this.#block += text;
    else {
      const flat = escapeMarkdown(text.replace(/\s+/g, ' '));
      this.#block += this.#block === '' || this.#block.endsWith('\n') ? flat.trimStart() : flat;
    }
  }

  onclosetag(name: string): void {
    if (name === 'title') this.#inTitle = false;
    if (this.#reads()) this.#close(name);
    if (skipped.has(name)) this.#skipping = Math.max(0, this.#skipping - 1);
    if (name === this.#root) {
      this.#endBlock();
      this.#inRoot -= 1;
    }
  }

  #close(name: string): void {
    if (/^h[1-6]$/.test(name)) this.#endHeading();
    else if (name === 'ul' || name === 'ol') {
      this.#endBlock();
      this.#lists.pop();
    } else if (name === 'pre') {
      const code = this.#block.replace(/^\n|\s+$/g, '');
      this.#inPre = false;
      this.#block = '';
      if (code !== '') this.#blocks.push(`\`\`\`\n${code.replaceAll('```', "'''")}\n\`\`\``);
    } else if (name === 'strong' || name === 'b') this.#block += '**';
    else if (name === 'em' || name === 'i') this.#block += '*';
    else if (name === 'code' && !this.#inPre) this.#block += '`';
    else if (name === 'a') this.#endLink();
    else if (name === 'td' || name === 'th') {
      this.#cells?.push(this.#block.replace(/\s+/g, ' ').replaceAll('|', '\\|').trim());
      this.#block = '';
    } else if (name === 'tr') this.#endRow();
    else if (name === 'li' || blocks.has(name)) this.#endBlock();
  }

  #endHeading(): void {
    const text = this.#block.replace(/\s+/g, ' ').trim();
    this.#block = '';
    const level = this.#heading;
    this.#heading = 0;
    if (text === '') return;
    // The first one is the article's title, which stands above its text.
    if (level === 1 && this.#firstHeading === undefined) this.#firstHeading = text.replace(/\\([\\`*_[\]<>#|])/g, '$1');
    else this.#blocks.push(`${'#'.repeat(Math.max(2, level))} ${text}`);
  }

  #endLink(): void {
    const link = this.#links.pop();
    if (link === undefined || link.start > this.#block.length) return;
    const words = this.#block.slice(link.start);
    if (words.trim() === '' || !/^(https?:|mailto:|tel:)/.test(link.href)) return;
    this.#block = `${this.#block.slice(0, link.start)}[${words}](${link.href.replace(/[\s()<>]/g, encodeURIComponent)})`;
  }

  #endRow(): void {
    const cells = this.#cells ?? [];
    this.#cells = undefined;
    if (cells.length === 0) return;
    const row = `| ${cells.join(' | ')} |`;
    if (this.#isFirstRow) this.#blocks.push(`${row}\n|${' --- |'.repeat(cells.length)}`);
    else this.#blocks.push(`${this.#blocks.pop() ?? ''}\n${row}`);
    this.#isFirstRow = false;
  }

  #endBlock(): void {
    if (this.#cells !== undefined) {
      if (this.#block !== '' && !this.#block.endsWith(' ')) this.#block += ' ';
      return;
    }
    const text = this.#block.replace(/\s+$/, '');
    this.#block = '';
    if (text.trim() !== '' && !/^\s*(-|\d+\.)$/.test(text)) this.#blocks.push(text);
  }

  #isFreshItem(): boolean {
    return /^\s*(- |\d+\. )$/.test(this.#block);
  }

  #reads(): boolean {
    return this.#inRoot > 0 && this.#skipping === 0;
  }
}

const escapeMarkdown = (text: string): string => text.replace(/[\\`*_[\]<>]/g, '\\$&').replace(/^(#+\s)/, '\\$1');
