import { Alert, Button, Group, Progress } from '@mantine/core';
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { type ReactNode, useState } from 'react';
import { useTranslation } from 'react-i18next';
import { problemText } from '../../app/api.ts';
import { ConfirmDialog } from '../../app/confirm-dialog.tsx';
import { EmptyState } from '../../app/empty-state.tsx';
import { notifyFailure } from '../../app/notify.ts';
import { problemWords } from '../../words/problems.ts';
import { useTimeWords } from '../../words/time.ts';
import { Disagreements } from './disagreements.tsx';
import { FigureTable } from './figure-table.tsx';
import styles from './replay.module.css';
import { cancelReplay, objectionCodes, type Replay, type ReplayResult, replayQuery } from './replay-queries.ts';

/** How a candidate goes live from where its replay is shown. */
export interface Publishing {
  readonly label: string;
  readonly isBusy: boolean;
  publish(anyway: boolean): void;
}

/** A replay, from its progress to what it found, and the button that lets the candidate go live. */
export function ReplayView({ id, publishing }: { id: string; publishing?: Publishing | undefined }) {
  const { t } = useTranslation();
  const { data: replay, error } = useQuery(replayQuery(id));
  if (error !== null) return <EmptyState title={t('replay.loadFailed')} hint={problemText(error)} />;
  return (
    <div aria-live="polite" aria-busy={replay === undefined}>
      {replay !== undefined && <Shown replay={replay} publishing={publishing} />}
    </div>
  );
}

function Shown({ replay, publishing }: { replay: Replay; publishing: Publishing | undefined }) {
  const { t } = useTranslation();
  switch (replay.state) {
    case 'running':
      return <Running replay={replay} />;
    case 'failed':
      return (
        <Alert color="red" variant="light" title={t('replay.failed')}>
          {replay.problem === null ? undefined : problemWords(replay.problem)}
        </Alert>
      );
    case 'cancelled':
      return <EmptyState title={t('replay.cancelled')} />;
    default:
      return replay.result === null ? null : (
        <Result result={replay.result} isCurrent={replay.isCurrent} publishing={publishing} />
      );
  }
}

function Running({ replay }: { replay: Replay }) {
  const { t } = useTranslation();
  const queryClient = useQueryClient();
  const cancelling = useMutation({
    mutationFn: () => cancelReplay(replay.id),
    onSuccess: () => queryClient.invalidateQueries({ queryKey: replayQuery(replay.id).queryKey }),
    onError: notifyFailure,
  });
  return (
    <div className={styles.running}>
      <Progress.Root size="lg">
        <Progress.Section value={replay.progress} aria-label={t('replay.progress')} animated />
      </Progress.Root>
      <Group justify="space-between" mt={6}>
        <span className={styles.dim}>{t('replay.percent', { n: replay.progress, days: replay.days })}</span>
        <Button size="xs" variant="default" loading={cancelling.isPending} onClick={() => cancelling.mutate()}>
          {t('app.cancel')}
        </Button>
      </Group>
    </div>
  );
}

function Result(props: { result: ReplayResult; isCurrent: boolean; publishing: Publishing | undefined }) {
  const { t } = useTranslation();
  const { full } = useTimeWords();
  const { result, isCurrent, publishing } = props;
  const { turns, leftOut } = result;
  const { diverged } = leftOut;
  const left = leftOut.withoutState + leftOut.withoutWords + leftOut.stepGone;
  return (
    <>
      <VerdictAlert result={result} />
      {!isCurrent && <p className={styles.dim}>{t('replay.notCurrent')}</p>}
      {publishing !== undefined && isCurrent && (
        <PublishButton publishing={publishing} isWorse={result.verdict.objections.length > 0} />
      )}
      {turns === 0 ? (
        <EmptyState title={t('replay.noTurns')} hint={t('replay.noTurnsHint')} />
      ) : (
        <p className={styles.dim}>
          {t('replay.summary', { n: turns, from: full(result.from), to: full(result.to), changed: result.changed })}{' '}
          {result.firstQuestions > 0 && t('replay.firstQuestions', { n: result.firstQuestions })}{' '}
          {result.isCut && t('replay.isCut')} {left > 0 && t('replay.leftOut', { n: left })}{' '}
          {diverged > 0 && t('replay.diverged', { n: diverged })}
        </p>
      )}
      {(turns > 0 || result.measured !== null) && <FigureTable result={result} />}
      {result.disagreements.length > 0 && <Disagreements disagreements={result.disagreements} />}
      <p className={styles.dim}>{t('replay.assumed')}</p>
    </>
  );
}

function VerdictAlert({ result }: { result: ReplayResult }) {
  const { t } = useTranslation();
  const { objections, by } = result.verdict;
  const isUnjudged = result.pairs.known === 0 && result.measured?.after == null;
  if (objections.length === 0 && isUnjudged)
    return (
      <Alert color="gray" variant="light" title={t('replay.unjudged')}>
        {t('replay.unjudgedHint')}
      </Alert>
    );
  if (objections.length === 0)
    return (
      <Alert
        color="green"
        variant="light"
        title={t('replay.notWorse')}
        // Green on light green is too faint to read.
        styles={{ title: { color: 'var(--mantine-color-text)' } }}
      >
        {t(`replay.judgedBy.${by}`, { n: result.pairs.known })}
      </Alert>
    );
  return (
    <Alert color="red" variant="light" title={t('replay.worse')} role="alert">
      <ul className={styles.reasons}>
        {objections.map((objection) => (
          <li key={objection.code}>
            <ObjectionText {...objection} />
          </li>
        ))}
      </ul>
    </Alert>
  );
}

function ObjectionText({ code, data, text }: ReplayResult['verdict']['objections'][number]): ReactNode {
  const { t } = useTranslation();
  if (!objectionCodes.includes(code)) return text;
  const shown = Object.entries(data).map(([key, value]) => [
    key,
    shares.has(key) ? (100 * value).toFixed(1) : String(value),
  ]);
  return t(`replay.objection.${code}`, Object.fromEntries(shown) as Figures);
}

/** Each text takes some of them: those of its code. */
type Figures = Record<
  | ('worse' | 'better' | 'known' | 'rightBefore' | 'rightAfter' | 'right' | 'acted' | 'share' | 'shareBefore')
  | ('promised' | 'newly' | 'gone' | 'sure' | 'moved' | 'before' | 'after' | 'asked'),
  string
>;
const shares: ReadonlySet<string> = new Set(['share', 'shareBefore', 'promised', 'before', 'after']);

function PublishButton({ publishing, isWorse }: { publishing: Publishing; isWorse: boolean }) {
  const { t } = useTranslation();
  const [asking, setAsking] = useState(false);
  const { label, isBusy, publish } = publishing;
  return (
    <div className={styles.foot}>
      {isWorse ? (
        <Button variant="default" loading={isBusy} onClick={() => setAsking(true)}>
          {t('replay.publishAnyway')}
        </Button>
      ) : (
        <Button loading={isBusy} onClick={() => publish(false)}>
          {label}
        </Button>
      )}
      <ConfirmDialog
        opened={asking}
        title={t('replay.anywayTitle')}
        text={t('replay.anywayText')}
        confirm={t('replay.publishAnyway')}
        dangerous
        busy={isBusy}
        onClose={() => setAsking(false)}
        onConfirm={() => {
          setAsking(false);
          publish(true);
        }}
      />
    </div>
  );
}
