import { Menu, Text, UnstyledButton } from '@mantine/core';
import {
  IconActivity,
  IconAlarm,
  IconBook2,
  IconChartBar,
  IconKeyboard,
  IconLogout,
  IconMailOff,
  IconMessages,
  IconPhoneCall,
  IconPlugConnected,
  IconRobot,
  IconRoute,
  IconUser,
  IconUsers,
} from '@tabler/icons-react';
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { Link, Outlet, useNavigate, useParams, useRouter } from '@tanstack/react-router';
import { useEffect } from 'react';
import { useTranslation } from 'react-i18next';
import { openCallBacksQuery } from '../call-backs/call-back-queries.ts';
import { countsQuery } from '../conversations/conversation-queries.ts';
import { OfferCards } from '../offers/offer-cards.tsx';
import { useAttention } from '../realtime/attention.ts';
import { ConnectionBanner } from '../realtime/connection-banner.tsx';
import { ConnectionPill } from '../realtime/connection-pill.tsx';
import { IdleBanner } from '../realtime/idle-banner.tsx';
import { useLostAssignments } from '../realtime/lost-assignments.tsx';
import { PresenceMenu } from '../realtime/presence-menu.tsx';
import { RealtimeProvider } from '../realtime/realtime.tsx';
import { isSupervisor, meQuery, signOut, useMe } from '../session/session.ts';
import { ShortcutSheetProvider, useShortcutSheet } from '../shortcuts/shortcut-sheet.tsx';
import { useTeamNotices } from '../team/team-notices.tsx';
import { BrandMark } from './brand-mark.tsx';
import { Face } from './face.tsx';
import { notifyFailure } from './notify.ts';
import styles from './shell.module.css';

/** What stands round every page of a signed-in agent. */
export function Shell() {
  const signedIn = useSignedIn();
  if (!signedIn) return null;
  return (
    <RealtimeProvider>
      <ShortcutSheetProvider>
        <Frame />
      </ShortcutSheetProvider>
    </RealtimeProvider>
  );
}

/** Whoever is not signed in any more goes to the sign-in page, and from there back to where they were. */
function useSignedIn(): boolean {
  const router = useRouter();
  const { data: me } = useQuery(meQuery);
  const signedIn = me !== null;
  useEffect(() => {
    const { pathname } = router.state.location;
    if (signedIn || pathname === '/sign-in') return;
    void router.navigate({ to: '/sign-in', search: { to: pathname, ended: true }, replace: true });
  }, [signedIn, router]);
  return signedIn;
}

function Frame() {
  const { t } = useTranslation();
  useAttention();
  useTeamNotices();
  useLostAssignments();
  const { conversationId } = useParams({ strict: false });
  return (
    <div className={styles.shell} data-reading={conversationId !== undefined || undefined}>
      <a className={styles.skip} href="#content">
        {t('app.skipToContent')}
      </a>
      <header className={styles.header}>
        <Link to="/" className={styles.brand} aria-label={t('app.name')}>
          <BrandMark size={24} />
          <span>{t('app.name')}</span>
        </Link>
        <Navigation className={styles.topNav} />
        <div className={styles.tools}>
          <ConnectionPill />
          <PresenceMenu />
          <AccountMenu />
        </div>
      </header>
      <ConnectionBanner />
      <IdleBanner />
      <main id="content" className={styles.content} tabIndex={-1}>
        <Outlet />
      </main>
      <Navigation className={styles.bottomNav} />
      <OfferCards />
    </div>
  );
}

