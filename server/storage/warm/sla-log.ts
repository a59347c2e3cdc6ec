import type { Kysely } from 'kysely';
import type { Tables } from './schema.ts';

/** Whether what happens to conversations is noted for their clocks: one switch for all parts of a store. */
export class SlaLog {
  isOn = false;

  /** Notes it in the transaction of what happened. */
  async note(transaction: Kysely<Tables>, conversationNo: number, at: number, kinds: string): Promise<void> {
    if (!this.isOn) return;
    await transaction
      .insertInto('sla_events')
      .values({ conversation_id: conversationNo, at, kinds } as never)
      .execute();
  }
}
