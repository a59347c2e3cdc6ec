import type { RoutingConfig } from '@parley/sdk/routing-document.ts';
import type { AssignmentStore, WeighedRow } from './assignment-store.ts';
import type { DueWork } from './deadlines.ts';
import { quietWeightOf } from './routing-config.ts';

/**
 * Lets conversations count less while their customers are quiet, so that an agent who waits for answers has room for
 * somebody who is there. What counts less is stored with the conversation: the transaction that stores the customer's next
 * message gives it its whole weight again, whoever decides meanwhile.
 */
export interface QuietWork {
  configure(config: RoutingConfig): void;
  /** Somebody wrote in it, or it changed hands: what is being stored of it here is old. */
  heard(conversationId: string): void;
  readonly countLess: DueWork;
}

/** How often is looked, in parts of the time after which somebody is quiet; within these bounds. */
const looksEach = 4;
const leastMs = 5_000;
const mostMs = 60_000;
/** Agents who are asked about at once, … */
const agentsAtOnce = 500;
/** … and conversations that are changed in one transaction. */
const rowsAtOnce = 200;

export function createQuietWork(deps: {
  store: Pick<AssignmentStore, 'quiet' | 'lightened' | 'weigh'>;
  config: RoutingConfig;
  channelTypeOf: (channelId: string) => string;
  /** Those who have anything. */
  agentIds: () => readonly string[];
  /** It weighs that much from now on. */
  onWeight: (row: WeighedRow) => void;
  now: () => number;
}): QuietWork {
  const { store, now } = deps;
  let { capacity, exclusive } = deps.config;
  /** What was lightened under another configuration, or by whoever decided before us, may have to weigh something else. */
  let isNew = true;
  let dueAt = Number.NEGATIVE_INFINITY;
  /** Of these something newer was told while a change of ours was being stored. */
  const newer = new Set<string>();

  async function weighAll(rows: readonly WeighedRow[], toOf: (row: WeighedRow) => number): Promise<void> {
    const changes = rows.map((row) => ({ ...row, to: toOf(row) })).filter(({ weight, to }) => weight !== to);
    for (let from = 0; from < changes.length; from += rowsAtOnce) {
      newer.clear();
      const changed = await store.weigh(changes.slice(from, from + rowsAtOnce));
      for (const row of changed) if (!newer.has(row.id)) deps.onWeight(row);
    }
  }

  const lessOf = ({ wholeWeight, channelId }: WeighedRow) =>
    exclusive.includes(deps.channelTypeOf(channelId)) ? wholeWeight : quietWeightOf(wholeWeight, capacity.quietPercent);

  async function look(): Promise<void> {
    const { quietAfterMs } = capacity;
    const agentIds = deps.agentIds();
    for (let from = 0; from < agentIds.length; from += agentsAtOnce) {
      const some = agentIds.slice(from, from + agentsAtOnce);
      if (isNew) {
        await weighAll(await store.lightened(some), quietAfterMs === null ? (row) => row.wholeWeight : lessOf);
      }
      if (quietAfterMs !== null) await weighAll(await store.quiet(some, now() - quietAfterMs), lessOf);
    }
  }

  return {
    configure: (config) => {
      ({ capacity, exclusive } = config);
      isNew = true;
      dueAt = Number.NEGATIVE_INFINITY;
    },
    heard: (conversationId) => {
      newer.add(conversationId);
    },
    countLess: async () => {
      const at = now();
      if (at < dueAt) return dueAt;
      const { quietAfterMs } = capacity;
      if (quietAfterMs === null && !isNew) return undefined;
      const asked = capacity;
      await look();
      // Another configuration came meanwhile: what was looked at is looked at again.
      if (asked !== capacity) return at;
      isNew = false;
      if (quietAfterMs === null) return undefined;
      dueAt = at + Math.min(mostMs, Math.max(leastMs, quietAfterMs / looksEach));
      return dueAt;
    },
  };
}
