import { Menu, Text, UnstyledButton } from '@mantine/core';
import { IconKeyboard, IconLogout, IconUser } from '@tabler/icons-react';
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { Link, Outlet, useNavigate, useParams, useRouter } from '@tanstack/react-router';
import { useEffect } from 'react';
import { useTranslation } from 'react-i18next';
import { OfferCards } from '../offers/offer-cards.tsx';
import { useAttention } from '../realtime/attention.ts';
import { ConnectionBanner } from '../realtime/connection-banner.tsx';
import { ConnectionPill } from '../realtime/connection-pill.tsx';
import { IdleBanner } from '../realtime/idle-banner.tsx';
import { useLostAssignments } from '../realtime/lost-assignments.tsx';
import { PresenceMenu } from '../realtime/presence-menu.tsx';
import { RealtimeProvider } from '../realtime/realtime.tsx';
import { meQuery, signOut, useMe } from '../session/session.ts';
import { ShortcutSheetProvider, useShortcutSheet } from '../shortcuts/shortcut-sheet.tsx';
import { useTeamNotices } from '../team/team-notices.tsx';
import { BrandMark } from './brand-mark.tsx';
import { Face } from './face.tsx';
import { PhoneNavigation, WideNavigation } from './navigation.tsx';
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
        <WideNavigation />
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
      <PhoneNavigation />
      <OfferCards />
    </div>
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
