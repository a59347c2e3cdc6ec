import { Badge, Button, Select, TextInput } from '@mantine/core';
import { useDebouncedValue } from '@mantine/hooks';
import { IconBook2, IconPlus, IconSearch } from '@tabler/icons-react';
import { keepPreviousData, useInfiniteQuery, useQuery } from '@tanstack/react-query';
import { Link } from '@tanstack/react-router';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { EmptyState } from '../app/empty-state.tsx';
import { PagedList } from '../app/paged-list.tsx';
import { isSupervisor, useMe } from '../session/session.ts';
import { useTimeWords } from '../words/time.ts';
import { useCategoriesQuery } from './category-names.tsx';
import { ImportButton } from './import-dialog.tsx';
import styles from './knowledge.module.css';
import { articlesQuery, type ListedArticle } from './knowledge-queries.ts';

const statusColors = { draft: 'gray', published: 'blue', archived: 'gray' } as const;
const statuses = ['draft', 'published', 'archived'] as const;

/** All articles, what was changed last first. */
export function ArticlesPart() {
  const { t } = useTranslation();
  const supervises = isSupervisor(useMe());
  const [text, setText] = useState('');
  const [q] = useDebouncedValue(text.trim(), 150);
  const [status, setStatus] = useState<string | null>(null);
  const query = useInfiniteQuery({
    ...articlesQuery({ q, status: status ?? undefined }),
    placeholderData: keepPreviousData,
  });
  const articles = query.data?.pages.flatMap(({ items }) => items);
  return (
    <>
      <div className={styles.tools}>
        <TextInput
          className={styles.search}
          aria-label={t('knowledge.findArticle')}
          placeholder={t('knowledge.findArticle')}
          leftSection={<IconSearch size={16} />}
          value={text}
          onChange={(event) => setText(event.currentTarget.value)}
        />
        {supervises && (
          <>
            <Select
              aria-label={t('knowledge.status')}
              placeholder={t('knowledge.anyStatus')}
              clearable
              w={150}
              data={statuses.map((value) => ({ value, label: t(`knowledge.statusOf.${value}`) }))}
              value={status}
              onChange={setStatus}
            />
            <ImportButton kind="article" />
            <Button component={Link} to="/knowledge/articles/new" leftSection={<IconPlus size={16} />}>
              {t('knowledge.newArticle')}
            </Button>
          </>
        )}
      </div>
      <PagedList
        query={query}
        items={articles}
        failed={t('knowledge.loadFailed')}
        empty={
          <EmptyState
            icon={<IconBook2 size={30} />}
            title={q === '' && status === null ? t('knowledge.noArticles') : t('knowledge.noneFound')}
            hint={t('knowledge.noArticlesHint')}
          />
        }
      >
        {(shown) => (
          <ul className={styles.list}>
            {shown.map((article) => (
              <li key={article.id}>
                <ArticleRow article={article} />
              </li>
            ))}
          </ul>
        )}
      </PagedList>
    </>
  );
}

function ArticleRow({ article }: { article: ListedArticle }) {
  const { t } = useTranslation();
  const { toMinute } = useTimeWords();
  const { id, versions, category, status, audience, updatedAt, helpful, unhelpful } = article;
  const { data: categories = [] } = useQuery(useCategoriesQuery());
  const called = categories.find(({ name }) => name === category)?.shown ?? category;
  const languages = versions.map(({ language }) => language).join(', ');
  return (
    <Link to="/knowledge/articles/$articleId" params={{ articleId: id }} className={styles.row}>
      <span className={styles.rowText}>
        <span className={styles.rowHead}>
          <strong>{versions[0]?.title}</strong>
          <Badge size="sm" variant="light" tt="none" color={statusColors[status]}>
            {t(`knowledge.statusOf.${status}`)}
          </Badge>
          {audience === 'public' && (
            <Badge size="sm" variant="light" tt="none">
              {t('knowledge.audienceOf.public')}
            </Badge>
          )}
        </span>
        <span className={styles.dim}>
          {[called, languages, t('knowledge.changedAt', { at: toMinute(updatedAt) })].filter(Boolean).join(' · ')}
        </span>
      </span>
      {helpful + unhelpful > 0 && (
        <span className={styles.uses}>{t('knowledge.helped', { n: helpful, all: helpful + unhelpful })}</span>
      )}
    </Link>
  );
}
