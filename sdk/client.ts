import { browserEnvironment } from './browser-environment.ts';
import { createCatchUp, pageSize } from './catch-up.ts';
import type { ClientOptions, ClientStatus, ParleyClient } from './client-api.ts';
import { createConnection } from './connection.ts';
import { createConversationCache } from './conversation-cache.ts';
import type { FollowedConversation, ViewHost } from './conversation-view.ts';
import { createConversationView } from './conversation-view.ts';
import { createHeartbeat } from './heartbeat.ts';
import { createApi } from './http.ts';
import { createNotifier } from './notifier.ts';
import type { Content, EventFrame, HelloData, Message, Page, Position } from './protocol.ts';
import { closeCodes } from './protocol.ts';
import { createSendQueue } from './send-queue.ts';
import { createSender } from './sender.ts';
import { createSignals } from './signals.ts';

/** The client library's only entry: see `ParleyClient` for what it does. Connects when `open` is called. */
export function createClient(options: ClientOptions): ParleyClient {
  const { role } = options;
  const environment = { ...browserEnvironment, ...options.environment };
  const notifier = createNotifier((error) => {
    // Reported as an uncaught error of its own, outside of what the client is doing.
    environment.setTimeout(() => {
      throw error;
    }, 0);
  });
  let status: ClientStatus;
  let lastSyncAt: number | undefined;
  let catchingUp = false;
  let lostBy = 0;
  let stopListening: (() => void) | undefined;

  const after = (ms: number, run: () => void) =>
    environment.setTimeout(() => {
      run();
      settle();
    }, ms);
  const cancel = (timer: unknown) => environment.clearTimeout(timer);
  const random = () => environment.random();
  const views = () => cache.all();

  const connection = createConnection({ options, environment, onHello, onEvent, onLost, onSettled: settle });
  const api = createApi({
    server: options.server,
    token: async () => connection.token ?? (await options.token()),
    fetch: environment.fetch,
  });
  const cache = createConversationCache(options.maxCached ?? 50, unfollow);
  const queue = createSendQueue(options, (key) => {
    const view = cache.byKey(key);
    if (view !== undefined) notifier.changed(view);
  });
  const catchUp = createCatchUp({ connection, views, after, random, onFinished: (view) => sender.settle(view) });
  const sender = createSender({ connection, queue, viewOf: cache.byKey, bind, after, random });
  const heartbeat = createHeartbeat({ connection, views, after, cancel, onHeads });
  const signals = createSignals(connection, () => environment.now());

  /** Ends every step: begins what has become possible, then tells what has changed. */
  function settle(): void {
    const whole = catchUp.run();
    if (whole && catchingUp && connection.ready) {
      catchingUp = false;
      heartbeat.beat();
    }
    sender.run();
    const next = currentStatus();
    if (JSON.stringify(next) !== JSON.stringify(status)) {
      status = next;
      notifier.emit('status', next);
    }
    notifier.flush();
  }

  function currentStatus(): ClientStatus {
    const { ready, kind, retryAt, refused } = connection;
    const behind = catchingUp || [...views()].some((view) => view.loaded && view.sync !== 'idle');
    return {
      state: !ready ? 'offline' : behind ? 'catching-up' : 'live',
      lastSyncAt,
      retryAt,
      transport: kind,
      ...(refused !== undefined && { refused }),
      unsent: queue.unsent,
    };
  }

  function onHello(hello: HelloData, previous: HelloData | undefined): void {
    catchingUp = true;
    const restored = previous !== undefined && previous.epoch !== hello.epoch;
    if (restored) for (const view of views()) view.reset(view.id);
    const own = cache.byKey('');
    if (own !== undefined) bindTo(own, hello);
    for (const view of views()) if (view.id !== undefined) view.sync = 'stale';
    if (restored) notifier.emit('stale', { why: 'epoch' });
    else if (previous !== undefined)
      notifier.emit('stale', { why: lostBy === closeCodes.slowReader ? 'overflow' : 'reconnected' });
    queue.adopt();
    // What another window has sent may be here already.
    for (const view of views()) host.absorbed(view.messages, []);
    signals.announce(views());
  }

  function onLost(code: number): void {
    lostBy = code;
    heartbeat.stop();
    sender.rewind();
  }

  /** The visitor's own conversation is the one that the server says it is. */
  function bindTo(own: FollowedConversation, { conversationId }: HelloData): void {
    const id = conversationId ?? undefined;
    if (own.id === id && (own.loaded || id !== undefined)) return;
    if (id === undefined) own.reset(undefined);
    else bind(own, id);
  }

  function bind(own: FollowedConversation, id: string): void {
    const other = cache.byKey(id);
    if (other !== undefined) cache.drop(other);
    own.reset(id);
  }

  function onEvent(frame: EventFrame): void {
    if (frame.event === 'message.created' || frame.event === 'message.updated') {
      const { message } = frame.data;
      bindUnbound(message.conversationId);
      const view = cache.get(message.conversationId);
      if (view === undefined && frame.event === 'message.created') notifier.emit('message', { message });
      if (view?.take(frame) === 'held') return;
    } else follow(frame);
    notifier.emit('event', frame);
  }

  function follow(frame: Exclude<EventFrame, { event: 'message.created' | 'message.updated' }>): void {
    if (frame.event === 'presence' || frame.event === 'offer.made' || frame.event === 'offer.ended') return;
    if (frame.event === 'assignment.ended') return;
    if (frame.event === 'wait.updated') cache.get(frame.data.conversationId)?.setWait(frame.data.wait ?? undefined);
    else if (frame.event === 'typing') {
      const { conversationId, on, by, name } = frame.data;
      cache.get(conversationId)?.setTypist(on ? { by, ...(name !== undefined && { name }) } : undefined);
    } else if (frame.event === 'read') cache.get(frame.data.conversationId)?.setRead(frame.data.by, frame.data.seq);
    else if ('conversation' in frame.data) {
      const { conversation } = frame.data;
      bindUnbound(conversation.id, frame.event === 'conversation.created');
      cache.get(conversation.id)?.setConversation(conversation);
    }
  }

  /** A visitor's first conversation may begin elsewhere: in another window, or with the agent. `anew`: a later one. */
  function bindUnbound(conversationId: string, anew = false): void {
    const own = role === 'visitor' ? cache.byKey('') : undefined;
    if (own !== undefined && own.id !== conversationId && (anew || own.id === undefined)) bind(own, conversationId);
  }

  function onHeads(heads: Record<string, Position>): void {
    connection.proved();
    for (const [id, head] of Object.entries(heads)) {
      if (cache.get(id) === undefined) bindUnbound(id, true);
      const view = cache.get(id);
      if (view?.sync !== 'idle') continue;
      if (head.seq > view.position.seq || head.changes > view.position.changes) view.sync = 'stale';
    }
    if ([...views()].every((view) => view.sync === 'idle')) lastSyncAt = environment.now();
  }

  function unfollow(view: FollowedConversation): void {
    if (view.id !== undefined) connection.request('unfollow', { conversationId: view.id });
  }

  const host: ViewHost = {
    after,
    cancel,
    pendingOf: queue.of,
    changed: notifier.changed,
    absorbed(messages, fresh) {
      for (const { clientId } of messages) if (clientId !== undefined) queue.remove(clientId);
      for (const message of fresh) notifier.emit('message', { message });
    },
    released: (frame) => notifier.emit('event', frame),
    async olderThan(id, before) {
      const range = `before=${before}&limit=${pageSize}`;
      const path = `/api/v1/conversations/${encodeURIComponent(id)}/messages?${range}`;
      return (await api.call<Page<Message>>('GET', path)).items;
    },
    keep(view) {
      if (cache.byKey(view.key) === undefined && view.id !== undefined) view.sync = 'stale';
      cache.keep(view);
    },
    send,
    retry: (clientId) => act(clientId, () => queue.update(clientId, { state: 'waiting' })),
    discard: (clientId) => act(clientId, () => queue.remove(clientId, true)),
    typing: signals.typing,
    read: signals.read,
  };

  function send(view: FollowedConversation, content: Content, isPrivate: boolean): string {
    const clientId = environment.newId();
    queue.add({
      clientId,
      conversationId: view.key || undefined,
      content,
      private: isPrivate,
      createdAt: environment.now(),
      state: 'waiting',
    });
    settle();
    return clientId;
  }

  /** Retry and discard are for what is not on the wire. */
  function act(clientId: string, run: () => void): void {
    const entry = queue.find(clientId);
    if (entry === undefined || entry.state === 'sending') return;
    run();
    settle();
  }

  function viewOf(id: string | undefined, key: string): FollowedConversation {
    const view = cache.byKey(key) ?? createConversationView(host, { id, key, role });
    cache.keep(view);
    settle();
    return view;
  }

  function checkNow(): void {
    connection.wake();
    heartbeat.beat();
    settle();
  }

  queue.adopt();
  status = currentStatus();
  return {
    get status() {
      return status;
    },
    get hello() {
      return connection.hello;
    },
    open() {
      stopListening ??= environment.onWake(checkNow);
      connection.open();
      settle();
    },
    close() {
      stopListening?.();
      stopListening = undefined;
      connection.close();
      signals.close();
      settle();
    },
    checkNow,
    conversation(id) {
      const own = cache.byKey('');
      return own?.id === id ? own : viewOf(id, id);
    },
    own() {
      const known = cache.byKey('');
      if (known !== undefined) return known;
      const own = viewOf(undefined, '');
      if (connection.hello !== undefined) bindTo(own, connection.hello);
      settle();
      return own;
    },
    release(id) {
      const view = cache.byKey(id);
      if (view === undefined || view.pending.length > 0) return;
      cache.drop(view);
      unfollow(view);
    },
    setPresence: signals.setPresence,
    active: signals.active,
    watch: signals.watch,
    on: notifier.on,
  };
}
