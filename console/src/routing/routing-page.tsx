import { Alert, Button, Group, Modal, Skeleton, Stack, Textarea } from '@mantine/core';
import { ApiError } from '@parley/sdk/http.ts';
import type { RoutingConfig } from '@parley/sdk/routing-document.ts';
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { useBlocker, useNavigate, useParams, useSearch } from '@tanstack/react-router';
import { useEffect, useMemo, useRef, useState } from 'react';
import { useTranslation } from 'react-i18next';
import { fieldProblem, problemText } from '../app/api.ts';
import { ConfirmDialog } from '../app/confirm-dialog.tsx';
import { FieldErrorsProvider, fieldErrorsOf } from '../app/field-errors.ts';
import { LoadFailed } from '../app/load-failed.tsx';
import { notifyDone, notifyFailure } from '../app/notify.ts';
import { Page } from '../app/page.tsx';
import { PartLink, PartLinks } from '../app/part-links.tsx';
import { ChangeList } from './change-list.tsx';
import { isSame } from './changes.ts';
import { mistakesOf } from './check-document.ts';
import { type Draft, DraftProvider } from './draft.tsx';
import { DryRunDialog, type Tried } from './dry-run-dialog.tsx';
import { GeneralPart } from './general-part.tsx';
import { GroupsPart } from './groups-part.tsx';
import { HoursPart } from './hours-part.tsx';
import styles from './routing.module.css';
import { type Part, parts, placeOfField } from './routing-edits.ts';
import { type Published, publish, routingQuery, versionsQuery } from './routing-queries.ts';
import { RulesPart } from './rules-part.tsx';
import { SlaPart } from './sla-part.tsx';
import { VersionsPart } from './versions-part.tsx';

/** Who gets which conversation: groups, rules, hours and their versions, changed together and published at once. */
export function RoutingPage() {
  const { t } = useTranslation();
  const { data, error, refetch } = useQuery(routingQuery);
  if (data !== undefined) return <KnownRouting published={data} />;
  return (
    <Page title={t('routing.title')} intro={t('routing.intro')}>
      {error === null ? (
        <Skeleton height={240} radius="md" />
      ) : (
        <LoadFailed title={t('routing.loadFailed')} error={error} onRetry={refetch} />
      )}
    </Page>
  );
}

/** What is being changed, and what it was made from. */
interface Changed {
  readonly document: RoutingConfig;
  readonly from: Published;
}

function KnownRouting({ published }: { published: Published }) {
  const { t } = useTranslation();
  const { part } = useParams({ from: '/signed-in/admin/routing/$part' });
  const { open } = useSearch({ from: '/signed-in/admin/routing/$part' });
  const [changed, setChanged] = useState<Changed>();
  const [asking, setAsking] = useState(false);
  const [tried, setTried] = useState<Tried>();
  const { errors, show } = useShownErrors();
  const document = changed?.document ?? published.config;
  const isDirty = changed !== undefined && !isSame(changed.document, changed.from.config);
  const reset = () => {
    setChanged(undefined);
    show(document, new Map());
  };
  const publishing = usePublishing({
    onPublished: () => {
      setAsking(false);
      reset();
    },
    onRefused: (error) => {
      setAsking(false);
      if (error.field !== undefined && error.code !== 'conflict') {
        show(document, new Map([[error.field, fieldProblem(error)]]));
      }
    },
  });
  const draft = useMemo((): Draft => {
    return {
      document,
      change: (next) => {
        show(document, new Map());
        publishing.reset();
        setChanged((before) => ({
          from: before?.from ?? published,
          document: next(before?.document ?? published.config),
        }));
      },
    };
  }, [document, published, show, publishing.reset]);
  const fieldErrors = useMemo(() => fieldErrorsOf(errors), [errors]);

  /** Leads to the first mistake, where there is one. */
  function isRight(): boolean {
    const mistakes = [...mistakesOf(document)].map(
      ([path, mistake]) => [path, t(`routing.mistake.${mistake}`)] as const,
    );
    show(document, new Map(mistakes));
    return mistakes.length === 0;
  }

  const send = (note: string, baseVersion: number) => publishing.mutate({ document, baseVersion, note });
  const base = changed?.from.version ?? published.version;
  return (
    <DraftProvider value={draft}>
      <FieldErrorsProvider value={fieldErrors}>
        <Page title={t('routing.title')} intro={t('routing.intro')}>
          <RoutingParts />
          <Refused
            error={publishing.error}
            published={published}
            onDrop={() => {
              publishing.reset();
              reset();
            }}
            onOverwrite={() => send('', published.version)}
          />
          <PartOf part={part} open={open} published={published} isDirty={isDirty} onRestored={reset} onTry={setTried} />
          {isDirty && (
            <section className={styles.publishBar} aria-label={t('routing.unpublished')}>
              <span>{t('routing.unpublished')}</span>
              <Group gap="sm">
                <Button variant="default" onClick={reset}>
                  {t('routing.discard')}
                </Button>
                <Button variant="default" onClick={() => isRight() && setTried({ config: document })}>
                  {t('routing.dryRun.open')}
                </Button>
                <Button onClick={() => isRight() && setAsking(true)}>{t('routing.publish')}</Button>
              </Group>
            </section>
          )}
        </Page>
        <PublishDialog
          opened={asking}
          busy={publishing.isPending}
          version={base + 1}
          before={changed?.from.config ?? published.config}
          after={document}
          onClose={() => setAsking(false)}
          onPublish={(note) => send(note, base)}
        />
        <DryRunDialog tried={tried} onClose={() => setTried(undefined)} />
        <LeaveGuard isDirty={isDirty} />
      </FieldErrorsProvider>
    </DraftProvider>
  );
}

