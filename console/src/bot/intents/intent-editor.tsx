import { ActionIcon, Button, Group, Skeleton, Stack, Switch, Textarea, TextInput } from '@mantine/core';
import { ApiError } from '@parley/sdk/http.ts';
import { IconX } from '@tabler/icons-react';
import { useInfiniteQuery, useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { Link, useNavigate } from '@tanstack/react-router';
import { type FormEvent, useState } from 'react';
import { useTranslation } from 'react-i18next';
import { fieldProblem, problemText } from '../../app/api.ts';
import { BackLink } from '../../app/back-link.tsx';
import { ConfirmDialog } from '../../app/confirm-dialog.tsx';
import { EmptyState } from '../../app/empty-state.tsx';
import { inputWrapperOrder } from '../../app/fields.tsx';
import { LoadMore } from '../../app/load-more.tsx';
import { notifyDone, notifyFailure } from '../../app/notify.ts';
import { Panel } from '../../app/page.tsx';
import {
  addUtterances,
  changeIntent,
  type Intent,
  intentQuery,
  intentsKey,
  outOfScopeId,
  removeIntent,
  removeUtterances,
  type Utterance,
  utterancesQuery,
} from './intent-queries.ts';
import styles from './intents.module.css';
import { linesOf } from './lines.ts';

/** One intent: what it is, what the bot says to it, and how customers say it. */
export function IntentEditor({ id }: { id: string }) {
  const { t } = useTranslation();
  const isIntent = id !== outOfScopeId;
  const { data: intent, error } = useQuery({ ...intentQuery(id), enabled: isIntent });
  return (
    <>
      <BackLink to="/bot/$part" params={{ part: 'intents' }}>
        {t('intents.all')}
      </BackLink>
      {isIntent && intent === undefined && error === null && <Skeleton height={200} radius="md" />}
      {error !== null && <EmptyState title={t('intents.loadFailed')} hint={problemText(error)} />}
      {intent !== undefined && <IntentForm key={intent.id} intent={intent} />}
      {(intent !== undefined || !isIntent) && <Utterances id={id} />}
    </>
  );
}

const languages = ['en', 'zh-CN'] as const;

function IntentForm({ intent }: { intent: Intent }) {
  const { t } = useTranslation();
  const queryClient = useQueryClient();
  const navigate = useNavigate();
  const [form, setForm] = useState(intent);
  const [asking, setAsking] = useState(false);
  const patch = (next: Partial<Intent>) => setForm((before) => ({ ...before, ...next }));
  const saving = useMutation({
    mutationFn: () => {
      const { name, description, enabled, answer } = form;
      return changeIntent(intent.id, { name, description, enabled, answer });
    },
    onSuccess: async (saved) => {
      setForm(saved);
      notifyDone(t('app.saved'));
      await queryClient.invalidateQueries({ queryKey: intentsKey });
    },
    onError: (error) => {
      if (!(error instanceof ApiError) || error.field !== 'name') notifyFailure(error);
    },
  });
  const removing = useMutation({
    mutationFn: () => removeIntent(intent.id),
    onSuccess: async () => {
      await navigate({ to: '/bot/$part', params: { part: 'intents' } });
      await queryClient.invalidateQueries({ queryKey: intentsKey });
    },
    onError: notifyFailure,
  });
  function submit(event: FormEvent): void {
    event.preventDefault();
    saving.mutate();
  }
  const nameError = saving.error instanceof ApiError && saving.error.field === 'name' ? saving.error : undefined;
  return (
    <Panel title={intent.name}>
      <form onSubmit={submit} noValidate>
        <Stack gap="sm">
          <TextInput
            label={t('intents.name')}
            description={t('intents.nameHint')}
            inputWrapperOrder={inputWrapperOrder}
            maxLength={100}
            value={form.name}
            error={nameError && fieldProblem(nameError)}
            onChange={(event) => patch({ name: event.currentTarget.value })}
          />
          <TextInput
            label={t('intents.description')}
            maxLength={1_000}
            value={form.description}
            onChange={(event) => patch({ description: event.currentTarget.value })}
          />
          {languages.map((language) => (
            <Textarea
              key={language}
              label={t(`intents.answer.${language}`)}
              description={language === 'en' ? t('intents.answerHint') : undefined}
              inputWrapperOrder={inputWrapperOrder}
              autosize
              minRows={1}
              maxRows={8}
              maxLength={4_000}
              value={form.answer?.[language] ?? ''}
              onChange={(event) => patch({ answer: { ...form.answer, [language]: event.currentTarget.value } })}
            />
          ))}
          <Switch
            label={t('intents.enabled')}
            description={t('intents.enabledHint')}
            checked={form.enabled}
            onChange={(event) => patch({ enabled: event.currentTarget.checked })}
          />
        </Stack>
        <Group justify="space-between" mt="md">
          <Button variant="subtle" color="red" onClick={() => setAsking(true)}>
            {t('app.delete')}
          </Button>
          <Button type="submit" loading={saving.isPending}>
            {t('app.save')}
          </Button>
        </Group>
      </form>
      <ConfirmDialog
        opened={asking}
        title={t('intents.removeTitle', { name: intent.name })}
        text={t('intents.removeText')}
        confirm={t('app.delete')}
        dangerous
        busy={removing.isPending}
        onClose={() => setAsking(false)}
        onConfirm={() => removing.mutate()}
      />
    </Panel>
  );
}

function Utterances({ id }: { id: string }) {
  const { t } = useTranslation();
  const queryClient = useQueryClient();
  const query = useInfiniteQuery(utterancesQuery(id));
  const utterances = query.data?.pages.flatMap(({ items }) => items);
  const [text, setText] = useState('');
  const again = () => queryClient.invalidateQueries({ queryKey: intentsKey });
  const adding = useMutation({
    mutationFn: () => addUtterances(id, linesOf(text)),
    onSuccess: async ({ added, known }) => {
      setText('');
      notifyDone(t(known > 0 ? 'intents.addedKnown' : 'intents.added', { n: added, known }));
      await again();
    },
  });
  const removing = useMutation({
    mutationFn: (utterance: Utterance) => removeUtterances(id, [utterance.id]),
    onSuccess: again,
    onError: notifyFailure,
  });
  const lines = linesOf(text).length;
  function submit(event: FormEvent): void {
    event.preventDefault();
    if (lines > 0) adding.mutate();
  }
  const isOutside = id === outOfScopeId;
  return (
    <section aria-label={t('intents.utterances')}>
      <h2 className={styles.small}>{isOutside ? t('intents.outOfScope') : t('intents.utterances')}</h2>
      <p className={styles.dim}>{isOutside ? t('intents.outOfScopeLong') : t('intents.utterancesHint')}</p>
      <form onSubmit={submit} noValidate>
        <Textarea
          aria-label={t('intents.addUtterances')}
          placeholder={t('intents.onePerLine')}
          autosize
          minRows={2}
          maxRows={12}
          value={text}
          error={adding.error === null ? undefined : problemText(adding.error)}
          onChange={(event) => {
            setText(event.currentTarget.value);
            adding.reset();
          }}
        />
        <Group justify="flex-end" my="sm">
          <Button type="submit" variant="default" disabled={lines === 0} loading={adding.isPending}>
            {lines > 1 ? t('intents.addMany', { n: lines }) : t('intents.addOne')}
          </Button>
        </Group>
      </form>
      {utterances === undefined && <Skeleton height={120} radius="md" />}
      {utterances !== undefined && utterances.length > 0 && (
        <ul className={styles.list}>
          {utterances.map((utterance) => (
            <li key={utterance.id} className={styles.utterance}>
              <span>
                {utterance.text}
                <AlsoIn utterance={utterance} />
              </span>
              <ActionIcon
                variant="subtle"
                color="gray"
                size="lg"
                aria-label={t('intents.removeUtterance', { text: utterance.text })}
                onClick={() => removing.mutate(utterance)}
              >
                <IconX size={16} />
              </ActionIcon>
            </li>
          ))}
        </ul>
      )}
      <LoadMore query={query} />
    </section>
  );
}

function AlsoIn({ utterance }: { utterance: Utterance }) {
  const { t } = useTranslation();
  if (utterance.alsoIn.length === 0) return null;
  return (
    <span className={styles.conflict}>
      {' '}
      {t('intents.alsoIn')}{' '}
      {utterance.alsoIn.map(({ id, name }, at) => (
        <span key={id}>
          {at > 0 && ', '}
          <Link to="/bot/$part" params={{ part: 'intents' }} search={{ open: id }}>
            {id === outOfScopeId ? t('intents.outOfScope') : name}
          </Link>
        </span>
      ))}
    </span>
  );
}
