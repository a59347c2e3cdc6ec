import { once } from 'node:events';
import { makeVisitors, signIn } from './parley-api.ts';
import { openWebSocket } from './raw-socket.ts';
import type { Account } from './server-process.ts';
import { answerCommands } from './worker-process.ts';

/** Opens sockets that say nothing, in a process of its own. */
export type IdleCommands = typeof commands;

const openAtOnce = 64;
const helloKey = Buffer.from('"hello"');
let tokens: string[] = [];
let close: () => Promise<number> = async () => 0;

const commands = {
  /** Makes the visitors' sessions, which are rows in the store and part of no socket. */
  prepare: async (target: { port: number; account: Account; count: number }) => {
    tokens = await makeVisitors(target.port, await signIn(target.port, target.account), target.count);
  },
  /** Opens `count` sockets; answers when each has its hello. */
  open: async (target: { port: number; path: string; count: number }) => {
    close = await openIdle(target);
  },
  /** Closes them; answers how many the server had kept open until then. */
  close: async () => close(),
};

async function openIdle(target: { port: number; path: string; count: number }): Promise<() => Promise<number>> {
  let opened = 0;
  const closers: (() => Promise<boolean>)[] = [];
  async function openSome(): Promise<void> {
    while (opened < target.count) {
      opened += 1;
      closers.push(await openOne(target, tokens[opened - 1] ?? 'none'));
    }
  }
  await Promise.all(Array.from({ length: openAtOnce }, openSome));
  return async () => {
    const stayed = await Promise.all(closers.map((closeOne) => closeOne()));
    return stayed.filter(Boolean).length;
  };
}

async function openOne(target: { port: number; path: string }, token: string): Promise<() => Promise<boolean>> {
  const greeted = Promise.withResolvers<void>();
  const socket = await openWebSocket({ ...target, token }, (bytes, start, end) => {
    const at = bytes.indexOf(helloKey, start);
    if (at >= 0 && at < end) greeted.resolve();
  });
  socket.on('close', () => greeted.reject(new Error('The server closed an idle connection.')));
  await greeted.promise;
  return async () => {
    if (socket.closed) return false;
    const closed = once(socket, 'close');
    socket.destroy();
    await closed;
    return true;
  };
}

answerCommands(commands);
