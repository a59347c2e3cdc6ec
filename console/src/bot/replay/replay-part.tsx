import { Badge, Button, Select, Skeleton } from '@mantine/core';
import { IconHistory } from '@tabler/icons-react';
import { useMutation, useQuery } from '@tanstack/react-query';
import { Link, useNavigate, useSearch } from '@tanstack/react-router';
import { type FormEvent, useState } from 'react';
import { useTranslation } from 'react-i18next';
import { problemText } from '../../app/api.ts';
import { BackLink } from '../../app/back-link.tsx';
import { EmptyState } from '../../app/empty-state.tsx';
import { notifyFailure } from '../../app/notify.ts';
import { Panel } from '../../app/page.tsx';
import { useTimeWords } from '../../words/time.ts';
import listStyles from '../intents/intents.module.css';
import { modelsQuery } from '../intents/model-queries.ts';
import { usePublishing } from '../intents/use-publishing.ts';
import { areDays, DaysField } from './days-field.tsx';
import styles from './replay.module.css';
import { beginReplay, type ReplayEntry, replayQuery, replaysQuery, usualDays } from './replay-queries.ts';
import { ReplayView } from './replay-view.tsx';

/** Candidates over past conversations: what was found, or a new one. */
export function ReplayPart() {
  const { open } = useSearch({ from: '/signed-in/admin/bot/$part' });
  return open === undefined ? <ReplayList /> : <OpenReplay id={open} />;
}

function OpenReplay({ id }: { id: string }) {
  const { t } = useTranslation();
  const { full } = useTimeWords();
  const { data: replay } = useQuery(replayQuery(id));
  const publishing = usePublishing();
  const { data: models } = useQuery(modelsQuery);
  const version = replay?.kind === 'model' ? Number(replay.candidate) : undefined;
  const canPublish = version !== undefined && models !== undefined && version !== models.published?.version;
  const nameOf = useCandidateName();
  const again = useNewReplay();
  return (
    <>
      <BackLink to="/bot/$part" params={{ part: 'replay' }}>
        {t('replay.list')}
      </BackLink>
      <Panel
        title={replay === undefined ? t('replay.title') : t('replay.titleOf', { name: nameOf(replay) })}
        hint={replay === undefined ? '' : t('replay.begun', { when: full(replay.createdAt), days: replay.days })}
      >
        <ReplayView
          id={id}
          publishing={
            !canPublish
              ? undefined
              : {
                  label: t('intents.use', { n: version }),
                  isBusy: publishing.isPending,
                  publish: (anyway) => publishing.mutate({ version, replayed: true, anyway }),
                }
          }
        />
        {replay !== undefined && version !== undefined && replay.state !== 'running' && (
          <div className={styles.foot}>
            <Button
              size="xs"
              variant="default"
              loading={again.isPending}
              onClick={() => again.mutate({ version, back: replay.days })}
            >
              {t('replay.again')}
            </Button>
          </div>
        )}
      </Panel>
    </>
  );
}

function useCandidateName(): (replay: Pick<ReplayEntry, 'kind' | 'candidate'>) => string {
  const { t } = useTranslation();
  return ({ kind, candidate }) => (kind === 'model' ? t('replay.model', { n: candidate }) : t(`replay.draft.${kind}`));
}

function ReplayList() {
  const { t } = useTranslation();
  const { data: replays, error } = useQuery(replaysQuery);
  if (error !== null) return <EmptyState title={t('replay.loadFailed')} hint={problemText(error)} />;
  if (replays === undefined) return <Skeleton height={240} radius="md" />;
  return (
    <>
      <NewReplay />
      {replays.length === 0 ? (
        <EmptyState icon={<IconHistory size={22} />} title={t('replay.empty')} hint={t('replay.emptyHint')} />
      ) : (
        <ul className={listStyles.list} aria-label={t('replay.list')}>
          {replays.map((replay) => (
            <li key={replay.id}>
              <ReplayRow replay={replay} />
            </li>
          ))}
        </ul>
      )}
    </>
  );
}

function ReplayRow({ replay }: { replay: ReplayEntry }) {
  const { t } = useTranslation();
  const { full } = useTimeWords();
  const nameOf = useCandidateName();
  return (
    <Link to="/bot/$part" params={{ part: 'replay' }} search={{ open: replay.id }} className={listStyles.row}>
      <span className={listStyles.rowText}>
        <strong>{nameOf(replay)}</strong>
        <span className={listStyles.dim}>{t('replay.begun', { when: full(replay.createdAt), days: replay.days })}</span>
      </span>
      {!replay.isCurrent && replay.state === 'done' && (
        <Badge size="sm" variant="light" color="gray" c="var(--mantine-color-text)" tt="none">
          {t('replay.overtaken')}
        </Badge>
      )}
      <span className={listStyles.dim}>
        {replay.state === 'running' ? `${replay.progress} %` : t(`replay.state.${replay.state}`)}
      </span>
    </Link>
  );
}

/** Begins one of a stored model, and shows it. */
function useNewReplay() {
  const navigate = useNavigate();
  return useMutation({
    mutationFn: ({ version, back }: { version: number; back: number }) => beginReplay({ kind: 'model', version }, back),
    onSuccess: ({ id }) => navigate({ to: '/bot/$part', params: { part: 'replay' }, search: { open: id } }),
    onError: notifyFailure,
  });
}

/** A stored model over the past; drafts of settings and flows are replayed where they are written. */
function NewReplay() {
  const { t } = useTranslation();
  const { data: models } = useQuery(modelsQuery);
  const [days, setDays] = useState<number | string>(usualDays);
  const [chosen, setChosen] = useState<number>();
  const beginning = useNewReplay();
  const items = models?.items ?? [];
  const version = chosen ?? items[0]?.version;
  function submit(event: FormEvent): void {
    event.preventDefault();
    if (version !== undefined && areDays(days)) beginning.mutate({ version, back: days });
  }
  return (
    <Panel title={t('replay.title')} hint={t('replay.hint')}>
      {items.length === 0 ? (
        <p className={styles.dim}>{t('replay.noModels')}</p>
      ) : (
        <form onSubmit={submit} noValidate className={styles.form}>
          <Select
            label={t('evaluation.version')}
            allowDeselect={false}
            value={String(version)}
            data={items.map((model) => ({
              value: String(model.version),
              label: t('intents.version', { n: model.version }),
            }))}
            onChange={(value) => setChosen(Number(value))}
            w={180}
          />
          <DaysField days={days} onChange={setDays} />
          <Button type="submit" className={styles.start} disabled={!areDays(days)} loading={beginning.isPending}>
            {t('replay.start')}
          </Button>
        </form>
      )}
      <p className={styles.dim}>{t('replay.draftsHint')}</p>
    </Panel>
  );
}
