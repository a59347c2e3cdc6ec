import type { HelpArticleLink, HelpHit } from '../knowledge/help-centre.ts';
import type { ArticleVersion } from '../knowledge/knowledge-item.ts';
import { excerptOf, plainTextOf, renderMarkdown } from '../knowledge/markdown.ts';
import { helpWordsFor } from './help-words.ts';

/** What every page has round it. */
export interface HelpFrame {
  readonly siteTitle: string;
  /** Of the page. */
  readonly language: string;
  /** Where this server is reached, without a slash at its end. */
  readonly origin: string;
  /** The same page in other languages, by language. */
  readonly alternates: Readonly<Record<string, string>>;
  /** There is nothing to search, and no home to go to. */
  readonly isClosed?: boolean;
  readonly q?: string;
  /** Offered while one types into the search. */
  readonly titles?: readonly string[];
}

/** Topics and their articles. */
export function homePage(
  frame: HelpFrame,
  categories: readonly { name: string; articles: HelpArticleLink[] }[],
): string {
  const words = helpWordsFor(frame.language);
  const list = categories.map(
    ({ name, articles }) =>
      `<section class="topic"><h2>${escaped(name === '' ? words.otherTopics : name)}</h2><ul>${articles
        .map((article) => `<li>${linkTo(frame.language, article)}</li>`)
        .join('')}</ul></section>`,
  );
  const content =
    list.length === 0 ? `<p class="empty">${words.nothingYet}</p>` : `<div class="topics">${list.join('')}</div>`;
  return page({ ...frame, isHome: true }, { title: frame.siteTitle, content });
}

/** An article, with the question whether it helped. */
export function articlePage(
  frame: HelpFrame,
  article: { id: string; category: string; updatedAt: number; version: ArticleVersion; thanked: boolean },
): string {
  const words = helpWordsFor(frame.language);
  const { id, category, updatedAt, version, thanked } = article;
  const date = new Intl.DateTimeFormat(frame.language, { dateStyle: 'long', timeZone: 'UTC' }).format(updatedAt);
  const ask = thanked
    ? `<p class="thanks" role="status">${words.thanks}</p>`
    : `<form method="post" action="/help/${frame.language}/articles/${id}/vote" class="vote"><h2>${words.helpful}</h2><div><button name="helpful" value="yes">${words.yes}</button> <button name="helpful" value="no">${words.no}</button></div></form>`;
  const content = `<nav class="crumbs"><a href="/help/${frame.language}">${words.home}</a>${category === '' ? '' : ` <span aria-hidden="true">›</span> ${escaped(category)}`}</nav>
<article lang="${escaped(version.language)}"><h1>${escaped(version.title)}</h1><p class="meta">${words.updated.replace('{date}', escaped(date))}</p><div class="text">${renderMarkdown(version.body)}</div></article>${ask}`;
  const description = excerptOf(plainTextOf(version.body), 160);
  return page(frame, { title: `${version.title} · ${frame.siteTitle}`, content, description, isHidden: thanked });
}

/**
 * What a search found, or what to do where it found nothing.
 *
 * @param begun other articles whose titles complete what was typed
 */
export function searchPage(
  frame: HelpFrame,
  q: string,
  hits: readonly HelpHit[],
  begun: readonly HelpArticleLink[],
): string {
  const words = helpWordsFor(frame.language);
  const results = hits.map(
    (hit) => `<li><h2>${linkTo(frame.language, hit)}</h2><p>${escaped(excerptOf(hit.excerpt, 220))}</p></li>`,
  );
  const completed = begun.map((article) => `<li>${linkTo(frame.language, article)}</li>`).join('');
  const suggested =
    completed === '' ? '' : `<section class="topic"><h2>${words.titlesSo}</h2><ul>${completed}</ul></section>`;
  const hint =
    suggested === '' ? `<p>${words.noResultsHint} <a href="/help/${frame.language}">${words.home}</a></p>` : '';
  const heading = (hits.length + begun.length === 0 ? words.noResults : words.resultsFor).replace('{q}', () =>
    escaped(q),
  );
  const content = `<h1>${heading}</h1>${hits.length === 0 ? hint : `<ul class="results">${results.join('')}</ul>`}${suggested}`;
  return page({ ...frame, q }, { title: `${q} · ${frame.siteTitle}`, content, isHidden: true });
}

export function missingPage(frame: HelpFrame): string {
  const words = helpWordsFor(frame.language);
  const hint =
    frame.isClosed === true ? '' : `<p>${words.missingHint} <a href="/help/${frame.language}">${words.home}</a></p>`;
  const content = `<h1>${words.missing}</h1>${hint}`;
  return page(frame, { title: frame.siteTitle, content, isHidden: true });
}

