import type { Agent } from '@parley/sdk/protocol.ts';

type WithLoad = Pick<Agent, 'load' | 'used' | 'capacity'>;

/** What an agent's conversations take of the capacity, as it is shown: `2.5/4`. */
export function loadOf(agent: WithLoad): string {
  return `${usedOf(agent)}/${agent.capacity}`;
}

/** To two digits behind the point: weights are in hundredths. */
export function usedOf({ used }: Pick<Agent, 'used'>): number {
  return Math.round(used * 100) / 100;
}

export function isFull({ used, capacity }: WithLoad): boolean {
  return used >= capacity;
}
