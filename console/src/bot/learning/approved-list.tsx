import { Badge, Button, Skeleton } from '@mantine/core';
import type { CountedAnswer } from '@parley/sdk/bot-learning.ts';
import { IconMessageCheck, IconPlus } from '@tabler/icons-react';
import { useInfiniteQuery } from '@tanstack/react-query';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { EditAndDelete } from '../../app/edit-and-delete.tsx';
import { EmptyState } from '../../app/empty-state.tsx';
import { LoadFailed } from '../../app/load-failed.tsx';
import { LoadMore } from '../../app/load-more.tsx';
import { useRemoval } from '../../app/removal.tsx';
import { useTimeWords } from '../../words/time.ts';
import { ApprovedDialog } from './approved-dialog.tsx';
import styles from './learning.module.css';
import { approvedQuery, learningKey, removeApproved } from './learning-queries.ts';

/** Answers that people approved, with how often the bot gave each. */
export function ApprovedList() {
  const { t } = useTranslation();
  const query = useInfiniteQuery(approvedQuery);
  const { data, error, refetch } = query;
  const answers = data?.pages.flatMap(({ items }) => items);
  const [editing, setEditing] = useState<CountedAnswer | 'new'>();
  if (error !== null && answers === undefined) {
    return <LoadFailed title={t('learning.approvedFailed')} error={error} onRetry={refetch} />;
  }
  return (
    <>
      <div className={styles.head}>
        <p className={styles.dim}>{t('learning.approvedIntro')}</p>
        <Button size="xs" leftSection={<IconPlus size={14} />} onClick={() => setEditing('new')}>
          {t('learning.addApproved')}
        </Button>
      </div>
      {answers === undefined && <Skeleton height={120} radius="md" />}
      {answers?.length === 0 && (
        <EmptyState
          icon={<IconMessageCheck size={22} />}
          title={t('learning.noApproved')}
          hint={t('learning.noApprovedHint')}
        />
      )}
      {answers !== undefined && answers.length > 0 && <Answers answers={answers} onEdit={setEditing} />}
      <LoadMore query={query} />
      <ApprovedDialog editing={editing} onClose={() => setEditing(undefined)} />
    </>
  );
}

function Answers({ answers, onEdit }: { answers: readonly CountedAnswer[]; onEdit: (answer: CountedAnswer) => void }) {
  const { t } = useTranslation();
  const removal = useRemoval<CountedAnswer>({
    remove: removeApproved,
    queryKey: learningKey,
    title: () => t('learning.removeTitle'),
    text: (answer) => t('learning.removeText', { question: answer?.questions[0] ?? '' }),
  });
  return (
    <>
      <ul className={styles.list} aria-label={t('learning.approved')}>
        {answers.map((answer) => (
          <li key={answer.id} className={styles.row} data-off={!answer.enabled || undefined}>
            <div className={styles.rowText}>
              <strong>{answer.questions[0]}</strong>
              {answer.questions.length > 1 && (
                <span className={styles.dim}>{t('learning.alsoAsked', { n: answer.questions.length - 1 })}</span>
              )}
              <span>{answer.answer}</span>
              <span className={styles.dim}>
                <State answer={answer} />
              </span>
            </div>
            <div className={styles.rowEnd}>
              {!answer.enabled && (
                <Badge variant="default" size="sm" tt="none">
                  {t('entities.off')}
                </Badge>
              )}
              <EditAndDelete
                name={answer.questions[0] ?? ''}
                onEdit={() => onEdit(answer)}
                onDelete={() => removal.ask(answer)}
              />
            </div>
          </li>
        ))}
      </ul>
      {removal.question}
    </>
  );
}

/** Language, how often it was given, its time, and who approved it. */
function State({ answer }: { answer: CountedAnswer }) {
  const { t } = useTranslation();
  const { full, day } = useTimeWords();
  const { language, hits, lastHitAt, validFrom, validUntil, updatedBy, updatedAt } = answer;
  const now = Date.now();
  const parts = [
    language,
    lastHitAt === null ? t('learning.neverGiven') : t('learning.given', { n: hits, day: day(lastHitAt, now) }),
    ...(validFrom !== null && validFrom > now ? [t('learning.from', { time: full(validFrom) })] : []),
    ...(validUntil === null
      ? []
      : [t(validUntil <= now ? 'learning.over' : 'learning.until', { time: full(validUntil) })]),
    t('learning.by', { name: updatedBy.name, day: day(updatedAt, now) }),
  ];
  return parts.join(' · ');
}
