import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createClient } from './client.ts';
import type { ClientOptions, ConversationView, ParleyClient } from './client-api.ts';
import type { ClientFrame, Content } from './protocol.ts';
import { closeCodes } from './protocol.ts';
import type { ModelOptions, ModelServer } from './testing/model-server.ts';
import { createModelServer } from './testing/model-server.ts';
import type { World } from './testing/world.ts';
import { createWorld, seededRandom } from './testing/world.ts';

type Scene = {
  server: ModelServer;
  world: World;
  visitor(options?: Partial<ClientOptions>): ParleyClient;
  agent(options?: Partial<ClientOptions>): ParleyClient;
  /** Kinds of transport that do not get through. */
  blocked: Set<'websocket' | 'long-poll'>;
  /** The page becomes visible, for all windows. */
  wake(): void;
};

function createScene(options: ModelOptions = {}): Scene {
  let now = () => 0;
  const server = createModelServer({ now: () => now(), ...options });
  const world = createWorld(server, seededRandom(1));
  now = world.now;
  const blocked: Scene['blocked'] = new Set();
  const woken = new Set<() => void>();
  const environment = () =>
    world.environment({
      blocked: (kind) => blocked.has(kind),
      onWake(run) {
        woken.add(run);
        return () => woken.delete(run);
      },
    });
  const open = (role: 'visitor' | 'agent', more: Partial<ClientOptions> = {}) => {
    const token = async () => `${role}-1`;
    const client = createClient({ server: '', role, token, environment: environment(), ...more });
    client.open();
    return client;
  };
  return {
    server,
    world,
    blocked,
    visitor: (more) => open('visitor', more),
    agent: (more) => open('agent', more),
    wake: () => {
      for (const run of [...woken]) run();
    },
  };
}

function text(words: string): Content {
  return { type: 'text', text: words };
}
function words(view: ConversationView): string[] {
  return view.messages.map(({ content }) => (content.type === 'text' ? content.text : content.type));
}
function waiting(view: ConversationView): string[] {
  return view.pending.map(({ content, state }) => `${content.type === 'text' ? content.text : ''}: ${state}`);
}
function countOf(server: ModelServer, type: ClientFrame['type']): number {
  return server.received.filter((frame) => frame.type === type).length;
}
/** What a person sees, at every change: nothing may ever be there twice. */
function watchScreen(view: ConversationView): void {
  view.subscribe(() => {
    const stored = view.messages.flatMap(({ clientId }) => clientId ?? []);
    const shown = [...stored, ...view.pending.map(({ clientId }) => clientId)];
    assert.deepEqual(shown, [...new Set(shown)]);
    assert.deepEqual(
      view.messages.map(({ seq }) => seq),
      [...new Set(view.messages.map(({ seq }) => seq))].sort((a, b) => a - b),
    );
  });
}
function memoryStorage(): NonNullable<ClientOptions['storage']> & { values: Map<string, string> } {
  const values = new Map<string, string>();
  return {
    values,
    get: (key) => values.get(key) ?? null,
    set: (key, value) => void values.set(key, value),
    remove: (key) => void values.delete(key),
  };
}

test("a visitor's first message makes the conversation, and the agent's answer arrives in it", async () => {
  const { server, world, ...scene } = createScene();
  const own = scene.visitor().own();
  watchScreen(own);
  await world.flush();
  assert.deepEqual([own.id, own.loaded, own.messages.length], [undefined, true, 0]);

  own.send(text('hello'));
  assert.deepEqual(waiting(own), ['hello: sending']);
  await world.flush();
  assert.deepEqual([words(own), waiting(own)], [['hello'], []]);
  assert.equal(own.conversation?.id, own.id);

  const desk = scene.agent().conversation(own.id ?? '');
  await world.flush();
  desk.send(text('good morning'));
  await world.flush();
  assert.deepEqual(words(own), ['hello', 'good morning']);
});

test('an event whose predecessor is missing is held back until a sync has brought it', async () => {
  const { server, world, ...scene } = createScene();
  const id = server.begin('visitor-1');
  const view = scene.visitor().own();
  await world.flush();

  await server.append(id, { text: 'one', private: false });
  world.links[0]?.lose('toClient');
  await server.append(id, { text: 'two', private: false });
  world.links[0]?.deliver('toClient');
  assert.deepEqual(words(view), [], 'two must not be shown before one');
  await world.flush();
  assert.deepEqual(words(view), ['one', 'two']);
});

