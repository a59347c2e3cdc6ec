import { useElementSize } from '@mantine/hooks';
import { useTranslation } from 'react-i18next';
import { type Plan, roundedUp } from './plan.ts';
import styles from './staffing.module.css';

const frame = { left: 34, right: 34, top: 12, bottom: 24, height: 240 };
/** A bar and its gap: as wide as there is room for, within reason; narrower ones are scrolled. */
const [narrowest, widest] = [18, 64];

/** A bar of agents for each half hour, and the line of what comes. The table beside it says the same in numbers. */
export function PlanPlot({ plan }: { plan: Plan }) {
  const { t } = useTranslation();
  const { halfHours } = plan;
  const inner = frame.height - frame.top - frame.bottom;
  const { ref, width: room } = useElementSize();
  const free = (room - frame.left - frame.right) / halfHours.length;
  const step = Math.min(widest, Math.max(narrowest, Math.floor(free)));
  const width = frame.left + halfHours.length * step + frame.right;
  const mostAgents = roundedUp(Math.max(...halfHours.map(({ agents }) => agents)));
  const mostArrivals = roundedUp(Math.max(...halfHours.map(({ arrivals }) => arrivals)));
  const x = (i: number) => frame.left + i * step;
  const y = (part: number) => frame.top + inner * (1 - part);
  const end = x(halfHours.length);
  const line = halfHours.map(({ arrivals }, i) => `${x(i) + step / 2},${y(arrivals / mostArrivals)}`).join(' ');
  return (
    <figure className={styles.figure}>
      <div className={styles.plotScroll} ref={ref}>
        <svg
          viewBox={`0 0 ${width} ${frame.height}`}
          width={width}
          height={frame.height}
          className={styles.plot}
          role="img"
          aria-label={t('staffing.plot')}
        >
          {[0, 0.25, 0.5, 0.75, 1].map((part) => (
            <g key={part}>
              <line x1={frame.left} x2={end} y1={y(part)} y2={y(part)} className={styles.grid} />
              <text x={frame.left - 6} y={y(part) + 4} textAnchor="end">
                {mostAgents * part}
              </text>
              <text x={end + 6} y={y(part) + 4} textAnchor="start">
                {mostArrivals * part}
              </text>
            </g>
          ))}
          {halfHours.map(({ time, agents, byErlang }, i) => {
            const [theory, all] = [y(byErlang.agents / mostAgents), y(agents / mostAgents)];
            const bar = { x: x(i) + 3, width: step - 6 };
            return (
              <g key={time}>
                <rect {...bar} y={theory} height={y(0) - theory} className={styles.byTheory} />
                {agents > byErlang.agents && <rect {...bar} y={all} height={theory - all} className={styles.added} />}
                {i % 2 === 0 && (
                  <text x={x(i) + step / 2} y={frame.height - 6} textAnchor="middle">
                    {time}
                  </text>
                )}
              </g>
            );
          })}
          <polyline points={line} className={styles.come} />
        </svg>
      </div>
      <figcaption className={styles.legend}>
        <span data-mark="theory">{t('staffing.byTheory')}</span>
        <span data-mark="added">{t('staffing.added')}</span>
        <span data-mark="come">{t('staffing.come')}</span>
      </figcaption>
    </figure>
  );
}
