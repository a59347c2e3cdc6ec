import type { ReactNode } from 'react';
import { useTranslation } from 'react-i18next';
import { percent } from '../intents/model-queries.ts';
import styles from './replay.module.css';
import type { ReplayResult } from './replay-queries.ts';

interface Row {
  readonly name: string;
  readonly before: ReactNode;
  readonly after: ReactNode;
  readonly isWorse?: boolean;
}

/** What is live and the candidate beside each other. */
export function FigureTable({ result }: { result: ReplayResult }) {
  const { t } = useTranslation();
  const rows = useRows(result);
  const { pairs, knownBy, notComparable } = result;
  return (
    <>
      <table className={styles.table}>
        <thead>
          <tr>
            <th scope="col">{t('replay.figure')}</th>
            <th scope="col">{t('replay.live')}</th>
            <th scope="col">{t('replay.candidate')}</th>
          </tr>
        </thead>
        <tbody>
          {rows.map(({ name, before, after, isWorse }) => (
            <tr key={name}>
              <th scope="row">{name}</th>
              <td>{before}</td>
              <td data-change={isWorse === true ? 'worse' : undefined}>{after}</td>
            </tr>
          ))}
        </tbody>
      </table>
      {pairs.known > 0 && (
        <p className={styles.dim}>
          {t('replay.known', {
            n: pairs.known,
            labelled: knownBy.labelled,
            helped: knownBy.helped + knownBy['not-helped'],
            chosen: knownBy.chosen,
            held: knownBy.held,
            handedOff: knownBy['handed-off'],
          })}{' '}
          {notComparable > 0 && t('replay.notComparable', { n: notComparable })}
        </p>
      )}
    </>
  );
}

function Part({ count, whole }: { count: number; whole: number }) {
  return (
    <>
      {count} <span className={styles.share}>({percent(count / whole)})</span>
    </>
  );
}

function useRows({ turns, before, after, pairs, measured }: ReplayResult): Row[] {
  const { t } = useTranslation();
  const of = (count: number, whole: number) => (whole === 0 ? '–' : <Part count={count} whole={whole} />);
  const counted = (['acts', 'answers', 'asks', 'handsOver'] as const).map((key) => ({
    ...{ name: t(`replay.side.${key}`), before: of(before[key], turns), after: of(after[key], turns) },
  }));
  const graded = (['right', 'wrong', 'none'] as const).map((key) => ({
    name: t(`replay.grade.${key}`, { n: pairs.known }),
    before: of(pairs.before[key], pairs.known),
    after: of(pairs.after[key], pairs.known),
    isWorse:
      key === 'right'
        ? pairs.after.right < pairs.before.right
        : key === 'wrong' && pairs.after.wrong > pairs.before.wrong,
  }));
  const { right, wrong } = pairs.before;
  const precision = {
    name: t('replay.precision'),
    before: of(right, right + wrong),
    after: of(pairs.after.right, pairs.after.right + pairs.after.wrong),
  };
  const cross =
    measured === null
      ? []
      : (['accuracy', 'precision', 'coverage'] as const).map((key) => ({
          name: t(`replay.measured.${key}`),
          before: percent(measured.before?.[key]),
          after: percent(measured.after?.[key]),
        }));
  return [...(turns === 0 ? [] : counted), ...(pairs.known === 0 ? [] : [...graded, precision]), ...cross];
}
