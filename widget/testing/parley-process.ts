import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Agent, Content, Conversation, Message, Page } from '@parley/sdk/protocol.ts';
import { subprotocol } from '@parley/sdk/protocol.ts';

const root = join(dirname(fileURLToPath(import.meta.url)), '../..');
const admin = { email: 'admin@example.com', password: 'parley-demo-1' };
const startWithinMs = 60_000;

/** The real server in a process and a data folder of its own, and an agent who works in it over the HTTP API. */
export interface ParleyProcess {
  readonly url: string;
  readonly channelId: string;
  readonly agent: Agent;
  call<T>(method: string, path: string, body?: unknown): Promise<T>;
  /** The newest conversation. */
  newest(): Promise<Conversation>;
  messages(conversationId: string): Promise<Message[]>;
  /** Takes the conversation over, if need be, and answers. */
  answer(conversationId: string, content: Content): Promise<Message>;
  /** The agent is seen to type, by everybody who follows the conversation. */
  startTyping(conversationId: string): Promise<void>;
  /** An end without notice: what a crash or a lost line looks like from outside. */
  kill(): Promise<void>;
  /** On the same port and data as before. */
  restart(): Promise<void>;
  stop(): Promise<void>;
}

export async function startParley(): Promise<ParleyProcess> {
  const dataDir = await mkdtemp(join(tmpdir(), 'parley-widget-'));
  const port = await freePort();
  const url = `http://127.0.0.1:${port}`;
  const env = {
    ...process.env,
    PARLEY_PORT: String(port),
    PARLEY_DATA_DIR: dataDir,
    PARLEY_ADMIN_EMAIL: admin.email,
    PARLEY_ADMIN_PASSWORD: admin.password,
    // All browsers of the suite come from one address.
    PARLEY_VISITOR_LIMITS: 'off',
  };
  let child = await run();
  let token = '';

  async function run(): Promise<ChildProcess> {
    const started = spawn(process.execPath, ['server/main.ts'], {
      cwd: root,
      env,
      stdio: ['ignore', 'ignore', 'pipe'],
    });
    let said = '';
    started.stderr?.on('data', (chunk) => {
      said += String(chunk);
    });
    const deadline = Date.now() + startWithinMs;
    while (!(await isReady(url))) {
      if (started.exitCode !== null || Date.now() > deadline) throw new Error(`The server does not start: ${said}`);
      await new Promise((resolve) => setTimeout(resolve, 100));
    }
    return started;
  }
  async function end(signal: NodeJS.Signals): Promise<void> {
    if (child.exitCode !== null || child.signalCode !== null) return;
    child.kill(signal);
    await once(child, 'exit');
  }
  async function call<T>(method: string, path: string, body?: unknown): Promise<T> {
    const response = await fetch(url + path, {
      method,
      headers: { authorization: `Bearer ${token}`, ...(body !== undefined && { 'content-type': 'application/json' }) },
      ...(body !== undefined && { body: JSON.stringify(body) }),
    });
    if (!response.ok) throw new Error(`${method} ${path}: ${response.status} ${await response.text()}`);
    return (response.status === 204 ? undefined : await response.json()) as T;
  }

  const login = await call<{ token: string; agent: Agent }>('POST', '/api/v1/login', admin);
  token = login.token;
  const channels = await call<Page<{ id: string; type: string }>>('GET', '/api/v1/channels');
  const channel = channels.items.find(({ type }) => type === 'web');
  if (channel === undefined) throw new Error('A first start has a web channel.');

  return {
    url,
    channelId: channel.id,
    agent: login.agent,
    call,
    async newest() {
      const [newest] = (await call<Page<Conversation>>('GET', '/api/v1/conversations?limit=1')).items;
      if (newest === undefined) throw new Error('There is no conversation yet.');
      return newest;
    },
    messages: async (id) => (await call<Page<Message>>('GET', `/api/v1/conversations/${id}/messages?limit=200`)).items,
    async answer(id, content) {
      const { assigneeId } = await call<Conversation>('GET', `/api/v1/conversations/${id}`);
      if (assigneeId !== login.agent.id) {
        await call('PATCH', `/api/v1/conversations/${id}`, { assigneeId: login.agent.id, override: true });
      }
      return call('POST', `/api/v1/conversations/${id}/messages`, { clientId: crypto.randomUUID(), content });
    },
    async startTyping(conversationId) {
      const socket = new WebSocket(`${url.replace('http', 'ws')}/ws/agent`, [subprotocol, `bearer.${token}`]);
      const frame = { id: '1', type: 'typing', data: { conversationId, on: true } };
      // The first frame is the server's greeting, the second the answer to ours.
      await once(socket, 'message');
      socket.send(JSON.stringify(frame));
      await once(socket, 'message');
      socket.close();
    },
    kill: () => end('SIGKILL'),
    async restart() {
      await end('SIGKILL');
      child = await run();
    },
    async stop() {
      await end('SIGKILL');
      await rm(dataDir, { recursive: true, force: true });
    },
  };
}

async function isReady(url: string): Promise<boolean> {
  try {
    return (await fetch(`${url}/readyz`)).ok;
  } catch {
    // Not listening yet.
    return false;
  }
}

/** A shop's page on an origin of its own, with the one script tag, under the policy that the documentation asks for and no more. */
export async function startHostPage(parley: string, channelId: string): Promise<{ url: string; stop(): void }> {
  const sockets = parley.replace('http', 'ws');
  const policy = [
    `default-src 'none'`,
    `script-src ${parley}`,
    `connect-src ${parley} ${sockets}`,
    `img-src ${parley}`,
  ].join('; ');
  const html = `<!doctype html><html lang="en"><head><meta charset="utf-8"><title>A host page</title>
<meta name="viewport" content="width=device-width, initial-scale=1"><link rel="icon" href="${parley}/demo/icon.svg">
<script async src="${parley}/widget.js" data-channel="${channelId}" data-locale="en"></script></head>
<body><main><h1>A host page</h1><p><a href="#more">A link</a></p></main></body></html>`;
  const server = createServer((_, response) => {
    response
      .writeHead(200, { 'content-type': 'text/html; charset=utf-8', 'content-security-policy': policy })
      .end(html);
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const stop = () => {
    server.close();
    server.closeAllConnections();
  };
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/`, stop };
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, 'close');
  return port;
}
