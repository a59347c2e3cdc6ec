import { useTranslation } from 'react-i18next';
import styles from './intents.module.css';
import type { Evaluation } from './model-queries.ts';

/** Names fit beside the cells up to this many intents. */
const mostNamed = 24;
const side = 720;

/**
 * Which intent was answered in place of which: rows are what would have been right, columns what was answered. On the
 * diagonal is what was right; the darker a cell, the larger its share of the row.
 */
export function ConfusionPicture({ evaluation }: { evaluation: Evaluation }) {
  const { t } = useTranslation();
  const { intents, confusions } = evaluation;
  const isNamed = intents.length <= mostNamed;
  const longest = Math.max(...intents.map(({ intent }) => widthOf(intent)));
  const left = isNamed ? Math.min(170, 10 + longest * 6.4) : 4;
  const top = isNamed ? Math.min(130, 10 + longest * 5) : 4;
  const cell = (side - left) / Math.max(1, intents.length);
  const right = intents.map(({ measured, recall }) => Math.round(measured * (recall ?? 0)));
  const cells = [
    ...right.map((count, at) => ({ expected: at, answered: at, count })),
    ...confusions.map((one) => one),
  ].filter(({ count }) => count > 0);
  const name = (at: number) => intents[at]?.intent ?? '';
  return (
    <svg
      className={styles.picture}
      viewBox={`0 0 ${side + (isNamed ? 56 : 0)} ${side - left + top}`}
      role="img"
      aria-label={t('evaluation.confusionPicture')}
    >
      <rect
        x={left}
        y={top}
        width={side - left}
        height={side - left}
        fill="none"
        stroke="var(--parley-line)"
        strokeWidth={1}
      />
      {isNamed &&
        intents.map(({ intent }, at) => (
          <g key={intent}>
            <text x={left - 6} y={top + (at + 0.5) * cell + 4} textAnchor="end">
              {shortened(intent, left)}
            </text>
            <text transform={`translate(${left + (at + 0.5) * cell + 4} ${top - 6}) rotate(-50)`}>
              {shortened(intent, top * 1.3)}
            </text>
            <line
              x1={left}
              x2={side}
              y1={top + at * cell}
              y2={top + at * cell}
              stroke="var(--parley-line)"
              strokeWidth={0.5}
            />
          </g>
        ))}
      {cells.map(({ expected, answered, count }) => {
        const share = count / Math.max(1, intents[expected]?.measured ?? 1);
        return (
          <g key={`${expected} ${answered}`}>
            <rect
              x={left + answered * cell}
              y={top + expected * cell}
              width={Math.max(cell, 2.5)}
              height={Math.max(cell, 2.5)}
              fill={expected === answered ? 'var(--parley-ok)' : 'var(--parley-bad)'}
              // At the most so much that the number on it can be read, in the light and in the dark.
              fillOpacity={0.15 + 0.4 * Math.min(1, share)}
            >
              <title>{t('evaluation.cell', { expected: name(expected), answered: name(answered), n: count })}</title>
            </rect>
            {isNamed && cell > 20 && (
              <text
                x={left + (answered + 0.5) * cell}
                y={top + (expected + 0.5) * cell + 4}
                textAnchor="middle"
                style={{ fill: 'var(--mantine-color-text)', pointerEvents: 'none' }}
              >
                {count}
              </text>
            )}
          </g>
        );
      })}
    </svg>
  );
}

/** In letters of Latin script; Chinese ones are twice as wide. */
const widthOf = (text: string): number => [...text].reduce((sum, letter) => sum + (letter > '\u2e7f' ? 2 : 1), 0);

function shortened(text: string, width: number): string {
  const room = Math.floor((width - 10) / 6.2);
  let used = 0;
  for (const [at, letter] of [...text].entries()) {
    used += letter > '\u2e7f' ? 2 : 1;
    if (used > room) return `${[...text].slice(0, Math.max(1, at - 1)).join('')}…`;
  }
  return text;
}
