/** What the help centre says by itself, beside what authors wrote. */
export interface HelpWords {
  readonly tag: string;
  readonly name: string;
  readonly title: string;
  readonly skip: string;
  readonly search: string;
  readonly searchHint: string;
  readonly find: string;
  readonly resultsFor: string;
  readonly noResults: string;
  readonly noResultsHint: string;
  readonly titlesSo: string;
  readonly otherTopics: string;
  readonly nothingYet: string;
  readonly home: string;
  readonly updated: string;
  readonly helpful: string;
  readonly yes: string;
  readonly no: string;
  readonly thanks: string;
  readonly languages: string;
  readonly missing: string;
  readonly missingHint: string;
}

const en: HelpWords = {
  tag: 'en',
  name: 'English',
  title: 'Help centre',
  skip: 'Skip to the content',
  search: 'Search',
  searchHint: 'How can we help?',
  find: 'Search',
  resultsFor: 'Results for “{q}”',
  noResults: 'Nothing was found for “{q}”.',
  noResultsHint: 'Try other words, or look through the topics.',
  titlesSo: 'Titles with these words',
  otherTopics: 'Other topics',
  nothingYet: 'There are no articles yet.',
  home: 'All topics',
  updated: 'Updated {date}',
  helpful: 'Did this help?',
  yes: 'Yes',
  no: 'No',
  thanks: 'Thank you for telling us.',
  languages: 'Languages',
  missing: 'There is nothing at this address',
  missingHint: 'The article may have been removed, or is not valid any more.',
};

const zhCn: HelpWords = {
  tag: 'zh-CN',
  name: '简体中文',
  title: '帮助中心',
  skip: '跳到正文',
  search: '搜索',
  searchHint: '需要什么帮助？',
  find: '搜索',
  resultsFor: '“{q}”的搜索结果',
  noResults: '没有找到与“{q}”有关的内容。',
  noResultsHint: '请换一些词，或浏览各个主题。',
  titlesSo: '标题含有这些词的文章',
  otherTopics: '其他主题',
  nothingYet: '还没有文章。',
  home: '全部主题',
  updated: '更新于 {date}',
  helpful: '这篇文章有帮助吗？',
  yes: '有',
  no: '没有',
  thanks: '感谢您的反馈。',
  languages: '语言',
  missing: '此地址没有内容',
  missingHint: '文章可能已被删除，或已不再有效。',
};

export const helpLanguages: readonly HelpWords[] = [en, zhCn];

/** The words nearest to a language. */
export function helpWordsFor(language: string): HelpWords {
  return /^zh\b/i.test(language) ? zhCn : en;
}

/** The language of ours, or of an article, that a browser asks for first. */
export function preferredLanguage(accept: string | undefined, offered: readonly string[]): string {
  const wanted = (accept ?? '')
    .split(',')
    .map((part) => {
      const [tag = '', ...params] = part.trim().split(';');
      const q = Number(/^\s*q=([\d.]+)/.exec(params.join(';'))?.[1] ?? 1);
      return { tag: tag.toLowerCase(), q: Number.isNaN(q) ? 0 : q };
    })
    .filter(({ tag, q }) => tag !== '' && q > 0)
    .sort((a, b) => b.q - a.q);
  for (const { tag } of wanted) {
    const same = offered.find((each) => each.toLowerCase() === tag);
    const near = same ?? offered.find((each) => each.toLowerCase().split('-')[0] === tag.split('-')[0]);
    if (near !== undefined) return near;
  }
  return offered.includes('en') ? 'en' : (offered[0] ?? 'en');
}