test('a lost last frame is found by the heartbeat, though the socket is healthy', async () => {
  const { server, world, ...scene } = createScene({ heartbeatMs: 20_000 });
  const id = server.begin('visitor-1');
  const client = scene.visitor();
  const view = client.own();
  await world.flush();
  const provedAt = client.status.lastSyncAt;

  await server.append(id, { text: 'unseen', private: false });
  world.links[0]?.lose('toClient');
  await world.advance(19_999);
  await world.flush();
  assert.deepEqual(words(view), []);
  await world.advance(1);
  await world.flush();
  assert.deepEqual(words(view), ['unseen']);
  assert.equal(client.status.lastSyncAt, provedAt, 'a heartbeat that found a gap proves nothing');
  await world.advance(20_000);
  await world.flush();
  assert.equal(client.status.lastSyncAt, world.now());
});

test('a lost change of an earlier message is found by the heartbeat', async () => {
  const { server, world, ...scene } = createScene({ heartbeatMs: 20_000 });
  const id = server.begin('visitor-1');
  const view = scene.visitor().own();
  await server.append(id, { text: 'one', private: false });
  await world.flush();
  await server.change(id, 1, 'delivered');
  world.links[0]?.lose('toClient');
  await world.advance(20_000);
  await world.flush();
  assert.equal(view.messages[0]?.state, 'delivered');
});

test('a conversation that is cached but not on the screen is whole after a reconnect', async () => {
  const { server, world, ...scene } = createScene();
  const [open, hidden] = [server.begin('visitor-1'), server.begin('visitor-2')];
  const client = scene.agent();
  client.conversation(open).subscribe(() => {});
  const cached = client.conversation(hidden);
  await world.flush();

  world.links[0]?.break();
  assert.equal(client.status.state, 'offline');
  await server.append(hidden, { text: 'while you were away', private: false });
  const heard: string[] = [];
  client.on('message', ({ message }) => heard.push(message.id));
  await world.advance(600);
  await world.flush();
  assert.deepEqual(words(cached), ['while you were away']);
  assert.deepEqual(heard, [`${hidden}.1`]);
  assert.equal(client.status.state, 'live');
});

test('a client is catching up until every cached conversation has been synchronised, then live', async () => {
  const { server, world, ...scene } = createScene();
  const client = scene.agent();
  const ids = ['a', 'b', 'c'].map((contact) => server.begin(contact));
  for (const id of ids) client.conversation(id);
  const states: string[] = [];
  client.on('status', ({ state }) => states.push(state));
  await world.flush();
  assert.deepEqual([...new Set(states)], ['offline', 'catching-up', 'live'].slice(1));
  assert.equal(countOf(server, 'heartbeat'), 1, 'one heartbeat, after the last sync');
});

test('another epoch drops what was cached, keeps what is unsent, and says that lists are stale', async () => {
  const { server, world, ...scene } = createScene();
  const client = scene.visitor();
  const own = client.own();
  watchScreen(own);
  await world.flush();
  for (const word of ['one', 'two', 'three', 'four']) own.send(text(word));
  await world.flush();
  assert.equal(own.messages.length, 4);

  const why: string[] = [];
  client.on('stale', (stale) => why.push(stale.why));
  await server.restore?.();
  await server.append(own.id ?? '', { text: 'other three', private: false });
  own.send(text('typed meanwhile'));
  await world.flush();
  await world.advance(5_000);
  await world.flush();
  assert.deepEqual(words(own), ['one', 'two', 'other three', 'typed meanwhile']);
  assert.deepEqual(why, ['epoch']);
});

test('a reconnect to the same epoch says that lists are stale too', async () => {
  const { world, ...scene } = createScene();
  const client = scene.agent();
  const why: string[] = [];
  client.on('stale', (stale) => why.push(stale.why));
  await world.flush();
  assert.deepEqual(why, [], 'the first connection makes nothing stale');
  world.links[0]?.break();
  await world.advance(600);
  await world.flush();
  assert.deepEqual(why, ['reconnected']);
});

