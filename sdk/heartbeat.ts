import type { Connection } from './connection.ts';
import type { FollowedConversation } from './conversation-view.ts';
import type { Position } from './protocol.ts';

/** Asks the server regularly whether what is held is whole: a healthy socket alone proves nothing. */
export interface Heartbeat {
  /** Asks now, and again every `hello.heartbeatMs`. */
  beat(): void;
  stop(): void;
}

export function createHeartbeat(deps: {
  connection: Connection;
  views(): Iterable<FollowedConversation>;
  after(ms: number, run: () => void): unknown;
  cancel(timer: unknown): void;
  /** The server's heads where they differ from what was sent. */
  onHeads(heads: Record<string, Position>): void;
}): Heartbeat {
  const { connection } = deps;
  let timer: unknown;
  let asking = false;

  function have(): Record<string, Position> {
    const positions: Record<string, Position> = {};
    for (const { id, loaded, position } of deps.views()) if (id !== undefined && loaded) positions[id] = position;
    return positions;
  }

  function beat(): void {
    deps.cancel(timer);
    if (!connection.ready) return;
    timer = deps.after(connection.hello?.heartbeatMs ?? 0, beat);
    // One that has no answer yet will end the connection if it gets none: a second one would tell nothing more.
    if (asking) return;
    asking = connection.request('heartbeat', { have: have() }, (answer) => {
      asking = false;
      if ('ack' in answer) deps.onHeads(answer.ack.heads);
    });
  }

  return { beat, stop: () => deps.cancel(timer) };
}
