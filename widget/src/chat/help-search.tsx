import { createApi } from '@parley/sdk/http.ts';
import { useEffect, useId, useRef, useState } from 'preact/hooks';
import { useScope } from './chat-context.ts';
import { OutLink, Text } from './content.tsx';
import { Icon } from './icons.tsx';

type Hit = { id: string; title: string; language: string; excerpt: string };
type Article = { id: string; title: string; language: string; text: string; path: string };

/**
 * Search in the help centre, before anything was said. It knows nobody and keeps nothing: who finds the answer has written
 * to nobody, who does not writes below.
 */
export function HelpSearch() {
  const { host, locale, words } = useScope();
  const [api] = useState(() => createApi({ server: host.server }));
  const [hits, setHits] = useState<Hit[]>();
  const [article, setArticle] = useState<Article>();
  const [failed, setFailed] = useState(false);
  const asked = useRef(0);
  const heading = useRef<HTMLHeadingElement>(null);
  const field = useId();
  useEffect(() => heading.current?.focus(), [article]);

  /** The newest answer counts: an earlier one that comes late is not shown. */
  async function ask<T>(path: string, show: (answer: T) => void): Promise<void> {
    const mine = ++asked.current;
    setFailed(false);
    try {
      const answer = await api.call<T>('GET', `/api/v1/visitor/help${path}`);
      if (mine === asked.current) show(answer);
    } catch {
      if (mine === asked.current) setFailed(true);
    }
  }
  function onSubmit(event: SubmitEvent): void {
    event.preventDefault();
    const q = String(new FormData(event.currentTarget as HTMLFormElement).get('q') ?? '').trim();
    const query = new URLSearchParams({ q, language: locale });
    if (q !== '') void ask<{ items: Hit[] }>(`?${query}`, ({ items }) => setHits(items));
  }
  if (article !== undefined)
    return (
      <article class="help" lang={article.language}>
        <button type="button" class="help-back" onClick={() => setArticle(undefined)}>
          {words.helpBack}
        </button>
        <h3 ref={heading} tabIndex={-1} dir="auto">
          {article.title}
        </h3>
        {article.text.split('\n\n').map((block, index) => (
          <Text key={index} text={block} />
        ))}
        <OutLink href={host.server + article.path}>{words.helpPage}</OutLink>
      </article>
    );
  return (
    <search class="help">
      <form class="help-form" onSubmit={onSubmit}>
        <label for={field}>{words.helpSearch}</label>
        <input id={field} type="search" name="q" maxLength={200} enterkeyhint="search" dir="auto" />
        <button type="submit" class="tool" aria-label={words.helpFind} title={words.helpFind}>
          <Icon name="search" />
        </button>
      </form>
      {failed && (
        <p class="failed" role="alert">
          {words.helpFailed}
        </p>
      )}
      {hits?.length === 0 && <p class="muted">{words.helpNothing}</p>}
      {hits !== undefined && hits.length > 0 && (
        <ul>
          {hits.map(({ id, title, language, excerpt }) => (
            <li key={id}>
              <button
                type="button"
                class="help-hit"
                lang={language}
                onClick={() => void ask(`/articles/${id}?${new URLSearchParams({ language })}`, setArticle)}
              >
                <b dir="auto">{title}</b>
                <span dir="auto">{excerpt}</span>
              </button>
            </li>
          ))}
        </ul>
      )}
    </search>
  );
}
