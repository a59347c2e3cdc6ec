import { useTranslation } from 'react-i18next';
import { Panel } from '../app/page.tsx';
import type { HalfHour, Interval, Plan } from './plan.ts';
import { PlanPlot } from './plan-plot.tsx';
import styles from './staffing.module.css';

/** What a plan comes to, as a picture and in numbers. */
export function PlanView({ plan }: { plan: Plan }) {
  const { t } = useTranslation();
  const { simulated, halfHours } = plan;
  const words = useFigures();
  const most = Math.max(...halfHours.map(({ agents }) => agents));
  const figures: readonly (readonly [string, string])[] = [
    [t('staffing.agentHours'), words.number(plan.agentHours, 1)],
    [t('staffing.most'), words.number(most)],
    ...(simulated === null
      ? []
      : ([
          [t('staffing.answered'), words.between(simulated.answeredInTime)],
          [t('staffing.giveUp'), words.between(simulated.abandonment)],
          [t('staffing.meanWait'), t('staffing.secondsOf', { n: words.number(simulated.meanWaitMs.mean / 1_000, 1) })],
          [t('staffing.occupancy'), words.percent(simulated.occupancy)],
        ] as const)),
  ];
  return (
    <Panel
      title={t('staffing.result')}
      hint={simulated === null ? t('staffing.theoryAlone') : t('staffing.simulatedOver', { n: simulated.days })}
    >
      <dl className={styles.figures}>
        {figures.map(([label, value]) => (
          <div key={label}>
            <dt>{label}</dt>
            <dd>{value}</dd>
          </div>
        ))}
      </dl>
      <PlanPlot plan={plan} />
      <div className={styles.tableScroll}>
        <table className={styles.table}>
          <thead>
            <tr>
              <th scope="col">{t('staffing.halfHour')}</th>
              <th scope="col">{t('staffing.comeShort')}</th>
              <th scope="col">{t('staffing.agents')}</th>
              <th scope="col">{t('staffing.inTimeTheory')}</th>
              {simulated !== null && <th scope="col">{t('staffing.inTimeSimulated')}</th>}
            </tr>
          </thead>
          <tbody>
            {halfHours.map((half) => (
              <Row key={half.time} half={half} isSimulated={simulated !== null} />
            ))}
          </tbody>
        </table>
      </div>
      <p className={styles.assumed}>{t('staffing.assumed')}</p>
    </Panel>
  );
}

function Row({ half, isSimulated }: { half: HalfHour; isSimulated: boolean }) {
  const words = useFigures();
  const more = half.agents - half.byErlang.agents;
  return (
    <tr>
      <th scope="row">{half.time}</th>
      <td>{words.number(half.arrivals, 1)}</td>
      <td>
        {half.agents}
        {more > 0 && <span className={styles.more}> (+{more})</span>}
      </td>
      <td>{words.percent(half.byErlang.answeredInTime)}</td>
      {isSimulated && (
        <td>
          {half.simulated === null ? '–' : words.percent(half.simulated.mean)}
          {half.simulated !== null && <span className={styles.interval}> {words.range(half.simulated)}</span>}
        </td>
      )}
    </tr>
  );
}

/** Numbers as the person's language writes them. */
function useFigures() {
  const { t, i18n } = useTranslation();
  const number = (value: number, decimals = 0) =>
    new Intl.NumberFormat(i18n.language, { maximumFractionDigits: decimals }).format(value);
  const percent = (share: number) => `${number(100 * share, 1)} %`;
  const range = ({ low, high }: Interval) =>
    t('staffing.range', { low: number(100 * Math.max(0, low), 1), high: number(100 * Math.min(1, high), 1) });
  return {
    number,
    percent,
    range,
    between: (interval: Interval) => `${percent(interval.mean)} ${range(interval)}`,
  };
}
