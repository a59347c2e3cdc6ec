import { migrations } from '../storage/warm/migrations.ts';

/** How the schema of a database stands to this program's. `newer` has steps that this program does not know. */
export type SchemaAge = 'empty' | 'older' | 'current' | 'newer';

/** The steps that this program knows, in their order. */
export const ownSteps: readonly string[] = migrations.map((step) => step.name);

/** @param done the names in `schema_steps`; none when there is no such table */
export function schemaAge(done: readonly string[]): SchemaAge {
  if (done.length === 0) return 'empty';
  if (done.some((name) => !ownSteps.includes(name))) return 'newer';
  return ownSteps.every((name) => done.includes(name)) ? 'current' : 'older';
}
