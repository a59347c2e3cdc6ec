import type { RoutingConfig } from '@parley/sdk/routing-document.ts';

/** What is different between two documents, in the words of the page. */
export type Change =
  | { readonly kind: 'added' | 'removed' | 'changed'; readonly part: ListPart; readonly name: string }
  | { readonly kind: 'reordered'; readonly part: OrderedPart }
  | { readonly kind: 'general'; readonly part: GeneralPart };

type ListPart = (typeof lists)[number];
type OrderedPart = (typeof ordered)[number];
type GeneralPart = 'defaultGroupId' | 'agents' | 'weights' | 'capacity' | 'presence' | 'ageing';

const lists = ['groups', 'rules', 'schedules', 'sla'] as const;
/** The first of them that fits holds. */
const ordered = ['rules', 'sla'] as const;
const generals = ['defaultGroupId', 'agents', 'capacity', 'presence', 'ageing'] as const;

export function changesOf(before: RoutingConfig, after: RoutingConfig): Change[] {
  const changes: Change[] = lists.flatMap((part) => changesIn(part, before[part], after[part]));
  for (const part of ordered) {
    if (isReordered(before[part], after[part])) changes.push({ kind: 'reordered', part });
  }
  for (const part of generals) {
    if (!isSame(before[part], after[part])) changes.push({ kind: 'general', part });
  }
  const takes = ({ weights, exclusive }: RoutingConfig) => ({ weights, exclusive });
  if (!isSame(takes(before), takes(after))) changes.push({ kind: 'general', part: 'weights' });
  return changes;
}

type Entry = { readonly id: string; readonly name: string };

function changesIn(part: ListPart, before: readonly Entry[], after: readonly Entry[]): Change[] {
  const old = new Map(before.map((entry) => [entry.id, entry]));
  const left = new Set(after.map(({ id }) => id));
  const removed = before.filter(({ id }) => !left.has(id));
  return [
    ...after.flatMap((entry): Change[] => {
      const was = old.get(entry.id);
      if (was === undefined) return [{ kind: 'added', part, name: entry.name }];
      return isSame(was, entry) ? [] : [{ kind: 'changed', part, name: entry.name }];
    }),
    ...removed.map(({ name }): Change => ({ kind: 'removed', part, name })),
  ];
}

function isReordered(before: readonly Entry[], after: readonly Entry[]): boolean {
  const idsIn = (list: readonly Entry[], other: readonly Entry[]) =>
    list.map(({ id }) => id).filter((id) => other.some((each) => each.id === id));
  return !isSame(idsIn(before, after), idsIn(after, before));
}

/** Whether two values say the same, in whichever order their fields stand. */
export function isSame(one: unknown, other: unknown): boolean {
  return JSON.stringify(one, inOrder) === JSON.stringify(other, inOrder);
}

function inOrder(_key: string, value: unknown): unknown {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return value;
  return Object.fromEntries(Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1)));
}
