import type { IncomingMessage } from 'node:http';
import { closeCodes } from '@parley/sdk/protocol.ts';
import type { Clock } from '../base/clock.ts';
import type { Conversations } from '../conversation/conversations.ts';
import type { EventBus } from '../conversation/event-bus.ts';
import type { Engines } from '../engines.ts';
import type { Channels } from '../gateway/channels.ts';
import { Refusal } from '../gateway/refusal.ts';
import { cookieName } from '../http/auth.ts';
import { checkOrigin, visitorChannel, webChannel } from '../http/visitor-routes.ts';
import { type Agents, isRevoked } from '../identity/agents.ts';
import type { VisitorLimits } from '../identity/visitor-limits.ts';
import type { Visitors } from '../identity/visitors.ts';
import type { Metrics } from '../metrics/metrics.ts';
import { type ConnectionManager, createConnectionManager } from '../realtime/connection-manager.ts';
import { interestIn, startFanOut } from '../realtime/fan-out.ts';
import { createFrameHandler } from '../realtime/frames.ts';
import { createLongPoll, type LongPoll } from '../realtime/long-poll.ts';
import { createRealtimeSessions, type RealtimeSessions } from '../realtime/sessions.ts';
import { createWaitingVisitors } from '../realtime/waiting-visitors.ts';
import { createWebSocketServer, type RealtimeServer } from '../realtime/websocket-server.ts';
import type { RoutingPart } from './routing-part.ts';

/** The windows that are open here, and what they are shown. */
export interface RealtimePart {
  readonly connections: ConnectionManager;
  readonly longPoll: LongPoll;
  readonly sockets: Pick<RealtimeServer, 'upgrade'>;
  readonly sessions: Pick<RealtimeSessions, 'drain'>;
  /** Sign-ins that have sockets here. */
  openSessions(): string[];
  stop(): void;
}

export function createRealtimePart(deps: {
  engines: Pick<Engines, 'store' | 'conversations' | 'broadcast' | 'isShared'>;
  /** Of the store. */
  epoch: string;
  clock: Clock;
  bus: EventBus;
  metrics: Pick<Metrics, 'socketRefused'>;
  channels: Channels;
  agents: Agents;
  visitors: Visitors;
  visitorLimits: VisitorLimits;
  conversations: Conversations;
  routing: Pick<RoutingPart, 'presence' | 'abandonment' | 'ask'>;
  isOurOrigin: (request: IncomingMessage) => boolean;
  parseCookie: (header: string) => Readonly<Record<string, string | undefined>>;
  onSlowReader: (role: string) => void;
  onError: (error: unknown) => void;
}): RealtimePart {
  const { engines, epoch, clock, bus, channels, agents, visitors, conversations, onError } = deps;
  const { conversations: store, broadcast } = engines;
  const { presence, abandonment, ask } = deps.routing;
  const connections = createConnectionManager({
    later: (run) => setImmediate(run),
    onDrop: ({ principal }) => deps.onSlowReader(principal.role),
    ...(engines.isShared ? { interest: interestIn(broadcast, bus) } : {}),
  });
  const fanOut = startFanOut({
    bus,
    broadcast,
    hasWindows: (channelId) => channels.enabled(channelId)?.instance.send === undefined,
    connections,
    conversations,
    store,
    after: (ms, run) => {
      const timer = setTimeout(run, ms);
      return () => clearTimeout(timer);
    },
    onError,
  });
  const waitingVisitors = createWaitingVisitors({
    connections,
    bus,
    store: engines.store.waits,
    ask: async (ids) => {
      const answer = await ask({ kind: 'waits', ids });
      return answer.kind === 'waits' ? answer.waits : [];
    },
    onBack: abandonment.back,
    clock,
    onError: (error) => {
      // Nobody decides just now: what was told last stands.
      if (!(error instanceof Refusal && error.code === 'unavailable')) onError(error);
    },
  });
  const frames = createFrameHandler({
    connections,
    conversations,
    store,
    bus,
    presence,
    limits: deps.visitorLimits,
    epoch,
    clock,
    onDefect: onError,
  });
  const sessions = createRealtimeSessions({
    connections,
    frames,
    presence,
    store,
    visitors: waitingVisitors,
    limits: deps.visitorLimits,
    onFlood: () => deps.metrics.socketRefused('flooding'),
    epoch,
    clock,
    onDefect: onError,
  });
  const longPoll = createLongPoll({ sessions, clock });
  const sockets = createWebSocketServer({
    sessions,
    authenticate: { visitor: visitorPrincipal, agent: agentPrincipal },
    onRefused: deps.metrics.socketRefused,
    onDefect: onError,
  });
  agents.onRevoked((which) => {
    connections.closeWhere(
      (principal) => principal.role === 'agent' && isRevoked(which, principal.agentId, principal.sessionKey),
      closeCodes.unauthorized,
      'The sign-in has ended.',
    );
    const agent = which.agentId === undefined ? undefined : agents.get(which.agentId);
    if (agent?.enabled === false) presence.choose(agent.id, 'offline');
  });
  channels.onChange((id, channel) => {
    if (channel?.record.enabled === true) return;
    connections.closeWhere(
      (principal) => principal.role === 'visitor' && principal.channelId === id,
      closeCodes.forbidden,
      'This chat is closed.',
    );
  });

  async function visitorPrincipal(token: string, request: { origin: string | undefined }) {
    const visitor = await visitors.authenticate(token);
    if ((await channels.lookUp(visitor.channelId)) === undefined)
      throw new Refusal('forbidden', 'This chat is closed.');
    checkOrigin(visitorChannel(await webChannel(channels, visitor.channelId)), request.origin);
    return { role: 'visitor' as const, ...visitor };
  }

  async function agentPrincipal(token: string | undefined, request: IncomingMessage) {
    if (token === undefined && !deps.isOurOrigin(request))
      throw new Refusal('origin-forbidden', 'This socket comes from another site.');
    const fromCookie = deps.parseCookie(request.headers.cookie ?? '')[cookieName];
    const { agent, sessionKey, expiresAt } = await agents.authenticate(token ?? fromCookie ?? '');
    return { role: 'agent' as const, agentId: agent.id, name: agent.name, sessionKey, expiresAt };
  }

  return {
    ...{ connections, longPoll, sockets, sessions },
    openSessions: () =>
      [...connections.agents()].flatMap(({ principal }) => ('sessionKey' in principal ? principal.sessionKey : [])),
    stop: () => {
      fanOut.stop();
      waitingVisitors.stop();
      sessions.stop();
    },
  };
}