test('an acknowledgement that comes twice shows the message once', async () => {
  const { world, ...scene } = createScene();
  const own = scene.visitor().own();
  watchScreen(own);
  await world.flush();
  own.send(text('hello'));
  world.links[0]?.deliver('toServer');
  // The conversation was made by it, which is told first.
  world.links[0]?.deliver('toClient');
  world.links[0]?.repeat('toClient');
  await world.flush();
  assert.deepEqual([words(own), waiting(own)], [['hello'], []]);
});

test('a message whose acknowledgement was lost is sent again and stored once', async () => {
  const { server, world, ...scene } = createScene();
  const own = scene.visitor().own();
  watchScreen(own);
  server.begin('visitor-1');
  await world.flush();
  own.send(text('hello'));
  world.links[0]?.deliver('toServer');
  world.links[0]?.break();
  assert.deepEqual(waiting(own), ['hello: waiting']);
  await world.advance(600);
  await world.flush();
  assert.deepEqual([words(own), waiting(own)], [['hello'], []]);
  assert.equal((await server.history('agent', own.id ?? '')).length, 1);
});

test('messages leave in the order of typing, one at a time in each conversation', async () => {
  const { server, world, ...scene } = createScene();
  const own = scene.visitor().own();
  await world.flush();
  for (const word of ['one', 'two', 'three']) own.send(text(word));
  assert.deepEqual(waiting(own), ['one: sending', 'two: waiting', 'three: waiting']);
  server.refuseNext?.('message.send', 'unavailable');
  await world.flush();
  assert.deepEqual(waiting(own), ['one: waiting', 'two: waiting', 'three: waiting'], 'nothing overtakes');
  await world.advance(1_000);
  await world.flush();
  assert.deepEqual(words(own), ['one', 'two', 'three']);
});

test('a refused message shows why, does not stop the next one, and can be tried again or taken back', async () => {
  const { server, world, ...scene } = createScene();
  const client = scene.visitor();
  const own = client.own();
  await world.flush();
  server.refuseNext?.('message.send', 'content-invalid');
  const first = own.send(text('one'));
  own.send(text('two'));
  await world.flush();
  assert.deepEqual([words(own), waiting(own)], [['two'], ['one: failed']]);
  assert.equal(own.pending[0]?.error?.code, 'content-invalid');
  assert.equal(client.status.unsent, 0);

  server.refuseNext?.('message.send', 'content-invalid');
  own.retry(first);
  await world.flush();
  assert.deepEqual(waiting(own), ['one: failed']);
  own.discard(first);
  assert.deepEqual(waiting(own), []);
});

test('what was typed offline is still there after a reload, and is sent once by whoever connects first', async () => {
  const { server, world, blocked, ...scene } = createScene();
  const storage = memoryStorage();
  blocked.add('websocket').add('long-poll');
  const before = scene.visitor({ storage });
  for (const word of ['one', 'two']) before.own().send(text(word));
  await world.flush();
  before.close();

  const [tab, other] = [scene.visitor({ storage }), scene.visitor({ storage })];
  assert.deepEqual(waiting(tab.own()), ['one: waiting', 'two: waiting']);
  watchScreen(tab.own());
  watchScreen(other.own());
  blocked.clear();
  for (let i = 0; i < 10; i++) {
    await world.advance(5_000);
    await world.flush();
  }
  assert.deepEqual(words(tab.own()), ['one', 'two']);
  assert.deepEqual(words(other.own()), ['one', 'two']);
  assert.equal((await server.history('agent', tab.own().id ?? '')).length, 2);
  assert.equal(storage.values.size, 0);
});

test('what a closed window has left is sent by one that is still open, when it connects again', async () => {
  const { world, ...scene } = createScene();
  const storage = memoryStorage();
  const own = scene.visitor({ storage }).own();
  await world.flush();
  const closing = scene.visitor({ storage });
  closing.own().send(text('left behind'));
  closing.close();
  world.links[0]?.break();
  await world.advance(600);
  await world.flush();
  assert.deepEqual([words(own), waiting(own)], [['left behind'], []]);
});

