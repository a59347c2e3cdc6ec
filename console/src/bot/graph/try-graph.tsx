import { Button, Group } from '@mantine/core';
import { useMutation } from '@tanstack/react-query';
import { useTranslation } from 'react-i18next';
import entityStyles from '../entities/entities.module.css';
import { MarkedText } from '../entities/marked-text.tsx';
import { TryForm } from '../try-form.tsx';
import styles from './graph.module.css';
import { tryGraph } from './graph-queries.ts';

/** A question as a customer would ask it: what was linked, the way through the graph, and the answer or the question back. */
export function TryGraph() {
  const { t } = useTranslation();
  const trying = useMutation({ mutationFn: tryGraph });
  const asked = trying.variables?.text ?? '';
  const answer = trying.data?.answer;
  const widened = trying.data?.search?.widened ?? [];
  return (
    <TryForm
      title={t('graph.try')}
      hint={t('graph.tryHint')}
      label={t('graph.tryText')}
      submit={t('graph.tryNow')}
      trying={trying}
      onTry={(text) => trying.mutate({ text })}
    >
      {trying.data !== undefined && answer !== undefined && (
        <>
          <MarkedText text={asked} found={trying.data.linked} />
          {answer.kind === 'answer' && (
            <p className={styles.said}>
              {answer.text}
              <span className={entityStyles.dim}>
                {' '}
                {t('graph.confidence', { percent: Math.round(answer.confidence * 100) })}
              </span>
            </p>
          )}
          {answer.kind === 'ask' && (
            <>
              <p className={styles.said}>{answer.question}</p>
              <Group gap="xs">
                {answer.choices.map(({ id, label }) => (
                  <Button
                    key={id}
                    size="xs"
                    variant="default"
                    onClick={() => trying.mutate({ text: asked, chosen: id })}
                  >
                    {label}
                  </Button>
                ))}
              </Group>
            </>
          )}
          {answer.kind === 'nothing' && <p className={styles.said}>{t('graph.nothing')}</p>}
          {answer.kind !== 'nothing' && answer.path.length > 0 && (
            <ol className={styles.path} aria-label={t('graph.path')}>
              {answer.path.map((step) => (
                <li key={step}>{step}</li>
              ))}
            </ol>
          )}
          {widened.length > 0 && (
            <p className={entityStyles.dim}>{t('graph.widened', { names: widened.join(t('graph.between')) })}</p>
          )}
        </>
      )}
    </TryForm>
  );
}
