import { useTranslation } from 'react-i18next';
import { useTimeWords } from '../words/time.ts';
import styles from './hand-off-card.module.css';

/** What the bot knew when it handed a conversation over, so that nobody asks the customer again. */
export function HandOffCard({ data, at }: { data: Readonly<Record<string, string>>; at: number }) {
  const { t, i18n } = useTranslation();
  const { clock, full } = useTimeWords();
  const say = t as unknown as (key: string) => string;
  const { reason = '', intent, confidence = '', mood = 'calm' } = data;
  const reasonWords = i18n.exists(`botReason.${reason}`) ? say(`botReason.${reason}`) : reason;
  const rows = [
    ['instruction', data.instruction],
    ['asked', data.asked],
    ['about', intent === undefined ? undefined : t('dialogue.confidence', { intent, confidence })],
    ['known', data.known],
    ['tried', data.tried],
    ['mood', mood === 'calm' ? undefined : say(`dialogue.moods.${mood}`)],
  ] as const;
  return (
    <section className={styles.card} aria-label={t('dialogue.summary', { reason: reasonWords })}>
      <div className={styles.head}>
        {t('dialogue.summary', { reason: reasonWords })}
        <time dateTime={new Date(at).toISOString()} title={full(at)}>
          {clock(at)}
        </time>
      </div>
      <dl className={styles.rows}>
        {rows.map(([key, text]) =>
          text === undefined ? null : (
            <div key={key} className={styles.row}>
              <dt>{t(`dialogue.${key}`)}</dt>
              <dd>{text}</dd>
            </div>
          ),
        )}
      </dl>
    </section>
  );
}
