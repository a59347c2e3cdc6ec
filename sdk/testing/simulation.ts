import { createClient } from '../client.ts';
import type { ConversationView, ParleyClient } from '../client-api.ts';
import type { Message } from '../protocol.ts';
import type { Sent, Window } from './checks.ts';
import { checkScreen, checkStoredInOrder, checkStoredOnce, checkWhole } from './checks.ts';
import type { ServerUnderTest } from './server-under-test.ts';
import { refusedText } from './server-under-test.ts';
import type { Direction, Link, World } from './world.ts';
import { createWorld, seededRandom } from './world.ts';

export type SimulationOptions = {
  seed: number;
  /** Makes the server of this run; `random` is the run's own, for choices that the seed should determine. */
  createServer(parts: { now: () => number; random: () => number }): Promise<ServerUnderTest> | ServerUnderTest;
  /** How many random steps before everything is allowed to heal. Default 150. */
  steps?: number;
  visitors?: number;
  agents?: number;
  /** Faults that do not occur in this run. A network of real sockets, for example, does not reorder. */
  without?: readonly Fault[];
};
export type Fault = 'lose' | 'repeat' | 'swap' | 'break' | 'silent' | 'restart' | 'restore' | 'refuse' | 'blocked';

export type SimulationReport = {
  /** How often each kind of step was taken. */
  steps: Record<string, number>;
  messages: number;
  /** Conversations of clients that were compared with the store at the end. */
  compared: number;
};

const directions: readonly Direction[] = ['toClient', 'toServer'];

/** Long enough for any timer of a client to have run: backoff, heartbeat, answer time-out. */
const healForMs = 130_000;
/** On sockets that stayed healthy nothing else is needed. */
const twoHeartbeatsMs = 60_000;

/**
 * Runs clients against a server over a network that loses, repeats, reorders and breaks, with windows that sleep and
 * reload and a server that restarts. After every step no screen may show anything twice, out of order or with a hole;
 * when the faults end, every client must show what the store has, and what was typed must be stored exactly once.
 *
 * @throws an error that names the seed and the last steps
 */
export async function simulate(options: SimulationOptions): Promise<SimulationReport> {
  const run = await createRun(options);
  try {
    for (let i = 0; i < (options.steps ?? 150); i++) {
      await run.step();
      await run.checkScreens();
    }
    await run.heal(healForMs);
    await run.loseQuietly();
    await run.heal(twoHeartbeatsMs);
    return await run.checkConverged();
  } catch (error) {
    const trail = run.trail.slice(-15).join('\n  ');
    throw new Error(`simulation with seed ${options.seed} failed after:\n  ${trail}`, { cause: error });
  } finally {
    run.close();
  }
}