test('what another window has sent already is not shown as waiting as well', async () => {
  const { world, ...scene } = createScene();
  const storage = memoryStorage();
  const [sender, other] = [scene.visitor({ storage }).own(), scene.visitor({ storage }).own()];
  watchScreen(other);
  await world.flush();
  sender.send(text('hello'));
  world.links[0]?.deliver('toServer');
  // The sender has no answer yet, so its storage still holds the message, which the other window sees already.
  for (let i = 0; i < 4; i++) {
    world.links[1]?.deliver('toClient');
    world.links[1]?.deliver('toServer');
  }
  assert.deepEqual(words(other), ['hello']);
  world.links[1]?.break();
  await world.advance(600);
  const [, reconnected] = world.links;
  for (let i = 0; i < 3; i++) reconnected?.deliver('toClient');
  assert.deepEqual([words(other), waiting(other)], [['hello'], []]);
});

test('what one window takes back is not sent by another that had taken it in', async () => {
  const { world, blocked, ...scene } = createScene();
  const storage = memoryStorage();
  blocked.add('websocket').add('long-poll');
  const [tab, later] = [scene.visitor({ storage }), scene.visitor({ storage })];
  const clientId = tab.own().send(text('no, wait'));
  const reloaded = scene.visitor({ storage });
  later.close();
  assert.deepEqual(waiting(reloaded.own()), ['no, wait: waiting']);
  tab.own().discard(clientId);
  blocked.clear();
  for (let i = 0; i < 10; i++) {
    await world.advance(5_000);
    await world.flush();
  }
  assert.deepEqual([words(reloaded.own()), waiting(reloaded.own())], [[], []]);
});

test('the queue takes 200 messages and says clearly that it takes no more', async () => {
  const { blocked, ...scene } = createScene();
  blocked.add('websocket').add('long-poll');
  const own = scene.visitor().own();
  for (let i = 0; i < 200; i++) own.send(text(`${i}`));
  assert.throws(() => own.send(text('one too many')), { name: 'QueueFull', code: 'queue-full' });
  assert.equal(own.pending.length, 200);
});

test('a message over the frame limit fails at once instead of ending the connection', async () => {
  const { server, world, ...scene } = createScene();
  const own = scene.visitor().own();
  await world.flush();
  own.send(text('x'.repeat(200_000)));
  assert.equal(own.pending[0]?.error?.code, 'frame-too-large');
  await world.flush();
  assert.equal(countOf(server, 'message.send'), 0);
});

test('notes between agents make the numbers jump for a visitor without looking like a gap', async () => {
  for (const visitorHeads of ['public', 'all'] as const) {
    const { server, world, ...scene } = createScene({ visitorHeads });
    const id = server.begin('visitor-1');
    const view = scene.visitor().own();
    await world.flush();
    const syncs = countOf(server, 'sync');
    for (const [words, isPrivate] of [
      ['one', false],
      ['note', true],
      ['note', true],
      ['two', false],
    ] as const)
      await server.append(id, { text: words, private: isPrivate });
    await world.flush();
    assert.deepEqual(words(view), ['one', 'two']);
    assert.equal(countOf(server, 'sync'), syncs, 'nothing had to be fetched');
  }
});

test('a change that overtakes its own message does not leave it in its first state', async () => {
  const { server, world, ...scene } = createScene();
  const id = server.begin('visitor-1');
  const view = scene.visitor().own();
  await world.flush();
  await server.append(id, { text: 'one', private: false });
  await server.change(id, 1, 'delivered');
  world.links[0]?.swap('toClient');
  await world.flush();
  assert.equal(view.messages[0]?.state, 'delivered');
});

test('messages read by the contact show as read, also those that were loaded before', async () => {
  const { server, world, ...scene } = createScene();
  const id = server.begin('visitor-1');
  await server.append(id, { text: 'one', private: false });
  await server.change(id, 1, 'sent');
  const desk = scene.agent().conversation(id);
  const own = scene.visitor().own();
  await world.flush();
  assert.equal(desk.messages[0]?.state, 'sent');
  own.markRead();
  await world.flush();
  assert.equal(desk.messages[0]?.state, 'read');
});

