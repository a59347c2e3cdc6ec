import { Alert, Button, Group, Modal, Skeleton, Switch, VisuallyHidden } from '@mantine/core';
import type { Acted, ThresholdGroup, ThresholdScope, ThresholdsView } from '@parley/sdk/bot-measures.ts';
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { Link } from '@tanstack/react-router';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { problemText } from '../../app/api.ts';
import { notifyDone, notifyFailure } from '../../app/notify.ts';
import { Panel } from '../../app/page.tsx';
import { useTimeWords } from '../../words/time.ts';
import { CurvePicture } from './curve-picture.tsx';
import styles from './intents.module.css';
import { percent } from './model-queries.ts';
import { ScrollBox } from './scroll-box.tsx';
import { changeThresholds, curveQuery, stepBack, thresholdsQuery } from './threshold-queries.ts';

/** From how sure on the bot acts, proposed for each intent and language from what was measured of a version. */
export function ModelThresholds({ version }: { version: number }) {
  const { t } = useTranslation();
  const { data, error } = useQuery(thresholdsQuery(version));
  return (
    <Panel title={t('actThresholds.title')} hint={t('actThresholds.hint', { target: percent(data?.target) })}>
      {data !== undefined ? (
        <Proposals data={data} />
      ) : error === null ? (
        <Skeleton height={160} radius="md" />
      ) : (
        <Alert color="red" variant="light" role="alert">
          {problemText(error)}
        </Alert>
      )}
    </Panel>
  );
}

function useChanging(version: number) {
  const queryClient = useQueryClient();
  const { t } = useTranslation();
  return useMutation({
    mutationFn: (change: Parameters<typeof changeThresholds>[1] | 'back') =>
      change === 'back' ? stepBack(version) : changeThresholds(version, change),
    onSuccess: (data) => {
      queryClient.setQueryData(thresholdsQuery(version).queryKey, data);
      notifyDone(t('actThresholds.changed', { n: data.chosen?.thresholds.length ?? 0 }));
    },
    onError: async (failure) => {
      notifyFailure(failure);
      await queryClient.invalidateQueries({ queryKey: thresholdsQuery(version).queryKey });
    },
  });
}

function Proposals({ data }: { data: ThresholdsView }) {
  const { t } = useTranslation();
  const { full } = useTimeWords();
  const changing = useChanging(data.version);
  const { chosen, measured, former, back, act, version } = data;
  const base = chosen?.n ?? null;
  const inForce = chosen?.thresholds.length ?? 0;
  const fresh = measured?.groups.filter(isNews) ?? [];
  return (
    <>
      <p className={styles.dim}>
        {chosen === null || inForce === 0
          ? t('actThresholds.none', { act })
          : t('actThresholds.chosen', { n: inForce, name: chosen.by, at: full(chosen.at), act })}{' '}
        {former !== null && t('actThresholds.former', { version: former.version, n: former.thresholds })}{' '}
        <Link to="/bot/$part" params={{ part: 'settings' }}>
          {t('actThresholds.toSettings')}
        </Link>
      </p>
      {!data.isServing && (
        <Alert color="yellow" variant="light" my="sm">
          {t('actThresholds.notServing', { n: version })}
        </Alert>
      )}
      {measured === null ? (
        <p>{t('actThresholds.notMeasured')}</p>
      ) : (
        <>
          <Totals measured={measured} />
          <Group gap="sm" my="md">
            <Button
              size="sm"
              disabled={fresh.length === 0}
              loading={changing.isPending && changing.variables !== 'back' && changing.variables.take === 'all'}
              onClick={() => changing.mutate({ take: 'all', base })}
            >
              {t('actThresholds.takeAll', { n: fresh.length })}
            </Button>
            {back !== null && (
              <Button
                size="sm"
                variant="default"
                loading={changing.isPending && changing.variables === 'back'}
                onClick={() => changing.mutate('back')}
              >
                {t('actThresholds.back', { n: back })}
              </Button>
            )}
          </Group>
          <Groups
            data={data}
            groups={measured.groups}
            isBusy={changing.isPending}
            onTake={(scope) => changing.mutate({ take: [scope], base })}
            onDrop={(scope) => changing.mutate({ drop: [scope], base })}
          />
        </>
      )}
    </>
  );
}

