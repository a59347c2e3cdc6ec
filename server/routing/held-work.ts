import type { AgentTotal, AssignmentStore, HeldRow } from './assignment-store.ts';

/** What an agent has, as far as we have heard. */
export interface Work {
  readonly agentId: string;
  /** In hundredths of a conversation. */
  readonly weight: number;
}

/** Asked for at once. */
const agentsAtOnce = 500;

/**
 * Who has which conversation, as far as we have heard; what nobody told of is found when the store is asked again. Of one
 * agent at most a thousand are known: nobody who has as many is given another one.
 */
export interface HeldWork {
  take(id: string, work: Work): void;
  drop(id: string): void;
  get(id: string): Work | undefined;
  /** How many conversations the agent has. */
  countOf(agentId: string): number;
  readonly agentIds: readonly string[];
  /**
   * Compares what these agents have with what is stored.
   * @returns what was not known, and what somebody has no longer; both are noted here already
   */
  compare(agentIds: readonly string[]): Promise<{ found: HeldRow[]; lost: string[] }>;
}

export function createHeldWork(store: Pick<AssignmentStore, 'loads' | 'holdings'>): HeldWork {
  const works = new Map<string, Work>();
  const byAgent = new Map<string, { ids: Set<string>; units: number }>();
  /** What has changed while the store was being read, by each reading. */
  const readings = new Set<Set<string>>();

  function drop(id: string): void {
    for (const changed of readings) changed.add(id);
    const work = works.get(id);
    const of = work && byAgent.get(work.agentId);
    if (work === undefined || of === undefined) return;
    works.delete(id);
    of.ids.delete(id);
    of.units -= work.weight;
    if (of.ids.size === 0) byAgent.delete(work.agentId);
  }

  function take(id: string, work: Work): void {
    drop(id);
    works.set(id, work);
    const of = byAgent.get(work.agentId) ?? { ids: new Set(), units: 0 };
    byAgent.set(work.agentId, of);
    of.ids.add(id);
    of.units += work.weight;
  }

  const isAsKnown = ({ agentId, load, units }: AgentTotal) => {
    const of = byAgent.get(agentId);
    return (of?.ids.size ?? 0) === load && (of?.units ?? 0) === units;
  };

  /** Most have what we know that they have: of those nothing more is read. */
  async function compareSome(agentIds: readonly string[]): Promise<{ found: HeldRow[]; lost: string[] }> {
    const changed = new Set<string>();
    readings.add(changed);
    try {
      const others = (await store.loads(agentIds)).filter((total) => !isAsKnown(total));
      if (others.length === 0) return { found: [], lost: [] };
      const ids = others.map(({ agentId }) => agentId);
      const before = new Map(ids.map((id) => [id, new Set(byAgent.get(id)?.ids)]));
      const rows = (await store.holdings(ids)).filter(({ id }) => !changed.has(id));
      const stored = new Set(rows.map(({ id }) => id));
      const found = rows.filter(({ id, agentId, weight }) => {
        const work = works.get(id);
        return work?.agentId !== agentId || work.weight !== weight;
      });
      const lost = [...before.values()].flatMap((had) => [...had]).filter((id) => !stored.has(id) && !changed.has(id));
      for (const row of found) take(row.id, row);
      for (const id of lost) drop(id);
      return { found, lost };
    } finally {
      readings.delete(changed);
    }
  }

  return {
    take,
    drop,
    get: (id) => works.get(id),
    countOf: (agentId) => byAgent.get(agentId)?.ids.size ?? 0,
    get agentIds() {
      return [...byAgent.keys()];
    },
    compare: async (agentIds) => {
      const found: HeldRow[] = [];
      const lost: string[] = [];
      for (let from = 0; from < agentIds.length; from += agentsAtOnce) {
        const some = await compareSome(agentIds.slice(from, from + agentsAtOnce));
        found.push(...some.found);
        lost.push(...some.lost);
      }
      return { found, lost };
    },
  };
}
