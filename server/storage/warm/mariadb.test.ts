import { test } from 'node:test';
import { mariadbMissing } from '../../testing/mariadb.ts';

// What holds on SQLite holds on MariaDB: the same tests, on a server of their own.
if (mariadbMissing === false) {
  process.env.PARLEY_TEST_STORE = 'mariadb';
  await import('./append.test.ts');
  await import('./participations.test.ts');
  await import('./sql-conversation-store.test.ts');
  await import('./sql-knowledge-store.test.ts');
  await import('./sql-message-search.test.ts');
  await import('./sql-sla-store.test.ts');
  await import('./sql-record-store.test.ts');
  await import('../../bot/approved/stored-approved.test.ts');
  await import('../../bot/identity-check/identity-flow.test.ts');
  await import('../../bot/language-model/model-usage.test.ts');
  await import('../../bot/learning/learning.test.ts');
  await import('../../conversation/archiver.test.ts');
  await import('../../conversation/contexts.test.ts');
  await import('../../conversation/conversations.test.ts');
  await import('../../conversation/known-facts.test.ts');
  await import('../../conversation/outbox.test.ts');
  await import('../../gateway/embedded-queue.test.ts');
  await import('../../identity/agents.test.ts');
  await import('../../knowledge/suggestions/recommended-replies.test.ts');
  await import('../../routing/answer-times.test.ts');
  await import('../../routing/dispatcher.test.ts');
  await import('../../routing/invitations.test.ts');
  await import('../../routing/live-routing.test.ts');
  await import('../../routing/live-waiting.test.ts');
  await import('../../routing/presence-recorder.test.ts');
  await import('../../routing/quiet-work.test.ts');
  await import('../../routing/recorded-traffic.test.ts');
  await import('../../routing/routing-configs.test.ts');
  await import('../../routing/snoozes.test.ts');
  await import('../../routing/supervision.test.ts');
  await import('../../routing/sla/sla-keeper.test.ts');
} else test('the store on MariaDB', { skip: mariadbMissing }, () => undefined);
