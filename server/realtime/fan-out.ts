import type { Conversation, Participant } from '@parley/sdk/protocol.ts';
import type { Broadcast } from '../conversation/broadcast.ts';
import type { ConversationStore } from '../conversation/conversation-store.ts';
import type { Conversations } from '../conversation/conversations.ts';
import type { DomainEvents, EventBus } from '../conversation/event-bus.ts';
import { presentIn } from '../conversation/participants.ts';
import type { Connection } from './connection.ts';
import {
  agentTopic,
  type ConnectionManager,
  contactTopic,
  followersTopic,
  type Interest,
  listsTopic,
} from './connection-manager.ts';

/** List entries of conversations that nobody follows are refreshed at most this often. */
const listRefreshMs = 1_000;
/** … and at most this many of them at a time: the newest. */
const maxListRefresh = 100;
/** All processes with such windows hear of all of them on one topic, so what is said there is gathered, too. */
const listTellMs = 200;
/** Of how many other agents a window is told in a second: each tells of everybody, and all of them to all would be too much. */
export const maxPresences = 20;
const presenceMs = 1_000;
/** So many alerts in a second are told one by one to those who only watch; of more they are told the number. */
const maxAlerts = 20;
const alertsMs = 1_000;

/** Which windows of a topic a frame is for. */
type Audience =
  /** All of them. */
  | 'everyone'
  /** Those whose list is their own: who looks at everybody's gets the same frame as a watcher of lists. */
  | 'own-list';

/**
 * Passes what was committed on to the screens that should see it, here and in the other processes. Each event is made
 * into text once for all agents and once for the contact, whatever the number of sockets and of processes; it travels to
 * those processes only where somebody has a window that shows it.
 */
