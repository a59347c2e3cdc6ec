import { SqlAssignmentStore } from './sql-assignment-store.ts';
import { SqlConversationStore } from './sql-conversation-store.ts';
import { SqlAgentStore, SqlChannelStore, SqlFileStore, SqlMetaStore } from './sql-directory-store.ts';
import type { SqlEngine } from './sql-engine.ts';
import { SqlOutboxStore } from './sql-outbox-store.ts';
import { SqlQueueStore } from './sql-queue-store.ts';

/** Everything that the warm store keeps, one part for each port. */
export interface WarmStore {
  readonly conversations: SqlConversationStore;
  readonly assignments: SqlAssignmentStore;
  readonly outbox: SqlOutboxStore;
  readonly queue: SqlQueueStore;
  readonly channels: SqlChannelStore;
  readonly agents: SqlAgentStore;
  readonly files: SqlFileStore;
  readonly meta: SqlMetaStore;
}

export function createWarmStore(engine: SqlEngine): WarmStore {
  const conversations = new SqlConversationStore(engine);
  return {
    conversations,
    assignments: new SqlAssignmentStore(engine),
    outbox: new SqlOutboxStore(engine, conversations),
    queue: new SqlQueueStore(engine),
    channels: new SqlChannelStore(engine),
    agents: new SqlAgentStore(engine),
    files: new SqlFileStore(engine),
    meta: new SqlMetaStore(engine),
  };
}
