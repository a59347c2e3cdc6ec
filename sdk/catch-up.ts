import type { Connection } from './connection.ts';
import type { FollowedConversation } from './conversation-view.ts';
import type { SyncAck } from './protocol.ts';

/** Messages asked for at once, at the first loading and while catching up. */
export const pageSize = 50;
/** A conversation that is further behind than this begins anew with its last page. */
const maxPages = 5;
/** A client that comes back with many conversations does not ask for all of them in one breath. */
const maxAtOnce = 6;
const retryMs = 2_000;

/** Whether the server will take the same request later: it has too much to do now. */
export function isPassing(code: string): boolean {
  return code === 'unavailable' || code === 'too-many-requests';
}

/** Brings the conversations that are marked `stale` up to the server's state. */
export interface CatchUp {
  /** Begins what can begin. Answers whether nothing is left to do. */
  run(): boolean;
}

export function createCatchUp(deps: {
  connection: Connection;
  views(): Iterable<FollowedConversation>;
  after(ms: number, run: () => void): unknown;
  random(): number;
  /** A sync is over, however it went. */
  onFinished(view: FollowedConversation): void;
}): CatchUp {
  const { connection } = deps;
  let running = 0;

  function run(): boolean {
    let left = 0;
    for (const view of deps.views()) {
      if (view.sync === 'idle') continue;
      left++;
      if (view.sync === 'stale' && running < maxAtOnce) ask(view, 0, view.position);
    }
    return left === 0;
  }

  function ask(view: FollowedConversation, pages: number, begun: FollowedConversation['position']): void {
    const { id, life, position } = view;
    const epoch = connection.hello?.epoch;
    if (id === undefined || epoch === undefined) return;
    const fromEnd = !view.loaded || pages >= maxPages;
    const data = { conversationId: id, epoch, limit: pageSize };
    const range = fromEnd ? { after: -1 } : { after: position.seq, changes: position.changes };
    const sent = connection.request('sync', { ...data, ...range }, (answer) => {
      running--;
      // Dropped meanwhile, or the connection is lost: it will be stale again on that account.
      if (view.life !== life || 'lost' in answer) return;
      if ('error' in answer) refused(view, answer.error.code);
      else received(view, answer.ack, { fromEnd, pages, begun });
    });
    if (!sent) return;
    running++;
    view.sync = 'syncing';
  }

  function received(
    view: FollowedConversation,
    ack: SyncAck,
    asked: { fromEnd: boolean; pages: number; begun: FollowedConversation['position'] },
  ): void {
    const { seq, changes } = view.position;
    view.takeSync(ack, asked.fromEnd);
    const moved = view.position.seq > seq || view.position.changes > changes;
    if (ack.more && !asked.fromEnd && moved) {
      ask(view, asked.pages + 1, asked.begun);
      return;
    }
    view.finishSync(view.position.seq > asked.begun.seq || view.position.changes > asked.begun.changes);
    deps.onFinished(view);
  }

  function refused(view: FollowedConversation, code: string): void {
    if (!isPassing(code)) {
      view.gone();
      deps.onFinished(view);
      return;
    }
    const { life } = view;
    view.sync = 'waiting';
    deps.after(retryMs * (0.5 + deps.random()), () => {
      if (view.life === life && view.sync === 'waiting') view.sync = 'stale';
    });
  }

  return { run };
}
