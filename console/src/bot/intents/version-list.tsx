import { Badge, Button } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { Link } from '@tanstack/react-router';
import { useTranslation } from 'react-i18next';
import { sizeText } from '../../words/sizes.ts';
import { useTimeWords } from '../../words/time.ts';
import styles from './intents.module.css';
import { type Model, type Models, modelsQuery, percent } from './model-queries.ts';
import { usePublishing } from './use-publishing.ts';

/** The versions that are kept, with their figures; one click lets one serve. */
export function VersionList() {
  const { t } = useTranslation();
  const { data: models } = useQuery(modelsQuery);
  const publishing = usePublishing();
  if (models === undefined || models.items.length === 0) return null;
  return (
    <section aria-label={t('intents.versions')}>
      <h2 className={styles.small}>{t('intents.versions')}</h2>
      <ul className={styles.list}>
        {models.items.map((model) => (
          <li key={model.version} className={styles.row}>
            <VersionFigures model={model} models={models} />
            {model.version !== models.published?.version && (
              <Button
                size="xs"
                variant="default"
                loading={publishing.isPending && publishing.variables.version === model.version}
                onClick={() => publishing.mutate(model)}
              >
                {model.version === models.former ? t('intents.backTo', { n: model.version }) : t('intents.useThis')}
              </Button>
            )}
          </li>
        ))}
      </ul>
      <p className={styles.dim}>
        <Link to="/bot/$part" params={{ part: 'evaluation' }}>
          {t('intents.toEvaluation')}
        </Link>{' '}
        ·{' '}
        <Link to="/bot/$part" params={{ part: 'replay' }}>
          {t('replay.title')}
        </Link>
      </p>
    </section>
  );
}

function VersionFigures({ model, models }: { model: Model; models: Models }) {
  const { t } = useTranslation();
  const words = useTimeWords();
  const { summary } = model;
  return (
    <div className={styles.rowText}>
      <span>
        <strong>{t('intents.version', { n: model.version })}</strong>{' '}
        {model.version === models.published?.version && (
          <Badge size="sm" variant="light" color="green" tt="none">
            {t('intents.published')}
          </Badge>
        )}{' '}
        {model.version === models.published?.version && models.published.despite !== null && (
          <Badge size="sm" variant="light" color="red" c="var(--mantine-color-text)" tt="none">
            {t('replay.despite', { name: models.published.author.name })}
          </Badge>
        )}{' '}
        <span className={styles.dim}>
          {words.full(model.trainedAt)} ·{' '}
          {t('intents.learnt', { intents: model.intents, n: model.utterances, seconds: model.seconds.toFixed(1) })} ·{' '}
          {sizeText(model.sizeBytes)}
          {model.embedding !== null && ` · ${t('intents.knowsVectors', { model: model.embedding.model })}`}
        </span>
      </span>
      {summary === null ? (
        <span className={styles.dim}>{t('intents.notMeasured')}</span>
      ) : (
        <dl className={styles.figures}>
          <Figure name={t('evaluation.accuracy')} value={percent(summary.accuracy)} />
          <Figure name={t('evaluation.precisionAt')} value={percent(summary.precision)} />
          <Figure name={t('evaluation.coverageAt')} value={percent(summary.coverage)} />
        </dl>
      )}
    </div>
  );
}

function Figure({ name, value }: { name: string; value: string }) {
  return (
    <div>
      <dt>{name}</dt>
      <dd>{value}</dd>
    </div>
  );
}
