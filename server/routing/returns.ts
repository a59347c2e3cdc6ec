import type { ConversationHead } from '../conversation/conversation-store.ts';
import type { Author, Conversations } from '../conversation/conversations.ts';
import { Refusal } from '../gateway/refusal.ts';
import type { AgentDirectory } from './agent-watch.ts';
import type { AssignmentStore, SnoozedRow } from './assignment-store.ts';
import type { DueWork } from './deadlines.ts';
import { storedRouting } from './stored-routing.ts';

/**
 * Brings snoozed conversations back, at their time or as soon as the customer writes: to the same agent where they are
 * online and have room, whatever the hours of the group; else into the queue as of now, where they are asked first.
 */
export interface Returns {
  readonly bringBackDue: DueWork;
  /** @throws Refusal `conflict` when somebody was faster */
  bringBack(of: Omit<SnoozedRow, 'until'>, by?: Author): Promise<ConversationHead>;
}

/** Read at once, … */
const rowsAtOnce = 500;
/** … and brought back at once: they share transactions. */
const broughtAtOnce = 64;
/** Before rows are looked at again of which none could be brought back. */
const retryMs = 1_000;

export function createReturns(deps: {
  conversations: Pick<Conversations, 'changeOwner'>;
  store: Pick<AssignmentStore, 'snoozed'>;
  agents: Pick<AgentDirectory, 'get' | 'presence'>;
  now: () => number;
}): Returns {
  const { conversations, agents, now } = deps;

  async function bringBack(row: Omit<SnoozedRow, 'until'>, by?: Author): Promise<ConversationHead> {
    const agent = agents.get(row.agentId);
    if (agent?.enabled !== true || agents.presence(agent.id) !== 'online') return toQueue(row, by);
    try {
      return await conversations.changeOwner({
        ...commonOf(row, by),
        to: 'agent',
        assignee: agent,
        capacity: agent.capacity,
      });
    } catch (error) {
      if (error instanceof Refusal && error.code === 'capacity-reached') return toQueue(row, by);
      throw error;
    }
  }

  function toQueue(row: Omit<SnoozedRow, 'until'>, by?: Author): Promise<ConversationHead> {
    const since = now();
    // Of the wait that is over only what holds for the whole conversation is of any use.
    const routing = { ...storedRouting(row.routing, null), queuedAt: since, forAgent: row.agentId };
    return conversations.changeOwner({
      ...commonOf(row, by),
      to: 'queued',
      assignee: null,
      queue: { routing: JSON.stringify(routing), since },
    });
  }

  async function tryToBringBack(row: SnoozedRow): Promise<boolean> {
    try {
      await bringBack(row);
      return true;
    } catch (error) {
      // Somebody was faster: it was taken up, closed or snoozed anew.
      if (!(error instanceof Refusal) || error.code === 'unavailable') throw error;
      return false;
    }
  }

  /** @returns how many came back */
  async function bringBackAll(rows: readonly SnoozedRow[]): Promise<number> {
    let back = 0;
    for (let from = 0; from < rows.length; from += broughtAtOnce) {
      const some = await Promise.all(rows.slice(from, from + broughtAtOnce).map(tryToBringBack));
      back += some.filter(Boolean).length;
    }
    return back;
  }

  return {
    bringBack,
    bringBackDue: async () => {
      while (true) {
        const rows = await deps.store.snoozed(rowsAtOnce);
        const at = now();
        const due = rows.filter(({ until }) => until <= at);
        const back = await bringBackAll(due);
        const next = rows[due.length];
        if (next !== undefined || rows.length < rowsAtOnce) return next?.until;
        if (back === 0) return at + retryMs;
      }
    },
  };
}

function commonOf({ id, epoch }: Omit<SnoozedRow, 'until'>, by?: Author) {
  return {
    conversationId: id,
    from: ['snoozed'],
    expectEpoch: epoch,
    why: 'woken',
    ...(by === undefined ? {} : { by }),
  } as const;
}
