import { Badge, Button, Group, Modal, Skeleton, Stack, Text } from '@mantine/core';
import { IconHistory } from '@tabler/icons-react';
import { useInfiniteQuery, useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { problemText } from '../app/api.ts';
import { EmptyState } from '../app/empty-state.tsx';
import { LoadFailed } from '../app/load-failed.tsx';
import { LoadMore } from '../app/load-more.tsx';
import { notifyDone, notifyFailure } from '../app/notify.ts';
import { useTimeWords } from '../words/time.ts';
import { ChangeList } from './change-list.tsx';
import type { Tried } from './dry-run-dialog.tsx';
import styles from './routing.module.css';
import {
  type Published,
  restore,
  routingQuery,
  type VersionEntry,
  versionQuery,
  versionsQuery,
} from './routing-queries.ts';

/** What was published, when, by whom and why; each can be brought back. */
export function VersionsPart(props: {
  current: Published;
  isDirty: boolean;
  onRestored: () => void;
  onTry: (tried: Tried) => void;
}) {
  const { t } = useTranslation();
  const query = useInfiniteQuery(versionsQuery);
  const versions = query.data?.pages.flatMap((page) => page.items);
  const [asked, setAsked] = useState<VersionEntry>();
  const restoring = useRestoring(props.current, () => {
    setAsked(undefined);
    props.onRestored();
  });
  if (query.isPending) return <Skeleton height={160} radius="md" />;
  if (versions === undefined) {
    return <LoadFailed title={t('routing.versions.loadFailed')} error={query.error} onRetry={query.refetch} />;
  }
  if (versions.length === 0) {
    return (
      <EmptyState
        icon={<IconHistory size={22} />}
        title={t('routing.versions.empty')}
        hint={t('routing.versions.emptyHint')}
      />
    );
  }
  return (
    <>
      <ol className={styles.list}>
        {versions.map((entry) => (
          <li key={entry.version}>
            <VersionRow
              entry={entry}
              isCurrent={entry.version === props.current.version}
              onRestore={() => setAsked(entry)}
              onTry={props.onTry}
            />
          </li>
        ))}
      </ol>
      <LoadMore query={query} />
      <Modal
        closeButtonProps={{ 'aria-label': t('app.close') }}
        opened={asked !== undefined}
        onClose={() => setAsked(undefined)}
        title={t('routing.versions.restoreTitle', { n: asked?.version ?? 0 })}
      >
        {asked !== undefined && (
          <RestoreQuestion
            version={asked.version}
            current={props.current}
            isDirty={props.isDirty}
            busy={restoring.isPending}
            onCancel={() => setAsked(undefined)}
            onRestore={() => restoring.mutate(asked.version)}
          />
        )}
      </Modal>
    </>
  );
}

/** Says what would be different before it is. */
function RestoreQuestion(props: {
  version: number;
  current: Published;
  isDirty: boolean;
  busy: boolean;
  onCancel: () => void;
  onRestore: () => void;
}) {
  const { t } = useTranslation();
  const { data, error } = useQuery(versionQuery(props.version));
  return (
    <Stack gap="sm">
      <Text size="sm">{t(props.isDirty ? 'routing.versions.restoreDirty' : 'routing.versions.restoreText')}</Text>
      {data === undefined && error === null && <Skeleton height={40} radius="md" />}
      {error !== null && <Text size="sm">{problemText(error)}</Text>}
      {data !== undefined && <ChangeList before={props.current.config} after={data.config} />}
      <Group justify="flex-end" mt="sm" gap="sm">
        <Button variant="default" onClick={props.onCancel} data-autofocus>
          {t('app.cancel')}
        </Button>
        <Button loading={props.busy} onClick={props.onRestore}>
          {t('routing.versions.restore')}
        </Button>
      </Group>
    </Stack>
  );
}

function useRestoring(current: Published, onDone: () => void) {
  const { t } = useTranslation();
  const queryClient = useQueryClient();
  return useMutation({
    mutationFn: (version: number) =>
      restore(version, current.version, t('routing.versions.restoredNote', { n: version })),
    onSuccess: async (made) => {
      queryClient.setQueryData(routingQuery.queryKey, made);
      onDone();
      notifyDone(t('routing.published', { n: made.version }));
      await queryClient.invalidateQueries({ queryKey: versionsQuery.queryKey });
    },
    onError: async (error) => {
      notifyFailure(error);
      await queryClient.invalidateQueries({ queryKey: routingQuery.queryKey });
    },
  });
}

function VersionRow({
  entry,
  isCurrent,
  onRestore,
  onTry,
}: {
  entry: VersionEntry;
  isCurrent: boolean;
  onRestore: () => void;
  onTry: (tried: Tried) => void;
}) {
  const { t } = useTranslation();
  const { full } = useTimeWords();
  const facts = [
    entry.publishedBy?.name ?? t('routing.somebody'),
    ...(entry.publishedAt === null ? [] : [full(entry.publishedAt)]),
  ];
  return (
    <div className={styles.version}>
      <span className={styles.rowText}>
        <strong>
          {t('routing.versions.version', { n: entry.version })}
          {entry.note !== null && <span className={styles.note}> {entry.note}</span>}
        </strong>
        <span className={styles.dim}>{facts.join(' · ')}</span>
      </span>
      {isCurrent ? (
        <Badge variant="light" color="green" c="var(--mantine-color-text)" tt="none">
          {t('routing.versions.current')}
        </Badge>
      ) : (
        <Group gap="xs">
          <TryVersion version={entry.version} onTry={onTry} />
          <Button
            size="xs"
            variant="default"
            aria-label={t('routing.versions.restoreNamed', { n: entry.version })}
            onClick={onRestore}
          >
            {t('routing.versions.restore')}
          </Button>
        </Group>
      )}
    </div>
  );
}

/** What it says is read first. */
function TryVersion({ version, onTry }: { version: number; onTry: (tried: Tried) => void }) {
  const { t } = useTranslation();
  const queryClient = useQueryClient();
  const reading = useMutation({
    mutationFn: () => queryClient.fetchQuery(versionQuery(version)),
    onSuccess: ({ config }) => onTry({ config, version }),
    onError: notifyFailure,
  });
  return (
    <Button
      size="xs"
      variant="default"
      aria-label={t('routing.dryRun.versionNamed', { n: version })}
      loading={reading.isPending}
      onClick={() => reading.mutate()}
    >
      {t('routing.dryRun.tryIt')}
    </Button>
  );
}
