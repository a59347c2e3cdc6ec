import type { Conversation } from '@parley/sdk/protocol.ts';
import type { ConversationStore } from '../conversation/conversation-store.ts';
import type { Conversations } from '../conversation/conversations.ts';
import type { DomainEvents, EventBus } from '../conversation/event-bus.ts';
import type { Connection } from './connection.ts';
import type { ConnectionManager } from './connection-manager.ts';

/** List entries of conversations that nobody follows are refreshed at most this often. */
const listRefreshMs = 1_000;
/** … and at most this many of them at a time: the newest. */
const maxListRefresh = 100;

/**
 * Passes what was committed on to the screens that should see it. Each event is made into text once for all agents and
 * once for the contact, whatever the number of sockets.
 */
export function startFanOut(deps: {
  bus: EventBus;
  connections: ConnectionManager;
  conversations: Conversations;
  store: Pick<ConversationStore, 'get'>;
  /** Runs after a time; the returned function cancels. */
  after: (ms: number, run: () => void) => () => void;
  onError: (error: unknown) => void;
}): { stop(): void } {
  const { bus, connections, conversations } = deps;
  const stale = new Set<string>();
  let cancelRefresh: (() => void) | undefined;

  function toAgents(head: { id: string; assigneeId: string | null }, frame: string, origin: object | undefined): void {
    if (head.assigneeId !== null) {
      for (const connection of connections.ofAgent(head.assigneeId)) {
        if (connection !== origin) connections.send(connection, frame);
      }
    }
    for (const connection of connections.followersOf(head.id)) {
      if (connection !== origin && !isAssignee(connection, head.assigneeId)) connections.send(connection, frame);
    }
  }

  function toContact(contactId: string, frame: string, origin: object | undefined): void {
    for (const connection of connections.ofContact(contactId)) {
      if (connection !== origin) connections.send(connection, frame);
    }
  }

  function messageCreated(event: DomainEvents['message.created']): void {
    const { head, messageJson, origin } = event;
    const start = `{"type":"event","event":"message.created","data":{"message":${messageJson},"prev":`;
    toAgents(head, `${start}${event.seq - 1}}}`, origin);
    if (!event.private) toContact(head.contactId, `${start}${event.previousPublicSeq}}}`, origin);
    refreshLists(head.id);
  }

  async function messageUpdated(event: DomainEvents['message.updated']): Promise<void> {
    const head = await conversations.head(event.conversationId);
    const frame = `{"type":"event","event":"message.updated","data":{"message":${event.messageJson},"changes":${event.changes}}}`;
    toAgents(head, frame, undefined);
    if (!event.private) toContact(head.contactId, frame, undefined);
  }

  function conversationChanged(event: DomainEvents['conversation.changed']): void {
    const { conversation, previousAssigneeId } = event;
    const frame = frameOf(event.what, conversation);
    for (const connection of connections.agents()) {
      if (concerns(connection, conversation, previousAssigneeId)) connections.send(connection, frame);
    }
    const forContact = frameOf('updated', conversationForContact(conversation));
    toContact(conversation.contact.id, forContact, undefined);
  }

  /** Windows that show a list which holds the conversation get its new entry, gathered. */
  function refreshLists(id: string): void {
    if (!hasListWatchers(connections)) return;
    stale.delete(id);
    stale.add(id);
    cancelRefresh ??= deps.after(listRefreshMs, () => {
      cancelRefresh = undefined;
      sendLists().catch(deps.onError);
    });
  }

  async function sendLists(): Promise<void> {
    const ids = [...stale].slice(-maxListRefresh);
    stale.clear();
    for (const id of ids) {
      const conversation = await deps.store.get(id);
      if (conversation === undefined) continue;
      const frame = frameOf('updated', conversation);
      for (const connection of connections.agents()) {
        const shows = connection.view === 'all' || (connection.view === 'queue' && conversation.status === 'queued');
        if (shows && !isAssignee(connection, conversation.assigneeId)) connections.send(connection, frame);
      }
    }
  }

  const ends = [
    bus.subscribe('message.created', messageCreated),
    bus.subscribe('message.updated', (event) => {
      messageUpdated(event).catch(deps.onError);
    }),
    bus.subscribe('conversation.changed', conversationChanged),
    bus.subscribe('typing', (event) => {
      typing(event).catch(deps.onError);
    }),
    bus.subscribe('read', (event) => {
      read(event).catch(deps.onError);
    }),
    bus.subscribe('presence', (event) => {
      const frame = JSON.stringify({ type: 'event', event: 'presence', data: event });
      for (const connection of connections.agents()) connections.send(connection, frame);
    }),
  ];

  async function typing({ origin, ...data }: DomainEvents['typing']): Promise<void> {
    const head = await conversations.head(data.conversationId);
    const frame = JSON.stringify({ type: 'event', event: 'typing', data });
    if (data.by === 'contact') toAgents(head, frame, origin);
    else {
      toContact(head.contactId, frame, origin);
      toAgents(head, frame, origin);
    }
  }

  async function read({ origin, ...data }: DomainEvents['read']): Promise<void> {
    const head = await conversations.head(data.conversationId);
    const frame = JSON.stringify({ type: 'event', event: 'read', data });
    toAgents(head, frame, origin);
    toContact(head.contactId, frame, origin);
  }

  return {
    stop: () => {
      cancelRefresh?.();
      for (const end of ends) end();
    },
  };
}

function frameOf(what: 'created' | 'updated' | 'assigned', conversation: Conversation): string {
  return `{"type":"event","event":"conversation.${what}","data":{"conversation":${JSON.stringify(conversation)}}}`;
}

function isAssignee(connection: Connection, assigneeId: string | null): boolean {
  return connection.principal.role === 'agent' && connection.principal.agentId === assigneeId;
}

function hasListWatchers(connections: ConnectionManager): boolean {
  for (const connection of connections.agents()) if (connection.view !== 'mine') return true;
  return false;
}

/** Whose lists change: who has it, who had it, who looks at it, and who looks at a list that holds or held it. */
function concerns(connection: Connection, conversation: Conversation, previousAssigneeId: string | null): boolean {
  if (connection.view !== 'mine') return true;
  if (connection.principal.role !== 'agent') return false;
  const { agentId } = connection.principal;
  return (
    agentId === conversation.assigneeId ||
    agentId === previousAssigneeId ||
    connection.follows?.has(conversation.id) === true
  );
}

/** What the contact may know of its conversation: our tags, priorities and notes' counts are our own. */
export function conversationForContact(conversation: Conversation): Conversation {
  const { subject: _, waitingSince: __, ...shown } = conversation;
  return { ...shown, priority: 'normal', tags: [], skillGroupId: null, unread: 0 };
}
