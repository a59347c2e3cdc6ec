import { closeCodes, type HelloData } from '@parley/sdk/protocol.ts';
import type { Clock } from '../base/clock.ts';
import type { ConversationStore } from '../conversation/conversation-store.ts';
import type { VisitorLimits } from '../identity/visitor-limits.ts';
import type { PresenceBoard } from '../routing/presence.ts';
import { Connection, type FrameSocket, type Principal } from './connection.ts';
import type { ConnectionManager } from './connection-manager.ts';
import type { FrameHandler } from './frames.ts';
import type { WaitingVisitors } from './waiting-visitors.ts';

/** How often a client asks whether it is whole. */
export const heartbeatMs = 20_000;
/** A socket from which nothing came for so long is dead: phones vanish without a word. */
const silentMs = 4 * heartbeatMs + 10_000;
/** How often expired tokens and silent sockets are looked for: within the 5 s that the protocol promises. */
const sweepMs = 2_000;

const flooding = 'Too many frames: come back later, and send fewer.';
const restarting = 'The server restarts: reconnect.';
/** A drain closes a share of the sockets this often. */
const drainStepMs = 100;

/** Begins and ends connections, whatever carries their frames. */
export interface RealtimeSessions {
  /** Greets the client and makes it reachable. */
  open(principal: Principal, socket: FrameSocket): Connection;
  receive(connection: Connection, frame: string): void;
  closed(connection: Connection): void;
  /** Asks everybody to come back elsewhere, one after the other over some time; resolves when all are closed. */
  drain(overMs?: number): Promise<void>;
  stop(): void;
}

export function createRealtimeSessions(deps: {
  connections: ConnectionManager;
  frames: FrameHandler;
  presence: PresenceBoard;
  store: Pick<ConversationStore, 'currentConversation'>;
  /** Told which visitors have a window here. */
  visitors?: Pick<WaitingVisitors, 'opened' | 'closed'>;
  limits: Pick<VisitorLimits, 'isFlooding'>;
  /** A visitor was closed for too many frames. */
  onFlood?: () => void;
  epoch: string;
  clock: Pick<Clock, 'now' | 'elapsed'>;
  onDefect: (error: unknown) => void;
}): RealtimeSessions {
  const { connections, presence, clock } = deps;
  const sweep = setInterval(() => {
    const now = clock.now();
    connections.closeWhere(
      (principal) => principal.expiresAt <= now,
      closeCodes.unauthorized,
      'The token has expired.',
    );
    connections.closeSilent(clock.elapsed() - silentMs);
  }, sweepMs);
  sweep.unref();

  async function greet(connection: Connection, reachable: Promise<void> | undefined): Promise<void> {
    const { principal } = connection;
    // From the greeting on the client believes that it hears of everything.
    if (reachable !== undefined) await reachable;
    const common = { epoch: deps.epoch, now: clock.now(), heartbeatMs };
    const hello: HelloData =
      principal.role === 'agent'
        ? { ...common, role: 'agent', agentId: principal.agentId }
        : {
            ...common,
            role: 'visitor',
            contactId: principal.contactId,
            conversationId:
              (await deps.store.currentConversation(principal.contactId, principal.channelId, '')) ?? null,
          };
    connections.sendFirst(connection, JSON.stringify({ type: 'hello', data: hello }));
    if (principal.role === 'visitor') deps.visitors?.opened(principal.contactId, hello.conversationId ?? null);
  }

  function isFlooding({ principal }: Connection, what: 'opens' | 'sends'): boolean {
    return principal.role === 'visitor' && deps.limits.isFlooding(principal.contactId, what);
  }

  function closeFlooding(connection: Connection): void {
    deps.onFlood?.();
    connections.close(connection, closeCodes.flooding, flooding);
  }

  return {
    open: (principal, socket) => {
      const connection = new Connection(principal, socket);
      if (isFlooding(connection, 'opens')) {
        closeFlooding(connection);
        return connection;
      }
      connection.heardAt = clock.elapsed();
      const reachable = connections.add(connection);
      if (principal.role === 'agent') presence.connected(principal.agentId);
      greet(connection, reachable).catch((error: unknown) => {
        deps.onDefect(error);
        connections.close(connection, closeCodes.restarting, 'The store is not ready: reconnect.');
      });
      return connection;
    },
    receive: (connection, frame) => {
      // What was on its way when it was closed is of no use to anybody.
      if (!connection.open) return;
      if (isFlooding(connection, 'sends')) {
        closeFlooding(connection);
        return;
      }
      connection.heardAt = clock.elapsed();
      deps.frames.receive(connection, frame);
    },
    closed: (connection) => {
      connections.remove(connection);
      const { principal } = connection;
      if (principal.role === 'agent') presence.disconnected(principal.agentId);
      else deps.visitors?.closed(principal.contactId);
    },
    drain: async (overMs = 0) => {
      // New ones do not come: the listener is closed. Clients wait a moment each before they are back, too.
      for (let left = Math.ceil(overMs / drainStepMs); left > 0; left--) {
        const { visitors, agents } = connections.counts();
        let closing = Math.ceil((visitors + agents) / left);
        connections.flush();
        connections.closeWhere(() => closing-- > 0, closeCodes.restarting, restarting);
        await new Promise((resolve) => setTimeout(resolve, drainStepMs));
      }
      connections.flush();
      connections.closeWhere(() => true, closeCodes.restarting, restarting);
    },
    stop: () => clearInterval(sweep),
  };
}
