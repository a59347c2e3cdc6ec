import { Button, Skeleton } from '@mantine/core';
import type { Dismissal } from '@parley/sdk/bot-learning.ts';
import { IconArchive } from '@tabler/icons-react';
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { useTranslation } from 'react-i18next';
import { EmptyState } from '../../app/empty-state.tsx';
import { LoadFailed } from '../../app/load-failed.tsx';
import { notifyDone, notifyFailure } from '../../app/notify.ts';
import { useTimeWords } from '../../words/time.ts';
import styles from './learning.module.css';
import { dismissedQuery, learningKey, restore } from './learning-queries.ts';

const shownOf = 3;

/** What people dismissed; it can be taken back. */
export function DismissedList() {
  const { t } = useTranslation();
  const { data, error, refetch } = useQuery(dismissedQuery);
  if (error !== null && data === undefined) {
    return <LoadFailed title={t('learning.loadFailed')} error={error} onRetry={refetch} />;
  }
  if (data === undefined) return <Skeleton height={120} radius="md" />;
  if (data.length === 0) {
    return (
      <EmptyState
        icon={<IconArchive size={22} />}
        title={t('learning.noneDismissed')}
        hint={t('learning.noneDismissedHint')}
      />
    );
  }
  return (
    <>
      <p className={styles.dim}>{t('learning.dismissedIntro')}</p>
      <ul className={styles.list} aria-label={t('learning.dismissed')}>
        {data.map((dismissal) => (
          <Dismissed key={dismissal.id} dismissal={dismissal} />
        ))}
      </ul>
    </>
  );
}

function Dismissed({ dismissal }: { dismissal: Dismissal }) {
  const { t } = useTranslation();
  const { day } = useTimeWords();
  const queryClient = useQueryClient();
  const { id, utterances, size, dismissedBy, dismissedAt } = dismissal;
  const restoring = useMutation({
    mutationFn: () => restore(id),
    onSuccess: async () => {
      notifyDone(t('learning.restored'));
      await queryClient.invalidateQueries({ queryKey: learningKey });
    },
    onError: notifyFailure,
  });
  const more = utterances.length - shownOf;
  return (
    <li className={styles.row}>
      <div className={styles.rowText}>
        {utterances.slice(0, shownOf).map((text) => (
          <span key={text}>{text}</span>
        ))}
        {more > 0 && <span className={styles.dim}>{t('learning.more', { n: more })}</span>}
        <span className={styles.dim}>
          {[
            t('learning.asked', { n: size }),
            t('learning.by', { name: dismissedBy, day: day(dismissedAt, Date.now()) }),
          ].join(' · ')}
        </span>
      </div>
      <Button
        size="xs"
        variant="default"
        loading={restoring.isPending}
        aria-label={`${t('learning.restore')}: ${utterances[0] ?? ''}`}
        onClick={() => restoring.mutate()}
      >
        {t('learning.restore')}
      </Button>
    </li>
  );
}
