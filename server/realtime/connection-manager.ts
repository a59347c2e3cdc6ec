import { closeCodes } from '@parley/sdk/protocol.ts';
import type { Connection, Principal } from './connection.ts';

/** A reader that leaves more than this unread is cut off; it comes back and fetches what it missed. */
const maxBufferedBytes = 1024 * 1024;
/** What all readers together may leave unread: where more lag at once than fit in it, who lags longest is cut off … */
const maxBufferedBytesOfAll = 64 * maxBufferedBytes;
/** … of those who leave more than this, as a healthy reader does for a moment only. */
const laggingFromBytes = 64 * 1024;
/** An agent's window follows at most this many conversations beside the assigned ones. */
const maxFollows = 200;

/** The topic of what the windows of one contact see. */
export const contactTopic = (contactId: string): string => `contact:${contactId}`;
/** … of one agent, … */
export const agentTopic = (agentId: string): string => `agent:${agentId}`;
/** … of those who have a conversation open that is not assigned to them, … */
export const followersTopic = (conversationId: string): string => `conversation:${conversationId}`;
/** … and of those who look at a list of everybody's conversations. */
export const listsTopic = 'lists';

/** Told when the first window here wants to see a topic, and when the last one has gone. */
export interface Interest {
  /** Resolves when what other processes say of the topic arrives here; undefined where there are none. */
  begin(topic: string): Promise<void> | undefined;
  end(topic: string): void;
}

/** Which sockets are open, whose they are and what they follow; and the gathered writing to them. */
export interface ConnectionManager {
  /** Reachable by this process at once; by the others when the promise, if there is one, has resolved. */
  add(connection: Connection): Promise<void> | undefined;
  remove(connection: Connection): void;
  send(connection: Connection, frame: string): void;
  /** The greeting: leaves before anything that was sent to the connection meanwhile. */
  sendFirst(connection: Connection, frame: string): void;
  close(connection: Connection, code: number, reason: string): void;
  ofContact(contactId: string): Iterable<Connection>;
  ofAgent(agentId: string): Iterable<Connection>;
  followersOf(conversationId: string): Iterable<Connection>;
  agents(): Iterable<Connection>;
  /** Windows that show a list of everybody's conversations. */
  listWatchers(): Iterable<Connection>;
  /** The list on the agent's screen is another one now. */
  watch(connection: Connection, view: Connection['view']): Promise<void> | undefined;
  /** False when the window already follows as many as it may; a promise where other processes have to be told. */
  follow(connection: Connection, conversationId: string): boolean | Promise<boolean>;
  unfollow(connection: Connection, conversationId: string): void;
  closeWhere(which: (principal: Principal) => boolean, code: number, reason: string): void;
  /** Closes sockets whose clients have not been heard of since. */
  closeSilent(since: number): void;
  counts(): { visitors: number; agents: number };
  /** Writes at once what was gathered (tests flush by hand; a shutdown before it closes). */
  flush(): void;
  readonly slowReadersDropped: number;
}

/** Frames kept for a connection that has not been greeted. */
const maxHeld = 1_000;

const none: ReadonlySet<Connection> = new Set();

