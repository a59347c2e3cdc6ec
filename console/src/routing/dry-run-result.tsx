import { Badge, Select } from '@mantine/core';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { useTimeWords } from '../words/time.ts';
import styles from './dry-run.module.css';
import { isWide, type Shown, shownAs, type Verdict, verdictOf } from './dry-run-figures.ts';
import {
  type Assumption,
  type DryRunResult,
  type Figure,
  type FigureName,
  type Figures,
  figureNames,
  type Interval,
} from './dry-run-queries.ts';

const hourMs = 3_600_000;
const dayMs = 24 * hourMs;
const everybody = 'all';
/** The server's own group of all agents. */
const everyoneId = 'everyone';

/** What came of a dry run: figures beside each other, and what was assumed. */
export function DryRunView({ result, days }: { result: DryRunResult; days: number }) {
  const { t, i18n } = useTranslation();
  const { full } = useTimeWords();
  const [group, setGroup] = useState(everybody);
  const number = (value: number) => new Intl.NumberFormat(i18n.language).format(value);
  const choices = [
    { value: everybody, label: t('routing.dryRun.all') },
    ...result.byGroup.map(({ groupId, name }) => ({
      value: `group ${groupId}`,
      label: groupId === everyoneId ? t('routing.everyone') : name,
    })),
  ];
  const figures = result.byGroup.find(({ groupId }) => `group ${groupId}` === group)?.figures ?? result.all;
  return (
    <>
      <p className={styles.summary}>
        {t('routing.dryRun.summary', {
          n: number(result.conversations),
          from: full(result.from),
          to: full(result.to),
          runs: result.runs,
        })}
        {result.to - result.from < days * dayMs - hourMs && ` ${t('routing.dryRun.shorter')}`}
      </p>
      {choices.length > 2 && (
        <Select
          mb="sm"
          maw={320}
          label={t('routing.dryRun.of')}
          data={choices}
          value={group}
          onChange={(next) => setGroup(next ?? everybody)}
          allowDeselect={false}
          searchable={choices.length > 10}
        />
      )}
      <FigureTable figures={figures} withinMs={result.withinMs} />
      <p className={styles.dim}>{t(hasChance(figures) ? 'routing.dryRun.interval' : 'routing.dryRun.noChance')}</p>
      <Assumptions assumed={result.assumed} />
    </>
  );
}

/** Whether any interval is shown. */
function hasChance(figures: Figures): boolean {
  return figureNames.some((name) => {
    const figure = figures[name];
    return figure !== undefined && isWide(figure.change, shownAs(name, figure));
  });
}

function FigureTable({ figures, withinMs }: { figures: Figures; withinMs: number }) {
  const { t } = useTranslation();
  const columns = (['happened', 'current', 'proposed', 'change'] as const).map((key) => t(`routing.dryRun.${key}`));
  const known = figureNames.flatMap((name) => {
    const figure = figures[name];
    return figure === undefined ? [] : [{ name, figure }];
  });
  return (
    <table className={styles.table}>
      <caption className={styles.hidden}>{t('routing.dryRun.table')}</caption>
      <thead>
        <tr>
          <th scope="col">{t('routing.dryRun.figure')}</th>
          {columns.map((column) => (
            <th key={column} scope="col">
              {column}
            </th>
          ))}
        </tr>
      </thead>
      <tbody>
        {known.map(({ name, figure }) => (
          <Row key={name} name={name} figure={figure} columns={columns} withinMs={withinMs} />
        ))}
      </tbody>
    </table>
  );
}

function Row(props: { name: FigureName; figure: Figure; columns: readonly string[]; withinMs: number }) {
  const { t } = useTranslation();
  const { name, figure, columns } = props;
  const shown = shownAs(name, figure);
  const words = useFigureWords(shown);
  const verdict = verdictOf(name, figure);
  return (
    <tr>
      <th scope="row">{t(`routing.dryRun.name.${name}`, { seconds: props.withinMs / 1_000 })}</th>
      <td data-label={columns[0]}>{words.value(figure.happened)}</td>
      <td data-label={columns[1]}>{words.value(figure.current.mean)}</td>
      <td data-label={columns[2]}>{words.value(figure.proposed.mean)}</td>
      <td data-label={columns[3]}>
        <span className={styles.change}>
          {verdict !== 'none' && <span>{words.signed(figure.change.mean)}</span>}
          {isWide(figure.change, shown) && <span className={styles.range}>{words.range(figure.change)}</span>}
          <VerdictBadge verdict={verdict} />
        </span>
      </td>
    </tr>
  );
}

const colours: Record<Verdict, string> = {
  better: 'green',
  worse: 'red',
  higher: 'gray',
  lower: 'gray',
  none: 'gray',
  unclear: 'gray',
};

function VerdictBadge({ verdict }: { verdict: Verdict }) {
  const { t } = useTranslation();
  return (
    <Badge size="sm" variant="light" color={colours[verdict]} c="var(--mantine-color-text)" tt="none">
      {t(`routing.dryRun.verdict.${verdict}`)}
    </Badge>
  );
}

/** Numbers of one row as the person's language writes them. */
function useFigureWords({ unit, per, decimals }: Shown) {
  const { t, i18n } = useTranslation();
  const number = (value: number, options: Intl.NumberFormatOptions = {}) =>
    new Intl.NumberFormat(i18n.language, {
      minimumFractionDigits: decimals,
      maximumFractionDigits: decimals,
      signDisplay: 'negative',
      ...options,
    }).format(value / per);
  const signs = { signDisplay: 'exceptZero' } as const;
  return {
    value: (value: number) => t(`routing.dryRun.unit.${unit}`, { n: number(value) }),
    signed: (value: number) => t(`routing.dryRun.by.${unit}`, { n: number(value, signs) }),
    range: ({ low, high }: Interval) =>
      t('routing.dryRun.range', { low: number(low, signs), high: number(high, signs) }),
  };
}

const assumptionKinds = [
  'still-open',
  'handling-drawn',
  'patience-drawn',
  'nobody-gives-up',
  'misses-drawn',
  'left-out',
  'counted-whole',
  'sentOn',
  'passedOn',
  'cameBack',
  'removed',
  'archived',
  'capacityChanged',
  'otherVersion',
  'rulesSeeToday',
] as const;

function Assumptions({ assumed }: { assumed: readonly Assumption[] }) {
  const { t, i18n } = useTranslation();
  const number = (value: number, decimals = 0) =>
    new Intl.NumberFormat(i18n.language, { maximumFractionDigits: decimals }).format(value);
  const known = assumptionKinds.flatMap((kind) => assumed.find((one) => one.kind === kind) ?? []);
  return (
    <>
      <h3 className={styles.heading}>{t('routing.dryRun.assumed')}</h3>
      <ul className={styles.assumed}>
        <li>{t('routing.dryRun.always')}</li>
        {known.map(({ kind, conversations, meanMs = 0, share = 0 }) => (
          <li key={kind}>
            {t(`routing.dryRun.assumption.${kind as (typeof assumptionKinds)[number]}`, {
              minutes: number(meanMs / 60_000, 1),
              share: number(100 * share, 1),
            })}{' '}
            <span className={styles.count}>{t('routing.dryRun.concerns', { n: number(conversations) })}</span>
          </li>
        ))}
      </ul>
    </>
  );
}
