import assert from 'node:assert/strict';
import { once } from 'node:events';
import { type AddressInfo, connect, createServer, type Socket } from 'node:net';
import { type TestContext, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { startTcpProxy } from './tcp-proxy.ts';

async function echoBehindProxy(t: TestContext) {
  const echo = createServer((socket) => socket.on('error', () => undefined).pipe(socket)).listen(0, '127.0.0.1');
  await once(echo, 'listening');
  const proxy = await startTcpProxy((echo.address() as AddressInfo).port);
  t.after(async () => {
    await proxy[Symbol.asyncDispose]();
    echo.close();
  });
  const open = async () => {
    const socket = connect(proxy.port, '127.0.0.1').on('error', () => undefined);
    t.after(() => void socket.destroy());
    await new Promise((resolve) => socket.once('connect', resolve).once('close', resolve));
    return socket;
  };
  return { proxy, open };
}

async function echoed(socket: Socket, text: string): Promise<string> {
  socket.write(text);
  const [data] = (await once(socket, 'data')) as [Buffer];
  return data.toString();
}

test('a link carries both ways, also more than its buffers hold', async (t) => {
  const { open } = await echoBehindProxy(t);
  const socket = await open();
  assert.equal(await echoed(socket, 'hello'), 'hello');
  let bytes = 0;
  socket.on('data', (chunk: Buffer) => {
    bytes += chunk.length;
  });
  socket.end(Buffer.alloc(5_000_000));
  await once(socket, 'end');
  assert.equal(bytes, 5_000_000);
});

test('a link that is cut breaks what is open and refuses what is new, until it is restored', async (t) => {
  const { proxy, open } = await echoBehindProxy(t);
  const socket = await open();
  await echoed(socket, 'hello');
  proxy.cut();
  await once(socket, 'close');
  const refused = await open();
  if (!refused.closed) await once(refused, 'close');
  assert.deepEqual([proxy.broken, proxy.refused], [1, 1]);
  proxy.restore();
  assert.equal(await echoed(await open(), 'again'), 'again');
});

test('a link that hangs keeps what is said, tells nobody, and passes it on when it is restored', async (t) => {
  const { proxy, open } = await echoBehindProxy(t);
  const socket = await open();
  await echoed(socket, 'hello');
  proxy.hang();
  assert.equal(proxy.awaiting, 0);
  const answer = echoed(socket, 'late');
  assert.equal(await Promise.race([answer, sleep(150)]), undefined);
  assert.equal(socket.destroyed, false);
  assert.ok(proxy.held >= 1);
  assert.equal(proxy.awaiting, 1);
  proxy.restore();
  assert.equal(await answer, 'late');
  assert.equal(proxy.awaiting, 0);
});

test('a slow link is late by its delay each way and passes no more bytes a second than it may', async (t) => {
  const { proxy, open } = await echoBehindProxy(t);
  const socket = await open();
  proxy.slow({ delayMs: 50, bytesPerSecond: 1_000 });
  const at = performance.now();
  assert.equal(await echoed(socket, 'x'.repeat(100)), 'x'.repeat(100));
  const took = performance.now() - at;
  assert.ok(took >= 290, `${took} ms for twice 50 ms and 100 bytes at 1,000 a second`);
  assert.ok(proxy.delayed >= 2);
});
