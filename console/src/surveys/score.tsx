import { IconMoodAnnoyed, IconMoodEmpty, IconMoodHappy, IconMoodSad, IconMoodSmile } from '@tabler/icons-react';
import { useTranslation } from 'react-i18next';
import styles from './surveys.module.css';

const signs = [IconMoodSad, IconMoodAnnoyed, IconMoodEmpty, IconMoodSmile, IconMoodHappy] as const;

/** What a customer answered, from 1 to 5. */
export function Score({ score }: { score: number }) {
  const { t } = useTranslation();
  const Sign = signs[score - 1] ?? IconMoodEmpty;
  const tone = score <= 2 ? 'low' : score >= 4 ? 'high' : undefined;
  return (
    <span className={styles.score} data-tone={tone}>
      <Sign size={18} aria-hidden="true" />
      {t('surveys.scoreOf', { score })}
    </span>
  );
}