test('waking up asks the server at once whether all is whole', async () => {
  const { server, world, wake, ...scene } = createScene();
  const id = server.begin('visitor-1');
  const view = scene.visitor().own();
  await world.flush();
  await server.append(id, { text: 'slept through', private: false });
  world.links[0]?.lose('toClient');
  wake();
  await world.flush();
  assert.deepEqual(words(view), ['slept through']);
});

test('waking up while offline connects at once, whatever the backoff had in mind', async () => {
  const { world, blocked, wake, ...scene } = createScene();
  blocked.add('websocket');
  const client = scene.agent();
  for (let i = 0; i < 8; i++) {
    await world.flush();
    await world.advance((client.status.retryAt ?? 0) - world.now());
  }
  await world.flush();
  assert.ok((client.status.retryAt ?? 0) > world.now() + 3_000, 'the backoff has grown');
  blocked.clear();
  wake();
  await world.flush();
  assert.equal(client.status.state, 'live');
});

test('a line that went silent is given up ten seconds after the next heartbeat', async () => {
  const { world, ...scene } = createScene({ heartbeatMs: 20_000 });
  const client = scene.agent();
  await world.flush();
  for (const link of world.links) link.silent = true;
  await world.advance(29_999);
  assert.equal(client.status.state, 'live');
  await world.advance(1);
  assert.equal(client.status.state, 'offline');
  await world.advance(600);
  await world.flush();
  assert.equal(client.status.state, 'live');
});

test('the pause before the next attempt grows to thirty seconds and is spread over the whole of it', async () => {
  const { world, blocked, ...scene } = createScene();
  blocked.add('websocket');
  const client = scene.agent();
  const pauses: number[] = [];
  for (let i = 0; i < 60; i++) {
    await world.flush();
    pauses.push((client.status.retryAt ?? 0) - world.now());
    await world.advance(pauses.at(-1) ?? 0);
  }
  const late = pauses.slice(8);
  assert.ok((pauses[0] ?? 0) <= 500 && Math.max(...pauses) <= 30_000);
  assert.ok(Math.max(...late) > 25_000 && Math.min(...late) < 5_000, 'full jitter');
});

test('clients of a server that restarts come back spread over four seconds, as its close asks', async () => {
  const { server, world, ...scene } = createScene();
  const endpoints: { close(code: number, reason: string): void }[] = [];
  const { connect } = server;
  server.connect = (role, name, endpoint) => {
    endpoints.push(endpoint);
    return connect(role, name, endpoint);
  };
  const clients = Array.from({ length: 60 }, () => scene.visitor());
  await world.flush();
  for (const endpoint of endpoints.splice(0)) endpoint.close(closeCodes.restarting, 'The server restarts: reconnect.');
  await world.flush();
  const pauses = clients.map(({ status }) => (status.retryAt ?? 0) - world.now()).toSorted((a, b) => a - b);
  assert.ok((pauses[0] ?? 0) < 500 && (pauses.at(-1) ?? 0) > 3_500 && (pauses.at(-1) ?? 0) <= 4_000);
  const most = pauses.map((from) => pauses.filter((pause) => pause >= from && pause < from + 500).length);
  assert.ok(Math.max(...most) < 20, `${Math.max(...most)} of 60 would come within half a second`);
  await world.advance(4_000);
  await world.flush();
  assert.ok(clients.every(({ status }) => status.state === 'live'));
});

test('clients that are closed for too many frames stay away for half a minute, and come back spread over another', async () => {
  const { server, world, ...scene } = createScene();
  const endpoints: { close(code: number, reason: string): void }[] = [];
  const { connect } = server;
  server.connect = (role, name, endpoint) => {
    endpoints.push(endpoint);
    return connect(role, name, endpoint);
  };
  const clients = Array.from({ length: 60 }, () => scene.visitor());
  await world.flush();
  for (const endpoint of endpoints.splice(0)) endpoint.close(closeCodes.flooding, 'Too many frames.');
  await world.flush();
  const pauses = clients.map(({ status }) => (status.retryAt ?? 0) - world.now()).toSorted((a, b) => a - b);
  assert.ok((pauses[0] ?? 0) >= 30_000 && (pauses.at(-1) ?? 0) > 55_000 && (pauses.at(-1) ?? 0) <= 60_000);
  await world.advance(29_999);
  await world.flush();
  assert.equal(endpoints.length, 0, 'nobody came');
  await world.advance(30_001);
  await world.flush();
  assert.ok(clients.every(({ status }) => status.state === 'live'));
});

