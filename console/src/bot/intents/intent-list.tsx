import { Alert, Badge, Button, Group, Menu, Skeleton, Stack, Text, TextInput } from '@mantine/core';
import { useDebouncedValue } from '@mantine/hooks';
import { IconChevronRight, IconDots, IconPlus, IconSearch, IconTarget } from '@tabler/icons-react';
import { useInfiniteQuery, useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { Link } from '@tanstack/react-router';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { EmptyState } from '../../app/empty-state.tsx';
import { LoadFailed } from '../../app/load-failed.tsx';
import { LoadMore } from '../../app/load-more.tsx';
import { notifyDone, notifyFailure } from '../../app/notify.ts';
import { ImportDialog } from './import-dialog.tsx';
import {
  exportAddress,
  type Intent,
  type IntentProblems,
  importFile,
  intentsKey,
  intentsQuery,
  outOfScopeId,
  problemsQuery,
} from './intent-queries.ts';
import styles from './intents.module.css';
import { NewIntentDialog } from './new-intent-dialog.tsx';
import { TrainingPanel } from './training-panel.tsx';
import { TryIt } from './try-it.tsx';
import { VersionList } from './version-list.tsx';

/** All intents, what should be looked at before training, the training itself, and what came of it. */
export function IntentList() {
  const { t } = useTranslation();
  const { data: problems, error, refetch } = useQuery(problemsQuery);
  const [asking, setAsking] = useState<'new' | 'import'>();
  const close = () => setAsking(undefined);
  return (
    <>
      {problems === undefined && error === null && <Skeleton height={240} radius="md" />}
      {error !== null && problems === undefined && (
        <LoadFailed title={t('intents.loadFailed')} error={error} onRetry={refetch} />
      )}
      {problems !== undefined &&
        (problems.counts.intents === 0 ? (
          <NoIntents onAsk={setAsking} />
        ) : (
          <>
            <TrainingPanel canTrain={problems.counts.intents > 1} />
            <TryIt />
            <Problems problems={problems} />
            <Intents problems={problems} onAsk={setAsking} />
            <VersionList />
          </>
        ))}
      <NewIntentDialog opened={asking === 'new'} onClose={close} />
      <ImportDialog opened={asking === 'import'} onClose={close} />
    </>
  );
}

function NoIntents({ onAsk }: { onAsk: (what: 'new' | 'import') => void }) {
  const { t } = useTranslation();
  const queryClient = useQueryClient();
  const starting = useMutation({
    mutationFn: async () => importFile((await import('./starter-intents.ts')).starterFile(), 'tsv'),
    onSuccess: async ({ intents, added }) => {
      notifyDone(t('intents.imported', { intents, n: added }));
      await queryClient.invalidateQueries({ queryKey: intentsKey });
    },
    onError: notifyFailure,
  });
  return (
    <EmptyState icon={<IconTarget size={22} />} title={t('intents.emptyTitle')} hint={t('intents.emptyHint')}>
      <Stack gap="xs" align="center">
        <Group gap="sm" justify="center">
          <Button onClick={() => onAsk('new')}>{t('intents.add')}</Button>
          <Button variant="default" onClick={() => onAsk('import')}>
            {t('intents.import')}
          </Button>
        </Group>
        <Button variant="subtle" mt="md" loading={starting.isPending} onClick={() => starting.mutate()}>
          {t('intents.starter')}
        </Button>
        <Text size="xs" c="dimmed" maw={340}>
          {t('intents.starterHint')}
        </Text>
      </Stack>
    </EmptyState>
  );
}

const shownProblems = 8;

function Problems({ problems }: { problems: IntentProblems }) {
  const { t } = useTranslation();
  const { conflicts, empty } = problems;
  if (conflicts.length === 0 && empty.length === 0) return null;
  return (
    <Alert color="amber" variant="light" mb="md" title={t('intents.look')}>
      <ul className={styles.plain}>
        {conflicts.slice(0, shownProblems).map(({ text, intents }) => (
          <li key={text}>
            <span>
              {t('intents.conflict', { text })}{' '}
              {intents.map(({ id, name }, at) => (
                <span key={id}>
                  {at > 0 && ', '}
                  <Link to="/bot/$part" params={{ part: 'intents' }} search={{ open: id }}>
                    {id === outOfScopeId ? t('intents.outOfScope') : name}
                  </Link>
                </span>
              ))}
            </span>
          </li>
        ))}
        {empty.slice(0, shownProblems).map(({ id, name }) => (
          <li key={id}>
            <span>
              {t('intents.empty')}{' '}
              <Link to="/bot/$part" params={{ part: 'intents' }} search={{ open: id }}>
                {name}
              </Link>
            </span>
          </li>
        ))}
      </ul>
      {conflicts.length + empty.length > 2 * shownProblems && <p>{t('intents.moreProblems')}</p>}
    </Alert>
  );
}

function Intents({ problems, onAsk }: { problems: IntentProblems; onAsk: (what: 'new' | 'import') => void }) {
  const { t } = useTranslation();
  const [typed, setTyped] = useState('');
  const [q] = useDebouncedValue(typed.trim(), 250);
  const query = useInfiniteQuery(intentsQuery(q));
  const intents = query.data?.pages.flatMap(({ items }) => items);
  const { counts } = problems;
  return (
    <section aria-label={t('intents.list')}>
      <div className={styles.toolbar}>
        <TextInput
          className={styles.search}
          aria-label={t('intents.search')}
          placeholder={t('intents.search')}
          leftSection={<IconSearch size={15} />}
          value={typed}
          onChange={(event) => setTyped(event.currentTarget.value)}
        />
        <span className={styles.dim}>{t('intents.counts', { intents: counts.intents, n: counts.utterances })}</span>
        <Button size="sm" leftSection={<IconPlus size={16} />} onClick={() => onAsk('new')}>
          {t('intents.add')}
        </Button>
        <Menu position="bottom-end" shadow="md">
          <Menu.Target>
            <Button size="sm" variant="default" aria-label={t('intents.more')}>
              <IconDots size={16} />
            </Button>
          </Menu.Target>
          <Menu.Dropdown>
            <Menu.Item onClick={() => onAsk('import')}>{t('intents.import')}</Menu.Item>
            <Menu.Item component="a" href={exportAddress('tsv')} download>
              {t('intents.exportTsv')}
            </Menu.Item>
            <Menu.Item component="a" href={exportAddress('csv')} download>
              {t('intents.exportCsv')}
            </Menu.Item>
          </Menu.Dropdown>
        </Menu>
      </div>
      {intents === undefined ? (
        <Skeleton height={160} radius="md" />
      ) : (
        <ul className={styles.list}>
          {intents.map((intent) => (
            <li key={intent.id}>
              <IntentRow intent={intent} />
            </li>
          ))}
          {intents.length === 0 && <li className={styles.row}>{t('intents.noneFound')}</li>}
          {q === '' && (
            <li>
              <Link to="/bot/$part" params={{ part: 'intents' }} search={{ open: outOfScopeId }} className={styles.row}>
                <span className={styles.rowText}>
                  <em>{t('intents.outOfScope')}</em>
                  <span className={styles.dim}>{t('intents.outOfScopeHint')}</span>
                </span>
                <span className={styles.number}>{counts.outOfScope}</span>
                <IconChevronRight size={16} className={styles.chevron} aria-hidden="true" />
              </Link>
            </li>
          )}
        </ul>
      )}
      <LoadMore query={query} />
    </section>
  );
}

function IntentRow({ intent }: { intent: Intent }) {
  const { t } = useTranslation();
  return (
    <Link
      to="/bot/$part"
      params={{ part: 'intents' }}
      search={{ open: intent.id }}
      className={styles.row}
      data-off={!intent.enabled || undefined}
    >
      <span className={styles.rowText}>
        <strong>{intent.name}</strong>
        {intent.description !== '' && <span className={styles.dim}>{intent.description}</span>}
      </span>
      {!intent.enabled && (
        <Badge size="sm" variant="light" color="gray" tt="none">
          {t('intents.off')}
        </Badge>
      )}
      {intent.conflicts > 0 && (
        <Badge size="sm" variant="light" color="amber" tt="none">
          {t('intents.conflicts', { n: intent.conflicts })}
        </Badge>
      )}
      <span className={styles.number}>{t('intents.utteranceCount', { n: intent.utterances })}</span>
      <IconChevronRight size={16} className={styles.chevron} aria-hidden="true" />
    </Link>
  );
}
