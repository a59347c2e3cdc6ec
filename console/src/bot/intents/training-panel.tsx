import { Alert, Button, Group, Progress, Skeleton } from '@mantine/core';
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { Link } from '@tanstack/react-router';
import { useEffect, useRef } from 'react';
import { useTranslation } from 'react-i18next';
import { notifyFailure } from '../../app/notify.ts';
import { Panel } from '../../app/page.tsx';
import { problemWords } from '../../words/problems.ts';
import styles from './intents.module.css';
import {
  beginTraining,
  cancelTraining,
  type Embedding,
  modelsQuery,
  type Training,
  trainingsQuery,
} from './model-queries.ts';
import { usePublishing } from './use-publishing.ts';

/** What serves now, whether it knows the newest utterances, and the button that trains the next version. */
export function TrainingPanel({ canTrain }: { canTrain: boolean }) {
  const { t } = useTranslation();
  const queryClient = useQueryClient();
  const { data: models } = useQuery(modelsQuery);
  const { data: trainings } = useQuery(trainingsQuery);
  const [newest] = trainings ?? [];
  const isRunning = newest?.state === 'running';
  useModelsAfter(newest);
  const again = () => queryClient.invalidateQueries({ queryKey: trainingsQuery.queryKey });
  const beginning = useMutation({ mutationFn: beginTraining, onSuccess: again, onError: notifyFailure });
  const cancelling = useMutation({ mutationFn: cancelTraining, onSuccess: again, onError: notifyFailure });
  const publishing = usePublishing();
  const [latest] = models?.items ?? [];
  const isStale = latest !== undefined && models?.changedAt != null && models.changedAt > latest.trainedAt;
  const isNewer = latest !== undefined && latest.version !== models?.published?.version;
  return (
    <Panel title={t('intents.model')}>
      <div className={styles.head}>
        {models === undefined ? (
          <Skeleton width={220} height={40} radius="md" />
        ) : (
          <div>
            <div>{models.serving === null ? t('intents.noModel') : t('intents.serves', { n: models.serving })}</div>
            <div className={styles.dim}>
              {latest === undefined ? t('intents.noModelHint') : t(isStale ? 'intents.stale' : 'intents.fresh')}
            </div>
            {models.embedding.isWanted && <LearnsFrom model={models.embedding.current?.model} />}
          </div>
        )}
        <Group gap="sm">
          {isNewer && (
            <Button variant="light" loading={publishing.isPending} onClick={() => publishing.mutate(latest)}>
              {t('intents.use', { n: latest.version })}
            </Button>
          )}
          <Button disabled={!canTrain || isRunning} loading={beginning.isPending} onClick={() => beginning.mutate()}>
            {t('intents.train')}
          </Button>
        </Group>
      </div>
      {isRunning && (
        <Running training={newest} busy={cancelling.isPending} onCancel={() => cancelling.mutate(newest.id)} />
      )}
      {newest?.state === 'failed' && (
        <Alert color="red" variant="light" mt="sm" title={t('intents.trainingFailed')}>
          {newest.problem === null ? undefined : problemWords(newest.problem)}
        </Alert>
      )}
      {models?.problem != null && (
        <Alert color="red" variant="light" mt="sm" title={t('intents.unusable', { n: models.problem.version })}>
          {problemWords(models.problem)}
        </Alert>
      )}
      {models?.embedding.unused != null && (
        <Alert color="orange" variant="light" mt="sm" title={t('intents.unused')}>
          {t('intents.unusedHint', {
            trained: nameOf(models.embedding.unused),
            now: models.embedding.current === null ? t('intents.noEmbedding') : nameOf(models.embedding.current),
          })}
        </Alert>
      )}
    </Panel>
  );
}

const nameOf = ({ model, prefix }: Embedding) => (prefix === '' ? model : `${model} (${prefix.trim()})`);

/** What the next training learns from beside the words, and where that is set. */
function LearnsFrom({ model }: { model: string | undefined }) {
  const { t } = useTranslation();
  return (
    <div className={styles.dim}>
      {model === undefined ? t('intents.learnsFromNothing') : t('intents.learnsFrom', { model })}{' '}
      <Link to="/bot/$part" params={{ part: 'language-model' }}>
        {t('languageModel.embeddings.title')}
      </Link>
    </div>
  );
}

/** The versions are read again when a training has made one, and when it has ended. */
function useModelsAfter(training: Training | undefined): void {
  const queryClient = useQueryClient();
  const key = training === undefined ? undefined : `${training.id} ${training.state} ${training.version}`;
  const seen = useRef(key);
  useEffect(() => {
    if (seen.current === key) return;
    seen.current = key;
    void queryClient.invalidateQueries({ queryKey: modelsQuery.queryKey });
  }, [key, queryClient]);
}

function Running(props: { training: Training; busy: boolean; onCancel: () => void }) {
  const { t } = useTranslation();
  const { stage, progress } = props.training;
  return (
    <div className={styles.running}>
      <Progress.Root size="lg">
        <Progress.Section value={progress} aria-label={t('intents.progress')} animated />
      </Progress.Root>
      <Group justify="space-between" mt={6}>
        <span className={styles.dim}>{t('intents.percent', { n: progress, stage: t(`intents.stage.${stage}`) })}</span>
        <Button size="xs" variant="default" loading={props.busy} onClick={props.onCancel}>
          {t('app.cancel')}
        </Button>
      </Group>
    </div>
  );
}
