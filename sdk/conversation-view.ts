import type { ConversationView, PendingMessage } from './client-api.ts';
import type { Content, Conversation, EventFrame, Message, Position, SyncAck } from './protocol.ts';
import type { Outcome, Timeline } from './timeline.ts';
import { applyCreated, applyOlder, applyRead, applySync, applyUpdated, emptyTimeline, replaceAll } from './timeline.ts';

/** Events of one conversation that must be applied without a gap. */
export type TimelineFrame = Extract<EventFrame, { event: 'message.created' | 'message.updated' }>;

/** What a followed conversation needs of the client around it. */
export interface ViewHost {
  /** A timer whose consequences are made known as one step. */
  after(ms: number, run: () => void): unknown;
  cancel(timer: unknown): void;
  pendingOf(key: string): readonly PendingMessage[];
  /** Notify the view's listeners when the present step is complete. */
  changed(view: FollowedConversation): void;
  /** These messages are held now; `fresh`: they were not known before. */
  absorbed(messages: readonly Message[], fresh: readonly Message[]): void;
  /** A held-back event has been applied (or given up). */
  released(frame: TimelineFrame): void;
  olderThan(id: string, before: number): Promise<Message[]>;
  /** Somebody looks at the view again: keep it. */
  keep(view: FollowedConversation): void;
  send(view: FollowedConversation, content: Content, isPrivate: boolean): string;
  retry(clientId: string): void;
  discard(clientId: string): void;
  typing(view: FollowedConversation, on: boolean): void;
  read(view: FollowedConversation): void;
}

/** A cached conversation: the public view, and what the client does with it. */
export interface FollowedConversation extends ConversationView {
  /** Its place in the send queue: `''` for the visitor's own, which may not have an id yet. */
  readonly key: string;
  readonly listeners: readonly (() => void)[];
  /** Counts how often the cache was dropped: an answer that was asked for before belongs to another life. */
  readonly life: number;
  /**
   * stale: a sync must be made; syncing: its answer is awaited; waiting: the server was too busy for it. Unless idle,
   * live events are held back.
   */
  sync: 'idle' | 'stale' | 'syncing' | 'waiting';
  /** How far this reader says to have read. */
  readonly readSeq: number;
  /** Drops the cache. `id`: the conversation that it shows from now on. */
  reset(id: string | undefined): void;
  /** Holds the event back when something before it is missing. */
  take(frame: TimelineFrame): 'done' | 'held';
  /** The acknowledged message of our own. `gap`: it could not be applied yet, nothing changed. */
  takeOwn(message: Message, prev: number): Outcome;
  takeSync(ack: SyncAck, fromEnd: boolean): void;
  /** The conversation cannot be read (any more): shown as loaded and empty. */
  gone(): void;
  /** The sync is over: applies what was held back. `stale` again when that does not fit yet. */
  finishSync(progress: boolean): void;
  setConversation(conversation: Conversation): void;
  setRead(by: 'contact' | 'agent', seq: number): void;
  setTypist(typist: ConversationView['typing']): void;
  setWait(wait: ConversationView['wait']): void;
}

const typingShownMs = 6_000;
const maxHeldEvents = 200;
/** How often a sync may fail to explain an event before it is left to the heartbeat. */
const maxFruitless = 2;

