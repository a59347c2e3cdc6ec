import { once } from 'node:events';
import type { Socket } from 'node:net';
import { makeVisitors, signIn } from './parley-api.ts';
import { openWebSocket } from './raw-socket.ts';
import type { Account } from './server-process.ts';
import { textFrame } from './websocket-frames.ts';
import { answerCommands } from './worker-process.ts';

/** Opens sockets that say nothing but what they are told to, in a process of its own. */
export type IdleCommands = typeof commands;

const openAtOnce = 64;
const helloKey = Buffer.from('"hello"');
const ackKey = Buffer.from('"ack"');
const presenceKey = Buffer.from('"event":"presence"');
let tokens: string[] = [];
let opened: Socket[] = [];
const seen = { acks: 0, presences: 0 };

const commands = {
  /** Makes the visitors' sessions, which are rows in the store and part of no socket. */
  prepare: async (target: { port: number; account: Account; count: number }) => {
    tokens = await makeVisitors(target.port, await signIn(target.port, target.account), target.count);
  },
  /** As many windows of one agent, in place of visitors'. */
  prepareAgent: async (target: { port: number; account: Account; count: number }) => {
    const token = await signIn(target.port, target.account);
    tokens = Array.from({ length: target.count }, () => token);
  },
  /** Opens `count` sockets; answers when each has its hello. */
  open: async (target: { port: number; path: string; count: number }) => {
    await close();
    let begun = 0;
    async function openSome(): Promise<void> {
      while (begun < target.count) {
        begun += 1;
        opened.push(await openOne(target, tokens[begun - 1] ?? 'none'));
      }
    }
    await Promise.all(Array.from({ length: openAtOnce }, openSome));
  },
  /** Each socket sends one frame, evenly over a time; answers when each has its ack. */
  ask: async ({ frame, overMs }: { frame: object; overMs: number }) => {
    const before = seen.acks;
    const text = textFrame(JSON.stringify({ id: '1', ...frame }));
    const startedAt = performance.now();
    for (let sent = 0; sent < opened.length; await pause(1)) {
      const due = Math.min(opened.length, Math.ceil(((performance.now() - startedAt) / overMs) * opened.length));
      for (; sent < due; sent++) opened[sent]?.write(text);
    }
    while (seen.acks - before < opened.length) await pause(1);
  },
  /** One window chooses another presence again and again; answers when all windows have been told each time. */
  flicker: async ({ times }: { times: number }) => {
    const before = seen.presences;
    for (let i = 0; i < times; i++) {
      const status = i % 2 === 0 ? 'away' : 'online';
      opened[0]?.write(textFrame(JSON.stringify({ id: '1', type: 'presence', data: { status } })));
      while (seen.presences - before < (i + 1) * opened.length) await pause(1);
    }
  },
  /** Closes them; answers how many the server had kept open until then. */
  close: async () => close(),
};

const pause = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));

async function close(): Promise<number> {
  const closing = opened;
  opened = [];
  const stayed = await Promise.all(
    closing.map(async (socket) => {
      if (socket.closed) return false;
      const closed = once(socket, 'close');
      socket.destroy();
      await closed;
      return true;
    }),
  );
  return stayed.filter(Boolean).length;
}

async function openOne(target: { port: number; path: string }, token: string): Promise<Socket> {
  const greeted = Promise.withResolvers<void>();
  const has = (key: Buffer, bytes: Buffer, start: number, end: number) => {
    const at = bytes.indexOf(key, start);
    return at >= 0 && at < end;
  };
  const socket = await openWebSocket({ ...target, token }, (bytes, start, end) => {
    if (has(helloKey, bytes, start, end)) greeted.resolve();
    else if (has(ackKey, bytes, start, end)) seen.acks += 1;
    else if (has(presenceKey, bytes, start, end)) seen.presences += 1;
  });
  socket.on('close', () => greeted.reject(new Error('The server closed an idle connection.')));
  await greeted.promise;
  return socket;
}

answerCommands(commands);
