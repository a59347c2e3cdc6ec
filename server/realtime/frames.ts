import {
  type ClientFrameType,
  type Conversation,
  frameLimits,
  type HeartbeatAck,
  type Position,
  type Presence,
  presences,
  type SyncAck,
} from '@parley/sdk/protocol.ts';
import type { Clock } from '../base/clock.ts';
import { createPacer } from '../base/pacer.ts';
import type { ConversationHead, ConversationStore } from '../conversation/conversation-store.ts';
import type { Appended, Conversations } from '../conversation/conversations.ts';
import type { EventBus } from '../conversation/event-bus.ts';
import { isListener } from '../conversation/participants.ts';
import { parseContent } from '../gateway/content.ts';
import { Refusal } from '../gateway/refusal.ts';
import type { VisitorLimits } from '../identity/visitor-limits.ts';
import { autoAway, finishingUp, missedOffers, type PresenceBoard } from '../routing/presence.ts';
import type { AgentPrincipal, Connection, VisitorPrincipal } from './connection.ts';
import type { ConnectionManager } from './connection-manager.ts';
import { conversationForContact } from './fan-out.ts';

/** Requests of one socket that may be under way: a client that sends more without reading is asked to wait. */
const maxUnderway = 256;
const maxSyncLimit = 500;
const defaultSyncLimit = 50;
/** Conversations in one heartbeat. */
const maxHave = 500;
/**
 * How often it is told that somebody types in a conversation, or how far they have read it: in between, the last that is
 * said waits. More often is of no use to people, however often a window says it.
 */
const hintEveryMs = 1_000;
/** Longest id of a conversation. */
const maxIdLength = 20;

/** Frames that a window sends only when somebody is at it. */
const doneByPeople: ReadonlySet<ClientFrameType> = new Set(['message.send', 'typing']);
/** Reasons that nobody gives for themselves. */
const ourReasons: readonly string[] = [autoAway, missedOffers];

type Data = Readonly<Record<string, unknown>>;

export interface FrameHandler {
  /** Takes one frame of a client. Whatever it is, it is answered with an ack or an error frame, never with a crash. */
  receive(connection: Connection, text: string): void;
}