test('a socket that never opens twice makes a visitor go on by long-poll, and back once it gets through', async () => {
  const { server, world, blocked, ...scene } = createScene();
  blocked.add('websocket');
  const client = scene.visitor();
  const own = client.own();
  watchScreen(own);
  await world.flush();
  await world.advance(600);
  await world.flush();
  await world.advance(0);
  await world.flush();
  assert.equal(client.status.transport, 'long-poll');
  own.send(text('by poll'));
  await world.flush();
  assert.deepEqual(words(own), ['by poll']);

  const pass = async (ms: number) => {
    for (let passed = 0; passed < ms; passed += 10_000) {
      await world.advance(10_000);
      await world.flush();
    }
  };
  await pass(60_000);
  assert.equal(client.status.transport, 'long-poll');
  blocked.clear();
  await pass(5 * 60_000);
  assert.equal(client.status.transport, 'websocket');
  await server.append(own.id ?? '', { text: 'by socket', private: false });
  await world.flush();
  assert.deepEqual(words(own), ['by poll', 'by socket']);
  assert.equal(world.links.length, 1, 'the long-poll is closed');
});

test('an agent stays on the socket, however often it fails', async () => {
  const { world, blocked, ...scene } = createScene();
  blocked.add('websocket');
  scene.agent();
  for (let i = 0; i < 6; i++) {
    await world.flush();
    await world.advance(30_000);
    assert.ok(world.links.every(({ kind }) => kind === 'websocket'));
  }
});

test('an expired token is asked for anew once; when that is refused too, the client stops and says so', async () => {
  const { server, world, ...scene } = createScene();
  let asked = 0;
  const token = async () => {
    asked++;
    return 'agent-1';
  };
  const connect = server.connect;
  server.connect = (role, name, endpoint) => {
    const socket = connect(role, name, endpoint);
    endpoint.close(closeCodes.unauthorized, 'expired');
    return socket;
  };
  const client = scene.agent({ token });
  for (let i = 0; i < 5; i++) {
    await world.flush();
    await world.advance(600);
  }
  assert.equal(asked, 2);
  assert.equal(client.status.refused, 'unauthorized');
  assert.equal(client.status.retryAt, undefined);

  server.connect = connect;
  client.open();
  await world.flush();
  assert.equal(client.status.state, 'live');
  assert.equal(client.status.refused, undefined);
});

test('a token that cannot be had because nobody is signed in ends the attempts; any other failure does not', async () => {
  const { world, ...scene } = createScene();
  const signedOut = scene.agent({ token: () => Promise.reject(Object.assign(new Error(), { code: 'unauthorized' })) });
  let failures = 2;
  const flaky = scene.agent({
    token: () => (failures-- > 0 ? Promise.reject(new TypeError('network')) : Promise.resolve('agent-1')),
  });
  await world.flush();
  await world.advance(5_000);
  await world.flush();
  assert.equal(signedOut.status.refused, 'unauthorized');
  assert.equal(flaky.status.state, 'live');
});

test('older pages are put in front, and a page that is out of date when it arrives does not undo a change', async () => {
  const { server, world, ...scene } = createScene();
  const id = server.begin('visitor-1');
  for (let i = 1; i <= 120; i++) await server.append(id, { text: `${i}`, private: false });
  const view = scene.visitor().own();
  await world.flush();
  assert.deepEqual([view.messages.length, words(view)[0], view.hasOlder], [50, '71', true]);

  const loading = view.loadOlder();
  await world.settle();
  await server.change(id, 40, 'failed');
  while (world.links.some(({ toClient }) => toClient.length > 0)) world.links[0]?.deliver('toClient');
  world.requests[0]?.answer();
  await loading;
  assert.equal(words(view)[0], '21');
  assert.equal(view.messages.find(({ seq }) => seq === 40)?.state, 'failed');

  const rest = view.loadOlder();
  await world.flush();
  await rest;
  assert.deepEqual([view.messages.length, words(view)[0], view.hasOlder], [120, '1', false]);
});