export function startFanOut(deps: {
  bus: EventBus;
  broadcast: Broadcast;
  connections: ConnectionManager;
  conversations: Pick<Conversations, 'recentHead'>;
  store: Pick<ConversationStore, 'get' | 'getAll'>;
  /** Whether contacts of the channel have windows of ours, rather than a platform's. */
  hasWindows: (channelId: string) => boolean;
  /** Runs after a time; the returned function cancels. */
  after: (ms: number, run: () => void) => () => void;
  onError: (error: unknown) => void;
}): { stop(): void } {
  const { bus, broadcast, connections, conversations } = deps;
  const stale = new Set<string>();
  let cancelRefresh: (() => void) | undefined;
  const untold = new Set<string>();
  let cancelTelling: (() => void) | undefined;
  const unshown = new Map<string, DomainEvents['presence']>();
  let presencesLeft = maxPresences;
  let cancelShowing: (() => void) | undefined;
  let alertsLeft = maxAlerts;
  let untoldAlerts = 0;
  const leftOut = new Set<string>();
  let cancelAlerts: (() => void) | undefined;

  function toAgent(agentId: string, frame: string, audience: Audience, origin?: object): void {
    deliver(connections.ofAgent(agentId), frame, (one) => one !== origin && isFor(one, audience));
    broadcast.publish(agentTopic(agentId), `${audience}\n${frame}`);
  }

  /** To those who have it open. Agents who get it anyway are left out. */
  function toFollowers(id: string, frame: string, audience: Audience, without: Without, origin?: object): void {
    deliverToFollowers(id, frame, audience, without, origin);
    broadcast.publish(followersTopic(id), `${audience}\n${without.join(',')}\n${frame}`);
  }
  function deliverToFollowers(id: string, frame: string, audience: Audience, without: Without, origin?: object): void {
    const others = (one: Connection) => one !== origin && isFor(one, audience) && !isOneOf(one, without);
    deliver(connections.followersOf(id), frame, others);
  }

  function toContact(contactId: string, frame: string, origin?: object): void {
    deliver(connections.ofContact(contactId), frame, (one) => one !== origin);
    broadcast.publish(contactTopic(contactId), frame);
  }

  function deliver(to: Iterable<Connection>, frame: string, which: (connection: Connection) => boolean): void {
    for (const connection of to) if (which(connection)) connections.send(connection, frame);
  }

  /** Who has it, who takes part, and who has it open. */
  function toAgents(head: Watched, frame: string, origin?: object): void {
    const agentIds = [...(head.assigneeId === null ? [] : [head.assigneeId]), ...presentIn(head)];
    for (const agentId of agentIds) toAgent(agentId, frame, 'everyone', origin);
    toFollowers(head.id, frame, 'everyone', agentIds, origin);
  }

  function messageCreated(event: DomainEvents['message.created']): void {
    const { head, messageJson, origin } = event;
    const start = `{"type":"event","event":"message.created","data":{"message":${messageJson},"prev":`;
    toAgents(head, `${start}${event.seq - 1}}}`, origin);
    if (!event.private && deps.hasWindows(head.channelId)) {
      toContact(head.contactId, `${start}${event.previousPublicSeq}}}`, origin);
    }
    touchLists(head.id);
    tellTouched(head.id);
  }

  async function messageUpdated(event: DomainEvents['message.updated']): Promise<void> {
    const head = await conversations.recentHead(event.conversationId);
    const frame = `{"type":"event","event":"message.updated","data":{"message":${event.messageJson},"changes":${event.changes}}}`;
    toAgents(head, frame);
    if (!event.private && deps.hasWindows(head.channelId)) toContact(head.contactId, frame);
  }

  /**
   * Who looks at everybody's conversations sees every change; who looks at its own, the changes of what it has, had, or
   * has open.
   */
  function conversationChanged(event: DomainEvents['conversation.changed']): void {
    const { conversation, previousAssigneeId, participantsBefore = [] } = event;
    const { assigneeId, participants = [] } = conversation;
    const frame = frameOf(event.what, conversation);
    deliverToLists(frame);
    broadcast.publish(listsTopic, `changed\n${frame}`);
    const beside = [...participants, ...participantsBefore].map(({ agentId }) => agentId);
    const concerned = [...new Set([assigneeId, previousAssigneeId, ...beside])];
    for (const agentId of concerned) if (agentId !== null) toAgent(agentId, frame, 'own-list');
    toFollowers(conversation.id, frame, 'own-list', concerned);
    if (event.isInternal !== true && deps.hasWindows(conversation.channelId)) {
      toContact(conversation.contact.id, frameOf('updated', conversationForContact(conversation)));
    }
  }

  function deliverToLists(frame: string): void {
    for (const connection of connections.listWatchers()) connections.send(connection, frame);
  }

  /** Windows that show a list which holds the conversation get its new entry, gathered. */
  function touchLists(id: string): void {
    const [anybody] = connections.listWatchers();
    if (anybody === undefined) return;
    stale.delete(id);
    stale.add(id);
    cancelRefresh ??= deps.after(listRefreshMs, () => {
      cancelRefresh = undefined;
      refreshLists().catch(deps.onError);
    });
  }

  function tellTouched(id: string): void {
    untold.delete(id);
    untold.add(id);
    cancelTelling ??= deps.after(listTellMs, () => {
      cancelTelling = undefined;
      broadcast.publish(listsTopic, `touched\n${[...untold].slice(-maxListRefresh).join(',')}`);
      untold.clear();
    });
  }

  async function refreshLists(): Promise<void> {
    const ids = [...stale].slice(-maxListRefresh);
    stale.clear();
    for (const id of ids) {
      const conversation = await deps.store.get(id);
      if (conversation === undefined) continue;
      const frame = frameOf('updated', conversation);
      for (const connection of connections.listWatchers()) {
        const shows = connection.view === 'all' || conversation.status === 'queued';
        if (shows && !isOneOf(connection, [conversation.assigneeId])) connections.send(connection, frame);
      }
    }
  }

  async function typing({ origin, ...data }: DomainEvents['typing']): Promise<void> {
    const head = await conversations.recentHead(data.conversationId);
    const frame = JSON.stringify({ type: 'event', event: 'typing', data });
    if (data.by !== 'contact' && deps.hasWindows(head.channelId)) toContact(head.contactId, frame, origin);
    toAgents(head, frame, origin);
  }

  async function read({ origin, ...data }: DomainEvents['read']): Promise<void> {
    const head = await conversations.recentHead(data.conversationId);
    const frame = JSON.stringify({ type: 'event', event: 'read', data });
    toAgents(head, frame, origin);
    if (deps.hasWindows(head.channelId)) toContact(head.contactId, frame, origin);
  }

  /** The agents' business alone. */
  async function intentLabelled(data: DomainEvents['intent-label.changed']): Promise<void> {
    const head = await conversations.recentHead(data.conversationId);
    toAgents(head, JSON.stringify({ type: 'event', event: 'intent-label.changed', data }));
  }

  /** Lists are refreshed as they are after a message: many conversations are answered each second. */
  async function showClocks(ids: readonly string[]): Promise<void> {
    for (const conversation of await deps.store.getAll(ids)) {
      toAgents(conversation, frameOf('updated', conversation));
      touchLists(conversation.id);
      tellTouched(conversation.id);
    }
  }

  /** Whoever has a conversation has few; those who watch over all of them are told of many by their number. */
  function tellAlert({ event, alert, ownerId, toAct, others }: DomainEvents['sla.alert']): void {
    const frame = (isToAct: boolean) =>
      JSON.stringify({ type: 'event', event, data: { alert: { ...alert, toAct: isToAct } } });
    if (ownerId !== null) toAgent(ownerId, frame(true), 'everyone');
    if (alertsLeft === 0) {
      untoldAlerts += 1;
      for (const agentId of [...toAct, ...others]) leftOut.add(agentId);
      return;
    }
    alertsLeft -= 1;
    for (const agentId of toAct) toAgent(agentId, frame(true), 'everyone');
    for (const agentId of others) toAgent(agentId, frame(false), 'everyone');
    cancelAlerts ??= deps.after(alertsMs, tellMore);
  }

  function tellMore(): void {
    cancelAlerts = undefined;
    alertsLeft = maxAlerts;
    const more = JSON.stringify({ type: 'event', event: 'sla.more', data: { count: untoldAlerts } });
    for (const agentId of untoldAlerts === 0 ? [] : leftOut) toAgent(agentId, more, 'everyone');
    untoldAlerts = 0;
    leftOut.clear();
  }

  /** At once where few change; what waits is told as it is when its turn comes. */
  function showPresence(event: DomainEvents['presence']): void {
    if (presencesLeft === 0) {
      unshown.set(event.agentId, event);
      return;
    }
    presencesLeft -= 1;
    const frame = JSON.stringify({ type: 'event', event: 'presence', data: event });
    for (const connection of connections.agents()) connections.send(connection, frame);
    cancelShowing ??= deps.after(presenceMs, () => {
      cancelShowing = undefined;
      presencesLeft = maxPresences;
      for (const [agentId, next] of [...unshown].slice(0, maxPresences)) {
        unshown.delete(agentId);
        showPresence(next);
      }
    });
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
    bus.subscribe('intent-label.changed', (event) => {
      intentLabelled(event).catch(deps.onError);
    }),
    bus.subscribe('presence', showPresence),
    bus.subscribe('offer', ({ agentId, what }) => {
      toAgent(agentId, JSON.stringify({ type: 'event', ...what }), 'everyone');
    }),
    bus.subscribe('team', ({ agentId, what }) => {
      toAgent(agentId, JSON.stringify({ type: 'event', ...what }), 'everyone');
    }),
    bus.subscribe('clocks.changed', ({ conversationIds }) => {
      showClocks(conversationIds).catch(deps.onError);
    }),
    bus.subscribe('sla.alert', tellAlert),
    // As rare as what people do, and of use to every agent: the others hear of it as we do.
    bus.subscribe('call-back.changed', (data) => {
      const frame = JSON.stringify({ type: 'event', event: 'call-back.changed', data });
      for (const connection of connections.agents()) connections.send(connection, frame);
    }),
    bus.subscribe('heard', ({ topic, payload }) => heard(topic, payload)),
  ];

  /** What another process said of a topic that somebody here wants to see. */
  function heard(topic: string, payload: string): void {
    const [kind = '', id = ''] = cut(topic, ':');
    if (kind === 'contact') {
      deliver(connections.ofContact(id), payload, () => true);
      return;
    }
    const [first = '', rest = ''] = cut(payload, '\n');
    if (topic === listsTopic) {
      if (first !== 'touched') deliverToLists(rest);
      else for (const each of rest.split(',')) touchLists(each);
    } else if (kind === 'agent') {
      deliver(connections.ofAgent(id), rest, (one) => isFor(one, first as Audience));
    } else {
      const [without = '', frame = ''] = cut(rest, '\n');
      deliverToFollowers(id, frame, first as Audience, without.split(','));
    }
  }

  return {
    stop: () => {
      cancelRefresh?.();
      cancelTelling?.();
      cancelShowing?.();
      cancelAlerts?.();
      for (const end of ends) end();
    },
  };
}

