import { Select, Skeleton, Slider, Text } from '@mantine/core';
import { IconChartDots } from '@tabler/icons-react';
import { useQuery } from '@tanstack/react-query';
import { Link } from '@tanstack/react-router';
import type { TFunction } from 'i18next';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { problemText } from '../../app/api.ts';
import { EmptyState } from '../../app/empty-state.tsx';
import { Panel } from '../../app/page.tsx';
import { atPrecision } from './at-precision.ts';
import { ComparePanel } from './compare-panel.tsx';
import { ConfusionPicture } from './confusion-picture.tsx';
import styles from './intents.module.css';
import { type Evaluation, evaluationQuery, type Model, modelsQuery, percent } from './model-queries.ts';
import { ModelThresholds } from './model-thresholds.tsx';
import { ReliabilityPicture } from './reliability-picture.tsx';
import { ScrollBox } from './scroll-box.tsx';

/** How good a version is on the installation's own utterances, beside the one before it. */
export function EvaluationPart() {
  const { t } = useTranslation();
  const { data: models, error } = useQuery(modelsQuery);
  const [chosen, setChosen] = useState<number>();
  if (models === undefined) {
    return error === null ? (
      <Skeleton height={240} radius="md" />
    ) : (
      <EmptyState title={t('intents.loadFailed')} hint={problemText(error)} />
    );
  }
  const [newest] = models.items;
  if (newest === undefined) {
    return (
      <EmptyState icon={<IconChartDots size={22} />} title={t('evaluation.empty')} hint={t('evaluation.emptyHint')}>
        <Link to="/bot/$part" params={{ part: 'intents' }}>
          {t('evaluation.toIntents')}
        </Link>
      </EmptyState>
    );
  }
  const version = chosen ?? newest.version;
  return (
    <>
      <Select
        mb="md"
        maw={280}
        label={t('evaluation.version')}
        allowDeselect={false}
        value={String(version)}
        data={models.items.map((model) => ({
          value: String(model.version),
          label: t('intents.version', { n: model.version }),
        }))}
        onChange={(value) => setChosen(Number(value))}
      />
      <VersionEvaluation version={version} former={models.items.find((model) => model.version < version)} />
      {models.items.length > 1 && (
        <ComparePanel key={models.published?.version} models={models.items} from={models.published?.version} />
      )}
    </>
  );
}

function VersionEvaluation({ version, former }: { version: number; former: Model | undefined }) {
  const { t } = useTranslation();
  const { data, error } = useQuery(evaluationQuery(version));
  if (data === undefined) {
    return error === null ? (
      <Skeleton height={240} radius="md" />
    ) : (
      <EmptyState title={t('intents.loadFailed')} hint={problemText(error)} />
    );
  }
  const { evaluation, model } = data;
  if (evaluation === null) {
    return <EmptyState title={t('intents.notMeasured')} hint={t('evaluation.notMeasuredHint')} />;
  }
  return (
    <>
      <Panel
        title={t('evaluation.figures')}
        hint={t('evaluation.how', { n: evaluation.asked, folds: evaluation.folds })}
      >
        <FiguresTable model={model} evaluation={evaluation} former={former} />
      </Panel>
      <PrecisionPanel evaluation={evaluation} />
      <ModelThresholds version={model.version} />
      <Panel title={t('evaluation.confusion')} hint={t('evaluation.confusionHint')}>
        <ScrollBox label={t('evaluation.confusion')} isPicture>
          <ConfusionPicture evaluation={evaluation} />
        </ScrollBox>
      </Panel>
      <Panel title={t('evaluation.byIntent')}>
        <IntentTable evaluation={evaluation} />
      </Panel>
      {evaluation.misses.length > 0 && (
        <Panel title={t('evaluation.misses')} hint={t('evaluation.missesHint')}>
          <Misses evaluation={evaluation} />
        </Panel>
      )}
    </>
  );
}

function FiguresTable(props: { model: Model; evaluation: Evaluation; former: Model | undefined }) {
  const { t, i18n } = useTranslation();
  const { model, evaluation, former } = props;
  const before = former?.summary;
  const list = evaluation.outOfScopeList;
  const seconds = (n: number) => t('evaluation.secondsOf', { n: n.toFixed(1) });
  const rows: [string, string, string | undefined][] = [
    [t('evaluation.accuracy'), percent(evaluation.accuracy), percent(before?.accuracy)],
    ...languageRows(evaluation, t, i18n.language),
    [t('evaluation.precisionAt'), percent(evaluation.precision), percent(before?.precision)],
    [t('evaluation.coverageAt'), percent(evaluation.coverage), percent(before?.coverage)],
    [t('evaluation.calibration'), percent(evaluation.calibrationError), percent(before?.calibrationError)],
    [
      t('evaluation.outOfScope', { n: evaluation.outOfScopeAsked }),
      percent(evaluation.outOfScopeRecall),
      percent(before?.outOfScopeRecall),
    ],
    ...(list === null
      ? []
      : [
          [t('evaluation.outOfScopeList', { n: list.asked }), percent(list.recall), undefined] as [
            string,
            string,
            undefined,
          ],
        ]),
    ...withoutVectors(evaluation, t),
    [t('evaluation.seconds'), seconds(model.seconds), former && seconds(former.seconds)],
  ];
  return (
    <table className={styles.table}>
      <thead>
        <tr>
          <th>{t('evaluation.figure')}</th>
          <th data-number>{t('intents.version', { n: model.version })}</th>
          {former !== undefined && <th data-number>{t('intents.version', { n: former.version })}</th>}
        </tr>
      </thead>
      <tbody>
        {rows.map(([name, now, then]) => (
          <tr key={name}>
            <td>{name}</td>
            <td data-number>{now}</td>
            {former !== undefined && <td data-number>{then ?? '–'}</td>}
          </tr>
        ))}
      </tbody>
    </table>
  );
}

