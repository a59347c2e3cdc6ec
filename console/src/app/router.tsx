import { Button } from '@mantine/core';
import type { QueryClient } from '@tanstack/react-query';
import {
  createRootRouteWithContext,
  createRoute,
  createRouter,
  type ErrorComponentProps,
  Link,
  Outlet,
  redirect,
} from '@tanstack/react-router';
import { useTranslation } from 'react-i18next';
import { botParts } from '../bot/bot-parts.ts';
import { tabs } from '../conversations/conversation-queries.ts';
import { Workbench } from '../conversations/workbench.tsx';
import { parts as knowledgeParts } from '../knowledge/parts.ts';
import { parts } from '../routing/routing-edits.ts';
import { isSupervisor, meQuery } from '../session/session.ts';
import { SignInPage } from '../session/sign-in.tsx';
import { problemText } from './api.ts';
import { EmptyState } from './empty-state.tsx';
import { lazyPage, PageMissing } from './lazy-page.ts';
import { PageMissingNote } from './page-missing.tsx';
import { Shell } from './shell.tsx';

const rootRoute = createRootRouteWithContext<{ queryClient: QueryClient }>()({
  component: Outlet,
  notFoundComponent: NotFound,
  errorComponent: PageFailed,
});

const signInRoute = createRoute({
  getParentRoute: () => rootRoute,
  path: '/sign-in',
  component: SignInPage,
  validateSearch: (search: Record<string, unknown>): { to?: string; ended?: boolean } => ({
    // A path of ours alone: an address of elsewhere must not be where a sign-in leads.
    ...(typeof search.to === 'string' && /^\/[\w-]/.test(search.to) ? { to: search.to } : {}),
    ...(search.ended === true ? { ended: true } : {}),
  }),
});

const signedInRoute = createRoute({
  getParentRoute: () => rootRoute,
  id: 'signed-in',
  component: Shell,
  beforeLoad: async ({ context, location }) => {
    const me = await context.queryClient.ensureQueryData(meQuery);
    if (me === null) {
      throw redirect({ to: '/sign-in', search: location.pathname === '/' ? {} : { to: location.pathname } });
    }
    return { me };
  },
});

const homeRoute = createRoute({
  getParentRoute: () => signedInRoute,
  path: '/',
  beforeLoad: () => {
    throw redirect({ to: '/conversations/$tab', params: { tab: 'mine' } });
  },
});

const conversationsRoute = createRoute({
  getParentRoute: () => signedInRoute,
  path: '/conversations/$tab',
  params: {
    parse: ({ tab }) => ({ tab: tabs.find((known) => known === tab) ?? ('mine' as const) }),
    stringify: ({ tab }) => ({ tab }),
  },
  component: Workbench,
});
/** Under the list's route, so that the list stays as it is while conversations come and go. */
const conversationRoute = createRoute({
  getParentRoute: () => conversationsRoute,
  path: '$conversationId',
  component: () => null,
});

const profileRoute = createRoute({
  getParentRoute: () => signedInRoute,
  path: '/profile',
  component: lazyPage(() => import('../session/profile.tsx'), 'ProfilePage'),
});

const callBacksRoute = createRoute({
  getParentRoute: () => signedInRoute,
  path: '/call-backs',
  component: lazyPage(() => import('../call-backs/call-back-list.tsx'), 'CallBackListPage'),
});

const liveRoute = createRoute({
  getParentRoute: () => signedInRoute,
  path: '/live',
  beforeLoad: ({ context }) => {
    if (!isSupervisor(context.me)) throw redirect({ to: '/' });
  },
  validateSearch: (search: Record<string, unknown>): { agent?: string; group?: string } => ({
    ...(typeof search.agent === 'string' ? { agent: search.agent } : {}),
    ...(typeof search.group === 'string' ? { group: search.group } : {}),
  }),
  component: lazyPage(() => import('../live/live-page.tsx'), 'LivePage'),
});