/** The protocol's requests, for visitors and agents alike; what one may not do is refused with `forbidden`. */
export function createFrameHandler(deps: {
  connections: ConnectionManager;
  conversations: Conversations;
  store: ConversationStore;
  bus: EventBus;
  presence: PresenceBoard;
  limits: Pick<VisitorLimits, 'countMessage'>;
  /** The store's epoch: a client with another drops what it has cached. */
  epoch: string;
  clock: Clock;
  onDefect: (error: unknown) => void;
}): FrameHandler {
  const { connections, conversations, store, bus, clock } = deps;
  const typing = createPacer({ everyMs: hintEveryMs, clock, act: tellTyping });
  const reading = createPacer({
    ...{ everyMs: hintEveryMs, clock, act: markRead },
    merge: (earlier, later) => (later.seq < earlier.seq ? earlier : later),
  });

  const handlers: { [K in ClientFrameType]: (connection: Connection, data: Data) => Promise<unknown> } = {
    'message.send': async () => {
      throw new Error('message.send is answered on its own path.');
    },
    sync,
    unfollow: async (connection, data) => {
      connections.unfollow(connection, text(data, 'conversationId', maxIdLength));
      return {};
    },
    typing: async (connection, data) => {
      await typing.offer(typistOf(connection, data), { connection, data, on: data.on === true });
      return {};
    },
    read: async (connection, data) => {
      await reading.offer(readerOf(connection, data), { connection, data, seq: integer(data, 'seq', 0) });
      return {};
    },
    presence: async (connection, data) => {
      const { agentId } = agentOf(connection);
      const status = presences.find((presence) => presence === data.status);
      if (status === undefined) throw badData('status', `expected one of ${presences.join(', ')}`);
      deps.presence.choose(agentId, status, presenceReason(status, data));
      return { status };
    },
    activity: async (connection, data) => {
      const { agentId } = agentOf(connection);
      deps.presence.active(agentId, data.idleMs === undefined ? 0 : integer(data, 'idleMs', 0));
      return {};
    },
    watch: async (connection, data) => {
      agentOf(connection);
      const { view } = data;
      if (view !== 'mine' && view !== 'queue' && view !== 'all') throw badData('view', 'expected mine, queue or all');
      await connections.watch(connection, view);
      return {};
    },
    heartbeat,
  };

  async function tellTyping({ connection, data, on }: Hint & { on: boolean }): Promise<void> {
    const head = await conversationOf(connection, data);
    const { principal } = connection;
    if (isSilent(connection, head)) return;
    bus.publish('typing', {
      conversationId: head.id,
      by: principal.role === 'visitor' ? 'contact' : 'agent',
      ...(principal.role === 'agent' ? { name: principal.name, agentId: principal.agentId } : {}),
      on,
      origin: connection,
    });
  }

  async function markRead({ connection, data, seq }: Hint & { seq: number }): Promise<void> {
    const head = await conversationOf(connection, data);
    const by = connection.principal.role === 'visitor' ? 'contact' : 'agent';
    if (!isSilent(connection, head)) await conversations.markRead(head.id, by, seq, connection);
  }

  async function sync(connection: Connection, data: Data): Promise<SyncAck> {
    const after = integer(data, 'after', -1);
    const changes = data.changes === undefined ? 0 : integer(data, 'changes', 0);
    const limit = data.limit === undefined ? defaultSyncLimit : Math.min(maxSyncLimit, integer(data, 'limit', 1));
    if (data.epoch !== undefined && data.epoch !== deps.epoch && after >= 0) {
      throw new Refusal('conflict', 'epoch: the store is another one since: drop what is cached and load afresh.', {
        field: 'epoch',
      });
    }
    const head = await conversationOf(connection, data);
    const publicOnly = connection.principal.role === 'visitor';
    // Followed before it is read: what is stored after the reading is told.
    if (!publicOnly && !(await connections.follow(connection, head.id))) {
      throw new Refusal('too-many-requests', 'This window follows too many conversations: unfollow some.');
    }
    const conversation = await store.get(head.id);
    if (conversation === undefined) throw new Refusal('not-found', 'There is no such conversation.');
    const shown = publicOnly ? conversationForContact(conversation) : conversation;
    if (after < 0) return firstPage(shown, { limit, publicOnly });
    return nextPage(shown, { after, changes, limit, publicOnly });
  }

  async function firstPage(conversation: Conversation, page: { limit: number; publicOnly: boolean }): Promise<SyncAck> {
    const messages = await store.messages(conversation.id, {
      limit: page.limit,
      publicOnly: page.publicOnly,
      fromEnd: true,
    });
    const seq = messages.at(-1)?.seq ?? 0;
    return { conversation, messages, updated: [], position: { seq, changes: conversation.changes }, more: false };
  }

  async function nextPage(
    conversation: Conversation,
    page: { after: number; changes: number; limit: number; publicOnly: boolean },
  ): Promise<SyncAck> {
    const { after, limit, publicOnly } = page;
    const messages = await store.messages(conversation.id, { after, limit: limit + 1, publicOnly });
    const moreMessages = messages.length > limit;
    if (moreMessages) messages.pop();
    const changed = await store.changedSince(conversation.id, page.changes, limit);
    const updated = changed.messages.filter((message) => message.seq <= after && !(publicOnly && message.private));
    const position = { seq: messages.at(-1)?.seq ?? after, changes: changed.changes };
    return { conversation, messages, updated, position, more: moreMessages || changed.more };
  }

  /** Says where the client is behind, or ahead of a store that was restored: whoever is told nothing is whole. */
  async function heartbeat(connection: Connection, data: Data): Promise<HeartbeatAck> {
    const have = (typeof data.have === 'object' && data.have !== null ? data.have : {}) as Record<string, Position>;
    const ids = Object.keys(have).slice(0, maxHave);
    // A visitor may have missed that its conversation was made: it has nothing then to ask about.
    const { principal } = connection;
    if (ids.length === 0 && principal.role === 'visitor') {
      const own = await store.currentConversation(principal.contactId, principal.channelId, '');
      if (own !== undefined) ids.push(own);
    }
    const found = await conversations.heads(ids);
    const heads: Record<string, Position> = {};
    for (const id of ids) {
      const head = found.get(id);
      if (head === undefined || !mayRead(connection, head)) continue;
      const seq = connection.principal.role === 'visitor' ? head.lastPublicSeq : head.lastSeq;
      const theirs = have[id];
      if (theirs?.seq !== seq || theirs.changes !== head.changes) heads[id] = { seq, changes: head.changes };
    }
    return { now: clock.now(), heads };
  }

  async function conversationOf(connection: Connection, data: Data): Promise<ConversationHead> {
    const { principal } = connection;
    const id = data.conversationId ?? (principal.role === 'visitor' ? await ownConversation(principal) : undefined);
    if (typeof id !== 'string') throw badData('conversationId', 'expected the id of a conversation');
    const head = await conversations.head(id);
    // The same answer as for one that does not exist: an id must not tell whether there is such a conversation.
    if (!mayRead(connection, head)) throw new Refusal('not-found', 'There is no such conversation.');
    return head;
  }

  async function ownConversation(principal: VisitorPrincipal): Promise<string> {
    const id = await store.currentConversation(principal.contactId, principal.channelId, '');
    if (id === undefined) throw new Refusal('not-found', 'There is no conversation yet: the first message makes it.');
    return id;
  }

  function sendMessage(connection: Connection, data: Data): Promise<Appended> {
    const clientId = text(data, 'clientId', 128);
    const content = parseContent(data.content);
    const { principal } = connection;
    // The message says that they do not type any more.
    typing.drop(typistOf(connection, data));
    if (principal.role === 'visitor') {
      deps.limits.countMessage(principal.contactId);
      return conversations.fromVisitor({
        contactId: principal.contactId,
        contactName: principal.contactName,
        channelId: principal.channelId,
        clientId,
        content,
        origin: connection,
      });
    }
    return conversations.fromAgent({
      author: { id: principal.agentId, name: principal.name },
      conversationId: text(data, 'conversationId', maxIdLength),
      clientId,
      content,
      private: data.private === true,
      origin: connection,
    });
  }

  function fail(connection: Connection, id: string | undefined, error: unknown): void {
    if (!(error instanceof Refusal)) deps.onDefect(error);
    const { code, message } =
      error instanceof Refusal ? error : { code: 'internal', message: 'Something went wrong on our side: try again.' };
    connections.send(
      connection,
      JSON.stringify({ ...(id === undefined ? {} : { id }), type: 'error', error: { code, message } }),
    );
  }

  async function answer(connection: Connection, id: string, type: ClientFrameType, data: Data): Promise<void> {
    connection.underway += 1;
    const { principal } = connection;
    if (principal.role === 'agent' && doneByPeople.has(type)) deps.presence.active(principal.agentId);
    try {
      if (type === 'message.send') {
        const sent = await sendMessage(connection, data);
        const prev = connection.principal.role === 'visitor' ? sent.previousPublicSeq : sent.seq - 1;
        connections.send(
          connection,
          `{"id":${JSON.stringify(id)},"type":"ack","data":{"message":${sent.messageJson},"prev":${prev},"duplicate":${sent.duplicate}}}`,
        );
      } else {
        const result = await handlers[type](connection, data);
        connections.send(connection, JSON.stringify({ id, type: 'ack', data: result }));
      }
    } catch (error) {
      fail(connection, id, error);
    } finally {
      connection.underway -= 1;
    }
  }

  return {
    receive: (connection, frame) => {
      if (frame.length > frameLimits.softBytes) {
        fail(connection, undefined, new Refusal('frame-too-large', `A frame may have ${frameLimits.softBytes} bytes.`));
        return;
      }
      const request = parseFrame(frame);
      if (request === undefined) {
        fail(connection, undefined, new Refusal('bad-request', 'A frame is a JSON object with id, type and data.'));
        return;
      }
      const { id, type, data } = request;
      if (!Object.hasOwn(handlers, type)) {
        fail(
          connection,
          id,
          new Refusal('bad-request', `type: no such frame: ${type.slice(0, 40)}.`, { field: 'type' }),
        );
        return;
      }
      if (connection.underway >= maxUnderway) {
        fail(connection, id, new Refusal('too-many-requests', 'Too many unanswered frames: wait for their answers.'));
        return;
      }
      void answer(connection, id, type as ClientFrameType, data);
    },
  };
}

