import { Text } from '@mantine/core';
import { type Satisfaction, type SatisfactionReport, surveyHads } from '@parley/sdk/protocol.ts';
import { useTranslation } from 'react-i18next';
import styles from './surveys.module.css';

/** `12.3 %`, in the language's own form; nothing to take a share of: a dash. */
function usePercent(): (share: number | null) => string {
  const { i18n } = useTranslation();
  const format = new Intl.NumberFormat(i18n.language, { style: 'percent', maximumFractionDigits: 1 });
  return (share) => (share === null ? '–' : format.format(share));
}

/** Shares of satisfied customers, each with what it is a share of. */
export function SatisfactionTable(props: {
  label: string;
  of: string;
  rows: readonly { readonly key: string; readonly name: string; readonly figures: Satisfaction }[];
}) {
  const { t } = useTranslation();
  const percent = usePercent();
  return (
    // biome-ignore lint/a11y/noNoninteractiveTabindex: what is wider than a phone is scrolled with the keys, too.
    <section className={styles.scroll} tabIndex={0} aria-label={props.label}>
      <table className={styles.table}>
        <thead>
          <tr>
            <th scope="col">{props.of}</th>
            <th scope="col">{t('surveys.satisfied')}</th>
            <th scope="col">{t('surveys.interval')}</th>
            <th scope="col">{t('surveys.answers')}</th>
            <th scope="col">{t('surveys.asked')}</th>
            <th scope="col">{t('surveys.rate')}</th>
          </tr>
        </thead>
        <tbody>
          {props.rows.map(({ key, name, figures }) => (
            <tr key={key}>
              <th scope="row">{name}</th>
              <td>
                {percent(figures.share)}{' '}
                <span className={styles.of}>{t('results.of', { n: figures.satisfied, whole: figures.answers })}</span>
              </td>
              <td className={styles.of}>
                {figures.low === null ? '–' : `${percent(figures.low)} – ${percent(figures.high)}`}
              </td>
              <td>{figures.answers}</td>
              <td>{figures.asked}</td>
              <td>{percent(figures.answerRate)}</td>
            </tr>
          ))}
        </tbody>
      </table>
    </section>
  );
}

/** Bot alone, people alone, and both, beside all of them. */
export function HadTable({ report }: { report: SatisfactionReport }) {
  const { t } = useTranslation();
  const rows = [
    ...surveyHads.map((had) => ({ key: had as string, name: t(`surveys.had.${had}`), figures: report.had[had] })),
    { key: 'total', name: t('surveys.total'), figures: report.total },
  ];
  return <SatisfactionTable label={t('surveys.byHad')} of={t('surveys.whoHad')} rows={rows} />;
}

/** About whom nobody was asked, so that nobody takes the answers for those of all. */
export function Exclusions({ report }: { report: SatisfactionReport }) {
  const { t } = useTranslation();
  const say = t as unknown as (key: string) => string;
  const reasons = Object.entries(report.skipped).toSorted(([, a], [, b]) => b - a);
  const words = reasons.map(([why, n]) => `${say(`surveys.skip.${why}`)}: ${n}`).join(' · ');
  return (
    <Text size="xs" c="dimmed" mt="sm">
      {t('surveys.definition')} {words === '' ? t('surveys.nobodySkipped') : t('surveys.skipped', { words })}{' '}
      {report.isCut && t('results.cut')}
    </Text>
  );
}
