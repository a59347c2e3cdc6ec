import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { postAll } from './http-load.ts';
import { openTcp } from './raw-socket.ts';
import { answerCommands } from './worker-process.ts';

/** Sends ready-made requests, and is the other system that deliveries are posted to; in a process of its own. */
export type HttpCommands = typeof commands;

let received = 0;

const commands = {
  /** Sends all of them over kept connections; answers how many answers had which status, and the bytes on the wire. */
  send: async (run: { port: number; requests: readonly string[]; connections: number }) => {
    const sockets = await Promise.all(Array.from({ length: run.connections }, () => openTcp(run.port)));
    const requests = run.requests.map((text) => Buffer.from(text));
    const statuses = await postAll(sockets, requests, Number.POSITIVE_INFINITY);
    const wireBytes = sockets.reduce((sum, socket) => sum + socket.bytesRead + socket.bytesWritten, 0);
    for (const socket of sockets) socket.destroy();
    return { statuses, wireBytes };
  },
  /** Listens for deliveries and takes each; answers the port. */
  listen: async () => {
    const server = createServer((request, response) => {
      request.resume().on('end', () => {
        received += 1;
        response.end('{}');
      });
    }).listen(0, '127.0.0.1');
    await new Promise((resolve) => server.once('listening', resolve));
    return (server.address() as AddressInfo).port;
  },
  received: async () => received,
};

answerCommands(commands);