/** What the windows here want to see is asked of the other processes, and published on our bus when it comes. */
export function interestIn(broadcast: Broadcast, bus: Pick<EventBus, 'publish'>): Interest {
  const subscriptions = new Map<string, ReturnType<Broadcast['subscribe']>>();
  return {
    begin: (topic) => {
      let subscription = subscriptions.get(topic);
      if (subscription === undefined) {
        subscription = broadcast.subscribe(topic, (payload) => bus.publish('heard', { topic, payload }));
        subscriptions.set(topic, subscription);
      }
      return subscription.ready;
    },
    end: (topic) => {
      subscriptions.get(topic)?.end();
      subscriptions.delete(topic);
    },
  };
}

type Watched = {
  readonly id: string;
  readonly assigneeId: string | null;
  readonly participants?: readonly Participant[];
};

/** Agents by id; null where there is none. */
type Without = readonly (string | null)[];

function cut(text: string, at: string): [string, string] {
  const index = text.indexOf(at);
  return index < 0 ? [text, ''] : [text.slice(0, index), text.slice(index + 1)];
}

function frameOf(what: 'created' | 'updated' | 'assigned', conversation: Conversation): string {
  return `{"type":"event","event":"conversation.${what}","data":{"conversation":${JSON.stringify(conversation)}}}`;
}

function isFor(connection: Connection, audience: Audience): boolean {
  return audience === 'everyone' || connection.view === 'mine';
}

function isOneOf({ principal }: Connection, agentIds: Without): boolean {
  return principal.role === 'agent' && agentIds.includes(principal.agentId);
}

/** What the contact may know of its conversation: our tags, priorities, notes' counts and who helps are our own. */
export function conversationForContact(conversation: Conversation): Conversation {
  const { subject: _, waitingSince: __, snoozedUntil: ___, participants: ____, sla: _____, ...rest } = conversation;
  const { abandonedAt: ______, ...shown } = rest;
  const { vip: _______, ...contact } = conversation.contact;
  const status = shown.status === 'snoozed' ? 'agent' : shown.status;
  return { ...shown, contact, status, priority: 'normal', tags: [], skillGroupId: null, unread: 0 };
}
