import { Menu, Text, UnstyledButton } from '@mantine/core';
import {
  type Icon,
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
import { Link, type LinkProps, Outlet, useNavigate, useParams, useRouter } from '@tanstack/react-router';
import { type ReactNode, useEffect } from 'react';
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
import { useCurrentInView } from './current-in-view.ts';
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
  const isAdmin = me.role === 'admin';
  const { data: counts } = useQuery(countsQuery);
  const { data: callBacks } = useQuery(openCallBacksQuery);
  const unread = counts?.unreadMine ?? 0;
  const due = callBacks?.length ?? 0;
  const row = useCurrentInView<HTMLElement>();
  return (
    <nav ref={row} className={className} aria-label={t('app.navigation')} data-many={isAdmin || undefined}>
      <NavItem to="/conversations/$tab" params={{ tab: 'mine' }} icon={IconMessages} label={t('nav.conversations')}>
        <Count n={unread} label={t('list.unread', { n: unread })} />
      </NavItem>
      <NavItem to="/call-backs" icon={IconPhoneCall} label={t('nav.callBacks')}>
        <Count n={due} label={t('callBacks.open', { n: due })} />
      </NavItem>
      <NavItem to="/knowledge" icon={IconBook2} label={t('nav.knowledge')} />
      {isSupervisor(me) && (
        <>
          <NavItem to="/live" icon={IconActivity} label={t('nav.live')} />
          <NavItem to="/service-levels" icon={IconAlarm} label={t('nav.sla')} wideOnly={isAdmin} />
        </>
      )}
      {isAdmin && (
        <>
          <NavItem to="/channels" icon={IconPlugConnected} label={t('nav.channels')} />
          <NavItem to="/agents" icon={IconUsers} label={t('nav.agents')} />
          <NavItem to="/routing" icon={IconRoute} label={t('nav.routing')} />
          <NavItem to="/bot" icon={IconRobot} label={t('nav.bot')} />
          <NavItem to="/staffing" icon={IconChartBar} label={t('nav.staffing')} wideOnly />
          <NavItem to="/dead-letters" icon={IconMailOff} label={t('nav.deadLetters')} />
        </>
      )}
    </nav>
  );
}

/** Where there are many of them and little room, the words are for the pointer and for who listens; the sign stays. */
function NavItem(props: {
  to: NonNullable<LinkProps['to']>;
  params?: NonNullable<LinkProps['params']>;
  icon: Icon;
  label: string;
  wideOnly?: boolean;
  children?: ReactNode;
}) {
  const { to, params, icon: Sign, label, wideOnly = false } = props;
  return (
    <Link
      to={to}
      {...(params === undefined ? {} : { params })}
      className={`${styles.navLink} ${wideOnly ? styles.wideOnly : ''}`}
      title={label}
    >
      <Sign size={18} aria-hidden="true" />
      <span className={styles.navWord}>{label}</span>
      {props.children}
    </Link>
  );
}

function Count({ n, label }: { n: number; label: string }) {
  if (n === 0) return null;
  return (
    <span className={styles.count} role="img" aria-label={label}>
      {n}
    </span>
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
