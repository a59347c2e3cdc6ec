import { groupWithDefaults, type SkillGroup } from '@parley/sdk/routing-document.ts';
import { defaultRoutingConfig } from '../routing-config.ts';
import { type Conduct, type Customer, plainConduct, type Worker, type Workload } from './workload.ts';

/** One who comes to the group `all`, is patient and takes a minute, if nothing else is said. */
export function customer(id: string, at: number, what: Partial<Customer> = {}): Customer {
  return {
    id,
    contactId: id,
    at,
    groupId: 'all',
    channelId: 'web',
    channelType: 'web',
    language: null,
    minLevel: 1,
    priority: 'normal',
    vip: false,
    patienceMs: Infinity,
    handlingMs: 60_000,
    ...what,
  };
}

/** One who is there all the time, for one conversation at once, if nothing else is said. */
export function worker(id: string, what: Partial<Worker> = {}): Worker {
  return { id, name: id, capacity: 1, presence: [{ at: 0, presence: 'online' }], outages: [], ...what };
}

/** An hour of these customers and agents, all of whom are in the group `all`. */
export function workload(
  customers: readonly Customer[],
  workers: readonly Worker[],
  what: { group?: Partial<SkillGroup>; conduct?: Partial<Conduct> } = {},
): Workload {
  const members = workers.map((one) => ({ agentId: one.id, level: 3 }));
  const group = groupWithDefaults({ id: 'all', name: 'All', members, ...what.group });
  return {
    from: 0,
    countFrom: 0,
    to: 3_600_000,
    customers,
    workers,
    config: { ...defaultRoutingConfig, groups: [group] },
    conduct: { ...plainConduct, ...what.conduct },
  };
}