const scopeOf = ({ intent, language }: ThresholdScope): ThresholdScope => ({ intent, language });
/** There is a proposal, and it is not what was taken over. */
const isNews = ({ proposal, chosen }: ThresholdGroup) =>
  proposal.kind === 'proposed' && (chosen === null || chosen.act !== proposal.act);
const shareOf = (part: number, whole: number) => (whole === 0 ? '–' : percent(part / whole));
/** Right ones of all that are acted upon, those to something else among them. */
const precisionOf = ({ right, wrong, outside }: Acted) => shareOf(right, right + wrong + outside);

/** What all of it changes, on the answers that it was chosen from and on others. */
function Totals({ measured }: { measured: NonNullable<ThresholdsView['measured']> }) {
  const { t } = useTranslation();
  const { before, after, checked } = measured;
  const columns = [before, after, checked.before, checked.after];
  const rows: [string, (of: Acted) => string][] = [
    [t('actThresholds.rightOfAll'), (of) => shareOf(of.right, of.asked)],
    [t('actThresholds.precision'), precisionOf],
    [t('actThresholds.rightCount'), (of) => t('results.of', { n: of.right, whole: of.asked })],
    [t('actThresholds.wrongCount'), (of) => String(of.wrong)],
    [t('actThresholds.outsideCount'), (of) => of.outside.toFixed(1)],
  ];
  return (
    <ScrollBox label={t('actThresholds.totals')}>
      <table className={styles.wideTable}>
        <thead>
          <tr>
            <th rowSpan={2}>{t('actThresholds.totals')}</th>
            <th colSpan={2} data-number>
              {t('actThresholds.onAll')}
            </th>
            <th colSpan={2} data-number>
              {t('actThresholds.onOthers')}
            </th>
          </tr>
          <tr>
            {[0, 1].map((half) => [
              <th key={`${half} now`} data-number>
                {t('actThresholds.now')}
              </th>,
              <th key={`${half} then`} data-number>
                {t('actThresholds.later')}
              </th>,
            ])}
          </tr>
        </thead>
        <tbody>
          {rows.map(([name, show]) => (
            <tr key={name}>
              <td>{name}</td>
              {columns.map((of, at) => (
                // biome-ignore lint/suspicious/noArrayIndexKey: four columns that stay where they are
                <td key={at} data-number>
                  {show(of)}
                </td>
              ))}
            </tr>
          ))}
        </tbody>
      </table>
    </ScrollBox>
  );
}

function Groups(props: {
  data: ThresholdsView;
  groups: readonly ThresholdGroup[];
  isBusy: boolean;
  onTake: (scope: ThresholdScope) => void;
  onDrop: (scope: ThresholdScope) => void;
}) {
  const { t } = useTranslation();
  const { data, groups, isBusy, onTake, onDrop } = props;
  const backed = groups.filter(({ proposal, chosen }) => proposal.kind === 'proposed' || chosen !== null);
  const [all, setAll] = useState(false);
  const [looked, setLooked] = useState<ThresholdScope>();
  const nameOf = useScopeWords();
  const shown = all || backed.length === 0 ? groups : backed;
  return (
    <>
      {backed.length === 0 ? (
        <p>{t('actThresholds.nothing', { needed: data.needed })}</p>
      ) : (
        <Switch
          mb="sm"
          label={t('actThresholds.showAll', { n: groups.length - backed.length })}
          checked={all}
          onChange={(event) => setAll(event.currentTarget.checked)}
        />
      )}
      <ScrollBox label={t('actThresholds.list')}>
        <table className={styles.wideTable}>
          <thead>
            <tr>
              <th>{t('actThresholds.scope')}</th>
              <th data-number>{t('actThresholds.actsNow')}</th>
              <th>{t('actThresholds.proposed')}</th>
              <th data-number>{t('actThresholds.rightNowThen')}</th>
              <th data-number>{t('actThresholds.wrongNowThen')}</th>
              <th>
                <VisuallyHidden>{t('actThresholds.deeds')}</VisuallyHidden>
              </th>
            </tr>
          </thead>
          <tbody>
            {shown.map((group) => (
              <tr key={`${group.intent}\n${group.language}`}>
                <td>{nameOf(group)}</td>
                <td data-number>
                  <ActsNow group={group} />
                </td>
                <td className={styles.proposal}>
                  <ProposalWords group={group} />
                </td>
                <td data-number>
                  {group.before.right} → {group.after?.right ?? '–'}
                </td>
                <td data-number>
                  {wrongIn(group.before)} → {group.after === null ? '–' : wrongIn(group.after)}
                </td>
                <td>
                  <Group gap={6} wrap="nowrap" justify="flex-end">
                    <Button
                      size="compact-xs"
                      variant="subtle"
                      aria-label={t('actThresholds.curveOf', { scope: nameOf(group) })}
                      onClick={() => setLooked(scopeOf(group))}
                    >
                      {t('actThresholds.curve')}
                    </Button>
                    {isNews(group) && (
                      <Button
                        size="compact-xs"
                        variant="default"
                        disabled={isBusy}
                        aria-label={t('actThresholds.takeOf', { scope: nameOf(group) })}
                        onClick={() => onTake(scopeOf(group))}
                      >
                        {t('actThresholds.take')}
                      </Button>
                    )}
                    {group.chosen !== null && (
                      <Button
                        size="compact-xs"
                        variant="default"
                        disabled={isBusy}
                        aria-label={t('actThresholds.dropOf', { scope: nameOf(group) })}
                        onClick={() => onDrop(scopeOf(group))}
                      >
                        {t('actThresholds.drop')}
                      </Button>
                    )}
                  </Group>
                </td>
              </tr>
            ))}
          </tbody>
        </table>
      </ScrollBox>
      <p className={styles.dim}>{t('actThresholds.how', { needed: data.needed, ask: data.ask })}</p>
      <Modal
        opened={looked !== undefined}
        onClose={() => setLooked(undefined)}
        title={looked === undefined ? '' : t('actThresholds.curveOf', { scope: nameOf(looked) })}
        size="lg"
        closeButtonProps={{ 'aria-label': t('app.close') }}
      >
        {looked !== undefined && <Curve data={data} scope={looked} />}
      </Modal>
    </>
  );
}

