import { SegmentedControl } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { Link } from '@tanstack/react-router';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { ApprovedList } from './approved-list.tsx';
import { DismissedList } from './dismissed-list.tsx';
import styles from './learning.module.css';
import { gapsQuery } from './learning-queries.ts';
import { QuestionList } from './question-list.tsx';

type View = 'questions' | 'approved' | 'dismissed';

/** What the bot could not answer and what becomes of it; the answers that people approved; what was dismissed. */
export function LearningPart() {
  const { t } = useTranslation();
  const [view, setView] = useState<View>('questions');
  const { data } = useQuery(gapsQuery);
  return (
    <>
      <p className={styles.intro}>
        {t('learning.intro')}{' '}
        <Link to="/bot/$part" params={{ part: 'intents' }}>
          {t('learning.toIntents')}
        </Link>
        {' · '}
        <Link to="/knowledge/$part" params={{ part: 'proposals' }}>
          {t('learning.toReplies')}
        </Link>
      </p>
      <SegmentedControl<View>
        className={styles.views}
        aria-label={t('learning.views')}
        value={view}
        onChange={setView}
        data={[
          {
            value: 'questions',
            label: data === undefined ? t('learning.questions') : t('learning.questionsOpen', { n: data.open }),
          },
          { value: 'approved', label: t('learning.approved') },
          { value: 'dismissed', label: t('learning.dismissed') },
        ]}
      />
      {view === 'questions' && <QuestionList />}
      {view === 'approved' && <ApprovedList />}
      {view === 'dismissed' && <DismissedList />}
    </>
  );
}
