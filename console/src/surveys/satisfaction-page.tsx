import { Badge, SegmentedControl, Select, Skeleton } from '@mantine/core';
import type { Satisfaction, SatisfactionReport } from '@parley/sdk/protocol.ts';
import { IconMoodSmile } from '@tabler/icons-react';
import { keepPreviousData, useInfiniteQuery, useQuery } from '@tanstack/react-query';
import { Link } from '@tanstack/react-router';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { agentsQuery, useAgent } from '../agents/agent-queries.ts';
import { EmptyState } from '../app/empty-state.tsx';
import { LoadFailed } from '../app/load-failed.tsx';
import { Page, Panel } from '../app/page.tsx';
import { PagedList } from '../app/paged-list.tsx';
import { useMe } from '../session/session.ts';
import { groupsQuery } from '../transfer/group-queries.ts';
import { useTimeWords } from '../words/time.ts';
import { Exclusions, HadTable, SatisfactionTable } from './satisfaction-table.tsx';
import { Score } from './score.tsx';
import { answersQuery, type ListedSurvey, satisfactionQuery } from './survey-queries.ts';
import { SurveySettingsPanel } from './survey-settings-panel.tsx';
import styles from './surveys.module.css';
import { useTypeNames } from './type-names.ts';

const windows = ['7', '30', '90', '365'] as const;

/** How satisfied customers are, with whom, and what they said: for whoever watches over it. */
export function SatisfactionPage() {
  const { t } = useTranslation();
  const me = useMe();
  const [days, setDays] = useState<string>('30');
  const [channelType, setChannelType] = useState<string | null>(null);
  const [groupId, setGroupId] = useState<string | null>(null);
  const { data: groups = [] } = useQuery(groupsQuery);
  const typeNames = useTypeNames();
  const filter = {
    days: Number(days),
    channelType: channelType ?? undefined,
    groupId: groupId ?? undefined,
  };
  const { data, error, refetch } = useQuery({ ...satisfactionQuery(filter), placeholderData: keepPreviousData });
  return (
    <Page title={t('surveys.title')} intro={t('surveys.intro')}>
      <div className={styles.filters}>
        <SegmentedControl
          aria-label={t('results.window')}
          value={days}
          onChange={setDays}
          data={windows.map((n) => ({ value: n, label: t('results.days', { n }) }))}
        />
        <Select
          aria-label={t('surveys.channel')}
          placeholder={t('surveys.anyChannel')}
          value={channelType}
          onChange={setChannelType}
          data={typeNames}
          clearable
        />
        <Select
          aria-label={t('routing.group')}
          placeholder={t('surveys.anyGroup')}
          value={groupId}
          onChange={setGroupId}
          data={groups.map(({ id, name }) => ({ value: id, label: name }))}
          clearable
          searchable
        />
      </div>
      {data === undefined && error !== null && (
        <LoadFailed title={t('surveys.loadFailed')} error={error} onRetry={refetch} />
      )}
      {data === undefined && error === null && <Skeleton height={240} radius="md" />}
      {data !== undefined && <Report report={data} />}
      <Answers />
      {me.role === 'admin' && <SurveySettingsPanel />}
    </Page>
  );
}

function Report({ report }: { report: SatisfactionReport }) {
  const { t, i18n } = useTranslation();
  const { toMinute } = useTimeWords();
  const { data: agents = [] } = useQuery(agentsQuery);
  const { data: groups = [] } = useQuery(groupsQuery);
  const typeNames = useTypeNames();
  if (report.total.asked === 0) {
    return <EmptyState icon={<IconMoodSmile size={22} />} title={t('surveys.empty')} hint={t('surveys.emptyHint')} />;
  }
  const named = (rows: readonly ({ id: string | null } & Satisfaction)[], nameOf: (id: string | null) => string) =>
    rows.map((figures) => ({ key: figures.id ?? '', name: nameOf(figures.id), figures }));
  const languageNames = new Intl.DisplayNames([i18n.language], { type: 'language', fallback: 'code' });
  const splits = [
    {
      title: t('surveys.byAgent'),
      of: t('surveys.agent'),
      rows: named(
        report.agents,
        (id) => agents.find((agent) => agent.id === id)?.name ?? t('conversation.formerAgent'),
      ),
    },
    {
      title: t('surveys.byGroup'),
      of: t('routing.group'),
      rows: named(report.groups, (id) => groups.find((group) => group.id === id)?.name ?? t('routing.everyone')),
    },
    {
      title: t('surveys.byChannel'),
      of: t('surveys.channel'),
      rows: named(report.channelTypes, (id) => typeNames.find(({ value }) => value === id)?.label ?? id ?? '–'),
    },
    {
      title: t('surveys.byLanguage'),
      of: t('surveys.language'),
      rows: named(report.languages, (id) => (id === null ? t('surveys.unknown') : (languageNames.of(id) ?? id))),
    },
  ];
  return (
    <>
      <Panel
        title={t('surveys.byHad')}
        hint={t('surveys.windowHint', { from: toMinute(report.from), to: toMinute(report.to) })}
      >
        <HadTable report={report} />
        <Exclusions report={report} />
      </Panel>
      {splits.map(({ title, of, rows }) =>
        rows.length === 0 ? null : (
          <Panel key={title} title={title}>
            <SatisfactionTable label={title} of={of} rows={rows} />
          </Panel>
        ),
      )}
    </>
  );
}

function Answers() {
  const { t } = useTranslation();
  const query = useInfiniteQuery(answersQuery);
  const answers = query.data?.pages.flatMap(({ items }) => items);
  return (
    <Panel title={t('surveys.list')} hint={t('surveys.listHint')}>
      <PagedList
        query={query}
        items={answers}
        failed={t('surveys.loadFailed')}
        empty={<p className={styles.dim}>{t('surveys.noAnswers')}</p>}
      >
        {(shown) => (
          <ul className={styles.answers}>
            {shown.map((survey) => (
              <Answer key={survey.conversationId} survey={survey} />
            ))}
          </ul>
        )}
      </PagedList>
    </Panel>
  );
}

function Answer({ survey }: { survey: ListedSurvey }) {
  const { t } = useTranslation();
  const { toMinute } = useTimeWords();
  const agent = useAgent(survey.agentId);
  const { conversationId, score, comment, had, asks, answeredAt } = survey;
  const who =
    had === 'bot' || survey.agentId === null ? t('surveys.had.bot') : (agent?.name ?? t('conversation.formerAgent'));
  return (
    <li>
      <div className={styles.answerHead}>
        {score !== null && <Score score={score} />}
        <span>{had === 'mixed' ? t('surveys.withBot', { who }) : who}</span>
        {asks && (
          <Badge size="sm" variant="light" color="orange" tt="none">
            {t('surveys.asks')}
          </Badge>
        )}
        <Link to="/conversations/$tab/$conversationId" params={{ tab: 'all', conversationId }} className={styles.link}>
          {t('surveys.open')}
        </Link>
        {answeredAt !== null && <time className={styles.dim}>{toMinute(answeredAt)}</time>}
      </div>
      {comment !== null && (
        <p className={styles.comment} dir="auto">
          {comment}
        </p>
      )}
    </li>
  );
}