export function createConversationView(
  host: ViewHost,
  options: { id: string | undefined; key: string; role: 'visitor' | 'agent' },
): FollowedConversation {
  const listeners = new Set<() => void>();
  let id = options.id;
  let timeline: Timeline = emptyTimeline;
  let conversation: Conversation | undefined;
  let typist: ConversationView['typing'];
  let wait: ConversationView['wait'];
  let typingTimer: unknown;
  let held: TimelineFrame[] = [];
  let overflowed = false;
  let fruitless = 0;
  let life = 0;
  let readSeq = 0;
  let loadingOlder: Promise<void> | undefined;
  /** Versions that arrived while an older page was on its way: that page may be older than they are. */
  let newerThanPage: Message[] = [];

  function put(next: Timeline): void {
    if (next === timeline) return;
    timeline = next;
    host.changed(view);
  }
  function created(message: Message, prev: number): Outcome {
    const step = applyCreated(timeline, { message, prev });
    put(step.timeline);
    if (step.outcome === 'applied') {
      if (typist?.by === message.sender.type) view.setTypist(undefined);
      host.absorbed([message], [message]);
    }
    return step.outcome;
  }
  function updated(message: Message, changes: number): Outcome {
    const step = applyUpdated(timeline, { message, changes });
    if (step.outcome === 'applied' && loadingOlder !== undefined) newerThanPage.push(message);
    put(step.timeline);
    return step.outcome;
  }
  function apply(frame: TimelineFrame): Outcome {
    return frame.event === 'message.created'
      ? created(frame.data.message, frame.data.prev)
      : updated(frame.data.message, frame.data.changes);
  }
  function hold(frame: TimelineFrame): 'held' {
    held.push(frame);
    if (held.length > maxHeldEvents) {
      overflowed = true;
      giveUp(held);
      held = [];
    }
    return 'held';
  }
  function giveUp(frames: TimelineFrame[]): void {
    for (const frame of frames) host.released(frame);
  }
  /** What lies beyond this was not known before: at the first loading only what was announced live meanwhile. */
  function knownSeq(): number {
    if (timeline.loaded) return timeline.position.seq;
    const announced = held.filter((frame) => frame.event === 'message.created').map((frame) => frame.data.message.seq);
    return Math.min(...announced) - 1;
  }

  async function loadOlder(): Promise<void> {
    const before = timeline.messages[0]?.seq;
    if (before === undefined || id === undefined || !timeline.hasOlder) return;
    const lifeThen = life;
    try {
      const page = await host.olderThan(id, before);
      if (lifeThen === life) put(replaceAll(applyOlder(timeline, page, before), newerThanPage));
    } finally {
      newerThanPage = [];
    }
  }

  const view: FollowedConversation = {
    key: options.key,
    sync: id === undefined ? 'idle' : 'stale',
    get id() {
      return id;
    },
    get conversation() {
      return conversation;
    },
    get messages() {
      return timeline.messages;
    },
    get pending() {
      return host.pendingOf(options.key);
    },
    get position(): Position {
      return timeline.position;
    },
    get loaded() {
      return timeline.loaded;
    },
    get hasOlder() {
      return timeline.hasOlder;
    },
    get typing() {
      return typist;
    },
    get wait() {
      return wait;
    },
    get listeners() {
      return [...listeners];
    },
    get life() {
      return life;
    },
    get readSeq() {
      return readSeq;
    },
    loadOlder() {
      loadingOlder ??= loadOlder().finally(() => {
        loadingOlder = undefined;
      });
      return loadingOlder;
    },
    send: (content, { private: isPrivate = false } = {}) => host.send(view, content, isPrivate),
    retry: host.retry,
    discard: host.discard,
    setTyping: (on) => host.typing(view, on),
    markRead(seq = timeline.position.seq) {
      if (seq <= readSeq) return;
      readSeq = seq;
      view.setRead(options.role === 'agent' ? 'agent' : 'contact', seq);
      host.read(view);
    },
    subscribe(listener) {
      // A listener of its own for each call: the same function may be subscribed twice.
      const entry = () => listener();
      listeners.add(entry);
      host.keep(view);
      return () => listeners.delete(entry);
    },

    reset(nextId) {
      readSeq = 0;
      // A visitor without a conversation is known to have nothing before its first message.
      const loaded = nextId === undefined || (id === undefined && timeline.loaded);
      id = nextId;
      life++;
      timeline = { ...emptyTimeline, loaded };
      conversation = undefined;
      giveUp(held);
      held = [];
      overflowed = false;
      view.sync = id === undefined ? 'idle' : 'stale';
      view.setTypist(undefined);
      view.setWait(undefined);
      host.changed(view);
    },
    take(frame) {
      if (view.sync !== 'idle') return hold(frame);
      if (apply(frame) !== 'gap') return 'done';
      hold(frame);
      view.sync = 'stale';
      return 'held';
    },
    takeOwn: (message, prev) => (view.sync === 'syncing' ? 'gap' : created(message, prev)),
    takeSync(ack, fromEnd) {
      const known = knownSeq();
      if (loadingOlder !== undefined) newerThanPage.push(...ack.updated);
      put(applySync(timeline, ack, fromEnd));
      if (ack.conversation !== null) view.setConversation(ack.conversation);
      const fresh = ack.messages.filter((message) => message.seq > known);
      host.absorbed(ack.messages, fresh);
    },
    gone() {
      put({ ...emptyTimeline, loaded: true });
      conversation = undefined;
      view.sync = 'idle';
      giveUp(held);
      held = [];
    },
    finishSync(progress) {
      view.sync = 'idle';
      const gaps: TimelineFrame[] = [];
      for (const frame of held) {
        if (apply(frame) === 'gap') gaps.push(frame);
        else host.released(frame);
      }
      held = [];
      const again = gaps.length > 0 || overflowed;
      overflowed = false;
      fruitless = again && !progress ? fruitless + 1 : 0;
      if (again && fruitless <= maxFruitless) {
        held = gaps;
        view.sync = 'stale';
      } else giveUp(gaps);
    },
    setConversation(next) {
      if (conversation !== undefined && next.updatedAt < conversation.updatedAt) return;
      conversation = next;
      // Somebody has it, or it is over.
      if (next.status !== 'queued') view.setWait(undefined);
      put(applyRead(timeline, next.contactReadSeq));
      host.changed(view);
    },
    setRead(by, seq) {
      if (by === 'contact') put(applyRead(timeline, seq));
      if (conversation === undefined) return;
      const field = by === 'contact' ? 'contactReadSeq' : 'agentReadSeq';
      if (seq <= conversation[field]) return;
      const unread = by === 'agent' && seq >= timeline.position.seq ? 0 : conversation.unread;
      conversation = { ...conversation, [field]: seq, unread };
      host.changed(view);
    },
    setWait(next) {
      if (next === wait) return;
      wait = next;
      host.changed(view);
    },
    setTypist(next) {
      host.cancel(typingTimer);
      if (next === undefined && typist === undefined) return;
      typist = next;
      if (next !== undefined) typingTimer = host.after(typingShownMs, () => view.setTypist(undefined));
      host.changed(view);
    },
  };
  return view;
}
