import type {
  Acks,
  ClientFrame,
  Content,
  Conversation,
  EventFrame,
  Message,
  MessageState,
  Position,
  Sender,
  ServerFrame,
  SyncAck,
} from '../protocol.ts';
import { closeCodes } from '../protocol.ts';
import type { Endpoint, ServerSocket, ServerUnderTest } from './server-under-test.ts';
import { refusedText, textOf } from './server-under-test.ts';

type Role = 'visitor' | 'agent';
type Stored = {
  id: string;
  contact: string;
  messages: Message[];
  /** The seq that each change was of: change number n is entry n - 1. */
  changeLog: number[];
  contactReadSeq: number;
  agentReadSeq: number;
  version: number;
};
type Socket = Endpoint & { role: Role; token: string; follows: Set<string>; open: boolean };

export type ModelOptions = {
  now?: () => number;
  heartbeatMs?: number;
  /** Whether a visitor's position counts entries that the visitor may not see: both are right, so both are tried. */
  visitorHeads?: 'public' | 'all';
  /** Whether a visitor's sockets hear of a conversation that begins; if not, they learn of it otherwise. */
  announces?: boolean;
  /** How many changed messages one `sync` answers at most. */
  maxUpdated?: number;
};

/** The protocol in its plainest form, in memory and at once. Its code is the specification that clients are held to. */
export interface ModelServer extends ServerUnderTest {
  /** Frames that were received, newest last. */
  readonly received: readonly ClientFrame[];
  /** A conversation that begins with an agent or on another channel. Answers its id. */
  begin(contact: string): string;
  /** Stops answering the frames of this kind: they are taken and lost. */
  ignore(type: ClientFrame['type'] | undefined): void;
}