function parseFrame(text: string): { id: string; type: string; data: Data } | undefined {
  let frame: unknown;
  try {
    frame = JSON.parse(text);
  } catch {
    return undefined;
  }
  if (typeof frame !== 'object' || frame === null) return undefined;
  const { id, type, data } = frame as Record<string, unknown>;
  if (typeof id !== 'string' || id.length > 64 || typeof type !== 'string') return undefined;
  if (data !== undefined && (typeof data !== 'object' || data === null || Array.isArray(data))) return undefined;
  return { id, type, data: (data ?? {}) as Data };
}

/** What somebody says in passing, and where. */
type Hint = { readonly connection: Connection; readonly data: Data };

/** All windows of one person count as one. A visitor writes in one conversation at a time, whatever they call it. */
function typistOf({ principal }: Connection, data: Data): string {
  return principal.role === 'visitor' ? principal.contactId : `${principal.agentId} ${placeOf(data)}`;
}
function readerOf({ principal }: Connection, data: Data): string {
  return `${principal.role === 'visitor' ? principal.contactId : principal.agentId} ${placeOf(data)}`;
}
/** Whatever a client says there: it is checked when its turn comes. */
function placeOf({ conversationId }: Data): string {
  return typeof conversationId === 'string' ? conversationId.slice(0, maxIdLength) : '';
}