export function createConnectionManager(deps: {
  /** Runs once at the end of the event loop's turn. */
  later: (run: () => void) => void;
  onDrop?: (connection: Connection) => void;
  /** Absent in a process that is alone. */
  interest?: Interest;
}): ConnectionManager {
  const { interest } = deps;
  const all = new Set<Connection>();
  const agentConnections = new Set<Connection>();
  const listWatchers = new Set<Connection>();
  // Most people have one window: then the connection itself stands in the map, and no set is made for it.
  const byContact = new Map<string, Connection | Set<Connection>>();
  const byAgent = new Map<string, Connection | Set<Connection>>();
  const followers = new Map<string, Set<Connection>>();
  const dirty: Connection[] = [];
  let scheduled = false;
  /** Readers that left much unread when they were last written to, those that do so longest first. */
  const lagging = new Set<Connection>();
  let slowReadersDropped = 0;

  function schedule(): void {
    if (scheduled) return;
    scheduled = true;
    deps.later(flush);
  }

  function deliver(connection: Connection, frames: readonly string[]): void {
    const bytes = connection.socket.bufferedBytes();
    if (bytes <= laggingFromBytes) lagging.delete(connection);
    else lagging.add(connection);
    if (bytes > maxBufferedBytes) cutOff(connection);
    else connection.socket.write(frames);
  }

  function cutOff(connection: Connection): void {
    slowReadersDropped += 1;
    deps.onDrop?.(connection);
    close(connection, closeCodes.slowReader, 'Too slow a reader: reconnect and synchronise.');
  }

  function cutOffLongest(): void {
    let sum = 0;
    for (const each of lagging) {
      const bytes = each.socket.bufferedBytes();
      if (bytes <= laggingFromBytes) lagging.delete(each);
      else sum += bytes;
    }
    for (const each of lagging) {
      if (sum <= maxBufferedBytesOfAll) return;
      sum -= each.socket.bufferedBytes();
      cutOff(each);
    }
  }

  function flush(): void {
    scheduled = false;
    const batch = dirty.splice(0);
    for (const connection of batch) {
      const frames = connection.outgoing;
      connection.outgoing = [];
      if (connection.open) deliver(connection, frames);
    }
    if (lagging.size * maxBufferedBytes > maxBufferedBytesOfAll) cutOffLongest();
  }

  function close(connection: Connection, code: number, reason: string): void {
    if (!connection.open) return;
    connection.open = false;
    lagging.delete(connection);
    connection.socket.close(code, reason);
  }

  function stopFollowing(id: string, connection: Connection): void {
    const set = followers.get(id);
    if (set?.delete(connection) !== true || set.size > 0) return;
    followers.delete(id);
    interest?.end(followersTopic(id));
  }

  function watch(connection: Connection, view: Connection['view']): Promise<void> | undefined {
    connection.view = view;
    if (view !== 'mine') {
      listWatchers.add(connection);
      // Asked for each window: the first one's wish may still be on its way.
      return interest?.begin(listsTopic);
    }
    stopWatching(connection);
    return undefined;
  }

  function stopWatching(connection: Connection): void {
    if (listWatchers.delete(connection) && listWatchers.size === 0) interest?.end(listsTopic);
  }

  return {
    add: (connection) => {
      all.add(connection);
      const { principal } = connection;
      if (principal.role === 'visitor') {
        addTo(byContact, principal.contactId, connection);
        return interest?.begin(contactTopic(principal.contactId));
      }
      agentConnections.add(connection);
      addTo(byAgent, principal.agentId, connection);
      const lists = watch(connection, connection.view);
      const own = interest?.begin(agentTopic(principal.agentId));
      return own === undefined ? lists : Promise.all([own, lists]).then(() => undefined);
    },
    remove: (connection) => {
      connection.open = false;
      lagging.delete(connection);
      if (!all.delete(connection)) return;
      const { principal } = connection;
      if (principal.role === 'visitor') {
        if (removeFrom(byContact, principal.contactId, connection)) interest?.end(contactTopic(principal.contactId));
      } else {
        agentConnections.delete(connection);
        stopWatching(connection);
        if (removeFrom(byAgent, principal.agentId, connection)) interest?.end(agentTopic(principal.agentId));
      }
      for (const id of connection.follows ?? []) stopFollowing(id, connection);
      connection.follows = undefined;
    },
    send: (connection, frame) => {
      if (!connection.open) return;
      if (!connection.greeted) {
        // Held until the greeting has left; a client that is not greeted in time has bigger worries than a frame.
        connection.held ??= [];
        if (connection.held.length < maxHeld) connection.held.push(frame);
        else close(connection, closeCodes.slowReader, 'Too much happened before the greeting: reconnect.');
        return;
      }
      if (connection.outgoing.push(frame) === 1) dirty.push(connection);
      schedule();
    },
    sendFirst: (connection, frame) => {
      connection.greeted = true;
      if (!connection.open) return;
      const frames = [frame, ...(connection.held ?? [])];
      connection.held = undefined;
      deliver(connection, frames);
    },
    close,
    ofContact: (contactId) => iterate(byContact.get(contactId)),
    ofAgent: (agentId) => iterate(byAgent.get(agentId)),
    followersOf: (conversationId) => followers.get(conversationId) ?? none,
    agents: () => agentConnections,
    listWatchers: () => listWatchers,
    watch,
    follow: (connection, conversationId) => {
      connection.follows ??= new Set();
      if (!connection.follows.has(conversationId) && connection.follows.size >= maxFollows) return false;
      connection.follows.add(conversationId);
      let set = followers.get(conversationId);
      if (set === undefined) {
        set = new Set();
        followers.set(conversationId, set);
      }
      set.add(connection);
      return interest?.begin(followersTopic(conversationId))?.then(() => true) ?? true;
    },
    unfollow: (connection, conversationId) => {
      if (connection.follows?.delete(conversationId) === true) stopFollowing(conversationId, connection);
    },
    closeWhere: (which, code, reason) => {
      for (const connection of all) if (which(connection.principal)) close(connection, code, reason);
    },
    closeSilent: (since) => {
      for (const connection of all)
        if (connection.heardAt < since) close(connection, 1001, 'Nothing was heard of the client.');
    },
    counts: () => ({ visitors: all.size - agentConnections.size, agents: agentConnections.size }),
    flush,
    get slowReadersDropped() {
      return slowReadersDropped;
    },
  };
}

function addTo(map: Map<string, Connection | Set<Connection>>, key: string, connection: Connection): void {
  const present = map.get(key);
  if (present === undefined) map.set(key, connection);
  else if (present instanceof Set) present.add(connection);
  else map.set(key, new Set([present, connection]));
}

/** True when nobody is left under the key. */
function removeFrom(map: Map<string, Connection | Set<Connection>>, key: string, connection: Connection): boolean {
  const present = map.get(key);
  if (present === connection) return map.delete(key);
  if (!(present instanceof Set)) return false;
  present.delete(connection);
  return present.size === 0 && map.delete(key);
}

function iterate(present: Connection | Set<Connection> | undefined): Iterable<Connection> {
  if (present === undefined) return none;
  return present instanceof Set ? present : [present];
}
