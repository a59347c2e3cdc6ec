import { Alert, Button, Group, Modal, NumberInput, Progress } from '@mantine/core';
import type { RoutingConfig } from '@parley/sdk/routing-document.ts';
import { useMutation, useQuery } from '@tanstack/react-query';
import { type FormEvent, useState } from 'react';
import { useTranslation } from 'react-i18next';
import { problemText } from '../app/api.ts';
import { notifyFailure } from '../app/notify.ts';
import { useIsPhone } from '../app/screen.ts';
import { problemWords } from '../words/problems.ts';
import styles from './dry-run.module.css';
import { beginDryRun, cancelDryRun, dryRunQuery } from './dry-run-queries.ts';
import { DryRunView } from './dry-run-result.tsx';

/** What is tried: the changes of the page, or a version from before. */
export interface Tried {
  readonly config: RoutingConfig;
  /** Absent: the changes. */
  readonly version?: number;
}

/** Tries a configuration on recorded days. Whoever closes it cancels what is under way. */
export function DryRunDialog({ tried, onClose }: { tried: Tried | undefined; onClose: () => void }) {
  const { t } = useTranslation();
  const isPhone = useIsPhone();
  const running = useDryRun();
  function close(): void {
    running.cancel();
    onClose();
  }
  const { run } = running;
  return (
    <Modal
      opened={tried !== undefined}
      onClose={close}
      size={900}
      closeButtonProps={{ 'aria-label': t('app.close') }}
      // Within a dialog it is no banner of the page.
      attributes={{ header: { role: 'presentation' } }}
      fullScreen={isPhone}
      title={
        tried?.version === undefined
          ? t('routing.dryRun.title')
          : t('routing.dryRun.titleVersion', { n: tried.version })
      }
    >
      <p className={styles.intro}>{t('routing.dryRun.intro')}</p>
      {tried !== undefined && (
        <DaysForm busy={running.isRunning} onStart={(days) => running.start({ config: tried.config, days })} />
      )}
      <div aria-live="polite">
        {running.error !== null && (
          <Alert color="red" variant="light" title={t('routing.dryRun.failed')} role="alert">
            {problemText(running.error)}
          </Alert>
        )}
        {run?.state === 'failed' && (
          <Alert color="red" variant="light" title={t('routing.dryRun.failed')}>
            {run.problem === null ? undefined : problemWords(run.problem)}
          </Alert>
        )}
        {run?.state === 'interrupted' && (
          <Alert color="amber" variant="light" title={t('routing.dryRun.interrupted')}>
            {t('routing.dryRun.interruptedHint')}
          </Alert>
        )}
        {running.isRunning && <Running progress={run?.progress ?? 0} onCancel={running.cancel} />}
        {run?.result != null && <DryRunView result={run.result} days={run.days} />}
      </div>
    </Modal>
  );
}

function useDryRun() {
  const [id, setId] = useState<string>();
  const beginning = useMutation({
    mutationFn: ({ config, days }: { config: RoutingConfig; days: number }) => beginDryRun(config, days),
    onSuccess: (begun) => setId(begun.id),
  });
  const cancelling = useMutation({ mutationFn: cancelDryRun, onError: notifyFailure });
  const { data: run, error } = useQuery(dryRunQuery(id));
  const isRunning =
    beginning.isPending || (id !== undefined && error === null && (run ?? { state: 'running' }).state === 'running');
  return {
    run,
    error: beginning.error ?? error,
    isRunning,
    start: (asked: { config: RoutingConfig; days: number }) => {
      setId(undefined);
      beginning.mutate(asked);
    },
    cancel: () => {
      if (id !== undefined && isRunning) cancelling.mutate(id);
      setId(undefined);
      beginning.reset();
    },
  };
}

const mostDays = 31;
const usualDays = 14;

function DaysForm({ busy, onStart }: { busy: boolean; onStart: (days: number) => void }) {
  const { t } = useTranslation();
  const [days, setDays] = useState<number | string>(usualDays);
  const isRight = typeof days === 'number' && Number.isInteger(days) && days >= 1 && days <= mostDays;
  function submit(event: FormEvent): void {
    event.preventDefault();
    if (isRight && !busy) onStart(days);
  }
  return (
    <form onSubmit={submit} noValidate className={styles.form}>
      <NumberInput
        label={t('routing.dryRun.days')}
        min={1}
        max={mostDays}
        allowDecimal={false}
        value={days}
        onChange={setDays}
        error={isRight ? undefined : t('routing.dryRun.daysWrong', { most: mostDays })}
        w={180}
        data-autofocus
      />
      <Button type="submit" className={styles.start} disabled={!isRight || busy}>
        {t('routing.dryRun.start')}
      </Button>
    </form>
  );
}

function Running({ progress, onCancel }: { progress: number; onCancel: () => void }) {
  const { t } = useTranslation();
  return (
    <div className={styles.running}>
      <Progress.Root size="lg">
        <Progress.Section value={progress} aria-label={t('routing.dryRun.progress')} animated />
      </Progress.Root>
      <Group justify="space-between" mt={6}>
        <span className={styles.dim}>{t('routing.dryRun.percent', { n: progress })}</span>
        <Button size="xs" variant="default" onClick={onCancel}>
          {t('app.cancel')}
        </Button>
      </Group>
    </div>
  );
}
