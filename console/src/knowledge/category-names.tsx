import { Badge, Button, Modal, Text, TextInput } from '@mantine/core';
import { ApiError } from '@parley/sdk/http.ts';
import { IconLanguage } from '@tabler/icons-react';
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { api, fieldProblem } from '../app/api.ts';
import { DialogForm } from '../app/dialog-form.tsx';
import { notifyDone } from '../app/notify.ts';
import { Panel } from '../app/page.tsx';
import styles from './knowledge.module.css';
import { type Category, categoriesKey, categoriesQuery, helpSettingsQuery } from './knowledge-queries.ts';

/** What a category is called in other languages, in a dialog of its own: it is said once for all articles in it. */
export function CategoryNamesDialog(props: {
  /** undefined: closed. */
  category: string | undefined;
  /** That are offered beside those of the help centre. */
  languages?: readonly string[];
  onClose: () => void;
}) {
  const { t } = useTranslation();
  const { category, onClose } = props;
  const opened = category !== undefined;
  const { data: known } = useQuery({ ...useCategoriesQuery(), enabled: opened });
  const { data: help } = useQuery({ ...helpSettingsQuery, enabled: opened });
  return (
    <Modal
      opened={opened}
      onClose={onClose}
      title={t('knowledge.categories.namesOf', { category: category ?? '' })}
      closeButtonProps={{ 'aria-label': t('app.close') }}
    >
      {category !== undefined && known !== undefined && help !== undefined && (
        <NamesForm
          category={category}
          names={known.find(({ name }) => name === category)?.names ?? {}}
          languages={[...help.titleLanguages, ...(props.languages ?? [])]}
          onClose={onClose}
        />
      )}
    </Modal>
  );
}

function NamesForm(props: {
  category: string;
  names: Category['names'];
  languages: readonly string[];
  onClose: () => void;
}) {
  const { t } = useTranslation();
  const nameOfLanguage = useLanguageName();
  const queryClient = useQueryClient();
  const { category, onClose } = props;
  const [names, setNames] = useState<Readonly<Record<string, string>>>(props.names);
  const [more, setMore] = useState('');
  const languages = [...new Set([...props.languages, ...Object.keys(names)])].filter((tag) => tag !== '').sort();
  const save = useMutation({
    mutationFn: () =>
      api.call<Category>('PATCH', '/api/v1/article-categories', {
        name: category,
        names: Object.fromEntries(languages.map((tag) => [tag, names[tag]?.trim() || null])),
      }),
    onSuccess: async () => {
      notifyDone(t('app.saved'));
      onClose();
      await queryClient.invalidateQueries({ queryKey: categoriesKey });
    },
  });
  const field = save.error instanceof ApiError ? save.error.field : undefined;
  const isAtField = languages.some((tag) => field === `names.${tag}`);
  return (
    <DialogForm
      error={isAtField ? null : save.error}
      submit={t('app.save')}
      busy={save.isPending}
      onSubmit={() => save.mutate()}
      onClose={onClose}
    >
      <Text size="sm" c="dimmed">
        {t('knowledge.categories.namesHint', { category })}
      </Text>
      {languages.map((tag) => (
        <TextInput
          key={tag}
          label={nameOfLanguage(tag)}
          placeholder={category}
          maxLength={100}
          value={names[tag] ?? ''}
          error={field === `names.${tag}` && save.error instanceof ApiError ? fieldProblem(save.error) : undefined}
          onChange={(event) => {
            const name = event.currentTarget.value;
            setNames((before) => ({ ...before, [tag]: name }));
          }}
        />
      ))}
      <div className={styles.addLanguage}>
        <TextInput
          label={t('knowledge.categories.otherLanguage')}
          placeholder="fr"
          maxLength={35}
          value={more}
          onChange={(event) => setMore(event.currentTarget.value)}
        />
        <Button
          variant="default"
          disabled={more.trim() === ''}
          onClick={() => {
            setNames((before) => ({ [more.trim()]: '', ...before }));
            setMore('');
          }}
        >
          {t('knowledge.addLanguage')}
        </Button>
      </div>
    </DialogForm>
  );
}

/** All categories, and what each is called where: for whoever looks after the help centre. */
export function CategoriesPanel() {
  const { t } = useTranslation();
  const { data = [] } = useQuery(useCategoriesQuery());
  const [open, setOpen] = useState<string>();
  return (
    <Panel title={t('knowledge.categories.title')} hint={t('knowledge.categories.hint')}>
      {data.length === 0 ? (
        <Text size="sm" c="dimmed">
          {t('knowledge.categories.none')}
        </Text>
      ) : (
        <ul className={styles.categories}>
          {data.map(({ name, names, articles }) => (
            <li key={name}>
              <span className={styles.categoryText}>
                <strong>{name}</strong>
                <span className={styles.dim}>{t('knowledge.categories.articles', { n: articles })}</span>
                {Object.entries(names).map(([tag, each]) => (
                  <Badge key={tag} size="sm" variant="light" tt="none">
                    {`${tag}: ${each}`}
                  </Badge>
                ))}
              </span>
              <Button
                size="xs"
                variant="default"
                aria-label={`${t('knowledge.categories.names')} ${name}`}
                leftSection={<IconLanguage size={14} aria-hidden />}
                onClick={() => setOpen(name)}
              >
                {t('knowledge.categories.names')}
              </Button>
            </li>
          ))}
        </ul>
      )}
      <CategoryNamesDialog category={open} onClose={() => setOpen(undefined)} />
    </Panel>
  );
}

/** Categories, called as in the language of the console. */
export function useCategoriesQuery() {
  const { i18n } = useTranslation();
  return categoriesQuery(i18n.language);
}

/** `Chinese (zh-CN)`; what is no tag as it is. */
function useLanguageName(): (tag: string) => string {
  const { i18n } = useTranslation();
  const names = new Intl.DisplayNames([i18n.language], { type: 'language', fallback: 'none' });
  return (tag) => {
    try {
      const name = names.of(tag);
      return name === undefined ? tag : `${name} (${tag})`;
    } catch {
      return tag;
    }
  };
}
