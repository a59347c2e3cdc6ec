import { Alert, Button, TextInput } from '@mantine/core';
import { useMutation } from '@tanstack/react-query';
import { type FormEvent, useState } from 'react';
import { useTranslation } from 'react-i18next';
import { problemText } from '../../app/api.ts';
import { Panel } from '../../app/page.tsx';
import styles from './entities.module.css';
import { tryEntities } from './entity-queries.ts';
import { MarkedText } from './marked-text.tsx';

/** A text as a customer would write it, and the values that are found in it. */
export function TryEntities() {
  const { t } = useTranslation();
  const [text, setText] = useState('');
  const trying = useMutation({ mutationFn: tryEntities });
  function submit(event: FormEvent): void {
    event.preventDefault();
    if (text.trim() !== '') trying.mutate(text);
  }
  return (
    <Panel title={t('entities.try')} hint={t('entities.tryHint')}>
      <form onSubmit={submit} className={styles.tryForm}>
        <TextInput
          aria-label={t('entities.tryText')}
          placeholder={t('entities.tryText')}
          maxLength={10_000}
          value={text}
          onChange={(event) => setText(event.currentTarget.value)}
        />
        <Button type="submit" variant="default" loading={trying.isPending}>
          {t('entities.tryNow')}
        </Button>
      </form>
      <div aria-live="polite">
        {trying.error !== null && (
          <Alert color="red" variant="light" mt="sm" role="alert">
            {problemText(trying.error)}
          </Alert>
        )}
        {trying.data !== undefined && (
          <>
            <MarkedText text={trying.variables ?? ''} found={trying.data.items} />
            {trying.data.items.length === 0 && <p className={styles.dim}>{t('entities.foundNothing')}</p>}
            <ul className={styles.found}>
              {trying.data.items.map((one) => (
                <li key={`${one.type} ${one.start}`}>
                  <span className={styles.type}>{one.type}</span>
                  <span>
                    {one.value}
                    {one.unit !== undefined && ` ${one.unit}`}
                  </span>
                  <span className={styles.dim}>{one.text}</span>
                </li>
              ))}
            </ul>
          </>
        )}
      </div>
    </Panel>
  );
}
