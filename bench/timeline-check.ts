/** Follows the numbers that a receiver sees in each conversation, which must come as n, n + 1, n + 2 … */
export interface TimelineCheck {
  see(conversationId: string, seq: number): void;
  /** Latest number of each conversation. */
  latest(): ReadonlyMap<string, number>;
  /** How often a number was not the one after the last. */
  jumps(): number;
}

export function createTimelineCheck(): TimelineCheck {
  const latest = new Map<string, number>();
  let jumps = 0;
  return {
    see: (conversationId, seq) => {
      const last = latest.get(conversationId);
      if (last !== undefined && seq !== last + 1) jumps += 1;
      latest.set(conversationId, seq);
    },
    latest: () => latest,
    jumps: () => jumps,
  };
}