function mayRead(connection: Connection, head: ConversationHead): boolean {
  const { principal } = connection;
  return (
    principal.role === 'agent' || (head.contactId === principal.contactId && head.channelId === principal.channelId)
  );
}

/** Whoever only listens leaves no trace: neither that they write, nor that they have read. */
function isSilent({ principal }: Connection, head: ConversationHead): boolean {
  return principal.role === 'agent' && isListener(head, principal.agentId);
}

function agentOf(connection: Connection): AgentPrincipal {
  if (connection.principal.role === 'agent') return connection.principal;
  throw new Refusal('forbidden', 'Only agents may do this.');
}

function text(data: Data, key: string, maxLength: number): string {
  const value = data[key];
  if (typeof value !== 'string' || value === '' || value.length > maxLength) {
    throw badData(key, `expected text of 1 to ${maxLength} characters`);
  }
  return value;
}

function presenceReason(status: Presence, data: Data): string | null {
  if (data.reason === undefined || data.reason === null) return null;
  const reason = text(data, 'reason', 60).trim();
  if (reason === '') return null;
  if (ourReasons.includes(reason)) throw badData('reason', `${reason} is said by the server alone`);
  if (reason === finishingUp && status !== 'busy') throw badData('reason', `${finishingUp} needs the status busy`);
  return reason;
}

function integer(data: Data, key: string, min: number): number {
  const value = data[key];
  if (typeof value !== 'number' || !Number.isSafeInteger(value) || value < min) {
    throw badData(key, `expected a whole number from ${min}`);
  }
  return value;
}

function badData(field: string, what: string): Refusal {
  return new Refusal('bad-request', `data.${field}: ${what}.`, { field: `data.${field}` });
}
