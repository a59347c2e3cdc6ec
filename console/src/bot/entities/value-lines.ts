import type { EntityValue } from './entity-queries.ts';

/** A dictionary as people edit it: a value a line, its synonyms behind it, parted by |. */
export const writeValues = (values: readonly EntityValue[]): string =>
  values.map(({ value, synonyms }) => [value, ...synonyms].join(' | ')).join('\n');

export const readValues = (text: string): EntityValue[] =>
  text
    .split('\n')
    .map((line) => line.split(/[|｜]/).map((word) => word.trim()))
    .filter(([value = '', ...synonyms]) => value !== '' || synonyms.some((word) => word !== ''))
    .map(([value = '', ...synonyms]) => ({ value, synonyms: synonyms.filter((word) => word !== '') }));
