import { Alert, Button, Group, TextInput } from '@mantine/core';
import { useMutation } from '@tanstack/react-query';
import { type FormEvent, useState } from 'react';
import { useTranslation } from 'react-i18next';
import { problemText } from '../../app/api.ts';
import { Panel } from '../../app/page.tsx';
import entityStyles from '../entities/entities.module.css';
import { MarkedText } from '../entities/marked-text.tsx';
import styles from './graph.module.css';
import { tryGraph } from './graph-queries.ts';

/** A question as a customer would ask it: what was linked, the way through the graph, and the answer or the question back. */
export function TryGraph() {
  const { t } = useTranslation();
  const [text, setText] = useState('');
  const trying = useMutation({ mutationFn: tryGraph });
  const asked = trying.variables?.text ?? '';
  const answer = trying.data?.answer;
  function submit(event: FormEvent): void {
    event.preventDefault();
    if (text.trim() !== '') trying.mutate({ text });
  }
  return (
    <Panel title={t('graph.try')} hint={t('graph.tryHint')}>
      <form onSubmit={submit} className={entityStyles.tryForm}>
        <TextInput
          aria-label={t('graph.tryText')}
          placeholder={t('graph.tryText')}
          maxLength={10_000}
          value={text}
          onChange={(event) => setText(event.currentTarget.value)}
        />
        <Button type="submit" variant="default" loading={trying.isPending}>
          {t('graph.tryNow')}
        </Button>
      </form>
      <div aria-live="polite">
        {trying.error !== null && (
          <Alert color="red" variant="light" mt="sm" role="alert">
            {problemText(trying.error)}
          </Alert>
        )}
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
          </>
        )}
      </div>
    </Panel>
  );
}
