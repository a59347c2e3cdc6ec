import {
  Button,
  Group,
  Modal,
  MultiSelect,
  SegmentedControl,
  Select,
  Skeleton,
  Textarea,
  TextInput,
} from '@mantine/core';
import { useDebouncedValue } from '@mantine/hooks';
import { ApiError } from '@parley/sdk/http.ts';
import { IconHistory, IconLanguage, IconTrash } from '@tabler/icons-react';
import { keepPreviousData, useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { useBlocker, useNavigate, useParams } from '@tanstack/react-router';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { api, fieldProblem, problemText } from '../app/api.ts';
import { BackLink } from '../app/back-link.tsx';
import { CompletingInput } from '../app/completing-input.tsx';
import { ConfirmDialog } from '../app/confirm-dialog.tsx';
import { EmptyState } from '../app/empty-state.tsx';
import { notifyDone, notifyFailure } from '../app/notify.ts';
import { Page, Panel } from '../app/page.tsx';
import { channelTypesQuery } from '../channels/channel-queries.ts';
import { useLocalText } from '../channels/settings-fields.tsx';
import { isSupervisor, useMe } from '../session/session.ts';
import { useTimeWords } from '../words/time.ts';
import { CategoryNamesDialog, useCategoriesQuery } from './category-names.tsx';
import styles from './knowledge.module.css';
import {
  type Article,
  type ArticleText,
  articleQuery,
  articlesKey,
  previewQuery,
  revisionsQuery,
} from './knowledge-queries.ts';
import { ValidityFields } from './validity-fields.tsx';

/** One article: read by agents, written by supervisors. */
export function ArticlePage() {
  const { t } = useTranslation();
  const { articleId } = useParams({ from: '/signed-in/knowledge/articles/$articleId' });
  const supervises = isSupervisor(useMe());
  const isNew = articleId === 'new';
  const { data, error } = useQuery({ ...articleQuery(articleId), enabled: !isNew });
  const back = (
    <BackLink to="/knowledge/$part" params={{ part: 'articles' }}>
      {t('knowledge.part.articles')}
    </BackLink>
  );
  if (!isNew && data === undefined) {
    return (
      <Page title={t('knowledge.article')} back={back}>
        {error === null ? (
          <Skeleton height={240} radius="md" />
        ) : (
          <EmptyState title={t('knowledge.loadFailed')} hint={problemText(error)} />
        )}
      </Page>
    );
  }
  const title = data?.versions[0]?.title ?? t('knowledge.newArticle');
  return (
    <Page title={title} back={back}>
      {supervises ? <ArticleForm key={data?.rev ?? 'new'} article={data} /> : <ArticleReader article={data} />}
    </Page>
  );
}

function ArticleReader({ article }: { article: Article | undefined }) {
  return article?.versions.map(({ language, title, body }) => (
    <Panel key={language} title={`${title} (${language})`}>
      <Rendered body={body} />
    </Panel>
  ));
}

/** A type that this server does not have (any more) stays chosen until somebody takes it away. */
function useChannelChoices(chosen: readonly string[] | null) {
  const local = useLocalText();
  const { data: types = [] } = useQuery(channelTypesQuery);
  const known = types.map(({ type, name }) => ({ value: type, label: local(name) }));
  const others = (chosen ?? []).filter((type) => !known.some(({ value }) => value === type));
  return [...known, ...others.map((type) => ({ value: type, label: type }))];
}

const empty: ArticleText = {
  ...{ versions: [{ language: 'en', title: '', body: '' }], category: '', status: 'draft', audience: 'public' },
  ...{ channelTypes: null, externalKey: null, validFrom: null, validUntil: null },
};

function ArticleForm({ article }: { article: Article | undefined }) {
  const { t } = useTranslation();
  const navigate = useNavigate();
  const queryClient = useQueryClient();
  const [text, setText] = useState<ArticleText>(article === undefined ? empty : textOf(article));
  const channelChoices = useChannelChoices(text.channelTypes);
  const [isDirty, setDirty] = useState(false);
  const [at, setAt] = useState(0);
  const [dialog, setDialog] = useState<'delete' | 'revisions' | 'category'>();
  const change = (patch: Partial<ArticleText>) => {
    setDirty(true);
    setText((before) => ({ ...before, ...patch }));
  };
  const version = text.versions[at] ?? text.versions[0];
  /** Made from the newest state: two fields that change at nearly the same time must not undo each other. */
  const changeVersion = (patch: Partial<ArticleText['versions'][number]>) => {
    setDirty(true);
    setText((before) => ({
      ...before,
      versions: before.versions.map((each, index) => (index === at ? { ...each, ...patch } : each)),
    }));
  };
  const blocker = useBlocker({ shouldBlockFn: () => isDirty, withResolver: true, enableBeforeUnload: () => isDirty });

  const save = useMutation({
    mutationFn: (status: ArticleText['status']) =>
      article === undefined
        ? api.call<Article>('POST', '/api/v1/articles', { ...text, status })
        : api.call<Article>('PATCH', `/api/v1/articles/${article.id}`, { ...text, status, rev: article.rev }),
    onSuccess: async (saved) => {
      setDirty(false);
      notifyDone(t('app.saved'));
      queryClient.setQueryData(articleQuery(saved.id).queryKey, saved);
      await queryClient.invalidateQueries({ queryKey: articlesKey });
      if (article === undefined) {
        await navigate({
          to: '/knowledge/articles/$articleId',
          params: { articleId: saved.id },
          replace: true,
          ignoreBlocker: true,
        });
      }
    },
    onError: (error) => {
      const field = error instanceof ApiError ? error.field : undefined;
      const wrong = /^versions\[(\d+)\]/.exec(field ?? '')?.[1];
      if (wrong !== undefined) setAt(Number(wrong));
      if (field === undefined || field === 'rev') notifyFailure(error);
    },
  });
  const remove = useMutation({
    mutationFn: () => api.call('DELETE', `/api/v1/articles/${article?.id}`),
    onSuccess: async () => {
      setDirty(false);
      await navigate({ to: '/knowledge/$part', params: { part: 'articles' }, ignoreBlocker: true });
      await queryClient.invalidateQueries({ queryKey: articlesKey });
    },
    onError: notifyFailure,
  });
  const errorAt = (field: string) =>
    save.error instanceof ApiError && save.error.field === field ? fieldProblem(save.error) : undefined;

  return (
    <form
      noValidate
      onSubmit={(event) => {
        event.preventDefault();
        // What is sent in a dialog over the form comes up to it, too.
        if (event.target !== event.currentTarget) return;
        save.mutate(text.status);
      }}
    >
      <Panel>
        <div className={styles.two}>
          <Select
            label={t('knowledge.status')}
            data={(['draft', 'published', 'archived'] as const).map((value) => ({
              value,
              label: t(`knowledge.statusOf.${value}`),
            }))}
            value={text.status}
            allowDeselect={false}
            onChange={(next) => change({ status: (next ?? 'draft') as ArticleText['status'] })}
          />
          <Select
            label={t('knowledge.audience')}
            data={(['public', 'agents'] as const).map((value) => ({
              value,
              label: t(`knowledge.audienceOf.${value}`),
            }))}
            value={text.audience}
            allowDeselect={false}
            onChange={(next) => change({ audience: (next ?? 'agents') as ArticleText['audience'] })}
          />
          <CategoryField
            value={text.category}
            error={errorAt('category')}
            onChange={(category) => change({ category })}
            onName={() => setDialog('category')}
          />
          <MultiSelect
            label={t('knowledge.channels')}
            placeholder={text.channelTypes === null ? t('knowledge.allChannels') : ''}
            data={channelChoices}
            value={[...(text.channelTypes ?? [])]}
            onChange={(next) => change({ channelTypes: next.length === 0 ? null : next })}
            error={errorAt('channelTypes')}
          />
          <ValidityFields value={text} error={errorAt('validUntil')} onChange={change} />
        </div>
      </Panel>
      <Panel>
        <Group justify="space-between" mb={8}>
          <SegmentedControl
            aria-label={t('knowledge.languages')}
            value={String(at)}
            onChange={(next) => setAt(Number(next))}
            data={text.versions.map(({ language }, index) => ({ value: String(index), label: language || '?' }))}
          />
          <Button
            size="compact-sm"
            variant="default"
            onClick={() => {
              const known = text.versions.map(({ language }) => language);
              const language = ['en', 'zh-CN'].find((tag) => !known.includes(tag)) ?? '';
              change({ versions: [...text.versions, { language, title: '', body: '' }] });
              setAt(text.versions.length);
            }}
          >
            {t('knowledge.addLanguage')}
          </Button>
        </Group>
        {version !== undefined && (
          <>
            <div className={styles.two}>
              <TextInput
                label={t('knowledge.articleTitle')}
                required
                value={version.title}
                onChange={(event) => changeVersion({ title: event.currentTarget.value })}
                error={errorAt(`versions[${at}].title`)}
              />
              <TextInput
                label={t('knowledge.language')}
                required
                value={version.language}
                onChange={(event) => changeVersion({ language: event.currentTarget.value })}
                error={errorAt(`versions[${at}].language`)}
              />
            </div>
            <div className={styles.editor}>
              <Textarea
                label={t('knowledge.markdown')}
                autosize
                minRows={12}
                maxRows={40}
                value={version.body}
                onChange={(event) => changeVersion({ body: event.currentTarget.value })}
                error={errorAt(`versions[${at}].body`)}
              />
              <section aria-label={t('knowledge.preview')}>
                <p className={styles.dim} style={{ margin: '3px 0 4px' }}>
                  {t('knowledge.preview')}
                </p>
                <Rendered body={version.body} />
              </section>
            </div>
            {text.versions.length > 1 && (
              <Button
                mt="sm"
                size="compact-xs"
                variant="subtle"
                color="gray"
                onClick={() => {
                  change({ versions: text.versions.toSpliced(at, 1) });
                  setAt(0);
                }}
              >
                {t('knowledge.removeLanguage', { language: version.language })}
              </Button>
            )}
          </>
        )}
      </Panel>
      <Group justify="space-between">
        {article === undefined ? (
          <span />
        ) : (
          <Group gap="xs">
            <Button variant="default" leftSection={<IconHistory size={16} />} onClick={() => setDialog('revisions')}>
              {t('knowledge.revisions')}
            </Button>
            <Button
              variant="subtle"
              color="red"
              leftSection={<IconTrash size={16} />}
              onClick={() => setDialog('delete')}
            >
              {t('app.delete')}
            </Button>
          </Group>
        )}
        <Group gap="xs">
          <Button type="submit" variant={text.status === 'draft' ? 'default' : 'filled'} loading={save.isPending}>
            {t('app.save')}
          </Button>
          {text.status === 'draft' && (
            <Button
              loading={save.isPending}
              onClick={() => {
                change({ status: 'published' });
                save.mutate('published');
              }}
            >
              {t('knowledge.publish')}
            </Button>
          )}
        </Group>
      </Group>
      <ConfirmDialog
        opened={dialog === 'delete'}
        title={t('knowledge.deleteArticle')}
        text={t('knowledge.deleteArticleText')}
        confirm={t('app.delete')}
        dangerous
        busy={remove.isPending}
        onClose={() => setDialog(undefined)}
        onConfirm={() => remove.mutate()}
      />
      <ConfirmDialog
        opened={blocker.status === 'blocked'}
        title={t('knowledge.leaveTitle')}
        text={t('knowledge.leaveText')}
        confirm={t('knowledge.leave')}
        dangerous
        onClose={() => blocker.reset?.()}
        onConfirm={() => blocker.proceed?.()}
      />
      <CategoryNamesDialog
        category={dialog === 'category' ? text.category.trim() : undefined}
        languages={text.versions.map(({ language }) => language)}
        onClose={() => setDialog(undefined)}
      />
      {article !== undefined && (
        <Revisions
          article={article}
          opened={dialog === 'revisions'}
          onClose={() => setDialog(undefined)}
          onRestored={() => setDirty(false)}
        />
      )}
    </form>
  );
}

/** The category of an article, and below it what it is called for readers of other languages. */
function CategoryField(props: {
  value: string;
  error: string | undefined;
  onChange: (category: string) => void;
  onName: () => void;
}) {
  const { t } = useTranslation();
  const { data: known = [] } = useQuery(useCategoriesQuery());
  const { value, error, onChange, onName } = props;
  const names = Object.entries(known.find(({ name }) => name === value.trim())?.names ?? {});
  return (
    <div>
      <CompletingInput
        label={t('knowledge.category')}
        value={value}
        choices={known.map(({ name }) => name)}
        onChange={onChange}
        error={error}
      />
      {value.trim() !== '' && (
        <div className={styles.categoryText}>
          <Button
            size="compact-xs"
            variant="subtle"
            leftSection={<IconLanguage size={14} aria-hidden />}
            onClick={onName}
          >
            {t('knowledge.categories.names')}
          </Button>
          <span className={styles.dim}>{names.map(([language, name]) => `${language}: ${name}`).join(' · ')}</span>
        </div>
      )}
    </div>
  );
}

/** Markdown as readers see it: made and made safe by the server. */
function Rendered({ body }: { body: string }) {
  const [shown] = useDebouncedValue(body, 250);
  const { data } = useQuery({ ...previewQuery(shown), enabled: shown !== '', placeholderData: keepPreviousData });
  const html = shown === '' ? '' : (data ?? '');
  // biome-ignore lint/security/noDangerouslySetInnerHtml: the server lets only harmless tags through (`renderMarkdown`).
  return <div className={styles.article} dangerouslySetInnerHTML={{ __html: html }} />;
}

function Revisions(props: { article: Article; opened: boolean; onClose: () => void; onRestored: () => void }) {
  const { t } = useTranslation();
  const { full } = useTimeWords();
  const { article, opened, onClose } = props;
  const queryClient = useQueryClient();
  const { data = [] } = useQuery({ ...revisionsQuery(article.id), enabled: opened });
  const restore = useMutation({
    mutationFn: (rev: number) => api.call<Article>('POST', `/api/v1/articles/${article.id}/restore`, { rev }),
    onSuccess: async (saved) => {
      props.onRestored();
      onClose();
      notifyDone(t('knowledge.restored'));
      queryClient.setQueryData(articleQuery(saved.id).queryKey, saved);
      await queryClient.invalidateQueries({ queryKey: articlesKey });
    },
    onError: notifyFailure,
  });
  return (
    <Modal
      closeButtonProps={{ 'aria-label': t('app.close') }}
      opened={opened}
      onClose={onClose}
      title={t('knowledge.revisions')}
    >
      <ul className={styles.list}>
        {data.map(({ rev, author, at }) => (
          <li key={rev} className={styles.row}>
            <span className={styles.rowText}>
              <strong>{t('knowledge.revisionBy', { n: rev, name: author.name })}</strong>
              <span className={styles.dim}>{full(at)}</span>
            </span>
            {rev === article.rev ? (
              <span className={styles.uses}>{t('knowledge.current')}</span>
            ) : (
              <Button size="xs" variant="default" disabled={restore.isPending} onClick={() => restore.mutate(rev)}>
                {t('knowledge.restore')}
              </Button>
            )}
          </li>
        ))}
      </ul>
    </Modal>
  );
}

function textOf(article: Article): ArticleText {
  const { versions, category, status, audience, channelTypes, externalKey, validFrom, validUntil } = article;
  return { versions, category, status, audience, channelTypes, externalKey, validFrom, validUntil };
}
