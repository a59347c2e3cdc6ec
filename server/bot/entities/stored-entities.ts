import type { Clock } from '../../base/clock.ts';
import { newId } from '../../base/ids.ts';
import type { Broadcast } from '../../conversation/broadcast.ts';
import { Refusal } from '../../gateway/refusal.ts';
import type { DocumentStore } from '../document-store.ts';
import { differences, holdDocuments } from '../held-documents.ts';
import type { Entities } from '../ports.ts';
import { checkDefinition, mostTerms } from './check-definition.ts';
import { createEntities, type DictionaryValue, type EntityDefinition } from './find-entities.ts';
import { readDictionary } from './read-dictionary.ts';

/** A dictionary or pattern as it is stored. */
export type StoredDefinition = EntityDefinition & {
  readonly id: string;
  readonly enabled: boolean;
  /** Epoch milliseconds. */
  readonly createdAt: number;
  readonly updatedAt: number;
};

/** What an administrator says of a definition. */
export interface DefinitionInput {
  readonly name: string;
  readonly kind: 'dictionary' | 'pattern';
  readonly values?: readonly { readonly value: string; readonly synonyms?: readonly string[] }[];
  readonly pattern?: string;
  readonly enabled?: boolean;
}

/** The kinds of values that a shop has defined, and the finder that knows them. */
export interface StoredEntities extends Entities {
  /** In the order in which they were made. */
  all(): readonly StoredDefinition[];
  /** @throws Refusal `not-found` */
  get(id: string): StoredDefinition;
  /** @throws Refusal as `checkDefinition` */
  create(input: DefinitionInput): Promise<StoredDefinition>;
  /** The kind stays what it is. */
  change(id: string, patch: Partial<Omit<DefinitionInput, 'kind'>>): Promise<StoredDefinition>;
  remove(id: string): Promise<void>;
  /** Values from a CSV file beside those there are, or in their place. */
  importValues(id: string, csv: string, mode: 'merge' | 'replace'): Promise<StoredDefinition>;
  reload(): Promise<void>;
  stop(): void;
}

export const mostDefinitions = 300;

export async function createStoredEntities(deps: {
  store: DocumentStore;
  broadcast: Broadcast;
  clock: Clock;
  onError: (error: unknown) => void;
}): Promise<StoredEntities> {
  const { clock } = deps;
  const held = await holdDocuments<readonly StoredDefinition[]>({
    ...deps,
    area: 'entities',
    read: (documents) => documents.map(({ body }) => JSON.parse(body) as StoredDefinition),
  });
  let made: { readonly of: readonly StoredDefinition[]; readonly entities: Entities } | undefined;

  /** The finder of what is held now; made when it is asked first, since a thousand words take some milliseconds. */
  function entities(): Entities {
    if (made?.of !== held.current)
      made = { of: held.current, entities: createEntities(held.current.filter(({ enabled }) => enabled)) };
    return made.entities;
  }

  function get(id: string, among = held.current): StoredDefinition {
    const found = among.find((definition) => definition.id === id);
    if (found === undefined) throw new Refusal('not-found', 'There is no such entity.');
    return found;
  }

  function edit(
    make: (current: readonly StoredDefinition[]) => { next: readonly StoredDefinition[]; result: StoredDefinition },
  ) {
    return held.change((current) => {
      const { next, result } = make(current);
      if (next.length > mostDefinitions)
        throw new Refusal('settings-invalid', `There are ${mostDefinitions} already: remove one first.`);
      const terms = next.reduce(
        (sum, one) =>
          sum +
          (one.kind === 'dictionary' ? one.values.reduce((all, { synonyms }) => all + 1 + synonyms.length, 0) : 0),
        0,
      );
      if (terms > mostTerms)
        throw new Refusal('settings-invalid', `values: all dictionaries together have more than ${mostTerms} words.`, {
          field: 'values',
        });
      return { next, result, change: differences('definition', current, next) };
    });
  }

  const changed = (id: string, with_: (before: StoredDefinition) => StoredDefinition) =>
    edit((current) => {
      const before = get(id, current);
      const others = current.filter((other) => other.id !== id).map(({ name }) => name);
      const result = { ...checkDefinition(with_(before), others), updatedAt: clock.now() };
      return { next: current.map((one) => (one.id === id ? result : one)), result };
    });

  return {
    find: (text, options) => entities().find(text, options),
    all: () => held.current,
    get: (id) => get(id),
    create: (input) =>
      edit((current) => {
        const now = clock.now();
        const common = {
          id: newId(),
          name: input.name,
          enabled: input.enabled ?? true,
          createdAt: now,
          updatedAt: now,
        };
        const definition: StoredDefinition =
          input.kind === 'dictionary'
            ? { ...common, kind: 'dictionary', values: valuesOf(input.values) }
            : { ...common, kind: 'pattern', pattern: input.pattern ?? '' };
        const result = checkDefinition(
          definition,
          current.map(({ name }) => name),
        );
        return { next: [...current, result], result };
      }),
    change: (id, { name, values, pattern, enabled }) =>
      changed(id, (before) => {
        const common = { name: name ?? before.name, enabled: enabled ?? before.enabled };
        if (before.kind === 'dictionary')
          return { ...before, ...common, values: values === undefined ? before.values : valuesOf(values) };
        return { ...before, ...common, pattern: pattern ?? before.pattern };
      }),
    remove: async (id) => {
      await edit((current) => ({ next: current.filter((one) => one.id !== id), result: get(id, current) }));
    },
    importValues: (id, csv, mode) => {
      const added = readDictionary(csv);
      return changed(id, (before) => {
        if (before.kind !== 'dictionary')
          throw new Refusal('bad-request', `"${before.name}" is a pattern: it has no values.`);
        return { ...before, values: mode === 'replace' ? added : merged(before.values, added) };
      });
    },
    reload: held.reload,
    stop: held.stop,
  };
}

const valuesOf = (values: DefinitionInput['values'] = []): DictionaryValue[] =>
  values.map(({ value, synonyms = [] }) => ({ value, synonyms }));

/** A value that is there already gets the synonyms of both. */
function merged(before: readonly DictionaryValue[], added: readonly DictionaryValue[]): DictionaryValue[] {
  const all = new Map(before.map((one) => [one.value, one]));
  for (const { value, synonyms } of added) {
    all.set(value, { value, synonyms: [...new Set([...(all.get(value)?.synonyms ?? []), ...synonyms])] });
  }
  return [...all.values()];
}
