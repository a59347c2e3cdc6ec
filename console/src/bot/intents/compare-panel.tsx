import { Alert, Button, Group, Select, Textarea } from '@mantine/core';
import { useMutation } from '@tanstack/react-query';
import { type FormEvent, useState } from 'react';
import { useTranslation } from 'react-i18next';
import { problemText } from '../../app/api.ts';
import { inputWrapperOrder } from '../../app/fields.tsx';
import { Panel } from '../../app/page.tsx';
import styles from './intents.module.css';
import { linesOf } from './lines.ts';
import { type Answer, type Comparison, compareModels, type Model, percent } from './model-queries.ts';
import { ScrollBox } from './scroll-box.tsx';

/** What would be answered otherwise if one version replaced another: asked of all utterances, and of texts that are pasted. */
export function ComparePanel({ models, from }: { models: readonly Model[]; from: number | undefined }) {
  const { t } = useTranslation();
  const [newest, second] = models;
  const other = newest?.version === from ? second : newest;
  const [before, setBefore] = useState(from ?? second?.version ?? 0);
  const [after, setAfter] = useState(other?.version ?? 0);
  const [text, setText] = useState('');
  const comparing = useMutation({ mutationFn: () => compareModels(before, after, linesOf(text)) });
  const data = models.map(({ version }) => ({ value: String(version), label: t('intents.version', { n: version }) }));
  function submit(event: FormEvent): void {
    event.preventDefault();
    comparing.mutate();
  }
  return (
    <Panel title={t('evaluation.compare')} hint={t('evaluation.compareHint')}>
      <form onSubmit={submit}>
        <Group gap="sm" grow>
          <Select
            label={t('evaluation.before')}
            data={data}
            value={String(before)}
            allowDeselect={false}
            onChange={(value) => setBefore(Number(value))}
          />
          <Select
            label={t('evaluation.after')}
            data={data}
            value={String(after)}
            allowDeselect={false}
            onChange={(value) => setAfter(Number(value))}
          />
        </Group>
        <Textarea
          mt="sm"
          label={t('evaluation.texts')}
          description={t('intents.onePerLine')}
          inputWrapperOrder={inputWrapperOrder}
          autosize
          minRows={2}
          maxRows={10}
          value={text}
          onChange={(event) => setText(event.currentTarget.value)}
        />
        <Group justify="flex-end" mt="sm">
          <Button type="submit" variant="default" loading={comparing.isPending} disabled={before === after}>
            {t('evaluation.compareNow')}
          </Button>
        </Group>
      </form>
      <div aria-live="polite">
        {comparing.error !== null && (
          <Alert color="red" variant="light" mt="sm" role="alert">
            {problemText(comparing.error)}
          </Alert>
        )}
        {comparing.data !== undefined && <Differences comparison={comparing.data} />}
      </div>
    </Panel>
  );
}

function Differences({ comparison }: { comparison: Comparison }) {
  const { t } = useTranslation();
  const { texts, changed, better, worse, acts, withVectors, differences } = comparison;
  const shown = ({ intent, confidence }: Answer) => `${intent ?? '–'} · ${percent(confidence)}`;
  return (
    <>
      <p>{t('evaluation.changed', { n: changed, texts, better, worse })}</p>
      <p className={styles.dim}>{t('evaluation.actsChanged', { before: acts.before, after: acts.after })}</p>
      {withVectors === false && <p className={styles.dim}>{t('evaluation.comparedWithout')}</p>}
      {differences.length > 0 && (
        <ScrollBox label={t('evaluation.compare')}>
          <table className={styles.table}>
            <thead>
              <tr>
                <th>{t('evaluation.utterance')}</th>
                <th>{t('evaluation.expected')}</th>
                <th>{t('evaluation.before')}</th>
                <th>{t('evaluation.after')}</th>
              </tr>
            </thead>
            <tbody>
              {differences.map((one) => (
                <tr key={`${one.text} ${one.expected}`}>
                  <td>{one.text}</td>
                  <td>{one.expected ?? '–'}</td>
                  <td>{shown(one.before)}</td>
                  <td>{shown(one.after)}</td>
                </tr>
              ))}
            </tbody>
          </table>
        </ScrollBox>
      )}
    </>
  );
}