const wrongIn = ({ wrong, outside }: Acted) => (wrong + outside).toFixed(1).replace(/\.0$/, '');

/** What a threshold holds for, in words. */
function useScopeWords(): (scope: ThresholdScope) => string {
  const { t, i18n } = useTranslation();
  const names = new Intl.DisplayNames(i18n.language, { type: 'language' });
  return ({ intent, language }) =>
    `${intent ?? t('actThresholds.anyIntent')} · ${
      language === null ? t('actThresholds.anyLanguage') : (names.of(language) ?? language)
    }`;
}

function ActsNow({ group: { now } }: { group: ThresholdGroup }) {
  const { t } = useTranslation();
  if (now === null) return <>{t('actThresholds.several')}</>;
  return (
    <>
      {now.act.toFixed(2)}
      {now.why !== 'general' && <div className={styles.dim}>{t(`actThresholds.why.${now.why}`)}</div>}
    </>
  );
}

function ProposalWords({ group: { proposal, chosen } }: { group: ThresholdGroup }) {
  const { t } = useTranslation();
  if (proposal.kind !== 'proposed') {
    const { answers: n } = proposal;
    const words =
      proposal.kind === 'too-few'
        ? t('actThresholds.too-few', { n, needed: proposal.needed })
        : t('actThresholds.nowhere', { n });
    return <span className={styles.dim}>{words}</span>;
  }
  const { act, answers, precision, atLeast, isAtFloor } = proposal;
  return (
    <>
      <strong>{act.toFixed(2)}</strong>{' '}
      <span className={styles.dim}>
        {t('actThresholds.backed', { n: answers, precision: percent(precision), atLeast: percent(atLeast) })}
        {isAtFloor && ` ${t('actThresholds.atFloor')}`}
        {chosen !== null && chosen.act === act && ` ${t('actThresholds.taken')}`}
      </span>
    </>
  );
}

function Curve({ data, scope }: { data: ThresholdsView; scope: ThresholdScope }) {
  const { t } = useTranslation();
  const { data: points, error } = useQuery(curveQuery(data.version, scope));
  const group = data.measured?.groups.find(
    ({ intent, language }) => intent === scope.intent && language === scope.language,
  );
  if (points === undefined)
    return error === null ? <Skeleton height={260} radius="md" /> : <Alert color="red">{problemText(error)}</Alert>;
  const proposed = group?.proposal.kind === 'proposed' ? group.proposal.act : null;
  return (
    <>
      <CurvePicture points={points} target={data.target} now={group?.now?.act ?? data.act} proposed={proposed} />
      <p className={styles.dim}>
        {t('actThresholds.curveHint', { n: group?.belong ?? 0, target: percent(data.target) })}
      </p>
    </>
  );
}