async function createRun(options: SimulationOptions) {
  const random = seededRandom(options.seed);
  let clock = () => 0;
  const server = await options.createServer({ now: () => clock(), random });
  const world: World = createWorld(server, random);
  clock = world.now;

  const faults = new Set(options.without ?? []);
  const trail: string[] = [];
  const counts: Record<string, number> = {};
  const sent = new Map<string, Sent>();
  const lostByRestore = new Set<string>();
  let texts = 0;
  let healing = false;

  const pick = <T>(items: readonly T[]): T | undefined => items[Math.floor(random() * items.length)];
  const chance = (probability: number) => random() < probability;
  const may = (fault: Fault) => !healing && !faults.has(fault);

  function createWindow(name: string, role: 'visitor' | 'agent', token: string, storage: Window['storage']): Window {
    const window: Window = {
      name,
      role,
      token,
      storage,
      wake: new Set(),
      client: undefined as unknown as ParleyClient,
      views: new Map(),
      socketsBlocked: false,
    };
    window.client = startClient(window);
    return window;
  }
  function startClient(window: Window): ParleyClient {
    const client = createClient({
      server: '',
      role: window.role,
      token: async () => window.token,
      storage: window.storage,
      storageKey: window.token,
      maxCached: 4,
      environment: world.environment({
        blocked: (kind) => kind === 'websocket' && window.socketsBlocked && !healing,
        onWake(run) {
          window.wake.add(run);
          return () => window.wake.delete(run);
        },
      }),
    });
    window.views = new Map();
    if (window.role === 'visitor') window.views.set('', client.own());
    client.open();
    return client;
  }

  const windows: Window[] = [];
  for (let i = 1; i <= (options.visitors ?? 2); i++) {
    const storage = memoryStorage();
    // Some visitors have two windows open, which share what the browser keeps.
    for (const tab of chance(0.4) ? ['a', 'b'] : ['a'])
      windows.push(createWindow(`visitor-${i}${tab}`, 'visitor', `visitor-${i}`, storage));
  }
  for (let i = 1; i <= (options.agents ?? 2); i++)
    windows.push(createWindow(`agent-${i}`, 'agent', `agent-${i}`, memoryStorage()));

  // ------------------------------------------------------------------------------------------- steps

  function send(window: Window): void {
    const view = pick([...window.views.values()]);
    if (view === undefined) return;
    const text = chance(0.05) ? refusedText : `text ${++texts}`;
    const clientId = view.send({ type: 'text', text }, { private: window.role === 'agent' && chance(0.3) });
    sent.set(clientId, {
      clientId,
      window: window.name,
      conversation: window.role === 'visitor' ? window.token : (view.id ?? ''),
      discarded: false,
      retried: false,
    });
  }
  async function openConversation(window: Window): Promise<void> {
    const id = pick(await server.conversations());
    if (window.role === 'visitor' || id === undefined) return;
    const view = window.client.conversation(id);
    window.views.set(id, view);
    if (window.views.size > 3) {
      const [oldest] = window.views.keys();
      window.views.delete(oldest ?? '');
      if (chance(0.5)) window.client.release(oldest ?? '');
    }
  }
  async function reload(window: Window): Promise<void> {
    window.client.close();
    const ids = [...window.views.keys()];
    window.client = startClient(window);
    for (const id of ids) if (id !== '') window.views.set(id, window.client.conversation(id));
  }
  function retryOrDiscard(window: Window): void {
    for (const view of window.views.values()) {
      const entry = pick(view.pending.filter(({ state }) => state !== 'sending'));
      if (entry === undefined) continue;
      const again = chance(0.5);
      if (again) view.retry(entry.clientId);
      else view.discard(entry.clientId);
      const record = sent.get(entry.clientId);
      if (record !== undefined) Object.assign(record, again ? { retried: true } : { discarded: true });
    }
  }
  async function fromElsewhere(): Promise<void> {
    const id = pick(await server.conversations());
    if (id === undefined) return;
    // Now and then so many that a client which was away begins anew with the last page.
    const entries = chance(0.04) ? 60 : chance(0.01) ? 320 : 1;
    for (let i = 0; i < entries; i++) await server.append(id, { text: `bot ${++texts}`, private: chance(0.4) });
  }
  async function changeState(): Promise<void> {
    const id = pick(await server.conversations());
    const message = pick(id === undefined ? [] : await server.history('agent', id));
    if (id !== undefined && message !== undefined)
      await server.change(id, message.seq, pick(['sent', 'delivered', 'failed'] as const) ?? 'sent');
  }
  /** On a socket with something on the way in that direction, so that few steps have no effect. */
  const onTraffic = (run: (link: Link, direction: Direction) => void) => () => {
    const busy = world.links.flatMap((link) =>
      directions.filter((direction) => link[direction].length > 0).map((direction) => ({ link, direction })),
    );
    const chosen = pick(busy);
    if (chosen !== undefined) run(chosen.link, chosen.direction);
  };
  const onLink = (run: (link: Link) => void) => () => {
    const link = pick(world.links);
    if (link !== undefined) run(link);
  };
  const onWindow = (run: (window: Window) => unknown) => async () => {
    const window = pick(windows);
    if (window !== undefined) await run(window);
  };
  const onView = (run: (view: ConversationView) => unknown) =>
    onWindow(async (window) => {
      const view = pick([...window.views.values()]);
      if (view !== undefined) await run(view);
    });

  /** How likely each step is, and what it does. */
  const steps: [name: string, weight: number, run: () => unknown, fault?: Fault][] = [
    ['deliver', 40, onTraffic((link, direction) => link.deliver(direction))],
    ['deliver all', 3, () => world.flush()],
    ['send', 14, onWindow(send)],
    ['from elsewhere', 8, fromElsewhere],
    ['change state', 6, changeState],
    ['open', 6, onWindow(openConversation)],
    ['load older', 3, onView((view) => void view.loadOlder().catch(() => undefined))],
    ['answer page', 3, () => pick(world.requests)?.answer()],
    ['read', 2, onView((view) => view.markRead())],
    ['typing', 1, onView((view) => view.setTyping(chance(0.5)))],
    ['retry or discard', 2, onWindow(retryOrDiscard)],
    ['wait a little', 6, () => world.advance(random() * 2_000)],
    ['wait long', 2, () => world.advance(random() * 60_000)],
    ['wake', 2, onWindow((window) => window.wake.forEach((run) => void run()))],
    ['reload', 1, onWindow(reload)],
    ['fail page', 1, () => pick(world.requests)?.fail()],
    ['lose', 3, onTraffic((link, direction) => link.lose(direction)), 'lose'],
    ['repeat', 3, onTraffic((link, direction) => link.repeat(direction)), 'repeat'],
    ['swap', 3, onTraffic((link, direction) => link.swap(direction)), 'swap'],
    ['break', 2, onLink((link) => link.break()), 'break'],
    ['silent', 1, onLink((link) => Object.assign(link, { silent: true })), 'silent'],
    ['restart', 1, () => server.restart(), 'restart'],
    ['restore', 0.3, restore, 'restore'],
    ['refuse', 2, () => server.refuseNext?.(chance(0.5) ? 'sync' : 'message.send', 'unavailable'), 'refuse'],
    ['block', 0.5, onWindow((window) => Object.assign(window, { socketsBlocked: true })), 'blocked'],
  ];
  async function restore(): Promise<void> {
    for (const clientId of (await server.restore?.()) ?? []) lostByRestore.add(clientId);
  }

  async function step(): Promise<void> {
    const possible = steps.filter(([, , , fault]) => fault === undefined || may(fault));
    const [name, act] = choose(possible);
    trail.push(name);
    counts[name] = (counts[name] ?? 0) + 1;
    await act();
    await world.settle();
  }

  function choose(possible: typeof steps): [name: string, run: () => unknown] {
    let at = random() * possible.reduce((sum, [, weight]) => sum + weight, 0);
    for (const [name, weight, run] of possible) {
      at -= weight;
      if (at < 0) return [name, run];
    }
    return ['nothing', () => undefined];
  }

  async function heal(ms: number): Promise<void> {
    healing = true;
    for (const link of [...world.links]) if (link.silent) link.break();
    for (let waited = 0; waited < ms; waited += 4_000) {
      await world.flush();
      await world.advance(4_000);
    }
    await world.flush();
  }

  /**
   * Frames get lost on sockets that stay healthy, so that no reconnect covers it up: only what follows, or the
   * heartbeat, can tell.
   */
  async function loseQuietly(): Promise<void> {
    if (faults.has('lose')) return;
    for (let i = 0; i < 8; i++) {
      await (chance(0.5) ? fromElsewhere() : changeState());
      await world.settle();
      for (const link of world.links)
        while (link.toClient.length > 0) chance(0.3) ? link.lose('toClient') : link.deliver('toClient');
      await checkScreens();
    }
  }

  async function checkScreens(): Promise<void> {
    for (const window of windows) await checkScreen(window, server);
  }

  async function checkConverged(): Promise<SimulationReport> {
    let compared = 0;
    for (const window of windows) compared += await checkWhole(window, server, world.now());
    const stored: Message[] = [];
    for (const id of await server.conversations()) stored.push(...(await server.history('agent', id)));
    const owed = [...sent.values()].filter(({ clientId }) => !lostByRestore.has(clientId));
    checkStoredOnce(windows, owed, stored);
    // A restored store may have got a later message before an earlier one that it had lost is sent again.
    if (lostByRestore.size === 0) checkStoredInOrder(owed, stored);
    return { steps: counts, messages: stored.length, compared };
  }

  return {
    trail,
    step,
    heal,
    loseQuietly,
    checkScreens,
    checkConverged,
    close: () => windows.forEach(({ client }) => void client.close()),
  };
}

function memoryStorage(): Window['storage'] {
  const values = new Map<string, string>();
  return {
    get: (key) => values.get(key) ?? null,
    set: (key, value) => void values.set(key, value),
    remove: (key) => void values.delete(key),
  };
}