const adminRoute = createRoute({
  getParentRoute: () => signedInRoute,
  id: 'admin',
  beforeLoad: ({ context }) => {
    if (context.me.role !== 'admin') throw redirect({ to: '/' });
  },
});
const channelsRoute = createRoute({
  getParentRoute: () => adminRoute,
  path: '/channels',
  component: lazyPage(() => import('../channels/channel-list.tsx'), 'ChannelListPage'),
});
const newChannelRoute = createRoute({
  getParentRoute: () => adminRoute,
  path: '/channels/new/$type',
  component: lazyPage(() => import('../channels/new-channel.tsx'), 'NewChannelPage'),
});
const channelRoute = createRoute({
  getParentRoute: () => adminRoute,
  path: '/channels/$channelId',
  component: lazyPage(() => import('../channels/channel-page.tsx'), 'ChannelPage'),
});
const agentsRoute = createRoute({
  getParentRoute: () => adminRoute,
  path: '/agents',
  component: lazyPage(() => import('../agents/agent-list.tsx'), 'AgentListPage'),
});
const routingHomeRoute = createRoute({
  getParentRoute: () => adminRoute,
  path: '/routing',
  beforeLoad: () => {
    throw redirect({ to: '/routing/$part', params: { part: 'groups' } });
  },
});
/** One page for all parts, so that what is being changed stays while one goes from part to part. */
const routingRoute = createRoute({
  getParentRoute: () => adminRoute,
  path: '/routing/$part',
  params: {
    parse: ({ part }) => ({ part: parts.find((known) => known === part) ?? ('groups' as const) }),
    stringify: ({ part }) => ({ part }),
  },
  validateSearch: (search: Record<string, unknown>): { open?: string } =>
    typeof search.open === 'string' ? { open: search.open } : {},
  component: lazyPage(() => import('../routing/routing-page.tsx'), 'RoutingPage'),
});
const botHomeRoute = createRoute({
  getParentRoute: () => adminRoute,
  path: '/bot',
  beforeLoad: () => {
    throw redirect({ to: '/bot/$part', params: { part: 'intents' } });
  },
});
const botRoute = createRoute({
  getParentRoute: () => adminRoute,
  path: '/bot/$part',
  params: {
    parse: ({ part }) => ({ part: botParts.find(({ key }) => key === part)?.key ?? ('intents' as const) }),
    stringify: ({ part }) => ({ part }),
  },
  validateSearch: (search: Record<string, unknown>): { open?: string } =>
    typeof search.open === 'string' ? { open: search.open } : {},
  component: lazyPage(() => import('../bot/bot-page.tsx'), 'BotPage'),
});
const staffingRoute = createRoute({
  getParentRoute: () => adminRoute,
  path: '/staffing',
  component: lazyPage(() => import('../staffing/staffing-page.tsx'), 'StaffingPage'),
});
const deadLettersRoute = createRoute({
  getParentRoute: () => adminRoute,
  path: '/dead-letters',
  component: lazyPage(() => import('../dead-letters/dead-letter-list.tsx'), 'DeadLetterListPage'),
});

const slaRoute = createRoute({
  getParentRoute: () => signedInRoute,
  path: '/service-levels',
  beforeLoad: ({ context }) => {
    if (!isSupervisor(context.me)) throw redirect({ to: '/' });
  },
  component: lazyPage(() => import('../sla/sla-page.tsx'), 'SlaPage'),
});

const satisfactionRoute = createRoute({
  getParentRoute: () => signedInRoute,
  path: '/satisfaction',
  beforeLoad: ({ context }) => {
    if (!isSupervisor(context.me)) throw redirect({ to: '/' });
  },
  component: lazyPage(() => import('../surveys/satisfaction-page.tsx'), 'SatisfactionPage'),
});

const knowledgeHomeRoute = createRoute({
  getParentRoute: () => signedInRoute,
  path: '/knowledge',
  beforeLoad: () => {
    throw redirect({ to: '/knowledge/$part', params: { part: 'canned-replies' } });
  },
});
const knowledgeRoute = createRoute({
  getParentRoute: () => signedInRoute,
  path: '/knowledge/$part',
  params: {
    parse: ({ part }) => ({ part: knowledgeParts.find((known) => known === part) ?? ('canned-replies' as const) }),
    stringify: ({ part }) => ({ part }),
  },
  component: lazyPage(() => import('../knowledge/knowledge-page.tsx'), 'KnowledgePage'),
});
const articleRoute = createRoute({
  getParentRoute: () => signedInRoute,
  path: '/knowledge/articles/$articleId',
  component: lazyPage(() => import('../knowledge/article-page.tsx'), 'ArticlePage'),
});

const routeTree = rootRoute.addChildren([
  signInRoute,
  signedInRoute.addChildren([
    homeRoute,
    conversationsRoute.addChildren([conversationRoute]),
    profileRoute,
    callBacksRoute,
    liveRoute,
    slaRoute,
    satisfactionRoute,
    knowledgeHomeRoute,
    knowledgeRoute,
    articleRoute,
    adminRoute.addChildren([
      channelsRoute,
      newChannelRoute,
      channelRoute,
      agentsRoute,
      routingHomeRoute,
      routingRoute,
      botHomeRoute,
      botRoute,
      staffingRoute,
      deadLettersRoute,
    ]),
  ]),
]);

export function createConsoleRouter(queryClient: QueryClient) {
  return createRouter({
    routeTree,
    basepath: '/console',
    context: { queryClient },
    defaultPreload: 'intent',
    defaultErrorComponent: PageFailed,
  });
}

declare module '@tanstack/react-router' {
  interface Register {
    router: ReturnType<typeof createConsoleRouter>;
  }
}

function NotFound() {
  const { t } = useTranslation();
  return (
    <EmptyState title={t('app.notFound')}>
      <Button component={Link} to="/" variant="light">
        {t('app.toConversations')}
      </Button>
    </EmptyState>
  );
}

function PageFailed({ error }: ErrorComponentProps) {
  const { t } = useTranslation();
  if (error instanceof PageMissing) return <PageMissingNote />;
  return (
    <EmptyState title={t('app.pageFailed')} hint={problemText(error)}>
      <Button variant="light" onClick={() => location.reload()}>
        {t('app.reload')}
      </Button>
    </EmptyState>
  );
}
