import { useTranslation } from 'react-i18next';
import styles from './intents.module.css';
import { actFrom, type Evaluation, percent } from './model-queries.ts';
import { ShareGrid } from './share-grid.tsx';

const left = 36;
const size = 260;

/** How often answers of a confidence are right: on the diagonal, confidence is what it says. A dot is as large as its share. */
export function ReliabilityPicture({ evaluation }: { evaluation: Evaluation }) {
  const { t } = useTranslation();
  const { reliability, asked } = evaluation;
  const x = (value: number) => left + value * size;
  const y = (value: number) => 8 + (1 - value) * size;
  const path = reliability
    .map((bin, at) => `${at === 0 ? 'M' : 'L'}${x(bin.meanConfidence)} ${y(bin.right)}`)
    .join(' ');
  return (
    <svg
      className={styles.picture}
      viewBox={`0 0 ${left + size + 12} ${size + 46}`}
      role="img"
      aria-label={t('evaluation.reliabilityPicture')}
    >
      <ShareGrid x={x} y={y} under={size + 24} confidence={(value) => 100 * value} />
      <line x1={x(0)} y1={y(0)} x2={x(1)} y2={y(1)} stroke="var(--parley-off)" strokeDasharray="4 4" />
      <line
        x1={x(actFrom)}
        x2={x(actFrom)}
        y1={y(0)}
        y2={y(1)}
        stroke="var(--mantine-color-text)"
        strokeWidth={1}
        strokeDasharray="2 3"
      />
      <path d={path} fill="none" stroke="var(--mantine-color-parley-6)" strokeWidth={2} />
      {reliability.map((bin) => (
        <circle
          key={bin.from}
          cx={x(bin.meanConfidence)}
          cy={y(bin.right)}
          r={3 + 9 * Math.sqrt(bin.answers / Math.max(1, asked))}
          fill="var(--mantine-color-parley-6)"
        >
          <title>
            {t('evaluation.bin', {
              n: bin.answers,
              confidence: percent(bin.meanConfidence),
              right: percent(bin.right),
            })}
          </title>
        </circle>
      ))}
      <text x={x(0.5)} y={size + 40} textAnchor="middle">
        {t('evaluation.confidenceAxis')}
      </text>
    </svg>
  );
}
