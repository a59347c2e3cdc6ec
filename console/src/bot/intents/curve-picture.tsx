import type { ThresholdPoint } from '@parley/sdk/bot-measures.ts';
import { useTranslation } from 'react-i18next';
import styles from './intents.module.css';
import { ShareGrid } from './share-grid.tsx';

const left = 40;
const width = 440;
const height = 220;

/** What answering from a confidence on gives: how many of the answers are right, at least, and how much is answered rightly. */
export function CurvePicture(props: {
  points: readonly ThresholdPoint[];
  target: number;
  now: number;
  proposed: number | null;
}) {
  const { t } = useTranslation();
  const { points, target, now, proposed } = props;
  const x = (value: number) => left + value * width;
  const y = (value: number) => 10 + (1 - value) * height;
  const lines = [
    { key: 'coverage', colour: 'var(--parley-off)', dash: undefined },
    { key: 'precision', colour: 'var(--mantine-color-parley-6)', dash: undefined },
    { key: 'atLeast', colour: 'var(--mantine-color-parley-6)', dash: '3 3' },
  ] as const;
  const pathOf = (key: 'coverage' | 'precision' | 'atLeast') => {
    let path = '';
    for (const point of points) {
      const value = point[key];
      if (value !== null) path += `${path === '' ? 'M' : 'L'}${x(point.from).toFixed(1)} ${y(value).toFixed(1)}`;
    }
    return path;
  };
  const isOther = proposed !== null && proposed !== now;
  const marks = [{ key: 'now' as const, at: now }, ...(isOther ? [{ key: 'proposed' as const, at: proposed }] : [])];
  return (
    <figure className={styles.figure}>
      <svg
        className={styles.picture}
        viewBox={`0 0 ${left + width + 16} ${height + 54}`}
        role="img"
        aria-label={t('actThresholds.picture')}
      >
        <ShareGrid x={x} y={y} under={height + 26} confidence={(value) => value.toFixed(2)} />
        <line x1={x(0)} x2={x(1)} y1={y(target)} y2={y(target)} stroke="var(--parley-ok)" strokeDasharray="6 4" />
        {marks.map(({ key, at }) => (
          <g key={key}>
            <line
              x1={x(at)}
              x2={x(at)}
              y1={y(0)}
              y2={y(1)}
              stroke="var(--mantine-color-text)"
              strokeWidth={key === 'proposed' ? 2 : 1}
              strokeDasharray={key === 'proposed' ? undefined : '2 3'}
            />
            <text
              x={x(at) + (at > 0.7 ? -4 : 4)}
              y={y(0) - (key === 'proposed' ? 34 : 8)}
              textAnchor={at > 0.7 ? 'end' : 'start'}
            >
              {t(`actThresholds.mark.${key}`, { at: at.toFixed(2) })}
            </text>
          </g>
        ))}
        {lines.map(({ key, colour, dash }) => (
          <path key={key} d={pathOf(key)} fill="none" stroke={colour} strokeWidth={2} strokeDasharray={dash} />
        ))}
        <text x={x(0.5)} y={height + 46} textAnchor="middle">
          {t('actThresholds.axis')}
        </text>
      </svg>
      <figcaption className={styles.legend}>
        {lines.map(({ key, colour, dash }) => (
          <span key={key}>
            <svg width="24" height="8" aria-hidden="true">
              <line x1="0" x2="24" y1="4" y2="4" stroke={colour} strokeWidth="2" strokeDasharray={dash} />
            </svg>
            {t(`actThresholds.line.${key}`)}
          </span>
        ))}
      </figcaption>
    </figure>
  );
}