test('a change that a sync brings while an older page is on its way is not undone by that page', async () => {
  const { server, world, ...scene } = createScene();
  const id = server.begin('visitor-1');
  for (let i = 1; i <= 80; i++) await server.append(id, { text: `${i}`, private: false });
  const view = scene.visitor().own();
  await world.flush();
  const loading = view.loadOlder();
  await world.settle();
  world.links[0]?.break();
  await server.change(id, 10, 'failed');
  await world.advance(600);
  for (let i = 0; i < 6; i++) {
    world.links[0]?.deliver('toClient');
    world.links[0]?.deliver('toServer');
  }
  assert.equal(view.position.changes, 1);
  world.requests[0]?.answer();
  await loading;
  assert.equal(view.messages.find(({ seq }) => seq === 10)?.state, 'failed');
});

test('an older page from before a restore is not mixed into what came after it', async () => {
  const { server, world, ...scene } = createScene();
  const id = server.begin('visitor-1');
  for (let i = 1; i <= 100; i++) await server.append(id, { text: `${i}`, private: false });
  const view = scene.visitor().own();
  await world.flush();
  const loading = view.loadOlder();
  await world.settle();
  await server.restore?.();
  await server.change(id, 10, 'failed');
  for (let i = 51; i <= 100; i++) await server.append(id, { text: `${i} again`, private: false });
  for (let i = 0; i < 10; i++) {
    await world.advance(600);
    for (const direction of ['toClient', 'toServer'] as const) world.links[0]?.deliver(direction);
  }
  assert.deepEqual([words(view)[0], view.hasOlder], ['51 again', true]);
  world.requests[0]?.answer();
  await loading;
  assert.equal(words(view)[0], '51 again');
});

test('what was typed offline leaves only after the conversation has been caught up', async () => {
  const { server, world, ...scene } = createScene();
  const id = server.begin('visitor-1');
  const view = scene.visitor().own();
  await server.append(id, { text: 'first', private: false });
  await world.flush();
  world.links[0]?.break();
  for (let i = 1; i <= 80; i++) await server.append(id, { text: `${i}`, private: false });
  view.send(text('typed offline'));
  const before = server.received.length;
  await world.advance(600);
  await world.flush();
  const types = server.received.slice(before).map(({ type }) => type);
  assert.deepEqual(
    types.filter((type) => type !== 'heartbeat'),
    ['sync', 'sync', 'message.send'],
  );
});

test('the acknowledgement of the first message tells a visitor its conversation', async () => {
  const { world, ...scene } = createScene({ announces: false });
  const own = scene.visitor().own();
  watchScreen(own);
  await world.flush();
  own.send(text('hello'));
  world.links[0]?.deliver('toServer');
  world.links[0]?.deliver('toClient');
  assert.deepEqual([own.id, own.loaded, words(own), waiting(own)], ['1001', true, ['hello'], []]);
});

test('a token that arrives after the client was closed opens nothing', async () => {
  const { world, ...scene } = createScene();
  const { promise, resolve } = Promise.withResolvers<string>();
  const client = scene.agent({ token: () => promise });
  client.close();
  resolve('agent-1');
  await world.settle();
  assert.equal(world.links.length, 0);
});

test('a client that is hundreds of messages behind begins anew with the last page, without a hole', async () => {
  const { server, world, ...scene } = createScene();
  const id = server.begin('visitor-1');
  const view = scene.visitor().own();
  await server.append(id, { text: 'first', private: false });
  await world.flush();
  world.links[0]?.break();
  for (let i = 1; i <= 400; i++) await server.append(id, { text: `${i}`, private: false });
  await world.advance(600);
  await world.flush();
  assert.deepEqual([view.messages.length, words(view)[0], words(view).at(-1), view.hasOlder], [50, '351', '400', true]);
});

