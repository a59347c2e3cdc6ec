import { closeCodes } from '@parley/sdk/protocol.ts';
import type { Connection, Principal } from './connection.ts';

/** A reader that leaves more than this unread is cut off; it comes back and fetches what it missed. */
const maxBufferedBytes = 1024 * 1024;
/** An agent's window follows at most this many conversations beside the assigned ones. */
const maxFollows = 200;

/** Which sockets are open, whose they are and what they follow; and the gathered writing to them. */
export interface ConnectionManager {
  add(connection: Connection): void;
  remove(connection: Connection): void;
  send(connection: Connection, frame: string): void;
  /** The greeting: leaves before anything that was sent to the connection meanwhile. */
  sendFirst(connection: Connection, frame: string): void;
  close(connection: Connection, code: number, reason: string): void;
  ofContact(contactId: string): Iterable<Connection>;
  ofAgent(agentId: string): Iterable<Connection>;
  followersOf(conversationId: string): Iterable<Connection>;
  agents(): Iterable<Connection>;
  /** False when the window already follows as many as it may. */
  follow(connection: Connection, conversationId: string): boolean;
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
}): ConnectionManager {
  const all = new Set<Connection>();
  const agentConnections = new Set<Connection>();
  // Most people have one window: then the connection itself stands in the map, and no set is made for it.
  const byContact = new Map<string, Connection | Set<Connection>>();
  const byAgent = new Map<string, Connection | Set<Connection>>();
  const followers = new Map<string, Set<Connection>>();
  const dirty: Connection[] = [];
  let scheduled = false;
  let slowReadersDropped = 0;

  function schedule(): void {
    if (scheduled) return;
    scheduled = true;
    deps.later(flush);
  }

  function deliver(connection: Connection, frames: readonly string[]): void {
    if (connection.socket.bufferedBytes() > maxBufferedBytes) {
      slowReadersDropped += 1;
      deps.onDrop?.(connection);
      close(connection, closeCodes.slowReader, 'Too slow a reader: reconnect and synchronise.');
      return;
    }
    connection.socket.write(frames);
  }

  function flush(): void {
    scheduled = false;
    const batch = dirty.splice(0);
    for (const connection of batch) {
      const frames = connection.outgoing;
      connection.outgoing = [];
      if (connection.open) deliver(connection, frames);
    }
  }

  function close(connection: Connection, code: number, reason: string): void {
    if (!connection.open) return;
    connection.open = false;
    connection.socket.close(code, reason);
  }

  return {
    add: (connection) => {
      all.add(connection);
      const { principal } = connection;
      if (principal.role === 'visitor') addTo(byContact, principal.contactId, connection);
      else {
        agentConnections.add(connection);
        addTo(byAgent, principal.agentId, connection);
      }
    },
    remove: (connection) => {
      connection.open = false;
      if (!all.delete(connection)) return;
      const { principal } = connection;
      if (principal.role === 'visitor') removeFrom(byContact, principal.contactId, connection);
      else {
        agentConnections.delete(connection);
        removeFrom(byAgent, principal.agentId, connection);
      }
      for (const id of connection.follows ?? []) removeFollower(followers, id, connection);
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
    follow: (connection, conversationId) => {
      connection.follows ??= new Set();
      if (connection.follows.has(conversationId)) return true;
      if (connection.follows.size >= maxFollows) return false;
      connection.follows.add(conversationId);
      let set = followers.get(conversationId);
      if (set === undefined) {
        set = new Set();
        followers.set(conversationId, set);
      }
      set.add(connection);
      return true;
    },
    unfollow: (connection, conversationId) => {
      if (connection.follows?.delete(conversationId) === true) removeFollower(followers, conversationId, connection);
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

function removeFrom(map: Map<string, Connection | Set<Connection>>, key: string, connection: Connection): void {
  const present = map.get(key);
  if (present === connection) map.delete(key);
  else if (present instanceof Set) {
    present.delete(connection);
    if (present.size === 0) map.delete(key);
  }
}

function iterate(present: Connection | Set<Connection> | undefined): Iterable<Connection> {
  if (present === undefined) return none;
  return present instanceof Set ? present : [present];
}

function removeFollower(followers: Map<string, Set<Connection>>, id: string, connection: Connection): void {
  const set = followers.get(id);
  set?.delete(connection);
  if (set?.size === 0) followers.delete(id);
}
