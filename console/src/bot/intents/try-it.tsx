import { useMutation, useQuery } from '@tanstack/react-query';
import { useTranslation } from 'react-i18next';
import { TryForm } from '../try-form.tsx';
import styles from './intents.module.css';
import { actFrom, modelsQuery, percent, type Recognised, recognise } from './model-queries.ts';

/** A text as a customer would write it, what the published model makes of it, and why. */
export function TryIt() {
  const { t } = useTranslation();
  const { data: models } = useQuery(modelsQuery);
  const trying = useMutation({ mutationFn: recognise });
  if (models?.serving == null) return null;
  return (
    <TryForm
      title={t('intents.try')}
      label={t('intents.tryText')}
      submit={t('intents.tryNow')}
      trying={trying}
      onTry={(text) => trying.mutate(text)}
    >
      {trying.data !== undefined && trying.error === null && <Verdict recognised={trying.data} />}
    </TryForm>
  );
}

function Verdict({ recognised }: { recognised: Recognised }) {
  const { t } = useTranslation();
  const { recognition, explanation, version } = recognised;
  const { intent, confidence, doubt, embedding } = recognition;
  const isSure = confidence >= actFrom;
  return (
    <>
      <div className={styles.verdict}>
        <strong>{intent ?? t('intents.nothing')}</strong>
        <span>{t(isSure ? 'intents.acts' : 'intents.doesNotAct', { percent: percent(confidence) })}</span>
      </div>
      <div className={styles.bar} aria-hidden="true">
        <div className={styles.barFill} data-sure={isSure || undefined} style={{ width: `${100 * confidence}%` }} />
        <div className={styles.barMark} />
      </div>
      <div className={styles.barScale} aria-hidden="true">
        <span>0.8</span>
      </div>
      {embedding !== null && (
        <p className={styles.dim}>{t(embedding === 'used' ? 'intents.byVector' : 'intents.withoutVector')}</p>
      )}
      {doubt !== null && <p className={styles.dim}>{t(`intents.doubt.${doubt}`)}</p>}
      <div className={styles.columns}>
        <div>
          <h3>{t('intents.features')}</h3>
          {explanation.features.length === 0 && <p className={styles.dim}>{t('intents.noFeatures')}</p>}
          <ul className={styles.plain}>
            {explanation.features.map((feature) => (
              <li key={`${feature.kind} ${feature.text}`}>
                <span>{feature.kind === 'vector' ? t('intents.vector', { model: feature.text }) : feature.text}</span>
                <span className={styles.weight}>
                  {feature.weight > 0 ? '+' : '−'}
                  {Math.abs(feature.weight).toFixed(2)}
                </span>
              </li>
            ))}
          </ul>
          {explanation.against !== null && (
            <p className={styles.dim}>{t('intents.against', { name: explanation.against })}</p>
          )}
        </div>
        <div>
          <h3>{t('intents.nearest')}</h3>
          {explanation.nearest.length === 0 && <p className={styles.dim}>{t('intents.noNearest')}</p>}
          <ul className={styles.plain}>
            {explanation.nearest.map((one) => (
              <li key={one.utterance}>
                <span>
                  {one.utterance} <span className={styles.dim}>{one.intent}</span>
                </span>
                <span className={styles.weight}>{percent(one.likeness)}</span>
              </li>
            ))}
          </ul>
        </div>
      </div>
      <p className={styles.dim}>{t('intents.version', { n: version })}</p>
    </>
  );
}