test('only so many conversations stay cached: the least recently used goes, never one that is looked at or unsent', async () => {
  const { server, world, ...scene } = createScene();
  const client = scene.agent({ maxCached: 2 });
  const [a, b, c, d] = ['a', 'b', 'c', 'd'].map((contact) => server.begin(contact)) as [string, string, string, string];
  const watched = client.conversation(a);
  watched.subscribe(() => {});
  await world.flush();
  server.ignore('message.send');
  client.conversation(b).send(text('unsent'));
  const third = client.conversation(c);
  client.conversation(d);
  await world.flush();
  assert.deepEqual(
    server.received.filter(({ type }) => type === 'unfollow').map(({ data }) => data),
    [{ conversationId: c }],
  );
  await server.append(a, { text: 'still followed', private: false });
  await world.flush();
  assert.deepEqual(words(watched), ['still followed']);
  third.subscribe(() => {});
  await world.flush();
  await server.append(c, { text: 'followed again', private: false });
  await world.flush();
  assert.deepEqual(words(third), ['followed again']);
});

test('a conversation that cannot be read is shown as loaded and empty', async () => {
  const { world, ...scene } = createScene();
  const view = scene.agent().conversation('nowhere');
  await world.flush();
  assert.deepEqual([view.loaded, view.conversation, view.messages], [true, undefined, []]);
});

test('typing is told every three seconds at most, and fades after six when nobody says that it ended', async () => {
  const { server, world, ...scene } = createScene();
  const id = server.begin('visitor-1');
  const [own, desk] = [scene.visitor().own(), scene.agent().conversation(id)];
  await world.flush();
  for (let i = 0; i < 5; i++) {
    own.setTyping(true);
    await world.advance(1_000);
  }
  await world.flush();
  assert.equal(countOf(server, 'typing'), 2);
  assert.deepEqual(desk.typing, { by: 'contact' });
  await world.advance(5_999);
  assert.deepEqual(desk.typing, { by: 'contact' });
  await world.advance(1);
  assert.equal(desk.typing, undefined);
});

test('presence and the watched list are said again after a reconnect', async () => {
  const { server, world, ...scene } = createScene();
  const client = scene.agent();
  client.watch('queue');
  const told = client.setPresence('online');
  await world.flush();
  await told;
  world.links[0]?.break();
  await world.advance(600);
  await world.flush();
  assert.deepEqual([countOf(server, 'presence'), countOf(server, 'watch')], [2, 2]);
});

test('when somebody was last at the window is said again after a reconnect, as old as it is by then', async () => {
  const { server, world, ...scene } = createScene();
  const client = scene.agent();
  await world.flush();
  client.active(world.now());
  await world.flush();
  world.links[0]?.break();
  await world.advance(600);
  await world.flush();
  assert.equal(countOf(server, 'activity'), 2);
});

test('snapshots change when and only when something changed', async () => {
  const { server, world, ...scene } = createScene();
  const id = server.begin('visitor-1');
  const client = scene.visitor();
  const view = client.own();
  await world.flush();
  const { messages, pending } = view;
  const { status } = client;
  await world.flush();
  assert.ok(view.messages === messages && view.pending === pending && client.status === status);
  await server.append(id, { text: 'one', private: false });
  await world.flush();
  assert.ok(view.messages !== messages && view.pending === pending);
});

test('a listener that throws keeps nobody else from hearing', async () => {
  const { server, world, ...scene } = createScene();
  const id = server.begin('visitor-1');
  const client = scene.visitor();
  const view = client.own();
  let heard = 0;
  view.subscribe(() => {
    throw new Error('a bug in the page');
  });
  view.subscribe(() => heard++);
  await server.append(id, { text: 'one', private: false });
  await assert.rejects(
    world.flush().then(() => world.advance(0)),
    /a bug in the page/,
  );
  assert.ok(heard > 0);
});

test('a visitor whose conversation begins in another window follows it, even when the news of it was lost', async () => {
  const { world, ...scene } = createScene({ heartbeatMs: 20_000 });
  const [own, other] = [scene.visitor().own(), scene.visitor().own()];
  await world.flush();
  own.send(text('hello'));
  world.links[0]?.deliver('toServer');
  world.links[1]?.lose('toClient');
  await world.flush();
  assert.equal(other.id, undefined);
  await world.advance(20_000);
  await world.flush();
  assert.deepEqual([other.id, words(other)], [own.id, ['hello']]);
});
