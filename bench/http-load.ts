import type { Socket } from 'node:net';
import { createAnswerReader } from './http-answers.ts';

/**
 * Sends requests over kept connections, one at a time on each, as fast as they are answered.
 *
 * @param until by `performance.now()`: nothing is sent after it
 * @returns how many answers had which status
 */
export function postAll(
  sockets: readonly Socket[],
  requests: readonly Buffer[],
  until: number,
): Promise<Record<number, number>> {
  const { promise, resolve, reject } = Promise.withResolvers<Record<number, number>>();
  const statuses: Record<number, number> = {};
  let sent = 0;
  let answered = 0;
  for (const socket of sockets) {
    const sendNext = () => {
      const request = performance.now() < until ? requests[sent] : undefined;
      if (request === undefined) return;
      sent += 1;
      socket.write(request);
    };
    const read = createAnswerReader((status) => {
      statuses[status] = (statuses[status] ?? 0) + 1;
      answered += 1;
      sendNext();
      if (answered === sent) resolve(statuses);
    });
    socket.on('data', read);
    socket.on('error', reject);
    socket.on('close', () => reject(new Error('The server closed a connection that was to be kept.')));
    sendNext();
  }
  return promise;
}
