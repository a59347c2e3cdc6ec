import type { ClientEnvironment, Transport } from '../client-api.ts';
import type { ServerSocket, ServerUnderTest } from './server-under-test.ts';

type Timer = { at: number; order: number; run: () => void };
type ToClient = { text: string } | { opened: true } | { closed: number };
type ToServer = { text: string } | { closed: true };

/** Numbers in [0, 1) that a seed determines (mulberry32, T. Ettinger, public domain). */
export function seededRandom(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296;
  };
}

/** Time and network in the test's hand: nothing moves unless it is told to. */
export interface World {
  now(): number;
  random(): number;
  /** Sockets that are not closed on the client's side, oldest first. */
  readonly links: readonly Link[];
  /** Page requests that have been taken and not been answered. */
  readonly requests: { answer(): void; fail(): void }[];
  /** Moves time; what becomes due runs in order. */
  advance(ms: number): Promise<void>;
  /** Lets promises run, the server's work included. */
  settle(): Promise<void>;
  /** Delivers everything, and what that brings about, until nothing is on the way. */
  flush(): Promise<void>;
  /** The environment of one window. `blocked`: transports that do not get through its network. */
  environment(window: {
    blocked(kind: 'websocket' | 'long-poll'): boolean;
    onWake(run: () => void): () => void;
  }): ClientEnvironment;
}

/** One socket between a client and the server, with what is on the way in both directions. */
export interface Link {
  readonly kind: 'websocket' | 'long-poll';
  readonly toClient: readonly ToClient[];
  readonly toServer: readonly ToServer[];
  /** Swallows whatever is sent from now on, in both directions, without a sign. */
  silent: boolean;
  deliver(direction: Direction): void;
  lose(direction: Direction): void;
  repeat(direction: Direction): void;
  /** Lets the second frame overtake the first. */
  swap(direction: Direction): void;
  /** Breaks the socket; both sides learn it now, what was on the way is lost. */
  break(): void;
}
export type Direction = 'toClient' | 'toServer';

export function createWorld(server: ServerUnderTest, random: () => number, start = 1_700_000_000_000): World {
  const timers = new Set<Timer>();
  const links: Link[] = [];
  const requests: World['requests'] = [];
  let now = start;
  let order = 0;
  let lastId = 0;

  const settle = async () => {
    await immediate();
    await server.settle();
  };

  function connect(
    kind: Link['kind'],
    target: { role: 'visitor' | 'agent'; token: string | undefined },
    blocked: boolean,
  ) {
    const toClient: ToClient[] = [blocked ? { closed: 1006 } : { opened: true }];
    const toServer: ToServer[] = [];
    let socket: ServerSocket | undefined;
    let over = false;

    const endpoint = {
      send: (text: string) => {
        if (!link.silent) toClient.push({ text });
      },
      close: (code: number) => {
        if (!link.silent) toClient.push({ closed: code });
      },
    };
    function end(): void {
      over = true;
      toClient.length = 0;
      links.splice(links.indexOf(link), 1);
    }
    function deliverToClient(item: ToClient): void {
      if ('text' in item) transport.onText?.(item.text);
      else if ('opened' in item) {
        socket = server.connect(target.role, target.token ?? '', endpoint);
        transport.onOpen?.();
      } else {
        end();
        socket?.closed();
        transport.onClose?.({ code: item.closed, reason: '' });
      }
    }
    function deliverToServer(item: ToServer): void {
      if ('text' in item) socket?.receive(item.text);
      else {
        socket?.closed();
        links.splice(links.indexOf(link), 1);
      }
    }
    const transport: Transport = {
      onOpen: undefined,
      onText: undefined,
      onClose: undefined,
      send: (text) => {
        if (!over && !link.silent) toServer.push({ text });
      },
      bufferedBytes: 0,
      close: () => {
        if (over) return;
        over = true;
        toClient.length = 0;
        // A silent line tells nobody; the server finds out in its own time, which is now for all that matters here.
        toServer.push({ closed: true });
      },
    };
    const link: Link = {
      kind,
      toClient,
      toServer,
      silent: false,
      deliver(direction) {
        if (direction === 'toClient') {
          const item = toClient.shift();
          if (item !== undefined && !over) deliverToClient(item);
        } else {
          const item = toServer.shift();
          if (item !== undefined) deliverToServer(item);
        }
      },
      lose(direction) {
        const queue = link[direction];
        if (isText(queue[0])) (queue as unknown[]).shift();
      },
      repeat(direction) {
        const queue = link[direction];
        if (isText(queue[0])) (queue as unknown[]).splice(1, 0, queue[0]);
      },
      swap(direction) {
        const queue = link[direction] as unknown[];
        const [first, second] = queue;
        if (isText(first) && isText(second) && !isHello(first)) queue.splice(0, 2, second, first);
      },
      break() {
        if (over) return;
        end();
        socket?.closed();
        transport.onClose?.({ code: 1006, reason: '' });
      },
    };
    links.push(link);
    return transport;
  }

  /** `GET …/messages`: what it answers is read now, and arrives when the test says so. */
  async function fetch(role: 'visitor' | 'agent', url: string): Promise<Pick<Response, 'ok' | 'status' | 'json'>> {
    const { pathname, searchParams } = new URL(url, 'http://server.test');
    const id = pathname.split('/').at(-2) ?? '';
    const before = Number(searchParams.get('before'));
    const page = await server.olderThan(role, id, before, Number(searchParams.get('limit'))).catch(() => undefined);
    return new Promise((resolve, reject) => {
      const take = (run: () => void) => () => {
        requests.splice(requests.indexOf(request), 1);
        run();
      };
      const body = page === undefined ? { code: 'not-found', detail: '' } : { items: page, nextCursor: null };
      const status = page === undefined ? 404 : 200;
      const request = {
        answer: take(() => resolve({ ok: status === 200, status, json: async () => body })),
        fail: take(() => reject(new TypeError('network'))),
      };
      requests.push(request);
    });
  }

  return {
    now: () => now,
    random,
    links,
    requests,
    settle,
    async advance(ms) {
      const until = now + ms;
      for (;;) {
        let next: Timer | undefined;
        for (const timer of timers)
          if (
            timer.at <= until &&
            (next === undefined || timer.at < next.at || (timer.at === next.at && timer.order < next.order))
          )
            next = timer;
        if (next === undefined) break;
        timers.delete(next);
        now = Math.max(now, next.at);
        next.run();
        await settle();
      }
      now = until;
      await settle();
    },
    async flush() {
      await settle();
      for (;;) {
        const busy = links.filter((link) => link.toClient.length + link.toServer.length > 0);
        if (busy.length === 0 && requests.length === 0) return;
        for (const link of busy) {
          link.deliver('toServer');
          link.deliver('toClient');
        }
        requests[0]?.answer();
        await settle();
      }
    },
    environment: (window) => {
      let role: 'visitor' | 'agent' = 'visitor';
      return {
        now: () => now,
        random,
        setTimeout(run, ms) {
          const timer = { at: now + ms, order: order++, run };
          timers.add(timer);
          return timer;
        },
        clearTimeout: (timer) => timers.delete(timer as Timer),
        connect: (kind, target) => {
          role = target.role;
          return connect(kind, target, window.blocked(kind));
        },
        onWake: window.onWake,
        newId: () => `id-${++lastId}`,
        fetch: (url) => fetch(role, url),
      };
    },
  };
}

function isText(item: unknown): item is { text: string } {
  return typeof item === 'object' && item !== null && 'text' in item;
}
function isHello(item: { text: string }): boolean {
  return item.text.includes('"type":"hello"');
}
function immediate(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}
