import type { Presence } from '@parley/sdk/protocol.ts';
import type { Router, Step, Waiting } from './router.ts';
import type { Customer, Worker } from './workload.ts';

/**
 * Plain round robin, as it is widely found: each conversation goes at once to the next agent in turn who is online,
 * however much that agent has, and whether or not they know what it is about. What an agent has no room for waits in
 * the agent's own line. There is no queue but while nobody at all is online.
 *
 * In its favour, an agent who leaves by plan hands the line back, and one who vanished is noticed as soon as ours.
 *
 * @param suits looks at skills as well: only who can help takes part in the turn
 */
export function createBlindRoundRobin(suits?: (worker: Worker, customer: Customer) => boolean): Router {
  const ring: { readonly worker: Worker; presence: Presence }[] = [];
  const waiting = new Map<string, Waiting>();
  let next = 0;

  function give(entry: Waiting): Step | undefined {
    for (let i = 0; i < ring.length; i += 1) {
      const at = (next + i) % ring.length;
      const { worker, presence } = ring[at] as (typeof ring)[number];
      if (presence !== 'online' || suits?.(worker, entry.customer) === false) continue;
      next = at + 1;
      return { kind: 'give', customerId: entry.customer.id, workerId: worker.id };
    }
    return undefined;
  }

  return {
    presence: (worker, presence) => {
      const known = ring.find((one) => one.worker.id === worker.id);
      if (known === undefined) ring.push({ worker, presence });
      else known.presence = presence;
    },
    arrive: (entry) => waiting.set(entry.customer.id, entry),
    abandon: (customerId) => waiting.delete(customerId),
    finish: () => {},
    accept: () => false,
    decide: () => {
      const steps: Step[] = [];
      for (const [id, entry] of waiting) {
        const step = give(entry);
        if (step === undefined) continue;
        waiting.delete(id);
        steps.push(step);
      }
      return steps;
    },
    nextAt: () => undefined,
  };
}
