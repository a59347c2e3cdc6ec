import type { Migration } from './migration.ts';

/** What a conversation that counts less while its customer is quiet counts when they write; null: it counts whole. */
export const quiet: Migration = {
  name: '0022-quiet',
  async up({ schema }) {
    await schema.alterTable('conversations').addColumn('full_weight', 'integer').execute();
  },
};
