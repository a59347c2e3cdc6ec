import { Popover, UnstyledButton } from '@mantine/core';
import {
  type Icon,
  IconActivity,
  IconAlarm,
  IconBook2,
  IconChartBar,
  IconDots,
  IconMailOff,
  IconMessages,
  IconMoodSmile,
  IconPhoneCall,
  IconPlugConnected,
  IconRobot,
  IconRoute,
  IconUsers,
} from '@tabler/icons-react';
import { useQuery } from '@tanstack/react-query';
import { Link, type LinkProps, useMatchRoute } from '@tanstack/react-router';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { openCallBacksQuery } from '../call-backs/call-back-queries.ts';
import { countsQuery } from '../conversations/conversation-queries.ts';
import { isSupervisor, useMe } from '../session/session.ts';
import styles from './navigation.module.css';

interface NavItem {
  readonly to: NonNullable<LinkProps['to']>;
  readonly params?: NonNullable<LinkProps['params']>;
  readonly icon: Icon;
  readonly label: string;
  /** What waits there, and how it is called. */
  readonly count?: { readonly n: number; readonly label: string };
}

/** As many as a phone shows beside each other; where there are more, the last place opens the rest. */
const placesOnPhone = 5;

/** All pages that one may open: what is here stands in the wide row and on the phone. */
function useNavItems(): readonly NavItem[] {
  const { t } = useTranslation();
  const me = useMe();
  const isAdmin = me.role === 'admin';
  const { data: counts } = useQuery(countsQuery);
  const { data: callBacks } = useQuery(openCallBacksQuery);
  const unread = counts?.unreadMine ?? 0;
  const due = callBacks?.length ?? 0;
  const forAgents: NavItem[] = [
    {
      ...{ to: '/conversations/$tab', params: { tab: 'mine' }, icon: IconMessages, label: t('nav.conversations') },
      count: { n: unread, label: t('list.unread', { n: unread }) },
    },
    {
      ...{ to: '/call-backs', icon: IconPhoneCall, label: t('nav.callBacks') },
      count: { n: due, label: t('callBacks.open', { n: due }) },
    },
    { to: '/knowledge', icon: IconBook2, label: t('nav.knowledge') },
  ];
  const forSupervisors: NavItem[] = [
    { to: '/live', icon: IconActivity, label: t('nav.live') },
    { to: '/service-levels', icon: IconAlarm, label: t('nav.sla') },
    { to: '/satisfaction', icon: IconMoodSmile, label: t('nav.satisfaction') },
  ];
  const forAdmins: NavItem[] = [
    { to: '/channels', icon: IconPlugConnected, label: t('nav.channels') },
    { to: '/agents', icon: IconUsers, label: t('nav.agents') },
    { to: '/routing', icon: IconRoute, label: t('nav.routing') },
    { to: '/bot', icon: IconRobot, label: t('nav.bot') },
    { to: '/staffing', icon: IconChartBar, label: t('nav.staffing') },
    { to: '/dead-letters', icon: IconMailOff, label: t('nav.deadLetters') },
  ];
  return [...forAgents, ...(isSupervisor(me) ? forSupervisors : []), ...(isAdmin ? forAdmins : [])];
}

/** In the header, where there is room for it. */
export function WideNavigation() {
  const { t } = useTranslation();
  const items = useNavItems();
  return (
    <nav className={styles.topNav} aria-label={t('app.navigation')} data-many={items.length > 5 || undefined}>
      {items.map((item) => (
        <NavLink key={item.to} item={item} />
      ))}
    </nav>
  );
}

/** Below the page on a phone: what is used most, and behind the last place all the rest. */
export function PhoneNavigation() {
  const { t } = useTranslation();
  const matches = useMatchRoute();
  const [opened, setOpened] = useState(false);
  const items = useNavItems();
  const inRow = items.length > placesOnPhone ? items.slice(0, placesOnPhone - 1) : items;
  const others = items.slice(inRow.length);
  const current = others.find(({ to }) => matches({ to, fuzzy: true }) !== false);
  const Sign = current?.icon ?? IconDots;
  return (
    <nav className={styles.bottomNav} aria-label={t('app.navigation')}>
      {inRow.map((item) => (
        <NavLink key={item.to} item={item} />
      ))}
      {others.length > 0 && (
        // Links and no menu of commands: they can be opened elsewhere, and are read out as what they are.
        <Popover
          opened={opened}
          onChange={setOpened}
          position="top-end"
          width={240}
          shadow="md"
          withinPortal={false}
          withRoles={false}
          returnFocus
        >
          <Popover.Target>
            <UnstyledButton
              className={styles.navLink}
              data-status={current === undefined ? undefined : 'active'}
              // Says where one is as well: the link itself is hidden.
              aria-label={current === undefined ? t('nav.more') : `${t('nav.more')} (${current.label})`}
              aria-expanded={opened}
              onClick={() => setOpened(!opened)}
            >
              <Sign size={18} aria-hidden="true" />
              <span className={styles.navWord}>{t('nav.more')}</span>
            </UnstyledButton>
          </Popover.Target>
          <Popover.Dropdown p={6}>
            <ul className={styles.more}>
              {others.map(({ to, icon: Own, label }) => (
                <li key={to}>
                  <Link to={to} className={styles.moreLink} onClick={() => setOpened(false)}>
                    <Own size={18} aria-hidden="true" />
                    {label}
                  </Link>
                </li>
              ))}
            </ul>
          </Popover.Dropdown>
        </Popover>
      )}
    </nav>
  );
}

/** Where there are many of them and little room, the words are for the pointer and for who listens; the sign stays. */
function NavLink({ item }: { item: NavItem }) {
  const { to, params, icon: Sign, label, count } = item;
  // Whichever tab or part of a page is open: it is this page.
  const isCurrent = useMatchRoute()({ to, fuzzy: true }) !== false;
  return (
    <Link
      to={to}
      {...(params === undefined ? {} : { params })}
      className={styles.navLink}
      title={label}
      data-current={isCurrent || undefined}
    >
      <Sign size={18} aria-hidden="true" />
      <span className={styles.navWord}>{label}</span>
      {count !== undefined && count.n > 0 && (
        <span className={styles.count} role="img" aria-label={count.label}>
          {count.n}
        </span>
      )}
    </Link>
  );
}
