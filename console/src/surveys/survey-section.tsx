import { useQuery } from '@tanstack/react-query';
import { useTranslation } from 'react-i18next';
import { Section } from '../contacts/section.tsx';
import { useTimeWords } from '../words/time.ts';
import { Score } from './score.tsx';
import { conversationSurveyQuery } from './survey-queries.ts';
import styles from './surveys.module.css';

/** What the customer said of this conversation, beside it; nothing while nobody was asked. */
export function SurveySection({ conversationId }: { conversationId: string }) {
  const { t } = useTranslation();
  const { toMinute } = useTimeWords();
  const { data: survey } = useQuery(conversationSurveyQuery(conversationId));
  if (survey == null || survey.state === 'skipped') return null;
  const { state, score, comment, asks, isHidden, askedAt, answeredAt } = survey;
  return (
    <Section title={t('surveys.section')}>
      <div className={styles.section}>
        {state === 'asked' && <span className={styles.dim}>{t('surveys.waiting', { at: toMinute(askedAt) })}</span>}
        {state === 'answered' && isHidden && <span className={styles.dim}>{t('surveys.hidden')}</span>}
        {score !== null && <Score score={score} />}
        {comment !== null && (
          <p className={styles.comment} dir="auto">
            {comment}
          </p>
        )}
        {asks && !isHidden && <strong>{t('surveys.asksHint')}</strong>}
        {answeredAt !== null && <span className={styles.dim}>{toMinute(answeredAt)}</span>}
      </div>
    </Section>
  );
}
