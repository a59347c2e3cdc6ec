import type { Endpoint, ServerUnderTest } from '@parley/sdk/testing/server-under-test.ts';
import { createAppendBatcher } from '../conversation/append-batcher.ts';
import { createConversations } from '../conversation/conversations.ts';
import { createEventBus } from '../conversation/event-bus.ts';
import { noVisitorLimits } from '../identity/visitor-limits.ts';
import type { Connection, FrameSocket, Principal } from '../realtime/connection.ts';
import { createConnectionManager } from '../realtime/connection-manager.ts';
import { interestIn, startFanOut } from '../realtime/fan-out.ts';
import { createFrameHandler } from '../realtime/frames.ts';
import { createRealtimeSessions } from '../realtime/sessions.ts';
import { createPresenceBoard } from '../routing/presence.ts';
import { openInlineStore } from './inline-store.ts';
import { createLossyBroadcast, type LossyBroadcast } from './lossy-broadcast.ts';

const channelId = '0000000000000web';
const bot = { id: '0000000000000bot', name: 'Bot' };

/**
 * The real hub over the real store, with sockets whose frames the simulation carries by hand. With several `nodes`, each
 * socket opens at any of them, a tenth of what one tells the others is lost, and a restart takes one of them.
 */
export async function createHubUnderTest(parts: {
  now: () => number;
  random: () => number;
  nodes?: number;
}): Promise<ServerUnderTest & { close(): void; readonly broadcasts: LossyBroadcast['counts'] }> {
  const nodes = parts.nodes ?? 1;
  const broadcasts = createLossyBroadcast(() => parts.random() < 0.1);
  const store = await openInlineStore();
  await store.channels.save({
    id: channelId,
    type: 'web',
    name: 'Web',
    settings: {},
    enabled: true,
    createdAt: 0,
    updatedAt: 0,
  });
  const defects: unknown[] = [];
  const onDefect = (error: unknown) => defects.push(error);
  // The simulation's time runs in fractions; ours is whole milliseconds.
  const now = () => Math.floor(parts.now());
  const clock = { now, elapsed: now, sleep: () => new Promise<void>(() => undefined) };
  const hubs = Array.from({ length: nodes }, startHub);
  type Hub = ReturnType<typeof startHub>;
  const anyHub = () => hubs[nodes === 1 ? 0 : Math.floor(parts.random() * nodes)] as Hub;
  let entries = 0;

  function startHub() {
    const bus = createEventBus(onDefect);
    const broadcast = broadcasts.join();
    const batcher = createAppendBatcher(store.conversations, { maxBatch: 64, maxWaiting: 1_000 });
    const conversations = createConversations({
      store: store.conversations,
      batcher,
      bus,
      clock,
      channelPolicy: () => ({ outbox: false, reopenWithinMs: 0 }),
      isShared: nodes > 1,
      onError: onDefect,
    });
    const connections = createConnectionManager({
      later: (run) => setImmediate(run),
      interest: interestIn(broadcast, bus),
    });
    const presence = createPresenceBoard({
      clock,
      graceMs: 1,
      events: { changed: () => undefined, gone: () => undefined },
    });
    const fanOut = startFanOut({
      bus,
      broadcast,
      hasWindows: () => true,
      connections,
      conversations,
      store: store.conversations,
      after: () => () => undefined,
      onError: onDefect,
    });
    const common = { connections, presence, epoch: 'epoch', clock, onDefect, store: store.conversations };
    const frames = createFrameHandler({
      ...{ ...common, conversations, bus, limits: noVisitorLimits },
      // Nobody moves the simulation's time while the hub is at work: what waits for its turn has it at the next one.
      clock: { ...clock, sleep: () => turn() },
    });
    const sessions = createRealtimeSessions({ ...common, frames, limits: noVisitorLimits });
    return { broadcast, batcher, conversations, connections, sessions, fanOut, open: new Set<Connection>() };
  }

  async function principalOf(role: 'visitor' | 'agent', token: string): Promise<Principal> {
    const expiresAt = Number.MAX_SAFE_INTEGER;
    if (role === 'agent') return { role, agentId: token, name: token, sessionKey: token, expiresAt };
    const contactId = await store.conversations.ensureContact(
      channelId,
      { externalId: token },
      { verified: false, at: now() },
    );
    return { role, contactId, contactName: undefined, channelId, expiresAt };
  }

  function socketOf(endpoint: Endpoint): FrameSocket {
    return {
      write: (frames) => {
        for (const frame of frames) endpoint.send(frame);
      },
      bufferedBytes: () => 0,
      close: (code, reason) => endpoint.close(code, reason),
    };
  }

  const isQuiet = () =>
    hubs.every(
      ({ batcher, open }) =>
        batcher.depth() === 0 && [...open].every(({ underway, greeted }) => underway === 0 && greeted),
    );
  const turn = () => new Promise<void>((resolve) => setImmediate(resolve));

  return {
    epoch: 'epoch',
    broadcasts: broadcasts.counts,
    connect: (role, token, endpoint) => {
      const mine = anyHub();
      let connection: Connection | undefined;
      let isClosed = false;
      const early: string[] = [];
      void principalOf(role, token).then((principal) => {
        if (isClosed || !hubs.includes(mine)) return;
        connection = mine.sessions.open(principal, socketOf(endpoint));
        mine.open.add(connection);
        for (const text of early) mine.sessions.receive(connection, text);
      });
      return {
        receive: (text) => {
          if (!hubs.includes(mine)) return;
          if (connection === undefined) early.push(text);
          else mine.sessions.receive(connection, text);
        },
        closed: () => {
          isClosed = true;
          if (connection === undefined) return;
          mine.open.delete(connection);
          mine.sessions.closed(connection);
        },
      };
    },
    settle: async () => {
      for (let quietTurns = 0; quietTurns < 3; ) {
        await turn();
        quietTurns = isQuiet() ? quietTurns + 1 : 0;
      }
      if (defects.length > 0) throw new Error('the hub reported a defect', { cause: defects[0] });
    },
    conversations: async () => (await store.conversations.list({}, { limit: 200 })).items.map(({ id }) => id),
    append: async (conversationId, { text, private: isPrivate }) => {
      entries += 1;
      await anyHub().conversations.fromAgent({
        author: bot,
        conversationId,
        clientId: `elsewhere-${entries}`,
        content: { type: 'text', text },
        private: isPrivate,
      });
    },
    change: (conversationId, seq, state) => anyHub().conversations.changeMessage({ conversationId, seq, state }),
    history: (role, id) => store.conversations.messages(id, { limit: 10_000, publicOnly: role === 'visitor' }),
    olderThan: (role, id, before, limit) =>
      store.conversations.messages(id, { before, limit, publicOnly: role === 'visitor', fromEnd: true }),
    restart: async () => {
      const former = anyHub();
      // Killed in the middle: what was not committed is gone, and nobody is told.
      former.fanOut.stop();
      former.sessions.stop();
      await former.broadcast.close();
      hubs[hubs.indexOf(former)] = startHub();
      former.connections.closeWhere(() => true, 1006, '');
    },
    close: () => {
      for (const { sessions } of hubs) sessions.stop();
      store.close();
    },
  };
}