function PartOf(props: {
  part: Part;
  open: string | undefined;
  published: Published;
  isDirty: boolean;
  onRestored: () => void;
  onTry: (tried: Tried) => void;
}) {
  switch (props.part) {
    case 'groups':
      return <GroupsPart open={props.open} />;
    case 'rules':
      return <RulesPart open={props.open} />;
    case 'hours':
      return <HoursPart open={props.open} />;
    case 'sla':
      return <SlaPart open={props.open} />;
    case 'general':
      return <GeneralPart />;
    case 'versions':
      return (
        <VersionsPart
          current={props.published}
          isDirty={props.isDirty}
          onRestored={props.onRestored}
          onTry={props.onTry}
        />
      );
    default:
      return props.part satisfies never;
  }
}

function RoutingParts() {
  const { t } = useTranslation();
  return (
    <PartLinks label={t('routing.parts')}>
      {parts.map((part) => (
        <PartLink key={part} to="/routing/$part" params={{ part }}>
          {t(`routing.part.${part}`)}
        </PartLink>
      ))}
      <PartLink to="/service-levels" className={styles.phoneOnly}>
        {t('sla.title')}
      </PartLink>
      <PartLink to="/staffing" className={styles.phoneOnly}>
        {t('nav.staffing')}
      </PartLink>
    </PartLinks>
  );
}

/** Errors by path; showing some leads to the first of them. */
function useShownErrors() {
  const navigate = useNavigate();
  const [errors, setErrors] = useState<ReadonlyMap<string, string>>(new Map());
  const show = useMemo(
    () => (document: RoutingConfig, next: ReadonlyMap<string, string>) => {
      setErrors((before) => (before.size === 0 && next.size === 0 ? before : next));
      const [first] = next.keys();
      if (first === undefined) return;
      const { part, open } = placeOfField(document, first);
      void navigate({ to: '/routing/$part', params: { part }, search: open === undefined ? {} : { open } }).then(() =>
        focusField(first),
      );
    },
    [navigate],
  );
  return { errors, show };
}

/** Of a list's entry, the list's own field. */
function focusField(path: string): void {
  requestAnimationFrame(() => {
    for (let field = path; field !== ''; field = field.replace(/(\[\d+\]|\.?[^.[\]]+)$/, '')) {
      const found = document.querySelector<HTMLElement>(`[data-field="${CSS.escape(field)}"]`);
      if (found === null) continue;
      found.scrollIntoView({ block: 'center' });
      found.focus();
      return;
    }
  });
}

