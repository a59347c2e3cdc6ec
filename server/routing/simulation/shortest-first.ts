import type { Presence } from '@parley/sdk/protocol.ts';
import { unitsPerConversation, weightOf } from '../routing-config.ts';
import type { Router, Step, Waiting } from './router.ts';
import type { Customer, Worker, Workload } from './workload.ts';

/**
 * One that sees what nobody can see, how long each conversation will take, and always gives the shortest first, to
 * anybody who has room. It is no bound, but it shows what such knowledge is worth: the best that is possible lies between
 * it and `clairvoyantBound`.
 */
export function createShortestFirst({ config }: Workload): Router {
  const free = new Map<string, { presence: Presence; units: number }>();
  let waiting: Customer[] = [];
  const weight = ({ channelType }: Customer) => weightOf(config, channelType);
  const held = new Map<string, Customer>();

  const someoneFor = (customer: Customer) =>
    [...free].find(([, { presence, units }]) => presence === 'online' && units >= weight(customer));

  return {
    presence: ({ id, capacity }: Worker, presence) => {
      const known = free.get(id);
      if (known === undefined) free.set(id, { presence, units: capacity * unitsPerConversation });
      else known.presence = presence;
    },
    arrive: ({ customer }: Waiting) => {
      const at = waiting.findIndex((other) => other.handlingMs > customer.handlingMs);
      waiting.splice(at < 0 ? waiting.length : at, 0, customer);
    },
    abandon: (customerId) => {
      waiting = waiting.filter(({ id }) => id !== customerId);
    },
    finish: (customerId, workerId) => {
      const agent = free.get(workerId);
      const customer = held.get(customerId);
      if (agent !== undefined && customer !== undefined) agent.units += weight(customer);
      held.delete(customerId);
    },
    accept: () => false,
    decide: () => {
      const steps: Step[] = [];
      for (let next = waiting[0]; next !== undefined; next = waiting[0]) {
        const found = someoneFor(next);
        if (found === undefined) break;
        waiting.shift();
        found[1].units -= weight(next);
        held.set(next.id, next);
        steps.push({ kind: 'give', customerId: next.id, workerId: found[0] });
      }
      return steps;
    },
    nextAt: () => undefined,
  };
}