/** The mean over intents, and each language by itself where there are several. */
function languageRows(
  { macroF1, languages = [] }: Evaluation,
  t: TFunction,
  reader: string,
): [string, string, undefined][] {
  const names = new Intl.DisplayNames(reader, { type: 'language' });
  const rows = languages.length < 2 ? [] : languages;
  return [
    ...(macroF1 === undefined
      ? []
      : [[t('evaluation.macroF1'), percent(macroF1), undefined] as [string, string, undefined]]),
    ...rows.map(({ language, asked, accuracy }): [string, string, undefined] => [
      t('evaluation.inLanguage', { language: names.of(language) ?? language, n: asked }),
      percent(accuracy),
      undefined,
    ]),
  ];
}

/** What the version does when a vector is late, below what it does with one. */
function withoutVectors({ withoutVectors: plain }: Evaluation, t: TFunction): [string, string, undefined][] {
  if (plain == null) return [];
  const row = (figure: string, share: number | null): [string, string, undefined] => [
    t('evaluation.withoutVectors', { figure }),
    percent(share),
    undefined,
  ];
  return [
    row(t('evaluation.accuracy'), plain.accuracy),
    row(t('evaluation.precisionAt'), plain.precision),
    row(t('evaluation.coverageAt'), plain.coverage),
  ];
}

function PrecisionPanel({ evaluation }: { evaluation: Evaluation }) {
  const { t } = useTranslation();
  const [wanted, setWanted] = useState(95);
  const point = atPrecision(evaluation.curve, wanted / 100);
  return (
    <Panel title={t('evaluation.reliability')} hint={t('evaluation.reliabilityHint')}>
      <div className={styles.pictures}>
        <ReliabilityPicture evaluation={evaluation} />
        <div>
          <Text size="sm" fw={600}>
            {t('evaluation.wanted', { n: wanted })}
          </Text>
          <Slider
            my="md"
            min={70}
            max={99}
            step={1}
            value={wanted}
            onChange={setWanted}
            label={(value) => `${value} %`}
            thumbLabel={t('evaluation.wantedLabel')}
          />
          <Text size="sm" aria-live="polite">
            {point === undefined
              ? t('evaluation.nowhere')
              : t('evaluation.from', { from: point.from.toFixed(2), coverage: percent(point.coverage) })}
          </Text>
          <Text size="xs" c="dimmed" mt="sm">
            {t('evaluation.assumed')}
          </Text>
        </div>
      </div>
    </Panel>
  );
}

function IntentTable({ evaluation }: { evaluation: Evaluation }) {
  const { t } = useTranslation();
  const worstFirst = evaluation.intents.toSorted((a, b) => (a.recall ?? 2) - (b.recall ?? 2));
  return (
    <ScrollBox label={t('evaluation.byIntent')}>
      <table className={styles.table}>
        <thead>
          <tr>
            <th>{t('evaluation.intent')}</th>
            <th data-number>{t('intents.utterances')}</th>
            <th data-number>{t('evaluation.precision')}</th>
            <th data-number>{t('evaluation.recall')}</th>
          </tr>
        </thead>
        <tbody>
          {worstFirst.map((one) => (
            <tr key={one.intent}>
              <td>{one.intent}</td>
              <td data-number>{one.utterances}</td>
              <td data-number>{percent(one.precision)}</td>
              <td data-number>{percent(one.recall)}</td>
            </tr>
          ))}
        </tbody>
      </table>
    </ScrollBox>
  );
}

function Misses({ evaluation }: { evaluation: Evaluation }) {
  const { t } = useTranslation();
  return (
    <ScrollBox label={t('evaluation.misses')}>
      <table className={styles.table}>
        <thead>
          <tr>
            <th>{t('evaluation.utterance')}</th>
            <th>{t('evaluation.expected')}</th>
            <th>{t('evaluation.answered')}</th>
            <th data-number>{t('intents.confidence')}</th>
          </tr>
        </thead>
        <tbody>
          {evaluation.misses.map((miss) => (
            <tr key={`${miss.expected} ${miss.utterance}`}>
              <td>{miss.utterance}</td>
              <td>{miss.expected}</td>
              <td>{miss.answered}</td>
              <td data-number>{percent(miss.confidence)}</td>
            </tr>
          ))}
        </tbody>
      </table>
    </ScrollBox>
  );
}
