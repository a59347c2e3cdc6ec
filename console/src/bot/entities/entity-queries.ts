import type { Page } from '@parley/sdk/protocol.ts';
import { queryOptions } from '@tanstack/react-query';
import { api } from '../../app/api.ts';

export interface EntityValue {
  readonly value: string;
  readonly synonyms: readonly string[];
}
export interface Entity {
  readonly id: string;
  readonly name: string;
  readonly kind: 'dictionary' | 'pattern';
  readonly values?: readonly EntityValue[];
  readonly pattern?: string;
  readonly enabled: boolean;
}
export interface FoundValue {
  readonly type: string;
  readonly text: string;
  readonly start: number;
  readonly end: number;
  readonly value: string;
  readonly unit?: string;
}
export type EntityForm = Pick<Entity, 'name' | 'kind' | 'values' | 'pattern' | 'enabled'>;

const path = '/api/v1/entities';
export const entitiesKey = ['entities'] as const;
export const entitiesQuery = queryOptions({
  queryKey: entitiesKey,
  // There are 300 at most.
  queryFn: async ({ signal }) => {
    const first = await api.call<Page<Entity>>('GET', `${path}?limit=200`, undefined, { signal });
    if (first.nextCursor === null) return first.items;
    const rest = await api.call<Page<Entity>>('GET', `${path}?limit=200&cursor=${first.nextCursor}`, undefined, {
      signal,
    });
    return [...first.items, ...rest.items];
  },
});

export const saveEntity = (id: string | undefined, form: EntityForm) =>
  id === undefined ? api.call<Entity>('POST', path, form) : api.call<Entity>('PATCH', `${path}/${id}`, form);
export const removeEntity = (id: string) => api.call<void>('DELETE', `${path}/${id}`);
export const importValues = (id: string, csv: string) => api.call<Entity>('POST', `${path}/${id}/import`, { csv });
export const tryEntities = (text: string) =>
  api.call<{ items: readonly FoundValue[] }>('POST', `${path}/try`, {
    text,
    timeZone: Intl.DateTimeFormat().resolvedOptions().timeZone,
  });