export function createModelServer(options: ModelOptions = {}): ModelServer {
  const { now = () => 0, heartbeatMs = 25_000, visitorHeads = 'public', maxUpdated = 20, announces = true } = options;
  const conversations = new Map<string, Stored>();
  const current = new Map<string, string>();
  const sockets = new Set<Socket>();
  const received: ClientFrame[] = [];
  const refusals = new Map<string, string>();
  let ignored: ClientFrame['type'] | undefined;
  let generation = 1;
  let lastConversation = 0;

  const visible = (role: Role, stored: Stored) =>
    role === 'agent' ? stored.messages : stored.messages.filter((message) => !message.private);
  const byId = (id: string) => {
    const stored = conversations.get(id);
    if (stored === undefined) throw new Refused('not-found');
    return stored;
  };
  function head(role: Role, stored: Stored): Position {
    const list = visitorHeads === 'all' ? stored.messages : visible(role, stored);
    return { seq: list.at(-1)?.seq ?? 0, changes: stored.changeLog.length };
  }
  function previous(role: Role, stored: Stored, seq: number): number {
    return visible(role, stored).findLast((message) => message.seq < seq)?.seq ?? 0;
  }
  function send(socket: Socket, frame: ServerFrame): void {
    if (socket.open) socket.send(JSON.stringify(frame));
  }
  function canRead(socket: Socket, stored: Stored): boolean {
    return socket.role === 'agent' || socket.token === stored.contact;
  }
  function publish(stored: Stored, make: (role: Role) => EventFrame | undefined, except?: Socket): void {
    for (const socket of sockets) {
      if (socket === except || !canRead(socket, stored) || !socket.follows.has(stored.id)) continue;
      const frame = make(socket.role);
      if (frame !== undefined) send(socket, frame);
    }
  }

  function begin(contact: string): string {
    const id = `${generation}${String(++lastConversation).padStart(3, '0')}`;
    const stored = { id, contact, messages: [], changeLog: [], contactReadSeq: 0, agentReadSeq: 0, version: 0 };
    conversations.set(id, stored);
    current.set(contact, id);
    for (const socket of sockets)
      if (canRead(socket, stored) && (announces || socket.role === 'agent'))
        send(socket, { type: 'event', event: 'conversation.created', data: { conversation: shown(stored) } });
    return id;
  }
  function shown(stored: Stored): Conversation {
    return {
      id: stored.id,
      channelId: 'web',
      channelType: 'web',
      contact: { id: stored.contact, name: stored.contact },
      status: 'agent',
      ownerEpoch: 0,
      assigneeId: null,
      skillGroupId: null,
      priority: 'normal',
      tags: [],
      lastSeq: stored.messages.length,
      changes: stored.changeLog.length,
      contactReadSeq: stored.contactReadSeq,
      agentReadSeq: stored.agentReadSeq,
      unread: 0,
      createdAt: 0,
      updatedAt: stored.version,
    };
  }
  function asShown(stored: Stored, message: Message): Message {
    const arrived = message.state === 'sent' || message.state === 'delivered';
    const seen = arrived && message.direction === 'out' && message.seq <= stored.contactReadSeq;
    return seen ? { ...message, state: 'read' } : message;
  }
  function store(
    stored: Stored,
    entry: { content: Content; private: boolean; direction: 'in' | 'out'; sender: Sender; clientId?: string },
    except?: Socket,
  ): Message {
    const seq = stored.messages.length + 1;
    const message: Message = {
      id: `${stored.id}.${seq}`,
      conversationId: stored.id,
      seq,
      ...entry,
      state: entry.direction === 'in' ? 'received' : 'queued',
      createdAt: now(),
    };
    stored.messages.push(message);
    publish(
      stored,
      (role) =>
        role === 'visitor' && message.private
          ? undefined
          : { type: 'event', event: 'message.created', data: { message, prev: previous(role, stored, seq) } },
      except,
    );
    return message;
  }

  function take<T extends ClientFrame['type']>(socket: Socket, type: T, data: unknown): Acks[T] {
    const handlers: { [K in ClientFrame['type']]: (data: never) => Acks[K] } = {
      'message.send': (frame: FrameOf<'message.send'>) => accept(socket, frame),
      sync: (frame: FrameOf<'sync'>) => synchronise(socket, frame),
      heartbeat: (frame: FrameOf<'heartbeat'>) => ({ now: now(), heads: headsFor(socket, frame.have) }),
      read: (frame: FrameOf<'read'>) => markRead(socket, frame),
      unfollow: ({ conversationId }: FrameOf<'unfollow'>) => {
        socket.follows.delete(conversationId);
        return {};
      },
      typing: (frame: FrameOf<'typing'>) => showTyping(socket, frame),
      presence: ({ status }: FrameOf<'presence'>) => ({ status }),
      activity: () => ({}),
      watch: () => ({}),
    };
    return handlers[type](data as never);
  }

  function accept(socket: Socket, frame: FrameOf<'message.send'>): Acks['message.send'] {
    if (textOf(frame.content) === refusedText) throw new Refused('content-invalid');
    const id = frame.conversationId ?? current.get(socket.token) ?? begin(socket.token);
    const stored = byId(id);
    if (!canRead(socket, stored)) throw new Refused('forbidden');
    const known = stored.messages.find((message) => message.clientId === frame.clientId);
    const message =
      known ??
      store(
        stored,
        {
          content: frame.content,
          private: socket.role === 'agent' && frame.private === true,
          clientId: frame.clientId,
          ...(socket.role === 'agent'
            ? { direction: 'out', sender: { type: 'agent', id: socket.token } }
            : { direction: 'in', sender: { type: 'contact', id: socket.token } }),
        },
        socket,
      );
    const prev = previous(socket.role, stored, message.seq);
    return { message: asShown(stored, message), prev, duplicate: known !== undefined };
  }

  function synchronise(socket: Socket, frame: FrameOf<'sync'>): SyncAck {
    const stored = byId(frame.conversationId ?? current.get(socket.token) ?? '');
    if (!canRead(socket, stored)) throw new Refused('forbidden');
    if (frame.epoch !== epoch()) throw new Refused('conflict');
    socket.follows.add(stored.id);
    const { limit = 50, after, changes = stored.changeLog.length } = frame;
    const all = visible(socket.role, stored);
    const following = after < 0 ? all.slice(-limit) : all.filter((message) => message.seq > after);
    const messages = following.slice(0, limit);
    const upTo = Math.min(stored.changeLog.length, changes + maxUpdated);
    const changed = new Set(stored.changeLog.slice(changes, upTo));
    const more = following.length > limit || upTo < stored.changeLog.length;
    const seq = following.length > limit ? (messages.at(-1)?.seq ?? 0) : head(socket.role, stored).seq;
    return {
      conversation: shown(stored),
      messages: messages.map((message) => asShown(stored, message)),
      updated: all
        .filter((message) => message.seq <= after && changed.has(message.seq))
        .map((message) => asShown(stored, message)),
      position: { seq: Math.max(seq, after), changes: upTo },
      more,
    };
  }

  function headsFor(socket: Socket, have: Record<string, Position>): Record<string, Position> {
    const heads: Record<string, Position> = {};
    const own = socket.role === 'visitor' ? current.get(socket.token) : undefined;
    for (const id of new Set([...Object.keys(have), ...(own === undefined ? [] : [own])])) {
      const stored = conversations.get(id);
      if (stored === undefined || !canRead(socket, stored)) continue;
      const mine = head(socket.role, stored);
      if (mine.seq !== have[id]?.seq || mine.changes !== have[id]?.changes) heads[id] = mine;
    }
    return heads;
  }

  function markRead(socket: Socket, frame: FrameOf<'read'>): Record<string, never> {
    const stored = byId(frame.conversationId ?? current.get(socket.token) ?? '');
    const by = socket.role === 'agent' ? 'agent' : 'contact';
    const field = by === 'agent' ? 'agentReadSeq' : 'contactReadSeq';
    if (frame.seq <= stored[field]) return {};
    stored[field] = frame.seq;
    stored.version++;
    const data = { conversationId: stored.id, by, seq: frame.seq } as const;
    publish(stored, () => ({ type: 'event', event: 'read', data }), socket);
    return {};
  }

  function showTyping(socket: Socket, frame: FrameOf<'typing'>): Record<string, never> {
    const stored = byId(frame.conversationId ?? current.get(socket.token) ?? '');
    const by = socket.role === 'agent' ? 'agent' : 'contact';
    const data = { conversationId: stored.id, by, on: frame.on } as const;
    publish(stored, () => ({ type: 'event', event: 'typing', data }), socket);
    return {};
  }

  function receive(socket: Socket, text: string): void {
    const frame = JSON.parse(text) as ClientFrame;
    received.push(frame);
    if (frame.type === ignored) return;
    try {
      const code = refusals.get(frame.type);
      refusals.delete(frame.type);
      if (code !== undefined) throw new Refused(code);
      send(socket, { id: frame.id, type: 'ack', data: take(socket, frame.type, frame.data) });
    } catch (error) {
      if (!(error instanceof Refused)) throw error;
      send(socket, { id: frame.id, type: 'error', error: { code: error.code, message: `refused: ${error.code}` } });
    }
  }

  const epoch = () => `epoch-${generation}`;
  function closeAll(code: number): void {
    for (const socket of [...sockets]) {
      sockets.delete(socket);
      socket.open = false;
      socket.close(code, '');
    }
  }

  return {
    get epoch() {
      return epoch();
    },
    received,
    begin,
    ignore(type) {
      ignored = type;
    },
    connect(role, token, endpoint): ServerSocket {
      const socket: Socket = { ...endpoint, role, token, follows: new Set(), open: true };
      sockets.add(socket);
      const hello = { epoch: epoch(), now: now(), heartbeatMs, role };
      const conversationId = current.get(token) ?? null;
      send(socket, { type: 'hello', data: role === 'visitor' ? { ...hello, conversationId } : hello });
      return {
        receive: (text) => {
          if (socket.open) receive(socket, text);
        },
        closed: () => {
          socket.open = false;
          sockets.delete(socket);
        },
      };
    },
    settle: async () => {},
    conversations: async () => [...conversations.keys()],
    async append(id, entry) {
      const content = { type: 'text', text: entry.text } as const;
      store(byId(id), { content, private: entry.private, direction: 'out', sender: { type: 'bot' } });
    },
    async change(id, seq, state: MessageState) {
      const stored = byId(id);
      const message = stored.messages[seq - 1];
      if (message === undefined) return;
      const changed = { ...message, state };
      stored.messages[seq - 1] = changed;
      stored.changeLog.push(seq);
      const data = { message: asShown(stored, changed), changes: stored.changeLog.length };
      publish(stored, (role) =>
        role === 'visitor' && message.private ? undefined : { type: 'event', event: 'message.updated', data },
      );
    },
    async history(role, id) {
      const stored = conversations.get(id);
      return stored === undefined ? [] : visible(role, stored).map((message) => asShown(stored, message));
    },
    async olderThan(role, id, before, limit) {
      const stored = byId(id);
      const older = visible(role, stored).filter((message) => message.seq < before);
      return older.slice(-limit).map((message) => asShown(stored, message));
    },
    async restart() {
      closeAll(closeCodes.restarting);
    },
    async restore() {
      generation++;
      const lost: string[] = [];
      for (const stored of conversations.values()) {
        const removed = stored.messages.splice(Math.ceil(stored.messages.length / 2));
        stored.changeLog = [];
        stored.contactReadSeq = Math.min(stored.contactReadSeq, stored.messages.length);
        for (const { clientId } of removed) if (clientId !== undefined) lost.push(clientId);
      }
      closeAll(closeCodes.restarting);
      return lost;
    },
    refuseNext: (type, code) => refusals.set(type, code),
  };
}

type FrameOf<T extends ClientFrame['type']> = Extract<ClientFrame, { type: T }>['data'];

class Refused extends Error {
  override readonly name = 'Refused';
  readonly code: string;
  constructor(code: string) {
    super(code);
    this.code = code;
  }
}
