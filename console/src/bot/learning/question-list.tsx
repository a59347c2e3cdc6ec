import { Button, Skeleton, Stack } from '@mantine/core';
import { IconMessageCircleQuestion, IconRefresh } from '@tabler/icons-react';
import { useQuery } from '@tanstack/react-query';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { EmptyState } from '../../app/empty-state.tsx';
import { LoadFailed } from '../../app/load-failed.tsx';
import { AddToIntentDialog } from './add-to-intent-dialog.tsx';
import { ApprovedDialog } from './approved-dialog.tsx';
import type { Deciding, Deed } from './deciding.ts';
import styles from './learning.module.css';
import { gapsQuery } from './learning-queries.ts';
import { MakeIntentDialog } from './make-intent-dialog.tsx';
import { QuestionCard } from './question-card.tsx';

/** Suggested intents and single questions, each with what can be made of it. */
export function QuestionList() {
  const { t } = useTranslation();
  const { data, error, refetch, isFetching } = useQuery(gapsQuery);
  const [deciding, setDeciding] = useState<Deciding>();
  if (error !== null && data === undefined) {
    return <LoadFailed title={t('learning.loadFailed')} error={error} onRetry={refetch} />;
  }
  if (data === undefined) return <Skeleton height={240} radius="md" />;
  const { items, others, corrected } = data;
  const again = (
    <Button
      size="xs"
      variant="default"
      leftSection={<IconRefresh size={14} />}
      loading={isFetching}
      onClick={() => void refetch()}
    >
      {t('learning.again')}
    </Button>
  );
  if (items.length + others.length + corrected.length === 0) {
    return (
      <EmptyState
        icon={<IconMessageCircleQuestion size={22} />}
        title={t('learning.noQuestions')}
        hint={t('learning.noQuestionsHint')}
      >
        {again}
      </EmptyState>
    );
  }
  const close = () => setDeciding(undefined);
  const of = (deed: Deed) => (deciding?.deed === deed ? deciding : undefined);
  return (
    <>
      {corrected.length > 0 && (
        <>
          <div className={styles.head}>
            <h2>{t('learning.corrected')}</h2>
          </div>
          <p className={styles.dim}>{t('learning.correctedHint')}</p>
          <Stack component="ul" gap="md" className={styles.plain}>
            {corrected.map((group) => (
              <li key={group.name}>
                <QuestionCard group={group} isCorrected onDecide={setDeciding} />
              </li>
            ))}
          </Stack>
        </>
      )}
      <div className={styles.head}>
        <h2>{t('learning.suggestions')}</h2>
        {again}
      </div>
      {items.length === 0 && <p className={styles.dim}>{t('learning.noSuggestions')}</p>}
      <Stack component="ul" gap="md" className={styles.plain}>
        {items.map((group) => (
          <li key={group.questions[0]}>
            <QuestionCard group={group} onDecide={setDeciding} />
          </li>
        ))}
      </Stack>
      {others.length > 0 && (
        <>
          <div className={styles.head}>
            <h2>{t('learning.others')}</h2>
          </div>
          <Stack component="ul" gap="xs" className={styles.plain}>
            {others.map((group) => (
              <li key={group.questions[0]}>
                <QuestionCard group={group} onDecide={setDeciding} />
              </li>
            ))}
          </Stack>
        </>
      )}
      <MakeIntentDialog deciding={of('intent')} onClose={close} />
      <AddToIntentDialog deciding={of('add')} onClose={close} />
      <ApprovedDialog editing={of('approve')} onClose={close} />
    </>
  );
}
