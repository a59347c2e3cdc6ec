import type { RoutingConfig } from '@parley/sdk/routing-document.ts';

/** The rules by which a customer of a workload comes to where the workload says. */
export function rulesOf(config: RoutingConfig): RoutingConfig['rules'] {
  const when = (name: string, value: string) => ({ kind: 'attribute', name, is: 'equal', value }) as const;
  const rule = { enabled: true, stop: false };
  return [
    ...config.groups.map(({ id }) => ({
      ...{ ...rule, id: `to-${id}`, name: id, when: when('topic', id) },
      actions: [{ kind: 'to-group', groupId: id } as const],
    })),
    {
      ...{ ...rule, id: 'urgent', name: 'urgent', when: when('urgency', 'urgent') },
      actions: [{ kind: 'priority', priority: 'urgent' } as const],
    },
  ];
}
