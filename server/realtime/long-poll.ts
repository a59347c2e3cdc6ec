import type { Clock } from '../base/clock.ts';
import { newId } from '../base/ids.ts';
import { Refusal } from '../gateway/refusal.ts';
import type { Connection, FrameSocket, VisitorPrincipal } from './connection.ts';
import type { RealtimeSessions } from './sessions.ts';

/** A poll without news is answered after this time: under the idle limits of common proxies. */
const waitMs = 25_000;
/** A session that nobody polls is over. */
const abandonedMs = 60_000;
const maxSessions = 20_000;
/** Frames in one answer; the rest comes with the next poll. */
const maxAnswer = 500;

export interface PollRequest {
  readonly session?: string;
  readonly frames: readonly string[];
}
export interface PollAnswer {
  readonly session: string;
  readonly frames: readonly string[];
  readonly closed?: { readonly code: number; readonly reason: string };
}

/**
 * The fallback where WebSockets do not get through: the same frames, carried by requests that wait. An answer that is
 * lost is a lost connection: the client begins a new session and synchronises, as after any break.
 */
export interface LongPoll {
  /** @throws Refusal `not-found` for a session that is over: begin a new one */
  poll(principal: VisitorPrincipal, request: PollRequest, signal: AbortSignal): Promise<PollAnswer>;
  stop(): void;
}

class PollSocket implements FrameSocket {
  readonly waiting: string[] = [];
  closed: { code: number; reason: string } | undefined;
  wake: (() => void) | undefined;
  bytes = 0;
  polledAt = 0;
  write(frames: readonly string[]): void {
    for (const frame of frames) {
      this.waiting.push(frame);
      this.bytes += frame.length;
    }
    this.wake?.();
  }
  bufferedBytes(): number {
    return this.bytes;
  }
  close(code: number, reason: string): void {
    this.closed ??= { code, reason };
    this.wake?.();
  }
  take(): string[] {
    const frames = this.waiting.splice(0, maxAnswer);
    for (const frame of frames) this.bytes -= frame.length;
    return frames;
  }
}

export function createLongPoll(deps: { sessions: RealtimeSessions; clock: Pick<Clock, 'elapsed'> }): LongPoll {
  const { clock } = deps;
  const open = new Map<string, { connection: Connection; socket: PollSocket }>();

  const end = (id: string) => {
    const session = open.get(id);
    if (session === undefined) return;
    open.delete(id);
    deps.sessions.closed(session.connection);
  };
  const sweep = setInterval(() => {
    const before = clock.elapsed() - abandonedMs;
    for (const [id, { socket }] of open) if (socket.polledAt < before) end(id);
  }, 5_000);
  sweep.unref();

  function begin(principal: VisitorPrincipal): string {
    if (open.size >= maxSessions) {
      throw new Refusal('unavailable', 'Too many waiting requests: try again shortly.', { retryAfterMs: 5_000 });
    }
    const socket = new PollSocket();
    const id = newId();
    open.set(id, { connection: deps.sessions.open(principal, socket), socket });
    return id;
  }

  return {
    poll: async (principal, request, signal) => {
      const id = request.session ?? begin(principal);
      const session = open.get(id);
      if (session === undefined || !isSame(session.connection, principal)) {
        throw new Refusal('not-found', 'session: this one is over; begin a new one and synchronise.', {
          field: 'session',
        });
      }
      const { connection, socket } = session;
      socket.polledAt = clock.elapsed();
      for (const frame of request.frames) deps.sessions.receive(connection, frame);
      // Only the newest poll waits: an older one that is still here is answered empty.
      socket.wake?.();
      if (socket.waiting.length === 0 && socket.closed === undefined) await untilNews(socket, signal);
      socket.polledAt = clock.elapsed();
      const frames = socket.take();
      if (socket.closed !== undefined && socket.waiting.length === 0) {
        end(id);
        return { session: id, frames, closed: socket.closed };
      }
      return { session: id, frames };
    },
    stop: () => {
      clearInterval(sweep);
      for (const id of [...open.keys()]) end(id);
    },
  };
}

function isSame(connection: Connection, principal: VisitorPrincipal): boolean {
  return connection.principal.role === 'visitor' && connection.principal.contactId === principal.contactId;
}

/** Resolves when there are frames, when a newer poll takes over, when the client hangs up, or when the time is over. */
function untilNews(socket: PollSocket, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const done = () => {
      clearTimeout(timer);
      signal.removeEventListener('abort', done);
      if (socket.wake === done) socket.wake = undefined;
      resolve();
    };
    const timer = setTimeout(done, waitMs);
    signal.addEventListener('abort', done);
    socket.wake = done;
  });
}