/** All articles in all their languages, for search engines. @see https://www.sitemaps.org/protocol.html */
export function sitemap(
  origin: string,
  articles: readonly { id: string; updatedAt: number; languages: readonly string[] }[],
): string {
  const urls = articles.flatMap(({ id, updatedAt, languages }) => {
    const addresses = languages.map((language) => ({ language, url: `${origin}/help/${language}/articles/${id}` }));
    const links = addresses.map(
      ({ language, url }) => `<xhtml:link rel="alternate" hreflang="${escaped(language)}" href="${escaped(url)}"/>`,
    );
    const changed = new Date(updatedAt).toISOString();
    return addresses.map(
      ({ url }) => `<url><loc>${escaped(url)}</loc><lastmod>${changed}</lastmod>${links.join('')}</url>`,
    );
  });
  return `<?xml version="1.0" encoding="UTF-8"?>\n<urlset xmlns="http://www.sitemaps.org/schemas/sitemap/0.9" xmlns:xhtml="http://www.w3.org/1999/xhtml">${urls.join('')}</urlset>\n`;
}

function page(
  frame: HelpFrame & { isHome?: boolean },
  {
    title,
    content,
    description,
    isHidden = false,
  }: { title: string; content: string; description?: string; isHidden?: boolean },
): string {
  const words = helpWordsFor(frame.language);
  const { language, siteTitle, origin, alternates, q = '', titles = [] } = frame;
  const options = titles.map((each) => `<option value="${escaped(each)}"></option>`).join('');
  const [list, offered] = options === '' ? ['', ''] : [' list="titles"', `<datalist id="titles">${options}</datalist>`];
  const others = Object.entries(alternates);
  const links = others.map(
    ([tag, path]) => `<link rel="alternate" hreflang="${escaped(tag)}" href="${escaped(origin + path)}">`,
  );
  const own = alternates[language];
  const canonical = own === undefined ? '' : `<link rel="canonical" href="${escaped(origin + own)}">`;
  const choices = others.map(([tag, path]) =>
    tag === language
      ? `<li><span aria-current="true" lang="${escaped(tag)}">${escaped(nameOf(tag))}</span></li>`
      : `<li><a href="${escaped(path)}" lang="${escaped(tag)}" hreflang="${escaped(tag)}">${escaped(nameOf(tag))}</a></li>`,
  );
  const heading =
    frame.isClosed === true
      ? `<p class="site">${escaped(siteTitle)}</p>`
      : frame.isHome === true
        ? `<h1 class="site">${escaped(siteTitle)}</h1>`
        : `<p class="site"><a href="/help/${language}">${escaped(siteTitle)}</a></p>`;
  const search =
    frame.isClosed === true
      ? ''
      : `<form role="search" action="/help/${language}/search" method="get"><label class="unseen" for="q">${words.search}</label><input id="q" name="q" type="search" value="${escaped(q)}" placeholder="${words.searchHint}" maxlength="200"${list} required>${offered}<button>${words.find}</button></form>`;
  return `<!doctype html>
<html lang="${escaped(language)}">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<title>${escaped(title)}</title>
${description === undefined ? '' : `<meta name="description" content="${escaped(description)}">`}
${isHidden ? '<meta name="robots" content="noindex">' : `${canonical}${links.join('')}`}
<link rel="icon" href="/console/favicon.svg" type="image/svg+xml">
<link rel="stylesheet" href="/help/style.css">
</head>
<body>
<a class="skip" href="#content">${words.skip}</a>
<header><div class="wide">${heading}${search}</div></header>
<main id="content" class="wide" tabindex="-1">${content}</main>
${choices.length > 1 ? `<footer><div class="wide"><nav aria-label="${words.languages}"><ul>${choices.join('')}</ul></nav></div></footer>` : ''}
</body>
</html>
`;
}

function linkTo(language: string, { id, title, language: own }: HelpArticleLink): string {
  return `<a href="/help/${own}/articles/${id}"${own === language ? '' : ` lang="${escaped(own)}"`}>${escaped(title)}</a>`;
}

/** In its own words: 中文, and not 中文（中国）, where the country goes without saying. */
function nameOf(tag: string): string {
  const shortest = new Intl.Locale(tag).minimize();
  const named = shortest.toString() === shortest.language ? shortest.language : tag;
  return new Intl.DisplayNames([tag], { type: 'language', fallback: 'code' }).of(named) ?? tag;
}

const signs: Readonly<Record<string, string>> = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;', "'": '&#39;' };
const escaped = (text: string): string => text.replace(/[&<>"']/g, (sign) => signs[sign] ?? sign);