function usePublishing(on: { onPublished: () => void; onRefused: (error: ApiError) => void }) {
  const { t } = useTranslation();
  const queryClient = useQueryClient();
  return useMutation({
    mutationFn: ({ document, baseVersion, note }: { document: RoutingConfig; baseVersion: number; note: string }) =>
      publish(document, baseVersion, note),
    onSuccess: async (made) => {
      queryClient.setQueryData(routingQuery.queryKey, made);
      on.onPublished();
      notifyDone(t('routing.published', { n: made.version }));
      await queryClient.invalidateQueries({ queryKey: versionsQuery.queryKey });
    },
    onError: async (error) => {
      if (!(error instanceof ApiError) || error.status >= 500 || error.status === 0) notifyFailure(error);
      else on.onRefused(error);
      if (error instanceof ApiError && error.code === 'conflict') {
        await queryClient.invalidateQueries({ queryKey: routingQuery.queryKey });
      }
    },
  });
}

/** Why the last try to publish was refused, and what can be done about it. */
function Refused(props: { error: unknown; published: Published; onDrop: () => void; onOverwrite: () => void }) {
  const { t } = useTranslation();
  const { error, published } = props;
  const alert = useRef<HTMLDivElement>(null);
  // Before the field that it is about, where there is one.
  useEffect(() => {
    if (error !== null) alert.current?.scrollIntoView({ block: 'nearest' });
  }, [error]);
  if (!(error instanceof ApiError) || error.status >= 500 || error.status === 0) return null;
  if (error.code !== 'conflict') {
    return (
      <Alert ref={alert} color="red" variant="light" mb="md" title={t('routing.refused')} role="alert">
        {problemText(error)}
      </Alert>
    );
  }
  const name = published.publishedBy?.name ?? t('routing.somebody');
  return (
    <Alert ref={alert} color="amber" variant="light" mb="md" title={t('routing.conflict')} role="alert">
      <Stack gap="sm" align="flex-start">
        {t('routing.conflictText', { name, n: published.version })}
        <Group gap="sm">
          <Button size="xs" variant="default" onClick={props.onDrop}>
            {t('routing.conflictDrop')}
          </Button>
          <Button size="xs" color="amber.8" onClick={props.onOverwrite}>
            {t('routing.conflictOverwrite')}
          </Button>
        </Group>
      </Stack>
    </Alert>
  );
}

function PublishDialog(props: {
  opened: boolean;
  busy: boolean;
  version: number;
  before: RoutingConfig;
  after: RoutingConfig;
  onClose: () => void;
  onPublish: (note: string) => void;
}) {
  const { t } = useTranslation();
  const [note, setNote] = useState('');
  return (
    <Modal
      closeButtonProps={{ 'aria-label': t('app.close') }}
      opened={props.opened}
      onClose={props.onClose}
      title={t('routing.publishTitle', { n: props.version })}
    >
      <form
        onSubmit={(event) => {
          event.preventDefault();
          props.onPublish(note);
          setNote('');
        }}
      >
        <ChangeList before={props.before} after={props.after} />
        <Textarea
          mt="md"
          label={t('routing.note')}
          description={t('routing.noteHint')}
          maxLength={500}
          autosize
          minRows={2}
          value={note}
          onChange={(event) => setNote(event.currentTarget.value)}
          data-autofocus
        />
        <Group justify="flex-end" mt="lg" gap="sm">
          <Button variant="default" onClick={props.onClose}>
            {t('app.cancel')}
          </Button>
          <Button type="submit" loading={props.busy}>
            {t('routing.publishNow')}
          </Button>
        </Group>
      </form>
    </Modal>
  );
}

/** Whoever leaves the page with changes is asked first. */
function LeaveGuard({ isDirty }: { isDirty: boolean }) {
  const { t } = useTranslation();
  const blocker = useBlocker({
    shouldBlockFn: ({ next }) => isDirty && !/^\/routing(\/|$)/.test(next.pathname),
    enableBeforeUnload: () => isDirty,
    withResolver: true,
  });
  return (
    <ConfirmDialog
      opened={blocker.status === 'blocked'}
      title={t('routing.leaveTitle')}
      text={t('routing.leaveText')}
      confirm={t('routing.leave')}
      dangerous
      onClose={() => blocker.reset?.()}
      onConfirm={() => blocker.proceed?.()}
    />
  );
}
