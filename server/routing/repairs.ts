/**
 * What a look at the store found of which nobody had told: a conversation that waits, or does so no longer; one that an agent
 * has, or has no longer; what was still with an agent who is gone; an agent who is another than we knew.
 */
const repairKinds = ['waiting', 'not-waiting', 'held', 'not-held', 'agent-gone', 'agent-changed'] as const;
export type RepairKind = (typeof repairKinds)[number];
const ofConversations: readonly RepairKind[] = ['waiting', 'not-waiting', 'held', 'not-held'];

/**
 * Counts what only looking again found. Where events arrive nothing is left to find, so each is a sign of events that are lost,
 * or of a mistake of ours. What the store tells a moment before its event comes is none: a find counts at the
 * next look, if nobody has told of it by then.
 */
export interface Repairs {
  /** @param epoch the owner's epoch that nobody told of; undefined: not known, and any news of the conversation will do */
  found(what: RepairKind, id: string, epoch?: number): void;
  /** Somebody told of it. */
  told(conversationId: string, epoch: number): void;
  /** Somebody told that the agent is gone. */
  toldGone(agentId: string): void;
  /** Counts what nobody has told of since the last time. */
  count(): void;
  /** At the beginning everything is news. */
  forget(): void;
}

/** So many finds are kept: where more were missed, more says nothing more. */
const maxFinds = 10_000;

export function createRepairs(onRepair: (what: RepairKind) => void): Repairs {
  let finds = new Map<string, { what: RepairKind; epoch: number | undefined; times: number }>();
  const keyOf = (what: RepairKind, id: string) => `${what} ${id}`;
  return {
    found: (what, id, epoch) => {
      const key = keyOf(what, id);
      const known = finds.get(key);
      if (known !== undefined || finds.size < maxFinds) finds.set(key, { what, epoch, times: (known?.times ?? 0) + 1 });
    },
    told: (conversationId, epoch) => {
      for (const what of ofConversations) {
        const key = keyOf(what, conversationId);
        const find = finds.get(key);
        if (find !== undefined && (find.epoch === undefined || find.epoch === epoch)) finds.delete(key);
      }
    },
    toldGone: (agentId) => {
      finds.delete(keyOf('agent-gone', agentId));
    },
    count: () => {
      const counted = finds;
      finds = new Map();
      for (const { what, times } of counted.values()) for (let i = 0; i < times; i++) onRepair(what);
    },
    forget: () => finds.clear(),
  };
}