function Navigation({ className }: { className: string | undefined }) {
  const { t } = useTranslation();
  const me = useMe();
  const { role } = me;
  const { data: counts } = useQuery(countsQuery);
  const { data: callBacks } = useQuery(openCallBacksQuery);
  const unread = counts?.unreadMine ?? 0;
  const due = callBacks?.length ?? 0;
  return (
    <nav className={className} aria-label={t('app.navigation')}>
      <Link to="/conversations/$tab" params={{ tab: 'mine' }} className={styles.navLink}>
        <IconMessages size={18} aria-hidden="true" />
        <span>{t('nav.conversations')}</span>
        {unread > 0 && (
          <span className={styles.count} role="img" aria-label={t('list.unread', { n: unread })}>
            {unread}
          </span>
        )}
      </Link>
      <Link to="/call-backs" className={styles.navLink}>
        <IconPhoneCall size={18} aria-hidden="true" />
        <span>{t('nav.callBacks')}</span>
        {due > 0 && (
          <span className={styles.count} role="img" aria-label={t('callBacks.open', { n: due })}>
            {due}
          </span>
        )}
      </Link>
      <Link to="/knowledge" className={styles.navLink}>
        <IconBook2 size={18} aria-hidden="true" />
        <span>{t('nav.knowledge')}</span>
      </Link>
      {isSupervisor(me) && (
        <>
          <Link to="/live" className={styles.navLink}>
            <IconActivity size={18} aria-hidden="true" />
            <span>{t('nav.live')}</span>
          </Link>
          <Link to="/service-levels" className={`${styles.navLink} ${role === 'admin' ? styles.wideOnly : ''}`}>
            <IconAlarm size={18} aria-hidden="true" />
            <span>{t('nav.sla')}</span>
          </Link>
        </>
      )}
      {role === 'admin' && (
        <>
          <Link to="/channels" className={styles.navLink}>
            <IconPlugConnected size={18} aria-hidden="true" />
            <span>{t('nav.channels')}</span>
          </Link>
          <Link to="/agents" className={styles.navLink}>
            <IconUsers size={18} aria-hidden="true" />
            <span>{t('nav.agents')}</span>
          </Link>
          <Link to="/routing" className={styles.navLink}>
            <IconRoute size={18} aria-hidden="true" />
            <span>{t('nav.routing')}</span>
          </Link>
          <Link to="/bot" className={styles.navLink}>
            <IconRobot size={18} aria-hidden="true" />
            <span>{t('nav.bot')}</span>
          </Link>
          <Link to="/staffing" className={`${styles.navLink} ${styles.wideOnly}`}>
            <IconChartBar size={18} aria-hidden="true" />
            <span>{t('nav.staffing')}</span>
          </Link>
          <Link to="/dead-letters" className={styles.navLink}>
            <IconMailOff size={18} aria-hidden="true" />
            <span>{t('nav.deadLetters')}</span>
          </Link>
        </>
      )}
    </nav>
  );
}

function AccountMenu() {
  const { t } = useTranslation();
  const me = useMe();
  const navigate = useNavigate();
  const queryClient = useQueryClient();
  const sheet = useShortcutSheet();
  const leave = useMutation({
    mutationFn: signOut,
    onSuccess: async () => {
      // First away from here, so that leaving is not taken for a session that was ended.
      await navigate({ to: '/sign-in' });
      queryClient.clear();
      queryClient.setQueryData(meQuery.queryKey, null);
    },
    onError: notifyFailure,
  });
  return (
    <Menu position="bottom-end" width={220} shadow="md">
      <Menu.Target>
        <UnstyledButton className={styles.account} aria-label={t('nav.account')}>
          <Face id={me.id} name={me.name} size={28} />
        </UnstyledButton>
      </Menu.Target>
      <Menu.Dropdown>
        <div className={styles.who}>
          <Text fw={600} size="sm" truncate>
            {me.name}
          </Text>
          <Text size="xs" c="dimmed" truncate>
            {me.email}
          </Text>
        </div>
        <Menu.Divider />
        <Menu.Item leftSection={<IconUser size={16} />} onClick={() => void navigate({ to: '/profile' })}>
          {t('nav.profile')}
        </Menu.Item>
        <Menu.Item leftSection={<IconKeyboard size={16} />} onClick={sheet.open}>
          {t('nav.shortcuts')}
        </Menu.Item>
        <Menu.Item leftSection={<IconLogout size={16} />} onClick={() => leave.mutate()}>
          {t('nav.signOut')}
        </Menu.Item>
      </Menu.Dropdown>
    </Menu>
  );
}
