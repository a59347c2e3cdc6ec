import { useMutation } from '@tanstack/react-query';
import { useTranslation } from 'react-i18next';
import { TryForm } from '../try-form.tsx';
import styles from './entities.module.css';
import { tryEntities } from './entity-queries.ts';
import { MarkedText } from './marked-text.tsx';

/** A text as a customer would write it, and the values that are found in it. */
export function TryEntities() {
  const { t } = useTranslation();
  const trying = useMutation({ mutationFn: tryEntities });
  return (
    <TryForm
      title={t('entities.try')}
      hint={t('entities.tryHint')}
      label={t('entities.tryText')}
      submit={t('entities.tryNow')}
      trying={trying}
      onTry={(text) => trying.mutate(text)}
    >
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
    </TryForm>
  );
}
