import { Skeleton } from '@mantine/core';
import { IconAlarm } from '@tabler/icons-react';
import { useQuery } from '@tanstack/react-query';
import { Link } from '@tanstack/react-router';
import { useTranslation } from 'react-i18next';
import { useAgent } from '../agents/agent-queries.ts';
import { EmptyState } from '../app/empty-state.tsx';
import { LoadFailed } from '../app/load-failed.tsx';
import { Page, Panel } from '../app/page.tsx';
import { useContactName } from '../contacts/contact-queries.ts';
import { SlaMark } from '../conversations/sla-timer.tsx';
import { groupsQuery } from '../transfer/group-queries.ts';
import { useNow } from '../words/time.ts';
import styles from './sla-page.module.css';
import { dueQuery, type SlaGroup, type SlaShare, shareOf, slaSummaryQuery } from './sla-queries.ts';

/** How the service levels stand: of each group, and what is due first. For whoever watches over it. */
export function SlaPage() {
  const { t } = useTranslation();
  const { data, error, refetch } = useQuery(slaSummaryQuery);
  return (
    <Page title={t('sla.title')} intro={t('sla.intro')}>
      {error !== null && data === undefined && (
        <LoadFailed title={t('sla.loadFailed')} error={error} onRetry={refetch} />
      )}
      {error === null && data === undefined && <Skeleton height={180} radius="md" />}
      {data?.items.length === 0 && (
        <EmptyState icon={<IconAlarm size={22} />} title={t('sla.empty')} hint={t('sla.emptyHint')} />
      )}
      {data !== undefined && data.items.length > 0 && (
        <>
          <Groups groups={data.items} />
          <DueFirst />
        </>
      )}
    </Page>
  );
}

function Groups({ groups }: { groups: readonly SlaGroup[] }) {
  const { t } = useTranslation();
  const { data: known = [] } = useQuery(groupsQuery);
  const nameOf = (id: string) => known.find((group) => group.id === id)?.name ?? t('routing.everyone');
  return (
    <Panel title={t('sla.groups')}>
      {/* biome-ignore lint/a11y/noNoninteractiveTabindex: what is wider than a phone is scrolled with the keys, too. */}
      <section className={styles.scroll} tabIndex={0} aria-label={t('sla.groups')}>
        <table className={styles.table}>
          <thead>
            <tr>
              <th scope="col">{t('routing.group')}</th>
              <th scope="col">{t('sla.running')}</th>
              <th scope="col">{t('sla.dueSoon')}</th>
              <th scope="col">{t('sla.overdueNow')}</th>
              <th scope="col">{t('sla.breachedToday')}</th>
              <th scope="col">{t('sla.metToday')}</th>
              <th scope="col">{t('sla.metWeek')}</th>
            </tr>
          </thead>
          <tbody>
            {groups.map((group) => (
              <tr key={group.groupId}>
                <th scope="row">{nameOf(group.groupId)}</th>
                <Count n={group.running} />
                <Count n={group.dueSoon} tone="warned" />
                <Count n={group.overdue} tone="breached" />
                <Count n={group.today.breached} tone="breached" />
                <Share share={group.today} />
                <Share share={group.week} />
              </tr>
            ))}
          </tbody>
        </table>
      </section>
    </Panel>
  );
}

/** Counted so far; more is "or more". */
const counted = 10_000;

function Count({ n, tone }: { n: number; tone?: 'warned' | 'breached' }) {
  return <td data-tone={n > 0 ? tone : undefined}>{n >= counted ? `${counted}+` : n}</td>;
}

function Share({ share }: { share: SlaShare }) {
  const { i18n } = useTranslation();
  const part = shareOf(share);
  const text =
    part === undefined
      ? '–'
      : new Intl.NumberFormat(i18n.language, { style: 'percent', maximumFractionDigits: 1 }).format(part);
  return <td title={`${share.met} / ${share.met + share.breached}`}>{text}</td>;
}

function DueFirst() {
  const { t } = useTranslation();
  const now = useNow(5_000);
  const { data } = useQuery(dueQuery);
  if (data === undefined) return null;
  return (
    <Panel title={t('sla.dueFirst')}>
      {data.items.length === 0 && <p className={styles.none}>{t('sla.nothingDue')}</p>}
      <ul className={styles.due}>
        {data.items.map(({ id, contact, assigneeId, sla }) => (
          <li key={id}>
            <Link
              to="/conversations/$tab/$conversationId"
              params={{ tab: 'all', conversationId: id }}
              className={styles.dueLink}
            >
              <span className={styles.who}>
                <Name contact={contact} />
              </span>
              <span className={styles.owner}>
                <Owner id={assigneeId} />
              </span>
              <span className={styles.clock}>
                <SlaMark clocks={sla} now={now} />
              </span>
            </Link>
          </li>
        ))}
      </ul>
    </Panel>
  );
}

function Name({ contact }: { contact: Parameters<typeof useContactName>[0] }) {
  return useContactName(contact);
}

function Owner({ id }: { id: string | null }) {
  const { t } = useTranslation();
  const agent = useAgent(id);
  return id === null ? t('status.queued') : (agent?.name ?? t('conversation.formerAgent'));
}
