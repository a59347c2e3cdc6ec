import { Button, Group, Loader } from '@mantine/core';
import { IconAlertTriangle, IconSparkles } from '@tabler/icons-react';
import { useTranslation } from 'react-i18next';
import styles from './assist.module.css';
import type { Assisting } from './use-assist.ts';

/** The text while it comes, and what to do with it: nothing of it is in the message before the agent says so. */
export function AssistPreview(props: {
  assisting: Assisting;
  hasDraft: boolean;
  onUse: (text: string, how: 'insert' | 'replace') => void;
}) {
  const { t } = useTranslation();
  const { state, discard } = props.assisting;
  if (state === undefined) return null;
  const { phase, text, warnings, sources } = state;
  const isRunning = phase === 'running';
  const use = (how: 'insert' | 'replace') => {
    props.onUse(text, how);
    discard();
  };
  return (
    <section
      className={styles.preview}
      aria-label={t('assist.preview')}
      onKeyDown={(event) => {
        if (event.key === 'Escape') discard();
      }}
    >
      <p className={styles.head}>
        <IconSparkles size={14} aria-hidden="true" />
        {t(`assist.doing.${state.task}`)}
        {isRunning && <Loader size={12} aria-label={t('assist.running')} />}
      </p>
      <div className={styles.text} aria-live="polite" aria-busy={isRunning}>
        {phase === 'nothing' && t(`assist.nothing.${state.problem === 'no-passage' ? 'noPassage' : 'cannotTell'}`)}
        {phase === 'failed' && <span className={styles.failed}>{state.problem}</span>}
        {(isRunning || phase === 'done') && text}
      </div>
      {warnings.length > 0 && (
        <div className={styles.warning} role="note">
          <IconAlertTriangle size={15} aria-hidden="true" />
          <div>
            {t('assist.check')}
            <ul>
              {warnings.map((warning) => (
                <li key={warning}>{warning}</li>
              ))}
            </ul>
          </div>
        </div>
      )}
      {sources.length > 0 && (
        <p className={styles.sources}>
          {t('assist.sources', { names: sources.map(({ title }) => title).join(' · ') })}
        </p>
      )}
      <Group gap={6} mt={8}>
        {phase === 'done' && (
          <>
            <Button size="compact-sm" onClick={() => use('insert')}>
              {t('assist.insert')}
            </Button>
            {props.hasDraft && (
              <Button size="compact-sm" variant="default" onClick={() => use('replace')}>
                {t('assist.replace')}
              </Button>
            )}
          </>
        )}
        <Button size="compact-sm" variant="subtle" color="gray" onClick={discard}>
          {isRunning ? t('assist.stop') : t('assist.discard')}
        </Button>
      </Group>
    </section>
  );
}
